"""The types of arguments that torch's signatures speak of: what fits each, and how what fits becomes what an operation works with.

The classes of the package (``Tensor``, ``dtype``, ...) enter themselves here by name, so that this module imports none of them.

>>> fits("int64_t", 3), fits("int64_t", True), fits("Scalar", 3)
(True, False, True)
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Callable, Iterable, TypeVar

_Class = TypeVar("_Class", bound=type)

class _Unseen:
    """In the place of a class that has not entered itself yet: nothing is an instance of it."""


classes: defaultdict[str, type] = defaultdict(lambda: _Unseen)
_shown: dict[type, str] = {}
python_dtypes: dict[type, Any] = {}  # of Python's own types of numbers
readers: list[Callable[[Any], None]] = []  # who sees each tensor that stands where a number does, before it is read


def enter(name: str, shown: str | None = None) -> Callable[[_Class], _Class]:
    """Decorator: the class that signatures call ``name``, and messages ``shown``."""

    def entered(cls: _Class) -> _Class:
        classes[name] = cls
        _shown[cls] = shown or f"torch.{name}"
        return cls

    return entered


def type_name(value: Any) -> str:
    """The name by which messages call the type of a value: types that are written in C go by their full name.

    Classes are on the heap and can be changed (bits 9 and 8 of the flags: not immutable); types of C's lack one or the other.
    """
    kind = type(value)
    if kind in _shown:
        return _shown[kind]
    if kind.__module__.partition(".")[0] == "refimpl":
        return kind.__name__
    written_in_python = kind.__flags__ >> 8 & 3 == 2
    return kind.__name__ if written_in_python or kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


class Unfit(Exception):
    """A value does not fit a parameter, though others of its type do."""


# -- what fits -------------------------------------------------------------------------------------


def is_tensor(value: Any) -> bool:
    """Whether the value is a tensor."""
    return isinstance(value, classes["Tensor"])


def is_numpy_scalar(value: Any) -> bool:
    """Whether the value is a scalar of NumPy's, which is a number to torch; without importing NumPy."""
    if type(value).__module__ != "numpy" or hasattr(value, "__array_finalize__"):
        return False
    return hasattr(value, "dtype") and value.dtype.kind in "biufc"


def _is_plain_integer(value: Any) -> bool:
    """An integer of Python's or NumPy's, or an object that can be an index; no bool."""
    if isinstance(value, bool) or is_tensor(value):
        return False
    return isinstance(value, int) or hasattr(value, "__index__") and not (is_numpy_scalar(value) and value.dtype.kind == "b")


def _is_int(value: Any) -> bool:
    if is_tensor(value):
        return value.dim() == 0 and value.dtype.category == 1 and not value.requires_grad
    return _is_plain_integer(value)


def is_symbolic_int(value: Any) -> bool:
    """What stands for a size: of tensors, those of one integer or bool, too."""
    if is_tensor(value):
        return value.numel() == 1 and value.dtype.category <= 1
    return _is_plain_integer(value)


def is_number(value: Any) -> bool:
    """Whether the value is a number of Python's or NumPy's, or a 0-d tensor outside of every graph."""
    if is_tensor(value):
        return value.dim() == 0 and not value.requires_grad
    return isinstance(value, (int, float, complex)) or is_numpy_scalar(value)


def _is_real_number(value: Any) -> bool:
    return is_number(value) and not isinstance(value, complex)


