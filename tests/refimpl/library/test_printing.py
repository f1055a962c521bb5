"""The text of a tensor: torch's ``repr``, and the text of its C++ stream, to the letter."""

from __future__ import annotations

import math
import random

import pytest
import torch as real_torch

import refimpl
from refimpl.foundation import dtypes
from refimpl.foundation.devices import kernels_for
from refimpl.foundation.kernels import View
from refimpl.printing.in_cpp import cpp_str
from refimpl.printing.tensors import get_printoptions, printoptions
from refimpl.tensor import wrap

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")


def same_view(t):
    """refimpl's tensor of the same bytes under the same shape, strides, offset and dtype."""
    name = str(t.dtype).removeprefix("torch.")
    storage = kernels_for().from_bytes(bytes(t.detach().untyped_storage().tolist()))
    dtype = dtypes.bool_ if name == "bool" else getattr(dtypes, name)
    return wrap(View(storage, t.storage_offset(), tuple(t.shape), t.stride(), dtype))


# -- tensors whose values lie where the printer decides ------------------------------------------

THRESHOLDS = [1000.0, 1.0, 1.0001, 999.9999, 1e8, 1e8 + 8, 1e-4, 0.00009999, 0.00010001, 0.5, 1e-45, 3e38, 9.99995, 99999.5]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -2.5]
KINDS = {
    "small": lambda choice: choice.uniform(-1, 1),
    "whole": lambda choice: float(choice.randrange(-(10 ** choice.randrange(1, 9)), 10 ** choice.randrange(1, 9))),
    "magnitudes": lambda choice: choice.uniform(-1, 1) * 10 ** choice.uniform(-8, 10),
    "thresholds": lambda choice: choice.choice(THRESHOLDS),
    "special": lambda choice: choice.choice(SPECIAL),
}
MIXTURES = [*((kind,) for kind in KINDS), ("small", "special"), ("whole", "special"), ("thresholds", "whole")]


def draw_values(choice, dtype, count):
    if dtype is real_torch.bool:
        return [choice.random() < 0.5 for _ in range(count)]
    if not dtype.is_floating_point and not dtype.is_complex:
        info = real_torch.iinfo(dtype)
        span = choice.choice([1, 100, info.max])
        return [choice.randrange(max(-span, info.min), min(span, info.max) + 1) for _ in range(count)]
    mixture = choice.choice(MIXTURES)
    values = [KINDS[choice.choice(mixture)](choice) for _ in range(2 * count)]
    return [complex(a, b) for a, b in zip(values[::2], values[1::2])] if dtype.is_complex else values[:count]


