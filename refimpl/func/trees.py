"""Nested tuples, lists and dictionaries, leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["leaves", "map_tree", "spread", "structure"]


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
    if isinstance(tree, dict):
        return type(tree)((key, map_tree(function, value)) for key, value in tree.items())
    if isinstance(tree, (tuple, list)):
        mapped = [map_tree(function, value) for value in tree]
        return type(tree)(*mapped) if hasattr(tree, "_fields") else type(tree)(mapped)
    return function(tree)


def _branches(tree: Any) -> tuple[Any, list[Any]] | None:
    """What a tree's form is beside its class, and its branches; None of a leaf."""
    if isinstance(tree, dict):
        return list(tree), list(tree.values())
    if isinstance(tree, (tuple, list)):
        return type(tree) if hasattr(tree, "_fields") else None, list(tree)
    return None


def structure(tree: Any, indent: int = 0) -> str:
    """The form of a tree as torch prints it, ``*`` for a leaf."""
    found = _branches(tree)
    if found is None:
        return "*"
    parts = (",\n" + " " * (indent + 2)).join(structure(branch, indent + 2) for branch in found[1])
    return f"TreeSpec({'namedtuple' if hasattr(tree, '_fields') else type(tree).__name__}, {found[0]}, [{parts}])"


def spread(values: Any, tree: Any) -> list[Any] | None:
    """A value for each leaf of a tree, from a tree of the same form, in which one value may stand for a whole branch; None if the forms differ."""
    found, wanted = _branches(values), _branches(tree)
    if found is None:
        return [values for _ in leaves(tree)]
    if wanted is None or type(values) is not type(tree) or found[0] != wanted[0] or len(found[1]) != len(wanted[1]):
        return None
    parts = [spread(value, branch) for value, branch in zip(found[1], wanted[1])]
    return None if any(part is None for part in parts) else [each for part in parts for each in part]  # type: ignore[union-attr]