def _is_size(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and (not value or is_symbolic_int(value[0]))


def _is_list_of_floats(value: Any) -> bool:
    """Of the elements the first one alone is looked at here, which may be complex; it is no tensor."""
    return isinstance(value, (tuple, list)) and (not value or not is_tensor(value[0]) and is_number(value[0]))


def _is_list_of(fits_one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (tuple, list)) and all(map(fits_one, value))


def _instance_of(*names: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple(classes[name] for name in names))


# -- what it becomes -------------------------------------------------------------------------------


def plain_number(value: Any) -> Any:
    """A NumPy scalar as Python's number (a truth value as a float, as torch takes it); anything else as it is."""
    if not is_numpy_scalar(value):
        return value
    return float(value) if value.dtype.kind == "b" else value.item()


def _read(tensor: Any) -> Any:
    """The number that a 0-d tensor stands for in a call."""
    for look in readers:
        look(tensor)
    return tensor.item()


def _number_of(tensor: Any) -> Any:
    if not is_number(tensor):
        raise Unfit
    return _read(tensor)


def _as_number(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value >= 2**64:
            raise OverflowError("int too big to convert")
        if value < -(2**63):
            raise OverflowError("can't convert negative int to unsigned")
        return value
    return plain_number(value)


def _as_float(value: Any) -> Any:
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise OverflowError("int too large to convert to float") from None
    return plain_number(value)


def _float_of(tensor: Any) -> Any:
    if not _is_real_number(tensor):
        raise Unfit
    return float(_read(tensor))


def _as_int(value: Any) -> int:
    number = value.__index__()
    if not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    return number  # type: ignore[no-any-return]


def _int_of(tensor: Any) -> int:
    if not _is_int(tensor):
        raise Unfit
    return int(_read(tensor))


def _symbolic_int_of(tensor: Any) -> int:
    if not is_symbolic_int(tensor):
        raise Unfit
    if not tensor.dtype.category:
        raise RuntimeError("Expected scalar.isIntegral( false) to be true, but got false.  "
                           "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)")
    return int(_read(tensor))


def _dimension_of(tensor: Any) -> int:
    if not is_symbolic_int(tensor):
        raise Unfit
    return int(_read(tensor))


def _as_size(value: Any) -> tuple[int, ...]:
    for element in value:
        if type(element) is not int or not -(2**63) <= element < 2**63:
            break
    else:
        return value if type(value) is tuple else tuple(value)
    if not _is_size(value):
        raise Unfit
    return tuple([_element(element, position) for position, element in enumerate(value)])


class BadElement(Exception):
    """An element of a sequence that is none of its numbers: the class of the error, and what it says of the argument."""

    def of(self, function: str, parameter: str) -> Exception:
        """The error of a call."""
        kind, words = self.args
        return kind(f"{function}(): argument '{parameter}' {words}")  # type: ignore[no-any-return]


def _element(value: Any, position: int) -> int:
    if not (is_symbolic_int(value) or isinstance(value, bool)):
        raise _not_unpacked(position, f"type must be tuple of ints,but got {type_name(value)}")
    if is_tensor(value):
        return _symbolic_int_of(value)
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _not_unpacked(position, str(error)) from None
    if not -(2**63) <= number < 2**63:
        raise _not_unpacked(position, "Overflow when unpacking long long")
    return number


def _not_unpacked(position: int, reason: str) -> BadElement:
    return BadElement(TypeError, f'failed to unpack the object at pos {position + 1} with error "{reason}"')


def _as_floats(value: Any) -> list[float]:
    if not _is_list_of_floats(value):
        raise Unfit
    for position, element in enumerate(value):
        if not _is_real_number(element):
            raise BadElement(TypeError, f"must be tuple of floats, but found element of type {type_name(element)} at pos {position + 1}")
    return [float(_read(element)) if is_tensor(element) else _as_float(element) for element in value]


def _as_device(value: Any) -> Any:
    if isinstance(value, str):
        return classes["device"](value)
    return classes["device"].of_number(_as_int(value))  # type: ignore[attr-defined]


def _as_dtype(value: Any) -> Any:
    if value not in python_dtypes:
        raise Unfit
    return python_dtypes[value]


def _is_dtype(value: Any) -> bool:
    return isinstance(value, classes["dtype"]) or isinstance(value, type) and value in python_dtypes


def size_elements(values: Any) -> Iterable[int]:
    """The elements of a ``torch.Size``: ints of 64 bits, or what converts to one; TypeError for others."""
    return [_size_element(value, position) for position, value in enumerate(values)]


def _size_element(value: Any, position: int) -> int:
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    if not (is_symbolic_int(value) or isinstance(value, bool)):
        raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type(value).__name__}')")
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    return number


# -- the table -------------------------------------------------------------------------------------

# By the name that torch's parser has for a type: what messages call it, and what fits.
TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Tensor": ("Tensor", is_tensor),
    "Scalar": ("Number", is_number),
    "double": ("float", _is_real_number),
    "int64_t": ("int", _is_int),
    "SymInt": ("int", is_symbolic_int),
    "bool": ("bool", lambda value: isinstance(value, bool)),
    "c10::string_view": ("str", lambda value: isinstance(value, str)),
    "IntArrayRef": ("tuple of ints", _is_size),
    "SymIntArrayRef": ("tuple of ints", _is_size),
    "ArrayRef<double>": ("tuple of floats", _is_list_of_floats),
    "ScalarList": ("tuple of Scalars", _is_list_of(is_number)),
    "TensorList": ("tuple of Tensors", lambda value: isinstance(value, (tuple, list))),
    "c10::List<::std::optional<Tensor>>": ("tuple of Tensors", lambda value: isinstance(value, (tuple, list))),
    "ScalarType": ("torch.dtype", _is_dtype),
    "Layout": ("torch.layout", _instance_of("layout")),
    "MemoryFormat": ("torch.memory_format", _instance_of("memory_format")),
    "Device": ("torch.device", lambda value: isinstance(value, (classes["device"], str)) or _is_plain_integer(value)),
    "Generator": ("torch.Generator", _instance_of("Generator")),
    "Storage": ("torch.Storage", _instance_of("Storage")),
    "Stream": ("Stream", lambda value: False),
    "QScheme": ("torch.qscheme", lambda value: False),
    "PyObject*": ("object", lambda value: True),
}

