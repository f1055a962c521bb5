"""Conjugate and negative views: what they stand for, computed, and writes through them.

A :class:`~refimpl.foundation.kernels.LazyView` shares the memory of what it conjugates or negates. An operation that is not ``lazy``
receives a copy with the elements as they count (:func:`resolved`); what an operation writes into one is stored so that it counts as what was
written (:func:`write_through`).
"""

from __future__ import annotations

from typing import Any, Sequence

from ..foundation.kernels import LazyView, View, as_lazy
from ..foundation.layout import contiguous_strides
from ..foundation.lazy_views import materialised
from . import Tensor, wrap


def is_lazy(value: Any) -> bool:
    """Whether a value is a tensor whose elements do not count as they stand in memory."""
    return isinstance(value, Tensor) and value._view.__class__ is LazyView


def resolved(value: Any) -> Any:
    """A tensor whose elements stand in memory as they count, outside of the graph; any other value as it is, sequences element by element."""
    if isinstance(value, Tensor):
        return wrap(materialised(value._view)) if value._view.__class__ is LazyView else value
    if value.__class__ in (tuple, list) and any(map(is_lazy, value)):
        return type(value)(map(resolved, value))
    return value


def resolved_arguments(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """The arguments of a call, each :func:`resolved`."""
    return [resolved(value) for value in args], {name: resolved(value) for name, value in kwargs.items()}


def write_through(target: View, source: View) -> None:
    """Copy ``source`` into a view so that its elements count as the source's: conjugation and negation undo themselves."""
    if target.__class__ is View is source.__class__:
        target.storage.kernels.copy(target, source)
        return
    source = materialised(source)
    if target.__class__ is LazyView:
        if source.dtype is not target.dtype:  # a bool, for example, has no negative
            copy = View(source.storage.kernels.allocate(source.numel * target.dtype.itemsize), 0, source.shape, contiguous_strides(source.shape),
                        target.dtype)  # fmt: skip
            source.storage.kernels.copy(copy, source)
            source = copy
        source = materialised(as_lazy(source, target.conjugated, target.negated))
    target.storage.kernels.copy(as_lazy(target, False, False), source)
