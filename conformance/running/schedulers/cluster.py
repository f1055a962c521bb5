"""A Dask cluster judges: ``--scheduler dask://HOST:PORT``. An operation on a backend, a training run, a range of programs is a task of Dask's.

A backend of a device is judged by workers that have it, which say so by a *resource* (``dask worker ... --resources GPU=1``): ``GPU`` for those of
a GPU, and whatever ``--resource BACKEND=NAME`` says. What a lost worker was at is judged again by another one: Dask sees to that. Results come
with the versions of the backend that made them, so that machines that differ become columns of their own.
"""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Sequence

from .. import probe
from ..preparing.tasks import Task
from ..preparing.unusable import Unusable
from ..progress import Progress
from ..results import Results
from ..settings import Settings
from . import worker
from .judging_process import suite
from .scheduler import INTERNAL_ERROR, INTERRUPTED, PASSED

if TYPE_CHECKING:
    import distributed

CONNECTING = 10.0  # seconds for the scheduler to answer
STRANDED = 60.0  # seconds without any worker that could judge what is left: then it is left unjudged
_POLL = 1.0
_SELECTION = ("torch", "refimpl")  # whose devices are known by name
_HOST = ("", "cpu", "meta", "host_torch", "host_numpy")  # of them, those that every machine has
_GPU_LIBRARIES = ("array_api:cupy",)


def resource_of(backend: str, named: dict[str, str]) -> str | None:
    """The resource that a worker must have for a backend; None: any worker will do."""
    if backend in named:
        return named[backend]
    kind, _, device = backend.partition(":")
    on_host = kind not in _SELECTION or device.partition("@")[0] in _HOST
    return None if on_host and backend not in _GPU_LIBRARIES else "GPU"


