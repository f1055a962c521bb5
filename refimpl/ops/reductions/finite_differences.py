"""Derivatives of functions that are known at points, by the differences between neighbours."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import bool_, complex128, dtype, float64, get_default_dtype, uint8
from ...foundation.layout import wrap_dim
from ...foundation.promotion import promote_types
from ...operations.registry import op
from ...tensor import Tensor


def _wide(t: Tensor) -> Tensor:
    """In binary64, of floating point and complex numbers; differences of integers are integers."""
    return t if t.dtype.category < 2 else t.to(complex128 if t.is_complex() else float64)


def _result_dtype(input: Tensor, spacing: Any) -> dtype:
    """That of the quotient of two numbers: no integer."""
    d = input.dtype if input.dtype.category > 1 or isinstance(spacing, Tensor) else get_default_dtype()
    if isinstance(spacing, Tensor):
        d = promote_types(d, spacing.dtype if spacing.dtype.category > 1 else get_default_dtype())
    return d.to_computed_complex() if isinstance(spacing, complex) else d


def _part(x: Tensor, d: int, start: int, end: int) -> Tensor:
    return x.narrow(d, start, max(end - start, 0))


def _added(terms: list[Tensor]) -> Tensor:
    """Their sum, which begins with the first: -0 and -0 are -0."""
    first, second, third = terms
    return first + second + third


def _evenly_spaced(input: Tensor, d: int, h: Any, edge_order: int) -> list[Tensor]:
    """The derivatives at the first point, between, and at the last point."""
    x, n = _wide(input), input.shape[d]
    between = (_part(x, d, 2, n) - _part(x, d, 0, n - 2)) / (2 * h)
    if edge_order == 1:
        return [(_part(x, d, 1, 2) - _part(x, d, 0, 1)) / h, between, (_part(x, d, n - 1, n) - _part(x, d, n - 2, n - 1)) / h]
    first = (_part(x, d, 0, 1) * -1.5 + _part(x, d, 1, 2) * 2.0 - _part(x, d, 2, 3) * 0.5) / h
    last = (_part(x, d, n - 1, n) * 1.5 - _part(x, d, n - 2, n - 1) * 2.0 + _part(x, d, n - 3, n - 2) * 0.5) / h
    return [first, between, last]


def _at_coordinates(input: Tensor, d: int, coordinates: Tensor, edge_order: int) -> list[Tensor]:
    """The same for points at any places, by the parabola through three neighbours."""
    x, n = _wide(input), input.shape[d]
    steps = _wide(coordinates).diff()
    count = steps.shape[0]
    left, right = _part(steps, 0, 0, count - 1), _part(steps, 0, 1, count)

    def along(weights: Tensor) -> Tensor:
        return weights.reshape([-1 if k == d else 1 for k in range(input.dim())])

    three = (-right / (left * (left + right)), (right - left) / (left * right), left / (right * (left + right)))
    between = _added([along(weight) * _part(x, d, k, n - 2 + k) for k, weight in enumerate(three)])
    a, z = steps.select(0, 0), steps.select(0, -1)
    if edge_order == 1:
        return [(_part(x, d, 1, 2) - _part(x, d, 0, 1)) / a, between, (_part(x, d, n - 1, n) - _part(x, d, n - 2, n - 1)) / z]
    b, y = steps.select(0, 1), steps.select(0, -2)
    begin = (-(2.0 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b)))
    end = (z / (y * (z + y)), -(z + y) / (z * y), (2 * z + y) / (z * (z + y)))
    first = _added([weight * _part(x, d, k, k + 1) for k, weight in enumerate(begin)])
    last = _added([weight * _part(x, d, n - 3 + k, n - 2 + k) for k, weight in enumerate(end)])
    return [first, between, last]


def _dims(input: Tensor, dim: Any) -> tuple[int, ...]:
    return tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


@op("function", contract=conditioned(8))
def gradient(input, *, spacing=None, dim=None, edge_order=1):
    """The derivatives along dimensions of a function whose values at points are given: a tuple of tensors, one for each dimension.

    Between the ends it is ``(f(x + h) - f(x - h)) / 2h``, or, of points at any places, the slope there of the parabola through a point and its
    neighbours. At the ends it is the slope of the line to the next point (``edge_order`` 1), or of the parabola through three points (2).
    ``spacing`` is the distance h, one for each dimension or one for all, or a tuple of vectors with the places of the points, one for each dimension
    (a vector of three places stands for evenly distant differences). Shapes: each result has the input's; no ``dim`` stands for all. Dtypes: all but
    uint8, and bool where values are subtracted; integers, whose differences are integers, give the default dtype; evaluated in binary64. Special
    cases: places that come twice divide by 0. Errors: RuntimeError for other dtypes, other edge orders, fewer than ``edge_order + 1`` points,
    another number of spacings than of dimensions, a dimension that comes twice, and places that are no vector or too few; IndexError for a dimension
    that the input does not have. Gradient: that of the composition. Source: torch.gradient; B. Fornberg, Generation of Finite Difference Formulas on
    Arbitrarily Spaced Grids, 1988.

    >>> gradient(tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    >>> gradient(tensor([0., 1., 9.]), spacing=(tensor([0., 1., 3.]),), edge_order=2)
    (tensor([0., 2., 6.]),)
    """
    from ..joining.joining import cat

    found = []
    for k, dimension in enumerate(_dims(input, dim)):
        d = wrap_dim(dimension, input.dim())
        h = spacing[k] if isinstance(spacing, (tuple, list)) else 1 if spacing is None else spacing
        result = _result_dtype(input, h)
        parts = _at_coordinates(input, d, h, edge_order) if isinstance(h, Tensor) else _evenly_spaced(input, d, h, edge_order)
        found.append(cat([part.to(result) for part in parts], d))
    return tuple(found)


@gradient.constraints
def _(require, input, spacing, dim, edge_order):
    require(input.dtype is not uint8, RuntimeError, "torch.gradient does not support uint8 input.")
    require(edge_order in (1, 2), RuntimeError, "torch.gradient only supports edge_order=1 and edge_order=2.")
    several, dims = isinstance(spacing, (tuple, list)), _dims(input, dim)
    fits = not several or len(spacing) == len(dims)
    require(fits or dim is not None, RuntimeError, "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
            "'self.dim() = {}', since dim argument was not given, but got a list of length {}", input.dim(),
            len(spacing) if several else 0)  # fmt: skip
    require(fits or dim is None, RuntimeError, "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to "
            "have "
            "the same length, but got a spacing argument of length {} and a dim argument of length {}.", len(spacing) if several else 0,
            len(dims))  # fmt: skip
    require.dimensions(dims, input)
    require(input.dim() or not dims, IndexError, "Dimension specified as {} but tensor has no dimensions", *dims[:1] or (0,))
    wrapped = [d % max(input.dim(), 1) for d in dims]
    subtracted = edge_order == 1 or not several or not all(isinstance(h, Tensor) for h in spacing)
    require(input.dtype is not bool_ or not dims or not subtracted, RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not "
            "supported. Use the "
            "`^` or "
            "`logical_xor()` operator instead.")  # fmt: skip
    for k, d in enumerate(wrapped if input.dim() else ()):
        n = input.shape[d]
        require(n > edge_order, RuntimeError, "torch.gradient expected each dimension size to be at least edge_order+1")
        places = spacing[k] if several and fits else None
        if isinstance(places, Tensor):
            _places(require, places, d, n, edge_order)


def _places(require: Any, places: Tensor, d: int, n: int, edge_order: int) -> None:
    """A vector with a place for each point, or three of them."""
    require(places.dim() == 1, RuntimeError, "torch.gradient expected each element of spacing to have one dimension, but got an element with {} "
            "dimensions!", places.dim())  # fmt: skip
    require(places.dtype is not bool_, RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip
    count = places.shape[0] if places.dim() == 1 else n
    inner, weights = max(n - 2, 0), max(count - 2, 0)
    require(weights == inner or 1 in (weights, inner), RuntimeError, "The size of tensor a ({}) must match the size of tensor b ({}) at "
            "non-singleton "
            "dimension {}", weights, inner, d)  # fmt: skip
    require(count > edge_order, IndexError, "select(): index {} out of range for tensor of size [{}] at dimension 0", edge_order - 1,
            max(count - 1, 0))
