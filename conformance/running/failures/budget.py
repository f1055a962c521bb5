"""The time for shrinking failures: one budget for a whole run, which its processes share, and which causes share rather than operations.

A run of a backend that fails should take at most about twice as long as that of one that does not. Shrinking, and running failures again, may take
:data:`SHARE` of the time that judging takes, and :data:`AHEAD` seconds before anything has been judged. Once half of it is used up, a cause (the
kind of difference, :mod:`conformance.explaining.difference_kinds`) whose input has been shrunk to a fixed point :data:`ENOUGH` times gets no more:
what else fails in this way shows the smallest input that was drawn, and says so.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ...cases.case import Case, first_dtype
from ...cases.deviation import Deviation
from ...explaining.difference_kinds import difference

SHARE, AHEAD, ENOUGH = 0.8, 4.0, 2
_AT_ONCE = 0.5  # the part of what is left that one failure may have
_LEAST = 0.05  # seconds in which nothing can be shrunk

MINIMAL = "to a fixed point"
OVER = "its time was over: a smaller input may show it"
AS_DRAWN = "as it was drawn: a smaller input may show it"


def cause_of(case: Case, deviation: Deviation) -> str:
    """What failures of several operations have in common if they have one cause."""
    kind, telling = difference({
        "property": deviation.property, "rule": deviation.rule, "expected": deviation.expected, "got": deviation.got, "details": deviation.details,
        "operation": case.operation, "dtype": deviation.details.get("dtype") or first_dtype(case),
    })  # fmt: skip
    return f"{deviation.property}: {kind}" + ("" if telling else f" ({case.operation})")


class Budget:
    """``path``: a file to which the processes of a run append what they did; None: this process alone."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.judged = self.spent = 0.0
        self.settled: Counter[str] = Counter()
        self.where: dict[str, list[str]] = {}
        self._offset = 0
        self._since: float | None = None
        self._aside = 0.0  # of the operation that is being judged: what was no judging

    # -- what was done ---------------------------------------------------------------------------
    def begin(self) -> None:
        """An operation begins."""
        self._since, self._aside = time.monotonic(), 0.0

    def end(self) -> None:
        """Its time, without what was spent on failures, counts as judging."""
        if self._since is not None:
            self._tell({"judged": time.monotonic() - self._since - self._aside})
            self._since = None

    def spend(self, seconds: float, cause: str = "", operation: str = "", minimal: bool = False) -> None:
        """Time that went into a failure; ``minimal``: its cause has been shrunk to a fixed point."""
        self._aside += seconds
        self._tell({"spent": seconds} | ({"cause": cause, "operation": operation} if minimal else {}))

    # -- what may be done ------------------------------------------------------------------------
    def granted(self) -> float:
        """The seconds that all failures of the run may take, as far as it has come."""
        self._read()
        here = 0.0 if self._since is None else time.monotonic() - self._since - self._aside
        return AHEAD + SHARE * (self.judged + here)

    def left(self) -> float:
        """What of that is left."""
        return self.granted() - self.spent

    def allowance(self, cause: str, most: float) -> float:
        """The seconds for one failure of a cause: at most ``most``; 0 if its cause has had enough, or the time is over."""
        granted = self.granted()
        if self.settled[cause] >= ENOUGH and self.spent > granted / 2:
            return 0.0
        seconds = min(most, _AT_ONCE * (granted - self.spent))
        return seconds if seconds >= _LEAST else 0.0

    def told(self, cause: str) -> str:
        """Why a failure was not shrunk."""
        if self.settled[cause]:
            return f"{AS_DRAWN}; its cause was shrunk in {' and '.join(dict.fromkeys(self.where[cause][:ENOUGH]))}"
        return AS_DRAWN

    # -- the file --------------------------------------------------------------------------------
    def _tell(self, line: dict[str, Any]) -> None:
        if self.path is None:
            self._take(line)
            return
        with open(self.path, "ab") as file:
            file.write(json.dumps(line).encode() + b"\n")

    def _read(self) -> None:
        if self.path is None or not self.path.exists():
            return
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._take(json.loads(line))

    def _take(self, line: dict[str, Any]) -> None:
        self.judged += line.get("judged", 0.0)
        self.spent += line.get("spent", 0.0)
        if "cause" in line:
            self.settled[line["cause"]] += 1
            self.where.setdefault(line["cause"], []).append(line["operation"])


_SHARED: dict[tuple[int, str], Budget] = {}


def shared(folder: str) -> Budget:
    """The budget of the run whose folder this is, as this process knows it."""
    key = os.getpid(), folder
    if key not in _SHARED:
        _SHARED[key] = Budget(Path(folder) / "budget.jsonl" if folder else None)
    return _SHARED[key]
