"""What torch keeps in ``torch.utils``, as far as it is here: datasets and loaders, DLPack."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import dlpack

if TYPE_CHECKING:
    from . import data as data

__all__ = ["data", "dlpack"]


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module(f"{__name__}.data")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
