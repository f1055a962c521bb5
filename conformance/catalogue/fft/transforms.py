"""Discrete Fourier transforms, along one dimension or several."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, Callable

from ...accuracy.contracts import transformed
from ...cases.case import COMPLEX, INTEGERS, Case
from ...drawing.pen import Pen
from ..entries import named_arguments, parameters
from ..rows import Arguments, Draw, define

FAMILY = "fft"
_NORMS = ("forward", "ortho", "backward", None)
_TRANSFORMED = ("float32", "complex64", "float64", "complex128", *INTEGERS, "bool")
_REAL = tuple(d for d in _TRANSFORMED if d not in COMPLEX)


# -- arguments -----------------------------------------------------------------------------------------------------


def _norm(pen: Pen) -> dict[str, Any]:
    if pen.misbehave(6):
        return {"norm": "orthogonal"}
    return pen.maybe("norm", lambda: pen.choice(_NORMS), 2)


def _dtype(pen: Pen, real: bool) -> str:
    """The dtype under test, or one that is refused."""
    if pen.misbehave(5):
        return pen.choice(("float16", "bfloat16", "complex64" if real else "float16"))
    return pen.dtype


# Elements of large inputs that are transformed along several dimensions, which takes pure Python some seconds; those along one have more.
_ALONG_SEVERAL = 20_000


def _shape(pen: Pen, least: int = 1, most: int = 3, elements: int | None = None) -> tuple[int, ...]:
    shape = pen.shape(0 if pen.misbehave(6) else least, most, most=elements)
    if len(shape) == 1 and shape[0] and not pen.grad and pen.chance(3):  # longer ones: primes, powers of two, and what has several factors
        return (pen.length((16, 31, 37, 41, 45, 60, 64, 83, 97, 101, 128, 210), most=4100),)
    return shape


def _length(pen: Pen, size: int) -> int:
    """A length that cuts off, or pads, or is refused."""
    if pen.misbehave(3):
        return pen.choice((0, -1, -3))
    return pen.choice((size, size + 1, max(size - 1, 1), 1, 2, 3, 7, 8, 2 * size))


def along_one(real: bool = False, half: bool = False) -> Draw:
    """A tensor, a length, a dimension and a norm. ``half``: the input is half of a spectrum, which by default has 2 (size - 1) elements, at least
    1.
    """

    def draw(pen: Pen) -> Arguments:
        shape = _shape(pen)
        tensor = pen.tensor(shape, _dtype(pen, real))
        dim = pen.dim(len(shape)) if pen.chance(2) else -1
        kwargs = {} if dim == -1 and pen.chance(2) else {"dim": dim}
        size = shape[dim] if -len(shape) <= dim < len(shape) else 3
        must = half and size < 2 and not pen.invalid
        if must or pen.chance(2):
            n = _length(pen, size)
            return ((tensor, n), kwargs | _norm(pen)) if pen.chance(2) else ((tensor,), {"n": n} | kwargs | _norm(pen))
        return (tensor,), kwargs | _norm(pen)

    return draw


def along_several(real: bool = False, half: bool = False, two: bool = False) -> Draw:
    """A tensor, lengths, dimensions and a norm. ``two``: the last two dimensions unless others are given."""

    def draw(pen: Pen) -> Arguments:
        shape = _shape(pen, 2 if two else 1, 4, _ALONG_SEVERAL)
        ndim = len(shape)
        tensor = pen.tensor(shape, _dtype(pen, real))
        kwargs: dict[str, Any] = {}
        dims = tuple(range(ndim))[-2:] if two else tuple(range(ndim))
        if pen.chance(2):
            dims = pen.dims(ndim, allow_empty=pen.misbehave(3) or not (real or half))
            if pen.chance(3):
                dims = dims[::-1]
            kwargs["dim"] = dims
        inside = all(-ndim <= d < ndim for d in dims)
        must = half and dims and inside and shape[dims[-1]] < 2 and not pen.invalid
        if must or pen.chance(2) and dims:
            if "dim" not in kwargs and not two and pen.chance(2):
                dims = dims[pen.integer(0, len(dims) - 1) :]
            s = [_length(pen, shape[d]) if inside and pen.chance(2) else -1 for d in dims]
            if must or half and inside and s and s[-1] == -1 and shape[dims[-1]] < 2:
                s[-1] = pen.choice((3, 4, 1))
            if pen.misbehave(4):
                s.append(2)
            kwargs["s"] = tuple(s)
        return (tensor,), kwargs | _norm(pen)

    return draw


# -- what is transformed -------------------------------------------------------------------------------------------


def _several(value: Any) -> Any:
    """One length, or dimension, stands for a tuple of one."""
    return (value,) if isinstance(value, int) else value


def dims_of(case: Case) -> tuple[int, ...]:
    """The dimensions that are transformed."""
    named = named_arguments(case)
    ndim, dim, s = len(named["input"].shape), named.get("dim"), _several(named.get("s"))
    if "n" in parameters(case.operation):
        return ((-1 if dim is None else dim) % ndim,)
    if dim is None and case.operation.endswith("2"):
        dim = (-2, -1)
    if dim is None:
        return tuple(range(ndim))[-len(s) :] if s is not None else tuple(range(ndim))
    return tuple([d % ndim for d in _several(dim)])


def transformed_elements(half: bool) -> Callable[[Case], int]:
    """The number of elements that are transformed together."""

    def count(case: Case) -> int:
        named, dims = named_arguments(case), dims_of(case)
        given = (named.get("n"),) if "n" in parameters(case.operation) else _several(named.get("s"))
        sizes = [named["input"].shape[d] for d in dims]
        if half and sizes:
            sizes[-1] = 2 * (sizes[-1] - 1)
        chosen = [size if wanted in (None, -1) else wanted for size, wanted in zip(sizes, given, strict=False)] if given is not None else sizes
        return max(prod(chosen), 1)

    return count


def partial(half: bool) -> Callable[[Case, int], Callable[[float, int], float]]:
    """Sums on the way are larger by what the result is divided by."""
    elements = transformed_elements(half)

    def largest(case: Case, number: int) -> Callable[[float, int], float]:
        count = elements(case)
        return lambda value, terms: value * {"ortho": sqrt(count)}.get(named_arguments(case).get("norm") or "", float(count))

    return largest


def of_single_elements(half: bool) -> Callable[[Case], bool]:
    """Whether each transform is of one element, which is its result."""
    elements = transformed_elements(half)
    return lambda case: elements(case) == 1


def _row(names: str, draw: Draw, real: bool = False, half: bool = False) -> None:
    define(names, FAMILY, draw, forms="function out", dtypes=_REAL if real else _TRANSFORMED, contract=transformed(4), differentiable=True,
           terms=transformed_elements(half), along=dims_of, partial=partial(half), moves=of_single_elements(half))  # fmt: skip


_row("fft.fft fft.ifft", along_one())
_row("fft.rfft fft.ihfft", along_one(real=True), real=True)
_row("fft.irfft fft.hfft", along_one(half=True), half=True)
_row("fft.fftn fft.ifftn", along_several())
_row("fft.fft2 fft.ifft2", along_several(two=True))
_row("fft.rfftn fft.ihfftn", along_several(real=True), real=True)
_row("fft.rfft2 fft.ihfft2", along_several(real=True, two=True), real=True)
_row("fft.irfftn fft.hfftn", along_several(half=True), half=True)
_row("fft.irfft2 fft.hfft2", along_several(half=True, two=True), half=True)
