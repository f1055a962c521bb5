"""Arguments that a row hands over by their names."""

from __future__ import annotations

from inspect import signature
from typing import Any, Callable, Sequence

from refimpl.operations.operation import operations

from .pen import Pen


def by_name(pen: Pen, args: tuple[Any, ...], names: Sequence[str], kwargs: dict[str, Any] | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same call, now and then with its last arguments by their names: numbers with a fraction, too, which what builds a case leaves where they
    are. Not an invalid call, in which there may be more or fewer of them."""
    kwargs = kwargs or {}
    if pen.invalid or len(args) < 2 or not pen.chance(5):
        return args, kwargs
    first = pen.integer(1, len(args) - 1)
    return args[:first], dict(zip(names[first:], args[first:], strict=False)) | kwargs


def in_full(operation: str, draw: Callable[[Pen], tuple[tuple[Any, ...], dict[str, Any]]]) -> Callable[[Pen], tuple[tuple[Any, ...], dict[str, Any]]]:
    """A row's draws, now and then with all that the operation's page has, by position, and now and then with the last arguments by their names."""

    def drawn(pen: Pen) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args, kwargs = draw(pen)
        parameters = signature(operations[operation].body).parameters.values()
        positional = [parameter for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
        rest = {parameter.name: parameter.default for parameter in positional[len(args) :]}
        if pen.invalid or not pen.chance(4) or not {*kwargs} <= {*rest}:
            return by_name(pen, args, [parameter.name for parameter in positional], kwargs)
        return (*args, *(rest | kwargs).values()), {}

    return drawn
