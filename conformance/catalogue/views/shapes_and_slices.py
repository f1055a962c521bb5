"""Views: results that share the storage of their input, and the copies that look like them."""

from __future__ import annotations

from math import prod
from typing import Any

from ...cases.case import ITEMSIZE, Case, Constant, DType, TensorSpec, map_values
from ...drawing.pen import ALL, Pen
from ..derivatives import apart_in_memory, whole_storage
from ..rows import Arguments, define

FAMILY = "views"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def matrix(pen: Pen) -> Arguments:
    """A tensor of at most two dimensions, of more when invalid."""
    return (pen.tensor(pen.shape(0, 5 if pen.invalid else 2)),), {}


def square_view(pen: Pen) -> Arguments:
    return (pen.tensor(pen.shape(2, 4)),), {}


def factorise(pen: Pen, numel: int) -> list[int]:
    """Sizes whose product is ``numel``, with a -1 now and then."""
    sizes: list[int] = []
    rest = max(numel, 1)
    for _ in range(pen.integer(0, 3)):
        divisors = [d for d in range(1, rest + 1) if rest % d == 0]
        size = pen.choice(divisors)
        sizes.append(size)
        rest //= size
    if rest != 1 or (not sizes and numel != 1):
        sizes.append(rest)
    if numel == 0:
        sizes = sizes or [1]
        sizes[pen.integer(0, len(sizes) - 1)] = 0
    elif sizes and pen.chance(3):
        sizes[pen.integer(0, len(sizes) - 1)] = -1
    if pen.misbehave(2):
        sizes.append(pen.choice((2, -1, 3, -2, 0)))
    return sizes


def _sizes(pen: Pen, tensor: TensorSpec, sizes: list[int]) -> Arguments:
    """Sizes as one sequence, or one by one for methods."""
    if pen.form == "function" or pen.chance(2):
        return (tensor, tuple(sizes)), {}
    return (tensor, *sizes), {}


