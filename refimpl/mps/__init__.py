"""The GPU of Apple's machines, which is not here."""

from __future__ import annotations

from ..foundation.errors import refusing

__all__ = [
    "Event", "compile_shader", "current_allocated_memory", "device_count", "driver_allocated_memory", "empty_cache", "get_rng_state",
    "is_available", "manual_seed", "recommended_max_memory", "seed", "set_per_process_memory_fraction", "set_rng_state", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """False"""
    return False


def device_count() -> int:
    """0"""
    return 0


def manual_seed(seed: int) -> None:
    """Accepted for the sake of programs."""


def _absent(name: str, called: str) -> object:
    return refusing(name, RuntimeError, f"Cannot execute {called}() without MPS backend.")


synchronize = _absent("synchronize", "deviceSynchronize")
empty_cache = _absent("empty_cache", "emptyCache")
set_per_process_memory_fraction = _absent("set_per_process_memory_fraction", "setMemoryFraction")
current_allocated_memory = _absent("current_allocated_memory", "getCurrentAllocatedMemory")
driver_allocated_memory = _absent("driver_allocated_memory", "getDriverAllocatedMemory")
recommended_max_memory = _absent("recommended_max_memory", "getRecommendedMaxMemory")
get_rng_state, set_rng_state, seed = (_absent(name, "getDefaultGenerator") for name in ("get_rng_state", "set_rng_state", "seed"))
Event = _absent("Event", "acquireEvent")
compile_shader = refusing("compile_shader", RuntimeError, "MPS is not available")
