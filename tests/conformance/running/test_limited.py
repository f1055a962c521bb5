"""Backends that cannot do everything: what they lack is counted as unsupported, exactly, and never as passed or failed.

Each is torch itself with one ability taken away, so everything that is judged must pass. What an example needs is worked out here from
the case alone, not by the suite's own rules, and the counts of the report are held against it: by verdict and dtype.
"""

from __future__ import annotations

import cmath
from collections import Counter
from dataclasses import replace

import pytest

from conformance.accuracy.number_formats import decode, encode, is_float
from conformance.backends import Unsupported
from conformance.backends.base import Capabilities, Reading, missing_piece
from conformance.backends.torch_backend import Torch
from conformance.cases.case import ITEMSIZE, Case, DType, TensorSpec, contiguous_strides, element_offsets, elements, first_dtype, map_values
from conformance.cases.deviation import PROPERTIES
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics
from conformance.running.operation_run import judge_operation

OPERATIONS = ["exp", "add", "sum", "cat", "transpose", "full_like"]


def leaves(case):
    """Every argument, out of its tuples and lists."""
    found = []
    map_values((case.args, tuple(case.kwargs.values())), lambda value: found.append(value))
    return found


class Limited(Torch):
    """torch on the CPU without ``denied``."""

    denied: dict = {}

    def __init__(self):
        super().__init__("cpu")
        self.name = type(self).__name__
        self.capabilities = replace(self.capabilities, **self.denied)

    @staticmethod
    def needs(case):
        """Whether a case needs what is missing."""
        raise NotImplementedError


class WithoutFloat64(Limited):
    denied = {"dtypes": frozenset(ITEMSIZE) - {"float64"}}

    @staticmethod
    def needs(case):
        asked = [value.dtype if isinstance(value, TensorSpec) else getattr(value, "name", "") for value in leaves(case)]
        return "float64" in asked

    def make_tensor(self, storage, spec):
        assert spec.dtype != "float64"
        return super().make_tensor(storage, spec)

    def literal(self, value):
        if value == DType("float64"):
            raise Unsupported("dtype float64")
        return super().literal(value)


class Immutable(Limited):
    denied = {"mutable": False}

    @staticmethod
    def needs(case):
        return case.form in ("inplace", "out")

    def call(self, operation, form, args, kwargs):
        assert form not in ("inplace", "out")
        return super().call(operation, form, args, kwargs)


class WithoutStrides(Limited):
    denied = {"strides": False}

    @staticmethod
    def needs(case):
        written = [case.args[0]] if case.form == "inplace" else [case.kwargs["out"]] if case.form == "out" else []
        return any(len(set(element_offsets(spec.shape, spec.strides, spec.offset))) < spec.numel for spec in written)

    def read(self, tensor):
        reading = super().read(tensor)
        return Reading(reading.dtype, reading.shape, contiguous_strides(reading.shape), 0, reading.data, reading.storage)


class WithoutAliasing(Limited):
    denied = {"aliasing": False}

    @staticmethod
    def needs(case):
        return False

    def read(self, tensor):
        return replace(super().read(tensor), storage=object())


class WithoutAutograd(Limited):
    denied = {"autograd": False}

    @staticmethod
    def needs(case):
        return case.grad > 0

    def gradients(self, outputs, inputs, cotangents, create_graph):
        raise AssertionError("there is no autograd")


class WithoutNaN(Limited):
    denied = {"nan": False}

    @staticmethod
    def needs(case):
        read = leaves(replace(case, kwargs={name: value for name, value in case.kwargs.items() if name != "out"}))
        numbers = [value for value in read if isinstance(value, (float, complex))]
        operands = [value for value in read if isinstance(value, TensorSpec) and is_float(value.dtype)]
        numbers += [number for spec in operands for number in decode(b"".join(elements(case, spec)), spec.dtype)]
        return not all(cmath.isfinite(number) for number in numbers)


class WithoutErrorTypes(Limited):
    denied = {"error_types": False, "messages": False}

    @staticmethod
    def needs(case):
        return False

    def call(self, operation, form, args, kwargs):
        try:
            return super().call(operation, form, args, kwargs)
        except Exception as error:
            raise ArithmeticError("no") from error


class NowAndThen(Limited):
    """It cannot say beforehand what it cannot do: a call whose first operand has more than six elements."""

    @staticmethod
    def needs(case):
        first = next((value for value in leaves(case) if isinstance(value, TensorSpec)), None)
        return first is not None and first.numel > 6

    def call(self, operation, form, args, kwargs):
        first = args[0][0] if args and isinstance(args[0], (tuple, list)) and args[0] else args[0] if args else None
        if operation not in ("clone", "as_strided") and self.is_tensor(first) and first.numel() > 6:
            raise Unsupported("more than six elements")
        return super().call(operation, form, args, kwargs)


