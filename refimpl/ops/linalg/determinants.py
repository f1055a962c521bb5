"""Determinants and their logarithms, from the pivots of Gaussian elimination."""

from __future__ import annotations

from ... import return_types
from ...foundation.contracts import backward_stable
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like
from ..joining.joining import stack
from ..pointwise.complex_numbers import complex
from ..pointwise.replacement import where
from .algorithms import elimination as _elimination  # noqa: F401  (the matrix functions)
from .batches import CHECKED, evaluate, numbers, precise, square
from .solving import linalg_inv_ex


@op("only", name="_linalg_det", node="LinalgDetBackward0", contract=backward_stable(4), dtypes=CHECKED, out=EXACT_OUTPUT, sharing=COMPUTED)
def _linalg_det(A):
    """The determinants of a batch of square matrices."""
    batch = A.shape[:-2]
    result = allocate_like(A, tuple(batch))
    evaluate("det", (result,), (A,), len(batch))
    return result


@_linalg_det.constraints
def _(require, A):
    square(require, A, "linalg.det")
    numbers(require, A, "linalg.det")


def _cofactors(A: Tensor) -> Tensor:
    """The matrix of the signed minors: of a regular matrix ``det(A) A^-T``, of a singular one determinants of smaller matrices."""
    n = A.shape[-1]
    if n == 1:
        return A.new_ones(A.shape)
    inverse, info = linalg_inv_ex(A)
    if not info.any():
        return _linalg_det(A)[..., None, None] * inverse.mT
    others = [[k for k in range(n) if k != i] for i in range(n)]
    rows = [[_linalg_det(A[..., others[i], :][..., others[j]]) * (-1) ** (i + j) for j in range(n)] for i in range(n)]
    return stack([stack(row, -1) for row in rows], -2)


_linalg_det.derivative(A=lambda grad, A: grad[..., None, None] * _cofactors(A).conj())


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_det(A):
    """The determinant of a square matrix, or of each matrix in a batch: the product of the pivots of Gaussian elimination, signed by its exchanges.

    Shapes: (*, n, n) gives (*). Dtypes: float32, float64 and complex ones. Special cases: 1 for n = 0; 0 for a matrix whose elimination meets no
    pivot. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, integers and bool; NotImplementedError for floats of 16
    bits. Gradient: that of the result times the conjugate matrix of cofactors, of singular matrices too (where it costs n times as much at each
    order). Source: torch.linalg.det.

    >>> linalg.det(tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    return _linalg_det(A)


@op("method", contract=backward_stable(4))
def det(input):
    """:func:`linalg.det`.

    >>> det(tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    return _linalg_det(input)


@op("only", name="_linalg_slogdet", node="LinalgSlogdetBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def _linalg_slogdet(A):
    """The signs of determinants, and the logarithms of their absolute values."""
    batch = A.shape[:-2]
    sign, logarithm = allocate_like(A, tuple(batch)), allocate_like(A, tuple(batch), A.dtype.real)
    evaluate("slogdet", (sign, logarithm), (A,), len(batch))
    return return_types.linalg_slogdet((sign, logarithm))


@_linalg_slogdet.constraints
def _(require, A):
    square(require, A, "linalg.slogdet")
    precise(require, A, "linalg.slogdet")


def _slogdet_gradient(grads, A, result0):
    """The logarithm changes with the real part of ``trace(A^-1 dA)``, the direction of a complex determinant with the imaginary part."""
    of_sign, of_logarithm = grads
    weight = of_logarithm
    if A.is_complex():
        turned = (of_sign.conj() * result0).imag
        weight = complex(of_logarithm, -turned)
    return weight[..., None, None] * linalg_inv_ex(A).inverse.mH


_linalg_slogdet.derivative(A=_slogdet_gradient)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_slogdet(A):
    """The sign of the determinant and the natural logarithm of its absolute value, as a named tuple ``(sign, logabsdet)``.

    ``det(A) = sign * exp(logabsdet)``, where the determinant itself may overflow or vanish. Shapes: (*, n, n) gives two of (*). Dtypes: float32,
    float64 and complex ones; the sign of a complex determinant is a complex number of modulus 1, the logarithm is real. Special cases: (0, -inf) for
    a singular matrix, (1, 0) for n = 0. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, and other dtypes. Gradient:
    of the logarithm ``A^-H``. Source: torch.linalg.slogdet.

    >>> linalg.slogdet(tensor([[-2., 0.], [0., 1.]])).sign
    tensor(-1.)
    """
    return _linalg_slogdet(A)


@op("method out", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def slogdet(input):
    """:func:`linalg.slogdet`.

    >>> slogdet(tensor([[-2., 0.], [0., 1.]])).sign
    tensor(-1.)
    """
    return return_types.slogdet(tuple(_linalg_slogdet(input)))


@op("method", contract=backward_stable(4))
def logdet(input):
    """The natural logarithm of the determinant of a square matrix, or of each matrix in a batch.

    Shapes: (*, n, n) gives (*). Dtypes: float32, float64 and complex ones. Special cases: NaN for a negative determinant, -inf for 0; of a complex
    one the principal logarithm. Errors: as for :func:`linalg.slogdet`. Gradient: ``A^-H``.

    >>> logdet(tensor([[1., 0.], [0., 1.]]))
    tensor(0.)
    """
    sign, logarithm = _linalg_slogdet(input)
    if input.is_complex():
        return sign.log() + logarithm
    return where(sign == -1, float("nan"), logarithm)


@logdet.constraints
def _(require, input):
    square(require, input, "logdet")
    precise(require, input, "logdet")
