"""Creation: tensors from Python values, constants and ranges.

Every function here takes ``dtype``, ``device`` and ``requires_grad``, as torch's do, and makes contiguous tensors unless its text says otherwise.
"""

from __future__ import annotations

import math
from typing import Any, Sequence

from .. import dtypes
from ..backend import Kernels, View
from ..devices import kernels_for
from ..dtypes import dtype as dtype_class, float32, float64, get_default_dtype, int64
from ..layout import contiguous_strides, preserved_strides, storage_extent
from ..promotion import number_dtype, promote_types
from ..registry import OperandError, op
from ..tensor import Tensor, allocate, contiguous_format, format_strides, preserve_format, wrap
from .conversion import convert, element_of
from .views import sizes



def finish(tensor: Tensor, requires_grad: bool) -> Tensor:
    """Give a fresh tensor its ``requires_grad``."""
    if requires_grad:
        if tensor._view.dtype.category < 2:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        tensor._requires_grad = True
    from ..autograd.modes import modes

    if modes.inference:
        tensor._inference = True
    return tensor


def shape_of(size: Sequence[Any], function: str) -> tuple[int, ...]:
    """A shape from varargs or one sequence; RuntimeError for negative sizes."""
    if len(size) == 1 and not isinstance(size[0], (tuple, list)) and (isinstance(size[0], (float, bool, str)) or not hasattr(size[0], "__index__")):
        raise TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, not {type(size[0]).__name__}")
    shape = sizes(size, function)
    if any(s < 0 for s in shape):
        if function in ("zeros",):
            raise RuntimeError(f"{function}: Dimension size must be non-negative.")
        bad = next(s for s in shape if s < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {list(shape)}")
    return shape


def check_dtype(dtype: Any, function: str) -> None:
    if dtype is not None and not isinstance(dtype, dtype_class):
        raise TypeError(f"{function}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")


# -- from Python values ----------------------------------------------------------------------------


def _flatten(data: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The shape and the numbers of nested sequences, which must be rectangular."""
    if not _is_sequence(data):
        return (), [data]
    shape = [len(data)]
    level = list(data)
    while level and _is_sequence(level[0]):
        width = len(level[0])
        following: list[Any] = []
        for item in level:
            if not _is_sequence(item):
                raise TypeError(f"expected a sequence of length {width} at dim {len(shape)} (got {type(item).__name__})")
            if len(item) != width:
                raise ValueError(f"expected sequence of length {width} at dim {len(shape)} (got {len(item)})")
            following.extend(item)
        shape.append(width)
        level = following
    return tuple(shape), level


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (list, tuple, range)):
        return True
    return isinstance(value, Tensor) and value.dim() > 0 or _is_array(value) and value.ndim > 0


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array_interface__") and hasattr(value, "ndim")


def infer_dtype(values: Sequence[Any]) -> dtype_class:
    """The dtype of Python values: the highest of bool, int64, the default dtype and its complex dtype; no values give the default dtype."""
    kinds = set(map(type, values))
    if not kinds:
        return get_default_dtype()
    found: dtype_class | None = None
    for kind in kinds:
        sample = next(v for v in values if type(v) is kind)
        if isinstance(sample, Tensor):
            one = sample.dtype
        elif isinstance(sample, (bool, int, float, complex)):
            one = number_dtype(sample)
        elif isinstance(sample, str):
            raise TypeError("new(): invalid data type 'str'")
        elif _is_array(sample):
            one = _array_dtype(sample)
        else:
            raise RuntimeError(f"Could not infer dtype of {type(sample).__name__}")
        found = one if found is None else promote_types(found, one)
    assert found is not None  # there is at least one kind
    return found


def _array_dtype(value: Any) -> dtype_class:
    from ..interchange import dtype_of_array

    return dtype_of_array(value)


def from_values(data: Any, dtype: dtype_class | None, kernels: Kernels) -> Tensor:
    """A fresh tensor from nested sequences of numbers."""
    if _is_array(data):
        from ..interchange import from_numpy

        source = from_numpy(data)
        return convert(source, dtype or source.dtype, None, copy=True)
    shape, values = _flatten(data)
    target = infer_dtype(values) if dtype is None else dtype
    host = kernels_for("cpu")
    numbers = [_element(v, target) for v in values]
    out = allocate(shape, target, host)
    from ..cpu.buffers import write
    from ..cpu.encode import encode

    write(out._view, encode(target, numbers))
    return out if kernels is host else _moved(out, kernels)


def _moved(tensor: Tensor, kernels: Kernels) -> Tensor:
    view = tensor._view
    moved = kernels.from_bytes(view.storage.kernels.to_bytes(view))
    return wrap(View(moved, 0, view.shape, contiguous_strides(view.shape), view.dtype))


def _element(value: Any, target: dtype_class) -> Any:
    if isinstance(value, (Tensor,)) or _is_array(value):
        value = value.item()
    category = target.category
    if isinstance(value, int):
        if category < 2 and not -(1 << 63) <= value < (1 << 63):
            raise ValueError("Overflow when unpacking long long")
        if category == 1 and not isinstance(value, bool):
            limits = dtypes.iinfo(target)
            if not (limits.min if target.is_signed else -limits.max) <= value <= limits.max:
                raise RuntimeError(f"value cannot be converted to type {target.name} without overflow")
        return value
    if isinstance(value, float):
        if category == 1:
            limits = dtypes.iinfo(target)
            if value != value or not (limits.min if target.is_signed else -limits.max) <= value <= limits.max:
                raise RuntimeError(f"value cannot be converted to type {target.name} without overflow")
            return int(value)
        return value
    if isinstance(value, complex):
        if category < 3:
            raise TypeError("must be real number, not complex")
        return value
    if isinstance(value, str):
        raise TypeError("new(): invalid data type 'str'")
    raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")


@op("function", differentiable=False)
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A fresh tensor that holds a copy of ``data``: a number, nested lists or tuples, or an array.

    Without ``dtype``: bools give bool, ints int64, floats the default dtype, complex numbers its complex dtype; the highest kind present wins.
    ValueError for ragged sequences, RuntimeError for values that are no numbers or do not fit the dtype.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> tensor([1, 2.5])
    tensor([1.0000, 2.5000])
    """
    check_dtype(dtype, "tensor")
    kernels = kernels_for(device) if device is not None or not isinstance(data, Tensor) else data._view.storage.kernels
    if isinstance(data, Tensor):
        import warnings

        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                      "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).", stacklevel=3)
        source = convert(data.detach(), dtype, device, copy=True)
        return finish(wrap(source._view), requires_grad)
    return finish(from_values(data, dtype, kernels), requires_grad)


@op("function")
def as_tensor(data, dtype=None, device=None):
    """The data as a tensor, without a copy if it is a tensor (or array) of this dtype and device already.

    >>> x = ones(2)
    >>> as_tensor(x) is x
    True
    """
    if isinstance(data, Tensor):
        return convert(data, dtype, device)
    if _is_array(data):
        from ..interchange import from_numpy

        return convert(from_numpy(data), dtype, device)
    return tensor(data, dtype=dtype, device=device)


asarray_copy_message = "asarray cannot return a tensor without a copy"


@op("function")
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """The object as a tensor; ``copy`` True always copies, False never does (ValueError where it would have to), None copies if needed.

    >>> asarray([1, 2])
    tensor([1, 2])
    """
    result = as_tensor(obj, dtype, device)
    if copy and result is obj:
        result = result.clone()
    if copy is False and not (isinstance(obj, Tensor) and result is obj or _is_array(obj)):
        raise ValueError(asarray_copy_message)
    return result.requires_grad_() if requires_grad else result


@op("function", differentiable=False)
def scalar_tensor(s, *, dtype=None, device=None, requires_grad=False):
    """A 0-d tensor of the default dtype (unless given).

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return full((), s, dtype=dtype or get_default_dtype(), device=device, requires_grad=requires_grad)


def legacy_constructor(cls: Any, *args: Any, device: Any = None) -> Any:
    """``Tensor(2, 3)``, ``Tensor([1, 2])``, ``Tensor()``: float tensors of the default dtype, uninitialised or from data."""
    if len(args) == 1 and isinstance(args[0], Tensor):
        made = alias_detached(args[0])
    elif len(args) == 1 and isinstance(args[0], (list, tuple)) and not isinstance(args[0], tuple.__class__):
        made = tensor(args[0], dtype=get_default_dtype(), device=device) if not _is_size(args[0]) else empty(tuple(args[0]), device=device)
    elif len(args) == 1 and not isinstance(args[0], int):
        raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
    else:
        made = empty(args or (0,), device=device)
    if cls is not Tensor:
        other = object.__new__(cls)
        other._view = made._view
        return other
    return made


def _is_size(value: Any) -> bool:
    from ..tensor import Size

    return isinstance(value, Size)


def alias_detached(x: Tensor) -> Tensor:
    return wrap(x._view)


# -- constants -------------------------------------------------------------------------------------


def _constant(shape: tuple[int, ...], value: Any, dtype: dtype_class, device: Any, requires_grad: bool, strides: tuple[int, ...] | None = None) -> Tensor:
    kernels = kernels_for(device)
    made = allocate(shape, dtype, kernels, strides)
    if value is not None:
        kernels.fill(made._view, value)
    return finish(made, requires_grad)


@op("out", differentiable=False)
def zeros(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    check_dtype(dtype, "zeros")
    return _constant(shape_of(_given(size, "zeros"), "zeros"), 0, dtype or get_default_dtype(), device, requires_grad)


def _given(size: Sequence[Any], function: str) -> Sequence[Any]:
    if not size:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    return size


@op("out", differentiable=False)
def ones(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    check_dtype(dtype, "ones")
    return _constant(shape_of(_given(size, "ones"), "ones"), 1, dtype or get_default_dtype(), device, requires_grad)


@op("out", differentiable=False)
def empty(*size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=contiguous_format):
    """A tensor whose elements are unspecified (refimpl's are zeros).

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    check_dtype(dtype, "empty")
    shape = shape_of(_given(size, "empty"), "empty")
    return _constant(shape, None, dtype or get_default_dtype(), device, requires_grad, format_strides(shape, memory_format))


@op("function", differentiable=False)
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of the given shape and strides whose elements are unspecified.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape, strides = shape_of((size,), "empty_strided"), sizes((stride,), "empty_strided", "stride")
    if len(shape) != len(strides):
        raise RuntimeError(f"mismatch in length of strides and shape: {list(shape)} and {list(strides)}")
    kernels = kernels_for(device)
    dtype = dtype or get_default_dtype()
    storage = kernels.allocate(storage_extent(shape, strides) * dtype.itemsize)
    return finish(wrap(View(storage, 0, shape, strides, dtype)), requires_grad)


@op("out", differentiable=False)
def full(size, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False):
    """A tensor whose every element is ``fill_value``; its kind of number decides the dtype unless given.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    check_dtype(dtype, "full")
    shape = shape_of((size,), "full")
    if isinstance(fill_value, Tensor):
        dtype = dtype or fill_value.dtype
        fill_value = fill_value.item()
    if not isinstance(fill_value, (bool, int, float, complex)):
        raise OperandError(fill_value, "Number")
    dtype = dtype or number_dtype(fill_value)
    return _constant(shape, element_of(fill_value, dtype), dtype, device, requires_grad)


def _like(input: Tensor, value: Any, dtype: dtype_class | None, device: Any, requires_grad: bool, memory_format: Any) -> Tensor:
    view = input._view
    strides = preserved_strides(view.shape, view.strides) if memory_format is preserve_format else format_strides(view.shape, memory_format)
    made = allocate(view.shape, dtype or view.dtype, view.storage.kernels if device is None else kernels_for(device), strides)
    if value is not None:
        made._view.storage.kernels.fill(made._view, element_of(value, made.dtype))
    return finish(made, requires_grad)


@op("function", differentiable=False)
def zeros_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format):
    """Zeros with the input's shape, dtype, device and (dense) strides.

    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return _like(input, 0, dtype, device, requires_grad, memory_format)


@op("function", differentiable=False)
def ones_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format):
    """Ones with the input's shape, dtype, device and (dense) strides.

    >>> ones_like(tensor([1, 2]))
    tensor([1, 1])
    """
    return _like(input, 1, dtype, device, requires_grad, memory_format)


@op("function", differentiable=False)
def empty_like(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format):
    """A tensor with the input's shape, dtype, device and (dense) strides, whose elements are unspecified.

    >>> empty_like(zeros(2, 3).t()).stride()
    (1, 3)
    """
    return _like(input, None, dtype, device, requires_grad, memory_format)


@op("function", differentiable=False)
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=preserve_format):
    """``fill_value`` everywhere, with the input's shape, dtype, device and (dense) strides.

    >>> full_like(tensor([1, 2]), 7)
    tensor([7, 7])
    """
    return _like(input, fill_value, dtype, device, requires_grad, memory_format)


