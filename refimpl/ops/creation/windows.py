"""Windows: the weights of the samples of a signal that is cut out of a longer one.

Those of torch itself are "periodic" unless said: one period of a sequence, the last sample of which would be the first one again; those of
``torch.signal.windows`` are "symmetric" (``sym``). With N the distance of two samples that are alike, the size or one less, sample k stands at k / N.
The cosines are those of exact multiples of 1 / N of a turn. A window of one sample is 1, one of none is empty.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Sequence

from ...cpu.roots_of_unity import roots_of_unity
from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import conditioned
from ...foundation.dtypes import float32, float64, get_default_dtype
from ...operations.registry import op
from ...tensor import Tensor, strided
from .fresh import from_numbers, pinnable

_WITHIN_ONE = conditioned(4, inner=4.0)  # sums of cosines: an angle of one turn or two is off by so many u
_OF_COSINES = conditioned(4, inner=8.0)  # of any number of turns
_MOST = 1 << 44  # elements that a process can address
_NO_MEMORY = "DefaultCPUAllocator: can't allocate memory: you tried to allocate "
_OF_BESSEL = conditioned(4, inner=16.0)  # quotients of Bessel functions, whose logarithms are about the exponent beta


# -- the values ----------------------------------------------------------------------------------------------------


def _window(size: int, distance: int, weight: Callable[[int, int], float]) -> Sequence[float]:
    """``weight(k, N)`` of each sample."""
    return [1.0] * size if size < 2 else [weight(k, distance) for k in range(size)]


def _cosine_sum(size: int, distance: int, coefficients: Sequence[float]) -> Sequence[float]:
    """``a[0] - a[1] cos(2 pi k / N) + a[2] cos(4 pi k / N) - ...``"""
    if size < 2:
        return [1.0] * size
    cosines = [root.real for root in roots_of_unity(distance)] if distance > 1 else [1.0]
    signed = [-a if i % 2 else a for i, a in enumerate(coefficients)]
    return [_sum([a * cosines[i * k % distance] for i, a in enumerate(signed)]) for k in range(size)]


def _sum(terms: Sequence[float]) -> float:
    return math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)


def _triangle(k: int, n: int) -> float:
    return 2 * min(k, n - k) / n


def _bessel(beta: float) -> Callable[[int, int], float]:
    """``I0(beta sqrt(1 - (2 k / N - 1)**2)) / I0(beta)``"""
    beta = abs(beta)
    if not math.isfinite(beta):
        return lambda k, n: math.nan

    def weight(k: int, n: int) -> float:
        x = beta * (2.0 * math.sqrt(k * (n - k)) / n)
        return _scaled_i0(x) / _scaled_i0(beta) * math.exp(x - beta)

    return weight


def _scaled_i0(x: float) -> float:
    """``I0(x) exp(-x)``: the series of positive terms, and for large x the asymptotic one (Abramowitz and Stegun, 9.6.12 and 9.7.1)."""
    total = term = 1.0
    k = 0
    if x <= 30.0:
        while term > total * 2.0**-60:
            k += 1
            term *= (x / (2 * k)) ** 2
            total += term
        return total * math.exp(-x)
    while term > 2.0**-60 and (2 * k + 1) ** 2 < 8 * x * (k + 1):
        k += 1
        term *= (2 * k - 1) ** 2 / (8 * x * k)
        total += term
    return total / math.sqrt(2.0 * math.pi * x)


# -- torch's own windows -------------------------------------------------------------------------------------------


def _creatable(require: Any, name: str, size: int, periodic: bool | None, dtype: Any, layout: Any, pin_memory: Any) -> None:
    """What torch's own windows ask. Periodic ones are made one element longer, and cut off."""
    d = dtype or get_default_dtype()
    require(size >= 0, RuntimeError, "{} requires non-negative window_length, got window_length={}", name, size)
    require(d.category >= 2, RuntimeError, "{} expects floating point dtypes, got: TensorOptions(dtype={}, device=cpu, layout=Strided{}, "
            "requires_grad=false (default), pinned_memory=false, memory_format=(nullopt))", name, spelled_c_name(d),
            "" if layout else " (default)")  # fmt: skip
    require(not d.is_complex or size < 2, NotImplementedError, "\"arange_cpu\" not implemented for '{}'", d.type_name)
    pinnable(require, pin_memory)
    size, longer = (int(float(n)) for n in (size, _period(size + 1, periodic)))  # as arange counts
    require(size < _MOST, RuntimeError, _NO_MEMORY + "{0} bytes. Error code 12 (Cannot allocate memory)", longer * d.itemsize, size * d.itemsize,
            size, longer, also=(
            (RuntimeError, _NO_MEMORY + "{1} bytes. Error code 12 (Cannot allocate memory)"),
            (RuntimeError, "numel: integer multiplication overflow"),
            (RuntimeError, "Storage size calculation overflowed with sizes=[{2}]"),
            (RuntimeError, "Storage size calculation overflowed with sizes=[{3}]"),
            (RuntimeError, "IntArrayRef contains an int that cannot be represented as a SymInt: -9223372036854775808"),
            (RuntimeError, "upper bound and lower bound inconsistent with step sign")))  # fmt: skip


