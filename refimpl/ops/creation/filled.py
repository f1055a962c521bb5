"""Creation: tensors of constants, in the shape of another tensor or of its dtype.

Every function here takes ``dtype``, ``device`` and ``requires_grad``, as torch's do, and makes contiguous tensors unless its text says otherwise.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ...foundation.devices import kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype
from ...foundation.kernels import Kernels, View
from ...foundation.layout import contiguous_strides, preserved_strides, storage_extent
from ...foundation.promotion import number_dtype
from ...operations.registry import op
from ...tensor import Tensor, allocate, contiguous_format, format_strides, preserve_format, wrap  # fmt: skip
from .conversion import filling

# -- arguments that many functions have -------------------------------------------------------------

def options(dtype: Any, layout: Any = None, requires_grad: Any = False, pin_memory: Any = False) -> dtype_class | None:
    """The dtype among the options of a creation function; RuntimeError for memory that is pinned, which the host has not."""
    if pin_memory:
        raise RuntimeError("pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system.")
    return dtype  # type: ignore[no-any-return]


def shape_of(size: Sequence[int], function: str) -> tuple[int, ...]:
    """The shape; RuntimeError for negative sizes."""
    if any(s < 0 for s in size):
        if function == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        bad = next(s for s in size if s < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {list(size)}")
    return tuple(size)


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
    out = outs[0]
    wanted = options(kwargs.get("dtype"))
    if wanted is not None and wanted is not out.dtype:
        raise RuntimeError(f"dtype {wanted.type_name} does not match dtype of out parameter ({out.dtype.type_name})")
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
def zeros(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant(shape_of(size, "zeros"), 0, d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def ones(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant(shape_of(size, "ones"), 1, d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def empty(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=contiguous_format):
    """A tensor whose elements are unspecified (refimpl's are zeros).

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    shape = shape_of(size, "empty")
    memory_format = memory_format or contiguous_format
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
    shape, strides = size, stride
    if len(shape) != len(strides):
        raise RuntimeError(f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})")
    shape = shape_of(shape, "empty_strided")
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
    shape = shape_of(size, "full")
    d = d or number_dtype(fill_value)
    return _constant(shape, fill_value, d, device, requires_grad)


@op("function", differentiable=False)
def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A 0-d tensor of the default dtype (unless given).

    >>> scalar_tensor(3)
    tensor(3.)
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    return _constant((), s, d, device, requires_grad)


@op("out", differentiable=False, out=filled)
def eye(n, m=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Ones on the main diagonal of an n by m matrix (m = n unless given), zeros elsewhere.

    >>> eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    m = n if m is None else m
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
    memory_format = memory_format or preserve_format
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
    return _like(input, fill_value, memory_format, dtype, device, layout, requires_grad, pin_memory)


# -- of the dtype and device of another tensor -----------------------------------------------------


def _new(input: Tensor, shape: tuple[int, ...], value: Any, dtype: Any, device: Any, *rest: Any) -> Tensor:
    view = input._view
    d = options(dtype, *rest) or view.dtype
    made = allocate(shape, d, view.storage.kernels if device is None else kernels_for(device))
    if value is not None:
        made._view.storage.kernels.fill(made._view, filling(value, made._view))
    return finish(made, rest[1])


@op("only method", differentiable=False)
def new_zeros(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros with the input's dtype and device.

    >>> tensor([1]).new_zeros(2)
    tensor([0, 0])
    """
    return _new(input, shape_of(size, "new_zeros"), 0, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_ones(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones with the input's dtype and device.

    >>> tensor([1]).new_ones(2)
    tensor([1, 1])
    """
    return _new(input, shape_of(size, "new_ones"), 1, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_empty(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
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
    return _new(input, shape_of(size, "new_full"), fill_value, dtype, device, layout, requires_grad, pin_memory)


@op("only method", differentiable=False)
def new_empty_strided(input, size, stride, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Like ``new_empty``, with the given strides.

    >>> tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    d = options(dtype, layout, requires_grad, pin_memory) or input.dtype
    return empty_strided(size, stride, dtype=d, device=input.device if device is None else device, requires_grad=requires_grad)
