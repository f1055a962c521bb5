"""Known differences of the operations that select elements by their rank, their number or their place."""

from __future__ import annotations

import re

from ...accuracy.number_formats import decode, encode, is_float
from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, numbers


def _round_to_one_float(case: Case, deviation: Deviation) -> bool:
    """A truth value of an integer beside which there is another one that rounds to the same float."""
    integers, others = case.tensors()[:2]
    if integers.dtype != "int64" or not is_float(others.dtype):
        return False
    held = [*decode(encode([float(x) for x in numbers(case, integers)], others.dtype), others.dtype)]
    return held.count(held[int(deviation.details["element"])]) > 1


def _nan_given(case: Case, deviation: Deviation) -> bool:
    return any(v != v for spec in case.tensors() for v in numbers(case, spec))


def _nan_in_slices(case: Case, deviation: Deviation) -> bool:
    return _nan_given(case, deviation) and case.operation == "unique_dim" or "dim" in case.kwargs or len(case.args) > 4


def _view_refused(case: Case, deviation: Deviation) -> bool:
    return "view size is not compatible" in deviation.expected


def _flags_by_position(case: Case, deviation: Deviation) -> bool:
    return case.form == "function" and len(case.args) > 1


def _not_unique(case: Case, deviation: Deviation) -> bool:
    given = [numbers(case, spec) for spec in case.tensors() if spec is not case.kwargs.get("out")]
    return case.kwargs.get("assume_unique") is True and any(len(set(each)) < len(each) for each in given)


_INNER_NAME = re.compile(r"_(?:consecutive_)?return_\w+\(\)|unique(?:_consecutive)?\(\)|_lu_(?:no|with)_infos\(\)|\blu\(\)")


def _same_but_for_the_name(case: Case, deviation: Deviation) -> bool:
    return deviation.rule == "message" and _INNER_NAME.sub("", deviation.expected) == _INNER_NAME.sub("", deviation.got)


def _number_in_many(case: Case, deviation: Deviation) -> bool:
    """A number is looked for in so many elements that torch sorts them."""
    return not isinstance(case.args[0] if case.args else case.kwargs.get("element"), TensorSpec) and case.tensors()[0].numel >= 10


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "mode-of-nan", ("mode",), ("values", "layout"), "NaN among the elements",
        "torch sorts by < alone, which puts elements in no order where NaN is among them, and counts only equal neighbours",
        "import torch\n\nnan = float('nan')\nassert torch.mode(torch.tensor([3, nan, 1, 3, nan])).values == 1  # 3 is there twice\n",
        _nan_given,
    ),
    KnownDifference(
        "order-of-slices-with-nan", ("unique", "unique_dim"), ("values", "layout", "shape"), "slices along a dimension with NaN among the elements",
        "torch orders slices by < alone: where a NaN is met it takes the slices for equal in rank, and those without NaN are in no order, nor "
        "are equal ones neighbours",
        "import torch\n\nx = torch.tensor([[float('nan'), 1], [0, 1], [2, 2], [0, 1]])\n"
        "assert torch.unique(x, dim=0)[0, 0].isnan()  # NaN comes last where elements are in order\n",
        _nan_in_slices,
    ),
    KnownDifference(
        "isin-of-strided-elements", ("isin",), ("errors",), "few test_elements, of a layout of which no vector is a view",
        "torch flattens them by view, where it compares all with all, and by reshape where it sorts",
        "import torch\n\nx = torch.arange(10.).view(2, 5)\ntry:\n    torch.isin(torch.ones(9), x.t())\nexcept RuntimeError as error:\n"
        "    assert 'view size is not compatible' in str(error)\n",
        _view_refused,
    ),
    KnownDifference(
        "isin-of-numbers", ("isin",), ("values", "layout"), "a number that is no number of the tensor's dtype, looked for in ten elements or more",
        "torch compares in the dtype of the tensor, to which the number is rounded or in which it wraps; where it sorts in that of the number",
        "import torch\n\nx = torch.full((9,), 0.1)\nassert torch.isin(0.1, x) and not torch.isin(0.1, torch.cat((x, x)))\n", _number_in_many,
    ),
    KnownDifference(
        "numbers-of-nan", ("unique",), ("values", "layout"), "several NaN, of the places that return_inverse gives",
        "no NaN equals another one, and each has a number of its own: torch numbers them as sorting leaves them, which is not stable; "
        "refimpl in that of their places",
        "import torch\n\nx = torch.full((20,), float('nan'))\nassert x.unique(return_inverse=True)[1].unique().numel() == 20\n",
        lambda case, deviation: _nan_given(case, deviation) and deviation.details.get("output") == 1,
    ),
    KnownDifference(
        "flags-by-position", ("unique_consecutive",), ("values", "shape", "errors"), "the function, with return_inverse or return_counts by position",
        "torch looks for each of the two in the place of the other: return_inverse=True by position returns counts, and no places",
        "import torch\n\nx = torch.tensor([1, 1, 2])\nassert torch.unique_consecutive(x, True)[1].numel() == 0  # 0, 0, 1\n", _flags_by_position,
    ),
    KnownDifference(
        "names-of-dispatched-functions", ("unique", "unique_consecutive", "lu"), ("errors",), "arguments that Python cannot bind",
        "torch's message names one of several functions that are not public, by the flags that were given",
        "import torch\n\ntry:\n    torch.unique(torch.ones(1), unknown=1)\nexcept TypeError as error:\n    assert '_return_output()' in str(error)\n",
        _same_but_for_the_name,
    ),
    KnownDifference(
        "assumed-unique", ("isin",), ("values",), "assume_unique=True, and elements or test elements that are not unique",
        "torch takes equal neighbours, once all are sorted, for an element and a test element: what was assumed does not hold",
        "import torch\n\nx = torch.tensor([11, 11])\nassert torch.isin(x, torch.zeros(11, dtype=torch.int64), assume_unique=True).any()\n",
        _not_unique,
    ),
    KnownDifference(
        "integers-that-are-one-float", ("isin",), ("values",), "integers of 64 bits, looked for among floats",
        "torch finds equal neighbours among all elements, sorted in the common dtype, and has made the integers different before that: "
        "two of them that round to one float are found though it is not among the others",
        "import torch\n\nx = torch.tensor([-(2**63), 1 - 2**63] + [5] * 18)\n"
        "assert torch.isin(x, torch.zeros(20, dtype=torch.float64)).any()\n", _round_to_one_float,
    ),
]
