"""hypothesis's examples of failures, kept from run to run so that they are tried first.

One small JSON file for each operation that failed on a backend, ``DIRECTORY/BACKEND/OPERATION.json``, which holds for each plan the choices of its
smallest failing examples; nothing is written for operations that pass, and the file goes when what it holds passes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Iterable

from hypothesis.database import ExampleDatabase

from ..report.whole_files import write_whole

KEY = b"examples"  # under which hypothesis asks; its secondary corpora (steps of shrinking) have other keys, and are not kept
_AT_MOST = 3  # examples of one plan


class Kept(ExampleDatabase):
    """The examples of one plan."""

    def __init__(self, path: Path, plan: str) -> None:
        super().__init__()
        self.path = path
        self.plan = plan
        self.examples = {bytes.fromhex(text) for text in _read(path).get(plan, [])}
        self.before = set(self.examples)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return list(self.examples) if key == KEY else []

    def save(self, key: bytes, value: bytes) -> None:
        if key == KEY:
            self.examples.add(value)

    def delete(self, key: bytes, value: bytes) -> None:
        if key == KEY:
            self.examples.discard(value)

    def close(self) -> None:
        """Write what is worth keeping: the shortest examples."""
        keep = sorted(self.examples, key=lambda value: (len(value), value))[:_AT_MOST]
        if set(keep) == self.before:
            return
        plans = _read(self.path)
        plans.pop(self.plan, None)
        if keep:
            plans[self.plan] = [value.hex() for value in keep]
        if plans:
            write_whole(self.path, json.dumps(plans, indent=1))
        elif self.path.exists():
            self.path.unlink()


def _read(path: Path) -> dict[str, list[str]]:
    """The file's plans; a file that cannot be read holds none: it is only a memory of failures."""
    try:
        plans = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return plans if isinstance(plans, dict) else {}


def kept(directory: str | None, operation: str, backend: str, plan: str) -> Kept | None:
    """The examples of one plan of an operation on a backend, in a directory; None without one."""
    if directory is None:
        return None
    return Kept(Path(directory) / re.sub(r"[^\w.-]+", "-", backend) / f"{operation}.json", plan)
