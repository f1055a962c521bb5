"""Whether a wrong element is what promotion makes of it: where 0-d operands decide dtypes like any other, values follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..cases.case import Case, TensorSpec
from ..cases.deviation import Deviation
from ..execution.oracles import reference_backend
from ..execution.outcomes import execute
from ..judging.values import element


def as_any_operand(case: Case, deviation: Deviation) -> bool:
    """Whether the wrong element is exactly the one that is due if each 0-d operand has one dimension, and so takes part in promotion.

    False if that is the element that is due in any case, and for what is no wrong element."""
    case = deviation.call or case
    operands = case.tensors()
    mixed = len({spec.dtype for spec in operands}) > 1 and any(spec.shape for spec in operands) and not all(spec.shape for spec in operands)
    reference = reference_backend()
    if not mixed or deviation.property != "values" or "output" not in deviation.details or reference is None:
        return False
    args, kwargs = tuple(map(_dimensioned, case.args)), {name: _dimensioned(value) for name, value in case.kwargs.items()}
    try:
        outcome = execute(reference, replace(case, args=args, kwargs=kwargs))
        reading = outcome.outputs[deviation.details["output"]].reading
        return repr(element(reading.data, reading.dtype, deviation.details["element"])) == deviation.got
    except Exception:  # noqa: BLE001 - what the reference cannot run explains nothing
        return False


def _dimensioned(value: Any) -> Any:
    if isinstance(value, TensorSpec) and not value.shape:
        return replace(value, shape=(1,), strides=(1,))
    return value
