"""The kind of a failure's difference, in words: one unit in the last place too close to zero, NaN lost, the words of an error."""

from __future__ import annotations

import ast
import re
from math import isinf, isnan
from typing import Any, Sequence

from ..accuracy.number_formats import FORMATS, REAL
from ..cases.case import contiguous_strides
from ..cases.message_words import CHANGES, OVERLOAD

_KERNEL = re.compile(r'"\w+"(?= not implemented for)')  # the name of a kernel says nothing to a user
_CALLS = re.compile(r"^\s*r = (.*)$", re.MULTILINE)  # the lines of a script that make the call
_FUNCTION = re.compile(r"\.(\w+)\(")
_FEW = 16.0  # ulps: more than that no rounding explains


def base_name(name: str) -> str:
    """The operation of which this is the in-place form, else the operation itself."""
    return name if name.startswith("__") else name.removesuffix("_")


def number(text: str) -> complex | None:
    """A number as a failure prints it; None for every other text."""
    text = text.strip().strip("()")
    if text in ("True", "False"):
        return complex(text == "True")
    try:
        return complex(text)
    except ValueError:
        return None


def difference(failure: dict[str, Any]) -> tuple[str, bool]:
    """The kind of a failure's difference, in words, and whether the same kind in several operations speaks for one cause."""
    name, rule, expected, got = failure["property"], rule_kind(failure["rule"]), failure["expected"], failure["got"]
    details = failure["details"]
    if details.get("promoted"):
        return PROMOTED, True
    if details.get("narrower"):
        return NARROWER, True
    if rule == "result" and expected == "tensor":
        return NO_TENSOR, True
    if name in ("values", "gradients", "layout"):
        a, b = number(expected), number(got)
        if a is not None and b is not None:
            kind, telling = _numeric(a, b, details.get("ulps"), failure.get("dtype"))
            return (NAN_LOST, True) if kind == NUMBER_FOR_NAN and details.get("nan") else (kind, telling)
    if name == "strides" and "shape" in details:
        shape, (due, own) = details["shape"], details["strides"]
        contiguous = contiguous_strides(tuple(shape))
        if tuple(own) == contiguous:
            return "the result is contiguous where torch keeps another layout", True
        if tuple(due) == contiguous:
            return "another layout where torch’s result is contiguous", True
        return OTHER_STRIDES, False
    if name == "dtype":
        return _dtype(expected, got, details.get("operands")), True
    if name == "shape":
        return _shape(expected, got, rule)
    if name == "errors":
        if expected == "a result" and "0-d" in failure.get("classes", ()) and re.search(r"\b(axis|axes|dim|dimension)\b", got, re.IGNORECASE):
            return f"{REFUSED_DIMENSION} ({got.partition(':')[0]})", True
        return _error(rule, anonymous(expected, failure["operation"]), anonymous(got, failure["operation"], failure.get("script", ""))), True
    if name in ("aliasing", "gradients", "purity"):
        return f"{rule}: {_short(anonymous(got, failure['operation']))} instead of {_short(anonymous(expected, failure['operation']))}", True
    return rule, rule.startswith("state of the generator") or name not in ("values", "shape", "strides", "layout")


OTHER_STRIDES, NEW_MEMORY = "strides that are neither torch’s nor contiguous", "new memory instead of memory of input"
NO_TENSOR = "no tensor where torch gives one"
REFUSED_DIMENSION = "a dimension of a 0-d tensor is refused"
PROMOTED = "a 0-d operand decides it like any other; in torch it does not"
NARROWER = "what the next narrower dtype gives"
KEPT_INTEGERS = "integers keep their dtype where torch gives int64"
OTHER_FLOATS = "integers give another float dtype than torch’s default one"
# Kinds that name the rule by which it comes about, so that one operation is no more than another.
RULES = (PROMOTED, KEPT_INTEGERS, OTHER_FLOATS)


def _dtype(expected: str, got: str, operands: Sequence[Sequence[Any]] | None) -> str:
    """``operands``: dtype and number of dimensions of each, where that is known."""
    new = operands is not None and not operands
    operands = operands or ()
    dimensions = [rank for _, rank in operands]
    if any(dimensions) and not all(dimensions):
        return PROMOTED
    own = {dtype for dtype, _ in operands}
    if expected == "int64" and own == {got}:
        return KEPT_INTEGERS
    if own and own.isdisjoint(FORMATS) and {expected, got} <= FORMATS.keys() - REAL.keys():
        return OTHER_FLOATS
    return f"{got} where torch gives {expected}" + (", without a tensor that decides it" if new else "")


def _shape(expected: str, got: str, rule: str) -> tuple[str, bool]:
    try:
        right, wrong = ast.literal_eval(expected), ast.literal_eval(got)
        if right == () and wrong != ():
            return "a tensor of several dimensions where torch gives a number", True
        if [size for size in right if size != 1] == [size for size in wrong if size != 1]:
            return f"{'more' if len(wrong) > len(right) else 'fewer'} dimensions of size 1 than torch gives", True
    except (ValueError, SyntaxError, TypeError):
        pass
    return rule, False