def draw_tensor(choice, dtype):
    rank = choice.choice([0, 1, 1, 2, 2, 3, 4, 5])
    sizes = [1, 1, 2, 3, 4, 5, 7, 9, 30] if rank < 3 else [1, 2, 3, 7]
    shape = [choice.choice(sizes) for _ in range(rank)]
    if rank and choice.random() < 0.05:
        shape[choice.randrange(rank)] = 0
    t = real_torch.tensor(draw_values(choice, dtype, math.prod(shape)), dtype=dtype).reshape(shape)
    layout = choice.randrange(4)
    if rank > 1 and layout == 0:
        t = t.transpose(0, choice.randrange(rank))
    elif rank and layout == 1:
        t = t[1::2]
    elif rank and layout == 2:
        t = t[:1].expand(choice.choice([1, 7, 2000 // max(1, math.prod(shape[1:]))]), *shape[1:]) if t.numel() else t
    return t


def draw_options(choice):
    return {
        "precision": choice.choice([None, 0, 2, 4, 7]),
        "threshold": choice.choice([None, 0, 5, 1000, math.inf]),
        "edgeitems": choice.choice([None, 0, 1, 2, 3, 5]),
        "linewidth": choice.choice([None, 20, 40, 80, 200]),
        "profile": choice.choice([None, "default", "short", "full"]),
        "sci_mode": choice.choice([None, None, True, False]),
    }


@pytest.fixture
def choice():
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


# -- repr ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_repr_of_any_tensor_is_torchs(dtype, choice):
    for _ in range(150):
        t = draw_tensor(choice, getattr(real_torch, dtype))
        assert repr(same_view(t)) == repr(t)


@pytest.mark.parametrize("dtype", DTYPES)
def test_repr_under_any_options_is_torchs(dtype, choice):
    for _ in range(150):
        options = draw_options(choice)
        for library in (refimpl, real_torch):
            library.set_printoptions(profile="default")
            library.set_printoptions(**options)
        t = draw_tensor(choice, getattr(real_torch, dtype))
        assert repr(same_view(t)) == repr(t), options
        assert get_printoptions() == real_torch._tensor_str.get_printoptions()


@pytest.mark.parametrize("default", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_shown_unless_it_would_be_inferred(default):
    for library in (refimpl, real_torch):
        library.set_default_dtype(getattr(library, default))
    for dtype in DTYPES:
        for shape in ((), (2,), (0,), (2, 0)):
            t = real_torch.ones(shape, dtype=getattr(real_torch, dtype))
            assert repr(same_view(t)) == repr(t)


def test_a_suffix_moves_to_a_new_line_where_the_line_is_full():
    for count in range(1, 30):
        for dtype in ("float64", "int16"):
            t = real_torch.ones(count, dtype=getattr(real_torch, dtype))
            assert repr(same_view(t)) == repr(t)
            if dtype == "float64":
                assert repr(same_view(t).requires_grad_()) == repr(t.requires_grad_())


def test_printoptions_hold_for_a_block_and_come_back():
    before = get_printoptions()
    t = real_torch.tensor([0.12345, 1e-7])
    with printoptions(precision=2, sci_mode=True), real_torch._tensor_str.printoptions(precision=2, sci_mode=True):
        assert repr(same_view(t)) == repr(t) == "tensor([1.23e-01, 1.00e-07])"
    assert get_printoptions() == before


AUTOGRAD = {
    "leaf": lambda torch: torch.ones(2, requires_grad=True),
    "result": lambda torch: torch.ones(2, requires_grad=True) + 1,
    "long": lambda torch: torch.ones(11, requires_grad=True) * 1.5,
    "0-d": lambda torch: torch.ones(2, requires_grad=True).sum(),
    "view": lambda torch: torch.ones(2, 3, requires_grad=True).t(),
    "parameter": lambda torch: torch.nn.Parameter(torch.ones(2)),
    "detached": lambda torch: torch.ones(2, requires_grad=True).detach(),
    "custom": lambda torch: Doubled(torch).apply(torch.ones(2, requires_grad=True)),
}


def Doubled(torch):
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return 2 * x

        @staticmethod
        def backward(context, gradient):
            return 2 * gradient

    return Double


@pytest.mark.parametrize("case", AUTOGRAD)
def test_what_autograd_knows_is_shown_as_torch_shows_it(case):
    assert repr(AUTOGRAD[case](refimpl)) == repr(AUTOGRAD[case](real_torch))


def test_a_subclass_prints_under_its_own_name():
    class Length(refimpl.Tensor):
        pass

    t = same_view(real_torch.tensor([1.5, 2.0]))
    t.__class__ = Length
    assert repr(t) == "Length([1.5000, 2.0000])"


# -- the C++ stream --------------------------------------------------------------------------------


def print_in_cpp(x: real_torch.Tensor):
    print(x)


@pytest.fixture(scope="module")
def cpp_printer():
    """torch's C++ stream printer, which Python's repr does not use but a compiled ``print`` does."""
    return real_torch.jit.script(print_in_cpp)


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_text_of_the_cpp_stream_is_libtorchs_to_the_blank(dtype, choice, cpp_printer, capfd):
    for _ in range(150):
        t = draw_tensor(choice, getattr(real_torch, dtype))
        capfd.readouterr()
        cpp_printer(t)
        expected = capfd.readouterr().out
        assert cpp_str(same_view(t)) + "\n" == expected
