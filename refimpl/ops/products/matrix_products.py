"""Products of vectors and matrices. Every element is an exact sum of products, rounded once; those of float64 are rounded first.

All operands must have one dtype: products do not promote (but for :func:`outer`). There is no product of bool matrices. Results are contiguous.
The forms that add a tensor evaluate ``beta * input + alpha * product`` and round once; with ``beta`` 0 the input is ignored, NaN and all.
"""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, complex128, float32, float64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...foundation.layout import broadcast_shapes, broadcast_strides, contiguous_strides
from ...foundation.promotion import number_dtype
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SUMMED
from ...operations.writing import resize_output
from ...tensor import Tensor, allocate_like, contiguous_format
from ..shared.checks import fit, not_implemented, of_kernel
from ..shared.elementwise import number_as
from ..shared.operands import type_text
from ..shared.outputs import same_dtype

# -- what they share ---------------------------------------------------------------------------------


def _row(view: View) -> View:
    """A vector as a matrix of one row."""
    return View(view.storage, view.offset, (1, *view.shape), (1, *view.strides), view.dtype)


def _column(view: View) -> View:
    """A vector as a matrix of one column."""
    return View(view.storage, view.offset, (*view.shape, 1), (*view.strides, 1), view.dtype)


def _multiply(out: View, a: View, b: View) -> None:
    """``out = a @ b``; ``out`` may have any shape of as many elements."""
    shape = (*a.shape[:-1], b.shape[-1])
    out.storage.kernels.matmul(View(out.storage, out.offset, shape, contiguous_strides(shape), out.dtype), a, b)


def _product(like: Tensor, shape: Sequence[int], a: View, b: View) -> Tensor:
    """A fresh tensor with ``a @ b``."""
    out = allocate_like(like, tuple(shape))
    _multiply(out._view, a, b)
    return out


def _evaluation_dtype(d: dtype_class, device_type: str, alpha: Any) -> dtype_class:
    """The dtype of a product that is yet to be scaled and added to: on the host wide enough to be exact. Devices stay in their own, but for
    16-bit floats that are scaled: they may overflow before."""
    if d.category < 2:
        return d
    if device_type != "cpu":
        return float32 if d.itemsize == 2 and alpha != 1 else d
    return complex128 if d.is_complex else float64


def _converted(view: View, d: dtype_class) -> View:
    """A contiguous copy in another dtype."""
    out = View(view.storage.kernels.allocate(prod(view.shape) * d.itemsize), 0, view.shape, contiguous_strides(view.shape), d)
    view.storage.kernels.copy(out, view)
    return out


def _scaled(tensor: Any, factor: Any) -> Any:
    return tensor if factor == 1 else tensor * factor


def _add_product(input: Tensor, shape: Sequence[int], a: View, b: View, beta: Any, alpha: Any) -> Tensor:
    """A fresh tensor with ``beta * input + alpha * (a @ b)``, rounded once; ``input`` can be expanded to ``shape``."""
    d, source = input.dtype, input._view
    kernels = source.storage.kernels
    beta, alpha = (_factor(value, d) for value in (beta, alpha))
    if beta == 0 and alpha == 1:
        return _product(input, shape, a, b)
    wide = _evaluation_dtype(d, kernels.device_type, alpha)
    if wide is float32 is not d:
        a, b = _converted(a, wide), _converted(b, wide)
    out, product = allocate_like(input, tuple(shape)), allocate_like(input, tuple(shape), wide)
    _multiply(product._view, a, b)
    if beta == 0:
        kernels.map("mul", out._view, (product._view, alpha), wide)
        return out
    term = View(source.storage, source.offset, out._view.shape, broadcast_strides(source.shape, source.strides, out._view.shape), d)
    if beta != 1:
        scaled = allocate_like(input, tuple(shape), wide)
        kernels.map("mul", scaled._view, (term, beta), wide)
        term = scaled._view
    if alpha == 1:
        kernels.map("add", out._view, (term, product._view), wide)
    else:
        kernels.map("add_scaled", out._view, (term, product._view, alpha), wide)
    return out


def _factor(value: Any, d: dtype_class) -> Any:
    """``alpha`` or ``beta`` in the dtype of the operands: cut off to an integer, wrapped around, and an error if it does not fit."""
    fit(value, float32 if d.category == 2 and d.itemsize == 2 else d)
    return number_as(value.real, d) if d.category == 1 else value


