"""Drawing the examples of a plan: with hypothesis the first time, and dealt again to each further backend.

What is drawn depends on the operation, the plan and the seed, and not on who is judged. So hypothesis, which costs more than the calls
it draws, is asked once for each plan; every other backend that is judged on the same operation in the same process is handed the same cases. It
is asked again only when one of them fails: then it draws up to the failure, which need not be judged again, and shrinks from there.

Only the cases of one operation are kept: the backends of an operation are judged one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Protocol
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture import providers

from ..cases.case import Case
from ..cases.deviation import Deviation
from ..examples.building import build
from .example_database import KEY, Kept

if TYPE_CHECKING:
    from ..catalogue.entries import Entry
    from .operation_run import Plan


def _ignore_sources() -> None:
    """Let a seed draw the same cases whatever is imported.

    hypothesis collects the constants in the sources of all loaded modules and now and then draws one of them; so what is drawn would change
    with each backend that is imported, and with each literal in this package. It has no setting for that (6.170); where this name is gone,
    nothing happens here, and a test says whether draws still depend on what is loaded.
    """
    if hasattr(providers, "_get_local_constants") and hasattr(providers, "Constants"):
        providers._get_local_constants = providers.Constants


_ignore_sources()


class Failure(AssertionError):
    """A deviation that was not known. hypothesis tells failures apart by their type: there is one for each property."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


_TYPES: dict[str, type[Failure]] = {}


def failure(deviation: Deviation) -> Failure:
    if deviation.property not in _TYPES:
        _TYPES[deviation.property] = type(f"{deviation.property.title()}Failure", (Failure,), {})
    return _TYPES[deviation.property](deviation)


@dataclass(frozen=True)
class Unbuilt(Case):
    """Stands for a case whose arguments could not be drawn, because of ``error``."""

    error: Exception | None = None


class Examples(Protocol):
    """Who judges the examples: ``example`` raises :class:`Failure` where hypothesis should shrink; ``smallest`` holds what was found."""

    smallest: dict[Any, Any]

    def example(self, case: Case) -> None: ...

    def replay(self, case: Case) -> None:
        """An example that an earlier run kept: like ``example``, but it leaves no trace in the counts."""


@st.composite
def _cases(draw: Callable[..., Any], entry: Entry, plan: Plan, forms: tuple[str, ...]) -> Case:
    try:
        return build(draw, entry.operation, plan.dtype, forms, entry.names, plan.grad, plan.force)
    except HypothesisException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding, and not the end of the run
        return Unbuilt(entry.names[0], forms[0], (), (), error=error)


class _Dealt:
    """The cases of the operation that is being judged, by plan and seed; only those of plans that were drawn to their end."""

    def __init__(self) -> None:
        self.operation = ""
        self.cases: dict[tuple[Plan, int], list[Case]] = {}

    def of(self, operation: str) -> dict[tuple[Plan, int], list[Case]]:
        if operation != self.operation:
            self.operation, self.cases = operation, {}
        return self.cases


_dealt = _Dealt()


def draw(run: Examples, entry: Entry, plan: Plan, seed_value: int, shrink: bool, database: Kept | None = None) -> None:
    """Judge the examples of a plan. What fails is in ``run.smallest`` afterwards.

    With a database, failures that an earlier run kept there are tried first; the examples that follow are drawn as if there were none.
    """
    if database is not None and database.examples:
        _hypothesis(run.replay, run, entry, plan, seed_value, [Phase.reuse], database)
    dealt = _dealt.of(entry.operation.name)
    before = dealt.get((plan, seed_value), [])
    stopped: Failure | None = None
    judged = 0
    for case in before:
        try:
            run.example(case)
        except Failure as error:
            stopped = error
            break
        judged += 1
    if before and stopped is None:
        return
    drawn: list[Case] = []

    def judge(case: Case) -> None:
        number = len(drawn)
        drawn.append(case)
        if stopped is not None and number <= judged and case == before[number]:
            if number == judged:
                raise stopped
            return
        run.example(case)

    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    if not _hypothesis(judge, run, entry, plan, seed_value, phases, database):
        dealt[plan, seed_value] = drawn


def _hypothesis(
    judge: Callable[[Case], None], run: Examples, entry: Entry, plan: Plan, seed_value: int, phases: list[Phase], database: Kept | None
) -> bool:
    """Let hypothesis draw; whether something failed."""
    forms = tuple(form for form in entry.forms if form != "out") if plan.grad else entry.forms

    @settings(
        max_examples=plan.examples,
        deadline=None,
        database=database,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @seed(seed_value)  # in here: outside of the settings it would take the database away
    @given(_cases(entry, plan, forms))
    def examples(case: Case) -> None:
        judge(case)

    # Otherwise hypothesis reads and hashes the source of this function for each plan, which takes as long as some examples.
    examples._hypothesis_internal_database_key = KEY  # type: ignore[attr-defined]
    try:
        examples()
    except SkipTest:
        return False  # what the database held fits nothing that is drawn now
    except Failure:
        return True  # recorded in run.smallest
    except HypothesisException:
        if not run.smallest:  # flaky only because the time for shrinking ran out
            raise
        return True
    return False
