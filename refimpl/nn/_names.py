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
        _give_own(cls, "__init__", OwnInit)


class OwnForward:
    """The same of ``forward``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _give_own(cls, "forward", OwnForward)


def _give_own(cls: Any, name: str, mark: type) -> None:
    """A copy of the method, under the name of ``cls``, if that is a public class of this package and inherits it from one with the mark."""
    owner: Any = next(kind for kind in cls.__mro__ if name in vars(kind))
    if owner is cls or mark not in owner.__bases__ or cls.__name__.startswith("_") or not cls.__module__.startswith(_OWN):
        return
    shared = vars(owner)[name]
    own = FunctionType(shared.__code__, shared.__globals__, shared.__name__, shared.__defaults__, shared.__closure__)
    own.__dict__.update(shared.__dict__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = shared.__kwdefaults__, shared.__annotations__, shared.__doc__
    own.__module__, own.__qualname__ = cls.__module__, f"{cls.__qualname__}.{name}"
    setattr(cls, name, own)


_OWN = __name__.partition(".")[0] + "."
