"""Products of vectors and matrices. Every element is an exact sum of products rounded once (of float64, each product is rounded first).

Both operands must have one dtype: products do not promote.
"""

from __future__ import annotations

from typing import Any

from ..dtypes import bool_
from ..layout import broadcast_shapes, broadcast_strides
from ..registry import OperandError, accumulated, op
from ..tensor import Tensor, View, allocate_like
from .checks import not_implemented

_names = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int", "int16": "short int", "int8": "signed char",
          "uint8": "unsigned char", "bool": "bool", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "complex64": "c10::complex<float>",
          "complex128": "c10::complex<double>"}  # fmt: skip


def _same_dtype(a: Tensor, b: Tensor, first: str = "m1", second: str = "m2") -> None:
    if a.dtype is not b.dtype:
        raise RuntimeError(f"expected {first} and {second} to have the same dtype, but got: {_names[a.dtype.name]} != {_names[b.dtype.name]}")


def _matmul(out: Tensor, a: View, b: View) -> Tensor:
    out._view.storage.kernels.matmul(out._view, a, b)
    return out


def _tensor(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise OperandError(value)


@op("method out", contract=accumulated(1))
def mm(input, mat2):
    """The product of two matrices, (n, m) and (m, p). No broadcasting.

    >>> mm(tensor([[1., 2.], [3., 4.]]), tensor([[1.], [1.]]))
    tensor([[3.],
            [7.]])
    """
    _tensor(mat2)
    for name, m in (("self", input), ("mat2", mat2)):
        if m.dim() != 2:
            raise RuntimeError(f"{name} must be a matrix")
    (n, k), (k2, p) = input._view.shape, mat2._view.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{p})")
    _same_dtype(input, mat2)
    if input.dtype is bool_:
        not_implemented("addmm_impl_cpu_", bool_)
    return _matmul(allocate_like(input, (n, p)), input._view, mat2._view)


mm.derivative(input=lambda grad, mat2: grad.mm(mat2.t().conj()), mat2=lambda grad, input: input.t().conj().mm(grad))


@op("method out", contract=accumulated(1))
def bmm(input, mat2):
    """The products of two batches of matrices, (b, n, m) and (b, m, p). No broadcasting.

    >>> bmm(ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    _tensor(mat2)
    for name, m in (("batch1", input), ("batch2", mat2)):
        if m.dim() != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    (b, n, k), (b2, k2, p) = input._view.shape, mat2._view.shape
    if (b, k) != (b2, k2):
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{b}, {k}] but got: [{b2}, {k2}].")
    if input.dtype is not mat2.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.type_name} but found {mat2.dtype.type_name}")
    if input.dtype is bool_:
        not_implemented("bmm", bool_)
    return _matmul(allocate_like(input, (b, n, p)), input._view, mat2._view)


bmm.derivative(input=lambda grad, mat2: grad.bmm(mat2.transpose(1, 2).conj()), mat2=lambda grad, input: input.transpose(1, 2).conj().bmm(grad))


@op("method out", contract=accumulated(1))
def mv(input, vec):
    """The product of a matrix (n, m) and a vector (m).

    >>> mv(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    _tensor(vec)
    if input.dim() != 2 or vec.dim() != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.dim()}, {vec.dim()}")
    (n, k), (k2,) = input._view.shape, vec._view.shape
    if k != k2:
        raise RuntimeError(f"size mismatch, got input ({n}), mat ({n}x{k}), vec ({k2})")
    if input.dtype is not vec.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.type_name} but found {vec.dtype.type_name}")
    if input.dtype is bool_:
        not_implemented("addmv_impl_cpu", bool_)
    column, out = vec._view, allocate_like(input, (n,))
    target = out._view
    target.storage.kernels.matmul(View(target.storage, 0, (n, 1), (1, 1), target.dtype), input._view,
                                  View(column.storage, column.offset, (k, 1), (column.strides[0], 1), column.dtype))
    return out


mv.derivative(input=lambda grad, vec: grad.unsqueeze(1) * vec.conj(), vec=lambda grad, input: input.t().conj().mv(grad))


