"""The members of Tensor that need more than its memory: the graph, the operations, other libraries.

They are written here, above the operations, and put on the class when refimpl is imported.
"""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from ..tensor.attributes import ReadOnly
from . import overriding as _overriding  # it waits for the first class that takes part in calls
from .by_functions import ByFunctions
from .exchanging import Exchanging
from .gradients import Gradients

_OF_EVERY_CLASS = frozenset(dir(type("Empty", (), {}))) - {"__new__", "__repr__", "__reduce_ex__"}
_OF_EVERY_CLASS |= {"__annotations__", "__firstlineno__", "__static_attributes__"}


def members() -> dict[str, Any]:
    """What :func:`attach` puts on the Tensor, by name."""
    return {name: member for room in (Gradients, Exchanging, ByFunctions) for name, member in vars(room).items() if name not in _OF_EVERY_CLASS}


def attach() -> None:
    """Put the members on the Tensor."""
    for name, member in members().items():
        if hasattr(member, "__code__") and not name.startswith("_"):
            member.__qualname__ = name  # Python's messages about wrong arguments then name the method as torch's do
        setattr(Tensor, name, member)
    for name, member in list(vars(Tensor).items()):
        if type(member) is property and member.fset is None:
            setattr(Tensor, name, ReadOnly(member, name))
