"""The greater or smaller of two elements: maximum and minimum in both treatments of NaN, and clamp.

``maximum``, ``minimum`` and ``clamp`` pass NaN on; ``fmax`` and ``fmin`` prefer the other operand. Of two equal elements (zeros of
either sign too) the first is taken. None of these round: the results are elements of the operands, which are broadcast, in their
common dtype.
"""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_
from ...foundation.scalars import scalar
from ...operations.output_kinds import CASTABLE, FOUND_DTYPE
from ...operations.registry import op
from ..shared.elementwise import common_dtype, elementwise
from ..shared.operands import is_number
from .replacement import where

# -- maximum and minimum -----------------------------------------------------------------------------


@scalar("maximum", integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
def _maximum(a, b):
    return a if a >= b or a != a else b


@scalar("minimum", integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)
def _minimum(a, b):
    return a if a <= b or a != a else b


@scalar("fmax", integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
def _fmax(a, b):
    return a if a >= b or b != b else b


@scalar("fmin", integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)
def _fmin(a, b):
    return a if a <= b or b != b else b


def _not_complex(require: Any, name: str, input: Any, other: Any) -> None:
    """Complex numbers are not ordered."""
    real = input._view.dtype.category < 3 and other._view.dtype.category < 3
    require(real, RuntimeError, "{} not implemented for complex tensors.", name)


@op("function method out", contract=EXACT, operands="input other")
def maximum(input, other):
    """The greater of each pair; NaN if either is NaN.

    The tensors are broadcast, and the result has their common dtype. RuntimeError: complex numbers.
    The gradient goes to the greater one; where both are equal each gets half of it.

    >>> maximum(tensor([1., nan, 3.]), tensor([2., 0., nan]))
    tensor([2., nan, nan])
    """
    return elementwise("maximum", input, other)


@maximum.constraints
def _(require, input, other):
    _not_complex(require, "maximum", input, other)


maximum.derivative(
    input=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input < other, 0),
    other=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input > other, 0),
)


@op("function method out", contract=EXACT, operands="input other")
def minimum(input, other):
    """The smaller of each pair; NaN if either is NaN.

    The tensors are broadcast, and the result has their common dtype. RuntimeError: complex numbers.
    The gradient goes to the smaller one; where both are equal each gets half of it.

    >>> minimum(tensor([1., nan, 3.]), tensor([2., 0., nan]))
    tensor([1., nan, nan])
    """
    return elementwise("minimum", input, other)


@minimum.constraints
def _(require, input, other):
    _not_complex(require, "minimum", input, other)


minimum.derivative(
    input=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input > other, 0),
    other=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input < other, 0),
)


@op("function method out", contract=EXACT, operands="input other")
def fmax(input, other):
    """The greater of each pair; if one is NaN, the other.

    The tensors are broadcast, and the result has their common dtype. RuntimeError: complex numbers.
    The gradient goes to the element that is taken, to ``input`` where both are equal.

    >>> fmax(tensor([1., nan, nan]), tensor([2., 0., nan]))
    tensor([2., 0., nan])
    """
    return elementwise("fmax", input, other)


@fmax.constraints
def _(require, input, other):
    _not_complex(require, "fmax", input, other)


fmax.derivative(
    input=lambda grad, input, other: grad.masked_fill(((input >= other) | other.isnan()).logical_not(), 0),
    other=lambda grad, input, other: grad.masked_fill((input >= other) | other.isnan(), 0),
)


@op("function method out", contract=EXACT, operands="input other")
def fmin(input, other):
    """The smaller of each pair; if one is NaN, the other.

    The tensors are broadcast, and the result has their common dtype. RuntimeError: complex numbers.
    The gradient goes to the element that is taken, to ``input`` where both are equal.

    >>> fmin(tensor([1., nan, nan]), tensor([2., 0., nan]))
    tensor([1., 0., nan])
    """
    return elementwise("fmin", input, other)


@fmin.constraints
def _(require, input, other):
    _not_complex(require, "fmin", input, other)


fmin.derivative(
    input=lambda grad, input, other: grad.masked_fill(((input <= other) | other.isnan()).logical_not(), 0),
    other=lambda grad, input, other: grad.masked_fill((input <= other) | other.isnan(), 0),
)

# -- clamp -------------------------------------------------------------------------------------------


@scalar("clamp", integer=lambda x, low, high: _integer_clamp(x, low, high), boolean=lambda x, low, high: (x or low) and high)
def _clamp(x, low, high):
    return _minimum(_maximum(x, low), high)


def _integer_clamp(x, low, high):
    if x < low:
        x = low
    return high if x > high else x


