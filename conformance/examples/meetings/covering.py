"""Which of several draws brings together what met in no call of an operation before.

The examples of a plan are drawn at random. Which dtype meets which form, rank, layout, number of elements and argument in one of them is left
to chance, and chance repeats itself. So each is drawn a few times, and that draw is taken in which the largest share of these meets for the first
time.
"""

from __future__ import annotations

from itertools import combinations
from typing import Sequence

from ...cases.case import Case
from .features import Feature, features, structure

DRAWS = 4  # of which one is taken


class Covering:
    """The pairs that have met in the calls that were taken."""

    def __init__(self) -> None:
        self._met: set[tuple[Feature, Feature]] = set()

    def best(self, cases: Sequence[Case]) -> int:
        """The number of the call of whose pairs the largest share has not met yet; it counts as taken. (Those with the most new ones would be
        those with the most arguments.)"""
        pairs = [_pairs(case) for case in cases]
        chosen = max(range(len(cases)), key=lambda number: len(pairs[number] - self._met) / max(len(pairs[number]), 1))
        self._met |= pairs[chosen]
        return chosen

    def clear(self) -> None:
        self._met.clear()


def _pairs(case: Case) -> set[tuple[Feature, Feature]]:
    options, others = features(case)
    return set(combinations(sorted(options | others | structure(case), key=hash), 2))  # in any order, which is the same in all calls
