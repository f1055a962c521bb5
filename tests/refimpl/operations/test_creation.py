"""Creation functions beside torch: values, layouts, and errors to the letter."""

from __future__ import annotations

import warnings

import pytest
import torch as real_torch
from places import LINES
from side_by_side import said
from snippets import assert_agree, lines, outcome, warned

import refimpl
from conformance.cases.case import Case
from conformance.judging.single_case import judge_case

PRELUDE = "import numpy as np\nx = torch.ones(2)\nL = torch.ones(2, requires_grad=True)"


def listed(name):
    return lines((LINES / f"{name}.txt").read_text(encoding="utf-8"))


CREATION_LINES = listed("creation")


@pytest.mark.parametrize("line", CREATION_LINES)
def test_says_what_torch_says(line):
    assert_agree(line, PRELUDE)


# -- tensor(data) ----------------------------------------------------------------------------------

DATA = listed("data")
VALUES = listed("values")


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("function", ["tensor", "as_tensor", "asarray", "Tensor"])
def test_any_data(function, data):
    if function == "asarray" and ("array('f'" in data or "b'ab'" in data):
        return  # a buffer's bytes are taken for elements of the default dtype
    if function == "Tensor" and data in ("1", "np.int8(3)", "np.bool_(True)", "torch.Size([2,3])", "2**63", "2**63-1", "-2**63", "-2**63-1", "2**64"):
        return  # sizes: the elements are unspecified
    assert_agree(f"torch.{function}({data})", PRELUDE)


@pytest.mark.parametrize("value", VALUES)
def test_any_value_in_each_dtype(value):
    for d in refimpl.foundation.dtypes.all_dtypes:
        assert_agree(f"torch.tensor({value}, dtype=torch.{d.name})", PRELUDE)
        assert_agree(f"torch.ones(1, dtype=torch.{d.name}).new_tensor({value})", PRELUDE)


@pytest.mark.parametrize("value", VALUES[:36])
def test_any_fill_value_in_each_dtype(value):
    number = value.strip("[]")
    for d in refimpl.foundation.dtypes.all_dtypes:
        assert_agree(f"torch.full((2,), {number}, dtype=torch.{d.name})", PRELUDE)
        assert_agree(f"torch.full_like(torch.ones(0, dtype=torch.{d.name}), {number})", PRELUDE)


def test_a_list_that_holds_itself():
    for library in (refimpl, real_torch):
        items = [1]
        items.append(items)
        with pytest.raises((TypeError, ValueError)):
            library.tensor(items)


def test_a_tensor_from_data_shares_nothing_with_it():
    import numpy as np

    source = np.zeros(2)
    made = refimpl.tensor(source)
    source[0] = 1
    assert made.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "line",
    [
        "torch.tensor(torch.ones(2))",
        "torch.ones(1).new_tensor(torch.ones(2))",
        "torch.range(1, 3)",
        "torch.arange(5, out=torch.ones(2))",
        "torch.zeros(3, out=torch.ones(2))",
        "torch.linspace(0, 1, 5, out=torch.ones(2))",
        "torch.tensor([1.0])",
        "torch.as_tensor(torch.ones(2))",
    ],
)
def test_warnings(line):
    ours, theirs = warned(refimpl, line), warned(real_torch, line)
    assert ours == theirs


# -- ranges ----------------------------------------------------------------------------------------

INTEGERS = ("uint8", "int8", "int16", "int32", "int64")


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "bounds",
    [
        "5",
        "1, 9, 3",
        "9, 1, -3",
        "0.9, 5.9",
        "2.5, 5",
        "0, 3, 1.5",
        "0, -3, -1.5",
        "-300, -297",
        "100, 300, 50",
        "0, 0",
        "2**31 - 2, 2**31 + 2",
        "3, 3, -1",
    ],
)
def test_integer_ranges(dtype, bounds):
    assert_agree(f"torch.arange({bounds}, dtype=torch.{dtype})")
    if "." not in bounds:
        assert_agree(f"torch.range({bounds if ',' in bounds else '0, ' + bounds}, dtype=torch.{dtype})")


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("ends", [(0, 10), (10, 0), (-7, 90), (3, 4), (-100, 100), (1, 120), (5, 5), (2.9, 7.9)])
def test_integer_linspace_and_logspace_in_every_count(dtype, ends):
    for steps in (0, 1, 2, 3, 4, 7, 10, 16, 33, 100):
        assert_agree(f"torch.linspace({ends[0]}, {ends[1]}, {steps}, dtype=torch.{dtype})")
    for steps in (1, 2, 3, 5, 8):
        assert_agree(f"torch.logspace({ends[0] % 7}, {ends[1] % 9}, {steps}, base=2, dtype=torch.{dtype})")


