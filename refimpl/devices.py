"""Devices: the ``device`` object, and finding the kernels behind it.

The host is ``cpu``. ``cuda`` becomes live when the optional package ``gpu_backend`` finds a GPU; other names belong to
devices that were registered through :func:`refimpl.backend.register_device`.
"""

from __future__ import annotations

from typing import Any

from . import backend

# The device types whose names torch's parser accepts, in the order of its message.
_TORCH_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone"
)


class device:
    """Where a tensor lives: a type (``"cpu"``, ``"cuda"``, ...) and an optional number.

    >>> device("cuda:1")
    device(type='cuda', index=1)
    >>> device("cuda") == device("cuda:0")
    False
    """

    __slots__ = ("type", "index")

    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int) and not isinstance(type, bool):
            type, index = "cuda", type
        elif not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}")
        elif ":" in type:
            if index is not None:
                raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
            name, _, number = type.partition(":")
            if not number.isdigit() or (len(number) > 1 and number[0] == "0"):
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = name, int(number)
        if type not in _TORCH_TYPES.split(", ") and backend.device_count(type) == 0 and not load_optional_backends(type):
            raise RuntimeError(f"Expected one of {_TORCH_TYPES} device type at start of device string: {type}")
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "index", index)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __repr__(self) -> str:
        return f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)


_loaded: list[str] | None = None


def load_optional_backends(device_type: str) -> bool:
    """Ask the package ``gpu_backend``, if it is installed, to make its devices live; whether ``device_type`` is live then."""
    global _loaded
    if _loaded is None:
        from importlib import import_module
        from importlib.util import find_spec

        _loaded = list(import_module("gpu_backend").register()) if find_spec("gpu_backend") else []
    return backend.device_count(device_type) > 0


_devices: dict[int, device] = {}


def device_of(kernels: backend.Kernels) -> device:
    """The ``device`` object of a kernel set (always the same object)."""
    found = _devices.get(id(kernels))
    if found is None:
        found = _devices[id(kernels)] = device(kernels.device_type, kernels.device_index)
    return found


def kernels_for(where: Any = None) -> backend.Kernels:
    """The kernels of a device given as a ``device``, a string, a number (of a GPU) or None (the host)."""
    if where is None:
        return backend.find_kernels("cpu", None)  # type: ignore[return-value]
    if not isinstance(where, device):
        if not isinstance(where, (str, int)) or isinstance(where, bool):
            raise TypeError(f"argument 'device' must be torch.device, not {type(where).__name__}")
        where = device(where)
    found = backend.find_kernels(where.type, where.index)
    if found is None and where.type != "cpu" and load_optional_backends(where.type):
        found = backend.find_kernels(where.type, where.index)
    if found is not None:
        return found
    if where.type == "cuda":
        if backend.device_count("cuda"):
            raise RuntimeError(
                "CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?"
            )
        raise AssertionError("Torch not compiled with CUDA enabled")
    if where.type == "cpu":
        raise RuntimeError(f"CPU device index must be -1 or zero, got {where.index}")
    raise RuntimeError(f"no backend is registered for device {where.type!r}")
