"""Conversion: dtypes, Python numbers, printing, the promotion functions, and what fills a tensor."""

from __future__ import annotations

from typing import Any

from ...cases.case import ITEMSIZE, Constant, Device, DType
from ...drawing.critical_points import CRITICAL
from ...drawing.pen import ALL, Pen
from ..rows import Arguments, define
from ..views.shapes_and_slices import overflows

FAMILY = "conversion"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def rows(pen: Pen) -> Arguments:
    return (pen.tensor(pen.shape(most=1100)),), {}


def formatted(pen: Pen) -> Arguments:
    formats = ("contiguous_format", "preserve_format", "channels_last" if pen.invalid else "contiguous_format")
    return (pen.tensor(),), pen.maybe("memory_format", lambda: Constant(pen.choice(formats)), 2)


def one_element(pen: Pen) -> Arguments:
    shape = (1,) * pen.integer(0, 3) if not pen.invalid else pen.shape(0, 2)
    return (pen.tensor(shape),), {}


def to(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    if pen.force is not None and pen.force.startswith(CRITICAL):
        return (tensor,), {}
    kind = pen.integer(0, 4)
    if kind == 0:
        return (tensor, pen.dtype_argument()), {}
    if kind == 1:
        like = pen.tensor(pen.shape(0, 1), pen.other_dtype(), differentiable=False)
        return ((tensor,), {"tensor": like}) if pen.chance(3) else ((tensor, like), {})
    if kind == 2:
        kwargs = {"dtype": pen.dtype_argument(), **pen.maybe("copy", lambda: True), **pen.maybe("non_blocking", lambda: True, 4)}
        kwargs |= pen.maybe("memory_format", lambda: Constant(pen.choice(("preserve_format", "contiguous_format"))), 4)
        return (tensor,), kwargs | pen.maybe("device", Device, 4)
    if kind == 3:
        return (tensor, pen.dtype_argument(), False, True), {}
    return (tensor, Device() if not pen.misbehave(2) else pen.choice(("nowhere", "cpu:x", "cuda"))), {}


def type_as(pen: Pen) -> Arguments:
    return (pen.tensor(), pen.tensor(pen.shape(0, 1), pen.other_dtype(), differentiable=False)), {}


def type_(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    return ((tensor, pen.dtype_argument()), pen.maybe("non_blocking", lambda: True, 4)) if pen.chance(2) else ((tensor,), {})


def fill(pen: Pen) -> Arguments:
    return (pen.tensor(), pen.scalar() if not pen.chance(3) else pen.tensor((), pen.other_dtype())), {}


def resize(pen: Pen) -> Arguments:
    """Sizes that fit into the storage (more would hold unspecified elements)."""
    tensor = pen.tensor(pen.shape(1, 3), layout="contiguous")
    return (tensor, (pen.integer(0, max(tensor.numel, 0)),)), _contiguous_format(pen)


def _contiguous_format(pen: Pen) -> dict[str, Any]:
    return pen.maybe("memory_format", lambda: Constant("contiguous_format"), 4)


def resize_as(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 3), layout="contiguous")
    return (tensor, pen.tensor((pen.integer(0, max(tensor.numel, 0)),), layout="contiguous")), _contiguous_format(pen)


def set_to(pen: Pen) -> Arguments:
    if pen.chance(8):
        return (pen.tensor(),), {}
    empty = pen.force == "empty"
    source = pen.tensor(pen.shape(2, 3) if empty else None, dtype=pen.dtype)  # whose sizes are more than that there is nothing
    if empty or pen.chance(2):
        return (pen.tensor(), source), {}
    cells = len(pen.buffers[source.buffer]) // ITEMSIZE[source.dtype]
    size = (pen.integer(0, 2), pen.integer(0, 2)) if cells >= 6 else ()
    stride = (pen.integer(1, 2), pen.integer(0, 2))[: len(size)]
    offset = 1 if cells >= 6 else 0
    return (pen.tensor(), source, offset if cells else 0, size if cells else (0,), stride if cells else (1,)), {}


def operands(pen: Pen) -> Arguments:
    """For result_type: tensors with dimensions, 0-d tensors, Python numbers."""

    def operand() -> Any:
        kind = pen.integer(0, 3)
        if kind == 0:
            return pen.tensor(pen.shape(1, 2), pen.other_dtype())
        return pen.tensor((), pen.other_dtype()) if kind == 1 else pen.scalar()

    return (pen.tensor() if pen.chance(2) else operand(), operand()), {}


def dtype_pair(pen: Pen) -> Arguments:
    return (DType(pen.dtype), pen.dtype_argument()), {}


def sized(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    return ((tensor,), {}) if pen.chance(2) else ((tensor, pen.dim(len(tensor.shape))), {})


def contained(pen: Pen) -> Arguments:
    return (pen.tensor(mode="ties"), pen.scalar()), {}


_SHORT_NAMES = "half bfloat16 float double cfloat cdouble"
CASTS = "halfway odd limits"
define("to", FAMILY, to, forms="method", differentiable=True, critical=CASTS,
       critical_given={"dtype": tuple([DType(name) for name in ("float16", "bfloat16", "float32", "float64", "int64", "int8", "complex64")])})
define("type_as", FAMILY, type_as, forms="method", differentiable=True, critical=CASTS)
define("type", FAMILY, type_, forms="method", differentiable=True, critical=CASTS)
define(_SHORT_NAMES, FAMILY, formatted, forms="method", differentiable=True, weight=0.5, critical=CASTS)
define("chalf", FAMILY, formatted, forms="method", differentiable=True, weight=0.5, critical=CASTS)
define("bool byte char short int long", FAMILY, formatted, forms="method", weight=0.5, critical=CASTS)
define("cpu", FAMILY, formatted, forms="method", differentiable=True)
define("fill_", FAMILY, fill, forms="function method", differentiable=True)
define("fill", FAMILY, fill, forms="function", differentiable=True)
define("zero_", FAMILY, unary, forms="function method", differentiable=True)
define("resize_", FAMILY, resize, forms="method", layout_independent=False, values=False)
define("resize_as_", FAMILY, resize_as, forms="function method", layout_independent=False, values=False)
define("cuda", FAMILY, formatted, forms="method", weight=0.3)
define("set_", FAMILY, set_to, fatal=overflows, forms="method", layout_independent=False, never_alone={
    "for s in sizes": "torch accepts some negative sizes, and the tensor cannot be read afterwards",
    "for s in strides": "torch accepts negative strides, and reads beyond the storage"})  # fmt: skip
define("detach_", FAMILY, unary, forms="method")
define("item", FAMILY, one_element, forms="method")
define("tolist", FAMILY, unary, forms="method", critical="")
define("result_type", FAMILY, operands, forms="function")
define("can_cast promote_types", FAMILY, dtype_pair, forms="function", draws_tensors=False)
define("size stride", FAMILY, sized, forms="method", layout_independent=False)
define("dim element_size storage_offset is_contiguous", FAMILY, unary, forms="method", weight=0.3)
define("numel is_complex is_floating_point is_signed", FAMILY, unary, forms="function method", weight=0.3)
define("is_nonzero", FAMILY, one_element, forms="function method")
define("__bool__ __int__ __float__ __complex__ __index__", FAMILY, one_element, forms="operator", weight=0.5)
define("__len__ __iter__ __reversed__", FAMILY, rows, forms="operator", weight=0.5)
define("__contains__", FAMILY, contained, forms="operator", weight=0.5)
define("__repr__", "printing", unary, forms="operator", dtypes=ALL, weight=4.0)
