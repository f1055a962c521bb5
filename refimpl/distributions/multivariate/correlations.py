"""Random correlation matrices, by their Cholesky factors."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...foundation.dtypes import finfo
from ...ops.creation.ranges import arange
from ...ops.joining.joining import cat
from ...ops.random.random_tensors import randn
from ...ops.special.gamma_family import mvlgamma
from ...tensor import Size
from .. import constraints
from ..continuous.simplex import Beta
from ..distribution import Distribution
from ..utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """The Cholesky factor of a ``dim`` x ``dim`` correlation matrix whose density is proportional to ``det**(concentration - 1)``.

    ValueError for a dim below 2. Samples are those of the extended onion method (D. Lewandowski, D. Kurowicka, H. Joe: Generating random
    correlation matrices based on vines and extended onion method, 2009): row by row a direction, and a length from a beta distribution.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        rows = arange(dim - 1, dtype=self.concentration.dtype, device=self.concentration.device)
        rows = cat([rows.new_zeros((1,)), rows])
        self._beta = Beta(rows + 0.5, (self.concentration + 0.5 * (dim - 2)).unsqueeze(-1) - 0.5 * rows)
        super().__init__(self.concentration.size(), Size((dim, dim)), validate_args)

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        squares = self._beta.sample(sample_shape).unsqueeze(-1)
        normal = randn(self._extended_shape(sample_shape), dtype=squares.dtype, device=squares.device).tril(-1)
        direction = normal / normal.norm(dim=-1, keepdim=True)
        direction[..., 0, :] = 0.0
        w = squares.sqrt() * direction
        return w + (1 - (w**2).sum(-1)).clamp(min=finfo(w.dtype).tiny).sqrt().diag_embed()

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        rest = self.dim - 1
        orders = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1, device=self.concentration.device)
        alpha = self.concentration + 0.5 * rest
        normalizer = 0.5 * rest * log(pi) + mvlgamma(alpha - 0.5, rest) - alpha.lgamma() * rest
        return (orders * diagonal.log()).sum(-1) - normalizer