def _period(size: int, periodic: bool | None) -> int:
    """N: the size, if the window is periodic, which it is unless said."""
    return size if periodic or periodic is None else size - 1


def _made(values: Sequence[float], dtype: Any, device: Any, requires_grad: Any) -> Tensor:
    return from_numbers(values, (len(values),), dtype or get_default_dtype(), device, requires_grad)


@op("function", contract=_WITHIN_ONE, differentiable=False)
def bartlett_window(window_length, periodic=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The triangular window ``1 - |2 k / N - 1|``; N is ``window_length``, one less if not ``periodic``.

    Shapes: ``window_length`` elements. Dtypes: floating point ones, the default dtype unless given. Errors: RuntimeError for a negative length and
    integer dtypes, NotImplementedError for complex ones (of two elements or more). There is no gradient. Source: torch.bartlett_window.

    >>> bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _made(_window(window_length, _period(window_length, periodic), _triangle), dtype, device, requires_grad)


@bartlett_window.constraints
def _(require, window_length, periodic, dtype, layout, pin_memory):
    _creatable(require, "bartlett_window", window_length, periodic, dtype, layout, pin_memory)


@op("function", contract=_WITHIN_ONE, differentiable=False)
def blackman_window(window_length, periodic=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Blackman's window ``0.42 - 0.5 cos(2 pi k / N) + 0.08 cos(4 pi k / N)``; N is ``window_length``, one less if not ``periodic``.

    Shapes, dtypes and errors: as for :func:`bartlett_window`. At both ends it is 0 up to rounding.

    >>> blackman_window(4)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _made(_cosine_sum(window_length, _period(window_length, periodic), (0.42, 0.5, 0.08)), dtype, device, requires_grad)


@blackman_window.constraints
def _(require, window_length, periodic, dtype, layout, pin_memory):
    _creatable(require, "blackman_window", window_length, periodic, dtype, layout, pin_memory)


@op("function", contract=_WITHIN_ONE, differentiable=False)
def hamming_window(window_length, periodic=None, alpha=None, beta=None, *, dtype=None, layout=None, device=None, requires_grad=False,
                   pin_memory=False):  # fmt: skip
    """Hamming's window ``alpha - beta cos(2 pi k / N)``; N is ``window_length``, one less if not ``periodic``.

    Shapes, dtypes and errors: as for :func:`bartlett_window`.

    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    coefficients = (0.54 if alpha is None else alpha, 0.46 if beta is None else beta)
    return _made(_cosine_sum(window_length, _period(window_length, periodic), coefficients), dtype, device, requires_grad)


@hamming_window.constraints
def _(require, window_length, periodic, dtype, layout, pin_memory):
    _creatable(require, "hamming_window", window_length, periodic, dtype, layout, pin_memory)


@op("function", contract=_WITHIN_ONE, differentiable=False)
def hann_window(window_length, periodic=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Hann's window ``(1 - cos(2 pi k / N)) / 2``; N is ``window_length``, one less if not ``periodic``.

    Shapes, dtypes and errors: as for :func:`bartlett_window`.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _made(_cosine_sum(window_length, _period(window_length, periodic), (0.5, 0.5)), dtype, device, requires_grad)


@hann_window.constraints
def _(require, window_length, periodic, dtype, layout, pin_memory):
    _creatable(require, "hann_window", window_length, periodic, dtype, layout, pin_memory)


@op("function", contract=_OF_BESSEL, differentiable=False)
def kaiser_window(window_length, periodic=None, beta=None, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Kaiser's window ``I0(beta sqrt(1 - (2 k / N - 1)**2)) / I0(beta)``; N is ``window_length``, one less if not ``periodic``.

    I0 is the modified Bessel function. Shapes, dtypes and errors: as for :func:`bartlett_window`. An infinite or NaN ``beta`` gives NaN; a large one
    does not overflow.

    >>> kaiser_window(4, True, 2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """
    return _made(_window(window_length, _period(window_length, periodic), _bessel(12.0 if beta is None else beta)), dtype, device, requires_grad)


@kaiser_window.constraints
def _(require, window_length, periodic, dtype, layout, pin_memory):
    _creatable(require, "kaiser_window", window_length, periodic, dtype, layout, pin_memory)


# -- torch.signal.windows ------------------------------------------------------------------------------------------


def _checked(require: Any, name: str, M: int, dtype: Any) -> None:
    d = dtype or get_default_dtype()
    require(not M < 0, ValueError, "{} requires non-negative window length, got M={}", name, M)
    require(d in (float32, float64), ValueError, "{} expects float32 or float64 dtypes, got: {}", name, d)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_bartlett(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The triangular window ``1 - |2 k / N - 1|`` of ``M`` samples; N is M - 1, M if not ``sym``.

    Dtypes: float32 and float64, the default dtype unless given. Errors: ValueError for a negative size and other dtypes. There is no gradient.
    Source: torch.signal.windows.bartlett.

    >>> signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _made(_window(M, M - bool(sym), _triangle), dtype, device, requires_grad)


@signal_windows_bartlett.constraints
def _(require, M, dtype):
    _checked(require, "bartlett", M, dtype)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_blackman(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Blackman's window: :func:`general_cosine` with the coefficients 0.42, 0.5, 0.08. Dtypes and errors: as for :func:`bartlett`.

    >>> signal.windows.blackman(5)[1:4]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _made(_cosine_sum(M, M - bool(sym), (0.42, 0.5, 0.08)), dtype, device, requires_grad)


@signal_windows_blackman.constraints
def _(require, M, dtype):
    _checked(require, "blackman", M, dtype)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_cosine(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The window ``sin(pi (k + 1/2) / N)`` of ``M`` samples; N is M, M + 1 if not ``sym``. Dtypes and errors: as for :func:`bartlett`.

    >>> signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    distance = M + (not sym)
    sines = [-root.imag for root in roots_of_unity(4 * distance)] if M > 1 else []
    return _made(_window(M, distance, lambda k, n: sines[2 * k + 1]), dtype, device, requires_grad)


@signal_windows_cosine.constraints
def _(require, M, dtype):
    _checked(require, "cosine", M, dtype)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_exponential(M, *, center=None, tau=1.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The window ``exp(-|k - center| / tau)`` of ``M`` samples. ``center`` is by default (M - 1) / 2, M / 2 if not ``sym``.

    Dtypes: as for :func:`bartlett`. Errors: ValueError for a ``tau`` that is not positive, and for a ``center`` of a symmetric window; otherwise as
    there.

    >>> signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    middle = (M if not sym and M > 1 else M - 1) / 2 if center is None else center
    values = [math.exp(-abs(k - middle) / tau) for k in range(M)]
    return _made(values, dtype, device, requires_grad)


@signal_windows_exponential.constraints
def _(require, M, center, tau, sym, dtype):
    _checked(require, "exponential", M, dtype)
    require(not tau <= 0, ValueError, "Tau must be positive, got: {} instead.", tau)
    require(not sym or center is None, ValueError, "Center must be None for symmetric windows")


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_gaussian(M, *, std=1.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The window ``exp(-((k - c) / std)**2 / 2)`` of ``M`` samples, with the centre c at (M - 1) / 2, M / 2 if not ``sym``.

    Dtypes: as for :func:`bartlett`. Errors: ValueError for a ``std`` that is not positive; otherwise as there.

    >>> signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    middle = (M if not sym and M > 1 else M - 1) / 2
    values = [math.exp(-(((k - middle) / std) ** 2) / 2) for k in range(M)]
    return _made(values, dtype, device, requires_grad)


@signal_windows_gaussian.constraints
def _(require, M, std, dtype):
    _checked(require, "gaussian", M, dtype)
    require(not std <= 0, ValueError, "Standard deviation must be positive, got: {} instead.", std)


@op("function python", namespace="signal.windows", contract=_OF_COSINES, differentiable=False)
def signal_windows_general_cosine(M, *, a, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The window ``a[0] - a[1] cos(2 pi k / N) + a[2] cos(4 pi k / N) - ...`` of ``M`` samples; N is M - 1, M if not ``sym``.

    Dtypes: as for :func:`bartlett`. Errors: TypeError for coefficients that are no sequence, ValueError for none, if there are two samples or more;
    otherwise as there.

    >>> signal.windows.general_cosine(5, a=[0.5, 0.5])
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _made(_cosine_sum(M, M - bool(sym), [float(each) for each in a] if M > 1 else ()), dtype, device, requires_grad)


@signal_windows_general_cosine.constraints
def _(require, M, a, dtype):
    _checked(require, "general_cosine", M, dtype)
    require(M < 2 or hasattr(a, "__iter__"), TypeError, "Coefficients must be a list/tuple")
    require(M < 2 or a or not hasattr(a, "__iter__"), ValueError, "Coefficients cannot be empty")


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_general_hamming(M, *, alpha=0.54, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The window ``alpha - (1 - alpha) cos(2 pi k / N)`` of ``M`` samples; N is M - 1, M if not ``sym``. Dtypes and errors: as for :func:`bartlett`.

    >>> signal.windows.general_hamming(3, alpha=0.5)
    tensor([0., 1., 0.])
    """
    return _made(_cosine_sum(M, M - bool(sym), (alpha, 1.0 - alpha)), dtype, device, requires_grad)


@signal_windows_general_hamming.constraints
def _(require, M, dtype):
    _checked(require, "general_cosine", M, dtype)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_hamming(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Hamming's window: :func:`general_hamming` with ``alpha=0.54``. Dtypes and errors: as for :func:`bartlett`.

    >>> signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return _made(_cosine_sum(M, M - bool(sym), (0.54, 1.0 - 0.54)), dtype, device, requires_grad)


@signal_windows_hamming.constraints
def _(require, M, dtype):
    _checked(require, "general_cosine", M, dtype)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_hann(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Hann's window: :func:`general_hamming` with ``alpha=0.5``. Dtypes and errors: as for :func:`bartlett`.

    >>> signal.windows.hann(3)
    tensor([0., 1., 0.])
    """
    return _made(_cosine_sum(M, M - bool(sym), (0.5, 0.5)), dtype, device, requires_grad)


@signal_windows_hann.constraints
def _(require, M, dtype):
    _checked(require, "general_cosine", M, dtype)


@op("function python", namespace="signal.windows", contract=_OF_BESSEL, differentiable=False)
def signal_windows_kaiser(M, *, beta=12.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Kaiser's window of ``M`` samples, ``I0(beta sqrt(1 - (2 k / N - 1)**2)) / I0(beta)``; N is M - 1, M if not ``sym``.

    I0 is the modified Bessel function. Dtypes: as for :func:`bartlett`. Errors: ValueError for a negative ``beta``; otherwise as there.

    >>> signal.windows.kaiser(3, beta=2.)
    tensor([0.4387, 1.0000, 0.4387])
    """
    return _made(_window(M, M - bool(sym), _bessel(beta)), dtype, device, requires_grad)


@signal_windows_kaiser.constraints
def _(require, M, beta, dtype):
    _checked(require, "kaiser", M, dtype)
    require(not beta < 0, ValueError, "beta must be non-negative, got: {} instead.", beta)


@op("function python", namespace="signal.windows", contract=_WITHIN_ONE, differentiable=False)
def signal_windows_nuttall(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Nuttall's window: :func:`general_cosine` with the coefficients 0.3635819, 0.4891775, 0.1365995, 0.0106411. Dtypes and errors: as for
    :func:`bartlett`.

    >>> signal.windows.nuttall(3)[0]
    tensor(0.0004)
    """
    return _made(_cosine_sum(M, M - bool(sym), (0.3635819, 0.4891775, 0.1365995, 0.0106411)), dtype, device, requires_grad)


@signal_windows_nuttall.constraints
def _(require, M, dtype):
    _checked(require, "general_cosine", M, dtype)
