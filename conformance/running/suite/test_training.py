"""The training runs, step by step beside torch."""

from __future__ import annotations

from typing import Any, Callable

from conformance.execution.call_recorder import Recorder
from conformance.running.settings import Settings
from conformance.running.task_run import trained


def test_training(
    training_run: str,
    backend_name: str,
    settings: Settings,
    note_task: Callable[[str, str, str], Recorder | None],
    hand_over: Callable[[dict[str, Any]], None],
) -> None:
    note_task("training", training_run, backend_name)
    hand_over(trained(settings, training_run, backend_name))
