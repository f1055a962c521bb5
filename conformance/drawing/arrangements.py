"""Input classes that stand for how the dimensions and dtypes of a call's operands are arranged: drawn by construction, not by chance.

Kernels are wrong for one rank, for one pair of dtypes, for square operands, for a size of 1 in the middle. Each of these is a class that a pen is
asked for by name; what the pen then draws is the arrangement itself, with moderate numbers of many bits, so that nothing else hides what is wrong.
"""

from __future__ import annotations

from typing import Any, Sequence

from ..cases.case import FLOATS, NUMBERS, SURROUNDINGS
from .values import INTEGER_LIMITS

SQUARE, SQUARE_PERMUTED = "square", "square and permuted"
LONG = "more than 64 elements"
FAR = "far from zero"  # with gradients, where functions saturate, and beyond the bounds at which kernels change their formula
EQUAL = "equal operands"  # and ties among the elements of each
TIES = "ties in a vector"  # of numbers that are equally frequent, none of whose extremes comes only once
ZEROS = "nothing but zeros"
# What many functions give as they get it.
UNCHANGED = {"nothing but NaN": float("nan"), "nothing but ones": 1.0}
DOUBLE = "numbers of double precision"  # which single precision does not have, as Python numbers beside elements that are the same
NEIGHBOURS = "numbers that narrower dtypes do not tell apart"
CLOSE = "many numbers close to each other"  # beside which their differences are small: those of :data:`NEIGHBOURS`
CHANNELS_LAST = "channels last"  # in memory, where an operand has four dimensions or five
FEWEST = ", in a call of few arguments"  # the end of a class that is drawn in such a call
LEAF_TARGET = "a leaf as the target"
TWO_DTYPES = "two dtypes"
DEFAULT_DTYPE = "another default dtype"
ZERO_DIM = "0-d operands"  # all of them, of each of the wide dtypes
# In which dimension the size is 1, and in no other.
SIZE_ONE = {"size 1 first": 0, "size 1 second": 1, "size 1 last": -1}
NEGATIVE_DIMS = {f"negative dim of {rank}": rank for rank in (2, 3, 4)}
_OF_PAIR = "beside "
_OF_ZERO_DIM = "a 0-d operand of "
RETURNED = " in a result"  # that is returned, of operands of one shape: neither of them 0-d, none written

# Which dimension of the first, second and third operand has size 1, or (None) is missing, so that the operand is repeated along it.
_LEADING, _MIDDLE, _LAST, _MISSING = "leading", "middle", "last", None
BROADCASTS: dict[str, tuple[str | None, ...]] = {
    "broadcast over leading, then middle": (_LEADING, _MIDDLE, _LAST),
    "broadcast over missing, then last": (_MISSING, _LAST, _MIDDLE),
    "broadcast over middle, then leading": (_MIDDLE, _LEADING, _MISSING),
    "broadcast over last, then missing": (_LAST, _MISSING, _LEADING),
}
OVER_THE_MIDDLE = tuple([name for name, places in BROADCASTS.items() if _MIDDLE in places[:2]])

_TIED = (2, -1, 1)
_FAR_NUMBERS = (25.3, -25.7, 100.1, -95.9, 7.3, -6.7, 4.1, -3.9, 21.2, -84.3, 0.7, -0.6)
DOUBLE_NUMBERS = (0.1, 2**24 + 1, 1e39, 1.0 + 2.0**-30)
# Of integers the first of a few that follow each other, of which the one in the middle is odd: beyond what floats have, and across a border of fewer
# bits, where the order of what is cut off is another one. Of floats how far from 1 the next one is: less than narrower formats have.
_FIRST_NEIGHBOURS = {"int64": 2**53 + 2**31 - 1, "int32": 2**24 + 2**15 - 1, "int16": 2**11 + 2**7 - 1}
_STEPS = {"float64": 2.0**-40, "float32": 2.0**-20, "float16": 2.0**-10}
_COMMON, _COMMON_OF_MANY_TERMS = (2, 4, 3), (2, 18, 3)
_LONG_SIZES = {1: (71,), 2: (9, 8), 3: (3, 5, 5), 4: (3, 3, 3, 3), 5: (3, 3, 2, 2, 2)}
WITH_GRADIENTS = " with gradients"


