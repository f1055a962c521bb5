"""Reductions: one value from each lane of elements, where a lane runs through the reduced dimensions."""

from __future__ import annotations

from array import array
from itertools import chain, repeat
from math import copysign, frexp, fsum, inf, isfinite, isinf, ldexp, nan, prod, sqrt, ulp
from operator import add, mul, sub
from typing import Any, Callable, Iterator, Sequence

from ..foundation.dtypes import bool_, dtype, float32, int64, narrow_floats
from ..foundation.kernels import View
from .buffers import collapse, convert, decode, encode, is_row_major, raw, read, typed, write
from .exact import exact_sum, has_nan, settle, sums

__all__ = ["reduce", "arg_reduce"]


# -- lanes -------------------------------------------------------------------------------------------------------


class Lanes:
    """Equally long lanes in one sequence: lane ``i`` has its elements at ``starts[i]``, ``starts[i] + step``, and so on.

    Each iteration yields all lanes, as sequences of ``size`` elements.
    """

    __slots__ = ("data", "size", "starts", "step")

    def __init__(self, data: Sequence[Any], size: int, starts: Sequence[int], step: int) -> None:
        self.data = data
        self.size = size
        self.starts = starts
        self.step = step

    def __iter__(self) -> Iterator[Sequence[Any]]:
        data, size, starts, step = self.data, self.size, self.starts, self.step
        count = len(starts)
        if size == 0:
            return repeat((), count)
        if count == 1 and size == len(data):
            return iter((data,))
        if size < _SHORT and isinstance(starts, range) and count > 1:
            # Short lanes cost more to slice out than to zip together.
            first, stride, span = starts.start, starts.step, starts[-1] + 1 - starts.start
            if step == 1 and stride == size:
                return zip(*[iter(data[first : first + count * size])] * size)
            return zip(*[data[i : i + span : stride] for i in range(first, first + size * step, step)])
        span = (size - 1) * step + 1
        return map(data.__getitem__, map(slice, starts, map(add, starts, repeat(span)), repeat(step)))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i: int) -> Sequence[Any]:
        start = self.starts[i]
        return self.data[start : start + self.size * self.step : self.step]

    def parts(self) -> tuple[Lanes, Lanes]:
        """The real and the imaginary parts of complex lanes, whose data are interleaved."""
        real, imag = (Lanes(self.data[part::2], self.size, self.starts, self.step) for part in (0, 1))
        return real, imag


_SHORT = 24


def lanes_of(view: View, dims: tuple[int, ...], reader: Callable[[View], Sequence[Any]] = read) -> Lanes:
    """The lanes along ``dims``: in the storage itself, or else in a copy by ``reader`` in the order nearest to memory."""
    shape, strides = view.shape, view.strides
    plain = reader is read and view.dtype not in narrow_floats and not view.dtype.is_complex and view.dtype is not bool_
    if plain and len(dims) == 1 and dims[0] == len(shape) - 1 and 0 not in shape and is_row_major(shape, strides):  # rows, as nearly always
        data, size = typed(view.storage, view.dtype), shape[-1]
        if type(data) is array:
            return Lanes(data, size, range(view.offset, view.offset + prod(shape), size), 1)
    dims = tuple(sorted(dims))
    kept = [d for d in range(len(shape)) if d not in dims]
    size, count = prod([shape[d] for d in dims]), prod([shape[d] for d in kept])
    if plain and size and count:
        data = typed(view.storage, view.dtype)
        sizes, steps = collapse([shape[d] for d in dims], [strides[d] for d in dims])
        if type(data) is array and len(sizes) < 2 and 0 not in steps:
            starts = _starts(view.offset, *collapse([shape[d] for d in kept], [strides[d] for d in kept]))
            if size >= _SHORT or isinstance(starts, range):
                return Lanes(data, size, starts, steps[0] if steps else 1)
    innermost = min((d for d in range(len(shape)) if shape[d] != 1 and strides[d]), key=strides.__getitem__, default=-1)
    order = [*dims, *kept] if innermost in kept else [*kept, *dims]
    ordered = View(view.storage, view.offset, tuple([shape[d] for d in order]), tuple([strides[d] for d in order]), view.dtype)
    if innermost in kept:
        return Lanes(reader(ordered), size, range(count), count)
    return Lanes(reader(ordered), size, range(0, count * size, size) if size else range(count), 1)


