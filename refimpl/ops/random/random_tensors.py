"""Random numbers: fresh tensors of them. The streams are torch's on the CPU, drawn from a :class:`~refimpl.random.Generator`.

What fills a tensor that is there stands in :mod:`refimpl.ops.random.distributions`; the functions of this file make one and fill it so.
All take ``dtype``, ``device`` and ``requires_grad``, as torch's do. A tensor given as ``out`` is drawn in, in the order of its memory.
"""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import c_name
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import float16, float32, float64, get_default_dtype, int64, range_of
from ...foundation.layout import broadcast_shapes, contiguous_strides
from ...operations.output_kinds import DRAWN, FILLED, RESIZED
from ...operations.registry import op
from ...operations.sharing import RUNNING, SUMMED
from ...operations.writing import resize_output
from ...tensor import Tensor, allocate, preserve_format
from ..creation.fresh import NEGATIVE, arrangeable, creatable, creatable_like, finish, holdable, like_strides, options
from ..creation.like_another import kernels_like
from ..shared.operands import everywhere
from .drawing import draw, draw_integers, drawn_in, integer_bounds, normal_dtype, normal_parameters, uniform_dtype


@op("out", differentiable=False, out=DRAWN, sharing=RUNNING)
def rand(size, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, out=None):
    """Uniform numbers in [0, 1), in a tensor of the given size: multiples of 2**-24 for float32 (of 2**-53 for float64).

    float16 and bfloat16 round these; both parts of complex numbers are drawn so. The dtype is the default dtype unless given.
    RuntimeError for a negative or too large size, NotImplementedError for integer and bool dtypes. There is no gradient.

    >>> _ = manual_seed(0)
    >>> rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    target = drawn_in(out, size, dtype or get_default_dtype(), device)
    made = draw(target, "uniform", generator, 0.0, 1.0)
    return made if out is not None else finish(made, requires_grad)


@rand.constraints
def _(require, size, dtype, requires_grad, pin_memory):
    d = dtype or get_default_dtype()
    creatable(require, size, d, requires_grad, pin_memory)
    uniform_dtype(require, d)


@op("out", differentiable=False, out=DRAWN.resizing(), sharing=RUNNING)
def randn(size, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, out=None):
    """Normal numbers of mean 0 and standard deviation 1, in a tensor of the given size.

    From 16 elements on they are drawn in blocks of 16. Both parts of complex numbers have the deviation sqrt(1/2). The dtype is the default
    dtype unless given. RuntimeError for a negative or too large size, and for an output that requires grad; NotImplementedError for elements of
    integer and bool dtypes. There is no gradient. Source: G. E. P. Box, M. E. Muller: A note on the generation of random normal deviates (1958).

    >>> _ = manual_seed(0)
    >>> randn(2)
    tensor([ 1.5410, -0.2934])
    """
    target = drawn_in(out, size, dtype or get_default_dtype(), device)
    made = draw(target, "normal", generator, 0.0, 1.0)
    return made if out is not None else finish(made, requires_grad)


@randn.constraints
def _(require, size, dtype, requires_grad, pin_memory):
    d = dtype or get_default_dtype()
    creatable(require, size, d, requires_grad, pin_memory)
    normal_dtype(require, d, 0 not in size)


@op("out", differentiable=False, out=DRAWN, sharing=RUNNING, dtypes="ordinary unsigned")
def randint(low=0, high=None, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, out=None):
    """Integers in [low, high), in a tensor of the given size: ``randint(high, size)`` or ``randint(low, high, size)``.

    Each is one 32-bit draw modulo the range (64-bit from a range of 2**28 on), plus low. The dtype is int64 unless given.
    RuntimeError if low >= high, if they are out of the range of the dtype, for complex dtypes, for a negative or too large size, and for
    ``requires_grad`` of an integer or bool dtype; a warning if a floating point dtype lacks integers near a bound. There is no gradient.

    >>> _ = manual_seed(0)
    >>> randint(10, (3,))
    tensor([4, 9, 3])
    """
    made = draw_integers(drawn_in(out, size, dtype or int64, device), low, high, generator)
    return made if out is not None else finish(made, requires_grad)


@randint.constraints
def _(require, low, high, size, dtype, requires_grad, pin_memory):
    creatable(require, size, dtype or int64, requires_grad, pin_memory)
    integer_bounds(require, low, high, dtype or int64)


_FLOATS_COUNT_TO = {float16: (2049, "2049"), float32: ((1 << 24) + 1, "2^24+1"), float64: ((1 << 53) + 1, "2^53+1")}


@op("out", differentiable=False, out=FILLED, sharing=SUMMED)
def randperm(n, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A random permutation of 0, ..., n-1, by exchanges from the first element on. The dtype is int64 unless given.

    RuntimeError for a negative or too large ``n``, if an integer dtype has no number n-1 or a float dtype (but bfloat16) not all integers up to
    it, and for ``requires_grad`` of an integer dtype; NotImplementedError for bool and complex dtypes. There is no gradient.
    Source: R. Durstenfeld: Algorithm 235, random permutation (1964).

    >>> _ = manual_seed(0)
    >>> randperm(5).sort().values
    tensor([0, 1, 2, 3, 4])
    """
    return finish(draw(drawn_in(None, (n,), dtype or int64, device), "randperm", generator), requires_grad)


