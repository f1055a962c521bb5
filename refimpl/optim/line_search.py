"""A line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6), with cubic interpolation."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

__all__ = ["strong_wolfe"]

SUFFICIENT = 1e-4  # of the decrease that the slope at the start promises
CURVATURE = 0.9  # of the slope at the start may be left


class Point(NamedTuple):
    """A length of the step, and the loss, the gradient and the slope along the direction there."""

    length: Any
    loss: float
    gradient: Any
    slope: Any


def minimum_of_cubic(a: Point, b: Point, least: Any, most: Any) -> Any:
    """Where the cubic with the losses and slopes of two points has its minimum, within bounds; the middle of the bounds if it has none."""
    left, right = (a, b) if a.length <= b.length else (b, a)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return (least + most) / 2.0
    d2 = square.sqrt()
    at = right.length - (right.length - left.length) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(at, least), most)


def strong_wolfe(evaluate: Callable[[Any], tuple[float, Any]], length: Any, largest: Any, loss: float, gradient: Any, slope: Any,
                 along: Callable[[Any], Any], most: int, tolerance: float = 1e-9) -> tuple[float, Any, Any, int]:
    """The loss, the gradient and the length of a step that meets the conditions, or of the best one found, and the number of evaluations.

    ``evaluate`` gives loss and gradient for a length, ``along`` the slope of a gradient, ``largest`` is the direction's largest element;
    loss, gradient and slope are those of the start. ``most``: evaluations after the first.
    """

    def at(length: Any) -> Point:
        value, found = evaluate(length)
        return Point(length, value, found.clone(), along(found))

    def too_high(point: Point) -> bool:
        return bool(point.loss > loss + SUFFICIENT * point.length * slope)

    def flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -CURVATURE * slope)

    # longer and longer steps, until two lengths have a minimum between them
    start = before = Point(0, loss, gradient.clone(), slope)
    now = at(length)
    rounds = 0
    while True:
        if rounds == most:
            before = start
            break
        if too_high(now) or rounds > 1 and now.loss >= before.loss:
            break
        if flat(now):
            return now.loss, now.gradient, now.length, rounds + 1
        if now.slope >= 0:
            break
        longer = minimum_of_cubic(before, now, now.length + 0.01 * (now.length - before.length), now.length * 10)
        before, now = now, at(longer)
        rounds += 1

    # the two lengths come closer
    low, high = (before, now) if before.loss <= now.loss else (now, before)
    low_is_first = before.loss <= now.loss
    hesitated = False
    while rounds < most and abs(now.length - before.length) * largest >= tolerance:
        first, second = (low, high) if low_is_first else (high, low)
        left, right = min(low.length, high.length), max(low.length, high.length)
        length = minimum_of_cubic(first, second, left, right)
        margin = 0.1 * (right - left)
        close = min(right - length, length - left) < margin
        if close and (hesitated or length >= right or length <= left):
            length = right - margin if abs(length - right) < abs(length - left) else left + margin
            close = False
        hesitated = bool(close)
        new = at(length)
        rounds += 1
        if too_high(new) or new.loss >= low.loss:
            high = new
            if high.loss < low.loss or high.loss == low.loss and not low_is_first:  # the lower one, the first of two that are equal
                low, high, low_is_first = high, low, not low_is_first
        elif flat(new):
            low = new
            break
        else:
            if new.slope * (high.length - low.length) >= 0:
                high = low
            low = new
        before, now = low, high
    return low.loss, low.gradient, low.length, rounds + 1
