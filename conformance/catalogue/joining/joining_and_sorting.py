"""Joining, repeating and ordering: cat, stack, flip, roll, repeat, sort and their kin."""

from __future__ import annotations

from typing import Any

from ...accuracy.number_formats import decode
from ...cases.case import LIMITED, Case, TensorSpec, elements
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define

FAMILY = "joining"
COUNTS = (1, 2, 3, 2, 4, 5, 1, 6, 7, 8)  # of tensors that are joined


def _of_several(pen: Pen) -> str:
    """The dtype of one tensor of a list: any, but beside dtypes of limited support there are no others."""
    return pen.dtype if pen.dtype in LIMITED else pen.other_dtype()


def cat(pen: Pen) -> Arguments:
    shape = pen.shape(1, 3)
    d = pen.dim(len(shape))
    inside = -len(shape) <= d < len(shape)
    tensors = []
    for _ in range(pen.length(COUNTS, most=130)):
        sizes = list(shape)
        if inside and pen.chance(2):
            sizes[d] = pen.length(range(4))
        if pen.chance(8) and not pen.grad:
            sizes = [0]
        if pen.misbehave():
            sizes = [*sizes, 2] if pen.chance(2) else [size + 1 for size in sizes]
        tensors.append(pen.tensor(tuple(sizes), _of_several(pen)))
    if pen.misbehave(4):
        tensors = []
    sequence = tuple(tensors) if pen.chance(2) else list(tensors)
    if d == 0 and pen.chance(2):
        return (sequence,), {}
    return ((sequence, d), {}) if pen.chance(2) else ((sequence,), {"dim": d})


def stack(pen: Pen) -> Arguments:
    shape = pen.shape(0, 3)
    tensors = []
    for _ in range(pen.length(COUNTS, most=130)):
        sizes = (*shape, 2) if pen.misbehave() else shape
        tensors.append(pen.tensor(sizes, _of_several(pen)))
    if pen.misbehave(4):
        tensors = []
    return (tuple(tensors),), pen.maybe("dim", lambda: pen.dim(len(shape) + 1))


def stack_fixed(pen: Pen) -> Arguments:
    """hstack, vstack, dstack."""
    args, _ = stack(pen)
    return args, {}


def flip(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    dims = pen.dims(len(tensor.shape))
    if pen.form == "method" and dims and pen.chance(2):
        return (tensor, *dims), {}
    return (tensor, dims), {}


def at_least_2d(pen: Pen) -> Arguments:
    return (pen.tensor(pen.shape(1 if pen.invalid else 2, 4)),), {}


_BEYOND = ("a shift beyond the size", "a shift beyond the number of elements")


def _rolled_around(pen: Pen) -> Arguments:
    """By more places than there are: along a dimension, or along all of them."""
    pen.note(str(pen.force))
    tensor, d = pen.tensor((3, 4), layout=pen.choice(("contiguous", "permuted", "sliced"))), pen.choice((1, -2, -1, 0))
    several, sign = pen.choice((1, 2, 3)), pen.choice((1, -1))
    if pen.force == _BEYOND[0]:
        return (tensor, sign * (several * tensor.shape[d] + 1), d), {}
    return (tensor, sign * (several * tensor.numel + 1)), {}


def roll(pen: Pen) -> Arguments:
    if pen.force in _BEYOND:
        return _rolled_around(pen)
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    if pen.chance(3) or ndim == 0:
        return (tensor, pen.integer(-4, 4)), {}
    dims = pen.dims(ndim, False)
    shifts = tuple([pen.integer(-4, 4) for _ in dims])
    if pen.misbehave(2):
        shifts = (*shifts, 1)
    return (tensor, shifts, dims), {}


def rot90(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1 if pen.invalid else 2, 4))
    k = pen.integer(-3, 5)
    if pen.chance(2):
        return ((tensor,), {}) if pen.chance(3) else ((tensor, k), {})
    a, b = pen.dim(len(tensor.shape)), pen.dim(len(tensor.shape))
    return (tensor, k, (a, b)), {}


def repeat(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 3, 16))
    count = len(tensor.shape) + pen.integer(0, 1)
    if pen.misbehave(2):
        count = max(count - 2, 0)
    repeats = [pen.length((2, 1, 3, 0), most=70) for _ in range(count)]
    if pen.misbehave(4) and repeats:
        repeats[0] = -1
    if repeats and pen.chance(2):
        return (tensor, *repeats), {}
    return (tensor, tuple(repeats)), {}


def tile(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 3, 16))
    return (tensor, tuple([pen.length((2, 1, 3, 0), most=70) for _ in range(pen.integer(0, 4))])), {}


def repeat_interleave(pen: Pen) -> Arguments:
    if pen.form == "function" and pen.dtype in ("int64", "int32") and pen.force is None and not pen.invalid and pen.chance(4):
        return (pen.tensor((pen.integer(0, 5),), values=(0, 1, 2, 3)),), {}  # how often each of the numbers 0, 1, 2, ... comes
    tensor = pen.tensor(pen.shape(0, 3, 20))
    kwargs = pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))
    d = kwargs.get("dim")
    ndim = len(tensor.shape)
    length = tensor.numel if d is None else (tensor.shape[d] if -ndim <= d < ndim else 1)
    if pen.chance(2):
        count = pen.length(range(-1 if pen.invalid else 0, 4), most=70)
        return (tensor, count), kwargs | (pen.maybe("output_size", lambda: count * length + pen.misbehave(2), 4) if count >= 0 else {})
    if pen.misbehave(2):
        length += 1
    return (tensor, pen.tensor((length,), "int64", values=(0, 1, 2, 3), differentiable=False)), kwargs


