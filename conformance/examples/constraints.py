"""The constraints that the examples of an operation must violate, each alone: those of its page, and of the pages that it alone reaches.

A page's constraints are numbered, C1, C2, ...; the dtypes that it declares are one more, number 0. Which of them a call violates, refimpl is
asked: the call is made up to the page's check, and no further, so that it costs nothing and may be of any size.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from typing import Any, Callable, NamedTuple, Sequence

from refimpl.operations.operation import Operation as Page
from refimpl.operations.operation import operations

from ..backends import find_backend
from ..cases.case import Case, TensorSpec, map_values
from ..catalogue import TABLE
from ..catalogue.entries import Entry, entries
from ..execution.oracles import REFERENCE

DTYPES = 0  # the number of what ``dtypes=`` declares


class Demand(NamedTuple):
    """One constraint of one page."""

    page: str
    number: int
    error: str
    words: str
    condition: str

    def label(self, operation: str) -> str:
        """Its name in the report of an operation: ``C3``; of another page ``index_put_ C3``."""
        own = "dtypes" if self.number == DTYPES else f"C{self.number}"
        return own if self.page == operation else f"{self.page} {own}"


def pages(entry: Entry) -> list[Page]:
    """The operation's page, that of its in-place form if it has one of its own, and those that nobody else exercises."""
    name = entry.operation.name
    names = [name, *([] if f"{name}_" in TABLE else [f"{name}_"]), *entry.operation.exercises]
    return [operations[each] for each in names if each in operations]


def shared(entry: Entry) -> list[Demand]:
    """The constraints of the pages that another operation exercises, and this one reaches as well, but for those never violated alone."""
    declared = {demand for e in entries() if {*e.operation.exercises} & {*entry.operation.shares} for demand in never_alone(e)}
    return [demand for demand in _demands(entry.operation.shares) if demand not in declared]


def demands(entry: Entry) -> list[Demand]:
    """Every constraint of these pages."""
    return list(_demands(tuple(page.title for page in pages(entry))))


@cache
def _demands(names: tuple[str, ...]) -> tuple[Demand, ...]:
    found: list[Demand] = []
    for page in (operations[name] for name in names):
        if page.dtypes is not None:
            found.append(Demand(page.title, DTYPES, "NotImplementedError", "\"{}\" not implemented for '{}'", "a supported dtype"))
        if page.constraints is not None:
            found += [Demand(page.title, c.number, c.error, c.words, c.condition) for c in page.constraints]
    return tuple(found)


def never_alone(entry: Entry) -> dict[Demand, str]:
    """Those that the row declares never to be violated alone, or not to be reported by torch, and why. What a declaration names is a part of the
    constraint's condition or words; one that names none is an error."""
    found: dict[Demand, str] = {}
    for part, reason in entry.operation.never_alone:
        named = [demand for demand in demands(entry) if part in f"{demand.page}: {demand.condition}: {demand.words}"]
        if not named:
            raise ValueError(f"{entry.operation.name}: no constraint says {part!r}")
        found |= dict.fromkeys(named, reason)
    return found


class _Asked(Exception):
    """Ends a call that has been asked what it violates."""


def violated(case: Case, entry: Entry) -> frozenset[tuple[str, int | None]]:
    """The pages and numbers of all constraints, of the operation's pages, that the call violates on refimpl. The call ends with the first page that
    is reached, unless it violates none there and the operation exercises others that it may go on to; so nothing large is computed."""
    asked = [*pages(entry), *[operations[name] for name in entry.operation.shares]]
    found: set[tuple[str, int | None]] = set()

    def probe(page: Page) -> Callable[[Sequence[Any], dict[str, Any]], None]:
        def check(args: Sequence[Any], kwargs: dict[str, Any]) -> None:
            violations = page.declared_violations(page.bind(args, kwargs))
            found.update([(page.title, violation.number) for violation in violations])
            if violations or not (entry.operation.exercises or entry.operation.shares):
                raise _Asked

        return check

    backend = find_backend(REFERENCE)
    storages = [backend.make_storage(data) for data in case.buffers]

    def made(value: Any) -> Any:
        return backend.make_tensor(storages[value.buffer], value) if isinstance(value, TensorSpec) else backend.literal(value)

    before: list[tuple[Page, bool]] = []
    for page in asked:
        before.append((page, page.restricted))
        vars(page)["check"], page.restricted = probe(page), True
    try:
        # an argument that does not pass the door violates nothing, and whatever else is wrong is found when the case is judged
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backend.call(case.operation, case.form, map_values(case.args, made), map_values(case.kwargs, made))
    finally:
        for page, restricted in before:
            del vars(page)["check"]
            page.restricted = restricted
    numbered = {page for page, number in found if number is not None}
    # A constraint that asks another page cannot be answered where that one refuses.
    return frozenset([each for each in found if each[1] is not None or not numbered - {each[0]}])


# -- the page --------------------------------------------------------------------------------------


def page() -> str:
    """docs/constraints.md: what rows declare."""
    lines = []
    for e in entries():
        for demand, reason in never_alone(e).items():
            words = " ".join(demand.words.replace("|", "\\|").split())
            lines.append(f"| `{e.operation.name}` | {demand.label(e.operation.name)} | {words} | {reason} |")
    return "\n".join([
        "# Constraints that torch never reports alone\n",
        "Written by `python -m conformance.examples.constraints` from the rows of the catalogue (`never_alone`); a test holds it up to date.\n",
        "A run violates each constraint that a page states, that of dtypes included, by a call that violates nothing else "
        "([how](running.md#constraints)), but for these: no call violates them alone, no case of the suite can, or, where the reason says so, torch "
        "does not refuse the call.\n",
        "| operation | constraint | words | why |",
        "|---|---|---|---|",
        *lines,
    ]) + "\n"  # fmt: skip


if __name__ == "__main__":
    print(page(), end="")
