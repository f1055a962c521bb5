"""Elements that are put at places of the flattened tensor or where a mask is true, indices of a given number, and indices in many dimensions."""

from __future__ import annotations

from itertools import accumulate
from operator import mul
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, int64
from ...foundation.layout import broadcast_shapes
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, JOINED, PICKED, refuse_shared_elements
from ...tensor import Tensor
from ..joining.joining import cat
from ..shared.operands import outside
from ..views.axes import expand
from .along_dimension import NO_ELEMENT, contiguous_copy, each_of
from .subscripts import Indices

# -- put -------------------------------------------------------------------------------------------


@op("method inplace", contract=accumulated(1), sharing=JOINED)
def put(input, index, source, accumulate=False):
    """A copy of the input, in whose row-major order element ``index[i]`` is ``source[i]``; with ``accumulate`` the two are added.

    Shapes: that of the input; ``index`` and ``source`` have as many elements, in any shapes. Dtypes: all, the same for both; ``index`` is of int64.
    Negative indices count from the end; of repeated ones the last wins (torch leaves that open), or all are added: exact sums, rounded once.
    Errors: IndexError for an index out of range, any in a tensor without elements, and another number of elements; RuntimeError for other
    dtypes. Gradient: of the input 0 where something was put (but with ``accumulate``), of the source what arrives there. Source:
    torch.Tensor.put_.

    >>> put(tensor([[1, 2], [3, 4]]), tensor([0, -1]), tensor([5, 6]))
    tensor([[5, 2],
            [3, 6]])
    """
    flat = contiguous_copy(input).view(-1)
    if index.numel():
        flat = flat.index_put(Indices((index.reshape(-1),)), source.detach().reshape(-1), accumulate)
    result = input.detach().clone()
    result.copy_(flat.view(input.shape))
    return result


@put.constraints
def _(require, input, index, source):
    count = input.numel()
    require(index.dtype is int64, RuntimeError, "put_(): Expected a long tensor for index, but got {}", index.dtype.type_name)
    require(source.dtype is input.dtype, RuntimeError, "put_(): self and source expected to have the same dtype, but got self.dtype = {} and "
            "source.dtype = {}", input.dtype.type_name, source.dtype.type_name)  # fmt: skip
    require(source.numel() == index.numel(), IndexError, "put_(): Expected source and index to have the same number of elements, but got "
            "source.numel() = {}, index.numel() = {}", source.numel(), index.numel())  # fmt: skip
    require(count or not index.numel(), IndexError, "put_(): Tried to put elements into an empty tensor")
    wrong = outside(index, -count, count) if count else []
    require(not wrong, IndexError, NO_ELEMENT, *(wrong[:1] or [0]), count, also=each_of(IndexError, NO_ELEMENT, wrong, count))


put.derivative(
    input=lambda grad, index, accumulate, source: grad if accumulate else grad.put(index, source.new_zeros(source.shape)),
    source=lambda grad, index, source_shape: grad.take(index).reshape(source_shape),
)

# -- masked_scatter --------------------------------------------------------------------------------


def _scatter_into(target: Tensor, mask: Tensor, source: Tensor) -> None:
    """Write the first elements of a source, in row-major order, where the mask is true."""
    where = mask.expand(target.shape)
    if not target.dim():
        target, where = target.view(1), where.reshape(1)
    places = Indices((where.clone(),))  # the mask may be the very memory that is written
    count = 0 if where.is_meta else int(where.sum())
    if count:
        target.index_put_(places, source.detach().reshape(-1).narrow(0, 0, count).clone())


def _masked_scatter_in_place(input, mask, source):
    refuse_shared_elements(input)
    _scatter_into(input, mask, source)
    return input


@op("method inplace", sharing=COMPUTED, in_place=_masked_scatter_in_place)
def masked_scatter(input, mask, source):
    """A copy of the input with the elements of ``source``, one after the other, where ``mask`` is true.

    Shapes: the input and the mask are broadcast together (in place the mask to the input's shape), and the result has that shape; ``source`` may have
    any, and has as many elements as are true at least. Dtypes: all, the same for both; the mask is of bool. Errors: RuntimeError for other
    dtypes, shapes that do not broadcast, and a source with too few elements. Gradient: of the input 0 where the mask is true, of the source what
    arrives there, 0 for elements that were not needed. Source: torch.Tensor.masked_scatter_.

    >>> masked_scatter(zeros(3), tensor([True, False, True]), tensor([1., 2., 3.]))
    tensor([1., 0., 2.])
    """
    result = contiguous_copy(input.detach().expand(broadcast_shapes(mask.shape, input.shape)))
    _scatter_into(result, mask, source)
    return result


