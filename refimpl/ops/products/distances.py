"""Distances between vectors: norms of their differences, which are not rounded on the way; and the cosine of the angle between two."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.modes import no_grad
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, get_default_dtype
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import broadcast_shapes
from ...foundation.promotion import promote_types
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.triangle_indices import triu_indices
from ..linalg.norms import linalg_vector_norm
from ..shared.elementwise import common_dtype, number_as
from .evaluation import narrowed, rounded, widened

# -- between all rows -------------------------------------------------------------------------------

_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def _norms(differences: Tensor, p: float, d: dtype_class) -> Tensor:
    """The norms along the last dimension, rounded to dtype ``d``; NaN of NaN for every order."""
    if not differences.shape[-1]:
        return differences.new_zeros(differences.shape[:-1], dtype=d)
    norms = linalg_vector_norm(differences, p, [-1], False)
    if p == 0:
        norms = norms.masked_fill(differences.isnan().any(-1), math.nan)
    return norms.to(d)


def _slopes(differences: Any, distances: Any, grad: Any, p: float) -> Any:
    """The gradient of the distances with respect to the differences; 0 at distance 0, and of elements that are 0 for ``p`` below 1."""
    grad, distances = grad.unsqueeze(-1), distances.unsqueeze(-1)
    if p == 0:
        return differences * 0
    if p == 1:
        return differences.sign() * grad
    if math.isinf(p):
        return differences.sign() * (differences.abs() == distances) * grad
    size = differences.abs().masked_fill(differences == 0, 1)
    slope = differences * (size.pow(p - 2) if p != 2 else 1) * grad / distances.pow(p - 1)
    return slope.masked_fill((distances == 0) | (differences == 0), 0)


def _by_products(x1: Tensor, x2: Tensor, p: float, compute_mode: str) -> bool:
    """Whether torch finds the distances by a product of matrices."""
    return p == 2 and (compute_mode == _MODES[1] or compute_mode == _MODES[0] and max(x1.shape[-2], x2.shape[-2]) > 25)


@op("function python", contract=accumulated(2))
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The distances of every row of ``x1`` to every row of ``x2``: ``(sum |x1[i, k] - x2[j, k]|**p) ** (1/p)``, rounded once.

    ``compute_mode`` says whether torch may find Euclidean distances by a product of matrices, which loses digits where rows are close (it does for
    more than 25 rows, unless told not to); the exact value is the same. Shapes: (..., n, m) and (..., k, m), whose batches broadcast, give
    (..., n, k). Dtypes: float32 and float64, the same for both; float16 and bfloat16 where torch uses products. Special cases: inf gives the greatest
    difference, 0 the number of elements that differ; NaN gives NaN for every order; rows without elements have distance 0. Errors: RuntimeError for
    other dtypes, ranks, sizes that do not fit, two dtypes, and for a negative ``p``; ValueError for another mode; TypeError for what is
    no tensor, or a ``p`` that is no number; NotImplementedError for 16-bit floats. Gradient: ``sign(d) (|d| / distance)**(p-1)``; 0 at
    distance 0; for inf to each element that attains it; none for p = 0. Source: torch.cdist.

    >>> cdist(tensor([[0., 0.], [3., 4.]]), tensor([[0., 0.]]))
    tensor([[0.],
            [5.]])
    """
    return _cdist(x1, x2, float(p), "ViewBackward0" if _by_products(x1, x2, float(p), compute_mode) else "CdistBackward0")


