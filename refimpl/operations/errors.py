"""The errors that bodies raise for the machinery to put into words."""

from __future__ import annotations

from typing import Any


class OperandError(TypeError):
    """An operand that is neither a tensor nor a number; the registry adds which argument of which operation it was."""

    def __init__(self, value: Any, expected: str = "Tensor") -> None:
        super().__init__(f"expected {expected}, not {type(value).__name__}")
        self.value = value
        self.expected = expected
