"""Which arguments and results R counts from 1: dimensions, positions, and the positions that come out.

The lists are those of torch for R, by its reference pages, and no matter of the operations, which count from 0. A call is looked up among torch's
own signatures, so that ``x$max(2)`` is the maximum along dimension 2 and ``x$max(other)`` that of two tensors.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..foundation.dtypes import bool_
from ..signatures.overloads import PythonSignature, function_overloads, overloads
from ..signatures.schema import Signature
from ..tensor import Tensor
from .subscripts import from_one, shifted, translated

__all__ = ["DIMENSIONS", "INDEX_RESULTS", "MORE_POSITIONS", "NUMBERS", "POSITIONS", "call", "counted_from_one"]

DIMENSIONS = {
    "dim", "dim0", "dim1", "dim2", "dims", "start_dim", "end_dim", "axis", "axis0", "axis1", "dimension", "dims_self", "dims_other",
}  # fmt: skip
POSITIONS = {"index", "indices"}  # in tensors; an int of this name (of ``select``) too

# more arguments that are positions, by operation; a class of a loss is one
MORE_POSITIONS = {
    "narrow": {"start"}, "Tensor.narrow_copy": {"start"}, "one_hot": {"tensor", "input"}, "bincount": {"input", "self"},
    "nll_loss": {"target", "ignore_index"}, "cross_entropy": {"target", "ignore_index"}, "nll_loss2d": {"target", "ignore_index"},
    "embedding": {"input"}, "multi_margin_loss": {"target"}, "movedim": {"source", "destination"}, "moveaxis": {"source", "destination"},
}  # fmt: skip

NUMBERS = {("tile", "dims")}  # no dimensions, whatever their name: how often each is repeated

# operations whose results are positions: the results by number (randperm is none of them: it counts from 0 in R too)
INDEX_RESULTS: dict[str, tuple[int, ...]] = {
    "argmax": (0,), "argmin": (0,), "argsort": (0,), "nonzero": (0,), "multinomial": (0,), "tril_indices": (0,), "triu_indices": (0,),
    "sort": (1,), "topk": (1,), "max": (1,), "min": (1,),
    **{f"{kind}_pool{n}d_with_indices": (1,) for kind in ("max", "adaptive_max", "fractional_max") for n in (1, 2, 3)},
}  # fmt: skip


def _chosen(signatures: Any, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Signature | None:
    return next((s for s in signatures if s.mismatch(name, args, kwargs) is None), None)


def _named(name: str, space: str, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> list[str]:
    """The name of the parameter that each positional argument goes to; no names where the call fits nothing, which the call itself will say."""
    signatures: Any = overloads("Tensor", name) if space == "Tensor" else function_overloads(name) if space == "torch" else ()
    if isinstance(signatures, PythonSignature) or not signatures:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return []
        names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
        if parameters and parameters[-1].kind is parameters[-1].VAR_POSITIONAL:
            names += [parameters[-1].name] * len(args)
        return names
    chosen = _chosen(signatures, name, args, kwargs)
    if chosen is None:
        return []
    if chosen.takes_one_by_one(args):
        return [chosen.parameters[0].name] * len(args)
    return [p.name for p in chosen.parameters]


def _counted_from_zero(operation: str, parameter: str, value: Any, more: set[str]) -> Any:
    """One argument as torch counts. ``more``: further parameters of the operation that are positions."""
    if isinstance(value, Tensor):
        return shifted(value) if (parameter in POSITIONS or parameter in more) and value.dtype is not bool_ else value
    if (operation, parameter) in NUMBERS or parameter == "ignore_index" and value < 0:
        return value
    if parameter in DIMENSIONS or parameter in POSITIONS or parameter in more:
        return _dimensions(value, operation)
    return value


def _dimensions(value: Any, operation: str) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if operation == "tensordot" else from_one(value)  # there, one number says how many
    if isinstance(value, (list, tuple)):
        return type(value)(_dimensions(each, "") for each in value)
    return value


def call(name: str, space: str, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The result of a function or a bound method whose arguments and results R counts from 1.

    ``space``: "torch" for a function of that name, "Tensor" for a method, else "".
    """
    operation = name.removesuffix("_")
    more = MORE_POSITIONS.get(operation) or MORE_POSITIONS.get(f"{space}.{operation}") or set()
    names = _named(name, space, function, args, kwargs)
    given = [_counted_from_zero(operation, names[i], value, more) if i < len(names) else value for i, value in enumerate(args)]
    named = {key: _counted_from_zero(operation, key, value, more) for key, value in kwargs.items()}
    try:
        result = function(*given, **named)
    except (IndexError, RuntimeError) as error:
        raise type(error)(translated(str(error))) from None
    return counted_from_one(operation, result)


def counted_from_one(operation: str, result: Any) -> Any:
    """The result with its positions counted from 1."""
    if operation == "where" and isinstance(result, (list, tuple)):  # of a condition alone: the positions of what is true
        return tuple(each + 1 for each in result)
    places = INDEX_RESULTS.get(operation, ())
    if isinstance(result, Tensor):
        return result + 1 if 0 in places else result
    if isinstance(result, (list, tuple)) and places:
        return tuple(each + 1 if i in places or places == (0,) else each for i, each in enumerate(result))
    return result

