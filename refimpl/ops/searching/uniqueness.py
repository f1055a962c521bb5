"""The different elements, or slices, of a tensor, how often each is there, and which elements are among those of another tensor.

Equal elements are neighbours once they are in order: where an element differs from the one before it, a new number begins.
"""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import complex128, int64
from ...foundation.layout import wrap_dim
from ...foundation.promotion import number_dtype
from ...operations.dtype_support import common_dtype
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...operations.slices import shape_of
from ...tensor import Tensor
from ..reductions.sorting import sort
from ..shared.elementwise import number_as
from ..shared.gradients import not_differentiable

_REAL = "bool integer floating unsigned"


def _begins(lines: Tensor) -> Tensor:
    """Which rows differ from the one before them, as the first does from nothing."""
    result = lines.new_ones((lines.shape[0],), dtype=None).bool() if lines.dim() < 2 else lines.new_ones((lines.shape[0],)).bool()
    if lines.shape[0] > 1:
        differ = lines.narrow(0, 1, lines.shape[0] - 1) != lines.narrow(0, 0, lines.shape[0] - 1)
        result.narrow(0, 1, lines.shape[0] - 1).copy_(differ if lines.dim() < 2 else differ.flatten(1).any(1))
    return result


def _counted(number: Tensor, count: int) -> Tensor:
    """How often each of the numbers 0, 1, ..., ``count - 1`` is there."""
    return number.new_zeros((count,)).scatter_add(0, number, number.new_ones(number.shape))


def _dense_ranks(matrix: Tensor) -> Tensor:
    """For each element of a column of a matrix how many different ones of that column are less."""
    values, places = sort(matrix, 0)
    later = values.narrow(0, 1, values.shape[0] - 1) != values.narrow(0, 0, values.shape[0] - 1)
    ranks = places.new_zeros(places.shape)
    ranks.narrow(0, 1, ranks.shape[0] - 1).copy_(later.cumsum(0))
    return ranks.scatter(0, places, ranks)


def _order_of_rows(matrix: Tensor) -> Tensor:
    """Where the rows of a matrix stand in lexicographic order: two columns of ranks become one, until there is one."""
    from ..joining.joining import cat

    ranks = _dense_ranks(matrix)
    while ranks.shape[1] > 1:
        half = ranks.shape[1] // 2
        pairs = ranks.narrow(1, 0, 2 * half).unflatten(1, (half, 2))
        both = pairs.select(2, 0) * ranks.shape[0] + pairs.select(2, 1)
        ranks = _dense_ranks(cat((both, ranks.narrow(1, 2 * half, ranks.shape[1] - 2 * half)), 1))
    return sort(ranks.select(1, 0))[1]


def _rows(input: Tensor, dim: int) -> Tensor:
    """The slices along a dimension as the rows of a matrix."""
    moved = input.detach().movedim(dim, 0)
    return moved.reshape((moved.shape[0], -1))


def _slices(rows: Tensor, input: Tensor, dim: int) -> Tensor:
    """Rows as slices along a dimension again."""
    others = [n for k, n in enumerate(input.shape) if k != wrap_dim(dim, input.dim())]
    return rows.view((rows.shape[0], *others)).movedim(0, dim)


