"""The sweep: every generic defect (:mod:`.mutants`) planted in every operation of the table.

A mutant is *caught* if the quick profile's examples notice it. One that they do not notice is shown to more examples: if its outcome is
torch's in all of them, byte for byte, it is *equivalent* (``argmax`` has no NaN in its result to drop), and the number of examples is
the proof. What remains has *survived*: a hole in a strategy.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterator

from ..catalogue.entries import Entry, entry
from ..catalogue.selection import selected
from . import apart
from .broken import Defect
from .case_traits import traits
from .mutants import Kind, kinds
from .replay import Drawn, differs, draw, judge_drawn
from .run import in_parallel

# So many examples must show no difference before a mutant counts as equivalent.
PROOF = 200
Marked = list[tuple[Drawn, frozenset[str]]]


def sweep_operation(item: tuple[str, int]) -> list[dict[str, Any]]:
    """All mutants of one operation, for a base seed. One whose wrong call ends the process has *died*: it is in no number."""
    import torch

    torch.set_num_threads(1)  # forked processes would wait for threads that they do not have
    name, seed = item
    row = entry(name)
    quick = _marked(name, seed)
    seen: frozenset[str] = frozenset().union(*[found for _, found in quick])
    planned = list(kinds(row, seen))
    results: list[dict[str, Any]] = []

    def told(kind: Kind, result: dict[str, Any]) -> dict[str, Any]:
        return {"operation": name, "kind": kind.name, "group": kind.group or kind.name, "meant": kind.property, **result}

    while len(results) < len(planned):
        try:
            for result in apart.items(lambda: _verdicts(row, planned[len(results) :], quick, seed)):
                results.append(told(planned[len(results)], result))
        except apart.Died:
            results.append(told(planned[len(results)], {"verdict": "died", "by": None, "examples": len(quick)}))
    return results


def _verdicts(row: Entry, planned: list[Kind], quick: Marked, seed: int) -> Iterator[dict[str, Any]]:
    more: Marked = []
    for kind in planned:
        result = _judge(row, kind, quick)
        if result["verdict"] == "survived":
            extra = seed
            while len(quick) + len(more) < PROOF:
                extra += 1000
                more += _marked(row.operation.name, extra)
            result |= _look_further(row, kind, quick, more)
        yield result


def _marked(name: str, seed: int) -> Marked:
    return [(drawn, traits(drawn.case, drawn.expected)) for drawn in draw(name, seed)]


def _relevant(kind: Kind, cases: Marked) -> tuple[Drawn, ...]:
    return tuple([drawn for drawn, found in cases if kind.needs <= found])


def _judge(row: Entry, kind: Kind, cases: Marked) -> dict[str, Any]:
    """The verdict of the quick profile: the first property that noticed, and whether the one that should notice did."""
    by: str | None = None
    for _, found in judge_drawn(kind.defect(row), row, _relevant(kind, cases)):
        properties = [deviation.property for deviation in found]
        if kind.property in properties:
            return {"verdict": "caught", "by": kind.property, "examples": len(cases)}
        by = by or properties[0]
    return {"verdict": "survived" if by is None else "caught", "by": by, "examples": len(cases)}


def _look_further(row: Entry, kind: Kind, quick: Marked, more: Marked) -> dict[str, Any]:
    """Whether a mutant that was not caught differs from torch at all, and whether more examples would have caught it."""
    defect: Defect = kind.defect(row)
    shown = sum(differs(defect, drawn) for drawn in _relevant(kind, quick))
    shown_later = sum(differs(defect, drawn) for drawn in _relevant(kind, more))
    examples = len(quick) + len(more)
    if not shown and not shown_later:
        return {"verdict": "equivalent", "examples": examples}
    later = next((found[0].property for _, found in judge_drawn(defect, row, _relevant(kind, more))), None)
    return {"examples": examples, "shown": shown, "shown_later": shown_later, "later": later}


def run_sweep(operations: list[str] | None, workers: int, directory: Path, seed: int = 0, every: int = 1) -> int:
    """Sweep the table (or the operations named, or every so-manieth), print the matrix and the survivors, write sweep.json."""
    names = [row.operation.name for row in selected(operations)][::every]
    if not names:
        print("no operation matches")
        return 4
    started = time.time()
    results: list[dict[str, Any]] = []
    for found in in_parallel(sweep_operation, [(name, seed) for name in names], workers, 1):
        results += found
    seconds = time.time() - started
    print(matrix(results))
    for result in results:
        if result["verdict"] == "survived":
            print("survived: " + describe(result))
    counts = {verdict: sum(result["verdict"] == verdict for result in results) for verdict in ("caught", "equivalent", "survived", "died")}
    print(f"{len(results)} mutants of {len(names)} operations with seed {seed} in {seconds:.0f} s: "
          + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))  # fmt: skip
    directory.mkdir(parents=True, exist_ok=True)
    score = {"operations": len(names), "mutants": len(results), **counts, "seed": seed, "seconds": round(seconds, 1), "results": results}
    (directory / "sweep.json").write_text(json.dumps(score, indent=1), encoding="utf-8")
    return 1 if counts["survived"] else 0


def describe(result: dict[str, Any]) -> str:
    """A survivor in a line: in how many examples it shows, and whether more of them would have caught it."""
    text = f"{result['operation']}: {result['kind']}: shows in {result['shown']} quick examples and {result['shown_later']} more"
    return text + (f", caught there by {result['later']}" if result["later"] else ", caught in none")


def matrix(results: list[dict[str, Any]]) -> str:
    """Kinds by verdict."""
    from tabulate import tabulate

    rows: dict[str, list[Any]] = {}
    for result in results:
        row = rows.setdefault(result["group"], [result["meant"], 0, 0, 0, 0, 0])
        row[1] += 1
        row[2] += result["verdict"] == "equivalent"
        row[3] += result["verdict"] == "caught"
        row[4] += result["verdict"] == "caught" and result["by"] == result["meant"]
        row[5] += result["verdict"] == "survived"
    total = ["", *[sum(row[i] for row in rows.values()) for i in range(1, 6)]]
    lines = [[group, *row] for group, row in sorted(rows.items(), key=lambda item: (item[1][0], item[0]))]
    return str(tabulate([*lines, ["all", *total]], headers=("kind", "property", "planted", "equivalent", "caught", "by it", "survived")))
