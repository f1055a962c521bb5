"""Where a pen's choices come from: a seed, or hypothesis.

What a pen draws is a sequence of small integers and blobs of bytes. From a seed they cost next to nothing, and are recorded; hypothesis is
handed the record of an example that failed, draws the same example from it, and shrinks it.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any, Callable, Protocol

from hypothesis import strategies as st
from hypothesis.database import choices_to_bytes

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Choices(Protocol):
    """A source of choices."""

    def integer(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""

    def blob(self, size: int) -> bytes:
        """So many bytes."""


class RandomChoices:
    """Uniform choices from a seed, recorded."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)
        self._made: list[int | bytes] = []

    def integer(self, low: int, high: int) -> int:
        made = low + int(self._random.random() * (high - low + 1)) if high - low < 2**32 else self._random.randint(low, high)
        self._made.append(made)
        return made

    def blob(self, size: int) -> bytes:
        made = self._random.randbytes(size)
        self._made.append(made)
        return made

    def record(self) -> bytes:
        """All choices so far, as an example of hypothesis's database."""
        return choices_to_bytes(self._made)


class HypothesisChoices:
    """hypothesis's choices: ``draw`` is what ``st.composite`` hands over."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(_integers(low, high))  # type: ignore[no-any-return]

    def blob(self, size: int) -> bytes:
        return self._draw(_blobs(size))  # type: ignore[no-any-return]


@cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@cache
def _blobs(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)
