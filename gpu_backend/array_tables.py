"""The scalar functions on CuPy and NumPy arrays: three tables, one line a name.

``UFUNCS`` and ``PREDICATES`` name universal functions that both libraries have: one pass over memory. ``COMPOSED``
functions take the library (:mod:`gpu_backend.libraries`) and the operands, arrays or 0-dimensional arrays of the
compute dtype. Where a function is in ``WIDE``, that dtype is float64 (complex128) for the narrower floats too, because it
has several steps or because the library's own float32 version is off by more than a rounding.
"""

from __future__ import annotations

from math import inf, log
from typing import Any, Callable

from .common import division_by_zero
from .complex_rules import product

Array = Any
Library = Any

UFUNCS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "true_divide",
    "neg": "negative",
    "abs": "absolute",
    "square": "square",
    "sqrt": "sqrt",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "atan2": "arctan2",
    "hypot": "hypot",
    "logaddexp2": "logaddexp2",
    "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor",
    "bitwise_not": "invert",
    "copysign": "copysign",
}

PREDICATES = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "isnan": "isnan",
    "isinf": "isinf",
    "isfinite": "isfinite",
}

WIDE = frozenset(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 hypot logaddexp "
    "logaddexp2 rsqrt erf erfc erfinv lgamma digamma sigmoid logit xlogy sinc polygamma pow add_scaled sub_scaled addcmul addcdiv lerp ldexp "
    "deg2rad rad2deg div_floor div_trunc polar angle".split()
)


def _is_float(x: Array) -> bool:
    return x.dtype.kind in "fc"


def _check_divisor(y: Array) -> None:
    if not _is_float(y) and bool((y == 0).any()):
        raise division_by_zero()


def _remainder(k: Library, x: Array, y: Array) -> Array:
    """The sign of the divisor; a remainder of zero keeps the sign of the dividend."""
    _check_divisor(y)
    if not _is_float(x):
        return k.xp.remainder(x, y)
    rest = k.xp.fmod(x, y)
    return k.xp.where((rest != 0) & ((y < 0) != (rest < 0)), rest + y, rest)


def _fmod(k: Library, x: Array, y: Array) -> Array:
    _check_divisor(y)
    return k.xp.fmod(x, y)


def _div_floor(k: Library, x: Array, y: Array) -> Array:
    """The floor of the exact quotient; by zero, the quotient's infinity or NaN."""
    xp = k.xp
    _check_divisor(y)
    if not _is_float(x):
        return xp.floor_divide(x, y)
    rest = xp.fmod(x, y)
    quotient = (x - rest) / y
    quotient = xp.where((rest != 0) & ((y < 0) != (rest < 0)), quotient - 1, quotient)
    below = xp.floor(quotient)
    nearest = xp.where(quotient - below > 0.5, below + 1, below)
    return xp.where(y == 0, x / y, xp.where(quotient == 0, xp.copysign(xp.zeros_like(x), x / y), nearest))


def _div_trunc(k: Library, x: Array, y: Array) -> Array:
    xp = k.xp
    _check_divisor(y)
    if _is_float(x):
        return xp.trunc(x / y)
    down = xp.floor_divide(x, y)
    upwards = (down * y != x) & ((x < 0) != (y < 0))
    return down + upwards.astype(x.dtype)


def _gcd(k: Library, x: Array, y: Array) -> Array:
    return abs(k.xp.gcd(x, y))


def _lcm(k: Library, x: Array, y: Array) -> Array:
    divisor = _gcd(k, x, y)
    return _div_trunc(k, abs(x), k.xp.where(divisor == 0, 1, divisor).astype(x.dtype)) * abs(y)


def _extreme(name: str) -> Callable[[Library, Array, Array], Array]:
    """Of two equal operands the first: of zeros of both signs, the libraries take either."""

    def choose(k: Library, x: Array, y: Array) -> Array:
        best = getattr(k.xp, name)(x, y)
        return k.xp.where(x == y, x, best) if _is_float(x) else best

    return choose


