"""Fixtures of the suite: the settings, how a test tells what it is about to do, and how it hands over its result."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from conformance.execution import call_recorder
from conformance.explaining.script_runs import Runner
from conformance.running.plugin import RUNNER, SETTINGS
from conformance.running.settings import Settings
from conformance.running.supervisor import KEY


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    return request.config.stash[SETTINGS]


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest) -> Any:
    """What runs the scripts of failures."""
    found = request.config.stash.get(RUNNER, None) or Runner.when_needed()
    yield found
    found.close()


@pytest.fixture
def hand_over(record_property: Callable[[str, Any], None]) -> Callable[[dict[str, Any]], None]:
    """Attach a result to the test's report."""
    return lambda result: record_property(KEY, json.dumps(result))


@pytest.fixture
def note_task(request: pytest.FixtureRequest) -> Any:
    """Tell the flight recorder which task this is; after the test there is none."""

    def note(kind: str, name: str, backend: str) -> call_recorder.Recorder | None:
        if call_recorder.recorder is not None:
            call_recorder.recorder.task(kind=kind, name=name, backend=backend, test=request.node.nodeid)
        return call_recorder.recorder

    yield note
    if call_recorder.recorder is not None:
        call_recorder.recorder.task(kind="idle")