class Cluster:
    """The processes of a cluster's workers."""

    def __init__(self, address: str, resources: dict[str, str], memory_given: bool) -> None:
        try:
            import distributed
        except ImportError as error:
            raise Unusable(f"--scheduler dask://{address}: dask.distributed is not installed: pip install 'refimpl[dask]'") from error
        for name in ("distributed", "distributed.client", "distributed.core"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # that a worker is lost is told by its tasks, if it comes to that
        self.name, self.address = f"conformance-{uuid.uuid4().hex[:12]}", address
        self.resources, self.memory_given = resources, memory_given
        self.versions: dict[str, dict[str, Any]] = {}
        try:
            self.client = distributed.Client(f"tcp://{address}", timeout=CONNECTING, set_as_default=False, name=self.name)
        except (OSError, TimeoutError) as error:
            raise Unusable(f"--scheduler dask://{address}: no Dask scheduler answers there ({error})") from error
        self._hold_together()

    def _hold_together(self) -> None:
        """The workers have to have this suite, and this torch."""
        try:
            found = self.client.run(suite)
        except Exception as error:
            self.close()
            raise Unusable(f"the workers of the cluster at {self.address} cannot judge: {type(error).__name__}: {error}") from error
        for here in found.values():
            text = worker.difference(here, suite())
            if text:
                self.close()
                raise Unusable(f"{text} ({self.address})")

    # -- backends --------------------------------------------------------------------------------
    def probe(self, backends: list[str] | None, modules: list[str], check: bool) -> dict[str, dict[str, Any]]:
        """Backends of the host's own are looked for here, the others where they will be judged."""
        if backends is None:
            backends = list(probe.probe(None, modules, apart=bool(modules)))
        here = [name for name in backends if name.partition(":")[0] in _SELECTION and resource_of(name, self.resources) is None and not modules]
        found = probe.probe(here, apart=False) if here else {}
        there = [name for name in backends if name not in found]
        lacking = {name: self._lacking(name) for name in there}
        futures = {
            name: self._submit(worker.look_for, name, modules, check, _paths(), backend=name, key=f"{self.name} look for {name}")
            for name in there if not lacking[name]
        }  # fmt: skip
        for name in there:
            if lacking[name]:
                found[name] = {"error": lacking[name]}
                continue
            try:
                found.update(futures[name].result())
            except Exception as error:  # noqa: BLE001 - whatever the worker raises, it is told
                found[name] = {"error": f"on its worker: {type(error).__name__}: {error}"}
        self.versions = {name: entry["versions"] for name, entry in found.items() if "versions" in entry}
        return {name: found[name] for name in dict.fromkeys([*backends, *found])}

    def _lacking(self, backend: str) -> str:
        """What no worker has that could judge a backend, in words; empty: there is one."""
        offers = self._offers()
        resource = resource_of(backend, self.resources)
        if not offers:
            return f"the cluster at {self.address} has no workers"
        if resource is not None and not any(resource in offer for offer in offers):
            return f"no worker of the cluster offers the resource {resource}, as `dask worker --resources {resource}=1` does (--resource: another)"
        return ""

    def _offers(self) -> list[dict[str, float]]:
        """The resources of each worker."""
        return [entry["resources"] for entry in self.client.scheduler_info(n_workers=-1)["workers"].values()]

    # -- tasks -----------------------------------------------------------------------------------
    def _submit(self, function: Any, *args: Any, backend: str, key: str) -> distributed.Future:
        resource = resource_of(backend, self.resources)
        return self.client.submit(function, *args, key=key, pure=False, resources=None if resource is None else {resource: 1})

    def judge(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        run = self._run(settings)
        answers: SimpleQueue[Any] = SimpleQueue()
        futures: dict[Any, Any] = {}
        try:
            for task in left:
                future = self._submit(worker.judge, run, task, backend=task[2], key=f"{self.name} {' '.join(task)}")
                futures[future.key] = (task, future)
                future.add_done_callback(answers.put)
            return self._gather(futures, answers, results, progress)
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            self._end(futures)

    def _run(self, settings: Settings) -> worker.Run:
        own = settings.deviations is None or settings.deviations == "none"
        text = None if own else Path(str(settings.deviations)).read_text(encoding="utf-8")
        return worker.Run(self.name, settings, text, suite(), share=not self.memory_given)

    def _gather(self, futures: dict[Any, Any], answers: SimpleQueue[Any], results: Results, progress: Progress) -> int:
        """Take results as they come, until there are all, or nobody is left to make them."""
        alive = time.monotonic()
        while futures:
            try:
                future = answers.get(timeout=_POLL)
            except Empty:
                if self.client.status != "running":
                    _add(_error("the run", f"the cluster's scheduler at {self.address} is gone"), results, progress)
                    return INTERNAL_ERROR
                waiting = {task[2] for task, _ in futures.values()}
                lacking = [text for text in map(self._lacking, sorted(waiting)) if text]
                if len(lacking) < len(waiting):
                    alive = time.monotonic()
                elif time.monotonic() - alive > STRANDED:
                    _add(_error("the run", f"{len(futures)} tasks are left, and nobody can judge them: {lacking[0]}"), results, progress)
                    return INTERNAL_ERROR
                continue
            alive = time.monotonic()
            task, _ = futures.pop(future.key)
            self._take(task, future, results, progress)
        return PASSED

    def _take(self, task: Task, future: distributed.Future, results: Results, progress: Progress) -> None:
        """Hand over what came of a task."""
        try:
            answer = future.result()
        except Exception as error:  # noqa: BLE001 - a suite that is another one, workers that were lost again and again: it is told
            _add(_error(f"{task[1]} on {task[2]}", f"{type(error).__name__}: {error}"), results, progress)
            return
        for text in answer["said"]:
            progress.say(text)
        for item in answer["items"]:
            other = item["kind"] != "error" and answer["versions"] not in (None, self.versions.get(task[2]))
            _add(item | ({"versions": answer["versions"]} if other else {}), results, progress)

    def _end(self, futures: dict[Any, Any]) -> None:
        """Nothing more is wanted of the workers."""
        try:
            self.client.cancel([future for _, future in futures.values()], force=True)
            self.client.run(worker.close, self.name, on_error="ignore")
        except (OSError, TimeoutError, ValueError, RuntimeError):  # no scheduler, or no workers
            return

    def close(self) -> None:
        self.client.close(timeout=2)


def _error(test: str, text: str) -> dict[str, Any]:
    return {"kind": "error", "test": test, "text": text, "when": "run"}


def _add(item: dict[str, Any], results: Results, progress: Progress) -> None:
    results.add(item)
    progress.add(item)


def _paths() -> list[str]:
    import sys

    return [path for path in sys.path if path]
