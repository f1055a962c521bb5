"""Random numbers: writing them into a tensor that is there, each of its elements from the distribution that the method names.

The numbers of the stream go to the elements in the order in which these lie in memory. Gradients are zero.
"""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.dtypes import bfloat16, float16, float32, float64, int64, range_of
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...operations.registry import op
from ...operations.sharing import refuse_overlap
from ...random import Generator, default_generator
from ...random.streams import sample, stream_rule
from ...tensor import Tensor, allocate
from ..creation.conversion import transfer
from ..creation.filled import become, from_numbers, warn
from ..shared.checks import c_name, not_implemented

# -- arguments -------------------------------------------------------------------------------------


def generator_of(generator: Any) -> Generator:
    """The generator to draw from."""
    if generator is None:
        return default_generator
    return generator


def real(value: Any) -> float:
    """A float argument: any real number, also in a 0-d tensor or as one of NumPy's."""
    return float(value)


def check_std(std: float) -> None:
    """RuntimeError for a standard deviation that is negative or NaN."""
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


_WHOLE_BITS = {float16: 11, bfloat16: 8, float32: 24, float64: 53}  # every integer of so many bits is a number of the dtype


def _check_bound(name: str, bound: int, d: dtype_class) -> None:
    """RuntimeError if a bound of integers is out of the range of the dtype; a warning if the dtype lacks integers near it."""
    least, most = range_of(d)
    if not least <= bound <= most:
        raise RuntimeError(f"{name} is out of bounds for {spelled_c_name(d)}")
    if d.is_floating_point and abs(bound) > 1 << _WHOLE_BITS[d]:
        bits = _WHOLE_BITS[d]
        warn(f"{name} is out of bounds [-(2^{bits}), 2^{bits}]. Due to precision limitations {c_name(d)} can support discrete uniform "
             "distribution only within this range. This warning will become an error in version 1.7 release, please fix the code in advance")


# -- filling ---------------------------------------------------------------------------------------


def draw(out: Tensor, name: str, generator: Generator, *parameters: Any) -> Tensor:
    """Fill ``out`` from the distribution ``name``, in the order of the stream: that of its elements in memory."""
    refuse_overlap(out)
    name, (view,) = stream_rule(name, out._view)
    view.storage.kernels.random(name, view, generator, *parameters)
    return out


