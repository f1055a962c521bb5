"""Every operation's row: a room for each room of refimpl's operations. A file that is put into a room is found by itself."""

from __future__ import annotations

import importlib
import pkgutil

from .rows import TABLE, Operation

ROOMS = ("pointwise", "views", "indexing", "creation", "random", "reductions", "joining", "products", "nn")

for _room in ROOMS:
    _package = importlib.import_module(f"{__name__}.{_room}")
    for _file in sorted(module.name for module in pkgutil.iter_modules(_package.__path__)):
        importlib.import_module(f"{_package.__name__}.{_file}")

__all__ = ["ROOMS", "TABLE", "Operation"]