# A number as a bound, in one direction; separate names because devices have such kernels.
scalar("clamp_min", _maximum, integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
scalar("clamp_max", _minimum, integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)


def _limits(require: Any, input: Any, *bounds: Any) -> None:
    """Ordered numbers within bounds that are tensors, or numbers that the common dtype can hold."""
    require(not input.dtype.is_complex, NotImplementedError, "clamp is not supported for complex types")
    d = common_dtype(input, *bounds)
    if is_number(bounds[0]):
        require(not d.is_complex, NotImplementedError, "clamp is not supported for complex types", also=(
            (RuntimeError, "value cannot be converted to type double without overflow"),))  # fmt: skip
        require(d is not bool_, NotImplementedError, "\"clamp\" not implemented for 'Bool'")
        if all(bound == bound for bound in bounds):  # a NaN makes all results NaN, whatever the other bound is
            for bound in bounds:
                require.fits(bound, d)
    else:
        require(not d.is_complex, NotImplementedError, "\"clamp\" not implemented for '{}'", d.type_name)
        require(d is not bool_ or len(bounds) == 1, NotImplementedError, "\"clamp\" not implemented for 'Bool'")


def _given(input: Any, *bounds: Any) -> list[Any]:
    """The bounds that are given. Beside a floating point tensor a complex one without imaginary part stands for its real part."""
    plain = input.dtype.is_floating_point
    return [bound.real if plain and isinstance(bound, complex) and not bound.imag else bound for bound in bounds if bound is not None]


_OF_NUMBERS = FOUND_DTYPE.in_place("result type {result} can't be cast to the desired output type {out_in_c}")


def _output(*names: str) -> Any:
    """The output has exactly the result's dtype if the bounds are numbers."""
    return lambda bound: CASTABLE if any(hasattr(bound[name], "_view") for name in names) else _OF_NUMBERS


def _bounded(grad, inside):
    return where(inside, grad, 0)


@op("function method inplace_function out", aliases=("clip",), contract=EXACT, out=_output("min", "max"),
    node=lambda bound: "ClampBackward1" if is_number(bound["min"]) or is_number(bound["max"]) else "ClampBackward0",
    operands="input min max")  # fmt: skip
def clamp(input, min=None, max=None):
    """Limit each element to [min, max]: ``minimum(maximum(input, min), max)``. Each bound is None, a number or a tensor (not one of each).

    Tensors are broadcast. The dtype is the common one: integers with a bound 0.5 give the default dtype. If ``min > max`` the result is
    ``max``. NaN in any operand gives NaN.
    RuntimeError: no bound at all, or a number that the dtype cannot hold. NotImplementedError: complex numbers, bool (but it may have one
    bound that is a bool tensor). The gradient goes to the element that is taken: to ``input`` at a bound, to ``max`` if ``min > max``.

    >>> clamp(tensor([-1., 0.5, 2., nan]), min=0, max=1)
    tensor([0.0000, 0.5000, 1.0000,    nan])
    """
    bounds = _given(input, min, max)
    name = "clamp_max" if min is None else "clamp_min" if max is None else "clamp"
    return elementwise(name, input, *bounds, dtype=common_dtype(input, *bounds), numbers_are_operands=False)


@clamp.constraints
def _(require, input, min, max):
    require(min is not None or max is not None, RuntimeError, "torch.clamp: At least one of 'min' or 'max' must not be None")
    _limits(require, input, *_given(input, min, max))


def _clamp_input_gradient(grad, input, min, max):
    if min is None:
        return _bounded(grad, input <= max)
    if max is None:
        return _bounded(grad, input >= min)
    return _bounded(grad, (input >= min) & (input <= max))


# Where min > max the result is max, which then takes the whole gradient.
clamp.derivative(
    input=_clamp_input_gradient,
    min=lambda grad, input, min, max: _bounded(grad, input < min if max is None else (input < min) & (min < max)),
    max=lambda grad, input, min, max: _bounded(grad, input > max if min is None else (input > max) | (max < min)),
)


@op("function method inplace_function out", contract=EXACT, out=_output("min"),
    node=lambda bound: "ClampMinBackward0" if is_number(bound["min"]) else "ClampMinBackward1", operands="input min")  # fmt: skip
def clamp_min(input, min):
    """``maximum(input, min)``, where ``min`` may be a number.

    Tensors are broadcast, and the result has the common dtype. NaN in either operand gives NaN.
    RuntimeError: a number that the dtype cannot hold. NotImplementedError: complex numbers, bool with a number.
    The gradient goes to the element that is taken, to ``input`` where both are equal.

    >>> clamp_min(tensor([-1., 2.]), 0)
    tensor([0., 2.])
    """
    return elementwise("clamp_min", input, min, dtype=common_dtype(input, min), numbers_are_operands=False)


@clamp_min.constraints
def _(require, input, min):
    _limits(require, input, min)


clamp_min.derivative(
    input=lambda grad, input, min: _bounded(grad, input >= min),
    min=lambda grad, input, min: _bounded(grad, input < min),
)


@op("function method inplace_function out", contract=EXACT, out=_output("max"),
    node=lambda bound: "ClampMaxBackward0" if is_number(bound["max"]) else "ClampMaxBackward1", operands="input max")  # fmt: skip
def clamp_max(input, max):
    """``minimum(input, max)``, where ``max`` may be a number.

    Tensors are broadcast, and the result has the common dtype. NaN in either operand gives NaN.
    RuntimeError: a number that the dtype cannot hold. NotImplementedError: complex numbers, bool with a number.
    The gradient goes to the element that is taken, to ``input`` where both are equal.

    >>> clamp_max(tensor([-1., 2.]), 0)
    tensor([-1.,  0.])
    """
    return elementwise("clamp_max", input, max, dtype=common_dtype(input, max), numbers_are_operands=False)


@clamp_max.constraints
def _(require, input, max):
    _limits(require, input, max)


clamp_max.derivative(
    input=lambda grad, input, max: _bounded(grad, input <= max),
    max=lambda grad, input, max: _bounded(grad, input > max),
)
