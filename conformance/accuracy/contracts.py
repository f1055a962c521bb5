"""What it takes to keep an accuracy contract: the error of a result in units of what its contract allows.

The contracts themselves, and what each promises, are refimpl's (:mod:`refimpl.foundation.contracts`); docs/contracts.md derives them. What
is added here:

* A complex result is measured as a whole: an ulp is that of its larger part. Where it is not finite, which of its parts are is not
  compared: torch's own vectorised and scalar loops differ there.
* A real result that is zero has the sign of the reference, where it has one.
* In float64 nothing wider is at hand. The reference itself has been rounded at its elementary steps, and one ulp is added for that; two in
  complex128, where the functions of the C library are composites of real ones.
* A 16-bit float is added up in float32 (or in what the backend declares), and rounded once.
* A backend that flushes subnormal numbers to zero may do so in results, and with every term of a sum.
* A partial sum may overflow although the sum does not: where the sum of the absolute terms overflows, the result may, too. So may a partial
  product, or fall below the normal numbers, where an absolute error of it is then multiplied by the factors that follow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Callable, NamedTuple, Sequence

from refimpl.foundation.contracts import EXACT, Contract, accumulated, backward_stable, conditioned, transformed, ulps

from .number_formats import FORMATS, Format, decode, flushing, is_float, ulp_distance

__all__ = [
    "COMPLEX_ARITHMETIC", "EXACT", "IDENTICAL", "OF_THE_REFERENCE", "Adding", "Comparison", "Contract", "Factors", "accumulated",
    "backward_stable", "compare", "complex_function",
    "conditioned", "transformed", "ulps",
]  # fmt: skip

# A product of complex numbers has two products and a sum in each part, a quotient a few more: each part is off by at most a few
# roundings of the larger one, with fused multiply-adds or without.
COMPLEX_ARITHMETIC = ulps(4)


def complex_function(contract: Contract) -> Contract:
    """The contract, on complex numbers, of a function that is accurate to some ulps on real ones: it is a composite of real functions of the
    parts, and promises no more than the input's roundings permit, with two for the composition."""
    return conditioned(contract.k + 2.0)


_FEW = 64
OF_THE_REFERENCE = {"float64": 1.0, "complex128": 2.0}  # in ulps, where nothing wider is at hand


def of_many_terms(contract: Contract, terms: int, dtype: str) -> Contract:
    """The conditioned contract of an operation that sums up so many terms: each is rounded with every partial sum that it is part of. These errors
    are of either sign, and grow as the root of their number (N. Higham, T. Mary: A new approach to probabilistic rounding error analysis, 2019); but
    of numbers of few bits the roundings are not independent. In float64, where nothing wider says what is right, the worst case counts, growing as
    the number itself (N. Higham: Accuracy and Stability of Numerical Algorithms, 2002, section 4.2)."""
    if contract.kind != "conditioned" or terms <= _FEW:
        return contract
    growth = terms / _FEW
    return contract._replace(k=contract.k * (growth if dtype in OF_THE_REFERENCE else math.sqrt(growth)))


class Factors(NamedTuple):
    """Of a product, the most by which factors beyond 1 multiply a partial product, and the most by which those below 1 divide it."""

    growth: float = 1.0
    shrinkage: float = 1.0


class Adding(NamedTuple):
    """How a backend adds up: in which ``dtype`` ("": that of the elements), and what: ``partial`` gives, for the absolute value of a result, the
    largest number on the way to it (n times a mean, the square of a norm). ``flushes``: subnormal numbers may become zero. ``overflows``: for each
    component whether anything on the way to it overflows, of whatever size it is itself."""

    dtype: str = ""
    partial: Callable[[float], float] | None = None
    flushes: bool = False
    overflows: Sequence[bool] = ()


@dataclass
class Comparison:
    """How far a result is from its reference.

    ``units`` is the worst error divided by what the contract allows (<= 1 keeps it), ``ulps`` the worst error in
    ulps of the reference, ``worst`` the element (its index in row-major order), ``distances`` the ulp distance of each component (a number, or
    a part of a complex one), ``each`` its units (both empty if the bytes are equal), ``contract`` the one that was asked for.
    """

    ok: bool
    units: float
    ulps: float
    worst: int
    distances: list[float]
    each: list[float] = field(default_factory=list)
    contract: Contract = EXACT

    def outside(self) -> list[int]:
        """The components that are outside the contract, the worst first."""
        return sorted([i for i, units in enumerate(self.each) if not units <= 1.0], key=lambda i: (-self.each[i], -self.distances[i]))

    def keeps(self, component: int) -> bool:
        """Whether one component keeps the contract."""
        return not self.each or self.each[component] <= 1.0


