"""Intel's GPU, which is not here."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..cuda.devices import device as device
from ..cuda.streams import StreamContext, stream
from ..foundation.errors import refusing

__all__ = [
    "Event", "Stream", "StreamContext", "current_device", "current_stream", "device", "device_count", "empty_cache", "get_arch_list",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed", "is_available",
    "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved", "mem_get_info",
    "memory_allocated", "memory_reserved", "memory_stats", "seed", "seed_all", "set_device", "stream", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """False"""
    return False


def is_initialized() -> bool:
    """False"""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False"""
    return False


def device_count() -> int:
    """0"""
    return 0


def manual_seed(seed: int) -> None:
    """Accepted for the sake of programs."""


manual_seed_all = manual_seed


def seed() -> None:
    """Accepted for the sake of programs."""


seed_all = seed


def empty_cache() -> None:
    """Accepted for the sake of programs."""


def memory_allocated(device: Any = None) -> int:
    """0"""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """Nothing: an empty dictionary."""
    return OrderedDict()


def get_arch_list() -> list[str]:
    """[]"""
    return []


_ABSENT = "Torch not compiled with XPU enabled"
synchronize, current_device, current_stream, init, initial_seed, set_device, mem_get_info = (
    refusing(name, AssertionError, _ABSENT)
    for name in ("synchronize", "current_device", "current_stream", "init", "initial_seed", "set_device", "mem_get_info")
)
get_device_name, get_device_capability, get_device_properties, get_rng_state = (
    refusing(name, AssertionError, _ABSENT) for name in ("get_device_name", "get_device_capability", "get_device_properties", "get_rng_state")
)
Event, Stream = (refusing(name, RuntimeError, f"Tried to instantiate dummy base class {name}") for name in ("Event", "Stream"))
