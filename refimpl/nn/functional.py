"""Functions of neural networks: what the modules of :mod:`refimpl.nn` compute.

The layers and losses are operations; their rules are stated in :mod:`refimpl.ops.nn`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from warnings import warn

from ..operations.registry import public_functions as _public_functions
from ..ops.nn.activation import relu as _relu
from ..ops.random.sampled_activations import rrelu_ as rrelu_
from ..signatures.overriding import overridable
from ..tensor import Tensor
from ._pooling import __all__ as _pooled
from ._pooling import (  # noqa: F401
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    fractional_max_pool2d,
    fractional_max_pool3d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)  # fmt: skip

if TYPE_CHECKING:
    from ._functional import *  # noqa: F403

    _functions: dict[str, Any]
else:
    _functions = dict(_public_functions("nn.functional"))
    globals().update(_functions)


# -- activations -----------------------------------------------------------------------------------


@overridable
def relu(input: Any, inplace: bool = False) -> Tensor:
    """``max(input, 0)`` for each element; ``inplace`` overwrites the input."""
    return input.relu_() if inplace else _relu(input)


@overridable
def relu_(input: Any) -> Tensor:
    """``relu`` in place."""
    return input.relu_()


@overridable
def sigmoid(input: Any) -> Tensor:
    """``1 / (1 + exp(-input))`` for each element."""
    return input.sigmoid()


@overridable
def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent of each element."""
    return input.tanh()


def _softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension for a call that names none: deprecated."""
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel + 1,  # beyond what lets other classes answer
    )
    return 0 if ndim in (0, 1, 3) else 1


@overridable
def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``exp(input) / sum(exp(input))`` along ``dim``; ``dtype`` casts the input first."""
    if dim is None:
        dim = _softmax_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim, dtype=dtype)


@overridable
def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of :func:`softmax`."""
    if dim is None:
        dim = _softmax_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim, dtype=dtype)


# -- names of old ----------------------------------------------------------------------------------


def _of_old(name: str, input: Any, *args: Any, **kwargs: Any) -> Tensor:
    warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)
    return _functions["interpolate"](input, *args, **kwargs)  # type: ignore[no-any-return]


def upsample(input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None) -> Tensor:
    """``interpolate``; deprecated."""
    return _of_old("upsample", input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """``interpolate`` with the nearest element; deprecated."""
    return _of_old("upsample_nearest", input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """``interpolate`` linear in both dimensions, with the corners in their places; deprecated."""
    return _of_old("upsample_bilinear", input, size, scale_factor, mode="bilinear", align_corners=True)


# the operations, the functions of this file, and those of others that are torch's here
__all__ = sorted({
    *_functions, "log_softmax", "relu", "relu_", "rrelu_", "sigmoid", "softmax", "tanh", "upsample", "upsample_bilinear", "upsample_nearest",
    *_pooled,
})  # fmt: skip
