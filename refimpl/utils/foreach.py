"""``torch._foreach_add`` and its like: an operation on each tensor of a list, as optimizers and moving averages call them.

Which there are, and with which arguments, torch's signatures say. A list among the arguments gives each call its element, anything else goes to all.
The forms in place return the list that they were given.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Callable, Sequence

from ..operations.operation import operations
from ..signatures.messages import refusal
from ..signatures.overloads import overloads
from ..signatures.overriding import overridable
from ..signatures.schema import Parameter
from ..tensor import Tensor

__all__ = ["named"]


def _power_sum(input: Tensor, ord: Any = 2, dtype: Any = None) -> Any:
    return input.abs().pow(ord).sum(dtype=dtype)  # type: ignore[attr-defined]


# What a call is for each tensor, where it is not the method of the name. The maximum with a number is what clamp_min is with both.
_CALLS: dict[str, Callable[..., Any]] = {
    "maximum": lambda input, other: input.clamp_min(other),
    "maximum_": lambda input, other: input.clamp_min_(other),
    "minimum": lambda input, other: input.clamp_max(other),
    "minimum_": lambda input, other: input.clamp_max_(other),
    "norm": lambda input, ord=2, dtype=None: operations["linalg.vector_norm"].function(input, ord, dtype=dtype),
    "powsum": _power_sum,
    "pow": lambda input, exponent: operations["pow"].function(input, exponent),  # the first of two may be the number
}


@cache
def named(name: str) -> Callable[..., Any]:
    """The function that torch calls by this name; AttributeError if torch has none."""
    signatures: Any = overloads("torch", name)
    if not signatures:
        raise AttributeError(f"module 'refimpl' has no attribute {name!r}")
    operation = name.removeprefix("_foreach_")
    call = _CALLS.get(operation) or getattr(Tensor, operation)

    @overridable
    def function(*args: Any, **kwargs: Any) -> Any:
        signature = next((s for s in signatures if s.mismatch(name, args, kwargs) is None), None)
        if signature is None:
            raise refusal(name, signatures, args, kwargs)
        given = list(signature.places(args, kwargs))
        results = [call(*positional, **keywords) for positional, keywords in _calls(given)]
        return given[0][1] if name.endswith("_") else tuple(results)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``{operation}`` on each tensor of a list: {'; '.join(s.text for s in signatures)}."
    return function


def _calls(given: list[tuple[Parameter, Any]]) -> list[tuple[list[Any], dict[str, Any]]]:
    """The positional and the keyword arguments for each of the tensors. RuntimeError for no tensors, and for lists of other lengths."""
    lengths = [len(value) for p, value in given if p.type == "TensorList"]
    count = lengths[0]
    if 0 in lengths:
        raise RuntimeError("Tensor list must have at least one tensor.")
    calls: list[tuple[list[Any], dict[str, Any]]] = [([], {}) for _ in range(count)]
    for p, value in given:
        for number, each in enumerate(_of_each(p.type, p.name, value, count)):
            positional, keywords = calls[number]
            if p.keyword_only or p.name == "dtype" or p.name in ("value", "scalars") and len(positional) > 1:
                keywords["value" if p.name == "scalars" else p.name] = each
            else:
                positional.append(each)
    return calls


def _of_each(kind: str, name: str, value: Any, count: int) -> Sequence[Any]:
    """The argument that each of the calls gets."""
    if kind == "TensorList":
        if len(value) != count:
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {count} and {len(value)}")
        return value  # type: ignore[no-any-return]
    if kind == "ScalarList":
        if len(value) != count:
            raise RuntimeError("Tensor list must have same number of elements as scalar list.")
        return value  # type: ignore[no-any-return]
    if kind == "Tensor" and name == "scalars":
        if value.dim() != 1:
            raise RuntimeError(f"Expected packed scalar Tensor to be of dimension 1. Got {value.dim()} instead.")
        if len(value) != count:
            raise RuntimeError(f"Expected length of scalars to match input of length {count} but got {len(value)} instead.")
        return value.tolist()  # type: ignore[no-any-return]
    if kind == "Tensor" and value.dim():
        raise RuntimeError(f"scalar tensor expected to be 0 dim but it has {value.dim()} dimensions and {value.numel()} elements.")
    return [value] * count
