"""What the devices evaluate as a whole (see ``Kernels.overrides``): in float64, stored with refimpl's casts.

Composed of refimpl's primitives softmax would be eleven kernels, and the loss of classes some twenty.
"""

from __future__ import annotations

from typing import Any, Callable

from refimpl.backend import View

_REDUCTIONS = ("none", "mean", "sum")  # by torch's numbers


def of_torch(kernels: Any, store: Callable[[Any, Any], None]) -> dict[str, Callable[..., bool]]:
    """By torch's own kernels."""
    import torch

    tensor = kernels.tensor

    def softmax(out: View, input: View, dim: int) -> bool:
        store(tensor(out), torch.softmax(tensor(input), dim, torch.float64))
        return True

    def log_softmax(out: View, input: View, dim: int) -> bool:
        store(tensor(out), torch.log_softmax(tensor(input), dim, torch.float64))
        return True

    def nll_loss(out: View, input: View, target: View, weight: View | None, dim: int, reduction: int, ignored: int) -> bool:
        weights = None if weight is None else tensor(weight).double()
        losses = torch.nn.functional.nll_loss(
            tensor(input).double(), tensor(target).long(), weights, ignore_index=ignored, reduction=_REDUCTIONS[reduction])
        store(tensor(out), losses.reshape(out.shape))
        return True

    return {"softmax": softmax, "log_softmax": log_softmax, "nll_loss": nll_loss}


def of_arrays(kernels: Any) -> dict[str, Callable[..., bool]]:
    """By a few operations on arrays."""
    xp = kernels.xp

    def shifted(input: View, dim: int) -> Any:
        x = kernels.read(input).astype("float64")
        return x - x.max(_axis(input, dim), keepdims=True)

    def softmax(out: View, input: View, dim: int) -> bool:
        with kernels.lib.context():
            terms = xp.exp(shifted(input, dim))
            kernels.write(out, terms / terms.sum(_axis(input, dim), keepdims=True))
        return True

    def log_softmax(out: View, input: View, dim: int) -> bool:
        with kernels.lib.context():
            x = shifted(input, dim)
            kernels.write(out, x - xp.log(xp.exp(x).sum(_axis(input, dim), keepdims=True)))
        return True

    return {"softmax": softmax, "log_softmax": log_softmax}


def _axis(view: View, dim: int) -> int | tuple[int, ...]:
    """A view without dimensions is one row."""
    return dim if view.shape else ()
