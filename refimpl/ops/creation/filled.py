"""Creation: tensors of constants, in the shape of another tensor or of its dtype.

Every function here takes ``dtype``, ``device`` and ``requires_grad``, as torch's do, and makes contiguous tensors unless its text says otherwise.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ...foundation.devices import kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype, of_python
from ...foundation.kernels import Kernels, View
from ...foundation.layout import contiguous_strides, preserved_strides, storage_extent
from ...foundation.promotion import number_dtype
from ...operations.operation import OperandError
from ...operations.registry import op
from ...tensor import Tensor, allocate, contiguous_format, format_strides, preserve_format, wrap  # fmt: skip
from ...tensor import layout as layout_class
from ..shared.operands import format_argument, integer, sizes
from .conversion import filling

# -- arguments that many functions have -------------------------------------------------------------

def options(dtype: Any, layout: Any = None, requires_grad: Any = False, pin_memory: Any = False, strict: bool = False) -> dtype_class | None:
    """Check the options of a creation function; the dtype, for which Python's ``bool``, ``int``, ``float`` and ``complex`` may stand, too.

    ``strict``: the flags may not be None, in the functions that torch has written by hand.
    """
    if dtype is not None and dtype.__class__ is not dtype_class:
        if not isinstance(dtype, type) or dtype not in of_python:
            raise TypeError(f"argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
        dtype = of_python[dtype]
    if layout is not None and not isinstance(layout, layout_class):
        raise TypeError(f"argument 'layout' must be torch.layout, not {type(layout).__name__}")
    for name, value in (("requires_grad", requires_grad), ("pin_memory", pin_memory)):
        if value is not False and value is not True and (strict or value is not None):
            raise TypeError(f"argument '{name}' must be bool, not {type(value).__name__}")
    if pin_memory:
        raise RuntimeError("pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system.")
    return dtype  # type: ignore[no-any-return]


def shape_of(size: Sequence[Any], function: str) -> tuple[int, ...]:
    """A shape from varargs or one sequence; RuntimeError for negative sizes."""
    if not size:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    if len(size) == 1 and isinstance(size[0], (bool, range)):
        raise TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, not {type(size[0]).__name__}")
    shape = _shape(size, function)
    if any(s < 0 for s in shape):
        if function == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        bad = next(s for s in shape if s < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {list(shape)}")
    return shape


def _shape(size: Sequence[Any], function: str) -> tuple[int, ...]:
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    if any(isinstance(s, bool) for s in size[1:]):  # taken for 0 and 1, except as the first
        size = (size[0], *(int(s) if isinstance(s, bool) else s for s in size[1:]))
    return sizes((tuple(size),), function)


def number(value: Any) -> Any:
    """A Number argument as a Python number: also a 0-d tensor that requires no gradient, or a scalar of NumPy's."""
    kind = value.__class__
    if kind is float or kind is bool or kind is complex:
        return value
    if isinstance(value, int):
        if value >= 1 << 64:
            raise OverflowError("int too big to convert")
        if value < -(1 << 63):
            raise OverflowError("can't convert negative int to unsigned")
        return value
    if isinstance(value, Tensor):
        if value.dim() or value.requires_grad:
            raise OperandError(value, "Number")
        return value.item()
    if kind.__module__ == "numpy" and getattr(value, "ndim", 1) == 0 and value.dtype.kind in "biufc":
        return float(value) if value.dtype.kind == "b" else value.item()
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return complex(value)
    raise OperandError(value, "Number")


def finish(tensor: Tensor, requires_grad: bool) -> Tensor:
    """Give a fresh tensor its ``requires_grad``."""
    if requires_grad:
        if tensor._view.dtype.category < 2:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        tensor._requires_grad = True
    from ...autograd.modes import modes

    if modes.inference:
        tensor._inference = True
    return tensor


def warn(text: str) -> None:
    """A warning, at the line that called the operation."""
    import warnings

    warnings.warn(text, stacklevel=4)


# -- making tensors ---------------------------------------------------------------------------------


def from_numbers(values: Sequence[Any], shape: tuple[int, ...], dtype: dtype_class, device: Any, requires_grad: bool) -> Tensor:
    """A contiguous tensor of Python numbers: floats rounded once, integers modulo 2**bits."""
    from ...cpu.encode import encode

    return finish(from_encoded(encode(dtype, values), shape, dtype, kernels_for(device)), requires_grad)