def less_than_never(case: Case) -> bool:
    """Repeats below 0 beside the size of the output: torch writes before its memory."""
    named = dict(zip(("input", "repeats", "dim", "output_size"), case.args)) | case.kwargs
    repeats = named.get("repeats")
    if named.get("output_size") is None or not isinstance(repeats, TensorSpec) or repeats.dtype not in ("int32", "int64"):
        return False
    return any(number < 0 for number in decode(b"".join(elements(case, repeats)), repeats.dtype))


def sort(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode="ties" if pen.chance(2) else None)
    kwargs: dict[str, Any] = pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))
    kwargs |= pen.maybe("descending", lambda: pen.chance(2))
    if not pen.grad:  # equal elements in another order have other gradients
        return (tensor,), kwargs | pen.maybe("stable", lambda: not pen.chance(3))
    return (tensor,), {"stable": True, **kwargs}


def _unless_stable(case: Case) -> bool:
    """Equal elements keep their order only if that is asked for."""
    return case.kwargs.get("stable") is not True


def argsort(pen: Pen) -> Arguments:
    return sort(pen)


_DIFFERENT = {"bool": 1, "uint8": 255, "int8": 127, "bfloat16": 255, "float16": 2047}  # so many numbers 0, 1, 2, ... are different


def ranked(pen: Pen) -> Arguments:
    """topk: along any dimension, of elements of which some are equal, or NaN; with gradients, which tell them apart, of different ones."""
    if pen.grad:
        return _distinct(pen)
    tensor = pen.tensor(pen.shape(0, 4), mode="ties" if pen.chance(2) else None)
    d = pen.dim(len(tensor.shape))
    size = 1 if not tensor.shape else tensor.shape[d] if -len(tensor.shape) <= d < len(tensor.shape) else 1
    k = pen.integer(min(1, size), size) if not pen.misbehave(2) else pen.choice((size + 1, -1))
    last = not tensor.shape or d in (-1, len(tensor.shape) - 1)
    return (tensor, k), {} if last and pen.chance(2) else {"dim": d}


def _distinct(pen: Pen) -> Arguments:
    """A rotation of 0, 1, 2, ..."""
    size = pen.length(range(1, 3 if pen.dtype == "bool" else 10), most=_DIFFERENT.get(pen.dtype))
    tensor = pen.tensor((size,), layout=pen.choice(("contiguous", "sliced")), rotation=size)
    k = pen.integer(1, size) if not pen.misbehave(2) else pen.choice((size + 1, -1))
    kwargs = pen.maybe("dim", lambda: pen.dim(1))
    return (tensor, k), kwargs


def topk(pen: Pen) -> Arguments:
    args, kwargs = ranked(pen)
    kwargs |= pen.maybe("largest", lambda: pen.chance(2))
    kwargs |= pen.maybe("sorted", lambda: args[1] not in (0, 1) or not pen.chance(2), 3)
    if kwargs.get("sorted") is False and args[1] > 1 and not pen.invalid:
        args = args[0], 1  # unsorted ones come in any order
    return args, kwargs


def msort(pen: Pen) -> Arguments:
    return (pen.tensor(mode="ties" if pen.chance(2) else None),), {}


def meshgrid(pen: Pen) -> Arguments:
    tensors = tuple([pen.tensor((pen.length(range(4), most=300),) if not pen.chance(4) else ()) for _ in range(pen.integer(1, 3))])
    return tensors, {} if pen.chance(4) else {"indexing": pen.choice(("ij", "xy"))}


def no_tensors(pen: Pen) -> Arguments:
    return ((),), {"indexing": pen.choice(("ij", "xy"))}


def broadcast_tensors(pen: Pen) -> Arguments:
    shapes = pen.broadcastable(pen.integer(1, 3))
    return tuple([pen.tensor(shape, pen.other_dtype()) for shape in shapes]), {}


define("cat", FAMILY, cat, forms="function out", differentiable=True)
define("stack", FAMILY, stack, forms="function out", differentiable=True)
define("hstack vstack dstack column_stack", FAMILY, stack_fixed, forms="function out", differentiable=True)
define("flip", FAMILY, flip, differentiable=True)
define("fliplr flipud", FAMILY, at_least_2d, differentiable=True)
define("roll", FAMILY, roll, differentiable=True, classes=_BEYOND)
define("rot90", FAMILY, rot90, differentiable=True)
define("repeat", FAMILY, repeat, forms="method", differentiable=True)
define("tile", FAMILY, tile, differentiable=True)
define("repeat_interleave", FAMILY, repeat_interleave, differentiable=True, fatal=less_than_never)
define("sort", FAMILY, sort, forms="function method out", differentiable=True, critical="", open_indices=_unless_stable)
define("argsort", FAMILY, argsort, forms="function method", critical="", open_indices=_unless_stable)
define("topk", FAMILY, topk, dtypes=REAL, forms="function method out", differentiable=True, open_indices=lambda case: True)
define("msort", FAMILY, msort, differentiable=True, critical="")
define("meshgrid", FAMILY, meshgrid, forms="function", differentiable=True, violating=(no_tensors,))
define("broadcast_tensors", FAMILY, broadcast_tensors, forms="function", differentiable=True)
