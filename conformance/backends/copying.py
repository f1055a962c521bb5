"""Copies by Python's own means: what is copied at once, and what becomes of a leaf's gradient."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Callable


def copied(*tensors: Any, grad: Any = None) -> list[Any]:
    """``copy.copy`` of each tensor."""
    return _copied(lambda values: [copy.copy(value) for value in values], tensors, grad)


def deeply_copied(*tensors: Any, grad: Any = None) -> list[Any]:
    """``copy.deepcopy`` of all tensors at once, of the first twice: it remembers what it has copied."""
    return _copied(copy.deepcopy, (*tensors, tensors[0]), grad)


def pickled(*tensors: Any, grad: Any = None) -> list[Any]:
    """All tensors at once through ``pickle``, the first twice."""
    return _copied(lambda values: pickle.loads(pickle.dumps(values)), (*tensors, tensors[0]), grad)


def _copied(function: Callable[[list[Any]], list[Any]], tensors: tuple[Any, ...], grad: Any) -> list[Any]:
    """The copies, what they are besides, and the gradient of the first, if it has been given one."""
    before = tensors[0].grad
    try:
        if grad is not None:
            tensors[0].grad = grad
        found = function(list(tensors))
    finally:
        tensors[0].grad = before
    return [*found, [value.is_leaf for value in found], found[0].grad]
