"""Batches of matrices: their layout, how a matrix function is evaluated on them, and what is asked of them.

The last two dimensions are those of a matrix, all before them those of the batch. Results of factorisations lie in memory column by column, as LAPACK
has them, unless a page says otherwise.
"""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.dtypes import bfloat16, complex128, dtype, float16, float64
from ...foundation.errors import LinAlgError
from ...foundation.layout import contiguous_strides
from ...operations.output_kinds import OutputKind, castable
from ...tensor import Tensor, allocate_like
from ..shared.operands import anywhere

FACTORED = "float32 float64 complex"  # the dtypes that LAPACK has
CHECKED = f"bool integer {FACTORED}"  # where integers are refused in words of their own


def column_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of matrices that lie in memory column by column, one after the other."""
    strides = list(contiguous_strides(tuple(shape)))
    if len(shape) > 1:
        strides[-2:] = [1, max(shape[-2], 1)]
    return tuple(strides)


def by_columns(like: Tensor, shape: Sequence[int], d: dtype | None = None) -> Tensor:
    """A fresh tensor of matrices that lie column by column."""
    return allocate_like(like, tuple(shape), d, column_major(shape))


def evaluate(name: str, outs: Sequence[Tensor], inputs: Sequence[Tensor], batch: int, **parameters: Any) -> None:
    """The matrix function ``name`` for each index of the ``batch`` leading dimensions, which all of these tensors share."""
    outs[0]._view.storage.kernels.map_matrices(name, [out._view for out in outs], [each._view for each in inputs], batch, **parameters)


def identity_like(A: Tensor, n: int) -> Tensor:
    """The identity matrix, in the dtype and on the device of ``A``."""
    return A.new_ones(n).diag_embed()


def wide(A: Tensor) -> Tensor:
    """The elements in binary64, in which what is composed of several matrix functions is evaluated, to be rounded once at its end."""
    return A.to(complex128 if A.is_complex() else float64)


def safely_castable(what: str, name: str = "{name}") -> OutputKind:
    """CASTABLE in the words of the functions that are no kernels of their own."""
    return castable(f"{name}: Expected {what} to be safely castable from {{result}} dtype, but got {what} with dtype {{out}}")


# -- constraints ---------------------------------------------------------------------------------------


def numbers(require: Any, A: Tensor, name: str) -> None:
    """The constraint that elements are floating point or complex numbers."""
    require(A.dtype.category >= 2, RuntimeError, "{}: Expected a floating point or complex tensor as input. Got {}", name, A.dtype.type_name)


def precise(require: Any, A: Tensor, name: str) -> None:
    """The constraints that elements are floating point or complex numbers, and of more than 16 bits."""
    numbers(require, A, name)
    require(A.dtype not in (float16, bfloat16), RuntimeError, "{}: Low precision dtypes not supported. Got {}", name, A.dtype.type_name)


def matrices(require: Any, A: Tensor, name: str, which: str = "A") -> None:
    """The constraint of at least two dimensions."""
    require(A.dim() >= 2, RuntimeError, "{}: The input tensor {} must have at least 2 dimensions.", name, which)


def square(require: Any, A: Tensor, name: str) -> None:
    """The constraints of square matrices."""
    matrices(require, A, name)
    rows, columns = A.shape[-2:] if A.dim() >= 2 else (0, 0)
    require(rows == columns, RuntimeError, "{}: A must be batches of square matrices, but they are {} by {} matrices", name, rows, columns)


# -- what fails ----------------------------------------------------------------------------------------


def failures(info: Tensor) -> list[tuple[str, int]]:
    """Where ``info`` is not 0: the place in the batch in words, and the number."""
    if not anywhere(info):
        return []
    listed = info.reshape(-1).tolist()
    return [(f"(Batch element {i}): " if info.dim() else "", number) for i, number in enumerate(listed) if number]


def raise_first(info: Tensor, message: str, error: type[Exception] = LinAlgError) -> None:
    """The error of the first matrix of a batch with an ``info`` that is not 0."""
    for place, number in failures(info):
        raise error(message.format(place, number))
