"""Whether a wrong element is what other dtypes make of the call: where 0-d operands decide dtypes like any other, or numbers are computed in a
narrower dtype than that of the result, values follow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..accuracy.number_formats import FORMATS, Format
from ..backends.base import reads
from ..cases.case import Case, TensorSpec, map_values, separated
from ..cases.deviation import Deviation
from ..execution.oracles import reference_backend
from ..execution.outcomes import execute
from ..judging.values import element, reencode
from .difference_kinds import number

_NARROWER = {"float64": "float32", "complex128": "complex64"}
_FEW = 16.0  # ulps of the narrower dtype


def as_any_operand(case: Case, deviation: Deviation) -> bool:
    """Whether the wrong element is exactly the one that is due if each 0-d operand has one dimension, and so takes part in promotion.

    False if that is the element that is due in any case, and for what is no wrong element."""
    case = deviation.call or case
    operands = case.tensors()
    if len({spec.dtype for spec in operands}) < 2 or not any(spec.shape for spec in operands) or all(spec.shape for spec in operands):
        return False
    args, kwargs = map_values(case.args, _dimensioned), map_values(case.kwargs, _dimensioned)
    return repr(_element(replace(case, args=args, kwargs=kwargs), deviation)) == deviation.got


def as_narrower(case: Case, deviation: Deviation) -> bool:
    """Whether a wrong element of float64 or complex128 is, but for a few roundings, what operands of the next narrower dtype give. Operands whose
    squares leave the range of the wider dtype, too, tell nothing: it may be that dtype in which something overflowed."""
    dtype = deviation.details.get("dtype")
    if dtype not in _NARROWER or reads(deviation.call or case, lambda number: _square_is_lost(number, FORMATS[dtype])):
        return False
    found, due, got = _element(_in_narrower(deviation.call or case), deviation), number(deviation.expected), number(deviation.got)
    if found is None or due is None or got is None:
        return False
    unit = FORMATS[_NARROWER[dtype]].ulp(max(abs(got.real), abs(got.imag)))
    pairs = ((complex(found).real, got.real), (complex(found).imag, got.imag))
    near = all(a == b or a != a and b != b or abs(a - b) <= _FEW * unit for a, b in pairs)
    return near and not abs(got - due) < unit / _FEW  # which is a rounding of the wider dtype


def _square_is_lost(number: float | complex, form: Format) -> bool:
    size = max(abs(number.real), abs(number.imag))
    return 0.0 < size < 2.0 ** (form.emin / 2) or form.largest**0.5 < size < math.inf


def _element(case: Case, deviation: Deviation) -> Any:
    """What refimpl has in the place of the wrong element in another case; None for what is no wrong element, or cannot be run."""
    reference = reference_backend()
    if deviation.property != "values" or "output" not in deviation.details or reference is None:
        return None
    try:
        reading = execute(reference, case).outputs[deviation.details["output"]].reading
        return element(reading.data, reading.dtype, deviation.details["element"])
    except Exception:  # noqa: BLE001 - what the reference cannot run explains nothing
        return None


def _in_narrower(case: Case) -> Case:
    case = replace(separated(case), grad=0)
    buffers = list(case.buffers)

    def narrow(value: Any) -> Any:
        if not isinstance(value, TensorSpec) or value.dtype not in _NARROWER:
            return value
        buffers[value.buffer] = reencode(buffers[value.buffer], value.dtype, _NARROWER[value.dtype])
        return replace(value, dtype=_NARROWER[value.dtype], requires_grad=False)

    args, kwargs = map_values(case.args, narrow), map_values(case.kwargs, narrow)
    return replace(case, buffers=tuple(buffers), args=args, kwargs=kwargs)


def _dimensioned(value: Any) -> Any:
    if isinstance(value, TensorSpec) and not value.shape:
        return replace(value, shape=(1,), strides=(1,))
    return value
