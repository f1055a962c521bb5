"""How products are evaluated: every element is an exact sum of products, rounded once; products of float64 are rounded first.

What the operations of this room share: vectors as matrices of one row or column, one call of the kernel, and the sum with a tensor.
"""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.dtypes import complex128, float32, float64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...foundation.layout import broadcast_strides, contiguous_strides, is_non_overlapping_and_dense, may_overlap, storage_extent
from ...operations.constraints import fits
from ...operations.registry import op
from ...tensor import Tensor, allocate_like, wrap
from ..shared.elementwise import number_as
from ..shared.windows import filled, fresh, strided

NUMBERS = "integer floating complex"  # the dtypes of products: there is none of bool
MATRICES = f"{NUMBERS} float8"  # and those of products of two matrices


def row(view: View) -> View:
    """A vector as a matrix of one row."""
    return View(view.storage, view.offset, (1, *view.shape), (1, *view.strides), view.dtype)


def column(view: View) -> View:
    """A vector as a matrix of one column."""
    return View(view.storage, view.offset, (*view.shape, 1), (*view.strides, 1), view.dtype)


def _multiply(out: View, a: View, b: View) -> None:
    """``out = a @ b``; ``out`` may have any shape of as many elements."""
    shape = (*a.shape[:-1], b.shape[-1])
    out.storage.kernels.matmul(View(out.storage, out.offset, shape, contiguous_strides(shape), out.dtype), a, b)


def product(like: Tensor, shape: Sequence[int], a: View, b: View) -> Tensor:
    """A fresh tensor with ``a @ b``."""
    out = allocate_like(like, tuple(shape))
    _multiply(out._view, a, b)
    return out


def _evaluation_dtype(d: dtype_class, device_type: str) -> dtype_class:
    """The dtype of a product that is yet to be scaled and added to: on the host wide enough to be exact. Devices stay in their own, but for
    16-bit floats, which are added up in float32 and rounded once."""
    if d.category < 2:
        return d
    if device_type != "cpu":
        return float32 if d.itemsize == 2 else d
    return complex128 if d.is_complex else float64


def _converted(view: View, d: dtype_class) -> View:
    """A contiguous copy in another dtype."""
    out = View(view.storage.kernels.allocate(prod(view.shape) * d.itemsize), 0, view.shape, contiguous_strides(view.shape), d)
    view.storage.kernels.copy(out, view)
    return out


def scaled(tensor: Any, factor: Any) -> Any:
    """The tensor times a number; itself for 1."""
    return tensor if factor == 1 else tensor * factor


def factor_dtype(d: dtype_class) -> dtype_class:
    """The dtype that has to hold ``alpha`` and ``beta``: that of the operands, but float32 for 16-bit floats."""
    return float32 if d.category == 2 and d.itemsize == 2 else d


def add_product(input: Tensor, shape: Sequence[int], a: View, b: View, beta: Any, alpha: Any) -> Tensor:
    """A fresh tensor with ``beta * input + alpha * (a @ b)``, rounded once; ``input`` can be expanded to ``shape``."""
    d, source = input.dtype, input._view
    kernels = source.storage.kernels
    if not prod(shape):
        beta = alpha = 1  # there is nothing that they multiply
    elif not a.shape[-1]:
        alpha = 1
    if d.category == 1:
        beta, alpha = (number_as(value.real, d) for value in (beta, alpha))
    if beta == 0 and alpha == 1:
        return product(input, shape, a, b)
    if not a.shape[-1] and not fits(beta, factor_dtype(d)):
        beta = beta * float("inf")
    wide = _evaluation_dtype(d, kernels.device_type)
    if wide is float64 is not d and beta == alpha == 1 and len(shape) == 2 and a.shape[-1] and source.shape == shape[1:]:
        return product(input, shape, *_with_row(a, b, source))
    if wide is float32 is not d:
        a, b = _converted(a, wide), _converted(b, wide)
    out, products = allocate_like(input, tuple(shape)), allocate_like(input, tuple(shape), wide)
    _multiply(products._view, a, b)
    if beta == 0:
        kernels.map("mul", out._view, (products._view, alpha), wide)
        return out
    term = View(source.storage, source.offset, out._view.shape, broadcast_strides(source.shape, source.strides, out._view.shape), d)
    if beta != 1:
        added = allocate_like(input, tuple(shape), wide)
        kernels.map("mul", added._view, (term, beta), wide)
        term = added._view
    if alpha == 1:
        kernels.map("add", out._view, (term, products._view), wide)
    else:
        kernels.map("add_scaled", out._view, (term, products._view, alpha), wide)
    return out