def _check_expandable(input: Tensor, shape: tuple[int, ...]) -> None:
    """Raise torch's error if ``input`` cannot be expanded to the product's shape."""
    have, ndim = input.shape, len(shape)
    if len(have) > ndim:
        raise RuntimeError(f"expand({type_text(input)}{{{list(have)}}}, size={list(shape)}): the number of sizes provided ({ndim}) "
                           f"must be greater or equal to the number of dimensions in the tensor ({len(have)})")
    lead = ndim - len(have)
    for d in reversed(range(len(have))):
        if have[d] not in (1, shape[lead + d]):
            raise RuntimeError(f"The expanded size of the tensor ({shape[lead + d]}) must match the existing size ({have[d]}) at non-singleton "
                               f"dimension {lead + d}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}")


# -- matrices ----------------------------------------------------------------------------------------


def _check_inner(a: Tensor, b: Tensor) -> None:
    (n, k), (k2, p) = a.shape, b.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{p})")


def _batch_kernel(name: str, n: int, k: int, p: int) -> str:
    """The kernel that multiplies batches of matrices, (n, k) and (k, p): from 400 products on torch takes that of matrices, one by one."""
    return name if n * k * p < 400 else "addmm_impl_cpu_"


def _refuse_bool(kernel: str, a: View, b: View) -> None:
    """torch has no kernels for products of bool; where there is nothing to multiply it does not need one."""
    if a.dtype is bool_ and a.numel and b.numel:
        not_implemented(kernel, bool_)


def _is_bool_sum(kernel: str, input: Tensor, shape: tuple[int, ...], terms: int, beta: Any) -> bool:
    """Whether a sum of ``input`` and a product is one of bool, which there is only where there is nothing to multiply."""
    if input.dtype is not bool_:
        return False
    if prod(shape) and terms:
        not_implemented(kernel, bool_)
    if prod(shape) and beta != 0 and not isinstance(beta, bool):
        raise of_kernel(RuntimeError(f"result type {number_dtype(beta).type_name} can't be cast to the desired output type Bool"), bool_, None)
    return True


def _bool_sum(input: Tensor, shape: tuple[int, ...], beta: Any) -> Tensor:
    return input.expand(shape).clone(memory_format=contiguous_format) if beta else input.new_zeros(shape)


@op("method out", contract=accumulated(1), out=same_dtype, sharing=COMPUTED)
def mm(input, mat2):
    """The product of two matrices, (n, k) and (k, p). No broadcasting.

    >>> mm(tensor([[1., 2.], [3., 4.]]), tensor([[1.], [1.]]))
    tensor([[3.],
            [7.]])
    """
    a, b = input._view, mat2._view
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise RuntimeError(f"{'self' if len(a.shape) != 2 else 'mat2'} must be a matrix")
    _check_inner(input, mat2)
    if a.dtype is not b.dtype:
        error = RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {spelled_c_name(a.dtype)} != {spelled_c_name(b.dtype)}")
        raise of_kernel(error, a.dtype, (a.shape[0], b.shape[1]))
    _refuse_bool("addmm_impl_cpu_", a, b)
    return _product(input, (a.shape[0], b.shape[1]), a, b)


mm.derivative(input=lambda grad, mat2: grad.mm(mat2.t().conj()), mat2=lambda grad, input: input.t().conj().mm(grad))


def _check_batches(a: Tensor, b: Tensor) -> None:
    if a.dim() != 3 or b.dim() != 3:
        raise RuntimeError(f"batch{1 if a.dim() != 3 else 2} must be a 3D tensor")
    (n, _, k), (n2, k2, _) = a.shape, b.shape
    if (n, k) != (n2, k2):
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{n}, {k}] but got: [{n2}, {k2}].")


