"""What several families of pointwise operations share: checks of dtypes and numbers, and the arithmetic of one element."""

from __future__ import annotations

from math import copysign, inf, isinf, nan
from typing import Any, NoReturn

from ...foundation.c_names import c_name
from ...foundation.dtypes import dtype
from ...operations.constraints import fits


def not_implemented(name: str, d: dtype) -> NoReturn:
    """Raise torch's error for a dtype ``d`` that the operation does not support."""
    raise NotImplementedError(f"\"{name}\" not implemented for '{d.type_name}'")


def fit(value: Any, d: dtype) -> Any:
    """Return ``value`` if ``d`` can hold it (:func:`~refimpl.operations.constraints.fits`), else raise torch's RuntimeError."""
    if not fits(value, d):
        raise RuntimeError(f"value cannot be converted to type {c_name(d)} without overflow")
    return value


def conjugate(value: Any) -> Any:
    """The complex conjugate of a tensor or of a Python number."""
    return value.conjugate() if isinstance(value, (int, float, complex)) else value.conj()


def is_number(value: Any) -> bool:
    """Whether ``value`` is a Python number and not a tensor."""
    return isinstance(value, (int, float, complex))


def require_tensor(value: Any, function: str, name: str, position: int) -> None:
    """Raise torch's TypeError if an argument that must be a tensor is something else."""
    if not hasattr(value, "_view"):
        kind = type(value).__name__
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be Tensor, not {kind}")


def no_derivative(name: str) -> Any:
    """The gradient formula of an operation for which torch has none: backward raises."""

    def formula(grad: Any) -> NoReturn:
        raise RuntimeError(f"derivative for {name} is not implemented")

    return formula


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
