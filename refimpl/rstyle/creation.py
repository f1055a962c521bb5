"""New tensors with R's defaults: a number is a vector of one element, sequences include their ends, ``randint`` gives floats.

Python's numbers keep their types: ``1`` is R's ``1L``, ``1.0`` is R's ``1``.
"""

from __future__ import annotations

import math
from typing import Any

from ..foundation.dtypes import bool_, float32, int64, uint8
from ..ops.creation.from_data import tensor
from ..random import manual_seed
from ..tensor import Tensor
from .tensors import RTensor, torch_functions, unwrapped

__all__ = [
    "as_array", "as_integer", "as_matrix", "as_numeric", "class_of", "matrix", "torch_arange", "torch_empty", "torch_eye", "torch_full",
    "torch_linspace", "torch_logspace", "torch_manual_seed", "torch_ones", "torch_rand", "torch_randint", "torch_randn", "torch_scalar_tensor",
    "torch_tensor", "torch_zeros",
]  # fmt: skip


def matrix(data: Any, nrow: int | None = None, ncol: int | None = None, byrow: bool = False) -> list[list[Any]]:
    """A matrix of R's, as a list of rows: filled column by column, unless ``byrow``. A short vector is used again and again.

    >>> matrix([1, 2, 3, 4, 5, 6], ncol=3)
    [[1, 3, 5], [2, 4, 6]]
    """
    values = list(data) if not isinstance(data, (bool, int, float)) else [data]
    if nrow is None:
        nrow = len(values) if ncol is None else math.ceil(len(values) / ncol)
    if ncol is None:
        ncol = math.ceil(len(values) / nrow)
    values = [values[i % len(values)] for i in range(nrow * ncol)]
    if byrow:
        return [values[i * ncol : (i + 1) * ncol] for i in range(nrow)]
    return [[values[i + j * nrow] for j in range(ncol)] for i in range(nrow)]


def torch_tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> RTensor:
    """A tensor of R values: bools give Bool, ints Long, floats Float, complex numbers ComplexFloat, bytes Byte, None a Bool tensor without elements.

    A number gives one dimension of size 1, and a tensor a detached copy.
    """
    if isinstance(data, RTensor):
        copied = data.tensor.detach().clone()
        made = copied if dtype is None and device is None else copied.to(device=device, dtype=dtype)
        return RTensor(made.requires_grad_(requires_grad))
    options: dict[str, Any] = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if data is None:
        data, options["dtype"] = [], dtype or bool_
    elif isinstance(data, (bytes, bytearray)):
        data, options["dtype"] = list(data), dtype or uint8
    elif isinstance(data, (bool, int, float, complex)):
        data = [data]
    elif isinstance(data, range):
        data = list(data)
    return RTensor(tensor(unwrapped(data), **options))


