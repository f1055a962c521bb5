"""The same call with other numbers in one of its tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

from ..accuracy.number_formats import encode
from ..cases.case import Case, TensorSpec, contiguous_strides, map_values


def with_numbers(case: Case, spec: TensorSpec, numbers: Sequence[Any]) -> Case:
    """The call with these elements, row by row, in the place of the tensor ``spec``."""
    changed = replace(spec, buffer=len(case.buffers), strides=contiguous_strides(spec.shape), offset=0)

    def leaf(value: Any) -> Any:
        return changed if value is spec else value

    args, kwargs = map_values(case.args, leaf), map_values(case.kwargs, leaf)
    return replace(case, buffers=(*case.buffers, encode(list(numbers), spec.dtype)), args=args, kwargs=kwargs)
