"""The scalar functions and reductions on torch tensors: two tables, one line a name.

``NATIVE`` functions of torch take an ``out=`` and compute in the dtype of their tensors (16-bit floats in float32, rounded
once). ``COMPOSED`` functions return a new tensor. Operands arrive as tensors of the compute dtype; at most some of
them as 0-dimensional tensors (Python numbers of the caller), which torch broadcasts.
"""

from __future__ import annotations

from math import log, nan
from typing import Any, Callable

import torch

from .common import division_by_zero
from .polygamma import polygamma

Tensor = Any

NATIVE: dict[str, Callable[..., Tensor]] = {
    # arithmetic
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.true_divide,
    "pow": torch.pow,
    "abs": torch.abs,
    "neg": torch.neg,
    "sign": torch.sign,
    "sgn": torch.sgn,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "atan2": torch.atan2,
    "hypot": torch.hypot,
    # exponentials, logarithms, trigonometry
    "rsqrt": torch.rsqrt,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "atan": torch.atan,
    "tanh": torch.tanh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "logaddexp": torch.logaddexp,
    "logaddexp2": torch.logaddexp2,
    "xlogy": torch.xlogy,
    "sinc": torch.sinc,
    # special functions
    "erf": torch.erf,
    "erfc": torch.erfc,
    "erfinv": torch.erfinv,
    "lgamma": torch.lgamma,
    "digamma": torch.digamma,
    "sigmoid": torch.sigmoid,
    "logit": torch.logit,
    "entr": torch.special.entr,
    "xlog1py": torch.special.xlog1py,
    "erfcx": torch.special.erfcx,
    "log_ndtr": torch.special.log_ndtr,
    "ndtri": torch.special.ndtri,
    "i0e": torch.special.i0e,
    "i1e": torch.special.i1e,
    "modified_bessel_k0": torch.special.modified_bessel_k0,
    "modified_bessel_k1": torch.special.modified_bessel_k1,
    "scaled_modified_bessel_k0": torch.special.scaled_modified_bessel_k0,
    "scaled_modified_bessel_k1": torch.special.scaled_modified_bessel_k1,
    # rounding and limits
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "round": torch.round,
    "frac": torch.frac,
    # comparison and logic
    "eq": torch.eq,
    "ne": torch.ne,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
    "logical_not": torch.logical_not,
    "isposinf": torch.isposinf,
    "isneginf": torch.isneginf,
    "signbit": torch.signbit,
    # bits
    "bitwise_and": torch.bitwise_and,
    "bitwise_or": torch.bitwise_or,
    "bitwise_xor": torch.bitwise_xor,
    "bitwise_not": torch.bitwise_not,
    "bitwise_left_shift": torch.bitwise_left_shift,
    "bitwise_right_shift": torch.bitwise_right_shift,
    "copysign": torch.copysign,
    "heaviside": torch.heaviside,
    # complex numbers
    "conj": torch.conj_physical,
}

# The functions whose value is bool whatever the compute dtype.
BOOLEAN = frozenset(
    "eq ne lt le gt ge logical_and logical_or logical_xor logical_not isnan isinf isfinite isreal isposinf isneginf signbit".split()
)


# Functions that accept a Python number's 0-dimensional host tensor beside tensors on a GPU: no fill kernel is needed for it.
# (Not "div": torch would multiply by the reciprocal.)
HOST_SCALARS = BOOLEAN | frozenset(
    "add sub mul maximum minimum fmax fmin clamp_min clamp_max clamp pow add_scaled sub_scaled addcmul nan_to_num polygamma".split()
)

# Functions of several steps, which must not round after each: evaluated in float64 for the narrower floats (but float32 on
# a GPU, whose x + alpha * y rounds once by itself). The remainders are exact anyway, but torch's float32 quotient on the
# CPU overflows in between.
FUSED = frozenset("add_scaled sub_scaled addcmul addcdiv lerp ldexp deg2rad rad2deg fmod remainder".split())

# Evaluated in float64 for the narrower floats on every device: a quotient that is rounded to an integer afterwards (float32
# could round it up to the next integer already), and functions whose float32 form is off by tens of units in the last place.
WIDE = frozenset("div_floor div_trunc digamma polygamma lgamma erfinv logaddexp logaddexp2 logit sinc xlogy sinh cosh "
                 "i0 i1 i0e i1e erfcx log_ndtr ndtri xlog1py entr modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 "
                 "scaled_modified_bessel_k1".split())  # fmt: skip

