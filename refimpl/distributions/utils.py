"""What the distributions share: broadcasting of parameters, probabilities and logits, properties that are computed once, triangles as vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from math import isqrt
from typing import Any

from ..autograd.modes import enable_grad
from ..foundation.dtypes import finfo, get_default_dtype
from ..ops.creation.filled import empty
from ..ops.creation.from_data import tensor
from ..ops.views.axes import broadcast_tensors
from ..tensor import Tensor

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits", "tril_matrix_to_vec", "vec_to_tril_matrix"]

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> Any:
    """Tensors and numbers as tensors of one shape. Numbers take the dtype and the device of the first tensor, or are of the default dtype.

    ValueError for anything else. The tensors keep their dtypes.

    >>> broadcast_all(tensor([1., 2.]), 3)
    (tensor([1., 2.]), tensor([3., 3.]))
    """
    if not all(isinstance(value, (Tensor, bool, int, float)) for value in values):
        raise ValueError("Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__.")
    first = next((value for value in values if isinstance(value, Tensor)), None)
    options: Any = {"dtype": get_default_dtype()} if first is None else {"dtype": first.dtype, "device": first.device}
    return broadcast_tensors(*[value if isinstance(value, Tensor) else tensor(value, **options) for value in values])


def _standard_normal(shape: Sequence[int], dtype: Any, device: Any) -> Any:
    return empty(shape, dtype=dtype, device=device).normal_()


def standard_normal(shape: Sequence[int], like: Any) -> Any:
    """Normal numbers of mean 0 and standard deviation 1, of the dtype of ``like``."""
    return _standard_normal(shape, like.dtype, like.device)


def sum_rightmost(value: Any, count: int) -> Any:
    """The sum over the last ``count`` dimensions."""
    return value.reshape(*value.shape[:-count], -1).sum(-1) if count else value


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """The probabilities of logits: the sigmoid, or the softmax along the last dimension."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


def clamp_probs(probs: Any) -> Any:
    """Probabilities at least the dtype's eps away from 0 and 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """The logits of probabilities, which are clamped first: log(p / (1 - p)), or log(p)."""
    probs = clamp_probs(probs)
    return probs.log() - (-probs).log1p() if is_binary else probs.log()


class lazy_property:
    """A property that is computed when it is first asked for, with gradients, and kept as an attribute of the instance."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return _lazy_property_and_property(self.wrapped)
        with enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


class _lazy_property_and_property(lazy_property, property):
    """What a class shows of a lazy property: a property, too, for tools that write documentation."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        property.__init__(self, wrapped)


def _triangle(n: int, diag: int, like: Any) -> Any:
    """Where a square matrix is on or below the diagonal ``diag``."""
    return like.new_ones((n, n)).tril(diag).bool()


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The elements of square matrices on and below the diagonal ``diag``, row by row, along one dimension; ValueError if there is none."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _triangle(n, diag, mat)]


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """The inverse of :func:`tril_matrix_to_vec`: square matrices, zero elsewhere; ValueError for a number of elements that fills no triangle."""
    count = vec.shape[-1]
    # n(n + 1)/2 elements on and below the main diagonal; a diagonal d moves the side of the full triangle by d, and a positive one cuts a corner off
    cut = diag * (diag + 1) if diag >= 0 else 0
    side = (isqrt(8 * (count + cut) + 1) - 1) // 2
    n = side - diag
    if side * (side + 1) // 2 - cut != count:
        raise ValueError(f"The size of last dimension is {count} which cannot be expressed as the lower triangular part of a square D x D matrix.")
    mat = vec.new_zeros((*vec.shape[:-1], n, n))
    mat[..., _triangle(n, diag, vec)] = vec
    return mat
