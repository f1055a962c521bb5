"""The device beside the host, whichever it is: the GPU, where the optional package ``gpu_backend`` found one."""

from __future__ import annotations

from typing import Any
from warnings import warn

from .. import cuda
from ..foundation.devices import device

__all__ = [
    "current_accelerator", "current_device_idx", "current_device_index", "current_stream", "device_count", "device_index", "empty_cache",
    "empty_host_cache", "get_device_capability", "get_memory_info",
    "is_available", "max_memory_allocated", "max_memory_reserved", "memory_allocated", "memory_reserved", "memory_stats",
    "reset_accumulated_memory_stats", "reset_peak_memory_stats", "set_device_idx", "set_device_index", "set_stream", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """Whether there is one."""
    return cuda.is_available()


def device_count() -> int:
    """How many there are."""
    return cuda.device_count()


def current_accelerator(check_available: bool = False) -> Any:
    """The device, without a number; None where there is none."""
    return device("cuda") if is_available() else None


def _require() -> None:
    if not is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def current_device_index() -> int:
    """0; RuntimeError where there is no device, as of all that follow."""
    _require()
    return 0


def current_device_idx() -> int:
    """:func:`current_device_index` under its name of old (FutureWarning)."""
    warn("Use `current_device_index` instead.", FutureWarning, stacklevel=2)
    return current_device_index()


def set_device_index(device: Any, /) -> None:
    """Accepted for the sake of programs."""
    _require()


def set_device_idx(device: Any, /) -> None:
    """:func:`set_device_index` under its name of old (FutureWarning)."""
    warn("Use `set_device_index` instead.", FutureWarning, stacklevel=2)
    set_device_index(device)


class device_index:
    """A ``with`` block in which another device would be the current one; None is the one that is."""

    def __init__(self, device: int | None, /) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            _require()

    def __exit__(self, *exception: Any) -> None:
        pass


def current_stream(device: Any = None, /) -> Any:
    """The order in which the device does everything."""
    _require()
    return cuda.current_stream(device)


def set_stream(stream: Any) -> None:
    """Accepted for the sake of programs."""
    _require()


def synchronize(device: Any = None, /) -> None:
    """Wait until everything that was started has been done."""
    _require()
    cuda.synchronize()


def empty_cache() -> None:
    """Accepted for the sake of programs."""
    _require()


def empty_host_cache() -> None:
    """Accepted for the sake of programs."""
    _require()


def get_memory_info(device_index: Any = None, /) -> tuple[int, int]:
    """RuntimeError where there is no device, NotImplementedError where there is one: nobody counts."""
    _require()
    raise NotImplementedError("torch.accelerator.get_memory_info: refimpl's backends do not ask for it")


def get_device_capability(device_index: Any = None, /) -> dict[str, Any]:
    """Nothing: an empty dictionary."""
    _require()
    return {}


def memory_stats(device_index: Any = None, /) -> dict[str, Any]:
    """Nothing: an empty dictionary."""
    _require()
    return {}


def memory_allocated(device_index: Any = None, /) -> int:
    """0: nobody counts."""
    _require()
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def reset_peak_memory_stats(device_index: Any = None, /) -> None:
    """Accepted for the sake of programs."""
    _require()


reset_accumulated_memory_stats = reset_peak_memory_stats
