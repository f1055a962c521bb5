"""Calls that resample an image: what they ask for, and of which elements they make each element of the result."""

from __future__ import annotations

import math
from typing import Any

from .case import Case

_PARAMETERS = ("input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")


def asked(case: Case) -> dict[str, Any]:
    """The arguments by name."""
    return dict(zip(_PARAMETERS, case.args)) | case.kwargs


def new_sizes(case: Case) -> tuple[int, ...]:
    """The sizes of the result behind its first two; none of a call that is refused."""
    named = asked(case)
    old, size, factor = named["input"].shape[2:], named.get("size"), named.get("scale_factor")
    try:
        if size is not None:
            return tuple(size) if isinstance(size, (tuple, list)) else (int(size),) * len(old)
        factors = factor if isinstance(factor, (tuple, list)) else (factor,) * len(old)
        return tuple([int(count * each) for count, each in zip(old, factors)])  # type: ignore[operator]
    except (TypeError, ValueError, OverflowError):
        return ()


def reached(case: Case, element: int) -> list[range]:
    """Along each dimension the elements that weights may reach for an element of the result, one more on each side for a place that is rounded."""
    named = asked(case)
    shape, new, factor = named["input"].shape, new_sizes(case), named.get("scale_factor")
    factors = factor if isinstance(factor, (tuple, list)) else (factor,) * len(new)
    index: list[int] = []
    for count in reversed((*shape[:2], *new)):
        element, place = divmod(element, max(count, 1))
        index.insert(0, place)
    found = [range(place, place + 1) for place in index[:2]]
    for size, count, place, each in zip(shape[2:], new, index[2:], factors):
        steps = [size / count, (size - 1) / max(count - 1, 1), 1 / each if each and not named.get("recompute_scale_factor") else size / count]
        reach = 3 * max(*steps, 1.0) if named.get("antialias") else 2 if named.get("mode") == "bicubic" else 1
        middles = [(place + half) * step for step in steps for half in (0, 0.5, -0.5)]
        found.append(range(max(math.floor(min(middles) - reach - 1), 0), min(math.ceil(max(middles) + reach + 1), size)))
    return found


def keeps_a_size(case: Case) -> bool:
    """Whether a dimension keeps its size, or is doubled, although a factor was given that says something else."""
    named = asked(case)
    old = named["input"].shape[2:]
    by_factor = named.get("scale_factor") is not None and not named.get("recompute_scale_factor")
    return by_factor and any(new in (size, 2 * size) for size, new in zip(old, new_sizes(case)))
