"""Rows of a table, picked by number: one_hot, embedding and the limit of its rows' norms."""

from __future__ import annotations

from math import inf
from typing import Any, NoReturn

from ....foundation.contracts import EXACT, conditioned
from ....foundation.dtypes import int32, int64
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....operations.slices import elements_of
from ....operations.writing import overwrite
from ...pointwise.replacement import where
from ...shared.operands import NO_SIZE, anywhere, everywhere, outside, type_text
from ..softmax import wide

_NO_COUNT = "When vmap-ing torch.nn.functional.one_hot, please provide an explicit positive num_classes argument."

# -- one_hot -------------------------------------------------------------------------------------------


@op("function", namespace="nn.functional", contract=EXACT, differentiable=False,
    slices=elements_of("input", _NO_COUNT, lambda bound: bound["num_classes"] == -1))
def one_hot(input, num_classes=-1):
    """For each class number a vector that is 1 there and 0 elsewhere.

    Shapes: the result has one dimension more, of ``num_classes``, or of the greatest class plus 1 for -1. Dtypes: int64 alone, and so is the result.
    Special cases: without elements ``num_classes`` must be positive. Errors: RuntimeError for another dtype, a negative class, a class that is not
    smaller than ``num_classes``, and no elements with no ``num_classes``. There is no gradient.

    >>> nn.functional.one_hot(tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    count = num_classes if num_classes != -1 else int(input.max()) + 1
    places = input.unsqueeze(-1)
    return input.new_zeros((*input.shape, count)).scatter(-1, places, input.new_ones(places.shape))


@one_hot.constraints
def _(require, input, num_classes):
    require(input.dtype is int64, RuntimeError, "one_hot is only applicable to index tensor of type LongTensor.")
    if not input.numel():
        require(num_classes > 0, RuntimeError, "Can not infer total number of classes from empty tensor.")
    elif input.dtype is int64:
        require(everywhere(input >= 0), RuntimeError, "Class values must be non-negative.")
        require(num_classes == -1 or everywhere(input < num_classes), RuntimeError, "Class values must be smaller than num_classes.")


# -- embedding -----------------------------------------------------------------------------------------


def index_dtype(require: Any, tensor: Any, number: int, name: str, operation: str) -> None:
    """The constraint of numbers of rows. Where the rows' norms are looked at first, the indices are the second argument."""
    words = ("Expected tensor for argument #{0} '{1}' to have one of the following scalar types: Long, Int; but got {2} instead (while checking "
             "arguments for {3})")  # fmt: skip
    require(tensor.dtype in (int32, int64), RuntimeError, words, number, name, type_text(tensor), operation,
            also=((RuntimeError, words.replace("{0}", "2").replace("{3}", "embedding_renorm_")),))  # fmt: skip


def frequencies(indices: Any, count: int) -> Any:
    """How often each of ``count`` numbers is among a vector of indices, in float64."""
    ones = wide(indices.new_ones(indices.shape))
    return ones.new_zeros(count).index_add(0, indices, ones)


@op("function", contract=EXACT, dtypes="every")
def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """The rows ``weight[i]`` of a table, for each number ``i`` of a tensor.

    Shapes: ``weight`` (N, D), ``indices`` of any shape, the result has one dimension more, of D. Dtypes: any for the weight, int32 or int64 for
    the indices. Special cases: negative indices do not count from the end. Errors: RuntimeError for a weight that is no matrix, and other indices;
    IndexError for an index out of range. Gradient: each row gets the sum of what arrives where it was picked, but the row ``padding_idx``, if it is
    not negative, gets 0; with ``scale_grad_by_freq`` it is divided by how often the row was picked. A sparse gradient is a NotImplementedError.

    >>> embedding(tensor([[1., 2.], [3., 4.]]), tensor([1, 1, 0]))
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])
    """
    return weight.index_select(0, indices.reshape(-1)).view(*indices.shape, weight.shape[1])


@embedding.constraints
def _(require, weight, indices):
    require(weight.dim() == 2, RuntimeError, "'weight' must be 2-D", also=NO_SIZE)
    index_dtype(require, indices, 1, "indices", "embedding")
    if weight.dim() == 2 and indices.dtype in (int32, int64):
        require.indices(indices, weight.shape[0], 0)


