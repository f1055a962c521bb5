"""A pen that draws at random, from a seed, without hypothesis: for looking at what a row can draw."""

from __future__ import annotations

from .choices import RandomChoices
from .pen import Pen


class RandomPen(Pen):
    """Like its base; nothing that it draws can be shrunk."""

    def __init__(self, seed: int | str, dtype: str, form: str, force: str | None = None, grad: int = 0) -> None:
        super().__init__(RandomChoices(seed), dtype, form, force, grad)
