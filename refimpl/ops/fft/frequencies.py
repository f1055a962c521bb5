"""The frequencies of a transform, and the order in which they stand."""

from __future__ import annotations

import math
from typing import Any, Sequence

from ...foundation.contracts import ulps
from ...foundation.dtypes import get_default_dtype
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import RANGED
from ...operations.registry import op
from ...operations.sharing import RUNNING
from ..creation.fresh import NEGATIVE, from_numbers, holdable, pinnable


def _frequency_dtype(require: Any, name: str, dtype: Any) -> None:
    d = dtype or get_default_dtype()
    require(d.category >= 2, RuntimeError, "{} requires a floating point or complex dtype", name)
    require(not d.is_complex, NotImplementedError, "\"arange_cpu\" not implemented for '{}'", d.type_name)


def _counted(require: Any, count: int, dtype: Any, pin_memory: Any) -> None:
    pinnable(require, pin_memory)
    require(count >= 0, RuntimeError, "Trying to create tensor with negative dimension {0}: [{0}]", count, also=(
        *NEGATIVE, (RuntimeError, "upper bound and lower bound inconsistent with step sign")))  # fmt: skip
    holdable(require, (count,), dtype or get_default_dtype(), (int(float(count)),))  # torch counts the elements of an output in binary64


def _multiples(numbers: Sequence[int], n: int, d: float) -> list[float]:
    """Each number divided by n d: multiplied by what 1 / (n d) is, infinite where that is a zero."""
    total = n * d
    unit = 1.0 / total if total else math.copysign(math.inf, total)
    return [k * unit for k in numbers]


@op("out", namespace="fft", contract=ulps(2), differentiable=False, out=RANGED, sharing=RUNNING)
def fft_fftfreq(n, d=1.0, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The frequencies of the elements of a transform of n samples at a distance of ``d``: ``0, 1, ..., -2, -1`` divided by ``n d``.

    Shapes: n elements, the second half of them negative, beginning with -n / 2 for an even n. Dtypes: floating point ones, the default dtype unless
    given. Special cases: a distance of 0 gives NaN for the frequency 0, and infinities. Errors: RuntimeError for a negative n and integer dtypes,
    NotImplementedError for complex ones. There is no gradient. Source: torch.fft.fftfreq.

    >>> fft.fftfreq(5)
    tensor([ 0.0000,  0.2000,  0.4000, -0.4000, -0.2000])
    """
    half = (n + 1) // 2
    numbers = [*range(half), *range(half - n, 0)]
    return from_numbers(_multiples(numbers, n, d), (n,), dtype or get_default_dtype(), device, requires_grad)


@fft_fftfreq.constraints
def _(require, n, dtype, pin_memory):
    _frequency_dtype(require, "fftfreq", dtype)
    _counted(require, n, dtype, pin_memory)


@op("out", namespace="fft", contract=ulps(2), differentiable=False, out=RANGED, sharing=RUNNING)
def fft_rfftfreq(n, d=1.0, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The frequencies of the elements of half a transform, that of n real samples at a distance of ``d``: ``0, 1, ..., n // 2`` divided by ``n d``.

    Dtypes, special cases and errors: as for :func:`fftfreq`; of an n that is not positive, n / 2 is cut off to an integer, and n = 0 gives NaN.

    >>> fft.rfftfreq(5)
    tensor([0.0000, 0.2000, 0.4000])
    """
    count = _half_count(n)
    return from_numbers(_multiples(range(count), n, d), (count,), dtype or get_default_dtype(), device, requires_grad)


@fft_rfftfreq.constraints
def _(require, n, dtype, pin_memory):
    _frequency_dtype(require, "rfftfreq", dtype)
    _counted(require, _half_count(n), dtype, pin_memory)


def _half_count(n: int) -> int:
    return (n // 2 if n >= 0 else -(-n // 2)) + 1


def _dims(input: Any, dim: Any) -> tuple[int, ...]:
    return tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


def _shifted(input: Any, dim: Any, inverse: bool) -> Any:
    dims = _dims(input, dim)
    sizes = [input.shape[wrap_dim(d, input.dim())] if input.dim() else 0 for d in dims]
    return input.roll([(size + inverse) // 2 for size in sizes], dims)


@op("function", namespace="fft")
def fft_fftshift(input, dim=None):
    """The elements in the order of their frequencies, with frequency 0 in the middle: each dimension rolled by half of its size, rounded down.

    ``dim``: the dimensions, all unless given. Shapes and dtypes: those of the input, all. Errors: RuntimeError for no dimension, IndexError for one
    that the input does not have. Gradient: that of :func:`roll`.

    >>> fft.fftshift(tensor([0, 1, 2, -2, -1]))
    tensor([-2, -1,  0,  1,  2])
    """
    return _shifted(input, dim, False)


@op("function", namespace="fft")
def fft_ifftshift(input, dim=None):
    """The inverse of :func:`fftshift`: each dimension rolled by half of its size, rounded up. Shapes, dtypes, errors and gradient: as there.

    >>> fft.ifftshift(tensor([-2, -1, 0, 1, 2]))
    tensor([ 0,  1,  2, -2, -1])
    """
    return _shifted(input, dim, True)


def _shiftable(require, input, dim):
    for d in _dims(input, dim):
        require.dimension(d, input, zero_dim=False)
    require(_dims(input, dim), RuntimeError, "`shifts` required")


@fft_fftshift.constraints
def _(require, input, dim):
    _shiftable(require, input, dim)


@fft_ifftshift.constraints
def _(require, input, dim):
    _shiftable(require, input, dim)
