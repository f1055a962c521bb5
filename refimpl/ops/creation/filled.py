"""Creation: tensors of constants, and tensors whose elements are unspecified.

Every function here takes ``dtype``, ``device`` and ``requires_grad``, as torch's do, and makes contiguous tensors unless its text says otherwise.
RuntimeError for a negative size, for more elements than 63 bits can count bytes of, for memory that is to be pinned where there is none to
pin, and for a gradient of an integer or bool tensor.
"""

from __future__ import annotations

from typing import Any

from ...foundation.devices import kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype
from ...foundation.kernels import View, noted
from ...foundation.layout import contiguous_strides, storage_extent
from ...foundation.promotion import number_dtype
from ...operations.output_kinds import FILLED, SHAPED
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import contiguous_format, format_strides, preserve_format, wrap
from .fresh import NEGATIVE, arrangeable, creatable, fillable, filled, finish, format_of_new, holdable, options


@op("out", differentiable=False, out=FILLED, sharing=SUMMED, dtypes="every")
def zeros(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A tensor of the given size whose every element is 0. The dtype is the default dtype unless given; False of a bool tensor.

    RuntimeError for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(size, 0, dtype or get_default_dtype(), kernels_for(device), requires_grad)


@zeros.constraints
def _(require, size, dtype, pin_memory, requires_grad):
    d = dtype or get_default_dtype()
    options(require, d, requires_grad, pin_memory)
    require(min(size, default=0) >= 0, RuntimeError, "zeros: Dimension size must be non-negative.", also=NEGATIVE)
    holdable(require, size, d)


@op("out", differentiable=False, out=FILLED, sharing=SUMMED, dtypes="every")
def ones(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A tensor of the given size whose every element is 1. The dtype is the default dtype unless given; True of a bool tensor.

    RuntimeError for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> ones(2)
    tensor([1., 1.])
    """
    return filled(size, 1, dtype or get_default_dtype(), kernels_for(device), requires_grad)


@ones.constraints
def _(require, size, dtype, pin_memory, requires_grad):
    creatable(require, size, dtype or get_default_dtype(), requires_grad, pin_memory)


@op("out", differentiable=False, out=SHAPED, sharing=SUMMED, dtypes="every")
def empty(size, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=contiguous_format):
    """A tensor of the given size whose elements are unspecified (refimpl's are zeros), in the order of ``memory_format``.

    The dtype is the default dtype unless given. RuntimeError for a negative or too large size, for ``requires_grad`` of an integer or bool
    dtype, for a memory format that does not fit the number of dimensions or is ``preserve_format``, and for an output that requires grad.
    There is no gradient.

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    strides = format_strides(size, format_of_new(memory_format))
    return filled(size, None, dtype or get_default_dtype(), kernels_for(device), requires_grad, strides)


@empty.constraints
def _(require, size, dtype, pin_memory, requires_grad, memory_format):
    creatable(require, size, dtype or get_default_dtype(), requires_grad, pin_memory)
    arrangeable(require, memory_format, len(size))
    require(memory_format is not preserve_format, RuntimeError, "unsupported memory format Preserve")


@op("function", differentiable=False, dtypes="every")
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of the given shape and strides (in elements) whose elements are unspecified (refimpl's are zeros).

    Strides of 0 make elements share memory. The dtype is the default dtype unless given.
    RuntimeError if there are not as many strides as sizes, if a size is negative, if a stride leads before the first element or beyond what 63
    bits can count, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return strided(size, stride, dtype or get_default_dtype(), kernels_for(device), requires_grad)


def strided(size: Any, stride: Any, d: dtype_class, kernels: Any, requires_grad: Any) -> Any:
    """A tensor of a given geometry. A negative stride, which nobody ever goes along, becomes what it would be without gaps."""
    steps = list(stride)
    for k in reversed(range(len(steps))):
        if steps[k] < 0:
            steps[k] = max(size[k + 1], 1) * steps[k + 1] if k + 1 < len(steps) else 1
    storage = kernels.allocate(storage_extent(size, tuple(steps)) * d.itemsize)
    return finish(wrap(View(storage, 0, tuple(size), tuple(steps), noted(d, kernels))), requires_grad)


@empty_strided.constraints
def _(require, size, stride, dtype, pin_memory, requires_grad):
    strided_creatable(require, size, stride, dtype or get_default_dtype(), requires_grad, pin_memory)


def strided_creatable(require: Any, size: Any, stride: Any, d: dtype_class, requires_grad: Any, pin_memory: Any) -> None:
    options(require, d, requires_grad, pin_memory)
    require(len(size) == len(stride), RuntimeError, "dimensionality of sizes ({}) must match dimensionality of strides ({})", len(size), len(stride))
    negative = next((s for s in size if s < 0), None)
    require(negative is None, RuntimeError, "Trying to create tensor with negative dimension {}: {}", negative, list(size))
    backwards = 0 not in size and any(s > 1 and step < 0 for s, step in zip(size, stride))
    require(not backwards and storage_extent(size, stride) * d.itemsize < 1 << 63, RuntimeError,
            "Storage size calculation overflowed with sizes={} and strides={}", list(size), list(stride))  # fmt: skip


@op("function", differentiable=False, dtypes="every")
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A tensor of the given shape whose elements are unspecified (refimpl's are zeros), without gaps in memory: the dimensions lie in the order
    ``physical_layout``, the outermost first.

    Dtypes: all; the default dtype unless given. Errors: RuntimeError unless ``physical_layout`` is a permutation of the dimensions (from 0 on, none
    negative), for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There is no gradient.
    Source: torch.empty_permuted.

    >>> empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    (3, 1, 6)
    """
    inside = contiguous_strides(tuple(size[d] for d in physical_layout))
    strides = [inside[list(physical_layout).index(d)] for d in range(len(size))]
    return strided(size, strides, dtype or get_default_dtype(), kernels_for(device), requires_grad)


@empty_permuted.constraints
def _(require, size, physical_layout, dtype, pin_memory, requires_grad):
    order = list(physical_layout)
    count = len(size)
    require(len(order) == count, RuntimeError, "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = {} "
            "is not equal to len(physical_layout) = {}", count, len(order))  # fmt: skip
    place = next((i for i, d in enumerate(order) if not 0 <= d < count), None)
    require(place is None, RuntimeError, "Dimension out of range (expected to be between 0 and {}, but got {} at index {}).  NB: negative dims not "
            "currently supported; file an issue if you want it.", count - 1, order[place or 0] if order else 0, place)  # fmt: skip
    require(len(set(order)) == len(order), RuntimeError, "Duplicate dim not allowed")
    creatable(require, [size[d] for d in order if 0 <= d < count], dtype or get_default_dtype(), requires_grad, pin_memory)


@op("out", differentiable=False, out=FILLED, sharing=SUMMED, dtypes="every")
def full(size, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of the given size whose every element is ``fill_value``.

    The dtype, unless given, is that of the kind of number: bool, int64, the default dtype or its complex dtype. For an integer dtype the fraction
    is cut off, and -1 stands for the largest number of an unsigned one; for bool the value is compared with 0.
    RuntimeError if the value is out of the range of the dtype (infinities and NaN fit floating point dtypes only; a single float of 8 or 16
    bits is cast instead, and becomes infinite), for a negative or too large size, and for ``requires_grad`` of an integer or bool dtype. There
    is no gradient.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    return filled(size, fill_value, dtype or number_dtype(fill_value), kernels_for(device), requires_grad)


@full.constraints
def _(require, size, fill_value, dtype, pin_memory, requires_grad):
    d = dtype or number_dtype(fill_value)
    creatable(require, size, d, requires_grad, pin_memory)
    fillable(require, fill_value, d, _count(size))


def _count(size: Any) -> int:
    """1 for a single element, else another number."""
    return 1 if all(s == 1 for s in size) else 2


@op("function", differentiable=False, dtypes="every")
def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A 0-d tensor that holds the number ``s``, converted as by :func:`full`. The dtype is the default dtype unless given.

    RuntimeError if the number is out of the range of the dtype (a float of 8 or 16 bits is cast, and becomes infinite), and for ``requires_grad``
    of an integer or bool dtype. There is no gradient.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return filled((), s, dtype or get_default_dtype(), kernels_for(device), requires_grad)


@scalar_tensor.constraints
def _(require, s, dtype, pin_memory, requires_grad):
    d = dtype or get_default_dtype()
    options(require, d, requires_grad, pin_memory)
    fillable(require, s, d, 1)


@op("out", differentiable=False, out=FILLED, sharing=SUMMED, dtypes="ordinary float8")
def eye(n, m=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A matrix of ``n`` rows and ``m`` columns (``n`` unless given) with ones on its main diagonal and zeros elsewhere.

    The dtype is the default dtype unless given. RuntimeError for a negative or too large number of rows or columns, and for ``requires_grad`` of
    an integer or bool dtype. There is no gradient.

    >>> eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    m = n if m is None else m
    made = filled((n, m), 0, dtype or get_default_dtype(), kernels_for(device), requires_grad)
    if n and m:
        view = made._view
        view.storage.kernels.fill(View(view.storage, 0, (min(n, m),), (m + 1,), view.dtype), 1)
    return made


@eye.constraints
def _(require, n, m, dtype, pin_memory, requires_grad):
    m = n if m is None else m
    require(n >= 0, RuntimeError, "n must be greater or equal to 0, got {}", n, also=NEGATIVE)
    require(m >= 0, RuntimeError, "m must be greater or equal to 0, got {}", m, also=NEGATIVE)
    d = dtype or get_default_dtype()
    options(require, d, requires_grad, pin_memory)
    holdable(require, (n, m), d)
