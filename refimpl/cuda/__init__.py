"""The GPU, as far as a program asks about it: live when the optional package ``gpu_backend`` found one."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ..amp import of_cuda as amp
from ..foundation.errors import AcceleratorError, OutOfMemoryError
from ..foundation.paths import attach, missing
from .devices import (
    can_device_access_peer,
    current_device,
    device,
    device_count,
    device_of,
    get_arch_list,
    get_device_capability,
    get_device_name,
    get_device_properties,
    get_gencode_flags,
    init,
    ipc_collect,
    is_available,
    is_bf16_supported,
    is_initialized,
    is_tf32_supported,
    mem_get_info,
    set_device,
    synchronize,
)  # fmt: skip
from .memory import (
    empty_cache,
    max_memory_allocated,
    max_memory_cached,
    max_memory_reserved,
    memory_allocated,
    memory_cached,
    memory_reserved,
    memory_stats,
    memory_stats_as_nested_dict,
    reset_accumulated_memory_stats,
    reset_max_memory_allocated,
    reset_max_memory_cached,
    reset_peak_memory_stats,
)
from .random import (
    get_rng_state,
    get_rng_state_all,
    initial_seed,
    manual_seed,
    manual_seed_all,
    seed,
    seed_all,
    set_rng_state,
    set_rng_state_all,
)  # fmt: skip
from .streams import Event, Stream, StreamContext, current_stream, default_stream, set_stream, stream

__all__ = [
    "AcceleratorError", "Event", "OutOfMemoryError", "Stream", "StreamContext", "amp", "can_device_access_peer", "current_device", "current_stream",
    "default_stream", "device", "device_count", "device_of", "empty_cache", "get_arch_list", "get_device_capability", "get_device_name",
    "get_device_properties", "get_gencode_flags", "get_rng_state", "get_rng_state_all", "init", "initial_seed", "ipc_collect", "is_available",
    "is_bf16_supported", "is_initialized", "is_tf32_supported", "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_cached",
    "max_memory_reserved", "mem_get_info", "memory_allocated", "memory_cached", "memory_reserved", "memory_stats", "memory_stats_as_nested_dict",
    "reset_accumulated_memory_stats", "reset_max_memory_allocated", "reset_max_memory_cached", "reset_peak_memory_stats", "seed", "seed_all",
    "set_device", "set_rng_state", "set_rng_state_all", "set_stream", "stream", "synchronize",
]  # fmt: skip

sys.modules[f"{__name__}.amp"] = amp
attach(f"{__name__}.amp", {
    "autocast_mode": "autocast amp.of_cuda: custom_bwd custom_fwd", "grad_scaler": "GradScaler",
    "common": "amp.of_cuda: amp_definitely_not_available",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """The names of old for tensors of one dtype."""
    if name.endswith("Tensor"):
        types: dict[str, Any] = import_module(f"{__name__}.tensor_types").CUDA_TENSOR_TYPES
        if name in types:
            return types[name]
    raise missing(__name__, name)
