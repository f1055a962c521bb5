"""Backends: what can be held against torch, by name.

``torch:cpu``, ``torch:cuda``, ``torch:NAME@MODULE``, ...   torch on one of its devices; MODULE is imported first
``torch.compile:inductor``, ``torch.compile:aot_eager``, ...   torch's compiler on the CPU
``torch._refs``, ``torch._decomp``   torch's references and decompositions, with which its compilers begin
``torch.export:refimpl``   the graphs of torch.export, run by refimpl
``refimpl:cpu``, ``refimpl:cuda``, ``refimpl:meta``, ...   refimpl on one of its devices
``array_api:numpy``, ``array_api:jax``, ``array_api:cupy``, ``array_api:mlx``, ``array_api:MODULE``, ...   a library of the Python array API standard
``package.module:Name``   a class, factory or instance of your own (see docs/adding-a-backend.md); also the name of an
entry point of the group ``conformance.backends``
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from .base import Backend, Capabilities, Reading, Unsupported, missing_piece

__all__ = ["Backend", "Capabilities", "Reading", "Unsupported", "find_backend", "missing_piece", "present_backends"]

ENTRY_POINTS = "conformance.backends"
KINDS = ("torch", "torch.compile", "torch._refs", "torch._decomp", "torch.export", "refimpl", "array_api")


# What is asked of a backend before anything is judged.
_PARTS = ("name", "capabilities", "versions", "call", "read", "make_tensor")


@cache
def find_backend(name: str) -> Backend:
    """The backend of this name; LookupError, with what was tried, if there is none."""
    kind, _, rest = name.partition(":")
    if kind == "torch":
        from .torch_backend import Meta, Torch

        return Meta() if rest == "meta" else Torch(rest or "cpu")
    if kind == "torch.compile":
        from .compiled import Compiled

        return Compiled(rest or "inductor")
    if name == "torch._refs":
        from .graphs.references import References

        return References()
    if name == "torch._decomp":
        from .graphs.decompositions import Decompositions

        return Decompositions()
    if name == "torch.export:refimpl":
        from .graphs.exported import Exported

        return Exported()
    if kind == "refimpl":
        _load_devices()
        from . import refimpl_backend

        return refimpl_backend.Meta() if rest == "meta" else refimpl_backend.Refimpl(rest or "cpu")
    if kind == "array_api":
        from .libraries.of_the_standard import find_library

        return find_library(rest or "numpy")
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return _instance(point.load(), name)
    if not rest:
        expected = f"torch:DEVICE, refimpl:DEVICE, array_api:LIBRARY, module:Name or an entry point of {ENTRY_POINTS}"
        raise LookupError(f"no backend {name!r}: expected {expected}")
    try:
        found = getattr(importlib.import_module(kind), rest)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"no backend {name!r}: {error}") from error
    return _instance(found, name)


def entry_point_names() -> list[str]:
    """The names that installed packages give their backends."""
    return [point.name for point in entry_points(group=ENTRY_POINTS)]


def _instance(found: Any, name: str) -> Backend:
    """Classes and factories are called; anything else is the backend itself.

    From here on it has the name by which it was asked for: one that is derived from ``Torch`` or ``Refimpl`` and does not name itself would be
    taken for torch or refimpl otherwise, and what it does for theirs."""
    backend = found() if callable(found) and not _is_backend(found) else found
    lacking = [part for part in _PARTS if not hasattr(backend, part)]
    if lacking:
        what = f"{type(backend).__name__} has no {', '.join(lacking)}"
        raise LookupError(f"{name!r} is no backend: {what} (docs/adding-a-backend.md shows one in full)")
    with suppress(AttributeError):  # of a property, which is the adapter's own answer
        backend.name = name
    return backend  # type: ignore[no-any-return]


def _is_backend(found: Any) -> bool:
    """Whether an object that can be called is a backend itself, and no class or function that makes one."""
    return not isinstance(found, type) and hasattr(found, "capabilities")


def _load_devices() -> None:
    """Let gpu_backend make its devices live (``cuda``, ``host_torch``, ``host_numpy``); without it there is only the CPU."""
    try:
        importlib.import_module("gpu_backend").register()
    except ImportError as error:
        if getattr(error, "name", None) != "gpu_backend":
            raise LookupError(f"gpu_backend is here but cannot be imported: {error}") from error


def present_backends() -> list[str]:
    """Every backend that can run on this machine, torch's CPU last: it is there as a check of the suite itself."""
    names = []
    try:
        _load_devices()
        from refimpl.foundation.kernels import _Devices
    except ImportError:
        return ["torch:cpu"]
    for kind, index in _Devices.kernels:
        # Not by default: conformance.judging.rounding_noise, which is an instrument, and the device without elements, which computes nothing.
        if index in (None, 0) and kind not in ("noise", "meta"):
            names.append(f"refimpl:{kind}")
    names.sort(key=lambda name: (name != "refimpl:cpu", name))
    return [*names, "torch:cpu"]
