"""The derivatives of the digamma function, by the Hurwitz zeta function of a library that is torch or one of arrays.

``n!`` and ``zeta(n + 1, x)`` may each be beyond the range of floats where their product is not.
"""

from __future__ import annotations

from math import factorial, inf, lgamma, nan
from typing import Any

_EULER_MACLAURIN = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)  # B(2j) / (2j)!


def polygamma(library: Any, n: int, x: Any, zeta: Any) -> Any:
    """``(-1)**(n + 1) n! zeta(n + 1, x)`` in float64, for n > 0; ``zeta``: what the library has for it."""
    value = _factorial_times(library, n, zeta, x, 0)
    if n > 15:  # otherwise zeta is a normal number of all that are looked at
        first = _factorial_times(library, n, _zeta_by_its_first_term(n + 1, x), x, n + 1)
        value = library.where((x > 1.0) & (zeta < 2.0**-960), first, value)
    far = _factorial_times(library, n - 1, 1.0 + n / (2.0 * x), x, n)
    value = library.where(x > 2.0**50, far, value)  # where the libraries' zeta, which counts on by 1 from x, loses digits
    return library.where(x == inf, 0.0, library.where(x == -inf, nan, (-1) ** (n + 1) * value))


def _factorial_times(library: Any, n: int, number: Any, x: Any, power: int) -> Any:
    """``n! number / x**power``, in parts of which none leaves the range of floats unless the whole does."""
    if n > 1000:
        logarithm = lgamma(n + 1) + library.log(library.abs(number))
        return library.copysign(library.exp(logarithm - power * library.log(x) if power else logarithm), number)
    exponent = factorial(n).bit_length()
    value, parts = number * (factorial(n) / 2**exponent), exponent // 900 + 2
    for i in range(parts):
        of_x, of_two = (total * (i + 1) // parts - total * i // parts for total in (power, exponent))
        value = value * (x**-of_x * 2.0**of_two)
    return value


def _zeta_by_its_first_term(s: int, x: Any) -> Any:
    """``zeta(s, x) * x**s`` for numbers above 1: ten terms and the Euler-Maclaurin formula, DLMF 25.11.5."""
    end = x + 10.0
    last, factor = (x / end) ** s, s / end
    total = last * (end / (s - 1) + 0.5)
    for j, coefficient in enumerate(_EULER_MACLAURIN):
        total = total + coefficient * factor * last
        factor = factor * ((s + 2 * j + 1) / end) * ((s + 2 * j + 2) / end)
    for k in reversed(range(10)):
        total = total + (x / (x + k)) ** s
    return total
