"""The scalar functions: what one element of a pointwise operation is.

The rule of a pointwise operation is a function of Python numbers, registered here under a name by the operation's own
page in :mod:`refimpl.ops`. The CPU kernels map it over whole buffers; another device implements the same name
in its own way and is held to this one.

Numbers arrive in binary64 (or as Python ints, bools, complex numbers), and the kernel rounds the result once to the
result dtype; an integer result is taken modulo 2**bits.
"""

from __future__ import annotations

from typing import Any, Callable

Function = Callable[..., Any]


class ScalarFunction:
    """One scalar function, by category of the dtype it is evaluated in.

    ``real`` never raises: it owns every special case. ``fast`` (optional) is a function of the C library
    that returns the same bits wherever it returns at all; where it raises, the kernel falls back to ``real``.
    ``single_precision_numbers``: Python numbers behind the first operand keep float32 precision beside 16-bit floats, in which they
    would otherwise be rounded. ``own_dtype``: the places of operands that count with the dtype that they have when the result is
    laid out, because they are not cast to that of the evaluation.
    """

    __slots__ = ("name", "real", "integer", "complex", "boolean", "fast", "fast_integer", "single_precision_numbers", "own_dtype")

    def __init__(self, name: str, real: Function | None, integer: Function | None, complex: Function | None,
                 boolean: Function | None, fast: Function | None, fast_integer: Function | None,
                 single_precision_numbers: bool, own_dtype: tuple[int, ...]) -> None:
        self.name = name
        self.real = real
        self.integer = integer
        self.complex = complex
        self.boolean = boolean
        self.fast = fast
        self.fast_integer = fast_integer
        self.single_precision_numbers = single_precision_numbers
        self.own_dtype = own_dtype


functions: dict[str, ScalarFunction] = {}


def scalar(name: str, real: Function | None = None, *, integer: Function | None = None, complex: Function | None = None,
           boolean: Function | None = None, fast: Function | None = None, fast_integer: Function | None = None,
           single_precision_numbers: bool = False, own_dtype: tuple[int, ...] = ()) -> Any:
    """Register the scalar function ``name``; a category left out is not supported (its operation raises torch's error).

    Used as a call, or as a decorator of the real rule:

    >>> @scalar("double_it", integer=lambda x: 2 * x)
    ... def _double_it(x):
    ...     return 2.0 * x
    """
    entry = ScalarFunction(name, real, integer, complex, boolean, fast, fast_integer, single_precision_numbers, own_dtype)
    functions[name] = entry
    if real is not None or integer is not None or complex is not None or boolean is not None:
        if real is not None:
            return real

    def decorate(rule: Function) -> Function:
        entry.real = rule
        return rule

    return decorate
