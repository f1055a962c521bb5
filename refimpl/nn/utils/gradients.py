"""The size of gradients, and parameters as one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...autograd.modes import no_grad
from ...ops.creation.from_data import tensor
from ...ops.joining.joining import cat, stack
from ...tensor import Tensor

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm", "parameters_to_vector",
    "vector_to_parameters",
]  # fmt: skip


def _list(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


@no_grad()
def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None) -> Any:
    """The norm of the norms of tensors, a 0-d tensor; 0 of none. RuntimeError if it is not finite and ``error_if_nonfinite``."""
    members = _list(tensors)
    norm_type = float(norm_type)
    if not members:
        return tensor(0.0)
    device = members[0].device
    total = stack([member.norm(norm_type).to(device) for member in members]).norm(norm_type)
    if error_if_nonfinite and (total.isnan() | total.isinf()):
        raise RuntimeError(f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. To disable "
                           "this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`")
    return total


@no_grad()
def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Multiply all gradients by ``max_norm / (total_norm + 1e-6)``, at most 1."""
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for parameter in _list(parameters):
        if parameter.grad is not None:
            parameter.grad.mul_(factor.to(parameter.grad.device))


@no_grad()
def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None) -> Any:
    """Make all gradients together at most ``max_norm`` long; returns how long they were."""
    members = _list(parameters)
    total = get_total_norm([p.grad for p in members if p.grad is not None], norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(members, max_norm, total, foreach)
    return total


def clip_grad_norm(parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None) -> Any:
    """:func:`clip_grad_norm_` under its name of old."""
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Clamp all gradients to ``-clip_value ... clip_value``: in two writes, with ``foreach=False`` in one. RuntimeError if there are none."""
    grads = [parameter.grad for parameter in _list(parameters) if parameter.grad is not None]
    if not grads:
        raise RuntimeError("Expected !nested_tensorlist[0].empty() to be true, but got false.  (Could this error message be improved?  If so, please "
                           "report an enhancement request to PyTorch.)")
    limit = float(clip_value)
    for grad in grads:
        if foreach is False:
            grad.clamp_(min=-limit, max=limit)
        else:
            grad.clamp_(min=-limit).clamp_(max=limit)


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All elements of parameters, one after the other."""
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give parameters, in place, views of a vector as their data; TypeError for what is no tensor."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {_name(vec)}")
    vector: Any = vec
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vector[start : start + count].view_as(parameter).data
        start += count


def _name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
