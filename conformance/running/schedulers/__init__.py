"""Who judges: processes of this machine (:mod:`.local`), or those of a Dask cluster (:mod:`.cluster`). The run sees one interface."""

from __future__ import annotations

import argparse
from typing import Sequence

from ..preparing.unusable import Unusable
from .scheduler import INTERRUPTED, Scheduler

__all__ = ["INTERRUPTED", "Scheduler", "find_scheduler"]

DASK = "dask://"


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
