"""Gradients where functions are not smooth: ties, zeros, NaN, infinities, one element or none, beside torch."""

from __future__ import annotations

import pytest
import torch as real_torch
from side_by_side import assert_same_program

import refimpl

SPECIAL = {
    "[1., 3., 3., -2., -2.]": ["amax()", "amin()", "max()", "min()", "max(0)[0]", "min(0)[0]", "aminmax()[1]", "norm(float('inf'))",
                               "norm(-float('inf'))",
                               "sort()[0].mul(torch.arange(5.)).sum()", "topk(3)[0].mul(torch.arange(3.)).sum()", "clamp(-2, 3).sum()",
                               "clamp(min=3).sum()",
                               "maximum(torch.tensor(3.)).sum()", "minimum(torch.tensor(3.)).sum()", "fmax(torch.tensor(3.)).sum()",
                               "sub(3).abs().sum()"],
    "[0., 2., 0., 3.]": ["prod()", "cumprod(0).sum()", "norm()", "norm(1)", "norm(3)", "norm(0.5)", "norm(1.5)", "norm(0)", "norm(-1)",
                         "abs().sum()",
                         "sgn().sum()", "relu().sum()", "sqrt().sum()", "pow(0.5).sum()", "pow(2).sum()", "pow(0).sum()", "xlogy(x).sum()",
                         "sinc().sum()",
                         "fmod(2).sum()", "hypot(x).sum()", "var()", "std()", "atan2(x).sum()"],
    "[0., 0.]": ["norm()", "norm(1)", "norm(3)", "norm(0.5)", "norm(float('inf'))", "norm(-float('inf'))", "norm(-1)", "std()", "var()",
                 "prod()", "softmax(0).sum()"],
    "[0., 5., 0., 0.]": ["prod()", "cumprod(0).sum()"],
    "[nan, 1., nan, 2.]": ["amax()", "max()", "min()", "max(0)[0]", "aminmax()[0]", "nansum()", "sum()", "norm(float('inf'))", "norm()",
                           "prod()", "clamp(0, 1).sum()",
                           "relu().sum()", "nan_to_num().sum()", "abs().sum()", "maximum(torch.tensor(1.)).sum()",
                           "fmax(torch.tensor(1.)).sum()", "sort()[0].sum()"],
    "[inf, 1., -inf]": ["exp().sum()", "sigmoid().sum()", "tanh().sum()", "abs().sum()", "norm()", "norm(float('inf'))", "mul(0.).sum()",
                        "softmax(0).sum()"],
    "[4.]": ["var()", "std()", "std(correction=0)", "var(correction=0)", "max(0)[0].sum()", "norm()"],
    "5.": ["sum(0)", "mean()", "prod()", "amax()", "max(0)[0]", "cumsum(0)", "cumprod(0)", "norm()", "var(correction=0)",
           "std(correction=0)", "exp()"],
    "[[], []]": ["sum()", "sum(1).sum()", "prod()", "mean()", "norm()", "cumsum(1).sum()", "cumprod(1).sum()", "amax(0).sum()",
                 "var(0).sum()", "mm(torch.ones(0, 2)).sum()"],
    "[1 + 1j, 0j]": ["abs().sum()", "norm()", "norm(1)", "norm(3)", "norm(float('inf'))", "angle().sum()", "prod().abs()",
                     "cumprod(0).abs().sum()"],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data, call", [(data, call) for data, calls in SPECIAL.items() for call in calls])
def test_gradients_at_special_inputs(data, call):
    program = f"x = torch.tensor({data}, requires_grad=True)\ny = x.{call}\ny.backward()\n(y, x.grad)"
    assert_same_program(program)


BROADCAST = ["add", "sub", "mul", "div", "maximum", "atan2", "pow", "hypot"]


@pytest.mark.parametrize("first, second", [((2, 1), (3,)), ((1,), (2, 3)), ((), (2, 2)), ((2, 3), (1, 1, 3)), ((0, 3), (1,)), ((2, 1, 2),
    (3, 1))])
@pytest.mark.parametrize("name", BROADCAST)
def test_gradients_of_broadcast_operands_are_summed(name, first, second):
    program = f"""
a = (torch.rand{first} + 0.5).requires_grad_()
b = (torch.rand{second} + 0.5).requires_grad_()
torch.{name}(a, b).sum().backward()
(a.grad, b.grad)"""
    assert_same_program(program.replace("torch.rand()", "torch.rand(())").replace("rand(1,)", "rand(1)"))


@pytest.mark.parametrize("dtypes", [("float16", "float32"), ("float32", "complex64"), ("float64", "bfloat16"), ("float32", "int64")])
def test_a_gradient_has_the_dtype_of_its_leaf(dtypes):
    a, b = dtypes
    program = f"""
a = torch.ones(3, dtype=torch.{a}, requires_grad=True)
b = torch.ones(3, dtype=torch.{b})
(a * b * 3).abs().sum().backward()
a.grad"""
    assert_same_program(program)


@pytest.mark.parametrize("p", ["'inf'", "'-inf'"])
def test_the_gradient_of_the_greatest_modulus_goes_to_those_that_have_it(p):
    program = f"""
x = torch.tensor([0.16290130948499737 + 3j, -1.8188359832877552 - 0.7298542332934144j, 3 + 4j, 4 - 3j], requires_grad=True)
torch.norm(x, float({p})).backward()
x.grad"""
    assert_same_program(program)


@pytest.mark.parametrize("size", ["(2, 3)", "(3, 2)", "(4,)", "(8,)"])
def test_a_tensor_that_is_resized_counts_as_written_if_its_shape_changes(size):
    program = f"""
x = torch.arange(6.0).reshape(3, 2).t()
x.resize_({size}, memory_format=torch.contiguous_format)
y = torch.zeros(2, 3)
torch.resize_as_(y, torch.ones({size}), memory_format=torch.contiguous_format)
(x._version, y._version)"""
    assert_same_program(program)


@pytest.mark.parametrize("call", [
    "torch.select_scatter(x, x[0].detach(), 0, 0)", "torch.slice_scatter(x, x)", "torch.select_copy(x, 0, 1)", "torch.slice_copy(x)",
    "torch.slice_inverse(x, x)", "torch.geqrf(x)", "torch.normal(x)",
])
def test_what_torch_does_not_differentiate_with_complex_results_is_refused(call):
    for library in (refimpl, real_torch):
        x = library.eye(2, requires_grad=True).to(library.complex64)
        with pytest.raises(RuntimeError, match="does not support automatic differentiation for outputs with complex dtype"):
            eval(call, {"torch": library, "x": x})


@pytest.mark.parametrize("call", [
    "F.binary_cross_entropy(ones(3), ones(3), frozen(3))", "torch.binary_cross_entropy_with_logits(ones(3), ones(3), frozen(3))",
    "torch.binary_cross_entropy_with_logits(frozen(3), ones(3), None, frozen(3))", "F.soft_margin_loss(frozen(3), frozen(3))",
    "F.multi_margin_loss(ones(2, 3), torch.tensor([0, 1]), weight=frozen(3))", "F.nll_loss(ones(2, 3), torch.tensor([0, 1]), frozen(3))",
    "F.cross_entropy(ones(2, 3, 2), torch.tensor([[0, 1], [1, 2]]), frozen(3))",
    "F.fractional_max_pool2d(ones(1, 4, 4), 2, 2, _random_samples=frozen(1, 1, 2))",
    "torch.native_batch_norm(ones(2, 3), None, None, frozen(3), ones(3), False, 0.1, 1e-5)", "F.batch_norm(ones(2, 3, 0), frozen(3), ones(3))",
    "F.instance_norm(ones(2, 3, 2), ones(3), frozen(3))", "torch.linalg.pinv(torch.eye(2), atol=frozen(1))",
    "torch.linalg.pinv(torch.eye(2, requires_grad=True), rtol=frozen(1))",
])
@pytest.mark.parametrize("mode", ["enable_grad", "no_grad", "inference_mode"])
def test_operands_that_have_no_gradient_are_refused_where_calls_are_recorded(call, mode):
    assert_same_program(f"""
ones, F = torch.ones, torch.nn.functional
frozen = lambda *size: torch.ones(*size, requires_grad=True)
with torch.{mode}():
    result = {call}
result""")


@pytest.mark.parametrize("numbers", ["torch.tensor([0, 1, 255], dtype=torch.uint8)", "torch.tensor([-1, 1, -2], dtype=torch.int8)"])
def test_the_gradient_of_xlog1py_at_zero_compares_numbers_and_not_what_they_wrap_to(numbers):
    assert_same_program(f"x = torch.zeros(3, requires_grad=True)\ntorch.special.xlog1py(x, {numbers}).sum().backward()\nx.grad")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", ["x.var(1, correction=2)", "torch.var_mean(x, (1,), correction=2)[0]"])
def test_cotangents_of_a_row_are_added_before_they_are_multiplied_by_an_infinite_factor(call):
    """A row of as many elements as are subtracted for degrees of freedom: half an infinity would be left of the difference of two."""
    assert_same_program(f"""
x = torch.tensor([[0.0, 0.0], [0.0, -1.0]], requires_grad=True)
cotangent = torch.ones(2, requires_grad=True)
(first,) = torch.autograd.grad({call}, x, cotangent, create_graph=True)
torch.autograd.grad(first, cotangent, torch.tensor([[3.0, 0.25], [-2.0, -1.0]]))""")


@pytest.mark.parametrize("eps", [-6.0, -0.02, 0.0, 0.3])
def test_the_gradient_of_logit_is_limited_by_no_negative_number(eps):
    assert_same_program(f"""
x = torch.tensor([-0.25, 0.25, 0.5, 1.25], dtype=torch.float64, requires_grad=True)
torch.logit(x, {eps}).sum().backward()
x.grad""")
