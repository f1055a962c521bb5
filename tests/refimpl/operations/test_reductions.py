"""Reductions and running sums beside torch: values, dtypes, shapes, strides, warnings and errors.

Values are small whole numbers, of which torch's sums and products are exact; rounding is for the conformance suite.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch as real_torch
from side_by_side import assert_same_program, outcome_of

import refimpl

DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split()
TENSORS = {
    "matrix": "torch.tensor([[1, 0, 3], [2, 5, 0]])",
    "0-d": "torch.tensor(3)",
    "no rows": "torch.ones(0, 3)",
    "empty": "torch.ones(0)",
    "permuted": "torch.tensor([[[1, 2, 0, 1], [1, 1, 1, 2], [3, 1, 1, 0]], [[2, 0, 0, 1], [1, 2, 3, 1], [1, 1, 1, 1]]]).permute(2, 0, 1)",
    "sliced": "torch.arange(20).view(4, 5)[1::2, ::3] % 7",
    "expanded": "torch.tensor([[2], [3]]).expand(2, 3)",
}
CALLS = ["", "0", "-1, keepdim=True"]


def differences(programs):
    """The programs of which the two libraries say different things, with what they say."""
    pairs = [(program, outcome_of(refimpl, program), outcome_of(real_torch, program)) for program in programs]
    return [pair for pair in pairs if pair[1] != pair[2]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name",
                         "sum nansum mean prod any all amax amin max min argmax argmin var std norm aminmax count_nonzero cumsum cumprod".split())
def test_every_dtype_and_layout(name, dtype):
    calls = {"norm": ["", "dim=0", "2, -1, True"], "aminmax": ["", "dim=0", "dim=-1, keepdim=True"], "count_nonzero": ["", "0", "-1"],
             "cumsum": ["0", "-1"], "cumprod": ["0", "-1"], "var": ["", "0", "-1, keepdim=True", "0, False"],
             "std": ["", "0", "-1, keepdim=True", "correction=0"]}.get(name, CALLS)  # fmt: skip
    if dtype == "bfloat16" and name in ("prod", "cumprod"):
        calls = calls[:1]  # of long products torch rounds each step
    tensors = dict(TENSORS)
    if dtype.startswith("complex") and name in ("amax", "amin"):
        del tensors["no rows"]  # torch does not look for a kernel where there is nothing to compare
    assert not differences([f"torch.{name}({data}.to(torch.{dtype}){', ' * bool(c)}{c})" for data in tensors.values() for c in calls])


DIMS = ["(0, 1)", "[1]", "[0, -1]", "()", "[]", "None", "(0, 0)", "(0, -2)", "2", "-3", "(0, 2)"]


@pytest.mark.parametrize("name", "sum nansum mean any all amax amin var std".split())
@pytest.mark.parametrize("data", ["torch.tensor([[1., 0., 3.], [2., 5., 0.]])", "torch.tensor(3.)", "torch.ones(0, 3)", "torch.ones(3, 0)"])
def test_forms_of_dim(name, data):
    programs = [f"x = {data}\nx.{name}(dim={dim}{keep})" for dim in DIMS for keep in ("", ", keepdim=True")]
    assert not differences(programs)


@pytest.mark.parametrize("name", "max min argmax argmin aminmax prod cumsum cumprod".split())
@pytest.mark.parametrize("data", ["torch.tensor([[1., 0., 3.], [2., 5., 0.]])", "torch.tensor(3.)", "torch.ones(0, 3)", "torch.ones(3, 0)"])
def test_dim_is_one_number_and_in_range(name, data):
    keeps = ("",) if name.startswith("cum") else ("", ", keepdim=True")
    assert not differences([f"x = {data}\nx.{name}(dim={dim}{keep})" for dim in (0, 1, -1, -2, 2, -3) for keep in keeps])


@pytest.mark.parametrize("name", "sum prod cumsum cumprod mean nansum norm".split())
@pytest.mark.parametrize("source", DTYPES)
def test_dtype_casts_first(name, source):
    call = {"norm": "norm(dim=0, ", "cumsum": "cumsum(0, ", "cumprod": "cumprod(0, "}.get(name, name + "(")
    targets = [t for t in DTYPES if (name, t) != ("nansum", "uint8") and not (source.startswith("complex") and not t.startswith("complex"))]
    assert not differences([f"x = torch.tensor([[1, 0, 300], [2, 5, 40]]).to(torch.{source})\nx.{call}dtype=torch.{t})" for t in targets])


OUT = ["bool", "uint8", "int64", "float32", "float64", "complex64"]


@pytest.mark.parametrize("name", "sum mean prod cumsum cumprod norm amax amin argmax argmin any all max min".split())
def test_dtype_and_shape_of_out(name):
    programs = []
    for source in ("bool", "uint8", "int64", "float32", "float64"):
        for target in OUT:
            out = f"torch.empty(0, dtype=torch.{target})"
            if name in ("max", "min"):
                out = f"({out}, torch.empty(0, dtype=torch.int64))"
            arguments = "x, 2, 0" if name == "norm" else "x, 0"
            programs.append(f"x = torch.tensor([[1, 0, 3], [2, 5, 7]]).to(torch.{source})\ntorch.{name}({arguments}, out={out})")
    assert not differences(programs)


@pytest.mark.parametrize("program", [
    "torch.sum(x, 0, out=torch.empty(4))", "torch.sum(x.t(), 1, out=torch.empty(3, 3)[0])", "torch.cumsum(x, 1, out=torch.empty(3, 2).t())",
    "torch.sum(x, 0, dtype=torch.float32, out=torch.empty(0, dtype=torch.float64))",
    "torch.max(x, x + 1, out=torch.empty(0, dtype=torch.float64))",
    "torch.max(x, out=torch.empty(0, dtype=torch.float64))", "torch.max(x, 0, out=(torch.empty(0), torch.empty(0, dtype=torch.int32)))",
    "torch.aminmax(x, out=(torch.empty(0), torch.empty(0)))", "torch.amax(x, out=torch.empty(0))",
    "torch.var(x, 0, True, out=torch.empty(0, dtype=torch.float64))",
    "x.cumsum_(0)", "x.int().cumsum_(1)", "x.cumprod_(-1)", "x.t().cumsum_(0)", "x.cumsum_(2)",
])  # fmt: skip
def test_out_and_in_place(program):
    assert_same_program("x = torch.tensor([[1., 0., 3.], [2., 5., 7.]])\n" + program)


VECTORS = ["[nan, 1., 2.]", "[1., nan, inf]", "[inf, -inf]", "[-0.]", "[inf, 1.]", "[-inf, 1.]", "[nan]", "[]", "[1., 1., 1.]", "[5.]",
           "[1e20, 1., -1e20]", "[-3., 4.]"]
ORDERS = ["2", "1", "0", "inf", "-inf", "3", "-1", "-2", "nan", "'fro'", "None", "2.", "True", "1j", "'x'", "1, 0", "inf, 0", "-1, 0",
          "0, 0", "p=2, dim=0"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("vector", VECTORS)
def test_special_values(vector, dtype):
    calls = ["sum()", "nansum()", "mean()", "prod()", "any()", "all()", "amax()", "amin()", "max()", "min()", "max(0)", "min(0)",
             "argmax()", "argmin()", "var()",
             "std()", "var(correction=0)", "var(correction=-1)", "var(correction=1.5)", "var(correction=5)", "std(correction=3)",
             "count_nonzero()", "aminmax()",
             "aminmax(dim=0)", "cumprod(0)", *(f"norm({order})" for order in ORDERS)]  # fmt: skip
    if dtype == "float16" or vector == "[1e20, 1., -1e20]":
        # torch loses the terms between the large ones
        calls = [c for c in calls if "1e20" not in vector or not c.startswith(("sum", "nansum", "mean", "cumsum", "norm", "prod",
            "cumprod"))]
    else:
        calls.append("cumsum(0)")
    assert not differences([f"x = torch.tensor({vector}, dtype=torch.{dtype})\nx.{call}" for call in calls])


@pytest.mark.parametrize("vector", ["[complex(nan, 1), 1.]", "[complex(inf, nan), 1.]", "[3 + 4j, 1j]", "[complex(inf, -inf), 2]", "[]",
                                    "[complex(1, inf)]"])
def test_special_complex_values(vector):
    calls = ["sum()", "mean()", "any()", "all()", "amax()", "max()", "max(0)", "argmax()", "aminmax()", "aminmax(dim=0)", "var()", "std()",
             "norm()", "norm(1)", "norm(inf)",
             "norm(-inf)", "prod()", "cumprod(0)", "count_nonzero()", "cumsum(0)", "nansum()"]  # fmt: skip
    assert not differences([f"x = torch.tensor({vector}, dtype=torch.complex64)\nx.{call}" for call in calls])


@pytest.mark.parametrize("data", ["torch.arange(6.).view(2, 3)", "torch.ones(0, 3)", "torch.ones(2, 0)", "torch.tensor(-2.)",
                                  "torch.arange(6).view(2, 3)", "torch.arange(8.).view(2, 2, 2)"])
def test_arguments_of_norm(data):
    calls = ["p='fro', dim=0", "p='fro', dim=(0, 1)", "'fro', dim=(0, 1, 2)", "'nuc', dim=0", "'nuc', dim=(0, 1, 2)",
             "2, dim=(0, 1), keepdim=True", "inf, dim=()", "1, dim=[]",
             "-inf, dim=1", "dtype=torch.float64", "2, 0, dtype=torch.complex64", "2, 0, dtype=torch.int64", "2, 0, dtype=torch.float16",
             "keepdim=True", "'fro', (0, 0)", "2, 5",
             "'inf'", "p='fro', dim=0, dtype=torch.float64"]  # fmt: skip
    programs = [f"x = {data}\n{form}" for call in calls for form in (f"x.norm({call})", f"torch.norm(x, {call})")]
    assert not differences(programs)


STRIDED = "torch.arange(24.).view(2, 3, 4).permute(2, 0, 1)"


@pytest.mark.parametrize("call", ["sum(1)", "sum(1, True)", "sum((0, 2))", "mean(0)", "prod(2)", "amax(0)", "max(1)", "min(1, True)",
                                  "argmax(0)", "argmax(0, True)", "any(0)", "all((0, 1))",
                                  "var(0)", "std((1, 2), keepdim=True)", "norm(dim=0)", "cumsum(1)", "cumprod(0)", "aminmax(dim=1)",
                                  "count_nonzero(0)"])  # fmt: skip
def test_results_of_strided_inputs_are_laid_out_as_torchs(call):
    assert_same_program(f"x = {STRIDED} % 3\nx.{call}")


# -- exactness, which torch does not promise ---------------------------------------------------------


def test_sums_are_exact_and_rounded_once():
    numbers = [1e20, 1.0, -1e20, 3e-5, 2.0**-40]
    x = refimpl.tensor(numbers)
    exact = sum(map(Fraction, x.tolist()))
    assert x.sum().item() == refimpl.tensor(float(exact)).item()
    assert x.mean().item() == refimpl.tensor(float(exact / 5)).item()
    assert refimpl.tensor([1e20, 1.0, -1e20]).cumsum(0).tolist()[-1] == 1.0


def test_sums_do_not_overflow_on_the_way():
    x = refimpl.tensor([3e38, 3e38, -3e38])
    assert x.sum().item() == x[0].item()
    assert refimpl.tensor([3e38, 3e38]).mean().item() == x[0].item()
    assert refimpl.tensor([3e38, 3e38]).var().item() == 0.0


def test_norms_neither_overflow_nor_vanish_on_the_way():
    assert math.isclose(refimpl.tensor([1e-40, 1e-40]).norm().item(), math.sqrt(2) * 1e-40, rel_tol=1e-4)
    assert math.isclose(refimpl.tensor([3e200, 4e200], dtype=refimpl.float64).norm().item(), 5e200)


# -- equality ----------------------------------------------------------------------------------------


OPERANDS = ["torch.tensor([1., 2.])", "torch.tensor([1, 2])", "torch.tensor([nan, 1.])", "torch.tensor([inf, -inf])",
            "torch.tensor([1., 2.00001])", "torch.ones(2, 2)", "torch.ones(0)",
            "torch.tensor([1 + 1j, nan])", "torch.tensor([True, False])", "torch.tensor(1.)",
            "torch.tensor([1., 2.], dtype=torch.float64)", "torch.tensor([255, 1], dtype=torch.uint8)",
            "torch.tensor([0., -0.])", "2.", "None", "[1., 2.]", "torch.tensor([16777217, 3])", "torch.tensor([16777216., 3])"]  # fmt: skip


@pytest.mark.parametrize("name", ["equal", "allclose", "isclose"])
@pytest.mark.parametrize("first", OPERANDS)
def test_equality(name, first):
    assert not differences([f"torch.{name}({first}, {second})" for second in OPERANDS])


@pytest.mark.parametrize("call", ["x.equal(y)", "x.allclose(y, 0.5)", "x.allclose(y, rtol=-1)", "x.isclose(y, atol=-1)",
                                  "torch.allclose(x, y, atol=nan)", "torch.isclose(x, y, 0, 0)",
                                  "x.requires_grad_().equal(y)", "torch.isclose(x * nan, y * nan, equal_nan=True)",
                                  "torch.equal(x)"])  # fmt: skip
def test_arguments_of_equality(call):
    assert_same_program("x = torch.tensor([1., 2.]); y = torch.tensor([1., 2.5])\n" + call)


@pytest.mark.parametrize("call", ["torch.max(x, keepdim=True)", "torch.mean(x, keepdim=True)", "torch.var(x, dim=False)", "torch.mean(x, None)",
                                  "torch.sum(x, 2**70)", "torch.amin(x + 1j, 5)", "torch.nansum(x + 1j, 5)", "torch.sort(x + 1j, 5)",
                                  "torch.argsort(x + 1j, stable=True, dim=5)", "torch.amax(x[:0], dim=None)"])  # fmt: skip
def test_an_error_reports_one_of_the_constraints_that_are_violated(call):
    ours, theirs = (outcome_of(library, f"x = torch.tensor([1., 2.])\n{call}") for library in (refimpl, real_torch))
    if "invalid combination" in str(theirs):
        assert "invalid combination" in str(ours)
    else:
        assert ours == theirs


@pytest.mark.parametrize("values", ["[1e3] * 20 + [0., 0.]", "[2., 0., 3., 0.]", "[inf, 0., 0.]", "[nan, 0., 0., 2.]"])
def test_the_gradient_of_a_product_with_two_zeros_is_zero(values):
    program = f"x = torch.tensor({values}, dtype=torch.float16, requires_grad=True)\ntorch.autograd.grad(x.prod(), x)[0]"
    assert not differences([program])


def test_the_gradient_of_a_product_with_one_zero_is_that_of_the_zero_alone():
    """torch has NaN for the others: the product of 19 of them overflows on the way to the zero."""
    x = refimpl.tensor([1e3] * 20 + [0.0], dtype=refimpl.float16, requires_grad=True)
    assert refimpl.autograd.grad(x.prod(), x)[0].tolist() == [0.0] * 20 + [float("inf")]


@pytest.mark.parametrize("call", [
    "torch.mean(x, out=out)", "torch.mean(x, dim=0, out=out)", "torch.mean(x, 7, out=out)",
    "torch.mean(x, dtype=torch.float64, out=out)", "torch.mean(x, 0, dtype=torch.float64, out=out)", "torch.mean(x, dtype=torch.int64, out=out)",
    "torch.mean(x, 7, dtype=torch.int64, out=out)", "torch.nansum(x, out=out)", "torch.nansum(x, dtype=out.dtype, out=out)",
    "torch.max(x, out=out)", "torch.min(x, out=out)",
])  # fmt: skip
@pytest.mark.parametrize("out", ["bool", "uint8", "float32", "float64"])
@pytest.mark.parametrize("data", ["torch.tensor([1., nan])", "torch.tensor([])", "torch.tensor([1, 2])", "torch.tensor([1j])"])
def test_when_an_output_is_found_to_be_of_the_wrong_dtype(call, out, data):
    if "[]" in data and call in ("torch.max(x, out=out)", "torch.min(x, out=out)") and out in ("float32", "float64"):
        return  # torch 2.13 answers with an infinity where it raises an error without an output
    if "[]" in data and call == "torch.nansum(x, out=out)" and out in ("bool", "uint8"):
        return  # torch does not look for a kernel where there is nothing to add
    said = [outcome_of(library, f"x = {data}\nout = torch.zeros((), dtype=torch.{out})\n{call}")[0] for library in (refimpl, real_torch)]
    assert said[0] == said[1]


@pytest.mark.parametrize("call", ["x.amin(1)", "x.amax(1)", "x.amin(0)", "x.amax()", "x.detach().amax(1)", "x.nansum(1)", "x.max()", "x.min(0)",
                                  "x.argmax()", "x.aminmax()", "x.sort()", "x.topk(1)"])  # fmt: skip
def test_complex_numbers_are_not_ordered(call):
    assert_same_program(f"x = torch.ones(2, 2, dtype=torch.complex64, requires_grad=True)\n{call}")


@pytest.mark.parametrize("call", [
    "x.norm([])", "x.norm({})", "x.norm(2**70)", "x.norm(10**400)", "x.norm(torch.ones(1))", "x.norm(torch.tensor(1))", "x.norm(2, 'a')",
    "x.norm(2, 1.5)", "x.norm(2, 0, 'a')", "x.norm(2, 0, dtype='a')", "x.norm([], dtype=torch.int64)", "x.long().norm([])", "x.norm(True)",
])  # fmt: skip
def test_norm_passes_its_arguments_on_to_linalg_vector_norm(call):
    assert_same_program(f"x = torch.ones(2, 2)\n{call}")


def test_the_norm_of_nan_does_not_depend_on_what_was_computed_before():
    """abs(complex(nan, 0)) raises in Python if a function of C has set errno to ERANGE, and nothing has cleared it."""
    x = refimpl.tensor([complex(math.nan, 0.0), complex(1.7e308, 1.7e308)], dtype=refimpl.complex128)
    assert math.isnan(x.norm().item())
    assert math.isnan(x[:1].norm(1).item())
