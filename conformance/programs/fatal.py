"""Programs that ended the process, as the controlling process of a run tells them to the next worker."""

from __future__ import annotations

import json
from pathlib import Path


def _path(folder: str, name: str, backend: str) -> Path:
    safe = "".join(c if c.isalnum() else "_" for c in f"{name} {backend}")
    return Path(folder) / "programs" / f"{safe}.json"


def load(folder: str, name: str, backend: str) -> dict[int, tuple[str, str]]:
    """By the number of the program: which library was at work, and what happened."""
    path = _path(folder, name, backend)
    if not folder or not path.exists():
        return {}
    return {int(number): (where, text) for number, (where, text) in json.loads(path.read_text(encoding="utf-8")).items()}


def add(folder: str, name: str, backend: str, number: int, where: str, text: str) -> None:
    path = _path(folder, name, backend)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**load(folder, name, backend), number: (where, text)}), encoding="utf-8")
