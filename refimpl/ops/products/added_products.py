"""Products added to a tensor: ``beta * input + alpha * product``, an exact sum that is rounded once.

With ``beta`` 0 the input is ignored, NaN and all. For integers the factors are cut off to integers. All operands have one dtype, and not bool.
"""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_
from ...foundation.promotion import can_cast, promote
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor
from ..creation.fresh import fillable
from ..shared.elementwise import common_dtype, elementwise, number_as, pointwise_strides
from ..shared.operands import NO_SIZE, type_text
from .evaluation import MATRICES, NUMBERS, add_product, column, factor_dtype, narrowed, scaled, widened
from .matrix_products import batches, inner_sizes, matrix_and_vector


def _factors(require: Any, input: Tensor, beta: Any, alpha: Any, result: int, terms: int) -> None:
    """Factors that the dtype can hold. Of no elements nobody looks at them; where the sums have no terms, the input is multiplied by ``beta``."""
    d = input.dtype
    multiplied = common_dtype(input, beta)
    alone = bool(result) and not terms and beta != 0
    require(not alone or can_cast(multiplied, d), RuntimeError, "result type {} can't be cast to the desired output type {}",
            multiplied.type_name, d.type_name)  # fmt: skip
    require.fits(beta if result and terms else 1, factor_dtype(d))
    require.fits(alpha if result and terms else 1, factor_dtype(d))


_BAD_IN_PLACE = ("Bad in-place call: input tensor size {0} and output tensor size {1} should match",)


def _expandable(require: Any, input: Tensor, shape: tuple[int, ...], words: tuple[str, ...] = _BAD_IN_PLACE) -> None:
    """The constraints of an input that is expanded to the shape of the product; in place it has that shape already, or ``words`` say so."""
    have, ndim = input.shape, len(shape)
    in_place = tuple([(RuntimeError, each) for each in words])
    require(len(have) <= ndim, RuntimeError, "expand({2}{{{0}}}, size={1}): the number of sizes provided ({3}) must be greater or equal to the "
            "number of dimensions in the tensor ({4})", list(have), list(shape), type_text(input), ndim, len(have), also=in_place)  # fmt: skip
    lead = ndim - len(have)
    for d in reversed(range(len(have))):
        require(have[d] in (1, shape[lead + d]), RuntimeError, "The expanded size of the tensor ({2}) must match the existing size ({3}) at "
                "non-singleton dimension {4}.  Target sizes: {1}.  Tensor sizes: {0}", list(have), list(shape), shape[lead + d], have[d], lead + d,
                also=in_place)  # fmt: skip


