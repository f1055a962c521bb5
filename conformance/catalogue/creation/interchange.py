"""Interchange: memory shared with NumPy and by DLPack, in both directions; copies by Python's own means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...backends.base import HOST_MEMORY, NUMPY
from ...cases.case import ITEMSIZE, ArraySpec, DType, TensorSpec
from ...drawing.pen import ALL, Pen
from ..derivatives import nowhere
from ..rows import Arguments, define
from .foreign_arrays import foreign

FAMILY = "interchange"
_IN_NUMPY = tuple(dtype for dtype in ALL if dtype != "bfloat16")
_DLPACK = ("dlpack", "versioned dlpack", "capsule", "numpy")


def leaf(pen: Pen) -> TensorSpec:
    """A tensor; where calls are to be refused, one that requires grad, which cannot be shared."""
    tensor = pen.tensor(differentiable=False)
    floating = tensor.dtype.startswith(("float", "bfloat", "complex"))
    return replace(tensor, requires_grad=True) if floating and pen.misbehave(2) else tensor


def to_numpy(pen: Pen) -> Arguments:
    return (leaf(pen),), pen.maybe("force", lambda: pen.choice((True, False)), 3)


def to_array(pen: Pen) -> Arguments:
    return (leaf(pen),), pen.maybe("dtype", lambda: pen.choice(("float64", "int32", "complex128", "float16")), 2)


def to_capsule(pen: Pen) -> Arguments:
    versions = pen.maybe("max_version", lambda: pen.choice(((1, 0), (0, 8), (1, 1))), 2)
    return (leaf(pen),), versions | pen.maybe("copy", lambda: pen.choice((True, False, None)), 3)


def to_old_capsule(pen: Pen) -> Arguments:
    return (leaf(pen),), {}


def from_numpy(pen: Pen) -> Arguments:
    return (foreign(pen, "numpy") if not pen.misbehave(6) else pen.choice((1, None, [1.0])),), {}


def wrapped(pen: Pen) -> Arguments:
    return (pen.tensor(differentiable=False), foreign(pen, "numpy")), {}


def from_dlpack(pen: Pen) -> Arguments:
    kind = pen.choice(_DLPACK if pen.dtype != "bfloat16" else _DLPACK[:-1])
    return (foreign(pen, kind),), pen.maybe("copy", lambda: pen.choice((True, False, None)), 4) if kind == "versioned dlpack" else {}


def from_buffer(pen: Pen) -> Arguments:
    """All elements of a buffer, or some: from an offset on, at most so many."""
    cells = pen.integer(1, 8)
    spec = pen.tensor((cells,), layout="contiguous")
    size = ITEMSIZE[spec.dtype]
    kwargs: dict[str, Any] = {"dtype": DType(spec.dtype)}
    skipped = pen.integer(0, cells - 1) if pen.chance(2) else 0
    if skipped:
        kwargs["offset"] = skipped * size
    if pen.chance(2):
        kwargs["count"] = pen.integer(1, cells - skipped) if not pen.misbehave(2) else pen.choice((0, cells + 1, -2))
    if pen.misbehave(3):
        kwargs["offset"] = pen.choice((-1, cells * size, 1000))
    return (ArraySpec("buffer", spec.buffer, spec.dtype, spec.shape, (size,)),), kwargs


def copies(pen: Pen) -> Arguments:
    """One tensor, or two: another view of the same storage; now and then the first has a gradient."""
    first = pen.tensor()
    size = ITEMSIZE[first.dtype]
    cells = len(pen.buffers[first.buffer]) // size
    tensors = [first]
    if pen.chance(2) and cells:
        start = pen.integer(0, min(cells - 1, 2))
        tensors.append(TensorSpec(first.buffer, first.dtype, (cells - start,), (1,), start))
    floating = first.dtype.startswith(("float", "bfloat", "complex"))
    if floating and pen.chance(3):
        return tuple(tensors), {"grad": pen.tensor(first.shape, first.dtype, differentiable=False)}
    return tuple(tensors), {}


_SHARED = {"layout_independent": False, "critical": ""}
_HOST, _WITH_NUMPY = (HOST_MEMORY,), (HOST_MEMORY, NUMPY)
define("numpy", FAMILY, to_numpy, forms="method", needs=_WITH_NUMPY, **_SHARED)
define("__array__", FAMILY, to_array, forms="method", needs=_WITH_NUMPY, **_SHARED)
define("__array_priority__", FAMILY, to_old_capsule, forms="attribute", weight=0.3, **_SHARED)
define("__array_wrap__", FAMILY, wrapped, forms="method", dtypes=_IN_NUMPY, needs=_WITH_NUMPY, **_SHARED)
define("from_numpy", FAMILY, from_numpy, forms="function", dtypes=_IN_NUMPY, needs=_WITH_NUMPY, draws_tensors=False, **_SHARED)
define("__dlpack__", FAMILY, to_capsule, forms="method", needs=_HOST, **_SHARED)
define("__dlpack_device__", FAMILY, to_old_capsule, forms="method", needs=_HOST, weight=0.3, **_SHARED)
define("to_dlpack", FAMILY, to_old_capsule, forms="function", needs=_HOST, **_SHARED)
define("from_dlpack", FAMILY, from_dlpack, forms="function", needs=_WITH_NUMPY, draws_tensors=False, **_SHARED)
define("frombuffer", FAMILY, from_buffer, forms="function", needs=_HOST, draws_tensors=False, **_SHARED)
define("__copy__ __deepcopy__ __reduce_ex__", FAMILY, copies, forms="operator", differentiable=True, derivative=nowhere, **_SHARED)
