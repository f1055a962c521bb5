"""Bessel functions, modified ones, the Airy function."""

from __future__ import annotations

from ...accuracy.contracts import conditioned
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "special"
REAL = ("float32", "int64", "bool", "float64", "float16", "bfloat16", "uint8", "int32", "int8", "int16")
# The first zeros of J0, Y0, J1, Y1; where the values come from another expansion; where phases are lost; where values fall below the normal numbers.
ZEROS = "at(2.404825557695773, 5.520078110286311, 0.8935769662791675, 3.957678419314858, 3.8317059702075125, 2.197141326031017, 40, 0.5, 1e5)"
ENDS = "at(20, -20, 40, 0.5, 700, 709.9, 712, 713.9, 105, -12.5, -1e5, -2.338107410459767, -4.08794944413097, 88.7, 91)"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


define("special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1 special.spherical_bessel_j0", FAMILY, unary, dtypes=REAL,
       contract=conditioned(4), critical=f"near_zero periods tails {ZEROS}")
define("i0 special.i0e special.i1 special.i1e", FAMILY, unary, dtypes=REAL, differentiable=True, contract=conditioned(4),
       critical=f"near_zero tails {ENDS}")
define("special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0 special.modified_bessel_k1 "
       "special.scaled_modified_bessel_k0 special.scaled_modified_bessel_k1 special.airy_ai", FAMILY, unary, dtypes=REAL, contract=conditioned(4),
       critical=f"near_zero tails {ENDS}")
