"""Taking part in calls: classes and modes with ``__torch_function__`` (``torch.overrides``).

The protocol itself is :mod:`refimpl.signatures.overriding`. A subclass of Tensor inherits one that gives results of the subclass; a class of any
other kind takes part by defining it; a :class:`TorchFunctionMode` sees every call within a block.

>>> class Counted(Tensor):
...     pass
>>> type(Counted([1.0]) + 1).__name__
'Counted'
"""

from __future__ import annotations

import inspect
import sys
import types as types_of_python
from contextlib import contextmanager, suppress
from functools import cache, wraps
from typing import Any, Callable, Iterable, Iterator

from . import fft, linalg, nn, special
from . import functions as _functions
from .foundation.paths import is_own
from .operations.registry import public_functions
from .signatures.faces import Face
from .signatures.overriding import UNANSWERED, DisableTorchFunction, call_passing_over, offered, overriding_arguments, state, unwrapped, use
from .signatures.overriding import has_overrides as _has_overrides
from .tensor import Tensor

__all__ = [
    "BaseTorchFunctionMode", "TorchFunctionMode", "enable_reentrant_dispatch", "get_default_nowrap_functions", "get_ignored_functions",
    "get_overridable_functions", "get_testing_overrides", "handle_torch_function", "has_torch_function", "has_torch_function_unary",
    "has_torch_function_variadic", "is_tensor_like", "is_tensor_method_or_property", "redispatch_function", "resolve_name", "wrap_torch_function",
]  # fmt: skip


class TorchFunctionMode:
    """A block in which every call of a function, method or property of torch's is ``__torch_function__(func, types, args, kwargs)`` first.

    What that returns is the call's result. It may call ``func`` itself, which the mode does not see; modes that were entered before do.
    ``types``: the classes among the arguments that have a ``__torch_function__`` of their own.

    >>> class Loud(overrides.TorchFunctionMode):
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return func(*args, **(kwargs or {}))
    >>> with Loud():
    ...     x = ones(2) + 1
    ones
    add
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> TorchFunctionMode:
        use(1)
        state.modes.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        state.modes.pop()
        use(-1)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that changes nothing."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


# -- functions of a program's own that take part ---------------------------------------------------


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether somebody would answer a call with these arguments: a mode, or the class of one of them."""
    return _has_overrides(tuple(relevant_args))


def has_torch_function_unary(arg: Any) -> bool:
    """:func:`has_torch_function` for one argument."""
    return _has_overrides((arg,))


def has_torch_function_variadic(*relevant_args: Any) -> bool:
    """:func:`has_torch_function` for arguments given one by one."""
    return _has_overrides(relevant_args)