def _starts(offset: int, sizes: Sequence[int], steps: Sequence[int]) -> Sequence[int]:
    """The places of a view's elements, as a range if they are evenly spaced."""
    if not sizes:
        return range(offset, offset + 1)
    if len(sizes) == 1 and steps[0]:
        return range(offset, offset + sizes[0] * steps[0], steps[0])
    starts = [offset]
    for size, step in zip(sizes, steps):
        starts = [start + i * step for start in starts for i in range(size)]
    return starts


def reader_as(source: dtype, target: dtype) -> Callable[[View], Sequence[Any]]:
    """A function that reads a view's elements cast to ``target``: as decoded numbers, complex ones as interleaved parts."""
    if source is target:
        return raw if target.is_complex else read
    # A wider dtype holds the same numbers; integers may as well be taken modulo 2**bits at the end.
    exact = source.category == target.category and (target.category == 1 or source.itemsize < target.itemsize)
    if exact and not target.is_complex or source is bool_ and target.category == 1:
        return read

    def reader(view: View) -> Sequence[Any]:
        data = encode(target, convert(read(view), source, target))
        return data if target.is_complex else decode(data, target)

    return reader


def interleave(target: dtype, real: Sequence[float], imag: Sequence[float]) -> array:
    """Complex elements from their parts."""
    return encode(target.real, list(chain.from_iterable(zip(real, imag))))


# -- the reductions ----------------------------------------------------------------------------------------------


def reduce(name: str, out: View, input: View, dims: tuple[int, ...], **parameters: Any) -> None:
    """Reduce over ``dims``. ``out`` has size 1 in the reduced dimensions. The input is cast to the compute dtype first.

    ``sum prod mean amax amin any all``; ``var std`` (``correction``: number); ``norm`` (``ord``: float).

    - sum, mean: the exact sum of the elements, rounded once; integers modulo 2**bits. No terms: 0; mean NaN.
    - prod: exact but for the roundings of binary64, and free of intermediate overflow; complex in the order of the elements.
    - amax, amin: NaN wins; of equal zeros the first one in row-major order.
    - any, all: NaN counts as true.
    - var, std: the sum of squared deviations from the mean, divided by ``max(0, n - correction)``; NaN without elements.
    - norm: ``sum(|x|**ord) ** (1/ord)``, the number of nonzeros for 0, the extreme ``|x|`` for an infinite ord.
    """
    _REDUCTIONS[name](out, input, dims, **parameters)


def _sum(out: View, input: View, dims: tuple[int, ...]) -> None:
    target = out.dtype
    lanes = lanes_of(input, dims, reader_as(input.dtype, target))
    if target.is_complex:
        write(out, interleave(target, *[settle(target.real, sums(part), part.__getitem__) for part in lanes.parts()]))
    elif target.is_floating_point:
        write(out, encode(target, _settled(target, lanes)))
    else:
        write(out, encode(target, list(map(sum, lanes))))


def _settled(target: dtype, lanes: Lanes) -> list[float]:
    totals = sums(lanes)
    # Two terms of a narrow dtype, added in binary64, never end on a tie that their exact sum does not.
    return totals if lanes.size <= 2 else settle(target, totals, lanes.__getitem__, data=lanes.data)


def _mean(out: View, input: View, dims: tuple[int, ...]) -> None:
    # torch takes means in float32 at least: the input of mean(dtype=float16) is not rounded to float16 first.
    compute = float32 if out.dtype.itemsize == 2 and input.dtype is not out.dtype else out.dtype
    lanes = lanes_of(input, dims, reader_as(input.dtype, compute))
    if compute.is_complex:
        real, imag = (_means(out.dtype.real, part) for part in lanes.parts())
        # The divisor is the complex number n + 0j, which turns infinite parts into NaN.
        real, imag = list(map(add, real, map(mul, imag, repeat(0.0)))), list(map(sub, imag, map(mul, real, repeat(0.0))))
        write(out, interleave(out.dtype, real, imag))
    else:
        write(out, encode(out.dtype, _means(out.dtype, lanes)))


def _means(target: dtype, lanes: Lanes) -> list[float]:
    size = lanes.size
    if size == 0:
        return [nan] * len(lanes)
    means = [total / size for total in sums(lanes)]
    if not all(map(isfinite, means)):
        # The sum of finite float64 numbers may overflow where their mean does not.
        means = [x if isfinite(x) else _large_mean(lane) for x, lane in zip(means, lanes)]
    return settle(target, means, lanes.__getitem__, size)


def _large_mean(lane: Sequence[float]) -> float:
    return exact_sum([x / 2.0**64 for x in lane]) / len(lane) * 2.0**64


