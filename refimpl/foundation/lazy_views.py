"""The elements of conjugate and negative views, computed."""

from __future__ import annotations

from .kernels import View, as_lazy
from .layout import preserved_strides


def materialised(view: View) -> View:
    """A view's elements as they count, in memory of their own; a view that is not lazy itself."""
    if view.__class__ is View:
        return view
    kernels = view.storage.kernels
    strides = preserved_strides(view.shape, view.strides)
    source = as_lazy(view, False, False)
    for name, marked in (("conj", view.conjugated), ("neg", view.negated)):
        if marked:
            out = View(kernels.allocate(view.numel * view.dtype.itemsize), 0, view.shape, strides, view.dtype)
            kernels.map(name, out, (source,), view.dtype)
            source = out
    return source
