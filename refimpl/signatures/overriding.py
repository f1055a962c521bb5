"""Calls that a class or a mode answers in the function's place: torch's protocol ``__torch_function__``.

A call is offered to the innermost mode first, then to its arguments whose classes have ``__torch_function__``, a subclass before its bases, else from
left to right; NotImplemented passes it on. Nobody is asked until a class that answers has been made, or a mode entered (``overriding.users``).
"""

from __future__ import annotations

import inspect
import threading
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, Callable, Iterable, Iterator, Sequence, TypeVar

from .types import classes, is_tensor

__all__ = [
    "DisableTorchFunction", "DisableTorchFunctionSubclass", "UNANSWERED", "answer", "call_passing_over", "call_undisturbed", "disabled",
    "has_overrides", "meet", "note_unwrapped", "offered", "overridable", "overriding", "overriding_arguments", "seen_by", "spelled_out", "takes_part",
    "torch_function",
    "unwrapped", "use", "when_first_used",
]  # fmt: skip

_Function = TypeVar("_Function", bound=Callable[..., Any])
UNANSWERED: Any = object()


class _Overriding:
    """How many classes and modes there are that may answer calls."""

    users = 0


class _State(threading.local):
    """Whom the calls of one thread are offered to."""

    def __init__(self) -> None:
        self.modes: list[Any] = []
        self.without_classes = False
        self.without_modes = False
        self.passed_over = False  # whether the next call is offered to nobody


overriding = _Overriding()
state = _State()
_first_use: list[Callable[[], None]] = []
_unwrapped: list[Callable[[], Any]] = []


def when_first_used(prepare: Callable[[], None]) -> None:
    """Call ``prepare`` once, before the first class or mode takes part."""
    _first_use.append(prepare)


def use(count: int) -> None:
    """So many more classes or modes take part (or fewer, if negative)."""
    while count > 0 and _first_use:
        _first_use.pop()()
    overriding.users += count