# Evaluated in float64 for float32 on a GPU: CUDA documents its float32 forms with errors of 3 or 4 units in the last place.
WIDE_ON_GPU = frozenset("tan sinh asinh acosh atanh erfc pow hypot atan2".split())

# Evaluated in float32 for the 16-bit floats: their own form loses numbers near the smallest normal one.
SINGLE = frozenset(["erf", "erfc"])


def _plus_product(x: Tensor, product: Tensor, *factors: Tensor) -> Tensor:
    """``x + product``; beside an infinite x a product of finite factors is finite, though it overflows."""
    total = x + product
    if not x.dtype.is_floating_point:
        return total
    finite = torch.isfinite(factors[0])
    for factor in factors[1:]:
        finite = finite & torch.isfinite(factor)
    return torch.where(torch.isinf(x) & finite, x, total)


def _ldexp(x: Tensor, exponent: Tensor) -> Tensor:
    """By three powers of two, the last one the largest: one alone overflows or vanishes before the product does."""
    if exponent.is_complex():
        return x * _exp2(exponent)
    last = exponent.clamp(-1000.0, 1000.0)
    middle = (exponent - last).clamp(-1000.0, 1000.0)
    first = (exponent - last - middle).clamp(-1000.0, 1000.0)
    return torch.where(torch.isinf(exponent), x * torch.exp2(exponent), x * torch.exp2(first) * torch.exp2(middle) * torch.exp2(last))


def _beside_overflow(result: Tensor, x: Tensor, sign: Callable[[Tensor], Tensor]) -> Tensor:
    """A hyperbolic function of real numbers, where ``exp(|x|)`` overflows and half of it does not."""
    if x.is_complex():
        return result
    root = torch.exp(x.abs() / 2)
    return torch.where(x.abs() > 700.0, sign(x) * (0.5 * root) * root, result)


def _exp2(exponent: Tensor) -> Tensor:
    """Complex: the parts are multiplied one by one, since infinity times the imaginary zero of a real number would be NaN."""
    return torch.exp(torch.complex(exponent.real * log(2.0), exponent.imag * log(2.0))) if exponent.is_complex() else torch.exp2(exponent)


def _acos(z: Tensor) -> Tensor:
    """Complex, beside 1 and -1: by Kahan's formula, since torch's loses the root of a small imaginary part."""
    if not z.is_complex():
        return torch.acos(z)
    below, above = torch.sqrt(torch.complex(1.0 - z.real, -z.imag)), torch.sqrt(torch.complex(1.0 + z.real, z.imag))
    near = torch.complex(2.0 * torch.atan2(below.real, above.real), torch.asinh(above.real * below.imag - above.imag * below.real))
    return torch.where(((z.real.abs() - 1.0).abs() < 1e-3) & (z.imag.abs() < 1e-3), near, torch.acos(z))


def _check_divisor(y: Tensor) -> None:
    """Integers: torch's CPU error. A GPU would return garbage instead, so that the divisor is looked at first."""
    if not y.dtype.is_floating_point and not y.dtype.is_complex and bool((y == 0).any()):
        raise division_by_zero()


def _div_floor(x: Tensor, y: Tensor) -> Tensor:
    _check_divisor(y)
    return torch.div(x, y, rounding_mode="floor")


def _div_trunc(x: Tensor, y: Tensor) -> Tensor:
    _check_divisor(y)
    if y.dtype.is_signed and not y.dtype.is_floating_point:
        # The least integer divided by -1 overflows: torch's division on the CPU ends the process.
        minus = y == -1
        x, y = torch.where(minus, -x, x), torch.where(minus, 1, y)
    return torch.div(x, y, rounding_mode="trunc")


def _gcd(x: Tensor, y: Tensor) -> Tensor:
    # torch's is negative for the least integer, and ends the process for that and -1 on the CPU.
    return torch.gcd(x.abs(), y.abs()).abs()


def _lcm(x: Tensor, y: Tensor) -> Tensor:
    # torch's ends the process for the least integer, on the CPU.
    divisor = _gcd(x, y)
    return torch.div(x.abs(), torch.where(divisor == 0, 1, divisor), rounding_mode="trunc") * y.abs()


def _fmod(x: Tensor, y: Tensor) -> Tensor:
    _check_divisor(y)
    rest = torch.fmod(x, y)
    if x.dtype is torch.float64 and x.device.type == "cpu":
        # torch's own is NaN where x / y overflows: reduce x modulo larger multiples of y first, which is exact.
        lost = torch.isnan(rest) & torch.isfinite(x) & (y != 0) & ~torch.isnan(y)
        if bool(lost.any()):
            for factor in (2.0**500, 1.0):
                x = torch.fmod(x, y * 2.0**1000 * factor)
            rest = torch.where(lost, torch.fmod(x, y), rest)
    return rest