def from_encoded(data: Any, shape: tuple[int, ...], dtype: dtype_class, kernels: Kernels) -> Tensor:
    """A contiguous tensor of bit patterns (see :mod:`refimpl.cpu.encode`), on any device."""
    from ...cpu.buffers import write

    host = kernels_for("cpu")
    out = allocate(shape, dtype, host)
    write(out._view, data)
    if kernels is host:
        return out
    view = out._view
    return wrap(View(kernels.from_bytes(host.to_bytes(view)), 0, shape, contiguous_strides(shape), dtype))


def _constant(
    shape: tuple[int, ...], value: Any, dtype: dtype_class, device: Any, requires_grad: bool, strides: tuple[int, ...] | None = None
) -> Tensor:
    kernels = kernels_for(device)
    made = allocate(shape, dtype, kernels, strides)
    if made._view.numel * dtype.itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    if value is not None:
        kernels.fill(made._view, filling(value, made._view))
    return finish(made, requires_grad)


# -- out= ------------------------------------------------------------------------------------------
# A creation function with out= fills that tensor: in its dtype, and in its shape and memory if those fit. (Rules as in ops/outputs.py.)


def filled(function: Callable[..., Tensor], args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor], keep_shape: bool = False) -> Tensor:
    """Evaluate in the dtype of the output, which takes the shape of the result, without the warning that other operations give.

    ``keep_shape``: not if it has the same number of elements.
    """
    from ...signatures.parser import mismatch

    out = outs[0]
    error = mismatch(function.operation.name, args, {**kwargs, "out": out})  # type: ignore[attr-defined]
    late = error is not None and ("failed to unpack" in str(error) or not isinstance(error, TypeError))
    if error is not None and not late:
        raise error
    wanted = options(kwargs.get("dtype"))
    if wanted is not None and wanted is not out.dtype:
        raise RuntimeError(f"dtype {wanted.type_name} does not match dtype of out parameter ({out.dtype.type_name})")
    if error is not None:
        raise error
    try:
        result = function.operation.body(*args, **{**kwargs, "dtype": out.dtype, "device": out.device})  # type: ignore[attr-defined]
    except RuntimeError as refused:
        if str(refused).startswith(("zeros: Dimension", "Trying to create tensor with negative")):
            if function.__name__ in ("empty", "randperm"):  # type: ignore[attr-defined]
                raise
            raise RuntimeError("numel: integer multiplication overflow") from None
        raise
    if keep_shape and result.numel() == out.numel():
        result = result.view(out.shape)  # type: ignore[attr-defined]
    elif out._view.shape != result._view.shape:
        become(out, result._view.shape)
    if result._requires_grad:
        out._requires_grad = True
    return result


filled.checks_arguments = True  # type: ignore[attr-defined]  # values that do not fit come after a dtype that is not the output's

def become(out: Tensor, shape: tuple[int, ...]) -> None:
    """Make ``out`` a contiguous tensor of another shape, growing its storage if need be."""
    view = out._view
    strides = contiguous_strides(shape)
    nbytes = storage_extent(shape, strides, view.offset) * view.dtype.itemsize
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    out._view = View(view.storage, view.offset, shape, strides, view.dtype)


# -- constants -------------------------------------------------------------------------------------


