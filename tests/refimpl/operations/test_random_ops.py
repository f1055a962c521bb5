"""Operations that draw random numbers, beside torch: the numbers, the state that they leave, layouts, gradients, and errors to the letter.

The streams themselves are held against torch in test_random.py. Where torch hands a distribution to the generator of MKL (on Intel's
processors: a number ``p`` of bernoulli, exponential_, and what is built on it), only what does not depend on the numbers is compared.
"""

from __future__ import annotations

import pytest
import torch as real_torch
from places import LINES
from snippets import assert_agree, lines, warned

import refimpl

PRELUDE = """
x = torch.ones(2)
L = torch.ones(2, requires_grad=True)
z, zi = torch.ones(1).expand(3), torch.ones(1, dtype=torch.int64).expand(3)
E = lambda d: torch.empty(0, dtype=d)
c, b, l, e, T = torch.complex64, torch.bool, torch.int64, torch.empty, torch
"""
RANDOM_LINES = lines((LINES / "random_ops.txt").read_text(encoding="utf-8"))
STATE = "[int(v) for v in torch.get_rng_state()[:64]]"


@pytest.mark.parametrize("line", RANDOM_LINES)
def test_says_what_torch_says(line):
    assert_agree(line, PRELUDE)


OUTS = {
    "contiguous": "torch.empty(3, 4, dtype=d)",
    "transposed": "torch.empty(4, 3, dtype=d).t()",
    "sliced": "torch.empty(6, 8, dtype=d)[::2, ::2]",
    "large and transposed": "torch.empty(7, 5, dtype=d).t()",
    "permuted": "torch.empty(2, 3, 4, dtype=d).permute(2, 0, 1)",
    "channels last": "torch.empty(1, 2, 3, 4, dtype=d).to(memory_format=torch.channels_last)",
    "0-d": "torch.empty((), dtype=d)",
    "empty": "torch.empty(0, 3, dtype=d)",
}
FILLS = {
    "uniform_()": "float16 bfloat16 float32 float64 complex64",
    "uniform_(-1, 3)": "float16 bfloat16 float32 float64 complex64",
    "normal_()": "float16 bfloat16 float32 float64 complex64",
    "normal_(2, 0.5)": "float32 float64 complex128",
    "random_()": "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64",
    "random_(100)": "uint8 int8 int64 float16 bfloat16 float32",
    "random_(-7, 7)": "int8 int64 float32",
    "random_(5, None)": "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64",
    "random_(-2**63, None)": "int64 bfloat16 float32 float64",
    "random_(0, 2**40)": "int64 float32 float64",
    "geometric_(0.3)": "uint8 int8 int64 float16 bfloat16 float32 float64",
    "cauchy_(1, 2)": "float16 bfloat16 float32 float64",
    "log_normal_(0, 0.5)": "float16 bfloat16 float32 float64",
}


@pytest.mark.parametrize("layout", OUTS)
@pytest.mark.parametrize("fill", FILLS)
def test_the_numbers_lie_in_memory_in_the_order_of_the_stream(fill, layout):
    for d in FILLS[fill].split():
        names = f"d = torch.{d}\nout = {OUTS[layout]}\n"
        line = f"out.{fill}" if fill[:6] not in ("normal", "cauchy", "log_no") else f"out.{fill}.isfinite()"
        assert_agree(f"[{line}, {STATE}]", names)
        if fill.startswith("normal") and d != "complex128":
            assert_close(f"out.{fill}", names)


def assert_close(line, prelude):
    """Within two units in the last place of the larger: sine, cosine and logarithm are the library's own."""
    values = []
    for library in (refimpl, real_torch):
        names = {"torch": library}
        library.manual_seed(0)
        exec(prelude, names)
        result = eval(line, names)
        values.append([*result.real.flatten().tolist(), *result.imag.flatten().tolist()] if result.is_complex() else result.flatten().tolist())
        epsilon = library.finfo(result.dtype).eps
    assert all(abs(a - b) <= 2 * epsilon * max(abs(b), 1) for a, b in zip(*values, strict=True))


