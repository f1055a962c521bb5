"""Operations that cannot be computed for all slices of ``vmap`` at once, as torch computes them, since elements of a slice decide more than elements.

Such an operation says in ``@op(slices=...)`` which arguments may be no slices, and the words with which torch refuses them.
"""

from __future__ import annotations

from typing import Any, Callable

from ..foundation.dtypes import bool_, uint8
from ..tensor import Tensor

__all__ = ["ASK", "ITEM", "Refused", "elements_of", "masks_of", "shape_of"]

Refused = Callable[[dict[str, Any]], "tuple[Any, str]"]  # of the arguments by name: those that may be no slices, and the words

ITEM = ("vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, please try to rewrite what "
        "you're doing with other operations. If error is occurring somewhere inside PyTorch internals, please file a bug report.")
_MASKED_INDEX = "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with a boolean mask."
ASK = "Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature."


def shape_of(parameter: str, overload: str, decides: Callable[[dict[str, Any]], bool] = lambda _: True) -> Refused:
    """The elements of an argument decide the shape of the result, in those calls in which ``decides`` says so."""
    words = f"vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over aten::{overload}. {ASK}"
    return lambda bound: (bound[parameter] if decides(bound) else None, words)


def elements_of(parameters: str, words: str, decides: Callable[[dict[str, Any]], bool] = lambda _: True) -> Refused:
    """The elements of these arguments are handed to Python, or decide something else, in those calls in which ``decides`` says so."""
    return lambda bound: ([bound[parameter] for parameter in parameters.split()] if decides(bound) else None, words)


def masks_of(parameter: str) -> Refused:
    """An index may have no slices of a mask in it: it stands for as many places as the mask has true elements."""

    def masks(bound: dict[str, Any]) -> list[Tensor]:
        index = bound[parameter]
        items = index if isinstance(index, (tuple, list)) else (index,)
        return [each for each in items if isinstance(each, Tensor) and each.dtype in (bool_, uint8)]

    return lambda bound: (masks(bound), _MASKED_INDEX)
