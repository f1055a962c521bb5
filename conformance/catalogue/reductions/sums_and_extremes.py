"""Reductions and scans."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.contracts import accumulated, ulps
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define

FAMILY = "reductions"


def reduced_terms(case: Case) -> int:
    """How many elements may go into one result: all of the input's."""
    first = case.args[0]
    return first.numel if isinstance(first, TensorSpec) else 1


def scanned_terms(case: Case) -> int:
    """How many elements go into the last of the running results: the size of the dimension."""
    first, dim = case.args[0], case.kwargs.get("dim", case.args[1] if len(case.args) > 1 else None)
    fits = isinstance(first, TensorSpec) and isinstance(dim, int) and -len(first.shape) <= dim < len(first.shape)
    return first.shape[dim] if fits else reduced_terms(case)


def sum_of_mean(case: Case, number: int) -> Any:
    return lambda mean, n: mean * n


def squares(case: Case, number: int) -> Any:
    """Of a variance or a standard deviation the sum of the squares, of the mean beside it the sum."""
    if number == 1:
        return sum_of_mean(case, number)
    return (lambda deviation, n: deviation * deviation * n) if "std" in case.operation else (lambda variance, n: variance * n)


def powers_of_norm(case: Case, number: int) -> Any:
    """The sum of the powers, for the orders that have one."""
    order = next((value for value in (*case.args[1:2], case.kwargs.get("p", case.kwargs.get("ord", 2))) if value is not None), 2)
    order = 2 if order == "fro" else order
    return (lambda norm, n: power(norm, order)) if isinstance(order, (int, float)) and 0 < order < math.inf else None


def squares_of_norm(case: Case, number: int) -> Any:
    return lambda norm, n: norm * norm


def power(base: float, exponent: float) -> float:
    """The power, infinite where it overflows."""
    try:
        return base**exponent
    except OverflowError:
        return math.inf


def _keepdim(pen: Pen) -> dict[str, Any]:
    return pen.maybe("keepdim", lambda: True)


def sum_like(pen: Pen) -> Arguments:
    """(input), (input, dim), (input, dims), with keepdim and dtype."""
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    kwargs: dict[str, Any] = {}
    kind = pen.integer(0, 3)
    args: tuple[Any, ...] = (tensor,)
    if kind == 1:
        args = (tensor, pen.dim(ndim))
    elif kind == 2:
        args = (tensor, pen.dims(ndim))
    elif kind == 3:
        kwargs["dim"] = pen.dim(ndim) if pen.chance(2) else pen.dims(ndim)
    if kind:
        kwargs |= _keepdim(pen)
    if not pen.grad:
        kwargs |= pen.maybe("dtype", pen.dtype_argument, 4)
    return args, kwargs


def prod_like(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    kwargs: dict[str, Any] = {}
    args: tuple[Any, ...] = (tensor,)
    if pen.chance(2) or pen.form == "out":
        args = (tensor, pen.dim(len(tensor.shape)))
        kwargs = _keepdim(pen)
    if not pen.grad:
        kwargs |= pen.maybe("dtype", pen.dtype_argument, 4)
    return args, kwargs


def spread(pen: Pen) -> Arguments:
    """var and std: unbiased or correction, over some or all dimensions."""
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    kind = pen.integer(0, 4)
    if kind == 0:
        return (tensor,), {}
    if kind == 1:
        unbiased = bool(pen.integer(0, 1))
        return ((tensor,), {"unbiased": unbiased}) if pen.chance(2) else ((tensor, unbiased), {})
    kwargs: dict[str, Any] = {}
    if kind >= 3:
        kwargs = pen.maybe("correction", lambda: pen.choice((0, 1, 2, 0.5, -1)))
    dim: Any = pen.dim(ndim) if pen.chance(2) else pen.dims(ndim)
    if kind == 2:
        return (tensor, dim, bool(pen.integer(0, 1))), _keepdim(pen)
    return (tensor,), {"dim": dim, **kwargs, **_keepdim(pen)}


def extremes(pen: Pen) -> Arguments:
    """amax and amin."""
    tensor = pen.tensor(mode=_mode(pen))
    ndim = len(tensor.shape)
    kind = pen.integer(0, 2)
    if kind == 0:
        return (tensor,), _keepdim(pen) if pen.chance(3) else {}
    dim: Any = pen.dim(ndim) if kind == 1 else pen.dims(ndim)
    return (tensor,), {"dim": dim, **_keepdim(pen)}


def hashed(pen: Pen) -> Arguments:
    """Arguments as of amax, and the one mode that there is."""
    args, kwargs = extremes(pen)
    return args, kwargs | pen.maybe("mode", lambda: 0, 4)


def aminmax(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode=_mode(pen))
    return (tensor,), pen.maybe("dim", lambda: pen.dim(len(tensor.shape))) | _keepdim(pen)


def _mode(pen: Pen) -> str | None:
    return "ties" if pen.chance(2) else None


def max_like(pen: Pen) -> Arguments:
    """The three overloads of max and min: all elements, one dimension with indices, two tensors."""
    kind = pen.integer(0, 2)
    if pen.form == "out" and kind == 0:
        kind = 1
    if kind == 2:
        a, b = pen.broadcastable(2)
        first, second = pen.tensor(a, mode=_mode(pen)), pen.tensor(b, pen.other_dtype(), mode=_mode(pen))
        return ((first,), {"other": second}) if pen.chance(4) else ((first, second), {})
    tensor = pen.tensor(mode=_mode(pen))
    if kind == 0:
        return (tensor,), {}
    return (tensor, pen.dim(len(tensor.shape))), _keepdim(pen)


def arg_extreme(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode=_mode(pen))
    kwargs = pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))
    return (tensor,), kwargs | pen.maybe("keepdim", lambda: True, 3)


