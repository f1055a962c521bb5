"""A copy of a tensor with one of its views replaced: what the scatter operations and the gradients of views of parts share."""

from __future__ import annotations

from ...foundation.kernels import View
from ...foundation.layout import has_internal_overlap
from ...tensor import alias, allocate, wrap


def replaced(input, view_of, source):
    """A copy of ``input`` whose view ``view_of(copy)`` holds the elements of ``source``, which has its shape."""
    result = _whole_copy(input)
    part = view_of(result)
    result._view.storage.kernels.copy(part._view, source._view)
    return wrap(result._view)


def _whole_copy(input):
    """A copy of the whole storage, read through the input's strides and offset; of an input with an expanded dimension, a dense copy.

    (Of an input whose elements overlap otherwise the copies overlap, too: a write reaches more elements than were meant.)
    """
    view = input._view
    if has_internal_overlap(view.shape, view.strides):
        return wrap(input.detach().clone()._view)
    count = view.storage.nbytes // view.dtype.itemsize
    whole = allocate((count,), view.dtype, view.storage.kernels)
    view.storage.kernels.copy(whole._view, View(view.storage, 0, (count,), (1,), view.dtype))
    return alias(whole, view.shape, view.strides, view.offset)
