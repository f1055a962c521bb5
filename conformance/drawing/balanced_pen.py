"""A pen that takes what rows take now and then as often as what they take mostly, so that rare alternatives meet."""

from __future__ import annotations

from random import Random
from typing import Any, Callable

from .choices import RandomChoices
from .pen import Pen


class _Apart(RandomChoices):
    """All choices from one seed, the bytes of elements from another."""

    def __init__(self, structure: str, elements: str) -> None:
        super().__init__(structure)
        self._elements = Random(elements)

    def blob(self, size: int) -> bytes:
        return self._elements.randbytes(size)


class BalancedPen(Pen):
    """Draws everything but the tensors' elements from the seed ``structure``: the same call again, with other numbers, for another ``elements``."""

    def __init__(self, structure: str, elements: str, dtype: str, form: str, force: str | None = None, grad: int = 0) -> None:
        super().__init__(_Apart(structure, elements), dtype, form, force, grad)
        self.invalid = False

    def chance(self, one_in: int) -> bool:
        return super().chance(min(one_in, 2))

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        return super().maybe(name, draw, min(one_in, 2))
