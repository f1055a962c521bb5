"""Streams and events of the GPU. Everything is done in the order of the program, so they have nothing to order."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from ..cpu.host import StreamContext, stream
from .devices import is_available, synchronize

__all__ = ["Event", "Stream", "StreamContext", "current_stream", "default_stream", "set_stream", "stream"]


class Event:
    """A moment of the program; RuntimeError where there is no GPU. ``enable_timing`` lets :meth:`elapsed_time` ask for the time between two."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False) -> None:
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class Event")
        self.enable_timing = enable_timing
        self._moment: float | None = None

    def record(self, stream: Any = None) -> None:
        """It is now, when all that was started has been done."""
        synchronize()
        self._moment = perf_counter()

    def wait(self, stream: Any = None) -> None:
        """Nothing has to be waited for."""

    def query(self) -> bool:
        """True: it has been."""
        return True

    def synchronize(self) -> None:
        """Nothing has to be waited for."""

    def elapsed_time(self, end_event: Event) -> float:
        """The milliseconds from this event to another one. ValueError where they were not recorded, or not to measure time."""
        if not (self.enable_timing and end_event.enable_timing) or self._moment is None or end_event._moment is None:
            raise ValueError("Both events must be created with argument 'enable_timing=True'." if not self.enable_timing else
                             "Both events must be recorded before calculating elapsed time.")
        return 1000 * (end_event._moment - self._moment)


class Stream:
    """The one order in which everything is done; RuntimeError where there is no GPU."""

    def __init__(self, device: Any = None, priority: int = 0, **kwargs: Any) -> None:
        if not is_available():
            raise RuntimeError("torch.cuda.Stream requires CUDA support")
        self.device = device
        self.priority = priority

    def wait_event(self, event: Any) -> None:
        """Nothing has to be waited for."""

    def wait_stream(self, stream: Any) -> None:
        """Nothing has to be waited for."""

    def record_event(self, event: Any = None) -> Any:
        """The event, or a new one, recorded."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def query(self) -> bool:
        """True: all has been done."""
        return True

    def synchronize(self) -> None:
        """Wait until everything has been done."""
        synchronize()


def set_stream(stream: Any) -> None:
    """Accepted for the sake of programs."""


def current_stream(device: Any = None) -> Stream:
    """The stream. AssertionError where there is no GPU."""
    if not is_available():
        raise AssertionError("Torch not compiled with CUDA enabled")
    return Stream(device)


default_stream = current_stream
