"""Sums, means and maxima of the rows of a table, over bags of row numbers: embedding_bag."""

from __future__ import annotations

import warnings
from typing import Any

from ....foundation.contracts import accumulated
from ....foundation.dtypes import int64
from ....foundation.promotion import promote_types
from ....operations.registry import op
from ....tensor import Tensor
from ...creation.ranges import arange
from ...pointwise.replacement import where
from ...shared.operands import outside, type_text
from ..normalisation.layers import IMPROVED
from ..softmax import wide
from .lookup import embedding_renorm_, frequencies, index_dtype

SUM, MEAN, MAX = 0, 1, 2
_MODES = {"sum": SUM, "mean": MEAN, "max": MAX}


def _bags(indices: Any, offsets: Any, include_last_offset: bool, padding_idx: int | None, rows: int) -> tuple[Any, Any, Any]:
    """The places in ``indices`` of what counts, the bag of each, and how many there are in each bag."""
    count = indices.shape[0]
    starts = (offsets[:-1] if include_last_offset else offsets).to(int64)
    marks = starts.new_zeros(count + 1).index_add(0, starts, starts.new_ones(starts.shape))
    bag = marks[:count].cumsum(0) - 1
    places = arange(count, device=indices.device)
    kept = bag >= 0
    if include_last_offset:
        kept = kept & (places < offsets[-1])
    if padding_idx is not None:
        kept = kept & (indices != padding_idx % rows)
    places = places.masked_select(kept)
    bag = bag.masked_select(kept)
    return places, bag, starts.new_zeros(starts.shape).index_add(0, bag, bag.new_ones(bag.shape))


def _maxima(weight: Any, indices: Any, sizes: Any) -> tuple[Any, Any]:
    """The maximum of each bag in each column, and its row: the first that no later one exceeds. 0 for a bag without rows."""
    best = weight.new_zeros(sizes.shape[0], weight.shape[1])
    row = indices.new_zeros(best.shape)
    starts = sizes.cumsum(0) - sizes
    for step in range(int(sizes.max()) if sizes.numel() else 0):
        bags = (sizes > step).nonzero().view(-1)
        candidates = indices.index_select(0, starts.index_select(0, bags) + step)
        numbers, known, known_row = weight.index_select(0, candidates), best.index_select(0, bags), row.index_select(0, bags)
        better = numbers > known if step else (numbers > known).fill_(True)  # the first one, whatever it is
        best = best.index_copy(0, bags, where(better, numbers, known))
        row = row.index_copy(0, bags, where(better, candidates.unsqueeze(1), known_row))
    return best, row


@op("function", contract=accumulated(2), graph="first_output_only", node="EmbeddingBagBackward0")
def embedding_bag(weight, indices, offsets, scale_grad_by_freq=False, mode=SUM, sparse=False, per_sample_weights=None, include_last_offset=False,
                  padding_idx=None):  # fmt: skip
    """For each bag of row numbers the sum (mode 0), the mean (1) or the maximum (2) of these rows of ``weight``, evaluated in binary64, rounded once.

    Bag b has ``indices[offsets[b]]`` up to the next offset; with ``include_last_offset`` the last offset ends the last bag. Numbers equal to
    ``padding_idx`` do not count. ``per_sample_weights`` multiply the rows of a sum. The results are these, the bag of each number that counts, the
    sizes of the bags, and of a maximum the row of each number, else the sizes again. Shapes: ``weight`` (N, D), ``indices`` and
    ``per_sample_weights`` (n), ``offsets`` (B), the first result (B, D). Dtypes: floating point ones, int32 or int64 for the numbers. Special cases:
    a bag without rows gives 0; a maximum that is NaN is so only if the first row has it. Errors: RuntimeError for other dtypes, indices out of range,
    offsets that do not begin with 0 or end behind the indices, and a ``padding_idx`` that is no row. Gradient: each row gets what arrives at its
    bags, times its weight, divided by the size of the bag for a mean, and for a maximum where it was the row; with ``scale_grad_by_freq`` divided by
    how often it is named. A sparse gradient is a NotImplementedError.

    >>> embedding_bag(tensor([[1., 2.], [3., 4.]]), tensor([0, 1, 1]), tensor([0, 2]))[0]
    tensor([[4., 6.],
            [3., 4.]])
    """
    places, bag, sizes = _bags(indices, offsets, include_last_offset, padding_idx, weight.shape[0])
    picked = indices.index_select(0, places).to(int64)
    if mode == MAX:
        best, row = _maxima(weight, picked, sizes)
        return best, bag, sizes, row
    rows = wide(weight).index_select(0, picked)
    if per_sample_weights is not None:
        rows = rows * wide(per_sample_weights).index_select(0, places).unsqueeze(1)
    total = rows.new_zeros(sizes.shape[0], weight.shape[1]).index_add(0, bag, rows)
    if mode == MEAN:
        total = total / wide(sizes).clamp(min=1).unsqueeze(1)
    return total.to(weight.dtype), bag, sizes, sizes.clone()