@op("method inplace out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=COMPUTED._replace(over="input"), dtypes=MATRICES)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat1 @ mat2)``: an exact sum, rounded once.

    Shapes: (n, k) and (k, p) give (n, p), to which the input is expanded. Dtypes: all but bool, the same for all. Special cases: with ``beta`` 0
    the input is ignored, NaN and all; for integers the factors are cut off to integers. Errors: RuntimeError for other ranks, sizes that do not
    fit, two dtypes, and a factor that the dtype cannot hold; NotImplementedError for bool. Gradient: that of the sum and of :func:`mm`.

    >>> addmm(tensor([10.]), tensor([[1., 2.]]), tensor([[3.], [4.]]))
    tensor([[21.]])
    """
    return add_product(input, (mat1.shape[0], mat2.shape[1]), mat1._view, mat2._view, beta, alpha)


@addmm.constraints
def _(require, input, mat1, mat2, beta, alpha):
    for name, operand in (("self", input), ("mat1", mat1)):
        require(operand.dtype is mat2.dtype, RuntimeError, "{} and mat2 must have the same dtype, but got {} and {}", name, operand.dtype.type_name,
                mat2.dtype.type_name)  # fmt: skip
    for name, operand in (("mat1", mat1), ("mat2", mat2)):
        require(operand.dim() == 2, RuntimeError, "{} must be a matrix, got {}-D tensor", name, operand.dim())
    inner_sizes(require, mat1, mat2)
    _expandable(require, input, (mat1.shape[0], mat2.shape[1]))
    _factors(require, input, beta, alpha, mat1.shape[0] * mat2.shape[1], mat1.shape[1])


addmm.derivative(
    input=lambda grad, beta: scaled(grad, beta.conjugate()),
    mat1=lambda grad, mat2, alpha: scaled(grad.mm(mat2.t().conj()), alpha.conjugate()),
    mat2=lambda grad, mat1, alpha: scaled(mat1.t().conj().mm(grad), alpha.conjugate()),
)


@op("method inplace_function out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=COMPUTED._replace(over="input"), dtypes=NUMBERS)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """``beta * input + alpha * (mat @ vec)``: an exact sum, rounded once.

    Shapes: (n, k) and (k) give (n); the input has n elements or one. Dtypes and special cases: as for :func:`addmm`. Errors: RuntimeError for other
    ranks, sizes that do not fit, two dtypes, and a factor that the dtype cannot hold; IndexError for some 0-d operands; NotImplementedError for bool.
    Gradient: that of the sum and of :func:`mv`.

    >>> addmv(tensor([10.]), tensor([[1., 2.]]), tensor([3., 4.]))
    tensor([21.])
    """
    return add_product(input, mat.shape[:1], mat._view, column(vec._view), beta, alpha)


@addmv.constraints
def _(require, input, mat, vec, beta, alpha):
    matrix_and_vector(require, mat, vec, input.dtype, input.dim(), input.numel())
    if mat.numel():
        require.fits(beta, input.dtype)
        require.fits(alpha, input.dtype)
    else:
        fillable(require, beta, input.dtype, 1)


addmv.derivative(
    input=lambda grad, beta: scaled(grad, beta.conjugate()),
    mat=lambda grad, vec, alpha: scaled(grad.outer(vec.conj()), alpha.conjugate()),
    vec=lambda grad, mat, alpha: scaled(mat.t().conj().mv(grad), alpha.conjugate()),
)


@op("method inplace out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=COMPUTED._replace(over="input"), dtypes=NUMBERS)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * bmm(batch1, batch2)``: an exact sum, rounded once.

    Shapes: (b, n, k) and (b, k, p) give (b, n, p), to which the input is expanded. Dtypes and special cases: as for :func:`addmm`. Errors:
    RuntimeError for other ranks, sizes that do not fit, two dtypes, and a factor that the dtype cannot hold; IndexError for fewer dimensions;
    NotImplementedError for bool. Gradient: that of the sum and of :func:`bmm`.

    >>> baddbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    return add_product(input, (*batch1.shape[:2], batch2.shape[2]), batch1._view, batch2._view, beta, alpha)


@baddbmm.constraints
def _(require, input, batch1, batch2, beta, alpha):
    require(input.dtype is batch1.dtype, RuntimeError, "Input dtypes must be the same, got: input {}, batch1: {}, batch2: {}",
            *[spelled_c_name(t.dtype) for t in (input, batch1, batch2)])  # fmt: skip
    for batch in (batch1, batch2):
        require.dimension(0, batch, zero_dim=False)
    for batch, dim in ((batch1, 1), (batch2, 2)):
        require.dimension(dim, batch)
    _expandable(require, input, (*batch1.shape[:2], batch2.shape[2]))
    batches(require, batch1, batch2)
    _factors(require, input, beta, alpha, batch1.shape[0] * batch1.shape[1] * batch2.shape[2], batch1.shape[2])


baddbmm.derivative(
    input=lambda grad, beta: scaled(grad, beta.conjugate()),
    batch1=lambda grad, batch2, alpha: scaled(grad.bmm(batch2.mH), alpha.conjugate()),
    batch2=lambda grad, batch1, alpha: scaled(batch1.mH.bmm(grad), alpha.conjugate()),
)


_ADDED_OUTPUT = EXACT_OUTPUT._replace(also=(
    "self and mat2 must have the same dtype, but got {out} and {result}", "result type {result} can't be cast to the desired output type {out}"))


@op("method inplace out", contract=accumulated(2), out=_ADDED_OUTPUT, sharing=COMPUTED._replace(over="input"), dtypes=MATRICES)
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """``beta * input + alpha * sum(batch1[i] @ batch2[i] for i)``: an exact sum, rounded once.

    Shapes: (b, n, k) and (b, k, p) give (n, p), to which the input is expanded. Dtypes and special cases: as for :func:`addmm`. Errors:
    RuntimeError for other ranks, sizes that do not fit, two dtypes, and a factor that the dtype cannot hold; IndexError for fewer dimensions;
    NotImplementedError for bool. Gradient: that of the sum and of :func:`bmm`.

    >>> addbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1))
    tensor([[7.]])
    """
    (b, n, k), p = batch1.shape, batch2.shape[2]
    left, right = batch1.detach().transpose(0, 1).reshape(n, b * k), batch2.detach().reshape(b * k, p)
    return add_product(input, (n, p), left._view, right._view, beta, alpha)


@addbmm.constraints
def _(require, input, batch1, batch2, beta, alpha):
    for name, operand in (("self", input), ("mat1", batch1)):
        require(operand.dtype is batch2.dtype, RuntimeError, "{} and mat2 must have the same dtype, but got {} and {}", name,
                operand.dtype.type_name, batch2.dtype.type_name, also=((RuntimeError, "Autograd not support dtype: {1}"),))  # fmt: skip
    for batch, dim in ((batch1, 1), (batch2, 2)):
        require.dimension(dim, batch, also=NO_SIZE)
    _expandable(require, input, (batch1.shape[1], batch2.shape[2]))
    require(batch1.dim() == 3, RuntimeError, "batch1 must be a 3D tensor")
    require(batch2.dim() == 3, RuntimeError, "batch2 must be a 3D tensor")
    (b, n, k), (b2, k2, p) = batch1.shape, batch2.shape
    require(b == b2, RuntimeError, "batch1 and batch2 must have same number of batches, got {} and {}", b, b2)
    require(k == k2, RuntimeError, "Incompatible matrix sizes for bmm ({}x{} and {}x{})", n, k, k2, p)
    _factors(require, input, beta, alpha, n * p, b * k)


addbmm.derivative(
    input=lambda grad, beta: scaled(grad, beta.conjugate()),
    batch1=lambda grad, batch2, alpha: scaled(grad.expand(batch2.shape[0], *grad.shape).bmm(batch2.mH), alpha.conjugate()),
    batch2=lambda grad, batch1, alpha: scaled(batch1.mH.bmm(grad.expand(batch1.shape[0], *grad.shape)), alpha.conjugate()),
)


@op("method inplace out", contract=accumulated(2))
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """``beta * input + alpha * outer(vec1, vec2)``: an exact sum of products, rounded once.

    Shapes: (n) and (p) give (n, p), to which the input is expanded. Dtypes: all; they promote, and the factors must fit the common dtype. Special
    cases: with ``beta`` 0 the input is ignored, NaN and all. For bool the sum is "or", the product "and". Errors: RuntimeError for other ranks and
    sizes, for factors with a fraction beside integers, for bool factors beside numbers, and for a factor that the dtype cannot hold. Gradient:
    that of the sum and of :func:`outer`.

    >>> addr(tensor([10.]), tensor([1., 2.]), tensor([3., 4.]))
    tensor([[13., 14.],
            [16., 18.]])
    """
    input, column, row = input.detach(), vec1.detach().unsqueeze(1), vec2.detach()
    input = input.expand(vec1.shape[0], vec2.shape[0])
    d, layout = common_dtype(input, column, row), pointwise_strides(input, column, row)
    if d is bool_:
        either = elementwise("logical_and", column, row, layout=layout) & bool(alpha)
        return either | input if beta else either
    beta, alpha = (number_as(factor.real if d.category < 3 else factor, d) for factor in (beta, alpha))
    input, column, row = widened([t.to(d) for t in (input, column, row)])
    product = elementwise("mul", scaled(column, alpha), row, layout=layout)
    return narrowed(product if beta == 0 else product.add(scaled(input, beta)), d, "")


_BAD_ADDR = ("size mismatch, input: {0}, v1: [{1[0]}], v2: [{1[1]}]", "2D tensor expected, got {4}D tensor for input")


@addr.constraints
def _(require, input, vec1, vec2, beta, alpha):
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        require(vector.dim() == 1, RuntimeError, "addr: Expected 1-D argument {}, but got {}-D", name, vector.dim())
    _expandable(require, input, (vec1.shape[0], vec2.shape[0]), _BAD_ADDR)
    d = promote([input.dtype, vec1.dtype, vec2.dtype], [], [])
    for name, factor in (("beta", beta), ("alpha", alpha)):
        require(d.category >= 2 or isinstance(factor, int), RuntimeError,
                "For integral input tensors, argument {} must not be a floating point number.", name)  # fmt: skip
        require(d is bool_ or not isinstance(factor, bool), RuntimeError, "Boolean {} only supported for Boolean results.", name)
        require.fits(factor, d)


addr.derivative(
    input=lambda grad, beta: scaled(grad, beta.conjugate()),
    vec1=lambda grad, vec2, alpha: scaled(grad.mv(vec2.conj()), alpha.conjugate()),
    vec2=lambda grad, vec1, alpha: scaled(grad.t().mv(vec1.conj()), alpha.conjugate()),
)
