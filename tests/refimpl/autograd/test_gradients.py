"""Every gradient formula on the registry: against differences, against torch, of first and second order.

A sample is an expression over the inputs below. ``x``, ``y``, ... are differentiated; those in capitals are not.
"""

from __future__ import annotations

import ast
import math
import random

import pytest
import torch as real_torch
from side_by_side import assert_same_program

import refimpl
from refimpl.operations.operation import operations

INDICES = {
    "I": [0, 2], "J": [[1, 0, 1], [0, 1, 1]], "M": [[True, False, True], [False, True, True]], "T": [0, 2], "P": [[[1, 0], [2, 1]], [[0,
        1], [2, 2]]],
}  # fmt: skip


def values(name, shape):
    """The same numbers in every run: distinct, away from kinks and from the borders of domains."""
    draw = random.Random(name)
    count = math.prod(shape)
    low, high = {"p": (0.3, 2.0), "q": (0.4, 1.9), "u": (-0.8, 0.8), "o": (1.2, 2.5)}.get(name[0], (-2.0, 2.0))
    found = []
    while len(found) < count:
        value = draw.uniform(low, high)
        if all(abs(value - other) > 0.02 for other in (*found, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2)):
            found.append(value)
    return found


SHAPES = {
    "x": (2, 3), "y": (2, 3), "z": (2, 3), "r": (3,), "v": (3,), "w": (2,), "s": (), "m": (3, 2), "n": (2, 2), "b": (2, 2, 3), "c": (2, 3,
        2),
    "p": (2, 3), "q": (2, 3), "u": (2, 3), "o": (2, 3), "d": (1, 3, 2, 2), "t": (4,), "e": (2, 2), "f": (3, 1), "k": (2, 3, 2), "Y": (2,
        3), "L": (2, 3),
}  # fmt: skip

