"""Which dtypes an operation supports, and the dtype that its operands have in common.

A page declares the support as words, ``dtypes="integer floating complex"``: categories of dtypes (``bool integer floating complex``, and all
four in ``ordinary``), groups of those that are of limited support, which belong to no category there (``unsigned``: uint16, uint32 and uint64;
``float8``: the four floats of 8 bits), ``every`` for all that there are, and names of single ones. What must be among them is the common dtype of
the parameters that ``operands`` names, the first one unless more are declared.

A page that declares nothing supports the ordinary dtypes. Views, which compute nothing, support every dtype, and so do composites, whose parts
decide. Where all ordinary ones are supported, no tensor among the arguments may be of another dtype of limited support than the page names, nor
may the result.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, Iterable, Iterator, Sequence

from ..foundation.dtypes import all_dtypes, dtype, float8, stored_dtypes, wide_unsigned
from ..foundation.promotion import number_dtype, promote, promote_types
from ..tensor import Tensor

_categories = ("bool", "integer", "floating", "complex")
_groups = {"ordinary": all_dtypes, "unsigned": wide_unsigned, "float8": float8, "every": stored_dtypes}
ORDINARY = frozenset(all_dtypes)


def supported(words: str) -> frozenset[dtype]:
    """The dtypes that the words of a declaration name."""
    found: set[dtype] = set()
    for word in words.split():
        named = _groups.get(word) or [d for d in all_dtypes if _categories[d.category] == word] or [d for d in stored_dtypes if d.name == word]
        if not named:
            raise ValueError(f"no category, no group and no name of a dtype: {word}")
        found.update(named)
    return frozenset(found)


def limited_among(values: Iterable[Any]) -> Iterator[dtype]:
    """The dtypes of limited support that occur among arguments: of tensors, also in sequences, and as a dtype that is asked for."""
    for value in values:
        if isinstance(value, Tensor):
            if value._view.dtype.limited:
                yield value._view.dtype
        elif isinstance(value, (tuple, list)):
            yield from limited_among(value)
        elif isinstance(value, dtype) and value.limited:
            yield value


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


def unpromotable(operands: Sequence[Any]) -> list[str]:
    """What is said of each two of the operands that have no common dtype, in either order."""
    found = []
    for first, second in permutations(dict.fromkeys(tensor.dtype for tensor in _flat(operands) if isinstance(tensor, Tensor)), 2):
        try:
            promote_types(first, second)
        except RuntimeError as error:
            found.append(str(error))
    return found


def _flat(operands: Sequence[Any]) -> list[Any]:
    """The operands, those of sequences one by one, without what was not given."""
    flat: list[Any] = []
    for operand in operands:
        if isinstance(operand, (tuple, list)):
            flat.extend(operand)
        elif operand is not None:
            flat.append(operand)
    return flat


def operand_dtype(operands: Sequence[Any]) -> dtype:
    """The common dtype of operands, some of which may be sequences of tensors, and None where one was not given."""
    if len(operands) == 2:
        first, second = operands
        if first.__class__ is Tensor and second.__class__ is Tensor and first._view.dtype is second._view.dtype:
            return first._view.dtype  # type: ignore[no-any-return]
    flat = _flat(operands)
    first = flat[0]
    return first._view.dtype if len(flat) == 1 and isinstance(first, Tensor) else common_dtype(*flat)
