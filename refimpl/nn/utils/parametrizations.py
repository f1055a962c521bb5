"""Parametrizations of weights: of a norm of their own, of spectral norm 1, orthogonal."""

from __future__ import annotations

from typing import Any

from ...autograd.modes import no_grad
from ...foundation.dtypes import finfo
from ...ops.creation.filled import eye
from ...ops.creation.like_another import zeros_like
from ...ops.joining.joining import cat
from ...ops.linalg.orthogonal import geqrf, linalg_householder_product
from ...ops.linalg.solving import linalg_solve
from ...ops.linalg.spectra.exponentials import linalg_matrix_exp
from ...ops.products.matrix_products import mv
from ...ops.random.random_tensors import randn
from ...tensor import Tensor, contiguous_format
from ..functional import normalize
from ..modules.module import Module
from ._norms import as_matrix, norm_except, output_dimension, with_norm
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

MAPS = ("matrix_exp", "cayley", "householder")


# -- orthogonal matrices ---------------------------------------------------------------------------


def _identity(like: Any) -> Any:
    return eye(like.size(-1), dtype=like.dtype, device=like.device)


def _is_orthogonal(matrix: Any) -> bool:
    product = matrix.mH @ matrix
    return product.allclose(_identity(product), atol=10.0 * matrix.size(-2) * finfo(matrix.dtype).eps)


def _orthogonalized(matrix: Any) -> Any:
    """Q of the QR decomposition whose R has a positive diagonal."""
    packed, tau = geqrf(matrix)
    return linalg_householder_product(packed, tau) * packed.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """From any matrix to one with orthonormal columns (or rows, if it is wide): the exponential or the Cayley transform of a skew-symmetric matrix,
    or a product of Householder reflections; times ``base``, the matrix at which it was last set, if ``use_trivialization``."""

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.size(-2) < x.size(-1)
        q = self._columns(x.mT if wide else x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    def _columns(self, x: Any) -> Any:
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            vectors = x.tril(diagonal=-1)
            reflected = linalg_householder_product(vectors, 2.0 / (1.0 + (vectors * vectors).sum(-2)))
            return reflected * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)  # the diagonal has the signs
        triangle = x.tril()
        if n != k:
            triangle = cat([triangle, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
        skew = triangle - triangle.mH
        if self.orthogonal_map == "matrix_exp":
            q = linalg_matrix_exp(skew)
        else:
            q = linalg_solve(_identity(skew) - 0.5 * skew, _identity(skew) + 0.5 * skew)
        return q[..., :k]

    def right_inverse(self, value: Any) -> Any:
        """What gives an orthogonal matrix; another one is made orthogonal first."""
        with no_grad():
            if value.shape != self.shape:
                raise ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {value.shape}.")
            wide = value.size(-2) < value.size(-1)
            q = value.mT if wide else value
            if not hasattr(self, "base"):
                packed = self._reflections(q)
                return packed.mT if wide else packed
            n, k = q.shape[-2:]
            if n != k:  # the missing columns are drawn at random
                q = cat([q, randn(*q.shape[:-2], n, n - k, dtype=q.dtype, device=q.device)], dim=-1)
            self.base = q.clone() if n == k and _is_orthogonal(q) else _orthogonalized(q)
            origin = zeros_like(value)
            origin.diagonal(dim1=-2, dim2=-1).fill_(-1.0)  # which every map takes to the identity, or, as torch has it, close to it
            return origin

    def _reflections(self, q: Any) -> Any:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False."
            )
        packed, tau = geqrf(q)
        diagonal = packed.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1
        return packed


def orthogonal(module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True) -> Any:
    """Let a matrix of a module be orthogonal, or unitary: with orthonormal columns, or rows if it is wide.

    ``orthogonal_map``: "matrix_exp", "cayley" or "householder"; the first one for square and complex matrices unless said, the last one for others.
    ``use_trivialization``: multiply by a matrix that is kept, so that any orthogonal matrix can be assigned (M. Lezcano-Casado: Trivializations for
    gradient-based optimization on manifolds, 2019). ValueError for something that is no matrix.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.size(-2) == weight.size(-1) or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}')
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization), unsafe=True)


# -- norms -----------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """A direction, and a norm for each slice along ``dim``."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return with_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """The norms, and the weight itself for the directions."""
        return norm_except(weight, self.dim), weight


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Let a weight be ``g * v / norm(v)``, with the trained norms g (``original0``) and directions v (``original1``) of its slices along ``dim``, of
    the whole if it is None (T. Salimans, D. Kingma: Weight normalization, 2016). A state dict of the older function of this name is loaded too.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def of_the_older_one(state_dict: Any, prefix: str, *others: Any) -> None:
        old = [f"{prefix}{name}_{suffix}" for suffix in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(of_the_older_one)
    return module


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, which the power method estimates: a step or several whenever the weight is read in training."""

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            rows, columns = matrix.size()
            u, v = matrix.new_empty(rows).normal_(0, 1), matrix.new_empty(columns).normal_(0, 1)
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _power_method(self, matrix: Any, steps: int) -> None:
        with no_grad():
            for _ in range(steps):
                self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = [each.clone(memory_format=contiguous_format) for each in (self._u, self._v)]  # the next step writes into them
        return weight / u.vdot(mv(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        """The weight itself, of any norm."""
        return value


def spectral_norm(module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None) -> Any:
    """Let a weight have the spectral norm 1, as a matrix whose rows are its slices along ``dim``, the dimension of the outputs unless said (T. Miyato
    et al.: Spectral normalization for generative adversarial networks, 2018). ValueError if there is no such tensor."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = output_dimension(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
