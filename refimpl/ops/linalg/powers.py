"""Powers of matrices."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import backward_stable
from ...foundation.dtypes import bool_
from ...operations.output_kinds import EXACT_OUTPUT, OutputKind, castable
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import contiguous_format
from ..creation.filled import eye
from ..products.evaluation import narrowed, widened
from .batches import precise, square
from .solving import linalg_inv

_NOT_CASTABLE = "matrix_power: Expected result to be safely castable from {result} dtype, but got result with dtype {out}"
_COPIED, _MULTIPLIED = castable(_NOT_CASTABLE).contiguous(), EXACT_OUTPUT.contiguous()._replace(also=(_NOT_CASTABLE,))


def _output(bound: dict[str, Any]) -> OutputKind:
    """The last product asks for its dtype; a copy for one that can hold it: that of the input, or of a square of squares."""
    n = abs(bound["n"])
    return _COPIED if bound["n"] in (0, 1) or n > 3 and not n & (n - 1) else _MULTIPLIED


@op("out", namespace="linalg", contract=backward_stable(4), out=_output, sharing=COMPUTED)
def linalg_matrix_power(input, n):
    """The ``n``-th power of a square matrix, or of each matrix in a batch, by repeated squaring; for negative ``n`` that of the inverse.

    Shapes: (*, k, k) gives (*, k, k). Dtypes: all; bool for n = 0 and 1 alone; float32, float64 and complex ones for negative ``n``. Intermediate
    products are not rounded to the dtype. Special cases: n = 0 gives identity matrices, whatever the elements are, n = 1 a copy; which NaN and
    infinities come of infinite elements depends on the order. Errors: RuntimeError for fewer than two dimensions, matrices that are not square, and
    other dtypes; NotImplementedError for bool; LinAlgError for negative ``n`` of a singular matrix. Gradient: that of the products.
    Source: torch.linalg.matrix_power.

    >>> linalg.matrix_power(tensor([[1., 1.], [0., 1.]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    if n == 0:
        return input.clone(memory_format=contiguous_format).copy_(eye(input.shape[-1], dtype=input.dtype, device=input.device))
    if n == 1:
        return input.clone(memory_format=contiguous_format)
    if n == -1:
        return linalg_inv(input)
    base = widened([linalg_inv(input) if n < 0 else input], everywhere=True)[0]
    result = _raised(base, abs(n))
    return narrowed(result, input.dtype, "MmBackward0" if input.dim() == 2 else "UnsafeViewBackward0")


def _raised(base: Any, n: int) -> Any:
    """A power of two or more: the squares, those multiplied that the bits of ``n`` name, from the last one on."""
    if n == 3:
        return base.matmul(base).matmul(base)
    result = None
    while n:
        n, bit = divmod(n, 2)
        if bit:
            result = base if result is None else result.matmul(base)
        base = base.matmul(base) if n else base
    return result


@linalg_matrix_power.constraints
def _(require, input, n):
    square(require, input, "linalg.matrix_power")
    require(n in (0, 1) or n < 0 or input.dtype is not bool_, NotImplementedError, "\"addmm_impl_cpu_\" not implemented for 'Bool'")
    if n < 0:
        precise(require, input, "linalg.inv")
        if input.dim() >= 2 and input.shape[-1] == input.shape[-2] and input.dtype.category >= 2 and input.dtype.itemsize > 2:
            linalg_inv.operation.constraints.function(require, input)


@op("method out", contract=backward_stable(4), out=_output, sharing=COMPUTED)
def matrix_power(input, n):
    """:func:`linalg.matrix_power`. RuntimeError, NotImplementedError and LinAlgError as there.

    >>> matrix_power(tensor([[2., 0.], [0., 3.]]), 2)
    tensor([[4., 0.],
            [0., 9.]])
    """
    return linalg_matrix_power(input, n)
