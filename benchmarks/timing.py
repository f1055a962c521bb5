"""Timing two ways of doing the same work beside each other."""

from __future__ import annotations

import gc
from time import perf_counter
from typing import Callable, NamedTuple

Work = Callable[[], object]


class Result(NamedTuple):
    """One line of the table: seconds for refimpl and for the bare expression, and the ratio that is aimed at."""

    name: str
    refimpl: float
    bare: float
    target: float

    @property
    def ratio(self) -> float:
        return self.refimpl / self.bare


def once(work: Work, calls: int = 1) -> float:
    """Seconds for one call of ``work``, over ``calls`` calls in a row."""
    start = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - start) / calls


def compare(name: str, refimpl: Work, bare: Work, target: float, repeat: int = 7, calls: int = 1) -> Result:
    """The best of ``repeat`` timings each, taken in turns, so that a slow moment of the machine meets both.

    The best, not the mean: whatever else the machine does can only add to a timing.
    """
    refimpl(), bare()  # the first call pays for what later ones find done: imports, caches, memory
    enabled = gc.isenabled()
    gc.disable()
    try:
        pairs = [(once(refimpl, calls), once(bare, calls)) for _ in range(repeat)]
    finally:
        if enabled:
            gc.enable()
    return Result(name, min(a for a, _ in pairs), min(b for _, b in pairs), target)
