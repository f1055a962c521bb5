"""Known differences of writes: several to one place, and those that read what they have written."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Iterator, Sequence

from refimpl.operations.operation import operations

from ..accuracy.number_formats import FORMATS, REAL, round_to
from ..cases.case import INPLACE_OPERATORS, ITEMSIZE, Case, element_offsets
from ..cases.deviation import Deviation
from .entry import KnownDifference, complex_number, numbers, overlaps


def _order_of_writes(case: Case, deviation: Deviation) -> bool:
    """The number is one of those that were written, or of those that were there."""
    input, *others = case.tensors()
    choices = frozenset().union(*[rounded(numbers(case, spec), input.dtype) for spec in (input, *others)])
    return overlaps(input) and among((complex_number(deviation.expected), complex_number(deviation.got)), choices)


def _places_of_a_view(case: Case, deviation: Deviation) -> bool:
    """The view that is replaced has a place several times, or the input has; the number is one of those that were written, or were there."""
    input, *others = case.tensors()
    given = dict(zip(("input", "src", "size", "stride"), case.args)) | case.kwargs
    places = element_offsets(tuple(given["size"]), tuple(given["stride"]), 0)
    choices = frozenset().union(*[rounded(numbers(case, spec), input.dtype) for spec in (input, *others)])
    several = overlaps(input) or len(set(places)) < len(places)
    return several and among((complex_number(deviation.expected), complex_number(deviation.got)), choices)


def _source_in_the_target(case: Case, deviation: Deviation) -> bool:
    """The tensor that is written has gaps, and an operand lies in the same memory."""
    target = case.target
    if target is None:
        return False
    places = element_offsets(target.shape, target.strides, target.offset)
    gaps = len(places) > 0 and max(places) - min(places) + 1 > len(places)
    return gaps and any(spec.buffer == target.buffer for spec in case.tensors()[1:])


def _operand_in_the_target(case: Case, deviation: Deviation) -> bool:
    """As :func:`_source_in_the_target`, with an operand whose elements do not lie each at the place of the one that is computed of it."""
    target = case.target
    others = [spec for spec in case.tensors()[1:] if target is not None and spec.buffer == target.buffer]
    moved = any((spec.shape, spec.strides, spec.offset) != (target.shape, target.strides, target.offset) for spec in others if target is not None)
    return moved and _source_in_the_target(case, deviation)


def _repeated_indices(case: Case, deviation: Deviation) -> bool:
    """Some index comes twice, and both results are among the values that were written."""
    if case.kwargs.get("accumulate") or any(value is True for value in case.args[3:]):
        return False
    written, *others = case.tensors()
    found = (complex_number(deviation.expected), complex_number(deviation.got))
    scalars = tuple([v for v in case.args if isinstance(v, (int, float, complex))])
    sources = [rounded(numbers(case, spec), written.dtype) for spec in others] + [rounded(scalars, written.dtype)]
    if not among(found, frozenset().union(*sources)):
        return False
    indices = [numbers(case, spec) for spec in others if spec.dtype in ("int64", "int32", "int16", "int8", "uint8")]
    indices += [tuple(_integers(index)) for index in _lists(case.args[1:])]
    return any(len({v % length for v in places}) < len(places) for places in indices for length in written.shape if length)  # -1 is the last one


def _lists(value: Any) -> Iterator[list[Any]]:
    """The lists in an index, each of which is one index."""
    if isinstance(value, list):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _lists(item)


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _integers(item)
    elif isinstance(value, int):
        yield value


@lru_cache(maxsize=16)
def rounded(values: tuple[Any, ...], dtype: str) -> frozenset[complex]:
    """Numbers as elements of a dtype. What an integer becomes of one that does not fit is undefined: 0, the least, the largest, modulo 2**bits."""
    if dtype in FORMATS:
        pairs = dtype in REAL
        return frozenset([complex(round_to(float(v.real), dtype), round_to(float(v.imag), dtype) if pairs else 0.0) for v in values])
    if dtype == "bool":
        return frozenset([complex(value != 0) for value in values])
    parts = [value.real for value in values]
    bits, low = 8 * ITEMSIZE[dtype], 0 if dtype == "uint8" else -(2 ** (8 * ITEMSIZE[dtype] - 1))
    whole = [int(part) for part in parts if abs(part) < math.inf]
    fits = len(whole) == len(parts) and all(low <= part < low + 2**bits for part in whole)
    return frozenset([complex((part - low) % 2**bits + low) for part in whole] + ([] if fits else [0j, complex(low), complex(low + 2**bits - 1)]))


def among(found: Sequence[complex], choices: frozenset[complex]) -> bool:
    """Whether all of these numbers could have been taken; one NaN is as good as another."""
    return all(z in choices or z != z and any(v != v for v in choices) for z in found)


# Operations on single elements of two tensors or more, in place.
POINTWISE = (
    *[name for name, page in operations.items() if "inplace" in page.forms and len(page.operands) > 1],
    *sorted(INPLACE_OPERATORS - {"__setitem__", "__imatmul__"}),
)  # fmt: skip

SHARED_WRITES: list[KnownDifference] = [
    KnownDifference(
        "order-of-shared-writes", ("select_scatter", "slice_scatter", "diagonal_scatter"), ("values",),
        "an input of which elements share memory", "the result keeps the input's strides; which of several values written to one place remains "
        "depends on the order of the writes, which torch chooses by the strides of the operands",
        "import torch\n\nx = torch.zeros(7).as_strided((2, 3, 4), (1, 1, 1))\nr = x.select_scatter(torch.arange(8.).view(2, 4), 1, 0)\n"
        "assert r[:, 0].tolist() != [[0, 1, 2, 3], [4, 5, 6, 7]]  # what was written\n", _order_of_writes, open=True,
    ),
    KnownDifference(
        "order-of-places-of-a-view", ("as_strided_scatter",), ("values",),
        "a size and strides by which two elements of the view share memory, or an input of which elements do",
        "which of several values written to one place remains depends on the order of the writes, which torch chooses by the strides of the operands",
        "import torch\n\nresults = set()\nfor source in (torch.arange(4.).view(2, 2), torch.tensor([[0., 2.], [1., 3.]]).t()):\n"
        "    results.add(torch.as_strided_scatter(torch.zeros(3), source, (2, 2), (1, 1))[1].item())\nassert results <= {1, 2}\n",
        _places_of_a_view, open=True,
    ),
    KnownDifference(
        "order-of-repeated-indices", ("index_put", "index_put_", "__setitem__", "put", "put_"), ("values",),
        "an index that comes twice, without accumulate",
        "which of several values written to one place remains is undefined, says torch's documentation; it depends on the layout of the values. "
        "refimpl takes the last in row-major order",
        "import torch\n\ni, x = torch.tensor([[0, 0], [0, 0]]), torch.arange(4.).view(2, 2)\n"
        "results = {torch.zeros(1).index_put((i,), v).item() for v in (x, x.t().contiguous().t())}\nassert results <= {0, 1, 2, 3}\n",
        _repeated_indices, open=True,
    ),
    KnownDifference(
        "source-in-the-target", ("scatter", "scatter_add", "scatter_reduce", "index_copy", "index_add", "index_reduce", "index_put", "put"),
        ("values", "purity"),
        "in place, with a source in the memory of the tensor that is written, which has gaps between its elements",
        "torch refuses sources that share memory, but with gaps it does not find out, and reads elements that it has written already, in the "
        "order of its loops. refimpl reads the source first",
        "import torch\n\ns = torch.arange(9.)[::2]\ns.index_copy_(0, torch.tensor([1, 2, 3, 4, 0]), s[:])\n"
        "assert s.tolist() == [0, 0, 0, 0, 0]  # from a copy of the source: 8 0 2 4 6\n", _source_in_the_target,
    ),
    KnownDifference(
        "operand-in-the-target", POINTWISE, ("values",),
        "in place, with another view of the memory of the tensor that is written, which has gaps between its elements, as an operand",
        "torch refuses operands that overlap what is written in part, but with gaps it does not find out, and reads elements that it has written "
        "already. refimpl reads the operands first",
        "import torch\n\nx = torch.arange(40.).as_strided((3, 3), (8, 2), 1)\ny, before = x.t(), x.clone()\nx.add_(y)\n"
        "assert not x.equal(before + before.t())\n",
        _operand_in_the_target,
    ),
]
