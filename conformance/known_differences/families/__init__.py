"""The known differences of single families of operations, a file each, which is found by itself: its list is called ``ENTRIES``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..entry import KnownDifference

FAMILIES: list[KnownDifference] = []
for _name in sorted(module.name for module in iter_modules(__path__)):
    FAMILIES += import_module(f"{__name__}.{_name}").ENTRIES
