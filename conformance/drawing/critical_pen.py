"""The pen that packs critical points: many of them into the tensors of one call.

Where a result's element depends on one element of each operand, the operands have the same shape, and each place holds one combination of points: all
pairs, or triples, of few, and each of the others beside ordinary numbers. Where a dimension is reduced, sorted or scanned, each row along the last
one holds its own few points, at a position of its own, beside ordinary numbers. Their order follows from the seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from random import Random
from typing import Any, Callable, Iterator, Sequence

from ..accuracy.number_formats import FORMATS, REAL, encode
from ..cases.case import COMPLEX, EVERY_INTEGER, FLOATS, ITEMSIZE, TensorSpec, element_offsets
from .critical_points import CRITICAL, around, gradient_points, paired, points, very_few
from .pen import ALL
from .random_pen import RandomPen
from .values import INTEGER_LIMITS, value_labels

WIDTH = 5  # of a row
PLACES, ROWS, WINDOW = "places", "rows", "window"
SPECIAL = (-math.inf, math.inf, math.nan)
ELSEWHERE, ROUNDED_ELSEWHERE = 0.7, ("float32", "float16", "bfloat16")  # a fraction, and the formats that round it to the other side than 0.1
LONE_NAN = 2  # its number among the rows that are reduced as a whole


@dataclass(frozen=True)
class Packing:
    """How an operation's points are packed. ``places``: the operands' elements that meet; ``rows``: along the last dimension; ``window``: a call has
    one result, and holds few of them. ``operands``: how many tensors a call has; ``kinds``: which kinds of points each is given; ``extra``:
    further points of the first one; ``others``: whether there are tensors beside those that hold points."""

    arrangement: str
    operands: int
    kinds: tuple[str, ...]
    extra: tuple[float, ...] = ()
    others: bool = False

    def kinds_of(self, operand: int) -> str:
        return self.kinds[min(operand, len(self.kinds) - 1)]


def _ordinary(dtype: str) -> tuple[Any, ...]:
    if dtype == "bool":
        return (True, False)
    if dtype in EVERY_INTEGER:
        return (1, 3, 2, 5, 7)
    return (1 + 0.5j, -0.75 + 2j, 2.5 - 1j) if dtype in COMPLEX else (0.75, -1.5, 1.25, 3.0, -0.625)


@lru_cache(maxsize=64)
def combinations(packing: Packing, dtype: str, grad: int, refused: str) -> tuple[tuple[Any, ...], ...]:
    """One combination of the operands' elements for each place."""
    if grad:
        pools = [gradient_points(packing.kinds_of(i), dtype) for i in range(packing.operands)]
        special = SPECIAL if dtype in FLOATS and grad == 1 else ()
        if packing.operands == 1:
            return tuple([(x,) for x in (*pools[0], *special)])
        distinct = [tuple(dict.fromkeys(pool))[: 12 if packing.operands == 2 else 5] for pool in pools]
        return (*product(*distinct), *_with_special(distinct, special))
    pools = [points(packing.kinds_of(i), dtype) for i in range(packing.operands)]
    if dtype in FLOATS:
        pools[0] = (*pools[0], *packing.extra)
    pools = [tuple([x for x in pool if not (i and _refused(x, refused))]) for i, pool in enumerate(pools)]
    if packing.operands == 1:
        return tuple([(x,) for x in pools[0]])
    smaller = [paired(packing.kinds_of(i), dtype) if packing.operands == 2 else very_few(dtype) for i in range(packing.operands)]
    small = [[x for x in each if not (i and _refused(x, refused))] for i, each in enumerate(smaller)]
    found = list(product(*small))
    ordinary = [x for x in _ordinary(dtype) if not _refused(x, refused)]
    for i, pool in enumerate(pools):
        for number, x in enumerate(pool):
            beside = [ordinary[(number + i + k) % len(ordinary)] for k in range(packing.operands - 1)]
            found.append((*beside[:i], x, *beside[i:]))
    first = pools[0]
    for number, x in enumerate(first[: 24 if packing.operands == 2 else 8]):
        if not _refused(x, refused):
            found.append((x,) * packing.operands)  # equal ones
            found.append((x, first[(number + 1) % len(first)], *[x] * (packing.operands - 2)))
    return tuple([each for each in found if not any(_refused(x, refused) for x in each[1:])])


