"""On which devices the tensors of a call may lie: on one, unless the page says otherwise.

A 0-d tensor on the host counts as a number: it may join tensors of another device. A page names the parameters (``elsewhere``) whose tensors may lie
anywhere: indices, what is copied from, or what only a shape is taken from.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Sequence

from ..foundation.kernels import Kernels
from ..tensor import Tensor


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among values, also in sequences."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from tensors_in(value)


def common_kernels(tensors: Sequence[Tensor]) -> Kernels:
    """The kernels of the one device that all tensors are on; 0-d tensors on the host may join those of another device. RuntimeError if there are
    several."""
    first = tensors[0]
    kernels = first._view.storage.kernels
    for tensor in tensors:
        other = tensor._view.storage.kernels
        if other is kernels or _is_number(tensor):
            continue
        if not _is_number(first):
            raise RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, {first.device} and {tensor.device}!")
        first, kernels = tensor, other
    return kernels


def _is_number(tensor: Tensor) -> bool:
    return not tensor._view.shape and tensor.is_cpu


def refuse_several_devices(values: Iterable[Any]) -> None:
    """RuntimeError if the tensors among the values, also in sequences, lie on several devices."""
    tensors = list(tensors_in(values))
    if len(tensors) > 1:
        common_kernels(tensors)