# For each operation, samples that call it. A prefix "real " keeps a sample from being run on complex numbers, too, "zero " says that
# the gradient is zero wherever the function jumps or is drawn at random, so that differences say nothing.
SAMPLES = {
    "exp": ["x.exp()"], "exp2": ["x.exp2()"], "expm1": ["x.expm1()"], "log": ["p.log()"], "log2": ["p.log2()"], "log10": ["p.log10()"],
    "log1p": ["p.log1p()"], "logaddexp": ["real torch.logaddexp(x, r)"], "logaddexp2": ["real torch.logaddexp2(x, r)"],
    "relu": ["real x.relu()"], "threshold_backward": ["real x.relu()"], "sigmoid": ["x.sigmoid()"],
    "add": ["x + r", "x.add(y, alpha=2)", "s + x"], "rsub": ["2 - x", "torch.rsub(x, r, alpha=3)"], "sub": ["x - r", "x.sub(s, alpha=2)"],
    "mul": ["x * r", "x * 3", "s * x"], "neg": ["-x"], "abs": ["x.abs()"], "abs_": ["real (x * 1).abs_()"], "sign": ["zero x.sign()"],
    "addcmul": ["x.addcmul(y, r, value=2)"], "addcdiv": ["x.addcdiv(y, p, value=2)"], "lerp": ["x.lerp(y, 0.3)", "real x.lerp(y, r)"],
    "eq": ["zero (x * 1).eq_(Y)"], "ne": ["zero (x * 1).ne_(Y)"], "lt": ["zero (x * 1).lt_(Y)"], "le": ["zero (x * 1).le_(Y)"],
    "gt": ["zero (x * 1).gt_(Y)"], "ge": ["zero (x * 1).ge_(Y)"],
    "maximum": ["real torch.maximum(x, r)"], "minimum": ["real torch.minimum(x, r)"], "fmax": ["real torch.fmax(x, r)"],
    "fmin": ["real torch.fmin(x, r)"], "clamp": ["real x.clamp(-0.7, 0.9)", "real x.clamp(r, y)"], "clamp_min": ["real x.clamp_min(0.2)",
        "real x.clamp_min(r)"],
    "clamp_max": ["real x.clamp_max(0.2)", "real x.clamp_max(r)"], "where": ["torch.where(M, x, r)", "torch.where(M, x, 0.5)"],
    "masked_fill": ["x.masked_fill(M, 0.5)", "x.masked_fill(M, s)"], "heaviside": ["error torch.heaviside(x, y)"],
    "nan_to_num": ["real x.nan_to_num()"],
    "_conj_view": ["complex x.conj() * y"], "_neg_view": ["complex x.conj().imag * r"],
    "_conj_physical": ["complex x.conj_physical() * y"], "conj_physical_": ["(x * 1).conj_physical_()"],
    "angle": ["complex x.angle()", "zero x.angle()"],
    "sgn": ["complex x.sgn()", "zero x.sgn()"],
    "complex": ["real torch.complex(x, y)"], "polar": ["real torch.polar(p, y)"],
    "clone": ["x.clone()"], "_to_copy": ["x.to(torch.complex128)"], "copy_": ["(x * 1).copy_(r)"], "fill_": ["(x * 1).fill_(0.5)",
        "(x * 1).fill_(s)"],
    "zero_": ["(x * 1).zero_()"], "as_strided": ["x.as_strided((2, 2), (1, 2), 1)", "x.contiguous().as_strided((3, 3), (1, 1))"],
    "select_backward": ["real torch.autograd.grad((x[1] ** 2).sum(), x, create_graph=True)[0]"],
    "slice_backward": ["real torch.autograd.grad((x[:, 1:] ** 2).sum(), x, create_graph=True)[0]"],
    "diagonal_backward": ["real torch.autograd.grad((x.diagonal() ** 2).sum(), x, create_graph=True)[0]"],
    "_view": ["x.contiguous().view(3, 2)"], "_reshape_alias": ["b[:, :1].reshape(2, 3)"], "_unsafe_view": ["x.t().reshape(6)"],
    "squeeze": ["f.squeeze()", "f.squeeze(1)"],
    "unsqueeze": ["x.unsqueeze(1)"],
    "transpose": ["x.transpose(0, 1)"], "t": ["x.t()"], "permute": ["b.permute(2, 0, 1)"], "alias": ["real x.new(x)"],
    "expand": ["f.expand(2, 3, 4)"], "select": ["x.select(1, 1)"], "slice": ["x[:, ::2]"], "diagonal": ["x.diagonal(1)"],
    "unfold": ["t.unfold(0, 2, 1)"],
    "unbind": ["x.unbind(1)"], "_split": ["x.split(2, 1)"],
    "view_as_real": ["complex torch.view_as_real(x)", "complex x.real", "complex x.imag"],
    "view_as_complex": ["real torch.view_as_complex(m.contiguous())"],
    "select_scatter": ["real x.select_scatter(w, 1, 2)"], "slice_scatter": ["real x.slice_scatter(e, 1, 0, 2)"],
    "diagonal_scatter": ["x.diagonal_scatter(w)"],
    "div": ["x / p", "x / 3", "torch.div(s, p)", "zero x.div(p, rounding_mode='floor')"], "floor_divide": ["error x.floor_divide(p)"],
    "set_": ["error (x * 1).set_(p)"],
    "remainder": ["real x.remainder(q)", "real x.remainder(0.7)"], "fmod": ["real x.fmod(q)", "real x.fmod(0.7)"],
    "sin": ["x.sin()"], "cos": ["x.cos()"], "tan": ["u.tan()"], "asin": ["u.asin()"], "acos": ["u.acos()"], "atan": ["x.atan()"],
    "atan2": ["real torch.atan2(x, r)"], "deg2rad": ["real x.deg2rad()"], "rad2deg": ["real x.rad2deg()"], "sinh": ["x.sinh()"],
    "cosh": ["x.cosh()"],
    "tanh": ["x.tanh()"], "asinh": ["x.asinh()"], "acosh": ["o.acosh()"], "atanh": ["u.atanh()"],
    "index": ["x[:, I]", "x[M]", "b[I - 1, :, I]"], "index_put_": ["(x * 1).index_put_((I // 2,), r)",
        "(x * 1).index_put_((I - 1,), r, accumulate=True)"],
    "index_select": ["x.index_select(1, I)"], "index_add": ["x.index_add(1, I, n, alpha=2)"], "gather": ["x.gather(1, J)"],
    "scatter": ["x.scatter(1, J[:, :1], f[:2])", "x.scatter(1, J, 0.5)"], "scatter_add": ["x.scatter_add(1, J, y)"],
    "index_fill": ["x.index_fill(1, I, 0.5)"], "index_copy": ["x.index_copy(1, I, n)"],
    "cat": ["torch.cat([x, y, n], 1)"], "stack": ["torch.stack([x, y], 1)"], "flip": ["x.flip(1)"], "roll": ["x.roll(1, 1)"],
    "repeat": ["x.repeat(2, 1, 2)"],
    "sort": ["real x.sort(1)[0]", "real x.sort(0, descending=True)[0]"], "tril": ["x.tril()"], "triu": ["x.triu()"],
    "diag_embed": ["x.diag_embed(1)"],
    "_softmax": ["real x.softmax(1)"], "_log_softmax": ["real x.log_softmax(0)"],
    "_mse_loss": ["real F.mse_loss(x, y)", "real F.mse_loss(x, y, reduction='none')", "real F.mse_loss(x, y, reduction='sum')"],
    "_nll_loss": ["real F.nll_loss(x, T)", "real F.nll_loss(x, T, reduction='sum')"], "nll_loss2d": ["real F.nll_loss(d, P[:1])"],
    "sqrt": ["p.sqrt()"], "rsqrt": ["p.rsqrt()"], "reciprocal": ["p.reciprocal()"], "hypot": ["real torch.hypot(x, r)"],
    "pow": ["p ** 2.5", "p ** r", "3 ** x", "x ** 2"], "float_power_": ["p.clone().float_power_(2.5)"], "square": ["x.square()"],
    "ldexp": ["real torch.ldexp(x, y)"], "mm": ["x @ m", "x.mm(m)"], "bmm": ["b @ c"], "mv": ["x.mv(v)"], "dot": ["v.dot(r)"],
    "vdot": ["torch.vdot(v, r)"],
    "addmm": ["n.addmm(x, m)", "torch.addmm(w, x, m, beta=0.5, alpha=1.5)"], "addmv": ["w.addmv(x, v)",
        "torch.addmv(s, x, v, beta=0.5, alpha=1.5)"],
    "baddbmm": ["torch.baddbmm(n, b, c)", "torch.baddbmm(w, b, c, beta=0.5, alpha=1.5)"],
    "uniform_": ["zero (x * 1).uniform_()"], "normal_": ["zero (x * 1).normal_()"], "random_": ["zero (x * 1).random_()"],
    "bernoulli_": ["zero (x * 1).bernoulli_(0.5)"], "bernoulli": ["zero p.clamp(0, 1).bernoulli()"],
    "exponential_": ["zero (x * 1).exponential_()"],
    "sum": ["x.sum()", "x.sum(1)", "b.sum((0, 2), keepdim=True)"], "nansum": ["real x.nansum()", "real b.nansum((0, 2))"],
    "mean": ["x.mean()", "x.mean(0)", "b.mean((0, 2), keepdim=True)"], "prod": ["x.prod()", "x.prod(1)", "x.prod(0, keepdim=True)"],
    "var": ["x.var()", "x.var(1)", "b.var((0, 2), correction=0, keepdim=True)"], "std": ["x.std()", "x.std(1)",
        "b.std((0, 2), correction=0)"],
    "var_mean": ["torch.var_mean(x, 1)"], "std_mean": ["torch.std_mean(x, 1)"],
    "amax": ["real x.amax()", "real x.amax(1)", "real b.amax((0, 2), True)"], "amin": ["real x.amin()", "real x.amin(1)"],
    "aminmax": ["real x.aminmax(dim=1)", "real x.aminmax()"],
    "_max_dim": ["real x.max(1)[0]"], "_min_dim": ["real x.min(0, keepdim=True)[0]"], "_max_all": ["real x.max()"],
    "_min_all": ["real x.min()"],
    "_vector_norm": ["x.norm()", "x.norm(1, 1)", "x.norm(3, 0, True)", "x.norm(float('inf'), 1)", "x.norm(-float('inf'))", "x.norm(0.5)",
                     "x.norm(1.5, 1)", "x.norm(-1)"],
    "cumsum": ["x.cumsum(1)"], "cumprod": ["x.cumprod(1)", "x.cumprod(0)"],
    "floor": ["zero x.floor()"], "ceil": ["zero x.ceil()"], "trunc": ["zero x.trunc()"], "round": ["zero x.round()",
        "zero x.round(decimals=1)"], "frac": ["real x.frac()"],
    "copysign": ["real torch.copysign(x, r)", "real torch.copysign(x, -2)"], "nextafter": ["zero torch.nextafter(x, y)"],
    "erf": ["real x.erf()"], "erfc": ["real x.erfc()"], "erfinv": ["real u.erfinv()"], "lgamma": ["real p.lgamma()"],
    "digamma": ["real p.digamma()"],
    "polygamma": ["real torch.polygamma(1, p)"], "polygamma_": ["real p.clone().polygamma_(1)"], "logit": ["real (p / 3).logit()"],
    "true_divide": ["torch.true_divide(x, p)", "torch.true_divide(x, 3)"], "t_": ["(x * 1).t_()"],
    "transpose_": ["(x * 1).transpose_(0, 1)"],
    "squeeze_": ["(f * 1).squeeze_()", "(f * 1).squeeze_(1)"], "unsqueeze_": ["(x * 1).unsqueeze_(1)"],
    "as_strided_": ["(x * 1).as_strided_((2, 2), (1, 2), 1)"], "masked_select": ["x.masked_select(M)", "r.masked_select(M)"],
    "topk": ["real x.topk(2, 1)[0]", "real x.topk(1, 0, False)[0]"], "take": ["x.take(J)"], "rot90": ["x.rot90(1, (0, 1))"],
    "diagonal_copy": ["torch.diagonal_copy(x, 1)"], "narrow_copy": ["x.narrow_copy(1, 0, 2)"], "fill": ["torch.fill(x, 0.5)",
        "torch.fill(x, s)"],
    "geometric_": ["zero (x * 1).geometric_(0.5)"], "cauchy_": ["zero (x * 1).cauchy_()"], "log_normal_": ["zero (x * 1).log_normal_()"],
    "poisson": ["zero torch.poisson(p)"], "normal": ["zero torch.normal(x, p)"],
    "sinc": ["x.sinc()"], "xlogy": ["real torch.xlogy(x, p)", "real torch.xlogy(2, p)", "real torch.xlogy(x, 2)"],
}  # fmt: skip

