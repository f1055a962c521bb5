"""A pen that draws at random, from a seed, without hypothesis: for looking at what a row can draw."""

from __future__ import annotations

from random import Random

from .pen import Pen


class RandomPen(Pen):
    """Like its base; nothing that it draws can be shrunk."""

    def __init__(self, seed: str, dtype: str, form: str, force: str | None = None, grad: int = 0) -> None:
        self._random = Random(seed)
        super().__init__(lambda strategy: strategy, dtype, form, force, grad)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def _bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)
