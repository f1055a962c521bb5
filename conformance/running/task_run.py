"""One task of a worker, told to the flight recorder, as a result that is plain data."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..cases.asked import Asked, ask
from ..catalogue.entries import entry
from ..declared_deviations.declarations import entries_of, use
from ..execution.call_recorder import Recorder
from ..explaining.script_runs import Runner
from .failures import crashes
from .failures.budget import shared
from .operation_run import judge_operation
from .preparing.tasks import Task
from .settings import Settings


def prepare(settings: Settings) -> None:
    """Make this process one that judges: the modules that are imported first, what is excused and what is asked for."""
    sys.path += [path for path in settings.paths if path not in sys.path]
    for name in settings.modules:
        importlib.import_module(name)
    use(entries_of(settings.deviations))
    ask(Asked(settings.properties, settings.messages))


def judged(settings: Settings, name: str, backend: str, recorder: Recorder | None, runner: Runner) -> dict[str, Any]:
    """The result of an operation on a backend, without the calls that ended earlier workers."""
    known = crashes.load(settings.folder, name)
    if recorder is not None:
        recorder.fatal, recorder.limit = known.fatal(), known.limits.get(backend, 0)
    try:
        result = judge_operation(
            entry(name), backend, settings.drawn(), settings.seed, settings.examples, settings.database, crashes=known.found, runner=runner,
            budget=shared(settings.folder),
        )  # fmt: skip
    except MemoryError:
        if recorder is None:
            raise
        recorder.die("out of memory")  # what a backend holds on to leaves nothing for the suite
    return {"kind": "operation", **result}


def trained(settings: Settings, name: str, backend: str) -> dict[str, Any]:
    """The result of a training run on a backend."""
    from ..training.networks import train

    return {"kind": "training", **train(name, backend, settings.drawn().training)}


def programs_run(settings: Settings, name: str, backend: str, recorder: Recorder | None, test: str) -> dict[str, Any]:
    """The result of a range of random programs on a backend, without those that ended earlier workers."""
    from ..programs import fatal
    from ..programs.judging import judge_programs
    from ..programs.ranges import numbers_of

    def begin(number: int) -> None:
        if recorder is not None:
            recorder.task(kind="programs", name=name, backend=backend, test=test, program=number)

    known = fatal.load(settings.folder, name, backend)
    result = judge_programs(backend, numbers_of(name), 8 * settings.drawn().shrink_seconds, fatal=known, begin=begin)
    return {"kind": "programs", "range": name, **result}


def result_of(settings: Settings, task: Task, test: str, recorder: Recorder | None, runner: Runner) -> dict[str, Any]:
    """The result of a task of any kind; ``test`` is its name in the notes."""
    kind, name, backend = task
    if recorder is not None:
        recorder.task(kind=kind, name=name, backend=backend, test=test)
    if kind == "training":
        return trained(settings, name, backend)
    if kind == "programs":
        return programs_run(settings, name, backend, recorder, test)
    return judged(settings, name, backend, recorder, runner)
