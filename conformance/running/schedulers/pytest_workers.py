"""pytest-xdist's workers, as the supervisor sees them: the plugin of the controlling process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..supervisor import KEY, Supervisor, Watched


class PytestWorkers(Supervisor):
    """The methods are pytest's and pytest-xdist's hooks."""

    # -- results ---------------------------------------------------------------------------------
    def pytest_sessionstart(self) -> None:
        self.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when not in ("setup", "call", "teardown"):
            return  # what pytest-xdist says of a worker that died
        own = [value for key, value in report.user_properties if key == KEY]
        for value in own if report.when == "call" else ():
            self.take(json.loads(str(value)))
        if report.failed and not own:
            self.take({"kind": "error", "test": report.nodeid, "text": str(report.longrepr)[-4000:], "when": report.when})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.take({"kind": "error", "test": report.nodeid or "collection", "text": str(report.longrepr)[-4000:], "when": "collect"})

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.take({"kind": "error", "test": "the run", "text": str(excrepr)[-4000:], "when": "run"})

    # -- workers ---------------------------------------------------------------------------------
    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        path = Path(self.settings.folder) / f"{node.gateway.id}.note"
        node.workerinput["conformance_note"] = str(path)
        self.workers[node.gateway.id] = Watched(path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        watched = self.workers.pop(node.gateway.id, None)
        if error is not None and watched is not None:
            self.ended(watched, _exit_code(node))
        if self.hopeless:
            pytest.exit("the workers do not start")

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        report.outcome = "skipped"  # pytest's own count of failures is of no interest, and must not stop the run
        if crashitem not in self.given_up and self.once_more(crashitem):
            sched.mark_test_pending(crashitem)

    def pytest_keyboard_interrupt(self) -> None:
        self.interrupt()

    def pytest_sessionfinish(self) -> None:
        self.stop()


def _exit_code(node: Any) -> int | None:
    """How the worker's process ended. execnet keeps the process to itself; None where it cannot be asked."""
    process = getattr(getattr(node.gateway, "_io", None), "popen", None)
    if process is None:
        return None
    try:
        return process.wait(timeout=5)  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 - still running (it only closed the connection), or not a process as we know it
        process.kill()
        return None
