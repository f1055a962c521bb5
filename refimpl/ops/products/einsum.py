"""Einstein's summation convention: products of tensors whose dimensions have names, summed along those that the result does not have."""

from __future__ import annotations

from collections import Counter
from math import prod
from string import ascii_letters
from typing import Any, NamedTuple, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import dtype
from ...foundation.promotion import promote_types
from ...operations.constraints import raising
from ...operations.registry import op
from ...tensor import Tensor
from .evaluation import narrowed, widened

_ELLIPSIS = "..."
# The names of dimensions, in the order in which those that are summed are put; in lists they are numbers from 0 on.
_NAMES = "".join(sorted(ascii_letters))


class _Read(NamedTuple):
    """A call as it was meant: the operands, the names of each one's dimensions, and those of the result (None: not given)."""

    operands: Sequence[Tensor]
    names: list[list[str]]
    result: list[str] | None


def _all_tensors(require: Any, operands: Sequence[Any]) -> None:
    for position, operand in enumerate(operands):
        require(isinstance(operand, Tensor), TypeError, "expected Tensor as element {} in argument 1, but got {}", position, type(operand).__name__)


def _read(require: Any, args: Sequence[Any]) -> _Read:
    """The names of dimensions, from an equation or from lists of numbers."""
    listed = len(args) == 2 and isinstance(args[1], (tuple, list)) and not isinstance(args[0], Tensor)
    require(len(args) >= 2 and not (listed and not args[1]), ValueError, "einsum(): must specify the equation string and at least one operand, or "
            "at least one operand and its subscripts list")  # fmt: skip
    if isinstance(args[0], Tensor):
        lists: list[list[Any]] = [[_ELLIPSIS if number is Ellipsis else number for number in each] for each in _numbered(args)]
        for number in (number for each in lists for number in each if number is not _ELLIPSIS):
            require(number >= 0 and number < len(_NAMES), ValueError, "einsum(): subscript in subscript list is not within the valid range [0, 52)")
        names = [[number if number is _ELLIPSIS else _NAMES[number] for number in each] for each in lists]
        count = len(args) // 2
        _all_tensors(require, args[: 2 * count : 2])
        return _Read(args[: 2 * count : 2], names[:count], names[count] if len(args) % 2 else None)
    operands = args[1] if listed else args[1:]
    require(isinstance(args[0], (str, bytes)), TypeError, "einsum(): argument 'equation' (position 1) must be str, not {}", type(args[0]).__name__)
    _all_tensors(require, operands)
    equation = args[0] if isinstance(args[0], str) else args[0].decode()
    left, arrow, right = equation.partition("->")
    names, start = [], 0
    for i, part in enumerate(left.split(",")):
        names.append(_letters(require, part, start, f"for operand {i}", ("ellipsis", "for which an ellipsis")))
        start += len(part) + 1
    words = "ellipsis (...)", "but an ellipsis (...)"
    return _Read(operands, names, _letters(require, right, len(left) + 2, "for output", words) if arrow else None)


def _numbered(args: Sequence[Any]) -> Sequence[Any]:
    """The lists of numbers: one behind each operand, and one more for the result."""
    return (*args[1::2], *(args[-1:] if len(args) % 2 else ()))


def _letters(require: Any, part: str, start: int, place: str, words: tuple[str, str]) -> list[str]:
    """The names in the part of an equation that begins at ``start``: letters, and an ellipsis, for which torch has two ``words``."""
    before, dot, _ = part.partition(".")
    rest = part[len(before) :]
    require(not dot or rest.startswith(_ELLIPSIS), RuntimeError, "einsum(): found '.' {} that is not part of any {}", place, words[0])
    require("." not in rest[len(_ELLIPSIS) :], RuntimeError, "einsum(): found '.' {} {} was already found", place, words[1])
    for i, name in enumerate(part, start):
        require(name in _NAMES or name in ". ", RuntimeError, "einsum(): invalid subscript given at index {} in the equation string, subscripts must "
                "be in [a-zA-Z]", i)  # fmt: skip
    return [_ELLIPSIS if name == "." else name for name in part.replace(_ELLIPSIS, ".").replace(" ", "")]