def mechanism(name: str, expected: str, got: str, ulps: float | None, dtype: str | None) -> str:
    """What sets two wrong numbers apart that break one rule: NaN lost, flushed to zero, another sign, rounding. Empty for what is no number."""
    a, b = number(expected), number(got)
    if name not in ("values", "gradients", "layout") or a is None or b is None:
        return ""
    kind = _numeric(a, b, ulps, dtype)[0]
    return "rounding" if kind.startswith(_ROUNDING) else kind


ZERO, SUBNORMAL_ZERO = "zero where another number is due", "zero where a subnormal number is due"
NUMBER_FOR_NAN, NAN_LOST = "a number where NaN is due", "an operand’s NaN is lost"
SIGN_OF_ZERO, OPPOSITE = "the sign of zero", "the opposite sign"
FINITE, INFINITE = "a finite number where infinity is due", "infinity where a number is due"
# Of these each operation may have a reason of its own, unless most have them.
OF_MANY_REASONS = (ZERO, SIGN_OF_ZERO, FINITE, INFINITE, OPPOSITE)
FEW, LEADING, ANOTHER = "a few units in the last place off", "many units in the last place off", "another number"


def _numeric(a: complex, b: complex, ulps: float | None, dtype: str | None) -> tuple[str, bool]:
    if dtype == "bool":
        return "the other truth value", False
    if b == 0 and a != 0 and not _is(isnan, a):
        subnormal = dtype in FORMATS and abs(a) < 2.0 ** FORMATS[dtype].emin
        return SUBNORMAL_ZERO if subnormal else ZERO, True
    if _is(isnan, a) != _is(isnan, b):
        return (NUMBER_FOR_NAN, False) if _is(isnan, a) else ("NaN where a number is due", False)
    if a == b:
        return SIGN_OF_ZERO, True
    if _is(isinf, a) != _is(isinf, b):
        return (FINITE if _is(isinf, a) else INFINITE), True
    if dtype not in FORMATS:
        return ANOTHER, False
    if dtype in REAL and _other_side(a, b, FORMATS[dtype].unit_roundoff):
        return "a part of the opposite sign, as on the other side of a branch cut", True
    if ulps is not None and ulps <= 1:
        if abs(b) < abs(a):
            return "one unit in the last place too close to zero, as truncation leaves it", True
        return "one unit in the last place too far from zero", True
    if ulps is not None and ulps <= _FEW:
        return FEW, False
    if _leading(a, b):
        return LEADING, False
    return (OPPOSITE if a == -b else ANOTHER), a == -b


def _other_side(a: complex, b: complex, unit: float) -> bool:
    """Whether complex numbers differ in the sign of one part, and but for rounding in nothing else."""
    near = [abs(abs(x) - abs(y)) <= 2 * _FEW * unit * abs(x) for x, y in zip((a.real, a.imag), (b.real, b.imag))]
    return all(near) and [a.real * b.real < 0, a.imag * b.imag < 0].count(True) == 1


def _leading(a: complex, b: complex) -> bool:
    """Whether some digits are right, so that rounding, many times or in a narrower format, may have made the others."""
    return not _is(isinf, a) and abs(a - b) <= 2.0**-8 * abs(a)


def _is(test: Any, value: complex) -> bool:
    return bool(test(value.real) or test(value.imag))


def _error(rule: str, expected: str, got: str) -> str:
    if expected == "a result":
        return f"raises {_short(got)}; torch does not"
    if got == "a result":
        return f"no error; torch raises {_short(expected)}"
    if rule == "message" and got == expected:
        return f"says {_short(got)} with other names, dtypes, sizes or numbers than torch"
    return f"raises {_short(got)}; torch {_short(expected)}" if rule == "exception type" else f"says {_short(got)}; torch {_short(expected)}"


def rule_kind(rule: str) -> str:
    """A rule without the element and the input: what two failures of one kind have in common."""
    return rule.split(", element")[0].split(", input")[0]


def anonymous(text: str, operation: str, script: str = "") -> str:
    """A text without the operation's name, dtypes, sizes and numbers. ``script``: where a library may call it by a name of its own."""
    short = base_name(operation).rpartition(".")[2]
    called = [name for line in _CALLS.findall(script) for name in _FUNCTION.findall(line)]
    names = "|".join(re.escape(name) for name in dict.fromkeys((base_name(operation), short, *called)))
    text = _KERNEL.sub("…", text)
    text = re.sub(rf"(?<![A-Za-z0-9_])(?:{names})_?(?![A-Za-z0-9_])", "…", OVERLOAD.sub("…", text))
    for pattern, by in CHANGES:
        text = pattern.sub(by, text)
    return text


def _short(text: str, width: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


_ROUNDING = ("one unit in the last place", FEW)


def can_follow(follower: str, part: str) -> bool:
    """Whether a difference of the first kind can come from one of the second kind in a part.

    A rounding stays a small error, or cancels to another number; it does not make zeros, NaN or an exception. Anything may come
    from a number that is altogether wrong; every other kind comes from the same kind.
    """
    if follower == part:
        return True
    if part.startswith(_ROUNDING):
        return follower.startswith(_ROUNDING)
    return part in (ANOTHER, ZERO, OPPOSITE) and not follower.startswith(_ROUNDING[:1])
