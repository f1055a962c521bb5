"""The controlling process of a run: gathers results, watches the workers, and takes up again what a dying worker left.

A worker that ends is replaced, by pytest-xdist (:mod:`.schedulers.pytest_workers`) or who else started it. Its note (the recorder's) says in which
call of which backend it was: that call becomes a crash (:mod:`.crashes`), and the operation goes back to the queue to be judged without it. So
nothing is lost, and the other operations do not notice.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..execution import call_recorder
from .failures import crashes
from .failures.crashes import HANG, MEMORY, Crash, Crashes
from .settings import Settings

KEY = "conformance"
# How many crashes of an operation on a backend are put up with, and when a backend that crashes everywhere gets fewer.
PATIENCE, CRASHES_TO_LOSE_IT = 3, 24
STARTS = 4  # workers that may die before they judge anything
_POLL = 0.2
_WAITING = 4  # a second in which a process only waits, for a lock or for a processor that others use, counts as this part of one


@dataclass
class Watched:
    """A worker: its note, and for how long it has been in the same call."""

    path: Path
    serial: int = 0
    seconds: float = 0.0
    computed: float = 0.0
    killed: bool = False


class Gathering(Protocol):
    """Where results go."""

    def add(self, item: dict[str, Any]) -> None: ...


class Telling(Gathering, Protocol):
    """Who tells a person of them."""

    def say(self, text: str) -> None: ...


class Supervisor:
    """What the controlling process knows of its workers."""

    def __init__(self, settings: Settings, results: Gathering, progress: Telling) -> None:
        self.settings = settings
        self.results = results
        self.progress = progress
        self.workers: dict[str, Watched] = {}
        self.of_backend: dict[str, int] = {}  # crashes in all
        self.of_task: dict[tuple[str, str], int] = {}
        self.given_up: set[str] = set()
        self.deaths: dict[str, int] = {}  # of workers, by the test that they were at
        self.startups = 0
        self.hopeless = False
        self._over = threading.Event()

    # -- results ---------------------------------------------------------------------------------
    def take(self, item: dict[str, Any]) -> None:
        """A result, or an error."""
        self.results.add(item)
        self.progress.add(item)

    # -- workers ---------------------------------------------------------------------------------
    def ended(self, watched: Watched, code: int | None) -> None:
        """A worker's process ended, with this exit status, before it had done its tasks: what its note tells of that."""
        note = call_recorder.read_note(watched.path)
        if note is None or note.task is None:
            self._died_at_start(watched)
            return
        if note.task["kind"] == "idle":
            return  # between two tasks: a thread that a backend left behind, perhaps; the next task is taken up again
        rule, text = _cause(code, note, watched, self.settings)
        self._crashed(note, rule, text, _tail(watched.path))

    def once_more(self, test: str) -> bool:
        """Whether a task whose worker ended is taken up again."""
        self.deaths[test] = self.deaths.get(test, 0) + 1
        if self.deaths[test] > PATIENCE + 2:
            self.take({"kind": "error", "test": test, "text": "its worker ended each time, and left no note", "when": "call"})
        return self.deaths[test] <= PATIENCE + 2

    def _died_at_start(self, watched: Watched) -> None:
        self.startups += 1
        text = f"a worker ended before it judged anything\n{_tail(watched.path)}"
        self.take({"kind": "error", "test": "the run", "text": text, "when": "start"})
        if self.startups >= STARTS:
            self.hopeless = True

    def _crashed(self, note: call_recorder.Note, rule: str, text: str, stderr: str) -> None:
        task = note.task or {}
        name, backend = task["name"], task["backend"]
        if task["kind"] == "programs":
            self._program_crashed(name, backend, task["program"], note.where, f"{rule}: {text}")
            return
        if task["kind"] == "training":
            self._training_crashed(name, backend, note.where, f"{rule}: {text}")
            self.given_up.add(task["test"])
            return
        key = (name, backend)
        self.of_task[key] = self.of_task.get(key, 0) + 1
        self.of_backend[backend] = self.of_backend.get(backend, 0) + 1
        known = crashes.load(self.settings.folder, name)
        if note.case is not None:
            known.found.append(Crash(note.where, rule, text, note.case, stderr))
        patience = PATIENCE if self.of_backend[backend] <= CRASHES_TO_LOSE_IT else 1
        known.limits.setdefault(backend, patience)
        crashes.store(self.settings.folder, name, known)
        if note.where not in (backend, "torch:cpu") or note.case is None:
            said = f"{note.where} ended the process while {name} was judged on {backend}: {rule}: {text}\n{stderr}"
            self.take({"kind": "error", "test": f"{name} on {backend}", "text": said, "when": "call"})
        if self.of_task[key] > PATIENCE or note.case is None:
            self._give_up(name, backend, known)
            self.given_up.add(task["test"])
        self.progress.say(f"{name} on {backend}: {rule} ({text})" + (f", in a call of {note.where}" if note.where != backend else ""))

    def _give_up(self, name: str, backend: str, known: Crashes) -> None:
        from ..catalogue.entries import entry
        from .failures.reports import crashed_result

        self.take({"kind": "operation", **crashed_result(entry(name), backend, known.found, 0.0)})

    def _training_crashed(self, name: str, backend: str, where: str, text: str) -> None:
        from ..training.networks import not_run

        if where != backend:
            said = f"{where} ended the process in the training run {name}, which {backend} was to be held against: {text}"
            self.take({"kind": "error", "test": f"{name} on {backend}", "text": said, "when": "call"})
        self.take({"kind": "training", **not_run(name, backend, "failed", text)})

    def _program_crashed(self, name: str, backend: str, number: int, where: str, text: str) -> None:
        """A program ended the process: the next worker is told, and goes on without it."""
        from ..programs import fatal

        fatal.add(self.settings.folder, name, backend, number, where, text)
        self.progress.say(f"program {number} on {backend}: {text}" + (f", in {where}" if where != backend else ""))

    # -- time ------------------------------------------------------------------------------------
    def start(self) -> None:
        """Watch the workers, from now on."""
        if self.settings.timeout:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """End workers that stay in one call for longer than allowed. What is counted is the time that this thread has seen pass while they
        computed, so that a machine that was asleep, or busy with other things, does not make a hang."""
        before = time.monotonic()
        while not self._over.wait(_POLL):
            now = time.monotonic()
            passed, before = min(now - before, 4 * _POLL), now
            for watched in list(self.workers.values()):
                pid, serial, busy, _ = call_recorder.read_head(watched.path)
                computed = _processor_time(pid)
                counted = passed if computed is None else min(max(computed - watched.computed, passed / _WAITING), passed)
                watched.seconds = watched.seconds + counted if busy and serial == watched.serial else 0.0
                watched.serial, watched.computed = serial, computed or 0.0
                if watched.seconds > self.settings.timeout * max(busy, 1) and not watched.killed:
                    watched.killed = True
                    _end(pid)

    def interrupt(self) -> None:
        """A person, or the system, wants this to end: the workers need not finish what they are at."""
        self._over.set()
        for watched in list(self.workers.values()):
            pid = call_recorder.read_head(watched.path)[0]
            if pid:
                _kill(pid)

    def stop(self) -> None:
        """Nobody is to be watched any more."""
        self._over.set()