IDENTICAL = Comparison(True, 0.0, 0.0, -1, [])


def compare(
    contract: Contract,
    dtype: str,
    reference: bytes,
    candidate: bytes,
    magnitude: Sequence[float] | None = None,
    terms: int = 1,
    factors: Sequence[Factors] | None = None,
    adding: Adding | None = None,
) -> Comparison:
    """Hold ``candidate`` (raw bytes) against ``reference`` under ``contract``.

    ``magnitude`` has one number for each real component: M of an accumulated or transformed contract, of a conditioned one the condition
    (:func:`conformance.judging.conditioning.condition`). ``terms`` is n of such a contract, ``factors`` are those of products,
    ``adding`` says in which dtype sums are added up (the default: in that of the elements), and what is added.
    """
    adding = adding or Adding()
    if reference == candidate:
        return IDENTICAL
    a, b = decode(reference, dtype), decode(candidate, dtype)
    if len(a) != len(b):
        raise ValueError(f"compare: {len(a)} elements of reference, {len(b)} of candidate")
    if not is_float(dtype):
        wrong = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        distances = [float(abs(int(x) - int(y))) for x, y in zip(a, b, strict=True)]
        if not wrong:  # bytes that differ and numbers that do not: a bool that is neither 0 nor 1
            return IDENTICAL
        worst = max(wrong, key=lambda i: distances[i])
        each = [math.inf if x != y else 0.0 for x, y in zip(a, b, strict=True)]
        return Comparison(False, math.inf, distances[worst], worst, distances, each)
    distances = [ulp_distance(x, y, dtype) for x, y in zip(a, b, strict=True)]
    units = _units(contract, dtype, a, b, distances, magnitude, terms, factors, adding)
    worst = max(range(len(units)), key=lambda i: (units[i], distances[i]))
    stride = 2 if dtype.startswith("complex") else 1
    return Comparison(units[worst] <= 1.0, units[worst], distances[worst], worst // stride, distances, units, contract)


def _units(
    contract: Contract,
    dtype: str,
    a: Sequence[float],
    b: Sequence[float],
    distances: list[float],
    magnitude: Sequence[float] | None,
    terms: int,
    factors: Sequence[Factors] | None,
    adding: Adding,
) -> list[float]:
    """The error of each component in units of what the contract allows."""
    form = FORMATS[dtype]
    if adding.flushes:
        form = flushing(dtype)
        _forgive(contract, form, a, b, distances, dtype)
    if contract.kind == "exact":
        forgiven = [adding.flushes and d == 0.0 and x != y for x, y, d in zip(a, b, distances, strict=True)]
        return [0.0 if f or d == 0.0 and _same_zero(x, y) else math.inf for x, y, d, f in zip(a, b, distances, forgiven, strict=True)]
    sums = form if adding.dtype in ("", dtype) else flushing(adding.dtype) if adding.flushes else FORMATS[adding.dtype]
    slack = OF_THE_REFERENCE.get(dtype, 0.0)
    pairs = dtype.startswith("complex")
    units = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        error = distances[i]
        if adding.flushes and error == 0.0 and x != y:
            units.append(0.0)
            continue
        if x == y == 0.0 and not pairs and not _same_zero(x, y) and _determined(contract, form, sums, magnitude[i] if magnitude else 0.0, factors, x):
            units.append(math.inf)
            continue
        if pairs:
            partner = a[i ^ 1]
            if not (math.isfinite(x) and math.isfinite(partner)):
                units.append(0.0 if not (math.isfinite(y) and math.isfinite(b[i ^ 1])) else math.inf)
                continue
            if math.isfinite(y):
                error = min(error, abs(x - y) / form.ulp(max(abs(x), abs(partner))))
        if contract.kind == "backward":
            units.append(_backward(contract, form, x, y, error, magnitude[i] if magnitude else 0.0, terms, slack))
        elif contract.kind == "ulps":
            units.append(error / (contract.k + slack))
        elif contract.kind == "conditioned":
            condition = magnitude[i] if magnitude else 0.0
            if pairs and condition > 2.0**1000:  # of complex powers, whose derivatives overflow before they do
                condition = math.inf
            lost = adding.partial is not None and _lost_on_the_way(adding.partial, sums, x, y, terms)
            lost = lost or bool(adding.overflows) and adding.overflows[i] and not math.isfinite(y)
            units.append(0.0 if lost else _conditioned(contract, form, x, y, error, condition, slack))
        else:
            near = magnitude[i] if magnitude else abs(x)
            if contract.kind == "transformed" and not math.isfinite(near):  # of real numbers; of complex ones something is not finite, see above
                units.append(0.0)
                continue
            factor = factors[i] if factors else Factors()
            found = _accumulated(contract, form, sums, x, y, error, near, terms, factor, slack, adding.partial)
            lost = found > 1.0 and adding.partial is not None and _lost_on_the_way(adding.partial, sums, x, y, terms)
            units.append(0.0 if lost else found)
    return units


def _forgive(contract: Contract, form: Format, a: Sequence[float], b: Sequence[float], distances: list[float], dtype: str) -> None:
    """No distance between numbers that are zero once they are flushed, nor, in a part of a complex number, for less than the products that make it.
    What is selected among numbers that are flushed while they are compared may come out as it was. The smallest normal number may be rounded from a
    subnormal one, which is flushed where that is seen before it is rounded (IEEE 754, section 7.5, leaves it open). A function that is not exact may
    be computed from half its argument (``asin(x) = 2 * atan(x / (1 + sqrt(1 - x * x)))``), which is flushed where the result itself is normal."""
    least = 2.0**form.emin
    halved = math.nextafter(least, math.inf) if contract.kind == "exact" else 2.0 * least
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        vanished = max(abs(x), abs(y)) < least or y == 0.0 and abs(x) < halved
        if x != y and (vanished or dtype.startswith("complex") and abs(x - y) <= 2.0 * least):
            distances[i] = 0.0


def _lost_on_the_way(partial: Callable[[float], float], sums: Format, x: float, y: float, terms: int) -> bool:
    """Whether what is added up on the way to ``x`` is so large that it overflows, though x does not, and ``y`` shows that; or so small
    that it falls below the normal numbers, where each term may be off by the smallest of all."""
    if not math.isfinite(x):
        return False
    there = partial(abs(x))
    if not math.isfinite(y):
        return there >= sums.largest and (math.isnan(y) or x * y > 0.0)
    mine = partial(abs(y))
    small = there < 2.0**sums.emin or sums.flushes and there < (max(terms, 1) + 1) * sums.smallest_subnormal
    return small and x * y >= 0.0 and there - max(terms, 1) * sums.smallest_subnormal <= mine <= 2.0 * there


def _determined(contract: Contract, form: Format, sums: Format, magnitude: float, factors: Sequence[Factors] | None, right: float) -> bool:
    """Whether a real result that is zero has a sign. Terms that cancel leave +0 in any order, products that of their factors; of terms that are all
    zero, or vanish, it depends on what the sum begins with. So it does of a sum that is not 0 before it is rounded to a narrower format: that of
    terms that do not vanish, if it is -0. What cancels inside of a composite (``inner``) says nothing."""
    if contract.kind == "transformed":
        return False
    if contract.kind == "accumulated":
        return factors is not None or magnitude >= 2.0**form.emin and sums.precision == form.precision and math.copysign(1.0, right) > 0.0
    return contract.kind != "backward" and contract.inner == 0.0


def _same_zero(x: float, y: float) -> bool:
    return x != 0.0 or math.copysign(1.0, x) == math.copysign(1.0, y)


def _conditioned(contract: Contract, form: Format, x: float, y: float, error: float, condition: float, slack: float) -> float:
    """``k`` roundings of the result and ``k`` of the inputs and of the inner result. Where the condition overflows, so may k roundings of the
    inputs: no finite result is refused."""
    k = contract.k
    if error <= k + slack or not (math.isfinite(x) and math.isfinite(y)):
        return error / (k + slack)
    allowed = k * (form.ulp(x) + form.unit_roundoff * (condition + contract.inner)) + slack * form.ulp(x) + form.smallest_subnormal
    return abs(x - y) / allowed


def _backward(contract: Contract, form: Format, x: float, y: float, error: float, movement: float, size: int, slack: float) -> float:
    """``k * n`` roundings of the result, and ``k * n`` times its ``movement`` in units of u; a movement that is infinite says that anything may come
    out, one that is NaN: anything but a number."""
    k = contract.k * max(size, 1)
    if math.isnan(movement) and math.isfinite(y) and error > k + slack:
        return math.inf
    if error <= k + slack or not math.isfinite(movement):
        return error / (k + slack) if error <= k + slack else 0.0
    if not (math.isfinite(x) and math.isfinite(y)):
        near = min([abs(v) for v in (x, y) if math.isfinite(v)], default=form.largest) or form.smallest_subnormal
        return 0.0 if k * form.unit_roundoff * movement >= near else math.inf  # as far away as it is large
    return abs(x - y) / (k * (form.ulp(x) + form.unit_roundoff * movement) + slack * form.ulp(x) + form.smallest_subnormal)


def _accumulated(
    contract: Contract, form: Format, sums: Format, x: float, y: float, error: float, magnitude: float, terms: int, factors: Factors, slack: float,
    partial: Callable[[float], float] | None,
) -> float:
    """``k * n * u * M``, u of the dtype that sums are added up in, and one rounding of the result; below the normal range half the smallest
    subnormal for each term, times what follows it."""
    if error <= 1.0 + slack:  # the one rounding of the result
        return error / (1.0 + slack)
    transformed = contract.kind == "transformed"
    k = contract.k * math.log2(max(terms, 2)) / max(terms, 1) if transformed else contract.k
    beyond = form.largest + form.ulp(form.largest)
    size = min(max(magnitude, min(abs(x), beyond)), sums.largest)  # of a partial sum that did not overflow
    allowed = k * max(terms, 1) * sums.unit_roundoff * size + max(terms, 1) * sums.smallest_subnormal * factors.growth
    if not (math.isfinite(x) and math.isfinite(y)):
        if sums is not form and abs(x) != abs(y) and x == x and y == y:  # the sum itself is finite: one of the two has been rounded to infinity
            near, mine = (math.copysign(min(abs(v), beyond), v) for v in (x, y))
            room = allowed + form.ulp(form.largest)
            if abs(near) <= magnitude + room and abs(near - mine) <= room:
                return abs(near - mine) / room
        return _overflowing(sums, x, y, magnitude, factors, partial or float, by_sign=not transformed)
    return abs(x - y) / (allowed + (1.0 + slack) * form.ulp(x) + (form.smallest_subnormal * factors.growth if sums is form else 0.0))


def _overflowing(
    form: Format, x: float, y: float, magnitude: float, factors: Factors, partial: Callable[[float], float], by_sign: bool
) -> float:  # fmt: skip
    """Partial sums may overflow where that of the terms of one sign does, to the infinity of that sign, and make NaN where those of both do; partial
    products where that of the large factors does. Not ``by_sign``, but where the sum of the absolute terms does: of a transform, in which an infinity
    meets the zeros in roots of unity, and of a result that is infinite itself, whose terms may be shared out in any way between the signs. A partial
    product that vanishes leaves no infinity, and makes NaN of an infinite factor. A NaN stays one, and an infinity that an infinite term makes stays
    itself (float64 cannot tell the two apart)."""
    if math.isnan(x):
        return math.inf
    known = magnitude < math.inf or form.precision == FORMATS["float64"].precision
    absolute = partial(magnitude)
    reached = _reaches(form, x, y, absolute, partial) if by_sign and math.isfinite(x) and math.isfinite(absolute) else form.largest <= absolute
    if not math.isfinite(y) and (form.largest <= factors.growth or known and reached):
        return 0.0
    return 0.0 if math.isinf(x) and not math.isinf(y) and factors.shrinkage * form.smallest_subnormal >= 1.0 else math.inf


def _reaches(form: Format, x: float, y: float, absolute: float, partial: Callable[[float], float]) -> bool:
    """Whether the terms of one sign, or for NaN those of both, add up to more than the largest number: their sums are half of what the sum of the
    absolute terms and that of the terms, which makes ``x``, are together, or apart."""
    total = math.copysign(partial(abs(x)), x)
    positive, negative = (absolute / 2 + total / 2, absolute / 2 - total / 2)
    return all(form.largest <= each for each, sign in ((positive, 1.0), (negative, -1.0)) if math.isnan(y) or math.copysign(1.0, y) == sign)
