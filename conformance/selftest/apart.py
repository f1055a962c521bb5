"""Calls in a process of their own: with arguments that nobody checked, torch itself may end the process, or not come back."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import traceback
from typing import Any, Callable, Iterator, NamedTuple

SECONDS = 60.0  # of the processor, for one item


class Died(Exception):
    """The process ended by a signal, or took too long."""


class _Failed(NamedTuple):
    text: str


class _End(NamedTuple):
    """Everything was told."""


def items(function: Callable[[], Iterator[Any]], seconds: float = SECONDS) -> Iterator[Any]:
    """What a generator yields in a forked process, item by item; :class:`Died` where the process ends before the generator does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _tell(function, reader, writer, seconds)
    os.close(writer)
    ended = False
    try:
        with os.fdopen(reader, "rb") as stream:
            while not ended:
                try:
                    item = pickle.load(stream)
                except (EOFError, pickle.UnpicklingError):  # it ended, perhaps in the middle of an item
                    raise Died from None
                if isinstance(item, _Failed):
                    raise RuntimeError(item.text)
                ended = isinstance(item, _End)
                if not ended:
                    yield item
    finally:
        os.kill(child, signal.SIGKILL)  # nobody waits for what it would still tell
        os.waitpid(child, 0)


def _tell(function: Callable[[], Iterator[Any]], reader: int, writer: int, seconds: float) -> None:
    """The child's part."""
    try:
        faulthandler.disable()  # that it may die is expected
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        os.close(reader)
        with os.fdopen(writer, "wb") as stream:
            try:
                for item in function():
                    pickle.dump(item, stream)
                    stream.flush()
                    signal.setitimer(signal.ITIMER_PROF, seconds)
                pickle.dump(_End(), stream)
            except BaseException:  # noqa: BLE001 - the parent raises it
                pickle.dump(_Failed(traceback.format_exc()), stream)
    finally:
        os._exit(0)


def result(function: Callable[[], Any]) -> Any:
    """A function's result, computed in a forked process; :class:`Died` if that ended."""
    return next(iter(list(items(lambda: iter([function()])))))
