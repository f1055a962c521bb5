"""What an entry of the list is, and what the conditions of several entries look at: the elements of a case's tensors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Sequence

from refimpl.operations.operation import operations

from ..accuracy.number_formats import REAL, decode
from ..cases.case import ITEMSIZE, Case, TensorSpec, element_offsets, leaves_of
from ..cases.deviation import Deviation


@dataclass(frozen=True)
class KnownDifference:
    """``applies(case, deviation)`` decides, for the ``operations`` and ``properties`` named.

    ``open``: nobody can say what the result should be (uninitialised memory, the order of writes to one place), so any backend may differ within
    what ``applies`` allows: the condition, and the numbers that may come. Otherwise the entry is about torch: refimpl has the right result, and a
    backend must have that or torch's.
    ``avoided``: the suite does not draw the case at all. ``signal``: the one by which the example ends the process.
    ``unwritten``: torch returns memory that nothing was written to, and the example says what is seen where the system fills new memory
    (`MALLOC_PERTURB_=90` with glibc); otherwise it is what the memory held before.
    """

    identifier: str
    operations: tuple[str, ...]
    properties: tuple[str, ...]
    condition: str
    reason: str
    example: str
    applies: Callable[[Case, Deviation], bool] = lambda case, deviation: False
    open: bool = False
    avoided: bool = False
    signal: str | None = None
    unwritten: bool = False


ANY = ("any operation",)


def complex_number(text: str) -> complex:
    """A number as a deviation prints it, truth values as 0 and 1; NaN if it is none."""
    if text in ("True", "False"):
        return complex(text == "True")
    try:
        return complex(text.replace("(", "").replace(")", ""))
    except ValueError:
        return complex(math.nan, 0.0)


def magnitude(number: complex) -> float:
    """The absolute value, infinite where it overflows, which abs() refuses."""
    z = complex(number)
    return math.hypot(z.real, z.imag)


def size(text: str) -> float:
    """The absolute value of a number as a deviation prints it."""
    return magnitude(complex_number(text))


def finite(text: str) -> bool:
    z = complex_number(text)
    return math.isfinite(z.real) and math.isfinite(z.imag)


def dtype_of(deviation: Deviation) -> str:
    """The dtype of the deviating value, "" where that is not about values."""
    return str(deviation.details.get("dtype", ""))


def overlaps(spec: TensorSpec) -> bool:
    """Whether two elements of a tensor share memory."""
    places = element_offsets(spec.shape, spec.strides, spec.offset)
    return len(set(places)) < len(places)


def numbers(case: Case, spec: TensorSpec) -> tuple[Any, ...]:
    """All elements of a tensor, in row-major order."""
    return _numbers(case.buffers[spec.buffer], spec)


@lru_cache(maxsize=16)  # each of many wrong elements of a result asks for the same ones
def _numbers(data: bytes, spec: TensorSpec) -> tuple[Any, ...]:
    values: Sequence[Any] = decode(data[: len(data) // ITEMSIZE[spec.dtype] * ITEMSIZE[spec.dtype]], spec.dtype)
    if spec.dtype in REAL:
        values = [complex(*pair) for pair in zip(values[::2], values[1::2], strict=True)]
    return tuple([values[place] for place in element_offsets(spec.shape, spec.strides, spec.offset)])


def number_at(case: Case, spec: TensorSpec, place: int) -> Any:
    """The number at a place of a tensor's storage, counted in elements."""
    step = ITEMSIZE[spec.dtype]
    values = decode(case.buffers[spec.buffer][place * step : (place + 1) * step], spec.dtype)
    return complex(*values) if spec.dtype in REAL else values[0]


def operands_at(case: Case, element: int) -> list[Any]:
    """The elements of a pointwise call's tensors that make up element number ``element`` of its result."""
    specs = [spec for spec in case.tensors() if spec is not case.kwargs.get("out")]
    rank = max(len(spec.shape) for spec in specs)
    aligned = [(spec, (1,) * (rank - len(spec.shape)) + spec.shape, (0,) * (rank - len(spec.shape)) + spec.strides) for spec in specs]
    shape = [max(sizes) if 0 not in sizes else 0 for sizes in zip(*(shape for _, shape, _ in aligned))]
    index: list[int] = []
    for length in reversed(shape):
        element, position = divmod(element, max(length, 1))
        index.insert(0, position)
    return [
        number_at(case, spec, spec.offset + sum(i * stride for i, length, stride in zip(index, own, strides) if length > 1))
        for spec, own, strides in aligned
    ]


def arguments(case: Case) -> dict[str, Any]:
    """The arguments of a call by the names of the parameters, whether they were handed over by position or by name."""
    page: Any = operations.get(case.operation)
    return dict(zip(() if page is None or page.varargs else page.positional, case.args)) | case.kwargs


def polygamma_order(case: Case) -> int | None:
    """The n of polygamma(n, x), which the method takes behind its tensor."""
    return next((value for value in (*case.args, case.kwargs.get("n")) if isinstance(value, int)), None)


def is_pole(x: Any) -> bool:
    """Whether the gamma function has a pole at x: 0, -1, -2, ..."""
    return isinstance(x, (int, float)) and -math.inf < x <= 0 and x == math.floor(x)


_PLACE = re.compile(r"(first|second) order, input (\d+), element (\d+)")


def in_a_cotangent(case: Case, deviation: Deviation) -> bool:
    """Whether a second derivative deviates that is one in a cotangent of the first, and in no leaf."""
    found = _PLACE.fullmatch(deviation.rule)
    return found is not None and int(found[2]) >= len(leaves_of(case)) > 0


def differentiated(case: Case, deviation: Deviation) -> tuple[str, TensorSpec, Any] | None:
    """Of a deviating gradient: its order, the tensor that it belongs to, and the element of that tensor; None of other deviations. What is
    differentiated in the cotangent is the first order again, of a function of single elements in the element at the same place."""
    found = _PLACE.fullmatch(deviation.rule)
    leaves = leaves_of(case)
    if found is None or not leaves:
        return None
    again = in_a_cotangent(case, deviation)
    if again and len(leaves) > 1:
        return None
    spec, whole = leaves[0 if again else int(found[2])]
    element = int(found[3]) // (2 if spec.dtype in REAL else 1)
    place = element if whole else _place_of(spec, element)
    if again and (place + 1) * ITEMSIZE[spec.dtype] > len(case.buffers[spec.buffer]):
        return None
    return "first" if again else found[1], spec, number_at(case, spec, place)


def _place_of(spec: TensorSpec, element: int) -> int:
    """Where element number ``element``, in row-major order, lies in a tensor's storage."""
    place = spec.offset
    for length, stride in zip(reversed(spec.shape), reversed(spec.strides)):
        element, position = divmod(element, max(length, 1))
        place += position * stride
    return place