def _with_row(a: View, b: View, added: View) -> tuple[View, View]:
    """The factors of ``a @ b + added``, for one row that is added to all: a column of ones, which meets that row below the other factor."""
    rows, inner = a.shape
    columns = b.shape[1]
    left, right = filled(a, (rows, inner + 1), 1), fresh(b, (inner + 1, columns))
    copy = a.storage.kernels.copy
    copy(strided(left, a.shape, left.strides), a)
    copy(strided(right, b.shape, right.strides), b)
    copy(strided(right, (columns,), (1,), inner * columns), added)
    return left, right


# -- several products one after another ---------------------------------------------------------------


def widened(tensors: Sequence[Tensor], everywhere: bool = False) -> list[Tensor]:
    """Tensors of one dtype as operands of several products, in which no intermediate result is rounded to that dtype: see :func:`narrowed`.
    ``everywhere``: on devices, too, whose products would overflow where their difference does not."""
    wide = _evaluation_dtype(tensors[0].dtype, "cpu" if everywhere else tensors[0]._view.storage.kernels.device_type)
    return [t if t.dtype is wide else _widened(t, wide) for t in tensors]


@op("only", name="_widened", node="ToCopyBackward0")
def _widened(input, dtype):
    """The elements in a wider dtype, laid out as they are, but for the width of gaps: the layout of products follows from that of the operands."""
    view, source = input._view, input.detach()
    for d, (size, stride) in enumerate(zip(view.shape, view.strides)):
        source = source.narrow(d, 0, 1) if size > 1 and not stride else source
    shape, strides = source._view.shape, source._view.strides
    if may_overlap(shape, strides):
        memory = source.as_strided((storage_extent(shape, strides),), (1,)).to(dtype)
        return wrap(memory.as_strided(shape, strides).expand(view.shape)._view)
    closer = strides if is_non_overlapping_and_dense(shape, strides) else _closer(shape, strides)
    wide = allocate_like(input, (storage_extent(shape, closer),), dtype).as_strided(shape, closer)
    wide._view.storage.kernels.copy(wide._view, source._view)
    return wrap(wide.expand(view.shape)._view)


def _closer(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, ...]:
    """Strides in the same order, those of dimensions of size 1 among them, with the smallest gaps that there can be."""
    closer, span = {0: 0}, 2
    for stride in sorted({*strides} - {0}):
        closer[stride] = max(span, max(closer.values()) + 1)
        span = closer[stride] * max([size for size, own in zip(shape, strides) if own == stride])
    return tuple([closer[stride] for stride in strides])


_widened.derivative(input=lambda grad, input_dtype: grad.to(input_dtype))


def narrowed(result: Any, d: dtype_class, node: str) -> Any:
    """The result of several products of :func:`widened` operands, rounded once; ``node``: torch's name of what recorded the last of them."""
    return result if result.dtype is d else rounded(result, d, node)


@op("only", name="_rounded", node=lambda bound: bound["node"])
def rounded(input, dtype, node):
    """The elements rounded to another dtype, laid out as they are."""
    source = input._view
    if not is_non_overlapping_and_dense(source.shape, source.strides):
        return input.detach().to(dtype)
    out = allocate_like(input, source.shape, dtype, source.strides)
    source.storage.kernels.copy(out._view, source)
    return out


rounded.derivative(input=lambda grad, input_dtype: grad.to(input_dtype))
