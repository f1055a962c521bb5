"""Creation: tensors of constants in the shape of another tensor (``zeros_like``), or of its dtype and on its device (``new_zeros``).

All take ``dtype``, ``device`` and ``requires_grad``, which then stand instead of the other tensor's; none records a gradient.
"""

from __future__ import annotations

from typing import Any

from ...foundation.devices import kernels_for
from ...foundation.kernels import Kernels
from ...operations.registry import op
from ...tensor import Tensor, preserve_format
from .filled import strided, strided_creatable
from .fresh import arrangeable, creatable, creatable_like, fillable, filled, like_strides


def kernels_like(input: Tensor, device: Any) -> Kernels:
    """The kernels of the device that was given, else of the input's."""
    return input._view.storage.kernels if device is None else kernels_for(device)


# -- in the shape of another tensor ----------------------------------------------------------------


def _like(input: Tensor, value: Any, memory_format: Any, dtype: Any, device: Any, requires_grad: Any) -> Tensor:
    view = input._view
    return filled(view.shape, value, dtype or view.dtype, kernels_like(input, device), requires_grad, like_strides(view, memory_format))


@op("function", differentiable=False, dtypes="every")
def zeros_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """Zeros with the input's shape, dtype, device and order of dimensions in memory.

    The strides are the input's if it is dense, else dense ones in the same order, or those of ``memory_format``. RuntimeError for
    ``requires_grad`` of an integer or bool dtype and for a memory format that does not fit the number of dimensions. There is no gradient.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return _like(input, 0, memory_format, dtype, device, requires_grad)


@zeros_like.constraints
def _(require, input, dtype, pin_memory, requires_grad, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)


@op("function", differentiable=False, dtypes="every")
def ones_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """Ones with the input's shape, dtype, device and order of dimensions in memory, as for :func:`zeros_like`.

    RuntimeError for ``requires_grad`` of an integer or bool dtype and for a memory format that does not fit the number of dimensions. There is no
    gradient.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return _like(input, 1, memory_format, dtype, device, requires_grad)


@ones_like.constraints
def _(require, input, dtype, pin_memory, requires_grad, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)


@op("function", differentiable=False, dtypes="every")
def empty_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """A tensor with the input's shape, dtype, device and order of dimensions in memory (as for :func:`zeros_like`); its elements are unspecified.

    RuntimeError for ``requires_grad`` of an integer or bool dtype and for a memory format that does not fit the number of dimensions. There is no
    gradient.

    >>> empty_like(zeros(2, 3).t()).stride()
    (1, 3)
    """
    return _like(input, None, memory_format, dtype, device, requires_grad)


@empty_like.constraints
def _(require, input, dtype, pin_memory, requires_grad, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)


@op("function", differentiable=False, dtypes="every")
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """``fill_value`` everywhere, with the input's shape, dtype, device and order of dimensions in memory, as for :func:`zeros_like`.

    RuntimeError if the value is out of the range of the dtype (as for :func:`full`), for ``requires_grad`` of an integer or bool dtype and for
    a memory format that does not fit the number of dimensions. There is no gradient.

    >>> full_like(tensor([1, 2]), 7)
    tensor([7, 7])
    """
    return _like(input, fill_value, memory_format, dtype, device, requires_grad)


@full_like.constraints
def _(require, input, fill_value, dtype, pin_memory, requires_grad, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)
    fillable(require, fill_value, dtype or input._view.dtype, input._view.numel)


# -- of the dtype and device of another tensor -----------------------------------------------------


@op("only method", differentiable=False, dtypes="every")
def new_zeros(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros of the given size with the input's dtype and on its device, unless others are given.

    RuntimeError for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> tensor([1]).new_zeros(2)
    tensor([0, 0])
    """
    return filled(size, 0, dtype or input._view.dtype, kernels_like(input, device), requires_grad)


@new_zeros.constraints
def _(require, input, size, dtype, pin_memory, requires_grad):
    creatable(require, size, dtype or input._view.dtype, requires_grad, pin_memory)


@op("only method", differentiable=False, dtypes="every")
def new_ones(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones of the given size with the input's dtype and on its device, unless others are given.

    RuntimeError for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> tensor([1]).new_ones(2)
    tensor([1, 1])
    """
    return filled(size, 1, dtype or input._view.dtype, kernels_like(input, device), requires_grad)


@new_ones.constraints
def _(require, input, size, dtype, pin_memory, requires_grad):
    creatable(require, size, dtype or input._view.dtype, requires_grad, pin_memory)


@op("only method", differentiable=False, dtypes="every")
def new_empty(input, size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A tensor of the given size with the input's dtype and on its device, unless others are given; its elements are unspecified.

    RuntimeError for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> tensor([1]).new_empty(2, 3).shape
    torch.Size([2, 3])
    """
    return filled(size, None, dtype or input._view.dtype, kernels_like(input, device), requires_grad)


@new_empty.constraints
def _(require, input, size, dtype, pin_memory, requires_grad):
    creatable(require, size, dtype or input._view.dtype, requires_grad, pin_memory)


@op("only method", differentiable=False, dtypes="every")
def new_full(input, size, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """``fill_value`` everywhere, in the given size, with the input's dtype and on its device, unless others are given.

    RuntimeError if the value is out of the range of the dtype (as for :func:`full`), for a negative or too large size, and for ``requires_grad``
    of an integer or bool dtype. There is no gradient.

    >>> tensor([1]).new_full((2,), 7)
    tensor([7, 7])
    """
    return filled(size, fill_value, dtype or input._view.dtype, kernels_like(input, device), requires_grad)


@new_full.constraints
def _(require, input, size, fill_value, dtype, pin_memory, requires_grad):
    creatable(require, size, dtype or input._view.dtype, requires_grad, pin_memory)
    fillable(require, fill_value, dtype or input._view.dtype, 1 if all(s == 1 for s in size) else 2)


@op("only method", differentiable=False, dtypes="every")
def new_empty_strided(input, size, stride, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """:func:`empty_strided` with the input's dtype and on its device, unless others are given.

    RuntimeError if there are not as many strides as sizes, if a size is negative, if a stride leads before the first element or beyond what 63
    bits can count, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return strided(size, stride, dtype or input._view.dtype, kernels_like(input, device), requires_grad)


@new_empty_strided.constraints
def _(require, input, size, stride, dtype, pin_memory, requires_grad):
    strided_creatable(require, size, stride, dtype or input._view.dtype, requires_grad, pin_memory)
