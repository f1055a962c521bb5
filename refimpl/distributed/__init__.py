"""Several processes as one group are no part of this package: the questions have an answer, and the rest says so."""

from __future__ import annotations

from typing import Any

__all__ = [
    "is_available", "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available", "is_torchelastic_launched", "is_ucc_available",
]  # fmt: skip


def is_available() -> bool:
    """False: there are no groups of processes."""
    return False


def is_initialized() -> bool:
    """False: there are no groups of processes."""
    return False


is_mpi_available = is_nccl_available = is_gloo_available = is_ucc_available = is_torchelastic_launched = is_available

_ABSENT = frozenset((
    "Backend", "DeviceMesh", "FileStore", "GradBucket", "HashStore", "ProcessGroup", "ReduceOp", "Store", "TCPStore", "Work", "all_gather",
    "all_gather_into_tensor", "all_gather_object", "all_reduce", "all_to_all", "all_to_all_single", "barrier", "broadcast", "broadcast_object_list",
    "destroy_process_group", "gather", "gather_object", "get_backend", "get_rank", "get_world_size", "group", "init_device_mesh",
    "init_process_group", "irecv", "isend", "monitored_barrier", "new_group", "recv", "reduce", "reduce_scatter", "reduce_scatter_tensor", "scatter",
    "scatter_object_list", "send",
))  # fmt: skip


def __getattr__(name: str) -> Any:
    """What torch has here, as something that refuses when it is called."""
    if name not in _ABSENT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"torch.distributed.{name}: refimpl has no groups of processes; ask torch.distributed.is_available() first")

    refuse.__name__ = refuse.__qualname__ = name
    return refuse