def fill_uniform(out: Tensor, start: float, end: float, generator: Generator) -> Tensor:
    """Uniform numbers in [start, end)."""
    d = out._view.dtype
    if d.category < 2:
        not_implemented("check_uniform_bounds", d)
    if d.is_complex and not out._view.numel:  # which are drawn as pairs of reals: no pairs, no bounds
        return out
    limit = range_of(d)[1]
    for name, bound in (("from", start), ("to", end)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {c_name(d.real)}")
    if start > end:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={start:g} > to={end:g}")
    if end - start > limit:
        raise RuntimeError(f"uniform_ expects to-from <= std::numeric_limits<{d.real.type_name}>::max(), but found to={end:g} and "
                           f"from={start:g} which result in to-from to exceed the limit")
    return draw(out, "uniform", generator, start, end)


def fill_normal(out: Tensor, mean: float, std: float, generator: Generator) -> Tensor:
    """Normal numbers."""
    check_std(std)
    if not out._view.numel:
        return out
    if out._view.dtype.category < 2:
        not_implemented("normal_kernel_cpu", out._view.dtype)
    return draw(out, "normal", generator, mean, std)


def fill_integers(out: Tensor, low: int, high: int, generator: Generator) -> Tensor:
    """Integers in [low, high)."""
    d = out._view.dtype
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if d.is_complex:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    _check_bound("from", low, d)
    _check_bound("to - 1", high - 1, d)
    return draw(out, "randint", generator, low, high)


# -- the methods -----------------------------------------------------------------------------------

@op("only method")
def uniform_(input, from_=0.0, to=1.0, *, generator=None):
    """Fill with uniform numbers in [from, to).

    RuntimeError if from > to, or if one of them or their distance is out of the range of the dtype.

    >>> zeros(3).uniform_(2, 3).shape
    torch.Size([3])
    """
    start, end, source = real(from_), real(to), generator_of(generator)
    return fill_uniform(input, start, end, source)


uniform_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("only method")
def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers of the given mean and standard deviation. The parts of complex ones have the deviation std / sqrt(2).

    >>> zeros(3).normal_(0, 1).shape
    torch.Size([3])
    """
    location, spread, source = real(mean), real(std), generator_of(generator)
    return fill_normal(input, location, spread, source)


normal_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


def _random_node(bound: dict[str, Any]) -> str:
    return f"RandomBackward{0 if bound['from_'] is not None else 1 if bound['to'] is not None else 2}"


@op("only method", node=_random_node)
def random_(input, from_=None, to=None, *, generator=None):
    """Fill with integers in [from, to): ``random_(to)`` or ``random_(from, to)``; without a ``to`` (or with None) as far as the dtype has them all.

    RuntimeError if from >= to, or if they are out of the range of the dtype.

    >>> zeros(3).random_(5).shape
    torch.Size([3])
    """
    first, last, source = 0 if from_ is None and to is not None else from_, to, generator_of(generator)
    refuse_overlap(input)
    d = input.dtype
    if first is None:
        if not input.numel():
            return input
        if d.is_complex:
            not_implemented("random_kernel_cpu", d)
        return draw(input, "random", source)
    if last is not None:
        return fill_integers(input, first, last, source)
    if first == -(1 << 63):
        if d.category == 0 or d.is_complex or d is float16:
            not_implemented("random_full_64_bits_range_kernel_cpu", d)
        if d not in (int64, float64, float32, bfloat16):
            raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
        return draw(input, "randint", source, first, 1 << 63)
    if d.is_complex:
        raise RuntimeError("random_from_to_impl handles only integral, floating-point and boolean types")
    most = 1 << _WHOLE_BITS[d] if d.is_floating_point else range_of(d)[1]
    if most < first <= range_of(d)[1]:
        raise RuntimeError("random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got "
                           f"from={first} > to_inc={most}")
    _check_bound("from", first, d)
    return draw(input, "randint", source, first, most + 1)


random_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("only method", node=lambda bound: "BernoulliBackward1" if isinstance(bound["p"], Tensor) else "BernoulliBackward2")
def bernoulli_(input, p=0.5, *, generator=None):
    """Fill with 1 with probability ``p`` (a number, or a floating point tensor that is expanded to the shape), else 0.

    RuntimeError for a probability outside of [0, 1].

    >>> zeros(3).bernoulli_(1.0)
    tensor([1., 1., 1.])
    """
    source = generator_of(generator)
    if isinstance(p, Tensor):
        refuse_overlap(input)
        if not input.numel():  # whatever the shape of p
            return input
        return _bernoulli_of(input, p.detach().expand(input.shape), source)
    probability = real(p)
    if not 0 <= probability <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={probability:g}")
    refuse_overlap(input)
    if not input.numel():
        return input
    if input.dtype.is_complex:
        not_implemented("bernoulli_scalar_cpu_", input.dtype)
    return draw(input, "bernoulli", source, probability)


bernoulli_.derivative(input=lambda grad: grad.new_zeros(grad.shape), p=lambda grad: grad.new_zeros(grad.shape))


def _bernoulli_of(out: Tensor, p: Tensor, generator: Generator) -> Tensor:
    """Fill ``out`` with 1 with the probability at its place, else 0."""
    if not out.numel():
        return out
    if out.dtype.is_complex:
        not_implemented("bernoulli_tensor_cpu_self_", out.dtype, result=out.dtype)
    if not p.dtype.is_floating_point:
        not_implemented("bernoulli_tensor_cpu_p_", p.dtype, result=out.dtype)
    name, (target, probabilities) = stream_rule("bernoulli_tensor", out._view, p._view)
    limits: Any = probabilities.storage.kernels.tolist(probabilities)
    if not all(0 <= limit <= 1 for limit in limits):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, "
                           "please report an enhancement request to PyTorch.)")
    return _store(out, target, sample(name, len(limits), out.dtype, generator, limits, p.dtype))


def _store(out: Tensor, target: View, values: Any) -> Tensor:
    """Write numbers that were drawn on the host into a view."""
    source = from_numbers(list(values), target.shape, target.dtype, "cpu", False)
    transfer(source._view, target)
    return out


def _bernoulli_out(function: Any, args: Any, kwargs: dict[str, Any], outs: Any) -> Any:
    input = args[0] if args else kwargs["input"]
    if outs[0].shape != input.shape:
        become(outs[0], input._view.shape)
    return _bernoulli_of(outs[0], input, generator_of(kwargs.get("generator")))


@op("method out", out=_bernoulli_out)
def bernoulli(input, p=None, *, generator=None):
    """1 with the probability that the input's element says (or ``p``, a number), else 0; contiguous, of the input's dtype.

    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    out = allocate(input._view.shape, input.dtype, input._view.storage.kernels)
    if p is None:
        return _bernoulli_of(out, input, generator_of(generator))
    return out.bernoulli_(real(p), generator=generator)


bernoulli.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("only method")
def exponential_(input, lambd=1.0, *, generator=None):
    """Fill with exponentially distributed numbers of rate ``lambd``, which must be positive: -log(1 - u) / lambd.

    >>> zeros(3).exponential_(inf)
    tensor([0., 0., 0.])
    """
    rate, source = real(lambd), generator_of(generator)
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    refuse_overlap(input)
    if not input.numel():
        return input
    _continuous("Exponential", input.dtype, input.dtype.type_name)
    return draw(input, "exponential", source, rate)


exponential_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


def _continuous(distribution: str, d: dtype_class, name: str) -> None:
    if not d.is_floating_point:
        raise RuntimeError(f"{distribution} distribution is a continuous probability distribution. dtype must be a floating point but you "
                           f"specified {name}")


@op("only method")
def geometric_(input, p, *, generator=None):
    """Fill with the numbers of trials up to the first success, each trial succeeding with probability ``p``, which lies in (0, 1).

    >>> zeros(3).geometric_(0.999999)
    tensor([1., 1., 1.])
    """
    probability, source = real(p), generator_of(generator)
    if not 0 < probability < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={probability:g}")
    refuse_overlap(input)
    if not input.numel():
        return input
    if input.dtype.category == 0 or input.dtype.is_complex:
        not_implemented("geometric_cpu", input.dtype)
    return draw(input, "geometric", source, probability)


geometric_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("only method")
def cauchy_(input, median=0.0, sigma=1.0, *, generator=None):
    """Fill with numbers of the Cauchy distribution: median + sigma tan(pi (u - 1/2)); ``sigma`` must be positive.

    >>> zeros(3).cauchy_(5, 1e-30)
    tensor([5., 5., 5.])
    """
    middle, width, source = real(median), real(sigma), generator_of(generator)
    if not width > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={width:g}")
    _continuous("Cauchy", input.dtype, spelled_c_name(input.dtype))
    return draw(input, "cauchy", source, middle, width)


cauchy_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("only method")
def log_normal_(input, mean=1.0, std=2.0, *, generator=None):
    """Fill with exp of normal numbers of the given mean and (positive) standard deviation.

    >>> zeros(3).log_normal_(0, 1e-30)
    tensor([1., 1., 1.])
    """
    location, spread, source = real(mean), real(std), generator_of(generator)
    if not spread > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={spread:g}")
    refuse_overlap(input)
    if not input.numel():
        return input
    if not input.dtype.is_floating_point:
        not_implemented("log_normal_cpu", input.dtype)
    return draw(input, "log_normal", source, location, spread)


log_normal_.derivative(input=lambda grad: grad.new_zeros(grad.shape))


@op("function")
def poisson(input, generator=None):
    """Numbers of the Poisson distribution whose rates are the input's elements, of its dtype; contiguous. The gradient is zero.

    RuntimeError for a negative rate.

    >>> poisson(tensor([0., 0.]))
    tensor([0., 0.])
    """
    source = generator_of(generator)
    if not input.dtype.is_floating_point:
        not_implemented("poisson_cpu", input.dtype)
    out = allocate(input._view.shape, input.dtype, input._view.storage.kernels)
    name, (target, rates) = stream_rule("poisson", out._view, input._view)
    numbers: Any = rates.storage.kernels.tolist(rates)
    if not all(rate >= 0 for rate in numbers):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return _store(out, target, sample(name, len(numbers), input.dtype, source, numbers))


poisson.derivative(input=lambda grad: grad.new_zeros(grad.shape))
