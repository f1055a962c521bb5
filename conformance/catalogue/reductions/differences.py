"""Differences, areas, covariances."""

from __future__ import annotations

from math import prod
from typing import Any

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import encode
from ...cases.case import COMPLEX, EVERY_INTEGER, FLOATS, TensorSpec
from ...drawing.pen import Pen
from ...drawing.values import INTEGER_LIMITS
from ..rows import Arguments, define
from .sums_and_extremes import sum_of_mean

FAMILY = "reductions"
_NUMBERS = ("float32", "int64", "complex64", "float64", "float16", "bfloat16", "uint8", "int32", "int8", "int16", "complex128")


def diff(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.misbehave(3) else 1, 4))
    ndim = len(tensor.shape)
    kwargs = pen.maybe("n", lambda: pen.choice((2, 0, 1, 3, 9)) if not pen.misbehave() else -1, 3)
    kwargs |= pen.maybe("dim", lambda: pen.dim(ndim))
    d = kwargs.get("dim", -1)
    for name in ("prepend", "append"):
        if pen.chance(4) and -ndim <= d < ndim:
            shape = list(tensor.shape)
            shape[d] = pen.length((1, 2, 0))
            if pen.misbehave(2):
                shape = [*shape, 1] if pen.chance(2) else [size + 1 for size in shape]
            kwargs[name] = pen.tensor(tuple(shape), pen.other_dtype())
    return ((tensor, *kwargs.values()), {}) if list(kwargs) == ["n", "dim", "prepend", "append"] else ((tensor,), kwargs)


_KNOWN = 200  # elements: of more the condition is not known
_QUARTERS = tuple([number / 4 for number in range(-7, 10)])


def _moderate(pen: Pen, shape: tuple[int, ...], dtype: str, layout: str | None = None) -> TensorSpec:
    """Integers whose sums do not overflow."""
    return pen.tensor(shape, dtype, values=tuple(range(13)) if dtype in EVERY_INTEGER else None, mode="ordinary", layout=layout)


def _summed(pen: Pen, shape: tuple[int, ...], dtype: str) -> TensorSpec:
    """Of many numbers such whose sums are exact."""
    many = prod(shape) > _KNOWN and (dtype in FLOATS or dtype in COMPLEX)
    return pen.tensor(shape, dtype, values=_QUARTERS) if many else _moderate(pen, shape, dtype)


def area(pen: Pen) -> Arguments:
    shape = pen.shape(0 if pen.misbehave(3) else 1, 3, most=1100)
    integers = ("int64", "int32", "uint8", "int8", "int16")
    y = _summed(pen, shape, pen.choice(integers) if not pen.grad and pen.chance(5) else pen.dtype)
    kwargs = pen.maybe("dim", lambda: pen.dim(len(shape)))
    d = kwargs.get("dim", -1)
    size = shape[d] if -len(shape) <= d < len(shape) else 1
    if pen.chance(2):
        sizes = (size + pen.misbehave(3),) if pen.chance(2) else shape
        x = _summed(pen, sizes, pen.other_dtype() if not pen.misbehave(4) else "bool")
        return ((y,), {"x": x, **kwargs}) if pen.chance(4) else ((y, x), kwargs)
    kwargs |= pen.maybe("dx", lambda: pen.choice((2.0, 0.5, 3, -1.0)) if not pen.misbehave(3) else 1j)
    return ((), {"y": y, **kwargs}) if pen.chance(6) else ((y,), kwargs)


def cov(pen: Pen) -> Arguments:
    shape = pen.shape(0, 2, 30) if not pen.misbehave(4) else (2, 2, 2)
    tensor = _moderate(pen, shape, pen.dtype, pen.choice(("contiguous", "permuted", "sliced")))
    count = shape[1] if len(shape) == 2 else tensor.numel
    kwargs = pen.maybe("correction", lambda: pen.choice((0, 1, 2)), 3)
    for name, dtype, other, values in (("fweights", "int64", "float32", (1, 2, 3)), ("aweights", "float64", "int64", (1.0, 0.5, 2.0, 0.25))):
        if pen.chance(3):
            sizes: tuple[int, ...] = (count,) if not pen.misbehave(4) else pen.choice(((count + 1,), (count, 1)))
            some = values if not pen.misbehave(4) else pen.choice(((-1,), (0,)))
            kwargs[name] = pen.tensor(sizes, dtype if not pen.misbehave(4) else other, values=some, differentiable=False)
    return (tensor,), kwargs