def _recovered_product(k: Library, a: Array, b: Array) -> Array:
    """The product of complex numbers; where both parts are NaN but a factor or a partial product is infinite, infinite: C99, Annex G.5.1."""
    xp = k.xp

    def make(real: Array, imag: Array) -> Array:
        return _complex(k, real, imag)

    def unit(z: Array) -> Array:
        """An infinite part counts as 1 and a finite one beside it as 0, a NaN as 0, signs kept."""
        infinite = xp.isinf(z.real) | xp.isinf(z.imag)
        parts = [xp.where(infinite, xp.isinf(x), xp.where(xp.isnan(x), 0.0, x)) for x in (z.real, z.imag)]
        return make(xp.copysign(parts[0], z.real), xp.copysign(parts[1], z.imag))

    result = product(make, a, b)
    parts = [a.real, a.imag, b.real, b.imag, a.real * b.real, a.imag * b.imag, a.real * b.imag, a.imag * b.real]
    infinite = xp.isinf(xp.stack(xp.broadcast_arrays(*parts))).any(axis=0)
    recovered = product(make, unit(a), unit(b))
    lost = xp.isnan(result.real) & xp.isnan(result.imag) & infinite
    return xp.where(lost, make(inf * recovered.real, inf * recovered.imag), result)


def _pow(k: Library, x: Array, y: Array) -> Array:
    """Complex: exp(y log x), for a base of 0 too."""
    xp = k.xp
    if x.dtype.kind == "c":
        return xp.exp(_recovered_product(k, y, xp.log(x)))
    if _is_float(x):  # NumPy takes the root for a single exponent of 1/2, which is not the power of -0 and -inf
        return xp.power(xp.where((y == 0.5) & ((x == 0) | (x == -inf)), xp.abs(x), x), y)
    if x.dtype.kind == "b":
        return x | ~y
    negative = y < 0
    result = xp.power(x, xp.where(negative, 0, y).astype(x.dtype))
    # Only 1 and -1 have an integer reciprocal: the others' is truncated to 0.
    reciprocal = xp.where(x == 1, 1, xp.where(x == -1, 1 - 2 * (y & 1), 0)) if x.dtype.kind == "i" else 0
    return xp.where(negative, reciprocal, result).astype(x.dtype)


