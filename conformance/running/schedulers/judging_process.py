"""A process that judges one task after the other. A cluster's worker starts it beside itself, since a backend may end the process that judges it.

``python -m conformance.running.schedulers.judging_process NOTE SETTINGS`` reads tasks from its standard input, a line of JSON each, and answers each
with a line. It ends with its input: when the worker is gone, or lost, nobody waits for an answer.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from .. import settings as run_settings
from ..settings import Settings

IDLE = 600.0  # seconds without a task, after which this process ends: the run that wanted it is over


def suite() -> dict[str, str]:
    """What must be the same wherever a run is judged: the suite that draws and judges, and the torch that is the oracle."""
    from ..results import sources

    return {"suite": sources(), "torch": metadata.version("torch")}


def main(note: Path, settings: Settings) -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    tasks: SimpleQueue[str] = SimpleQueue()

    import torch

    from ...execution import call_recorder
    from ...explaining.script_runs import Runner
    from ...judging import single_case  # noqa: F401 - what scripts import is there when they are forked
    from ..task_run import prepare

    torch.set_num_threads(1)
    runner = Runner.forked(settings.memory)
    recorder = call_recorder.start(note, settings.memory, settings.modules)
    os.dup2(2, 1)  # what a backend prints goes to the log
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    prepare(settings)
    _tell(out, {"here": suite()})
    while True:
        try:
            line = tasks.get(timeout=IDLE)
        except Empty:
            break
        kind, name, backend = json.loads(line)
        _tell(out, _answer(settings, (kind, name, backend), recorder, runner))
        recorder.task(kind="idle")
    runner.close()


def _answer(settings: Settings, task: tuple[str, str, str], recorder: Any, runner: Any) -> dict[str, Any]:
    """The result of a task, and what the backend is here; an error of the suite is told, and the next task is judged."""
    from ...backends import find_backend
    from ..probe import versions_of
    from ..task_run import result_of

    test = f"{task[1]} on {task[2]}"
    try:
        return {"item": result_of(settings, task, test, recorder, runner), "versions": versions_of(find_backend(task[2]))}
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        return {"item": {"kind": "error", "test": test, "text": traceback.format_exc()[-4000:], "when": "call"}, "versions": None}


def _tell(out: IO[str], answer: dict[str, Any]) -> None:
    out.write(json.dumps(answer) + "\n")
    out.flush()


def _listen(tasks: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), run_settings.read(sys.argv[2]))