@op("method out", contract=accumulated(1), out=same_dtype, sharing=SUMMED)
def bmm(input, mat2):
    """The products of two batches of matrices, (b, n, k) and (b, k, p). No broadcasting.

    The result has the dtype of ``mat2``; another one of ``input`` is an error only if there is something to multiply.

    >>> bmm(ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    _check_batches(input, mat2)
    if input.dtype is not mat2.dtype:
        if not input.numel() or not mat2.numel():
            return mat2.new_zeros((*input.shape[:2], mat2.shape[2]))
        raise of_kernel(RuntimeError(f"expected scalar type {input.dtype.type_name} but found {mat2.dtype.type_name}"), mat2.dtype, None)
    _refuse_bool(_batch_kernel("bmm", input.shape[1], input.shape[2], mat2.shape[2]), input._view, mat2._view)
    return _product(input, (*input.shape[:2], mat2.shape[2]), input._view, mat2._view)


bmm.derivative(
    input=lambda grad, mat2: grad.bmm(mat2.transpose(1, 2).conj()),
    mat2=lambda grad, input: input.transpose(1, 2).conj().bmm(grad),
)


# -- vectors -----------------------------------------------------------------------------------------


def _check_matrix_and_vector(mat: Tensor, vec: Tensor, dtype: dtype_class, ndim: int, size: int, numel: int) -> None:
    """The checks of :func:`addmv`, of which :func:`mv` is the case without an input: it counts as a vector of the right size."""
    if mat.dim() != 2 or vec.dim() != 1 or ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {ndim}, {mat.dim()}, {vec.dim()}")
    (n, k), (k2,) = mat.shape, vec.shape
    if (k != k2 or numel not in (1, n)) and not ndim:  # the message would say its size
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if k != k2 or numel not in (1, n):
        raise RuntimeError(f"size mismatch, got input ({size}), mat ({n}x{k}), vec ({k2})")
    if not dtype is mat.dtype is vec.dtype:
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {dtype.type_name}, {mat.dtype.type_name}, "
                           f"and {vec.dtype.type_name}")
    _refuse_bool("addmv_impl_cpu", mat._view, vec._view)


def _mv_out(function, args, kwargs, outs):
    """An output with one element or as many as the result is checked as the input of :func:`addmv` is; any other is replaced."""
    bound, out = function.operation.bind(args, kwargs), outs[0]
    input, vec = bound["input"], bound["vec"]
    if not input.dim() or (input.dim() == 2 and vec.dim() == 1 and not out.dim() and input.shape[1] != vec.shape[0]):
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    n = input.shape[0]
    if out.dim() < 2 and out.numel() in (1, n):
        _check_matrix_and_vector(input, vec, out.dtype, out.dim(), out.numel(), out.numel())
        return function(input, vec)
    return same_dtype(function, (input, vec), {}, outs)


@op("method out", contract=accumulated(1), out=_mv_out, sharing=SUMMED)
def mv(input, vec):
    """The product of a matrix (n, k) and a vector (k).

    >>> mv(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    n = input.shape[0] if input.dim() else 0
    _check_matrix_and_vector(input, vec, vec.dtype, 1, n, n)
    return _product(input, (n,), input._view, _column(vec._view))


mv.derivative(input=lambda grad, vec: grad.outer(vec.conj()), vec=lambda grad, input: input.conj().t().mv(grad))


def _check_vectors(a: Tensor, b: Tensor) -> None:
    if a.dim() != 1 or b.dim() != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.dim()}D and {b.dim()}D tensors")
    if a.dtype is not b.dtype:
        raise RuntimeError(f"dot : expected both vectors to have same dtype, but found {a.dtype.type_name} and {b.dtype.type_name}")
    if a.numel() != b.numel():
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{a.numel()}] and src [{b.numel()}] to have the same number of elements, "
                           f"but got {a.numel()} and {b.numel()} elements respectively")


def _dot_out(function, args, kwargs, outs):
    """The output must have the dtype of the input; that is looked at first."""
    input = args[0] if args else kwargs["input"]
    if input.dtype is not outs[0].dtype:
        raise RuntimeError(f"result dtype {outs[0].dtype.type_name} does not match input dtype {input.dtype.type_name}")
    return function(*args, **kwargs)


