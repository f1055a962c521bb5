"""Every selected operation on every selected backend."""

from __future__ import annotations

from typing import Any, Callable

from conformance.execution.call_recorder import Recorder
from conformance.explaining.script_runs import Runner
from conformance.running.settings import Settings
from conformance.running.task_run import judged


def test_operation(
    operation_name: str,
    backend_name: str,
    settings: Settings,
    note_task: Callable[[str, str, str], Recorder | None],
    hand_over: Callable[[dict[str, Any]], None],
    runner: Runner,
) -> None:
    recorder = note_task("operation", operation_name, backend_name)
    hand_over(judged(settings, operation_name, backend_name, recorder, runner))