def is_returned(force: str | None) -> bool:
    """Whether operands of two dtypes are to make up a result of their own."""
    return force is not None and force.endswith(RETURNED)


def is_of_one_shape(force: str | None) -> bool:
    """Whether operands are to have one shape, and none to be 0-d: so that nothing else is wrong with the call."""
    return is_returned(force) or force == LEAF_TARGET


def beside(dtype: str) -> str:
    """The force that makes further operands of this dtype."""
    return _OF_PAIR + dtype


def dtype_beside(force: str | None) -> str | None:
    """The dtype that is forced on further operands."""
    return force.removeprefix(_OF_PAIR).removesuffix(RETURNED) if force is not None and force.startswith(_OF_PAIR) else None


def zero_dim_of(dtype: str) -> str:
    """The force that makes the second operand 0-d and of this dtype, beside elements and in a result of its own."""
    return _OF_ZERO_DIM + dtype + RETURNED


def zero_dim_dtype(force: str | None) -> str | None:
    """The dtype that is forced on a 0-d operand."""
    return force.removeprefix(_OF_ZERO_DIM).removesuffix(RETURNED) if force is not None and force.startswith(_OF_ZERO_DIM) else None


def is_arranged(force: str | None) -> bool:
    """Whether a forced class is one of those here: its elements are moderate numbers with all of their bits."""
    known = (SQUARE, SQUARE_PERMUTED, LONG, FAR, EQUAL, TIES, ZEROS, *UNCHANGED, DOUBLE, DEFAULT_DTYPE, LEAF_TARGET, ZERO_DIM, NUMBERS,
             NEIGHBOURS, CLOSE, CHANNELS_LAST, *SIZE_ONE, *NEGATIVE_DIMS, *BROADCASTS)  # fmt: skip
    return force is not None and (force in known or force in SURROUNDINGS or force.startswith(_OF_PAIR))


def rank(force: str | None, low: int, high: int, differentiated: bool = False) -> int | None:
    """The rank that a forced class asks for, as near as may be; None if it asks for none. Of many elements, gradients have many dimensions."""
    if force == LONG and differentiated:
        return max(min(5, high), low)
    if force in NEGATIVE_DIMS:
        return min(max(NEGATIVE_DIMS[str(force)], low), high)
    if force in (SQUARE, SQUARE_PERMUTED):
        return min(max(3 if force == SQUARE else 2, low), high)
    if force in SIZE_ONE:
        return min(max(3, low), high)
    if force == CHANNELS_LAST:
        return min(max(4, low), high) if high > 3 else max(low, min(2, high))  # without the sample and the channels two
    if force in (TIES, CLOSE):
        return min(max(1, low), high)
    return 0 if force == ZERO_DIM and low == 0 else None


def sizes(force: str | None, ndim: int, limit: int) -> tuple[int, ...] | None:
    """The sizes that a forced class asks for; None if it asks for none."""
    if force in (SQUARE, SQUARE_PERMUTED) and ndim >= 2:
        size = 3 if 3**ndim <= limit else 2
        return (size,) * ndim if size**ndim <= limit else None
    if force == TIES and ndim == 1:
        return (6,)
    if force in SIZE_ONE and ndim >= 2:
        found = [2, 3, 2, 2, 2][:ndim]
        found[SIZE_ONE[str(force)]] = 1
        return tuple(found) if ndim <= 5 else None
    if force == CHANNELS_LAST and ndim in (4, 5) and limit >= 36:
        return (2, 3, 2, 3) if ndim == 4 else (2, 2, 2, 3, 2)[: ndim if limit >= 48 else 0] or None
    if force in (LONG, CLOSE) and limit >= 60:
        return _LONG_SIZES.get(ndim)
    return None


