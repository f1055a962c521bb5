"""Linear algebra of tensors that count as matrices, and what torch.linalg has under another name."""

from __future__ import annotations

from math import prod

from ...foundation.contracts import EXACT, accumulated, backward_stable
from ...foundation.dtypes import float32, float64
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ..joining.joining import cat
from .batches import safely_castable
from .solving import linalg_inv, linalg_solve


@op("out", namespace="linalg", contract=backward_stable(4), out=safely_castable("result", "tensorinv").contiguous(), sharing=COMPUTED)
def linalg_tensorinv(input, ind=2):
    """The inverse of a tensor whose first ``ind`` dimensions count as the rows of a square matrix, and the others as its columns.

    Shapes: (*rows, *columns), with as many elements in both, gives (*columns, *rows). Dtypes: float32, float64 and complex ones. Errors: RuntimeError
    for an ``ind`` that is not positive, other shapes and dtypes; LinAlgError for a singular matrix. Gradient: that of :func:`linalg.inv`. Source:
    torch.linalg.tensorinv.

    >>> linalg.tensorinv(tensor([[[2.], [0.]], [[0.], [4.]]]), 1)
    tensor([[[0.5000, 0.0000]],
    <BLANKLINE>
            [[0.0000, 0.2500]]])
    """
    rows, columns = list(input.shape[:ind]), list(input.shape[ind:])
    return linalg_inv(input.reshape(prod(rows), prod(columns))).reshape(*columns, *rows)


@linalg_tensorinv.constraints
def _(require, input, ind):
    require(ind > 0, RuntimeError, "Expected a strictly positive integer for 'ind', but got {}", ind)
    require(ind <= 0 or ind <= input.dim(), RuntimeError, "ArrayRef: invalid slice, N = {}; size = {}", ind, input.dim())
    rows, columns = prod(input.shape[:ind]), prod(input.shape[ind:])
    require(not 0 < ind <= input.dim() or rows == columns, RuntimeError,
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {} != {}", columns, rows)  # fmt: skip


@op("out", namespace="linalg", contract=backward_stable(4), out=safely_castable("result", "tensorsolve").contiguous(), sharing=COMPUTED)
def linalg_tensorsolve(input, other, dims=None):
    """X with ``tensordot(A, X, X.dim()) = B``: a linear system whose matrix is a tensor; the dimensions ``dims`` of A are moved to its end first.

    Shapes: the first dimensions of A, as many as B has, are its rows, the others, which are the shape of X, its columns; of both there are as many
    elements. Dtypes: float32, float64 and complex ones, the same for both. Errors: RuntimeError for other shapes and dtypes; IndexError for
    dimensions that A does not have; LinAlgError for a singular matrix. Gradient: that of :func:`linalg.solve`. Source: torch.linalg.tensorsolve.

    >>> linalg.tensorsolve(tensor([[[2.], [0.]], [[0.], [4.]]]), tensor([1., 1.]))
    tensor([[0.5000],
            [0.2500]])
    """
    moved = input
    if dims is not None:
        last = [d % input.dim() for d in ((dims,) if isinstance(dims, int) else dims)]
        moved = input.permute([d for d in range(input.dim()) if d not in last] + last)
    columns = list(moved.shape[other.dim() :])
    return linalg_solve(moved.reshape(other.numel(), prod(columns)), other.reshape(-1)).reshape(columns)


@linalg_tensorsolve.constraints
def _(require, input, other, dims):
    require(other.dim() <= input.dim(), RuntimeError, "cannot create std::vector larger than max_size()")
    given = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    for dim in given:
        require.dimension(dim, input)
    last = [d % (input.dim() or 1) for d in given]
    require(len(set(last)) == len(last), RuntimeError, "movedim: repeated dim in `source` ({})", list(given))
    shape = [n for d, n in enumerate(input.shape) if d not in last] + [input.shape[d] for d in last]
    rows, columns = other.numel(), prod(shape[other.dim() :])
    require(len(set(last)) < len(last) or rows == columns, RuntimeError, "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            "prod(self.shape[:other.ndim]), but got "
            "{} != {}", columns, rows)  # fmt: skip


@op("", namespace="linalg", contract=accumulated(1))
def linalg_vander(x, *, N=None):
    """The Vandermonde matrix of a vector: column j is ``x ** j``, for j from 0 to N - 1.

    Shapes: (*, n) gives (*, n, N); N is n unless given; a 0-d tensor counts as a vector of size 1. Dtypes: integers, which become int64, float32,
    float64 and complex ones. Errors: RuntimeError for N of 1 or less, bool and floats of 16 bits. Gradient: that of :func:`cumprod`.
    Source: torch.linalg.vander.

    >>> linalg.vander(tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    rows = tuple(x.shape) or (1,)
    count = rows[-1] if N is None else N
    powers = x.unsqueeze(-1).expand(*rows, count - 1).cumprod(-1)
    return cat([powers.new_ones(*rows, 1), powers], -1)


@linalg_vander.constraints
def _(require, x, N):
    known = x.dtype in (float32, float64) or x.is_complex() or x.dtype.category == 1
    require(known, RuntimeError, "linalg.vander supports floating point, complex, and integer tensors, but got {}", x.dtype.type_name)
    count = N if N is not None else x.shape[-1] if x.dim() else 1
    require(count > 1, RuntimeError, "N must be greater than 1.")


@op("", namespace="linalg", contract=EXACT)
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of matrices, a view: :func:`diagonal`, of the last two dimensions unless others are given.

    >>> linalg.diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return A.diagonal(offset, dim1, dim2)