def _with_special(pools: Sequence[Sequence[Any]], special: Sequence[float]) -> Iterator[tuple[Any, ...]]:
    """Each special value in each operand, beside another one in the next, or a few numbers in all others."""
    for operand, x in product(range(len(pools)), special):
        for number, y in enumerate((*special, *pools[0][:4])):
            others = [y, *[pool[number % len(pool)] for pool in pools[2:]]]
            yield (*others[:operand], x, *others[operand:])


def _refused(x: Any, refused: str) -> bool:
    """Whether calls refuse such an element of a further operand: integer divisors 0, integers raised to negative powers."""
    return refused == "zero" and x == 0 or refused == "not positive" and not isinstance(x, complex) and x <= 0


@lru_cache(maxsize=64)
def rows(packing: Packing, dtype: str, grad: int) -> tuple[tuple[Any, ...], ...]:
    """What lies along the reduced dimension: one point, two of very few, ties, what cancels, what overflows on the way."""
    ordinary = _ordinary(dtype)
    pool = gradient_points(packing.kinds_of(0), dtype) if grad else (*points(packing.kinds_of(0), dtype), *(packing.extra if dtype in FLOATS else ()))

    def beside(number: int, *values: Any) -> tuple[Any, ...]:
        row = [ordinary[(number + j) % len(ordinary)] for j in range(WIDTH)]
        for j, value in enumerate(values):
            row[(number + 2 * j) % WIDTH] = value
        return tuple(row)

    found = [beside(number, x) for number, x in enumerate(pool)]
    pairs = tuple(dict.fromkeys(pool))[:4] if grad else very_few(dtype)
    found += [beside(number, *pair) for number, pair in enumerate(product(pairs, repeat=2))]
    found += [(x,) * WIDTH for x in pairs] + [(a, b, b, a, b) for a, b in zip(pairs, pairs[1:])]
    if dtype in FLOATS and not grad:
        found += _cancelling(dtype)
    elif dtype in FLOATS and grad == 1 and not packing.others:  # beside further operands a mask may leave them out, or not
        found += special_first(dtype)
    elif dtype in EVERY_INTEGER:
        low, high = INTEGER_LIMITS[dtype]
        found += [(high,) * WIDTH, (high, 1, low, high, high), (low,) * WIDTH, (low, high, low, high, 0), (2, 2, 1, 1, 2), (0, 3, 0, 3, 3)]
    return tuple(found)


def special_first(dtype: str) -> tuple[tuple[Any, ...], ...]:
    """What a scan begins or ends with, and what is all that there is: the neutral elements of maxima and of sums of exponentials, NaN, zeros."""
    ordinary = _ordinary(dtype)
    special = (*SPECIAL, -0.0)
    begun = [(*[x] * count, *ordinary[: WIDTH - count]) for x in special for count in (1, 2)]
    return (*begun, *[(*ordinary[: WIDTH - 1], x) for x in special], *[(x,) * WIDTH for x in (-math.inf, math.inf, -0.0)])


def whole_rows(dtype: str) -> tuple[tuple[Any, ...], ...]:
    """What is reduced as a whole, each in a call: what overflows on the way, what lies close together far from 0, one special value, zeros."""
    big, quarter = FORMATS[dtype].largest, 2.0 ** (FORMATS[dtype].precision - 2)
    lone = [(0.75, x, -1.5, 1.25, 3.0) for x in (math.nan, math.inf, -math.inf)]
    return ((big / 4,) * WIDTH, (quarter, quarter + 1, quarter + 2, quarter + 1, quarter), *lone, (-0.0,) * WIDTH, _close_together(dtype))


