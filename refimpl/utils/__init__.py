"""What torch keeps in ``torch.utils``, as far as it is here: datasets and loaders, checkpointing, DLPack."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import dlpack

if TYPE_CHECKING:
    from . import checkpoint as checkpoint
    from . import data as data

__all__ = ["checkpoint", "data", "dlpack"]


def __getattr__(name: str) -> Any:
    if name in ("checkpoint", "data"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
