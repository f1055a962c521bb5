"""R's subscripts: ``x[1, 2:3]`` counted from 1, both ends of a range included.

Written in Python as in R, but for what Python spells otherwise: ``...`` for ``..``, None for ``NULL``, ``:`` for an empty argument, and
``drop(False)`` as the last argument for ``drop = FALSE``. The rules are numbered in docs/r-style.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..foundation.dtypes import bool_, int64
from ..ops.creation.from_data import tensor
from ..tensor import Tensor

__all__ = ["N", "Subscript", "drop", "from_one", "newaxis", "read", "shifted", "translated", "write"]

N = 2147483647  # as the end of a range: the last element
newaxis = None


class drop:
    """As the last subscript: whether a single number drops its dimension, which it does unless ``drop(False)`` says no."""

    def __init__(self, value: bool) -> None:
        self.value = bool(value)


class Subscript(NamedTuple):
    """One argument in brackets, counted as Python does: an int, a slice, None, an Ellipsis, or a tensor of indices or a mask."""

    index: Any
    consumed: int  # dimensions of the tensor
    produced: int  # dimensions of the result, for a tensor

    @property
    def is_tensor(self) -> bool:
        return isinstance(self.index, Tensor)


def from_one(i: int, error: str = "Indexing starts at 1 but found a 0.") -> int:
    """A position or a dimension counted from 1 (or from the end, below 0), counted from 0: rule 5."""
    if i == 0:
        raise IndexError(error)
    return i - 1 if i > 0 else i


def _range(given: slice) -> slice:
    """Rule 2. Ends may be infinite."""
    start, stop, step = given.start, given.stop, given.step
    start = 0 if start is None else int(start)
    if stop is None or stop == float("inf") or stop == -1:
        stop = N
    stop = int(stop)
    return slice(start - 1 if start > 0 else start, stop + 1 if stop < 0 else stop, None if step is None else int(step))


def _indices(given: Tensor) -> Tensor:
    """Rule 11: a tensor of positions counted from 1, or a mask as it is."""
    if given.dtype is bool_:
        return given
    if given.dtype is not int64:
        raise TypeError("Only long and boolean tensors are supported.")
    return shifted(given)


def shifted(given: Tensor, error: str = "Indexing starts at 1 but found a 0.") -> Tensor:
    """Positions counted from 1 in a tensor, counted from 0; those below 0 count from the end in both ways."""
    if bool((given == 0).any()):
        raise IndexError(error)
    return given - (given > 0).to(given.dtype)


def _vector(values: Sequence[Any]) -> Any:
    """Rules 5, 8, 9 and 10: an R vector, matrix or array, as (nested) lists."""
    flat = list(values)
    if not flat:
        raise IndexError("Unsupported index.")
    nested = isinstance(flat[0], (list, tuple))
    if len(flat) == 1 and not nested and not isinstance(flat[0], bool):
        return _number(flat[0])
    made = tensor([list(row) for row in flat] if nested else flat)
    if made.dtype is bool_:
        return made
    return shifted(made.to(int64), "Indexing in R is 1-based and found a 0.")


def _number(value: float) -> int:
    return from_one(int(value), "Indexing in R is 1-based and found a 0.")


def _subscript(given: Any) -> Subscript:
    given = getattr(given, "tensor", given)  # of the view that wraps it
    if given is None:
        return Subscript(None, 0, 1)
    if given is Ellipsis:
        return Subscript(given, 0, 0)
    if isinstance(given, slice):
        return Subscript(_range(given), 1, 1)
    if isinstance(given, bool):
        given = [given]
    if isinstance(given, (int, float)):
        return Subscript(_number(given), 1, 0)
    if isinstance(given, Tensor):
        index = _indices(given)
    elif isinstance(given, (list, tuple, range)):
        index = _vector(given)
    else:
        raise TypeError("Unsupported index.")
    if isinstance(index, int):
        return Subscript(index, 1, 0)
    mask = index.dtype is bool_
    return Subscript(index, index.dim() if mask else 1, 1 if mask else index.dim())


def _arguments(key: Any) -> tuple[list[Subscript], bool]:
    """The subscripts, and whether single numbers drop their dimension."""
    given = list(key) if isinstance(key, tuple) else [key]
    dropping = True
    if given and isinstance(given[-1], drop):
        dropping = given.pop().value
    return [_subscript(each) for each in given], dropping


def read(x: Tensor, key: Any) -> Tensor:
    """``x[key]``: numbers, ranges, None and ``...`` give a view; vectors, masks and tensors are applied one after another, each to its own
    dimension (rule 12)."""
    subscripts, dropping = _arguments(key)
    basic: list[Any] = []
    for s in subscripts:
        if s.is_tensor:
            basic += [slice(None)] * s.consumed
        else:
            basic.append(s.index)
            if not dropping and isinstance(s.index, int):  # rule 6
                basic.append(None)
    if _miscounted(subscripts) > x.dim():
        raise IndexError(f"too many indices for tensor of dimension {x.dim()}")
    try:
        result = x[tuple(basic)]
    except IndexError as error:
        raise IndexError(translated(str(error))) from None
    ahead = _positions(subscripts, dropping, result.dim())
    for s, position in reversed(list(zip(subscripts, ahead))):
        if position is not None:
            result = result[tuple([slice(None)] * position + [s.index])]
    return result


def _miscounted(subscripts: list[Subscript]) -> int:
    """How many dimensions R counts: behind a vector behind ``..`` a new axis is one of them (rule 14, a quirk)."""
    count, rest, vector = 0, False, False
    for s in subscripts:
        rest = rest or s.index is Ellipsis
        vector = vector or rest and s.is_tensor
        count += s.consumed + (s.index is None and vector)
    return count


def _positions(subscripts: list[Subscript], dropping: bool, rank: int) -> list[int | None]:
    """For each tensor among the subscripts the first dimension, of the result of all others, that it is applied to."""
    widths = [s.consumed if s.is_tensor else s.produced or int(isinstance(s.index, int) and not dropping) for s in subscripts]
    for i, s in enumerate(subscripts):
        if s.index is Ellipsis:
            widths[i] = max(rank - sum(widths), 0)
            break
    found: list[int | None] = []
    start = 0
    for s, width in zip(subscripts, widths):
        found.append(start if s.is_tensor else None)
        start += width
    return found


def write(x: Tensor, key: Any, value: Any) -> None:
    """``x[key] <- value``, in place: one combined index, with at most one tensor in it, and ``drop`` has no meaning (rule 13)."""
    subscripts, _ = _arguments(key)
    if sum(s.is_tensor for s in subscripts) > 1:
        raise IndexError("Only one tensor is allowed in the index")
    value = getattr(value, "tensor", value)
    if isinstance(value, (list, tuple, range)):
        value = list(value)
        value = value[0] if len(value) == 1 and not isinstance(value[0], (list, tuple)) else tensor(value)
    if not isinstance(value, (bool, int, float, complex, Tensor)):
        raise TypeError("rhs must be a torch_tensor or scalar value.")
    x[tuple(s.index for s in subscripts)] = value


_OUT_OF_RANGE = re.compile(r"(?<=expected to be in range of )\[(-?\d+), (-?\d+)\], but got (-?\d+)")
_OF_NOTHING = re.compile(r"index (\d+) is out of bounds for dimension (\d+) with size 0")


def _up(number: str) -> int:
    return int(number) + (int(number) >= 0)


def translated(message: str) -> str:
    """torch's message in R's numbers, for the two messages that torch for R translates; others keep theirs.

    >>> translated("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    'Dimension out of range (expected to be in range of [-1, 1], but got 2)'
    """
    message = _OUT_OF_RANGE.sub(lambda m: f"[{m[1]}, {_up(m[2])}], but got {_up(m[3])}", message)
    return _OF_NOTHING.sub(lambda m: f"index {_up(m[1])} is out of bounds for dimension {_up(m[2])} with size 0", message)