def _new(input: Tensor, shape: tuple[int, ...], value: Any, dtype: dtype_class | None, device: Any, requires_grad: bool) -> Tensor:
    view = input._view
    made = allocate(shape, dtype or view.dtype, view.storage.kernels if device is None else kernels_for(device))
    if value is not None:
        made._view.storage.kernels.fill(made._view, element_of(value, made.dtype))
    return finish(made, requires_grad)


@op("only method", differentiable=False)
def new_zeros(input, *size, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """Zeros with the input's dtype and device.

    >>> tensor([1]).new_zeros(2)
    tensor([0, 0])
    """
    return _new(input, shape_of(_given(size, "new_zeros"), "new_zeros"), 0, dtype, device, requires_grad)


@op("only method", differentiable=False)
def new_ones(input, *size, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """Ones with the input's dtype and device.

    >>> tensor([1]).new_ones(2)
    tensor([1, 1])
    """
    return _new(input, shape_of(_given(size, "new_ones"), "new_ones"), 1, dtype, device, requires_grad)


@op("only method", differentiable=False)
def new_empty(input, *size, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """A tensor with the input's dtype and device, whose elements are unspecified.

    >>> tensor([1]).new_empty(2, 3).shape
    torch.Size([2, 3])
    """
    return _new(input, shape_of(_given(size, "new_empty"), "new_empty"), None, dtype, device, requires_grad)


@op("only method", differentiable=False)
def new_empty_strided(input, size, stride, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """Like ``new_empty``, with the given strides.

    >>> tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return empty_strided(size, stride, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@op("only method", differentiable=False)
def new_full(input, size, fill_value, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """``fill_value`` everywhere, with the input's dtype and device.

    >>> tensor([1]).new_full((2,), 7)
    tensor([7, 7])
    """
    return _new(input, shape_of((size,), "new_full"), fill_value, dtype, device, requires_grad)


@op("only method", differentiable=False)
def new_tensor(input, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """``tensor(data)`` with the input's dtype and device.

    >>> tensor([1.]).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return tensor(data, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@op("out", differentiable=False)
def eye(n, m=None, *, dtype=None, layout=None, device=None, requires_grad=False):
    """Ones on the main diagonal of an n by m matrix (m = n unless given), zeros elsewhere.

    >>> eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    m = n if m is None else m
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    made = _constant((n, m), 0, dtype or get_default_dtype(), device, False)
    if n and m:
        view = made._view
        view.storage.kernels.fill(View(view.storage, 0, (min(n, m),), (m + 1,), view.dtype), 1)
    return finish(made, requires_grad)


# -- ranges ----------------------------------------------------------------------------------------


def _number(value: Any, function: str, name: str) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(f"{function}(): argument '{name}' must be Number, not {type(value).__name__}")
    return int(value) if isinstance(value, bool) else value


@op("out", differentiable=False)
def arange(*bounds, start=None, end=None, step=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``start, start + step, ...`` below ``end`` (beyond it for a negative step): ``arange(end)``, ``arange(start, end)``, ``arange(start, end, step)``.

    int64 if all three are ints, else the default dtype. There are ceil((end - start) / step) elements, counted in float64; element i is
    start + i * step, in the arithmetic of the dtype's widest form (int64, or float64 rounded once).
    RuntimeError if step is 0, points away from ``end``, or the range is not finite.

    >>> arange(1, 4, 2)
    tensor([1, 3])
    """
    given = list(bounds)
    if len(given) == 1 and end is None and start is None:
        given = [0, given[0]]
    elif len(given) == 1 and end is None:
        given = [start, given[0]]
    elif len(given) == 0:
        if end is None:
            raise TypeError("arange() missing 1 required positional arguments: \"end\"")
        given = [0 if start is None else start, end]
    elif len(given) == 1:
        given = [given[0], end]
    first = _number(given[0], "arange", "start")
    last = _number(given[1], "arange", "end")
    by = _number(given[2] if len(given) > 2 else 1 if step is None else step, "arange", "step")
    if dtype is None:
        dtype = get_default_dtype() if any(isinstance(v, float) for v in (first, last, by)) else int64
    check_dtype(dtype, "arange")
    if by == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(first) and math.isfinite(last)):
        raise RuntimeError(f"unsupported range: {_plain(first)} -> {_plain(last)}")
    if (by > 0) != (last >= first) and last != first:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is int64 and all(isinstance(v, int) for v in (first, last, by)):
        for value in (first, last, by):
            if not -(1 << 63) <= value < 1 << 63:
                raise RuntimeError("value cannot be converted to type int64_t without overflow")
        count = max(0, -((first - last) // by))
    else:
        if dtype.category == 1:
            first, last, by = (element_of(v, int64) if dtype is int64 else v for v in (first, last, by))
        count = math.ceil((last - first) / by)
    if dtype.category == 1:
        values: Sequence[Any] = range(int(first), int(first) + count * int(by), int(by)) if int(by) else [int(first)] * count
    else:
        a, s = (float(first), float(by)) if dtype is float64 else _accumulation(first, by, dtype)
        values = [a + i * s for i in range(count)]
    return _from_numbers(values, (count,), dtype, device, requires_grad)


def _accumulation(first: Any, by: Any, d: dtype_class) -> tuple[float, float]:
    """torch converts the bounds of a range to the accumulation type first: float64 for float32 and the 16-bit floats on the CPU."""
    return float(first), float(by)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _from_numbers(values: Sequence[Any], shape: tuple[int, ...], dtype: dtype_class, device: Any, requires_grad: bool) -> Tensor:
    from ..cpu.buffers import write
    from ..cpu.encode import encode

    host = kernels_for("cpu")
    kernels = kernels_for(device)
    made = allocate(shape, dtype, host)
    write(made._view, encode(dtype, values))
    return finish(made if kernels is host else _moved(made, kernels), requires_grad)


@op("out", differentiable=False, name="range")
def range_(start, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """``start, start + step, ...`` up to and including ``end``. Deprecated by torch in favour of :func:`arange`.

    >>> range(1, 3)
    tensor([1., 2., 3.])
    """
    import warnings

    warnings.warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's range "
                  "builtin. Instead, use torch.arange, which produces values in [start, end).", stacklevel=3)
    if end is None:
        start, end = 0, start
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.floor((end - start) / step) + 1
    return _from_numbers([start + i * step for i in range(count)], (count,), dtype or get_default_dtype(), device, requires_grad)


@op("out", differentiable=False)
def linspace(start, end, steps, *, dtype=None, layout=None, device=None, requires_grad=False):
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    The first half is start + i * step and the second end - (steps - 1 - i) * step, so that both ends are met exactly. Integer
    dtypes truncate toward zero; their step is a float32 as torch's is.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    first, last = _number(start, "linspace", "start"), _number(end, "linspace", "end")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype is None:
        dtype = dtypes.default_complex() if isinstance(first, complex) or isinstance(last, complex) else get_default_dtype()
    return _from_numbers(_spaced(first, last, steps, dtype), (steps,), dtype, device, requires_grad)


def _spaced(first: Any, last: Any, steps: int, dtype: dtype_class) -> list[Any]:
    if steps == 1:
        return [first]
    if steps == 0:
        return []
    half = steps // 2
    if dtype.category == 1:
        first, last = int(first), int(last)
        step: Any = to_float32(to_float32(last - first) / to_float32(steps - 1))
        values = [to_float32(first + to_float32(step * i)) if i < half else to_float32(last - to_float32(step * (steps - 1 - i))) for i in range(steps)]
        return [int(v) for v in values]
    if dtype.category == 2:
        first, last = to_precision(first, dtype), to_precision(last, dtype)
    step = (last - first) / (steps - 1)
    return [first + step * i if i < half else last - step * (steps - 1 - i) for i in range(steps)]


def to_float32(value: float) -> float:
    """A number rounded to float32."""
    from array import array

    return array("f", (value,))[0]


def to_precision(value: Any, d: dtype_class) -> float:
    """A number as torch holds it for a computation in dtype ``d``: float64, or float32 for narrower floats."""
    return float(value) if d is float64 else to_float32(float(value))


@op("out", differentiable=False)
def logspace(start, end, steps, base=10.0, *, dtype=None, layout=None, device=None, requires_grad=False):
    """``base`` to the powers of ``linspace(start, end, steps)``.

    >>> logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    first, last = _number(start, "logspace", "start"), _number(end, "logspace", "end")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = dtype or get_default_dtype()
    exponents = _spaced(first, last, steps, float32 if dtype.category == 1 else dtype)
    powers = [_power(float(base), e) if not isinstance(e, complex) else base**e for e in exponents]
    if dtype.category == 1:
        powers = [int(p) for p in powers]
    return _from_numbers(powers, (steps,), dtype, device, requires_grad)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


@op("function", differentiable=False)
def tril_indices(row, col, offset=0, *, dtype=int64, device=None):
    """The row and column numbers of the lower triangle, a (2, n) tensor in row-major order.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    pairs = [(i, j) for i in range(row) for j in range(col) if j <= i + offset]
    return _from_numbers([i for i, _ in pairs] + [j for _, j in pairs], (2, len(pairs)), dtype, device, False)


@op("function", differentiable=False)
def triu_indices(row, col, offset=0, *, dtype=int64, device=None):
    """The row and column numbers of the upper triangle, a (2, n) tensor in row-major order.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    pairs = [(i, j) for i in range(row) for j in range(col) if j >= i + offset]
    return _from_numbers([i for i, _ in pairs] + [j for _, j in pairs], (2, len(pairs)), dtype, device, False)


