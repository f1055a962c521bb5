"""From a list of samples to a batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy
from typing import Any

from ...foundation.dtypes import float64
from ...ops.creation.from_data import as_tensor, tensor
from ...ops.joining.joining import stack
from ...tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_NO_NUMBERS = re.compile(r"[SaUO]")  # NumPy's dtypes of texts and objects
_REFUSAL = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _numpy_kind(data: Any) -> str:
    """``ndarray``, or the name of a NumPy number's type; nothing for anything else."""
    kind = type(data)
    return kind.__name__ if kind.__module__ == "numpy" and kind.__name__ not in ("str_", "string_") else ""


def _rebuilt(template: Any, values: dict[Any, Any] | list[Any]) -> Any:
    """A container like ``template`` with other values: a copy of it that is written, if it can be, else a new one; if that fails, a plain one."""
    try:
        if isinstance(values, dict):
            if not isinstance(template, MutableMapping):
                return type(template)(values)
            made: Any = copy(template)
            made.update(values)
            return made
        if not isinstance(template, MutableSequence):
            return type(template)(values)
        made = copy(template)
        for i, value in enumerate(values):
            made[i] = value
        return made
    except TypeError:
        return values


def default_convert(data: Any) -> Any:
    """``data`` with the NumPy arrays and numbers in it as tensors, in lists, tuples (which become lists) and dictionaries as well."""
    if isinstance(data, Tensor):
        return data
    kind = _numpy_kind(data)
    if kind:
        return data if kind == "ndarray" and _NO_NUMBERS.search(data.dtype.str) else as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuilt(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(each) for each in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuilt(data, [default_convert(each) for each in data])
    return data


def collate(batch: list[Any], *, collate_fn_map: dict[Any, Callable[..., Any]] | None = None) -> Any:
    """One batch of a list of samples: those whose type is in ``collate_fn_map`` by its function; containers element by element.

    Tuples become lists. TypeError for samples of another type, RuntimeError for sequences of different lengths.
    """
    first = batch[0]
    functions = collate_fn_map or {}
    fitting = [functions[type(first)]] if type(first) in functions else [f for kind, f in functions.items() if isinstance(first, kind)]
    if fitting:
        return fitting[0](batch, collate_fn_map=collate_fn_map)

    def together(samples: Any) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _rebuilt(first, {key: together([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(together, zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [together(samples) for samples in zip(*batch)]
        return columns if isinstance(first, tuple) else _rebuilt(first, columns)
    kind = _numpy_kind(first)
    if kind == "ndarray":
        if _NO_NUMBERS.search(first.dtype.str):
            raise TypeError(_REFUSAL.format(first.dtype))
        return together([as_tensor(array) for array in batch])
    if kind:
        return as_tensor(batch)
    raise TypeError(_REFUSAL.format(type(first)))


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: lambda batch, *, collate_fn_map=None: stack(batch, 0),
    float: lambda batch, *, collate_fn_map=None: tensor(batch, dtype=float64),
    int: lambda batch, *, collate_fn_map=None: tensor(batch),
    str: lambda batch, *, collate_fn_map=None: batch,
    bytes: lambda batch, *, collate_fn_map=None: batch,
}


def default_collate(batch: list[Any]) -> Any:
    """Tensors are stacked, Python's floats become float64, integers int64; NumPy's arrays and numbers tensors; texts stay in their list."""
    return collate(batch, collate_fn_map=default_collate_fn_map)
