"""The members of Tensor that need more than its memory: the graph, the operations, other libraries.

They are written here, above the operations, and put on the class when refimpl is imported.
"""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .gradients import Gradients


def attach() -> None:
    """Put the members on the Tensor."""
    for room in (Gradients,):
        for name, member in vars(room).items():
            if name in ("__module__", "__dict__", "__weakref__", "__doc__", "__qualname__"):
                continue
            if hasattr(member, "__code__") and not name.startswith("_"):
                member.__qualname__ = name  # Python's messages about wrong arguments then name the method as torch's do
            setattr(Tensor, name, member)


def members() -> dict[str, Any]:
    """What :func:`attach` puts on the Tensor, by name."""
    return {name: member for name, member in vars(Gradients).items() if not name.startswith("__")}
