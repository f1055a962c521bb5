"""The forms of an operation that write: in place, and into ``out=``. Nothing is written before everything has been checked."""

from __future__ import annotations

from typing import Any, Sequence

from .. import return_types
from ..autograd.in_place import check_inplace, count_write, finish_inplace, original, prepare_inplace
from ..autograd.modes import modes
from ..foundation.dtypes import dtype
from ..foundation.kernels import View
from ..foundation.layout import contiguous_strides, elementwise_strides, has_internal_overlap, is_non_overlapping_and_dense, storage_extent
from ..foundation.promotion import can_cast
from ..signatures.matching import Door
from ..tensor import Tensor
from .binding import any_requires_grad
from .operation import Operation, operations
from .output_kinds import OutputKind, output_kind
from .refusals import refuse


def make_inplace(operation: Operation, door: Door) -> Any:
    """The in-place form ``name_``: evaluate, then write the result into the first argument, which is returned."""
    straight = door.straight
    parse = door.parse

    def inplace(*args: Any, **kwargs: Any) -> Any:
        if kwargs or tuple(map(type, args)) not in straight:
            args, kwargs, _ = parse(args, kwargs)  # type: ignore[assignment]
        return run_in_place(operation, args[0], args[1:], kwargs)

    return inplace


def run_in_place(operation: Operation, self: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Evaluate, and write the result into ``self``; the arguments have passed the door."""
    previous = modes.grad
    track = previous and (operation.differentiable or operation.gradients) and (
        self.requires_grad or any_requires_grad(args) or bool(kwargs and any_requires_grad(kwargs.values())))
    if operation.leaves_integers_untracked and self._view.dtype.category < 2:
        track = False
    if (track or previous and self.requires_grad) and not operation.resizes:
        check_inplace(self)
    before = self._view
    if track and operation.differentiable and not operation.gradients and not operation.mutates:
        return _run_composite_inplace(operation, self, args, kwargs)
    node = prepare_inplace(operation, self, operation.bind((self, *args), kwargs)) if track else None
    modes.grad = False
    try:
        if operation.restricted:
            operation.check((self, *args), kwargs)
        if operation.mutates:
            operation.body(self, *args, **kwargs)
        else:
            result = operation.in_place(self, *args, **kwargs)
            if result is not self:
                refuse_overlap(self, (*args, *kwargs.values()) if operation.apart else args, operation.apart)
                if getattr(operation.out, "sets_output", False) and result.shape != self.shape:
                    raise RuntimeError(f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size {list(result.shape)} "
                                       "should match")
                source, target = result._view.dtype, self._view.dtype
                if source is not target and not can_cast(source, target):
                    raise output_kind(operation, operation.bind((self, *args), kwargs)).cast_refusal(operation.name, source, target)
                write_result(result, self)
    except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
        _report_first(error, self, args, in_place=True, sets_output=getattr(operation.out, "sets_output", False), apart=operation.apart)
        raise refuse(error, operation, (self, *args), kwargs, (self,)) from None
    finally:
        modes.grad = previous
    if not operation.resizes or self._view is not before:
        count_write(self)
    if node is not None:
        finish_inplace(node, self)
    return self


def _run_composite_inplace(operation: Operation, self: Tensor, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """A composite has no node of its own: evaluate it, recorded, on what the tensor was, and copy the result into the tensor, recorded too."""
    if operation.restricted:
        operation.check((self, *args), kwargs)
    result = operation.body(original(self), *args, **kwargs)
    refuse_overlap(self, args)
    check_result(result, self)
    return operations["copy_"].function(self, result)  # type: ignore[no-any-return]


def check_result(result: Tensor, out: Tensor) -> None:
    """Whether a result may be stored in an existing tensor: the shape may not grow, the dtype may not rise in category."""
    source, target = result._view, out._view
    if source.shape != target.shape:
        raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(source.shape)}")
    if source.dtype is not target.dtype:
        _check_cast(source.dtype, target.dtype)


def write_result(result: Tensor, out: Tensor) -> None:
    """Store an operation's result in an existing tensor."""
    check_result(result, out)
    out._view.storage.kernels.copy(out._view, result._view)


def overwrite(input: Tensor, result: Tensor, operands: Sequence[Any] = ()) -> Tensor:
    """The body of an in-place operation of its own: ``input``, with the result written into it."""
    refuse_overlap(input, operands)
    write_result(result, input)
    return input


def _check_cast(source: dtype, target: dtype) -> None:
    if not can_cast(source, target):
        raise RuntimeError(f"result type {source.type_name} can't be cast to the desired output type {target.type_name}")


def _report_first(error: Exception, target: Tensor, inputs: Sequence[Any] = (), in_place: bool = False, sets_output: bool = False,
                  apart: bool = False) -> None:
    """What torch finds wrong with the tensor to be written before it finds ``error``: overlap, shape, dtype.

    Pointwise operations look for overlap before they broadcast (:func:`~refimpl.foundation.layout.iteration_shape`). Kernels come last, and their
    errors say what the result would have been. Other errors come first.
    """
    if getattr(error, "of_iteration", False):
        refuse_overlap(target, inputs)
        return
    d = getattr(error, "result_dtype", None)
    if d is None:
        return
    shape = getattr(error, "result_shape", None)
    if in_place and not sets_output or shape is not None:
        refuse_overlap(target, inputs, apart)
    if in_place and shape is not None and shape != target._view.shape:
        ours, theirs = list(target._view.shape), list(shape)
        if sets_output:
            raise RuntimeError(f"Bad in-place call: input tensor size {ours} and output tensor size {theirs} should match") from None
        raise RuntimeError(f"output with shape {ours} doesn't match the broadcast shape {theirs}") from None
    _check_cast(d, target._view.dtype)


def refuse_overlap(out: Tensor, inputs: Sequence[Any] = (), apart: bool = False) -> None:
    """Refuse to write where two elements of ``out`` share memory, or ``out`` and an input in part (``apart``: or as a whole)."""
    view = out._view
    if has_internal_overlap(view.shape, view.strides):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation.")
    for input in inputs:
        if isinstance(input, Tensor) and input._view.storage is view.storage and (apart or input is not out) and _overlap(view, input._view, apart):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. "
                "Please clone() the tensor before performing the operation.")


