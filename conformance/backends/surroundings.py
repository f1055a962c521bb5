"""The global state around a call, for a module with torch's names: what it is, how it is set and put back."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Callable, Iterator

from .base import Unsupported

# Default dtype, grad mode, inference mode, deterministic algorithms; None where the module does not tell.
State = tuple[Any, ...]


def current(module: ModuleType) -> State:
    """The state now, in words that two modules have in common."""
    return (
        repr(module.get_default_dtype()).rpartition(".")[2],
        module.is_grad_enabled(),
        module.is_inference_mode_enabled(),
        _deterministic(module),
    )


def _deterministic(module: ModuleType) -> bool | None:
    asked = _question(module)
    return None if asked is None else bool(asked())


@cache  # a module that has no such function looks for names like it each time
def _question(module: ModuleType) -> Callable[[], bool] | None:
    return getattr(module, "are_deterministic_algorithms_enabled", None)


def _set_deterministic(module: ModuleType, on: bool) -> None:
    """torch's own function imports its compiler, to tell it (torch 2.13): half a second, for nothing where nothing is compiled."""
    if hasattr(module, "set_deterministic_debug_mode") and "torch._inductor" not in sys.modules:
        module.set_deterministic_debug_mode(2 if on else 0)
    else:
        module.use_deterministic_algorithms(on)


def put_back(module: ModuleType, state: State) -> None:
    """The default dtype, the grad mode and the algorithms as they were."""
    module.set_default_dtype(getattr(module, state[0]))
    module.set_grad_enabled(state[1])
    if state[3] is not None:
        _set_deterministic(module, state[3])


@contextmanager
def inside(module: ModuleType, name: str) -> Iterator[None]:
    """One of :data:`conformance.cases.case.SURROUNDINGS`."""
    if name == "no_grad":
        with module.no_grad():
            yield
    elif name == "inference_mode":
        with module.inference_mode():
            yield
    elif name.startswith("default dtype"):
        before = module.get_default_dtype()
        module.set_default_dtype(getattr(module, name.rpartition(" ")[2]))
        try:
            yield
        finally:
            module.set_default_dtype(before)
    elif name == "deterministic algorithms":
        _set_deterministic(module, True)
        try:
            yield
        finally:
            _set_deterministic(module, False)
    else:
        raise Unsupported(name)
