"""A deviation: one property of one case that is not as torch has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .case import Case

PROPERTIES = (
    "values", "shape", "dtype", "strides", "aliasing", "errors", "gradients", "purity", "layout", "determinism", "crash",
)  # fmt: skip


@dataclass
class Deviation:
    """One property of one case that is not as torch has it. ``expected`` and ``got`` are short texts for people. ``call``: the call that deviates,
    if that is one which was made beside the case's."""

    property: str
    rule: str
    expected: str
    got: str
    details: dict[str, Any] = field(default_factory=dict)
    call: Case | None = None

    def __str__(self) -> str:
        return f"{self.property}: {self.rule}: expected {self.expected}, got {self.got}"
