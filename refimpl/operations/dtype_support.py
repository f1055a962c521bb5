"""Which dtypes an operation supports, and the dtype that its operands have in common.

A page declares the support as words, ``dtypes="integer floating complex"``: categories of dtypes (``bool integer floating complex``)
and names of single ones. What must be among them is the common dtype of the parameters that ``operands`` names, the first one unless
more are declared.
"""

from __future__ import annotations

from typing import Any, Sequence

from ..foundation.dtypes import all_dtypes, dtype
from ..foundation.promotion import number_dtype, promote
from ..tensor import Tensor

_categories = ("bool", "integer", "floating", "complex")


def supported(words: str) -> frozenset[dtype]:
    """The dtypes that the words of a declaration name."""
    given = words.split()
    known = {*_categories, *(d.name for d in all_dtypes)}
    if not known.issuperset(given):
        raise ValueError(f"no category and no name of a dtype: {', '.join(sorted(set(given) - known))}")
    return frozenset(d for d in all_dtypes if _categories[d.category] in given or d.name in given)


def common_dtype(*operands: Any) -> dtype:
    """The dtype that tensors and Python numbers promote to: torch's three levels."""
    dimensioned: list[dtype] = []
    zero_dim: list[dtype] = []
    numbers: list[dtype] = []
    for operand in operands:
        if isinstance(operand, Tensor):
            view = operand._view
            (dimensioned if view.shape else zero_dim).append(view.dtype)
        else:
            numbers.append(number_dtype(operand))
    return promote(dimensioned, zero_dim, numbers)


def operand_dtype(operands: Sequence[Any]) -> dtype:
    """The common dtype of operands, some of which may be sequences of tensors, and None where one was not given."""
    if len(operands) == 2:
        first, second = operands
        if first.__class__ is Tensor and second.__class__ is Tensor and first._view.dtype is second._view.dtype:
            return first._view.dtype  # type: ignore[no-any-return]
    flat: list[Any] = []
    for operand in operands:
        if isinstance(operand, (tuple, list)):
            flat.extend(operand)
        elif operand is not None:
            flat.append(operand)
    first = flat[0]
    return first._view.dtype if len(flat) == 1 and isinstance(first, Tensor) else common_dtype(*flat)
