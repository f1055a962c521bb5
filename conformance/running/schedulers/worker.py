"""The side of a cluster's worker: it keeps processes that judge (:mod:`.judging_process`), one for each of its threads, and watches them as a run on
one machine watches its own. A crash or a hang is a finding about the backend, and the worker lives on.

What is here is called by Dask, on the worker's machine. The worker itself imports neither torch nor a backend.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ...explaining.script_runs import environment
from .. import probe
from ..preparing.tasks import Task
from ..settings import Settings, default_memory
from ..supervisor import Supervisor, Watched


@dataclass(frozen=True)
class Run:
    """What all tasks of a run share. ``deviations``: the text of a file of declared deviations, None where the settings need none; ``suite``: what
    suite and torch have to be; ``share``: a process may have a share of its machine's memory, and not what the settings say."""

    name: str
    settings: Settings
    deviations: str | None
    suite: dict[str, str]
    share: bool


class OtherSuite(Exception):
    """The worker has another suite, or another torch, than the machine that the run was started on: its verdicts would be others."""


def difference(here: dict[str, str], due: dict[str, str]) -> str:
    """How a worker's suite, or torch, is another one, in words; empty: it is not."""
    differ = [f"{name} {here.get(name)} and not {version}" for name, version in due.items() if here.get(name) != version]
    return f"a worker has {', '.join(differ)}: its verdicts would be others" if differ else ""


class Seat:
    """A process that judges, and what is known of those before it that died."""

    def __init__(self, run: Run, neighbours: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="conformance-")
        folder = Path(self._folder.name)
        settings = replace(run.settings, folder=str(folder), database=None)
        if run.share:
            settings = replace(settings, memory=default_memory(neighbours))
        if run.deviations is not None:
            settings = replace(settings, deviations=str(folder / "deviations.json"))
            (folder / "deviations.json").write_text(run.deviations, encoding="utf-8")
        settings.write(folder / "settings.json")
        self.run, self.folder = run, folder
        self.items: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.supervisor = Supervisor(settings, self, _Said(self.said))
        self.supervisor.start()
        self.process: subprocess.Popen[str] | None = None

    def add(self, item: dict[str, Any]) -> None:
        self.items.append(item)

    def judge(self, task: Task) -> dict[str, Any]:
        """The task's result and errors (``items``), what is to be told on the way (``said``), and the ``versions`` of the backend."""
        self.items.clear()
        self.said.clear()
        test = f"{task[1]} on {task[2]}"
        versions = None
        while True:
            answer = self._asked(task)
            if answer is not None:
                self.items.append(answer["item"])
                versions = answer["versions"]
                break
            if self.supervisor.hopeless or test in self.supervisor.given_up or not self.supervisor.once_more(test):
                break
        return {"items": list(self.items), "said": list(self.said), "versions": versions}

    def _asked(self, task: Task) -> dict[str, Any] | None:
        """What the process answers; None if it ends instead, of which the supervisor is told."""
        if self.process is None or self.process.poll() is not None:
            self._start()
        assert self.process is not None
        try:
            self._pipe(self.process.stdin).write(json.dumps(task) + "\n")
            self._pipe(self.process.stdin).flush()
            line = self._pipe(self.process.stdout).readline() if self._is_here() else ""
        except BrokenPipeError:
            line = ""
        if line.endswith("\n"):
            return json.loads(line)  # type: ignore[no-any-return]
        self.supervisor.ended(self.supervisor.workers.pop("seat"), self.process.wait())
        self._kill()
        return None

    def _start(self) -> None:
        note = self.folder / "seat.note"
        note.unlink(missing_ok=True)
        self.supervisor.workers["seat"] = Watched(note)
        command = [sys.executable, "-m", __package__ + ".judging_process", str(note), str(self.folder / "settings.json")]
        with open(note.with_suffix(".stderr"), "wb") as log:
            self.process = subprocess.Popen(
                command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8",
            )  # fmt: skip
        self._checked = False

    def _is_here(self) -> bool:
        """Whether the process has begun; :class:`OtherSuite` if its verdicts would be others."""
        if not self._checked:
            assert self.process is not None
            line = self._pipe(self.process.stdout).readline()
            if not line.endswith("\n"):
                return False
            text = difference(json.loads(line)["here"], self.run.suite)
            if text:
                self._kill()
                raise OtherSuite(text)
            self._checked = True
        return True

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def _kill(self) -> None:
        """Let go of the process, dead or alive."""
        if self.process is not None:
            self.process.kill()
            with suppress(BrokenPipeError), self.process:
                pass
            self.process = None

    def close(self) -> None:
        self.supervisor.stop()
        self._kill()
        self._folder.cleanup()


class _Said:
    """What the supervisor would tell a person."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def add(self, item: dict[str, Any]) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)


class _Seats:
    """Those of this process, by run: free ones, and all."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free: dict[str, list[Seat]] = {}
        self.all: dict[str, list[Seat]] = {}

    def take(self, run: Run, neighbours: int) -> Seat:
        with self.lock:
            if self.free.get(run.name):
                return self.free[run.name].pop()
        seat = Seat(run, neighbours)
        with self.lock:
            self.all.setdefault(run.name, []).append(seat)
        return seat

    def give_back(self, run: Run, seat: Seat) -> None:
        with self.lock:
            if run.name in self.all:
                self.free.setdefault(run.name, []).append(seat)

    def close(self, name: str) -> None:
        with self.lock:
            self.free.pop(name, None)
            closed = self.all.pop(name, [])
        for seat in closed:
            seat.close()


_seats = _Seats()


def judge(run: Run, task: Task) -> dict[str, Any]:
    """A task of a run, judged here."""
    seat = _seats.take(run, _threads())
    try:
        return seat.judge(task)
    finally:
        _seats.give_back(run, seat)


def look_for(backend: str, modules: list[str], check: bool, paths: list[str]) -> dict[str, Any]:
    """What :func:`~conformance.running.probe.probe` says of one backend here."""
    sys.path += [path for path in paths if path not in sys.path]
    return probe.probe([backend], modules, check=check)


def close(name: str) -> None:
    """The run of this name is over."""
    _seats.close(name)


def _threads() -> int:
    """How many tasks this worker judges at the same time."""
    import distributed

    try:
        return int(distributed.get_worker().state.nthreads)
    except ValueError:  # not in a worker's task
        return 1