def test_integer_linspace_rounds_a_product_never():
    """start + step * i with one rounding: beyond these bounds, 15 steps differ in one element from the rounded product."""
    assert refimpl.linspace(655, -501, 15, dtype=refimpl.int64)[7].item() == 76


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    "line",
    [
        "torch.arange(-3, 5, 0.7, dtype={})",
        "torch.arange(2, -1, -0.1, dtype={})",
        "torch.linspace(-3.5, 7.1, 23, dtype={})",
        "torch.linspace(1, -1, 8, dtype={})",
        "torch.range(0, 3, 0.1, dtype={})",
    ],
)
def test_float_ranges_are_within_one_unit_of_the_larger_bound(dtype, line):
    """torch works in the dtype, a processor's vector at a time; refimpl in float64, rounded once."""
    ours = refimpl_value(refimpl, line.format(f"torch.{dtype}"))
    theirs = refimpl_value(real_torch, line.format(f"torch.{dtype}"))
    assert len(ours) == len(theirs)
    unit = refimpl.finfo(getattr(refimpl, dtype)).eps * max(map(abs, theirs))
    assert max(abs(a - b) for a, b in zip(ours, theirs)) <= unit


def refimpl_value(library, line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(line, {"torch": library}).tolist()


def test_float_ranges_are_rounded_once():
    from fractions import Fraction

    exact = [float(Fraction(i) / 10) for i in range(1, 8)]
    for d in (refimpl.float16, refimpl.float32):
        assert refimpl.linspace(0.1, 0.7, 7, dtype=refimpl.float64).tolist() == pytest.approx(exact, rel=1e-15)
        assert refimpl.arange(0, 1, 0.25, dtype=d).tolist() == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("offset", range(-4, 5))
def test_triangles(offset):
    for function in ("tril_indices", "triu_indices"):
        for row, col in ((3, 3), (2, 4), (4, 2), (0, 3), (3, 0), (1, 1)):
            assert_agree(f"torch.{function}({row}, {col}, {offset})")


# -- layouts ---------------------------------------------------------------------------------------

LAYOUTS = listed("layouts")


@pytest.mark.parametrize("source", LAYOUTS)
@pytest.mark.parametrize("call", ["zeros_like({})", "ones_like({})", "full_like({}, 7)", "rand_like({})", "randn_like({})", "randint_like({}, 9)"])
def test_likes_keep_the_order_of_the_dimensions(source, call):
    line = "torch." + call.format(source)
    assert_agree(line)
    for memory_format in ("contiguous_format", "channels_last"):
        assert_agree(f"{line[:-1]}, memory_format=torch.{memory_format})")


@pytest.mark.parametrize(
    "call",
    [
        "zeros(2, 3, out=o)",
        "ones(2, 3, out=o)",
        "full((2, 3), 7, out=o)",
        "eye(2, 3, out=o)",
        "arange(6, out=o)",
        "linspace(0, 1, 6, out=o)",
        "rand(2, 3, out=o)",
        "randn(2, 3, out=o)",
        "randint(9, (2, 3), out=o)",
        "randperm(6, out=o)",
    ],
)
@pytest.mark.parametrize("out", ["torch.ones(2, 3)", "torch.ones(3, 2).t()", "torch.ones(0)", "torch.ones(4, 6)[::2, ::2]", "torch.ones(7)"])
def test_out_is_filled_in_its_own_memory(call, out):
    for library in (refimpl, real_torch):
        names = {"torch": library}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(f"o = {out}; r = torch.{call}", names)
        assert names["r"] is names["o"]
    if call.startswith(("rand", "randn")) and ".t()" in out:
        return  # torch draws in the order of that memory, refimpl in row-major order
    assert_agree("r", f"o = {out}; r = torch.{call}")


def test_requires_grad_of_new_tensors():
    for line in (
        "torch.zeros(2, {})",
        "torch.tensor([1.0], {})",
        "torch.arange(2.0, {})",
        "torch.eye(2, {})",
        "torch.rand(2, {})",
        "torch.full((2,), 1.0, {})",
    ):
        for text in ("requires_grad=True", "requires_grad=False", "requires_grad=None"):
            assert_agree(line.format(text))


def test_inference_mode_marks_new_tensors():
    with refimpl.inference_mode():
        made = [refimpl.zeros(2), refimpl.tensor([1]), refimpl.arange(3), refimpl.rand(2), refimpl.empty_strided((2,), (1,))]
    assert all(t.is_inference() for t in made)


def test_outcome_tells_strides_apart():
    """The comparison itself: it can fail."""
    assert outcome(refimpl, "torch.ones(2, 3)") != outcome(refimpl, "torch.ones(3, 2).t()")


@pytest.mark.parametrize("call", [
    "torch.istft(torch.ones(3, 4, dtype=torch.complex64), 4, window=torch.ones(4), length=2**63 - 3)", "torch.ones(3).repeat(2**63 - 1)",
    "torch.ones(3).tile((2**63 - 1,))", "torch.fft.fft(torch.ones(3), 2**63 - 1)",
    "torch.tril_indices(2**40, 2**20)", "torch.triu_indices(2, 2**61, dtype=torch.int32)", "torch.multinomial(torch.ones(2, 3), 2**60, True)",
    "torch.histc(torch.ones(3), 2**62)",
])
def test_results_that_nobody_can_address_are_refused_as_torch_refuses_them(call):
    ours, theirs = (said(lambda: eval(call, {"torch": library}))[0] for library in (refimpl, real_torch))  # noqa: B023
    assert ours == theirs
    assert "Storage size calculation overflowed" in ours


@pytest.mark.parametrize("name", ["bartlett_window", "blackman_window", "hann_window", "hamming_window", "kaiser_window"])
@pytest.mark.parametrize("size", [2**63 - 1, 2**63 - 600, 2**62 - 1, 2**62, 2**62 + 1])
@pytest.mark.parametrize("periodic", [True, False])
def test_windows_that_nobody_can_address_are_refused_as_torch_refuses_them(name, size, periodic):
    """In words of whatever step of torch's comes to its end there."""
    assert judge_case(Case(name, "function", (), (size, periodic), {}), "refimpl:cpu") == []


@pytest.mark.parametrize("call", [
    "torch.ones(1, 1).expand(2**50, 2**50)", "torch.ones(1).broadcast_to(2**32, 2**31)", "torch.ones(1, 1, 1).expand(2**50, -1, 2**50)",
    "torch.ones(1).as_strided((2**50, 2**50), (0, 0))", "torch.ones(1).expand(2**62).unfold(0, 2**61, 1)",
])
def test_views_whose_elements_nobody_can_count_are_refused_as_torch_refuses_them(call):
    ours, theirs = (said(lambda: eval(call, {"torch": library}))[0] for library in (refimpl, real_torch))  # noqa: B023
    assert ours == theirs == "RuntimeError: numel: integer multiplication overflow"


def test_views_of_as_many_elements_as_can_be_counted():
    for call in ("torch.ones(1, 1).expand(2**31, 2**31)", "torch.ones(0, 1, 1).expand(0, 2**50, 2**50)"):
        ours, theirs = (eval(call, {"torch": library}).shape for library in (refimpl, real_torch))
        assert tuple(ours) == tuple(theirs)


def test_rows_without_an_element_of_the_triangle_cost_nothing():
    for call in ("torch.triu_indices(2**50, 2)", "torch.tril_indices(2**50, 2**50, 3 - 2**50)", "torch.tril_indices(2**50, 0)"):
        ours, theirs = (eval(call, {"torch": library}).tolist() for library in (refimpl, real_torch))
        assert ours == theirs
