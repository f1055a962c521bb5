"""Every selected operation on every selected backend."""

from __future__ import annotations

from typing import Any, Callable

from conformance.catalogue.entries import entry
from conformance.execution.call_recorder import Recorder
from conformance.explaining.script_runs import Runner
from conformance.running import crashes
from conformance.running.failures.budget import shared
from conformance.running.operation_run import judge_operation
from conformance.running.settings import Settings


def test_operation(
    operation_name: str,
    backend_name: str,
    settings: Settings,
    note_task: Callable[[str, str, str], Recorder | None],
    hand_over: Callable[[dict[str, Any]], None],
    runner: Runner,
) -> None:
    recorder = note_task("operation", operation_name, backend_name)
    known = crashes.load(settings.folder, operation_name)
    if recorder is not None:
        recorder.fatal, recorder.limit = known.fatal(), known.limits.get(backend_name, 0)
    try:
        result = judge_operation(
            entry(operation_name), backend_name, settings.drawn(), settings.seed, settings.examples, settings.database, crashes=known.found,
            runner=runner, budget=shared(settings.folder),
        )  # fmt: skip
    except MemoryError:
        if recorder is None:
            raise
        recorder.die("out of memory")  # what a backend holds on to leaves nothing for the suite
    hand_over({"kind": "operation", **result})