def torch_scalar_tensor(value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> RTensor:
    """A tensor without dimensions."""
    return RTensor(tensor(unwrapped(value), dtype=dtype, device=device, requires_grad=requires_grad))


def _size(sizes: tuple[Any, ...], size: Any) -> list[int]:
    if len(sizes) > 1 and any(isinstance(each, (list, tuple)) for each in sizes) or (sizes and size is not None):
        raise ValueError("You should specify a single size argument.")
    given = size if size is not None else sizes[0] if len(sizes) == 1 else sizes
    return [given] if isinstance(given, int) else list(given)


def torch_zeros(*sizes: Any, size: Any = None, **options: Any) -> RTensor:
    """Zeros. The sizes may come one by one, as one list, or by name."""
    return RTensor(torch_functions()["zeros"](_size(sizes, size), **options))


def torch_ones(*sizes: Any, size: Any = None, **options: Any) -> RTensor:
    """Ones; see :func:`torch_zeros`."""
    return RTensor(torch_functions()["ones"](_size(sizes, size), **options))


def torch_empty(*sizes: Any, size: Any = None, **options: Any) -> RTensor:
    """Elements that are not specified; see :func:`torch_zeros`."""
    return RTensor(torch_functions()["empty"](_size(sizes, size), **options))


def torch_rand(*sizes: Any, size: Any = None, **options: Any) -> RTensor:
    """Uniform draws from [0, 1); see :func:`torch_zeros`."""
    return RTensor(torch_functions()["rand"](_size(sizes, size), **options))


def torch_randn(*sizes: Any, size: Any = None, **options: Any) -> RTensor:
    """Standard normal draws; see :func:`torch_zeros`."""
    return RTensor(torch_functions()["randn"](_size(sizes, size), **options))


def torch_full(size: Any, fill_value: Any, **options: Any) -> RTensor:
    """A tensor of one value; a float gives Float, an int Long, a bool Bool."""
    return RTensor(torch_functions()["full"](_size((size,), None), unwrapped(fill_value), **options))


def torch_randint(low: int, high: int, size: Any, dtype: Any = None, **options: Any) -> RTensor:
    """Integers from ``low`` to ``high - 1``, as floats unless a dtype is given (row R04)."""
    return RTensor(torch_functions()["randint"](low, high, _size((size,), None), dtype=dtype or float32, **options))


def torch_arange(start: float, end: float | None = None, step: float = 1, dtype: Any = None, **options: Any) -> RTensor:
    """From ``start`` to ``end``, both included; one argument is the end of a sequence from 1 (row R01).

    Ints give Long, else Float.

    >>> torch_arange(1, 9).tolist()
    [1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if end is None:
        start, end = 1, start
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign" if step else "step must be nonzero")
    count = math.floor((end - start) / step + 1e-9) + 1  # an end that is missed by a rounding is reached
    if dtype is None:
        dtype = int64 if all(isinstance(value, int) for value in (start, end, step)) else float32
    # half a step behind the last element, so that no rounding takes it away or adds one
    stop = start + count * step if dtype is int64 else start + (count - 0.5) * step
    return RTensor(torch_functions()["arange"](start, stop, step, dtype=dtype, **options))


def torch_eye(n: int, m: int | None = None, **options: Any) -> RTensor:
    """The identity matrix, with ``m`` columns if that is given."""
    return RTensor(torch_functions()["eye"](n, n if m is None else m, **options))


def torch_manual_seed(seed: int) -> None:
    """Let the default generator begin anew from a seed."""
    manual_seed(seed)


def torch_linspace(start: float, end: float, steps: int = 100, **options: Any) -> RTensor:
    """``steps`` evenly spaced numbers, both ends included (row R24)."""
    return RTensor(torch_functions()["linspace"](start, end, steps, **options))


def torch_logspace(start: float, end: float, steps: int = 100, base: float = 10, **options: Any) -> RTensor:
    """Powers of ``base`` whose exponents are those of :func:`torch_linspace`."""
    return RTensor(torch_functions()["logspace"](start, end, steps, base, **options))


# -- from tensors to R's values --------------------------------------------------------------------


def as_array(x: RTensor) -> Any:
    """The elements: a number (0-d), a vector, a matrix, or an array, as (nested) lists."""
    return x.tensor.detach().cpu().tolist()


def as_numeric(x: RTensor) -> Any:
    """The elements as floats, column by column; of one element, the number (row R23)."""
    values = [float(v) for v in _by_column(x.tensor)]
    return values[0] if len(values) == 1 else values


def as_integer(x: RTensor) -> Any:
    """The elements as ints, column by column; of one element, the number."""
    values = [int(v) for v in _by_column(x.tensor)]
    return values[0] if len(values) == 1 else values


def as_matrix(x: RTensor) -> list[list[Any]]:
    """The elements as a matrix: a vector has one column, and so has an array of three dimensions or more (row V11)."""
    t = x.tensor.detach().cpu()
    return t.tolist() if t.dim() == 2 else [[v] for v in _by_column(t)]


def _by_column(t: Tensor) -> list[Any]:
    """The elements in the order of R's arrays: the first index varies fastest."""
    t = t.detach().cpu()
    return t.permute(tuple(reversed(range(t.dim())))).reshape(-1).tolist()


def class_of(value: Any) -> list[str]:
    """What R's ``class`` says of a vector, a matrix or an array.

    >>> class_of([1.0, 2.0]), class_of([[1, 2]])
    (['numeric'], ['matrix', 'array'])
    """
    depth, probe = 0, value
    while isinstance(probe, list) and probe:
        depth, probe = depth + 1, probe[0]
    if depth > 1:
        return ["matrix", "array"] if depth == 2 else ["array"]
    return ["logical" if isinstance(probe, bool) else "integer" if isinstance(probe, int) else "complex" if isinstance(probe, complex) else "numeric"]
