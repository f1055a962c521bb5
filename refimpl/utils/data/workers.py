"""Processes that make batches."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...random import manual_seed

__all__ = ["Fetcher", "WorkerInfo", "Workers", "get_worker_info"]


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker knows of itself: its number, how many there are, its seed, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here:
    """The information about this process, if it is a worker."""

    info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """What this worker process knows of itself; None in any other process."""
    return _Here.info


class Fetcher:
    """Makes one batch after the other, from indices or from an iterable dataset."""

    def __init__(self, dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool, iterable: bool,
                 items: Callable[[Any, Any], list[Any]]) -> None:
        self.dataset = dataset
        self.batched = batched
        self.collate = collate
        self.drop_last = drop_last
        self.iterable = iterable
        self.items = items
        self._samples: Any = None

    def restart(self) -> None:
        """Begin with the first sample again."""
        self._samples = None

    def fetch(self, index: Any) -> Any:
        """The batch for a list of indices, or the sample for one; of an iterable dataset the next ones, StopIteration at its end."""
        if not self.iterable:
            return self.collate(self.items(self.dataset, index) if self.batched else self.dataset[index])
        if self._samples is None:
            self._samples = iter(self.dataset)
        if not self.batched:
            return self.collate(next(self._samples))
        batch = list(islice(self._samples, len(index)))
        if not batch or self.drop_last and len(batch) < len(index):
            raise StopIteration
        return self.collate(batch)


class _Raised:
    """An exception in a worker, with the text of its traceback."""

    def __init__(self, number: int, error: BaseException) -> None:
        self.kind = type(error)
        self.text = f"Caught {self.kind.__name__} in DataLoader worker process {number}.\nOriginal {traceback.format_exc()}"

    def again(self) -> BaseException:
        """The exception, for the process that waits."""
        try:
            return self.kind(self.text)
        except Exception:  # noqa: BLE001 - an exception that is not made of one text
            return RuntimeError(self.text)


_END = "end"  # of a worker's iterable dataset
_RESTART = "restart"


def _work(number: int, count: int, fetcher: Fetcher, seed: int, begin: Callable[[int], None] | None, tasks: Any, results: Any) -> None:
    random.seed(seed)
    manual_seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)
    _Here.info = WorkerInfo(number, count, seed, fetcher.dataset)
    failed: _Raised | None = None
    try:
        if begin is not None:
            begin(number)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is handed on
        failed = _Raised(number, error)
    while True:
        task = _next(tasks)
        if task is None:
            return
        order, index = task
        if index == _RESTART:
            fetcher.restart()
            continue
        try:
            made = fetcher.fetch(index) if failed is None else failed
        except StopIteration:
            made = _END
        except Exception as error:  # noqa: BLE001 - whatever a dataset raises is handed on
            made = _Raised(number, error)
        results.put((order, number, made))


_LOOK = 5.0  # seconds after which a worker without a task looks whether anybody is left to give it one


def _next(tasks: Any) -> Any:
    """The next task; None, as after the last one, if the process that gives them out has ended."""
    from multiprocessing import parent_process
    from queue import Empty

    parent = parent_process()
    while True:
        try:
            return tasks.get(timeout=_LOOK)
        except Empty:
            if parent is None or not parent.is_alive():
                return None


class Workers:
    """A number of processes, each with a queue of tasks; all put what they make into one queue."""

    def __init__(self, context: Any, count: int, fetcher: Fetcher, seed: int, begin: Callable[[int], None] | None) -> None:
        import multiprocessing

        context = context or multiprocessing
        self.alive = True
        self._used = False
        self._results = context.Queue()
        self._tasks = [context.Queue() for _ in range(count)]
        self._processes = [
            context.Process(target=_work, args=(i, count, fetcher, seed + i, begin, self._tasks[i], self._results), daemon=True) for i in range(count)
        ]
        for process in self._processes:
            process.start()

    def batches(self, indices: Iterator[Any], ahead: int, timeout: float, in_order: bool) -> Iterator[Any]:
        """What the workers make of these indices; as many tasks are given out as ``ahead`` says for each worker."""
        if self._used:
            for tasks in self._tasks:
                tasks.put((0, _RESTART))
        self._used = True
        given = handed = 0
        active = list(range(len(self._tasks)))
        ready: dict[int, Any] = {}
        waiting = [0] * len(self._tasks)

        def give_out(turn: int) -> int:
            nonlocal given
            while active and sum(waiting) + len(ready) < ahead * len(self._tasks):
                index = next(indices, _END)
                if index is _END:
                    return turn
                number = active[turn % len(active)]
                self._tasks[number].put((given, index))
                waiting[number] += 1
                given += 1
                turn = turn % len(active) + 1
            return turn

        turn = give_out(0)
        while handed < given or ready:
            wanted = min(ready) if ready and (not in_order or handed in ready) else None
            if wanted is None:
                order, number, made = self._receive(timeout)
                waiting[number] -= 1
                ready[order] = made
                if isinstance(made, str) and made == _END and number in active:
                    active.remove(number)
                turn = give_out(turn)
                continue
            made = ready.pop(wanted)
            handed += 1
            turn = give_out(turn)
            if isinstance(made, _Raised):
                raise made.again()
            if not (isinstance(made, str) and made == _END):
                yield made

    def _receive(self, timeout: float) -> tuple[int, int, Any]:
        from queue import Empty

        waited = 0.0
        while True:
            try:
                return self._results.get(timeout=min(timeout, 5.0) if timeout else 5.0)  # type: ignore[no-any-return]
            except Empty:
                waited += min(timeout, 5.0) if timeout else 5.0
                dead = [str(process.pid) for process in self._processes if not process.is_alive()]
                if dead:
                    self.stop()
                    raise RuntimeError(f"DataLoader worker (pid(s) {', '.join(dead)}) exited unexpectedly") from None
                if timeout and waited >= timeout:
                    raise RuntimeError(f"DataLoader timed out after {timeout} seconds") from None

    def stop(self) -> None:
        """End the processes."""
        if not self.alive:
            return
        self.alive = False
        for tasks in self._tasks:
            tasks.put(None)
            tasks.cancel_join_thread()
        for process in self._processes:
            process.join(timeout=2.0)
            if process.is_alive():
                process.terminate()
