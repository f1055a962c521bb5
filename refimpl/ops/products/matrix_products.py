"""Products of two vectors or matrices. Every element is an exact sum of products, rounded once; those of float64 are rounded first.

Both operands must have one dtype: products do not promote (but for :func:`outer`). There is no product of bool matrices. Results are contiguous.
No terms give 0; NaN, and 0 times an infinity, give NaN.
"""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import dtype as dtype_class
from ...operations.output_kinds import CASTABLE, EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SUMMED
from ...tensor import Tensor
from ..shared.operands import NO_SIZE
from ..views.shapes import _unsafe_view
from .evaluation import MATRICES, NUMBERS, column, product, row

# -- matrices ----------------------------------------------------------------------------------------


def inner_sizes(require: Any, a: Tensor, b: Tensor) -> None:
    """The constraint of two matrices that they can be multiplied."""
    (n, k), (k2, p) = a.shape, b.shape
    require(k == k2, RuntimeError, "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})", n, k, k2, p)


@op("method out", contract=accumulated(1), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=MATRICES)
def mm(input, mat2):
    """The product of two matrices: ``result[i][j] = sum(input[i][k] * mat2[k][j] for k)``.

    Shapes: (n, k) and (k, p) give (n, p); nothing broadcasts. Dtypes: all but bool, the same for both. Special cases: no terms give 0.
    Errors: RuntimeError for other ranks, sizes that do not fit, and two dtypes; NotImplementedError for bool. Gradient: the products of that of the
    result with the other operand's conjugate transpose.

    >>> mm(tensor([[1., 2.], [3., 4.]]), tensor([[1.], [1.]]))
    tensor([[3.],
            [7.]])
    """
    a, b = input._view, mat2._view
    return product(input, (a.shape[0], b.shape[1]), a, b)


@mm.constraints
def _(require, input, mat2):
    require(input.dtype is mat2.dtype, RuntimeError, "expected m1 and m2 to have the same dtype, but got: {} != {}", spelled_c_name(input.dtype),
            spelled_c_name(mat2.dtype))  # fmt: skip
    require(input.dim() == 2, RuntimeError, "self must be a matrix")
    require(mat2.dim() == 2, RuntimeError, "mat2 must be a matrix")
    inner_sizes(require, input, mat2)


def left_gradient(grad: Any, right: Any, shape: Any, strides: Any) -> Any:
    """The gradient of the left matrix of a product: in the order of its columns if that is how it lies in memory."""
    if strides[0] == 1 and strides[1] == shape[0]:
        return right.conj().mm(grad.t()).t()
    return grad.mm(right.t().conj())


def right_gradient(grad: Any, left: Any, shape: Any, strides: Any) -> Any:
    """The gradient of the right matrix of a product, laid out as :func:`left_gradient`."""
    if strides[0] == 1 and strides[1] == shape[0]:
        return grad.t().mm(left.conj()).t()
    return left.t().conj().mm(grad)


mm.derivative(input=lambda grad, mat2, input_shape, input_strides: left_gradient(grad, mat2, input_shape, input_strides),
              mat2=lambda grad, input, mat2_shape, mat2_strides: right_gradient(grad, input, mat2_shape, mat2_strides))  # fmt: skip


def batches(require: Any, a: Tensor, b: Tensor) -> None:
    """The constraints of two batches of matrices."""
    require(a.dtype is b.dtype, RuntimeError, "expected scalar type {} but found {}", a.dtype.type_name, b.dtype.type_name,
            spelled_c_name(a.dtype), spelled_c_name(b.dtype), also=(
                (RuntimeError, "mat1 and mat2 must have the same dtype, but got {} and {}"), (RuntimeError, "expected scalar type {1} but found {0}"),
                (RuntimeError, "Bad in-place call: input tensor dtype {2} and output tensor dtype {3} should match"),
                (RuntimeError, "expected m1 and m2 to have the same dtype, but got: {2} != {3}"),
            ))  # fmt: skip
    require(a.dim() == 3, RuntimeError, "batch1 must be a 3D tensor")
    require(b.dim() == 3, RuntimeError, "batch2 must be a 3D tensor")
    n, k = a.shape[0], a.shape[2]
    require(b.shape[:2] == (n, k), RuntimeError, "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
            n, k, *b.shape[:2])  # fmt: skip