@op("method out", contract=accumulated(1), out=_dot_out, sharing=SUMMED)
def dot(input, tensor):
    """The sum of the products of two vectors' elements (nothing is conjugated).

    >>> dot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    _check_vectors(input, tensor)
    if input.dtype is bool_:
        not_implemented("dot", bool_)
    return _product(input, (), _row(input._view), _column(tensor._view))


dot.derivative(input=lambda grad, tensor: grad * tensor.conj(), tensor=lambda grad, input: grad * input.conj())


@op("method out", contract=accumulated(1), out=_dot_out, sharing=SUMMED)
def vdot(input, other):
    """:func:`dot` with the first vector conjugated.

    >>> vdot(tensor([1j]), tensor([1j]))
    tensor(1.+0.j)
    """
    if not input.is_complex():
        return dot(input, other)
    _check_vectors(input, other)
    return _product(input, (), _row(input.conj()._view), _column(other._view))


vdot.derivative(input=lambda grad, other: grad.conj() * other, other=lambda grad, input: grad * input)


@op("method out", aliases=("ger",))
def outer(input, vec2):
    """The matrix of the products of two vectors' elements. Dtypes promote.

    >>> outer(tensor([1, 2]), tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    for name, v in (("self", input), ("vec2", vec2)):
        if v.dim() != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {v.dim()}-D")
    return input.view(input.numel(), 1) * vec2


# -- matmul ------------------------------------------------------------------------------------------


def _matmul_out(function, args, kwargs, outs):
    """The rule of the product that the ranks of the operands choose."""
    bound = function.operation.bind(args, kwargs)
    input, other = bound["input"], bound["other"]
    a, b = input.dim(), other.dim()
    if a == b == 1:
        return _dot_out(dot, (input, other), {}, outs)
    if b == 1 and a == 2:
        return _mv_out(mv, (input, other), {}, outs)
    if a == 1 and b == 2:  # a product of a matrix of one row, which the output holds before it loses that dimension
        result = same_dtype(function, args, kwargs, outs)
        if outs[0].shape != (1, other.shape[1]):
            resize_output(outs[0], (1, other.shape[1]), contiguous_strides((1, other.shape[1])))
        outs[0].squeeze_(0)
        return result
    if min(a, b) == 1 and max(a, b) > 2 and _folds(input, other):
        large, vector = (input, other) if b == 1 else (other.mT, input)
        rows = prod(large.shape[:-1])
        _check_matrix_and_vector(large.reshape(rows, large.shape[-1]), vector, outs[0].dtype, 1, rows, rows)
    return same_dtype(function, args, kwargs, outs)


@op("method out", aliases=("linalg_matmul",), operator="matmul", contract=accumulated(1), out=_matmul_out, sharing=COMPUTED)
def matmul(input, other):
    """The product ``input @ other`` by the ranks of the operands.

    1-d @ 1-d: :func:`dot`; 2-d @ 2-d: :func:`mm`; 2-d @ 1-d: :func:`mv`; else matrices in the last two dimensions (a vector counts as a row on the
    left and as a column on the right), the other dimensions broadcast. 0-d operands are an error.

    >>> matmul(ones(2, 1, 3), ones(3, 4)).shape
    torch.Size([2, 1, 4])
    """
    a, b = input.dim(), other.dim()
    if a == 2 and b == 2:
        return input.mm(other)
    if a == 0 or b == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D")
    if b == 1 and a <= 2:
        return input.dot(other) if a == 1 else input.mv(other)
    if a == 1 and b == 2:
        return input.unsqueeze(0).mm(other).squeeze_(0)
    return _folded(input, other) if _folds(input, other) else _batched(input, other)


def _folds(input: Tensor, other: Tensor) -> bool:
    """Whether torch turns a batch times one small operand (a matrix or a vector) into one product of matrices.

    It does if the small operand requires grad, whose gradient would else be a batch to be summed; or if the batch stands on the left
    and folds without a copy.
    """
    left_is_larger = input.dim() >= other.dim()
    large, small = (input, other) if left_is_larger else (other.mT, input)
    if large.dim() < 3 or small.dim() > 2:
        return False
    if small.requires_grad:
        return True
    if input.dim() == 2:
        return False
    shape, strides = large._view.shape, large._view.strides
    return not large.numel() or all(strides[d] == strides[d + 1] * shape[d + 1] for d in range(len(shape) - 2))


def _folded(input: Tensor, other: Tensor) -> Tensor:
    from ..views.shapes import _unsafe_view

    swapped = other.dim() > input.dim()
    large, small = (other.mT, input.t() if input.dim() == 2 else input) if swapped else (input, other)
    *batch, k = large.shape
    matrix = large.reshape(prod(batch), k)
    if small.dim() == 1:
        return _unsafe_view(matrix.mv(small), batch)
    result = _unsafe_view(matrix.mm(small), (*batch, small.shape[1]))
    return result.mT.contiguous() if swapped else result


def _batched(input: Tensor, other: Tensor) -> Tensor:
    from ..views.shapes import _unsafe_view

    a, b = input.dim(), other.dim()
    if a == b == 3 and input.shape[0] != other.shape[0]:
        if input.shape[0] == 1 and input.requires_grad:
            return matmul(input.squeeze(0), other)
        if other.shape[0] == 1 and other.requires_grad:
            return matmul(input, other.squeeze(0))
    rows = input.shape[-2:] if a > 1 else (1, *input.shape)
    columns = other.shape[-2:]
    batch = broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2]))
    count = prod(batch)
    left = input.expand(*batch, *rows).reshape(count, *rows)
    right = other.expand(*batch, *columns).reshape(count, *columns)
    if b == 1:
        right = right.unsqueeze(2)
    product = left.bmm(right)
    if b == 1:
        product = product.squeeze(-1)
    return _unsafe_view(product, (*batch, *rows[: min(a - 1, 1)], *columns[1:]))


