"""Running the planted defects and keeping the score."""

from __future__ import annotations

import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..profiles import PROFILES


def all_names() -> list[str]:
    """Every planted defect, by name."""
    from .defects import DEFECTS
    from .training_defects import TRAINING_DEFECTS

    return [defect.name for defect in DEFECTS] + [f"training: {name}" for name in TRAINING_DEFECTS]


def run_defect(name: str) -> dict[str, Any]:
    """Judge one broken backend in the quick profile; says whether and by what it was caught."""
    started = time.perf_counter()
    if name.startswith("training: "):
        found = _training(name.removeprefix("training: "))
    else:
        found = _operation(name)
    return {"name": name, "seconds": round(time.perf_counter() - started, 2), **found}


def _operation(name: str) -> dict[str, Any]:
    from ..documented import entry
    from ..engine import judge_operation
    from .broken import Broken
    from .defects import DEFECTS

    defect = next(defect for defect in DEFECTS if defect.name == name)
    examples = 0
    for operation in defect.operations:
        backend = Broken(defect)
        result = judge_operation(
            entry(operation), backend.name, PROFILES["quick"], 0, stop_early=True, backend=backend, shrink=False
        )
        examples += result["examples"]
        if result["failures"]:
            caught = result["failures"][0]
            return {"caught": True, "by": caught["property"], "meant": defect.property, "examples": examples}
    return {"caught": False, "by": None, "meant": defect.property, "examples": examples}


def _training(name: str) -> dict[str, Any]:
    from ..training import train
    from .training_defects import TRAINING_DEFECTS, BrokenTrainer

    run, changes = TRAINING_DEFECTS[name]
    backend = BrokenTrainer(name, changes)
    result = train(run, backend.name, "small", backend)
    return {"caught": result["status"] == "failed", "by": "training", "meant": "training", "examples": result["steps"]}


def run_selftest(only: list[str] | None, workers: int, directory: Path) -> int:
    """Run all defects (or those whose name contains one of ``only``), print the score, write selftest.json."""
    from tabulate import tabulate

    names = [name for name in all_names() if not only or any(part in name for part in only)]
    if not names:
        print("no defect matches")
        return 4
    started = time.time()
    if workers > 1 and len(names) > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            results = list(pool.map(run_defect, names, chunksize=4))
    else:
        results = [run_defect(name) for name in names]
    survivors = [result for result in results if not result["caught"]]
    counts: dict[str, list[int]] = {}
    for result in results:
        row = counts.setdefault(result["meant"], [0, 0])
        row[0] += 1
        row[1] += result["caught"]
    print(tabulate([[key, *row] for key, row in sorted(counts.items())], headers=("property", "planted", "caught")))
    for result in survivors:
        print(f"survived: {result['name']} ({result['examples']} examples)")
    seconds = time.time() - started
    print(f"{len(results) - len(survivors)} of {len(results)} planted defects caught in {seconds:.0f} s")
    directory.mkdir(parents=True, exist_ok=True)
    score = {"planted": len(results), "caught": len(results) - len(survivors), "seconds": round(seconds, 1), "defects": results}
    (directory / "selftest.json").write_text(json.dumps(score, indent=1), encoding="utf-8")
    return 1 if survivors else 0
