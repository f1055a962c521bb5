"""Scripts run in processes of their own, one fork each of a process that has torch and this suite imported and no backend.

A worker forks that process from itself before it loads a backend (:meth:`Runner.forked`); elsewhere it is started afresh
(:meth:`Runner.started`). Requests and answers are lines of JSON. Where processes cannot be forked each script gets an interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from ..execution.call_recorder import limit_memory

# What a script ends with: the two sides agree, they differ, it could not be run. Negative: by that signal.
SAME, DIFFERS, FAILED = 0, 1, 3
HANGS = -100  # no answer in time
_POLL = 0.002
# Runs the script that it is given as its input (an argument may not be as long as some are): an exception, with which Python ends with status 1,
# is told from a difference.
_WRAPPER = f"""\
import sys, traceback
source = sys.stdin.buffer.read()
try:
    exec(compile(source, "<script>", "exec"), {{"__name__": "__main__"}})
except Exception:
    traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit({FAILED})
"""


@dataclass(frozen=True)
class Ran:
    """How a script ended, and what it printed last."""

    status: int
    output: str = ""


def interpret(script: str, seconds: float, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """A script in an interpreter of its own: :func:`subprocess.run` with these options."""
    command = [sys.executable, "-c", _WRAPPER]
    return subprocess.run(command, input=script.encode(), env=environment(), timeout=seconds, check=False, **options)


def environment() -> dict[str, str]:
    """In which a script finds the modules that this process finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([path for path in sys.path if path])}


def run_alone(script: str, seconds: float) -> Ran:
    """A script in an interpreter of its own."""
    try:
        done = interpret(script, seconds, capture_output=True)
    except subprocess.TimeoutExpired:
        return Ran(HANGS)
    return Ran(done.returncode, (done.stdout + done.stderr)[-2000:].decode(errors="replace"))


class Runner:
    """The near end of the process that runs scripts; None of either pipe: there is none, and each script gets an interpreter."""

    def __init__(self, requests: IO[str] | None, answers: IO[str] | None, process: subprocess.Popen[str] | None = None) -> None:
        self.requests, self.answers, self.process = requests, answers, process

    @classmethod
    def forked(cls, memory: int = 0) -> Runner:
        """A fork of this process as it is now: before a backend is loaded. ``memory``: what a script may have of it, in bytes (0: no limit)."""
        if not hasattr(os, "fork"):
            return cls(None, None)
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        if not os.fork():
            os.close(our_out)
            os.close(our_in)
            _serve_and_exit(their_in, their_out, memory)
        os.close(their_in)
        os.close(their_out)
        return cls(os.fdopen(our_out, "w", encoding="utf-8"), os.fdopen(our_in, encoding="utf-8"))

    @classmethod
    def started(cls) -> Runner:
        """A process that imports torch and the suite, and then waits."""
        if not hasattr(os, "fork"):
            return cls(None, None)
        process = subprocess.Popen(
            [sys.executable, "-m", "conformance.explaining.script_runs"], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip
        return cls(process.stdin, process.stdout, process)

    @classmethod
    def when_needed(cls) -> Runner:
        """A process that is started (:meth:`started`) when the first script is to be run."""
        return _Later()

    def run(self, script: str, seconds: float = 20.0) -> Ran:
        """How a script ends; :data:`HANGS` where it does not within so many seconds."""
        if self.requests is None or self.answers is None:
            return run_alone(script, seconds)
        try:
            self.requests.write(json.dumps({"script": script, "seconds": seconds, "paths": [path for path in sys.path if path]}) + "\n")
            self.requests.flush()
            answer = json.loads(self.answers.readline())
        except (OSError, ValueError):  # the process is gone
            self.close()
            return run_alone(script, seconds)
        return Ran(answer["status"], answer["output"])

    def close(self) -> None:
        for pipe in (self.requests, self.answers):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.process is not None:
            self.process.wait()
        self.requests = self.answers = self.process = None


class _Later(Runner):
    def __init__(self) -> None:
        super().__init__(None, None)
        self.runner: Runner | None = None

    def run(self, script: str, seconds: float = 20.0) -> Ran:
        if self.runner is None:
            self.runner = Runner.started()
        return self.runner.run(script, seconds)

    def close(self) -> None:
        if self.runner is not None:
            self.runner.close()


def _serve_and_exit(requests: int, answers: int, memory: int) -> NoReturn:
    """The fork: it lets go of everything that it has of its parent, lest the parent's end is not seen by those who wait for it."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        kept = sorted({requests, answers})
        for low, high in zip([3, *[number + 1 for number in kept]], [*kept, 1 << 12]):
            os.closerange(low, high)
        if memory:
            limit_memory(memory)
        serve(os.fdopen(requests, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8"))
    finally:
        os._exit(0)


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Run what is asked for, one script after the other, until nobody asks any more."""
    for line in requests:
        asked = json.loads(line)
        ran = _run(asked["script"], asked["seconds"], asked["paths"], (requests.fileno(), answers.fileno()))
        answers.write(json.dumps({"status": ran.status, "output": ran.output}) + "\n")
        answers.flush()


def _run(script: str, seconds: float, paths: list[str], private: tuple[int, ...]) -> Ran:
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if not pid:
            for number in (1, 2):
                os.dup2(output.fileno(), number)
            for number in private:
                os.close(number)
            _execute(script, paths)
        status = _wait(pid, seconds)
        output.seek(0)
        return Ran(status, output.read()[-2000:].decode("utf-8", errors="replace"))


def _execute(script: str, paths: list[str]) -> NoReturn:
    """The script, in a process that ends with it."""
    status: Any = SAME
    try:
        sys.stdout, sys.stderr = open(1, "w", encoding="utf-8", errors="backslashreplace"), open(2, "w", encoding="utf-8")  # noqa: SIM115
        sys.path[:] = paths
        exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else SAME if end.code is None else FAILED
    except BaseException:  # noqa: BLE001 - it is told
        status = FAILED
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _wait(pid: int, seconds: float) -> int:
    import signal

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return HANGS


def main() -> None:
    """The process that :meth:`Runner.started` starts."""
    import torch

    from ..judging import single_case  # noqa: F401 - what scripts import is here when they are forked

    torch.set_num_threads(1)
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    requests = os.dup(0)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    serve(os.fdopen(requests, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8"))


if __name__ == "__main__":
    main()
