"""Every known difference is shown by its example, on torch itself, and excuses nothing else."""

from __future__ import annotations

import math
import os
import platform
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from conformance.accuracy.number_formats import encode
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.cases.deviation import Deviation
from conformance.known_differences import KNOWN, find

ENTRIES = {known.identifier: known for known in KNOWN}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "known", [known for known in KNOWN if known.signal is None and not known.unwritten], ids=lambda known: known.identifier
)
def test_the_example_shows_what_it_claims(known):
    assert "assert " in known.example
    exec(compile(known.example, known.identifier, "exec"), {})


@pytest.mark.parametrize("known", [known for known in KNOWN if known.signal is not None], ids=lambda known: known.identifier)
def test_the_example_ends_the_process(known):
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", known.example], capture_output=True, timeout=300)
    assert done.returncode == -signal.Signals[known.signal]


# Not to be done elsewhere: such an example shows what the memory held, which can be said in advance only where the system fills new memory.
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="fills new memory by an option of glibc")
def test_the_example_shows_memory_that_nobody_wrote_to():
    unwritten = "\n".join(f"exec({known.example!r}, {{}})" for known in KNOWN if known.unwritten)
    subprocess.run([sys.executable, "-W", "ignore", "-c", unwritten], check=True, timeout=300, env={**os.environ, "MALLOC_PERTURB_": "90"})


def test_identifiers_are_unique_and_entries_complete():
    assert len(ENTRIES) == len(KNOWN)
    for known in KNOWN:
        assert known.operations and known.condition and known.reason
        assert known.avoided or known.properties
        assert known.signal is None or known.avoided


def case(operation, *operands, form="function", dtype="float64", grad=0, **kwargs):
    """A call with one contiguous tensor for each list of numbers; other operands as they are."""
    buffers, args = [], []
    for operand in operands:
        if isinstance(operand, list):
            args.append(TensorSpec(len(buffers), dtype, (len(operand),), contiguous_strides((len(operand),)), 0, grad > 0))
            buffers.append(encode(operand, dtype))
        else:
            args.append(operand)
    return Case(operation, form, tuple(buffers), tuple(args), kwargs, grad=grad)


def matrix_case(operation, *operands, **kwargs):
    """A call on a square matrix."""
    found = case(operation, *operands, **kwargs)
    side = math.isqrt(len(operands[0]))
    return replace(found, args=(replace(found.args[0], shape=(side, side), strides=(side, 1)), *found.args[1:]))


def overlapping_mask(target, mask):
    """masked_scatter_ of three truth values, under a mask in the same memory, by their places."""
    written, read = [TensorSpec(0, "bool", (3,), (1,), offset) for offset in (target, mask)]
    return Case("masked_scatter", "inplace", (bytes([1] * 4), bytes(3)), (written, read, TensorSpec(1, "bool", (3,), (1,))), {})


def values(expected, got, dtype="float64", element=0, **details):
    return Deviation("values", "exact", repr(expected), repr(got), {"dtype": dtype, "element": element, "ulps": 1e6, **details})


def gradients(expected, got, element=0, order="first"):
    return Deviation("gradients", f"{order} order, input 0, element {element}", repr(expected), repr(got), {})


inf, nan = float("inf"), float("nan")

