"""What was seen while an operation was judged, as the report tells it: the counts, findings with their scripts, what is not supported."""

from __future__ import annotations

from typing import Any

from ..cases.case import Case
from ..cases.deviation import Deviation
from ..execution.oracles import ORACLE
from ..judging.statistics import Statistics, finite
from .composition import parts_of
from .scripts import script


def told(statistics: Statistics) -> dict[str, Any]:
    """JSON-ready. ``unsupported_parts`` are the operations of which this one is composed, if its first case could not be run."""
    first = statistics.first_unsupported
    return statistics.as_dict() | {
        "unsupported_parts": None if first is None else parts_of(first),
        "findings": [_finding(case, deviation) for case, deviation in statistics.findings],
    }


def _finding(case: Case, deviation: Deviation) -> dict[str, Any]:
    """A finding about torch."""
    return {
        "operation": case.operation,
        "dtype": deviation.details.get("dtype"),
        "property": deviation.property,
        "text": str(deviation),
        "ulps": finite(deviation.details.get("ulps")),
        "script": script(case, ORACLE, deviation),
    }
