"""How many examples of each kind of failure fail, and how far off the worst is, dtype by dtype: beside the smallest input, which says neither."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from ...cases.case import Case, first_dtype
from ...cases.deviation import Deviation
from ...judging.statistics import finite

Kind = tuple[str, str]


@dataclass
class Worst:
    """The examples of one dtype that fail in one way."""

    failed: int
    error: float
    case: Case
    deviation: Deviation


class Tally:
    """What was counted of an operation, kind by kind."""

    def __init__(self) -> None:
        self.found: dict[Kind, dict[str, Worst]] = {}

    def add(self, kind: Kind, case: Case, deviation: Deviation) -> None:
        dtype = str(deviation.details.get("dtype") or first_dtype(case))
        of_kind = self.found.setdefault(kind, {})
        error = _error(deviation)
        if dtype not in of_kind:
            of_kind[dtype] = Worst(1, error, case, deviation)
            return
        worst = of_kind[dtype]
        worst.failed += 1
        if error > worst.error:
            worst.error, worst.case, worst.deviation = error, case, deviation

    def told(self, kind: Kind) -> dict[str, dict[str, Any]]:
        """By dtype: how many examples fail, and the worst of them."""
        return {
            dtype: {
                "failed": worst.failed, "ulps": finite(worst.deviation.details.get("ulps")), "units": finite(worst.deviation.details.get("units")),
                "expected": worst.deviation.expected, "got": worst.deviation.got,
            }
            for dtype, worst in self.found.get(kind, {}).items()
        }  # fmt: skip


def _error(deviation: Deviation) -> float:
    """How far off, as a number: in ulps, or in units of what is allowed; infinite where there is no distance."""
    found = [deviation.details.get(name) for name in ("ulps", "units")]
    numbers = [float(number) for number in found if isinstance(number, (int, float)) and number == number]
    return numbers[0] if numbers else inf if any(number is not None for number in found) else 0.0
