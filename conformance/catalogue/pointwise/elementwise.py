"""Pointwise operations: arithmetic, comparison, bits, rounding, exponentials, trigonometry, clamping, selection."""

from __future__ import annotations

from math import floor, inf
from typing import Any

from ...accuracy.contracts import EXACT, accumulated, ulps
from ...accuracy.number_formats import decode, encode
from ...cases.case import TensorSpec
from ...drawing.arrangements import is_returned
from ...drawing.critical_points import CRITICAL
from ...drawing.pen import ALL, Pen
from ...drawing.values import INTEGER_LIMITS
from ..derivatives import exponents_not_zero, off_the_axes, operands_differ
from ..rows import Arguments, define

FAMILY = "pointwise"
REAL = ("float32", "int64", "bool", "float64", "float16", "bfloat16", "uint8", "int32", "int8", "int16")


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def _other(pen: Pen, shape: tuple[int, ...]) -> Any:
    """A second operand: a tensor, a 0-d tensor, or a Python number."""
    kind = pen.integer(0, 8)
    if pen.second_operand != "":
        return pen.tensor(shape, pen.other_dtype()) if pen.second_operand == "tensor" else pen.scalar()
    if not pen.wants_zero_dim and (kind in (4, 7) or pen.force == "scalar operand"):
        return pen.scalar()
    if pen.wants_zero_dim or (kind in (5, 8) and not pen.grad):
        return pen.zero_dim()
    return pen.tensor(shape, pen.other_dtype())