DIFFERENTIABLE = [operation.name for operation in operations.values() if operation.gradients]


def test_no_operation_with_a_gradient_is_without_samples():
    assert set(DIFFERENTIABLE) == set(SAMPLES)


def kinds(sample):
    """``(kind, expression)`` of a sample."""
    kind, _, expression = sample.partition(" ")
    return (kind, expression) if kind in ("real", "complex", "zero", "error") else ("both", sample)


CASES = [(name, *kinds(sample)) for name, samples in SAMPLES.items() for sample in samples]


def inputs(library, expression, is_complex, layout):
    """The variables of an expression: name -> tensor, and the names of those that are differentiated."""
    names = {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}
    variables, tracked = {"torch": library, "F": library.nn.functional}, sorted(n for n in names if n in SHAPES and n.islower())
    for name in names & {*SHAPES, *INDICES}:
        if name in INDICES:
            variables[name] = library.tensor(INDICES[name])
            continue
        shape = SHAPES[name]
        real, imaginary = values(name, shape), values(name + "i", shape)
        numbers = [complex(a, b / 2) for a, b in zip(real, imaginary)] if is_complex else real
        tensor = library.tensor(numbers, dtype=library.complex128 if is_complex else library.float64).reshape(shape)
        if layout == "permuted" and shape:
            tensor = tensor.permute(*reversed(range(len(shape)))).contiguous().permute(*reversed(range(len(shape))))
        elif layout == "sliced" and shape:
            wide = library.zeros((*shape[:-1], 2 * shape[-1] + 1), dtype=tensor.dtype)
            wide[..., 1::2] = tensor
            tensor = wide[..., 1::2]
        variables[name] = tensor.detach().requires_grad_(name in tracked)
    return variables, tracked


