"""Surveys of many operations, made in a process of their own: a backend may end it, or never come back, and the other operations are surveyed
all the same. The process is watched as a run's workers are (:mod:`conformance.running.supervisor`)."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Callable

from ..cases.case import first_dtype
from ..cases.deviation import Deviation
from ..catalogue.entries import Entry
from ..judging.statistics import Statistics
from ..running.failures import crashes
from ..running.settings import Settings
from ..running.supervisor import Supervisor, Watched
from .page_text import About
from .surveys import Survey, cause, kind


class Surveyor:
    """``say`` is told, on the way, what a person may want to know; ``errors`` gathers what is no result."""

    def __init__(self, backend: str, settings: Settings, say: Callable[[str], None]) -> None:
        self.backend = backend
        self.settings = settings
        self.about: About | None = None
        self.errors: list[str] = []
        self._say = say
        self._supervisor = Supervisor(settings, self, self)

    # -- what the supervisor tells ---------------------------------------------------------------
    def add(self, item: dict[str, Any]) -> None:
        if item["kind"] == "error" and item["text"] not in self.errors:
            self.errors.append(item["text"])

    def say(self, text: str) -> None:
        self._say(f"\n{text}\n")

    # -- surveying -------------------------------------------------------------------------------
    def surveys(self, entries: list[Entry]) -> list[Survey]:
        """One survey for each operation, in this order."""
        left = {entry.operation.name: entry for entry in entries}
        seen: dict[str, Survey] = {}
        path = Path(self.settings.folder) / "settings.json"
        self.settings.write(path)
        self._supervisor.start()
        try:
            while left and not self._supervisor.hopeless:
                self._one_process(path, left, seen)
        finally:
            self._supervisor.interrupt()
        return [seen[entry.operation.name] for entry in entries if entry.operation.name in seen]

    def _one_process(self, path: Path, left: dict[str, Entry], seen: dict[str, Survey]) -> None:
        """Start a process and take its answers, until it has done all or ended."""
        note = Path(self.settings.folder) / "surveying.note"
        note.unlink(missing_ok=True)
        watched = self._supervisor.workers["surveying"] = Watched(note)
        command = [sys.executable, "-m", "conformance.scoreboard.surveying_process", str(note), str(path), self.backend]
        paths = os.pathsep.join([path for path in sys.path if path])
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, **pipes) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write("".join(f"{name}\n" for name in left).encode())
                process.stdin.close()
                self._take(process.stdout, left, seen)
            except (BrokenPipeError, EOFError, pickle.UnpicklingError):
                pass  # it ended, which its exit status tells
            except BaseException:
                process.kill()
                raise
        self._supervisor.workers.pop("surveying", None)
        if left:
            self._ended(watched, process.returncode, left, seen)

    def _take(self, answers: IO[bytes], left: dict[str, Entry], seen: dict[str, Survey]) -> None:
        self.about = pickle.load(answers)
        while left:
            name, told = pickle.load(answers)
            seen[name] = Survey(left.pop(name), **told)
            self._say(f"{name} ")

    def _ended(self, watched: Watched, code: int, left: dict[str, Entry], seen: dict[str, Survey]) -> None:
        """What ended the process is known to the next one; an operation that ends it again and again counts with its crashes alone."""
        at = next(iter(left))
        self._supervisor.ended(watched, code)
        if at in self._supervisor.given_up or not self._supervisor.once_more(at):
            seen[at] = _of_crashes(left.pop(at), self.backend, self.settings)


def _of_crashes(entry: Entry, backend: str, settings: Settings) -> Survey:
    """What is known of an operation that could not be surveyed to its end."""
    name = entry.operation.name
    seen = Survey(entry, Statistics(name, backend))
    for crash in crashes.load(settings.folder, name).found:
        deviation = Deviation("crash", crash.rule, "a result", crash.text, {"dtype": first_dtype(crash.case)})
        seen.statistics.examples += 1
        seen.statistics.failed(crash.case, [deviation])
        seen.causes[cause(deviation, crash.case)] += 1
        seen.kinds.setdefault((deviation.property, kind(deviation, crash.case)), (crash.case, deviation))
    return seen
