"""Random numbers: torch's CPU streams, drawn from a :class:`~refimpl.random.Generator`."""

from __future__ import annotations

from typing import Any

from ..devices import kernels_for
from ..dtypes import dtype as dtype_class, get_default_dtype, iinfo, int64
from ..layout import is_non_overlapping_and_dense, preserved_strides
from ..random import default_generator, sample, stream_rule
from ..registry import op, refuse_overlap
from ..tensor import Tensor, allocate, preserve_format
from .creation import finish, shape_of


def _generator(generator: Any) -> Any:
    return default_generator if generator is None else generator


def _draw(out: Tensor, name: str, generator: Any, *parameters: Any) -> Tensor:
    """Fill ``out`` in the order of the stream, which is that of its elements in memory."""
    name, (view,) = stream_rule(name, out._view)
    view.storage.kernels.random(name, view, _generator(generator), *parameters)
    return out


def _fresh(shape: tuple[int, ...], dtype: dtype_class | None, device: Any) -> Tensor:
    return allocate(shape, dtype or get_default_dtype(), kernels_for(device))


def _floating(out: Tensor, kernel: str) -> None:
    if out._view.dtype.category < 2:
        raise NotImplementedError(f'"{kernel}" not implemented for \'{out._view.dtype.type_name}\'')


