"""Random programs beside torch, a range of them at a time."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from conformance.execution.call_recorder import Recorder
from conformance.programs import fatal
from conformance.programs.judging import judge_programs
from conformance.programs.ranges import numbers_of
from conformance.running.settings import Settings


def test_programs(
    program_range: str,
    backend_name: str,
    settings: Settings,
    request: pytest.FixtureRequest,
    note_task: Callable[[str, str, str], Recorder | None],
    hand_over: Callable[[dict[str, Any]], None],
) -> None:
    recorder = note_task("programs", program_range, backend_name)

    def begin(number: int) -> None:
        if recorder is not None:
            recorder.task(kind="programs", name=program_range, backend=backend_name, test=request.node.nodeid, program=number)

    known = fatal.load(settings.folder, program_range, backend_name)
    shrink_seconds = 8 * settings.drawn().shrink_seconds
    result = judge_programs(backend_name, numbers_of(program_range), shrink_seconds, fatal=known, begin=begin)
    hand_over({"kind": "programs", "range": program_range, **result})