def corrcoef(pen: Pen) -> Arguments:
    """No rows of one number again and again, which have no direction."""
    shape = pen.shape(0, 2, 30) if not pen.misbehave(4) else (2, 2, 2)
    return (_moderate(pen, shape, pen.dtype, pen.choice(("contiguous", "permuted", "sliced"))),), {}


def gradient(pen: Pen) -> Arguments:
    """Distances between points, the same everywhere or for each dimension, or their places."""
    shape = pen.shape(0 if pen.force == "0-d" or pen.chance(9) else 1, 3, most=1100)
    tensor = _moderate(pen, shape, pen.dtype if not pen.misbehave(4) else pen.choice(("uint8", "bool")))
    ndim = len(tensor.shape)
    order = pen.choice((1, 2)) if not pen.misbehave(4) else pen.choice((0, 3))
    usable = [d for d in range(ndim) if tensor.shape[d] > order or pen.misbehave(4)]
    kwargs: dict[str, Any] = {"edge_order": order} if order != 1 or pen.chance(2) else {}
    dims: Any = usable if len(usable) < ndim or pen.chance(2) else None
    if dims is not None:
        dims = [d - ndim if pen.chance(3) else d for d in dims]
        if pen.misbehave(4) and dims:
            dims = [*dims, pen.choice((dims[0], ndim))]
        kwargs["dim"] = pen.dim(ndim) if pen.misbehave(4) else dims[0] if len(dims) == 1 and pen.chance(2) else tuple(dims)
    if not ndim and pen.misbehave(2):
        return (tensor,), {"dim": pen.choice((0, -1))}
    count = ndim if dims is None else len(dims)
    kind = pen.integer(0, 3)
    if kind == 1:
        kwargs["spacing"] = pen.choice((2, 0.5, -1.5, 3.0, *([1j] if not pen.grad else [])))
    elif kind == 2:
        kwargs["spacing"] = tuple([pen.choice((2.0, 0.5, -1.5)) for _ in range(count + pen.misbehave(4))])
    elif kind == 3 and count and prod(shape) <= _KNOWN:  # of more, the places are no numbers of 16 bits
        sizes = [tensor.shape[d] if -ndim <= d < ndim else 3 for d in (range(ndim) if dims is None else dims)]
        kwargs["spacing"] = tuple([_places(pen, size) for size in (*sizes, *[3] * pen.misbehave(5))])
    return (tensor,), kwargs


def _places(pen: Pen, size: int) -> TensorSpec:
    """Places in ascending order, or in descending one; three for any number of points."""
    if pen.chance(8):
        size = 3
    if pen.misbehave(3):
        size = pen.choice((size + 1, 0, 1, 2, 5))
    dtype = pen.other_dtype() if not pen.grad and pen.chance(3) else pen.dtype
    holds = dtype in FLOATS or dtype in COMPLEX or pen.chance(2) and 3 * size <= INTEGER_LIMITS.get(dtype, (0, 0))[1]  # all of the places
    spec = pen.tensor((size,) if not pen.misbehave(5) else (1, size), dtype if holds else "int64", values=(1.0,), layout="contiguous")
    step, at, numbers = pen.choice((1, -1)) if spec.dtype != "uint8" else 1, 0, []
    for _ in range(spec.numel):
        numbers.append(at * step)
        at += pen.choice((1, 2, 3))
    pen.buffers[spec.buffer] = encode(numbers, spec.dtype)
    return spec


define("gradient", FAMILY, gradient, forms="function", dtypes=tuple(d for d in _NUMBERS if d != "uint8"), differentiable=True,
contract=conditioned(8))
define("diff", FAMILY, diff, differentiable=True, complex_arithmetic=True)
AREAS: dict[str, Any] = {
    "dtypes": (*[dtype for dtype in _NUMBERS if dtype not in EVERY_INTEGER], "bool"), "forms": "function", "differentiable": True,
    "contract": conditioned(8),
}  # fmt: skip
define("trapezoid", FAMILY, area, exercises="_times _divided", **AREAS)
define("trapz cumulative_trapezoid", FAMILY, area, **AREAS)
define("cov", FAMILY, cov, dtypes=AREAS["dtypes"], differentiable=True, contract=conditioned(8), partial=sum_of_mean)
define("corrcoef", FAMILY, corrcoef, dtypes=AREAS["dtypes"], differentiable=True, contract=conditioned(8))
