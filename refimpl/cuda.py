"""The GPU, as far as a program asks about it: live when the optional package ``gpu_backend`` found one."""

from __future__ import annotations

import sys
from typing import Any

from .amp import of_cuda as amp
from .foundation import kernels as backend
from .foundation.devices import device as device_class
from .foundation.devices import load_optional_backends

__all__ = [
    "amp", "current_device", "device_count", "empty_cache", "init", "initial_seed", "is_available", "is_bf16_supported", "is_initialized",
    "manual_seed", "manual_seed_all", "seed", "seed_all", "synchronize",
]  # fmt: skip

__path__: list[str] = []  # as torch.cuda is a package: so that torch.cuda.amp is found
sys.modules[f"{__name__}.amp"] = amp


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
        raise AssertionError("Torch not compiled with CUDA enabled")


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


def manual_seed(seed: int) -> None:
    """Seed the GPUs' generators. They are seeded from the default generator, so this does nothing where there is no GPU."""


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the GPUs' generators anew; nothing, for the same reason."""


seed_all = seed


def initial_seed() -> int:
    """The seed that the GPU's numbers began with: the default generator's."""
    _require()
    from .random import initial_seed

    return initial_seed()


def init() -> None:
    """Nothing to be done, if there is a GPU."""
    _require()


def is_initialized() -> bool:
    """Whether there is a GPU in use."""
    return is_available()


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether there is a GPU; then bfloat16 works on it, in hardware or not."""
    return is_available()


def empty_cache() -> None:
    """Accepted for the sake of programs."""
