"""The three transforms that all others are made of: complex to complex, real to half a spectrum, half a spectrum to real.

``normalization`` says what they are divided by: 0 nothing, 1 the root of the number of elements transformed, 2 that number. Layout: as torch has it
with MKL, whose transforms stand at the end, in order, behind the other dimensions in the order of their strides.
"""

from __future__ import annotations

import math
from typing import Any, Sequence

from ...cpu import CPU
from ...foundation.contracts import transformed
from ...foundation.dtypes import dtype
from ...foundation.kernels import View
from ...foundation.layout import Strides, contiguous_strides
from ...operations.registry import op
from ...tensor import Tensor, allocate_like, format_strides, suggested_format, wrap

CONTRACT = transformed(4)


# -- evaluation ----------------------------------------------------------------------------------------------------


def _evaluate(input: Tensor, shape: tuple[int, ...], strides: Strides, d: dtype, dims: Sequence[int], inverse: bool, normalization: int) -> Tensor:
    """A fresh tensor with the transform of ``input``, by the device, or on the host where the device has no such kernel."""
    count = math.prod([max(shape[k], input.shape[k]) for k in dims])
    divisor = (1.0, math.sqrt(count), float(count))[normalization]
    result = allocate_like(input, shape, d, strides)
    out, source = result._view, input._view
    fft = getattr(source.storage.kernels, "fft", None)
    if fft is not None:
        fft(out, source, tuple(dims), inverse, divisor)
    else:
        _on_the_host(out, source, tuple(dims), inverse, divisor)
    return result


