"""Views of the same bytes as elements of another dtype: bit patterns, and the parts of complex numbers."""

from __future__ import annotations

from ...foundation.dtypes import float16, float32, float64
from ...operations.registry import op
from ...tensor import alias


@op("only", view="detached", differentiable=False, name="_view_dtype", graph="unlinked_in_inference")
def view_dtype(input, dtype):
    """The input's bytes as elements of ``dtype``: the last dimension is scaled by the ratio of the element sizes. Outside of the graph."""
    source = input._view
    old, new = source.dtype.itemsize, dtype.itemsize
    if old == new:
        return alias(input, source.shape, source.strides, dtype=dtype)
    if new < old:
        ratio = old // new
        return alias(input, (*source.shape[:-1], source.shape[-1] * ratio), (*(s * ratio for s in source.strides[:-1]), 1),
                     source.offset * ratio, dtype)
    ratio = new // old
    return alias(input, (*source.shape[:-1], source.shape[-1] // ratio), (*(s // ratio for s in source.strides[:-1]), 1),
                 source.offset // ratio, dtype)


@view_dtype.constraints
def _(require, input, dtype):
    source, ratio = input._view, max(dtype.itemsize // input.dtype.itemsize, 1)
    names = source.dtype.type_name, dtype.type_name
    require(not source.conjugated, RuntimeError,
            "torch.Tensor.view is not supported for conjugate view tensors when converting to a different dtype.")  # fmt: skip
    require(not source.negated, RuntimeError,
            "torch.Tensor.view is not supported for tensors with negative bit set when converting to a different dtype.")  # fmt: skip
    resized = dtype.itemsize != source.dtype.itemsize
    require(not resized or source.shape, RuntimeError, "self.dim() cannot be 0 to view {} as {} (different element sizes)", *names)
    size, stride = (source.shape[-1], source.strides[-1]) if resized else (0, 1)
    require(stride == 1, RuntimeError, "self.stride(-1) must be 1 to view {} as {} (different element sizes), but got {}", *names, stride)
    require(size % ratio == 0, RuntimeError, "self.size(-1) must be divisible by {} to view {} as {} (different element sizes), but got {}",
            ratio, *names, size)  # fmt: skip
    require(source.offset % ratio == 0, RuntimeError,
            "self.storage_offset() must be divisible by {} to view {} as {} (different element sizes), but got {}",
            ratio, *names, source.offset)  # fmt: skip
    for d, stride in enumerate(source.strides[:-1]):
        require(stride % ratio == 0, RuntimeError,
                "self.stride({}) must be divisible by {} to view {} as {} (different element sizes), but got {}",
                d, ratio, *names, stride)  # fmt: skip


@op("only function property assignable")
def real(input):
    """The real parts of a complex tensor, as a view of every second number of its memory; a real tensor itself.

    What is assigned to ``x.real``, a number or a tensor, is written there.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return view_as_real(_as_stored(input)).select(-1, 0) if input.is_complex() else input


def _as_stored(input):
    """A complex tensor without its conjugation."""
    return input.conj() if input.is_conj() else input


@op("only function property assignable")
def imag(input):
    """The imaginary parts of a complex tensor, as a view of every second number of its memory. RuntimeError for a real tensor.

    What is assigned to ``x.imag``, a number or a tensor, is written there.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    parts = view_as_real(_as_stored(input))
    return (parts._neg_view() if input.is_conj() else parts).select(-1, 1)


@imag.constraints
def _(require, input):
    require(input.is_complex(), RuntimeError, "imag is not implemented for tensors with non-complex dtypes.")


@op("function", view=True)
def view_as_real(input):
    """A complex tensor as a view of real numbers, with a new last dimension of size 2: the real and the imaginary part.

    RuntimeError for a real tensor. The gradient is the complex number of the parts' gradients.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    source = input._view
    return alias(input, (*source.shape, 2), (*(2 * s for s in source.strides), 1), 2 * source.offset, source.dtype.real)


@view_as_real.constraints
def _(require, input):
    require(input.is_complex(), RuntimeError, "view_as_real is only supported for complex tensors")
    require(not input.is_conj(), RuntimeError, "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you "
            "can view it as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the original.")  # fmt: skip


view_as_real.derivative(input=lambda grad: view_as_complex(grad.contiguous()))


@op("function", view=True)
def view_as_complex(input):
    """Real numbers whose last dimension has size 2 and stride 1, as a view of complex numbers without that dimension.

    RuntimeError for other dtypes than float16, float32 and float64, another last dimension, or an offset or strides that are odd (but of dimensions
    of size 1). The gradient consists of the parts' gradients.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    source = input._view
    return alias(input, source.shape[:-1], [s // 2 for s in source.strides[:-1]], source.offset // 2, source.dtype.to_complex())


@view_as_complex.constraints
def _(require, input):
    source = input._view
    require(source.dtype in (float16, float32, float64), RuntimeError,
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {}",
            source.dtype.type_name)  # fmt: skip
    require(source.shape, RuntimeError, "Input tensor must have one or more dimensions")
    require(source.shape[-1] == 2, RuntimeError, "Tensor must have a last dimension of size 2")
    require(source.strides[-1] == 1, RuntimeError, "Tensor must have a last dimension with stride 1")
    even = all(s % 2 == 0 or size == 1 for s, size in zip(source.strides[:-1], source.shape))
    require(even, RuntimeError, "Tensor must have a stride divisible by 2 for all but last dimension")
    require(source.offset % 2 == 0, RuntimeError, "Tensor must have a storage_offset divisible by 2")


view_as_complex.derivative(input=lambda grad: view_as_real(grad.resolve_conj()))
