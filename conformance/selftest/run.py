"""Running the planted defects and keeping the score."""

from __future__ import annotations

import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Callable, Iterable


def all_names() -> list[str]:
    """Every planted defect, by name."""
    from .defects import DEFECTS
    from .training_defects import TRAINING_DEFECTS

    return [defect.name for defect in DEFECTS] + [f"training: {name}" for name in TRAINING_DEFECTS]


def run_defect(name: str, seed: int = 0) -> dict[str, Any]:
    """Judge one broken backend in the quick profile. ``caught`` is whether a property noticed, ``by`` the property that did first, ``as_meant``
    whether the one that should did, or one of those that the defect allows in its place."""
    started = time.perf_counter()
    if name.startswith("training: "):
        found = _training(name.removeprefix("training: "))
    else:
        found = _operation(name, seed)
    return {"name": name, "seed": seed, "seconds": round(time.perf_counter() - started, 2), **found}


def _operation(name: str, seed: int) -> dict[str, Any]:
    from ..catalogue.entries import entry
    from .defects import DEFECTS
    from .replay import draw, judge_drawn

    defect = next(defect for defect in DEFECTS if defect.name == name)
    wanted = {defect.property, *defect.shows_as}
    first: str | None = None
    examples = 0
    for operation in defect.operations:
        cases = draw(operation, seed)
        for number, found in judge_drawn(defect, entry(operation), cases):
            by = [deviation.property for deviation in found]
            first = first or by[0]
            right = next((property for property in by if property in wanted), None)
            if right is not None:
                return {"caught": True, "as_meant": True, "by": right, "first": first, "meant": defect.property, "examples": examples + number + 1}
        examples += len(cases)
    return {"caught": first is not None, "as_meant": False, "by": first, "first": first, "meant": defect.property, "examples": examples}


def _training(name: str) -> dict[str, Any]:
    from ..training.networks import train
    from .training_defects import TRAINING_DEFECTS, BrokenTrainer

    run, changes = TRAINING_DEFECTS[name]
    backend = BrokenTrainer(name, changes)
    result = train(run, backend.name, "small", backend)
    caught = result["status"] == "failed"
    by = "training" if caught else None
    return {"caught": caught, "as_meant": caught, "by": by, "first": by, "meant": "training", "examples": result["steps"]}


def in_parallel(function: Callable[[Any], Any], items: list[Any], workers: int, chunk: int = 4) -> Iterable[Any]:
    """``map`` over processes, each of which imports torch for itself."""
    if workers <= 1 or len(items) <= 1:
        return map(function, items)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    return pool.map(function, items, chunksize=chunk)


def _run_item(item: tuple[str, int]) -> dict[str, Any]:
    return run_defect(*item)


def operation_of(name: str) -> str:
    """Defects of one operation follow each other, so that its examples are drawn once."""
    return name.rpartition(": ")[2]


def run_selftest(only: list[str] | None, workers: int, directory: Path, seed: int = 0) -> int:
    """Run all defects (or those whose name contains one of ``only``), print the score, write selftest.json."""
    from tabulate import tabulate

    names = sorted([name for name in all_names() if not only or any(part in name for part in only)], key=operation_of)
    if not names:
        print("no defect matches")
        return 4
    started = time.time()
    results = list(in_parallel(_run_item, [(name, seed) for name in names], workers, 8))
    print(tabulate(score_rows(results), headers=("property", "planted", "caught", "as meant", "in its place")))
    for result in results:
        if not result["caught"]:
            print(f"survived: {result['name']} ({result['examples']} examples)")
        elif not result["as_meant"]:
            print(f"caught by {result['by']} alone, not by {result['meant']}: {result['name']}")
    missed = [result for result in results if not result["as_meant"]]
    caught = sum(result["caught"] for result in results)
    seconds = time.time() - started
    print(f"{caught} of {len(results)} planted defects caught with seed {seed} in {seconds:.0f} s")
    directory.mkdir(parents=True, exist_ok=True)
    score = {"planted": len(results), "caught": caught, "seed": seed, "seconds": round(seconds, 1), "defects": results}
    (directory / "selftest.json").write_text(json.dumps(score, indent=1), encoding="utf-8")
    return 1 if missed else 0


def score_rows(results: list[dict[str, Any]]) -> list[list[Any]]:
    """For each property: defects planted, caught, caught by this property, caught by one that the defect allows in its place."""
    rows: dict[str, list[int]] = {}
    for result in results:
        row = rows.setdefault(result["meant"], [0, 0, 0, 0])
        row[0] += 1
        row[1] += result["caught"]
        row[2] += result["as_meant"] and result["by"] == result["meant"]
        row[3] += result["as_meant"] and result["by"] != result["meant"]
    return [[key, *row] for key, row in sorted(rows.items())]
