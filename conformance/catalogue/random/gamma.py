"""Gamma and Dirichlet numbers. Their gradients are exact, where torch has approximations: refimpl's tests hold them against differences."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import ulps
from ...drawing.pen import Pen
from ..derivatives import nowhere
from ..rows import Arguments, define
from .random_numbers import OPTIONS, _generator

FAMILY = "random"
_OPTIONS: dict[str, Any] = {**OPTIONS, "contract": ulps(12)}
_CONCENTRATIONS = (0.5, 1.0, 0.0, 1e-3, 0.25, 2.0, 3.5, 40.0, 1000.0)


def concentrations(pen: Pen) -> Arguments:
    return (pen.tensor(pen.shape(0, 3), values=_CONCENTRATIONS),), _generator(pen)


def _positive(pen: Pen) -> Arguments:
    """At least one in each row is not 0, so that their sum is none."""
    return (pen.tensor(pen.shape(0, 3), values=_CONCENTRATIONS[:2] + _CONCENTRATIONS[4:]),), _generator(pen)


define("_standard_gamma", FAMILY, concentrations, forms="function", dtypes=("float32", "float64"), derivative=nowhere, **_OPTIONS,
       exercises="_standard_gamma_grad", never_alone={"_standard_gamma_grad": "the gradient calls it, with dtypes that have passed"})  # fmt: skip
define("_sample_dirichlet", FAMILY, _positive, forms="function", dtypes=("float32", "float64"), **_OPTIONS,
       exercises="_dirichlet_grad", never_alone={"_dirichlet_grad": "distributions call it, with dtypes that have passed"})  # fmt: skip