class OnlyContiguous(Limited):
    """Unsupported comes also from a call that is repeated to see whether the layout matters."""

    @staticmethod
    def needs(case):
        return any(isinstance(value, TensorSpec) and value.strides == contiguous_strides(value.shape) for value in leaves(case))

    def make_tensor(self, storage, spec):
        if spec.strides == contiguous_strides(spec.shape):
            raise Unsupported("contiguous tensors")
        return super().make_tensor(storage, spec)


LIMITED = [WithoutFloat64, Immutable, WithoutStrides, WithoutAliasing, WithoutAutograd, WithoutNaN, WithoutErrorTypes, NowAndThen]


@pytest.fixture
def dealt(monkeypatch):
    """Every case that is judged."""
    cases = []
    check = Judge.check

    def noted(self, case):
        cases.append(case)
        return check(self, case)

    monkeypatch.setattr(Judge, "check", noted)
    return cases


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("backend", LIMITED, ids=lambda backend: backend.__name__)
def test_what_is_missing_is_unsupported_and_everything_else_passes(backend, name, dealt):
    result = judge_operation(entry(name), backend.__name__, PROFILES["quick"], 0, 4, backend=backend(), shrink=False)
    assert result["failures"] == []
    counted = [case for case in dealt if backend.needs(case) or judgeable(case)]
    expected = Counter(f"{first_dtype(case)} {'unsupported' if backend.needs(case) else 'passed'}" for case in counted)
    assert result["verdicts"] == expected
    counts = {verdict: sum(n for key, n in expected.items() if key.endswith(verdict)) for verdict in ("passed", "unsupported")}
    assert (result["examples"], result["passes"], result["unsupported_count"]) == (counts["passed"], counts["passed"], counts["unsupported"])
    assert sum(result["missing"].values()) == counts["unsupported"]
    assert result["examples"] > 0


def judgeable(case):
    """Whether torch stays inside the twelve dtypes: float16 with a complex number makes complex32."""
    from conformance.execution.outcomes import execute
    from conformance.judging.judge import _outside

    return not _outside(case, execute(Torch("cpu"), case))


@pytest.mark.parametrize(
    ("backend", "silent"),
    [(WithoutStrides, "strides"), (WithoutAliasing, "aliasing"), (WithoutAutograd, "gradients")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_property_that_cannot_be_seen_is_not_compared_and_the_others_are(backend, silent):
    checks = judge_operation(entry("transpose"), backend.__name__, PROFILES["quick"], 0, 8, backend=backend(), shrink=False)["checks"]
    assert {name for name in PROPERTIES if checks.get(name)} == {name for name in PROPERTIES if name not in (silent, "crash")}


def test_unsupported_in_a_repeated_call_leaves_the_example_as_it_was_judged():
    spec = TensorSpec(0, "float32", (2, 2), (1, 2))
    case = Case("exp", "function", (bytes(16),), (spec,), labels=frozenset(("relayout", "float32")))
    statistics = Statistics("exp", "OnlyContiguous")
    judge = Judge(OnlyContiguous(), entry("exp").operation, entry("exp").contract, statistics)
    assert judge.check(case) == []
    assert (statistics.passes, statistics.unsupported_count) == (1, 0)
    assert statistics.verdicts == {"float32 passed": 1}


@pytest.mark.parametrize("numbers", [(), (1.0, 2.0)])
@pytest.mark.parametrize("empty_layout", [True, False])
def test_where_a_tensor_without_elements_lies_is_compared_unless_the_tier_is_denied(numbers, empty_layout):
    class Elsewhere(Limited):
        denied = {"empty_layout": empty_layout}

        def read(self, tensor):
            reading = super().read(tensor)
            return reading if tensor.dim() == 2 else replace(reading, strides=(5,), offset=3, storage=object())

    case, row = Case("flatten", "function", (encode(numbers, "float32"),), (TensorSpec(0, "float32", (1, len(numbers)), (2, 1)),)), entry("flatten")
    judge = Judge(Elsewhere(), row.operation, row.contract, Statistics("flatten", "elsewhere"))
    assert ({deviation.property for deviation in judge.check(case)} == set()) is (not numbers and not empty_layout)


def test_a_complex_number_is_unsupported_where_no_dtype_is_complex():
    backend, case = Torch("cpu"), Case("mul", "function", (bytes(4),), (TensorSpec(0, "float32", (), ()), 2j))
    assert missing_piece(backend, case) is None
    backend.capabilities = Capabilities(dtypes=frozenset({"float32"}))
    assert missing_piece(backend, case) == "dtype complex64"


def test_a_dtype_that_only_the_result_has_is_unsupported_too():
    class Casting(WithoutFloat64):
        def read(self, tensor):
            reading = super().read(tensor)
            if reading.dtype == "float64":
                raise Unsupported("dtype float64")
            return reading

    result = judge_operation(entry("double"), "Casting", PROFILES["quick"], 0, 2, backend=Casting(), shrink=False)
    assert result["failures"] == []
    assert set(result["missing"]) <= {"dtype float64"}
    assert all(not key.endswith("failed") for key in result["verdicts"])
