"""dtypes, their limits, and the default dtype, against torch."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch as real_torch
from places import LINES
from snippets import assert_agree, lines, outcome

import refimpl

DTYPE_LINES = lines((LINES / "dtypes.txt").read_text(encoding="utf-8"))
PRELUDE = "import copy, pickle"
ALL = [d.name for d in refimpl.foundation.dtypes.stored_dtypes]


@pytest.mark.parametrize("line", DTYPE_LINES)
def test_says_what_torch_says(line):
    assert_agree(line, PRELUDE)


@pytest.mark.parametrize("name", ALL)
def test_attributes(name):
    for attribute in ("itemsize", "is_floating_point", "is_complex", "is_signed", "to_real()"):
        assert_agree(f"torch.{name}.{attribute}")
    assert repr(getattr(refimpl, name)) == f"torch.{name}"


@pytest.mark.parametrize("name", ALL)
def test_a_dtype_is_one_object_however_it_is_copied(name):
    d = getattr(refimpl, name)
    assert copy.copy(d) is d and copy.deepcopy(d) is d
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(d, protocol)) is d


@pytest.mark.parametrize("default", ["float64", "float16", "bfloat16", "float32"])
@pytest.mark.parametrize(
    "line",
    [
        "torch.tensor(1.5)",
        "torch.tensor([1, 2.5])",
        "torch.tensor([True])",
        "torch.tensor([])",
        "torch.ones(2)",
        "torch.zeros(2)",
        "torch.eye(2)",
        "torch.full((2,), 1.5)",
        "torch.full((2,), 1)",
        "torch.arange(3.)",
        "torch.arange(3)",
        "torch.linspace(0, 1, 3)",
        "torch.rand(3)",
        "torch.randn(3)",
        "torch.Tensor([1, 2])",
        "torch.tensor([1, 2]) / 3",
        "torch.tensor([1, 2]).sqrt()",
        "torch.scalar_tensor(2)",
        "torch.finfo().dtype",
        "torch.tensor([1, 2]) * 1.5",
        "torch.randint(5, (2,))",
        "torch.get_default_dtype()",
    ],
)
def test_the_default_dtype_is_that_of_new_floats(default, line):
    texts = []
    for library in (refimpl, real_torch):
        library.set_default_dtype(getattr(library, default))
        try:
            texts.append(outcome(library, line))
        finally:
            library.set_default_dtype(library.float32)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_finfo_are_the_limits_of_the_arithmetic(name):
    d = getattr(refimpl, name)
    info = refimpl.finfo(d)
    one = refimpl.ones((), dtype=d)
    assert (one + info.eps).item() > 1 and (one + info.eps / 2).item() == 1
    largest = refimpl.tensor(info.max, dtype=d)
    assert largest.item() == info.max and (largest * 2).item() == float("inf")
    assert refimpl.tensor(info.tiny, dtype=d).item() == info.tiny == info.smallest_normal
