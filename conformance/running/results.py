"""The results of a run as they come, one JSON object a line, so that an interrupted run can be read and resumed.

The first line says what the results were made by (:func:`fingerprint`). ``run --resume`` takes over the results of those backends for which it
would say the same, and judges the rest; the file is then written afresh, so that it again holds one run.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Iterable

from ..report.whole_files import write_whole

ROOT = Path(__file__).resolve().parents[2]
# What decides a verdict. The report is not among it: it can be written again from the same results.
_SOURCES = ("conformance", "refimpl", "gpu_backend")
_NOT_SOURCES = ("report", "selftest")


class Results:
    """The file that is written, and what was written to it."""

    def __init__(self, path: Path, fingerprint: dict[str, Any], taken_over: Iterable[dict[str, Any]] = ()) -> None:
        self.path = path
        self.items = list(taken_over)
        lines = [{"kind": "run", **fingerprint}, *self.items]
        write_whole(path, "".join(json.dumps(line) + "\n" for line in lines))

    def add(self, item: dict[str, Any]) -> None:
        self.items.append(item)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(item) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a results file. The last one may be cut off by what ended the run: then it does not count."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def task(item: dict[str, Any]) -> tuple[str, str, str] | None:
    """Which task a result belongs to: kind, name and backend; None for what is no result."""
    if item["kind"] == "operation":
        return "operation", item["operation"], item["backend"]
    if item["kind"] == "programs":
        return "programs", item["range"], item["backend"]
    return ("training", item["run"], item["backend"]) if item["kind"] == "training" else None


def fingerprint(settings: dict[str, Any], backends: dict[str, Any]) -> dict[str, Any]:
    """What results are made by: settings that decide what is drawn and how it is judged, the suite's own sources, and the backends as they are."""
    return {"settings": settings | {"suite": sources()}, "backends": backends}


def take_over(path: Path, now: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """The results in an earlier run's file that this one would make again, and in words what was done."""
    lines = read_lines(path)
    if not lines or lines[0].get("kind") != "run":
        return [], "there is no earlier run to resume"
    before = lines[0]
    changed = [name for name in now["settings"] if before["settings"].get(name) != now["settings"][name]]
    if changed:
        return [], f"nothing is taken over from the earlier run: not the same {', '.join(changed)}"
    same = {name for name, found in now["backends"].items() if before["backends"].get(name) == found}
    kept = {task(item): item for item in lines[1:] if task(item) is not None and item["backend"] in same}
    others = sorted(set(now["backends"]) & set(before["backends"]) - same)
    said = f"{len(kept)} results are taken over from the earlier run"
    return list(kept.values()), said + (f"; not those of {', '.join(others)}, which changed" if others else "")


@cache
def sources() -> str:
    """A hash of the sources that decide verdicts, and of the libraries that draw the examples."""
    import hypothesis

    found = hashlib.sha256(hypothesis.__version__.encode())
    for package in _SOURCES:
        for folder, folders, names in os.walk(ROOT / package):
            folders[:] = sorted(set(folders) - set(_NOT_SOURCES))
            for path in [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]:
                found.update(f"{os.path.relpath(path, ROOT)}\n".encode())
                with open(path, "rb") as file:
                    found.update(file.read())
    return found.hexdigest()[:16]


def file_hash(path: str | Path | None) -> str:
    """A hash of a file's content; "" for no file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] if path and Path(path).exists() else ""
