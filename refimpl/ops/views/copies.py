"""Contiguous copies of what the views are views of: they share no memory with the input, and are refused where the view is.

Each has the gradient of its view. ``diagonal_copy`` stands beside :func:`diag`, ``narrow_copy`` beside :func:`narrow`.
"""

from __future__ import annotations

from ...autograd.modes import modes
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import infer_size
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import contiguous_format, wrap
from ..shared.gradients import no_derivative
from .axes import expand, expandable, permute, t, transpose
from .reinterpretation import view_as_complex, view_as_real, view_dtype
from .shapes import alias_of, as_strided, overload_of_dim, squeeze, unsqueeze
from .slices import select, slice_, unfold


def contiguous_copy(view):
    """A contiguous tensor of its own with the elements of a view."""
    return wrap(view.clone(memory_format=contiguous_format)._view)


@op("function out", node="AliasBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def alias_copy(input):
    """A contiguous copy of the input: the elements of a view of all of it.

    Shapes: that of the input. Dtypes: all. Gradient: that of the result. Source: torch.alias_copy.

    >>> alias_copy(tensor([1, 2]))
    tensor([1, 2])
    """
    return contiguous_copy(input.detach())


alias_copy.derivative(**alias_of.operation.gradients)


@op("function out", node="ExpandBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def expand_copy(input, size, *, implicit=False):
    """A contiguous copy of what :meth:`expand` is a view of: dimensions of size 1 repeated, new ones in front.

    Shapes, errors: as for :meth:`expand`; ``implicit`` makes no difference. Dtypes: all. Gradient: that of the result, summed over the copies.
    Source: torch.expand_copy.

    >>> expand_copy(tensor([[1], [2]]), (2, 2))
    tensor([[1, 1],
            [2, 2]])
    """
    return contiguous_copy(input.detach().expand(size))


@expand_copy.constraints
def _(require, input, size):
    negative = next((count for count in size if count < 0), 0)
    require(input.dim() or not negative, RuntimeError, "Trying to create tensor with negative dimension {}: {}", negative, list(size),
            also=((RuntimeError, "numel: integer multiplication overflow"),))  # fmt: skip
    expandable(require, input, size)


expand_copy.derivative(**expand.operation.gradients)


@op("function out", node="PermuteBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def permute_copy(input, dims):
    """A contiguous copy of what :func:`permute` is a view of: the dimensions in another order.

    Shapes, errors and gradient: as for :func:`permute`. Dtypes: all. Source: torch.permute_copy.

    >>> permute_copy(tensor([[1, 2], [3, 4]]), (1, 0))
    tensor([[1, 3],
            [2, 4]])
    """
    return contiguous_copy(input.detach().permute(dims))


permute_copy.derivative(**permute.operation.gradients)


@op("function out", node="SelectBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every", graph="real_alone")
def select_copy(input, dim, index):
    """A contiguous copy of what :func:`select` is a view of: the part at one index of a dimension, which disappears.

    Shapes, errors and gradient: as for :func:`select`. Dtypes: all. Source: torch.select_copy.

    >>> select_copy(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return contiguous_copy(input.detach().select(dim, index))


select_copy.derivative(**select.operation.gradients)


@op("function out", node="SliceBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every", graph="real_alone")
def slice_copy(input, dim=0, start=None, end=None, step=1):
    """A contiguous copy of a slice along a dimension: the elements ``start``, ``start + step``, ... below ``end``.

    Shapes: the size of the dimension is the number of these elements; ends beyond it are clamped, negative ones count from the end. Dtypes: all.
    Errors: IndexError for a 0-d input and a dimension that there is not, RuntimeError for a step that is not positive. Gradient: zeros, with that of
    the result in the slice. Source: torch.slice_copy.

    >>> slice_copy(tensor([1, 2, 3, 4]), 0, 1, 4, 2)
    tensor([2, 4])
    """
    return contiguous_copy(slice_(input.detach(), dim, start, end, step))


slice_copy.derivative(**slice_.operation.gradients)

_squeeze_node = overload_of_dim("SqueezeBackward", 0)


@op("function out", node=lambda bound: f"{_squeeze_node(bound)}_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def squeeze_copy(input, dim=None):
    """A contiguous copy of what :func:`squeeze` is a view of: without the dimensions of size 1, all or those that are named.

    Shapes, errors and gradient: as for :func:`squeeze`. Dtypes: all. Source: torch.squeeze_copy.

    >>> squeeze_copy(tensor([[1, 2]]))
    tensor([1, 2])
    """
    view = input.detach()
    return contiguous_copy(view.squeeze() if dim is None else view.squeeze(dim))


squeeze_copy.derivative(**squeeze.operation.gradients)


@op("function out", node="TBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def t_copy(input):
    """A contiguous copy of the transpose of a matrix; of a vector or a 0-d tensor a plain copy.

    Shapes, errors and gradient: as for :func:`t`. Dtypes: all. Source: torch.t_copy.

    >>> t_copy(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return contiguous_copy(input.detach().t())


t_copy.derivative(**t.operation.gradients)


@op("function out", node="TransposeBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def transpose_copy(input, dim0, dim1):
    """A contiguous copy of what :func:`transpose` is a view of: two dimensions exchanged.

    Shapes, errors and gradient: as for :func:`transpose`. Dtypes: all. Source: torch.transpose_copy.

    >>> transpose_copy(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return contiguous_copy(input.detach().transpose(dim0, dim1))


transpose_copy.derivative(**transpose.operation.gradients)


@op("function out", node="UnfoldBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def unfold_copy(input, dimension, size, step):
    """A contiguous copy of what :meth:`unfold` is a view of: windows of ``size`` elements, each ``step`` behind the one before, in a new dimension.

    Shapes, errors and gradient: as for :meth:`unfold`. Dtypes: all. Source: torch.unfold_copy.

    >>> unfold_copy(tensor([1, 2, 3]), 0, 2, 1)
    tensor([[1, 2],
            [2, 3]])
    """
    return contiguous_copy(input.detach().unfold(dimension, size, step))


unfold_copy.derivative(**unfold.operation.gradients)


@op("function out", node="UnsqueezeBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def unsqueeze_copy(input, dim):
    """A contiguous copy of the input with a new dimension of size 1.

    Shapes, errors and gradient: as for :func:`unsqueeze`. Dtypes: all. Source: torch.unsqueeze_copy.

    >>> unsqueeze_copy(tensor([1, 2]), 0)
    tensor([[1, 2]])
    """
    return contiguous_copy(input.detach().unsqueeze(dim))


unsqueeze_copy.derivative(**unsqueeze.operation.gradients)


@op("function out", node="ViewAsRealBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def view_as_real_copy(input):
    """A contiguous copy of complex numbers as pairs of real ones, in a new last dimension.

    Shapes, errors and gradient: as for :func:`view_as_real`. Dtypes: complex ones. Source: torch.view_as_real_copy.

    >>> view_as_real_copy(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return contiguous_copy(view_as_real(input.detach()))


view_as_real_copy.derivative(**view_as_real.operation.gradients)


@op("function out", node="AsStridedBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def as_strided_copy(input, size, stride, storage_offset=None):
    """A contiguous copy of what :func:`as_strided` is a view of: elements of the input's storage, at given strides and from a given offset.

    Shapes, errors and gradient: as for :func:`as_strided`. Dtypes: all. Source: torch.as_strided_copy.

    >>> as_strided_copy(tensor([1, 2, 3, 4]), (2, 2), (1, 2))
    tensor([[1, 3],
            [2, 4]])
    """
    return contiguous_copy(as_strided(input.detach(), size, stride, storage_offset))


as_strided_copy.derivative(**as_strided.operation.gradients)


@op("function out", node="NotImplemented", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def detach_copy(input):
    """A contiguous copy of the input. Its gradient is not defined: backward raises RuntimeError (use ``input.detach().clone()``).

    Shapes: that of the input. Dtypes: all. Source: torch.detach_copy.

    >>> detach_copy(tensor([1, 2]))
    tensor([1, 2])
    """
    return contiguous_copy(input.detach())


detach_copy.derivative(input=no_derivative("aten::detach_copy"))


@op("only", name="_view_copy", node="ViewBackward0_copy", dtypes="every")
def _view_copy(input, size):
    """A contiguous copy of the elements in another shape."""
    return contiguous_copy(input.detach().reshape(size))


_view_copy.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("function out", out=EXACT_OUTPUT, sharing=COMPUTED, lazy=False)
def view_copy(input, size):
    """A contiguous copy of the input's elements in the same order under another shape; or, given a dtype, of the same bytes as another dtype.

    The input's strides need not allow a view of that shape. One size may be -1: it is inferred.
    Errors: RuntimeError if the number of elements differs; with a dtype those of :meth:`view`. Dtypes: all. Gradient: that of the result, in the
    input's shape; with a dtype the result is outside of the graph. Source: torch.view_copy.

    >>> view_copy(tensor([[1, 2], [3, 4]]).t(), (4,))
    tensor([1, 3, 2, 4])
    >>> view_copy(tensor([1.]), int32)
    tensor([1065353216], dtype=torch.int32)
    """
    if isinstance(size, dtype_class):
        return contiguous_copy(view_dtype(input.detach(), size))
    return _view_copy(input, infer_size(size, input.numel()))


@op("function out", out=EXACT_OUTPUT, sharing=COMPUTED, differentiable=False)
def view_as_complex_copy(input):
    """A contiguous copy of pairs of real numbers, in a last dimension of size 2 and stride 1, as complex numbers.

    Shapes, errors: as for :func:`view_as_complex`. Dtypes: float32 and float64. Gradient: none; RuntimeError for an input that requires grad.
    Source: torch.view_as_complex_copy.

    >>> view_as_complex_copy(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    return contiguous_copy(view_as_complex(input.detach()))


@view_as_complex_copy.constraints
def _(require, input):
    view_as_complex.operation.constraints.function(require, input)
    require(not (modes.grad and input.requires_grad), RuntimeError,
            "view_as_complex_copy does not support automatic differentiation for outputs with complex dtype.")  # fmt: skip
