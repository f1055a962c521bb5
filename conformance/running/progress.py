"""What a run says while it runs: how far it is, what failed, and when it will be done.

On a terminal one line is written over and over; elsewhere (a log, continuous integration) a line comes every tenth of the way. The first
failure is shown in full, the others in a line each, and after a few dozen only their number: the report has them all.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, TextIO

from ..report.console.tell import columns, fitted

_LINES = 30  # failures that get a line of their own


class Progress:
    """Counts results as they come. ``total`` is how many there will be."""

    def __init__(self, total: int, out: TextIO | None = None) -> None:
        self.total = total
        self.done = 0
        self.failed = 0
        self.out = sys.stderr if out is None else out
        self.live = self.out.isatty() and not os.environ.get("CI")
        self.started = time.monotonic()
        self._shown = 0.0
        self._tenths = 0
        self._width = 0

    def add(self, item: dict[str, Any]) -> None:
        """A result has come, or an error of the run itself."""
        if item["kind"] == "error":
            self.say(f"error: {item['test']}: {item['text'].strip().splitlines()[-1][:200]}")
            return
        self.done += 1
        for failure in _failures(item):
            self.failed += 1
            if self.failed == 1:
                self.say(in_full(failure))
            elif self.failed <= _LINES:
                self.say(in_a_line(failure))
            elif self.failed == _LINES + 1:
                self.say("more failures: see the report")
        self._status()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        print(fitted(text, columns()), file=self.out, flush=True)

    def close(self) -> None:
        self._clear()

    def _status(self) -> None:
        now = time.monotonic()
        if self.live:
            if now - self._shown > 0.2 or self.done >= self.total:
                self._shown = now
                line = self.line()
                self.out.write("\r" + line.ljust(self._width))
                self.out.flush()
                self._width = len(line)
        elif self.done * 10 // max(self.total, 1) > self._tenths:
            self._tenths = self.done * 10 // max(self.total, 1)
            print(self.line(), file=self.out, flush=True)

    def line(self) -> str:
        """How far the run is."""
        seconds = time.monotonic() - self.started
        share = self.done / max(self.total, 1)
        text = f"{self.done} of {self.total} judged ({share:.0%}), {self.failed} failures, {duration(seconds)}"
        if self.done and self.done < self.total and seconds > 2:
            text += f", about {duration(seconds / share - seconds)} left"
        return text

    def _clear(self) -> None:
        if self.live and self._width:
            self.out.write("\r" + " " * self._width + "\r")
            self._width = 0


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def _failures(item: dict[str, Any]) -> list[dict[str, Any]]:
    if item["kind"] == "operation":
        gaps = [f"never drawn: {', '.join(item['never_drawn'])}"] if item["never_drawn"] else []
        gaps += ["no element was compared"] if item["compared_nothing"] else []
        where = {"operation": item["operation"], "backend": item["backend"]}
        return [*item["failures"], *({**where, "property": "coverage", "rule": gap, "expected": "", "got": "", "script": ""} for gap in gaps)]
    if item["kind"] == "programs" or item["status"] != "failed":  # a share of programs may differ: that is judged at the end
        return []
    empty = {"expected": "", "got": "", "script": ""}
    return [{"operation": item["run"], "backend": item["backend"], "property": "training", "rule": item["text"], **empty}]


def in_a_line(failure: dict[str, Any]) -> str:
    """Operation, backend, property, rule, and how to see more."""
    text = f"failed: {failure['operation']} on {failure['backend']}: {failure['property']}: {failure['rule']}"
    return _cut(text, 140) + (f"  [repro {failure['id']}]" if "id" in failure else "")


def in_full(failure: dict[str, Any]) -> str:
    """A failure in about ten lines: what was expected, what came, and the lines of the script that make the smallest input and the call."""
    lines = [in_a_line(failure)]
    if failure["expected"] or failure["got"]:
        lines += [f"  expected {_cut(failure['expected'], 130)}", f"  got      {_cut(failure['got'], 130)}"]
    shown = [line for line in failure["script"].splitlines() if line.strip() and not line.startswith(("import", "from"))]
    lines += ["    " + _cut(line, 130) for line in shown[:6]]
    if len(shown) > 6:
        lines.append("    ...")
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    text = " ".join(str(text).split()) if "\n" in str(text) else str(text)
    return text if len(text) <= width else text[: width - 3] + "..."