@cdist.constraints
def _(require, x1, x2, p, compute_mode):
    for position, (name, x) in enumerate((("x1", x1), ("x2", x2)), 1):
        require(isinstance(x, Tensor), TypeError, "cdist(): argument '{}' (position {}) must be Tensor, not {}", name, position, type(x).__name__)
    require(compute_mode in _MODES, ValueError, "{} is not a valid value for compute_mode", compute_mode)
    require(isinstance(p, (int, float, Tensor)), TypeError, "cdist(): argument 'p' (position 3) must be float, not {}", type(p).__name__)
    require(float(p) >= 0, RuntimeError, "cdist only supports non-negative p values")
    for name, x in (("X1", x1), ("X2", x2)):
        require(x.dtype.category == 2, RuntimeError, "cdist only supports floating-point dtypes, {} got: {}", name, x.dtype.type_name)
        require(x.dim() >= 2, RuntimeError, "cdist only supports at least 2D tensors, {} got: {}D", name, x.dim())
    columns, others = x1.shape[-1], x2.shape[-1]
    require(columns == others, RuntimeError, "X1 and X2 must have the same number of columns. X1: {} X2: {}", columns, others)
    empty = not (x1.numel() and x2.numel())
    require(empty or x1.dtype is x2.dtype, RuntimeError, "expected scalar type {} but found {}", x1.dtype.type_name, x2.dtype.type_name, also=(
        (RuntimeError, "expected m1 and m2 to have the same dtype, but got: {} != {}"),))  # fmt: skip
    require(x1.dtype.itemsize >= 4 or empty or _by_products(x1, x2, float(p), compute_mode), NotImplementedError,
            "\"cdist\" not implemented for '{}'", x1.dtype.type_name)  # fmt: skip
    for i, (m, n) in enumerate(zip(reversed(x1.shape[:-2]), reversed(x2.shape[:-2])), 1):
        require(m == n or 1 in (m, n), RuntimeError, "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}",
                m, n, max(x1.dim(), x2.dim()) - 2 - i)  # fmt: skip


@op("only", name="_cdist", node=lambda bound: bound["node"])
def _cdist(x1, x2, p, node):
    """The distances of all pairs of rows."""
    a, b = widened([x1.detach(), x2.detach().to(x1.dtype)])
    return _norms(a.unsqueeze(-2) - b.unsqueeze(-3), p, x1.dtype)


def _cdist_slopes(grad: Any, x1: Any, x2: Any, result: Any, p: float) -> Any:
    return _slopes(x1.unsqueeze(-2) - x2.unsqueeze(-3), result, grad, p)


_cdist.derivative(
    x1=lambda grad, x1, x2, result, p: _cdist_slopes(grad, x1, x2, result, p).sum(-2),
    x2=lambda grad, x1, x2, result, p: -_cdist_slopes(grad, x1, x2, result, p).sum(-3),
)