@pytest.mark.parametrize(
    "layouts",
    [
        ("torch.empty(3, 4)", "torch.full((3, 4), .5)"),
        ("torch.empty(4, 3).t()", "torch.full((3, 4), .5)"),
        ("torch.empty(3, 4)", "torch.full((4, 3), .5).t()"),
        ("torch.empty(4, 3).t()", "torch.full((4,), .3)"),
        ("torch.empty(6, 8)[::2, ::2]", "torch.rand(3, 1)"),
        ("torch.empty(5, dtype=torch.int64)", "torch.rand(5)"),
        ("torch.empty(5)", "torch.rand(5, dtype=torch.float64)"),
        ("torch.empty(5, dtype=torch.bool)", "torch.rand(5).bfloat16()"),
    ],
)
def test_probabilities_are_met_where_they_lie(layouts):
    out, p = layouts
    assert_agree(f"[out.bernoulli_(p), {STATE}]", f"out, p = {out}, {p}")
    assert_agree(f"[torch.bernoulli(p), {STATE}]", f"p = {p}")


@pytest.mark.parametrize(
    "line",
    [
        "torch.rand(40)",
        "torch.randint(10, (40,))",
        "torch.randint(2**28 - 1, (5,))",
        "torch.randint(2**28, (5,))",
        "torch.randint(0, 2**62, (5,))",
        "torch.randperm(50)",
        "torch.randperm(50, dtype=torch.float32)",
        "torch.rand(3, 5, dtype=torch.complex64)",
        "torch.randint(-300, 300, (9,), dtype=torch.bfloat16)",
        "torch.rand_like(torch.ones(5, 4).t())",
        "torch.randint_like(torch.ones(5, 4).t(), 10)",
        "torch.poisson(torch.arange(24.).view(4, 6).t())",
        "torch.poisson(torch.tensor([1e3, 1e5, 9.999, 10.0], dtype=torch.float64))",
        "torch.multinomial(torch.rand(3, 7), 9, True)",
        "torch.multinomial(torch.rand(3, 7).double(), 9, True)",
        "torch.multinomial(torch.rand(7, 3).t(), 5, True)",
        "torch.multinomial(torch.rand(9).half(), 5, True)",
    ],
)
def test_the_numbers_and_the_state_afterwards(line):
    assert_agree(f"[{line}, {STATE}]")


@pytest.mark.parametrize(
    "line",
    [
        "torch.normal(torch.arange(5.), 0.3)",
        "torch.normal(1., torch.arange(5.))",
        "torch.normal(torch.arange(5.), torch.arange(5.))",
        "torch.normal(1., 2., (3,))",
        "torch.normal(torch.zeros(3, 1), torch.ones(4))",
        "torch.normal(torch.zeros(3, 4).t(), 1.)",
        "torch.randn(5)",
        "torch.randn(9, dtype=torch.complex64)",
        "torch.randn_like(torch.ones(3, 4).t())",
        "torch.empty(3).normal_(5, 0)",
    ],
)
def test_few_normal_numbers_print_the_same(line):
    assert_agree(f"[{line}, {STATE}]")


@pytest.mark.parametrize(
    "call",
    [
        "rand(2, {})",
        "randn(2, {})",
        "randint(9, (2,), {})",
        "randperm(5, {})",
        "rand_like(torch.ones(2), {})",
        "randint_like(torch.ones(2), 9, {})",
        "normal(0., 1., (2,), {})",
        "normal(torch.zeros(2), 1., {})",
        "bernoulli(torch.full((9,), .5), {})",
        "poisson(torch.ones(5), {})",
        "multinomial(torch.ones(5), 3, True, {})",
        "ones(3).uniform_({})",
        "ones(3).random_({})",
        "ones(3).bernoulli_(torch.full((3,), .5), {})",
    ],
)
def test_a_generator_of_ones_own_leaves_the_default_one_alone(call):
    for seed in (0, 5):
        assert_agree("[" + "torch." + call.format("generator=g") + f", g.get_state()[:40], {STATE}]", f"g = torch.Generator().manual_seed({seed})")


