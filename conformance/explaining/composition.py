"""Of which operations an operation is composed in refimpl: a failure of one of them may be the cause of its failures."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..cases.case import Case
from ..catalogue import TABLE
from ..catalogue.entries import exercised_by, registry
from ..execution.oracles import reference_backend
from ..execution.outcomes import execute
from .difference_kinds import base_name


@lru_cache(maxsize=1)
def _bodies() -> dict[Any, str]:
    """The code of each operation's body in refimpl, and the operation's name."""
    return {operation.body.__code__: name for name, operation in registry().items()}  # type: ignore[attr-defined]


def parts_of(case: Case, gradients: bool = False) -> list[str]:
    """The operations of the suite's table that refimpl enters on the way to this case's result (or its ``gradients``), the case's own apart.

    Nothing is built into refimpl for this: Python reports the functions that are entered, and only while this runs.
    """
    backend, bodies = reference_backend(), _bodies()
    entered: set[str] = set()

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in bodies:
            entered.add(bodies[frame.f_code])

    if backend is None or sys.getprofile() is not None:  # somebody else is watching
        return []
    sys.setprofile(watch)
    try:
        execute(backend, case if gradients else replace(case, grad=0))
    except Exception:  # noqa: BLE001 - what refimpl cannot run has no parts
        return []
    finally:
        sys.setprofile(None)
    return sorted({name for name in map(_row_name, entered) if name is not None and base_name(name) != base_name(case.operation)})


def _row_name(name: str) -> str | None:
    """The row of the table under which an operation of refimpl's registry is judged: ``copy_`` is, ``exp_`` is the form of ``exp``."""
    candidates = (name, name.removesuffix("_"), exercised_by().get(name, ""), name.strip("_"))
    return next((each for each in candidates if each in TABLE), None)
