"""Accuracy contracts: how far a backend's result may lie from the exact value rounded once, which is what refimpl computes.

A contract is part of an operation's definition (``@op(contract=...)``), is printed on its page and is enforced by the conformance
suite. docs/contracts.md derives the five kinds.
"""

from __future__ import annotations

from typing import NamedTuple


class Contract(NamedTuple):
    """``kind`` is one of

    ``exact``
        The reference, bit for bit. NaN matches any NaN; zeros have the same sign.
    ``ulps``
        At most ``k`` representable numbers away.
    ``accumulated``
        At most ``k * n * u * M`` away, after one rounding of the result: ``n`` terms, ``u`` the unit roundoff, ``M`` the sum of the terms'
        absolute values. For sums of terms that are each exact or a single product.
    ``conditioned``
        At most ``k`` roundings of the result and ``k`` of the inputs away: ``k * (ulp(f(x)) + u * (sum(|x_j * df/dx_j|) + inner))``. For
        composites that a backward stable evaluation computes, however badly the result depends on the input. ``inner`` is the
        same product for an intermediate result that has to be rounded: 1 for the sum of exponentials whose logarithm is taken.
    ``backward``
        The result of matrices that are off, each element by at most ``k * n`` roundings of the largest of its matrix, and at most ``k * n`` roundings
        away from that: ``k * n * (ulp(f(A)) + max |f(A + E) - f(A)|)``, ``|E| <= u * max|A|``. For the algorithms of linear algebra, which are
        backward stable in norm; ``n`` is the size of the matrices. What they make of elements that are not finite is open.
    ``transformed``
        At most ``k * log2(n) * u * M`` away, after one rounding of the result: ``n`` the length of a Fourier transform, ``M`` the sum of the absolute
        values that go into it. Where one of them is not finite, which elements of that transform are not is open.
    """

    kind: str
    k: float = 1.0
    inner: float = 0.0

    def __str__(self) -> str:
        return self.kind if self.kind == "exact" else f"{self.kind}({self.k:g}{f', inner={self.inner:g}' if self.inner else ''})"

    def in_words(self) -> str:
        """The contract as a sentence's end, for the pages."""
        factor = "" if self.k == 1 else f"{self.k:g} * "
        condition = f"(sum(|x * df/dx|) + {self.inner:g})" if self.inner else "sum(|x * df/dx|)"
        return {
            "exact": "exact, every bit",
            "ulps": f"within {self.k:g} units in the last place of the exact value",
            "accumulated": f"the error is at most {factor}n * u * (sum of the absolute terms): n terms, unit roundoff u",
            "conditioned": f"the error is at most {factor}(ulp(f(x)) + u * {condition}): unit roundoff u, inputs x",
            "backward": f"the error is at most {factor}n * (ulp(f(A)) + max |f(A + E) - f(A)|): matrices of size n, |E| <= u * max|A|, roundoff u",
            "transformed": f"the error is at most {factor}log2(n) * u * (sum of the absolute values transformed): length n, unit roundoff u",
        }[self.kind]


EXACT = Contract("exact")


def ulps(k: float) -> Contract:
    return Contract("ulps", k)


def accumulated(k: float = 1.0) -> Contract:
    return Contract("accumulated", k)


def conditioned(k: float = 1.0, inner: float = 0.0) -> Contract:
    return Contract("conditioned", k, inner)


def backward_stable(k: float = 1.0) -> Contract:
    return Contract("backward", k)


def transformed(k: float = 4.0) -> Contract:
    return Contract("transformed", k)
