"""The pseudoinverse and the rank of a matrix: what its singular values beyond a tolerance say."""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import EXACT, backward_stable
from ....foundation.dtypes import finfo, float32, float64, int64
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....tensor import Tensor
from ...creation.from_data import tensor
from ...pointwise.extrema import maximum
from ...pointwise.replacement import where
from ...shared.gradients import not_differentiated
from ..batches import safely_castable, wide
from .eigenvalues import _linalg_eigh
from .singular_values import _linalg_svd, _linalg_svdvals


def _tolerances(require: Any, name: str, **given: Any) -> None:
    for parameter, value in given.items():
        if isinstance(value, Tensor):
            require(not value.is_complex(), RuntimeError, "torch.linalg.{}: {} tensor of complex type is not supported. Got {}", name, parameter,
                    value.dtype.type_name)  # fmt: skip


def _bound(A: Tensor, largest: Tensor, atol: Any, rtol: Any) -> Tensor:
    """What singular values must exceed: the larger of ``atol`` (0) and ``rtol`` times the largest one; without ``rtol``, if there is an ``atol``
    beyond 0, that alone, else as many epsilons as the longer dimension."""
    precision = finfo(A.dtype).eps * max(A.shape[-2:])
    absolute = _as_tensor(A, 0.0 if atol is None else atol)
    relative = where(absolute > 0, 0.0, precision) if rtol is None else _as_tensor(A, rtol)
    return maximum(absolute.to(largest.dtype), relative.to(largest.dtype) * largest)


def _as_tensor(A: Tensor, value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else tensor(float(value), dtype=float64, device=A.device)


@op("only", name="_linalg_pinv", node="LinalgPinvBackward0", contract=backward_stable(8))
def _linalg_pinv(input, atol, rtol, hermitian):
    """The pseudoinverse, evaluated in binary64."""
    A = wide(input)
    *_, m, n = A.shape
    if not A.numel():
        return input.new_zeros(*input.shape[:-2], n, m)
    if hermitian:
        values, vectors = _linalg_eigh(A, "L")
        sizes = values.abs()
        left, right, extreme = vectors, vectors.mH, sizes.amax(-1, True)
    else:
        U, values, Vh = _linalg_svd(A, False)
        left, right, sizes, extreme = Vh.mH, U.mH, values, values[..., :1]
    kept = sizes > _bound(input, extreme, *[each.unsqueeze(-1) if isinstance(each, Tensor) else each for each in (atol, rtol)])
    return (left @ (where(kept, 1 / values, 0.0).unsqueeze(-1).to(A.dtype) * right)).to(input.dtype)


def _inverse_gradient(grad, input, result):
    """``-P^H G P^H + (1 - A P) G^H P P^H + P^H P G^H (1 - P A)``, P the pseudoinverse."""
    A, P, G = input, result, grad
    first, last = G.mH @ P @ P.mH, P.mH @ P @ G.mH
    return -(P.mH @ G @ P.mH) + first - A @ (P @ first) + last - last @ P @ A


@_linalg_pinv.constraints
def _(require, atol, rtol):
    for name, tolerance in (("atol", atol), ("rtol", rtol)):
        if isinstance(tolerance, Tensor):
            not_differentiated(require, "linalg_pinv", name, tolerance)


_linalg_pinv.derivative(input=_inverse_gradient)


@op("out", namespace="linalg", contract=backward_stable(8), out=safely_castable("result", "linalg.pinv").contiguous(), sharing=COMPUTED)
def linalg_pinv(input, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """The Moore-Penrose pseudoinverse of a matrix, or of each matrix in a batch: that of the singular values beyond a tolerance.

    The tolerance is the larger of ``atol`` (0) and ``rtol`` times the largest singular value; ``rtol`` is as many epsilons as the longer dimension
    has elements, or 0 if an ``atol`` beyond 0 is given; ``rcond`` is another name of it. Tensors are tolerances of each matrix. ``hermitian``: only
    the lower triangle is read, and eigenvalues are taken for singular values. Shapes: (*, m, n) gives (*, n, m). Dtypes: float32, float64 and complex
    ones. Errors: RuntimeError for fewer than two dimensions, other dtypes, complex tolerances, and those that require grad; LinAlgError for NaN.
    Gradient: where the rank does not change. Source: torch.linalg.pinv.

    >>> linalg.pinv(tensor([[2., 0.], [0., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    return _linalg_pinv(input, atol, rtol if rcond is None else rcond, hermitian)


_NO_MATRIX = "linalg.pinv({}{{[{}]}}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble types"


def _invertible(require: Any, input: Tensor) -> None:
    known = input.dtype in (float32, float64) or input.is_complex()
    require(known and input.dim() >= 2, RuntimeError, _NO_MATRIX, input.dtype.type_name, ", ".join(map(str, input.shape)),
            also=((RuntimeError, "This function doesn't handle types other than float and double"),
                  (IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got -2)"),
                  (IndexError, "Dimension specified as -2 but tensor has no dimensions")))  # fmt: skip


@linalg_pinv.constraints
def _(require, input, rcond, atol, rtol):
    _invertible(require, input)
    _tolerances(require, "pinv", atol=atol, rtol=rtol, rcond=rcond)


@op("method", contract=backward_stable(8))
def pinverse(input, rcond=1e-15):
    """:func:`linalg.pinv`, with another default for the relative tolerance.

    >>> pinverse(tensor([[2., 0.], [0., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    return _linalg_pinv(input, None, rcond, False)


@pinverse.constraints
def _(require, input):
    _invertible(require, input)


@op("out", namespace="linalg", contract=EXACT, out=safely_castable("result", "torch.linalg.matrix_rank"), sharing=COMPUTED, differentiable=False)
def linalg_matrix_rank(input, tol=None, hermitian=False, *, atol=None, rtol=None):
    """The rank of a matrix, or of each matrix in a batch: how many singular values are beyond a tolerance.

    The tolerances are those of :func:`linalg.pinv`, but ``tol`` is another name of ``atol``, with an ``rtol`` of 0; with tensors they broadcast with
    the batch. Shapes: (*, m, n) gives (*), int64. Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions,
    other dtypes, complex tolerances; LinAlgError for NaN. No gradient. Source: torch.linalg.matrix_rank.

    >>> linalg.matrix_rank(tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    if tol is not None:
        atol, rtol = tol, 0.0
    if not input.numel():
        return input.new_zeros(input.shape[:-2], dtype=int64)
    sizes = _linalg_eigh(input, "L").eigenvalues.abs() if hermitian else _linalg_svdvals(input)
    bound = _bound(input, sizes.amax(-1), atol, rtol)
    return (sizes > bound.unsqueeze(-1)).sum(-1)


@linalg_matrix_rank.constraints
def _(require, input, tol, atol, rtol):
    require(input.dim() >= 2, RuntimeError, "torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.", also=(
        (IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got -2)"),
        (IndexError, "Dimension specified as -2 but tensor has no dimensions")))  # fmt: skip
    known = input.dtype in (float32, float64) or input.is_complex()
    require(known or not input.numel(), RuntimeError, "This function doesn't handle types other than float and double", input.dtype.type_name,
            also=((RuntimeError, "linalg.svd: Expected a floating point or complex tensor as input. Got {}"),
                  (NotImplementedError, "\"linalg_svd_cpu\" not implemented for '{}'"),
                  (NotImplementedError, "\"linalg_eigh_cpu\" not implemented for '{}'")))  # fmt: skip
    _tolerances(require, "matrix_rank", atol=atol if tol is None else tol, rtol=rtol)
