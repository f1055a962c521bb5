"""The forms of an operation that write: in place, and into ``out=``. Nothing is written before everything has been checked."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from .. import return_types
from ..autograd.in_place import check_inplace, count_write, finish_inplace, original, prepare_inplace, rebase_without_derivative
from ..autograd.modes import modes
from ..foundation.c_names import spelled_c_name
from ..foundation.dtypes import Limited, dtype
from ..foundation.kernels import Elsewhere, LazyView, View, as_lazy
from ..foundation.layout import contiguous_strides, has_internal_overlap, is_contiguous, preserved_strides, storage_extent
from ..foundation.promotion import can_cast
from ..signatures.matching import Door
from ..signatures.overriding import UNANSWERED, overriding
from ..tensor import Tensor, alias
from ..tensor.lazy import resolved, resolved_arguments, write_through
from .autocast import uncast
from .binding import any_requires_grad, only_inference
from .operation import Operation, operations
from .output_kinds import EVALUATED, EXACT_OUTPUT, RESIZED, Listed, output_kind
from .refusals import refuse
from .sharing import PICKED, POINTWISE, Sharing, last_of_shared, other_shape, refuse_overlap, refuse_shared_elements, refuse_shared_inputs, sharing_of


def make_inplace(operation: Operation, door: Door) -> Any:
    """The in-place form ``name_``: evaluate, then write the result into the first argument, which is returned."""
    straight = door.straight
    parse = door.parse

    def inplace(*args: Any, **kwargs: Any) -> Any:
        if overriding.users:
            answered = door.answer(inplace, args, kwargs)
            if answered is not UNANSWERED:
                return answered
        if kwargs or tuple(map(type, args)) not in straight:
            try:
                args, kwargs, _ = parse(args, kwargs)  # type: ignore[assignment]
            except TypeError as error:
                return door.answer_or_raise(error, inplace, args, kwargs)
        if modes.autocast is not None:
            return uncast(run_in_place, operation, args[0], args[1:], kwargs)
        return run_in_place(operation, args[0], args[1:], kwargs)

    return inplace


def run_in_place(operation: Operation, self: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Evaluate, and write the result into ``self``; the arguments have passed the door."""
    if operation.mutates and operation.differentiable and not operation.gradients:
        return _run_composite_mutation(operation, self, args, kwargs)
    previous, recording = modes.grad, modes.grad and not modes.inference
    track = recording and (operation.differentiable or operation.gradients) and (
        self.requires_grad or any_requires_grad(args) or bool(kwargs and any_requires_grad(kwargs.values())))
    if track and operation.outside_graph is not None:
        bound = operation.bind((self, *args), kwargs)
        outside = operation.outside_graph(bound)
        track = any_requires_grad(value for name, value in bound.items() if name not in outside)
    if operation.leaves_integers_untracked and self._view.dtype.category < 2:
        track = False
    if (track or recording and self.requires_grad) and not operation.resizes:
        if self._inference and only_inference(operation, (*args, *kwargs.values())):
            track = False
        else:
            try:
                check_inplace(self)
            except RuntimeError as error:
                raise refuse(error, operation, (self, *args), kwargs, (self,)) from None
    if operation.out is EVALUATED:
        kwargs = _in_its_own_dtype(self, kwargs)
    before = self._view
    if track and operation.differentiable and not operation.gradients and not operation.mutates:
        return _run_composite_inplace(operation, self, args, kwargs)
    node = prepare_inplace(operation, self, operation.bind((self, *args), kwargs)) if track else None
    modes.grad = False
    try:
        if operation.restricted or Limited.met or Elsewhere.met:
            operation.check((self, *args), kwargs)
        read, named = resolved_arguments(args, kwargs) if LazyView.made and not operation.lazy else (args, kwargs)
        written = self if operation.lazy else resolved(self)
        if written is not self:
            refuse_shared_elements(self)  # what stands for it has elements of its own
        if operation.mutates:
            result = written
            operation.body(written, *read, **named)
        else:
            result = operation.in_place(written, *read, **named)
            if result is not written:
                sharing = operation.sharing
                if not isinstance(sharing, Sharing):
                    sharing = sharing(operation.bind((self, *args), kwargs))
                refuse_shared_elements(self)
                if sharing.inputs != "any":
                    refuse_shared_inputs(written, (*read, *named.values()) if named else read, sharing.inputs)
                if result.shape != self.shape and not sharing.beside(operation.positional[0]):
                    raise RuntimeError(f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size {list(result.shape)} "
                                       "should match")
                source, target = result._view.dtype, self._view.dtype
                if source is not target and not can_cast(source, target):
                    raise output_kind(operation, operation.bind((self, *args), kwargs)).cast_refusal(operation.name, source, target)
                write_result(result, self)
        if result is written is not self:
            write_through(self._view, written._view)
    except Exception as error:  # noqa: BLE001  (it is raised again)
        raise refuse(error, operation, (self, *args), kwargs, (self,)) from None
    finally:
        modes.grad = previous
    if not operation.resizes or self._view.shape != before.shape:
        count_write(self)
    if node is not None:
        finish_inplace(node, self)
    return self


