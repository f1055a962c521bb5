"""Tensors from Python's numbers and nested sequences: what shape and dtype they have, and how each value becomes an element."""

from __future__ import annotations

import operator
import sys
from array import array
from typing import Any, Callable, Sequence

from ...cpu.encode import encode
from ...foundation import dtypes
from ...foundation.devices import device_of
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype, range_of, uint64
from ...foundation.kernels import Kernels
from ...foundation.promotion import number_dtype, promote_types
from ...signatures.types import type_name
from ...tensor import Tensor, wrap
from .conversion import convert
from .fresh import from_encoded, warn

# What turns the arrays of other libraries into tensors, by name; filled by :mod:`refimpl.exchange.converters`: ``share_numpy``, ``dtype_of_array``,
# ``from_dlpack``.
foreign: dict[str, Callable[..., Any]] = {}


# -- the shape and the dtype of nested sequences ----------------------------------------------------

_MOST_DIMENSIONS = 128
_plain = frozenset((bool, int, float, complex))


def is_sequence(value: Any) -> bool:
    """What has a length and items by number; but a tensor or a scalar of NumPy's counts as a number, and a dict is no sequence."""
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    if kind in _plain or isinstance(value, (Tensor, dict)) or is_numpy(value, "generic") and not isinstance(value, (str, bytes)):
        return False
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__")


def is_numpy(value: Any, kind: str = "ndarray") -> bool:
    """Whether the value is a NumPy array (or, for ``kind`` "generic", a NumPy scalar); without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, getattr(numpy, kind))


def _regular(data: Any) -> tuple[list[int], list[Any]] | None:
    """The shape and the elements of nested lists or tuples of plain numbers, the commonest case; None for anything else."""
    level, shape = [data], []
    while True:
        kind = type(level[0])
        if kind is not list and kind is not tuple:
            break
        width = len(level[0])
        for item in level:
            if type(item) not in (list, tuple) or len(item) != width:
                return None
        shape.append(width)
        level = level[0] if len(level) == 1 else [element for item in level for element in item]
        if not width or len(shape) > _MOST_DIMENSIONS:
            break
    return (shape, level) if set(map(type, level)) <= _plain and len(shape) <= _MOST_DIMENSIONS else None


def _shape_of_first(data: Any) -> list[int]:
    """The sizes along the first elements; whether the others have them, too, is seen when they are stored."""
    shape: list[int] = []
    while is_sequence(data):
        shape.append(len(data))
        if len(shape) > _MOST_DIMENSIONS:
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        if not shape[-1]:
            break
        try:
            data = data[0]
        except (LookupError, TypeError):
            raise ValueError(f"could not determine the shape of object type '{type(data).__name__}'") from None
    return shape


def infer_dtype(data: Any) -> dtype_class:
    """The dtype of numbers, nested in sequences or not: the highest of bool, int64, the default dtype and its complex dtype.

    Tensors and NumPy's scalars count with their own dtype. No elements give the default dtype.
    """
    if is_numpy(data) or is_numpy(data, "generic") and not isinstance(data, (str, bytes)):
        return foreign["dtype_of_array"](data)
    if type(data) in _plain or isinstance(data, (bool, int, float, complex)):  # an int of any size: whether it fits is seen when it is stored
        return dtypes.int64 if isinstance(data, int) and not isinstance(data, bool) else number_dtype(data)
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type_name(data)}")
    if not len(data):
        return get_default_dtype()
    found: dtype_class | None = None
    for item in data:
        if item is data:
            raise TypeError("new(): self-referential lists are incompatible")
        one = infer_dtype(item)
        found = one if found is None else promote_types(found, one)
        if found is dtypes.complex128:
            break
    return found or get_default_dtype()


# -- storing ---------------------------------------------------------------------------------------


def _collect(data: Any, shape: Sequence[int], dim: int, d: dtype_class, out: list[Any]) -> None:
    """Append the elements, in row-major order, to ``out``."""
    if dim == len(shape):
        out.append(_element(data, d))
        return
    if not isinstance(data, (list, tuple)):
        try:
            data = list(data)
        except TypeError:
            raise TypeError("not a sequence") from None
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    for item in data:
        if is_numpy(item):
            _warn_of_arrays()
        _collect(item, shape, dim + 1, d, out)


_warned: list[bool] = []  # torch gives this warning once


def _warn_of_arrays() -> None:
    if not _warned:
        _warned.append(True)
        warn("Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single "
             "numpy.ndarray with numpy.array() before converting to a tensor.")


def _element(value: Any, d: dtype_class) -> Any:
    """A value as an element of dtype ``d``; of the protocols of Python's numbers, the one that the dtype calls for decides.

    A float or complex dtype takes any number (a complex one for a complex dtype only). An integer dtype takes integers and floats,
    which it truncates; they must lie in its range, except that negative integers wrap around in an unsigned one. uint64 takes Python's integers
    alone, of its range. bool is ``!= 0``.
    """
    category = d.category
    if category == 2:
        return _as_double(value)
    if category == 3:
        if isinstance(value, complex):
            return value
        return complex(value) if hasattr(type(value), "__complex__") else _as_double(value)
    if d is uint64:
        if not isinstance(value, int):
            raise TypeError("an integer is required")
        if not 0 <= value < 1 << 64:
            raise OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")
        return value
    if isinstance(value, float) or category == 0 and (isinstance(value, complex) or is_numpy(value, "bool_")):
        if category == 0:
            return value != 0
        low, high = range_of(d)
        if not low <= value <= float(high):
            raise _overflow(d)
        return int(value) if value < 2.0**63 else low  # 2**63 passes for an int64, which it overflows
    number = operator.index(value)
    if category == 0:
        return number != 0
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    low, high = range_of(d)
    if not (low or -high) <= number <= high:
        raise _overflow(d)
    return number


def _overflow(d: dtype_class) -> RuntimeError:
    return RuntimeError(f"value cannot be converted to type {d.name} without overflow")


def _as_double(value: Any) -> float:
    """A real number as a float64, by the interpreter's own rule (with its errors): ``float()`` would take strings, too."""
    return array("d", (value,))[0]


