"""What a device evaluates as a whole, where it has something better than the primitives that a page is composed of."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor


def overridden(name: str, out: Tensor, *arguments: Any) -> bool:
    """Whether the device of ``out`` has evaluated ``name`` into it (see :attr:`~refimpl.foundation.kernels.Kernels.overrides`): if not, nothing has
    been written, and the page's own composition is due. The arguments are handed over as they are, tensors as their views."""
    kernel = out._view.storage.kernels.overrides.get(name)
    if kernel is None:
        return False
    return bool(kernel(out._view, *[a._view if isinstance(a, Tensor) else a for a in arguments]))
