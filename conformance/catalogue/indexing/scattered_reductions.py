"""Elements that are combined with, or put at, the places that indices name."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import COMPLEX
from ...drawing.pen import Pen
from ..derivatives import places_distinct
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define
from .subscripts_and_gathers import ONE_EACH, along_dim, gather_shapes, index_tensor, source_without_slices

FAMILY = "indexing"
_NUMBERS = tuple([dtype for dtype in REAL if dtype != "bool"])


def _of_different(pen: Pen, shape: tuple[int, ...], dtype: str) -> Any:
    """A tensor; with gradients without equal elements, of which some are extremes of a group, some are not, and none is 0."""
    if not pen.grad:
        return pen.tensor(shape, dtype, mode="ties" if pen.chance(3) else None)
    values = (0.75, -1.5, 1.25, 3.0, -0.625, 2.0, 0.5, -2.5, 1.75, -1.0, 4.0, 0.875)
    return pen.tensor(shape, dtype, values=values)


def scatter_reduce(pen: Pen) -> Arguments:
    shape, d, index_shape = gather_shapes(pen)
    if not pen.invalid and 0 not in shape:
        index_shape = tuple([min(a, b) for a, b in zip(index_shape, shape, strict=True)])
    kind = "float64" if pen.grad and pen.dtype in COMPLEX else pen.dtype  # torch does not differentiate complex ones
    tensor = _of_different(pen, shape, kind)
    size = shape[d] if -len(shape) <= d < len(shape) else 1
    index = index_tensor(pen, index_shape, size, negative=False, dtype="int64" if pen.grad or not pen.chance(5) else "int32")
    source = index_shape if pen.grad else tuple([n + (1 if pen.chance(4) else 0) for n in index_shape])
    src = _of_different(pen, source, kind if not pen.misbehave() else pen.other_dtype())
    reduce = pen.choice(("sum", "prod", "mean", "amax", "amin")) if not pen.misbehave() else "add"
    args = (tensor, d, index, src)
    kwargs = pen.maybe("include_self", lambda: not pen.chance(2))
    return (args, {"reduce": reduce, **kwargs}) if pen.chance(4) else ((*args, reduce), kwargs)


def index_reduce(pen: Pen) -> Arguments:
    args, _ = along_dim(pen)
    if pen.grad:
        args = (_of_different(pen, args[0].shape, pen.dtype), *args[1:3], _of_different(pen, args[3].shape, pen.dtype))
    reduce = pen.choice(("prod", "mean", "amax", "amin")) if not pen.misbehave() else "sum"
    kwargs = pen.maybe("include_self", lambda: not pen.chance(2))
    return (args, {"reduce": reduce, **kwargs}) if pen.chance(4) else ((*args, reduce), kwargs)


def index_reduce_without_slices(pen: Pen) -> Arguments:
    args, _ = source_without_slices(pen)
    return (*args, "prod"), {}


def put(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    shape = pen.shape(0, 2, 12) if tensor.numel else (0,)
    index = index_tensor(pen, shape, tensor.numel, dtype="int64" if not pen.misbehave(4) else "int32")
    count = index.numel + pen.misbehave(3)
    sizes = shape if pen.chance(2) and count == index.numel else (count,)
    source = pen.tensor(sizes, pen.dtype if not pen.misbehave(3) else pen.other_dtype())
    kwargs = pen.maybe("accumulate", lambda: not pen.chance(3))
    return ((tensor, index, source, kwargs["accumulate"]), {}) if kwargs and pen.chance(2) else ((tensor, index, source), kwargs)


def masked_scatter(pen: Pen) -> Arguments:
    """A source with as many elements as are needed, or more; with fewer when invalid."""
    a, b = pen.broadcastable(2)
    if len(b) > len(a) and pen.form == "inplace":
        a, b = b, a
    mask = pen.tensor(b, "bool" if not pen.misbehave(4) else "int32", values=(0, 1), differentiable=False)
    rank = max(len(a), len(b))
    common = [max(x, y) if x and y else 0 for x, y in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)]
    source = tuple(common) if not pen.misbehave() else (1,)
    if pen.chance(3) and source:
        source = (source[0] + 1, *source[1:])
    return (pen.tensor(a), mask, pen.tensor(source, pen.dtype if not pen.misbehave(4) else pen.other_dtype())), {}


def nonzero_static(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode="ties" if pen.chance(2) else None)
    size = pen.length((2, 0, 5, 30, 1), most=2000) if not pen.misbehave(2) else -1
    return (tensor,), {"size": size, **pen.maybe("fill_value", lambda: pen.choice((7, 0, -1)))}


def unravel_index(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 3), mode="ordinary")
    if pen.chance(3):
        return (tensor, pen.integer(-1 if pen.misbehave() else 1, 9)), {}
    sizes: tuple[Any, ...] = tuple([pen.integer(1, 5) for _ in range(pen.integer(0, 3))])
    if pen.misbehave(2):
        sizes = (*sizes, pen.choice((-1, 0, 1.5)))
    shape = list(sizes) if pen.chance(3) else sizes
    return ((tensor,), {"shape": shape}) if pen.chance(4) else ((tensor, shape), {})


REDUCING: dict[str, Any] = {"differentiable": True, "contract": accumulated(2), "multiplies": True}
define("scatter_reduce", FAMILY, scatter_reduce, exercises="_differentiable_once", complex_arithmetic=True, classes_of_each_dtype=(ONE_EACH,),
    never_alone=dict.fromkeys(("none or from_tensor or", "fits(0 if none"), "the source is a tensor"), **REDUCING)  # fmt: skip
define("index_reduce", FAMILY, index_reduce, dtypes=_NUMBERS, violating=(index_reduce_without_slices,), **REDUCING)
define("put", FAMILY, put, differentiable=True, derivative=places_distinct, contract=accumulated(1))
define("masked_scatter", FAMILY, masked_scatter, differentiable=True)
define("nonzero_static", FAMILY, nonzero_static)
define("unravel_index", FAMILY, unravel_index, dtypes="int64 int32 uint8 int8 int16")
