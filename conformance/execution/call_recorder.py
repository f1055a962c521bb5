"""The flight recorder: what a worker was doing, noted where it survives the worker.

A backend may end the process that judges it: by a segmentation fault, by never coming back, by taking all memory. So a worker
notes each call before it is made, in a file that is mapped into memory and outlives it: which backend, and the case, pickled. The
controlling process watches the notes (:mod:`.supervisor`), blames the backend whose call did not come back, and has the operation
judged again by a fresh worker. That worker is told the cases that end the process (:attr:`Recorder.fatal`), and
:func:`conformance.execution.outcomes.execute` does not run them again: their outcome is that the process died.

A note costs some ten microseconds for each case. Without a recorder (``--workers 0``, the selftest) it costs nothing.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import pickle
import signal
import struct
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from ..cases.case import Case

SIZE = 1 << 20
STEP = 10  # a step of a training run may take as long as so many calls
# process, number of the call, how many limits it may take (0: no call), verdict; lengths of the backend's name, of the task, of the case
_HEAD = struct.Struct("<QQBBHHI")
_WHERE, _TASK, _CASE = 64, 256, 4096
VERDICTS = ("", "out of memory")
DIED = "ProcessDied"  # the error of an outcome that is known to end the process: no exception has this name


@dataclass
class Note:
    """A note as it is read by the controlling process."""

    pid: int
    serial: int
    busy: int
    verdict: str
    where: str
    task: dict[str, Any] | None
    case: Case | None


class Recorder:
    """A worker's side of the notes."""

    def __init__(self, path: Path) -> None:
        self._map = _mapped(path)
        self._serial = 0
        self._where = ""
        self._task = b""
        self._case: Case | None = None
        self._length = 0
        self.fatal: dict[tuple[str, str], tuple[str, str]] = {}
        self.limit = 0
        self.modules: tuple[str, ...] = ()  # imported before a backend is looked for
        self.met: set[tuple[str, str]] = set()
        self._pack(0)

    def task(self, **what: Any) -> None:
        """A new task begins: ``what`` is JSON-ready, and names it."""
        self._task = json.dumps(what).encode()[: _CASE - _TASK]
        self._map[_TASK : _TASK + len(self._task)] = self._task
        self._case, self._length, self.fatal, self.limit, self.met = None, 0, {}, 0, set()
        self._pack(0)

    def begin(self, where: str, case: Case | None = None, limits: int = 1) -> None:
        """A call of the backend ``where`` begins, which may take as long as ``limits`` calls; without a case, the steps of a training run."""
        if case is None:
            self._case, self._length = None, 0
        elif case is not self._case:
            data = pickle.dumps(case, 5)
            self._length = len(data) if len(data) <= SIZE - _CASE else 0
            if self._length:
                self._map[_CASE : _CASE + len(data)] = data
            self._case = case
        if where != self._where:
            name = where.encode()[: _TASK - _WHERE]
            self._map[_WHERE : _WHERE + len(name)] = name
            self._where = where
        self._pack(STEP if case is None else limits)

    def end(self) -> None:
        """The call came back."""
        self._pack(0)

    def beat(self) -> None:
        """A training run has made a step. Steps may take longer than calls: the first one imports the optimizer."""
        self._pack(STEP)

    def known(self, where: str, case: Case) -> tuple[str, str] | None:
        """Rule and text of what is known to happen to the process if ``where`` runs ``case``."""
        if not self.fatal:
            return None
        key = (where, digest(case))
        found = self.fatal.get(key)
        if found is not None:
            self.met.add(key)
        return found

    def exhausted(self) -> bool:
        """Whether as many fatal cases have been met as are put up with: the task ends here."""
        return bool(self.limit) and len(self.met) >= self.limit

    def die(self, verdict: str) -> NoReturn:
        """End this process, for a reason that the signal would not tell."""
        self._pack(1, VERDICTS.index(verdict))
        os._exit(70)

    def _pack(self, busy: int, verdict: int = 0) -> None:
        self._serial += 1
        _HEAD.pack_into(self._map, 0, os.getpid(), self._serial, busy, verdict, len(self._where.encode()), len(self._task), self._length)


recorder: Recorder | None = None


def start(path: Path, memory: int, modules: tuple[str, ...] = ()) -> Recorder:
    """Make this process a watched worker: notes, a limit on its memory, and a file beside the notes for its standard error and the stacks
    of a fatal signal."""
    global recorder
    log = open(path.with_suffix(".stderr"), "wb", buffering=0)  # noqa: SIM115 - open as long as the process lives
    os.dup2(log.fileno(), 2)
    faulthandler.enable(log)
    if hasattr(signal, "SIGUSR2"):
        faulthandler.register(signal.SIGUSR2, log)
    # The controlling process decides what an interruption means; here a KeyboardInterrupt is a backend's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory:
        limit_memory(memory)
    recorder = Recorder(path)
    recorder.modules = modules
    return recorder


def limit_memory(limit: int) -> None:
    """A limit on what this process allocates: further allocations fail, as they would on a smaller machine."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))


def leave_soon(seconds: float = 3.0) -> None:
    """End this process even if threads of a backend live on."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _mapped(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.truncate(SIZE)
    with open(path, "r+b") as file:
        return mmap.mmap(file.fileno(), SIZE)


def read_head(path: Path) -> tuple[int, int, int, int]:
    """Process, number of the call, for how many limits it may last (0: no call), verdict; zeros while nothing is noted."""
    try:
        with open(path, "rb") as file:
            data = file.read(_HEAD.size)
    except OSError:
        return 0, 0, 0, 0
    if len(data) < _HEAD.size:
        return 0, 0, 0, 0
    pid, serial, busy, verdict, *_ = _HEAD.unpack(data)
    return pid, serial, busy, verdict


def read_note(path: Path) -> Note | None:
    """The last note of a worker; None if there is none."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) < SIZE:
        return None
    pid, serial, busy, verdict, where, task, case = _HEAD.unpack_from(data)
    if not pid:
        return None
    try:
        found = pickle.loads(data[_CASE : _CASE + case]) if case else None
    except Exception:  # noqa: BLE001 - the process died while it wrote the case: then no call was made with it
        found = None
    described = json.loads(data[_TASK : _TASK + task]) if task else None
    return Note(pid, serial, busy, VERDICTS[verdict], data[_WHERE : _WHERE + where].decode(), described, found)


def digest(case: Case) -> str:
    """What makes a case the same case: everything but its labels, whose order is not fixed. (NaN is equal to NaN here.)"""
    return repr(replace(case, labels=frozenset()))
