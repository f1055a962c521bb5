"""Formulas of gradients that several families share."""

from __future__ import annotations

from typing import Any, NoReturn


def no_derivative(name: str) -> Any:
    """The formula of an operation for which torch has none: backward raises RuntimeError."""

    def formula(grad: Any) -> NoReturn:
        raise RuntimeError(f"derivative for {name} is not implemented")

    return formula
