"""Whether there are GPUs, how many, and what a program tells them."""

from __future__ import annotations

from typing import Any

from ..foundation import kernels as backend
from ..foundation.devices import device as device_class
from ..foundation.devices import load_optional_backends

__all__ = [
    "can_device_access_peer", "current_device", "device", "device_count", "device_of", "get_arch_list", "get_device_capability", "get_device_name",
    "get_device_properties", "get_gencode_flags", "init", "ipc_collect", "is_available", "is_bf16_supported", "is_initialized",
    "is_tf32_supported", "mem_get_info", "set_device", "synchronize",
]  # fmt: skip

_ABSENT = "Torch not compiled with CUDA enabled"


def is_available() -> bool:
    """Whether there is a GPU and a library to use it.

    >>> is_available() == (device_count() > 0)
    True
    """
    return load_optional_backends("cuda")


def device_count() -> int:
    """The number of GPUs."""
    load_optional_backends("cuda")
    return backend.device_count("cuda")


def _require() -> None:
    if not is_available():
        raise AssertionError(_ABSENT)


def current_device() -> int:
    """The number of the GPU that ``"cuda"`` without a number stands for: 0."""
    _require()
    return 0


def synchronize(device: Any = None) -> None:
    """Wait until everything that was started on the GPU has been done."""
    _require()
    index = device_class("cuda" if device is None else device).index or 0
    kernels = backend.find_kernels("cuda", index)
    if kernels is not None:
        kernels.synchronize()


def init() -> None:
    """Nothing to be done, if there is a GPU."""
    _require()


def is_initialized() -> bool:
    """Whether there is a GPU in use."""
    return is_available()


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether there is a GPU; then bfloat16 works on it, in hardware or not."""
    return is_available()


def is_tf32_supported() -> bool:
    """False: products of float32 are not shortened."""
    return False


def get_arch_list() -> list[str]:
    """[]: nothing is compiled for a GPU."""
    return []


def get_gencode_flags() -> str:
    """"": nothing is compiled for a GPU."""
    return ""


def set_device(device: Any) -> None:
    """Accepted for the sake of programs: ``"cuda"`` is the first GPU. AssertionError where there is none; a negative number does nothing."""
    if not isinstance(device, int) or device >= 0:
        _require()


def ipc_collect() -> None:
    """Accepted for the sake of programs; AssertionError where there is no GPU."""
    _require()


class device:
    """A ``with`` block in which ``"cuda"`` would stand for another GPU; without effect."""

    def __init__(self, device: Any) -> None:
        self.device = device

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        pass


class device_of(device):
    """:class:`device` of a tensor."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else -1)


def get_device_name(device: Any = None) -> str:
    """What the backend calls the GPU, its number if it says nothing. AssertionError where there is none."""
    _require()
    index = device_class("cuda" if device is None else device).index or 0
    return str(getattr(backend.find_kernels("cuda", index), "device_name", f"cuda:{index}"))


def _unknown(name: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        _require()
        raise NotImplementedError(f"torch.cuda.{name}: refimpl's backends do not ask for it")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "AssertionError where there is no GPU; NotImplementedError where there is one, as the backends do not ask for it."
    return function


get_device_capability, get_device_properties, mem_get_info, can_device_access_peer = map(
    _unknown, ("get_device_capability", "get_device_properties", "mem_get_info", "can_device_access_peer")
)
