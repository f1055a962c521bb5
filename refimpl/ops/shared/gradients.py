"""Formulas of gradients that several families share, and the constraint of operands that have none."""

from __future__ import annotations

from typing import Any, NoReturn

from ...autograd.modes import modes


def no_derivative(name: str) -> Any:
    """The formula of an operation for which torch has none: backward raises RuntimeError."""

    def formula(grad: Any) -> NoReturn:
        raise RuntimeError(f"derivative for {name} is not implemented")

    return formula


def not_implemented(name: str) -> Any:
    """The formula of the first of two arguments for which torch has none, though it has one for the other: backward raises NotImplementedError, if
    what was saved for both is still there."""

    def formula(grad: Any, input: Any, other: Any) -> NoReturn:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return formula


def not_differentiable(name: str) -> Any:
    """The formula of an operation whose gradient torch does not define: backward raises NotImplementedError."""

    def formula(grads: Any) -> NoReturn:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return formula


def not_differentiated(require: Any, function: str, name: str, operand: Any) -> None:
    """The constraint of an operand of which torch has no gradient."""
    graded = modes.grad and not modes.inference and operand is not None and operand.requires_grad
    require(not graded, RuntimeError, "The function '{}' is not differentiable with respect to argument '{}'. This input cannot have requires_grad "
            "True.", function, name)  # fmt: skip