def _sign(k: Library, x: Array) -> Array:
    return x if x.dtype.kind == "b" else (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


def _sgn(k: Library, x: Array) -> Array:
    if x.dtype.kind != "c":
        return _sign(k, x)
    size = abs(x)
    divisor = k.xp.where(size == 0, 1, size)
    return _complex(k, k.xp.where(size == 0, 0, x.real / divisor), k.xp.where(size == 0, 0, x.imag / divisor))


def _reciprocal(k: Library, x: Array) -> Array:
    return 1 / x


def _sigmoid(k: Library, x: Array) -> Array:
    xp = k.xp
    if x.dtype.kind == "c":
        return 1 / (1 + xp.exp(-x))
    tail = xp.exp(-abs(x))
    return xp.where(x < 0, tail, 1) / (1 + tail)


def _logit(k: Library, x: Array) -> Array:
    xp = k.xp
    near = (x > 0.25) & (x < 0.75)  # where the quotient is close to 1 and its logarithm loses digits
    return xp.where(near, xp.log1p((2 * x - 1) / (1 - x)), xp.log(x / (1 - x)))


def _xlogy(k: Library, x: Array, y: Array) -> Array:
    xp = k.xp
    return xp.where(xp.isnan(y), y, xp.where(x == 0, 0, x * xp.log(y)))


def _sinc(k: Library, x: Array) -> Array:
    xp = k.xp
    angle = xp.pi * x
    return xp.where(x == 0, 1, xp.sin(angle) / angle)


def _round(k: Library, x: Array) -> Array:
    return k.xp.rint(x) if _is_float(x) else x


def _rounded(name: str) -> Callable[[Library, Array], Array]:
    return lambda k, x: getattr(k.xp, name)(x) if _is_float(x) else x


def _left_shift(k: Library, x: Array, n: Array) -> Array:
    xp = k.xp
    bits = 8 * x.dtype.itemsize
    inside = (n >= 0) & (n < bits)
    return xp.where(inside, xp.left_shift(x, xp.where(inside, n, 0).astype(x.dtype)), 0).astype(x.dtype)


def _right_shift(k: Library, x: Array, n: Array) -> Array:
    xp = k.xp
    bits = 8 * x.dtype.itemsize
    inside = (n >= 0) & (n < bits)
    fill = -(x < 0).astype("int8")
    return xp.where(inside, xp.right_shift(x, xp.where(inside, n, 0).astype(x.dtype)), fill).astype(x.dtype)


def _signbit(k: Library, x: Array) -> Array:
    return k.xp.signbit(x) if x.dtype.kind == "f" else x < 0


def _infinite(sign: int) -> Callable[[Library, Array], Array]:
    return lambda k, x: x == sign * float("inf") if x.dtype.kind == "f" else k.xp.zeros(x.shape, "bool")


def _angle(k: Library, x: Array) -> Array:
    xp = k.xp
    if x.dtype.kind == "c":
        return xp.arctan2(x.imag, x.real)
    return xp.where(xp.isnan(x), x, xp.where(x < 0, xp.pi, 0.0))


def _complex(k: Library, real: Array, imag: Array) -> Array:
    xp = k.xp
    real, imag = real.real, imag.real
    out = xp.empty(xp.broadcast_shapes(real.shape, imag.shape), "complex64" if real.dtype.itemsize < 8 else "complex128")
    out.real[...] = real
    out.imag[...] = imag
    return out


def _polar(k: Library, length: Array, angle: Array) -> Array:
    length, angle = length.real, angle.real
    return _complex(k, length * k.xp.cos(angle), length * k.xp.sin(angle))


def _log1p(k: Library, x: Array) -> Array:
    """Complex: log|1 + z| = log1p(x(2 + x) + y^2) / 2 near 0, where the libraries' own log(1 + z) loses digits."""
    xp = k.xp
    if x.dtype.kind != "c":
        return xp.log1p(x)
    re, im = x.real, x.imag
    near = (abs(re) < 0.5) & (abs(im) < 0.5)
    far = xp.log(_complex(k, 1.0 + re, im))  # a complex sum would lose the sign of a zero
    return _complex(k, xp.where(near, 0.5 * xp.log1p(re * (2.0 + re) + im * im), far.real), far.imag)


def _logaddexp(k: Library, x: Array, y: Array) -> Array:
    """Complex: the operand with the larger real part, and log1p of the exponential of the difference."""
    xp = k.xp
    if x.dtype.kind != "c":
        return xp.logaddexp(x, y)
    first = x.real >= y.real
    large, small = xp.where(first, x, y), xp.where(first, y, x)
    direct = xp.log(xp.exp(x) + xp.exp(y))
    found = xp.where(xp.isfinite(large.real), large + _log1p(k, xp.exp(small - large)), direct)
    return xp.where(xp.isnan(x) | xp.isnan(y), complex(xp.nan, xp.nan), found)  # also beside -inf, whose exponential would be 0


def _exp2(k: Library, exponent: Array) -> Array:
    """Complex: the parts are multiplied one by one, since infinity times the imaginary zero of a real number would be NaN."""
    if exponent.dtype.kind != "c":
        return k.xp.exp2(exponent)
    return k.xp.exp(_complex(k, exponent.real * log(2.0), exponent.imag * log(2.0)))


def _nan_to_num(k: Library, x: Array, nan: Array, posinf: Array, neginf: Array) -> Array:
    xp = k.xp
    if x.dtype.kind == "c":
        bounds = nan.real, posinf.real, neginf.real
        return _complex(k, _nan_to_num(k, x.real, *bounds), _nan_to_num(k, x.imag, *bounds))
    if x.dtype.kind != "f":
        return x
    limited = xp.where(x == float("inf"), posinf, xp.where(x == -float("inf"), neginf, x))
    return xp.where(xp.isnan(x), nan, limited)


def _heaviside(k: Library, x: Array, at_zero: Array) -> Array:
    return k.xp.where(x == 0, at_zero, (x > 0).astype(x.dtype))


def _lerp(k: Library, start: Array, end: Array, weight: Array) -> Array:
    xp, step, rest = k.xp, end - start, 1 - weight
    far = end - step * rest
    beyond = xp.isfinite(step) & ~xp.isfinite(far)  # only the product may be too large: it is added to before it is rounded
    result = xp.where(abs(weight) < 0.5, start + weight * step, xp.where(beyond, (end / 4 - step / 4 * rest) * 4, far))
    if result.dtype != "f8":
        return result
    start, end, wide = start * 2.0**64, end * 2.0**64, step * 2.0**64  # where the product alone is subnormal
    small = xp.where(abs(weight) < 0.5, start + weight * wide, end - wide * rest) / 2.0**64
    return xp.where((step != 0) & (abs(step) < 2.0**-900) & (abs(result) < 2.0**-900), small, result)


def _plus_product(k: Library, x: Array, product: Array, *factors: Array) -> Array:
    """``x + product``; beside an infinite x a product of finite factors is finite, though it overflows."""
    total = x + product
    if x.dtype.kind != "f":
        return total
    finite = k.xp.isfinite(factors[0])
    for factor in factors[1:]:
        finite = finite & k.xp.isfinite(factor)
    return k.xp.where(k.xp.isinf(x) & finite, x, total)


def _ldexp(k: Library, x: Array, exponent: Array) -> Array:
    """By three powers of two, the last one the largest: one alone overflows or vanishes before the product does."""
    xp = k.xp
    if exponent.dtype.kind == "c":
        return x * _exp2(k, exponent)
    last = xp.clip(exponent, -1000.0, 1000.0)
    middle = xp.clip(exponent - last, -1000.0, 1000.0)
    first = xp.clip(exponent - last - middle, -1000.0, 1000.0)
    return xp.where(xp.isinf(exponent), x * xp.exp2(exponent), x * xp.exp2(first) * xp.exp2(middle) * xp.exp2(last))


def _add_scaled(k: Library, x: Array, y: Array, alpha: Array) -> Array:
    return x | (alpha & y) if x.dtype.kind == "b" else _plus_product(k, x, alpha * y, alpha, y)


COMPOSED: dict[str, Callable[..., Array]] = {
    "gcd": _gcd,
    "lcm": _lcm,
    "log1p": _log1p,
    "logaddexp": _logaddexp,
    "remainder": _remainder,
    "fmod": _fmod,
    "div_floor": _div_floor,
    "div_trunc": _div_trunc,
    "pow": _pow,
    "sign": _sign,
    "sgn": _sgn,
    "reciprocal": _reciprocal,
    "rsqrt": lambda k, x: 1 / k.xp.sqrt(x),
    "erf": lambda k, x: k.special("erf", x),
    "erfc": lambda k, x: k.special("erfc", x),
    "erfinv": lambda k, x: k.special("erfinv", x),
    "polygamma": lambda k, n, x: k.polygamma(int(n), x),
    "lgamma": lambda k, x: k.special("lgamma", x),
    "digamma": lambda k, x: k.special("digamma", x),
    "sigmoid": _sigmoid,
    "logit": _logit,
    "relu": lambda k, x: k.xp.where(x < 0, k.xp.zeros_like(x), x),
    "floor": _rounded("floor"),
    "ceil": _rounded("ceil"),
    "trunc": _rounded("trunc"),
    "round": _round,
    "frac": lambda k, x: x - k.xp.trunc(x),
    "maximum": _extreme("maximum"),
    "minimum": _extreme("minimum"),
    "fmax": _extreme("fmax"),
    "fmin": _extreme("fmin"),
    "clamp_min": _extreme("maximum"),
    "clamp_max": _extreme("minimum"),
    "clamp": lambda k, x, low, high: _extreme("minimum")(k, _extreme("maximum")(k, x, low), high),
    "where": lambda k, condition, x, y: k.xp.where(condition if condition.dtype.kind == "b" else condition != 0, x, y),
    "logical_and": lambda k, x, y: (x != 0) & (y != 0),
    "logical_or": lambda k, x, y: (x != 0) | (y != 0),
    "logical_xor": lambda k, x, y: (x != 0) ^ (y != 0),
    "logical_not": lambda k, x: x == 0,
    "bitwise_left_shift": _left_shift,
    "bitwise_right_shift": _right_shift,
    "isposinf": _infinite(1),
    "isneginf": _infinite(-1),
    "signbit": _signbit,
    "isreal": lambda k, x: x.imag == 0 if x.dtype.kind == "c" else k.xp.ones(x.shape, "bool"),
    "add_scaled": _add_scaled,
    "sub_scaled": lambda k, x, y, alpha: _plus_product(k, x, -(alpha * y), alpha, y) if x.dtype.kind == "f" else x - alpha * y,
    "addcmul": lambda k, x, a, b, value: _plus_product(k, x, value * a * b, value, a, b),
    "addcdiv": lambda k, x, a, b, value: x + value * a / b,
    "lerp": _lerp,
    "conj": lambda k, x: x.conj() if x.dtype.kind == "c" else x,
    "angle": _angle,
    "nan_to_num": _nan_to_num,
    "heaviside": _heaviside,
    "deg2rad": lambda k, x: x * (k.xp.pi / 180),
    "rad2deg": lambda k, x: x * (180 / k.xp.pi),
    "xlogy": _xlogy,
    "sinc": _sinc,
    "complex": _complex,
    "polar": _polar,
    "ldexp": _ldexp,
}