@op("function", contract=accumulated(1))
def einsum(*args):
    """Products of the operands' elements, summed along each named dimension that the result does not have: exact sums, rounded once.

    ``einsum("ij,jk->ik", a, b)``: each letter names a dimension; operands that share one are multiplied along it. A letter that an operand has twice
    stands for its diagonal. An ellipsis stands for all dimensions without a name; those of several operands broadcast, and so do named ones.
    Without an arrow the result has the ellipsis first, then the letters that occur once, in alphabetical order (capitals first). Blanks do not
    matter. Instead of an equation lists of numbers from 0 to 51, for letters, may follow the operands: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.

    Shapes: as named. Dtypes: that of the operands, which is the same for all where anything is summed; without sums they promote as in :func:`mul`.
    Sums of one operand's integers and bool are int64; of products there are none of bool. Special cases: operands are multiplied from left to
    right, and summed as soon as no later one needs a dimension; where nothing is computed the result is a view. Errors: RuntimeError for equations
    that are not well formed or do not fit the operands; ValueError for numbers and calls that make no sense; TypeError for what is no equation or
    tensor. Gradient: that of the products and sums. Source: torch.einsum.

    >>> einsum("ij,j->i", tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    >>> einsum("ii->i", tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    >>> einsum("...i,...i", ones(5, 2, 3), ones(2, 3)).shape
    torch.Size([5, 2])
    """
    call = _read(raising, args)
    result, summed = _dimensions(call)
    wide = max(_covered(operand, names) for operand, names in zip(call.operands, call.names))
    order = _expanded([*result, *summed], wide)
    kept = len(_expanded(result, wide))
    operands = [_in_order(operand, names, order, wide) for operand, names in zip(call.operands, call.names)]
    if len(operands) == 1:
        return operands[0].sum(list(range(kept, len(order)))) if kept < len(order) else operands[0]
    several = len(operands) > 2 and len({operand.dtype for operand in operands}) == 1 and operands[0].dtype.category >= 2
    product, node = _chained(widened(operands) if several else operands, kept)
    product = narrowed(product, operands[0].dtype, node) if several else product
    return product.view(product.shape[:kept]) if kept < len(order) else product


def _covered(operand: Tensor, names: Sequence[str]) -> int:
    """How many dimensions the ellipsis stands for."""
    return operand.dim() - sum(name is not _ELLIPSIS for name in names)


def _repeats(names: Sequence[str]) -> int:
    return len(names) - len(set(names))


def _dimensions(call: _Read) -> tuple[list[str], list[str]]:
    """The names of the result's dimensions, and of those that are summed."""
    counts = Counter(name for names in call.names for name in names)
    ellipsis = [_ELLIPSIS] if _ELLIPSIS in counts else []
    alphabet = sorted(counts.keys() - {_ELLIPSIS})
    result = [*ellipsis, *[name for name in alphabet if counts[name] == 1]] if call.result is None else call.result
    return result, [*[name for name in ellipsis if name not in result], *[name for name in alphabet if name not in result]]


def _expanded(names: Sequence[str], wide: int) -> list[str]:
    """The names with the dimensions of the ellipsis, the first of which is the one that fewest operands have."""
    return [each for name in names for each in ([f".{i}" for i in range(wide)] if name is _ELLIPSIS else [name])]


def _in_order(operand: Tensor, names: Sequence[str], order: Sequence[str], wide: int) -> Tensor:
    """The operand with all dimensions in this order, of size 1 where it has none of the name; of a name that it has twice, the diagonal."""
    covered = _covered(operand, names)
    have: list[str] = [each for name in names for each in ([f".{wide - covered + i}" for i in range(covered)] if name is _ELLIPSIS else [name])]
    while _repeats(have):
        name = next(name for name in have if have.count(name) > 1)
        first = have.index(name)
        second = have.index(name, first + 1)
        operand = operand.diagonal(0, first, second).movedim(-1, first)
        del have[second]
    missing = [name for name in order if name not in have]
    places = [*have, *missing]
    for _ in missing:
        operand = operand.unsqueeze(-1)
    return operand.permute([places.index(name) for name in order])


def _chained(operands: Sequence[Tensor], kept: int) -> tuple[Tensor, str]:
    """The product of all, from left to right; a dimension is summed when the last operand that has it is multiplied."""
    left, *others = operands
    ndim = left.dim()
    last = [max((i for i, operand in enumerate(operands) if operand.shape[d] != 1), default=0) for d in range(ndim)]
    node = ""
    for i, right in enumerate(others, 1):
        due = [d for d in range(kept, ndim) if last[d] <= i]
        summed = [d for d in due if left.shape[d] != 1 != right.shape[d]]
        common = None if summed else promote_types(left.dtype, right.dtype)  # products of two dtypes are not summed
        left, right = (_summed(t, [d for d in due if t.shape[d] != 1 and d not in summed], common) for t in (left, right))
        left, node = _pair(left, right, summed)
    return left, node


def _summed(tensor: Tensor, dims: Sequence[int], common: dtype | None) -> Tensor:
    """The sums along dimensions of one operand; not rounded to its dtype where the product has a wider one, ``common``."""
    if not dims:
        return tensor
    if common is None or tensor.dtype.category < 2:
        return tensor.sum(dims, True)
    return tensor.sum(dims, True, dtype=common if tensor.dtype.is_complex else common.real)


