"""Random programs beside torch, a range of them at a time."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from conformance.execution.call_recorder import Recorder
from conformance.running.settings import Settings
from conformance.running.task_run import programs_run


def test_programs(
    program_range: str,
    backend_name: str,
    settings: Settings,
    request: pytest.FixtureRequest,
    note_task: Callable[[str, str, str], Recorder | None],
    hand_over: Callable[[dict[str, Any]], None],
) -> None:
    recorder = note_task("programs", program_range, backend_name)
    hand_over(programs_run(settings, program_range, backend_name, recorder, request.node.nodeid))