def _prod(out: View, input: View, dims: tuple[int, ...]) -> None:
    target = out.dtype
    lanes = lanes_of(input, dims, reader_as(input.dtype, target))
    if target.is_complex:
        real, imag = lanes.parts()
        products = [prod(map(complex, a, b), start=1 + 0j) for a, b in zip(real, imag)]
    elif target.is_floating_point:
        # Six factors of the range of float32 (2**-149 to 2**128) stay within that of binary64.
        factors = 1 if target.itemsize == 8 else 6
        products = list(map(prod, lanes)) if lanes.size <= factors else [_product(lane, factors) for lane in lanes]
    else:
        products = [_integer_product(lane) for lane in lanes]
    write(out, encode(target, products))


# The upper octets (sign and upper bits of the exponent) of numbers from 2**-15 to 2**17, 60 of which stay in range.
_MODERATE = {
    "f": bytes(octet for octet in range(256) if 56 <= octet & 0x7F <= 71),
    "d": bytes(octet for octet in range(256) if 0x3F <= octet & 0x7F <= 0x40),
}


def _product(lane: Sequence[float], factors: int) -> float:
    """The product, with the exponents kept apart, so that neither overflow nor underflow occurs on the way.

    Any ``factors`` elements can be multiplied in binary64 within its range.
    """
    if isinstance(lane, array):
        upper = lane.tobytes()[lane.itemsize - 1 :: lane.itemsize]
        factors = factors if upper.translate(None, _MODERATE[lane.typecode]) else 60
    exponent = 0
    while len(lane) > factors:
        if factors > 1:
            lane = [prod(lane[i : i + factors]) for i in range(0, len(lane), factors)]
        lane, exponents = zip(*map(frexp, lane))
        exponent += sum(exponents)
        factors = 512  # significands of at least one half
    return scale(prod(lane), exponent)


def scale(x: float, exponent: int) -> float:
    """``x * 2**exponent``, infinite where that overflows."""
    try:
        return ldexp(x, exponent)
    except OverflowError:
        return copysign(inf, x)


def _integer_product(lane: Sequence[int]) -> int:
    """The product modulo 2**64, which is enough for every integer dtype."""
    result = 1
    for start in range(0, len(lane), 64):
        result = result * prod(lane[start : start + 64]) % 2**64
    return result


def _extreme(choose: Callable[[Sequence[Any]], Any]) -> Callable[..., None]:
    def kernel(out: View, input: View, dims: tuple[int, ...]) -> None:
        lanes = lanes_of(input, dims)
        if has_nan(lanes.data):
            write(out, encode(out.dtype, [nan if has_nan(lane) else choose(lane) for lane in lanes]))
        else:
            write(out, encode(out.dtype, list(map(choose, lanes))))

    return kernel


def _truth(quantifier: Callable[[Sequence[Any]], bool]) -> Callable[..., None]:
    def kernel(out: View, input: View, dims: tuple[int, ...]) -> None:
        write(out, encode(out.dtype, list(map(quantifier, lanes_of(input, dims)))))

    return kernel


# -- variance ----------------------------------------------------------------------------------------------------


def _variance(root: bool) -> Callable[..., None]:
    def kernel(out: View, input: View, dims: tuple[int, ...], correction: float = 1) -> None:
        if input.dtype.is_complex:
            parts = lanes_of(input, dims, raw).parts()
            count = parts[0].size
            squares = [_add_scaled(_deviation(a), _deviation(b)) for a, b in zip(*parts)]
        else:
            lanes = lanes_of(input, dims)
            count = lanes.size
            squares = [_deviation(lane) for lane in lanes]
        divisor = max(0, count - correction)
        if divisor:
            quotients = [(x / divisor, shift) for x, shift in squares]
        else:
            quotients = [(inf if x > 0 else nan, 0) for x, _ in squares]
        if root:
            write(out, encode(out.dtype, [scale(sqrt(x), shift) for x, shift in quotients]))
        else:
            write(out, encode(out.dtype, [scale(x, 2 * shift) for x, shift in quotients]))

    return kernel


def _deviation(lane: Sequence[float]) -> tuple[float, int]:
    """The sum of squared deviations from the mean, as ``(x, shift)`` for ``x * 4**shift``; NaN without elements.

    The mean is rounded; ``sum(d)**2 / n`` takes back what that adds to the squares.
    """
    n = len(lane)
    if n == 0:
        return nan, 0
    centre = exact_sum(lane) / n
    try:
        deviations = list(map(sub, lane, repeat(centre)))
        squares = fsum(map(mul, deviations, deviations)) - fsum(deviations) ** 2 / n
    except (ValueError, OverflowError):
        squares = nan
    if 2.0**-900 < squares < 2.0**1000 and squares > n * (4 * ulp(centre)) ** 2:
        return squares, 0
    if not all(map(isfinite, lane)):
        return nan, 0
    if lane.count(lane[0]) == n:
        return 0.0, 0
    shift = frexp(max(map(abs, lane)))[1]
    if -400 < shift < 400:
        return max(squares, 0.0), 0
    squares, rest = _deviation([ldexp(x, -shift) for x in lane])
    return squares, shift + rest


