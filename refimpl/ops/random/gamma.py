"""Random numbers of the standard gamma distribution, and of the Dirichlet distribution, whose numbers are gamma numbers divided by their sum."""

from __future__ import annotations

from ...foundation.contracts import ulps
from ...foundation.dtypes import finfo, float32, float64
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.gradients import no_derivative
from ..special.reparameterisation import _standard_gamma_grad
from .drawing import draw_each, drawn_in


def _draw(shapes: Tensor, generator: object) -> Tensor:
    return draw_each(drawn_in(None, shapes._view.shape, shapes._view.dtype, shapes.device), "standard_gamma", shapes, generator)


def _single_or_double(require, input, kernel):
    d = input._view.dtype
    require(d in (float32, float64), NotImplementedError, "\"{}\" not implemented for '{}'", kernel, d.type_name)


@op("function", contract=ulps(8))
def _standard_gamma(input, generator=None):
    """Numbers of the gamma distributions of rate 1 whose shape parameters are the input's elements, of its shape and dtype; contiguous.

    No number is less than the least normal number of the dtype, which 0, negative shapes and NaN give. NotImplementedError for a dtype other than
    float32 and float64. The gradient is that of a draw that keeps its place in the distribution, :func:`_standard_gamma_grad`.
    The contract: a product of five numbers, one of them a power, in binary64.
    Source: G. Marsaglia, W. W. Tsang: A simple method for generating gamma variables (2000).

    >>> _standard_gamma(tensor([0., 0.])) > 0
    tensor([True, True])
    """
    return _draw(input.detach(), generator)


@_standard_gamma.constraints
def _(require, input):
    _single_or_double(require, input, "gamma_cpu")


_standard_gamma.derivative(input=lambda grad, input, result: grad * _standard_gamma_grad(input, result))


@op("function", contract=ulps(12), node="NotImplemented")
def _sample_dirichlet(input, generator=None):
    """Numbers of the Dirichlet distributions whose concentrations stand along the input's last dimension, of its shape and dtype; contiguous.

    They are gamma numbers of float64 divided by their sum (whence the contract), no less than the least normal number of the dtype and less than 1;
    an infinite one gives the least. NotImplementedError for a dtype other than float32 and float64. There is no gradient:
    :class:`refimpl.distributions.Dirichlet` has one.

    >>> _sample_dirichlet(tensor([2., 3.])).shape
    torch.Size([2])
    """
    limits = finfo(input.dtype)
    gammas = _draw(input.detach().double(), generator)
    return (gammas / gammas.sum(-1, True)).to(input.dtype).nan_to_num(limits.tiny).clamp(limits.tiny, 1.0 - limits.eps / 2.0)


@_sample_dirichlet.constraints
def _(require, input):
    _single_or_double(require, input, "dirichlet")


_sample_dirichlet.derivative(input=no_derivative("aten::_sample_dirichlet"))
