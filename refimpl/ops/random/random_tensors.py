"""Random numbers: fresh tensors of them. The streams are torch's on the CPU, drawn from a :class:`~refimpl.random.Generator`.

What fills a tensor that is there stands in :mod:`refimpl.ops.random.distributions`; the functions of this file make one and have it filled.
"""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.devices import kernels_for
from ...foundation.dtypes import bool_, float16, float32, float64, get_default_dtype, int64, range_of
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import broadcast_shapes, is_contiguous
from ...operations.registry import op
from ...operations.sharing import refuse_overlap
from ...tensor import Tensor, allocate, preserve_format
from ..creation.filled import become, filled, finish, like_strides, options, shape_of
from ..shared.checks import c_name, not_implemented
from .distributions import check_std, draw, fill_integers, fill_normal, fill_uniform, generator_of, real


def _into(function: Any, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> Any:
    """``out=``: evaluated in its dtype. An output that is not contiguous is filled in place, in the order of its memory."""
    out, source = outs[0], generator_of(kwargs.get("generator"))
    state = source.get_state_bytes()
    try:
        result = filled(function, args, kwargs, outs)
    except RuntimeError as error:
        if function.__name__ == "randperm" and "with negative dimension" in str(error):
            raise RuntimeError(f"n must be non-negative, got{function.operation.bind(args, kwargs)['n']}") from None
        raise
    fill = _FILLS.get(function.__name__)
    if fill is None or is_contiguous(out._view.shape, out._view.strides):
        return result
    source.set_state_bytes(state)
    refuse_overlap(out)
    fill(out, source, function.operation.bind(args, kwargs))
    return out


# How the tensor is filled that a function would have made.
_FILLS: dict[str, Any] = {
    "rand": lambda out, source, bound: fill_uniform(out, 0.0, 1.0, source),
    "randn": lambda out, source, bound: fill_normal(out, 0.0, 1.0, source),
    "randint": lambda out, source, bound: fill_integers(out, bound["low"], bound["high"], source),
    "normal": lambda out, source, bound: fill_normal(out, real(bound["mean"]), real(bound["std"]), source),
}


@op("out", differentiable=False, out=_into)
def rand(size, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Uniform numbers in [0, 1): multiples of 2**-24 for float32 (of 2**-53 for float64).

    >>> _ = manual_seed(0)
    >>> rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    source = generator_of(generator)
    out = allocate(shape_of(size, "rand"), d, kernels_for(device))
    return finish(fill_uniform(out, 0.0, 1.0, source), requires_grad)


@op("out", differentiable=False, out=_into)
def randn(size, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Normal numbers of mean 0 and standard deviation 1, by Box-Muller; from 16 elements on in blocks of 16.

    >>> _ = manual_seed(0)
    >>> randn(2)
    tensor([ 1.5410, -0.2934])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or get_default_dtype()
    source = generator_of(generator)
    out = allocate(shape_of(size, "randn"), d, kernels_for(device))
    return finish(fill_normal(out, 0.0, 1.0, source), requires_grad)


@op("out", differentiable=False, out=_into)
def randint(low=0, high=None, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Integers in [low, high): ``randint(high, size)`` or ``randint(low, high, size)``; int64 unless given.

    Each is one 32-bit draw modulo the range (64-bit from a range of 2**28 on), plus low.
    RuntimeError if low >= high, or if they are out of the range of the dtype.

    >>> _ = manual_seed(0)
    >>> randint(10, (3,))
    tensor([4, 9, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or int64
    source = generator_of(generator)
    out = allocate(shape_of(size, "randint"), d, kernels_for(device))
    return finish(fill_integers(out, low, high, source), requires_grad)


_FLOATS_COUNT_TO = {float16: (2049, "2049"), float32: ((1 << 24) + 1, "2^24+1"), float64: ((1 << 53) + 1, "2^53+1")}


@op("out", differentiable=False, out=_into)
def randperm(n, *, generator=None, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A random permutation of 0, ..., n-1.

    RuntimeError if an integer dtype has no number n-1, or a float dtype (but bfloat16) not all integers up to it.

    >>> _ = manual_seed(0)
    >>> randperm(5).sort().values
    tensor([0, 1, 2, 3, 4])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or int64
    n = n
    source = generator_of(generator)
    kernels = kernels_for(device)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if d is bool_ or d.is_complex:
        not_implemented("randperm", d)
    if d.is_floating_point:
        if d in _FLOATS_COUNT_TO and n > _FLOATS_COUNT_TO[d][0]:
            raise RuntimeError(f"n cannot be greater than {_FLOATS_COUNT_TO[d][1]} for {d.type_name} type.")
    elif n - 1 > range_of(d)[1]:
        raise RuntimeError(f"value cannot be converted to type {c_name(d)} without overflow")
    return finish(draw(allocate((n,), d, kernels), "randperm", source), requires_grad)


# -- in the shape of another tensor ----------------------------------------------------------------


def _like(input: Tensor, memory_format: Any, dtype: dtype_class | None, device: Any) -> Tensor:
    view = input._view
    kernels = view.storage.kernels if device is None else kernels_for(device)
    return allocate(view.shape, dtype or view.dtype, kernels, like_strides(view, memory_format))


@op("function", differentiable=False)
def rand_like(
    input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format
):
    """:func:`rand` with the input's shape, dtype, device and (dense) strides; the numbers lie in memory in the order of the stream.

    >>> rand_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    source = generator_of(generator)
    return finish(fill_uniform(_like(input, memory_format, d, device), 0.0, 1.0, source), requires_grad)


@op("function", differentiable=False)
def randn_like(
    input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format
):
    """:func:`randn` with the input's shape, dtype, device and (dense) strides; the numbers lie in memory in the order of the stream.

    >>> randn_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    source = generator_of(generator)
    return finish(fill_normal(_like(input, memory_format, d, device), 0.0, 1.0, source), requires_grad)


@op("function", differentiable=False)
def randint_like(
    input, low=0, high=None, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False,
    memory_format=preserve_format,
):
    """:func:`randint` with the input's shape, dtype, device and (dense) strides: ``randint_like(input, high)`` or ``(input, low, high)``.

    >>> randint_like(zeros(2, 3), 5).shape
    torch.Size([2, 3])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    if isinstance(high, Tensor):
        high = high.item()
    source = generator_of(generator)
    return finish(fill_integers(_like(input, memory_format, d, device), low, high, source), requires_grad)


# -- a normal number for each mean and deviation ---------------------------------------------------


def _normal_node(bound: dict[str, Any]) -> str:
    tensors = isinstance(bound["mean"], Tensor), isinstance(bound["std"], Tensor)
    return {(True, False): "NormalBackward1", (False, True): "NormalBackward2"}.get(tensors, "NormalBackward3")


def _normal_into(function: Any, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> Any:
    """With tensors the numbers are drawn in the output. Beside a number as ``std`` the output counts as a tensor of deviations: it broadcasts."""
    bound, out = function.operation.bind(args, kwargs), outs[0]
    mean, std = bound["mean"], bound["std"]
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        return _into(function, args, kwargs, outs)
    _check_deviations(std)
    shapes = [t.shape for t in (mean, std if isinstance(std, Tensor) else out) if isinstance(t, Tensor)]
    shape = broadcast_shapes(*shapes)
    if out.shape != shape:
        become(out, shape)
    refuse_overlap(out)
    fill_normal(out, 0.0, 1.0 if isinstance(std, Tensor) else real(std), generator_of(bound["generator"]))
    if isinstance(std, Tensor):
        out.mul_(std)
    return out.add_(mean)  # type: ignore[attr-defined]


def _check_deviations(std: Any) -> None:
    if not isinstance(std, Tensor):
        check_std(real(std))
        return
    if std.dtype.is_complex:
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if std.numel() and not bool((std >= 0).all()):
        raise RuntimeError("normal expects all elements of std >= 0.0")


@op("out", node=_normal_node, out=_normal_into)
def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Normal numbers: one for each element of ``mean`` or ``std`` (tensors, broadcast), or ``size`` of them for two numbers.

    Standard normal numbers times ``std`` plus ``mean``, in the dtype of ``mean`` if that is a tensor, else of ``std``. RuntimeError for a
    negative ``std``. The gradients are zero.

    >>> normal(tensor([5., 6.]), 0.0)
    tensor([5., 6.])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    source = generator_of(generator)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if not isinstance(size, (tuple, list)):
            raise TypeError("normal: size is missing")
        location, spread = real(mean), real(std)
        out = allocate(shape_of(size, "normal"), d or get_default_dtype(), kernels_for(device))
        return finish(fill_normal(out, location, spread, source), requires_grad)
    if size is not None:
        raise TypeError("normal: size beside a tensor")
    _check_deviations(std)
    if not isinstance(std, Tensor):
        return _fresh_like(mean, d, mean.shape, real(std), source).add_(mean)
    if isinstance(mean, Tensor):
        return _fresh_like(mean, d, broadcast_shapes(mean.shape, std.shape), 1.0, source).mul_(std).add_(mean)
    location = real(mean)
    return _fresh_like(std, d, std.shape, 1.0, source).mul_(std).add_(location)


def _fresh_like(input: Tensor, d: dtype_class | None, shape: Sequence[int], spread: float, source: Any) -> Any:
    """Normal numbers of mean 0 in a contiguous tensor of the input's dtype (``d`` is that of ``out=``)."""
    return fill_normal(allocate(tuple(shape), d or input.dtype, input._view.storage.kernels), 0.0, spread, source)


normal.derivative(mean=lambda grad: grad.new_zeros(grad.shape), std=lambda grad: grad.new_zeros(grad.shape))


# -- drawing from a list ---------------------------------------------------------------------------


def _multinomial_out(function: Any, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> Any:
    input = args[0] if args else kwargs["input"]
    if outs[0].dtype is not int64 and input.dtype.is_floating_point and input.dim() in (1, 2):
        raise RuntimeError(f"multinomial expects Long tensor out, got: {outs[0].dtype.type_name}")
    result = function(*args, **kwargs)
    if result.shape != outs[0].shape:
        become(outs[0], result._view.shape)
    return result


@op("method out", differentiable=False, out=_multinomial_out)
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Draw ``num_samples`` places of each row, each with a probability in proportion to its weight, with or without replacement.

    The input is a vector or a matrix of weights, which need not sum to 1; the result is int64. Without replacement the places are those of the
    largest quotients of weight and an exponential number. RuntimeError for weights that are negative, infinite, NaN or all zero.

    >>> multinomial(tensor([0., 1., 0.]), 2, replacement=True)
    tensor([1, 1])
    """
    count = num_samples
    source = generator_of(generator)
    if input.dim() not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {input.dtype.type_name}")
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and count > input.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    input = input.detach()
    if not input.numel():
        return input.new_empty((*input.shape[:-1], count), dtype=int64)
    if not bool((input >= 0).all()) or not bool((input < float("inf")).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if bool((input.sum(-1) == 0).any()):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if not replacement or count == 1:
        quotients = input / draw(_like(input, preserve_format, None, None), "exponential", source, 1.0)
        if count == 1:
            return quotients.argmax(-1, keepdim=True)
        return quotients.sort(-1, descending=True).indices[..., :count].contiguous()
    return _with_replacement(input, count, source)


def _with_replacement(input: Any, count: int, source: Any) -> Tensor:
    """Where uniform numbers fall among the running sums of the weights, which are rounded to the dtype (at least float32) step by step."""
    from bisect import bisect_left

    from ...random.streams import float32_round, sample

    rounded = float if input.dtype is float64 else float32_round
    places: list[int] = []
    for weights in input.reshape(-1, input.shape[-1]).tolist():
        total, sums = 0.0, []
        for weight in weights:
            total = rounded(total + weight)
            sums.append(total)
        sums = [rounded(s / total) for s in sums]
        sums[-1] = 1.0
        places.extend(bisect_left(sums, u) for u in sample("uniform", count, float64, source, 0.0, 1.0))
    made = input.new_tensor(places, dtype=int64)
    return made.view((*input.shape[:-1], count))  # type: ignore[no-any-return]
