"""A case that cannot be judged is a finding, not an end; and a call that violates several constraints may report any of them."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from conformance.accuracy.number_formats import encode
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import Outcome
from conformance.judging.refusals import acceptable
from conformance.judging.single_case import judge_case
from conformance.report import build
from conformance.running.operation_run import NOT_JUDGED, judge_operation


class Unreadable(Torch):
    """torch, but what it is asked about a 0-d tensor overflows."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.name = "Unreadable"

    def read(self, tensor):
        if tensor.dim() == 0:
            raise OverflowError("Python int too large to convert to C ssize_t")
        return super().read(tensor)


@pytest.mark.parametrize("profile", ["quick", "survey"])
def test_a_result_that_cannot_be_read_is_a_finding_of_the_operation(profile):
    result = judge_operation(entry("neg"), "Unreadable", PROFILES[profile], 3, backend=Unreadable())
    assert result["examples"] > 0
    (failure,) = result["failures"]
    assert failure["rule"] == NOT_JUDGED
    assert failure["got"].startswith("OverflowError: Python int too large")
    assert "Case(" in failure["script"] or "result" in failure["script"]
    assert build([{"kind": "operation", "backend": "Unreadable", **result}], {})["summary"]["failed"] == 1


def test_a_case_that_cannot_be_drawn_is_a_finding_of_the_operation():
    drawn = []

    def draw(pen):
        drawn.append(pen)
        if len(drawn) % 2:
            raise ZeroDivisionError("in the row")
        return (pen.tensor(),), {}

    row = entry("neg")
    broken = replace(row, operation=replace(row.operation, draw=draw))
    result = judge_operation(broken, "torch:cpu", replace(PROFILES["quick"], to_the_end=True), 4)
    assert result["examples"] > 0
    assert [(failure["rule"], failure["got"]) for failure in result["failures"]] == [(NOT_JUDGED, "ZeroDivisionError: in the row")]


def _refused(kind: str, words: str, violations: tuple[tuple[str, str], ...] = ()) -> Outcome:
    return Outcome(error=(kind, words), violations=violations)


def test_any_of_several_violated_constraints_may_be_reported_and_nothing_else():
    first, second = ("IndexError", "index out of range"), ("RuntimeError", "another dtype")
    reference = _refused(*first, (first, second))
    assert acceptable(_refused(*first), _refused(*second), reference)
    assert acceptable(_refused(*second), _refused(*first), reference)
    assert not acceptable(_refused(*first), _refused("RuntimeError", "something else"), reference)
    assert not acceptable(_refused(*first), _refused(*second), _refused(*first, (first,)))
    assert not acceptable(_refused(*first), Outcome(), reference)


def test_a_candidate_does_not_excuse_itself():
    torchs, own = ("IndexError", "index out of range"), ("ValueError", "something else")
    assert not acceptable(_refused(*torchs), _refused(*own, (own,)), _refused(*torchs, (torchs,)))


def test_names_of_kernels_are_not_compared_but_dtypes_are():
    torchs = _refused("NotImplementedError", "\"bmm_kernel\" not implemented for 'Bool'")
    assert acceptable(torchs, _refused("NotImplementedError", "\"addmm\" not implemented for 'Bool'"), None)
    assert not acceptable(torchs, _refused("NotImplementedError", "\"bmm_kernel\" not implemented for 'Half'"), None)


def _call(name, shapes, *numbers, values=None, dtype="float32", grad=0, **kwargs):
    """A call on tensors of ones, or of ``values``."""
    specs = [TensorSpec(n, dtype, shape, contiguous_strides(shape), 0, grad > 0) for n, shape in enumerate(shapes)]
    return Case(name, "function", tuple([encode(values or [1.0] * spec.numel, dtype) for spec in specs]), (*specs, *numbers), kwargs, grad=grad)


def _into_columns():
    """A vector times a batch, both of bool and without elements, into an output that is not contiguous."""
    case = _call("matmul", [(0,), (2, 0, 2), (2, 2)], dtype="bool")
    *operands, out = case.args
    return replace(case, form="out", args=tuple(operands), kwargs={"out": replace(out, strides=(1, 2))})


