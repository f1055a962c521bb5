"""What the GPU's memory holds: 0, as nobody counts it here, and as it is where there is no GPU."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from warnings import warn

__all__ = [
    "empty_cache", "max_memory_allocated", "max_memory_cached", "max_memory_reserved", "memory_allocated", "memory_cached", "memory_reserved",
    "memory_stats", "memory_stats_as_nested_dict", "reset_accumulated_memory_stats", "reset_max_memory_allocated", "reset_max_memory_cached",
    "reset_peak_memory_stats",
]  # fmt: skip


def memory_allocated(device: Any = None) -> int:
    """0"""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """0"""
    return 0


def memory_reserved(device: Any = None) -> int:
    """0"""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """0"""
    return 0


def memory_cached(device: Any = None) -> int:
    """:func:`memory_reserved` under its name of old (FutureWarning)."""
    warn("`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`", FutureWarning, stacklevel=2)
    return 0


def max_memory_cached(device: Any = None) -> int:
    """:func:`max_memory_reserved` under its name of old (FutureWarning)."""
    warn("`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`", FutureWarning, stacklevel=2)
    return 0


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """Nothing: an empty dictionary."""
    return OrderedDict()


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """Nothing: an empty dictionary."""
    return {}


def empty_cache() -> None:
    """Accepted for the sake of programs."""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Accepted for the sake of programs."""


def reset_accumulated_memory_stats(device: Any = None) -> None:
    """Accepted for the sake of programs."""


def reset_max_memory_allocated(device: Any = None) -> None:
    """Accepted for the sake of programs."""


def reset_max_memory_cached(device: Any = None) -> None:
    """Accepted for the sake of programs."""
