"""Products of vectors along a dimension: the cross product and the inner product."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import accumulated, conditioned
from ...foundation.layout import broadcast_shapes
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, PICKED
from ...tensor import wrap
from .evaluation import NUMBERS, narrowed, widened

_ALSO_OTHER_ORDER = ((RuntimeError, "expected scalar type {1} but found {0}"),)


@op("function out", namespace="linalg", contract=conditioned(4), out=EXACT_OUTPUT, sharing=PICKED, dtypes=NUMBERS)
def linalg_cross(input, other, *, dim=-1):
    """The cross product of the vectors of three elements along ``dim``: ``(a1 b2 - a2 b1, a2 b0 - a0 b2, a0 b1 - a1 b0)``, rounded once.

    Shapes: both have the same number of dimensions, 3 elements along ``dim``, and broadcast along the others; the result is contiguous. Dtypes: all
    but bool, the same for both. Special cases: NaN, and an infinity times 0, give NaN. Errors: RuntimeError for other sizes and ranks and for two
    dtypes; IndexError for a dimension that there is not and for 0-d tensors; NotImplementedError for bool. Gradient: the cross products of the
    other vector's conjugate with that of the result. Source: torch.linalg.cross.

    >>> linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    a, b = widened([input.detach(), other.detach()], everywhere=True)
    next_a, after_a, next_b, after_b = (t.roll(-step, dim) for t in (a, b) for step in (1, 2))
    result = narrowed(next_a * after_b - after_a * next_b, input.dtype, "")
    return result.contiguous()


@linalg_cross.constraints
def _(require, input, other, dim):
    require(input.dim() == other.dim(), RuntimeError, "linalg.cross: inputs must have the same number of dimensions.")
    require.dimension(dim, input, zero_dim=False)
    m, n = input.shape[dim], other.shape[dim]
    require(m == n == 3, RuntimeError, "linalg.cross: inputs dimension {} must have length 3. Got {} and {}", dim, m, n)
    require.broadcast(input, other)
    require(input.dtype is other.dtype, RuntimeError, "expected scalar type {} but found {}", input.dtype.type_name, other.dtype.type_name,
            also=_ALSO_OTHER_ORDER)  # fmt: skip


linalg_cross.derivative(
    input=lambda grad, other, dim: linalg_cross(other.conj().expand_as(grad), grad, dim=dim),
    other=lambda grad, input, dim: linalg_cross(grad, input.conj().expand_as(grad), dim=dim),
)


@op("method out", contract=conditioned(4), out=EXACT_OUTPUT, sharing=PICKED)
def cross(input, other, dim=None):
    """The cross product of the vectors of three elements along ``dim``, or along the first dimension of size 3: see :func:`linalg.cross`.

    Shapes, dtypes, special cases and gradient: as for :func:`linalg.cross`. Errors: those, and RuntimeError if no dimension is given and none has
    size 3. Source: torch.cross.

    >>> cross(tensor([[1., 0., 0.]]), tensor([[0., 1., 0.]]))
    tensor([[0., 0., 1.]])
    """
    return linalg_cross(input, other, dim=list(input.shape).index(3) if dim is None else dim)


@cross.constraints
def _(require, input, other, dim):
    require(dim is not None or 3 in input.shape, RuntimeError, "no dimension of size 3 in input")


def _of_vectors(x: Any, y: Any) -> bool:
    return bool(x.dim() == y.dim() == 1)


def _vecdot_node(bound: dict[str, Any]) -> str:
    return "VdotBackward0" if _of_vectors(bound["x"], bound["y"]) else "SumBackward1"


_VECDOT_OUTPUT = exact("linalg.vecdot: Expected out of dtype{result} but found {out}")


@op("function out", namespace="linalg", contract=accumulated(1), node=_vecdot_node, out=_VECDOT_OUTPUT, sharing=COMPUTED)
def linalg_vecdot(x, y, *, dim=-1):
    """The inner products of the vectors along ``dim``: ``sum(conj(x) * y)``, exact sums rounded once.

    Shapes: both broadcast, two vectors but not; of the result ``dim`` disappears. Dtypes: floating point and complex ones, the same for both.
    Special cases: no terms give 0; complex elements of ``x`` are conjugated. Errors: RuntimeError for other dtypes and shapes that do not broadcast;
    IndexError for a dimension that there is not (of two vectors it does not matter). Gradient: that of the result times the other vector (of ``x``,
    the result's is conjugated).
    Source: torch.linalg.vecdot.

    >>> linalg.vecdot(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    shape = broadcast_shapes(tuple(x.shape), tuple(y.shape))
    vectors = [t.detach().expand(shape or (1,)).movedim(dim if len(shape) > 1 else -1, -1) for t in (x, y)]
    return wrap(vectors[0].conj().unsqueeze(-2).matmul(vectors[1].unsqueeze(-1)).squeeze(-1).squeeze(-1)._view)


@linalg_vecdot.constraints
def _(require, x, y, dim):
    require(x.dtype.category >= 2, RuntimeError, "linalg.vecdot: Expected a floating point or complex tensor as input. Got {}", x.dtype.type_name)
    require(x.dtype is y.dtype, RuntimeError, "linalg.vecdot: Expected x and y to have the same dtype, but found x of type {} and y of type {} "
            "instead", x.dtype.type_name, y.dtype.type_name)  # fmt: skip
    require.broadcast(x, y)
    m, n = x.numel(), y.numel()
    require(not _of_vectors(x, y) or m == n, RuntimeError, "inconsistent tensor size, expected tensor [{0}] and src [{1}] to have the same number of "
            "elements, but got {0} and {1} elements respectively", m, n)  # fmt: skip
    if not _of_vectors(x, y):
        require.dimension(dim, max(x, y, key=lambda t: t.dim()))


def _along(grad: Any, dim: int, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> Any:
    """The gradient of the products, for that of their sum."""
    shape = broadcast_shapes(x_shape, y_shape)
    return grad.unsqueeze(dim if len(shape) > 1 else -1).expand(shape) if shape else grad


linalg_vecdot.derivative(
    x=lambda grad, y, dim, x_shape, y_shape: _along(grad, dim, x_shape, y_shape).conj() * y,
    y=lambda grad, x, dim, x_shape, y_shape: _along(grad, dim, x_shape, y_shape) * x,
)
