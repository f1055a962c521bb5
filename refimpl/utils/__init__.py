"""What torch keeps in ``torch.utils``, as far as it is here: datasets and loaders, checkpointing, DLPack."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import checkpoint as checkpoint
    from . import data as data
    from . import dlpack as dlpack

__all__ = ["checkpoint", "data", "dlpack"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # DLPack needs ctypes, which is not everywhere
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
