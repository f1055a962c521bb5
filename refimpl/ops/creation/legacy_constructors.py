"""The constructors of old: ``Tensor(2, 3)``, ``FloatTensor([1, 2])``, ``x.new(3)``."""

from __future__ import annotations

from typing import Any

from ...foundation.devices import device as device_class
from ...foundation.devices import kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype
from ...foundation.kernels import View
from ...foundation.layout import contiguous_strides
from ...operations.operation import operations
from ...signatures.messages import combination
from ...signatures.overloads import overloads
from ...signatures.types import type_name
from ...tensor import Size, Tensor, UntypedStorage, wrap
from .filled import empty
from .nested_data import from_values, is_numpy, is_sequence


def legacy_constructor(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """``Tensor(2, 3)``, ``Tensor([1, 2])``, ``Tensor()``: tensors of the default dtype, uninitialised or from data."""
    made = construct(get_default_dtype(), None, args, kwargs)
    if cls is not Tensor:
        made.__class__ = cls
    return made


def construct(d: dtype_class, only: dtype_class | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The tensor of ``FloatTensor(...)`` and its kin: sizes, a sequence, a storage, or another tensor (of dtype ``only``)."""
    keywords = dict(kwargs)
    device = keywords.pop("device", None)
    given = [*args, *(keywords.pop(name) for name in ("data", "size", "other", "storage") if name in keywords)]
    sized = given and type(given[0]) is not bool and (isinstance(given[0], (Size, int)) or "size" in kwargs or hasattr(given[0], "dtype") and
                                                      not isinstance(given[0], Tensor) and hasattr(given[0], "__index__") and not is_numpy(given[0]))
    if keywords or len(given) > 1 and not sized:
        raise TypeError(combination("new", args, kwargs, overloads("Tensor", "new")))  # type: ignore[arg-type]
    if device is not None:
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
        return operations["alias"].function(first)  # type: ignore[no-any-return]
    if not is_sequence(first):
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