def _checked(values: list[Any], d: dtype_class) -> list[Any]:
    """Plain numbers as elements of the dtype: as they are, if all of them fit at a glance."""
    kinds = set(map(type, values))
    category = d.category
    if category >= 2 and (category == 3 or complex not in kinds):
        if int not in kinds or all(-(1 << 1000) < v < 1 << 1000 for v in values if type(v) is int):
            return values
    elif category == 1 and kinds <= {int, bool}:
        low, high = range_of(d)
        if low <= min(values) and max(values) <= high:
            return values
    elif category == 0 and kinds <= {bool}:
        return values
    return [_element(v, d) for v in values]


def from_values(data: Any, dtype: dtype_class | None, kernels: Kernels) -> Tensor:
    """A fresh tensor from a number, an array, or nested sequences."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if is_numpy(data):
        source = foreign["share_numpy"](data, writable=False)
        return wrap(convert(source, dtype, device_of(kernels), copy=True)._view)
    found = _regular(data)
    if found is not None:
        shape, values = found
        d = dtype or _dtype_of_plain(values)
        if not values:
            values = []
        return from_encoded(encode(d, _checked(values, d) if values else values), tuple(shape), d, kernels)
    shape = _shape_of_first(data)
    d = dtype or infer_dtype(data)
    values = []
    if 0 not in shape:
        _collect(data, shape, 0, d, values)
    return from_encoded(encode(d, values), tuple(shape), d, kernels)


def _dtype_of_plain(values: list[Any]) -> dtype_class:
    kinds = set(map(type, values))
    for kind, sample in ((complex, 0j), (float, 0.0), (int, 0), (bool, False)):
        if kind in kinds:
            return number_dtype(sample)
    return get_default_dtype()
