"""Complex arithmetic on arrays of either library, by refimpl's formulas on real and imaginary parts.

Torch's and NumPy's own complex addition, product and quotient differ from these in infinities, and in the last bit where they
contract or scale in another way; torch's negation of a zero may keep its sign. Each function takes ``make(real, imag)``,
``where``, and complex operands.
"""

from __future__ import annotations

from typing import Any, Callable

Array = Any
Make = Callable[[Array, Array], Array]
Where = Callable[[Array, Array, Array], Array]


def _sum(make: Make, a: Array, b: Array) -> Array:
    return make(a.real + b.real, a.imag + b.imag)


def _difference(make: Make, a: Array, b: Array) -> Array:
    return make(a.real - b.real, a.imag - b.imag)


def product(make: Make, a: Array, b: Array) -> Array:
    """(a + bi)(c + di) = (ac - bd) + (ad + bc)i."""
    return make(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)


def finite_parts(make: Make, xp: Any, result: Array, a: Array, b: Array) -> Array:
    """A product of matrices, whose parts are made apart where it is not finite: a library may multiply the whole by a complex 1, which makes NaN of
    the one part where the other one overflows."""
    if xp.isfinite(result).all():
        return result
    parts = make(a.real @ b.real - a.imag @ b.imag, a.real @ b.imag + a.imag @ b.real)
    return xp.where(xp.isfinite(result), result, parts)


def quotient(make: Make, where: Where, a: Array, b: Array) -> Array:
    """Smith's method: both are divided by the divisor's larger part, so that no square overflows or vanishes."""
    c, d = b.real, b.imag
    first = abs(c) >= abs(d)
    zero = first & (c == 0)
    large, small = where(first, c, d), where(first, d, c)
    ratio = small / large
    length = large + small * ratio
    real = where(first, a.real + a.imag * ratio, a.real * ratio + a.imag) / length
    imag = where(first, a.imag - a.real * ratio, a.imag * ratio - a.real) / length
    return make(where(zero, a.real / abs(c), real), where(zero, a.imag / abs(c), imag))


def _reciprocal(make: Make, where: Where, z: Array) -> Array:
    """:func:`quotient` of 1 and z."""
    c, d = z.real, z.imag
    first = abs(c) >= abs(d)
    zero = first & (c == 0)
    large, small = where(first, c, d), where(first, d, c)
    ratio = small / large
    length = large + small * ratio
    real = where(first, 1.0 + 0.0 * ratio, ratio + 0.0) / length
    imag = where(first, 0.0 - ratio, 0.0 * ratio - 1.0) / length
    return make(where(zero, 1.0 / abs(c), real), where(zero, 0.0 / abs(c), imag))


def _lerp(make: Make, where: Where, start: Array, end: Array, weight: Array) -> Array:
    step = _difference(make, end, start)
    rest = make(1.0 - weight.real, -weight.imag)
    near = weight.real * weight.real + weight.imag * weight.imag < 0.25
    low = _sum(make, start, product(make, weight, step))
    high = _difference(make, end, product(make, step, rest))
    return make(where(near, low.real, high.real), where(near, low.imag, high.imag))


COMPLEX: dict[str, Callable[..., Array]] = {
    "add": lambda make, where, x, y: _sum(make, x, y),
    "sub": lambda make, where, x, y: _difference(make, x, y),
    "mul": lambda make, where, x, y: product(make, x, y),
    "neg": lambda make, where, x: make(-x.real, -x.imag),
    "div": quotient,
    "square": lambda make, where, x: product(make, x, x),
    "reciprocal": lambda make, where, x: _reciprocal(make, where, x),
    "add_scaled": lambda make, where, x, y, alpha: _sum(make, x, product(make, alpha, y)),
    "sub_scaled": lambda make, where, x, y, alpha: _difference(make, x, product(make, alpha, y)),
    "addcmul": lambda make, where, x, a, b, value: _sum(make, x, product(make, product(make, value, a), b)),
    "addcdiv": lambda make, where, x, a, b, value: _sum(make, x, quotient(make, where, product(make, value, a), b)),
    "lerp": _lerp,
}