def reshape(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    return _sizes(pen, tensor, factorise(pen, tensor.numel))


def view(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    if pen.chance(4) and not pen.grad:
        return (tensor, DType(pen.choice(ALL))), {}
    return _sizes(pen, tensor, factorise(pen, tensor.numel))


def reinterpreted(pen: Pen) -> Arguments:
    """Read as a wider dtype, at an offset and of sizes and strides that need not fit."""
    wider = {2: ("float32", "int64"), 4: ("float64", "int64", "complex128"), 8: ("complex128",)}
    if ITEMSIZE[pen.dtype] not in wider:
        return view(pen)
    rows, columns = pen.integer(1, 2), 4 * pen.integer(1, 2)
    whole = pen.tensor((rows * (columns + 3) + 3,), layout="contiguous")
    step = columns + pen.choice((0, 0, 1, 2))
    part = TensorSpec(whole.buffer, whole.dtype, (rows, columns), (step, 1), pen.choice((0, 1, 2, 3)))
    return (part, DType(pen.choice(wider[ITEMSIZE[pen.dtype]]))), {}


def as_strided(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 3))
    cells = len(pen.buffers[tensor.buffer]) // ITEMSIZE[tensor.dtype]
    size = [pen.integer(1, 3) for _ in range(pen.integer(0, 3))]
    stride = [pen.integer(0, 2) for _ in size]
    extent = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if cells and pen.chance(4):  # every other element of the whole storage
        size, stride = [(cells + 1) // 2], [2]
        extent = 2 * size[0] - 1
    elif extent > cells and not pen.invalid:
        size, stride, extent = [], [], 1
    if pen.misbehave(2):
        stride = stride + [1] if pen.chance(2) else [-1 for _ in stride]
    kwargs: dict[str, Any] = {}
    if cells >= extent:
        kwargs = pen.maybe("storage_offset", lambda: pen.integer(0, max(cells - extent, 0)))
    elif cells == 0:
        size, stride = [0], [1]
    if pen.misbehave(4):
        kwargs["storage_offset"] = pen.choice((1000, -1))
    return (tensor, tuple(size), tuple(stride)), kwargs


def overflows(case: Case) -> bool:
    """Whether a geometry is given whose bytes cannot be counted in 64 bits: in place torch believes that it lies in the storage."""
    numbers: list[Any] = []
    map_values((case.args, tuple(case.kwargs.values())), numbers.append)
    return any(isinstance(number, int) and abs(number) >= 2**48 for number in numbers)


def squeeze(pen: Pen) -> Arguments:
    shape = tuple([1 if pen.chance(2) else size for size in pen.shape()])
    tensor = pen.tensor(shape)
    kind = pen.integer(0, 2)
    if kind == 0:
        return (tensor,), {}
    return (tensor, pen.dim(len(shape)) if kind == 1 else pen.dims(len(shape))), {}


def unsqueeze(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    return (tensor, pen.dim(len(tensor.shape) + 1)), {}


def two_dims(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    return (tensor, pen.dim(len(tensor.shape)), pen.dim(len(tensor.shape))), {}


def permute(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    dims = list(range(len(tensor.shape)))
    for i in range(len(dims) - 1):
        j = pen.integer(i, len(dims) - 1)
        dims[i], dims[j] = dims[j], dims[i]
    dims = [d - len(dims) if pen.chance(4) else d for d in dims]
    if pen.misbehave(2):
        dims = dims[:-1] if dims and pen.chance(2) else [*dims, 0]
    return _sizes(pen, tensor, dims)


def movedim(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    if pen.chance(2):
        return (tensor, pen.dim(ndim), pen.dim(ndim)), {}
    count = pen.integer(1, max(ndim, 1))
    source = list(range(max(ndim, 1)))
    target = list(range(max(ndim, 1)))
    for order in (source, target):
        for i in range(len(order) - 1):
            j = pen.integer(i, len(order) - 1)
            order[i], order[j] = order[j], order[i]
    if pen.misbehave(2):
        source[0] = pen.choice((source[-1], ndim))
    return (tensor, tuple(source[:count]), tuple(target[:count])), {}


def expand(pen: Pen) -> Arguments:
    wide = pen.shape(0, 4)
    narrow = tuple([1 if pen.chance(2) else size for size in wide])
    narrow = narrow[pen.integer(0, len(narrow)) if pen.chance(3) else 0 :]
    tensor = pen.tensor(narrow)
    sizes = list(wide)
    for d in range(len(sizes)):
        inner = d - (len(sizes) - len(narrow))
        if inner >= 0 and pen.chance(4):
            sizes[d] = -1
    if pen.misbehave(2):
        sizes = [size + 1 for size in sizes] if pen.chance(2) else [-1, *sizes]
    args, kwargs = _sizes(pen, tensor, sizes)
    return args, kwargs | (pen.maybe("implicit", lambda: pen.chance(2), 8) if pen.form == "method" else {})


def broadcast_to(pen: Pen) -> Arguments:
    args, _ = expand(pen)
    if len(args) == 2 and isinstance(args[1], tuple):
        return args, {}
    return (args[0], tuple(args[1:])), {}


def like_other(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    if prod(a) > prod(b):
        a, b = b, a
    return (pen.tensor(a), pen.tensor(b, pen.other_dtype(), differentiable=False)), {}


def same_numel(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    sizes = [size for size in factorise(pen, tensor.numel) if size >= 0]
    if prod(sizes) != tensor.numel and not pen.invalid:
        sizes = [tensor.numel]
    return (tensor, pen.tensor(tuple(sizes), differentiable=False)), {}


def flatten(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    ndim = len(tensor.shape)
    kind = pen.integer(0, 3)
    if kind == 0:
        return (tensor,), {}
    a, b = pen.dim(ndim), pen.dim(ndim)
    if not pen.invalid and max(ndim, 1) and (a % max(ndim, 1)) > (b % max(ndim, 1)):
        a, b = b, a
    return ((tensor, a), {}) if kind == 1 else ((tensor,), {"start_dim": a, "end_dim": b})


def unflatten(pen: Pen) -> Arguments:
    shape = pen.shape(1, 3)
    d = pen.integer(0, len(shape) - 1)
    tensor = pen.tensor(shape)
    sizes = factorise(pen, shape[d]) or [1]
    return (tensor, d if pen.chance(2) else d - len(shape), tuple(sizes)), {}


def narrow(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4))
    d = pen.dim(len(tensor.shape))
    size = tensor.shape[d] if -len(tensor.shape) <= d < len(tensor.shape) else 1
    start = pen.integer(0, size)
    length = pen.integer(0, size - start)
    if pen.misbehave(2):
        start, length = pen.choice(((size + 1, 0), (0, size + 1), (0, -1), (-size - 1, 1)))
    elif start and pen.chance(3):
        start -= size
        length = min(length, -start) if start else 0
    return (tensor, d, start, length), {}


def select(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4))
    d = pen.dim(len(tensor.shape))
    size = tensor.shape[d] if -len(tensor.shape) <= d < len(tensor.shape) else 1
    index = pen.integer(-size, size - 1) if size and not pen.misbehave() else pen.choice((size, -size - 1))
    return (tensor, d, index), {}


def diagonal(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1 if pen.invalid else 2, 4))
    ndim = len(tensor.shape)
    kwargs: dict[str, Any] = pen.maybe("offset", lambda: pen.integer(-3, 3))
    if pen.chance(2):
        a, b = pen.dim(ndim), pen.dim(ndim)
        if a % ndim == b % ndim and not pen.invalid:
            b = (a + 1) % ndim
        kwargs |= {"dim1": a, "dim2": b}
    return (tensor,), kwargs


def unfold(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 3, most=300))  # the windows overlap
    d = pen.dim(len(tensor.shape))
    length = tensor.shape[d] if -len(tensor.shape) <= d < len(tensor.shape) else 1
    size, step = pen.integer(0, length), pen.integer(1, 3)
    if pen.misbehave(2):
        size, step = pen.choice(((length + 1, 1), (-1, 1), (1, 0), (1, -1)))
    return (tensor, d, size, step), {}


def one_dim_optional(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4, most=1100))
    return (tensor,), pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))


def split(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4, most=1100))
    ndim = len(tensor.shape)
    d = pen.dim(ndim)
    length = tensor.shape[d] if -ndim <= d < ndim else 1
    if pen.chance(2):
        sections: Any = pen.integer(0 if pen.invalid else 1, 4)
        if pen.misbehave():
            sections = -1
    else:
        cut = pen.integer(0, length)
        sections = [cut, length - cut]
        if pen.misbehave(2):
            sections[0] = pen.choice((cut + 1, -1))
        sections = tuple(sections)
    return (tensor, sections), {} if d == 0 and pen.chance(2) else {"dim": d}


def split_with_sizes(pen: Pen) -> Arguments:
    args, kwargs = split(pen)
    sections = args[1] if isinstance(args[1], tuple) else (args[0].shape[0] if args[0].shape else 1,)
    return (args[0], sections), kwargs


def chunk(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4))
    count = pen.length(range(1, 6), most=70) if not pen.misbehave(2) else pen.choice((0, -1))
    return (tensor, count), pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))


