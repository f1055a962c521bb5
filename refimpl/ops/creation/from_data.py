"""Creation: tensors from Python's numbers and sequences, from arrays and from buffers."""

from __future__ import annotations

import operator
from typing import Any, Sequence

from ...foundation import dtypes
from ...foundation.devices import device_of, kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype, range_of
from ...foundation.kernels import Kernels, View
from ...foundation.layout import contiguous_strides
from ...foundation.promotion import number_dtype, promote_types
from ...operations.registry import op
from ...tensor import Size, Tensor, UntypedStorage, wrap
from .conversion import convert
from .filled import empty
from .fresh import finish, from_encoded, warn

# -- the shape and the dtype of nested sequences ----------------------------------------------------

_MOST_DIMENSIONS = 128
_plain = frozenset((bool, int, float, complex))


def _is_sequence(value: Any) -> bool:
    """What has a length and items by number; but a tensor or a scalar of NumPy's counts as a number, and a dict is no sequence."""
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    if kind in _plain or isinstance(value, (Tensor, dict)) or is_numpy(value, "generic") and not isinstance(value, (str, bytes)):
        return False
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__")


def is_numpy(value: Any, kind: str = "ndarray") -> bool:
    """Whether the value is a NumPy array (or, for ``kind`` "generic", a NumPy scalar); without importing NumPy."""
    import sys

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
    while _is_sequence(data):
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
        from ...exchange.arrays import dtype_of_array

        return dtype_of_array(data)
    if type(data) in _plain or isinstance(data, (bool, int, float, complex)):  # an int of any size: whether it fits is seen when it is stored
        return dtypes.int64 if isinstance(data, int) and not isinstance(data, bool) else number_dtype(data)
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not _is_sequence(data):
        from ...signatures.types import type_name

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


_warned: set[str] = set()  # torch gives some warnings once


def _warn_of_arrays() -> None:
    if "arrays" not in _warned:
        _warned.add("arrays")
        warn("Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single "
             "numpy.ndarray with numpy.array() before converting to a tensor.")


def _element(value: Any, d: dtype_class) -> Any:
    """A value as an element of dtype ``d``; of the protocols of Python's numbers, the one that the dtype calls for decides.

    A float or complex dtype takes any number (a complex one for a complex dtype only). An integer dtype takes integers and floats,
    which it truncates; they must lie in its range, except that negative integers wrap around in an unsigned one. bool is ``!= 0``.
    """
    category = d.category
    if category == 2:
        return _as_double(value)
    if category == 3:
        if isinstance(value, complex):
            return value
        return complex(value) if hasattr(type(value), "__complex__") else _as_double(value)
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
    from array import array

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
        from ...exchange.arrays import share_numpy

        source = share_numpy(data, writable=False)
        return wrap(convert(source, dtype, device_of(kernels), copy=True)._view)
    from ...cpu.encode import encode

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


# -- the functions ---------------------------------------------------------------------------------


def _copied(data: Any, dtype: dtype_class | None, device: Any, requires_grad: bool, advice: str) -> Tensor:
    if isinstance(data, Tensor):
        warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
             f"sourceTensor.detach().clone().requires_grad_(True), rather than {advice}(sourceTensor).")
        return finish(wrap(convert(wrap(data._view), dtype, device, copy=True)._view), requires_grad)
    return finish(from_values(data, dtype, kernels_for(device)), requires_grad)


