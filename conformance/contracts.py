"""Accuracy contracts and what it takes to keep them.

There are three kinds, stated per operation in refimpl's registry (read here by ``kind``):

``exact``
    The reference result, bit for bit. NaN matches any NaN, zeros must have the same sign.
``ulps(k)``
    At most ``k`` representable steps away from the correctly rounded result. A complex result is measured as a whole:
    ``k`` units in the last place of its larger part.
    Where a complex result is not finite, which of its parts are is not compared: torch's own vectorised and
    scalar loops differ there.
``accumulated(c)``
    At most ``c * n * u * M`` away, plus one rounding of the result: ``n`` terms, ``u`` the unit roundoff of the dtype that is
    accumulated, ``M`` the same operation on absolute values. This is the classical bound gamma_n * sum(|terms|) (Higham,
    Accuracy and Stability of Numerical Algorithms, section 4.2); it stays valid under cancellation, where a bound in
    ulps of the result does not.

In float64 nothing wider is at hand: the reference itself has been rounded at its elementary steps, and one ulp is
added for that. Where two float64 results still differ by more, the bound follows from the operation's condition
at its input (see :mod:`conformance.conditioning`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from .formats import FORMATS, decode, is_float, ulp_distance


@dataclass(frozen=True)
class Contract:
    """A contract as data. ``kind`` is exact, ulps or accumulated; ``k`` counts ulps, ``c`` is the factor of the bound."""

    kind: str
    k: float = 0.0
    c: float = 1.0

    def __str__(self) -> str:
        if self.kind == "ulps":
            return f"ulps({self.k:g})"
        return f"accumulated({self.c:g})" if self.kind == "accumulated" else self.kind


EXACT = Contract("exact")
# A product of complex numbers has two products and a sum in each part, a quotient a few more: each part is off by at most a few
# roundings of the larger one, with fused multiply-adds or without.
COMPLEX_ARITHMETIC = Contract("ulps", k=4)


def ulps(k: float) -> Contract:
    return Contract("ulps", k=k)


def accumulated(c: float = 1.0) -> Contract:
    return Contract("accumulated", c=c)


def from_registry(contract: object) -> Contract:
    """The contract object of refimpl's registry as one of ours."""
    if isinstance(contract, Contract):
        return contract
    kind = getattr(contract, "kind", "exact")
    return Contract(kind, k=float(getattr(contract, "k", 0) or 0), c=float(getattr(contract, "c", 1) or 1))


@dataclass
class Comparison:
    """How far a result is from its reference.

    ``units`` is the worst error divided by what the contract allows (<= 1 keeps it), ``ulps`` the worst error in
    ulps of the reference, ``worst`` the element (its index in row-major order), ``distances`` the ulp distance of each element.
    """

    ok: bool
    units: float
    ulps: float
    worst: int
    distances: list[float]


IDENTICAL = Comparison(True, 0.0, 0.0, -1, [])


def compare(
    contract: Contract,
    dtype: str,
    reference: bytes,
    candidate: bytes,
    magnitude: Sequence[float] | None = None,
    terms: int = 1,
    signed_zero: bool = True,
) -> Comparison:
    """Hold ``candidate`` (raw bytes) against ``reference`` under ``contract``.

    ``magnitude`` is M, one number for each real component, and ``terms`` is n; only ``accumulated`` reads them.
    """
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
        return Comparison(False, math.inf, distances[worst], worst, distances)
    distances = [ulp_distance(x, y, dtype) for x, y in zip(a, b, strict=True)]
    units = _units(contract, dtype, a, b, distances, magnitude, terms, signed_zero)
    worst = max(range(len(units)), key=lambda i: (units[i], distances[i]))
    stride = 2 if dtype.startswith("complex") else 1
    return Comparison(units[worst] <= 1.0, units[worst], distances[worst], worst // stride, distances)


def _units(
    contract: Contract,
    dtype: str,
    a: Sequence[float],
    b: Sequence[float],
    distances: Sequence[float],
    magnitude: Sequence[float] | None,
    terms: int,
    signed_zero: bool,
) -> list[float]:
    """The error of each component in units of what the contract allows."""
    form = FORMATS[dtype]
    slack = 1.0 if dtype in ("float64", "complex128") and contract.kind != "exact" else 0.0
    units = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if contract.kind == "exact":
            same_sign = not signed_zero or x != 0.0 or math.copysign(1.0, x) == math.copysign(1.0, y)
            units.append(0.0 if distances[i] == 0.0 and same_sign else math.inf)
            continue
        error = distances[i]
        if contract.kind == "accumulated" and magnitude and not magnitude[i] < form.largest:
            # A partial sum may overflow although the result does not: then any of inf, -inf, NaN may come out.
            parts = (x, y, a[i ^ 1], b[i ^ 1]) if dtype.startswith("complex") else (x, y)
            units.append(0.0 if not all(map(math.isfinite, parts)) else min(error, 1.0))
            continue
        if dtype.startswith("complex") and not (math.isfinite(x) and math.isfinite(a[i ^ 1])):
            units.append(0.0 if not (math.isfinite(y) and math.isfinite(b[i ^ 1])) else math.inf)
            continue
        if dtype.startswith("complex") and math.isfinite(error) and math.isfinite(x) and math.isfinite(y):
            partner = a[i ^ 1]
            scale = form.ulp(max(abs(x), abs(partner)) if math.isfinite(partner) else math.inf)
            error = min(error, abs(x - y) / scale)
        if contract.kind == "ulps":
            units.append(error / (contract.k + slack))
            continue
        units.append(_accumulated_units(contract, form, x, y, error, magnitude[i] if magnitude else abs(x), terms, slack))
    return units


def _accumulated_units(contract, form, x, y, error, magnitude, terms, slack) -> float:  # type: ignore[no-untyped-def]
    if error <= 1.0 + slack:  # the one rounding of the result
        return 0.0 if error == 0.0 else min(1.0, error / (1.0 + slack))
    if x != x or y != y or math.isinf(x) or math.isinf(y):
        return math.inf
    allowed = contract.c * max(terms, 1) * form.unit_roundoff * magnitude + (1.0 + slack) * form.ulp(x)
    # A value below the normal range is off by up to half the smallest subnormal for each term.
    allowed += max(terms, 1) * form.smallest_subnormal
    return abs(x - y) / allowed