def _packed(rows, *sizes, dtype="float32"):
    """An lstm over so many rows, of which each time asks for as many as its size says."""
    shapes = [(rows, 1), (len(sizes),), (1, sizes[0], 1), (1, sizes[0], 1), (4, 1), (4, 1)]
    case = _call("lstm", shapes, dtype=dtype)
    data, lengths, h, c, *params = case.args
    buffers = tuple([encode(list(sizes), "int64") if n == 1 else buffer for n, buffer in enumerate(case.buffers)])
    return replace(case, buffers=buffers, args=(data, replace(lengths, dtype="int64"), (h, c), tuple(params), False, 1, 0.0, False, False))


@pytest.mark.parametrize("case", [
    _call("addbmm", [(), (), ()], grad=1), _call("addbmm", [(), (2, 2, 2), ()], grad=1),  # a size that is missing, for the gradient
    _call("nn.functional.unfold", [()], 1, grad=1), _call("nn.functional.unfold", [(3,)], 1, grad=1),
    _call("histogram", [(2,)], 2**61, values=[nan, 1.0]), _call("histogram", [(2,)], 2**62),
    _call("affine_grid_generator", [()], (1, 1, 2**62, 1), False), _call("affine_grid_generator", [(1, 2, 3)], (1, 1, 2**31, 2**31), True),
    _call("conv2d", [(1, 1, 5, 4), (1, 1, 2, 2)], dilation=(2**63 - 1, 2**48)),
    _call("conv1d", [(1, 1, 5), (1, 1, 3)], dilation=2**62),
    _call("nn.functional.fractional_max_pool2d_with_indices", [(1, 1, 2, 1)], (1, 3), (2, 2**63 - 1)),
    _call("nn.functional.fold", [(1, 4, 1)], 2**50, 2), _call("nn.functional.fold", [(1, 4, 1)], (2**50, 2), 2, stride=2**40),
    _call("nn.functional.unfold", [(1, 1, 3, 3)], 1, padding=2**30), _call("nn.functional.fold", [(1, 4, 1)], 2**30, 2, stride=2**30),
    _call("triu_indices", [], 2**50, 2**50), _call("tril_indices", [], 2**62, 3), _call("histc", [(3,)], 2**63 - 1),
    _call("multinomial", [(3,)], 2**50, True), _packed(3, 2, 2), _packed(5, 2, 2), _packed(3, 2, 2, dtype="float64"), _packed(2, 3),
    _call("linalg.eig", [(2, 2)], values=[1e308, 1e300, -1e305, 2.0], dtype="float64"),  # the powers of its eigenvalues overflow
    _call("renorm", [(2, 2)], 1.5, 0, 0.0, values=[1e-308, 2e-308, 2e-308, -1e-308], dtype="float64", grad=1),
    _call("linalg.matrix_norm", [(2, 2)], values=[1e-170, 2e-170, 1e-180, -1e-170], dtype="float64"),
    *[_call("matrix_exp", [(2, 2)], values=[0.0, -size, size, 0.0], dtype="float64", grad=1) for size in (0.001, 0.01, 0.049)],
    _into_columns(),
    _call("frobenius_norm", [(2, 2)], (0, 1), values=[1e-170, 2e-170, 1e-180, -1e-170], dtype="float64"),
    _call("linalg.eigvals", [(2, 2)], values=[1e200j, 1e300, -1e305, 2.0], dtype="complex128"),
    _call("matrix_exp", [(2, 2)], values=[1e308] * 4, dtype="float64"),
    _call("fft.irfftn", [(2, 1, 1, 1, 1, 1, 1, 3)], values=[1j] * 6, dtype="complex64", grad=1),
], ids=lambda case: f"{case.operation}{case.args[1:]}")  # fmt: skip
def test_numbers_and_sizes_beyond_every_range_are_judged_and_refused_as_torch_refuses_them(case):
    assert judge_case(case, "refimpl:cpu") == []
