"""Known differences of the reductions of elements that meet at a place."""

from __future__ import annotations

import math

from ...cases.case import Case, element_offsets
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, dtype_of, numbers

_EMAX = 1023.0  # of float64


def _extremes_without_self(case: Case, deviation: Deviation) -> bool:
    return case.kwargs.get("include_self") is False and ({"amax", "amin"} & {*case.kwargs.values(), *case.args[4:]} != set())


def _read_behind_the_writes(case: Case, deviation: Deviation) -> bool:
    """In place: the source has a place that is written, or the mask one that belongs to another of the elements."""
    target = case.target
    if target is None:
        return False
    mask, source = [arguments(case)[name] for name in ("mask", "source")]
    written, asked, read = [element_offsets(spec.shape, spec.strides, spec.offset) for spec in (target, mask, source)]
    behind = mask.buffer == target.buffer and list(asked) != list(written) and not set(asked).isdisjoint(written)
    return behind or source.buffer == target.buffer and not set(read).isdisjoint(written)


def _larger_source(case: Case, deviation: Deviation) -> bool:
    given = dict(zip(("input", "dim", "index", "src"), case.args)) | case.kwargs
    return bool(given["index"].shape != given["src"].shape)


def _many(case: Case, deviation: Deviation) -> bool:
    """A mean of integers of so few bits that their number might not fit."""
    input = case.tensors()[0]
    largest = {"int8": 127, "uint8": 255, "int16": 32767}.get(input.dtype)
    return "mean" in (*case.kwargs.values(), *case.args) and largest is not None and case.tensors()[1].numel >= largest


def _products(case: Case, deviation: Deviation) -> bool:
    """A product of float64 that one order lets overflow, or be 0 beside an infinity, and another not: all factors beyond 1 do, or all below."""
    values = [float(each) for each in (deviation.expected, deviation.got) if isinstance(each, str)]
    factors = [abs(x) for spec in case.tensors() if spec.dtype == "float64" for x in numbers(case, spec) if x and math.isfinite(x)]
    exponents = [math.log2(x) for x in factors]
    leaves = sum(x for x in exponents if x > 0) >= _EMAX or sum(x for x in exponents if x < 0) <= -_EMAX
    return "prod" in (*case.kwargs.values(), *case.args) and dtype_of(deviation) == "float64" and not all(map(math.isfinite, values)) and leaves


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "extremes-without-self", ("scatter_reduce", "index_reduce"), ("gradients",), "reduce='amax' or 'amin' with include_self=False",
        "torch counts the element that is replaced among those that attain the extreme if it is equal to it, and shares the gradient with it, "
        "though the result does not depend on it",
        "import torch\n\nx = torch.tensor([3.], requires_grad=True)\n"
        "torch.tensor([3.]).scatter_reduce(0, torch.tensor([0]), x, 'amax', include_self=False).backward()\nassert x.grad == 0.5  # exactly 1\n",
        _extremes_without_self,
    ),
    KnownDifference(
        "counts-of-narrow-integers", ("scatter_reduce", "index_reduce"), ("values", "layout"), "means of more integers than the dtype counts",
        "torch counts them in the dtype itself, modulo 2**bits",
        "import torch\n\nx, i = torch.zeros(201, dtype=torch.int8), torch.zeros(200, dtype=torch.int64)\n"
        "assert x.index_reduce(0, i, x[1:] + 1, 'mean')[0] == 1  # -56 // -55, where -56 // 201 is -1\n",
        _many,
    ),
    KnownDifference(
        "products-that-overflow-on-the-way", ("scatter_reduce", "index_reduce", "segment_reduce"), ("values",),
        "float64, reduce='prod', factors whose partial products overflow in one order and not in another",
        "in which order factors are multiplied is open: torch takes one after the other, refimpl pairs of neighbours",
        "import torch\n\nx, n = torch.tensor([0., 0., 1e308, 1e308], dtype=torch.float64), torch.tensor([4])\n"
        "assert torch.segment_reduce(x, 'prod', lengths=n) == 0  # of pairs NaN: 0 times infinity\n",
        _products,
    ),
    KnownDifference(
        "masked-source-in-the-target", ("masked_scatter", "masked_scatter_"), ("values",),
        "in place, with a source in the memory that is written, or a mask there at other places",
        "torch reads the source and the mask while it writes; refimpl reads them before",
        "import torch\n\nx = torch.arange(4.)\nx[1:].masked_scatter_(torch.tensor([True, False, True]), x[:3])\nassert x[3] == 0  # was 1\n",
        _read_behind_the_writes,
    ),
    KnownDifference(
        "index-reduce-of-single-elements", ("index_reduce",), ("errors",), "float16, reduce='prod', slices of one element, not of a vector",
        "torch fails an internal assertion",
        "import torch\n\nx, i = torch.ones(1, 2, dtype=torch.float16), torch.tensor([0, 0])\n"
        "try:\n    x[:, :1].index_reduce(1, i, x, 'prod')\nexcept RuntimeError as error:\n    assert 'INTERNAL ASSERT FAILED' in str(error)\n",
        lambda case, deviation: "INTERNAL ASSERT FAILED" in deviation.expected,
    ),
    KnownDifference(
        "gradient-of-larger-sources", ("scatter_reduce",), ("gradients",), "a source that is larger than the index",
        "torch's gradient has the shape of the index, which autograd refuses, or does not get that far; refimpl's is 0 where nothing was read",
        "import torch\n\nx = torch.ones(3, requires_grad=True)\ny = torch.zeros(2).scatter_reduce(0, torch.tensor([0]), x, 'mean')\n"
        "try:\n    y.sum().backward()\nexcept RuntimeError as error:\n    assert 'invalid gradient' in str(error)\n",
        _larger_source,
    ),
    KnownDifference(
        "put-and-determinism", ("put", "put_"), ("errors",), "torch.use_deterministic_algorithms(True)",
        "torch refuses to put then, since it leaves open which of several elements for one place wins; in refimpl the last one does",
        "import torch\n\ntorch.use_deterministic_algorithms(True)\ntry:\n    torch.zeros(2).put_(torch.tensor([0]), torch.ones(1))\n"
        "except RuntimeError as error:\n    assert 'deterministic' in str(error)\nfinally:\n    torch.use_deterministic_algorithms(False)\n",
        lambda case, deviation: "does not have a deterministic implementation" in deviation.expected,
    ),
]
