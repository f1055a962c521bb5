"""Indexing, get and set: every mixture of integers, slices, ``...``, None, masks and integer tensors; gather and its kin."""

from __future__ import annotations

from math import prod
from typing import Any

from ...cases.case import FLOATS, Slice, TensorSpec
from ...drawing.pen import Pen
from ..derivatives import places_distinct
from ..rows import Arguments, define
from .templates import FULL, PUT, TEMPLATES, template

FAMILY = "indexing"
ONE_EACH = "one index for each line"  # as those of the extremes along a dimension, which is counted from the end


def index_tensor(pen: Pen, shape: tuple[int, ...], size: int, negative: bool = True, dtype: str | None = None) -> TensorSpec:
    """An integer tensor of valid positions along a dimension of ``size``; out of range when invalid. One for each line: neighbours differ."""
    if pen.force == ONE_EACH:
        return pen.tensor(shape, dtype, rotation=size, layout="contiguous", differentiable=False)
    values = list(range(size)) + (list(range(-size, 0)) if negative else [])
    if pen.misbehave(2) or not values:
        values = [0, size, -size - 1]
    kind = dtype or ("int64" if not pen.chance(6) else pen.choice(("int32", "uint8", "int16") if not negative else ("int32", "int16", "int8")))
    return pen.tensor(shape, kind, values=values, differentiable=False)


def _mask(pen: Pen, shape: tuple[int, ...]) -> TensorSpec:
    if pen.misbehave(2) and shape:
        shape = (shape[0] + 1, *shape[1:])
    return pen.tensor(shape, "bool" if not pen.chance(8) else "uint8", values=(0, 1), differentiable=False)


def _slice(pen: Pen, size: int) -> Slice:
    start = pen.integer(-size - 1, size + 1) if pen.chance(2) else None
    stop = pen.integer(-size - 1, size + 1) if pen.chance(2) else None
    step = pen.choice((2, 3, 1)) if pen.chance(3) else None
    if pen.misbehave(3):
        step = pen.choice((0, -1))
    return Slice(start, stop, step)


def index_expression(pen: Pen, shape: tuple[int, ...]) -> Any:
    """An index for a tensor of this shape: a tuple of items, or one bare item."""
    items: list[Any] = []
    d = 0
    broadcast = pen.shape(0, 2, 6, most=1100)
    ellipsis = False
    while d < len(shape) and len(items) < 6:
        kind = pen.integer(0, 11) if items or prod(broadcast) <= 36 else 7  # many positions are there to be used
        size = shape[d]
        if kind <= 2:
            items.append(_slice(pen, size))
            d += 1
        elif kind <= 4:
            items.append(pen.integer(-size, size - 1) if size and not pen.misbehave(2) else size)
            d += 1
        elif kind == 5:
            items.append(None)
        elif kind == 6 and not ellipsis:
            items.append(Ellipsis)
            ellipsis = True
            d += pen.integer(0, len(shape) - d)
        elif kind <= 8:
            items.append(index_tensor(pen, broadcast, size))
            d += 1
        elif kind == 9:
            rank = pen.integer(1, min(2, len(shape) - d))
            items.append(_mask(pen, shape[d : d + rank]))
            d += rank
        elif kind == 10:
            length = pen.integer(0, 3)
            items.append([pen.integer(-size, size - 1) if size else 0 for _ in range(length)])
            d += 1
        else:
            break
    if not shape and pen.chance(2):
        items.append(pen.choice((None, Ellipsis, True, False)))
    if pen.misbehave(3):
        items.append(pen.choice((0, Ellipsis, Slice(), 1.5, "a")))
    if len(items) == 1 and pen.chance(2):
        return items[0]
    return tuple(items)


def getitem(pen: Pen) -> Arguments:
    forced = template(pen)
    if forced is not None:
        return forced, {}
    tensor = pen.tensor(pen.shape(0, 4))
    return (tensor, index_expression(pen, tensor.shape)), {}