# How a value of Python's own, or another that is no tensor, becomes what the operation works with.
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "Scalar": _as_number,
    "double": _as_float,
    "int64_t": _as_int,
    "SymInt": _as_int,
    "ArrayRef<double>": _as_floats,
    "IntArrayRef": _as_size,
    "SymIntArrayRef": _as_size,
}

# How a tensor becomes a number.
_OF_TENSOR: dict[str, Callable[[Any], Any]] = {"Scalar": _number_of, "double": _float_of, "int64_t": _int_of, "SymInt": _symbolic_int_of,
                                               "IntArrayRef": _dimension_of, "SymIntArrayRef": _symbolic_int_of}  # fmt: skip


def fits(kind: str, value: Any) -> bool:
    """Whether a value fits a type, None apart."""
    return TYPES[kind][1](value)


def depends_on_value(kind: str, cls: type) -> bool:
    """Whether it is the value, not its class alone, that decides if it fits."""
    return issubclass(cls, classes["Tensor"]) and kind in _OF_TENSOR or issubclass(cls, (tuple, list)) and ("List" in kind or "ArrayRef" in kind) \
        or kind == "ScalarType" and issubclass(cls, type)


def converter(parameter: Any, cls: type) -> Callable[[Any], Any] | None:
    """What turns a value of this class that fits into what the operation works with; None: the value itself.

    It raises :class:`Unfit` if the value does not fit. Where a size of several may be one int, that stands for as many.
    """
    kind = parameter.type
    if issubclass(cls, classes["Tensor"]):
        return _OF_TENSOR.get(kind)
    if parameter.shown == "tuple of Tensors":
        return parameter.tensors  # type: ignore[no-any-return]
    if kind == "Device":
        return None if issubclass(cls, classes["device"]) else _as_device
    if kind == "ScalarType":
        return None if issubclass(cls, classes["dtype"]) else _as_dtype
    if kind in ("IntArrayRef", "SymIntArrayRef") and not issubclass(cls, (tuple, list)):
        return _as_int if parameter.size < 2 else lambda value: (_as_int(value),) * parameter.size
    if kind == "Scalar" and issubclass(cls, (bool, float, complex)) and cls.__module__ == "builtins":
        return None
    if kind == "double" and cls is float:
        return None
    if kind == "Tensor":  # a number in a tensor's place
        return _as_number
    return _PLAIN.get(kind)
