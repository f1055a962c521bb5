"""Elements by their rank, and quantiles."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import encode
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define

FAMILY = "reductions"
_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
# Between two of three elements, of which the nearest place is the even one.
_HALFWAY = {"halfway behind an even place": 0.25, "halfway behind an odd place": 0.75}
_BOTH_HALFWAY = "halfway between places of each line"


def _elements(pen: Pen, shape: tuple[int, ...] | None = None) -> TensorSpec:
    """A tensor with equal elements, or NaN, among its own; with gradients, which tell them apart, of different ones."""
    if not pen.grad:
        return pen.tensor(shape, mode="ties" if pen.chance(2) else None)
    sizes = pen.shape() if shape is None else shape
    count = 1
    for size in sizes:
        count *= size
    return pen.tensor(sizes, layout=pen.choice(("contiguous", "permuted")), rotation=max(count, 1))


def _keepdim(pen: Pen) -> dict[str, Any]:
    return pen.maybe("keepdim", lambda: True)


def median(pen: Pen) -> Arguments:
    """All elements, or one dimension: with gradients then of different elements, since any place of equal ones may be returned."""
    if pen.form != "out" and pen.chance(2):
        return (pen.tensor(mode="ties" if pen.chance(2) else None),), {}
    tensor = _elements(pen)
    dim = pen.dim(len(tensor.shape))
    return ((tensor,), {"dim": dim} | _keepdim(pen)) if pen.chance(3) else ((tensor, dim), _keepdim(pen))


def kthvalue(pen: Pen) -> Arguments:
    tensor = _elements(pen)
    ndim = len(tensor.shape)
    kwargs = pen.maybe("dim", lambda: pen.dim(ndim))
    d = kwargs.get("dim", -1)
    size = tensor.shape[d] if tensor.shape and -ndim <= d < ndim else 1
    return (tensor, pen.integer(min(1, size), size) if not pen.misbehave(2) else pen.choice((size + 1, -1))), kwargs | _keepdim(pen)


def mode(pen: Pen) -> Arguments:
    tensor = _elements(pen)
    return (tensor,), pen.maybe("dim", lambda: pen.dim(len(tensor.shape))) | _keepdim(pen)


def _halfway(pen: Pen) -> Arguments:
    """The nearest element to a place in the middle between two: of all elements, or of each line for several fractions."""
    pen.note(str(pen.force))
    if pen.force in _HALFWAY:
        return (pen.tensor((3,), layout="contiguous", rotation=3), _HALFWAY[str(pen.force)]), {"interpolation": "nearest"}
    tensor = pen.tensor((2, 3), layout=pen.choice(("contiguous", "permuted")), rotation=3)
    fractions = pen.tensor((2,), layout="contiguous", values=(0.25, 0.75), differentiable=False)
    pen.buffers[fractions.buffer] = encode([0.25, 0.75], pen.dtype)
    return (tensor, fractions, -1), {"interpolation": "nearest"}


def quantile(pen: Pen) -> Arguments:
    if pen.force in (*_HALFWAY, _BOTH_HALFWAY):
        return _halfway(pen)
    tensor = _elements(pen)
    fractions = (0.5, 0.0, 1.0, 0.25, 0.1, 2 / 3, 0.9, 0.75, 1 / 3)
    kind = pen.integer(0, 2)
    if kind == 0:
        q: Any = pen.choice(fractions if not pen.misbehave(2) else (1.5, -0.25, float("nan")))
    else:
        shape: tuple[int, ...] = (pen.length((2, 1, 3, 0)),) if kind == 2 else ()
        if pen.misbehave(3):
            shape = (1, 2)
        values = fractions if not pen.misbehave(3) else (0.5, 1.5, -1.0)
        q = pen.tensor(shape, pen.dtype if not pen.misbehave(3) else pen.other_dtype(), values=values, differentiable=not tensor.requires_grad)
    kwargs = pen.maybe("dim", lambda: pen.dim(len(tensor.shape))) | _keepdim(pen)
    return (tensor, q), kwargs | pen.maybe("interpolation", lambda: pen.choice(_INTERPOLATIONS) if not pen.misbehave() else "quadratic")


def _with_places(case: Case) -> bool:
    """Along a dimension: all elements have a median, and no place of it is given."""
    return len(case.args) > 1 or "dim" in case.kwargs


RANKED: dict[str, Any] = {"differentiable": True, "critical": ""}
define("median nanmedian", FAMILY, median, dtypes=REAL, exercises="_median_all _median_dim", open_indices=_with_places, **RANKED)
define("kthvalue", FAMILY, kthvalue, dtypes=REAL, open_indices=lambda case: True, **RANKED)
define("mode", FAMILY, mode, dtypes=(*REAL, "bool"), open_indices=lambda case: True, **RANKED)
define("quantile nanquantile", FAMILY, quantile, dtypes="float32 float64", contract=conditioned(4),
    critical_given={"interpolation": _INTERPOLATIONS}, classes_of_each_dtype=(*_HALFWAY, _BOTH_HALFWAY), **RANKED)  # fmt: skip
