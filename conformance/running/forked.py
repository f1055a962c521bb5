"""A few tasks judged in a fork of the controlling process, which has imported everything by then: nothing is imported twice.

The fork is watched, and its tasks are taken up again after a crash, as those of pytest-xdist's workers are (:mod:`.supervisor`). Results come through
a pipe, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn, Sequence

from .preparing.tasks import Task
from .settings import Settings
from .supervisor import Supervisor, Watched

MOST = 4  # tasks; with more of them several workers are faster
# Devices of torch and refimpl that can be used before and after a fork. Other backends are not loaded here, but looked for in a process of their own.
_DEVICES = ("", "cpu", "meta", "host_torch", "host_numpy")


def suits(tasks: Sequence[Task], workers: int) -> bool:
    """Whether these tasks can be judged so."""
    return bool(tasks) and len(tasks) <= MOST and workers > 0 and hasattr(os, "fork") and all(
        kind == "operation" and (backend.partition(":")[0] not in ("torch", "refimpl") or backend.partition(":")[2] in _DEVICES)
        for kind, _, backend in tasks
    )  # fmt: skip


def judge(settings: Settings, tasks: Sequence[Task], supervisor: Supervisor) -> None:
    """Judge the tasks, one fork after the other until each has a result or is given up. KeyboardInterrupt ends the fork, and goes on."""
    left = {f"{name} on {backend}": (name, backend) for _, name, backend in tasks}
    note = Path(settings.folder) / "fork.note"
    first = True
    try:
        while left and not supervisor.hopeless:
            watched = supervisor.workers["fork"] = Watched(note)
            note.unlink(missing_ok=True)
            reading, writing = os.pipe()
            sys.stdout.flush()
            sys.stderr.flush()
            pid = os.fork()
            if not pid:
                os.close(reading)
                _work_and_exit(settings, note, left, writing)
            os.close(writing)
            if first:
                supervisor.start()
            first = False
            at = next(iter(left))
            with os.fdopen(reading, encoding="utf-8") as lines:
                for line in lines:
                    if line.endswith("\n"):
                        told = json.loads(line)
                        at = told["begun"] or at
                        if told["item"] is not None:
                            supervisor.take(told["item"])
                            left.pop(at, None)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            supervisor.workers.pop("fork", None)
            if code == 0:
                return
            supervisor.ended(watched, code)
            if at in supervisor.given_up or not supervisor.once_more(at):
                left.pop(at, None)
    except KeyboardInterrupt:
        supervisor.interrupt()
        raise
    finally:
        supervisor.stop()


def _work_and_exit(settings: Settings, note: Path, tasks: dict[str, tuple[str, str]], writing: int) -> NoReturn:
    """The fork: it judges the tasks, and tells what it begins and what it has found."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            _work(settings, note, tasks, out)
        status = 0
    finally:
        os._exit(status)


def _work(settings: Settings, note: Path, tasks: dict[str, tuple[str, str]], out: object) -> None:
    import torch

    from ..execution import call_recorder
    from ..explaining.script_runs import Runner
    from ..judging import single_case  # noqa: F401 - what scripts import is there when they are forked

    torch.set_num_threads(1)
    runner = Runner.forked(settings.memory)
    recorder = call_recorder.start(note, settings.memory, settings.modules)
    from .task_run import judged, prepare

    def tell(begun: str, item: object = None) -> None:
        print(json.dumps({"begun": begun, "item": item}), file=out, flush=True)  # type: ignore[call-overload]

    prepare(settings)
    for test, (name, backend) in tasks.items():
        tell(test)
        recorder.task(kind="operation", name=name, backend=backend, test=test)
        try:
            tell(test, judged(settings, name, backend, recorder, runner))
        except Exception:  # noqa: BLE001 - an error of the suite is told, and the next task is judged
            tell(test, {"kind": "error", "test": test, "text": traceback.format_exc()[-4000:], "when": "call"})
        recorder.task(kind="idle")
    runner.close()
