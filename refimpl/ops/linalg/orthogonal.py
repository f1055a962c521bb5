"""The QR decomposition, and the products of Householder reflections that it is made of."""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.contracts import backward_stable
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like
from ..joining.joining import cat, stack
from .algorithms import reflections as _reflections  # noqa: F401  (the matrix functions)
from .batches import CHECKED, FACTORED, by_columns, evaluate, identity_like, matrices, numbers, safely_castable
from .solving import linalg_solve_triangular


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=CHECKED)
def linalg_qr(A, mode="reduced"):
    """The QR decomposition ``A = Q R``, as a named tuple ``(Q, R)``: Q has orthonormal columns, R is upper triangular.

    ``mode``: with "reduced" Q has min(m, n) columns, with "complete" m; with "r" Q is empty and R that of "reduced". By Householder reflections; the
    signs of R's diagonal, which are theirs, are open. Shapes: (*, m, n) gives (*, m, k) and (*, k, n), column by column. Dtypes: float32, float64 and
    complex ones. Errors: RuntimeError for fewer than two dimensions, integers and bool, another mode; NotImplementedError for floats of 16 bits.
    Gradient: for "reduced", and for "complete" where no column is added, if the first k columns are independent; RuntimeError for others. Source:
    torch.linalg.qr.

    >>> linalg.qr(tensor([[-3., 1.], [-4., 7.]])).R
    tensor([[ 5.0000, -6.2000],
            [ 0.0000,  3.4000]])
    """
    *batch, m, n = A.shape
    width = m if mode == "complete" else min(m, n)
    Q, R = by_columns(A, (*batch, m, width)), by_columns(A, (*batch, width, n))
    evaluate("qr", (Q, R), (A,), len(batch), columns=n, complete=mode == "complete")
    return return_types.linalg_qr((allocate_like(A, (0,)) if mode == "r" else Q, R))


@linalg_qr.constraints
def _(require, A, mode):
    matrices(require, A, "linalg.qr")
    numbers(require, A, "linalg.qr")
    require(mode in ("reduced", "complete", "r"), RuntimeError,
            "qr received unrecognized mode '{}' but expected one of 'reduced' (default), 'r', or 'complete'", mode)  # fmt: skip


def _qr_gradient(grads, A, mode, result0, result1):
    """Of a matrix with independent columns ``(G + Q S) R^-H``, where S is Hermitian and has the lower triangle of ``R grad_R^H - grad_Q^H Q``;
    columns beyond the square part are ``Q^H`` times those of R, and their gradients go to Q and to them."""
    if mode == "r":
        raise RuntimeError("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you "
                           "are going to differentiate through linalg.qr.")
    m, n = A.shape[-2:]
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    of_q, of_r = grads
    Q, R, k = result0, result1, min(m, n)
    if n > k:
        of_q = of_q + A[..., k:] @ of_r[..., k:].mH
    square, of_square = R[..., :k], of_r[..., :k]
    inner = (square @ of_square.mH - of_q.mH @ Q).tril()
    diagonal = inner.diagonal(0, -2, -1)
    diagonal = diagonal.real if inner.is_complex() else diagonal
    symmetric = inner + inner.mH - diagonal.diag_embed()
    found = linalg_solve_triangular(square.mH, of_q + Q @ symmetric, upper=False, left=False)
    return cat([found, Q @ of_r[..., k:]], -1) if n > k else found


linalg_qr.derivative(A=_qr_gradient)


_PACKED_OUTPUT = safely_castable("a", "torch.geqrf").laid_out_if_empty(all_together=True)._replace(
    also=("torch.geqrf: Expected tau to be safely castable from {result} dtype, but got tau with dtype {out}",))  # fmt: skip


@op("method out", contract=backward_stable(4), out=_PACKED_OUTPUT, sharing=COMPUTED, dtypes=FACTORED, graph="real_alone")
def geqrf(input):
    """The QR decomposition as LAPACK has it, as a named tuple ``(a, tau)``: R on and above the diagonal of ``a``, the vectors of the reflections
    below.

    Reflection i is ``I - tau[i] v v^H``; v is 0 above place i, 1 there, and below what stands in column i. Shapes: (*, m, n) gives (*, m, n), column
    by column, and (*, min(m, n)). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions; NotImplementedError
    for other dtypes. No gradient: NotImplementedError. Source: torch.geqrf.

    >>> geqrf(tensor([[-3., 1.], [-4., 7.]])).a
    tensor([[ 5.0000, -6.2000],
            [ 0.5000,  3.4000]])
    """
    *batch, m, n = input.shape
    packed, tau = by_columns(input, input.shape), allocate_like(input, (*batch, min(m, n)))
    evaluate("geqrf", (packed, tau), (input,), len(batch), columns=n)
    return return_types.geqrf((packed, tau))


@geqrf.constraints
def _(require, input):
    require(input.dim() >= 2, RuntimeError, "torch.geqrf: input must have at least 2 dimensions.")


def _geqrf_gradient(grads):
    raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


geqrf.derivative(input=_geqrf_gradient)


