"""Elements by their rank: the median, the k-th least element, and the most frequent one.

NaN counts as the greatest. Of equal elements any may be taken: zeros of both signs are equal, and torch leaves their places open.
"""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.dtypes import float64, int64
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import OutputKind, exact
from ...operations.registry import op
from ...operations.sharing import RUNNING
from ...tensor import Tensor
from .extremes import _shared, _to_places
from .sorting import sort
from .sums import without_dims


def _picked(input: Tensor, dim: int, keepdim: bool, rank: Any) -> tuple[Tensor, Tensor]:
    """The elements of some ranks along a dimension, and where they stand. ``rank`` gives the ranks (counted from 0) of the elements in order."""
    if not input.dim():
        return input.detach().clone(), input.new_zeros((), dtype=int64)
    d = wrap_dim(dim, input.dim())
    values, places = sort(input.detach(), d)
    ranks = rank(values, d)
    found = values.gather(d, ranks), places.gather(d, ranks)
    return found if keepdim else (without_dims(found[0], (d,)), without_dims(found[1], (d,)))


def _constant(values: Tensor, d: int, rank: int) -> Tensor:
    """The same rank for every line along a dimension."""
    return values.new_full([1 if k == d else n for k, n in enumerate(values.shape)], rank, dtype=int64)


def _has_elements(require: Any, input: Tensor, dim: int, name: str) -> None:
    """The dimension exists, and has elements."""
    require.dimension(dim, input)
    require(not input.dim() or input.shape[dim], IndexError, "{}(): Expected reduction dim {} to have non-zero size.", name,
            dim % (input.dim() or 1))  # fmt: skip


# -- median ----------------------------------------------------------------------------------------


def _middle(ignore_nan: bool) -> Any:
    """The rank of the median: the lower one of the two elements in the middle; the first NaN's if there is one, unless NaN are ignored."""

    def rank(values: Tensor, d: int) -> Tensor:
        size = values.shape[d]
        if values.dtype.category < 2:
            return _constant(values, d, (size - 1) // 2)
        count = values.isnan().logical_not().sum(d, True)
        if ignore_nan:
            return (count - 1).clamp(min=0).div(2, rounding_mode="floor")
        return count.masked_fill(count == size, (size - 1) // 2)

    return rank


def _median_node(bound: dict[str, Any]) -> str:
    return ("Nanmedian" if bound["ignore_nan"] else "Median") + f"Backward{int('dim' in bound)}"


@op("only", name="_median_dim", node=_median_node, dtypes="integer floating")
def _median_dim(input, dim, keepdim, ignore_nan):
    """The medians along a dimension, and where they stand."""
    kind = return_types.nanmedian if ignore_nan else return_types.median
    return kind(_picked(input, dim, keepdim, _middle(ignore_nan)))


@_median_dim.constraints
def _(require, input, dim):
    _has_elements(require, input, dim, "median")


_median_dim.derivative(input=_to_places)


@op("only", name="_median_all", node=_median_node, dtypes="integer floating")
def _median_all(input, ignore_nan):
    """The median of all elements: of no elements NaN, as an integer what that is cast to."""
    flat = input.detach().reshape(-1)
    if not flat.numel():
        return flat.new_tensor(float("nan"), dtype=None if input.dtype.category > 1 else float64).to(input.dtype)
    return _picked(flat, 0, False, _middle(ignore_nan))[0]


_median_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, nan_attained=True))


def _median_output(name: str) -> OutputKind:
    """The outputs have the dtypes of the results."""
    values = "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type {} does not equal {} (while checking " \
             "arguments for median)"
    types = [("torch.{out}Tensor", "CPU{out}Type"), ("torch.{result}Tensor", "CPU{result}Type")]
    words = [values.format(mine, theirs) for mine in types[0] for theirs in types[1]]
    words += [f"Expected tensor for argument #1 'indices' to have scalar type Long; but got {mine} instead (while checking arguments for median)"
              for mine in types[0]]
    return exact(words[0])._replace(also=tuple(words[1:]))


@op("method out", out=_median_output("median"), sharing=RUNNING)
def median(input, dim=None, keepdim=False):
    """The element in the middle of all, or of those along ``dim`` with its place: of an even number of elements the lower one of the two.

    Shapes: the result for all is 0-d; along ``dim``, which disappears or has size 1 with ``keepdim``, there is a named tuple (values, indices).
    Dtypes: integers and real floating point ones; the indices are int64. Special cases: NaN if there is one; no elements at all give NaN, as an
    integer what NaN is cast to; of equal elements any place may be given. Errors: IndexError for a dimension that the input does not have, or that
    has no elements; NotImplementedError for bool and complex input. Gradient: without ``dim`` in equal parts to all elements that are the
    median, with ``dim`` to the place that was returned. Source: torch.median.

    >>> median(tensor([[1., 5., 3.], [4., nan, 2.]]), 1)
    torch.return_types.median(
    values=tensor([3., nan]),
    indices=tensor([2, 1]))
    """
    return _median_all(input, False) if dim is None else _median_dim(input, dim, keepdim, False)


