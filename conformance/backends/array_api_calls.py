"""torch's operations in the words of the Python array API standard (https://data-apis.org/array-api/2024.12/).

:data:`CALLS` holds, for each operation of torch that has a direct counterpart, a function with torch's signature that calls
the counterpart: names and argument conventions are translated (``dim`` to ``axis``, ``keepdim`` to ``keepdims``), semantics
are not. A result that torch would promote, round or lay out differently therefore stays different: that is what is
measured. An argument without a counterpart is :class:`Unsupported`; an operation that is not here has no counterpart.

The parameter ``xp`` is the library's namespace, as in the standard's own documents.
"""

from __future__ import annotations

import operator
from typing import Any, Callable

from .base import Unsupported

CALLS: dict[str, Callable[..., Any]] = {}

# torch's name(s): the standard's name. One or two arrays in, no further arguments.
UNARY = {
    "neg negative": "negative", "abs absolute": "abs", "positive": "positive", "sign sgn": "sign", "square": "square",
    "reciprocal": "reciprocal", "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10",
    "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "asin arcsin": "asin", "acos arccos": "acos", "atan arctan": "atan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh arcsinh": "asinh", "acosh arccosh": "acosh", "atanh arctanh": "atanh",
    "ceil": "ceil", "floor": "floor", "trunc fix": "trunc", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "signbit": "signbit", "logical_not": "logical_not", "bitwise_not": "bitwise_invert", "conj conj_physical": "conj",
    "real": "real", "imag": "imag",
}  # fmt: skip
BINARY = {
    "mul multiply": "multiply", "true_divide": "divide", "floor_divide": "floor_divide", "remainder": "remainder",
    "atan2 arctan2": "atan2", "hypot": "hypot", "maximum": "maximum", "minimum": "minimum", "copysign": "copysign",
    "nextafter": "nextafter", "eq": "equal", "ne not_equal": "not_equal", "lt less": "less",
    "le less_equal": "less_equal", "gt greater": "greater", "ge greater_equal": "greater_equal", "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor", "bitwise_left_shift": "bitwise_left_shift",
    "bitwise_right_shift": "bitwise_right_shift", "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
    "matmul": "matmul",
}  # fmt: skip

# In-place methods of torch that the standard has as augmented assignment.
INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.iadd, "sub": operator.isub, "subtract": operator.isub, "mul": operator.imul, "multiply": operator.imul,
    "div": operator.itruediv, "divide": operator.itruediv, "true_divide": operator.itruediv, "floor_divide": operator.ifloordiv,
    "remainder": operator.imod, "pow": operator.ipow, "bitwise_and": operator.iand, "bitwise_or": operator.ior,
    "bitwise_xor": operator.ixor, "bitwise_left_shift": operator.ilshift, "bitwise_right_shift": operator.irshift,
}  # fmt: skip