def any_all(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode=_mode(pen))
    ndim = len(tensor.shape)
    kind = pen.integer(0, 2)
    if kind == 0:
        return (tensor,), {}
    return (tensor,), {"dim": pen.dim(ndim) if kind == 1 else pen.dims(ndim), **_keepdim(pen)}


def norm(pen: Pen) -> Arguments:
    tensor = pen.tensor(dtype=pen.float_dtype() if pen.chance(2) else None)
    orders = (2, 1, 0, float("inf"), float("-inf"), 3, 0.5, "fro", -1, 2.0, -2, 1.5)
    kwargs: dict[str, Any] = {}
    if pen.chance(2):
        kwargs["p"] = pen.choice(orders)
    if pen.chance(2):
        kwargs["dim"] = pen.dim(len(tensor.shape)) if pen.chance(2) else pen.dims(len(tensor.shape), False)
        kwargs |= _keepdim(pen)
    if not pen.grad:
        kwargs |= pen.maybe("dtype", lambda: pen.dtype_argument(("float32", "float64", "complex64", "float16", "int64")), 6)
    return (tensor,), kwargs


def norm_of_matrices(pen: Pen) -> Arguments:
    """Orders by name, which are those of matrices where vectors do not have them."""
    tensor = pen.tensor(pen.shape(1, 3), dtype=pen.float_dtype() if pen.chance(2) else None)
    ndim = len(tensor.shape)
    return (tensor,), {"p": pen.choice(("nuc", "nuc", "fro", "x")), **pen.maybe("dim", lambda: (pen.integer(-1, ndim), pen.integer(0, ndim - 1)))}


def vector_norm(pen: Pen) -> Arguments:
    args, kwargs = norm(pen)
    if "p" in kwargs:
        order = kwargs.pop("p")
        kwargs["ord"] = 2 if order == "fro" else order
    return args, kwargs


def frobenius_norm(pen: Pen) -> Arguments:
    """At most two dimensions."""
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    dims = pen.dims(ndim) if not pen.misbehave() else tuple(range(ndim))
    return (tensor, pen.dim(ndim) if pen.chance(2) else dims if pen.invalid else dims[:2]), _keepdim(pen)


def norm_except_dim(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.misbehave(3) else 1, 4))
    order = pen.choice((2, 1, 3, 2, 0))
    if pen.chance(3):
        return (tensor,), pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))
    return (tensor, order, pen.dim(len(tensor.shape))), {}


def all_but_one(case: Case) -> int:
    return max(case.tensors()[0].numel, 1)


def powers_of_pow(case: Case, number: int) -> Any:
    """The sum of the powers, for orders that have one."""
    order = case.args[1] if len(case.args) > 1 else case.kwargs.get("pow", 2)
    return (lambda norm, n: power(norm, order)) if isinstance(order, int) and order > 0 else None


