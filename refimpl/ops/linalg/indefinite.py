"""The decomposition ``A = P L D L^T P^T`` of symmetric and Hermitian matrices that need not be definite, and what is solved with it."""

from __future__ import annotations

from ... import return_types
from ...foundation.contracts import backward_stable
from ...foundation.dtypes import int32
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import allocate_like
from ..shared.gradients import no_derivative
from .algorithms import indefinite as _indefinite  # noqa: F401  (the matrix functions)
from .batches import CHECKED, by_columns, evaluate, numbers, raise_first, square
from .solving import batch_of

_ZERO = "torch.linalg.{}: {{0}}Unknown error code: {{1}}."


@op("only", name="_linalg_ldl_factor_ex", node="NotImplemented", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=CHECKED)
def _linalg_ldl_factor_ex(input, hermitian):
    """L and D in one matrix, the pivots, and ``info``."""
    packed, pivots = by_columns(input, input.shape), allocate_like(input, tuple(input.shape[:-1]), int32)
    info = allocate_like(input, tuple(input.shape[:-2]), int32)
    evaluate("ldl", (packed, pivots, info), (input,), input.dim() - 2, hermitian=hermitian)
    return return_types.linalg_ldl_factor_ex((packed, pivots, info))


@_linalg_ldl_factor_ex.constraints
def _(require, input):
    numbers(require, input, "torch.linalg.ldl_factor_ex")
    square(require, input, "torch.linalg.ldl_factor_ex")


_linalg_ldl_factor_ex.derivative(input=no_derivative("aten::linalg_ldl_factor_ex"))


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_ldl_factor_ex(input, *, hermitian=False, check_errors=False):
    """The decomposition ``A = P L D L^T P^T`` of a symmetric matrix in one matrix, as a named tuple ``(LD, pivots, info)``.

    L is unit lower triangular, D has blocks of one and of two on its diagonal; with ``hermitian`` L^H stands for L^T. Only the lower triangle is
    read. A pivot p > 0 at place k says that rows k and p were exchanged, two equal negative ones at k and k + 1 a block of two, of which the second
    row was exchanged with row -p. ``info`` is the first i with a 0 on D's diagonal, or 0. Shapes: (*, n, n) gives (*, n, n), column by column, (*, n)
    and (*). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, integers and
    bool, and, with ``check_errors``, for an ``info`` that is not 0; NotImplementedError for floats of 16 bits. No gradient. Source:
    torch.linalg.ldl_factor_ex.

    >>> linalg.ldl_factor_ex(tensor([[4., 2.], [2., 3.]])).LD
    tensor([[4.0000, 0.0000],
            [0.5000, 2.0000]])
    """
    found = _linalg_ldl_factor_ex(input, hermitian)
    if check_errors:
        raise_first(found.info, _ZERO.format("ldl_factor_ex"), RuntimeError)
    return found


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_ldl_factor(input, *, hermitian=False):
    """The decomposition of a symmetric or Hermitian matrix in one matrix, as a named tuple ``(LD, pivots)``: :func:`linalg.ldl_factor_ex`.

    Shapes and dtypes: as there. Errors: those, and RuntimeError for a 0 on D's diagonal. No gradient. Source: torch.linalg.ldl_factor.

    >>> linalg.ldl_factor(tensor([[4., 2.], [2., 3.]])).pivots
    tensor([1, 2], dtype=torch.int32)
    """
    packed, pivots, info = _linalg_ldl_factor_ex(input, hermitian)
    raise_first(info, _ZERO.format("ldl_factor"), RuntimeError)
    return return_types.linalg_ldl_factor((packed, pivots))


@op("out", namespace="linalg", node="NotImplemented", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_ldl_solve(LD, pivots, B, *, hermitian=False):
    """X with ``A X = B`` from the decomposition of A that :func:`linalg.ldl_factor` gives.

    Shapes: (*, n, n), (*, n) and (*, n, k) give (*, n, k), column by column; batches broadcast. Dtypes: float32, float64 and complex ones, the same
    for LD and B; the pivots are integers. Errors: RuntimeError for shapes that do not fit, and other dtypes. No gradient. Source:
    torch.linalg.ldl_solve.

    >>> linalg.ldl_solve(tensor([[4., 0.], [0.5, 2.]]), tensor([1, 2], dtype=int32), tensor([[4.], [4.]]))
    tensor([[0.5000],
            [1.0000]])
    """
    batch, n = batch_of(LD, B), LD.shape[-1]
    LD, pivots, B = LD.expand(*batch, n, n), pivots.expand(*batch, n), B.expand(*batch, *B.shape[-2:])
    result = by_columns(B, B.shape)
    evaluate("ldl_solve", (result,), (LD, pivots, B), len(batch), columns=B.shape[-1], hermitian=hermitian)
    return result


@linalg_ldl_solve.constraints
def _(require, LD, pivots, B):
    name = "torch.linalg.ldl_solve"
    numbers(require, LD, name)
    require(pivots.dtype.category == 1, RuntimeError, "{}: Expected pivots to be integers. Got {}", name, pivots.dtype.type_name)
    require(LD.dtype is B.dtype, RuntimeError, "Expected b and A to have the same dtype, but found b of type {} and A of type {} instead.",
            B.dtype.type_name, LD.dtype.type_name)  # fmt: skip
    square(require, LD, name)
    count = max(B.dim(), 1)
    require(B.dim() > 1, IndexError, "Dimension out of range (expected to be in range of [-{}, {}], but got -2)", count, count - 1,
            also=((IndexError, "Dimension specified as -2 but tensor has no dimensions"),))  # fmt: skip
    known = LD.dim() > 1 and B.dim() > 1
    require(not known or LD.shape[-2] == B.shape[-2], RuntimeError, "Incompatible matrix sizes for {}: each A matrix is {} by {} but each b "
            "matrix is "
            "{} by {}", name, *LD.shape[-1:] * 2, *B.shape[-2:])  # fmt: skip
    require(not known or LD.shape[:-1] == pivots.shape, RuntimeError, "{}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots "
            "with "
            "shape {} instead", name, list(pivots.shape))  # fmt: skip


linalg_ldl_solve.derivative(LD=no_derivative("aten::linalg_ldl_solve"), B=no_derivative("aten::linalg_ldl_solve"))
