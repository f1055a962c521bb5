"""Products of several matrices, one after another. Intermediate products of 16-bit floats, float32 and complex64 are not rounded to their dtype."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import all_dtypes, bool_
from ...operations.output_kinds import CASTABLE, OutputKind, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, POINTWISE
from ...tensor import Tensor
from .evaluation import narrowed, widened

_CHAIN_OUTPUT = exact("multi_dot(): expected out tensor to have dtype {result_in_c} but got {out_in_c}")
_COPIED = CASTABLE._replace(dtypes=all_dtypes)


@op("function out", namespace="linalg", contract=accumulated(1), out=_CHAIN_OUTPUT, sharing=COMPUTED)
def linalg_multi_dot(tensors):
    """The product of two or more matrices, multiplied in the order that takes the fewest multiplications; rounded once.

    Shapes: (n, k), (k, m), ..., (l, p) give (n, p); the first may be a vector, which counts as a row, and the last one, which counts as a column, and
    that dimension disappears. Dtypes: all but bool, the same for all. Special cases: no terms give 0; which NaN and infinities come of infinite
    elements depends on the order, which is that of :func:`mm` for two, and for three ``(A B) C`` unless ``A (B C)`` takes fewer multiplications.
    Errors: RuntimeError for fewer than two, other ranks, sizes that do not fit, and two dtypes; NotImplementedError for bool. Gradient: that of
    :func:`mm`. Source: torch.linalg.multi_dot; T. Cormen et al., Introduction to Algorithms, 15.2 (matrix-chain multiplication).

    >>> linalg.multi_dot([tensor([1., 2.]), tensor([[1., 0.], [0., 2.]]), tensor([[1.], [1.]])])
    tensor([5.])
    """
    first, *middle, last = tensors
    shape = (*first.shape[:-1], *last.shape[1:])
    matrices = [first.unsqueeze(0) if first.dim() == 1 else first, *middle, last.unsqueeze(-1) if last.dim() == 1 else last]
    if not middle:
        return matrices[0].mm(matrices[1]).view(shape)
    sizes = [matrices[0].shape[0], *[matrix.shape[1] for matrix in matrices]]
    return narrowed(_multiplied(widened(matrices), _splits(sizes), 0, len(matrices) - 1), first.dtype, "MmBackward0").view(shape)


def _multiplied(matrices: Sequence[Tensor], splits: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    """The product of the matrices from ``i`` to ``j``."""
    if i == j:
        return matrices[i]
    k = splits[i, j]
    return _multiplied(matrices, splits, i, k).mm(_multiplied(matrices, splits, k + 1, j))


def _splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """After which matrix the product of those from i to j is split, for each i and j, so that there are fewest multiplications: the first such."""
    count = len(sizes) - 1
    costs = dict.fromkeys(((i, i) for i in range(count)), 0)
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            ways = {k: costs[i, k] + costs[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)}
            if count == 3 and length == 2:  # then torch prefers (A B) C
                splits[i, j] = 1 if ways[1] <= ways[0] else 0
            else:
                splits[i, j] = min(ways, key=lambda k: ways[k])
            costs[i, j] = ways[splits[i, j]]
    return splits


@linalg_multi_dot.constraints
def _(require, tensors):
    require(len(tensors) >= 2, RuntimeError, "multi_dot(): expected at least 2 tensors but got {}", len(tensors))
    last = len(tensors) - 1
    for i, t in enumerate(tensors):
        require(t.dim() == 2 or t.dim() == 1 and i in (0, last), RuntimeError, "multi_dot(): {} must be {} but got {}D",
                {0: "the first tensor", last: "the last tensor"}.get(i, f"tensor {i}"), "1D or 2D" if i in (0, last) else "2D", t.dim())  # fmt: skip
    _chain(require, tensors)


def _chain(require: Any, tensors: Sequence[Tensor]) -> None:
    """Matrices and vectors of one dtype, of sizes that can be multiplied."""
    require(len(tensors) == 1 or tensors[0].dtype is not bool_, NotImplementedError, "\"addmm_impl_cpu_\" not implemented for 'Bool'")
    for i, t in enumerate(tensors):
        require(t.dtype is tensors[0].dtype, RuntimeError, "multi_dot(): all tensors must have be the same dtype but tensor 0 is {} and tensor {} {}",
                spelled_c_name(tensors[0].dtype), i, spelled_c_name(t.dtype))  # fmt: skip
    for i, (a, b) in enumerate(zip(tensors, tensors[1:])):
        require(a.shape[-1] == b.shape[0], RuntimeError, "multi_dot(): tensors {} and {} with shapes {} and {} cannot be multiplied", i, i + 1,
                list(a.shape), list(b.shape))  # fmt: skip


def _product_or_copy(bound: dict[str, Any]) -> OutputKind:
    return (_COPIED if len(bound["matrices"]) == 1 else _CHAIN_OUTPUT).contiguous()


@op("function out", contract=accumulated(1), out=_product_or_copy,
    sharing=lambda bound: COMPUTED if len(bound["matrices"]) > 1 else POINTWISE)  # fmt: skip
def chain_matmul(*matrices):
    """The product of one or more matrices: :func:`linalg.multi_dot`, which is to be used instead; a copy of a single one.

    Shapes: (n, k), (k, m), ..., (l, p) give (n, p). Dtypes, special cases and gradient: as for :func:`linalg.multi_dot`. Errors: RuntimeError for no
    matrices, other ranks, sizes that do not fit, and two dtypes; NotImplementedError for bool. Torch warns that the function is deprecated.
    Source: torch.chain_matmul.

    >>> chain_matmul(tensor([[1., 2.]]), tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    warnings.warn("torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot instead, which "
                  "accepts a list of two or more tensors rather than multiple parameters.", stacklevel=3)  # fmt: skip
    return matrices[0].clone() if len(matrices) == 1 else linalg_multi_dot(matrices)


@chain_matmul.constraints
def _(require, matrices):
    require(matrices, RuntimeError, "chain_matmul(): Expected one or more matrices")
    require.tensors(matrices)
    for matrix in matrices:
        require(matrix.dim() == 2, RuntimeError, "Tensor dimension is {}, expected 2 instead.", matrix.dim())
    _chain(require, matrices)
