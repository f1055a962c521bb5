"""The product ``input @ other``: which of the products of vectors and matrices it is follows from the ranks of the operands."""

from __future__ import annotations

from math import prod
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.layout import broadcast_shapes
from ...operations.output_kinds import EXACT_OUTPUT, OutputKind
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor
from ..views.shapes import _unsafe_view
from .matrix_products import ADDED_OUTPUT, SCALAR_OUTPUT, VECTOR_OUTPUT


def _output(bound: dict[str, Any]) -> OutputKind:
    """That of the product which the ranks of the operands choose."""
    input, other = bound["input"], bound["other"]
    if other.dim() == 1 and input.dim() < 3:
        return SCALAR_OUTPUT if input.dim() == 1 else ADDED_OUTPUT
    if 1 not in (input.dim(), other.dim()) or not _folds(input, other):
        return EXACT_OUTPUT
    matrices, vector = (input, other) if other.dim() == 1 else (other, input)
    of_two_dtypes = f"addmv input tensors must have the same dtype, but got {{out}}, {matrices.dtype.type_name}, and {vector.dtype.type_name}"
    return VECTOR_OUTPUT._replace(also=(*VECTOR_OUTPUT.also, of_two_dtypes))


@op("method out", aliases=("linalg.matmul",), operator="matmul", contract=accumulated(1), out=_output, sharing=COMPUTED)
def matmul(input, other):
    """The product ``input @ other`` of vectors, matrices or batches of them, by the ranks of the operands.

    Shapes: 1-d @ 1-d is :func:`dot`, 2-d @ 2-d :func:`mm`, 2-d @ 1-d :func:`mv`; else the last two dimensions are matrices, and the others
    broadcast. A vector counts as one row on the left and as one column on the right; that dimension disappears. Dtypes: all but bool, the same for
    both. Special cases: no terms give 0. Errors: RuntimeError for 0-d operands, sizes that do not fit, and two dtypes; NotImplementedError for
    bool, all as the products say that it is made of. Gradient: theirs.

    >>> matmul(ones(2, 1, 3), ones(3, 4)).shape
    torch.Size([2, 1, 4])
    """
    a, b = input.dim(), other.dim()
    if a == 2 and b == 2:
        return input.mm(other)
    if b == 1 and a <= 2:
        return input.dot(other) if a == 1 else input.mv(other)
    if a == 1 and b == 2:
        return input.unsqueeze(0).mm(other).squeeze_(0)
    return _folded(input, other) if _folds(input, other) else _batched(input, other)


@matmul.constraints
def _(require, input, other):
    require(input.dim() and other.dim(), RuntimeError, "both arguments to matmul need to be at least 1D, but they are {}D and {}D", input.dim(),
            other.dim())  # fmt: skip


def _folds(input: Tensor, other: Tensor) -> bool:
    """Whether torch turns a batch times one small operand (a matrix or a vector) into one product of matrices.

    It does if the small operand requires grad, whose gradient would else be a batch to be summed; or if the batch stands on the left
    and folds without a copy.
    """
    left_is_larger = input.dim() >= other.dim()
    large, small = (input, other) if left_is_larger else (other.mT, input)
    if large.dim() < 3 or small.dim() > 2:
        return False
    if small.requires_grad:
        return True
    if input.dim() == 2:
        return False
    shape, strides = large._view.shape, large._view.strides
    return not large.numel() or all(strides[d] == strides[d + 1] * shape[d + 1] for d in range(len(shape) - 2))


def _folded(input: Tensor, other: Tensor) -> Tensor:
    swapped = other.dim() > input.dim()
    large, small = (other.mT, input.t() if input.dim() == 2 else input) if swapped else (input, other)
    *batch, k = large.shape
    matrix = large.reshape(prod(batch), k)
    if small.dim() == 1:
        return _unsafe_view(matrix.mv(small), batch)
    result = _unsafe_view(matrix.mm(small), (*batch, small.shape[1]))
    return result.mT.contiguous() if swapped else result


def _batched(input: Tensor, other: Tensor) -> Tensor:
    a, b = input.dim(), other.dim()
    if a == b == 3 and input.shape[0] != other.shape[0]:
        if input.shape[0] == 1 and input.requires_grad:
            return matmul(input.squeeze(0), other)
        if other.shape[0] == 1 and other.requires_grad:
            return matmul(input, other.squeeze(0))
    rows = input.shape[-2:] if a > 1 else (1, *input.shape)
    columns = other.shape[-2:]
    batch = broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2]))
    count = prod(batch)
    left = input.expand(*batch, *rows).reshape(count, *rows)
    right = other.expand(*batch, *columns).reshape(count, *columns)
    if b == 1:
        right = right.unsqueeze(2)
    product = left.bmm(right)
    if b == 1:
        product = product.squeeze(-1)
    return _unsafe_view(product, (*batch, *rows[: min(a - 1, 1)], *columns[1:]))
