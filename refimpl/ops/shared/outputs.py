"""What torch asks of tensors given as ``out=``, where it is not just that the result can be cast to their dtype.

Each rule is called with the function, its arguments and the tuple of outputs; it returns the result to be stored.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ...foundation.c_names import spelled_c_name
from ...tensor import Tensor

Function = Callable[..., Any]
Arguments = Sequence[Any]
Keywords = dict[str, Any]


def same_dtype(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The outputs must have exactly the dtypes of the results."""
    result = function(*args, **kwargs)
    for source, target in zip(result if isinstance(result, tuple) else (result,), outs):
        _require(source.dtype, target.dtype)
    return result


same_dtype.sets_output = True  # type: ignore[attr-defined]  # the in-place form has its own message for a tensor of another shape


def _require(expected: Any, given: Any) -> None:
    if expected is not given:
        raise RuntimeError(f"Expected out tensor to have dtype {spelled_c_name(expected)}, but got {spelled_c_name(given)} instead")
