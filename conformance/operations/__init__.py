"""Every operation's row, family by family."""

from __future__ import annotations

import importlib

from .table import TABLE, Operation

FAMILIES = ("pointwise", "views", "indexing", "creation", "random", "reductions", "joining", "products", "nn", "conversion")

for _family in FAMILIES:
    importlib.import_module(f"{__name__}.{_family}")

__all__ = ["FAMILIES", "TABLE", "Operation"]
