"""The names of types, and of what makes their instances, as torch's error messages give them."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from ..tensor import Tensor


def typename(value: Any) -> str:
    """The name of a value's type: ``torch.FloatTensor`` for a float32 tensor, ``int``, ``torch.nn.modules.linear.Linear``.

    Builtin types have no prefix. Types of this package are named as torch's of the same place, because that
    is the name that the messages of a program show.
    """
    if isinstance(value, Tensor):
        tensor: Any = value
        return tensor.type()
    owner = value if hasattr(value, "__module__") and hasattr(value, "__qualname__") else type(value)
    module = owner.__module__ or ""
    if module in ("", "builtins", "__builtin__"):
        return owner.__qualname__
    package, dot, rest = module.partition(".")
    if package == __name__.partition(".")[0]:
        module = "torch" + dot + rest
    return f"{module}.{owner.__qualname__}"


class OwnInit:
    """Stands among the bases of a class whose ``__init__`` torch writes in each public class below: messages about arguments name these."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner: Any = next(kind for kind in cls.__mro__ if "__init__" in vars(kind))
        if owner is cls or OwnInit not in owner.__bases__ or cls.__name__.startswith("_") or not cls.__module__.startswith(_OWN):
            return
        shared = vars(owner)["__init__"]
        init = FunctionType(shared.__code__, shared.__globals__, shared.__name__, shared.__defaults__, shared.__closure__)
        init.__dict__.update(shared.__dict__)
        init.__kwdefaults__, init.__annotations__, init.__doc__ = shared.__kwdefaults__, shared.__annotations__, shared.__doc__
        init.__module__, init.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
        setattr(cls, "__init__", init)  # noqa: B010


_OWN = __name__.partition(".")[0] + "."