def scan(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    kwargs = {} if pen.grad or pen.form == "inplace" else pen.maybe("dtype", pen.dtype_argument, 4)
    return (tensor, pen.dim(len(tensor.shape))), kwargs


def scan_extreme(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode=_mode(pen))
    return (tensor, pen.dim(len(tensor.shape))), {}


def logsumexp(pen: Pen) -> Arguments:
    """One dimension or several; none of them now and then."""
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    return (tensor, pen.dim(ndim) if pen.chance(2) else pen.dims(ndim, pen.chance(4))), _keepdim(pen)


def count_nonzero(pen: Pen) -> Arguments:
    tensor = pen.tensor(mode=_mode(pen))
    kind = pen.integer(0, 2)
    if kind == 0:
        return (tensor,), {}
    return (tensor,), {"dim": pen.dim(len(tensor.shape)) if kind == 1 else pen.dims(len(tensor.shape))}


def pair(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    dtype = pen.dtype if not pen.misbehave(3) else pen.other_dtype()
    mode = _mode(pen)
    return (pen.tensor(a, mode=mode), pen.tensor(b, dtype, mode=mode)), {}


def allclose(pen: Pen) -> Arguments:
    args, kwargs = pair(pen)
    kwargs |= pen.maybe("rtol", lambda: pen.choice((0.1, 0.0, 1e-3, 0.5)), 3)
    kwargs |= pen.maybe("atol", lambda: pen.choice((0.5, 0.0, 1.0, 100.0)), 3)
    return args, kwargs | pen.maybe("equal_nan", lambda: True, 3)


def _of_all(page: str) -> dict[str, str]:
    return {f"{page}: {condition}": "all elements are asked for, and no dimension" for condition in ("dimensions(dim", "not input.dim()")}


REDUCES: dict[str, Any] = {"terms": reduced_terms, "reduces": True}
define("sum", FAMILY, sum_like, differentiable=True, contract=accumulated(1), **REDUCES)
define("nansum", FAMILY, sum_like, differentiable=True, contract=accumulated(1), **REDUCES)
define("mean nanmean", FAMILY, sum_like, differentiable=True, contract=accumulated(1), partial=sum_of_mean, **REDUCES)
define("prod", FAMILY, prod_like, differentiable=True, contract=accumulated(1), multiplies=True, **REDUCES)
define("var std", FAMILY, spread, differentiable=True, contract=accumulated(4), partial=squares, **REDUCES)
define("var_mean std_mean", FAMILY, spread, differentiable=True, contract=accumulated(4), partial=squares, **REDUCES)
define("amax amin", FAMILY, extremes, differentiable=True)
define("hash_tensor", FAMILY, hashed, needs=("uint64",))
define("aminmax", FAMILY, aminmax, differentiable=True)
define("max", FAMILY, max_like, differentiable=True, exercises="_max_all _max_dim", never_alone=_of_all("_max_all"))
define("min", FAMILY, max_like, differentiable=True, exercises="_min_all _min_dim", never_alone=_of_all("_min_all"))
define("argmax argmin", FAMILY, arg_extreme, dtypes=REAL)
define("any all", FAMILY, any_all)
NORM: dict[str, Any] = {"differentiable": True, "contract": accumulated(2), "partial": powers_of_norm, "critical": "squares", **REDUCES}
define("norm", FAMILY, norm, violating=(norm_of_matrices,), **NORM)
define("linalg.vector_norm", FAMILY, vector_norm, forms="function", **NORM)
define("frobenius_norm", FAMILY, frobenius_norm, forms="function out", **{**NORM, "partial": squares_of_norm})
define("norm_except_dim", FAMILY, norm_except_dim, forms="function", **{**NORM, "terms": all_but_one, "reduces": False, "partial": powers_of_pow})
define("cumsum", FAMILY, scan, differentiable=True, contract=accumulated(1), terms=scanned_terms)
define("cumprod", FAMILY, scan, differentiable=True, contract=accumulated(1), terms=scanned_terms, multiplies=True)
define("cummax cummin", FAMILY, scan_extreme, differentiable=True)
define("logsumexp", FAMILY, logsumexp, differentiable=True, contract=ulps(4), critical="tails")
define("logcumsumexp", FAMILY, scan_extreme, differentiable=True, contract=ulps(8), critical="tails")
define("count_nonzero", FAMILY, count_nonzero)
define("equal", FAMILY, pair)
define("allclose", FAMILY, allclose)
