"""The standard library's :mod:`multiprocessing`, with torch's :func:`spawn`. Tensors are sent to other processes as copies: no memory is shared."""

from __future__ import annotations

import multiprocessing as _library
from multiprocessing import *  # noqa: F403
from typing import Any

from .spawning import (
    ENV_VAR_PARALLEL_START,
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,  # fmt: skip
    start_processes,
)

__all__ = [
    *(name for name in _library.__all__ if name != "context"), "ProcessContext", "ProcessException", "ProcessExitedException",
    "ProcessRaisedException", "SpawnContext", "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy", "spawn",
    "start_processes",
]  # fmt: skip


def get_all_sharing_strategies() -> set[str]:
    """The ways in which torch shares memory between processes."""
    return {"file_descriptor", "file_system"}


_strategy = "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted for the sake of programs, and remembered: tensors are copied."""
    global _strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy '{new_strategy}', expected one of {get_all_sharing_strategies()}")
    _strategy = new_strategy


def get_sharing_strategy() -> str:
    """What :func:`set_sharing_strategy` was last called with."""
    return _strategy
