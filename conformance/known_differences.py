"""Known differences: where torch itself is outside its contract, or does what nobody should copy.

This list is the only place where a difference between refimpl and torch is excused. Each entry names the operation and the
condition, gives the reason, and an example that anyone can run. The report shows them as findings about torch, not as
failures, and docs/known-differences.md is generated from the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from .cases import Case
from .comparators import Deviation


@dataclass(frozen=True)
class KnownDifference:
    """``applies(case, deviation)`` decides; ``properties`` are the ones that may deviate."""

    identifier: str
    operations: tuple[str, ...]
    properties: tuple[str, ...]
    condition: str
    reason: str
    example: str
    applies: Callable[[Case, Deviation], bool]


KNOWN: list[KnownDifference] = []


def match(case: Case, deviation: Deviation, backend: str) -> str | None:
    """The identifier of the known difference that explains this deviation, if one does."""
    for known in KNOWN:
        if case.operation in known.operations and deviation.property in known.properties and known.applies(case, deviation):
            return known.identifier
    return None
