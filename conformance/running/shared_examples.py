"""Drawing the examples of a plan once, dealing them to each backend, and shrinking what fails.

What is drawn depends on the operation, the plan and the seed, and not on who is judged: the cases of a plan are drawn from the seed the first time,
and every other backend that is judged on the same operation in the same process is handed the same ones. The choices that made a case are recorded.
When it fails, hypothesis is handed the record, draws the same case from it, and shrinks it; its database keeps what it finds. An example
that repeats an earlier one of the operation is drawn again, and left out if it repeats itself still.

Only the cases of one operation are kept: the backends of an operation are judged one after the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Hashable, Iterable, Protocol
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase
from hypothesis.errors import HypothesisException

from ..cases.case import Case
from ..cases.deviation import Deviation
from ..drawing.arrangements import LONG
from ..drawing.choices import Choices, Draw, HypothesisChoices, RandomChoices
from ..drawing.pen import IN_PLACE, INVALID, PLAIN, UNMET
from ..examples.building import build
from ..examples.meetings.covering import DRAWS, Covering
from ..examples.meetings.features import in_dtype
from ..examples.relations import refused
from ..execution.oracles import remembered
from .example_database import KEY, Kept

if TYPE_CHECKING:
    from ..catalogue.entries import Entry
    from .plans import Plan

_ATTEMPTS = 3  # at an example that repeats no other one
_ATTEMPTS_AT_A_FORM = 16  # at one in a form that its dtype has not come up in
_DRAWS_FOR_FORMS = 48  # beyond the usual ones, of a dtype: some forms do not take it
_DRAWS_OF_UNMET = 6
_CHOSEN = (None, LONG, PLAIN, IN_PLACE)  # the classes that leave so much open that it matters which draw is taken


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
    stop_early: bool

    def shrink(self, deviation: Deviation) -> bool:
        """Whether there is time to shrink what failed: then that begins now."""

    def shrunk(self, whole: bool) -> None:
        """What failed has been shrunk, to a fixed point if ``whole``; the examples after it are judged without."""

    def over(self) -> bool:
        """Whether the time for shrinking is over."""

    def example(self, case: Case) -> None: ...

    def replay(self, case: Case) -> None:
        """An example that an earlier run kept: like ``example``, but it leaves no trace in the counts."""


def _case(choices: Choices, entry: Entry, plan: Plan) -> Case:
    forms = tuple(form for form in entry.forms if form != "out") if plan.grad else entry.forms
    try:
        return build(choices, entry.operation, plan.dtype, forms, entry.names, plan.grad, plan.force)
    except HypothesisException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding, and not the end of the run
        return Unbuilt(entry.names[0], forms[0], (), (), error=error)


@dataclass(frozen=True)
class Dealt:
    """A case, and the choices that made it."""

    case: Case
    record: bytes


def _refused(case: Case) -> bool:
    """Whether a call was made invalid, or not made at all: those are as many as are drawn."""
    return isinstance(case, Unbuilt) or INVALID in case.labels


class _Deck:
    """The cases of the operation that is being judged, by plan and seed. Each depends on those before it, which it is not to repeat."""

    def __init__(self) -> None:
        self._drawn: Hashable = None
        self.plans: dict[tuple[Plan, int], list[Dealt]] = {}
        self._seen: set[str] = set()
        self._forms: set[tuple[str, str]] = set()  # that a dtype was drawn in, under the operation's own name
        self._met: set[tuple[str, Any]] = set()  # dtypes of first operands, each with what it met
        self._draws: Counter[str] = Counter()  # of a dtype, to find one in another form
        self._covering = Covering()

    def begin(self, drawn: Hashable) -> None:
        """What is drawn from now on follows from ``drawn`` (an operation, a seed, how much) alone: what was drawn for something else is forgotten."""
        if drawn != self._drawn:
            self._drawn = drawn
            self.clear()

    def deal(self, entry: Entry, plan: Plan, seed_value: int) -> list[Dealt]:
        key = plan, seed_value
        if key not in self.plans:
            drawn = [self._draw(entry, plan, f"{seed_value} {number}") for number in range(plan.examples)]
            self.plans[key] = [dealt for dealt in drawn if dealt is not None]
        return self.plans[key]

    def _draw(self, entry: Entry, plan: Plan, seed_text: str) -> Dealt | None:
        """One that repeats no other one, if possible in a form in which this dtype has not come up yet, under the operation's own name; of those that
        no class is forced on, the one of several in which the most is new."""
        if plan.force == UNMET:
            return self._draw_unmet(entry, plan, seed_text)
        wanted = DRAWS if plan.force in _CHOSEN else 1
        missing = {form for form in entry.forms if (plan.dtype, form) not in self._forms} if self._may_be_in_any(plan) else set()
        drawn: list[tuple[Dealt, str]] = []
        found: list[tuple[Dealt, str]] = []
        for attempt in range(_ATTEMPTS_AT_A_FORM if missing else max(wanted, _ATTEMPTS)):
            self._draws[plan.dtype] += attempt >= wanted
            choices = RandomChoices(f"{seed_text} {attempt}")
            case = _case(choices, entry, plan)
            identity = repr(case)
            if identity not in self._seen or isinstance(case, Unbuilt):
                drawn.append((Dealt(case, choices.record()), identity))
            found = [each for each in drawn if each[0].case.form in missing and each[0].case.operation == entry.names[0]]
            if len(drawn) >= wanted and (found or not missing) or drawn and _refused(drawn[0][0].case):
                break
        if not drawn:
            return None
        valid = [each for each in drawn if not _refused(each[0].case)] or drawn[:1]
        valid = [each for each in found if each in valid] or valid
        dealt, identity = valid[self._covering.best([each.case for each, _ in valid]) if len(valid) > 1 else 0]
        if not _refused(dealt.case) and dealt.case.operation == entry.names[0]:
            self._forms.add((plan.dtype, dealt.case.form))
        return self._taken(dealt, identity)

    def _draw_unmet(self, entry: Entry, plan: Plan, seed_text: str) -> Dealt | None:
        """Of several draws that in which the dtype meets the most that it has not met; none where that is nothing."""
        best: tuple[int, Dealt] | None = None
        for attempt in range(_DRAWS_OF_UNMET):
            choices = RandomChoices(f"{seed_text} {attempt}")
            case = _case(choices, entry, plan)
            news = len(self._news(case))
            if best is None or news > best[0]:
                best = news, Dealt(case, choices.record())
            if best[0] == 2:
                break
        return self._taken(best[1], repr(best[1].case)) if best is not None and best[0] else None

    def _news(self, case: Case) -> set[tuple[str, Any]]:
        news = set() if _refused(case) else in_dtype(case) - self._met
        return news if news and not refused(case) else set()

    def _taken(self, dealt: Dealt, identity: str) -> Dealt:
        self._seen.add(identity)
        if not _refused(dealt.case) and not dealt.case.grad:
            self._met |= in_dtype(dealt.case)
        remembered.keep(dealt.case)
        return dealt

    def _may_be_in_any(self, plan: Plan) -> bool:
        """Whether an example may be in any form, and there were not too many draws already in vain."""
        return plan.force != IN_PLACE and not plan.grad and self._draws[plan.dtype] < _DRAWS_FOR_FORMS

    def clear(self) -> None:
        self.plans.clear()
        self._seen.clear()
        self._forms.clear()
        self._met.clear()
        self._draws.clear()
        self._covering.clear()
        remembered.forget()


deck = _Deck()


def draw_plan(run: Examples, entry: Entry, plan: Plan, seed_value: int, shrink: bool, database: Kept | None = None) -> None:
    """Judge the examples of a plan; the first that fails is shrunk. What fails is in ``run.smallest`` afterwards.

    With a database, failures that an earlier run kept there are tried first, and what fails now is kept.
    """
    if database is not None and database.examples:
        _hypothesis(run.replay, run, entry, plan, seed_value, [Phase.reuse], database)
    for dealt in deck.deal(entry, plan, seed_value):
        try:
            run.example(dealt.case)
        except Failure as error:
            if database is not None:
                database.save(KEY, dealt.record)
            if shrink and run.shrink(error.deviation):
                found = _Found(dealt.record, database)
                run.shrunk(_hypothesis(run.example, run, entry, plan, seed_value, [Phase.reuse, Phase.shrink], found))
            if run.stop_early:
                return


class _Found(ExampleDatabase):
    """What hypothesis is handed to shrink: the choices of an example that failed. They lie where it keeps what it has not shrunk yet: what it finds
    among the examples that it has shrunk, it leaves as it is. What it makes of them goes to ``kept``, if there is one."""

    def __init__(self, record: bytes, kept: Kept | None) -> None:
        super().__init__()
        self.record = record
        self.kept = kept

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return [self.record] if key == KEY + b".secondary" else []

    def save(self, key: bytes, value: bytes) -> None:
        if self.kept is not None:
            self.kept.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        if self.kept is not None and value != self.record:
            self.kept.delete(key, value)


class _Over(KeyboardInterrupt):
    """The time for shrinking is over. hypothesis lets go of what is of this kind, and does not take it for a failure."""


class _Held:
    """A case on its way through hypothesis, which writes down the whole of what it draws otherwise."""

    def __init__(self, case: Case) -> None:
        self.case = case


@st.composite
def _cases(draw: Draw, entry: Entry, plan: Plan, over: Callable[[], bool]) -> _Held:
    if over():
        raise _Over
    return _Held(_case(HypothesisChoices(draw), entry, plan))


def _hypothesis(
    judge: Callable[[Case], None], run: Examples, entry: Entry, plan: Plan, seed_value: int, phases: list[Phase], database: ExampleDatabase
) -> bool:
    """Let hypothesis draw the examples of its database, and shrink what fails; whether it came to an end, as far as it says."""

    @settings(
        max_examples=plan.examples + 4,  # nothing is drawn: more than the database holds, or the last that passes would stay in it
        deadline=None,
        database=database,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @seed(seed_value)  # in here: outside of the settings it would take the database away
    @given(_cases(entry, plan, run.over))
    def examples(held: _Held) -> None:
        judge(held.case)

    # Otherwise hypothesis reads and hashes the source of this function for each plan, which takes as long as some examples.
    examples._hypothesis_internal_database_key = KEY  # type: ignore[attr-defined]
    try:
        examples()
    except SkipTest:
        pass  # what the database held fits nothing that is drawn now
    except Failure:
        return True  # recorded in run.smallest
    except _Over:
        pass
    except HypothesisException:
        if not run.smallest:  # flaky: what failed passes
            raise
    return False