@op("function", contract=accumulated(2), aliases=("nn.functional.pdist",))
def pdist(input, p=2):
    """The distances of every two rows of a matrix, ``(0, 1), (0, 2), ..., (1, 2), ...``: ``(sum |x[i, k] - x[j, k]|**p) ** (1/p)``, rounded once.

    Shapes: (n, m) gives (n (n - 1) / 2). Dtypes: float32 and float64. Special cases and gradient: as for :func:`cdist`. Errors: RuntimeError for
    other dtypes and ranks, and for a negative ``p``; NotImplementedError for 16-bit floats. Source: torch.nn.functional.pdist.

    >>> pdist(tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    return _norms(_row_differences(widened([input.detach()])[0]), float(p), input.dtype)


@pdist.constraints
def _(require, input, p):
    require(input.dim() == 2, RuntimeError, "pdist only supports 2D tensors, got: {}D", input.dim())
    require(input.dtype.category == 2, RuntimeError, "pdist only supports floating-point dtypes")
    require(p >= 0, RuntimeError, "pdist only supports non-negative p values")
    require(input.dtype.itemsize >= 4 or input.shape[0] < 2 or not input.shape[1], NotImplementedError, "\"pdist\" not implemented for '{}'",
            input.dtype.type_name)  # fmt: skip


def _row_differences(input: Any) -> Any:
    first, second = triu_indices(input.shape[0], input.shape[0], 1, device=input.device)
    return input.index_select(0, first) - input.index_select(0, second)


def _pdist_gradient(grad: Any, input: Any, result: Any, p: float) -> Any:
    slopes = _slopes(_row_differences(input), result, grad, float(p))
    first, second = triu_indices(input.shape[0], input.shape[0], 1, device=input.device)
    zeros = slopes.new_zeros(input.shape)
    return zeros.index_add(0, first, slopes).index_add(0, second, -slopes)


pdist.derivative(input=_pdist_gradient)

# -- between vectors ----------------------------------------------------------------------------------


@op("function", contract=accumulated(2), aliases=("nn.functional.pairwise_distance",))
def pairwise_distance(x1, x2, p=2, eps=1e-06, keepdim=False):
    """The norms of ``x1 - x2 + eps`` along the last dimension, rounded once.

    Shapes: both broadcast; the last dimension disappears, or has size 1 with ``keepdim``. Dtypes: all but bool; they promote, integers are subtracted
    as such and then the default dtype; of complex ones the distance is real. Special cases: ``p`` and NaN as in :func:`norm`; equal vectors are not
    at distance 0, for ``eps`` is added to each element. Errors: RuntimeError for bool, for shapes that do not broadcast, and for negative and
    infinite orders of no elements. Gradient: that of the norm. Source: torch.nn.functional.pairwise_distance.

    >>> pairwise_distance(tensor([[3., 4.]]), tensor([[0., 0.]]), eps=0.0)
    tensor([5.])
    """
    common = common_dtype(x1, x2)
    d = get_default_dtype() if common.category < 2 else common
    a, b = (x1, x2) if common.category < 2 else widened([x1.to(common), x2.to(common)])
    differences = (a - b if common.category >= 2 else widened([(a - b).to(d)])[0]) + number_as(eps, d, True)
    return rounded(linalg_vector_norm(differences, p, [max(differences.dim() - 1, 0)], keepdim), d.real, "NormBackward1")


@pairwise_distance.constraints
def _(require, x1, x2):
    bools = (x1.dtype is bool_) + (x2.dtype is bool_)
    require(bools != 1, RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead.")  # fmt: skip
    require(bools != 2, RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead.")  # fmt: skip
    require.broadcast(x1, x2)


@op("function", contract=accumulated(4), aliases=("nn.functional.cosine_similarity",))
def cosine_similarity(x1, x2, dim=1, eps=1e-08):
    """The cosine of the angle between vectors along ``dim``: ``sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps))``, rounded once.

    Shapes: both broadcast; ``dim`` disappears. Dtypes: floating point ones, which promote. Special cases: a vector shorter than ``eps`` counts as
    that long, so that the zero vector has similarity 0; no terms give 0; NaN and infinite elements give NaN. Errors: RuntimeError for other
    dtypes, shapes that do not broadcast, and a negative ``eps``; IndexError for a dimension that there is not. Gradient: that of the quotient,
    in which the lengths are no constants where they are below ``eps``, either. Source: torch.nn.functional.cosine_similarity.

    >>> cosine_similarity(tensor([[3., 4.]]), tensor([[4., 3.]]))
    tensor([0.9600])
    """
    d = promote_types(x1.dtype, x2.dtype)
    shape = broadcast_shapes(tuple(x1.shape), tuple(x2.shape))
    vectors = widened([x1.to(d).expand(shape), x2.to(d).expand(shape)])
    quotients = []
    for vector in vectors:
        length = linalg_vector_norm(vector, 2, [dim], True).clone()
        with no_grad():
            length.clamp_min_(number_as(eps, d))
        quotients.append(vector / length)
    return narrowed((quotients[0] * quotients[1]).sum(dim), d, "SumBackward1")


@cosine_similarity.constraints
def _(require, x1, x2, dim, eps):
    d = promote_types(x1.dtype, x2.dtype)
    words = "expected common dtype to be floating point, yet common dtype is {}"  # torch's counts a 0-d tensor less, but evaluates as if not
    require(d.category == 2, RuntimeError, words, d.type_name, also=((RuntimeError, words.format(common_dtype(x1, x2).type_name)),))
    require(eps >= 0, RuntimeError, "eps must be non-negative, got: {:g}", eps)
    require.broadcast(x1, x2)
    require.dimension(dim, max(x1, x2, key=lambda t: t.dim()))
