"""The names of types as torch's error messages give them."""

from __future__ import annotations

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