def _reflections_of(require: Any, input: Tensor, tau: Tensor, name: str) -> None:
    """The constraints of vectors and factors of reflections."""
    require(input.dim() >= 2, RuntimeError, "{}: input must have at least 2 dimensions.", name)
    require(input.dim() - tau.dim() == 1, RuntimeError, "{}: Expected tau to have one dimension less than input, but got tau.ndim equal to {} and "
            "input.ndim is equal to {}", name, tau.dim(), input.dim(),
            also=((IndexError, "Dimension specified as -1 but tensor has no dimensions"),))  # fmt: skip
    if input.dim() > 2:
        require(tau.shape[:-1] == input.shape[:-2], RuntimeError, "{}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {}",
                name, list(tau.shape[:-1]))  # fmt: skip


_PRODUCT_OUTPUT = safely_castable("result", "torch.linalg.householder_product").laid_out_if_empty()


@op("out", namespace="linalg", contract=backward_stable(4), out=_PRODUCT_OUTPUT,
    sharing=COMPUTED, dtypes=FACTORED)  # fmt: skip
def linalg_householder_product(input, tau):
    """The first columns of the product of Householder reflections, as :func:`geqrf` has them: Q, of what that returns.

    Shapes: (*, m, n) and (*, k), n <= m and k <= n, give (*, m, n), column by column. Dtypes: float32, float64 and complex ones, the same for both.
    Errors: RuntimeError for shapes that do not fit, and two dtypes; NotImplementedError for other dtypes. Gradient: as the product says; v is read
    below the diagonal. Source: torch.linalg.householder_product.

    >>> linalg.householder_product(tensor([[5., -6.2], [0.5, 3.4]]), tensor([1.6, 0.]))
    tensor([[-0.6000, -0.8000],
            [-0.8000,  0.6000]])
    """
    result = by_columns(input, input.shape)
    evaluate("householder_product", (result,), (input, tau), input.dim() - 2, columns=input.shape[-1])
    return result


@linalg_householder_product.constraints
def _(require, input, tau):
    name = "torch.linalg.householder_product"
    _reflections_of(require, input, tau, name)
    require(input.shape[-2] >= input.shape[-1], RuntimeError, "{}: input.shape[-2] must be greater than or equal to input.shape[-1]", name)
    require(input.shape[-1] >= tau.shape[-1], RuntimeError, "{}: input.shape[-1] must be greater than or equal to tau.shape[-1]", name)
    require(input.dtype is tau.dtype, RuntimeError, "{}: tau dtype {} does not match input dtype {}", name, tau.dtype.type_name,
            input.dtype.type_name)  # fmt: skip


def _vectors(input: Tensor, count: int) -> list[Tensor]:
    """The vectors of so many reflections, as columns."""
    lower = input.tril(-1)
    one = identity_like(input, input.shape[-2])
    return [lower[..., j : j + 1] + one[:, j : j + 1] for j in range(count)]


def _times(v: Tensor, tau: Tensor, matrix: Tensor) -> Tensor:
    """``(I - tau v v^H)`` times a matrix; ``tau`` has the shape of the batch."""
    return matrix - tau[..., None, None] * (v @ (v.mH @ matrix))