def _pair(left: Tensor, right: Tensor, summed: Sequence[int]) -> tuple[Tensor, str]:
    """The product of two, summed along dimensions of both: a product of batches of matrices. Its result lies in memory by rows, or by columns if all
    dimensions of the right operand alone come before those of the left one alone."""
    if not summed:
        return left * right, "MulBackward0"
    rest = [d for d in range(left.dim()) if d not in summed]
    both = [d for d in rest if left.shape[d] != 1 and right.shape[d] != 1]
    rows = [d for d in rest if left.shape[d] != 1 == right.shape[d]]
    columns = [d for d in rest if left.shape[d] == 1]
    if rows and columns and columns[-1] < rows[0]:
        left, right, rows, columns = right, left, columns, rows
    batch, m, k, n = (prod([t.shape[d] for d in dims]) for t, dims in ((left, both), (left, rows), (left, summed), (right, columns)))
    a = left.permute([*both, *rows, *summed, *columns]).reshape(batch, m, k)
    b = right.permute([*both, *summed, *columns, *rows]).reshape(batch, k, n)
    sizes = [*[left.shape[d] for d in (*both, *rows)], *[1 for _ in summed], *[right.shape[d] for d in columns]]
    order = [*both, *rows, *summed, *columns]
    return a.bmm(b).view(sizes).permute([order.index(d) for d in range(len(order))]), "PermuteBackward0"


_TOO_MANY = ((RuntimeError, "einsum(): the number of subscripts in the equation ({}) is more than the number of dimensions ({}) for operand {}"),)


@einsum.constraints
def _(require, args):
    call = _read(require, args)
    require(len(call.operands) <= len(call.names), RuntimeError, "einsum(): more operands were provided than specified in the equation")
    require(len(call.operands) >= len(call.names), RuntimeError, "einsum(): fewer operands were provided than specified in the equation")
    named = {name for names in call.names for name in names}
    for name in call.result or ():
        once = (call.result or []).count(name) == 1
        require(once or name not in _NAMES, RuntimeError, "einsum(): output subscript {} appears more than once in the output", name)
        require(name in named or name not in _NAMES, RuntimeError, "einsum(): output subscript {} does not appear in the equation for any input "
                "operand", name)  # fmt: skip
    sizes: dict[str, int] = {}
    ellipses: list[int] = []
    for i, (operand, names) in enumerate(zip(call.operands, call.names)):
        letters = [name for name in names if name is not _ELLIPSIS]
        covered = _covered(operand, names)
        require(covered == 0 or covered > 0 and _ELLIPSIS in names, RuntimeError, "einsum(): the number of subscripts in the equation ({}) does not "
                "match the number of dimensions ({}) for operand {} and no ellipsis was given", len(letters), operand.dim(), i,
                also=_TOO_MANY)  # fmt: skip
        _named_sizes(require, i, operand, names, covered, sizes)
        _covered_sizes(require, i, operand, names, covered, ellipses)


def _named_sizes(require: Any, i: int, operand: Tensor, names: Sequence[str], covered: int, sizes: dict[str, int]) -> None:
    """Sizes of one name are equal in an operand, and broadcast with those of earlier ones."""
    own: dict[str, int] = {}
    dim = 0
    for name in names:
        if name is _ELLIPSIS:
            dim += covered
            continue
        size = operand.shape[dim]
        dim += 1
        require(own.setdefault(name, size) == size, RuntimeError, "einsum(): subscript {} is repeated for operand {} but the sizes don't match, "
                "{} != {}", name, i, size, own[name])  # fmt: skip
        seen = sizes.get(name, 1)
        require(1 in (seen, size) or seen == size, RuntimeError, "einsum(): subscript {} has size {} for operand {} which does not broadcast with "
                "previously seen size {}", name, size, i, seen)  # fmt: skip
        if seen == 1:
            sizes[name] = size


def _covered_sizes(require: Any, i: int, operand: Tensor, names: Sequence[str], covered: int, seen: list[int]) -> None:
    """The dimensions of the ellipsis broadcast with those of earlier operands; ``seen`` has their sizes, the last one first."""
    if _ELLIPSIS not in names:
        return
    start = names.index(_ELLIPSIS)
    before = _repeats(names[:start])  # of which the diagonals are taken first
    seen.extend([1] * (covered - len(seen)))
    for dim in range(start, start + covered):
        size, place = operand.shape[dim], start + covered - 1 - dim
        require(1 in (seen[place], size) or seen[place] == size, RuntimeError, "einsum(): dimension {} covered by ellipsis in operand {}has size {} "
                "which does not broadcast with previously seen ellipsis with size {} for the respective dimension", dim - before, i, size,
                seen[place])  # fmt: skip
        if seen[place] == 1:
            seen[place] = size
