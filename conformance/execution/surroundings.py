"""Calls in another global state than the usual one; and whether a call leaves that state as it was."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from ..backends.base import Backend, Unsupported


@contextmanager
def inside(backend: Backend, name: str) -> Iterator[None]:
    """The backend's calls in surroundings of this name; none if it is empty."""
    if not name:
        yield
        return
    enter = getattr(backend, "inside", None)
    if enter is None:
        raise Unsupported("global state")
    with enter(name):
        yield


def current(backend: Backend) -> tuple[Any, ...] | None:
    """The backend's global state; None where it has none that can be read."""
    read = getattr(backend, "global_state", None)
    return None if read is None else read()


def put_back(backend: Any, before: tuple[Any, ...] | None) -> None:
    """What a call changed and should not have, so that the next example does not suffer."""
    if before is not None and current(backend) != before:
        backend.put_back(before)