# (what the entry excuses, what is close to it and not excused)
PAIRS = {
    "underflow-of-squares": [
        (case("std", [0.0, 1e-200]), values(0.0, 7e-201), values(0.0, 1e-100)),
        (case("std", [0.0, 1e-200]), values(0.0, 7e-201), values(1e-201, 7e-201)),
    ],
    "overflow-of-squares": [(case("norm", [1e200, 1e200]), values(inf, 1.4e200), values(inf, 1.4e100))],
    "float64-near-zeros": [(case("digamma", [1.46]), values(1e-15, 1.5e-15), values(1e-15, 1e-14))],
    "trigamma": [
        (case("polygamma", 1, [1.0]), values(1.6449340661, 1.6449340668), values(1.6449, 1.6450)),
        (case("polygamma", 1, [-2.0]), values(1e31, inf), values(1.0, inf)),
    ],
    "complex-functions": [
        (case("exp", [1j], dtype="complex128"), values(nan + 0j, 1 + 0j, "complex128"), values(2 + 0j, 1 + 0j, "complex128")),
        (case("exp", [1j], dtype="complex64"), values(nan + 0j, 1 + 0j, "complex64"), values(1 + 0j, nan + 0j, "complex64")),
    ],
    "negated-complex-zeros": [
        (case("neg", [0j], dtype="complex64"), values(0j, complex(-0.0, -0.0), "complex64"), values(0j, 1e-45 + 0j, "complex64")),
    ],
    "float64-square-root": [(case("sqrt", [2.0]), values(1.4142135623730951, 1.4142135623730949), values(1.4142135623730951, 1.4142135623730945))],
    "least-squares-by-columns-of-nobody": [
        (matrix_case("linalg.lstsq", [0.0, 1.0, 1.0, -0.54], [0.0, 1.0], rcond=0.776), values(0.77, 0.37), None),
        (matrix_case("linalg.lstsq", [0.0, 1.0, 1.0, -0.54], [0.0, 1.0], rcond=0.776),
         values(1, 2, "int64", output=2), values(1, 3, "int64", output=2)),
        (matrix_case("linalg.lstsq", [0.0, 1.0, 1.0, -0.54], [0.0, 1.0], rcond=0.5), None, values(0.77, 0.37)),
        (matrix_case("linalg.lstsq", [0.0, 1.0, 1.0, -0.54], [0.0, 1.0], rcond=0.776, driver="gelss"), None, values(0.77, 0.37)),
        (matrix_case("linalg.lstsq", [1.0, 0.0, 0.0, 0.5], [0.0, 1.0], rcond=0.5, driver="gelsd"), values(0.77, 0.37), None),
    ],
    "variance-into-a-wider-output": [
        (case("std", [1.0], form="out"), Deviation("errors", "exception type", "RuntimeError: std_var_all: Unsupported dtype BFloat16",
                                                   "NotImplementedError: \"std_cpu\" not implemented for 'ComplexFloat'", {}),
         Deviation("errors", "exception type", "RuntimeError: std_var_all: Unsupported dtype BFloat16", "ValueError: no", {})),
    ],
    "overflow-of-summed-losses": [
        (case("huber_loss", [1.5e308, 0.0], [0.0, 1.5e308]), values(inf, 1.5e308), values(inf, 1.5e307)),
        (case("mse_loss", [1e160, 0.0], [0.0, 0.0], reduction=1), values(inf, 1e308), values(1e307, 1e308)),
        (case("nn.functional.l1_loss", [1.5e308, 1.0], [0.0, 1.0], reduction="none"), None, values(inf, 1.5e308)),
    ],
    "cosines-of-rounded-lengths": [
        (case("cosine_embedding_loss", [1.0], [1.0], dtype="float16"), None, values(nan, 1.0, "float32")),
        (case("cosine_embedding_loss", [], [], dtype="float16"), values(nan, 1.0), None),
    ],
    "polygamma-of-terms-one-by-one": [
        (case("polygamma", 28, [2.5e11]), values(-0.0, -7.846257344341801e-292), values(-1e-280, -7.846257344341801e-292)),
        (case("polygamma", 4, [2.0**53]), values(-9.115745035929447e-64, -9.11574503592941e-64), values(-9.1157450359295e-64, -9.11574503592941e-64)),
        (case("polygamma", 3, [2.5]), values(0.5301338152214135, 0.5301338152214137), values(0.53013381, 0.5301338152214137)),
    ],
    "polygamma-at-infinity": [
        (case("polygamma", 2, [inf]), values(nan, 0.0), values(nan, 1.0)),
        (case("polygamma", 2, [inf, 1.0]), values(nan, 0.0), values(nan, 0.0, element=1)),
    ],
    "product-times-zero": [
        (case("addmv", [1.0], [nan], [nan], alpha=0), values(1.0, nan), values(1.0, 2.0)),
        (case("addmv", [1.0], [nan], [nan], alpha=0), values(nan, 1.0), values(nan, 101.0)),
    ],
    "narrowing-through-float32": [
        (case("half", [1 + 2**-11 + 2**-40]), values(1.0, 1 + 2**-10, "float16"), values(1.0, 1 + 2**-9, "float16")),
        (case("half", [1.0]), None, values(1.0, 1 + 2**-10, "float16")),
    ],
    "grown-storage": [(case("resize_as_", [1.0], [1.0, 2.0]), values(1.0, 0.0, element=1), values(1.0, 0.0, element=0))],
    "float-ranges": [
        (case("arange", 0.0, 1.0, 0.1), values(0.9000000000000001, 0.9), values(0.90000001, 0.9)),
    ],
    "gradients-with-trigamma": [
        (case("digamma", [1.0], grad=1), gradients(1.6449340661, 1.6449340668), gradients(1.6449, 1.6450)),
        (case("lgamma", [1.0], grad=2), gradients(1.6449340661, 1.6449340668, order="second"), gradients(1.6449340661, 1.6449340668)),
    ],
    "acosh-on-the-branch-cut": [
        (case("acosh", [complex(0.5, -0.0), 2j], dtype="complex128", grad=1), gradients(1.0, -1.0), gradients(1.0, -1.0, element=2)),
        (case("acosh", [complex(0.5, -0.0)], dtype="complex128", grad=1), gradients(1.0, -1.0), gradients(1.0, -2.0)),
    ],
    "logit-gradient-at-negative-zero": [(case("logit", [-0.0, 0.0], grad=1), gradients(inf, -inf), gradients(inf, -inf, element=1))],
    "gradient-at-nan-by-place": [
        (case("hardtanh", [nan, 0.5], grad=1), gradients(0.0, 1.0), gradients(0.0, 1.0, element=1)),
        (case("elu", [nan], grad=1), gradients(nan, 1.0), gradients(2.0, 1.0)),
        (case("elu_", [inf], 0.0, 0.0, grad=1), gradients(nan, 0.0), None),
        (case("elu_", [inf], 0.0, 1.0, grad=1), None, gradients(nan, 0.0)),
        (case("elu", [inf], 0.0, grad=1), None, gradients(nan, 0.0)),
    ],
    "polygamma-gradient-at-infinity": [
        (case("polygamma", 1, [inf, 1.0], grad=1), gradients(nan, 0.0), gradients(nan, 0.0, element=1)),
        (case("polygamma", 1, [-inf], grad=1), gradients(-inf, nan), gradients(-inf, 0.0)),
    ],
    "gradients-of-running-products-that-are-not-finite": [
        (case("cumprod", [inf, 2.0], 0, grad=1), gradients(nan, 3.0), None),
        (case("cumprod", [0.5, 2.0], 0, grad=1), None, gradients(nan, 3.0)),
    ],
    "floor-divide-in-place": [
        (case("floor_divide", [1.0], [2.0], form="inplace", grad=1),
         Deviation("gradients", "error", "aten::floor_divide_ is not implemented", "aten::floor_divide is not implemented"),
         Deviation("gradients", "error", "aten::floor_divide_ is not implemented", "None")),
    ],
    "bessel-functions-at-infinity": [(case("special.bessel_j0", [inf, 1.0]), values(nan, 0.0), values(nan, 0.0, element=1))],
    "bessel-functions-to-seven-digits": [
        (replace(case("special.airy_ai", [-1.7976931348623157e308], form="out"), kwargs={"out": TensorSpec(0, "complex64", (1,), (1,))}),
         values(complex(nan, 0.0), 0j, "complex64"), values(1.0 + 0j, 0j, "complex64")),
        (case("special.bessel_y0", [5.5]), values(1e-7, 2e-7), values(1e-4, 2e-4)),
        (case("special.bessel_y0", [1e15]), values(6e-9, 2e-9), values(6e-8, 2e-9)),
    ],
    "normal-distribution-in-its-left-tail": [(case("special.ndtr", [-10.0, 1.0]), values(0.0, 7.6e-24), values(0.0, 7.6e-24, element=1))],
    "incomplete-gamma-to-eight-digits": [(case("igamma", [20.0], [14.0]), values(0.0765206116, 0.0765206115), values(0.07652, 0.07653))],
    "zeta-beside-its-poles": [(case("special.zeta", 127.0, [-2.5]), values(4.3e-23, 8e-70), values(1e30, 8e-70))],
    "zeta-gradient-beside-its-poles": [
        (case("special.zeta", 26.0, [-1.5, 1.5], grad=1), gradients(3.1e-7, -4.7e-10), gradients(3.1e-7, -4.7e-10, element=1)),
        (case("special.zeta", 26.0, [-1.5], grad=1), gradients(3.1e-7, -4.7e-10), gradients(1.0, -4.7e-10)),
    ],
    "soft-margins-that-overflow": [
        (case("soft_margin_loss", [1.0, 800.0], [nan, -1.0], reduction="none"), values(inf, 800.0, element=1), None),
        (case("soft_margin_loss", [1.0, 8.0], [nan, -1.0], reduction="none"), None, values(inf, 8.0, element=1)),
    ],
    "products-that-overflow-on-the-way": [
        (case("segment_reduce", [0.0, 1e200, 1e200], "prod"), values(0.0, nan), None),
        (case("segment_reduce", [0.0, 1e100, 1e100], "prod"), None, values(0.0, nan)),
        (case("segment_reduce", [0.0, nan, 2.0], "prod"), None, values(0.0, nan)),
    ],
    "exponentials-of-rounded-quotients": [
        (case("celu", [-25.234814322683324], alpha=-1.9564793462422463), values(-781693.1561681443, -781693.1561681429),
         values(-781693.1561681443, -781693.15616)),
        (case("celu", [-25.234814322683324], alpha=1.9564793462422463), None, values(-781693.1561681443, -781693.1561681429)),
    ],
    "gradient-by-a-single-reciprocal": [
        (case("celu", [-2.6], alpha=-0.15, grad=1), gradients(28450588.7, 28450580.5), gradients(28450588.7, 28450000.0)),
    ],
    "least-squares-beyond-every-cutoff": [
        (case("linalg.lstsq", [1.0], [2.0], nan), values(2.0, 0.0), None),
        (case("linalg.lstsq", [1.0], [2.0], 0.5), None, values(2.0, 0.0)),
    ],
    "polynomials-of-high-degree": [
        (case("special.chebyshev_polynomial_t", [0.0], [7.0]), values(-4.3e-16, -0.0), values(-4.3e-10, -0.0)),
        (case("special.hermite_polynomial_h", [0.5], [7.0]), values(-461.0000000001, -461.0), values(-461.01, -461.0)),
    ],
    "masked-source-in-the-target": [
        (overlapping_mask(1, 0), values(False, True, "bool"), None),
        (overlapping_mask(0, 0), None, values(False, True, "bool")),
    ],
    "strides-that-address-nothing": [
        (case("add", [1.0]),
         Deviation("strides", "result strides", "", "", {"shape": (1, 2), "strides": ((2, 1), (1, 1))}),
         Deviation("strides", "result strides", "", "", {"shape": (1, 2), "strides": ((2, 1), (2, 2))})),
    ],
}  # fmt: skip


@pytest.mark.parametrize("identifier", PAIRS)
def test_an_entry_excuses_what_it_names_and_not_what_lies_beside_it(identifier):
    for where, excused, beside in PAIRS[identifier]:
        if excused is not None:
            assert find(where, excused, where.operation) is ENTRIES[identifier]
        assert beside is None or find(where, beside, where.operation) is None


def test_a_value_held_against_the_reference_is_no_matter_of_torchs():
    where = case("sqrt", [2.0])
    beside_torch = values(1.4142135623730951, 1.4142135623730949, reference="torch's result")
    beside_refimpl = values(1.4142135623730951, 1.4142135623730949, reference="refimpl's correctly rounded result")
    assert find(where, beside_torch, "sqrt") is ENTRIES["float64-square-root"]
    assert find(where, beside_refimpl, "sqrt") is None
