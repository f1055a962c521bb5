"""Places in sorted sequences, by bisection."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import int32, int64
from ...operations.dtype_support import common_dtype
from ...operations.output_kinds import OutputKind, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor
from ..pointwise.replacement import where
from ..shared.elementwise import number_as

_OUT_DTYPE = "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on whether out_int32 flag " \
             "is True, but we got output tensor's dtype {out} and out_int32 flag is "
_KINDS = {flag: exact(_OUT_DTYPE + str(flag)).contiguous() for flag in (False, True)}


def _output(bound: dict[str, Any]) -> OutputKind:
    """The output has the dtype that ``out_int32`` asks for."""
    return _KINDS[bool(bound["out_int32"])]


def bisected(sequence: Tensor, values: Tensor, right: bool) -> Tensor:
    """For each value the place in its line of the sequence at which bisection ends: between ``start`` and ``end`` the middle element decides.

    It goes to the right of an element that is not at least (``right``: not greater than) the value, which a NaN is of nothing.
    """
    size = sequence.shape[-1]
    start = values.new_zeros(values.shape, dtype=int64)
    if not size or not values.numel():
        return start
    end = start + size
    for _ in range(size.bit_length()):
        middle = (start + end) >> 1
        inside = middle.clamp(max=size - 1)
        there = sequence.gather(-1, inside) if sequence.dim() > 1 else sequence.take(inside)
        behind = (there > values if right else there >= values).logical_not() & (start < end)
        start, end = where(behind, middle + 1, start), where(behind, end, middle)
    return start


def _places(sequence: Tensor, values: Any, out_int32: bool, right: bool) -> Tensor:
    d = common_dtype(sequence, values)
    sought = values.detach().to(d).contiguous() if isinstance(values, Tensor) else sequence.new_full((), number_as(values, d), dtype=d)
    return bisected(sequence.detach().to(d), sought, right).to(int32 if out_int32 else int64)


@op("function out", differentiable=False, out=_output, sharing=COMPUTED, dtypes="integer floating", operands="sorted_sequence input")
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """For each value where it belongs in a sorted sequence: how many elements stand before it.

    Of the sequence the last dimension is sorted, in ascending order; its others are those of ``input``, unless the sequence is a vector, in which all
    values are looked for. ``input`` may be a number for a vector. The place is that before all elements that equal the value; with
    ``right``, or ``side="right"``, that behind them. With ``sorter``, int64 places along the last dimension, the sequence is in the order that
    these give. Shapes: that of ``input``. Dtypes: integers and real floating point ones, compared in their common dtype; the result is int64, int32
    with ``out_int32``. Special cases: NaN is greater than all numbers; of a sequence that is not in order, or has NaN in it, the place comes at
    which bisection ends, which goes to the right of a NaN. Bisection takes a step for each binary digit of the size of the sequence, and so does
    every value here. Errors: RuntimeError for shapes that do not fit, a 0-d sequence, a ``side`` that is another word or contradicts ``right``, and
    a ``sorter`` of another dtype or shape or with a place that is out of range; NotImplementedError for bool and complex numbers. No gradient.
    Source: torch.searchsorted.

    >>> searchsorted(tensor([1, 3, 5]), tensor([[0, 3], [4, 9]]))
    tensor([[0, 1],
            [2, 3]])
    """
    sequence = sorted_sequence if sorter is None else sorted_sequence.detach().gather(-1, sorter)
    return _places(sequence, input, out_int32, right or side == "right")


@searchsorted.constraints
def _(require, sorted_sequence, input, right, side, sorter):
    sequence, is_tensor = list(sorted_sequence.shape), isinstance(input, Tensor)
    values = list(input.shape) if is_tensor else []
    require(side in (None, "left", "right"), RuntimeError, "torch.searchsorted(): side can only be 'left' or 'right' but got {}", side)
    require(side != "left" or not right, RuntimeError,
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True")  # fmt: skip
    require(values or len(sequence) == 1, RuntimeError, "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension "
            "is 1, but we got boundaries tensor dim({}) and input value's dim(0) numel(1)", len(sequence))  # fmt: skip
    require(sequence or not values, RuntimeError, "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension")
    fits = len(sequence) < 2 or len(sequence) == len(values) and sequence[:-1] == values[:-1]
    require(fits or not values, RuntimeError, "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor {} and input value tensor {}",
            sequence, values)  # fmt: skip
    order = sequence if sorter is None else list(sorter.shape)
    require(order == sequence, RuntimeError, "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {}and got "
            "sorter tensor {}", sequence, order)  # fmt: skip
    require(sorter is None or sorter.dtype is int64, RuntimeError, "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {}",
            sorter is None or sorter.dtype.type_name)  # fmt: skip
    inside = sorter is None or not sequence or not sorter.numel() or bool(((sorter >= 0) & (sorter < sequence[-1])).all())
    require(inside, RuntimeError, "torch.searchsorted(): sorter index out of range")


@op("function number out", differentiable=False, out=_output, sharing=COMPUTED, dtypes="integer floating", operands="input boundaries")
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """For each element the bucket that it falls into: how many of the boundaries lie below it, with ``right`` also of those that equal it.

    ``boundaries`` is a vector in ascending order. Shapes: that of ``input``, which may be a number. Dtypes, special cases and speed: as for
    :func:`searchsorted`. Errors: RuntimeError for boundaries that are no vector; NotImplementedError for bool and complex numbers. No gradient.
    Source: torch.bucketize.

    >>> bucketize(tensor([0., 1., 2.5]), tensor([1., 2., 3.]))
    tensor([0, 0, 2])
    """
    return _places(boundaries, input, out_int32, right)


@bucketize.constraints
def _(require, boundaries):
    require(boundaries.dim() == 1, RuntimeError, "boundaries tensor must be 1 dimension, but got dim({})", boundaries.dim())