@op("out", differentiable=False, out=filled)
def zeros(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant(shape_of(size, "zeros"), 0, d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def ones(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant(shape_of(size, "ones"), 1, d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def empty(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=contiguous_format):
    """A tensor whose elements are unspecified (refimpl's are zeros).

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    shape = shape_of(size, "empty")
    memory_format = format_argument(memory_format) or contiguous_format
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    return _constant(shape, None, d, device, requires_grad, format_strides(shape, memory_format))


@op("function", differentiable=False)
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of the given shape and strides whose elements are unspecified.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    for given in (size, stride):
        if not isinstance(given, (tuple, list)):
            raise TypeError("empty_strided(): a size that is no sequence")
    shape, strides = _shape((size,), "empty_strided"), sizes((stride,), "empty_strided", "stride")
    if len(shape) != len(strides):
        raise RuntimeError(f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})")
    shape = shape_of((shape,), "empty_strided")
    if any(s < 0 for s in strides):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    kernels = kernels_for(device)
    storage = kernels.allocate(storage_extent(shape, strides) * d.itemsize)
    return finish(wrap(View(storage, 0, shape, strides, d)), requires_grad)


@op("out", differentiable=False, out=filled)
def full(size, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor whose every element is ``fill_value``; its kind of number decides the dtype unless given.

    RuntimeError if the value is out of the range of the dtype; an unsigned dtype takes -1 for its largest number.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    if not isinstance(size, (tuple, list)):
        raise OperandError(size, "tuple of ints")
    value = number(fill_value)
    shape = shape_of((size,), "full")
    d = d or number_dtype(value)
    return _constant(shape, value, d, device, requires_grad)


@op("function", differentiable=False)
def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A 0-d tensor of the default dtype (unless given).

    >>> scalar_tensor(3)
    tensor(3.)
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant((), number(s), d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def eye(n, m=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Ones on the main diagonal of an n by m matrix (m = n unless given), zeros elsewhere.

    >>> eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    n = integer(n)
    m = n if m is None else integer(m)
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    made = _constant((n, m), 0, d, device, False)
    if n and m:
        view = made._view
        view.storage.kernels.fill(View(view.storage, 0, (min(n, m),), (m + 1,), view.dtype), 1)
    return finish(made, requires_grad)


# -- in the shape of another tensor ----------------------------------------------------------------


def _like(input: Tensor, value: Any, memory_format: Any, dtype: Any, device: Any, *rest: Any) -> Tensor:
    view = input._view
    d = options(dtype, *rest) or view.dtype
    made = allocate(view.shape, d, view.storage.kernels if device is None else kernels_for(device), like_strides(view, memory_format))
    if value is not None:
        made._view.storage.kernels.fill(made._view, filling(value, made._view))
    return finish(made, rest[1])


def like_strides(view: View, memory_format: Any) -> tuple[int, ...]:
    """The strides of a tensor like the view: the view's order of the dimensions without gaps, or those of a memory format."""
    memory_format = format_argument(memory_format) or preserve_format
    if memory_format is preserve_format:
        return preserved_strides(view.shape, view.strides)
    return format_strides(view.shape, memory_format)


@op("function", differentiable=False)
def zeros_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """Zeros with the input's shape, dtype, device and (dense) strides.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return _like(input, 0, memory_format, dtype, device, layout, requires_grad, pin_memory)


@op("function", differentiable=False)
def ones_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """Ones with the input's shape, dtype, device and (dense) strides.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return _like(input, 1, memory_format, dtype, device, layout, requires_grad, pin_memory)


@op("function", differentiable=False)
def empty_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """A tensor with the input's shape, dtype, device and (dense) strides, whose elements are unspecified.

    >>> empty_like(zeros(2, 3).t()).stride()
    (1, 3)
    """
    return _like(input, None, memory_format, dtype, device, layout, requires_grad, pin_memory)


@op("function", differentiable=False)
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """``fill_value`` everywhere, with the input's shape, dtype, device and (dense) strides.

    >>> full_like(tensor([1, 2]), 7)
    tensor([7, 7])
    """
    return _like(input, number(fill_value), memory_format, dtype, device, layout, requires_grad, pin_memory)


# -- of the dtype and device of another tensor -----------------------------------------------------


def _new(input: Tensor, shape: tuple[int, ...], value: Any, dtype: Any, device: Any, *rest: Any) -> Tensor:
    view = input._view
    d = options(dtype, *rest) or view.dtype
    made = allocate(shape, d, view.storage.kernels if device is None else kernels_for(device))
    if value is not None:
        made._view.storage.kernels.fill(made._view, filling(value, made._view))
    return finish(made, rest[1])


@op("only method", differentiable=False)
def new_zeros(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros with the input's dtype and device.

    >>> tensor([1]).new_zeros(2)
    tensor([0, 0])
    """
    return _new(input, shape_of(size, "new_zeros"), 0, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_ones(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones with the input's dtype and device.

    >>> tensor([1]).new_ones(2)
    tensor([1, 1])
    """
    return _new(input, shape_of(size, "new_ones"), 1, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_empty(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A tensor with the input's dtype and device, whose elements are unspecified.

    >>> tensor([1]).new_empty(2, 3).shape
    torch.Size([2, 3])
    """
    return _new(input, shape_of(size, "new_empty"), None, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_full(input, size, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """``fill_value`` everywhere, with the input's dtype and device.

    >>> tensor([1]).new_full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, (tuple, list)):
        raise OperandError(size, "tuple of ints")
    value = number(fill_value)
    return _new(input, shape_of((size,), "new_full"), value, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_empty_strided(input, size, stride, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Like ``new_empty``, with the given strides.

    >>> tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    d = options(dtype, layout, requires_grad, pin_memory) or input.dtype
    return empty_strided(size, stride, dtype=d, device=input.device if device is None else device, requires_grad=requires_grad)
