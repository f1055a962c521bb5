"""Operands of several dtypes beside one that requires grad: what gradients have to be converted between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

from ..accuracy.number_formats import REAL, decode, encode
from ..cases.case import COMPLEX, EVERY_INTEGER, FLOATS, INTEGERS, Case, TensorSpec, contiguous_strides, elements, map_values
from ..drawing.pen import Pen


def _recast(case: Case, number: int, dtype: str, shape: tuple[int, ...] | None = None) -> Case:
    """The case with one of its tensors in another dtype, in a buffer of its own, its elements converted; with ``shape`` () only the first."""
    spec = case.tensors()[number]
    data = elements(case, spec)[: 1 if shape == () else None]
    values: list[Any] = list(decode(b"".join(data), spec.dtype))
    if spec.dtype in REAL:
        values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
    if dtype not in COMPLEX and spec.dtype in REAL:
        values = [value.real for value in values]
    if dtype in EVERY_INTEGER:
        values = [int(max(-100, min(100, value))) % 256 if dtype == "uint8" else int(max(-100, min(100, value))) for value in values]
    elif dtype == "bool":
        values = [bool(value) for value in values]
    elif dtype in COMPLEX:
        values = [complex(value) for value in values]
    shape = spec.shape if shape is None else shape
    differentiable = dtype in FLOATS or dtype in COMPLEX
    new = TensorSpec(len(case.buffers), dtype, shape, contiguous_strides(shape), 0, spec.requires_grad and differentiable)
    numbers = iter(range(len(case.tensors())))

    def leaf(value: Any) -> Any:
        return (new if next(numbers) == number else value) if isinstance(value, TensorSpec) else value

    return replace(
        case, args=map_values(case.args, leaf), kwargs={name: map_values(value, leaf) for name, value in case.kwargs.items()},
        buffers=(*case.buffers, encode(values, dtype)),
    )  # fmt: skip


def _other(dtypes: Callable[[str], tuple[str, ...]], zero_dim: bool = False) -> Callable[[Pen, Case], Case | None]:
    """A rewrite: one of several leaves gets one of the dtypes that are asked for its own; at least one leaf is left."""

    def rewrite(pen: Pen, case: Case) -> Case | None:
        specs = case.tensors()
        leaves = [number for number, spec in enumerate(specs) if spec.requires_grad and (spec.numel or not zero_dim)]
        leaves = [number for number in leaves if dtypes(specs[number].dtype)]
        if sum(spec.requires_grad for spec in specs) < 2 or not leaves:
            return None
        number = pen.choice(leaves)
        return _recast(case, number, pen.choice(dtypes(specs[number].dtype)), () if zero_dim else None)

    return rewrite


def _other_precision(dtype: str) -> tuple[str, ...]:
    return tuple([other for other in (COMPLEX if dtype in COMPLEX else FLOATS) if other != dtype])


def _only(dtype: str) -> Callable[[str], tuple[str, ...]]:
    """This dtype beside any other one of its precision's kind."""
    return lambda own: tuple([other for other in _other_precision(own) if other == dtype])


def _other_kind(dtype: str) -> tuple[str, ...]:
    return ("float32", "float64") if dtype in COMPLEX else ("complex64", "complex128") if dtype in ("float32", "float64") else ()


def _always(dtype: str) -> Callable[[str], tuple[str, ...]]:
    return lambda own: (dtype,)


REWRITES: dict[str, Callable[[Pen, Case], Case | None]] = {
    **{f"{dtype} beside a leaf": _other(_always(dtype)) for dtype in ("bool", *INTEGERS)},
    **{f"{dtype} leaf beside others": _other(_only(dtype)) for dtype in FLOATS},
    "real and complex leaves": _other(_other_kind),
    "0-d leaf beside others": _other(lambda dtype: (dtype, *_other_precision(dtype)), zero_dim=True),
}


def fits(name: str) -> Callable[[str], bool]:
    """With which dtypes of the others a leaf of the dtype that a rewrite's name begins with can be."""
    own = name.split()[0]
    return (lambda dtype: own in _other_precision(dtype)) if own in FLOATS else lambda dtype: True


ONE_EXAMPLE = tuple([name for name in REWRITES if name.split()[0] in ("bool", *INTEGERS, *FLOATS)])
