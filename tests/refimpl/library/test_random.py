"""The random streams: for one seed, the numbers and the state that torch has on the CPU, bit for bit."""

import copy
import math
import pickle
import random as stdlib_random
from fractions import Fraction

import pytest
import torch

from refimpl.foundation import dtypes
from refimpl.foundation.kernels import View
from refimpl.random import Generator, default_generator, manual_seed
from refimpl.random.generator import STATE_SIZE
from refimpl.random.rounding import fma
from refimpl.random.streams import sample, stream_rule

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTS = ("uint8", "int8", "int16", "int32", "int64")
COMPLEX = ("complex64", "complex128")
SIZES = (0, 1, 2, 3, 7, 8, 15, 16, 17, 20, 31, 32, 33, 47, 48, 100, 623, 624, 625, 1000)


def ours(name):
    return getattr(dtypes, "bool_" if name == "bool" else name)


def torch_state(generator):
    return bytes(generator.get_state().tolist())


class Pair:
    """A generator of refimpl and one of torch, with the same seed."""

    def __init__(self, seed):
        self.ours = Generator().manual_seed(seed)
        self.torchs = torch.Generator().manual_seed(seed)

    def check(self, name, numel, dtype, expected, *parameters):
        """The next draw is ``expected`` in every bit, and both generators are left in the same state."""
        values = sample(name, numel, ours(dtype), self.ours, *parameters)
        drawn = torch.tensor(list(values), dtype=getattr(torch, dtype)).reshape(expected.shape)
        # equal() holds -0. and 0. for the same, and the signs are part of the stream
        assert torch.equal(drawn, expected), (name, numel, dtype, parameters)
        if expected.is_floating_point():
            assert torch.equal(drawn.signbit(), expected.signbit())
        self.check_state()

    def check_state(self):
        assert self.ours.get_state_bytes() == torch_state(self.torchs)

    def empty(self, shape, dtype):
        return torch.empty(shape, dtype=getattr(torch, dtype))


@pytest.mark.parametrize("seed", [0, 1, 5, 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**63, 2**64 - 1, -1, -5, -(2**63)])
def test_every_seed_gives_torchs_stream_and_initial_seed(seed):
    pair = Pair(seed)
    assert pair.ours.initial_seed() == pair.torchs.initial_seed()
    pair.check_state()
    pair.check("uniform", 3, "float32", torch.rand(3, generator=pair.torchs), 0, 1)


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, True, "3", None])
def test_a_bad_seed_raises_torchs_error(seed):
    with pytest.raises((RuntimeError, ValueError)) as theirs:
        torch.Generator().manual_seed(seed)
    with pytest.raises(theirs.type) as raised:
        Generator().manual_seed(seed)
    assert str(raised.value) == str(theirs.value)


def test_manual_seed_seeds_the_default_generator_with_int_of_its_argument():
    before = default_generator.get_state_bytes()
    try:
        assert manual_seed(3.7) is default_generator
        assert default_generator.initial_seed() == 3
        assert manual_seed("12").initial_seed() == 12
    finally:
        default_generator.set_state_bytes(before)


def test_a_new_generator_has_torchs_default_seed():
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    assert Generator().get_state_bytes() == torch_state(torch.Generator())


def test_seed_draws_a_64_bit_seed_and_returns_it():
    generator = Generator()
    first, second = generator.seed(), generator.seed()
    assert first != second
    assert generator.initial_seed() == second
    assert generator.get_state_bytes() == Generator().manual_seed(second).get_state_bytes()


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
def test_rand(dtype):
    pair = Pair(11)
    for size in SIZES:
        pair.check("uniform", size, dtype, torch.rand(size, dtype=getattr(torch, dtype), generator=pair.torchs), 0, 1)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bounds", [(-0.57735026, 0.57735026), (0.1, 3.7), (-1e-3, 1e4), (3, 3.01), (-7.3, -1.1), (0, 1e-6), (2, 2)])
