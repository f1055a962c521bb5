"""Rearranging dimensions by a pattern of names, as einops has it."""

from __future__ import annotations

import re
from math import prod
from typing import Any

from ..ops.joining.joining import stack
from ..tensor import Tensor

__all__ = ["rearrange"]

_REST = "…"


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """The dimensions of a tensor in another order, taken apart and put together: ``"b (h w) c -> b h w c"`` with the size of h, or of w, given by
    name.

    The left side names the dimensions, the right side the same names in the order of the result; names in parentheses are factors of one
    dimension, 1 or () is a dimension of size 1, and ... stands for all others. A list of tensors is stacked first. ValueError for patterns that
    are none, names on one side only, and sizes that do not fit; TypeError for sizes that are no integers. (A. Rogozhnikov: Einops, 2022.)

    >>> rearrange(arange(6).reshape(2, 3), "a b -> b a").shape
    torch.Size([3, 2])
    >>> rearrange(ones(2, 6), "a (b c) -> b (a c)", b=3).shape
    torch.Size([3, 4])
    """
    tensor = tensor if isinstance(tensor, Tensor) else stack(tensor)
    left, right = _sides(pattern, axes_lengths)
    count, found = len(left) - (None in left), tensor.dim()
    if None in left and count > found:
        raise ValueError(f"Number of dimensions in pattern ({count}) must be less than or equal to the number of dimensions in the tensor ({found})")
    if None not in left and count != found:
        raise ValueError(f"Number of dimensions in pattern ({count}) must be equal to the number of dimensions in the tensor ({found})")
    others = [f"{_REST}{i}" for i in range(found - count)]
    factors = [_factors(group, whole, axes_lengths) for group, whole in zip(_spread(left, others), tensor.shape)]
    sizes = {name: size for each in factors for name, size in each}
    names, wanted = list(sizes), _spread(right, others)
    order = [names.index(name) for group in wanted for name in group]
    return tensor.reshape(list(sizes.values())).permute(order).reshape([prod(sizes[name] for name in group) for group in wanted])


_Side = list["list[str] | None"]  # the names of each dimension, none for one of size 1; None for all others


def _spread(side: _Side, others: list[str]) -> list[list[str]]:
    """One side with names for the dimensions that ... stands for."""
    spread: list[list[str]] = []
    for group in side:
        if group is None:
            spread.extend([name] for name in others)
        else:
            spread.append([name for each in group for name in (others if each == _REST else [each])])
    return spread


def _factors(group: list[str], whole: int, given: dict[str, int]) -> list[tuple[str, int]]:
    """The names that one dimension is taken apart into, with their sizes."""
    unknown = [name for name in group if name not in given]
    known = prod(given[name] for name in group if name in given)
    if len(unknown) > 1:
        raise ValueError(f"cannot infer the sizes of two dimensions at once {unknown[0]} and {unknown[1]}")
    if unknown and (known == 0 or whole % known):
        raise ValueError(f"inferred dimension does not evenly fit into larger dimension: {whole} vs {tuple(given.get(name, '?') for name in group)}")
    if not unknown and known != whole:
        raise ValueError(f"Dimension sizes to do not match ({whole} != {known}) when matching dimension pack ({', '.join(group)})")
    return [(name, given[name] if name in given else whole // known) for name in group]


def _sides(pattern: str, given: dict[str, int]) -> tuple[_Side, _Side]:
    """Both sides of a pattern."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = [_groups(side) for side in sides]
    on_the_left, on_the_right = [{name for group in side for name in ([_REST] if group is None else group)} for side in (left, right)]
    if _REST in on_the_right - on_the_left:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if _REST in on_the_left and None not in left:
        raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    for length in given.values():
        if type(length) is not int:
            raise TypeError(f"rearrange axis lengths must be integers, got: {type(length)}")
    if any(name.isdecimal() for name in on_the_left | on_the_right):
        raise ValueError("rearrange only supports unnamed axes of size 1")
    if on_the_left != on_the_right:
        raise ValueError(f"Identifiers only on one side of rearrange expression (should be on both): {on_the_left ^ on_the_right}")
    if given.keys() - on_the_left:
        raise ValueError(f"Identifiers not found in rearrange expression: {given.keys() - on_the_left}")
    return left, right


def _groups(side: str) -> _Side:
    """The dimensions that one side names."""
    if "." in side:
        if "..." not in side:
            raise ValueError("Expression may contain dots only inside ellipsis (...)")
        if side.count("...") != 1 or side.count(".") != 3:
            raise ValueError("Expression may contain dots only inside ellipsis (...); only one ellipsis for tensor ")
        side = side.replace("...", _REST)
    groups: _Side = []
    seen: set[str] = set()
    inside: list[str] | None = None  # the names in the parentheses that are open
    for token in re.findall(rf"[()]|[\w{_REST}]+|[^\s]", side):
        if token == "(":
            if inside is not None:
                raise ValueError("Axis composition is one-level (brackets inside brackets not allowed)")
            inside = []
            groups.append(inside)
        elif token == ")":
            if inside is None:
                raise ValueError("Brackets are not balanced")
            inside = None
        elif not re.fullmatch(rf"[\w{_REST}]+", token):
            raise ValueError(f"Unknown character '{token}'")
        else:
            names = [] if token == "1" else [_checked(token)]
            if seen & set(names):
                raise ValueError(f"Indexing expression contains duplicate dimension '{token}'")
            seen.update(names)
            if inside is not None:
                inside.extend(names)
            else:
                groups.append(None if names == [_REST] else names)
    if inside is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{side}'")
    return groups


def _checked(name: str) -> str:
    if name != _REST and not name.isdecimal():
        if not name.isidentifier():
            raise ValueError(f"Invalid axis identifier: {name}\nnot a valid python identifier")
        if "_" in (name[0], name[-1]):
            raise ValueError(f"Invalid axis identifier: {name}\naxis name should should not start or end with underscore")
    return name
