"""Eigenvalues and eigenvectors: of symmetric and Hermitian matrices, which are real and orthonormal, and of general ones, which are complex."""

from __future__ import annotations

from typing import Any

from .... import return_types
from ....foundation.contracts import backward_stable
from ....foundation.dtypes import complex64, complex128, float64
from ....operations.output_kinds import EXACT_OUTPUT
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....tensor import Tensor, allocate_like
from ...shared.operands import anywhere, everywhere
from ..algorithms import general as _general  # noqa: F401  (the matrix functions)
from ..batches import CHECKED, FACTORED, by_columns, evaluate, identity_like, safely_castable, square
from ..solving import linalg_solve


def phase_matters(direction: Tensor, size: Tensor) -> bool:
    """Whether a gradient has a part along the phases of complex vectors, which are arbitrary; rounding errors apart."""
    return anywhere(direction.abs() > 1e-2 * (1 + size.abs()))


def _triangle(require: Any, A: Tensor, UPLO: str) -> None:
    square(require, A, "linalg.eigh")
    require(UPLO in ("L", "U", "l", "u"), RuntimeError, "Expected UPLO argument to be 'L' or 'U', but got {}", UPLO)


@op("only", name="_linalg_eigh", node="LinalgEighBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=FACTORED)
def _linalg_eigh(A, UPLO="L"):
    """The eigenvalues in ascending order, and the eigenvectors as columns."""
    values, vectors = allocate_like(A, tuple(A.shape[:-1]), A.dtype.real), by_columns(A, A.shape)
    evaluate("eigh", (values, vectors), (A if UPLO in "Ll" else A.mH.resolve_conj(),), A.dim() - 2)
    return return_types.linalg_eigh((values, vectors))


@_linalg_eigh.constraints
def _(require, A, UPLO):
    _triangle(require, A, UPLO)


def _eigh_gradient(grads, result0, result1):
    """``V (diag(grad_L) + skew(V^H grad_V) / (2 E)) V^H``, ``E[i, j] = L[j] - L[i]``; the diagonal of the second term is not there."""
    of_values, of_vectors = grads
    inner = result1.mH @ of_vectors
    diagonal = inner.diagonal(0, -2, -1)
    if result1.is_complex() and phase_matters(diagonal.imag, diagonal.real):
        raise RuntimeError("linalg_eigh_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The "
            "specified loss "
                           "function depends on this quantity, so it is ill-defined.")
    one = identity_like(result0, result0.shape[-1])
    gaps = result0.unsqueeze(-2) - result0.unsqueeze(-1) + one
    rotation = (inner - inner.mH) / (2 * gaps) * (1 - one) + of_values.to(inner.dtype).diag_embed()
    return result1 @ rotation @ result1.mH


_linalg_eigh.derivative(A=_eigh_gradient)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_eigh(input, UPLO="L"):
    """The eigenvalues and eigenvectors of a symmetric or Hermitian matrix, as a named tuple ``(eigenvalues, eigenvectors)``.

    ``A = V diag(L) V^H``: the eigenvalues are real and ascend, the columns of V are orthonormal; their signs (phases) are open. Only the lower
    triangle is read, or the upper one with ``UPLO="U"``, and the real parts of the diagonal. Shapes: (*, n, n) gives (*, n) and (*, n, n), column by
    column. Dtypes: float32, float64 and complex ones. Special cases: NaN everywhere if an element is not finite. Errors: RuntimeError for fewer than
    two dimensions, matrices that are not square, another ``UPLO``; NotImplementedError for other dtypes. Gradient: as if the whole matrix were read;
    it is infinite, or NaN, for equal eigenvalues, and a RuntimeError where it depends on phases. Source: torch.linalg.eigh.

    >>> linalg.eigh(tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([1., 2.])
    """
    return _linalg_eigh(input, UPLO)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_eigvalsh(input, UPLO="L"):
    """The eigenvalues of a symmetric or Hermitian matrix in ascending order: those of :func:`linalg.eigh`.

    Shapes, dtypes, special cases and errors: as there. Gradient: ``V diag(grad) V^H``. Source: torch.linalg.eigvalsh.

    >>> linalg.eigvalsh(tensor([[2., 0.], [0., 1.]]))
    tensor([1., 2.])
    """
    return _linalg_eigh(input, UPLO).eigenvalues


# -- general matrices ----------------------------------------------------------------------------------


def _of_finite_numbers(require: Any, A: Tensor, name: str) -> None:
    require(A.dtype.category >= 2, RuntimeError, "Unknown Complex ScalarType for {}", A.dtype.type_name)
    square(require, A, name)
    require(A.dtype.category < 2 or everywhere(A.isfinite()), RuntimeError, "torch.linalg.eig: input tensor should not contain infs or NaNs.")


def _complex(A: Tensor) -> Any:
    return A.dtype if A.is_complex() else complex128 if A.dtype is float64 else complex64


_EIG_OUTPUT = safely_castable("eigenvalues", "torch.linalg.eig").laid_out_if_empty()._replace(
    also=("torch.linalg.eig: Expected eigenvectors to be safely castable from {result} dtype, but got eigenvectors with dtype {out}",))  # fmt: skip


@op("out", namespace="linalg", contract=backward_stable(4), out=_EIG_OUTPUT, sharing=COMPUTED, dtypes=CHECKED)
def linalg_eig(input):
    """The eigenvalues and eigenvectors of a square matrix, as a named tuple ``(eigenvalues, eigenvectors)`` of complex numbers.

    ``A V = V diag(L)``, with columns of V of length 1; the order of the eigenvalues and the phases of the eigenvectors are open. The complex
    eigenvalues of a real matrix come in pairs of conjugates. Shapes: (*, n, n) gives (*, n) and (*, n, n), column by column. Dtypes: float32, float64
    and complex ones. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, elements that are not finite, integers and
    bool; NotImplementedError for floats of 16 bits. Gradient: where the eigenvalues are distinct; RuntimeError where it depends on phases. Source:
    torch.linalg.eig.

    >>> linalg.eig(tensor([[0., 1.], [-1., 0.]])).eigenvalues.imag.sort().values
    tensor([-1.,  1.])
    """
    kind = _complex(input)
    values, vectors = allocate_like(input, tuple(input.shape[:-1]), kind), by_columns(input, input.shape, kind)
    evaluate("eig", (values, vectors), (input,), input.dim() - 2, vectors=True)
    return return_types.linalg_eig((values, vectors))


@linalg_eig.constraints
def _(require, input):
    _of_finite_numbers(require, input, "linalg.eig")


def _eig_gradient(grads, input_dtype, result0, result1):
    """``V^-H (diag(grad_L) + (V^H grad_V - V^H V Re(diag(V^H grad_V))) / conj(E)) V^H``, ``E[i, j] = L[j] - L[i]``."""
    of_values, of_vectors = grads
    inner = result1.mH @ of_vectors
    diagonal = inner.diagonal(0, -2, -1)
    if phase_matters(diagonal.imag, diagonal.real):
        raise RuntimeError("linalg_eig_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The "
            "specified loss "
                           "function depends on this quantity, so it is ill-defined.")
    one = identity_like(result0, result0.shape[-1])
    gaps = (result0.unsqueeze(-2) - result0.unsqueeze(-1)).conj() + one
    along = (result1.mH @ result1) * diagonal.real.to(inner.dtype).unsqueeze(-2)
    rotation = (inner - along) / gaps * (1 - one) + of_values.diag_embed()
    found = linalg_solve(result1.mH, rotation @ result1.mH)
    return found if input_dtype.is_complex else found.real


linalg_eig.derivative(input=_eig_gradient)


@op("out", namespace="linalg", contract=backward_stable(4), out=safely_castable("eigenvalues", "torch.linalg.eigvals"), sharing=COMPUTED,
    dtypes=CHECKED)  # fmt: skip
def linalg_eigvals(input):
    """The eigenvalues of a square matrix, as complex numbers: those of :func:`linalg.eig`.

    Shapes, dtypes and errors: as there. Gradient: ``V^-H diag(grad) V^H``. Source: torch.linalg.eigvals.

    >>> linalg.eigvals(tensor([[2., 1.], [0., 2.]]))
    tensor([2.+0.j, 2.+0.j])
    """
    if input.requires_grad:
        return linalg_eig(input).eigenvalues
    values = allocate_like(input, tuple(input.shape[:-1]), _complex(input))
    evaluate("eig", (values,), (input.resolve_conj(),), input.dim() - 2, vectors=False)
    return values


@linalg_eigvals.constraints
def _(require, input):
    _of_finite_numbers(require, input, "linalg.eigvals")