# -- products added to a tensor ------------------------------------------------------------------------


@op("method inplace out", contract=accumulated(2), out=same_dtype, sharing=COMPUTED)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat1 @ mat2)``, the input expanded; with ``beta`` 0 it is ignored. For integers the factors are truncated.

    >>> addmm(tensor([10.]), tensor([[1., 2.]]), tensor([[3.], [4.]]))
    tensor([[21.]])
    """
    a, b = mat1._view, mat2._view
    for first, d in (("self", input.dtype), ("mat1", a.dtype)):
        if d is not b.dtype:
            raise RuntimeError(f"{first} and mat2 must have the same dtype, but got {d.type_name} and {b.dtype.type_name}")
    for name, view in (("mat1", a), ("mat2", b)):
        if len(view.shape) != 2:
            raise RuntimeError(f"{name} must be a matrix, got {len(view.shape)}-D tensor")
    _check_inner(mat1, mat2)
    shape = (a.shape[0], b.shape[1])
    try:
        _check_expandable(input, shape)
    except RuntimeError as error:
        raise of_kernel(error, a.dtype, shape) from None
    if _is_bool_sum("addmm_impl_cpu_", input, shape, a.shape[1], beta):
        return _bool_sum(input, shape, beta)
    return _add_product(input, shape, a, b, beta, alpha)


addmm.derivative(
    input=lambda grad, beta: _scaled(grad, beta.conjugate()),
    mat1=lambda grad, mat2, alpha: _scaled(grad.mm(mat2.t().conj()), alpha.conjugate()),
    mat2=lambda grad, mat1, alpha: _scaled(mat1.t().conj().mm(grad), alpha.conjugate()),
)


@op("method inplace_function out", contract=accumulated(2), out=same_dtype, sharing=COMPUTED)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat @ vec)``; the input has one element or as many as the matrix has rows.

    >>> addmv(tensor([10.]), tensor([[1., 2.]]), tensor([3., 4.]))
    tensor([21.])
    """
    _check_matrix_and_vector(mat, vec, input.dtype, input.dim(), input.numel(), input.numel())
    return _add_product(input, mat.shape[:1], mat._view, _column(vec._view), beta, alpha)


addmv.derivative(
    input=lambda grad, beta: _scaled(grad, beta.conjugate()),
    mat=lambda grad, vec, alpha: _scaled(grad.outer(vec.conj()), alpha.conjugate()),
    vec=lambda grad, mat, alpha: _scaled(mat.t().conj().mv(grad), alpha.conjugate()),
)


@op("method inplace out", contract=accumulated(2), out=same_dtype, sharing=COMPUTED)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * bmm(batch1, batch2)``, the input expanded.

    >>> baddbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    shape = (batch1.size(0), batch1.size(1), batch2.size(2))
    _check_expandable(input, shape)
    names = [spelled_c_name(t.dtype) for t in (input, batch1, batch2)]
    if input.dtype is not batch1.dtype:
        raise RuntimeError(f"Input dtypes must be the same, got: input {names[0]}, batch1: {names[1]}, batch2: {names[2]}")
    _check_batches(batch1, batch2)
    if batch1.dtype is not batch2.dtype:
        raise RuntimeError(f"expected scalar type {batch1.dtype.type_name} but found {batch2.dtype.type_name}")
    if _is_bool_sum(_batch_kernel("baddbmm", shape[1], batch1.size(2), shape[2]), input, shape, batch1.size(2), beta):
        return _bool_sum(input, shape, beta)
    return _add_product(input, shape, batch1._view, batch2._view, beta, alpha)


baddbmm.derivative(
    input=lambda grad, beta: _scaled(grad, beta.conjugate()),
    batch1=lambda grad, batch2, alpha: _scaled(grad.bmm(batch2.transpose(1, 2).conj()), alpha.conjugate()),
    batch2=lambda grad, batch1, alpha: _scaled(batch1.transpose(1, 2).conj().bmm(grad), alpha.conjugate()),
)
