"""Version counters, of which one thing is open: where torch begins to count.

A gradient, and what is computed from inference tensors outside of inference mode, has been written a few times when it appears: torch counts there
how its implementation fills a fresh tensor, and whether nobody else held a gradient to which another was added. The writes that the program makes
from then on are counted alike, and compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Collection

from .observing import Observation, Seen


@dataclass
class Counters:
    """``ahead``: for a tensor (by torch's object), and for those on one block of memory with it, by how much the backend's counter is ahead."""

    ahead: dict[Any, int] = field(default_factory=dict)
    known: Collection[Any] = frozenset()  # the blocks of memory that lived before the statement
    differentiates: bool = False  # whether the statement computes gradients
    reads_inference: bool = False  # whether it computes with inference tensors, outside of inference mode

    def begin(self, text: str, before: Observation) -> None:
        """Look at a statement, and at what torch shows before it."""
        seen = {path: value for path, value in before.items() if isinstance(value, Seen)}
        self.known = {value.storage for value in seen.values()}
        self.differentiates = "backward(" in text or "autograd.grad(" in text
        named = set(re.findall(r"\w+", text))
        self.reads_inference = any(value.fields["is_inference()"] is True and re.match(r"\w+", path)[0] in named  # type: ignore[index]
                                   for path, value in seen.items())  # fmt: skip

    def agree(self, path: str, mine: Seen, other: Seen) -> bool:
        """Whether two counters that differ say the same: what is open is where a fresh tensor's began."""
        a, b = mine.fields["_version"], other.fields["_version"]
        if not (isinstance(a, int) and isinstance(b, int)):
            return False
        if b - a in (self.ahead.get(mine.storage), self.ahead.get(id(mine.tensor))):
            return True
        if mine.storage in self.known or not (self.reads_inference or self.differentiates):
            return False
        self.ahead[mine.storage] = self.ahead[id(mine.tensor)] = b - a
        return True
