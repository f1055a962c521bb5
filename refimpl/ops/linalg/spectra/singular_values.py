"""The singular value decomposition ``A = U diag(S) V^H``."""

from __future__ import annotations

from .... import return_types
from ....foundation.contracts import backward_stable
from ....foundation.dtypes import int32
from ....foundation.errors import LinAlgError
from ....operations.output_kinds import EXACT_OUTPUT, exact
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....tensor import Tensor, allocate_like
from ..algorithms import singular as _singular  # noqa: F401  (the matrix functions)
from ..batches import CHECKED, by_columns, evaluate, identity_like, matrices, numbers, raise_first
from .eigenvalues import phase_matters

_NOT_FINITE = "linalg.svd: {}The algorithm failed to converge because the input matrix contained non-finite values."


@op("only", name="_linalg_svd", node="LinalgSvdBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=CHECKED)
def _linalg_svd(A, full_matrices):
    """U, the singular values in descending order, and V^H."""
    *batch, m, n = A.shape
    k = min(m, n)
    U, Vh = by_columns(A, (*batch, m, m if full_matrices else k)), by_columns(A, (*batch, n if full_matrices else k, n))
    S, info = allocate_like(A, (*batch, k), A.dtype.real), allocate_like(A, tuple(batch), int32)
    evaluate("svd", (U, S, Vh, info), (A,), len(batch), columns=n, full=full_matrices, vectors=True)
    raise_first(info, _NOT_FINITE)
    return return_types.linalg_svd((U, S, Vh))


@_linalg_svd.constraints
def _(require, A):
    numbers(require, A, "linalg.svd")
    matrices(require, A, "linalg.svd")
    require.each_element(lambda: _of_nan(A), LinAlgError, _NOT_FINITE)


def _of_nan(A: Tensor) -> list[tuple[str]]:
    if A.dim() < 2 or A.dtype.category < 2:
        return []
    wrong = A.isnan().flatten(-2).any(-1).reshape(-1).tolist()
    return [(f"(Batch element {i}): " if A.dim() > 2 else "",) for i, nan in enumerate(wrong) if nan]


def _skew(a: Tensor) -> Tensor:
    return a - a.mH


def _svd_gradient(grads, A, full_matrices, result0, result1, result2):
    """``U (S (skew(V^H grad_V) / E) + (skew(U^H grad_U) / E) S + diag(grad_S)) V^H``, ``E[i, j] = S[j]**2 - S[i]**2``, and what leaves the spaces of
    U and V; of vectors that complete a basis nothing."""
    m, n = A.shape[-2:]
    k = min(m, n)
    of_u, of_s, of_vh = grads[0][..., :k], grads[1], grads[2][..., :k, :]
    U, S, Vh = result0[..., :k], result1, result2[..., :k, :]
    along_u, along_v = U.mH @ of_u, Vh @ of_vh.mH
    inner = of_s.to(U.dtype).diag_embed()
    one = identity_like(S, k)
    gaps = (S.unsqueeze(-2) - S.unsqueeze(-1)) * (S.unsqueeze(-2) + S.unsqueeze(-1)) + one
    off = (1 - one).to(U.dtype)
    skew_u, skew_v = _skew(along_u), _skew(along_v)
    inner = inner + skew_u / gaps * off * S.unsqueeze(-2) + S.unsqueeze(-1) * (skew_v / gaps * off)
    if A.is_complex():
        phases_u, phases_v = along_u.diagonal(0, -2, -1), along_v.diagonal(0, -2, -1)
        if phase_matters(phases_u.imag + phases_v.imag, phases_u.imag):
            raise RuntimeError("svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. The "
                "specified loss "
                               "function depends on this phase term, making it ill-defined.")
        inner = inner + (skew_u.diagonal(0, -2, -1) / (2 * S)).diag_embed()
    found = U @ inner @ Vh
    if m > k:
        found = found + (of_u - U @ along_u) / S.unsqueeze(-2) @ Vh
    if n > k:
        found = found + U @ ((of_vh - along_v.mH @ Vh) / S.unsqueeze(-1))
    return found


_linalg_svd.derivative(A=_svd_gradient)


@op("only", name="_linalg_svdvals", node="LinalgSvdBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=CHECKED)
def _linalg_svdvals(A):
    """The singular values in descending order."""
    *batch, m, n = A.shape
    S, info = allocate_like(A, (*batch, min(m, n)), A.dtype.real), allocate_like(A, tuple(batch), int32)
    evaluate("svd", (S, info), (A,), len(batch), columns=n, full=False, vectors=False)
    raise_first(info, _NOT_FINITE)
    return S


@_linalg_svdvals.constraints
def _(require, A):
    numbers(require, A, "linalg.svd")
    matrices(require, A, "linalg.svd")
    require.each_element(lambda: _of_nan(A), LinAlgError, _NOT_FINITE)


def _values_gradient(grad, A):
    U, _, Vh = _linalg_svd(A, False)
    return U @ (grad.unsqueeze(-1).to(U.dtype) * Vh)


_linalg_svdvals.derivative(A=_values_gradient)

_DRIVER = "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_svd(A, full_matrices=True, *, driver=None):
    """The singular value decomposition ``A = U diag(S) Vh``, as a named tuple ``(U, S, Vh)``.

    The columns of U and the rows of Vh are orthonormal, the singular values are not negative and descend; the signs (phases) of the vectors are open.
    With ``full_matrices`` U and Vh are square, else they have k = min(m, n) columns and rows. Shapes: (*, m, n) gives (*, m, m), (*, k) and (*, n,
    n), or (*, m, k), (*, k) and (*, k, n), the matrices column by column. Dtypes: float32, float64 and complex ones; S is real. Special cases: NaN
    for a matrix with infinite elements. Errors: RuntimeError for fewer than two dimensions, integers and bool, and a ``driver`` for elements;
    NotImplementedError for floats of 16 bits; LinAlgError for NaN. Gradient: where the singular values are distinct (and not 0, if vectors count);
    RuntimeError where it depends on phases. Source: torch.linalg.svd.

    >>> linalg.svd(tensor([[0., 2.], [1., 0.]])).S
    tensor([2., 1.])
    """
    return _linalg_svd(A, full_matrices)


@linalg_svd.constraints
def _(require, A, driver):
    asked = A.dim() > 1 and A.dtype.category >= 2 and A.numel()  # torch looks at the tensor first, and at the driver where there is something to do
    require(driver is None or not asked, RuntimeError, _DRIVER)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_svdvals(A, *, driver=None):
    """The singular values of a matrix in descending order: those of :func:`linalg.svd`.

    Shapes: (*, m, n) gives (*, min(m, n)). Dtypes, special cases and errors: as there; the result is real. Gradient: ``U diag(grad) Vh``.
    Source: torch.linalg.svdvals.

    >>> linalg.svdvals(tensor([[0., 2.], [1., 0.]]))
    tensor([2., 1.])
    """
    return _linalg_svdvals(A)


@linalg_svdvals.constraints
def _(require, A, driver):
    asked = A.dim() > 1 and A.dtype.category >= 2 and A.numel()  # torch looks at the tensor first, and at the driver where there is something to do
    require(driver is None or not asked, RuntimeError, _DRIVER)


# the words for the vectors, which are zeros; those of the singular values are the usual ones
_OUTPUT = exact("torch.svd: Expected out tensor to have dtype {result} but got {out} instead")._replace(also=(str(EXACT_OUTPUT.words),))


@op("method out", contract=backward_stable(4), out=lambda bound: EXACT_OUTPUT if bound["compute_uv"] else _OUTPUT.contiguous(), sharing=COMPUTED)
def svd(input, some=True, compute_uv=True):
    """The singular value decomposition ``A = U diag(S) V^H``, as a named tuple ``(U, S, V)``: :func:`linalg.svd` with V instead of its adjoint.

    ``some``: U and V have k = min(m, n) columns, else they are square; without ``compute_uv`` they are square, and zeros. Deprecated in torch.

    >>> svd(tensor([[0., 2.], [1., 0.]])).S
    tensor([2., 1.])
    """
    if compute_uv:
        U, S, Vh = _linalg_svd(input, not some)
        return return_types.svd((U, S, Vh.mH))
    *batch, m, n = input.shape
    S = _linalg_svdvals(input)
    zeros = input.detach().new_zeros(*batch, n, n)
    return return_types.svd((input.detach().new_zeros(*batch, m, m), S, zeros.mT))


@svd.constraints
def _(require, input):
    require(input.dim() >= 2, RuntimeError, "linalg.svd: input should have at least 2 dimensions, but has {} dimensions instead", input.dim())