def _on_the_host(out: View, source: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:
    kernels = source.storage.kernels
    here = _contiguous(CPU.from_bytes(kernels.to_bytes(source)), source)
    made = _contiguous(CPU.allocate(out.numel * out.dtype.itemsize), out)
    CPU.fft(made, here, dims, inverse, divisor)
    kernels.copy(out, _contiguous(kernels.from_bytes(CPU.to_bytes(made)), out))


def _contiguous(storage: Any, like: View) -> View:
    return View(storage, 0, like.shape, contiguous_strides(like.shape), like.dtype)


# -- layout --------------------------------------------------------------------------------------------------------


def _laid_out(shape: Sequence[int], strides: Sequence[int], dims: Sequence[int], made: Sequence[int]) -> Strides:
    """The strides of a transform along ``dims`` whose result has the shape ``made``: the batch dimensions first, by the input's strides."""
    batch = _moved_apart(len(shape), dims)
    batch.sort(key=lambda d: -strides[d])
    result, step = [0] * len(shape), 1
    for d in [*reversed(dims), *reversed(batch)]:
        result[d] = step
        step *= max(made[d], 1) if d in dims else made[d]
    return tuple(result)


def _moved_apart(ndim: int, dims: Sequence[int]) -> list[int]:
    """The dimensions that are not transformed in the order in which torch finds them: a transformed one near the front changes places with the last
    one that is not. It shows where strides are equal."""
    order, first, last = list(range(ndim)), 0, ndim
    while True:
        while first < last and order[first] not in dims:
            first += 1
        last -= 1
        while first < last and order[last] in dims:
            last -= 1
        if first >= last:
            return order[:first]
        order[first], order[last] = order[last], order[first]
        first += 1


def _by_strides(dims: Sequence[int], strides: Sequence[int]) -> list[int]:
    return sorted(dims, key=lambda d: -strides[d])


# -- the three transforms ------------------------------------------------------------------------------------------


@op("only", node="FftC2CBackward0", contract=CONTRACT)
def _fft_c2c(input, dim, normalization, forward):
    """Of complex numbers along several dimensions; a copy for none."""
    if not dim:
        return input.detach().clone()
    view = input._view
    strides = _laid_out(view.shape, view.strides, _by_strides(dim, view.strides), view.shape)
    return _evaluate(input, view.shape, strides, view.dtype, dim, not forward, normalization)


_fft_c2c.derivative(input=lambda grad, dim, normalization, forward: _fft_c2c(grad, dim, normalization, not forward))


@op("only", node="FftR2CBackward0", contract=CONTRACT)
def _fft_r2c(input, dim, normalization, onesided):
    """Of real numbers: the first half of the spectrum along the last of ``dim``, the other being its mirror image, or with ``onesided=False`` all
    of it.
    """
    view = input._view
    shape = _halved(view.shape, dim[-1]) if onesided else view.shape
    order = [*_by_strides(dim[:-1], view.strides), dim[-1]]
    return _evaluate(input, shape, _laid_out(view.shape, view.strides, order, shape), view.dtype.to_computed_complex(), dim, False, normalization)


def _halved(shape: Sequence[int], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], shape[dim] // 2 + 1, *shape[dim + 1 :])


def _of_half(grad: Tensor, dim: Any, normalization: int, onesided: bool, shape: Any) -> Tensor:
    """The half that was left out has gradient zero."""
    whole = _padded(grad, tuple(shape)) if onesided else grad
    return _fft_c2c(whole, dim, normalization, False).real  # type: ignore[no-any-return]


_fft_r2c.derivative(
    input=lambda grad, dim, normalization, onesided, input_shape: _of_half(grad, dim, normalization, onesided, input_shape),
)


@op("only", node="FftC2CBackward0", contract=CONTRACT)
def _fft_r2c_inverse(input, dim, normalization):
    """Of real numbers, with the sign of the inverse transform: half of the spectrum along the last of several dimensions."""
    view, last = input._view, dim[-1]
    shape = _halved(view.shape, last)
    strides = _laid_out(view.shape, view.strides, (last,), shape)
    strides = _laid_out(shape, strides, _by_strides(dim[:-1], strides), shape)
    half = _evaluate(input, shape, strides, view.dtype.to_computed_complex(), dim, False, normalization)
    result = allocate_like(half, strides=strides)
    half._view.storage.kernels.map("conj", result._view, [half._view], half.dtype)
    return result


_fft_r2c_inverse.derivative(
    input=lambda grad, dim, normalization, input_shape: _of_half(grad.conj(), dim, normalization, True, input_shape),
)


@op("only", node="FftC2RBackward0", contract=CONTRACT)
def _fft_c2r(input, dim, normalization, last_dim_size):
    """The real numbers whose spectrum has ``input`` as its first half along the last of ``dim``: the inverse transform, ``last_dim_size`` elements
    long.

    What is its own mirror image counts as real. The other dimensions are transformed first, which makes a difference where there is no such spectrum.
    """
    shape, strides = _whole(input._view, dim, last_dim_size)
    return _evaluate(input, shape, strides, input._view.dtype.real, dim, True, normalization)


def _whole(view: View, dim: Sequence[int], last_dim_size: int) -> tuple[tuple[int, ...], Strides]:
    """The shape and the strides of the numbers whose spectrum has ``view`` as its first half."""
    last, strides = dim[-1], view.strides
    shape = (*view.shape[:last], last_dim_size, *view.shape[last + 1 :])
    if len(dim) > 1:
        strides = _laid_out(view.shape, strides, _by_strides(dim[:-1], strides), view.shape)
    return shape, _laid_out(view.shape, strides, (last,), shape)


def _of_whole(grad: Tensor, dim: Any, normalization: int) -> Tensor:
    """An element that has a mirror image counts twice."""
    half = _fft_r2c(grad, dim, normalization, True)
    last = dim[-1]
    doubled = grad.shape[last] - half.shape[last]
    if doubled <= 0:
        return half  # type: ignore[no-any-return]
    weights = half.new_ones(half.shape[last], dtype=grad.dtype)
    weights[1 : doubled + 1] = 2
    return half * weights.view(-1, *[1] * (half.dim() - 1 - last))  # type: ignore[no-any-return]


_fft_c2r.derivative(input=lambda grad, dim, normalization: _of_whole(grad, dim, normalization))


@op("only", node="FftC2RBackward0", contract=CONTRACT)
def _fft_c2r_conjugated(input, dim, normalization, last_dim_size):
    """The same of the conjugate, along several dimensions. Where the result lies is decided by the input, which may have any strides, and not by
    the conjugate, which is a tensor of its own."""
    shape, strides = _whole(input._view, dim, last_dim_size)
    conjugate = allocate_like(input)
    input._view.storage.kernels.map("conj", conjugate._view, [input._view], input.dtype)
    return _evaluate(conjugate, shape, strides, input.dtype.real, dim, True, normalization)


_fft_c2r_conjugated.derivative(input=lambda grad, dim, normalization: _of_whole(grad, dim, normalization).conj())


# -- zeros at the end ----------------------------------------------------------------------------------------------


@op("only", node="ConstantPadNdBackward0")
def _padded(input, shape):
    """The input with zeros behind it, of a shape that is nowhere smaller."""
    view = input._view
    result = allocate_like(input, shape, strides=format_strides(shape, suggested_format(view)))
    result.zero_()
    target = result._view
    view.storage.kernels.copy(View(target.storage, target.offset, view.shape, target.strides, target.dtype), view)
    return wrap(target)


def _cut(grad: Tensor, shape: Sequence[int]) -> Tensor:
    for d, size in enumerate(shape):
        grad = grad.narrow(d, 0, size)
    return grad


_padded.derivative(input=lambda grad, input_shape: _cut(grad, input_shape))


def resized(input: Tensor, dims: Sequence[int], sizes: Sequence[int]) -> Tensor:
    """The input cut off, or continued with zeros, to these sizes of these dimensions."""
    shape = list(input.shape)
    for d, size in zip(dims, sizes):
        if input.shape[d] > size:
            input = input.narrow(d, 0, size)
        shape[d] = size
    return input if tuple(shape) == input.shape else _padded(input, tuple(shape))  # type: ignore[no-any-return]
