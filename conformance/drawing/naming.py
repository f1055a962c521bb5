"""Arguments that a row hands over by their names."""

from __future__ import annotations

from typing import Any, Sequence

from .pen import Pen


def by_name(pen: Pen, args: tuple[Any, ...], names: Sequence[str], kwargs: dict[str, Any] | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same call, now and then with its last arguments by their names: numbers with a fraction, too, which what builds a case leaves where they
    are. Not an invalid call, in which there may be more or fewer of them."""
    kwargs = kwargs or {}
    if pen.invalid or len(args) < 2 or not pen.chance(5):
        return args, kwargs
    first = pen.integer(1, len(args) - 1)
    return args[:first], dict(zip(names[first:], args[first:], strict=False)) | kwargs