@op("method out", contract=accumulated(1))
def dot(input, tensor):
    """The sum of the products of two vectors' elements (nothing is conjugated).

    >>> dot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    _tensor(tensor)
    _check_vectors(input, tensor, "dot")
    if input.dtype is bool_:
        not_implemented("dot", bool_)
    n = input.numel()
    a, b, out = input._view, tensor._view, allocate_like(input, ())
    target = out._view
    target.storage.kernels.matmul(View(target.storage, 0, (1, 1), (1, 1), target.dtype),
                                  View(a.storage, a.offset, (1, n), (1, a.strides[0]), a.dtype),
                                  View(b.storage, b.offset, (n, 1), (b.strides[0], 1), b.dtype))
    return out


dot.derivative(input=lambda grad, tensor: grad * tensor.conj(), tensor=lambda grad, input: grad * input.conj())


def _check_vectors(a: Tensor, b: Tensor, function: str) -> None:
    if a.dim() != 1 or b.dim() != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.dim()}D and {b.dim()}D tensors")
    if a.dtype is not b.dtype:
        raise RuntimeError(f"dot : expected both vectors to have same dtype, but found {a.dtype.type_name} and {b.dtype.type_name}")
    if a.numel() != b.numel():
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{a.numel()}] and src [{b.numel()}] to have the same number of elements, "
                           f"but got {a.numel()} and {b.numel()} elements respectively")


@op("method out")
def vdot(input, other):
    """:func:`dot` with the first vector conjugated.

    >>> vdot(tensor([1j]), tensor([1j]))
    tensor(1.+0.j)
    """
    return (input.conj() if input.is_complex() else input).dot(other)


@op("method out", aliases=("linalg_matmul",), operator="matmul", contract=accumulated(1))
def matmul(input, other):
    """The product ``input @ other`` by the ranks of the operands.

    1-d @ 1-d: :func:`dot`; 2-d @ 2-d: :func:`mm`; 2-d @ 1-d: :func:`mv`; else matrices in the last two dimensions (a vector counts as a row on the
    left and as a column on the right), the other dimensions broadcast.

    >>> matmul(ones(2, 1, 3), ones(3, 4)).shape
    torch.Size([2, 1, 4])
    """
    _tensor(other)
    a, b = input.dim(), other.dim()
    if a == 0 or b == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D")
    if a == 1 and b == 1:
        return input.dot(other)
    if a == 2 and b == 1:
        return input.mv(other)
    if a == 1 and b == 2:
        return input.unsqueeze(0).mm(other).squeeze(0)
    if a == 2 and b == 2:
        return input.mm(other)
    return _batched(input, other)


def _batched(input: Tensor, other: Tensor) -> Tensor:
    a, b = input.dim(), other.dim()
    left = input.unsqueeze(0) if a == 1 else input
    right = other.unsqueeze(1) if b == 1 else other
    (n, k), (k2, p) = left._view.shape[-2:], right._view.shape[-2:]
    if left.dim() == 2 or right.dim() == 2:
        # A matrix on one side: torch folds the batch of the other side into one matrix.
        if right.dim() == 2:
            folded = left.reshape(-1, k)
            if b == 1:
                return folded.mv(other).view(left.shape[:-1])
            product = folded.mm(right)
            return product.view((*left.shape[:-1], p))
    batch = broadcast_shapes(left._view.shape[:-2], right._view.shape[:-2])
    if k != k2:
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{_product(batch)}, {k}] but got: [{_product(batch)}, {k2}].")
    flat = _product(batch)
    product = left.expand((*batch, n, k)).reshape(flat, n, k).bmm(right.expand((*batch, k2, p)).reshape(flat, k2, p))
    shape = (*batch, *(() if a == 1 else (n,)), *(() if b == 1 else (p,)))
    return product.view(shape)


def _product(sizes: tuple[int, ...]) -> int:
    total = 1
    for s in sizes:
        total *= s
    return total


def _scale(value: Any, factor: Any) -> Any:
    return value if factor == 1 else value * factor


@op("method inplace out", contract=accumulated(2))
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat1 @ mat2)``, the input broadcast; with beta 0 the input is ignored, NaN and all. Rounded once.

    For integers, alpha and beta are truncated.

    >>> addmm(tensor([10.]), tensor([[1., 2.]]), tensor([[3.], [4.]]))
    tensor([[21.]])
    """
    _tensor(mat1)
    _tensor(mat2)
    for name, m in (("mat1", mat1), ("mat2", mat2)):
        if m.dim() != 2:
            raise RuntimeError(f"{name} must be a matrix, got {m.dim()}-D tensor")
    (n, k), (k2, p) = mat1._view.shape, mat2._view.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{p})")
    if input.dim() > 2:
        raise RuntimeError(f"expand({_legacy(input)}{{{list(input.shape)}}}, size={[n, p]}): the number of sizes provided (2) must be greater or equal "
                           f"to the number of dimensions in the tensor ({input.dim()})")
    shape = input._view.shape
    for d, size in enumerate(shape):
        target = (n, p)[2 - len(shape) + d]
        if size not in (1, target):
            raise RuntimeError(f"The expanded size of the tensor ({target}) must match the existing size ({size}) at non-singleton dimension "
                               f"{2 - len(shape) + d}.  Target sizes: {[n, p]}.  Tensor sizes: {list(shape)}")
    if input.dtype is not mat2.dtype:
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {input.dtype.type_name} and {mat2.dtype.type_name}")
    if mat1.dtype is not mat2.dtype:
        _same_dtype(mat1, mat2, "mat1", "mat2")
    if input.dtype is bool_:
        not_implemented("addmm_impl_cpu_", bool_)
    return _add_product(input, mat1._view, mat2._view, (n, p), beta, alpha)


