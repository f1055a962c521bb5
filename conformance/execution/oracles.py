"""What candidates are held against: torch on the CPU for semantics, refimpl on the CPU for values."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Hashable, TypeVar

from ..backends import Backend, find_backend
from ..cases.case import Case
from .outcomes import Outcome, execute

ORACLE = "torch:cpu"
REFERENCE = "refimpl:cpu"


@lru_cache(maxsize=1)
def reference_backend() -> Backend | None:
    """refimpl on the CPU; None while it cannot be imported (then torch in a wider dtype is the reference)."""
    try:
        return find_backend(REFERENCE)
    except (ImportError, LookupError, AttributeError):
        return None


Found = TypeVar("Found")


class Remembered:
    """What torch and refimpl made of the cases that are dealt to one backend after another, so that each runs them once, and what else was found out
    about a case that is the same for all of them.

    A case is told by its identity: one that was built again, or shrunk, is another. What is remembered is for an operation; :meth:`forget` it
    before the next.
    """

    def __init__(self) -> None:
        self._cases: dict[int, Case] = {}
        self._outcomes: dict[tuple[int, str], Outcome] = {}
        self._more: dict[tuple[int, Hashable], Any] = {}

    def keep(self, case: Case) -> None:
        """From now on what is asked about this case is remembered."""
        self._cases[id(case)] = case

    def outcome(self, backend: Backend, case: Case) -> Outcome:
        """The outcome of a case on the oracle or the reference. Raises :class:`conformance.backends.Unsupported`."""
        if id(case) not in self._cases:
            return execute(backend, case)
        key = id(case), backend.name
        if key not in self._outcomes:
            self._outcomes[key] = execute(backend, case)
        return self._outcomes[key]

    def put(self, backend: Backend, case: Case, outcome: Outcome) -> None:
        """An outcome that the reference has come to as a candidate."""
        if backend.name == REFERENCE and id(case) in self._cases:
            self._outcomes[id(case), REFERENCE] = outcome

    def about(self, case: Case, what: Hashable, find: Callable[[], Found]) -> Found:
        """What ``find`` comes to, which depends on the case and on ``what`` alone."""
        if id(case) not in self._cases:
            return find()
        key = id(case), what
        if key not in self._more:
            self._more[key] = find()
        return self._more[key]  # type: ignore[no-any-return]

    def forget(self) -> None:
        self._cases.clear()
        self._more.clear()
        self._outcomes.clear()


remembered = Remembered()
