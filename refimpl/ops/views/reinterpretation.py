"""Views of the same bytes as elements of another dtype: bit patterns, and the parts of complex numbers."""

from __future__ import annotations

from ...operations.registry import op
from ...tensor import alias


@op("only", view="detached", differentiable=False, name="_view_dtype", unlinked_in_inference=True)
def view_dtype(input, dtype):
    """The input's bytes as elements of ``dtype``: the last dimension is scaled by the ratio of the element sizes. Outside of the graph."""
    source = input._view
    if source.conjugated:
        raise RuntimeError("torch.Tensor.view is not supported for conjugate view tensors when converting to a different dtype.")
    if source.negated:
        raise RuntimeError("torch.Tensor.view is not supported for tensors with negative bit set when converting to a different dtype.")
    old, new = source.dtype.itemsize, dtype.itemsize
    if old == new:
        return alias(input, source.shape, source.strides, dtype=dtype)
    names = f"to view {source.dtype.type_name} as {dtype.type_name} (different element sizes)"
    if not source.shape:
        raise RuntimeError(f"self.dim() cannot be 0 {names}")
    if new < old:
        if source.strides[-1] != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {source.strides[-1]}")
        ratio = old // new
        return alias(input, (*source.shape[:-1], source.shape[-1] * ratio), (*(s * ratio for s in source.strides[:-1]), 1),
                     source.offset * ratio, dtype)
    ratio = new // old
    if source.shape[-1] % ratio:
        raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {names}, but got {source.shape[-1]}")
    if source.offset % ratio:
        raise RuntimeError(f"self.storage_offset() must be divisible by {ratio} {names}, but got {source.offset}")
    if source.strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {source.strides[-1]}")
    for d, stride in enumerate(source.strides[:-1]):
        if stride % ratio:
            raise RuntimeError(f"self.stride({d}) must be divisible by {ratio} {names}, but got {stride}")
    return alias(input, (*source.shape[:-1], source.shape[-1] // ratio), (*(s // ratio for s in source.strides[:-1]), 1),
                 source.offset // ratio, dtype)


@op("only function property")
def real(input):
    """The real parts of a complex tensor, as a view; a real tensor itself.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return view_as_real(_as_stored(input)).select(-1, 0) if input.is_complex() else input


def _as_stored(input):
    """A complex tensor without its conjugation."""
    return input.conj() if input.is_conj() else input


@op("only function property")
def imag(input):
    """The imaginary parts of a complex tensor, as a view. RuntimeError for real tensors.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    parts = view_as_real(_as_stored(input))
    return (parts._neg_view() if input.is_conj() else parts).select(-1, 1)


@op("function", view=True)
def view_as_real(input):
    """A complex tensor as a view of real numbers, with a new last dimension of size 2: the real and the imaginary part.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    source = input._view
    if not source.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if source.conjugated:
        raise RuntimeError("view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can view it as "
                           "real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the original.")
    return alias(input, (*source.shape, 2), (*(2 * s for s in source.strides), 1), 2 * source.offset, source.dtype.real)


view_as_real.derivative(input=lambda grad: view_as_complex(grad.contiguous()))


@op("function", view=True)
def view_as_complex(input):
    """Real numbers whose last dimension has size 2 and stride 1, as a view of complex numbers.

    RuntimeError for other dtypes than float32 and float64, another last dimension, or strides or an offset that are odd.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    source = input._view
    if source.dtype.name not in ("float32", "float64"):
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
                           f"{source.dtype.type_name}")
    if not source.shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if source.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if source.strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 and size > 1 for s, size in zip(source.strides[:-1], source.shape)):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if source.offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return alias(input, source.shape[:-1], [s // 2 for s in source.strides[:-1]], source.offset // 2, source.dtype.to_complex())


view_as_complex.derivative(input=lambda grad: view_as_real(grad))