def _run_composite_mutation(operation: Operation, self: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A page of its own for an in-place form, without formulas: the operations that its body calls write, and are recorded."""
    try:
        if operation.restricted or Limited.met or Elsewhere.met:
            operation.check((self, *args), kwargs)
        return operation.body(self, *args, **kwargs)
    except Exception as error:  # noqa: BLE001  (it is raised again)
        raise refuse(error, operation, (self, *args), kwargs, (self,)) from None


def _in_its_own_dtype(self: Tensor, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The keywords of an in-place form that is evaluated in the tensor's dtype; another one cannot be asked for."""
    given = kwargs.get("dtype")
    if given is not None and given is not self.dtype:
        raise RuntimeError(f"Bad in-place call: input tensor dtype {spelled_c_name(self.dtype)} and output tensor dtype {spelled_c_name(given)} "
                           "should match")
    return {**kwargs, "dtype": self.dtype}


def _run_composite_inplace(operation: Operation, self: Tensor, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """A composite has no node of its own: evaluate it, recorded, on what the tensor was, and copy the result into the tensor, recorded too."""
    if operation.restricted or Limited.met or Elsewhere.met:
        operation.check((self, *args), kwargs)
    result = operation.body(original(self), *args, **kwargs)
    refuse_overlap(self, args)
    check_result(result, self)
    return operations["copy_"].function(self, result)  # type: ignore[no-any-return]


def check_result(result: Tensor, out: Tensor) -> None:
    """Whether a result may be stored in an existing tensor: the shape may not grow, the dtype may not rise in category."""
    source, target = result._view, out._view
    if source.shape != target.shape:
        raise RuntimeError(other_shape(out, source.shape))
    if source.storage.kernels is not target.storage.kernels:
        raise RuntimeError(f"Expected out tensor to have device {result.device}, but got {out.device} instead")
    if source.dtype is not target.dtype:
        _check_cast(source.dtype, target.dtype)


def write_result(result: Tensor, out: Tensor) -> None:
    """Store an operation's result in an existing tensor."""
    check_result(result, out)
    target, source = out._view, result._view
    if has_internal_overlap(target.shape, target.strides):
        target, source = last_of_shared(target, source)
    write_through(target, source)


def overwrite(input: Tensor, result: Tensor, operands: Sequence[Any] = ()) -> Tensor:
    """The body of an in-place operation of its own: ``input``, with the result written into it."""
    refuse_overlap(input, operands)
    write_result(result, input)
    return input


def _check_cast(source: dtype, target: dtype) -> None:
    if not can_cast(source, target):
        raise RuntimeError(f"result type {source.type_name} can't be cast to the desired output type {target.type_name}")


# -- out= ------------------------------------------------------------------------------------------


def run_out(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    bound = operation.bind(args, kwargs)
    outs = out if isinstance(out, (tuple, list)) else (out,)
    recording = modes.grad and not modes.inference
    if recording and operation.differentiable and (any_requires_grad(args) or any_requires_grad(kwargs.values()) or any_requires_grad(outs)):
        raise _no_differentiation(_computed_by(operation))
    makes_tensors = "requires_grad" in bound
    if isinstance(operation.out, Listed):
        return _run_listed(operation, operation.out, args, kwargs, outs)
    required = recording and (makes_tensors or operation.no_derivative) and outs[0].requires_grad
    if required and not output_kind(operation, bound).by_resize:
        try:
            check_inplace(outs[0])
        except RuntimeError:
            raise _no_differentiation(f"aten::{operation.name}") from None
    sharing, kind, before = sharing_of(operation, bound, outs[0]), output_kind(operation, bound), outs[0]._view
    try:
        if kind.by_resize and outs[0].requires_grad and not modes.inference:
            raise RuntimeError("cannot resize variables that require grad")
        if sharing.elements == "never":
            for target in outs:
                refuse_shared_elements(target)
        result = _result_for(operation, args, kwargs, bound, outs)
        for source, target in zip(result if isinstance(result, (tuple, list)) else (result,), outs):
            if kind.unwritten:
                if target._view is not before:
                    count_write(target)
                continue
            _store(operation, source, target, bound)
            if kind.by_resize and target._view.shape != before.shape:
                count_write(target)
    except Exception as error:  # noqa: BLE001  (it is raised again)
        raise refuse(error, operation, args, kwargs, outs) from None
    if required:
        rebase_without_derivative(outs[0], operation.name)
    if makes_tensors:  # its output is what it would have made
        outs[0]._requires_grad = bound["requires_grad"] or outs[0]._grad_fn is not None
    if not isinstance(result, tuple):
        return out
    return getattr(return_types, type(result).__name__ + "_out", type(result))(outs)


def _run_listed(operation: Operation, kind: Listed, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> None:
    """Copy each of the views that an operation is about into the tensor of the list that has its place."""
    previous, modes.grad = modes.grad, False
    try:
        if operation.restricted or Limited.met or Elsewhere.met:
            operation.check(args, kwargs)
        parts = kind.views(*args, **kwargs)
        if len(parts) != len(outs):
            raise RuntimeError(kind.words.format(len(parts), len(outs)))
        for part, out in zip(parts, outs):
            error = None if kind.assigned else EXACT_OUTPUT.refusal(operation.name, part.dtype, out.dtype)
            if error is not None:
                raise error
            if out.shape == part.shape:
                refuse_overlap(out, (part,))
            elif not kind.assigned:
                resize_output(out, tuple(part.shape), contiguous_strides(part.shape))
        for part, out in zip(parts, outs):
            operations["copy_"].function(out.detach(), part)
    except Exception as error:  # noqa: BLE001  (it is raised again)
        raise refuse(error, operation, args, kwargs, outs) from None
    finally:
        modes.grad = previous


def _computed_by(operation: Operation) -> str:
    """The operation that torch computes this one by, as the node of the graph says: ``pow`` for ``square``."""
    name = operation.node.removesuffix("Backward0").lower() if isinstance(operation.node, str) else ""
    return name if name in operations else operation.name


def _no_differentiation(function: str) -> RuntimeError:
    return RuntimeError(f"{function}(): functions with out=... arguments don't support automatic differentiation, "
                        "but one of the arguments requires grad.")


def _result_for(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], bound: dict[str, Any], outs: Sequence[Tensor]) -> Any:
    """The result to be stored in the outputs, which have been found to be of the kind that the operation declares."""
    kind = output_kind(operation, bound)
    first = outs[0].dtype
    refused = kind.evaluation_refusal(operation.name, first)
    if refused is not None:
        raise refused
    if kind.evaluated:
        given = bound.get("dtype")
        if given is not None and given is not first:
            raise kind.refusal(operation.name, given, first)  # type: ignore[misc]  # it is one: the dtypes differ
        given_by_output = {"dtype": first, **({"device": outs[0].device} if kind.filled else {}), **({"out": outs[0]} if kind.drawn else {})}
        kwargs = {**kwargs, **{name: value for name, value in given_by_output.items() if name in operation.parameters}}
    result = operation.again(*args, **kwargs)
    if kind.dtypes is not None and first in kind.dtypes:
        result = result.to(first)
    results = result if isinstance(result, tuple) else (result,)
    worked_in = [_worked_in(*pair) for pair in zip(results, outs)]
    for source, target in zip(results, outs):
        beside = kind.copied is not None and not _in_columns(source, target)
        error = kind.refusal(operation.name, source.dtype, bound[str(kind.copied)].dtype if beside else target.dtype)
        if error is not None:
            raise error
        if beside and source.dtype is not target.dtype:
            return result.to(target.dtype)
        shape = source._view.shape
        at_work = kind.layout == "result if empty" and _worked_in(source, target) or kind.layout == "result if all are empty" and all(worked_in)
        if target._view.shape == shape:
            if at_work and not target._view.numel:
                resize_output(target, shape, source._view.strides)
            continue
        if kind.keeps_shape and target._view.numel == source._view.numel:
            return alias(result, target._view.shape, contiguous_strides(target._view.shape))
        direct = kind.layout == "result" or at_work
        if kind.filled or not direct:
            if sharing_of(operation, bound, target) is POINTWISE:
                _refuse_inputs(operation, target, bound)  # torch looks at where the output lies before it has the result's shape
            resize_output(target, shape, contiguous_strides(shape), kind.resized)
    if kind.by_parts and result.dtype is not first:
        result = operation.again(*([part.to(first) for part in value] if isinstance(value, (tuple, list)) else value for value in args), **kwargs)
    return result


def _worked_in(source: Tensor, target: Tensor) -> bool:
    """Whether an operation that works in its outputs can do so in this one. Strides of dimensions of size 1 address nothing."""
    ours, theirs = target._view, source._view
    alike = ours.shape == theirs.shape and all(n == 1 or a == b for n, a, b in zip(ours.shape, ours.strides, theirs.strides))
    return ours.dtype is theirs.dtype and (not ours.numel or alike)


def _in_columns(source: Tensor, target: Tensor) -> bool:
    """Whether the matrices of an output lie row by row or column by column, once it has the result's shape."""
    shape, strides = target._view.shape, target._view.strides
    if shape != source._view.shape or is_contiguous(shape, strides):
        return True
    return is_contiguous((*shape[:-2], *shape[:-3:-1]), (*strides[:-2], *strides[:-3:-1]))


def _store(operation: Operation, source: Tensor, target: Tensor, bound: dict[str, Any]) -> None:
    """Store a result in a tensor given as ``out=``, which takes the result's shape if it has another."""
    sharing = sharing_of(operation, bound, target)
    if source._view.dtype is not target._view.dtype:
        _check_cast(source._view.dtype, target._view.dtype)
    if target._view.shape != source._view.shape:
        if sharing in (PICKED, POINTWISE):
            _refuse_inputs(operation, target, bound)
        if any(value is target and sharing.beside(name) for name, value in bound.items()):
            raise RuntimeError(other_shape(target, source._view.shape))
        resize_output(target, source._view.shape, preserved_strides(source._view.shape, source._view.strides))
    if sharing.elements != "may":
        refuse_shared_elements(target)
    _refuse_inputs(operation, target, bound)
    write_result(source, target)
    count_write(target)


def _refuse_inputs(operation: Operation, target: Tensor, bound: dict[str, Any]) -> None:
    if LazyView.made and not operation.lazy:
        if target._view.__class__ is LazyView:
            return  # it receives what was computed in other memory
        bound = {name: resolved(value) for name, value in bound.items()}
    sharing = sharing_of(operation, bound, target)
    written = operation.positional[0] if "inplace" in operation.forms else ""
    for name, value in bound.items():  # what could be done in place may be written over its first input
        kind = sharing.of(name)
        if kind != "any":
            refuse_shared_inputs(target, (value,), "same" if name == written else kind)


def resize_output(out: Tensor, shape: tuple[int, ...], strides: tuple[int, ...], warning: str | None = RESIZED) -> None:
    """Give ``out`` another shape and the strides of the result, growing its storage if need be; if it held elements, with a warning."""
    view = out._view
    if view.numel and warning is not None:
        import warnings

        warnings.warn(warning.format(had=list(view.shape), shape=list(shape), had_count=view.numel, count=prod(shape)), stacklevel=4)
    nbytes = storage_extent(shape, strides, view.offset) * view.dtype.itemsize
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    out._view = as_lazy(View(view.storage, view.offset, shape, strides, view.dtype), view.conjugated, view.negated)
