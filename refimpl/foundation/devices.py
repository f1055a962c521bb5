"""Devices: the ``device`` object, the default device, and finding the kernels behind a device.

The host is ``cpu``. ``cuda`` becomes live when the optional package ``gpu_backend`` finds a GPU; other names belong to
devices that were registered through :func:`refimpl.foundation.kernels.register_device`.
"""

from __future__ import annotations

from typing import Any, Callable

from ..signatures.matching import Door
from ..signatures.types import enter
from . import kernels as backend

# The device types whose names torch's parser accepts, in the order of its message.
_TORCH_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone"
)
_TYPES = frozenset(_TORCH_TYPES.split(", "))


@enter("device")
class device:
    """Where a tensor lives: a type (``"cpu"``, ``"cuda"``, ...) and an optional number.

    ``device(1)`` is a GPU. As a context manager, or as a decorator, it is the default device of the creation functions.

    >>> device("cuda:1")
    device(type='cuda', index=1)
    >>> device("cuda") == device("cuda:0")
    False
    """

    __slots__ = ("type", "index")

    type: str
    index: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs or len(args) != 1 or args[0].__class__ is not str:
            args, _, _ = _door.parse(args, kwargs)  # type: ignore[assignment]
        type, index = args[0], args[1] if len(args) > 1 else None
        if isinstance(type, device):
            type, index = type.type, type.index
        elif ":" in type and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        else:
            name, number = _parse(type)
            type, index = name, number if index is None else index
            if index is not None and index < 0:
                raise RuntimeError("Device index must not be negative")
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "index", index)

    @classmethod
    def of_number(cls, index: int) -> device:
        """The GPU of a number; RuntimeError where there is none."""
        if index < 0:
            raise RuntimeError("Device index must not be negative")
        if not load_optional_backends("cuda"):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        return cls("cuda", index)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self.__slots__:
            raise AttributeError(f"'torch.device' object has no attribute '{name}'")
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.device' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __lt__(self, other: object) -> bool:
        raise TypeError("comparison not implemented")

    __le__ = __gt__ = __ge__ = __lt__

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index) if self.index is not None else (self.type,)

    def __copy__(self) -> device:
        return self

    def __deepcopy__(self, memo: Any) -> device:
        return self

    def __enter__(self) -> device:
        _Default.outer.append(_Default.device)
        _Default.device = self
        return self

    def __exit__(self, *exception: object) -> None:
        _Default.device = _Default.outer.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from functools import wraps

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return call


_door = Door("device", False, ("type", "index"), (), {})


def _parse(text: str) -> tuple[str, int | None]:
    """The type and the number of a device string: a name, or a name, a colon, and a number without leading zeros."""
    if not text:
        raise RuntimeError("Device string must not be empty")
    name, colon, number = text.partition(":")
    index = None
    if not name.replace("_", "a").isalpha() or colon and not (number.isdigit() and number.isascii()) or number[:1] == "0" != number:
        raise RuntimeError(f"Invalid device string: '{text}'")
    if name not in _TYPES and backend.device_count(name) == 0 and not load_optional_backends(name):
        raise RuntimeError(f"Expected one of {_TORCH_TYPES} device type at start of device string: {name}")
    if colon:
        index = int(number)
        if index >= 1 << 31:
            raise RuntimeError(f"Could not parse device index '{number}' in device string '{text}'")
    return name, index


# -- the default device ----------------------------------------------------------------------------


_Device = device  # in the class below, that name is taken


class _Default:
    """The device of the creation functions: one of the pieces of global state. None: the host."""

    device: _Device | None = None
    outer: list[_Device | None] = []


def get_default_device() -> device:
    """The device on which the creation functions make tensors.

    >>> get_default_device()
    device(type='cpu')
    """
    return device("cpu") if _Default.device is None else _Default.device


def set_default_device(device: Any) -> None:
    """Make the creation functions use this device; None makes it the host again."""
    _Default.device = None if device is None else _as_device(device)


def _as_device(where: Any) -> device:
    return where if isinstance(where, device) else device(where)


# -- kernels ---------------------------------------------------------------------------------------
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
        found = device(kernels.device_type) if kernels.device_index is None else device(kernels.device_type, kernels.device_index)
        _devices[id(kernels)] = found
    return found


def kernels_for(where: Any = None) -> backend.Kernels:
    """The kernels of a device given as a ``device``, a string, a number (of a GPU), or None (the default device)."""
    if where is None:
        where = _Default.device
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
    if backend.device_count(where.type):
        raise RuntimeError("CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?")
    if where.type in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {where.type.upper()} enabled")
    raise NotImplementedError(f"Could not make tensors on device '{where}': no backend is registered for {where.type!r}")
