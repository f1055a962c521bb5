"""Creation: tensors from Python's numbers and sequences, from arrays and from buffers."""

from __future__ import annotations

from typing import Any

from ...foundation.devices import device_of, kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import get_default_dtype
from ...operations.registry import op
from ...operations.slices import ITEM, elements_of
from ...tensor import Tensor, wrap
from .buffers import frombuffer
from .conversion import convert
from .fresh import finish_read, pinnable, refuse_gradient, warn
from .nested_data import foreign, from_values, is_numpy


def _copied(data: Any, dtype: dtype_class | None, device: Any, requires_grad: bool, advice: str) -> Tensor:
    if isinstance(data, Tensor):
        warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
             f"sourceTensor.detach().clone().requires_grad_(True), rather than {advice}(sourceTensor).")
        return finish_read(wrap(convert(wrap(data._view), dtype, device, copy=True)._view), requires_grad)
    return finish_read(from_values(data, dtype, kernels_for(device)), requires_grad)


@op("function", differentiable=False, dtypes="every", elsewhere="data", slices=elements_of("data", ITEM))
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A fresh tensor that holds a copy of ``data``: a number, nested sequences of numbers, or an array.

    The shape is that of the nesting. Without ``dtype``: bools give bool, ints int64, floats the default dtype, complex numbers its complex
    dtype; the highest kind present wins, and no elements give the default dtype. Tensors of one element count as numbers of their dtype. For an
    integer dtype fractions are cut off, for bool a value is compared with 0; floats and integers beyond the range of a float dtype become infinite.

    ValueError for ragged sequences and for integers beyond int64, TypeError for values that are no numbers, RuntimeError for
    numbers out of the range of an integer dtype, for objects whose kind cannot be told, and for ``requires_grad`` of an integer or bool dtype.
    There is no gradient: a tensor in ``data`` is copied, with a warning.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> tensor([1, 2.5])
    tensor([1.0000, 2.5000])
    """
    return _copied(data, dtype, device, requires_grad, "torch.tensor")


@tensor.constraints
def _(require, data, pin_memory):
    copied = isinstance(data, Tensor)
    require(not pin_memory or not copied, RuntimeError, "Can't pin tensor constructed from a variable")
    pinnable(require, pin_memory and not copied)


@op("only method", differentiable=False, dtypes="every", elsewhere="data")
def new_tensor(input, data, *, dtype=None, device=None, requires_grad=False):
    """``tensor(data)`` with the input's dtype and on its device, unless others are given.

    The values are converted, and the errors are those, as by :func:`tensor`. There is no gradient.

    >>> tensor([1.]).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return _copied(data, dtype or input.dtype, input.device if device is None else device, requires_grad, "tensor.new_tensor")


@op("function", elsewhere="data")
def as_tensor(data, *, dtype=None, device=None):
    """The data as a tensor, without a copy if it is a tensor (or a NumPy array) of this dtype and device already.

    What is no tensor and no array is converted, and refused, as by :func:`tensor`; an array is shared, and refused, as by :func:`from_numpy`. Dtype
    and device stay what they are unless given. The gradient of a tensor is the result's.

    >>> x = ones(2)
    >>> as_tensor(x) is x
    True
    """
    if isinstance(data, Tensor):
        return convert(data, dtype, device)
    if is_numpy(data):
        return convert(foreign["share_numpy"](data), dtype, device)
    return from_values(data, dtype, kernels_for(device))


@op("function", elsewhere="obj")
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """The object as a tensor, on its memory if it is a tensor, a NumPy array, or has ``__dlpack__`` or a buffer.

    ``copy`` True always copies, False never does, None copies where dtype or device have to change. An array without dimensions counts as a scalar:
    it is copied whatever ``copy`` says. A buffer's bytes are taken for elements of
    ``dtype`` (the default dtype unless given). Numbers and sequences are converted, and refused, as by :func:`tensor`. ``requires_grad`` is that
    of a tensor given, with a warning, unless stated; False detaches.

    ValueError if ``copy`` is False and the object has no memory to share, or dtype or device would have to change; RuntimeError if it is
    False for a scalar of NumPy's, and for ``requires_grad`` of an integer or bool dtype. The gradient of a tensor is the result's.

    >>> asarray([1, 2])
    tensor([1, 2])
    """
    shared = _on_its_memory(obj, dtype, copy is not True)
    if shared is None:
        return finish_read(from_values(obj, dtype, kernels_for(device)), requires_grad)
    result = convert(shared, dtype, device)
    if copy and result is shared:
        result = shared.clone()
    if requires_grad is None:
        if shared.requires_grad and not _warned:
            _warned.append(True)
            warn("torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass requires_grad=False "
                 "explicitly to get the old behavior and silence this warning.")
        return result.requires_grad_() if shared.requires_grad and result._grad_fn is None else result  # no view is looked at
    if not result.is_leaf:
        return result if requires_grad else wrap(result._view)
    refuse_gradient(result, requires_grad)
    return result.requires_grad_(requires_grad)


_warned: list[bool] = []  # torch gives this warning once


@asarray.constraints
def _(require, obj, dtype, device, copy):
    if copy is False:
        require(not is_numpy(obj, "generic"), RuntimeError, "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. ")
        shared = _on_its_memory(obj, dtype, True)
        require(shared is not None, ValueError, "can't alias arbitrary sequence into a tensor.")
        assert shared is not None
        target = shared.device if device is None else device_of(kernels_for(device))
        require(target == shared.device, ValueError, "can't alias tensor from device '{}' to '{}'.", shared.device, target)
        require(dtype is None or dtype is shared.dtype, ValueError, "can't alias tensor with dtype '{}' into dtype '{}'.",
                shared.dtype.type_name, dtype.type_name if dtype else "")  # fmt: skip


def _on_its_memory(obj: Any, d: dtype_class | None, writable: bool) -> Tensor | None:
    """A tensor on the object's memory, or on a copy of an array without dimensions; None if it is a number or a sequence."""
    if isinstance(obj, Tensor):
        return obj
    if is_numpy(obj):
        found: Tensor = foreign["share_numpy"](obj, writable=writable)
        return found if obj.ndim else found.clone()  # type: ignore[attr-defined, no-any-return]
    if is_numpy(obj, "generic"):
        return None
    if hasattr(obj, "__dlpack__"):
        return foreign["from_dlpack"](obj)  # type: ignore[no-any-return]
    try:
        memoryview(obj).release()
    except TypeError:
        return None
    return frombuffer(obj, dtype=d or get_default_dtype())
