"""The von Mises distribution."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...autograd.modes import no_grad
from ...foundation.dtypes import bool_, float64
from ...ops.creation.like_another import zeros_like
from ...ops.pointwise.replacement import where
from ...ops.random.random_tensors import rand
from ...ops.special.modified_bessel import special_i0e, special_i1e
from ...tensor import Size
from .. import constraints
from ..distribution import Distribution
from ..utils import broadcast_all

__all__ = ["VonMises"]


class VonMises(Distribution):
    """The density ``exp(concentration * cos(x - loc)) / (2 pi I0(concentration))`` of an angle.

    Samples are in [-pi, pi), by the rejection method of D. J. Best, N. I. Fisher: Efficient simulation of the von Mises distribution (1979); there
    is no ``rsample``. The Bessel functions are exact, where torch has approximations to 7 digits.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        k = self.concentration
        return k * ((value - self.loc).cos() - 1) - log(2 * pi) - special_i0e(k).log()

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        with no_grad():
            loc, k = self.loc.to(float64), self.concentration.to(float64)
            tau = 1 + (1 + 4 * k**2).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * k)
            r = where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))
            x = loc.new_empty(self._extended_shape(sample_shape))
            done = zeros_like(x, dtype=bool_)
            while not done.all():  # a round is drawn for all, and those that have been accepted may get another angle
                u1, u2, u3 = rand((3, *x.shape), dtype=float64, device=loc.device).unbind()
                z = (pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                x = where(accepted, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accepted
            return ((x + pi + loc) % (2 * pi) - pi).to(self.loc.dtype)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """The circular variance, ``1 - I1(concentration) / I0(concentration)``."""
        return 1 - special_i1e(self.concentration) / special_i0e(self.concentration)