def tensor_split(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0 if pen.invalid else 1, 4))
    sections: Any = pen.length(range(0 if pen.invalid else 1, 6), most=70)
    if pen.chance(2):
        sections = tuple([pen.integer(-2, 6) for _ in range(pen.integer(0, 3))])
    return (tensor, sections), pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))


def at_least_twice(pen: Pen) -> Arguments:
    """For hsplit, vsplit and dsplit, which ask for one, two and three dimensions."""
    tensor = pen.tensor(pen.shape(1 if pen.invalid else 3, 4))
    return (tensor, pen.choice((1, 2, 3)) if pen.chance(2) else tuple([pen.integer(0, 4) for _ in range(2)])), {}


def complex_pairs(pen: Pen) -> Arguments:
    """Tensors whose last dimension holds (real, imaginary) pairs."""
    shape = (*pen.shape(0, 3), 2 if not pen.misbehave(2) else 3)
    return (pen.tensor(shape, layout="contiguous" if not pen.invalid or pen.chance(2) else None),), {}


def pairs_apart(pen: Pen) -> Arguments:
    """Pairs at distances that need not be even."""
    rows, step = pen.integer(2, 3), pen.integer(2, 5)
    whole = pen.tensor((3 * step + 3,), layout="contiguous")
    return (TensorSpec(whole.buffer, whole.dtype, (rows, 2), (step, 1), pen.choice((0, 0, 2, 1))),), {}