@embedding_bag.constraints
def _(require, weight, indices, offsets, mode, per_sample_weights, include_last_offset, padding_idx):
    common = promote_types(indices.dtype, offsets.dtype)
    index_dtype(require, indices.new_empty(0, dtype=common), 1, "indices", "embedding_bag")
    require(weight.is_floating_point(), RuntimeError, "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, "
            "BFloat16, Float, Double; but got {} instead (while checking arguments for embedding_bag)", type_text(weight))  # fmt: skip
    same = per_sample_weights is None or per_sample_weights.dtype is weight.dtype
    require(same, RuntimeError, "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 'per_sample_weights'; but "
            "type {} does not equal {} (while checking arguments for embedding_bag)", type_text(weight),
            same or type_text(per_sample_weights))  # fmt: skip
    rows, count = weight.shape[0], indices.shape[0]
    require(padding_idx is None or -rows <= padding_idx < rows, RuntimeError, "padding_idx must be within the number of embeddings, -{} through {}, "
            "but got {}", rows, rows - 1, padding_idx)  # fmt: skip
    require(not include_last_offset or offsets.numel(), RuntimeError, "include_last_offset: number of offset should be at least 1")
    if common.category == 1 and offsets.numel() and not offsets.is_meta:
        first, last = int(offsets[0]), int(offsets[-1])
        require(first == 0, RuntimeError, "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
                "got {}\n[ {}{{}} ]", first, type_text(offsets))  # fmt: skip
        require(last <= count, RuntimeError, "offsets[-1] can not be greater than input's length {} but got offsets[-1] of {}", count, last)
    if common.category == 1:
        found = outside(indices, 0, rows)
        wrong = [(place, i) for place, i in enumerate(indices.tolist() if found else ()) if i in found]
        require(not wrong, RuntimeError, "Index {} of input takes value {} which is not in the valid range [0, {})", *(wrong or [(0, 0)])[0], rows,
                also=(
            (IndexError, "index out of range in self"), (RuntimeError, "Expected i < index_size to be true, but got false.  " + IMPROVED),
            *[(RuntimeError, f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {i}") for _, i in wrong]))  # fmt: skip


def _weight_gradient(grad: Any, weight_shape: Any, indices: Any, offsets: Any, scale_grad_by_freq: bool, mode: int, sparse: bool,
                     per_sample_weights: Any, include_last_offset: bool, padding_idx: int | None, result3: Any) -> Any:  # fmt: skip
    if sparse:
        raise NotImplementedError("embedding_bag: refimpl has no sparse gradients")
    g, (count, size) = wide(grad), weight_shape
    places, bag, sizes = _bags(indices, offsets, include_last_offset, padding_idx, count)
    if mode == MAX:
        return g.new_zeros(count, size).scatter_add(0, result3, g.masked_fill((sizes == 0).unsqueeze(1), 0))
    picked = indices.index_select(0, places).to(int64)
    if mode == MEAN:
        g = g / wide(sizes).clamp(min=1).unsqueeze(1)
    rows = g.index_select(0, bag)
    if per_sample_weights is not None:
        rows = rows * wide(per_sample_weights).index_select(0, places).unsqueeze(1)
    if scale_grad_by_freq:
        rows = rows / frequencies(indices, count).index_select(0, picked).unsqueeze(1)
    return rows.new_zeros(count, size).index_add(0, picked, rows)


def _sample_gradient(grad: Any, weight: Any, indices: Any, offsets: Any, include_last_offset: bool, padding_idx: int | None) -> Any:
    places, bag, _ = _bags(indices, offsets, include_last_offset, padding_idx, weight.shape[0])
    rows = wide(weight).index_select(0, indices.index_select(0, places))
    products = (wide(grad).index_select(0, bag) * rows).sum(1)
    return products.new_zeros(indices.shape).index_copy(0, places, products)


embedding_bag.derivative(
    weight=lambda grads, weight_shape, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx,
    result3: _weight_gradient(grads[0], weight_shape, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
                              padding_idx, result3),
    per_sample_weights=lambda grads, weight, indices, offsets, include_last_offset, padding_idx: _sample_gradient(
        grads[0], weight, indices, offsets, include_last_offset, padding_idx),
)  # fmt: skip


@op("function python", namespace="nn.functional", contract=accumulated(2))
def nn_functional_embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
                                per_sample_weights=None, include_last_offset=False, padding_idx=None):  # fmt: skip
    """For each bag of row numbers the mean, the sum or the maximum of these rows of ``weight``; ``max_norm`` shortens the rows first, in place.

    Shapes: ``input`` (n) with ``offsets`` (B), or (B, n), whose rows are the bags; ``weight`` (N, D); the result (B, D). Dtypes, special cases and
    gradient: as for :func:`embedding_bag`. Errors: as there; ValueError for other numbers of dimensions, for another ``mode``, for
    ``per_sample_weights`` of another shape, and for a maximum whose gradient is to be scaled or sparse; NotImplementedError for weights of a mean or
    a maximum.

    >>> nn.functional.embedding_bag(tensor([[0, 1], [1, 1]]), tensor([[1., 2.], [3., 4.]]))
    tensor([[2., 3.],
            [3., 4.]])
    """
    if weight.dtype is int64 and input.is_floating_point():
        warnings.warn("Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is deprecated, and "
                      "should now be `embedding_bag(input, weight, ...)`.", stacklevel=3)  # fmt: skip
        weight, input = input, weight
    if input.dim() == 2:
        offsets = arange(0, input.numel(), input.shape[1], dtype=input.dtype, device=input.device)
        include_last_offset, input = False, input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    rest = (input, offsets, scale_grad_by_freq, _MODES[mode], sparse, per_sample_weights, include_last_offset, padding_idx)
    if max_norm is not None:
        embedding_bag(weight.detach(), *rest)  # whose errors come before anything is written
        embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return embedding_bag(weight, *rest)[0]


@nn_functional_embedding_bag.constraints
def _(require, input, weight, offsets, max_norm, scale_grad_by_freq, mode, sparse, per_sample_weights):
    if weight.dtype is int64 and input.is_floating_point():
        weight, input = input, weight
    if max_norm is not None:
        index_dtype(require, input, 1, "indices", "embedding_bag")
    alike = per_sample_weights is None or per_sample_weights.shape == input.shape
    require(alike, ValueError, "embedding_bag: If per_sample_weights ({}) is not None, then it must have the same shape as the input ({})",
            alike or per_sample_weights.shape, input.shape)  # fmt: skip
    require(weight.dim() == 2, ValueError, "weight has to be a 2D Tensor, but got Tensor of dimension {}", weight.dim())
    require(input.dim() in (1, 2), ValueError, "input has to be 1D or 2D Tensor, but got Tensor of dimension {}", input.dim())
    if input.dim() == 2:
        kind = "<class 'torch.Tensor'>" if isinstance(offsets, Tensor) else type(offsets)
        require(offsets is None, ValueError, "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                "sequences. However, found offsets of type {}", kind)  # fmt: skip
    elif input.dim() == 1:
        require(offsets is not None, ValueError, "offsets has to be a 1D Tensor but got None")
        require(offsets is None or offsets.dim() == 1, ValueError, "offsets has to be a 1D Tensor")
    require(mode in _MODES, ValueError, "mode has to be one of sum, mean or max")
    require(mode != "max" or not scale_grad_by_freq, ValueError, "max mode does not support scaling the gradient by the frequency")
    require(mode != "max" or not sparse, ValueError, "max mode does not support sparse weights")
    require(per_sample_weights is None or mode == "sum", NotImplementedError, "embedding_bag: per_sample_weights was not None. per_sample_weights is "
            "only supported for mode='sum' (got mode='{}'). Please open a feature request on GitHub.", mode)  # fmt: skip
