"""A function in several processes at once, and what becomes of them."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
import traceback
from multiprocessing import connection
from typing import Any
from warnings import warn

__all__ = [
    "ENV_VAR_PARALLEL_START", "ProcessContext", "ProcessException", "ProcessExitedException", "ProcessRaisedException", "SpawnContext", "spawn",
    "start_processes",
]  # fmt: skip

ENV_VAR_PARALLEL_START = "TORCH_MP_PARALLEL_START"  # torch's, for starting several at a time; here they are started one after the other


class ProcessException(Exception):
    """A process did not end well: its number and its id."""

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg = msg
        self.error_index = error_index
        self.pid = pid

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """A process raised an exception, whose traceback is the message."""


class ProcessExitedException(ProcessException):
    """A process ended with an exit code that is not 0, or by a signal."""

    def __init__(self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code = exit_code
        self.signal_name = signal_name

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _run(function: Any, number: int, args: tuple[Any, ...], errors: Any) -> None:
    try:
        function(number, *args)
    except KeyboardInterrupt:
        pass  # the parent was interrupted as well
    except Exception:  # noqa: BLE001  (it is raised again in the parent)
        errors.send(traceback.format_exc())
        sys.exit(1)


class ProcessContext:
    """Processes that run; :meth:`join` waits for them."""

    def __init__(self, processes: list[Any], errors: list[Any]) -> None:
        self.processes = processes
        self.errors = errors
        self.sentinels = {process.sentinel: number for number, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Whether all have ended, after waiting for one to end, ``timeout`` seconds at most.

        When one did not end well, the others are ended (after ``grace_period`` seconds) and a :class:`ProcessException` is raised.
        """
        if not self.sentinels:
            return True
        failed = None
        for sentinel in connection.wait(self.sentinels.keys(), timeout=timeout):
            number = self.sentinels.pop(sentinel)  # type: ignore[index]
            self.processes[number].join()
            if self.processes[number].exitcode != 0:
                failed = number
                break
        if failed is None:
            return not self.sentinels
        self._end(grace_period)
        raise self._failure(failed)

    def _end(self, grace_period: float | None) -> None:
        if grace_period is not None:
            until = time.monotonic() + grace_period
            for process in self.processes:
                process.join(max(0.0, until - time.monotonic()))
        for process in self.processes:
            if process.is_alive():
                process.terminate()
            process.join()

    def _failure(self, number: int) -> ProcessException:
        process = self.processes[number]
        try:
            text = f"\n\n-- Process {number} terminated with the following error:\n{self.errors[number].recv()}"
            return ProcessRaisedException(text, number, process.pid)
        except EOFError:  # it has sent no error
            pass
        code = process.exitcode
        if code < 0:
            name = signal.Signals(-code).name
            return ProcessExitedException(f"process {number} terminated with signal {name}", number, process.pid, code, name)
        return ProcessExitedException(f"process {number} terminated with exit code {code}", number, process.pid, code)


SpawnContext = ProcessContext


def start_processes(fn: Any, args: tuple[Any, ...] = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
                    start_method: str = "spawn") -> ProcessContext | None:
    """Call ``fn(number, *args)`` in ``nprocs`` processes. With ``join`` wait for them, and raise what one of them raised; else hand them back."""
    library: Any = multiprocessing.get_context(start_method)
    processes, errors = [], []
    for number in range(nprocs):
        reader, writer = library.Pipe(duplex=False)
        process = library.Process(target=_run, args=(fn, number, args, writer), daemon=daemon)
        process.start()
        writer.close()
        processes.append(process)
        errors.append(reader)
    context = ProcessContext(processes, errors)
    if not join:
        return context
    while not context.join():
        pass
    return None


def spawn(fn: Any, args: tuple[Any, ...] = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
          start_method: str = "spawn") -> ProcessContext | None:
    """:func:`start_processes` with new interpreters; FutureWarning for another ``start_method``, which is not used."""
    if start_method != "spawn":
        warn(f"This method only supports start_method=spawn (got: {start_method}).\nTo use a different start_method use:\n\t\t "
             "torch.multiprocessing.start_processes(...)", FutureWarning, stacklevel=2)
    return start_processes(fn, args, nprocs, join, daemon, start_method="spawn")