def _legacy(input: Tensor) -> str:
    return f"torch.{input.dtype.type_name}Tensor"


def _add_product(input: Tensor, a: View, b: View, shape: tuple[int, ...], beta: Any, alpha: Any) -> Tensor:
    """``beta * input + alpha * (a @ b)``. With both factors 1 the input is one more term of the exact sums: a column of ones times a row of it."""
    from ..dtypes import float64
    from ..elementwise import elementwise

    category = input.dtype.category
    if category == 1:
        alpha, beta = int(alpha), int(beta)
    kernels = input._view.storage.kernels
    wide = float64 if input.dtype.is_floating_point else input.dtype
    product = allocate_like(input, shape, wide if kernels.device_type == "cpu" else input.dtype)
    if product.dtype is not input.dtype:
        a, b = _cast(a, wide), _cast(b, wide)
    kernels.matmul(product._view, a, b)
    if beta == 0:
        result = _scale(product, alpha)
    else:
        source = input._view
        spread = View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)
        from ..tensor import wrap

        base = wrap(_cast(spread, product.dtype)) if product.dtype is not input.dtype else wrap(spread)
        result = elementwise("add_scaled", _scale(base, beta), product, alpha) if alpha != 1 else elementwise("add", _scale(base, beta), product)
    if not result.is_contiguous():
        result = result.contiguous()
    return result if result.dtype is input.dtype else result.to(input.dtype)


def _cast(view: View, dtype: Any) -> View:
    from ..layout import contiguous_strides

    kernels = view.storage.kernels
    out = View(kernels.allocate(view.numel * dtype.itemsize), 0, view.shape, contiguous_strides(view.shape), dtype)
    kernels.copy(out, view)
    return out


addmm.derivative(
    input=lambda grad, beta: _scale(grad, beta),
    mat1=lambda grad, mat2, alpha: _scale(grad.mm(mat2.t().conj()), alpha),
    mat2=lambda grad, mat1, alpha: _scale(mat1.t().conj().mm(grad), alpha),
)


@op("method inplace_function out", contract=accumulated(2))
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat @ vec)``, the input broadcast.

    >>> addmv(tensor([10.]), tensor([[1., 2.]]), tensor([3., 4.]))
    tensor([21.])
    """
    if mat.dim() != 2 or vec.dim() != 1 or input.dim() > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.dim()}, {mat.dim()}, {vec.dim()}")
    return input.unsqueeze(-1).addmm(mat, vec.unsqueeze(1), beta=beta, alpha=alpha).squeeze(1)


@op("method inplace out", contract=accumulated(2))
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * (batch1 @ batch2)``, the input broadcast.

    >>> baddbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    product = _scale(batch1.bmm(batch2), alpha)
    return product if beta == 0 else _scale(input, beta) + product


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
    return input.unsqueeze(1) * vec2