def setitem(pen: Pen) -> Arguments:
    forced = template(pen, written=True)
    if forced is not None:
        tensor, index = forced
        values = (2, 0.5, True, pen.tensor((), pen.dtype), *[pen.tensor(_selected_shape(pen, tensor.shape, index), pen.dtype)] * 4)
        return (tensor, index, pen.choice(values if pen.dtype in FLOATS else (1, *values[2:]))), {}
    tensor = pen.tensor(pen.shape(0, 4))
    index = index_expression(pen, tensor.shape)
    kind = pen.integer(0, 3)
    if kind == 0:
        value: Any = pen.scalar()
    elif kind == 1:
        value = pen.tensor((), pen.other_dtype())
    else:
        value = pen.tensor(_selected_shape(pen, tensor.shape, index), pen.other_dtype())
    return (tensor, index, value), {}


def _selected_shape(pen: Pen, shape: tuple[int, ...], index: Any) -> tuple[int, ...]:
    """The shape that the index selects (computed by torch), with leading or broadcast dimensions changed now and then."""
    import torch

    from ...cases.case import map_values

    def native(value: Any) -> Any:
        if isinstance(value, TensorSpec):
            if value.dtype in ("bool", "uint8"):
                from ...cases.case import Case, elements

                case = Case("", "", tuple(pen.buffers), (value,))
                return torch.tensor([b != b"\0" for b in elements(case, value)], dtype=torch.bool).reshape(value.shape)
            return torch.zeros(value.shape, dtype=torch.int64)
        return slice(value.start, value.stop, value.step) if isinstance(value, Slice) else value

    try:
        found = tuple(torch.zeros(shape)[map_values(index, native)].shape)
    except Exception:  # noqa: BLE001 - an invalid index: any shape will do
        return ()
    if found and pen.chance(3):
        found = (1, *found[1:])
    if pen.misbehave(2):
        found = (*found, 3)
    return found


def index_put(pen: Pen) -> Arguments:
    forced = template(pen, written=True)
    if forced is not None:
        values = pen.tensor(_selected_shape(pen, forced[0].shape, tuple([FULL if item is None else item for item in forced[1]])), pen.dtype)
        return (*forced, values), pen.maybe("accumulate", lambda: True)
    shape = pen.shape(1, 3)
    tensor = pen.tensor(shape)
    broadcast = pen.shape(0, 2, 6, most=1100)
    indices: list[Any] = []
    for size in shape[: pen.integer(1, len(shape))]:
        indices.append(index_tensor(pen, broadcast, size, dtype="int64"))
    rest = shape[len(indices) :]
    value_shape = (*broadcast, *rest)
    if pen.chance(3):
        value_shape = ()
    dtype = pen.dtype if not pen.misbehave(2) else "float64"
    kwargs = pen.maybe("accumulate", lambda: True)
    return (tensor, tuple(indices), pen.tensor(value_shape, dtype)), kwargs


def index_select(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 4))
    ndim = len(tensor.shape)
    d = pen.dim(ndim)
    size = tensor.shape[d] if -ndim <= d < ndim else 1
    dtype = pen.choice(("int64", "int64", "int32", "float32" if pen.invalid else "int64"))
    shape = (pen.length(range(5)),) if not pen.misbehave() else (2, 2)
    return (tensor, d, index_tensor(pen, shape, size, negative=False, dtype=dtype)), {}


def gather_shapes(pen: Pen) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    """The shape of a tensor, a dimension, and the shape of the indices along it."""
    if pen.force == ONE_EACH:
        pen.note(ONE_EACH)
        return (4, 3), -1, (4, 1)
    shape = pen.shape(0, 3)
    d = pen.dim(len(shape))
    index_shape = [pen.integer(0 if pen.chance(4) else 1, size) if size else 0 for size in shape]
    if -len(shape) <= d < len(shape) and pen.chance(2):
        index_shape[d] = pen.length(range(5))
    if pen.misbehave() and index_shape:
        index_shape[0] += 5
    return shape, d, tuple(index_shape)


