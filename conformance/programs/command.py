"""``python -m conformance programs``: programs on one or several backends, in this process, told in the terminal."""

from __future__ import annotations

from typing import Any

from ..backends import find_backend
from .drawing import draw_program
from .judging import judge_programs
from .summary import cause_lines, line, rows_of


def run_command(backends: list[str], seed: int, count: int, show: bool) -> int:
    """Run and tell; the exit status is 1 if too many programs differ on a backend."""
    failed = False
    for name in backends:
        backend: Any = find_backend(name)
        if show:
            print(draw_program(seed, backend).source(backend.module.__name__, backend.device))
            continue
        row = rows_of([judge_programs(name, range(seed, seed + count))])[0]
        failed = failed or row["status"] == "failed"
        for cause in row["causes"]:
            print(cause_lines(cause), end="\n\n")
        if row["words_causes"]:
            print(f"errors of one type and other words ({len(row['words_causes'])} kinds, which fail nothing):\n")
            for cause in row["words_causes"]:
                print(cause_lines(cause), end="\n\n")
        if row["left_out"]:
            print(f"left out, because the backend lacks them: {', '.join(row['left_out'])}")
        seconds = f"; {row['seconds']} s, {1000 * row['seconds'] / max(row['programs'], 1):.1f} ms a program, shrinking included"
        print(line(row) + seconds)
    return int(failed)