def evaluate(expression, variables):
    result = eval(expression, dict(variables))
    return result if isinstance(result, (tuple, list)) else (result,)


def cotangents(library, outputs):
    found = []
    for i, output in enumerate(outputs):
        draw = random.Random(i)
        count = output.numel()
        numbers = [complex(draw.uniform(-1, 1), draw.uniform(-1, 1)) if output.is_complex() else draw.uniform(-1, 1) for _ in range(count)]
        found.append(library.tensor(numbers, dtype=output.dtype).reshape(output.shape).requires_grad_())
    return found


def numbers(tensor):
    # + zeros: torch has zeros without storage, which cannot be listed
    return [] if tensor is None else (tensor.detach() + tensor.detach().new_zeros(tensor.shape)).reshape(-1).tolist()


def gradients(library, expression, is_complex, layout):
    """The first and the second derivatives along fixed cotangents, as lists of numbers."""
    library.manual_seed(0)
    variables, tracked = inputs(library, expression, is_complex, layout)
    leaves = [variables[name] for name in tracked]
    outputs = [o for o in evaluate(expression, variables) if o.requires_grad]
    arriving = cotangents(library, outputs)
    first = library.autograd.grad(outputs, leaves, arriving, create_graph=True, allow_unused=True)
    shown = [(numbers(g), None if g is None else (g.dtype == x.dtype, tuple(g.shape))) for g, x in zip(first, leaves)]
    again = [g for g in first if g is not None and g.requires_grad]
    if not again:
        return shown, []
    second = library.autograd.grad(again, [*leaves, *arriving], [g.detach() * 0.5 + 1 for g in again], allow_unused=True)
    return shown, [numbers(g) for g in second]


