"""From the arguments of a call to the parameters of an operation, and the error of those that do not fit."""

from __future__ import annotations

from typing import Any, Sequence

from ..tensor import Tensor
from .operation import OperandError, Operation, UnknownKeyword, numpy_names


def normalise(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], count: int = 0) -> tuple[Any, dict[str, Any]]:
    """The arguments with torch's other keywords translated, and a variable parameter that was given by keyword put in its place.

    ``count`` positional arguments stand before ``args``.
    """
    parameters, others = operation.parameters, operation.keywords
    kwargs = {others[k] if k in others else numpy_names[k] if k in numpy_names and k not in parameters else k: v for k, v in kwargs.items()}
    variable = operation.varargs
    if variable in kwargs and count + len(args) <= len(operation.positional):
        leading = operation.positional[count + len(args) :]
        args = (*args, *(kwargs.pop(name) for name in leading if name in kwargs), kwargs.pop(variable))
    return args, kwargs


def reordered(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool = False,
              in_place: bool = False) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments by name (but a method's tensor), if the call has one of torch's forms that order them differently than the operation does."""
    from ..signatures.parser import rearranged

    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    return rearranged(name, args, kwargs, len(operation.positional), method or in_place) if operation.varargs is None else None


def is_numpy_scalar(value: Any) -> bool:
    """Whether the value is a scalar of NumPy's, which is a number to torch; without importing NumPy."""
    if type(value).__module__ != "numpy" or hasattr(value, "__array_finalize__"):
        return False
    return hasattr(value, "dtype") and value.dtype.kind in "biufc"


def has_numpy_scalar(args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    return any(map(is_numpy_scalar, (*args, *kwargs.values())))


def any_requires_grad(values: Any) -> bool:
    for value in values:
        if value.__class__ is Tensor or isinstance(value, Tensor):
            if value._requires_grad or (value._base is not None and value._base._requires_grad):
                return True
        elif value.__class__ in (tuple, list) and any_requires_grad(value):
            return True
    return False


def error_of_arguments(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool = False, in_place: bool = False,
                       named: bool = False) -> Exception | None:
    """The error of arguments that fit no form of the operation, or that do not fit into 64 bits."""
    from ..signatures.parser import mismatch

    if operation.python is not None and (named or not kwargs):  # later the keywords are the operation's own
        try:
            operation.python[method](*args, **kwargs)
        except TypeError as error:
            return error
    if not named and any(key in kwargs for key in operation.keywords.values() if key[-1] != "_"):  # not the name that was given
        return None
    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    return mismatch(name, args, kwargs, method or "method" in operation.forms and "function" not in operation.forms)


def explained(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], error: TypeError, *, method: bool = False,
              in_place: bool = False) -> Exception:
    """The error, in torch's words, of arguments that do not fit the signature."""
    known = error_of_arguments(operation, args, kwargs, method, in_place)
    if known is not None:
        return known
    try:
        bound = operation.bind(args, kwargs, operation.name.rstrip("_") + "_" if in_place else None)
    except UnknownKeyword as unknown:
        return _wrong_type(operation, args, kwargs, method, in_place) or TypeError(str(unknown))
    except TypeError as explained:
        return explained
    if isinstance(error, OperandError):
        for parameter, value in bound.items():
            if value is error.value:
                return TypeError(must_be(operation, parameter, error.expected, value, method, in_place))
    return error


def _wrong_type(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool, in_place: bool) -> Exception | None:
    """What is wrong with the types of the arguments that the operation knows, which torch looks at before it comes to a keyword that it does not."""
    if operation.mutates or "generator" in operation.parameters:  # the body, which checks them, would do more than that
        return None
    kwargs = {key: value for key, value in kwargs.items() if key in operation.parameters}
    try:
        operation.body(*args, **kwargs)
    except TypeError as error:
        return explained(operation, args, kwargs, error, method=method, in_place=in_place)
    except (RuntimeError, IndexError, ValueError, ArithmeticError, AttributeError):
        return None
    return None


def must_be(operation: Operation, parameter: str, expected: str, value: Any, method: bool = False, in_place: bool = False) -> str:
    """The message for an argument of the wrong type. A method, such as the in-place form, does not count its tensor."""
    from ..signatures.parser import type_name

    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    method = method or in_place or "method" in operation.forms and "function" not in operation.forms
    position = f" (position {operation.positional.index(parameter) + (0 if method else 1)})" if parameter in operation.positional else ""
    return f"{name}(): argument '{parameter}'{position} must be {expected}, not {type_name(value)}"