def _has_slices(require: Any, input: Tensor, dim: int) -> None:
    require.dimension(dim, input, zero_dim=False)
    empty = sum(n == 0 for n in input.shape)
    require(not empty or input.shape[dim] == 0, RuntimeError,
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")  # fmt: skip
    require(empty < 2 or input.shape[dim], RuntimeError, "Number of zero sized dimensions is more than one, so unique cannot be applied ")


def _none(input: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The results where there are no slices."""
    return input.new_empty(input.shape), input.new_empty((0,), dtype=int64), input.new_empty((0,), dtype=int64)


def _passed_on(require: Any, function: str, input: Any, flags: dict[str, Any], dim: Any, place: str) -> None:
    """The types of the arguments, which torch hands on from Python to another function."""
    require(isinstance(input, Tensor), TypeError, "{}(): argument 'input' (position 1) must be Tensor, not {}", function, type(input).__name__)
    for name, flag in flags.items():
        require(isinstance(flag, bool), TypeError, "{}(): argument '{}' must be bool, not {}", function, name, type(flag).__name__)
    require(dim is None or isinstance(dim, (int, Tensor)) and not isinstance(dim, bool), TypeError,
            "{}(): argument 'dim'{} must be int, not {}", function, place, type(dim).__name__)  # fmt: skip
    require(not isinstance(dim, int) or -(2**63) <= dim < 2**63, ValueError, "Overflow when unpacking long long")


def _chosen(results: Any, inverse: Any, counts: Any) -> Any:
    """The results that were asked for: a tensor, or several as a tuple."""
    found = [result for result, wanted in zip(results, (True, inverse, counts)) if wanted]
    return found[0] if len(found) == 1 else tuple(found)


@op("only", dtypes=_REAL)
def _unique2(input, return_inverse=False, return_counts=False):
    """The different elements of a tensor, for each element the place of its equal, and how often each is there."""
    flat = input.detach().reshape(-1)
    values, places = sort(flat)
    begins = _begins(values)
    number = begins.cumsum(0) - 1
    found = values[begins]
    nothing = number.new_empty((0,))
    inverse = number.scatter(0, places, number).view(input.shape) if return_inverse or return_counts else nothing
    return found, inverse, _counted(number, found.shape[0]) if return_counts else nothing


_unique2.derivative(input=not_differentiable("_unique2"))


@op("only", name="_unique_dim", dtypes=_REAL)
def _unique_dim(input, dim):
    """The different slices of a tensor along ``dim`` in lexicographic order, for each slice the place of its equal, and how often each is there."""
    d = wrap_dim(dim, input.dim())
    if not input.shape[d]:
        return _none(input)
    rows = _rows(input, d)
    places = _order_of_rows(rows)
    ordered = rows.index_select(0, places)
    begins = _begins(ordered)
    number = begins.cumsum(0) - 1
    found = ordered.index_select(0, begins.nonzero().select(1, 0))
    return _slices(found, input, d), number.scatter(0, places, number), _counted(number, found.shape[0])


@_unique_dim.constraints
def _(require, input, dim):
    _has_slices(require, input, dim)


_unique_dim.derivative(input=not_differentiable("unique_dim"))


@op("method python", slices=shape_of("input", "_unique2"))
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements of a tensor, or its different slices along ``dim``, in order.

    Results: the elements as a vector (the slices along ``dim``, in lexicographic order); with ``return_inverse`` also, in the input's shape, the
    place of each element in that vector (for each slice); with ``return_counts`` also how often each is there. More than one result is a tuple.
    They are in order without ``sorted``, too. Dtypes: all but complex ones; places and counts are int64. Special cases: no NaN equals another one,
    and all come last; zeros of both signs are equal: either may stand for both. Errors: NotImplementedError for complex input; IndexError for a
    dimension that the input does not have; RuntimeError for another dimension of size 0 than ``dim``. No gradient: NotImplementedError in the
    backward pass. Source: torch.unique.

    >>> unique(tensor([3, 1, 3]), return_inverse=True, return_counts=True)
    (tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))
    """
    results = _unique2(input, return_inverse, return_counts) if dim is None else _unique_dim(input, int(dim))
    return _chosen(results, return_inverse, return_counts)


@unique.constraints
def _(require, input, sorted, return_inverse, return_counts, dim):
    flags = {"sorted": sorted, "return_inverse": return_inverse, "return_counts": return_counts}
    _passed_on(require, "_unique2" if dim is None else "unique_dim", input, flags, dim, " (position 2)")


@op("only", dtypes=_REAL, name="_unique_consecutive", node="UniqueConsecutiveBackward0")
def _unique_consecutive(input, dim):
    """The first of each run of equal neighbours, for each element or slice the number of its run, and how long each is."""
    if dim is None:
        lines = input.detach().reshape(-1)
    elif not input.shape[dim]:
        return _none(input)
    else:
        lines = _rows(input, wrap_dim(dim, input.dim()))
    begins = _begins(lines)
    number = begins.cumsum(0) - 1
    found = lines.index_select(0, begins.nonzero().select(1, 0))
    counts = _counted(number, found.shape[0])
    return (found, number.view(input.shape), counts) if dim is None else (_slices(found, input, dim), number, counts)


@_unique_consecutive.constraints
def _(require, input, dim):
    if dim is not None:
        _has_slices(require, input, dim)


_unique_consecutive.derivative(input=not_differentiable("unique_consecutive"))


@op("method python", slices=shape_of("input", "unique_consecutive"))
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The elements of a tensor, or its slices along ``dim``, without those that equal the one before them.

    Results: as those of :func:`unique`, but in the order in which they stand: runs of equal neighbours count, and not what is equal elsewhere.
    Dtypes, special cases and errors: as there; of a run the first stands for all. No gradient: NotImplementedError in the backward pass.
    Source: torch.unique_consecutive.

    >>> unique_consecutive(tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    return _chosen(_unique_consecutive(input, None if dim is None else int(dim)), return_inverse, return_counts)


@unique_consecutive.constraints
def _(require, input, return_inverse, return_counts, dim):
    _passed_on(require, "unique_consecutive", input, {"return_inverse": return_inverse, "return_counts": return_counts}, dim, "")


# -- membership ------------------------------------------------------------------------------------


@op("function number out", differentiable=False, out=EXACT_OUTPUT, sharing=COMPUTED)
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """For each element whether it is one of ``test_elements``; with ``invert`` whether it is none of them.

    Shapes: that of ``elements``; ``test_elements`` may have any. Either of the two may be a number. Dtypes: integers and real floating point ones,
    which are compared in their common dtype (a number in the tensor's, unless it is of a higher category); the result is bool. ``assume_unique``
    says nothing here. Special cases: NaN is none of anything; zeros of both signs are equal. Errors: RuntimeError for bool and complex tensors. No
    gradient. Source: torch.isin.

    >>> isin(tensor([[1, 2], [3, 4]]), tensor([2, 3]))
    tensor([[False,  True],
            [ True, False]])
    """
    from ..joining.joining import cat

    if not isinstance(test_elements, Tensor):
        return elements.detach().contiguous() != test_elements if invert else elements.detach().contiguous() == test_elements
    d = common_dtype(elements, test_elements)
    mine = elements.detach().to(d).reshape(-1) if isinstance(elements, Tensor) else test_elements.new_full((1,), number_as(elements, d), dtype=d)
    everything = cat((mine, test_elements.detach().to(d).reshape(-1)))
    number = _unique2(everything, True)[1]
    present = everything.new_zeros(everything.shape).bool().index_fill(0, number.narrow(0, mine.shape[0], test_elements.numel()), True)
    found = present.index_select(0, number.narrow(0, 0, mine.shape[0])).view(elements.shape if isinstance(elements, Tensor) else ())
    return found.logical_not() if invert else found


@isin.constraints
def _(require, elements, test_elements):
    for tensor in (elements, test_elements):
        d = tensor.dtype if isinstance(tensor, Tensor) else complex128 if isinstance(tensor, complex) else number_dtype(tensor)
        require(d.category in (1, 2), RuntimeError, "Unsupported input type encountered for isin(): {}", d.type_name)