def _gradients_of_reflections(input: Tensor, tau: Tensor, right: Tensor, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """Those of the vectors and factors in ``H1 ... Hk right``, from that of the product.

    Of reflection i it is ``K = (H1 ... H(i-1))^H grad (H(i+1) ... Hk right)^H``; to tau goes ``-v^H K v``, to v ``-conj(tau) K v - tau K^H v``.
    """
    count = tau.shape[-1]
    if not count:
        return None, None
    vectors = _vectors(input, count)
    behind = [right]
    for j in range(count - 1, 0, -1):
        behind.append(_times(vectors[j], tau[..., j], behind[-1]))
    of_tau, of_vectors = [], []
    for j in range(count):
        v, factor, matrix = vectors[j], tau[..., j], behind[count - 1 - j]
        to_v = grad @ (matrix.mH @ v)
        from_v = matrix @ (grad.mH @ v)
        of_tau.append(-(v.mH @ to_v)[..., 0, 0])
        of_vectors.append(-(factor.conj()[..., None, None] * to_v + factor[..., None, None] * from_v))
        grad = _times(v, factor.conj(), grad)
    rest = input.shape[-1] - count
    columns = [*of_vectors, of_vectors[0].new_zeros(*of_vectors[0].shape[:-1], rest)] if rest else of_vectors
    return cat(columns, -1).tril(-1), stack(of_tau, -1)


def _first_columns(input: Tensor) -> Tensor:
    m, n = input.shape[-2:]
    return identity_like(input, m)[:, :n].expand(*input.shape)


linalg_householder_product.derivative(
    input=lambda grad, input, tau: _gradients_of_reflections(input, tau, _first_columns(input), grad)[0],
    tau=lambda grad, input, tau: _gradients_of_reflections(input, tau, _first_columns(input), grad)[1],
)


@op("method out", contract=backward_stable(4), out=_PRODUCT_OUTPUT, sharing=COMPUTED)
def orgqr(input, input2):
    """:func:`linalg.householder_product`.

    >>> orgqr(tensor([[5., -6.2], [0.5, 3.4]]), tensor([1.6, 0.]))
    tensor([[-0.6000, -0.8000],
            [-0.8000,  0.6000]])
    """
    return linalg_householder_product(input, input2)


_ORMQR_WORDS = "torch.ormqr: Expected input and result to have the same dtype, but input has dtype{result} and result has dtype {out}"


@op("method out", contract=backward_stable(4), out=exact(_ORMQR_WORDS).laid_out_if_empty(), sharing=COMPUTED, dtypes=FACTORED)
def ormqr(input, input2, input3, left=True, transpose=False):
    """A matrix (``input3``) times the whole product Q of Householder reflections, whose vectors and factors are ``input`` and ``input2``.

    ``Q other``, or ``other Q`` if it is not on the ``left``; ``transpose`` stands for Q^H. Shapes: (*, m, n), (*, k) and (*, m, p), or (*, p, m),
    give the last shape, column by column; k is the smaller of m and n. Dtypes: float32, float64 and complex ones, one for all. Errors: RuntimeError
    for shapes that do not fit, and two dtypes; NotImplementedError for other dtypes. Gradient: of ``other`` the product with Q^H, of the reflections
    as :func:`linalg.householder_product`. Source: torch.ormqr.

    >>> ormqr(tensor([[5., -6.2], [0.5, 3.4]]), tensor([1.6, 0.]), tensor([[1.], [0.]]))
    tensor([[-0.6000],
            [-0.8000]])
    """
    result = by_columns(input3, input3.shape)
    other, out = input3, result
    if not left:  # other Q = (Q^H other^H)^H
        other, out = input3.mH.resolve_conj(), by_columns(input3, input3.mT.shape)
    evaluate("ormqr", (out,), (input, input2, other), input.dim() - 2, columns=other.shape[-1], adjoint=transpose is left)
    if not left:
        result.copy_(out.mH)
    return result


@ormqr.constraints
def _(require, input, input2, input3, left):
    name, tau, other, side = "torch.ormqr", input2, input3, -2 if left else -1
    require(input.dim() >= 2, RuntimeError, "{}: input must have at least 2 dimensions.", name)
    require(other.dim() >= 2, RuntimeError, "{}: other must have at least 2 dimensions.", name)
    require(other.shape[side] == input.shape[-2], RuntimeError, "{}: other.shape[{}] must be equal to input.shape[-2]", name, side)
    require(not tau.dim() or tau.shape[-1] == min(other.shape[side], input.shape[-1]), RuntimeError,
            "{}: tau.shape[-1] must be equal to min(other.shape[{}], input.shape[-1])", name, side)  # fmt: skip
    require(input.dim() - tau.dim() == 1, RuntimeError, "{}: Expected tau to have one dimension less than input, but got tau.ndim equal to {} and "
            "input.ndim is equal to {}", name, tau.dim(), input.dim(),
            also=((IndexError, "Dimension specified as -1 but tensor has no dimensions"),))  # fmt: skip
    ours, theirs = input.shape[:-2], other.shape[:-2]
    require(input.dim() == other.dim(), RuntimeError, "{}: Expected other to have the same number of dimensions as input, but got other.ndim "
                                     "equal to {} and "
            "input.ndim is equal to {}", name, other.dim(), input.dim())  # fmt: skip
    require(input.dim() - tau.dim() != 1 or tau.shape[:-1] == ours, RuntimeError,
            "{}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {}", name, list(tau.shape[:-1]))  # fmt: skip
    require(len(ours) != len(theirs) or ours == theirs, RuntimeError, "{}: Expected batch dimensions of other to be equal to input.shape[:-2], "
                             "but got {}", name,
            list(other.shape[:-2]))  # fmt: skip
    require(tau.dtype is input.dtype, RuntimeError, "{}: Expected input and tau to have the same dtype, but input has dtype{} and tau has dtype "
            "{}", name,
            input.dtype.type_name, tau.dtype.type_name)  # fmt: skip
    require(other.dtype is input.dtype, RuntimeError, "{}: Expected input and other to have the same dtype, but input has dtype{} and other has "
            "dtype {}",
            name, input.dtype.type_name, other.dtype.type_name)  # fmt: skip


def _ormqr_gradients(grad, input, tau, other, left, transpose):
    """Those of the reflections: each of the four products is Q times a matrix, or the adjoint of one."""
    if left is not transpose:  # Q other, or other Q^H, the adjoint of Q other^H
        return _gradients_of_reflections(input, tau, other if left else other.mH, grad if left else grad.mH)
    return _gradients_of_reflections(input, tau, grad if left else grad.mH, other if left else other.mH)


ormqr.derivative(
    input=lambda grad, input, input2, input3, left, transpose: _ormqr_gradients(grad, input, input2, input3, left, transpose)[0],
    input2=lambda grad, input, input2, input3, left, transpose: _ormqr_gradients(grad, input, input2, input3, left, transpose)[1],
    input3=lambda grad, input, input2, left, transpose: ormqr(input, input2, grad, left, not transpose),
)
