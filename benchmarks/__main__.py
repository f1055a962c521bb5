"""Measure refimpl beside the bare standard library, in one process, and print a table.

    python -m benchmarks            everything; the network for 10 of its 500 steps
    python -m benchmarks --full     the network for all 500 steps (minutes)
    python -m benchmarks --write    put the table into docs/speed.md as well
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
from typing import Iterator

from .importing import ROOT, importing
from .network import STEPS, models, network
from .operations import large, small
from .timing import Result

HEADINGS = ("what", "refimpl", "bare", "ratio", "at most")
BLOCK = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)


def seconds(value: float) -> str:
    factor, unit = (1, "s") if value >= 1 else (1e3, "ms") if value >= 1e-3 else (1e6, "us")
    return f"{value * factor:.3g} {unit}"


def cells(result: Result) -> tuple[str, ...]:
    over = " (over)" if result.ratio > result.target else ""
    return result.name, seconds(result.refimpl), seconds(result.bare), f"{result.ratio:.2f}{over}", f"{result.target:g}"


def measure(full: bool) -> Iterator[Result]:
    yield from large()
    yield from small()
    yield network(STEPS if full else 10)
    yield from models()
    yield importing()


def markdown(results: list[Result]) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|---:|---:|---:|---:|"]
    lines += ["| " + " | ".join((f"`{name}`" if "(" in name or "+" in name else name, *rest)) + " |" for name, *rest in map(cells, results)]
    return f"Python {platform.python_version()}:\n\n" + "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help=f"train the network for all {STEPS} steps")
    parser.add_argument("--write", action="store_true", help="write the table into docs/speed.md")
    parser.add_argument("--check", action="store_true", help="exit with status 1 if a ratio is over its target")
    options = parser.parse_args()

    print(f"Python {platform.python_version()}; float32, 1000 x 1000 unless said; best of several runs taken in turns")
    layout = "{:<46}{:>10}{:>10}{:>14}{:>9}"
    print(layout.format(*HEADINGS))
    results = []
    for result in measure(options.full):
        results.append(result)
        print(layout.format(*cells(result)), flush=True)
    if options.write:
        page = ROOT / "docs" / "speed.md"
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(lambda found: found[1] + markdown(results) + found[2], text), encoding="utf-8")
    return int(options.check and any(result.ratio > result.target for result in results))


if __name__ == "__main__":
    sys.exit(main())
