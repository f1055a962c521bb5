"""Products and quotients of single numbers, complex and real, where the language's own differ from IEEE 754 or from torch."""

from __future__ import annotations

from math import copysign, inf, isinf, nan


def complex_product(a: complex, b: complex) -> complex:
    """(a + bi)(c + di) = (ac - bd) + (ad + bc)i, for infinite parts too: no recovery of infinities as in C99, Annex G."""
    return complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)


def recovered_product(a: complex, b: complex) -> complex:
    """:func:`complex_product`; where that is NaN in both parts but a factor or a partial product is infinite, infinite: C99, Annex G.5.1.

    An infinite part of a factor then counts as 1 and a finite part beside it as 0, a NaN as 0, signs kept.
    """
    product = complex_product(a, b)
    if product.real == product.real or product.imag == product.imag:
        return product
    factors = [(z.real, z.imag) for z in (a, b)]
    if not any(isinf(x) for pair in factors for x in pair) and not any(isinf(x * y) for x in factors[0] for y in factors[1]):
        return product
    boxed = [[copysign(isinf(x), x) for x in pair] if any(map(isinf, pair)) else pair for pair in factors]
    numbers = [complex(*[copysign(0.0, x) if x != x else x for x in pair]) for pair in boxed]
    product = complex_product(*numbers)
    return complex(inf * product.real, inf * product.imag)


def quotient(a: float, b: float) -> float:
    """``a / b`` in IEEE 754: x/0 is infinite with the product of the signs, 0/0 is NaN."""
    if b:
        return a / b
    if a != a or not a or b != b:
        return nan
    return copysign(inf, a) * copysign(1.0, b)


def complex_quotient(a: complex, b: complex) -> complex:
    """``a / b`` by Smith's method (1962): divided through by the divisor's larger part, so that no square overflows or vanishes.

    A zero divisor divides both parts by 0; an infinite part of the divisor beside a finite one gives 0.
    """
    c, d = b.real, b.imag
    if abs(c) >= abs(d):
        if not c:
            return complex(quotient(a.real, abs(c)), quotient(a.imag, abs(c)))
        ratio = d / c
        length = c + d * ratio
        return complex((a.real + a.imag * ratio) / length, (a.imag - a.real * ratio) / length)
    ratio = quotient(c, d)
    length = c * ratio + d
    return complex(quotient(a.real * ratio + a.imag, length), quotient(a.imag * ratio - a.real, length))
