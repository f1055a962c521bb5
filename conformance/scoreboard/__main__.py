"""``python -m conformance.scoreboard``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..catalogue.selection import UnknownOperation, selected, words_of
from ..examples.profiles import PROFILES
from ..report.console.adapter_faults import lines as adapter_lines
from ..report.console.adapter_faults import told
from ..running import probe
from ..running.preparing.statuses import ADAPTER, FAILED, INTERRUPTED, PASSED, UNUSABLE
from ..running.settings import Settings, default_memory
from .page_text import by_hand, page
from .watched import Surveyor


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    command = argparse.ArgumentParser(prog="python -m conformance.scoreboard", description="How torch-like is a backend?")
    command.add_argument("--backend", required=True)
    command.add_argument("--op", action="append", default=None, help="operation, family, or prefix* (repeatable)")
    command.add_argument("--ops-from", action="append", default=None, metavar="FILE", help="operations from a file, one a line (repeatable)")
    command.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    command.add_argument("--examples", type=int, default=None, help="examples for each dtype of an operation, instead of the profile's")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--output", default=None, help="the page, whose section of bugs is kept if it is there; default: standard output")
    return command


def main(argv: list[str] | None = None) -> int:
    """Survey a backend and write the page."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        entries = selected(words_of(arguments.op, arguments.ops_from))
    except (UnknownOperation, OSError, ValueError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return UNUSABLE
    found = probe.probe([arguments.backend])
    unusable = [entry["error"] for entry in found.values() if "error" in entry]
    for text in unusable:
        print(f"conformance: backend {arguments.backend!r} cannot be used: {text}", file=sys.stderr)
    if unusable:
        return UNUSABLE
    if _at_fault([{"kind": "adapter", **fault} for entry in found.values() for fault in entry.get("faults", ())]):
        return ADAPTER
    command = shlex.join(["python", "-m", "conformance.scoreboard", *(sys.argv[1:] if argv is None else argv)])
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        settings = Settings(
            arguments.profile, arguments.seed, arguments.examples, folder=folder, timeout=PROFILES[arguments.profile].timeout,
            memory=default_memory(1), paths=tuple(sys.path),
        )  # fmt: skip
        surveyor = Surveyor(arguments.backend, settings, _say)
        try:
            surveys = surveyor.surveys(entries)
        except KeyboardInterrupt:
            print("\nconformance: interrupted", file=sys.stderr)
            return INTERRUPTED
    _say("\n" + "".join(f"{text}\n" for text in surveyor.errors))
    if surveyor.about is None:
        return UNUSABLE
    output = None if arguments.output is None else Path(arguments.output)
    written = by_hand(output.read_text(encoding="utf-8")) if output is not None and output.exists() else ""
    text = page(surveys, surveyor.about, command, written)
    if output is None:
        print(text, end="")
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    if _at_fault([{"operation": s.entry.operation.name, "adapter_faults": s.statistics.adapter_faults} for s in surveys]):
        return ADAPTER
    return FAILED if surveyor.errors else PASSED


def _at_fault(items: list[dict[str, Any]]) -> bool:
    """Whether the adapter is, which is told."""
    faults = adapter_lines({"adapter_faults": told(items)})
    for line in faults:
        print(line, file=sys.stderr)
    return bool(faults)


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