def contiguous(pen: Pen) -> Arguments:
    kwargs = pen.maybe("memory_format", lambda: Constant(pen.choice(("contiguous_format", "channels_last", "preserve_format"))), 3)
    if kwargs and kwargs["memory_format"].name == "channels_last" and not pen.invalid:
        return (pen.tensor(pen.shape(4, 4)),), kwargs
    return (pen.tensor(),), kwargs


def copy_into(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    if len(b) > len(a) and not pen.invalid:
        a, b = b, a
    return (pen.tensor(a), pen.tensor(b, pen.other_dtype())), pen.maybe("non_blocking", lambda: True, 8)


_DIAGONAL = {"offset": 0, "dim1": 0, "dim2": 1}


def scatter_into(kind: str) -> Any:
    """select_scatter, slice_scatter, diagonal_scatter: a copy of the input with a view of it replaced."""

    def draw(pen: Pen) -> Arguments:
        shape = pen.shape(2, 3)
        tensor = pen.tensor(shape)
        d = pen.integer(0, len(shape) - 1)
        if kind == "select":
            index = pen.integer(0, max(shape[d] - 1, 0))
            inner = shape[:d] + shape[d + 1 :]
            return (tensor, _source(pen, inner), d, index), {}
        if kind == "slice":
            start, step = pen.integer(0, 2), pen.integer(1, 2)
            kwargs = {"dim": d, "start": start, "step": step, **pen.maybe("end", lambda: pen.integer(0, shape[d] + 1), 3)}
            kwargs = {name: value for name, value in kwargs.items() if value != {"dim": 0, "start": 0, "step": 1}.get(name) or pen.chance(2)}
            count = len(range(shape[d])[start : kwargs.get("end") : step])
            inner = shape[:d] + (count,) + shape[d + 1 :]
            return (tensor, _source(pen, inner)), kwargs
        offset = pen.integer(-1, 1) if pen.chance(2) else 0
        first, second = pen.choice(((0, 1), (1, 0), (0, -1))) if pen.chance(2) else (0, 1)
        rest = tuple([size for d, size in enumerate(shape) if d not in (first, second % len(shape))])
        rows, columns = shape[first] - max(-offset, 0), shape[second] - max(offset, 0)
        inner = (*rest, max(min(rows, columns), 0))
        options = {"offset": offset, "dim1": first, "dim2": second}
        return (tensor, _source(pen, inner)), {key: value for key, value in options.items() if value != _DIAGONAL[key] or pen.chance(4)}

    return draw


def _source(pen: Pen, shape: tuple[int, ...]) -> TensorSpec:
    if pen.misbehave(2):
        shape = (*shape, 2)
    return pen.tensor(shape, pen.other_dtype())


LAYOUT = {"layout_independent": False}
_CONJUGATE = "the tensors of a case are never conjugate or negative views; the test of view_as_real has them"
define("view", FAMILY, view, forms="method", differentiable=True, exercises="_view _view_dtype", **LAYOUT,
    violating=(reinterpreted,), never_alone={"not source.conjugated": _CONJUGATE, "not source.negated": _CONJUGATE})  # fmt: skip
define("reshape", FAMILY, reshape, differentiable=True, **LAYOUT)
define("as_strided", FAMILY, as_strided, fatal=lambda case: case.form == "inplace" and overflows(case), forms="function method",
    differentiable=True, derivative=whole_storage, **LAYOUT, never_alone={
    "as_strided_: 0 in size": "torch accepts some negative sizes in place, and the tensor cannot be read afterwards"})  # fmt: skip
define("squeeze", FAMILY, squeeze, differentiable=True)
define("unsqueeze", FAMILY, unsqueeze, differentiable=True)
define("transpose swapaxes", FAMILY, two_dims, differentiable=True)
define("t", FAMILY, matrix, differentiable=True)
define("T mT H mH", FAMILY, matrix, forms="attribute", differentiable=True)
define("adjoint", FAMILY, square_view, differentiable=True)
define("permute", FAMILY, permute, differentiable=True)
define("movedim", FAMILY, movedim, differentiable=True)
define("expand", FAMILY, expand, forms="method", differentiable=True)
define("broadcast_to", FAMILY, broadcast_to, differentiable=True)
define("expand_as", FAMILY, like_other, forms="method", differentiable=True)
define("view_as", FAMILY, same_numel, forms="method", differentiable=True, **LAYOUT)
define("reshape_as", FAMILY, same_numel, forms="method", differentiable=True, **LAYOUT)
define("flatten", FAMILY, flatten, differentiable=True, **LAYOUT)
define("ravel", FAMILY, unary, differentiable=True, **LAYOUT)
define("unflatten", FAMILY, unflatten, differentiable=True, **LAYOUT)
define("narrow", FAMILY, narrow, differentiable=True)
define("select", FAMILY, select, differentiable=True)
define("diagonal", FAMILY, diagonal, differentiable=True)
define("unfold", FAMILY, unfold, forms="method", differentiable=True)
define("unbind", FAMILY, one_dim_optional, differentiable=True)
define("split", FAMILY, split, differentiable=True)
define("split_with_sizes", FAMILY, split_with_sizes, differentiable=True)
define("chunk", FAMILY, chunk, differentiable=True)
define("tensor_split", FAMILY, tensor_split, differentiable=True)
define("hsplit vsplit dsplit", FAMILY, at_least_twice, differentiable=True)
define("view_as_real", FAMILY, unary, forms="function", differentiable=True, never_alone={"not input.is_conj()": _CONJUGATE})
# no float16: few devices have its complex dtype, complex32
define("view_as_complex", FAMILY, complex_pairs, forms="function", violating=(pairs_apart,),
    dtypes=tuple(d for d in ALL if d != "float16"), differentiable=True, **LAYOUT)  # fmt: skip
define("real imag", FAMILY, unary, forms="function attribute", differentiable=True)
define("conj resolve_conj resolve_neg", FAMILY, unary, forms="function method", differentiable=True)
define("contiguous", FAMILY, contiguous, forms="method", differentiable=True, **LAYOUT)
define("clone", FAMILY, contiguous, differentiable=True, **LAYOUT)
define("copy_", FAMILY, copy_into, forms="method", differentiable=True, critical="halfway odd limits")
define("detach", FAMILY, unary)
define("select_scatter", FAMILY, scatter_into("select"), differentiable=True, derivative=apart_in_memory)
define("slice_scatter", FAMILY, scatter_into("slice"), differentiable=True, derivative=apart_in_memory)
define("diagonal_scatter", FAMILY, scatter_into("diagonal"), differentiable=True, derivative=apart_in_memory)
define("atleast_1d atleast_2d atleast_3d", FAMILY, unary, forms="function", differentiable=True)
define("diagonal_copy", FAMILY, diagonal, forms="function out", differentiable=True)
define("narrow_copy", FAMILY, narrow, differentiable=True, never_alone={
    "dim < static_cast": "a dimension that is too large is out of range as well"})  # fmt: skip
