"""Calling an operation: arguments are bound, the graph is recorded, results that are views are linked to their base."""

from __future__ import annotations

from typing import Any, Sequence

from ..autograd.modes import modes
from ..autograd.recording import record
from ..autograd.views import link
from ..foundation.dtypes import Limited
from ..foundation.kernels import Elsewhere, LazyView
from ..signatures.matching import Door
from ..signatures.overriding import UNANSWERED, overriding
from ..tensor import Tensor
from ..tensor.lazy import resolved_arguments
from .autocast import THROUGH, cast, policy_of, uncast
from .binding import any_requires_grad, only_inference
from .device_support import tensors_in
from .operation import Operation
from .refusals import note_output, refuse
from .writing import run_out


def make_call(operation: Operation, door: Door) -> Any:
    """The function that is called: its arguments pass the door, and the body gets them as torch's signature says."""
    body = operation.body
    view = operation.view
    differentiable = operation.differentiable
    gradients = operation.gradients
    straight = door.straight
    parse = door.parse

    def call(*args: Any, **kwargs: Any) -> Any:
        if overriding.users:
            answered = door.answer(call, args, kwargs)
            if answered is not UNANSWERED:
                return answered
        if kwargs or tuple(map(type, args)) not in straight:
            try:
                args, kwargs, out = parse(args, kwargs)  # type: ignore[assignment]
            except Exception as error:  # noqa: BLE001  (it is raised again)
                note_output(error, operation, kwargs)
                return door.answer_or_raise(error, call, args, kwargs)
            if out is not None:
                return uncast(run_out, operation, args, kwargs, out)
        autocast = modes.autocast
        if autocast is not None:
            policy = policy_of(operation, args, kwargs)
            if policy == THROUGH:
                autocast = None
            else:
                args, kwargs = cast(policy, autocast, args, kwargs)
        recorded = differentiable and gradients and modes.grad and (
            any_requires_grad(args) or (kwargs and any_requires_grad(kwargs.values()))) and not (
            modes.inference or only_inference(operation, (*args, *kwargs.values())))  # fmt: skip
        if autocast is not None:
            modes.autocast = None
        read, named = resolved_arguments(args, kwargs) if LazyView.made and not operation.lazy else (args, kwargs)
        try:
            if operation.restricted or Limited.met or Elsewhere.met:
                operation.check(args, kwargs)  # constraints may ask whether gradients are recorded
            if recorded:
                modes.grad = False
            result = body(*read, **named)
        except Exception as error:  # noqa: BLE001  (it is raised again)
            return door.answer_or_raise(refuse(error, operation, args, kwargs), call, args, kwargs)
        finally:
            if recorded:
                modes.grad = True
            if autocast is not None:
                modes.autocast = autocast
        if view is not None:
            link(operation, args, kwargs, result)
        elif modes.inference:
            _mark_inference(result, (*args, *kwargs.values()))
        return record(operation, operation.bind(args, kwargs), result) if recorded else result

    return call


def _mark_inference(result: Any, args: Sequence[Any]) -> None:
    """In inference mode what is made is an inference tensor: results that are neither an argument nor views of one."""
    given = list(tensors_in(args))
    for tensor in result if isinstance(result, (tuple, list)) else (result,):
        if not isinstance(tensor, Tensor) or any(tensor is a for a in given):
            continue
        if tensor._base is None or not any(a._view.storage is tensor._view.storage for a in given):
            tensor._inference, tensor._base, tensor._counter = True, None, None
