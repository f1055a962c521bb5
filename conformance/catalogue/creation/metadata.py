"""What a tensor says of itself, and what is said of shapes: nothing is computed, and the answers are no tensors."""

from __future__ import annotations

from typing import Any

from ...cases.case import Constant, DType
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "metadata"


def of_tensor(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def of_two(pen: Pen) -> Arguments:
    """Two tensors of one shape, or of two, of one dtype or of two; the second may be the first, or another view of its memory."""
    first = pen.tensor()
    kind = pen.integer(0, 3)
    if kind == 0:
        return (first, first), {}
    shape = first.shape if kind < 3 else pen.shape(0, 3)
    return (first, pen.tensor(shape, pen.dtype if pen.chance(2) else pen.other_dtype(), differentiable=False)), {}


def anything(pen: Pen) -> Arguments:
    return ((pen.tensor(),) if pen.chance(2) else (pen.choice((1, 2.5, "text", None, True)),)), {}


def shapes(pen: Pen) -> Arguments:
    first, second = pen.broadcastable(2) if not pen.chance(4) else (pen.shape(0, 3), pen.shape(0, 3))
    number = pen.integer(0, 3)
    return (first, second, *[(number,)] * pen.integer(0, 1)), {}


def requiring(pen: Pen) -> Arguments:
    tensor = pen.tensor(differentiable=False)
    return ((tensor,), pen.maybe("requires_grad", lambda: pen.chance(2), 2)) if pen.chance(2) else ((tensor, pen.chance(2)), {})


def order(pen: Pen) -> Arguments:
    """The order of the dimensions, certain or not."""
    formats = [Constant("contiguous_format"), Constant("channels_last")]
    checks: tuple[Any, ...] = (True, False, formats[:1], formats, [], *([3, "all"] if pen.misbehave(2) else []))
    return (pen.tensor(pen.shape(0, 4)),), pen.maybe("ambiguity_check", lambda: pen.choice(checks))


def dense(pen: Pen) -> Arguments:
    dtype = pen.maybe("dtype", lambda: DType(pen.dtype) if pen.grad else pen.dtype_argument())
    return ((pen.tensor(), *dtype.values()), {}) if pen.chance(2) else ((pen.tensor(),), dtype | pen.maybe("masked_grad", lambda: pen.chance(2), 3))


_LIGHT = {"weight": 0.3}
define("shape", FAMILY, of_tensor, forms="attribute", **_LIGHT)
define("ndim dtype layout itemsize nbytes", FAMILY, of_tensor, forms="attribute", **_LIGHT)
define("is_leaf requires_grad retains_grad output_nr grad grad_fn name", FAMILY, of_tensor, forms="attribute", **_LIGHT)
define("is_distributed", FAMILY, of_tensor, forms="function method", **_LIGHT)
define("dim_order", FAMILY, order, forms="method", **_LIGHT)
define("to_dense", FAMILY, dense, forms="method", differentiable=True)
define("is_sparse is_sparse_csr is_quantized is_nested is_mkldnn", FAMILY, of_tensor, forms="attribute", **_LIGHT)
define("data", FAMILY, of_tensor, forms="attribute", **_LIGHT)
define("nelement ndimension is_shared", FAMILY, of_tensor, forms="method", **_LIGHT)
define("is_conj is_neg is_inference", FAMILY, of_tensor, forms="function method", **_LIGHT)
define("is_same_size", FAMILY, of_two, forms="function method", **_LIGHT)
define("is_set_to", FAMILY, of_two, forms="method", **_LIGHT)
define("is_tensor is_storage", FAMILY, anything, forms="function", draws_tensors=False)
define("broadcast_shapes", FAMILY, shapes, forms="function", draws_tensors=False)
define("requires_grad_", FAMILY, requiring, forms="method")