def _add_scaled(a: tuple[float, int], b: tuple[float, int]) -> tuple[float, int]:
    shift = max(a[1], b[1])
    return ldexp(a[0], 2 * (a[1] - shift)) + ldexp(b[0], 2 * (b[1] - shift)), shift


# -- norms -------------------------------------------------------------------------------------------------------


def _norm(out: View, input: View, dims: tuple[int, ...], ord: float = 2.0) -> None:
    lanes = lanes_of(input, dims, read if ord == 2 and not input.dtype.is_complex else _read_magnitudes)
    if ord == 0:
        results = [float(len(lane) - lane.count(0.0)) for lane in lanes]
    elif lanes.size == 0:
        results = [0.0] * len(lanes)
    elif lanes.size == 1:
        results = [abs(lane[0]) for lane in lanes]
    elif ord == 1:
        results = settle(out.dtype, sums(lanes), lanes.__getitem__)
    elif ord in (inf, -inf):
        choose = max if ord > 0 else min
        results = [nan if has_nan(lane) else choose(lane) for lane in lanes]
    elif ord == 2:
        results = [_euclidean(lane) for lane in lanes]
    else:
        results = [_power_mean(lane, ord) for lane in lanes]
    write(out, encode(out.dtype, results))


def _read_magnitudes(view: View) -> list[float]:
    """``|x|`` of each number; of a complex one infinite where it overflows or a part is infinite."""
    values: Sequence[Any] = read(view)
    try:
        return list(map(abs, values))
    except OverflowError:
        # not abs of a NaN: Python (up to 3.13 at least) then looks at an errno that something else may have set
        return [abs(z) if isinf(z.real) or isinf(z.imag) else nan if z != z else 2.0 * abs(z / 2.0) for z in values]


def _euclidean(lane: Sequence[float]) -> float:
    """The root of the sum of squares, scaled where the squares leave binary64."""
    try:
        squares = fsum(map(mul, lane, lane))
    except OverflowError:
        squares = inf
    if 2.0**-900 < squares < 2.0**1000:
        return sqrt(squares)
    largest = nan if has_nan(lane) else max(map(abs, lane))
    if not 0.0 < largest < inf:
        return largest
    shift = frexp(largest)[1]
    scaled = [ldexp(x, -shift) for x in lane]
    return scale(sqrt(fsum(map(mul, scaled, scaled))), shift)


def _power_mean(lane: Sequence[float], p: float) -> float:
    """``sum(x**p) ** (1/p)``, of numbers relative to the one that counts most, so that no power overflows."""
    if p != p or has_nan(lane):
        return nan
    leading = max(lane) if p > 0 else min(lane)
    if leading in (0.0, inf):
        return leading
    # Dividing by a power of two is exact; powers beyond 900 of the numbers from 1 to 2 might overflow.
    unit = ldexp(1.0, frexp(leading)[1] - 1) if abs(p) <= 900 else leading
    total = fsum([(x / unit) ** p for x in lane])
    try:
        return total ** (1.0 / p) * unit
    except OverflowError:
        return inf


_REDUCTIONS: dict[str, Callable[..., None]] = {
    "sum": _sum, "mean": _mean, "prod": _prod, "amax": _extreme(max), "amin": _extreme(min), "any": _truth(any),
    "all": _truth(all), "var": _variance(root=False), "std": _variance(root=True), "norm": _norm,
}


# -- places of extremes ------------------------------------------------------------------------------------------


def arg_reduce(name: str, out: View, input: View, dim: int) -> None:
    """``argmax``/``argmin`` along ``dim`` (size 1 in ``out``): the first index of the extreme value; NaN wins.

    Zeros of both signs are equal.
    """
    choose = max if name == "argmax" else min
    lanes = lanes_of(input, (dim,) if input.shape else ())
    if has_nan(lanes.data):
        places = [_first_nan(lane) if has_nan(lane) else lane.index(choose(lane)) for lane in lanes]
    else:
        places = [lane.index(choose(lane)) for lane in lanes]
    write(out, encode(int64, places))


def _first_nan(lane: Sequence[float]) -> int:
    return next(i for i, x in enumerate(lane) if x != x)