def broadcast(force: str | None, count: int, common: tuple[int, ...] | None, many_terms: bool) -> list[tuple[int, ...]] | None:
    """Shapes of so many operands that are repeated along the dimensions that a class names; of a ``common`` shape, if the row has one."""
    if force not in BROADCASTS:
        return None
    common = common if common is not None else _COMMON_OF_MANY_TERMS if many_terms else _COMMON
    places = BROADCASTS[str(force)]
    shapes = []
    for operand in range(count):
        place = places[operand] if operand < len(places) else ""
        shapes.append(common[1:] if place is _MISSING else _repeated(common, place))
    return shapes


def _repeated(shape: tuple[int, ...], place: str) -> tuple[int, ...]:
    last = len(shape) - 1
    ones = {"leading": range(1), "middle": range(1, last), "last": range(max(last, 0), last + 1)}.get(place, range(0))
    return tuple([1 if d in ones else size for d, size in enumerate(shape)])


def numbers(force: str | None, dtype: str, count: int, start: int, operand: int) -> list[Any] | None:
    """The elements that a forced class asks for; None if it asks for none. Those of equal operands are two numbers in turn."""
    if force in (NEIGHBOURS, CLOSE):
        return neighbours(dtype, count, start, operand)
    if force == TIES:
        tied = (1, 0) if dtype == "bool" else _tied_integers(dtype) if dtype in INTEGER_LIMITS else _TIED
        return [tied[i % len(tied)] for i in range(count)]
    if dtype not in FLOATS:
        return None
    if force == EQUAL:
        return [(1.5, -0.75)[i % 2] for i in range(count)]
    if force == ZEROS or force in UNCHANGED:
        return [UNCHANGED.get(str(force), 0.0)] * count
    if force == DOUBLE:
        return [float((*DOUBLE_NUMBERS, float("inf"))[(start + i) % (len(DOUBLE_NUMBERS) + 1)]) for i in range(count)]
    return far_numbers(count, start + 5 * operand) if force == FAR else None


def _tied_integers(dtype: str) -> tuple[int, int, int]:
    """Both ends of the range: the negative of the lowest number is that number again, for a kernel that turns an order round by a minus."""
    low, high = INTEGER_LIMITS[dtype]
    return low, high, low // 2 + high // 2


def neighbours(dtype: str, count: int, start: int, operand: int) -> list[Any] | None:
    """Five numbers that follow each other, again and again, now and then with their signs changed; None for a dtype that has none. In the first
    operand the extremes do not come first, where they are found by those who see no difference."""
    sign = -1 if start % 4 == 3 else 1
    steps = [(2, 4, 0, 3, 1)[(operand * start + i) % 5] for i in range(count)]
    if dtype in _FIRST_NEIGHBOURS:
        return [sign * (_FIRST_NEIGHBOURS[dtype] + step) for step in steps]
    return [sign * (1.0 + step * _STEPS[dtype]) for step in steps] if dtype in _STEPS else None


def far_numbers(count: int, start: int) -> list[float]:
    """Numbers of both signs beyond 3, 6, 20 and 80, with two moderate ones."""
    return [_FAR_NUMBERS[(start + i) % len(_FAR_NUMBERS)] for i in range(count)]


def channels_last(force: str | None, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides of an operand whose second dimension lies last in memory; None where none is asked for."""
    if len(shape) not in (4, 5) or force != CHANNELS_LAST and NEGATIVE_DIMS.get(str(force)) != len(shape):
        return None
    strides, step = [0] * len(shape), 1
    for d in (1, *range(len(shape) - 1, 1, -1), 0):
        strides[d] = step
        step *= max(shape[d], 1)
    return tuple(strides)


def labels_of(shape: tuple[int, ...], strides: Sequence[int]) -> set[str]:
    """The classes to which a tensor belongs by its shape and strides."""
    found = set()
    if len(shape) >= 2 and shape[-1] == shape[-2] > 1:
        found.add(SQUARE_PERMUTED if strides[-1] > strides[-2] > 0 else SQUARE)
    count = 1
    for size in shape:
        count *= size
    return found | {LONG} if count > 64 else found
