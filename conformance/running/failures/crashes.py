"""Calls that ended the process: a segmentation fault, a hang, no memory. What is known of them, and their smallest input.

The controlling process keeps a file for each operation with such calls (:func:`add`); the worker that judges the operation again reads it
(:func:`load`). Shrinking cannot happen in the worker, which would die of it: :func:`shrink` starts one process that loads the backend once and
makes each attempt in a fork of itself.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Iterator

from ...cases.case import ITEMSIZE, Case, TensorSpec, canonical, contiguous_strides, map_values
from ...execution import call_recorder
from ...execution.call_recorder import digest

ENDS, HANG, MEMORY = "ends the process", "hang", "out of memory"
# A call of the suite takes milliseconds: while shrinking, one that takes longer than this is the same hang.
_HANGS_AFTER = 0.7


@dataclass(frozen=True)
class Crash:
    """``where`` is the backend whose call did not come back, ``rule`` one of the three above, ``text`` what is known, ``stderr`` its last words."""

    where: str
    rule: str
    text: str
    case: Case
    stderr: str = ""


@dataclass
class Crashes:
    """Those of one operation; ``limits``: after how many an operation is not judged further on a backend."""

    found: list[Crash] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)

    def fatal(self) -> dict[tuple[str, str], tuple[str, str]]:
        return {(crash.where, digest(crash.case)): (crash.rule, crash.text) for crash in self.found}


def _path(folder: str, operation: str) -> Path:
    return Path(folder) / "crashes" / f"{operation}.pickle"


def load(folder: str, operation: str) -> Crashes:
    """What is known of an operation."""
    path = _path(folder, operation)
    return pickle.loads(path.read_bytes()) if folder and path.exists() else Crashes()


def store(folder: str, operation: str, crashes: Crashes) -> None:
    path = _path(folder, operation)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(crashes))
    os.replace(part, path)


# -- shrinking -----------------------------------------------------------------------------------


def shrink(crash: Crash, seconds: float = 6.0) -> Case:
    """The smallest case found within ``seconds`` that still ends the process in this way; the case itself if none does."""
    if not hasattr(os, "fork"):
        return crash.case
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder) / "request", Path(folder) / "answer"
        modules = call_recorder.recorder.modules if call_recorder.recorder is not None else ()
        request.write_bytes(pickle.dumps((crash, modules, seconds)))
        paths = os.pathsep.join([path for path in sys.path if path])
        command = [sys.executable, "-m", "conformance.running.failures.crashes", str(request), str(answer)]
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, timeout=seconds + 20, check=False, **quiet)
            return pickle.loads(answer.read_bytes()) if answer.exists() else crash.case  # type: ignore[no-any-return]
        except (subprocess.TimeoutExpired, EOFError):
            return crash.case


def smallest(crash: Crash, backend: Any, seconds: float) -> Iterator[Case]:
    """Smaller and smaller cases that still crash, the last one the smallest that was found."""
    deadline = time.monotonic() + seconds
    if not _crashes(crash, crash.case, backend):
        return
    case, again = crash.case, True
    while again:
        again = False
        for simpler in _simpler(case):
            if time.monotonic() > deadline:
                return
            if _crashes(crash, simpler, backend):
                case, again = simpler, True
                yield case
                break


def _crashes(crash: Crash, case: Case, backend: Any) -> bool:
    """Whether the case ends a fork of this process in the same way."""
    from ...execution.outcomes import execute

    pid = os.fork()
    if not pid:
        try:
            outcome = execute(backend, case)
            os._exit(70 if outcome.error is not None and outcome.error[0] == "MemoryError" else 0)
        except BaseException:  # noqa: BLE001 - a fork must not go on as if it were its parent
            os._exit(0)
    deadline = time.monotonic() + _HANGS_AFTER
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return _same_end(crash, os.waitstatus_to_exitcode(status))
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return crash.rule == HANG


def _same_end(crash: Crash, code: int) -> bool:
    """Whether a process with this exit code ended as the crash did, by the same signal."""
    rule, text = rule_of(code)
    return rule == crash.rule and (text == crash.text or not crash.text.startswith("signal "))


def rule_of(code: int | None) -> tuple[str, str]:
    """Rule and text for a process that ended with this exit code (negative: by a signal)."""
    if code is None:
        return ENDS, "the process ended"
    if code == 70:
        return MEMORY, "MemoryError"
    if code >= 0:
        return ENDS, f"the process ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    if name == "SIGKILL":
        return MEMORY, "killed (signal 9, SIGKILL), as the system does when memory runs out"
    return ENDS, f"signal {-code} ({name})"


def _simpler(case: Case) -> Iterator[Case]:
    """Cases that are a little simpler, the boldest first. Whether they are valid calls does not matter: they must crash as this one does."""
    plain = canonical(case)
    if plain is not None:
        yield plain
    if case.grad:
        yield replace(case, grad=0, chain=(), args=map_values(case.args, _no_grad), kwargs=map_values(case.kwargs, _no_grad))
    for name in case.kwargs:
        yield replace(case, kwargs={key: value for key, value in case.kwargs.items() if key != name})
    if plain is None:
        yield from _smaller(case)
    zeros = tuple([bytes(len(data)) for data in case.buffers])
    if zeros != case.buffers:
        yield replace(case, buffers=zeros)
        for i, data in enumerate(case.buffers):
            if any(data):
                yield replace(case, buffers=(*case.buffers[:i], zeros[i], *case.buffers[i + 1 :]))


def _no_grad(value: Any) -> Any:
    return replace(value, requires_grad=False) if isinstance(value, TensorSpec) else value


def _smaller(case: Case) -> Iterator[Case]:
    """With one dimension left out or shortened, in all tensors that have it: of contiguous tensors in buffers of their own."""
    specs = case.tensors()
    if len({spec.buffer for spec in specs}) < len(specs):
        return
    sizes = sorted({size for spec in specs for size in spec.shape}, reverse=True)
    for size in sizes:
        for other in dict.fromkeys((None, 1, size // 2)):
            if other is None or other < size:
                yield _resized(case, size, other)


def _resized(case: Case, size: int, other: int | None) -> Case:
    buffers = list(case.buffers)

    def resize(value: Any) -> Any:
        if not isinstance(value, TensorSpec) or size not in value.shape:
            return value
        shape = tuple([n if n != size or other is None else other for n in value.shape if n != size or other is not None])
        smaller = replace(value, shape=shape, strides=contiguous_strides(shape))
        buffers[value.buffer] = buffers[value.buffer][: smaller.numel * ITEMSIZE[value.dtype]]
        return smaller if smaller.numel <= value.numel or not value.numel else value

    args, kwargs = map_values(case.args, resize), map_values(case.kwargs, resize)
    return replace(case, buffers=tuple(buffers), args=args, kwargs=kwargs)


def main(request: str, answer: str) -> None:
    """The process that shrinks."""
    import importlib

    from ...backends import find_backend
    from ...execution.call_recorder import limit_memory

    crash, modules, seconds = pickle.loads(Path(request).read_bytes())
    for name in modules:
        importlib.import_module(name)
    backend = find_backend(crash.where)
    if crash.rule == MEMORY:
        limit_memory(2 << 30)
    for case in smallest(crash, backend, seconds):
        part = Path(answer + ".part")
        part.write_bytes(pickle.dumps(case))
        os.replace(part, answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