def _embedding_gradient(grad: Any, weight_shape: Any, indices: Any, padding_idx: int, scale_grad_by_freq: bool, sparse: bool) -> Any:
    if sparse:
        raise NotImplementedError("embedding: refimpl has no sparse gradients")
    count, size = weight_shape
    places = indices.reshape(-1)
    rows = (grad if grad.is_complex() else wide(grad)).reshape(places.numel(), size)
    if scale_grad_by_freq:
        rows = rows / frequencies(places, count).index_select(0, places).unsqueeze(1)
    rows = rows.masked_fill((places == padding_idx).unsqueeze(1), 0)
    return rows.new_zeros(count, size).index_add(0, places, rows)


embedding.derivative(weight=_embedding_gradient)


@op("function", contract=conditioned(4), sharing=COMPUTED)
def embedding_renorm_(input, indices, max_norm, norm_type):
    """Shorten the rows that ``indices`` names to ``max_norm``, in place: those whose norm of order ``norm_type`` is greater.

    Each of them is multiplied by ``max_norm / (norm + 1e-7)``, once, however often it is named. Shapes: ``input`` (N, D), ``indices`` of any shape.
    Dtypes: floating point ones; int32 or int64 for the indices. Special cases: a row with NaN stays; a negative index counts from the end. Errors:
    RuntimeError for an input that is no matrix, for other indices and other dtypes, and for an order that rows without elements have no norm of;
    IndexError for an index out of range. There is no gradient.

    >>> embedding_renorm_(tensor([[3., 4.], [3., 4.]]), tensor([1]), 1.0, 2.0)
    tensor([[3.0000, 4.0000],
            [0.6000, 0.8000]])
    """
    if not indices.numel():
        return input
    places = indices.reshape(-1).to(int64).remainder(max(input.shape[0], 1))
    rows = input.index_select(0, places)
    norms = wide(rows.norm(norm_type, 1, True))
    if not anywhere(norms > max_norm):  # nothing is written, not to a table whose elements share memory either
        return input
    factors = where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)
    return overwrite(input, input.index_copy(0, places, (rows * factors).to(input.dtype)))


@embedding_renorm_.constraints
def _(require, input, indices, norm_type):
    measurable = input.dtype.category > 1 or not indices.numel()
    require(measurable, RuntimeError, "norm(): input dtype should be either floating point or complex. Got {} instead.", input.dtype.type_name)
    require(input.dim() == 2, RuntimeError, "Expected 2-dimensional tensor, but got {}-dimensional tensor for argument #1 'self' (while checking "
            "arguments for embedding_renorm_)", input.dim())  # fmt: skip
    defined = input.shape[-1:] != (0,) or not indices.numel() or 0.0 <= norm_type < inf
    require(defined, RuntimeError, "linalg.vector_norm cannot compute the {:g} norm on an empty tensor because the operation does not have an "
            "identity", norm_type)  # fmt: skip
    index_dtype(require, indices, 2, "indices", "embedding_renorm_")
    if input.dim() == 2 and indices.dtype in (int32, int64):
        wrong = sorted(outside(indices, -input.shape[0], input.shape[0]))
        require(not wrong, IndexError, "select(): index {} out of range for tensor of size {} at dimension 0", wrong and wrong[0], list(input.shape))


def _none(grad: Any) -> NoReturn:
    raise NotImplementedError("the derivative for 'embedding_renorm' is not implemented.")


embedding_renorm_.derivative(input=_none)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def nn_functional_embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """The rows ``weight[i]`` of a table, for each number ``i`` of ``input``; ``max_norm`` shortens those rows first, in the table itself.

    Shapes, dtypes, special cases and gradient: as for :func:`embedding`; a negative ``padding_idx`` counts from the end.
    Errors: as there, and those of :func:`embedding_renorm_`; AssertionError for a ``padding_idx`` that is no row.

    >>> nn.functional.embedding(tensor([1, 0]), tensor([[1., 2.], [3., 4.]]), max_norm=5.0)
    tensor([[3., 4.],
            [1., 2.]])
    """
    padding = -1 if padding_idx is None else padding_idx + weight.size(0) if padding_idx < 0 else padding_idx
    if max_norm is not None:
        embedding_renorm_(weight.detach(), input.contiguous(), max_norm, norm_type)
    return embedding(weight, input, padding, scale_grad_by_freq, sparse)


@nn_functional_embedding.constraints
def _(require, weight, padding_idx):
    within = padding_idx is None or (padding_idx < weight.size(0) if padding_idx > 0 else not padding_idx < 0 or padding_idx >= -weight.size(0))
    require(within, AssertionError, "Padding_idx must be within num_embeddings")
