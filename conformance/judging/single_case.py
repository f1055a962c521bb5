"""One case judged by itself, as the scripts of failures do."""

from __future__ import annotations

from typing import Any

from ..backends import find_backend
from ..cases.case import Case
from ..catalogue import TABLE
from ..catalogue.entries import entry
from ..declared_deviations.declarations import use
from .judge import Judge
from .statistics import Statistics


def judge_case(case: Case, backend: str, declared: bool = True) -> list[Any]:
    """The deviations of one case on a backend. ``declared``: those that are declared are not among them."""
    if not declared:
        use(())
    name = case.operation
    name = name if name in TABLE else next((each for each in TABLE if name in entry(each).names), name.strip("_"))
    return Judge(find_backend(backend), entry(name).operation, entry(name).contract, Statistics(name, backend)).check(case)
