"""What torch keeps in ``torch.utils``, as far as it is here: datasets and loaders, checkpointing, DLPack, trees, hooks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..foundation.paths import missing

if TYPE_CHECKING:
    from . import _pytree as _pytree
    from . import checkpoint as checkpoint
    from . import data as data
    from . import deterministic as deterministic
    from . import dlpack as dlpack
    from . import hooks as hooks
    from .swapping import swap_tensors as swap_tensors

__all__ = ["checkpoint", "data", "deterministic", "dlpack", "hooks", "set_module", "swap_tensors"]

_MODULES = ("_pytree", "checkpoint", "data", "deterministic", "dlpack", "hooks")  # DLPack needs ctypes, which is not everywhere


def set_module(obj: Any, mod: Any) -> None:
    """Say of a class or function that it is from a module; TypeError for a name that is no text."""
    if not isinstance(mod, str):
        raise TypeError("The mod argument should be a string")
    obj.__module__ = mod


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name == "swap_tensors":
        return import_module(f"{__name__}.swapping").swap_tensors
    raise missing(__name__, name)