def _broadcast(mask: Tensor, input: Tensor) -> tuple[Any, str]:
    """The shape of both, or None and why there is none."""
    try:
        return broadcast_shapes(mask.shape, input.shape), ""
    except RuntimeError as error:
        return None, str(error)


@masked_scatter.constraints
def _(require, input, mask, source):
    in_place = [(kind, words) for _, kind, words in
                expand.operation.violations((mask, tuple(input.shape)), {})]  # what is said of a mask that is expanded to the input's shape
    quoted = [(kind, words.replace("{", "{{").replace("}", "}}")) for kind, words in in_place]
    require(mask.dtype is bool_, RuntimeError, "masked_scatter_ only supports boolean masks, but got mask with dtype {}", mask.dtype.type_name,
            also=quoted)  # fmt: skip
    require(source.dtype is input.dtype, RuntimeError, "masked_scatter: expected self and source to have same dtypes but got{} and {}",
            input.dtype.type_name, source.dtype.type_name, also=quoted)  # fmt: skip
    shape, refused = _broadcast(mask, input)
    require(not refused, RuntimeError, "{}", refused, also=quoted)
    needed = int(mask.expand(shape).sum()) if mask.dtype is bool_ and shape is not None and not mask.is_meta else 0
    require(source.numel() >= needed, RuntimeError, "Number of elements of source < number of ones in mask", also=in_place)


def _source_gradient(grad: Tensor, mask: Tensor, shape: Sequence[int]) -> Tensor:
    arrived = grad.masked_select(mask)
    return cat([arrived, grad.new_zeros((_count(shape) - int(arrived.numel()),))]).view(shape)


def _count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


masked_scatter.derivative(
    input=lambda grad, mask: grad.masked_fill(mask, 0),
    source=lambda grad, mask, source_shape: _source_gradient(grad, mask, source_shape),
)

# -- indices ---------------------------------------------------------------------------------------

_LONG = exact("nonzero_static: Expected out tensor to have scalar type Long but got scalar type{out}")


@op("method out", differentiable=False, out=_LONG, sharing=PICKED)
def nonzero_static(input, *, size, fill_value=-1):
    """The first ``size`` indices of elements that are not zero, one a row, as :func:`nonzero` gives them, and rows of ``fill_value`` behind them.

    Shapes: ``size`` rows, a column for each dimension. Dtypes: all; the result is int64. Special cases: NaN is not zero, -0.0 is. Errors:
    RuntimeError for a negative ``size``, and for an output of another dtype. No gradient. Source: torch.nonzero_static.

    >>> nonzero_static(tensor([0, 1, 2]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    found = input.nonzero()
    result = found.new_full((size, input.dim()), fill_value)
    count = min(size, found.shape[0])
    result.narrow(0, 0, count).copy_(found.narrow(0, 0, count))
    return result


@nonzero_static.constraints
def _(require, size):
    require(size >= 0, RuntimeError, "nonzero_static: 'size' must be an non-negative integer")


@op("python")
def unravel_index(indices, shape):
    """The indices in a tensor of this shape of places in its row-major order: a tuple of tensors, one for each dimension.

    ``shape`` is an int or several. Shapes: those of ``indices``. Dtypes: integers; the results are int64. Special cases: a place out of range is
    taken modulo the sizes. Errors: TypeError for other dtypes and other shapes; ValueError for negative sizes; RuntimeError for any place in a
    shape with a dimension of size 0. Source: torch.unravel_index.

    >>> unravel_index(tensor([5, 0]), (2, 3))
    (tensor([1, 0]), tensor([2, 0]))
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    steps = list(accumulate(reversed((*sizes[1:], 1)), mul))[::-1]
    whole = indices.unsqueeze(-1).floor_divide(indices.new_tensor(steps, dtype=int64)) % indices.new_tensor(sizes, dtype=int64)
    return whole.unbind(-1)


@unravel_index.constraints
def _(require, indices, shape):
    integers = not indices.is_complex() and not indices.is_floating_point() and indices.dtype is not bool_
    require(integers, TypeError, "expected 'indices' to be integer dtype, but got {}", indices.dtype)
    several = isinstance(shape, Sequence)
    require(isinstance(shape, int) or several, TypeError, "expected 'shape' to be int or sequence of ints, but got {}", type(shape))
    sizes: Any = shape if several else (shape,)
    other = next((type(size) for size in sizes if not isinstance(size, int)), None)
    require(not several or other is None, TypeError, "expected 'shape' sequence to only contain ints, but got {}", other)
    require(other is not None or all(size >= 0 for size in sizes), ValueError, "'shape' cannot have negative values, but got {}", tuple(sizes))