def _processor_time(pid: int) -> float | None:
    """The seconds for which a process has computed; None where the system does not tell of other processes."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _end(pid: int) -> None:
    """Let a process write down where it is, then kill it."""
    if hasattr(signal, "SIGUSR2"):
        _kill(pid, signal.SIGUSR2)
        time.sleep(_POLL)
    _kill(pid)


def _kill(pid: int, number: int = getattr(signal, "SIGKILL", signal.SIGTERM)) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _cause(code: int | None, note: call_recorder.Note, watched: Watched, settings: Settings) -> tuple[str, str]:
    """Why a worker ended: by what was done or noted, else by its exit status."""
    if watched.killed:
        return HANG, f"no answer within {settings.timeout:g} s"
    if note.verdict == MEMORY:
        return MEMORY, f"MemoryError; a worker may have {settings.memory / 2**30:.1f} GiB"
    rule, text = crashes.rule_of(code)
    if rule != MEMORY and re.search(r"bad_alloc|out of memory|cannot allocate memory", _tail(watched.path), re.IGNORECASE):
        return MEMORY, f"{text}; a worker may have {settings.memory / 2**30:.1f} GiB"
    return rule, text


def _tail(path: Path, characters: int = 1500, lines: int = 14) -> str:
    """What a worker wrote to its standard error last: the innermost frames of a fatal signal, or the end of the text."""
    try:
        text = path.with_suffix(".stderr").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fatal = max(text.rfind(mark) for mark in ("Fatal Python error", "Current thread 0x"))
    if fatal >= 0:
        return "\n".join(text[fatal:].splitlines()[:lines])[:characters]
    return text[-characters:].strip()