def call(names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a translation under torch's names."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names.split():
            CALLS[name] = function
        return function

    return enter


def _unary(counterpart: str) -> Callable[..., Any]:
    return lambda xp, input: getattr(xp, counterpart)(input)


def _binary(counterpart: str) -> Callable[..., Any]:
    return lambda xp, input, other: getattr(xp, counterpart)(input, other)


for _names, _counterpart in UNARY.items():
    call(_names)(_unary(_counterpart))
for _names, _counterpart in BINARY.items():
    call(_names)(_binary(_counterpart))


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that are not None: the standard's defaults are left to the library."""
    return {name: value for name, value in arguments.items() if value is not None}


def unpacked(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """torch takes sizes one by one or as one sequence."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes


def refuse(condition: bool, what: str) -> None:
    """Unsupported, if the call needs what the standard does not have."""
    if condition:
        raise Unsupported(f"{what} (not in the array API standard)")


# -- elementwise ---------------------------------------------------------------------------------


@call("logaddexp")
def _logaddexp(xp: Any, input: Any, other: Any) -> Any:
    refuse(any("complex" in str(getattr(value, "dtype", "")) for value in (input, other)), "logaddexp of complex numbers")
    return xp.logaddexp(input, other)


@call("pow")
def _pow(xp: Any, input: Any, exponent: Any) -> Any:
    return xp.pow(input, exponent)


@call("add")
def _add(xp: Any, input: Any, other: Any, *, alpha: Any = None) -> Any:
    refuse(alpha is not None, "the argument alpha")
    return xp.add(input, other)


@call("sub subtract")
def _sub(xp: Any, input: Any, other: Any, *, alpha: Any = None) -> Any:
    refuse(alpha is not None, "the argument alpha")
    return xp.subtract(input, other)


@call("div divide")
def _div(xp: Any, input: Any, other: Any, *, rounding_mode: Any = None) -> Any:
    refuse(rounding_mode == "trunc", "rounding_mode='trunc'")
    if rounding_mode not in (None, "floor"):
        raise ValueError(f"div: rounding_mode must be None, 'trunc' or 'floor', got {rounding_mode!r}")
    return xp.floor_divide(input, other) if rounding_mode else xp.divide(input, other)


@call("round")
def _round(xp: Any, input: Any, *, decimals: int = 0) -> Any:
    refuse(decimals != 0, "the argument decimals")
    return xp.round(input)


@call("clamp clip")
def _clamp(xp: Any, input: Any, min: Any = None, max: Any = None) -> Any:
    return xp.clip(input, min, max)


@call("where")
def _where(xp: Any, condition: Any, *branches: Any) -> Any:
    return xp.where(condition, *branches) if branches else xp.nonzero(condition)


def _where_method(xp: Any, input: Any, condition: Any, other: Any) -> Any:
    return xp.where(condition, input, other)


# Methods whose receiver is not the function's first argument.
METHODS: dict[str, Callable[..., Any]] = {"where": _where_method}


# -- reductions, scans, order --------------------------------------------------------------------


@call("sum")
def _sum(xp: Any, input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return xp.sum(input, axis=dim, keepdims=keepdim, **given(dtype=dtype))


@call("prod")
def _prod(xp: Any, input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return xp.prod(input, axis=dim, keepdims=keepdim, **given(dtype=dtype))


@call("mean")
def _mean(xp: Any, input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return xp.mean(input if dtype is None else xp.astype(input, dtype), axis=dim, keepdims=keepdim)


def _spread(name: str) -> Callable[..., Any]:
    def spread(
        xp: Any, input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
    ) -> Any:
        if isinstance(dim, bool):  # var(input, unbiased)
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        return getattr(xp, name)(input, axis=dim, correction=correction, keepdims=keepdim)

    return spread


call("var")(_spread("var"))
call("std")(_spread("std"))


def _extreme(name: str) -> Callable[..., Any]:
    return lambda xp, input, dim=None, keepdim=False: getattr(xp, name)(input, axis=dim, keepdims=keepdim)


for _name in ("any", "all", "argmax", "argmin"):
    call(_name)(_extreme(_name))
call("amax")(_extreme("max"))
call("amin")(_extreme("min"))


def _max_or_min(name: str) -> Callable[..., Any]:
    """Three functions in one name: of all elements, of two tensors, and along a dimension with indices."""

    def extreme(xp: Any, input: Any, other: Any = None, keepdim: bool = False, *, dim: Any = None) -> Any:
        refuse(dim is not None or isinstance(other, int), f"{name} with indices")
        return getattr(xp, name)(input) if other is None else getattr(xp, name + "imum")(input, other)

    return extreme


call("max")(_max_or_min("max"))
call("min")(_max_or_min("min"))


@call("count_nonzero")
def _count_nonzero(xp: Any, input: Any, dim: Any = None) -> Any:
    return xp.count_nonzero(input, axis=dim)


@call("cumsum")
def _cumsum(xp: Any, input: Any, dim: int, *, dtype: Any = None) -> Any:
    return xp.cumulative_sum(input, axis=dim, **given(dtype=dtype))


@call("cumprod")
def _cumprod(xp: Any, input: Any, dim: int, *, dtype: Any = None) -> Any:
    return xp.cumulative_prod(input, axis=dim, **given(dtype=dtype))


@call("linalg.vector_norm")
def _vector_norm(xp: Any, input: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return xp.linalg.vector_norm(input if dtype is None else xp.astype(input, dtype), axis=dim, keepdims=keepdim, ord=ord)


@call("argsort")
def _argsort(xp: Any, input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    return xp.argsort(input, axis=dim, stable=stable, **({"descending": True} if descending else {}))


@call("sort")
def _sort(xp: Any, input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    raise Unsupported("sort with indices (not in the array API standard)")


@call("msort")
def _msort(xp: Any, input: Any) -> Any:
    return xp.sort(input, axis=0)


@call("nonzero")
def _nonzero(xp: Any, input: Any, *, as_tuple: bool = False) -> Any:
    refuse(not as_tuple, "nonzero as a matrix")
    return xp.nonzero(input)


@call("diff")
def _diff(xp: Any, input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    return xp.diff(input, axis=dim, n=n, **given(prepend=prepend, append=append))


# -- creation and conversion ---------------------------------------------------------------------


def _filled(name: str) -> Callable[..., Any]:
    return lambda xp, *size, dtype=None: getattr(xp, name)(unpacked(size), **given(dtype=dtype))


def _filled_like(name: str) -> Callable[..., Any]:
    return lambda xp, input, dtype=None: getattr(xp, name)(input, **given(dtype=dtype))


for _name in ("zeros", "ones", "empty"):
    call(_name)(_filled(_name))
    call(_name + "_like")(_filled_like(_name + "_like"))


@call("full")
def _full(xp: Any, size: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    return xp.full(tuple(size), fill_value, **given(dtype=dtype))


@call("full_like")
def _full_like(xp: Any, input: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    return xp.full_like(input, fill_value, **given(dtype=dtype))


@call("eye")
def _eye(xp: Any, n: int, m: Any = None, *, dtype: Any = None) -> Any:
    return xp.eye(n, m, **given(dtype=dtype))


@call("arange")
def _arange(xp: Any, *bounds: Any, dtype: Any = None, **named: Any) -> Any:
    return xp.arange(*bounds, **named, **given(dtype=dtype))


@call("linspace")
def _linspace(xp: Any, start: Any, end: Any, steps: int, *, dtype: Any = None) -> Any:
    return xp.linspace(start, end, steps, **given(dtype=dtype))


@call("tensor")
def _tensor(xp: Any, data: Any, *, dtype: Any = None) -> Any:
    return xp.asarray(data, copy=True, **given(dtype=dtype))


@call("as_tensor asarray")
def _asarray(xp: Any, data: Any, *, dtype: Any = None, copy: Any = None) -> Any:
    return xp.asarray(data, **given(dtype=dtype, copy=copy))


@call("clone")
def _clone(xp: Any, input: Any) -> Any:
    return xp.asarray(input, copy=True)


@call("to")
def _to(xp: Any, input: Any, dtype: Any, *, copy: bool = False) -> Any:
    refuse(dtype is None, "devices")
    dtype = dtype.dtype if hasattr(type(dtype), "__array_namespace__") else dtype  # to(other)
    return xp.astype(input, dtype, copy=copy)


@call("type_as")
def _type_as(xp: Any, input: Any, other: Any) -> Any:
    return xp.astype(input, other.dtype, copy=False)


def _cast(dtype: str) -> Callable[..., Any]:
    return lambda xp, input: xp.astype(input, getattr(xp, dtype), copy=False)


for _name, _dtype in {
    "float": "float32", "double": "float64", "cfloat": "complex64", "cdouble": "complex128", "bool": "bool", "byte": "uint8",
    "char": "int8", "short": "int16", "int": "int32", "long": "int64",
}.items():  # fmt: skip
    call(_name)(_cast(_dtype))

# -- attributes ----------------------------------------------------------------------------------

ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "T": lambda tensor: tensor.T,
    "mT": lambda tensor: tensor.mT,
}