def _close_together(dtype: str) -> tuple[float, ...]:
    """As far from 0 as a difference of squares loses all of its digits, and a sum of squared differences hardly any."""
    far = 2.0 ** (FORMATS[dtype].precision // 2 + 1)
    return (far + 0.25, far + 1.5, far + 2.75, far + 1, far + 0.5)


def _cancelling(dtype: str) -> list[tuple[float, ...]]:
    form = FORMATS[dtype]
    big, unit = form.largest, 2.0**form.precision
    quarter = unit / 4
    return [
        (unit, 1.0, 1.0, 1.0, 1.0), (unit, 1.0, -unit, 1.0, 0.5), (quarter, quarter + 1, quarter + 2, quarter + 1, quarter),
        (big, big, -big, -big, 1.0), (big / 2, big / 2, big / 2, -big, 1.0), (big / 4,) * WIDTH, (big**0.5, 1.0, big**0.5, 2.0, 0.5),
        (form.smallest_subnormal,) * WIDTH, (2.0 ** (form.emin / 2), 2.0 ** (form.emin / 2 - 2), 0.0, 0.0, 0.0), (0.1, 0.1, 0.1, 0.1, 0.1),
        (1000.0, 1001.0, 999.0, 1000.0, 998.0), (-1000.0, -1001.0, -999.0, -1000.0, -1002.0), (big, 0.0, -big, 1.0, 2.0), (3.0, 3.0, 1.0, 1.0, 2.0),
        _close_together(dtype), tuple([-x for x in _close_together(dtype)]),
    ]  # fmt: skip


def numbers_beside(dtype: str) -> tuple[Any, ...]:
    """The few Python numbers beside which a dtype's points are put, each in a call of its own: a fraction that no format has, a zero that has a
    sign, negative ones, an infinity; for integers also what makes the result a float."""
    if dtype == "bool" or dtype in EVERY_INTEGER:
        return (2, -3, 0.5)
    return (0.1, -3) if dtype in COMPLEX else (0.1, -0.0, -3, math.inf)


def beside_number(kinds: str, dtype: str, number: Any) -> tuple[tuple[Any, ...], ...]:
    """The points of a dtype, with the number itself, its opposite, and its multiples, beside which quotients are integers, or nearly."""
    found = points(kinds, dtype)
    if dtype not in COMPLEX and dtype != "bool" and not math.isinf(number):
        multiples = [factor * number for factor in (1, -1, 2, 3, -3, 5, 7, 10, 100, 1.5, -2.5)]
        if dtype in EVERY_INTEGER:
            low, high = INTEGER_LIMITS[dtype]
            found += tuple([int(x) for x in multiples if x == int(x) and low <= x <= high])
        else:
            found += tuple(around(multiples, dtype))
    return tuple([(x,) for x in found])


def numbers(dtype: str) -> tuple[Any, ...]:
    """Python numbers as operands: integers that the dtype does not have, halfway points, what is rounded before it is used."""
    if dtype == "bool" or dtype in EVERY_INTEGER:
        return (0, 1, -1, 2, -3, 7, True, 0.5, -0.0, 1.5, 2.5, 2**24 + 1, float(2**53), 1e10)
    half = 2.0 ** -FORMATS[dtype].precision
    special = (0.0, -0.0, math.inf, -math.inf, math.nan, 1 + half, 1 + 3 * half, half, 2**24 + 1, 2**53 + 1, 1e39, 70000.0)
    return (1, -1, 2, 0.5, -0.5, 0.1, 3, True, *special)


@lru_cache(maxsize=512)
def _encoded(values: tuple[Any, ...], dtype: str) -> tuple[bytes, ...]:
    return tuple([_element(value, dtype) for value in values])


def _element(value: Any, dtype: str) -> bytes:
    """One element: what does not fit is wrapped, or cut to its real part, which happens only where dtypes are mixed."""
    if dtype in EVERY_INTEGER:
        low, high = INTEGER_LIMITS[dtype]
        real = value.real
        return encode([(int(real) if abs(real) < 2.0**63 else 0) % (high - low + 1) + low if not low <= real <= high else int(real)], dtype)
    if dtype not in REAL and isinstance(value, complex):
        value = value.real
    return encode([value], dtype)


class CriticalPen(RandomPen):
    """Fills the tensors of a call with critical points; all else is drawn from the seed. ``refused``: which points of the further operands calls
    refuse, and are left out for that; ``mixed``: the further operands are of any dtypes, or numbers; ``given``:
    keyword arguments of the call; ``layout``: that of all operands, "contiguous" or "strided"; ``swapped``: the points are in the second operand;
    ``number``: the second operand, if that is one (and not None); ``contents``: other points, or rows, than those of the packing; ``zeros``: all
    keyword arguments are given, and those that are numbers are 0; ``whole``: one row, of which no dimension is asked for."""

    def __init__(
        self, seed: str, dtype: str, form: str, grad: int, packing: Packing, refused: str, mixed: bool, given: dict[str, Any],
        layout: str = "", swapped: bool = False, number: Any = None, contents: tuple[tuple[Any, ...], ...] = (), zeros: bool = False,
        whole: bool = False,
    ) -> None:  # fmt: skip
        self.packing = packing
        self.number = number
        self.zeros = zeros
        self.whole = whole
        self.given = given
        self.mixed = mixed
        self.layout = layout
        self.swapped = swapped
        self.done = self.plain = False
        self.dims_asked = False
        self.filled: list[tuple[tuple[int, ...], str]] = []
        super().__init__(seed, dtype, form, CRITICAL, grad)
        self._order = Random(f"order {seed}")
        self.plain = self.integer(0, 2) > 0
        self.contents: tuple[tuple[Any, ...], ...]
        drawn = combinations if packing.arrangement == PLACES else lambda packing, dtype, grad, refused: rows(packing, dtype, grad)
        self.contents = contents or drawn(packing, dtype, grad, refused)
        self.places = self._order.sample(range(len(self.contents)), len(self.contents))

    def complete(self) -> bool:
        """Whether every point is in the tensors, where it shows in the result."""
        if self.packing.arrangement == WINDOW or self.swapped:
            return len(self.filled) > self.swapped
        shapes = {shape for shape, _ in self.filled}
        if not shapes or not self.mixed and len(self.filled) < self.packing.operands or len(shapes) > 1 and self.packing.arrangement == PLACES:
            return False
        shape = self.filled[0][0]
        if self.whole:
            return shape == (WIDTH,) and not self.dims_asked
        cells = prod(shape)
        width = 1 if self.packing.arrangement == PLACES else WIDTH
        if width == WIDTH and (not self.dims_asked or shape[-1:] != (WIDTH,)):
            return False
        return any(dtype == self.dtype for _, dtype in self.filled) and cells >= width * len(self.contents)

    # -- what rows of the catalogue ask for --------------------------------------------------------
    def shape(self, min_dims: int = 0, max_dims: int = 5, limit: int = 60, most: int | None = None) -> tuple[int, ...]:
        if self.done or self.packing.arrangement == WINDOW:
            return super().shape(min_dims, max_dims, limit, most)
        count = len(self.contents)
        if self.packing.arrangement == ROWS:
            core: tuple[int, ...] = (count, WIDTH) if max_dims >= 2 and not self.whole else (WIDTH,)
        else:
            inner = self.choice((2, 3, 7) if self.layout == "strided" else (1, 2, 3, 7))
            core = (-(-count // inner), inner) if max_dims >= 2 and inner > 1 else (count,)
        return (1,) * (min_dims - len(core)) + core

    def broadcastable(self, count: int, shape: tuple[int, ...] | None = None) -> list[tuple[int, ...]]:
        return [self.shape() if shape is None else shape] * count

    def other_dtype(self, dtypes: Sequence[str] = ALL) -> str:
        return self.choice(dtypes) if self.mixed and not self.grad else self.dtype

    @property
    def second_operand(self) -> str:
        return super().second_operand if self.number is None else "number"

    def scalar(self, dtype: str | None = None, complex_too: bool = True) -> Any:
        self.labels.add("scalar operand")
        if self.number is not None:
            return self.number
        return self.choice(numbers(dtype or self.dtype))

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        """What is rarely given is mostly left out: with it a result may promise less."""
        if name in self.given:
            return {name: self.given[name]}
        if self.option is not None and name == self.option.name:
            return {name: self.option.value}
        if self.zeros:
            value = draw()
            return {name: type(value)(0) if type(value) in (int, float) else value}
        return {} if self.plain and one_in >= 3 else super().maybe(name, draw, one_in)

    def dim(self, ndim: int) -> int:
        if self.done or self.packing.arrangement != ROWS:
            return super().dim(ndim)
        self.dims_asked = True
        return self.choice((-1, max(ndim - 1, 0)))

    def dims(self, ndim: int, allow_empty: bool = True) -> tuple[int, ...]:
        return (self.dim(ndim),) if self.packing.arrangement == ROWS and not self.done else super().dims(ndim, allow_empty)

    def tensor(
        self, shape: tuple[int, ...] | None = None, dtype: str | None = None, values: Sequence[Any] | None = None, mode: str | None = None,
        layout: str | None = None, differentiable: bool = True, rotation: int | None = None,
    ) -> TensorSpec:  # fmt: skip
        """Draws as ever, and puts the points into what was drawn."""
        kinds = {"contiguous": ("contiguous",), "strided": ("permuted",)}.get(self.layout, ("contiguous", "permuted", "sliced"))
        if self.done or shape == () or values is not None or rotation is not None:
            own = layout is None and self.layout and not self.done
            return super().tensor(shape, dtype, values, mode, self.choice(kinds) if own else layout, differentiable, rotation)
        spec = super().tensor(shape, dtype, None, "ordinary", layout or self.choice(kinds), differentiable)
        self._fill(spec, keep_least=mode != "ordinary")
        return spec

    def _fill(self, spec: TensorSpec, keep_least: bool) -> None:
        operand = len(self.filled)
        self.filled.append((spec.shape, spec.dtype))
        size = ITEMSIZE[spec.dtype]
        cells = self.buffers[spec.buffer]
        elements = [cells[i : i + size] for i in range(0, len(cells), size)]
        contents = self._contents(operand, spec)
        if not keep_least and spec.dtype in EVERY_INTEGER:  # what the row asks for is moderate
            least = encode([INTEGER_LIMITS[spec.dtype][0]], spec.dtype)
            contents = [encode([1], spec.dtype) if element == least else element for element in contents]
        for place, element in zip(element_offsets(spec.shape, spec.strides, spec.offset), contents):
            elements[place] = element
        self.buffers[spec.buffer] = b"".join(elements)
        if not self.grad:
            self.labels |= value_labels(contents, spec.dtype)

    def _beside(self, pool: tuple[Any, ...], dtype: str) -> tuple[Any, ...]:
        """Integers beside complex numbers: those that are numbers of that precision (a power is another one, where they are rounded)."""
        if self.dtype not in COMPLEX or dtype not in EVERY_INTEGER:
            return pool
        return tuple([x for x in pool if abs(x) <= 2 ** FORMATS[self.dtype].precision])

    def _contents(self, operand: int, spec: TensorSpec) -> list[bytes]:
        """The elements of one operand, in row-major order; places and rows in the order of the seed, again from the start where more are there."""
        count = spec.numel
        if self.packing.arrangement == PLACES:
            if spec.dtype != self.dtype and spec.dtype != "bool" and not self.grad:  # mixed
                column = _encoded(self._beside(points(self.packing.kinds_of(operand), spec.dtype), spec.dtype), spec.dtype)
                return [column[(i + self.salt) % len(column)] for i in range(count)]
            column = _encoded(tuple([each[operand % len(each)] for each in self.contents]), spec.dtype)
            return [column[self.places[i % len(column)]] for i in range(count)]
        width = spec.shape[-1] if spec.shape else 1
        if (operand + self.swapped) % 2:  # the other operand: ordinary numbers, so that what the points give is seen
            encoded = _encoded(_ordinary(spec.dtype), spec.dtype)
            return [encoded[(i + self.salt) % len(encoded)] for i in range(count)]
        lines = [_encoded(self.contents[self.places[r % len(self.places)]], spec.dtype) for r in range(-(-count // max(width, 1)))]
        return [lines[i // width][i % width % WIDTH] for i in range(count)]