def test_in_place_draws_count_as_writes():
    x = refimpl.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.uniform_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        x.normal_()


@pytest.mark.parametrize(
    "call", ["uniform_()", "normal_()", "random_()", "bernoulli_(0.5)", "exponential_()", "geometric_(0.5)", "cauchy_()", "log_normal_()"]
)
def test_the_gradient_of_what_was_overwritten_is_zero(call):
    for library in (refimpl, real_torch):
        x = library.ones(3, requires_grad=True)
        y = x * 1
        eval(f"y.{call}", {"y": y})
        (y * float("inf")).sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 0.0]
    assert_agree(f"y.{call}.grad_fn.name()", "y = torch.ones(3, requires_grad=True) * 1")


@pytest.mark.parametrize("line", ["torch.normal(x, 1.)", "torch.normal(1., x)", "torch.normal(x, x)", "torch.poisson(x)", "torch.bernoulli(x)"])
def test_drawing_with_a_parameter_that_requires_grad(line):
    assert_agree(f"({line}).grad_fn.name()", "x = torch.ones(3, requires_grad=True)")
    x = refimpl.ones(3, requires_grad=True)
    eval(line, {"torch": refimpl, "x": x}).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "line",
    [
        "torch.randint(4000, (2,), dtype=torch.float16)",
        "torch.randint(-4000, 4000, (2,), dtype=torch.float16)",
        "torch.ones(2).random_(0, 2**24 + 2)",
        "torch.randint(-2048, 2049, (2,), dtype=torch.float16)",
        "torch.ones(2).half().random_(-3000, None)",
        "torch.randint(9, (2,))",
    ],
)
def test_a_float_dtype_that_lacks_integers_is_warned_of(line):
    assert warned(refimpl, line) == warned(real_torch, line)


def test_draws_without_replacement_are_different_places():
    refimpl.manual_seed(1)
    weights = refimpl.rand(4, 30)
    for count in (1, 7, 30):
        drawn = refimpl.multinomial(weights, count)
        assert drawn.shape == (4, count) and drawn.dtype is refimpl.int64
        assert all(len(set(row)) == count for row in drawn.tolist())


def test_places_of_weight_zero_are_not_drawn():
    refimpl.manual_seed(1)
    weights = refimpl.tensor([0.0, 1.0, 0.0, 2.0])
    for replacement in (True, False):
        assert {v for _ in range(20) for v in refimpl.multinomial(weights, 2, replacement).tolist()} == {1, 3}


def test_weights_decide_how_often_a_place_is_drawn():
    refimpl.manual_seed(2)
    drawn = refimpl.multinomial(refimpl.tensor([1.0, 3.0]), 4000, True)
    assert abs(drawn.double().mean().item() - 0.75) < 4 * (0.75 * 0.25 / 4000) ** 0.5


@pytest.mark.parametrize("rate", [0.5, 4.0, 9.5, 10.0, 60.0])
def test_poisson_numbers_have_mean_and_variance_of_their_rate(rate):
    refimpl.manual_seed(3)
    count = 4000
    drawn = refimpl.poisson(refimpl.full((count,), rate, dtype=refimpl.float64))
    assert abs(drawn.mean().item() - rate) < 4 * (rate / count) ** 0.5
    assert abs(drawn.var().item() / rate - 1) < 4 * ((2 + 1 / rate) / count) ** 0.5


@pytest.mark.parametrize("call", ["bernoulli_(0.25)", "exponential_(2.0)"])
def test_distributions_that_mkl_may_draw_have_their_mean(call):
    refimpl.manual_seed(4)
    mean, deviation = (0.25, 0.1875**0.5) if "bernoulli" in call else (0.5, 0.5)
    drawn = eval(f"refimpl.empty(4000, dtype=refimpl.float64).{call}", {"refimpl": refimpl})
    assert abs(drawn.mean().item() - mean) < 4 * deviation / 4000**0.5