def test_uniform_between_bounds(dtype, bounds):
    pair = Pair(12)
    for size in (1, 3, 500, 3000):
        expected = pair.empty(size, dtype).uniform_(*bounds, generator=pair.torchs)
        pair.check("uniform", size, dtype, expected, *bounds)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
@pytest.mark.parametrize("mean, std", [(0, 1), (0.3, 1.7), (-5, 0.02), (1, 0)])
def test_normal(dtype, mean, std):
    pair = Pair(13)
    for size in SIZES:
        expected = pair.empty(size, dtype).normal_(mean, std, generator=pair.torchs)
        pair.check("normal", size, dtype, expected, mean, std)


def test_a_million_normals():
    pair = Pair(14)
    pair.check("normal", 1_000_003, "float32", torch.randn(1_000_003, generator=pair.torchs), 0, 1)


LAYOUTS = {
    "contiguous": lambda t: t,
    "transposed": lambda t: t.transpose(0, 2),
    "permuted": lambda t: t.permute(1, 2, 0),
    "sliced": lambda t: t[:, ::2, 1:],
    "reversed and sliced": lambda t: t.permute(2, 1, 0)[1::2],
    "one row": lambda t: t[:1].transpose(0, 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ("float32", "float64", "float16", "complex64"))
def test_the_stream_follows_the_memory_whatever_the_layout(layout, dtype):
    """Normals, which have another rule for tensors with gaps, uniforms, and a tensor of probabilities."""
    pair = Pair(15)
    t = LAYOUTS[layout](pair.empty((4, 5, 6), dtype))
    out = View(None, 0, tuple(t.shape), t.stride(), ours(dtype))
    for fill, method, parameters in (("normal", "normal_", (0.5, 2)), ("uniform", "uniform_", (-1, 1))):
        getattr(t, method)(*parameters, generator=pair.torchs)
        name, (ordered,) = stream_rule(fill, out)
        in_memory = t.as_strided(ordered.shape, ordered.strides, t.storage_offset())
        pair.check(name, t.numel(), dtype, in_memory, *parameters)
    if dtype == "float32":
        p = torch.rand(t.shape[-1]).expand(t.shape)
        t.bernoulli_(p, generator=pair.torchs)
        name, (ordered, p_view) = stream_rule("bernoulli_tensor", out, View(None, 0, tuple(p.shape), p.stride(), ours(dtype)))
        in_memory = t.as_strided(ordered.shape, ordered.strides, t.storage_offset())
        probabilities = p.as_strided(p_view.shape, p_view.strides).flatten().tolist()
        pair.check(name, t.numel(), dtype, in_memory, probabilities, ours("float32"))


def test_the_kept_sine_survives_large_draws_and_other_distributions():
    pair = Pair(16)
    pair.check("normal", 3, "float32", torch.randn(3, generator=pair.torchs), 0, 1)
    pair.check("normal", 16, "float32", torch.randn(16, generator=pair.torchs), 0, 1)
    pair.check("uniform", 5, "float64", torch.rand(5, dtype=torch.float64, generator=pair.torchs), 0, 1)
    pair.check("normal", 1, "float64", torch.randn(1, dtype=torch.float64, generator=pair.torchs), 0, 1)
    pair.check("normal", 1, "float16", torch.randn(1, dtype=torch.float16, generator=pair.torchs), 0, 1)


RANGES = [
    (0, 1), (0, 2), (-7, 7), (3, 7), (-100, 101), (0, 2**27), (0, 2**28 - 1), (0, 2**28), (-(2**27), 2**27), (0, 2**32 - 1),
    (0, 2**32), (-(2**40), 2**50), (0, 2**53), (0, 2**63 - 1), (-(2**62), 2**62), (-(2**63), 2**63 - 1),
    (-2049, 2050), (-257, 258), (-(2**24) - 1, 2**24 + 2), (-(2**53) - 1, 2**53 + 2), (1000, 1003), (2**30 + 1, 2**30 + 200),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*is out of bounds")
@pytest.mark.parametrize("bounds", RANGES)
def test_randint(bounds):
    pair = Pair(17)
    low, high = bounds
    for dtype in ("bool", *INTS, *FLOATS):
        limit = 2 if dtype == "bool" else torch.finfo(getattr(torch, dtype)).max if dtype in FLOATS else None
        if limit is None:
            info = torch.iinfo(getattr(torch, dtype))
            if low < info.min or high - 1 > info.max:
                continue
        elif high > limit or low < (0 if dtype == "bool" else -limit):
            continue
        for size in (1, 2, 9, 50):
            try:
                expected = pair.empty(size, dtype).random_(low, high, generator=pair.torchs)
            except RuntimeError as error:  # no number of the dtype lies between the bounds
                with pytest.raises(RuntimeError) as raised:
                    sample("randint", size, ours(dtype), pair.ours, low, high)
                assert str(raised.value) == str(error)
                continue
            pair.check("randint", size, dtype, expected, low, high)


def test_random_from_the_least_integer_takes_64_bits():
    pair = Pair(18)
    pair.check("randint", 9, "int64", pair.empty(9, "int64").random_(-(2**63), None, generator=pair.torchs), -(2**63), 2**63)
    pair.check("randint", 9, "int64", pair.empty(9, "int64").random_(-(2**62), None, generator=pair.torchs), -(2**62), 2**63)


@pytest.mark.parametrize("dtype", ("bool", *INTS, *FLOATS))
def test_random_without_bounds(dtype):
    pair = Pair(19)
    for size in (0, 1, 3, 200):
        pair.check("random", size, dtype, pair.empty(size, dtype).random_(generator=pair.torchs))


@pytest.mark.parametrize("dtype", (*INTS, *FLOATS))
def test_randperm(dtype):
    pair = Pair(20)
    for size in (0, 1, 2, 3, 5, 16, 100):
        pair.check("randperm", size, dtype, torch.randperm(size, dtype=getattr(torch, dtype), generator=pair.torchs))
    if dtype == "int64":
        pair.check("randperm", 70_000, dtype, torch.randperm(70_000, generator=pair.torchs))


@pytest.mark.parametrize("dtype", ("bool", *INTS, *FLOATS))
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_bernoulli_with_a_number_is_that_with_a_float64_tensor(dtype, p):
    """It is on the processors where torch does not take the numbers from MKL, see refimpl.random.streams; the tensor's stream is everywhere."""
    pair = Pair(21)
    for size in (0, 1, 100):
        probabilities = torch.full((size,), p, dtype=torch.float64)
        expected = pair.empty(size, dtype).bernoulli_(probabilities, generator=pair.torchs)
        pair.check("bernoulli", size, dtype, expected, p)


@pytest.mark.parametrize("p_dtype", FLOATS)
def test_bernoulli_with_a_tensor(p_dtype):
    pair = Pair(22)
    for size in (0, 1, 100, 1000):
        p = torch.rand(size, dtype=getattr(torch, p_dtype))
        for dtype in ("float32", "int16"):
            expected = pair.empty(size, dtype).bernoulli_(p, generator=pair.torchs)
            pair.check("bernoulli_tensor", size, dtype, expected, p.tolist(), ours(p_dtype))


@pytest.mark.parametrize("rate", [1, 0.3, 17.5])
def test_exponential_is_the_inverse_of_its_distribution_at_double_uniforms(rate):
    """As in torch where it does not take the numbers from MKL; there, to the bit."""
    pair = Pair(23)
    uniforms = torch.rand(300, dtype=torch.float64, generator=pair.torchs)
    drawn = torch.tensor(list(sample("exponential", 300, dtypes.float64, pair.ours, rate)), dtype=torch.float64)
    assert torch.allclose(drawn, -torch.log1p(-uniforms) / rate, rtol=1e-15, atol=0)
    pair.check_state()


@pytest.mark.parametrize("dtype", FLOATS)
def test_cauchy_log_normal_and_geometric(dtype):
    pair = Pair(24)
    pair.check("cauchy", 300, dtype, pair.empty(300, dtype).cauchy_(0.3, 2.0, generator=pair.torchs), 0.3, 2.0)
    pair.check("log_normal", 301, dtype, pair.empty(301, dtype).log_normal_(0.3, 0.7, generator=pair.torchs), 0.3, 0.7)
    pair.check("geometric", 300, dtype, pair.empty(300, dtype).geometric_(0.3, generator=pair.torchs), 0.3)


def test_interleaved_draws_stay_in_step():
    seed = stdlib_random.randrange(2**32)
    print("seed", seed)
    choice = stdlib_random.Random(seed)
    pair = Pair(seed)
    for _ in range(300):
        size, dtype = choice.randrange(40), choice.choice(FLOATS)
        tensor = pair.empty(size, dtype)
        kind = choice.randrange(5)
        if kind == 0:
            pair.check("uniform", size, dtype, tensor.uniform_(-1, 2, generator=pair.torchs), -1, 2)
        elif kind == 1:
            pair.check("normal", size, dtype, tensor.normal_(0.25, 3, generator=pair.torchs), 0.25, 3)
        elif kind == 2:
            pair.check("randint", size, dtype, tensor.random_(0, 200, generator=pair.torchs), 0, 200)
        elif kind == 3:
            pair.check("randperm", size, "int64", torch.randperm(size, generator=pair.torchs))
        else:
            pair.ours.set_state_bytes(torch_state(pair.torchs))


def test_a_state_can_be_handed_over_in_both_directions():
    for drawn in (0, 1, 3, 16, 623, 624, 625, 2000):
        pair = Pair(25)
        torch.rand(drawn, generator=pair.torchs)
        torch.randn(1, generator=pair.torchs)  # leaves a sine behind
        pair.ours.set_state_bytes(torch_state(pair.torchs))
        pair.check_state()
        pair.check("normal", 5, "float64", torch.randn(5, dtype=torch.float64, generator=pair.torchs), 0, 1)
        sample("normal", 4, dtypes.float32, pair.ours, 0, 1)
        pair.torchs.set_state(torch.tensor(list(pair.ours.get_state_bytes()), dtype=torch.uint8))
        pair.check("normal", 20, "float32", torch.randn(20, generator=pair.torchs), 0, 1)
        pair.check("normal", 2, "float32", torch.randn(2, generator=pair.torchs), 0, 1)


def test_a_bad_state_raises_torchs_error():
    for state in (bytes(3), bytes(STATE_SIZE), bytes(5048)):
        with pytest.raises(RuntimeError) as theirs:
            torch.Generator().set_state(torch.tensor(list(state), dtype=torch.uint8))
        with pytest.raises(RuntimeError) as raised:
            Generator().set_state_bytes(state)
        assert str(raised.value) == str(theirs.value)


def test_copies_and_pickles_continue_the_stream():
    generator = Generator().manual_seed(26)
    sample("normal", 3, dtypes.float32, generator, 0, 1)
    others = [copy.copy(generator), copy.deepcopy(generator), pickle.loads(pickle.dumps(generator)), generator.clone_state()]
    expected = list(sample("normal", 40, dtypes.float32, generator, 0, 1))
    for other in others:
        assert list(sample("normal", 40, dtypes.float32, other, 0, 1)) == expected
        assert other.initial_seed() == 26


@pytest.mark.parametrize("x, y, z", [(0.1, 0.1, -0.01), (1 / 3, 3.0, -1.0), (1e16 + 2, 1.7, 0.3), (-0.7, 0.9, 1e-20)])
def test_fma_rounds_once(x, y, z):
    assert fma(x, y, z) == float(Fraction(x) * Fraction(y) + Fraction(z))
    assert math.copysign(1, fma(-0.0, 1.0, 0.0)) == 1
