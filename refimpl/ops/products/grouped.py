"""Products of groups of matrices, as a mixture of experts multiplies them."""

from __future__ import annotations

from typing import Any, Iterable

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bfloat16, float16, float32, int32
from ...foundation.kernels import View
from ...foundation.layout import storage_extent
from ...operations.registry import op
from ...tensor import Tensor, allocate_like, wrap

_ALIGNMENT = 16  # bytes: where a row of a matrix begins in memory


def _padded(rows: int, columns: int, groups: int | None, itemsize: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of a result, whose rows begin at multiples of the alignment."""
    each = _ALIGNMENT // itemsize
    row = -(-columns // each) * each
    return ((rows, columns), (row, 1)) if groups is None else ((groups, rows, columns), (rows * row, row, 1))


def _in_columns(tensor: Tensor) -> bool:
    """Whether the matrices lie in memory column by column."""
    view = tensor._view
    return view.strides[-2] == 1 and view.strides[-1] >= max(view.shape[-2], 1)


def _in_rows(tensor: Tensor) -> bool:
    """Whether the matrices lie in memory row by row."""
    view = tensor._view
    return view.strides[-1] == 1 and view.strides[-2] >= max(view.shape[-1], 1)


def _groups(out: Tensor, left: Tensor, right: Tensor, offs: Tensor | None) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
    """The part of the result that each group makes, and its two factors."""
    if offs is None:
        return zip(out.unbind(), left.unbind(), right.unbind())
    ends = offs.tolist()
    parts = list(map(slice, [0, *ends], ends))
    if left.dim() == right.dim():
        return [(target, left[:, part], right[part]) for target, part in zip(out, parts)]
    if left.dim() == 2:
        return [(out[part], left[part], matrix) for part, matrix in zip(parts, right)]
    return [(out[:, part], matrix, right[:, part]) for part, matrix in zip(parts, left)]


@op("function", node="GroupedMmBackward0", contract=accumulated(1))
def _grouped_mm(input, mat2, offs=None, bias=None, out_dtype=None):
    """The kernel of :func:`grouped_mm`."""
    count = None if input.dim() != mat2.dim() else input.shape[0] if offs is None else offs.shape[0]
    shape, strides = _padded(input.shape[-2], mat2.shape[-1], count, input.dtype.itemsize)
    memory = allocate_like(input, (storage_extent(shape, strides),))._view
    out = wrap(View(memory.storage, 0, shape, strides, memory.dtype))
    for target, left, right in _groups(out, input.detach(), mat2.detach(), offs):
        target.copy_(left.mm(right))
    return out


def _aligned(require: Any, tensor: Tensor) -> None:
    """The constraints on how a batch of matrices lies in memory."""
    view = tensor._view
    in_columns, in_rows = _in_columns(tensor), _in_rows(tensor)
    require(in_columns or in_rows, RuntimeError, "Invalid strides/sizes, got {} for strides and {} for sizes", list(view.strides), list(view.shape))
    step = view.strides[-1 if in_columns else -2]
    require(not (in_columns or in_rows) or step * view.dtype.itemsize % _ALIGNMENT == 0, RuntimeError, "strides should be multiple of 16 bytes")


@_grouped_mm.constraints
def _(require, input, mat2, offs, bias, out_dtype):
    a, b = input.dtype, mat2.dtype
    require(a in (float32, bfloat16, float16), RuntimeError, "Expected mat_a to be Float32, BFloat16 or Float16 matrix, got {}", a.type_name)
    require(b in (float32, bfloat16, float16), RuntimeError, "Expected mat_b to be Float32, BFloat16 or Float16 matrix, got {}", b.type_name)
    require(input.dim() in (2, 3), RuntimeError, "mat_a has to be 2 or 3d")
    require(mat2.dim() in (2, 3), RuntimeError, "mat_b has to be 2 or 3d")
    stacked = input if input.dim() == 3 else mat2
    fit = stacked.dim() == 2 or input.shape[-1] == mat2.shape[-2]  # parts of two 2-d operands are asked when they are multiplied
    require(fit, RuntimeError, "contraction dimension of mat_a and mat_b must match")
    jagged = input.dim() == 2 or mat2.dim() == 2
    require((offs is not None) is jagged, RuntimeError,
            "Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")  # fmt: skip
    require(offs is None or offs.dim() == 1, RuntimeError, "offs has to be 1D")
    require(offs is None or offs.dtype is int32, RuntimeError, "Offsets have to be int32")
    _aligned(require, input)
    _aligned(require, mat2)
    require(jagged or input.shape[0] == mat2.shape[0], RuntimeError, "batched dimension has to match")
    require(not jagged or stacked.dim() == 2 or offs.numel() == stacked.shape[0], RuntimeError, "matrix batch sizes have to match")
    require(bias is None, RuntimeError, "Bias not supported yet")
    require(out_dtype is None or out_dtype is a, RuntimeError, "Grouped gemm output dtype must match `mat_a` dtype")
    first, second = spelled_c_name(a), spelled_c_name(b)
    require(jagged or a is b, RuntimeError, "Expected out tensor to have dtype {}, but got {} instead", second, first)
    require(not jagged or a is b, RuntimeError, "expected m1 and m2 to have the same dtype, but got: {} != {}", first, second)


def _by_columns(shape: Any, strides: Any) -> bool:
    """Whether the gradient of matrices is laid out in the order of their columns: if they lie so, without gaps."""
    return strides[-2] == 1 and strides[-1] == shape[-2]  # type: ignore[no-any-return]


def _left_gradient(grad: Any, mat2: Any, offs: Any, input_shape: Any, input_strides: Any) -> Any:
    if _by_columns(input_shape, input_strides):
        return _grouped_mm(mat2, grad.transpose(-2, -1), offs).transpose(-2, -1)
    return _grouped_mm(grad, mat2.transpose(-2, -1), offs)


def _right_gradient(grad: Any, input: Any, offs: Any, mat2_shape: Any, mat2_strides: Any) -> Any:
    if _by_columns(mat2_shape, mat2_strides):
        return _grouped_mm(grad.transpose(-2, -1), input, offs).transpose(-2, -1)
    return _grouped_mm(input.transpose(-2, -1), grad, offs)


_grouped_mm.derivative(
    mat2=lambda grad, input, offs, mat2_shape, mat2_strides: _right_gradient(grad, input, offs, mat2_shape, mat2_strides),
    input=lambda grad, mat2, offs, input_shape, input_strides: _left_gradient(grad, mat2, offs, input_shape, input_strides),
)


@op("function python", namespace="nn.functional", contract=accumulated(1))
def grouped_mm(mat_a, mat_b, *, offs=None, bias=None, out_dtype=None):
    """The products of groups of matrices, of which there are as many as one operand has matrices, or as ``offs`` has elements.

    A 3-d operand has a matrix for each group. A 2-d one is divided into the groups' parts, each of which ends at its element of ``offs``, which
    ascend, and begins where the one before ends: ``mat_a`` by its rows, ``mat_b`` by its columns, and two 2-d operands by the dimension that is
    summed over.

    Shapes: (G, M, K) and (G, K, N) give (G, M, N), without ``offs``; (M, K) and (G, K, N) give (M, N); (G, M, K) and (K, N) give (M, N); (M, K) and
    (K, N) give (G, M, N). Rows of the result begin at multiples of 16 bytes in memory. Dtypes: float32, float16 and bfloat16, the same for both;
    int32 for ``offs``. Special cases: a group without terms gives 0; of the result's rows or columns those behind the last group are unspecified.
    Errors: RuntimeError for other dtypes, ranks, sizes and numbers of groups, for ``offs`` beside two 3-d operands or none beside a 2-d one, for a
    ``bias``, for another ``out_dtype`` than the operands', and for matrices that do not lie in memory row by row or column by column, each of which
    begins at a multiple of 16 bytes after the one before. Gradient: the grouped products of that of the result with the other operand, transposed,
    which has to lie in memory so, too. Source: torch.nn.functional.grouped_mm.

    >>> rows = tensor([[1., 2., 3., 4.], [1., 1., 1., 1.]])
    >>> nn.functional.grouped_mm(rows, ones(2, 4, 4), offs=tensor([1, 2], dtype=int32))
    tensor([[10., 10., 10., 10.],
            [ 4.,  4.,  4.,  4.]])
    """
    return _grouped_mm(mat_a, mat_b, offs=offs, bias=bias, out_dtype=out_dtype)
