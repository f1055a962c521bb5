"""Who judges: processes of this machine (:mod:`.local`), or those of a Dask cluster (:mod:`.cluster`). The run sees one interface."""

from __future__ import annotations

import argparse
from typing import Any, Protocol, Sequence

from ..preparing.tasks import Task
from ..preparing.unusable import Unusable
from ..progress import Progress
from ..results import Results
from ..settings import Settings

__all__ = ["Scheduler", "find_scheduler"]

DASK = "dask://"
PASSED, INTERRUPTED, INTERNAL_ERROR = 0, 2, 3  # how judging went, as pytest's exit statuses have it


class Scheduler(Protocol):
    """Has backends looked for, and tasks judged."""

    def probe(self, backends: list[str] | None, modules: list[str], check: bool) -> dict[str, dict[str, Any]]:
        """What :func:`~conformance.running.probe.probe` says of the backends where they will be judged."""

    def judge(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        """Have the tasks judged, and hand over each result as it comes. A result by other versions of its backend than :meth:`probe` told says so in
        ``versions``."""

    def close(self) -> None:
        """Let go of the processes."""


def find_scheduler(arguments: argparse.Namespace) -> Scheduler:
    """The scheduler that the arguments name; :class:`~conformance.running.preparing.unusable.Unusable` if there is none."""
    resources = resources_of(getattr(arguments, "resource", None) or [])
    name = getattr(arguments, "scheduler", None)
    if name is None:
        if resources:
            raise Unusable("--resource is for --scheduler dask://HOST:PORT: on this machine every process has the same hardware")
        from .local import Local

        return Local(arguments.workers)
    from .cluster import Cluster

    return Cluster(address_of(name), resources, memory_given=arguments.memory is not None)


def address_of(name: str) -> str:
    """``dask://HOST:PORT`` as the ``HOST:PORT`` of the cluster's scheduler."""
    host, _, port = name.removeprefix(DASK).rpartition(":")
    if not name.startswith(DASK) or not host or not port.isdigit():
        raise Unusable(f"--scheduler {name}: expected dask://HOST:PORT, the address of a Dask cluster's scheduler")
    return f"{host}:{port}"


def resources_of(words: Sequence[str]) -> dict[str, str]:
    """``BACKEND=NAME`` as the name of the resource that each backend needs."""
    found = {}
    for word in words:
        backend, _, resource = word.rpartition("=")
        if not backend or not resource:
            raise Unusable(f"--resource {word}: expected BACKEND=NAME, as in torch:cuda=GPU")
        found[backend] = resource
    return found
