"""Every operation's row: a room for each room of refimpl's operations. Rooms, and files in them, are found by themselves."""

from __future__ import annotations

import importlib
import pkgutil

from . import limited_support
from .rows import TABLE, Operation

_FIRST = ("pointwise", "views", "indexing", "creation", "random", "reductions", "joining", "products", "linalg", "nn")  # the order of reports
_FOUND = {package.name for package in pkgutil.iter_modules(__path__) if package.ispkg}
ROOMS = (*(room for room in _FIRST if room in _FOUND), *sorted(_FOUND.difference(_FIRST)))

for _room in ROOMS:
    _package = importlib.import_module(f"{__name__}.{_room}")
    for _file in sorted(module.name for module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}.")):
        importlib.import_module(_file)
limited_support.extend()

__all__ = ["ROOMS", "TABLE", "Operation"]