def assert_close(ours, theirs, what):
    assert len(ours) == len(theirs), what
    for a, b in zip(ours, theirs):
        assert a == b or abs(a - b) <= 1e-9 * max(1.0, abs(b)) or (a != a and b != b), (what, ours, theirs)


def runs(kinds_of_numbers):
    """``(operation, expression, complex?)`` for the kinds of samples."""
    found = []
    for name, kind, expression in CASES:
        for is_complex in (False, True):
            if kind in kinds_of_numbers and is_complex in {"both": (False, True), "complex": (True,)}.get(kind, (False,)):
                found.append(pytest.param(name, expression, is_complex, id=f"{name}: {expression}{' (complex)' * is_complex}"))
    return found


@pytest.mark.parametrize("name, expression, is_complex", runs(("both", "real", "complex", "zero")))
@pytest.mark.parametrize("layout", ["contiguous", "permuted", "sliced"])
def test_gradients_are_those_of_torch(name, expression, is_complex, layout):
    if layout == "permuted" and name == "nll_loss2d":
        layout = "sliced"  # torch has no gradient for such an input
    (first, second), (their_first, their_second) = (gradients(library, expression, is_complex, layout) for library in (refimpl, real_torch))
    for (a, described), (b, their_description) in zip(first, their_first):
        assert described == their_description
        assert_close(a, b, "first order")
    for i in range(max(len(second), len(their_second))):
        a, b = (found[i] if found else [] for found in (second, their_second))
        # a derivative that is zero may be there or not
        size = max(len(a), len(b))
        assert_close(a or [0.0] * size, b or [0.0] * size, "second order")


@pytest.mark.parametrize("name, expression, is_complex", runs(("both", "real", "complex")))
def test_gradients_agree_with_differences(name, expression, is_complex):
    variables, tracked = inputs(refimpl, expression, is_complex, "contiguous")

    def function(*tensors):
        outputs = evaluate(expression, {**variables, **dict(zip(tracked, tensors))})
        return tuple(o for o in outputs if o.dtype.is_floating_point or o.dtype.is_complex)

    leaves = tuple(variables[name] for name in tracked)
    assert refimpl.autograd.gradcheck(function, leaves)
    assert refimpl.autograd.gradgradcheck(function, leaves, cotangents(refimpl, function(*leaves)), atol=1e-4)


def nodes(tensor):
    waiting, seen = [tensor.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting += [child for child, _ in node.next_functions] + [getattr(node, "inner", None)]


@pytest.mark.parametrize("name, kind, expression", CASES)
def test_samples_record_the_operation_they_are_samples_of(name, kind, expression):
    variables, _ = inputs(refimpl, expression, kind == "complex" or name == "conj_physical_", "contiguous")
    recorded = {n.operation.name for o in evaluate(expression, variables) for n in nodes(o) if hasattr(n, "operation")}
    if name == "threshold_backward":
        return
    assert name in recorded


@pytest.mark.parametrize("name, kind, expression", [case for case in CASES if case[1] == "error"])
def test_backward_through_what_has_no_derivative_is_torchs_error(name, kind, expression):
    said = []
    for library in (refimpl, real_torch):
        variables, tracked = inputs(library, expression, False, "contiguous")
        (output,) = evaluate(expression, variables)
        with pytest.raises(RuntimeError) as caught:
            output.sum().backward()
        said.append(str(caught.value))
    assert said[0] == said[1]


# -- special inputs ----------------------------------------------------------------------------------

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
