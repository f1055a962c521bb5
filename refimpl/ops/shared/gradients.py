"""Formulas of gradients that several families share."""

from __future__ import annotations

from typing import Any, NoReturn


def no_derivative(name: str) -> Any:
    """The formula of an operation for which torch has none: backward raises RuntimeError."""

    def formula(grad: Any) -> NoReturn:
        raise RuntimeError(f"derivative for {name} is not implemented")

    return formula


def not_differentiable(name: str) -> Any:
    """The formula of an operation whose gradient torch does not define: backward raises NotImplementedError."""

    def formula(grads: Any) -> NoReturn:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return formula
