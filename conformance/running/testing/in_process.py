"""A backend that is an object, judged in this process: without the protection of ``run`` against what ends it, for tests and notebooks."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, Sequence

from ...backends import Backend, find_backend
from ...backends.self_check import self_check
from ...cases.asked import Asked, ask
from ...catalogue.entries import entry
from ...catalogue.selection import selected
from ...declared_deviations.declarations import entries_of, use
from ...examples.profiles import PROFILES
from ...report import build
from ..operation_run import judge_operation


def judge(
    backend: Backend | str | Callable[[], Backend],
    operations: Sequence[str] | None = None,
    *,
    profile: str = "quick",
    seed: int = 0,
    examples: int | None = None,
    deviations: str | None = "none",
    properties: Sequence[str] = (),
    messages: bool = True,
) -> dict[str, Any]:
    """The report (docs/report-schema.md) of a backend, or of the name of one; a class or function is called for it.

    ``operations`` are named as for ``--op`` (all, if there are none); the other arguments are those of ``python -m conformance run``.
    The adapter is checked first: what is wrong with it is in ``report["adapter_faults"]``, and then nothing is judged.
    ``report["summary"]["failed"]`` says whether something failed. Nothing is written: ``conformance.report.write(report, directory)`` does that.
    """
    found = made(backend)
    started = time.time()
    faults = [{"kind": "adapter", **fault.told(found.name)} for fault in self_check(found)]
    with rules(deviations, properties, messages):
        items = faults or [judged(found, e.operation.name, profile, seed, examples) for e in selected(operations)]
    about = {
        "profile": profile, "seed": seed, "examples": examples, "backends": [found.name], "versions": {found.name: found.versions()},
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started)), "seconds": round(time.time() - started, 1),
    }  # fmt: skip
    return build(items, about)


def made(backend: Backend | str | Callable[[], Backend]) -> Backend:
    """The backend of a name, or that which a class or function makes, or the backend itself."""
    if isinstance(backend, str):
        return find_backend(backend)
    if not isinstance(backend, type) and hasattr(backend, "capabilities"):
        return backend  # type: ignore[return-value]
    found: Backend = backend()  # type: ignore[operator]
    name = _name_of(backend)
    if name:
        with suppress(AttributeError):  # of a property, which is the adapter's own answer
            found.name = name
    return found


def _name_of(maker: Any) -> str:
    """By which scripts find a class or a function in a process of their own; "" if it is not to be found in a module."""
    module, name = getattr(maker, "__module__", "__main__"), getattr(maker, "__qualname__", "")
    found = module != "__main__" and getattr(sys.modules.get(module), name, None) is maker
    return f"{module}:{name}" if found else ""


def judged(backend: Backend, operation: str, profile: str, seed: int, examples: int | None) -> dict[str, Any]:
    """The result of one operation."""
    return {"kind": "operation", **judge_operation(entry(operation), backend.name, PROFILES[profile], seed, examples, backend=backend)}


@contextmanager
def rules(deviations: str | None, properties: Sequence[str], messages: bool) -> Iterator[None]:
    """While this holds, that is what is excused and asked for."""
    use(entries_of(deviations))
    ask(Asked(tuple(properties), messages))
    try:
        yield
    finally:
        use(None)
        ask(None)
