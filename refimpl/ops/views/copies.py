"""Contiguous copies of what the views are views of: they share no memory with the input, and are refused where the view is.

Each has the gradient of its view. ``diagonal_copy`` stands beside :func:`diag`, ``narrow_copy`` beside :func:`narrow`.
"""

from __future__ import annotations

from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import contiguous_format, wrap
from .axes import expand, permute, t, transpose
from .reinterpretation import view_as_real
from .shapes import alias_of, overload_of_dim, squeeze, unsqueeze
from .slices import select, slice_, unfold


def _copy(view):
    """A contiguous tensor of its own with the elements of a view."""
    return wrap(view.clone(memory_format=contiguous_format)._view)


@op("function out", node="AliasBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def alias_copy(input):
    """A contiguous copy of the input: the elements of a view of all of it.

    Shapes: that of the input. Dtypes: all. Gradient: that of the result. Source: torch.alias_copy.

    >>> alias_copy(tensor([1, 2]))
    tensor([1, 2])
    """
    return _copy(input.detach())


alias_copy.derivative(**alias_of.operation.gradients)


@op("function out", node="ExpandBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def expand_copy(input, size, *, implicit=False):
    """A contiguous copy of what :meth:`expand` is a view of: dimensions of size 1 repeated, new ones in front.

    Shapes, errors: as for :meth:`expand`; ``implicit`` makes no difference. Dtypes: all. Gradient: that of the result, summed over the copies.
    Source: torch.expand_copy.

    >>> expand_copy(tensor([[1], [2]]), (2, 2))
    tensor([[1, 1],
            [2, 2]])
    """
    return _copy(input.detach().expand(size))


expand_copy.derivative(**expand.operation.gradients)


@op("function out", node="PermuteBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def permute_copy(input, dims):
    """A contiguous copy of what :func:`permute` is a view of: the dimensions in another order.

    Shapes, errors and gradient: as for :func:`permute`. Dtypes: all. Source: torch.permute_copy.

    >>> permute_copy(tensor([[1, 2], [3, 4]]), (1, 0))
    tensor([[1, 3],
            [2, 4]])
    """
    return _copy(input.detach().permute(dims))


permute_copy.derivative(**permute.operation.gradients)


@op("function out", node="SelectBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def select_copy(input, dim, index):
    """A contiguous copy of what :func:`select` is a view of: the part at one index of a dimension, which disappears.

    Shapes, errors and gradient: as for :func:`select`. Dtypes: all. Source: torch.select_copy.

    >>> select_copy(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return _copy(input.detach().select(dim, index))


select_copy.derivative(**select.operation.gradients)


@op("function out", node="SliceBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def slice_copy(input, dim=0, start=None, end=None, step=1):
    """A contiguous copy of a slice along a dimension: the elements ``start``, ``start + step``, ... below ``end``.

    Shapes: the size of the dimension is the number of these elements; ends beyond it are clamped, negative ones count from the end. Dtypes: all.
    Errors: IndexError for a 0-d input and a dimension that there is not, RuntimeError for a step that is not positive. Gradient: zeros, with that of
    the result in the slice. Source: torch.slice_copy.

    >>> slice_copy(tensor([1, 2, 3, 4]), 0, 1, 4, 2)
    tensor([2, 4])
    """
    return _copy(slice_(input.detach(), dim, start, end, step))


slice_copy.derivative(**slice_.operation.gradients)

_squeeze_node = overload_of_dim("SqueezeBackward", 0)


@op("function out", node=lambda bound: f"{_squeeze_node(bound)}_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def squeeze_copy(input, dim=None):
    """A contiguous copy of what :func:`squeeze` is a view of: without the dimensions of size 1, all or those that are named.

    Shapes, errors and gradient: as for :func:`squeeze`. Dtypes: all. Source: torch.squeeze_copy.

    >>> squeeze_copy(tensor([[1, 2]]))
    tensor([1, 2])
    """
    view = input.detach()
    return _copy(view.squeeze() if dim is None else view.squeeze(dim))


squeeze_copy.derivative(**squeeze.operation.gradients)


@op("function out", node="TBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def t_copy(input):
    """A contiguous copy of the transpose of a matrix; of a vector or a 0-d tensor a plain copy.

    Shapes, errors and gradient: as for :func:`t`. Dtypes: all. Source: torch.t_copy.

    >>> t_copy(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return _copy(input.detach().t())


t_copy.derivative(**t.operation.gradients)


@op("function out", node="TransposeBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def transpose_copy(input, dim0, dim1):
    """A contiguous copy of what :func:`transpose` is a view of: two dimensions exchanged.

    Shapes, errors and gradient: as for :func:`transpose`. Dtypes: all. Source: torch.transpose_copy.

    >>> transpose_copy(tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return _copy(input.detach().transpose(dim0, dim1))


transpose_copy.derivative(**transpose.operation.gradients)


@op("function out", node="UnfoldBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def unfold_copy(input, dimension, size, step):
    """A contiguous copy of what :meth:`unfold` is a view of: windows of ``size`` elements, each ``step`` behind the one before, in a new dimension.

    Shapes, errors and gradient: as for :meth:`unfold`. Dtypes: all. Source: torch.unfold_copy.

    >>> unfold_copy(tensor([1, 2, 3]), 0, 2, 1)
    tensor([[1, 2],
            [2, 3]])
    """
    return _copy(input.detach().unfold(dimension, size, step))


unfold_copy.derivative(**unfold.operation.gradients)


@op("function out", node="UnsqueezeBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def unsqueeze_copy(input, dim):
    """A contiguous copy of the input with a new dimension of size 1.

    Shapes, errors and gradient: as for :func:`unsqueeze`. Dtypes: all. Source: torch.unsqueeze_copy.

    >>> unsqueeze_copy(tensor([1, 2]), 0)
    tensor([[1, 2]])
    """
    return _copy(input.detach().unsqueeze(dim))


unsqueeze_copy.derivative(**unsqueeze.operation.gradients)


@op("function out", node="ViewAsRealBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED)
def view_as_real_copy(input):
    """A contiguous copy of complex numbers as pairs of real ones, in a new last dimension.

    Shapes, errors and gradient: as for :func:`view_as_real`. Dtypes: complex ones. Source: torch.view_as_real_copy.

    >>> view_as_real_copy(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return _copy(view_as_real(input.detach()))


view_as_real_copy.derivative(**view_as_real.operation.gradients)