def gather(pen: Pen) -> Arguments:
    shape, d, index_shape = gather_shapes(pen)
    tensor = pen.tensor(shape)
    size = shape[d] if -len(shape) <= d < len(shape) else 1
    dtype = "int64" if not pen.misbehave() else "float32"
    sparse = {} if pen.grad else pen.maybe("sparse_grad", lambda: True, 6)  # the gradient would not be strided
    return (tensor, d, index_tensor(pen, index_shape, size, negative=False, dtype=dtype)), sparse


def _scatter(pen: Pen, scalar: bool) -> Arguments:
    shape, d, index_shape = gather_shapes(pen)
    if not pen.invalid and 0 not in shape:
        index_shape = tuple([min(a, b) for a, b in zip(index_shape, shape, strict=True)])
    tensor = pen.tensor(shape)
    size = shape[d] if -len(shape) <= d < len(shape) else 1
    index = index_tensor(pen, index_shape, size, negative=False, dtype="int64")
    reduce = {} if pen.grad or not scalar else pen.maybe("reduce", lambda: pen.choice(("add", "multiply", "mean" if pen.invalid else "add")), 5)
    if scalar and pen.chance(3):
        return (tensor, d, index), {"value": pen.scalar(), **reduce}
    source = tuple([n + (1 if pen.chance(4) else 0) for n in index_shape])
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    return (tensor, d, index, pen.tensor(source, dtype)), reduce


def scatter(pen: Pen) -> Arguments:
    return _scatter(pen, True)


def scatter_add(pen: Pen) -> Arguments:
    return _scatter(pen, False)


def along_dim(pen: Pen) -> Arguments:
    """index_add, index_copy: (input, dim, index, source)."""
    shape = pen.shape(1, 3)
    tensor = pen.tensor(shape)
    d = pen.dim(len(shape))
    inside = -len(shape) <= d < len(shape)
    size = shape[d] if inside else 1
    count = pen.length(range(4)) if size else 0
    source = list(shape)
    if inside:
        source[d] = count
    if pen.misbehave():
        source[0] += 1
    index = index_tensor(pen, (count,), size, negative=False, dtype="int64")
    return (tensor, d, index, pen.tensor(tuple(source), pen.dtype if not pen.misbehave() else pen.other_dtype())), {}


def index_add(pen: Pen) -> Arguments:
    args, _ = along_dim(pen)
    return args, pen.maybe("alpha", lambda: pen.choice((2, -1, 0, 0.5, 1.5)), 4)


def source_without_slices(pen: Pen) -> Arguments:
    """A 0-d source for a number of indices that need not be one."""
    count = pen.choice((0, 2, 3, 1))
    return (pen.tensor((pen.integer(1, 4),)), 0, pen.tensor((count,), "int64", values=(0,), differentiable=False), pen.tensor(())), {}


def index_fill(pen: Pen) -> Arguments:
    shape = pen.shape(1, 3)
    d = pen.dim(len(shape))
    size = shape[d] if -len(shape) <= d < len(shape) else 1
    value = pen.scalar() if not pen.chance(3) else pen.tensor((), pen.other_dtype())
    return (pen.tensor(shape), d, index_tensor(pen, (pen.length(range(4)) if size else 0,), size, dtype="int64"), value), {}


