"""Differences between neighbours, and the areas below the lines between them.

Composites: their gradients are those of the operations that they are made of.
"""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import bool_
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import CASTABLE, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, POINTWISE, Sharing
from ...tensor import Tensor
from ..creation.like_another import zeros_like


def _sharing(bound: dict[str, Any]) -> Sharing:
    """A single difference is written while the input is read."""
    alone = bound["prepend"] is None and bound["append"] is None
    return POINTWISE if not bound["n"] or bound["n"] == 1 and alone else COMPUTED


_COPIED = exact("expected scalar_type {result} but found {out}").contiguous()


@op("method out", sharing=_sharing, out=lambda bound: CASTABLE if bound["n"] else _COPIED)
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The differences between neighbours along ``dim``, taken ``n`` times: ``out[i] = input[i + 1] - input[i]`` for n = 1.

    ``prepend`` and ``append`` are put before and behind the input first. Shapes: ``n`` fewer along ``dim``, none less; ``prepend`` and ``append``
    have the input's shape but for ``dim``. Dtypes: all; those of what is put together are promoted; each difference is rounded; bools differ by
    "exclusive or". Special cases: n = 0 gives a copy of the input alone. Errors: RuntimeError for a 0-d input, a negative ``n``, and other shapes;
    IndexError for a dimension that the input does not have. Source: torch.diff.

    >>> diff(tensor([1, 4, 9]), prepend=tensor([0]))
    tensor([1, 3, 5])
    """
    from ..joining.joining import cat

    if not n:
        result = zeros_like(input)
        result.copy_(input)
        return result
    d = wrap_dim(dim, input.dim())
    parts = [part for part in (prepend, input, append) if part is not None]
    result = cat(parts, d) if len(parts) > 1 else input
    for _ in range(min(n, result.shape[d])):
        size = result.shape[d] - 1
        later, earlier = result.narrow(d, 1, size), result.narrow(d, 0, size)
        result = later.logical_xor(earlier) if result.dtype is bool_ else later - earlier
    return result


@diff.constraints
def _(require, input, n, dim, prepend, append):
    require(input.dim(), RuntimeError, "diff expects input to be at least one-dimensional")
    require(n >= 0, RuntimeError, "order must be non-negative but got {}", n)
    for part in (prepend, append):
        if part is not None:
            require(part.dim() == input.dim(), RuntimeError, "diff expects prepend or append to be the same dimension as input")
    if not n and prepend is None and append is None:
        return
    require.dimension(dim, input)
    d = wrap_dim(dim, input.dim())
    for part in (prepend, append):
        for k, size in enumerate(input.shape if part is not None else ()):
            require(k == d or part.shape[k] == size, RuntimeError, "diff expects the shape of tensor to prepend or append to match that of input "
                    "except along the differencing dimension; input.size({0}) = {1}, but got tensor.size({0}) = {2}", k, size,
                    part.shape[k])  # fmt: skip


# -- areas -----------------------------------------------------------------------------------------


@op("only", name="_times", node="MulBackward1")
def _times(input, number):
    """The product with a number, as torch's own composites record it."""
    return input.detach() * number


_times.derivative(input=lambda grad, number: _times(grad, number))


@op("only", name="_divided", node="DivBackward1")
def _divided(input, number):
    """The quotient by a number, as torch's own composites record it."""
    return input.detach() / number


_divided.derivative(input=lambda grad, number: _divided(grad, number))


def _halves(y: Tensor, dim: int) -> Tensor:
    """The sums of neighbours."""
    size = max(y.shape[dim] - 1, 0)
    return y.narrow(dim, 0, size) + y.narrow(dim, y.shape[dim] - size, size)


def _widths(y: Tensor, x: Tensor, dim: int) -> Tensor:
    """The distances between the places of neighbours, to be broadcast."""
    if x.dim() == 1:
        x = x.view([-1 if k == dim else 1 for k in range(y.dim())])
    elif x.dim() < y.dim():
        x = x.view((1,) * (y.dim() - x.dim()) + tuple(x.shape))
    size = max(x.shape[dim] - 1, 0)
    return x.narrow(dim, x.shape[dim] - size, size) - x.narrow(dim, 0, size)


