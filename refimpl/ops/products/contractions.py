"""Sums of products along dimensions of two tensors: each is a product of matrices, after the others of their dimensions were put side by side."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import CASTABLE, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, POINTWISE
from ...signatures.types import is_symbolic_int, type_name
from ...tensor import Tensor
from .evaluation import narrowed, widened

_DOT_OUTPUT = exact("tensordot: Expected the output tensor to have dtype {result}, but got an output tensor with dtype {out}")


def _is_product_with_number(bound: dict[str, Any]) -> bool:
    return not (bound["input"].dim() and bound["other"].dim())


@op("method out", contract=accumulated(1), out=lambda bound: CASTABLE if _is_product_with_number(bound) else _DOT_OUTPUT,
    sharing=lambda bound: POINTWISE if _is_product_with_number(bound) else COMPUTED)  # fmt: skip
def inner(input, other):
    """The sums of the products along the last dimensions: ``result[i, j] = sum(input[i, k] * other[j, k] for k)``, exact and rounded once.

    Shapes: (..., k) and (*, k) give (..., *), so that two vectors give a 0-d tensor; if one of the two is 0-d it is :func:`mul`. Dtypes: all but
    bool, the same for both; beside a 0-d operand all, and they promote. Special cases: no terms give 0; nothing is conjugated. Errors: RuntimeError
    for last dimensions that differ and for two dtypes; NotImplementedError for bool. Gradient: that of :func:`mm`, or :func:`mul`.
    Source: torch.inner.

    >>> inner(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    if not (input.dim() and other.dim()):
        return input * other
    return _contracted(input, other, [input.dim() - 1], [other.dim() - 1], input.dtype)


@inner.constraints
def _(require, input, other):
    zero_dim = not (input.dim() and other.dim())
    _same_dtype(require, input, other, zero_dim)
    require(zero_dim or input.shape[-1] == other.shape[-1], RuntimeError,
            "inner() the last dimension must match on both input tensors but got shapes {} and {}", list(input.shape), list(other.shape))  # fmt: skip


def _same_dtype(require: Any, a: Tensor, b: Tensor, any_dtype: bool) -> None:
    require(any_dtype or a.dtype is b.dtype, RuntimeError, "both inputs should have same dtype")
    require(any_dtype or a.dtype is not bool_, NotImplementedError, "\"addmm_impl_cpu_\" not implemented for 'Bool'")


def _contracted(a: Tensor, b: Tensor, a_dims: Sequence[int], b_dims: Sequence[int], d: dtype_class) -> Tensor:
    """The sums of products along pairs of dimensions of equal size, in dtype ``d``; the others of ``a`` come first."""
    a_free, b_free = ([i for i in range(t.dim()) if i not in dims] for t, dims in ((a, a_dims), (b, b_dims)))
    rows, terms, columns = ([t.shape[i] for i in dims] for t, dims in ((a, a_free), (a, a_dims), (b, b_free)))
    left = a.permute([*a_free, *a_dims]).reshape(prod(rows), prod(terms))
    right = b.permute([*b_dims, *b_free]).reshape(prod(terms), prod(columns))
    return narrowed(left.mm(right), d, "MmBackward0").view([*rows, *columns])


@op("function out", contract=accumulated(1), out=_DOT_OUTPUT, sharing=COMPUTED)
def tensordot(a, b, dims=2):
    """The sums of the products along pairs of dimensions of two tensors: exact sums, rounded once.

    ``dims``: a number n, for the last n dimensions of ``a`` and the first n of ``b``; or two sequences of dimensions (or a tensor of two rows), of
    which each of ``a`` is paired with the one of ``b`` at the same place. Shapes: the other dimensions of ``a``, then those of ``b``; of two
    paired sizes one may be 1, and the other tensor is then summed along its dimension first. Dtypes: all but bool, the same for both. Special cases:
    no terms give 0. Errors: RuntimeError for sizes that do not fit, two dtypes, dimensions that repeat, sequences of different lengths and other
    ``dims``; IndexError for a dimension that there is not; TypeError for sequences of something else; NotImplementedError for bool. Gradient: that of
    :func:`mm`. Source: torch.tensordot.

    >>> tensordot(ones(2, 3), ones(3, 4), 1).shape
    torch.Size([2, 4])
    >>> tensordot(tensor([[1., 2.], [3., 4.]]), tensor([[1., 0.], [0., 1.]]), ([0, 1], [0, 1]))
    tensor(5.)
    """
    pairs = [(wrap_dim(int(i), a.dim()), wrap_dim(int(j), b.dim())) for i, j in zip(*_dimensions(dims))]
    a_alone = [i for i, j in pairs if b.shape[j] == 1 != a.shape[i]]
    b_alone = [j for i, j in pairs if a.shape[i] == 1 != b.shape[j]]
    left, right = widened([a, b]) if a_alone or b_alone else (a, b)
    if a_alone:
        left = left.sum(a_alone, True, dtype=left.dtype)
    if b_alone:
        right = right.sum(b_alone, True, dtype=right.dtype)
    return _contracted(left, right, [i for i, _ in pairs], [j for _, j in pairs], a.dtype)


def _dimensions(dims: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """The dimensions of each operand that are paired: integers, or what stands for them."""
    if isinstance(dims, Tensor):
        dims = dims.tolist() if dims.numel() > 1 else int(dims.item())
    if isinstance(dims, int):
        return tuple(range(-dims, 0)), tuple(range(dims))
    return tuple(dims)  # type: ignore[return-value]


_WORDS = "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, but got dims={}"
_NO_INTS = "tensordot(): argument '{}' (position {}) must be tuple of ints, not {}"


def _is_long(number: int) -> bool:
    """Whether 64 bits hold the number."""
    return -(2**63) <= number < 2**63


@tensordot.constraints
def _(require, a, b, dims):
    for position, (name, operand) in enumerate((("self", a), ("other", b)), 1):
        require(isinstance(operand, Tensor), TypeError, "tensordot(): argument '{}' (position {}) must be Tensor, not {}", name, position,
                type(operand).__name__, also=((AttributeError, "'{2}' object has no attribute 'dim'"),))  # fmt: skip
    require(isinstance(dims, (int, tuple, list, Tensor)), RuntimeError, _WORDS, dims)
    if isinstance(dims, int):
        fewest = min(a.dim(), b.dim())
        require(dims >= 0, RuntimeError, "tensordot expects dims >= 0, but got dims={}", dims)
        require(dims <= fewest, RuntimeError, "tensordot expects dims < ndim_a or ndim_b, but got dims={}", dims)
        dims = dims if 0 <= dims <= fewest else 0
    lists = _dimensions(dims)
    require(len(lists) >= 2, ValueError, "not enough values to unpack (expected 2, got {})", len(lists))
    require(len(lists) <= 2, ValueError, "too many values to unpack (expected 2)", len(lists), also=(
        (ValueError, "too many values to unpack (expected 2, got {})"),))  # fmt: skip
    for name, position, each in zip(("dims_self", "dims_other"), (3, 4), lists):
        require(isinstance(each, (tuple, list)), TypeError, _NO_INTS, name, position, type_name(each))
        for place, i in enumerate(each):
            require(is_symbolic_int(i) or place and isinstance(i, bool), TypeError, "tensordot(): argument '{}' (position {}) must be tuple of ints, "
                    "but found element of type {} at pos {}", name, position, type_name(i), place, also=(
                    (TypeError, f'tensordot(): argument \'{{0}}\' failed to unpack the object at pos {place + 1} with error "type must be tuple of '
                                f'ints,but got {{2}}"'),))  # fmt: skip
            require(not is_symbolic_int(i) or _is_long(int(i)), TypeError, "tensordot(): argument '{}' failed to unpack the object at pos {} "
                    'with error "Overflow when unpacking long long"', name, place + 1)  # fmt: skip
    firsts, seconds = ([int(i) for i in each] for each in lists)
    require(len(firsts) == len(seconds), RuntimeError, "both dimension lists should have same length")
    _same_dtype(require, a, b, False)
    for operand, each in ((a, firsts), (b, seconds)):
        for dim in each:
            require(operand.dim(), IndexError, "Dimension specified as {} but tensor has no dimensions", dim)
        require.dimensions([dim for dim in each if _is_long(dim)], operand)
    for i, j in zip(firsts, seconds):
        m, n = a.shape[i], b.shape[j]
        require(m == n or 1 in (m, n), RuntimeError, "contracted dimensions need to match, but first has size {} in dim {} and second has size {} "
                "in dim {}", m, i, n, j)  # fmt: skip