def handle_torch_function(public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """What is answered to the call ``public_api(*args, **kwargs)`` by a mode, or by the classes of ``relevant_args``.

    TypeError if none of them answers.
    """
    relevant = tuple(relevant_args)
    answered = offered(public_api, args, kwargs, relevant, lambda *given: given)
    if answered is not UNANSWERED and answered is not NotImplemented:
        return answered
    name = f"{public_api.__module__}.{public_api.__name__}"
    raise TypeError(f"no implementation found for '{name}' on types that implement __torch_function__: "
                    f"{[type(each) for each in overriding_arguments(relevant)]}")


def redispatch_function(func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Call a function of which a mode or a class has been asked, without asking again. The calls that a function of the program's own makes are
    asked for; those that a function of torch's is made of are nobody's concern.

    >>> class Loud(Tensor):
    ...     @classmethod
    ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return overrides.redispatch_function(func, types, args, kwargs)
    >>> Loud([1.0]) + 1
    add
    tensor([2.])
    """
    if isinstance(func, types_of_python.MethodWrapperType) or is_own(func):
        with DisableTorchFunction():
            return func(*args, **kwargs or {})
    return call_passing_over(func, args, kwargs)


@contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """A block within ``__torch_dispatch__``, which there is not: RuntimeError, as outside of one in torch."""
    raise RuntimeError("Accessing torch dispatch state outside of '__torch_dispatch__' is not allowed.")
    yield


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: let classes and modes answer calls of a function; ``dispatcher``, called alike, returns the arguments whose classes are asked.

    >>> @overrides.wrap_torch_function(lambda a: (a,))
    ... def twice(a):
    ...     return a + a
    >>> twice(3)
    6
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = tuple(dispatcher(*args, **kwargs))
            if _has_overrides(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate


def is_tensor_like(inp: Any) -> bool:
    """Whether ``inp`` is a tensor, or of a class that takes part in calls."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


# -- which functions there are ---------------------------------------------------------------------


def _namespaces() -> dict[str, dict[str, Any]]:
    """The public functions, by namespace and name; of Tensor's properties those that read them."""
    members = {name: inspect.getattr_static(Tensor, name) for name in dir(Tensor) if not name.startswith("__") or name.endswith("__")}
    found = {
        "torch": {**dict(public_functions()), **{name: getattr(_functions, name) for name in _functions.__all__}},
        "torch.Tensor": {name: member.__get__ if isinstance(member, property) else member for name, member in members.items()},
    }
    for module in (nn.functional, linalg, fft, special):
        found[module.__name__.replace("refimpl", "torch", 1)] = {name: getattr(module, name) for name in module.__all__}
    return {space: {name: function for name, function in named.items() if callable(function) and not isinstance(function, type)}
            for space, named in found.items()}  # fmt: skip


def _door(function: Any) -> Any:
    while function is not None and not isinstance(function, Face):
        function = getattr(function, "__wrapped__", None)
    return function.door if function is not None else None


def _is_ignored(space: str, name: str, function: Any) -> bool:
    if space == "torch.Tensor":
        return name in ("as_subclass", "__new__", "__init__", "__torch_function__", "__hash__", "__dir__") or getattr(object, name, None) is function
    door = _door(function)
    return not door.takes_tensors() if door is not None else name in _functions.__all__ and not hasattr(function, "__wrapped__")


@cache
def get_ignored_functions() -> set[Callable[..., Any]]:
    """The public functions that no class can answer: they take no tensor, or only make and name the object."""
    return {function for space, named in _namespaces().items() for name, function in named.items() if _is_ignored(space, name, function)}


@cache
def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """For each namespace (``torch``, ``Tensor``, ...) the functions that classes can answer."""
    spaces = {"torch": sys.modules[str(__package__)], "torch.Tensor": Tensor, "torch.nn.functional": nn.functional, "torch.linalg": linalg,
              "torch.fft": fft, "torch.special": special}  # fmt: skip
    return {spaces[space]: [function for name, function in named.items() if not _is_ignored(space, name, function)]
            for space, named in _namespaces().items()}  # fmt: skip


@cache
def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., int]]:
    """For each function that classes can answer one of the same signature that returns -1."""

    def stand_in(function: Any) -> Callable[..., int]:
        def stub(*args: Any, **kwargs: Any) -> int:
            return -1

        with suppress(TypeError, ValueError):
            stub.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        return stub

    return {function: stand_in(function) for functions in get_overridable_functions().values() for function in functions}


@cache
def _names() -> dict[Any, str]:
    spaces = {**_namespaces(), "torch.nn.init": {name: getattr(nn.init, name) for name in nn.init.__all__}}
    return {function: f"{space}.{name}.__get__" if isinstance(function, types_of_python.MethodWrapperType) else f"{space}.{name}"
            for space, named in reversed(spaces.items()) for name, function in named.items()}  # fmt: skip


def resolve_name(f: Any) -> str | None:
    """The name under which torch documents a function: ``"torch.Tensor.add"``; None for what is none of its functions."""
    return f if isinstance(f, str) else _names().get(f)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function is a method of Tensor, or reads one of its properties."""
    return (resolve_name(func) or "").startswith("torch.Tensor.") or getattr(func, "__name__", "") == "__get__"


def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """The functions whose result a subclass of Tensor hands on as it is, instead of a tensor of the subclass."""
    return set(unwrapped())
