"""The device kernels of refimpl on a GPU: on torch tensors, and on CuPy arrays.

Nothing is required: importing this package imports neither torch nor CuPy nor NumPy. :func:`register` looks for them and
makes devices live:

- with a GPU: ``"cuda"``, one device for each GPU, computed by torch or by CuPy (see :func:`register`);
- everywhere: ``"host_torch"``, the torch kernels on torch's CPU tensors, and ``"host_numpy"``, the CuPy kernels with NumPy
  in CuPy's place, so that the same kernel code runs, and is tested, without a GPU.

A library that is not installed, or that finds no GPU, makes no device live and raises nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

__all__ = ["register", "find_library"]

LIBRARIES = ("torch", "cupy")


def register(library: str | None = None) -> list[str]:
    """Make every device live that this machine offers, and return the names of those that now are, ``"cuda:0"`` style.

    ``library`` says who computes on device "cuda": ``"torch"`` or ``"cupy"``. Left out, the environment variable
    ``REFIMPL_GPU`` says so; without that, torch does if it finds a GPU, else CuPy. Calling it again with another
    library replaces the kernels of "cuda": tensors made before belong to the old ones and must not be used further.

    Raises ValueError for another name of a library.
    """
    from refimpl.foundation import kernels as backend

    wanted = library or os.environ.get("REFIMPL_GPU") or None
    if wanted is not None and wanted not in LIBRARIES:
        raise ValueError(f"gpu_backend.register: library must be 'torch' or 'cupy', got {wanted!r}")
    kernels: list[Any] = []
    for name in (wanted,) if wanted else LIBRARIES:
        kernels = _gpu_kernels(name)
        if kernels:
            break
    kernels += _host_kernels()
    live = []
    for each in kernels:
        known = backend.find_kernels(each.device_type, each.device_index)
        if known is None or getattr(known, "library", None) != each.library:
            _register_device(backend, each)
        live.append(f"{each.device_type}:{each.device_index}")
    return live


def find_library(name: str) -> Any:
    """The imported module ``name``, or None where it is not installed, or where another module bears its name (``refimpl.as_torch``)."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return None
    return module if module.__name__ == name else None


def _register_device(backend: Any, kernels: Any) -> None:
    """Register the kernels; where the device was live before, they take its place instead of counting twice."""
    key = kernels.device_type, kernels.device_index
    if backend.find_kernels(*key) is None:
        backend.register_device(kernels)
    else:
        backend._Devices.kernels[key] = kernels


def _gpu_kernels(library: str | None) -> list[Any]:
    """Kernels for each GPU that ``library`` finds; none if it is not installed or finds no GPU."""
    if library == "torch":
        torch = find_library("torch")
        if torch is None or not torch.cuda.is_available():
            return []
        from .torch_kernels import TorchKernels

        return [TorchKernels("cuda", i, torch.device("cuda", i)) for i in range(torch.cuda.device_count())]
    cupy = find_library("cupy")
    if cupy is None or not cupy.cuda.is_available():
        return []
    from .array_kernels import ArrayKernels
    from .libraries import CuPy

    return [ArrayKernels("cuda", i, CuPy(i)) for i in range(cupy.cuda.runtime.getDeviceCount())]


def _host_kernels() -> list[Any]:
    """The same kernels on host memory, for whichever library is installed."""
    kernels: list[Any] = []
    torch = find_library("torch")
    if torch is not None:
        from .torch_kernels import TorchKernels

        kernels.append(TorchKernels("host_torch", 0, torch.device("cpu")))
    if find_library("numpy") is not None:
        from .array_kernels import ArrayKernels
        from .libraries import NumPy

        kernels.append(ArrayKernels("host_numpy", 0, NumPy()))
    return kernels