def _integrable(require: Any, y: Tensor, x: Tensor | None, dx: Any, dim: int, name: str, looks_at_none: bool) -> None:
    require(y.dim(), IndexError, "Dimension specified as {} but tensor has no dimensions", dim, also=(
        (IndexError, "Dimension specified as 0 but tensor has no dimensions"), (IndexError, "slice() cannot be applied to a 0-dim tensor.")))
    require.dimension(dim, y)
    within = -y.dim() <= dim < y.dim()
    if looks_at_none and within and not y.shape[dim]:
        return
    require(not isinstance(dx, complex), RuntimeError, "{}: Currently, we only support dx as a real number.", name)
    if x is None:
        require(y.dtype is not bool_, RuntimeError, "{}: received a bool input for `y`, but bool is not supported", name)
        return
    require(y.dtype is not bool_ and x.dtype is not bool_, RuntimeError, "{}: received a bool input for `x` or `y`, but bool is not supported", name)
    require(x.dim() != 1 or not within or x.shape[0] == y.shape[dim], RuntimeError, "{}: There must be one `x` value for each sample point", name)


@op("function", contract=conditioned(8))
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """The area below the line through points along ``dim``, of heights ``y``: of each pair of neighbours their mean times their distance, added up.

    The points lie at ``x``, or ``dx`` apart: then the sum of all, less half of the first and the last, times ``dx``. Shapes: ``dim`` disappears;
    ``x`` has one place for each point, or is broadcast against ``y``. Dtypes: all but bool; integers give the default dtype. Special cases: no
    points have the area 0. Errors: RuntimeError for bool, a complex ``dx``, and other shapes; IndexError for a dimension that ``y`` does not have,
    or a 0-d ``y``. Source: torch.trapezoid.

    >>> trapezoid(tensor([1., 2., 4.])), trapezoid(tensor([1., 2., 4.]), tensor([0., 1., 3.]))
    (tensor(4.5000), tensor(7.5000))
    """
    d = wrap_dim(dim, y.dim())
    if not y.shape[d]:
        return y.new_zeros([n for k, n in enumerate(y.shape) if k != d])
    if x is None:
        return _times(y.sum(d) - _divided(y.select(d, 0) + y.select(d, -1), 2.0), dx)
    return _divided((_halves(y, d) * _widths(y, x, d)).sum(d), 2.0)


@trapezoid.constraints
def _(require, y, x, dx, dim):
    _integrable(require, y, x, dx, dim, "trapezoid", True)


@op("function", contract=conditioned(8))
def trapz(y, x=None, *, dx=1, dim=-1):
    """:func:`trapezoid`, by NumPy's old name. RuntimeError and IndexError as there.

    >>> trapz(tensor([1., 2., 4.]), dx=2)
    tensor(9.)
    """
    return trapezoid(y, dx=dx, dim=dim) if x is None else trapezoid(y, x, dim=dim)


@op("function", contract=conditioned(8))
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    """The areas of :func:`trapezoid` up to each point but the first, as running sums.

    Shapes: one fewer along ``dim``. Dtypes and errors: as there. Source: torch.cumulative_trapezoid.

    >>> cumulative_trapezoid(tensor([1., 2., 4.]))
    tensor([1.5000, 4.5000])
    """
    d = wrap_dim(dim, y.dim())
    if x is None:
        return (_times(_halves(y, d), dx / 2.0) + 0.0).cumsum(d)
    return _divided((_halves(y, d) * _widths(y, x, d) + 0.0).cumsum(d), 2.0)  # a sum of negative zeros is 0


@cumulative_trapezoid.constraints
def _(require, y, x, dx, dim):
    _integrable(require, y, x, dx, dim, "cumulative_trapezoid", False)
