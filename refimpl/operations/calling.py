"""Calling an operation: arguments are bound, the graph is recorded, results that are views are linked to their base."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ..autograd.modes import modes
from ..autograd.recording import record
from ..autograd.views import link
from ..foundation.kernels import LazyView
from ..tensor import Tensor
from ..tensor.lazy import resolved_arguments
from .binding import any_requires_grad, error_of_arguments, explained, has_numpy_scalar, must_be, normalise, reordered
from .operation import Operation
from .refusals import refuse
from .writing import run_out


def make_call(operation: Operation, method: bool = False) -> Any:
    """The function that is called. A method differs in its messages alone: it does not count its tensor among the arguments."""
    body = operation.body
    view = operation.view
    differentiable = operation.differentiable
    gradients = operation.gradients
    has_out = "out" in operation.forms
    checks_later = getattr(operation.out, "checks_arguments", False)
    parameters = frozenset(operation.parameters)
    checks_first = operation.positional[:1] == ("input",) and "number" not in operation.forms  # "number": it may be one

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or args and args[-1] is None:  # forms differ in their keywords and in None, which a body cannot tell apart from a default
            known = error_of_arguments(operation, args, kwargs, method, named=True)
            if known is not None and not has_numpy_scalar(args, kwargs) and not (checks_later and kwargs.get("out") is not None):
                raise known
            dim = kwargs.get("dim")
            if isinstance(dim, Tensor) and not dim.dim() and dim.dtype.category == 1:  # an int, where a body might take it for an operand
                kwargs["dim"] = dim.item()
        if kwargs and not kwargs.keys() <= parameters:
            if has_out and "out" in kwargs:
                out = kwargs.pop("out")
                if out is not None:
                    return run_out(operation, args, kwargs, out)
            args, kwargs = normalise(operation, args, kwargs)
        if checks_first and args and args[0].__class__ is not Tensor and not isinstance(args[0], Tensor):
            other = reordered(operation, args, kwargs, method)
            if other is None:
                raise TypeError(must_be(operation, "input", "Tensor", args[0]))
            args, kwargs = other
        if differentiable and gradients and modes.grad and (any_requires_grad(args) or (kwargs and any_requires_grad(kwargs.values()))):
            modes.grad = False
            read, named = resolved_arguments(args, kwargs) if LazyView.made and not operation.lazy else (args, kwargs)
            try:
                if operation.restricted:
                    operation.check(operation.bind(args, kwargs))
                result = body(*read, **named)
            except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
                modes.grad = True
                return _once_more(call, operation, args, kwargs, error, method)
            finally:
                modes.grad = True
            if view is not None:
                link(operation, args, kwargs, result)
            return record(operation, operation.bind(args, kwargs), result)
        read, named = resolved_arguments(args, kwargs) if LazyView.made and not operation.lazy else (args, kwargs)
        try:
            if operation.restricted:
                operation.check(operation.bind(args, kwargs))
            result = body(*read, **named)
        except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
            return _once_more(call, operation, args, kwargs, error, method)
        if view is not None:
            link(operation, args, kwargs, result)
        elif modes.inference:
            _mark_inference(result, args)
        return result

    return call


def _once_more(call: Callable[..., Any], operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], error: Exception,
               method: bool) -> Any:
    """After an error: if the arguments fit no form of the operation, that is the error, as torch looks at their types before anything else.

    After a TypeError call again if scalars of NumPy's were among the arguments, which torch takes for numbers; else raise it in torch's words.
    """
    from ..signatures.parser import without_numpy_scalars  # read by the first such error

    known = error_of_arguments(operation, args, kwargs, method)
    if known is not None:
        raise known from None
    if not isinstance(error, TypeError):
        raise refuse(error, operation, args, kwargs)
    other = reordered(operation, args, kwargs, method) or without_numpy_scalars(operation.name, args, kwargs)
    if other is None:
        raise explained(operation, args, kwargs, error, method=method) from None
    return call(*other[0], **other[1])


def _mark_inference(result: Any, args: Sequence[Any]) -> None:
    for tensor in result if isinstance(result, (tuple, list)) else (result,):
        if isinstance(tensor, Tensor) and not any(tensor is a for a in args) and tensor._base is None:
            tensor._inference = True
