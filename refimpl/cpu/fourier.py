"""Discrete Fourier transforms of every length, evaluated in binary64.

A length is split into its prime factors (and fours). Stockham's formulation of the mixed radix algorithm [1] takes one factor after the other: each
step is a few operations on whole lists, which run in C, and leaves the elements in their natural order. A prime factor up to 37 is summed up as it
stands, in pairs that share their cosines and sines; a larger one becomes a convolution with a chirp [2], whose length has factors up to 5 alone.

The rounded roots are those of :mod:`.roots_of_unity`. The error of an element is at most about 4 log2(n) u times the sum of the absolute values
that go into it; docs/contracts.md derives it.

[1] J. W. Cooley, J. W. Tukey: An algorithm for the machine calculation of complex Fourier series (1965); P. N. Swarztrauber: FFT algorithms for
vector computers (1984). [2] L. I. Bluestein: A linear filtering approach to the computation of the discrete Fourier transform (1970).
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from itertools import chain, repeat
from math import nan, prod
from operator import add, mul, sub, truediv
from typing import Any, Iterable, NamedTuple, Sequence

from ..foundation.kernels import View
from .buffers import encode, raw, read, write
from .roots_of_unity import roots_of_unity

__all__ = ["fft"]

class _Plan(NamedTuple):
    """What is done to each of several equal transforms: of ``sizes`` elements, giving ``results``. ``kind``: complex, real or hermitian."""

    sizes: Sequence[int]
    results: Sequence[int]
    kind: str
    inverse: bool
    divisor: float


_GROUP = 1 << 15  # elements that are transformed together: a few lists of them fit the cache
_DIRECT = 37  # the largest prime factor that is summed up as it stands


def fft(out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:
    """The transforms along ``dims``: see :meth:`refimpl.foundation.kernels.Kernels.fft`."""
    real_input, real_output = not input.dtype.is_complex, not out.dtype.is_complex
    if real_input:  # the dimension that is halved comes first, and last where it is made whole again
        dims = (dims[-1], *dims[:-1])
    batch = [d for d in range(len(input.shape)) if d not in dims]
    order = [*batch, *dims]
    source, target = _permuted(input, order), _permuted(out, order)
    sizes, results = source.shape[len(batch) :], target.shape[len(batch) :]
    lane, produced, count = prod(sizes), prod(results), prod(source.shape[: len(batch)])
    if not lane or not count or not produced:
        return
    kind = "real" if real_input else "hermitian" if real_output else "complex"
    plan = _Plan(sizes, results, kind, inverse or real_output, divisor)
    group = max(1, _GROUP // max(lane, produced))
    data = read(source) if real_input else raw(source)
    made = array("d" if out.dtype.real.itemsize == 8 else "f")
    width = lane if real_input else 2 * lane
    for start in range(0, count, group):
        lanes = min(group, count - start)
        part = data[start * width : (start + lanes) * width]
        numbers = _transform(list(map(complex, part) if real_input else map(complex, part[::2], part[1::2])), lanes, plan)
        made.extend(encode(out.dtype, [z.real for z in numbers] if real_output else numbers))
    write(target, made)


def _permuted(view: View, order: Sequence[int]) -> View:
    return View(view.storage, view.offset, tuple([view.shape[d] for d in order]), tuple([view.strides[d] for d in order]), view.dtype)


# -- lanes ---------------------------------------------------------------------------------------------------------


def _transform(xs: list[complex], lanes: int, plan: _Plan) -> list[complex]:
    """``lanes`` transforms that stand one after the other: of numbers that may overflow or vanish on the way, each is scaled on its own."""
    if prod(plan.sizes) == prod(plan.results) == 1:  # whose result it is, and no product with a root
        return [complex(z.real / plan.divisor, z.imag / plan.divisor) for z in xs]
    total = sum(map(_size, xs))
    if 2.0**-900 < total < 2.0**900 or total == 0.0:
        return _dimensions(xs, lanes, plan)
    if lanes > 1:
        size = len(xs) // lanes
        return list(chain.from_iterable([_transform(xs[i : i + size], 1, plan) for i in range(0, len(xs), size)]))
    if plan.kind == "hermitian" and len(plan.sizes) == 1:  # whose numbers count as real where they are their own mirror images
        xs = _real_ends(xs, plan.results[-1], 1)
    parts = [abs(part) for z in xs for part in (z.real, z.imag)]
    if sum(map(mul, parts, repeat(0.0))) != 0.0:  # it is NaN
        return [complex(nan, nan)] * prod(plan.results)
    largest = max(parts)
    shift = 2.0**-600 if largest > 1.0 else 2.0**600
    scaled = _dimensions([z * shift for z in xs], 1, plan)
    return [complex(z.real / shift, z.imag / shift) for z in scaled]


def _size(z: complex) -> float:
    """|re| + |im|, NaN if one of them is, infinite if they add up to more than there is."""
    return abs(z.real) + abs(z.imag)


def _dimensions(xs: list[complex], lanes: int, plan: _Plan) -> list[complex]:
    """One dimension after the other: each is moved to the front, transformed, and moved to the end."""
    xs = _front_to_end(xs, lanes)
    last = len(plan.sizes) - 1
    for place, (n, made) in enumerate(zip(plan.sizes, plan.results)):
        if plan.kind == "hermitian" and place == last:
            xs = _whole(xs, made, len(xs) // n)
            n = made
        width = len(xs) // n
        xs = _along_first(xs, n, width)
        if plan.inverse and n > 2:
            xs = _reversed(xs, n, width)
        if plan.kind == "real" and place == 0:
            xs = _symmetric(xs, n, made, width)
        xs = _front_to_end(xs, made)
    return xs if plan.divisor == 1.0 else list(map(truediv, xs, repeat(complex(plan.divisor))))


def _front_to_end(xs: list[Any], n: int) -> list[Any]:
    """The first dimension, of size ``n``, moved to the end."""
    rest = len(xs) // n
    if n == 1 or rest == 1:
        return xs
    if rest <= n:
        return list(chain.from_iterable([xs[i::rest] for i in range(rest)]))
    moved: list[Any] = [None] * len(xs)
    for i in range(n):
        moved[i::n] = xs[i * rest : (i + 1) * rest]
    return moved


def _reversed(xs: list[complex], n: int, width: int) -> list[complex]:
    """Row -k in the place of row k: the transform of the other sign."""
    if width == 1:
        return [xs[0], *xs[:0:-1]]
    return list(chain(xs[:width], *[xs[k * width : (k + 1) * width] for k in range(n - 1, 0, -1)]))


def _real_ends(xs: list[complex], n: int, width: int) -> list[complex]:
    """The half of a Hermitian spectrum, with those rows real that are their own mirror images."""
    ends = (0, n // 2) if n % 2 == 0 else (0,)
    for k in ends:
        if k * width < len(xs):
            xs[k * width : (k + 1) * width] = [complex(z.real) for z in xs[k * width : (k + 1) * width]]
    return xs


def _whole(xs: list[complex], n: int, width: int) -> list[complex]:
    """A Hermitian spectrum of ``n`` rows from its first half."""
    xs = _real_ends(xs, n, width)
    mirrored = [z.conjugate() for z in xs]
    return list(chain(xs, *[mirrored[k * width : (k + 1) * width] for k in range((n - 1) // 2, 0, -1)]))


def _symmetric(xs: list[complex], n: int, made: int, width: int) -> list[complex]:
    """The spectrum of real numbers: its first half, or all of it, in which the second half is the mirror image of the first, exactly."""
    half = _real_ends(xs[: (n // 2 + 1) * width], n, width)
    return half if made < n else _whole(half, n, width)


# -- transforms along the first of two dimensions ---------------------------------------------------------------------


def _along_first(xs: list[complex], n: int, width: int) -> list[complex]:
    """``sum_j xs[j, q] exp(-2 pi i j k / n)`` at (k, q), for k < n and q < ``width``."""
    roots = roots_of_unity(n) if n > 1 else []
    step = 1  # the roots of the present length are every ``step``-th of the table
    for radix in _factors(n):
        n //= radix
        size = len(xs) // radix
        rows = [xs[j * size : (j + 1) * size] for j in range(radix)]
        rows = _BUTTERFLIES[radix](rows) if radix in _BUTTERFLIES else _butterfly(rows) if radix <= _DIRECT else _chirped(xs, radix, size)
        if n > 1:
            for k in range(1, radix):
                factors: Iterable[complex] = roots[: k * step * n : k * step]
                rows[k] = list(map(mul, rows[k], factors if width == 1 else chain.from_iterable(map(repeat, factors, repeat(width)))))
        xs = _interleaved(rows, n, width)
        width *= radix
        step *= radix
    return xs


@lru_cache(maxsize=256)
def _factors(n: int) -> tuple[int, ...]:
    """The factors of a length, in the order of the steps: large primes first, fours before twos."""
    found = []
    while n % 4 == 0:
        found.append(4)
        n //= 4
    p = 2
    while p * p <= n:
        while n % p == 0:
            found.append(p)
            n //= p
        p += 1
    if n > 1:
        found.append(n)
    return tuple(sorted(found, key=lambda p: (-p if p > _DIRECT else 0, p != 4, p)))


def _interleaved(rows: list[list[complex]], blocks: int, width: int) -> list[complex]:
    """Each row consists of ``blocks`` blocks of ``width``: the first blocks of all rows, then the second ones, and so on."""
    if blocks == 1:
        return list(chain.from_iterable(rows))
    radix, size = len(rows), blocks * width
    if blocks <= width:
        starts = range(0, size, width)
        return list(chain.from_iterable([row[start : start + width] for start in starts for row in rows]))
    made: list[Any] = [None] * (radix * size)
    for k, row in enumerate(rows):
        for q in range(width):
            made[k * width + q :: radix * width] = row[q::width]
    return made


# -- transforms of a small length, for all columns of a list of rows -------------------------------------------------------


def _of_two(rows: list[list[complex]]) -> list[list[complex]]:
    a, b = rows
    return [list(map(add, a, b)), list(map(sub, a, b))]


def _of_four(rows: list[list[complex]]) -> list[list[complex]]:
    a, b, c, d = rows
    even, odd = list(map(add, a, c)), list(map(add, b, d))
    first, second = list(map(sub, a, c)), list(map(mul, map(sub, b, d), repeat(-1j)))
    return [list(map(add, even, odd)), list(map(add, first, second)), list(map(sub, even, odd)), list(map(sub, first, second))]


_BUTTERFLIES = {2: _of_two, 4: _of_four}


def _butterfly(rows: list[list[complex]]) -> list[list[complex]]:
    """An odd number of rows: sums and differences of those that are mirror images share their cosines and sines."""
    radix = len(rows)
    half = radix // 2
    roots = roots_of_unity(radix)
    sums = [list(map(add, rows[j], rows[radix - j])) for j in range(1, half + 1)]
    differences = [list(map(sub, rows[j], rows[radix - j])) for j in range(1, half + 1)]
    made: list[Any] = [None] * radix
    total: Iterable[complex] = rows[0]
    for row in sums:
        total = map(add, total, row)
    made[0] = list(total)
    for k in range(1, half + 1):
        even: Iterable[complex] = rows[0]
        odd: Iterable[complex] = ()
        for j in range(half):
            root = roots[(j + 1) * k % radix]
            even = map(add, even, map(mul, sums[j], repeat(complex(root.real))))
            term = map(mul, differences[j], repeat(complex(0.0, root.imag)))
            odd = map(add, odd, term) if j else term
        even, odd = list(even), list(odd)
        made[k], made[radix - k] = list(map(add, even, odd)), list(map(sub, even, odd))
    return made


def _chirped(xs: list[complex], n: int, width: int) -> list[list[complex]]:
    """A transform of a large prime length: with jk = (j**2 + k**2 - (k - j)**2) / 2 it is a convolution with exp(pi i j**2 / n), between two
    multiplications by the conjugate."""
    size, chirp, spectrum = _chirp(n)
    multiplied = list(map(mul, xs, chain.from_iterable(map(repeat, chirp, repeat(width)))))
    multiplied += [0j] * ((size - n) * width)
    product = list(map(mul, _along_first(multiplied, size, width), chain.from_iterable(map(repeat, spectrum, repeat(width)))))
    convolved = _along_first(product, size, width)  # row -k of the inverse transform
    return [
        list(map(mul, convolved[-k % size * width : (-k % size + 1) * width], repeat(chirp[k])))
        for k in range(n)
    ]  # fmt: skip


@lru_cache(maxsize=16)
def _chirp(n: int) -> tuple[int, list[complex], list[complex]]:
    """The length of the convolution, exp(-pi i j**2 / n) for j < n, and the transform of the conjugates, divided by that length."""
    roots = roots_of_unity(2 * n)
    chirp = [roots[j * j % (2 * n)] for j in range(n)]
    size = min(odd << max(0, (-(-(2 * n - 1) // odd) - 1).bit_length()) for odd in (1, 3, 5, 9))
    filter = [z.conjugate() for z in chirp]
    filter += [0j] * (size - 2 * n + 1) + filter[:0:-1]
    return size, chirp, [z / size for z in _along_first(filter, size, 1)]
