"""What a drawn case has that a generic defect can spoil.

A defect that drops NaN cannot show in a case whose result has no NaN: a generic defect says which traits it needs, and is run only on
cases that have them. ``tests/conformance/selftest/test_selftest.py`` holds that a defect really does not show in the cases left out.
"""

from __future__ import annotations

from math import prod
from typing import Any

from ..accuracy.number_formats import decode, is_float
from ..cases.case import ITEMSIZE, Case, TensorSpec, contiguous_strides, element_offsets, iterate_tensors
from ..execution.outcomes import TENSOR, Outcome, Output
from ..judging.comparators import same_message


def traits(case: Case, expected: Outcome) -> frozenset[str]:
    """The traits of a case and of torch's outcome."""
    found = {f"form {case.form}", f"name {case.operation}", *_of_arguments(case)}
    if expected.error is not None:
        found.add("error")
        if not same_message(expected.error, (expected.error[0], "other words")):
            found.add("worded error")
        return frozenset(found)
    found.add("result")
    if case.seed is not None:
        found.add("random")
    if "again" in case.labels:
        found.add("again")
    if expected.structure != TENSOR:
        found.add("several" if expected.outputs else "no tensor")
    for output in expected.outputs:
        found |= _of_output(output)
    return frozenset(found | _of_gradients(expected))


def _of_arguments(case: Case) -> set[str]:
    specs = case.tensors()
    found = {f"keyword {key}" for key in case.kwargs if key not in ("out", "unknown")}
    if len(case.args) > 1:
        found.add("positional")
    if specs:
        found |= {"tensor", f"first {specs[0].dtype}"}
    for spec in specs:
        found |= _of_spec(spec)
    if any(_has_gaps(case, spec) for spec in specs):
        found.add("gaps")
    if len({spec.shape for spec in iterate_tensors((case.args, {key: value for key, value in case.kwargs.items() if key != "out"}))}) > 1:
        found.add("shapes")
    return found


def _of_spec(spec: TensorSpec) -> set[str]:
    found = {"0-d"} if not spec.shape else set()
    if spec.offset:
        found.add("offset")
    if any(size > 1 and stride == 0 for size, stride in zip(spec.shape, spec.strides, strict=True)):
        found.add("expanded argument")
    if spec.numel == 0:
        return found | {"empty"}
    plain = contiguous_strides(spec.shape)
    if any(size > 1 and a != b for size, a, b in zip(spec.shape, spec.strides, plain, strict=True)):
        found.add("strided argument")
    return found


def _has_gaps(case: Case, spec: TensorSpec) -> bool:
    used = set(element_offsets(spec.shape, spec.strides, spec.offset)) if prod(spec.shape) else set()
    return len(used) * ITEMSIZE[spec.dtype] < len(case.buffers[spec.buffer])


def _of_output(output: Output) -> set[str]:
    reading = output.reading
    found = {f"result {reading.dtype}"}
    if output.same_object is not None:
        found.add("returned argument")
    elif output.alias[0] == "new":
        found.add("new result")
    else:
        found.add("view")
    if output.requires_grad:
        found.add("requires grad")
    if output.node is not None:
        found.add("node")
    if not reading.data:
        return found
    found.add("elements")
    if any(size > 1 and a != b for size, a, b in zip(reading.shape, reading.strides, contiguous_strides(reading.shape), strict=True)):
        found.add("strided result")
    if any(reading.data):
        found.add("nonzero")
    if is_float(reading.dtype):
        values = decode(reading.data, reading.dtype)
        found |= {"float"} if any(v == v and v != 0 and abs(v) < float("inf") for v in values) else set()
        found |= {"nan"} if any(v != v for v in values) else set()
        found |= {"negative zero"} if any(v == 0 and str(v) == "-0.0" for v in values) else set()
    return found


def _of_gradients(expected: Outcome) -> set[str]:
    found: set[str] = set()
    for trait, gradients in (("gradient", expected.first), ("second gradient", expected.second)):
        values: list[Any] = [] if gradients is None or gradients.error else [value for value in gradients.values if value is not None]
        if values:
            found.add(trait)
        if any(any(data) for _, _, data in values):
            found.add(f"nonzero {trait}")
        if any(sum(size > 1 for size in shape) > 1 for _, shape, _ in values):
            found.add(f"matrix {trait}")
    return found
