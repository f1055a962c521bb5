"""What candidates are held against: torch on the CPU for semantics, refimpl on the CPU for values."""

from __future__ import annotations

from functools import lru_cache

from ..backends import Backend, find_backend

ORACLE = "torch:cpu"
REFERENCE = "refimpl:cpu"


@lru_cache(maxsize=1)
def reference_backend() -> Backend | None:
    """refimpl on the CPU; None while it cannot be imported (then torch in a wider dtype is the reference)."""
    try:
        return find_backend(REFERENCE)
    except (ImportError, LookupError, AttributeError):
        return None