def meet(cls: type) -> None:
    """A subclass of Tensor has been made."""
    if getattr(cls, "__torch_function__", disabled) is not disabled:
        use(1)


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_function__`` of a class that takes no part: its tensors are tensors like others."""
    with DisableTorchFunctionSubclass():
        return func(*args, **kwargs or {})


class DisableTorchFunctionSubclass:
    """A block in which no class answers calls; modes do."""

    def __enter__(self) -> None:
        self._before = state.without_classes
        state.without_classes = True

    def __exit__(self, *exc: object) -> None:
        state.without_classes = self._before


@contextmanager
def seen_by(mode: Any) -> Iterator[None]:
    """A block whose calls a mode sees, within a call that it looks at."""
    state.modes.append(mode)
    try:
        yield
    finally:
        state.modes.pop()


class DisableTorchFunction:
    """A block in which neither classes nor modes answer calls."""

    def __enter__(self) -> None:
        self._before = state.without_classes, state.without_modes
        state.without_classes = state.without_modes = True

    def __exit__(self, *exc: object) -> None:
        state.without_classes, state.without_modes = self._before


def _answers(kind: type, tensors_too: bool = False) -> bool:
    return (tensors_too or kind is not classes["Tensor"]) and getattr(kind, "__torch_function__", disabled) is not disabled


def overriding_arguments(values: Iterable[Any], tensors_too: bool = False) -> list[Any]:
    """The first argument of each class that may answer, in the order in which they are asked; ``tensors_too``: and a Tensor."""
    found: list[Any] = []
    for value in values:
        for each in value if type(value) in (list, tuple) else (value,):
            kind = type(each)
            if _answers(kind, tensors_too) and all(type(other) is not kind for other in found):
                place = next((i for i, other in enumerate(found) if issubclass(kind, type(other))), len(found))
                found.insert(place, each)
    return found


def has_overrides(values: Iterable[Any]) -> bool:
    """Whether a mode, or the class of one of the arguments, answers a call now."""
    if state.passed_over:
        state.passed_over = False
        return False
    return bool(state.modes) and not state.without_modes or not state.without_classes and bool(overriding_arguments(values))


@cache
def spelled_out(function: Callable[..., Any]) -> Callable[[Sequence[Any], dict[str, Any]], tuple[Sequence[Any], dict[str, Any]]]:
    """How a function of Python's hands its arguments on: those that have defaults as keywords, given or not."""
    signature = inspect.signature(function)

    def spelled(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return args, kwargs
        bound.apply_defaults()
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += value
            elif parameter.kind is parameter.VAR_KEYWORD:
                named |= value
            elif parameter.kind is parameter.KEYWORD_ONLY or parameter.default is not parameter.empty:
                named[name] = value
            else:
                positional.append(value)
        return tuple(positional), named

    return spelled


def answer(function: Any, args: Sequence[Any], kwargs: dict[str, Any], relevant: Iterable[Any] | None = None, spelled: Any = None) -> Any:
    """What a mode or a class answers to a call; UNANSWERED if nobody is asked. TypeError if all that were asked said NotImplemented.

    ``relevant``: the arguments whose classes are asked, all of them unless given. ``spelled``: of a function that torch writes in Python, how it
    hands its arguments on (:func:`spelled_out`).
    """
    result = offered(function, args, kwargs, (*args, *kwargs.values()) if relevant is None else relevant, spelled)
    if result is not NotImplemented:
        return result
    name = getattr(function, "__name__", function)
    kinds = [type(each) for each in overriding_arguments((*args, *kwargs.values()) if relevant is None else relevant)]
    raise TypeError(f"Multiple dispatch failed for 'torch.{name}'; all __torch_function__ handlers returned NotImplemented:\n\n"
                    + "".join(f"  - tensor subclass {kind}\n" for kind in kinds)
                    + "\nFor more information, try re-running with TORCH_LOGS=not_implemented")


def offered(function: Any, args: Sequence[Any], kwargs: dict[str, Any], relevant: Iterable[Any], spelled: Any = None) -> Any:
    """What is answered to a call: UNANSWERED if nobody is asked, NotImplemented if the classes that were asked all said so.

    A function of torch's that is written in Python tells of Tensor among the types, too; one that is not, of no keywords as None.
    """
    if state.passed_over:
        state.passed_over = False
        return UNANSWERED
    asked = [] if state.without_classes else overriding_arguments(relevant)
    modes = () if state.without_modes else state.modes
    if not asked and not modes:
        return UNANSWERED
    if spelled is None:
        types, named = tuple(map(type, asked)), kwargs or None
    else:
        types = tuple(map(type, overriding_arguments(relevant, True)))
        args, named = spelled(args, kwargs)
    if modes:
        mode = state.modes.pop()
        try:
            result = mode.__torch_function__(function, types, tuple(args), named)
        finally:
            state.modes.append(mode)
        if result is not NotImplemented:
            return result
    for each in asked:
        result = each.__torch_function__(function, types, tuple(args), named)
        if result is not NotImplemented:
            return result
    return NotImplemented if asked else UNANSWERED


def takes_part(values: Iterable[Any]) -> bool:
    """Whether one of the arguments is no tensor, and of a class that answers calls."""
    return any(not is_tensor(each) for each in overriding_arguments(values))


def overridable(function: _Function) -> _Function:
    """Decorator: a function of torch's that is no operation, and that classes and modes may answer."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        answered = answer(call, args, kwargs, None, spelled_out(function)) if overriding.users else UNANSWERED
        if answered is not UNANSWERED:
            return answered
        try:
            return function(*args, **kwargs)
        except (AttributeError, TypeError):
            answered = answer(call, args, kwargs, None, spelled_out(function))
            if answered is UNANSWERED:
                raise
            return answered

    return call  # type: ignore[return-value]


def note_unwrapped(function: Callable[[], Any]) -> None:
    """What a function (which ``function`` returns) returns is handed on as it is by Tensor's own ``__torch_function__``."""
    _unwrapped.append(function)


def unwrapped() -> list[Any]:
    """The functions whose results are handed on as they are."""
    return [function() for function in _unwrapped]


def call_undisturbed(function: Any, args: Any, kwargs: dict[str, Any] | None = None) -> Any:
    """Call a function with no class asked."""
    with DisableTorchFunctionSubclass():
        return function(*args, **kwargs or {})


def call_passing_over(function: Any, args: Any, kwargs: dict[str, Any] | None = None) -> Any:
    """Call a function that is offered to nobody; the calls that it makes are."""
    before = state.passed_over
    state.passed_over = True
    try:
        return function(*args, **kwargs or {})
    finally:
        state.passed_over = before


def torch_function(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_function__`` that subclasses of Tensor inherit: the call as it is for tensors, and its results as tensors of the subclass."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    result = call_undisturbed(func, args, kwargs)
    return result if func in unwrapped() else _converted(result, cls)


def _converted(result: Any, cls: Any) -> Any:
    if cls is classes["Tensor"]:
        return result
    if is_tensor(result):
        return result if isinstance(result, cls) else result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        parts = [_converted(part, cls) for part in result]
        return type(result)(parts)
    return result