@op("function", differentiable=False)
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A fresh tensor that holds a copy of ``data``: a number, nested sequences of numbers, or an array.

    Without ``dtype``: bools give bool, ints int64, floats the default dtype, complex numbers its complex dtype; the highest kind present
    wins. Tensors of one element count as numbers of their dtype.
    ValueError for ragged sequences and for integers beyond int64, TypeError for values that are no numbers, RuntimeError for
    numbers out of the range of an integer dtype; floats and integers beyond the range of a float dtype become infinite.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> tensor([1, 2.5])
    tensor([1.0000, 2.5000])
    """
    return _copied(data, dtype, device, requires_grad, "torch.tensor")


@op("only method", differentiable=False)
def new_tensor(input, data, *, dtype=None, device=None, requires_grad=False):
    """``tensor(data)`` with the input's dtype and device.

    >>> tensor([1.]).new_tensor([1, 2])
    tensor([1., 2.])
    """
    d = dtype or input.dtype
    return _copied(data, d, input.device if device is None else device, requires_grad, "tensor.new_tensor")


@op("function")
def as_tensor(data, *, dtype=None, device=None):
    """The data as a tensor, without a copy if it is a tensor (or array) of this dtype and device already.

    >>> x = ones(2)
    >>> as_tensor(x) is x
    True
    """
    d = dtype
    if isinstance(data, Tensor):
        return convert(data, d, device)
    if is_numpy(data):
        from ...exchange.arrays import share_numpy

        return convert(share_numpy(data), d, device)
    return from_values(data, d, kernels_for(device))


@op("function")
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """The object as a tensor, on its memory if it is a tensor, an array, or has a buffer or ``__dlpack__``.

    ``copy`` True always copies, False never does (ValueError where it would have to), None copies where dtype or device have to change.
    A buffer's bytes are taken for elements of ``dtype``. ``requires_grad`` is that of a tensor given, unless stated.

    >>> asarray([1, 2])
    tensor([1, 2])
    """
    d = dtype
    for name, value in (("copy", copy), ("requires_grad", requires_grad)):
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"argument '{name}' must be bool, not {type(value).__name__}")
    shared = _shared(obj, d, copy)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return finish(from_values(obj, d, kernels_for(device)), bool(requires_grad))
    if is_numpy(obj, "generic"):
        copy = True
    target = shared._view.storage.kernels if device is None else kernels_for(device)
    moves, casts = target is not shared._view.storage.kernels, d is not None and d is not shared.dtype
    if copy is False and moves:
        raise ValueError(f"can't alias tensor from device '{shared.device}' to '{device_of(target)}'.")
    if copy is False and casts:
        assert d is not None
        raise ValueError(f"can't alias tensor with dtype '{shared.dtype.type_name}' into dtype '{d.type_name}'.")
    result = convert(shared, d, device) if moves or casts else shared.clone() if copy else shared  # type: ignore[attr-defined]
    if requires_grad is None:
        if shared.requires_grad and "asarray" not in _warned:
            _warned.add("asarray")
            warn("torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass requires_grad=False "
                 "explicitly to get the old behavior and silence this warning.")
        return result
    if not requires_grad and not result.is_leaf:
        return wrap(result._view)
    if result.is_leaf:
        if requires_grad and result.dtype.category < 2:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        result.requires_grad_(requires_grad)
    return result


def _shared(obj: Any, d: dtype_class | None, copy: bool | None) -> Tensor | None:
    """A tensor on the object's memory; None if it is a number or a sequence."""
    if isinstance(obj, Tensor):
        return obj
    if is_numpy(obj, "generic"):
        if copy is False:
            raise RuntimeError("can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. ")
        return from_values(obj, None, kernels_for("cpu"))
    if is_numpy(obj):
        from ...exchange.arrays import share_numpy

        return share_numpy(obj, writable=copy is not True)
    if hasattr(obj, "__dlpack__"):
        from ...exchange.dlpack import from_dlpack

        return from_dlpack(obj)
    try:
        memoryview(obj).release()
    except TypeError:
        return None
    from .buffers import frombuffer

    return frombuffer(obj, dtype=d or get_default_dtype())


# -- the constructors of old -----------------------------------------------------------------------

def legacy_constructor(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """``Tensor(2, 3)``, ``Tensor([1, 2])``, ``Tensor()``: tensors of the default dtype, uninitialised or from data."""
    made = construct(get_default_dtype(), None, args, kwargs)
    if cls is not Tensor:
        other = object.__new__(cls)
        other._view = made._view
        return other
    return made


def construct(d: dtype_class, only: dtype_class | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The tensor of ``FloatTensor(...)`` and its kin: sizes, a sequence, a storage, or another tensor (of dtype ``only``)."""
    keywords = dict(kwargs)
    device = keywords.pop("device", None)
    given = [*args, *(keywords.pop(name) for name in ("data", "size", "other", "storage") if name in keywords)]
    sized = given and type(given[0]) is not bool and (isinstance(given[0], (Size, int)) or "size" in kwargs or hasattr(given[0], "dtype") and
                                                      not isinstance(given[0], Tensor) and hasattr(given[0], "__index__") and not is_numpy(given[0]))
    if keywords or len(given) > 1 and not sized:
        from ...signatures.messages import combination
        from ...signatures.overloads import overloads

        raise TypeError(combination("new", args, kwargs, overloads("Tensor", "new")))  # type: ignore[arg-type]
    if device is not None:
        from ...foundation.devices import device as device_class

        if device_class(device).type != "cpu":
            raise RuntimeError(f"legacy constructor expects device type: cpu but device type: {device_class(device).type} was passed")
    if not given:
        return empty(0, dtype=d)
    first = given[0]
    if sized:
        return _sized(given, d)
    if isinstance(first, UntypedStorage):
        size = first.nbytes() // d.itemsize
        return wrap(View(first._storage, 0, (size,), contiguous_strides((size,)), d))
    if isinstance(first, Tensor):
        if only is not None and first.dtype is not only:
            raise TypeError(f"expected {_described(only)} (got {_described(first.dtype)})")
        from ...operations.operation import operations

        return operations["alias"].function(first)  # type: ignore[no-any-return]
    if not _is_sequence(first):
        from ...signatures.types import type_name

        raise TypeError(f"new(): data must be a sequence (got {type_name(first)})")
    return from_values(first, d, kernels_for("cpu"))


def _sized(given: list[Any], d: dtype_class) -> Tensor:
    if len(given) > 1:
        for position, size in enumerate(given[1:], 2):
            if not hasattr(size, "__index__"):
                raise TypeError(f"new(): argument 'size' failed to unpack the object at pos {position} with error \"type must be tuple of "
                                f'ints,but got {type(size).__name__}"')
    return empty(*given, dtype=d)


_option_names = {"int64": "long int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "int32": "int",
                 "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "bool": "bool"}


def _described(d: dtype_class) -> str:
    return (f"TensorOptions(dtype={_option_names.get(d.name, d.name)}, device=cpu, layout=Strided, requires_grad=false (default), "
            "pinned_memory=false (default), memory_format=(nullopt))")
