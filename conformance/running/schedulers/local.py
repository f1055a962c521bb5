"""Processes of this machine: pytest-xdist's workers, or for a few tasks a fork of this process (:mod:`~conformance.running.forked`)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Sequence

from .. import forked, probe
from ..preparing.tasks import Task
from ..progress import Progress
from ..results import Results
from ..settings import Settings
from ..supervisor import Supervisor
from .scheduler import INTERNAL_ERROR, INTERRUPTED, PASSED


class Local:
    """``workers`` processes; 0: this one, without protection."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def probe(self, backends: list[str] | None, modules: list[str], check: bool) -> dict[str, dict[str, Any]]:
        foreign = [name for name in backends or [] if name.partition(":")[0] not in ("torch", "refimpl")] + modules
        return probe.probe(backends, modules, bool(foreign) and self.workers > 0, check=check)

    def judge(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        try:
            judge = self._forked if forked.suits(left, self.workers) else self._pytest
            return judge(settings, left, results, progress)
        except KeyboardInterrupt:  # with pytest: between its own handlers
            return INTERRUPTED

    def _forked(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        supervisor = Supervisor(settings, results, progress)
        forked.judge(settings, left, supervisor)
        return INTERNAL_ERROR if supervisor.hopeless else PASSED

    def _pytest(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        import pytest

        from .pytest_workers import PytestWorkers

        settings = replace(
            settings,
            operations=tuple((name, backend) for kind, name, backend in left if kind == "operation"),
            training=tuple((name, backend) for kind, name, backend in left if kind == "training"),
            programs=tuple((name, backend) for kind, name, backend in left if kind == "programs"),
        )
        path = Path(settings.folder) / "settings.json"
        settings.write(path)
        supervisor = PytestWorkers(settings, results, progress)
        code = pytest.main(pytest_arguments(self.workers, path, settings), plugins=[supervisor])
        return INTERNAL_ERROR if supervisor.hopeless else code

    def close(self) -> None:
        pass


def pytest_arguments(workers: int, path: Path, settings: Settings) -> list[str]:
    """The command line for pytest; ``path``: the file of the settings."""
    suite = Path(__file__).parents[1] / "suite"
    tests = [("test_operations.py", settings.operations), ("test_training.py", settings.training), ("test_programs.py", settings.programs)]
    options = [
        *[str(suite / name) for name, tasks in tests if tasks], "-p", "conformance.running.plugin", "-p", "no:cacheprovider",
        "-p", "no:terminalreporter", "-q", "--tb=short", f"--rootdir={suite}", "-c", os.devnull, "-W", "ignore", "--import-mode=importlib",
        f"--conformance-settings={path}",
    ]  # fmt: skip
    if workers:
        # the supervisor decides when workers have been replaced often enough
        options += ["-p", "xdist", "-n", str(workers), "--dist", "worksteal", "--max-worker-restart=1000000", "-s", "-p", "no:faulthandler"]
    return options
