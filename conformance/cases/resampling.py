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


def position(case: Case, element: int) -> list[int]:
    """The index of an element of the result, which is numbered in row-major order."""
    index: list[int] = []
    for count in reversed((*asked(case)["input"].shape[:2], *new_sizes(case))):
        element, place = divmod(element, max(count, 1))
        index.insert(0, place)
    return index


def steps(case: Case) -> list[float]:
    """Along each dimension how many elements of the input one of the result is wide, corners not aligned."""
    named, new = asked(case), new_sizes(case)
    factor = None if named.get("recompute_scale_factor") else named.get("scale_factor")
    factors = factor if isinstance(factor, (tuple, list)) else (factor,) * len(new)
    return [1 / each if each else size / count for size, count, each in zip(named["input"].shape[2:], new, factors)]


def reached(case: Case, element: int) -> list[range]:
    """Along each dimension the elements that weights may reach for an element of the result, one more on each side for a place that is rounded."""
    named, index = asked(case), position(case, element)
    found = [range(place, place + 1) for place in index[:2]]
    for size, count, place, step in zip(named["input"].shape[2:], new_sizes(case), index[2:], steps(case)):
        both = step, (size - 1) / max(count - 1, 1)
        reach = 3 * max(*both, 1.0) if named.get("antialias") else 2 if named.get("mode") == "bicubic" else 1
        middles = [(place + half) * each for each in both for half in (0, 0.5, -0.5)]
        found.append(range(max(math.floor(min(middles) - reach - 1), 0), min(math.ceil(max(middles) + reach + 1), size)))
    return found


def on_a_border(case: Case, element: int) -> bool:
    """Whether the middle of an element of the result lies on the border between two elements of the input, or a rounding in float32 away from it."""
    middles = [(place + 0.5) * step for place, step in zip(position(case, element)[2:], steps(case))]
    return any(abs(middle - round(middle)) <= 2.0**-22 * middle for middle in middles)


def factor_is_ignored(case: Case) -> bool:
    """Whether a dimension keeps its size, or doubles it, although a factor was given that says something else, in a mode whose function and gradient
    disagree whether its elements are kept, or doubled, then."""
    named = asked(case)
    plain = named.get("mode") in ("linear", "bilinear", "trilinear", "nearest-exact") and not named.get("antialias")
    by_factor = named.get("scale_factor") is not None and not named.get("recompute_scale_factor")
    return by_factor and not plain and any(new in (size, 2 * size) for size, new in zip(named["input"].shape[2:], new_sizes(case)))