@op("out", differentiable=False)
def rand(*size, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Uniform numbers in [0, 1): multiples of 2**-24 for float32 (of 2**-53 for float64).

    >>> _ = manual_seed(0)
    >>> rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    out = _fresh(shape_of(size, "rand"), dtype, device)
    _floating(out, "check_uniform_bounds")
    return finish(_draw(out, "uniform", generator, 0.0, 1.0), requires_grad)


@op("out", differentiable=False)
def randn(*size, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Normal numbers of mean 0 and standard deviation 1, by Box-Muller; from 16 elements on in blocks of 16.

    >>> _ = manual_seed(0)
    >>> randn(2)
    tensor([ 1.5410, -0.2934])
    """
    out = _fresh(shape_of(size, "randn"), dtype, device)
    _floating(out, "normal_kernel_cpu")
    return finish(_draw(out, "normal", generator, 0.0, 1.0), requires_grad)


def _integer_bounds(low: int, high: int, dtype: dtype_class) -> None:
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    names = {"bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int", "int64": "long"}
    if dtype.category < 2:
        least, most = (0, 1) if dtype.category == 0 else (iinfo(dtype).min, iinfo(dtype).max)
        if not least <= low <= most:
            raise RuntimeError(f"from is out of bounds for {names[dtype.name]}")
        if not least <= high - 1 <= most:
            raise RuntimeError(f"to - 1 is out of bounds for {names[dtype.name]}")


@op("out", differentiable=False)
def randint(*bounds, low=None, high=None, size=None, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Integers in [low, high): ``randint(high, size)`` or ``randint(low, high, size)``; int64 unless given.

    Each is one 32-bit draw modulo the range (64-bit from a range of 2**32 on), plus low.

    >>> _ = manual_seed(0)
    >>> randint(10, (3,))
    tensor([4, 9, 3])
    """
    given = list(bounds)
    if size is None:
        size = given.pop()
    if high is None:
        high = given.pop()
    if given:
        low = given.pop()
    low = 0 if low is None else low
    dtype = dtype or int64
    out = _fresh(shape_of((size,), "randint"), dtype, device)
    _integer_bounds(low, high, dtype)
    return finish(_draw(out, "randint", generator, low, high), requires_grad)


@op("out", differentiable=False)
def randperm(n, *, generator=None, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A random permutation of 0, ..., n-1.

    >>> _ = manual_seed(0)
    >>> randperm(4)
    tensor([0, 1, 3, 2])
    """
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    return finish(_draw(_fresh((n,), dtype, device), "randperm", generator), requires_grad)


def _like(input: Tensor, dtype: dtype_class | None, device: Any) -> Tensor:
    view = input._view
    kernels = view.storage.kernels if device is None else kernels_for(device)
    return allocate(view.shape, dtype or view.dtype, kernels, preserved_strides(view.shape, view.strides))


@op("function", differentiable=False)
def rand_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format, generator=None):
    """:func:`rand` with the input's shape, dtype and device.

    >>> rand_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return finish(_like(input, dtype, device).uniform_(generator=generator), requires_grad)


@op("function", differentiable=False)
def randn_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format, generator=None):
    """:func:`randn` with the input's shape, dtype and device.

    >>> randn_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return finish(_like(input, dtype, device).normal_(generator=generator), requires_grad)


@op("function", differentiable=False)
def randint_like(input, *bounds, low=None, high=None, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format):
    """:func:`randint` with the input's shape, dtype and device.

    >>> randint_like(zeros(2, 3), 5).shape
    torch.Size([2, 3])
    """
    given = list(bounds)
    if high is None:
        high = given.pop()
    if given:
        low = given.pop()
    out = _like(input, dtype, device)
    low = 0 if low is None else low
    _integer_bounds(low, high, out.dtype)
    return finish(_draw(out, "randint", None, low, high), requires_grad)


# -- in place --------------------------------------------------------------------------------------


@op("only method")
def uniform_(input, from_=0.0, to=1.0, *, generator=None):
    """Fill with uniform numbers in [from, to).

    >>> zeros(3).uniform_(2, 3).shape
    torch.Size([3])
    """
    refuse_overlap(input)
    _floating(input, "check_uniform_bounds")
    if from_ > to:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_:g} > to={to:g}")
    return _draw(input, "uniform", generator, float(from_), float(to))


uniform_.derivative(input=lambda grad: grad * 0)


@op("only method")
def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers of the given mean and standard deviation.

    >>> zeros(3).normal_(0, 1).shape
    torch.Size([3])
    """
    refuse_overlap(input)
    _check_std(std)
    _floating(input, "normal_kernel_cpu")
    view = input._view
    dense = is_non_overlapping_and_dense(view.shape, view.strides) and input.is_contiguous()
    return _draw(input, "normal" if dense else "normal_serial", generator, float(mean), float(std))


normal_.derivative(input=lambda grad: grad * 0)


def _check_std(std: float) -> None:
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


@op("only method")
def random_(input, from_=None, to=None, *, generator=None):
    """Fill with integers in [from, to); with no bounds, with all that the dtype can hold exactly.

    >>> zeros(3).random_(5).shape
    torch.Size([3])
    """
    refuse_overlap(input)
    if from_ is None:
        return _draw(input, "random", generator)
    low, high = (0, from_) if to is None else (from_, to)
    _integer_bounds(low, high, input.dtype)
    return _draw(input, "randint", generator, low, high)


random_.derivative(input=lambda grad: grad * 0)


@op("only method")
def bernoulli_(input, p=0.5, *, generator=None):
    """Fill with 1 with probability ``p`` (a number or a tensor that broadcasts), else 0.

    >>> zeros(3).bernoulli_(1.0)
    tensor([1., 1., 1.])
    """
    refuse_overlap(input)
    if isinstance(p, Tensor):
        input.copy_(_bernoulli_of(p.expand(input.shape), generator, input.dtype))
        return input
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    return _draw(input, "bernoulli", generator, float(p))


bernoulli_.derivative(input=lambda grad: grad * 0)


def _bernoulli_of(p: Tensor, generator: Any, dtype: dtype_class) -> Tensor:
    probabilities = p.detach().reshape(-1).tolist()
    if not all(0 <= v <= 1 for v in probabilities):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, "
                           "please report an enhancement request to PyTorch.)")
    values = sample("bernoulli_tensor", len(probabilities), dtype, _generator(generator), probabilities, p.dtype)
    return p.detach().new_tensor(list(values), dtype=dtype).view(p.shape)


@op("method", node="BernoulliBackward0")
def bernoulli(input, p=None, *, generator=None):
    """1 with the probability that the input's element says (or ``p``), else 0; the input's dtype.

    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    if p is not None:
        return _like(input, None, None).bernoulli_(p, generator=generator)
    if input.dtype.category < 2:
        raise NotImplementedError(f'"bernoulli_tensor_cpu_p_" not implemented for \'{input.dtype.type_name}\'')
    return _bernoulli_of(input, generator, input.dtype)


bernoulli.derivative(input=lambda grad: grad * 0)


@op("out")
def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Normal numbers: one for each element of ``mean`` or ``std`` (tensors, broadcast), or ``size`` of them for two numbers.

    >>> normal(tensor([5., 6.]), 0.0)
    tensor([5., 6.])
    """
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if size is None:
            raise TypeError("normal() missing 1 required positional arguments: \"size\"")
        out = _fresh(shape_of((size,), "normal"), dtype, device)
        return finish(out.normal_(mean, std, generator=generator), requires_grad)
    if isinstance(std, Tensor):
        if std.numel() and not bool((std >= 0).all()):
            raise RuntimeError("normal expects all elements of std >= 0.0")
    else:
        _check_std(std)
    from ..layout import broadcast_shapes

    tensors = [t for t in (mean, std) if isinstance(t, Tensor)]
    shape = broadcast_shapes(*(t.shape for t in tensors))
    out = allocate(shape, tensors[0].dtype, tensors[0]._view.storage.kernels).normal_(generator=generator)
    return out * std + mean


@op("only method")
def exponential_(input, lambd=1.0, *, generator=None):
    """Fill with exponentially distributed numbers of rate ``lambd``.

    >>> zeros(3).exponential_().shape
    torch.Size([3])
    """
    refuse_overlap(input)
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    return _draw(input, "exponential", generator, float(lambd))


exponential_.derivative(input=lambda grad: grad * 0)
