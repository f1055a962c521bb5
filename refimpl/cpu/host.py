"""``torch.cpu``: the questions that programs ask of a device, answered for the host."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = [
    "Event", "Stream", "StreamContext", "current_device", "current_stream", "device_count", "get_capabilities", "is_available", "is_initialized",
    "set_device", "stream", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """True"""
    return True


def get_capabilities() -> Mapping[str, Any]:
    """Nothing: Python does not ask what the processor can do."""
    return MappingProxyType({})


def is_initialized() -> bool:
    """True"""
    return True


def device_count() -> int:
    """1"""
    return 1


def current_device() -> str:
    """ "cpu" """
    return "cpu"


def set_device(device: Any) -> None:
    """Accepted for the sake of programs."""


def synchronize(device: Any = None) -> None:
    """Nothing has to be waited for."""


class Stream:
    """The order in which everything is done: the program's."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def wait_stream(self, stream: Any) -> None:
        """Nothing has to be waited for."""

    def record_event(self) -> None:
        """Nothing has to be recorded."""

    def wait_event(self, event: Any) -> None:
        """Nothing has to be waited for."""


class Event:
    """A moment of the program."""

    def __init__(self, enable_timing: bool = False) -> None:
        pass

    def query(self) -> bool:
        """True: it has been."""
        return True

    def record(self, stream: Any = None) -> None:
        """Nothing has to be recorded."""

    def synchronize(self) -> None:
        """Nothing has to be waited for."""

    def wait(self, stream: Any = None) -> None:
        """Nothing has to be waited for."""


_stream = Stream()


def current_stream(device: Any = None) -> Stream:
    """The stream."""
    return _stream


class StreamContext:
    """What stands in a ``with`` block of a stream runs in the order of the program, as everything does."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        pass


def stream(stream: Any) -> StreamContext:
    """A ``with`` block of a stream, or, for None, of none."""
    return StreamContext(stream)
