"""What the Python array API standard leaves open in a call of one of its functions: what a library does there is no difference.

=====================================  ===================================================================================
casts                                  of floats to integers that do not hold them; of complex numbers to real ones
``full``, ``asarray``, two operands    a number of Python's beyond the dtype
``take``, ``take_along_axis``          an index out of bounds
scans, ``take``, ``tril``, ``outer``   arrays of fewer dimensions than they are written for, or of more
products and quotients                 of complex numbers with an infinite or a NaN part: C99 (annex G) has one infinity, others
                                       go by the textbook formula; and what is defined by them, as ``pow`` by ``exp(x2 * log(x1))``
functions of one complex number        signs, where one part is infinite or NaN, and the other one is, too, or is zero
integers                               division by zero, negative exponents, shifts by less than no bit
``max``, ``min``, ``argmax``, ...      of no elements
sorting                                the places of NaN, of zeros of both signs, and of complex numbers
=====================================  ===================================================================================
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Protocol, Sequence

from ...cases.case import EVERY_INTEGER
from ..array_api_calls import BINARY


class Reader(Protocol):
    """What an adapter of such a library can tell of arrays and dtypes; ``host`` is NumPy."""

    host: Any

    def is_tensor(self, value: Any) -> bool: ...

    def to_host(self, tensor: Any) -> Any: ...

    def dtype_name(self, value: Any) -> str | None: ...


_PRODUCTS = frozenset((
    "multiply", "divide", "reciprocal", "square", "sign", "prod", "cumulative_prod", "matmul", "tensordot", "vecdot", "outer", "linspace",
))  # fmt: skip
_OF_TWO = frozenset((*BINARY.values(), "add", "subtract", "divide", "pow"))
_POWERS = frozenset(("pow", "log2", "log10"))  # by the logarithm, which is infinite at zero, too
_WITHOUT_SIGNS = frozenset("acos acosh asin asinh atan atanh cos cosh exp expm1 sin sinh sqrt tan tanh".split())
# The standard's functions behind Python's operators.
OPERATORS = {
    "__mul__": "multiply", "__imul__": "multiply", "__truediv__": "divide", "__itruediv__": "divide", "__pow__": "pow", "__ipow__": "pow",
    "__matmul__": "matmul", "__imatmul__": "matmul", "__floordiv__": "floor_divide", "__ifloordiv__": "floor_divide",
    "__mod__": "remainder", "__imod__": "remainder", "__lshift__": "bitwise_left_shift", "__ilshift__": "bitwise_left_shift",
    "__rshift__": "bitwise_right_shift", "__irshift__": "bitwise_right_shift",
    "__add__": "add", "__iadd__": "add", "__sub__": "subtract", "__isub__": "subtract",
    "__eq__": "equal", "__ne__": "not_equal", "__lt__": "less", "__le__": "less_equal", "__gt__": "greater", "__ge__": "greater_equal",
    "__and__": "bitwise_and", "__iand__": "bitwise_and", "__or__": "bitwise_or", "__ior__": "bitwise_or", "__xor__": "bitwise_xor",
    "__ixor__": "bitwise_xor",
}  # fmt: skip
# What the suite calls the augmented assignments.
ASSIGNMENTS = dict.fromkeys(("div", "divide", "true_divide"), "divide") | {
    "mul": "multiply", "multiply": "multiply", "pow": "pow", "floor_divide": "floor_divide", "remainder": "remainder",
    "bitwise_left_shift": "bitwise_left_shift", "bitwise_right_shift": "bitwise_right_shift",
    "add": "add", "sub": "subtract", "subtract": "subtract", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
}  # fmt: skip
# Of the second operand, where both are integers: what it must not be, and why.
_DIVISION, _SHIFT = "a division by an integer that is zero", "a shift by less than no bit"
_OF_INTEGERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "floor_divide": (lambda x: x == 0, _DIVISION), "remainder": (lambda x: x == 0, _DIVISION),
    "pow": (lambda x: x < 0, "a negative exponent of integers"),
    "bitwise_left_shift": (lambda x: x < 0, _SHIFT), "bitwise_right_shift": (lambda x: x < 0, _SHIFT),
}  # fmt: skip
_EXTREMES, _SORTS = ("max", "min", "argmax", "argmin"), ("sort", "argsort")
# The fewest and the most dimensions of the arrays for which a function is written.
_ANY = float("inf")
_DIMENSIONS: dict[str, tuple[int, float]] = dict.fromkeys(("cumulative_sum", "cumulative_prod", "take", "take_along_axis"), (1, _ANY)) | {
    "tril": (2, _ANY), "triu": (2, _ANY), "outer": (1, 1),
}  # fmt: skip
_BY_ELEMENTS = _PRODUCTS | _POWERS | _WITHOUT_SIGNS | _OF_INTEGERS.keys() | {*_EXTREMES, *_SORTS}


def left_open(reader: Reader, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """What the standard leaves open in a call, in words; None if nothing."""
    dtype = args[1] if function == "astype" else kwargs.get("dtype")
    if dtype is not None and args and _not_held(reader, args[0], dtype):
        return "a cast to a dtype that does not hold the elements"
    if function in ("full", "full_like", "asarray") and dtype is not None and _beyond(reader, args[0 if function == "asarray" else 1], dtype):
        return "a number beyond the dtype"
    if function in _OF_TWO and _mixed_beyond(reader, args):
        return "a number beyond the dtype"
    if function in _DIMENSIONS and _of_other_dimensions(reader, function, args):
        return f"{function} of an array with too few dimensions, or too many"
    if function in ("take", "take_along_axis") and _out_of_bounds(reader, args[0], args[1], kwargs.get("axis")):
        return "an index out of bounds"
    if function not in _BY_ELEMENTS:
        return None
    operands = [reader.to_host(value) if reader.is_tensor(value) else value for value in args]
    if function in _OF_INTEGERS and all(map(_is_integer, operands)):
        forbidden, words = _OF_INTEGERS[function]
        return words if reader.host.any(forbidden(reader.host.asarray(operands[1]))) else None
    if function in _EXTREMES and _of_nothing(operands[0].shape, kwargs.get("axis")):
        return f"{function} of no elements"
    if function in _SORTS and _without_order(reader, operands[0]):
        return "the order of NaN, of zeros of both signs, or of complex numbers"
    return _of_complex_numbers(function, operands) if function in _PRODUCTS | _POWERS | _WITHOUT_SIGNS else None


def _of_other_dimensions(reader: Reader, function: str, args: Sequence[Any]) -> bool:
    """Whether an operand has another number of dimensions than the function is written for; the indices of one that takes are none."""
    fewest, most = _DIMENSIONS[function]
    operands = args if function == "outer" else args[:1]
    return not all(fewest <= operand.ndim <= most for operand in operands if reader.is_tensor(operand))


def _is_integer(operand: Any) -> bool:
    """Also a truth value, which a library may take for one."""
    return operand.dtype.kind in "iub" if hasattr(operand, "dtype") else isinstance(operand, int)


def _of_nothing(shape: tuple[int, ...], axis: Any) -> bool:
    """Whether there are no elements along the dimension that is reduced."""
    if axis is None:
        return 0 in shape
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return any(isinstance(each, int) and -len(shape) <= each < len(shape) and shape[each] == 0 for each in axes)


def _without_order(reader: Reader, elements: Any) -> bool:
    if elements.dtype.kind != "f":
        return bool(elements.dtype.kind == "c")
    zeros = reader.host.signbit(elements[elements == 0])
    return bool((elements != elements).any() or zeros.any() and not zeros.all())


def _beyond(reader: Reader, value: Any, dtype: Any) -> bool:
    """Whether a number of Python's is none of an integer dtype."""
    name = _name(reader, dtype)
    if name not in EVERY_INTEGER or isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    limits = reader.host.iinfo(name)
    return not limits.min <= value <= limits.max