def _overlap(a: View, b: View, wholly: bool) -> bool:
    """Whether two dense views share memory in part, or, with ``wholly``, at all; of views with gaps torch does not find out."""
    if not a.numel or not b.numel:
        return False
    if not (is_non_overlapping_and_dense(a.shape, a.strides) and is_non_overlapping_and_dense(b.shape, b.strides)):
        return False
    a_bytes = a.offset * a.dtype.itemsize, storage_extent(a.shape, a.strides, a.offset) * a.dtype.itemsize
    b_bytes = b.offset * b.dtype.itemsize, storage_extent(b.shape, b.strides, b.offset) * b.dtype.itemsize
    if a_bytes == b_bytes:
        return wholly or a.strides != b.strides
    return a_bytes[0] < b_bytes[1] and b_bytes[0] < a_bytes[1]


# -- out= ------------------------------------------------------------------------------------------


def run_out(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    bound = operation.bind(args, kwargs)
    outs = out if isinstance(out, (tuple, list)) else (out,)
    if modes.grad and operation.differentiable and (any_requires_grad(args) or any_requires_grad(kwargs.values()) or any_requires_grad(outs)):
        raise RuntimeError(f"{operation.name}(): functions with out=... arguments don't support automatic differentiation, "
                           "but one of the arguments requires grad.")
    try:
        result = _result_for(operation, args, kwargs, bound, outs)
    except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
        _report_first(error, outs[0], args)
        raise refuse(error, operation, args, kwargs, outs) from None
    results = result if isinstance(result, (tuple, list)) else (result,)
    inputs = args
    if operation.apart:  # what could be done in place may be written over its first input
        inputs = [value for name, value in bound.items() if name != operation.positional[0] or "inplace" not in operation.forms]
    for source, target in zip(results, outs):
        store_out(source, target, inputs, operation.apart)
    if not isinstance(result, tuple):
        return out
    return getattr(return_types, type(result).__name__ + "_out", type(result))(outs)


def _result_for(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], bound: dict[str, Any], outs: Sequence[Tensor]) -> Any:
    """The result to be stored in the outputs, which have been found to be of the kind that the operation declares."""
    if operation.out is not None and not isinstance(operation.out, OutputKind) and operation.out.__code__.co_argcount > 1:  # a rule of its own
        return operation.out(operation.function, args, kwargs, outs)
    kind = output_kind(operation, bound)
    first = outs[0].dtype
    if kind.evaluated:
        given = bound.get("dtype")
        if given is not None and given is not first:
            raise kind.refusal(operation.name, given, first)  # type: ignore[misc]  # it is one: the dtypes differ
        kwargs = {**kwargs, "dtype": first, **({"device": outs[0].device} if kind.filled else {})}
    result = operation.function(*args, **kwargs)
    for source, target in zip(result if isinstance(result, tuple) else (result,), outs):
        error = kind.refusal(operation.name, source.dtype, target.dtype)
        if error is not None:
            raise error
        if target._view.shape != source._view.shape and (kind.filled or kind.layout == "contiguous"):
            shape = source._view.shape
            resize_output(target, shape, contiguous_strides(shape), warned=not kind.filled)
    return result


def store_out(source: Tensor, target: Tensor, inputs: Sequence[Any] = (), apart: bool = False) -> None:
    """Store a result in a tensor given as ``out=``, which takes the result's shape if it has another."""
    if source._view.dtype is not target._view.dtype:
        _check_cast(source._view.dtype, target._view.dtype)
    if target._view.shape != source._view.shape:
        shape, strides = source._view.shape, source._view.strides
        if any(source is input for input in inputs):  # it is copied, as by a pointwise operation
            strides = elementwise_strides(shape, [(shape, strides)])
        resize_output(target, shape, strides)
    refuse_overlap(target, inputs, apart)
    write_result(source, target)
    count_write(target)


def resize_output(out: Tensor, shape: tuple[int, ...], strides: tuple[int, ...], warned: bool = True) -> None:
    """Give ``out`` another shape and the strides of the result, growing its storage if need be; warn (if ``warned``) if it held elements."""
    view = out._view
    if view.numel and warned:
        import warnings

        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(view.shape)}, which does not match the required "
            f"output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless "
            "they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
            stacklevel=4,
        )
    nbytes = storage_extent(shape, strides, view.offset) * view.dtype.itemsize
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    out._view = View(view.storage, view.offset, shape, strides, view.dtype)