@op("method out", contract=accumulated(1), out=EXACT_OUTPUT, sharing=SUMMED, dtypes=NUMBERS)
def bmm(input, mat2):
    """The products of two batches of matrices: :func:`mm` for each pair of matrices.

    Shapes: (b, n, k) and (b, k, p) give (b, n, p); nothing broadcasts. Dtypes: all but bool, the same for both. Special cases: no terms give 0.
    Errors: RuntimeError for other ranks, sizes that do not fit, and two dtypes; NotImplementedError for bool. Gradient: as for :func:`mm`.

    >>> bmm(ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    return product(input, (*input.shape[:2], mat2.shape[2]), input._view, mat2._view)


@bmm.constraints
def _(require, input, mat2):
    batches(require, input, mat2)


bmm.derivative(
    input=lambda grad, mat2: grad.bmm(mat2.transpose(1, 2).conj()),
    mat2=lambda grad, input: input.transpose(1, 2).conj().bmm(grad),
)


# -- vectors -----------------------------------------------------------------------------------------


def matrix_and_vector(require: Any, mat: Tensor, vec: Tensor, dtype: dtype_class, ndim: int, numel: int | None) -> None:
    """The constraints of :func:`addmv`, of which :func:`mv` is the case without an input: it counts as a vector of the right size."""
    require(dtype is mat.dtype is vec.dtype, RuntimeError, "addmv input tensors must have the same dtype, but got {}, {}, and {}", dtype.type_name,
            mat.dtype.type_name, vec.dtype.type_name)  # fmt: skip
    ranks = (mat.dim(), vec.dim()) == (2, 1) and ndim < 2
    require(ranks, RuntimeError, "vector + matrix @ vector expected, got {}, {}, {}", ndim, mat.dim(), vec.dim(), also=NO_SIZE)
    (n, k), (k2,) = mat.shape, vec.shape
    have = n if numel is None else numel
    require(k == k2 and have in (1, n), RuntimeError, "size mismatch, got input ({}), mat ({}x{}), vec ({})", have, n, k, k2, also=NO_SIZE)


VECTOR_OUTPUT = EXACT_OUTPUT._replace(also=("addmv input tensors must have the same dtype, but got {out}, {result}, and {result}",))
ADDED_OUTPUT = VECTOR_OUTPUT._replace(operand_of="addmv")


@op("method out", contract=accumulated(1), out=ADDED_OUTPUT, sharing=SUMMED, dtypes=NUMBERS)
def mv(input, vec):
    """The product of a matrix and a vector: ``result[i] = sum(input[i][k] * vec[k] for k)``.

    Shapes: (n, k) and (k) give (n). Dtypes: all but bool, the same for both. Special cases: no terms give 0. Errors: RuntimeError for other
    ranks, sizes that do not fit, and two dtypes; NotImplementedError for bool. Gradient: that of the result times the other operand's conjugate.

    >>> mv(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    return product(input, input.shape[:1], input._view, column(vec._view))


@mv.constraints
def _(require, input, vec):
    matrix_and_vector(require, input, vec, vec.dtype, 1, None)


mv.derivative(input=lambda grad, vec: grad.outer(vec.conj()), vec=lambda grad, input: input.conj().t().mv(grad))


def _vectors(require: Any, a: Tensor, b: Tensor) -> None:
    """The constraints of a product of two vectors."""
    require(a.dim() == b.dim() == 1, RuntimeError, "1D tensors expected, but got {}D and {}D tensors", a.dim(), b.dim())
    require(a.dtype is b.dtype, RuntimeError, "dot : expected both vectors to have same dtype, but found {} and {}", a.dtype.type_name,
            b.dtype.type_name)  # fmt: skip
    require(a.numel() == b.numel(), RuntimeError, "inconsistent tensor size, expected tensor [{0}] and src [{1}] to have the same number of "
            "elements, but got {0} and {1} elements respectively", a.numel(), b.numel())  # fmt: skip


SCALAR_OUTPUT = exact("result dtype {out} does not match input dtype {result}")


@op("method out", contract=accumulated(1), out=SCALAR_OUTPUT, sharing=SUMMED, dtypes=NUMBERS)
def dot(input, tensor):
    """The sum of the products of two vectors' elements; nothing is conjugated.

    Shapes: (k) and (k) give a 0-d tensor. Dtypes: all but bool, the same for both. Special cases: no terms give 0. Errors: RuntimeError for
    other ranks, sizes that differ, and two dtypes; NotImplementedError for bool. Gradient: that of the result times the other vector's conjugate.

    >>> dot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    return product(input, (), row(input._view), column(tensor._view))


@dot.constraints
def _(require, input, tensor):
    _vectors(require, input, tensor)


dot.derivative(input=lambda grad, tensor: grad * tensor.conj(), tensor=lambda grad, input: grad * input.conj())


@op("method out", contract=accumulated(1), out=SCALAR_OUTPUT, sharing=SUMMED, dtypes=NUMBERS)
def vdot(input, other):
    """The inner product of two vectors: :func:`dot` with the first one conjugated.

    Shapes, dtypes, special cases and errors: as for :func:`dot`. Gradient: of the first vector the second times the conjugate of that of the
    result, of the second the first times that of the result.

    >>> vdot(tensor([1j]), tensor([1j]))
    tensor(1.+0.j)
    """
    return product(input, (), row(input.conj_physical()._view), column(other._view)) if input.is_complex() else dot(input, other)


@vdot.constraints
def _(require, input, other):
    _vectors(require, input, other)


vdot.derivative(input=lambda grad, other: grad.conj() * other, other=lambda grad, input: grad * input)


@op("method out", aliases=("ger",))
def outer(input, vec2):
    """The matrix of the products of two vectors' elements: ``result[i][j] = input[i] * vec2[j]``.

    Shapes: (n) and (p) give (n, p). Dtypes: all; they promote as in :func:`mul`. Errors: RuntimeError for other ranks. Gradient: that of :func:`mul`.

    >>> outer(tensor([1, 2]), tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    return input.reshape(input.numel(), 1) * vec2


@outer.constraints
def _(require, input, vec2):
    require(input.dim() == 1, RuntimeError, "outer: Expected 1-D argument self, but got {}-D", input.dim())
    require(vec2.dim() == 1, RuntimeError, "outer: Expected 1-D argument vec2, but got {}-D", vec2.dim())


@op("method out", out=CASTABLE.contiguous())
def kron(input, other):
    """The Kronecker product: the blocks ``input[i, j, ...] * other``, put together as the elements of ``input`` are.

    Shapes: each size of the result is the product of the operands' sizes in that dimension; of operands of different ranks the one with fewer
    dimensions gets leading ones of size 1. The product keeps the operands' layout in memory where that can be viewed in the result's shape, else the
    result is contiguous. Dtypes: all; they promote as in :func:`mul`, a 0-d operand beside one of higher rank as if it had dimensions. Special cases:
    those of :func:`mul`. Errors: none of its own. Gradient: that of :func:`mul`. Source: torch.kron.

    >>> kron(tensor([1, 2]), tensor([[1, 1], [0, 1]]))
    tensor([[1, 1, 2, 2],
            [0, 1, 0, 2]])
    """
    ndim = max(input.dim(), other.dim())
    sizes, others = ((1,) * (ndim - t.dim()) + tuple(t.shape) for t in (input, other))
    blocks = _unsafe_view(input, [size for n in sizes for size in (n, 1)]) * _unsafe_view(other, [size for n in others for size in (1, n)])
    return _unsafe_view(blocks, [n * m for n, m in zip(sizes, others)])