def _remainder(x: Tensor, y: Tensor) -> Tensor:
    if not x.dtype.is_floating_point:
        _check_divisor(y)
        return torch.remainder(x, y)
    rest = _fmod(x, y)
    return torch.where((rest != 0) & ((y < 0) != (rest < 0)), rest + y, rest)


def _sqrt(x: Tensor) -> Tensor:
    # torch's vectorised square root on the CPU is not correctly rounded everywhere; on a GPU it is.
    if x.device.type != "cpu" or not x.dtype.is_floating_point:
        return torch.sqrt(x)
    if x.dtype is torch.float32:
        return x.double().sqrt().float()
    if x.dtype is torch.float64:
        # The complex square root is the C library's; of a real number it is exact, but for the sign of zero.
        root = torch.complex(x, torch.zeros_like(x)).sqrt().real
        return torch.where(x > 0, root, torch.where(x == 0, x, nan))
    return torch.sqrt(x)


def _extreme(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Of two equal operands the first: of zeros of both signs, torch's functions take either."""

    def choose(x: Tensor, y: Tensor) -> Tensor:
        best = function(x, y)
        plain = not x.dtype.is_floating_point or not y.dim() and y.device.type == "cpu" and float(y) != 0.0
        return best if plain else torch.where(x == y, x, best)

    return choose


_maximum, _minimum = _extreme(torch.maximum), _extreme(torch.minimum)


def _polygamma(n: int, x: Tensor) -> Tensor:
    # torch's own trigamma is good to nine digits only
    return polygamma(torch, n, x, torch.special.zeta(torch.full_like(x, n + 1), x)) if n else torch.digamma(x)


def _nan_to_num(x: Tensor, nan: Tensor, posinf: Tensor, neginf: Tensor) -> Tensor:
    return torch.nan_to_num(x, nan=float(nan), posinf=float(posinf), neginf=float(neginf))


def _add_scaled(x: Tensor, y: Tensor, alpha: Tensor, sign: int = 1) -> Tensor:
    if x.dtype is torch.float32 and not alpha.dim():
        return torch.add(x, y, alpha=sign * float(alpha))
    return _plus_product(x, sign * alpha * y if x.dtype.is_floating_point or sign > 0 else -(alpha * y), alpha, y)


def _i0(x: Tensor) -> Tensor:
    """With the limits at infinity, where torch multiplies infinity by zero."""
    return torch.where(torch.isinf(x), x.abs(), torch.special.i0(x))


def _i1(x: Tensor) -> Tensor:
    return torch.where(torch.isinf(x), x, torch.special.i1(x))


COMPOSED: dict[str, Callable[..., Tensor]] = {
    "i0": _i0,
    "i1": _i1,
    "div_floor": _div_floor,
    "div_trunc": _div_trunc,
    "remainder": _remainder,
    "fmod": _fmod,
    "gcd": _gcd,
    "lcm": _lcm,
    "sqrt": _sqrt,
    "relu": torch.relu,
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _extreme(torch.fmax),
    "fmin": _extreme(torch.fmin),
    "clamp_min": _maximum,
    "clamp_max": _minimum,
    "clamp": lambda x, low, high: _minimum(_maximum(x, low), high),
    "where": lambda condition, x, y: torch.where(condition if condition.dtype is torch.bool else condition != 0, x, y),
    "isnan": torch.isnan,
    "isinf": torch.isinf,
    "isfinite": torch.isfinite,
    "isreal": torch.isreal,
    "add_scaled": _add_scaled,
    "sub_scaled": lambda x, y, alpha: _add_scaled(x, y, alpha, -1),
    "addcmul": lambda x, a, b, value: _plus_product(x, value * a * b, value, a, b),
    "addcdiv": lambda x, a, b, value: x + value * a / b,
    "lerp": torch.lerp,
    "angle": torch.angle,
    "nan_to_num": _nan_to_num,
    "deg2rad": torch.deg2rad,
    "rad2deg": torch.rad2deg,
    "complex": lambda real, imag: torch.complex(real.real, imag.real),
    "polar": lambda length, angle: torch.polar(length.real, angle.real),
    "ldexp": _ldexp,
    "sinh": lambda x: _beside_overflow(torch.sinh(x), x, torch.sign),
    "cosh": lambda x: _beside_overflow(torch.cosh(x), x, torch.ones_like),
    "acos": _acos,
    "polygamma": lambda n, x: _polygamma(int(n), x),
}