def take(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    shape = pen.shape(0, 2) if tensor.numel else (0,)
    return (tensor, index_tensor(pen, shape, tensor.numel, dtype="int64")), {}


def take_along_dim(pen: Pen) -> Arguments:
    if pen.force == ONE_EACH:
        sizes, last, places = gather_shapes(pen)
        return (pen.tensor(sizes), index_tensor(pen, places, sizes[last], False, "int64"), last), {}
    shape = pen.shape(1, 3)
    tensor = pen.tensor(shape)
    if pen.chance(4):
        return (tensor, index_tensor(pen, (pen.length(range(5)) if tensor.numel else 0,), tensor.numel, False, "int64")), {}
    d = pen.integer(0, len(shape) - 1)
    index_shape = [1 if pen.chance(3) else size for size in shape]
    index_shape[d] = pen.length(range(4)) if shape[d] else 0
    return (tensor, index_tensor(pen, tuple(index_shape), shape[d], False, "int64")), {"dim": d if pen.chance(2) else d - len(shape)}


def masked_select(pen: Pen) -> Arguments:
    """Most elements are selected, so that special values among them are seen in the result."""
    a, b = pen.broadcastable(2)
    dtype = "bool" if not pen.misbehave() else "int64"
    return (pen.tensor(a), pen.tensor(b, dtype, values=(0, 1, 1, 1), differentiable=False)), {}


def nonzero(pen: Pen) -> Arguments:
    return (pen.tensor(mode="ties" if pen.chance(2) else None),), pen.maybe("as_tuple", lambda: True)


def argwhere(pen: Pen) -> Arguments:
    return (pen.tensor(mode="ties" if pen.chance(2) else None),), {}


def index_put_of_masks(pen: Pen) -> Arguments:
    """One number, which may not fit, for one mask; and a mask of all dimensions with an index more."""
    shape = pen.shape(2, 2)
    mask = pen.tensor(shape, "bool", values=(0, 1), differentiable=False)
    if pen.chance(2):
        return (pen.tensor(shape), (mask, pen.tensor((1,), "int64", values=(0,), differentiable=False)), pen.tensor(())), {}
    return (pen.tensor(shape), (mask,), pen.tensor((), pen.choice(("int64", "float64", "complex128")), values=(70000, 2**40, -1))), {}


def index_put_by_itself(pen: Pen) -> Arguments:
    """The tensor is its own index, or its own values."""
    if pen.chance(2):
        places = pen.tensor((pen.integer(1, 4),), "int64", values=(0,))
        return (places, (places,), pen.tensor((), "int64")), {}
    tensor = pen.tensor((pen.integer(1, 4),))
    return (tensor, (pen.tensor(tensor.shape, "int64", values=(0,), differentiable=False),), tensor), {}


define("__getitem__", FAMILY, getitem, forms="operator", differentiable=True, weight=3.0, exercises="alias slice index", classes=tuple(TEMPLATES),
    never_alone=dict.fromkeys(("slice: ", "index: len(indices)", "index: first"), "x[...] has found it before"))  # fmt: skip
define("__setitem__", FAMILY, setitem, forms="operator", differentiable=True, weight=3.0, classes=tuple(TEMPLATES))
PUTTING: dict[str, Any] = {"differentiable": True, "derivative": places_distinct, "classes": tuple(PUT)}
define("index_put", FAMILY, index_put, forms="function method inplace", violating=(index_put_of_masks,), **PUTTING)
define("index_put_", FAMILY, index_put, forms="function method", violating=(index_put_of_masks, index_put_by_itself), **PUTTING)
define("index_select", FAMILY, index_select, differentiable=True)
define("gather", FAMILY, gather, differentiable=True, classes_of_each_dtype=(ONE_EACH,))
define("scatter", FAMILY, scatter, differentiable=True, derivative=places_distinct, classes_of_each_dtype=(ONE_EACH,),
    complex_arithmetic=True)  # fmt: skip  # with reduce="multiply"
define("scatter_add", FAMILY, scatter_add, differentiable=True, classes_of_each_dtype=(ONE_EACH,),
    never_alone=dict.fromkeys(("none or from_tensor or", "fits(0 if none"), "the source is a tensor"))  # fmt: skip
define("index_add", FAMILY, index_add, violating=(source_without_slices,), differentiable=True)
define("index_copy", FAMILY, along_dim, differentiable=True, derivative=places_distinct)
define("index_fill", FAMILY, index_fill, differentiable=True)
define("take", FAMILY, take, differentiable=True)
define("take_along_dim", FAMILY, take_along_dim, differentiable=True, classes_of_each_dtype=(ONE_EACH,))
define("masked_select", FAMILY, masked_select, differentiable=True)
define("nonzero", FAMILY, nonzero)
define("argwhere", FAMILY, argwhere)
