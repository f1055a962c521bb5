"""The pytest plugin: options, the parametrisation by operation and backend, and the collection of results.

Results travel in a test report's ``user_properties``, which pytest-xdist carries from its workers to the controller; there
they are gathered in ``config.conformance_results`` and written as JSON.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

KEY = "conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--conformance-backend", action="append", default=None, help="backend to judge (repeatable)")
    group.addoption("--conformance-op", action="append", default=None, help="operation, family or prefix* (repeatable)")
    group.addoption("--conformance-profile", default="quick", help="quick, ci or thorough")
    group.addoption("--conformance-examples", type=int, default=None, help="examples for each dtype of an operation")
    group.addoption("--conformance-seed", type=int, default=0)
    group.addoption("--conformance-json", default=None, help="file for the results")
    group.addoption("--conformance-database", default=None, help="directory of hypothesis's example database")
    group.addoption("--conformance-training", default="yes", help="yes or no")
    group.addoption("--conformance-shard", default="1/1", help="i/n: only every n-th operation, from the i-th on")


def pytest_configure(config: pytest.Config) -> None:
    config.conformance_results = []  # type: ignore[attr-defined]
    config.conformance_started = time.time()  # type: ignore[attr-defined]
    config.addinivalue_line("markers", "conformance: one operation on one backend")


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    results = _Results.current
    if results is None:
        return
    for key, value in report.user_properties:
        if key == KEY and report.when == "call":
            results.add(json.loads(value) if isinstance(value, str) else value)
    if report.failed and not any(key == KEY for key, _ in report.user_properties):
        results.add({"kind": "error", "test": report.nodeid, "text": str(report.longrepr)[-4000:], "when": report.when})


class _Results:
    """Gathers results in the controlling process and writes them as they come, so that an interrupted run can be read."""

    current: _Results | None = None

    def __init__(self, path: str | None) -> None:
        self.items: list[Any] = []
        self.file = None
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self.file = open(path, "w", encoding="utf-8")  # noqa: SIM115 - open for the whole session

    def add(self, item: Any) -> None:
        self.items.append(item)
        if self.file is not None:
            self.file.write(json.dumps(item) + "\n")
            self.file.flush()


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the controller of pytest-xdist, or the only process
        _Results.current = _Results(session.config.getoption("--conformance-json"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _Results.current is not None and _Results.current.file is not None:
        _Results.current.file.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    config = metafunc.config
    if "operation_name" in metafunc.fixturenames:
        from .backends import present_backends
        from .documented import entries

        backends = config.getoption("--conformance-backend") or present_backends()
        index, _, count = config.getoption("--conformance-shard").partition("/")
        names = [e.operation.name for e in entries(config.getoption("--conformance-op"))][int(index) - 1 :: int(count)]
        pairs = [(name, backend) for name in names for backend in backends]
        metafunc.parametrize(("operation_name", "backend_name"), pairs, ids=[f"{name}-{backend}" for name, backend in pairs])
    if "training_run" in metafunc.fixturenames:
        from .backends import present_backends
        from .training import RUNS

        backends = config.getoption("--conformance-backend") or present_backends()
        wanted = config.getoption("--conformance-training") == "yes"
        pairs = [(run, backend) for run in RUNS for backend in backends] if wanted else []
        metafunc.parametrize(("training_run", "backend_name"), pairs, ids=[f"{run}-{backend}" for run, backend in pairs])
