"""Nested tuples, lists and dictionaries, leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["leaves", "map_tree", "map_with"]


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves from left to right."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, (tuple, list)):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with a function's value in the place of each leaf."""
    return map_with(lambda leaf, _: function(leaf), tree, None)


def map_with(function: Callable[[Any, Any], Any], tree: Any, other: Any) -> Any:
    """The same with a second argument for each leaf: from a tree of the same form, or one value for a whole branch."""
    if isinstance(tree, dict):
        return type(tree)((key, map_with(function, value, other[key] if isinstance(other, dict) else other)) for key, value in tree.items())
    if isinstance(tree, (tuple, list)):
        others = other if isinstance(other, (tuple, list)) else [other] * len(tree)
        if len(others) != len(tree):
            raise ValueError(f"{other!r} does not have the form of a tree with {len(tree)} branches")
        mapped = [map_with(function, value, each) for value, each in zip(tree, others)]
        return type(tree)(*mapped) if hasattr(tree, "_fields") else type(tree)(mapped)
    return function(tree, other)