def _mixed_beyond(reader: Reader, operands: Sequence[Any]) -> bool:
    """Whether a number of Python's meets an array whose integer dtype does not hold it. (A float with integers is another question.)"""
    whole = [operand for operand in operands if isinstance(operand, int)]
    return any(_beyond(reader, number, array.dtype) for array in operands if reader.is_tensor(array) for number in whole)


def _name(reader: Reader, dtype: Any) -> str:
    return (reader.dtype_name(dtype) or str(dtype)).rpartition(".")[2]


def _out_of_bounds(reader: Reader, array: Any, indices: Any, axis: Any) -> bool:
    if not isinstance(axis, int) or not -array.ndim <= axis < array.ndim:
        return False
    places, size = reader.to_host(indices), array.shape[axis]
    return bool(places.dtype.kind in "iu" and ((places < -size) | (places >= size)).any())


def _not_held(reader: Reader, array: Any, dtype: Any) -> bool:
    """Whether an element is a float that an integer dtype does not hold, or a complex number that is to be a real one."""
    name = _name(reader, dtype)
    if not reader.is_tensor(array) or name not in (*EVERY_INTEGER, "float32", "float64"):
        return False
    elements = reader.to_host(array)
    if elements.dtype.kind == "c" or name not in EVERY_INTEGER:
        return bool(elements.dtype.kind == "c")
    limits = reader.host.iinfo(name)
    whole = reader.host.trunc(elements) if elements.dtype.kind == "f" else limits.min
    return not reader.host.all((whole >= limits.min) & (whole < limits.max + 1))  # also of NaN


def _of_complex_numbers(function: str, operands: Sequence[Any]) -> str | None:
    numbers = [number for operand in operands for number in _numbers(operand)]
    if not any(isinstance(number, complex) for number in numbers):
        return None
    parts = [(number.real, number.imag) for number in numbers]
    if function in _WITHOUT_SIGNS:
        without = any(not (_finite(a) and _finite(b)) and all(part == 0 or not _finite(part) for part in (a, b)) for a, b in parts)
        return "signs of functions of complex numbers with infinite or NaN parts" if without else None
    if any(not (_finite(a) and _finite(b)) or function in _POWERS and a == b == 0 for a, b in parts):
        return "products of complex numbers with infinite or NaN parts"
    return None


def _numbers(operand: Any) -> Iterator[Any]:
    """The elements of an array, or a number of Python's own."""
    if hasattr(operand, "dtype"):
        if operand.dtype.kind in "fc":
            yield from operand.ravel().tolist()
    elif isinstance(operand, (float, complex)):
        yield operand


def _finite(part: float) -> bool:
    return part - part == 0
