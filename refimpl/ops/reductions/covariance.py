"""Covariances and correlations of variables, evaluated in binary64 and rounded once.

Composites: their gradients are those of the operations that they are made of.
"""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import bool_, complex128, dtype, float64, get_default_dtype
from ...operations.dtype_support import common_dtype
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.operands import anywhere, everywhere


def _observations(input: Tensor) -> int:
    return input.shape[1] if input.dim() == 2 else input.numel()


def _covariance(input: Tensor, correction: int, fweights: Tensor | None, aweights: Tensor | None) -> Tensor:
    """The matrix, in float64 or complex128."""
    x = (input if input.dim() == 2 else input.view((1, -1))).to(complex128 if input.is_complex() else float64)
    count = _observations(input)
    w = None if fweights is None and aweights is None else x.real.new_ones(()) if x.is_complex() else x.new_ones(())
    for weights in (fweights, aweights):
        if weights is not None:
            w = w * weights.to(float64)  # type: ignore[operator]
    total: Any = float(count) if w is None else w.sum()
    mean = (x if w is None else x * w).sum(1) / total
    divisor = total - correction if aweights is None or not correction else total - correction * (w * aweights.to(float64)).sum() / total
    if divisor <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.", stacklevel=4)
        divisor = 0.0
    x = x - mean.unsqueeze(1)
    second = (x if w is None else x * w).t().conj()
    return (x * second if x.shape[1] == 1 else x.mm(second)) / divisor  # of one observation nothing is added, and zeros keep their signs


def _result_dtype(input: Tensor, aweights: Tensor | None = None) -> dtype:
    """The common one of the input, as a matrix, and the weights that are no counts."""
    d = input.dtype if aweights is None else common_dtype(input if input.dim() else input.reshape(1), aweights)
    return d if d.category > 1 else get_default_dtype()


def _few_dimensions(require: Any, input: Tensor, name: str) -> None:
    require(input.dim() <= 2, RuntimeError, "{}(): expected input to have two or fewer dimensions but got an input with {} dimensions", name,
            input.dim())  # fmt: skip
    require(input.dtype is not bool_, RuntimeError, "cov(): bool dtype is not supported for input")


@op("method", contract=conditioned(8))
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of variables, one a row of the input, of which the columns are observations; of a vector its variance.

    The sum of the products of the distances to the means, of which the second is conjugated, divided by the number of observations less
    ``correction``. ``fweights`` says how often each observation is there, ``aweights`` how much it counts; then the means are weighted, and the
    divisor is the sum of the weights less ``correction``, with ``aweights`` times the mean of these. Shapes: a square matrix, 0-d for one variable;
    weights are 0-d or vectors. Dtypes: all but bool; integers give the default dtype, that of ``aweights`` is promoted; ``fweights`` are integers,
    ``aweights`` floats. Special cases: a divisor that is not positive counts as 0, with a warning. Errors: RuntimeError for more dimensions, other
    dtypes, other numbers of weights, negative ones, and a sum of 0. Gradient: that of the composition. Source: torch.cov.

    >>> cov(tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    return _covariance(input, correction, fweights, aweights).to(_result_dtype(input, aweights)).squeeze()


@cov.constraints
def _(require, input, fweights, aweights):
    _few_dimensions(require, input, "cov")
    count = _observations(input)
    total = 1.0
    for name, kind, category, weights in (("fweights", "integral", 1, fweights), ("aweights", "floating point", 2, aweights)):
        if weights is None:
            continue
        require(weights.dim() <= 1, RuntimeError, "cov(): expected {0} to have one or fewer dimensions but got {0} with {1} dimensions", name,
                weights.dim())  # fmt: skip
        require(weights.dtype.category == category, RuntimeError, "cov(): expected {0} to have {1} dtype but got {0} with {2} dtype", name, kind,
                weights.dtype.type_name)  # fmt: skip
        require(weights.numel() == count, RuntimeError, "cov(): expected {} to have the same numel as there are observations in the input but got "
                "{} != {}", name, weights.numel(), count)  # fmt: skip
        require(weights.is_complex() or not anywhere(weights < 0), RuntimeError, "cov(): {} cannot be negative", name)
        total = total * weights.detach().to(float64) if weights.numel() == count and not weights.is_complex() else 1.0
    require(isinstance(total, float) or everywhere(total.sum() != 0), RuntimeError, "cov(): weights sum to zero, can't be normalized")


@op("method", contract=conditioned(8))
def corrcoef(input):
    """Pearson's correlations of variables, one a row of the input, of which the columns are observations: of a vector with itself.

    The covariances (:func:`cov`) divided by the standard deviations of both, limited to [-1, 1], as are both parts of complex ones. Shapes: a square
    matrix, 0-d for one variable. Dtypes: all but bool; integers give the default dtype. Special cases: NaN for a variable that does not vary.
    Errors: RuntimeError for more than two dimensions, and for bool. Gradient: that of the composition. Source: torch.corrcoef.

    >>> corrcoef(tensor([[0., 1., 2.], [1., 0., -1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    from ..pointwise.complex_numbers import complex

    d = _result_dtype(input)
    c = _covariance(input, 1, None, None).squeeze()
    if not c.dim():
        c = c.to(d)
        return c / c
    variances = c.diagonal()
    deviations = (variances.real if c.is_complex() else variances).sqrt()
    c = (c / deviations.unsqueeze(1) / deviations).to(d)
    return complex(c.real.clamp(-1, 1), c.imag.clamp(-1, 1)) if c.is_complex() else c.clamp(-1, 1)


@corrcoef.constraints
def _(require, input):
    _few_dimensions(require, input, "corrcoef")
