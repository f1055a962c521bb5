"""Where elements are that are not zero, and those that a mask selects."""

from __future__ import annotations

from ...foundation.dtypes import bool_
from ...foundation.layout import broadcast_shapes
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import PICKED
from ...operations.slices import ASK, elements_of, shape_of
from ...tensor import Tensor, wrap

_LONG = exact("nonzero: Expected out tensor to have scalar type Long but got scalar type{out}")


_NO_MASK = ("vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this because for each batch this "
            "would return a "
            f"differently shaped Tensor. {ASK}")


def _long_output(bound):
    if bound["as_tuple"]:
        raise RuntimeError("nonzero does not support the out kwarg when as_tuple is True")
    return _LONG


@op("method out", differentiable=False, out=_long_output, sharing=PICKED, dtypes="ordinary complex32",
    slices=shape_of("input", "nonzero"))  # fmt: skip
def nonzero(input, *, as_tuple=False):
    """The indices of the elements that are not zero, one a row of an int64 matrix, in row-major order; as a tuple of vectors with ``as_tuple``.

    The matrix has a column for each dimension; with ``as_tuple`` a 0-d tensor counts as a vector. NaN is not zero, -0.0 is.
    RuntimeError for ``out=`` together with ``as_tuple``, or of another dtype than int64. There is no gradient.

    >>> nonzero(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple and not input.dim():
        input = input.detach().reshape(1)
    places = wrap(input._view.storage.kernels.nonzero(input._view))
    return places.unbind(1) if as_tuple else places


@op("method")
def argwhere(input):
    """The indices of the elements that are not zero, one a row: :func:`nonzero`, by NumPy's name. There is no gradient.

    >>> argwhere(tensor([0, 5]))
    tensor([[1]])
    """
    return input.nonzero()


@op("method out", out=exact("masked_select(): self and result must have the same scalar type"), sharing=PICKED,
    dtypes="ordinary float8 complex32", slices=elements_of("mask", _NO_MASK))  # fmt: skip
def masked_select(input, mask):
    """The elements where ``mask`` is true, as a vector, in row-major order.

    The input and the mask, which is of bool, are broadcast together first; two 0-d tensors count as vectors.
    RuntimeError for a mask of another dtype, or shapes that do not broadcast.
    The gradient of an element is what arrives at it, summed over the places that it was broadcast to.

    >>> masked_select(tensor([1, 2, 3]), tensor([True, False, True]))
    tensor([1, 3])
    """
    shape = broadcast_shapes(mask.shape, input.shape) or (1,)
    return wrap(input.detach().expand(shape)[mask.expand(shape)]._view)


@masked_select.constraints
def _(require, input, mask):
    require(mask.dtype is bool_, RuntimeError, "masked_select: expected BoolTensor for mask")
    require.broadcast(mask, input)


def _masked_select_gradient(grad: Tensor, input: Tensor, mask: Tensor) -> Tensor:
    shape = broadcast_shapes(mask.shape, input.shape)
    return grad.new_zeros(shape or (1,)).index_put((mask.expand(shape or (1,)),), grad).view(shape)


masked_select.derivative(input=_masked_select_gradient)
