"""The generated selftest: so many defects drawn from a seed, judged in several processes, counted and told."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from ...catalogue.selection import selected
from .. import apart
from ..run import in_parallel
from . import arguments, errors, extent, gradients, layout, numbers, state  # noqa: F401 - they enter their descriptions
from .description import DESCRIPTIONS
from .judging import BY_NAME, judge_defect

VERDICTS = ("caught", "survived", "lawful", "equivalent", "died")
WIDTH = 150
Planned = tuple[int, str, str]


def plan(seed: int, count: int, operations: list[str] | None = None, only: list[str] | None = None) -> list[Planned]:
    """Number, description and operation of each defect of a seed: every description in turn, each with an operation to which it can apply."""
    draw = random.Random(f"generated {seed}")
    rows = selected(operations)
    chosen = [d for d in DESCRIPTIONS if not only or any(part in d.name or part == d.group for part in only)]
    fitting = {d.name: [row.operation.name for row in rows if d.applies(row)] for d in chosen}
    chosen = [d for d in chosen if fitting[d.name]]
    planned: list[Planned] = []
    while chosen and len(planned) < count:
        draw.shuffle(chosen)
        planned += [(len(planned) + i, d.name, draw.choice(fitting[d.name])) for i, d in enumerate(chosen)]
    return planned[:count]


def judge_operation(item: tuple[str, list[Planned], int]) -> list[dict[str, Any]]:
    """The planned defects of one operation. Where torch itself ends the process, on what is drawn for it, none of them counts."""
    import torch

    torch.set_num_threads(1)  # what is looked further at runs in forked processes, which would wait for threads that they do not have
    operation, planned, seed = item
    try:
        return apart.result(lambda: [judge_defect(number, name, operation, seed) for number, name, _ in planned])
    except apart.Died:
        return [{"number": number, "description": name, "group": BY_NAME[name].group, "operation": operation, "verdict": "died"}
                for number, name, _ in planned]  # fmt: skip


def generated(seed: int, count: int, workers: int, operations: list[str] | None = None, only: list[str] | None = None) -> list[dict[str, Any]]:
    """The verdicts about the first ``count`` defects of a seed."""
    by_operation: dict[str, list[Planned]] = {}
    for planned in plan(seed, count, operations, only):
        by_operation.setdefault(planned[2], []).append(planned)
    results: list[dict[str, Any]] = []
    for found in in_parallel(judge_operation, [(name, planned, seed) for name, planned in by_operation.items()], workers, 1):
        results += found
    return sorted(results, key=lambda result: int(result["number"]))


def score(results: list[dict[str, Any]]) -> float:
    """The share of caught defects among those that change what they may not change."""
    counts = {verdict: sum(result["verdict"] == verdict for result in results) for verdict in VERDICTS}
    return counts["caught"] / max(counts["caught"] + counts["survived"], 1)


def run_generated(
    operations: list[str] | None, only: list[str] | None, workers: int, directory: Path, seed: int, count: int, least: float
) -> int:
    """Judge them, print the matrix and the survivors, write generated.json. The exit status is 0 if the score is at least ``least``."""
    started = time.time()
    results = generated(seed, count, workers, operations, only)
    if not results:
        print("no description matches")
        return 4
    print(matrix(results))
    for result in results:
        if result["verdict"] == "survived":
            print(describe(result))
    counts = {verdict: sum(result["verdict"] == verdict for result in results) for verdict in VERDICTS}
    seconds, reached = time.time() - started, score(results)
    print(f"{len(results)} defects of {len(DESCRIPTIONS)} descriptions with seed {seed} in {seconds:.0f} s: "
          + ", ".join(f"{number} {verdict}" for verdict, number in counts.items()) + f"; score {reached:.1%}")  # fmt: skip
    directory.mkdir(parents=True, exist_ok=True)
    told = {"seed": seed, "defects": len(results), **counts, "score": reached, "seconds": round(seconds, 1), "results": results}
    (directory / "generated.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0 if reached >= least else 1


def describe(result: dict[str, Any]) -> str:
    """A survivor: what it is, the smallest input in which it shows, and whether the judge would notice it there."""
    noticed = f"noticed there by {result['by']}" if result["by"] else "not noticed there either"
    return (f"survived: number {result['number']}: {result['operation']}: {result['description']} ({result['drawn']})\n"
            f"  shows in {result['shown']} of {result['examples']} examples, {noticed}; {result['form']}, order of gradients {result['grad']}:\n"
            + "\n".join("    " + line[:WIDTH] for line in str(result["input"]).splitlines()[:6]))  # fmt: skip


def matrix(results: list[dict[str, Any]]) -> str:
    """Descriptions by verdict."""
    from tabulate import tabulate

    rows: dict[tuple[str, str], list[int]] = {}
    for result in results:
        row = rows.setdefault((result["group"], result["description"]), [0] * (len(VERDICTS) + 1))
        row[0] += 1
        row[1 + VERDICTS.index(result["verdict"])] += 1
    total = [sum(row[i] for row in rows.values()) for i in range(len(VERDICTS) + 1)]
    lines = [[*key, *row] for key, row in sorted(rows.items())]
    return str(tabulate([*lines, ["all", "", *total]], headers=("kind", "description", "planted", *VERDICTS)))