@randperm.constraints
def _(require, n, dtype, requires_grad, pin_memory):
    d = dtype or int64
    require(n >= 0, RuntimeError, "Trying to create tensor with negative dimension {0}: [{0}]", n,
            also=((RuntimeError, "n must be non-negative, got{}"), *NEGATIVE))  # fmt: skip
    options(require, d, requires_grad, pin_memory)
    holdable(require, (n,), d)
    require(d.category in (1, 2), NotImplementedError, "\"randperm\" not implemented for '{}'", d.type_name)
    most, words = _FLOATS_COUNT_TO.get(d, (n, ""))
    require(n <= most, RuntimeError, "n cannot be greater than {} for {} type.", words, d.type_name)
    require(d.category != 1 or n - 1 <= range_of(d)[1], RuntimeError, "value cannot be converted to type {} without overflow", c_name(d))


# -- in the shape of another tensor ----------------------------------------------------------------


def _like(input: Tensor, memory_format: Any, dtype: dtype_class | None, device: Any) -> Tensor:
    view = input._view
    return allocate(view.shape, dtype or view.dtype, kernels_like(input, device), like_strides(view, memory_format))


@op("function", differentiable=False)
def rand_like(input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """:func:`rand` with the input's shape, dtype, device and (dense) strides; the numbers lie in memory in the order of the stream.

    RuntimeError for a memory format that does not fit the number of dimensions, NotImplementedError for integer and bool dtypes. There is no
    gradient.

    >>> rand_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return finish(draw(_like(input, memory_format, dtype, device), "uniform", generator, 0.0, 1.0), requires_grad)


@rand_like.constraints
def _(require, input, dtype, requires_grad, pin_memory, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)
    uniform_dtype(require, dtype or input._view.dtype)


@op("function", differentiable=False)
def randn_like(input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=preserve_format):
    """:func:`randn` with the input's shape, dtype, device and (dense) strides; the numbers lie in memory in the order of the stream.

    RuntimeError for a memory format that does not fit the number of dimensions, NotImplementedError for elements of integer and bool dtypes. There is
    no gradient.

    >>> randn_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return finish(draw(_like(input, memory_format, dtype, device), "normal", generator, 0.0, 1.0), requires_grad)


@randn_like.constraints
def _(require, input, dtype, requires_grad, pin_memory, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)
    normal_dtype(require, dtype or input._view.dtype, input._view.numel)


@op("function", differentiable=False, dtypes="ordinary unsigned")
def randint_like(
    input, low=0, high=None, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False,
    memory_format=preserve_format,
):
    """:func:`randint` with the input's shape, dtype, device and (dense) strides: ``randint_like(input, high)`` or ``(input, low, high)``.

    RuntimeError if low >= high, if they are out of the range of the dtype, for complex dtypes, for ``requires_grad`` of an integer or bool dtype, and
    for a memory format that does not fit the number of dimensions. There is no gradient.

    >>> randint_like(zeros(2, 3), 5).shape
    torch.Size([2, 3])
    """
    return finish(draw_integers(_like(input, memory_format, dtype, device), low, int(high), generator), requires_grad)


@randint_like.constraints
def _(require, input, low, high, dtype, requires_grad, pin_memory, memory_format):
    arrangeable(require, memory_format, input.dim())
    creatable_like(require, input._view, dtype, requires_grad, pin_memory)
    integer_bounds(require, low, int(high), dtype or input._view.dtype)


# -- a normal number for each mean and deviation ---------------------------------------------------


def _normal_node(bound: dict[str, Any]) -> str:
    tensors = isinstance(bound["mean"], Tensor), isinstance(bound["std"], Tensor)
    return {(True, False): "NormalBackward1", (False, True): "NormalBackward2"}.get(tensors, "NormalBackward3")


@op("out", node=_normal_node, out=DRAWN, sharing=RUNNING, graph="real_alone")
def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, out=None):
    """Normal numbers: one for each element of ``mean`` or ``std`` (tensors, broadcast), or ``size`` of them for two numbers.

    Standard normal numbers times ``std`` plus ``mean``, in the dtype of ``mean`` if that is a tensor, else of ``std``; for two numbers in the
    default dtype unless one is given. An ``out`` beside a tensor ``mean`` and a number ``std`` is broadcast, too.

    RuntimeError for a negative, NaN or complex ``std``, for shapes that do not broadcast, and for a negative or too large size;
    NotImplementedError for elements of integer and bool dtypes. The gradients are zero.

    >>> normal(tensor([5., 6.]), 0.0)
    tensor([5., 6.])
    """
    given = mean if isinstance(mean, Tensor) else std if isinstance(std, Tensor) else None
    if given is None:
        target = drawn_in(out, size, dtype or get_default_dtype(), device)
        made = draw(target, "normal", generator, float(mean), float(std))
        return made if out is not None else finish(made, requires_grad)
    scaled = isinstance(std, Tensor)
    shape = broadcast_shapes(*(t._view.shape for t in (mean, std if scaled else out) if isinstance(t, Tensor)))
    if out is None:
        out = allocate(shape, given._view.dtype, given._view.storage.kernels)
    elif out._view.shape != shape:
        resize_output(out, shape, contiguous_strides(shape), RESIZED)
    draw(out, "normal", generator, 0.0, 1.0 if scaled else float(std))
    return (out.mul_(std) if scaled else out).add_(mean)  # type: ignore[attr-defined]


@normal.constraints
def _(require, mean, std, size, dtype, requires_grad, pin_memory):
    given = mean if isinstance(mean, Tensor) else std if isinstance(std, Tensor) else None
    d = dtype or (get_default_dtype() if given is None else given.dtype)
    if given is None:
        creatable(require, size, d, requires_grad, pin_memory)
    drawn = 0 not in size if given is None else all(t.numel() for t in (mean, std) if isinstance(t, Tensor))
    normal_parameters(require, 1 if isinstance(std, Tensor) else std, d, drawn)
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        require.broadcast(mean, std)
    if isinstance(std, Tensor):
        require(not std.dtype.is_complex, RuntimeError, "normal expects standard deviation to be non-complex")
        require(everywhere(std.detach() >= 0), RuntimeError, "normal expects all elements of std >= 0.0")


normal.derivative(mean=lambda grad: grad.new_zeros(grad.shape), std=lambda grad: grad.new_zeros(grad.shape))
