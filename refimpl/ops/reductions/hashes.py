"""Hashes of elements: numbers that tell whether two tensors hold the same bits."""

from __future__ import annotations

from ...foundation.dtypes import float64, int64, uint64
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import contiguous_format
from ..joining.joining import cat
from .extremes import require_elements
from .sums import reduced_dims


@op("method out", out=exact("Expected result to be of dtype uint64, but got {out}"), sharing=SUMMED, differentiable=False,
    dtypes="bool integer floating")  # fmt: skip
def hash_tensor(input, dim=(), *, keepdim=False, mode=0):
    """The exclusive or of the elements' bits over ``dim``, which is one dimension or several.

    The bits are those of the element as float64, or as int64 if it is an integer or a bool. They do not tell the order of the elements, and two
    equal elements leave no trace.
    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim`` stands for all. Dtypes: any real one; the result is uint64.
    Errors: as for :func:`amax`; RuntimeError for a ``mode`` that is not 0, the only one that there is.

    >>> hash_tensor(tensor([[1, 2], [4, 7]]), 1)
    tensor([3, 3], dtype=torch.uint64)
    """
    dims = reduced_dims(dim, input.dim())
    kept = [d for d in range(input.dim()) if d not in dims]
    bits = input.to(float64 if input.is_floating_point() else int64).view(int64).permute(kept + sorted(dims)).flatten(len(kept))
    while (size := bits.shape[-1]) > 1:  # the last half onto the first, and an odd element in the middle waits
        half = size // 2
        bits = cat([bits[..., :half] ^ bits[..., size - half :], bits[..., half : size - half]], -1)
    shape = [1 if d in dims else s for d, s in enumerate(input.shape)] if keepdim else [input.shape[d] for d in kept]
    return bits.view(uint64).reshape(shape).clone(memory_format=contiguous_format)


@hash_tensor.constraints
def _(require, input, dim, mode):
    require_elements(require, input, dim, "hash_tensor")
    require(mode == 0, RuntimeError, "Unknown hash_tensor mode: {}", mode)
