"""Roots of unity, correctly rounded, from integer arithmetic: the same bits on every machine, whatever its C library does.

Angles are multiples of a quarter of the n-th part of a turn, so that the axes and the diagonals are among them and each root is, up to signs and an
exchange of its parts, one of the first octant. Those are powers of one root, multiplied as integers scaled by 2**128. The error stays below 2**-108
in 100,000 multiplications, and moves the rounding to 53 bits only where 50 further bits are all alike.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd, ldexp

__all__ = ["roots_of_unity"]

_BITS = 128
_ONE = 1 << _BITS
_KEPT = 1 << 14  # longer tables are made anew each time: they would take too much memory


def roots_of_unity(n: int) -> list[complex]:
    """``exp(-2 pi i k / n)`` for k = 0, ..., n - 1, both parts correctly rounded to binary64."""
    return _kept(n) if n <= _KEPT else _table(n)


def _table(n: int) -> list[complex]:
    cosines, sines = _first_octant(n)
    step = gcd(4, n)
    last = n // step  # a quarter of a turn, in the units of the octant
    first, half = [], n // 2 + 1
    for place in range(0, 4 // step * half, 4 // step):
        quadrant, i = divmod(place, last)
        c, s = (cosines[i], sines[i]) if 2 * i <= last else (sines[last - i], cosines[last - i])
        first.append(complex(c, -s) if quadrant == 0 else complex(-s, -c) if quadrant == 1 else complex(-c, s))
    return first + [z.conjugate() for z in first[(n - 1) // 2 : 0 : -1]]


_kept = lru_cache(maxsize=32)(_table)


def _first_octant(n: int) -> tuple[list[float], list[float]]:
    """Cosines and sines of the multiples of 2 pi gcd(4, n) / (4 n) from 0 to pi / 4."""
    step = gcd(4, n)
    c, s = _cosine_and_sine(step, 4 * n)
    x, y = _ONE, 0
    cosines, sines = [1.0], [0.0]
    for _ in range(n // (2 * step)):
        x, y = (x * c - y * s) >> _BITS, (x * s + y * c) >> _BITS
        cosines.append(ldexp(x, -_BITS))
        sines.append(ldexp(y, -_BITS))
    return cosines, sines


def _cosine_and_sine(numerator: int, denominator: int) -> tuple[int, int]:
    """Those of ``2 pi numerator / denominator``, at most a quarter of a turn, times 2**128: their series, with 32 bits more."""
    bits = _BITS + 32
    angle = 2 * _pi(bits) * numerator // denominator
    square = angle * angle >> bits
    c = term = 1 << bits
    for k in range(1, 100, 2):
        term = -(term * square >> bits) // (k * (k + 1))
        c += term
    s = term = angle
    for k in range(2, 100, 2):
        term = -(term * square >> bits) // (k * (k + 1))
        s += term
    return c >> 32, s >> 32


@lru_cache(maxsize=1)
def _pi(bits: int) -> int:
    """pi * 2**bits, by Machin's formula: pi / 4 = 4 arctan(1/5) - arctan(1/239)."""
    guard = bits + 16

    def arctan(inverse: int) -> int:
        total = term = (1 << guard) // inverse
        k = 1
        while term:
            term //= -inverse * inverse
            k += 2
            total += term // k
        return total

    return (16 * arctan(5) - 4 * arctan(239)) >> 16