def binary(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    if pen.form == "inplace" and len(b) > len(a) and not pen.invalid:
        a, b = b, a
    return (pen.tensor(a), _other(pen, b)), {}


def binary_alpha(pen: Pen) -> Arguments:
    args, kwargs = binary(pen)
    return args, kwargs | pen.maybe("alpha", pen.scalar, 4)


def binary_tensors(pen: Pen) -> Arguments:
    """Two tensors, one of them 0-d now and then: for operations without a scalar overload."""
    a, b = pen.broadcastable(2)
    if pen.form == "inplace" and len(b) > len(a) and not pen.invalid:
        a, b = b, a
    if pen.wants_zero_dim or (pen.chance(5) and not pen.grad and not is_returned(pen.force)):
        return (pen.tensor(a), pen.zero_dim()), {}
    return (pen.tensor(a), pen.tensor(b, pen.other_dtype())), {}


def moderate_integers(pen: Pen) -> Arguments:
    """Two tensors without the smallest integer: torch.lcm ends the process with a floating point exception there (known
    difference ``lcm-crash``)."""
    a, b = pen.broadcastable(2)
    if pen.form == "inplace" and len(b) > len(a) and not pen.invalid:
        a, b = b, a
    return (pen.tensor(a, mode="ordinary"), pen.tensor(b, pen.other_dtype(), mode="ordinary")), {}


def either_scalar(pen: Pen) -> Arguments:
    """Functions that take a number in either place: pow, remainder, xlogy, float_power."""
    if pen.form in ("function", "out") and pen.chance(5):
        return (pen.scalar(), pen.tensor()), {}
    return binary(pen)


def division(pen: Pen) -> Arguments:
    args, kwargs = binary(pen)
    modes = (None, "trunc", "floor", "round") if pen.invalid else (None, "trunc", "floor")
    kwargs |= pen.maybe("rounding_mode", lambda: pen.choice(modes))
    if kwargs.get("rounding_mode") == "trunc" and isinstance(args[0], TensorSpec) and args[0].dtype in ("int32", "int64"):
        _without_least(pen, args[0])
    return args, kwargs


def _without_least(pen: Pen, spec: TensorSpec) -> None:
    """The smallest integer is replaced: its truncated quotient by -1 ends the process in torch (known difference ``truncated-quotient-crash``)."""
    least, *_ = INTEGER_LIMITS[spec.dtype]
    values = decode(pen.buffers[spec.buffer], spec.dtype)
    pen.buffers[spec.buffer] = encode([least + 1 if value == least else value for value in values], spec.dtype)


def shift(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    amounts = (0, 1, 2, 3, 7, 8, 15, 31, 32, 63, 64, -1, 100)
    if pen.chance(4):
        return (pen.tensor(a), pen.choice(amounts)), {}
    dtype = pen.other_dtype()
    if dtype in ("uint8", "int8", "int16", "int32", "int64"):
        valid = amounts[:11] if dtype == "uint8" else amounts
        return (pen.tensor(a), pen.tensor(b, dtype, values=None if (pen.force or "").startswith(CRITICAL) else valid)), {}
    return (pen.tensor(a), pen.tensor(b, dtype)), {}


def powers(pen: Pen) -> Arguments:
    if pen.second_operand == "number":
        return (pen.tensor(pen.broadcastable(2)[0]), pen.scalar()), {}
    if pen.form in ("function", "out") and pen.chance(5):
        return (pen.scalar(), pen.tensor()), {}
    a, b = pen.broadcastable(2)
    if pen.chance(2):
        pen.labels.add("scalar operand")
        return (pen.tensor(a), pen.choice((2, 1, 0.5, 1, 3, -1, 0, 1, -0.5, -2, 2.0, 1.5, 4, True, 10, float("inf"), 1 + 1j))), {}
    return (pen.tensor(a), pen.tensor(b, pen.other_dtype())), {}


def clamp(pen: Pen) -> Arguments:
    shapes = pen.broadcastable(3)
    tensors = pen.chance(2)

    def bound(i: int) -> Any:
        if tensors and not (pen.invalid and pen.chance(2)):
            return pen.tensor(shapes[i], pen.other_dtype())
        return pen.scalar(complex_too=False)

    kwargs: dict[str, Any] = {}
    which = pen.integer(0, 3)
    if which in (0, 2) or (which == 3 and not pen.invalid):
        kwargs["min"] = bound(1)
    if which in (1, 2):
        kwargs["max"] = bound(2)
    if pen.chance(3) and "min" in kwargs:
        return (pen.tensor(shapes[0]), *[kwargs[k] for k in ("min", "max") if k in kwargs]), {}
    return (pen.tensor(shapes[0]),), kwargs


def clamp_one(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    return (pen.tensor(a), pen.scalar(complex_too=False) if pen.chance(2) else pen.tensor(b, pen.other_dtype())), {}


def where(pen: Pen) -> Arguments:
    shapes = pen.broadcastable(3)
    condition = "bool" if not pen.misbehave(4) else pen.choice(("uint8", "float32", "int64"))
    mask = pen.tensor(shapes[0], condition, differentiable=False)
    if pen.form == "method":
        return (pen.tensor(shapes[1]), mask, _other(pen, shapes[2])), {}
    if pen.form == "function" and pen.chance(8):
        return (mask,), {}
    first = pen.tensor(shapes[1]) if not pen.chance(5) else pen.scalar()
    return (mask, first, _other(pen, shapes[2])), {}


def lerp(pen: Pen) -> Arguments:
    a, b, w = pen.broadcastable(3)
    dtype = pen.dtype if not pen.misbehave(4) else pen.choice(ALL)
    weight = pen.choice((0.5, 0.25, 0.75, 0.0, 1.0, 2, -1.5, float("nan"))) if pen.chance(2) else pen.tensor(w, dtype)
    return (pen.tensor(a), pen.tensor(b, dtype), weight), {}


def addc(pen: Pen) -> Arguments:
    a, b, c = pen.broadcastable(3)
    if pen.form == "inplace":
        a, b, c = sorted((a, b, c), key=len, reverse=True)
    values = (1, 2, -1, 0.5, 0, 3, 1.5)
    return (pen.tensor(a), pen.tensor(b, pen.other_dtype()), pen.tensor(c, pen.other_dtype())), pen.maybe(
        "value", lambda: pen.choice(values)
    )


def masked_fill(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    if pen.form == "inplace" and len(b) > len(a) and not pen.invalid:
        a, b = b, a
    mask = "bool" if not pen.misbehave(4) else pen.choice(("uint8", "float32", "int64"))
    value = pen.scalar() if not pen.chance(4) else pen.tensor((), pen.other_dtype())
    return (pen.tensor(a), pen.tensor(b, mask, differentiable=False), value), {}


def rounding(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("decimals", lambda: pen.choice((1, 2, 0, -1, 3)), 4)


def nan_to_num(pen: Pen) -> Arguments:
    kwargs: dict[str, Any] = {}
    for name in ("nan", "posinf", "neginf"):
        kwargs |= pen.maybe(name, lambda: pen.choice((0.0, 1.0, -2.5, 1e10)), 3)
    return (pen.tensor(),), kwargs


def logit(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("eps", lambda: pen.choice((0.1, 0.0, 1e-3)) if not pen.misbehave() else pen.choice((1e5, 1e300)), 3)


def polygamma(pen: Pen) -> Arguments:
    order = pen.choice((0, 1, 2, 3, -1 if pen.invalid else 4))
    x = near_enough(pen, pen.tensor())
    return ((x, order) if pen.form == "inplace" else (order, x)), {}


def near_enough(pen: Pen, spec: TensorSpec) -> TensorSpec:
    """Elements far to the left of zero are replaced: torch.polygamma takes a step for each integer between, and from -2**52 + 0.5
    it would take weeks (known difference ``polygamma-hang``)."""
    if spec.dtype in ("float32", "float64"):
        numbers = decode(pen.buffers[spec.buffer], spec.dtype)
        if not any(-inf < value < -(2.0**16) for value in numbers):
            return spec
        pen.buffers[spec.buffer] = encode([-0.5 if -inf < value < -(2.0**16) and value != floor(value) else value for value in numbers], spec.dtype)
    return spec


def isclose(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    dtype = pen.dtype if not pen.misbehave(3) else pen.choice(ALL)
    kwargs: dict[str, Any] = {}
    kwargs |= pen.maybe("rtol", lambda: pen.choice((0.1, 0.0, 1e-3, 0.5)), 3)
    kwargs |= pen.maybe("atol", lambda: pen.choice((0.5, 0.0, 1.0)), 3)
    kwargs |= pen.maybe("equal_nan", lambda: True, 3)
    mode = "ties" if pen.chance(2) else None
    return (pen.tensor(a, mode=mode), pen.tensor(b, dtype, mode=mode)), kwargs


define("neg sign positive", FAMILY, unary, differentiable=True)
define("abs sgn square", FAMILY, unary, differentiable=True, complex_arithmetic=True, critical="squares")
define("reciprocal sqrt", FAMILY, unary, complex_arithmetic=True, differentiable=True, derivative=off_the_axes, contract=ulps(1), critical="squares")
define("rsqrt", FAMILY, unary, complex_arithmetic=True, differentiable=True, derivative=off_the_axes, contract=ulps(1), critical="squares")
define(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid",
    FAMILY, unary, differentiable=True, derivative=off_the_axes, contract=ulps(2),
    critical="near_zero tails periods poles(0, 1, -1)",
)  # fmt: skip
define("erf erfc erfinv lgamma digamma sinc deg2rad rad2deg", FAMILY, unary, dtypes=REAL, differentiable=True, contract=ulps(4),
       critical="near_zero tails poles(0, -1, -2, 1, 2) at(-0.5, -1.5, -2.5, -10.5, 1.461632144968)")
define("ceil floor trunc frac", FAMILY, unary, differentiable=True, critical="halves odd")
define("round", FAMILY, rounding, differentiable=True, critical="halves odd at(0.125, 0.375, 1.005, 2.675, 5, 15, 25, -5, 0.05, 0.25, 45)",
       critical_given={"decimals": (0, 2, -1)})
define("isnan isinf isfinite isposinf isneginf isreal signbit logical_not bitwise_not", FAMILY, unary)
define("conj_physical angle", FAMILY, unary, differentiable=True, contract=ulps(2))
define("relu", FAMILY, unary, differentiable=True, exercises="threshold_backward")
define("nan_to_num", FAMILY, nan_to_num, differentiable=True)
define("logit", FAMILY, logit, differentiable=True, contract=ulps(4), critical="near_zero poles(0, 1, 0.5)")

SUM: dict[str, Any] = {"complex_arithmetic": True, "differentiable": True, "terms": lambda case: 2, "narrowed": ("alpha",)}  # of products
EXPONENTS = ("paired(10)", "paired(0.5, -0.5, 2.5, 127, 128, -149, -150, 1024)")
define("add", FAMILY, binary_alpha, **SUM, critical="odd")
define("sub rsub", FAMILY, binary_alpha, **SUM, subtracted=("alpha",), critical="odd")
define("mul", FAMILY, binary, complex_arithmetic=True, differentiable=True, critical="odd")
define("div", FAMILY, division, complex_arithmetic=True, differentiable=True, critical="odd",
       critical_given={"rounding_mode": (None, "trunc", "floor")})
define("true_divide floor_divide", FAMILY, binary, complex_arithmetic=True, differentiable=True, critical="odd paired(0.1)")
define("remainder fmod", FAMILY, either_scalar, dtypes=REAL, differentiable=True, critical="odd paired(0.1)")
define("pow", FAMILY, powers, differentiable=True, derivative=exponents_not_zero, contract=ulps(2), critical=EXPONENTS)
define("float_power", FAMILY, powers, differentiable=True, derivative=exponents_not_zero, contract=ulps(2), critical=EXPONENTS)
define("xlogy", FAMILY, either_scalar, dtypes=REAL, differentiable=True, contract=ulps(2))
define("polygamma", FAMILY, polygamma, dtypes=REAL, forms="function out inplace", differentiable=True, contract=ulps(16),
       critical="poles(0, -1, -2, 1)")
define("atan2 hypot", FAMILY, binary_tensors, dtypes=REAL, differentiable=True, contract=ulps(2), critical="squares near_zero")
define("maximum minimum fmax fmin", FAMILY, binary_tensors, dtypes=ALL, differentiable=True)
define("copysign", FAMILY, binary, dtypes=REAL, differentiable=True)
define("nextafter", FAMILY, binary_tensors, dtypes=REAL, derivative=operands_differ)
define("heaviside", FAMILY, binary_tensors, dtypes=REAL)
define("gcd lcm", FAMILY, moderate_integers, dtypes=REAL)
define("logaddexp logaddexp2", FAMILY, binary_tensors, dtypes=REAL, differentiable=True, contract=ulps(4), critical="tails")
define("ldexp", FAMILY, binary_tensors, differentiable=True, contract=ulps(2), critical=("", "paired(15, -24, 127, 128, -149, 1023, -1074, -1075)"))
define("eq ne lt le gt ge", FAMILY, binary)
define("bitwise_and bitwise_or bitwise_xor", FAMILY, binary)
define("bitwise_left_shift bitwise_right_shift", FAMILY, shift)
define("logical_and logical_or logical_xor", FAMILY, binary_tensors)
define("isclose", FAMILY, isclose, contract=EXACT, critical="paired(1.00001, 1.0001, 1e-8)")

_COMPLEX_INPUT = {"not input.dtype.is_complex": "the common dtype of complex input and a bound is complex, too, which is refused as well"}
define("clamp", FAMILY, clamp, dtypes=ALL, differentiable=True, never_alone=_COMPLEX_INPUT)
define("clamp_min clamp_max", FAMILY, clamp_one, dtypes=ALL, differentiable=True, never_alone={
    **_COMPLEX_INPUT, "len(bounds) == 1": "there is one bound"})  # fmt: skip
define("where", FAMILY, where, differentiable=True)
define("lerp", FAMILY, lerp, differentiable=True, contract=accumulated(2), terms=lambda case: 3, subtracted=("end", "weight"),
       critical=("", "", "kinks(0.5)"))
define("addcmul addcdiv", FAMILY, addc, differentiable=True, contract=accumulated(2), terms=lambda case: 2)
define("masked_fill", FAMILY, masked_fill, differentiable=True)


def operator_pair(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    swap = pen.chance(3)
    args: tuple[Any, ...] = (pen.tensor(a), _other(pen, b))
    return (args[::-1] if swap else args), {}


def operator_shift(pen: Pen) -> Arguments:
    args, _ = shift(pen)
    return ((pen.integer(-9, 9), args[0]) if pen.chance(4) else args), {}


def operator_shift_inplace(pen: Pen) -> Arguments:
    return (pen.tensor(), pen.choice((0, 1, 3, 7, 8, 31, 63, 64, -1))), {}


def operator_inplace(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    if len(b) > len(a):
        a, b = b, a
    return (pen.tensor(a), _other(pen, b)), {}


for _name in "add sub mul truediv floordiv mod".split():
    define(f"__{_name}__", "operators", operator_pair, forms="operator", differentiable=True, contract=ulps(2), exercises=f"__r{_name}__")
define("__pow__", "operators", operator_pair, forms="operator", differentiable=True, derivative=exponents_not_zero, contract=ulps(2),
       exercises="__rpow__")  # fmt: skip
for _name in "lt le gt ge eq ne".split():
    define(f"__{_name}__", "operators", operator_pair, forms="operator")
for _name in ("and", "or", "xor"):
    define(f"__{_name}__", "operators", operator_pair, forms="operator", exercises=f"__r{_name}__")
for _name in ("lshift", "rshift"):
    define(f"__{_name}__", "operators", operator_shift, forms="operator", exercises=f"__r{_name}__")
    define(f"__i{_name}__", "operators", operator_shift_inplace, forms="operator")
for _name in "neg pos invert".split():
    define(f"__{_name}__", "operators", unary, forms="operator")
define("__abs__", "operators", unary, forms="operator", complex_arithmetic=True)
for _name in "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor".split():
    define(f"__{_name}__", "operators", operator_inplace, forms="operator", contract=ulps(2))
define("frexp", FAMILY, unary, dtypes=REAL, differentiable=True)