@op("method out", out=_median_output("nanmedian"), sharing=RUNNING)
def nanmedian(input, dim=None, keepdim=False):
    """The element in the middle of all that are not NaN, or of those along ``dim`` with its place: of an even number the lower one of the two.

    Shapes, dtypes, errors and gradient: as for :func:`median`. Special cases: NaN where all elements are.

    >>> nanmedian(tensor([1., nan, 3., 2.]))
    tensor(2.)
    """
    return _median_all(input, True) if dim is None else _median_dim(input, dim, keepdim, True)


# -- the k-th least --------------------------------------------------------------------------------


@op("method out", out=exact("output values must be of same type as input")._replace(also=("output indices must be of scalar type Long",)),
    sharing=RUNNING, dtypes="integer floating")  # fmt: skip
def kthvalue(input, k, dim=-1, keepdim=False):
    """The ``k``-th least element along ``dim``, counted from 1, and where it stands: a named tuple (values, indices).

    Shapes: ``dim`` disappears, or has size 1 with ``keepdim``; a 0-d tensor counts as one element. Dtypes: integers and real floating point ones;
    the indices are int64. Special cases: NaN counts as the greatest; of equal elements any place may be given. Errors: IndexError for a dimension
    that the input does not have, or that has no elements; RuntimeError for a ``k`` that is not between 1 and the size of the dimension;
    NotImplementedError for bool and complex input. Gradient: to the place that was returned. Source: torch.kthvalue.

    >>> kthvalue(tensor([3, 1, 2]), 2)
    torch.return_types.kthvalue(
    values=tensor(2),
    indices=tensor(2))
    """
    return return_types.kthvalue(_picked(input, dim, keepdim, lambda values, d: _constant(values, d, k - 1)))


@kthvalue.constraints
def _(require, input, k, dim):
    _has_elements(require, input, dim, "kthvalue")
    require(1 <= k <= max(input.shape[dim] if input.dim() else 1, 1), RuntimeError, "kthvalue(): selected number k out of range for dimension {}",
            dim % (input.dim() or 1))  # fmt: skip


kthvalue.derivative(input=_to_places)


# -- the most frequent -----------------------------------------------------------------------------


def _end_of_longest(values: Tensor, d: int) -> Tensor:
    """Of elements in order, where the first of the longest runs of equal elements ends."""
    size = values.shape[d]
    new = values.narrow(d, 1, size - 1) != values.narrow(d, 0, size - 1)
    number = values.new_zeros(values.shape, dtype=int64)
    number.narrow(d, 1, size - 1).copy_(new.cumsum(d))
    lengths = number.new_zeros(number.shape).scatter_add(d, number, number.new_ones(number.shape))
    return lengths.cumsum(d).gather(d, lengths.argmax(d, True)) - 1


_MODE_OUTPUT = exact("expected scalar type '{result}' but got '{out}' for values output")._replace(
    also=("expected scalar type '{result}' but got '{out}' for indices output",))


@op("method out", out=_MODE_OUTPUT, sharing=RUNNING)
def mode(input, dim=-1, keepdim=False):
    """The most frequent element along ``dim``, of several the least, and where it stands: a named tuple (values, indices).

    Shapes: ``dim`` disappears, or has size 1 with ``keepdim``; a 0-d tensor counts as one element. Dtypes: all but complex ones, which may only be
    0-d or have no elements; the indices are int64. Special cases: no NaN equals another one, so each occurs once; of equal elements any place may be
    given. Errors: IndexError for a dimension that the input does not have, or that has no elements; NotImplementedError for complex input.
    Gradient: to the place that was returned. Source: torch.mode.

    >>> mode(tensor([2, 3, 3, 1, 2, 3]))
    torch.return_types.mode(
    values=tensor(3),
    indices=tensor(5))
    """
    return return_types.mode(_picked(input, dim, keepdim, _end_of_longest))


@mode.constraints
def _(require, input, dim):
    _has_elements(require, input, dim, "mode")
    require(not input.is_complex() or not input.dim() or not input.numel(), NotImplementedError, "\"mode_cpu\" not implemented for '{}'",
            input.dtype.type_name)  # fmt: skip


mode.derivative(input=_to_places)
