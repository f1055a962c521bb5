"""The exponential of a matrix."""

from __future__ import annotations

from ....foundation.contracts import backward_stable
from ....operations.registry import op
from ....tensor import allocate_like
from ...joining.joining import cat
from ..algorithms import exponential as _exponential  # noqa: F401  (the matrix functions)
from ..batches import evaluate, numbers, square


@op("", namespace="linalg", contract=backward_stable(8))
def linalg_matrix_exp(input):
    """The exponential of a square matrix, or of each matrix in a batch: ``1 + A + A A / 2 + A A A / 6 + ...``.

    Shapes: (*, n, n) gives (*, n, n), contiguous unless n is 1. Dtypes: floating point and complex ones. Special cases: NaN everywhere if an element
    is not finite. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, and other dtypes. Gradient: the block above the
    diagonal of the exponential of ``[[A^H, grad], [0, A^H]]``. Source: torch.linalg.matrix_exp.

    >>> linalg.matrix_exp(tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    if input.shape[-1] == 1:
        return input.exp()
    result = allocate_like(input, tuple(input.shape))
    evaluate("matrix_exp", (result,), (input,), input.dim() - 2)
    return result


@linalg_matrix_exp.constraints
def _(require, input):
    numbers(require, input, "linalg.matrix_exp")
    square(require, input, "linalg.matrix_exp")


def _exponential_gradient(grad, input):
    n, adjoint = input.shape[-1], input.mH
    blocks = cat([cat([adjoint, grad], -1), cat([adjoint.new_zeros(adjoint.shape), adjoint], -1)], -2)
    return linalg_matrix_exp(blocks)[..., :n, n:]


linalg_matrix_exp.derivative(input=_exponential_gradient)


@op("method", contract=backward_stable(8))
def matrix_exp(input):
    """:func:`linalg.matrix_exp`.

    >>> matrix_exp(tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return linalg_matrix_exp(input)
