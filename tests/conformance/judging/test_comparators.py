"""The comparators: what they accept, and what they must reject."""

from __future__ import annotations

import math
import random
import struct

import pytest
import torch

from conformance.accuracy.contracts import EXACT, Adding, accumulated, compare, conditioned, ulps
from conformance.accuracy.number_formats import FORMATS, decode, encode, ordinal, round_to, ulp_distance
from conformance.cases.case import Case, TensorSpec, canonical, contiguous_strides, element_offsets
from conformance.execution.outcomes import Outcome, Output, Reading
from conformance.judging.comparators import compare_aliasing, compare_errors, compare_purity, compare_structures, writable_bytes

nan, inf = math.nan, math.inf


def f32(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def next32(x: float, steps: int = 1) -> float:
    bits = struct.unpack("<i", struct.pack("<f", x))[0] + steps
    return struct.unpack("<f", struct.pack("<i", bits))[0]


def test_exact_accepts_the_same_bits_and_any_nan():
    assert compare(EXACT, "float32", f32(1, -0.0, inf), f32(1, -0.0, inf)).ok
    other_nan = struct.pack("<I", 0x7FC12345)
    assert compare(EXACT, "float32", f32(nan), other_nan).ok


@pytest.mark.parametrize(
    ("a", "b"), [(1.0, next32(1.0)), (0.0, -0.0), (nan, 0.0), (0.0, nan), (inf, -inf), (inf, 3.4e38), (1e-45, 0.0)]
)
def test_exact_rejects(a, b):
    assert not compare(EXACT, "float32", f32(a), f32(b)).ok


def test_exact_rejects_one_wrong_element_among_many():
    right = f32(*range(100))
    wrong = bytearray(right)
    wrong[4 * 57] ^= 1
    comparison = compare(EXACT, "float32", right, bytes(wrong))
    assert not comparison.ok
    assert comparison.worst == 57


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "bool"])
def test_integers_are_exact_under_every_contract(dtype):
    for contract in (EXACT, ulps(100), accumulated(100)):
        assert compare(contract, dtype, encode([1], dtype), encode([1], dtype)).ok
        assert not compare(contract, dtype, encode([1], dtype), encode([0], dtype)).ok


def test_ulps_counts_representable_steps():
    assert compare(ulps(2), "float32", f32(1.0), f32(next32(1.0, 2))).ok
    assert not compare(ulps(2), "float32", f32(1.0), f32(next32(1.0, 3))).ok
    assert compare(ulps(1), "float32", f32(3.4028234663852886e38), f32(inf)).ok
    assert not compare(ulps(1000), "float32", f32(nan), f32(1.0)).ok
    assert not compare(ulps(1000), "float32", f32(1.0), f32(nan)).ok
    assert not compare(ulps(1), "float32", f32(inf), f32(-inf)).ok


def test_ulps_of_complex_numbers_are_those_of_the_larger_part():
    right, near = encode([complex(1, 1e-9)], "complex64"), encode([complex(1, 2e-9)], "complex64")
    assert compare(ulps(1), "complex64", right, near).ok
    assert not compare(ulps(1), "complex64", right, encode([complex(1, 1e-6)], "complex64")).ok


def test_accumulated_stays_valid_under_cancellation_and_rejects_beyond_it():
    # 1e8 - 1e8 + 1 as float32: the terms are large, the result is small
    assert compare(accumulated(1), "float32", f32(1.0), f32(4.0), [2e8], 3).ok
    assert not compare(accumulated(1), "float32", f32(1.0), f32(200.0), [2e8], 3).ok
    assert not compare(accumulated(1), "float32", f32(1.0), f32(1.001), [1.0], 3).ok


def test_accumulated_lets_partial_sums_overflow_but_nothing_else_become_infinite():
    assert compare(accumulated(1), "float32", f32(1e38), f32(inf), [6e38], 4).ok
    assert not compare(accumulated(1), "float32", f32(1.0), f32(inf), [4.0], 4).ok
    assert not compare(accumulated(1), "float32", f32(1.0), f32(nan), [4.0], 4).ok


@pytest.mark.parametrize("contract", [ulps(2), conditioned(4), EXACT])
def test_zeros_have_the_sign_of_the_reference(contract):
    assert compare(contract, "float32", f32(-0.0), f32(-0.0)).ok
    assert not compare(contract, "float32", f32(-0.0), f32(0.0)).ok
    assert not compare(contract, "float32", f32(0.0), f32(-0.0)).ok


def test_terms_that_cancel_leave_a_positive_zero_and_terms_that_are_zero_either():
    assert not compare(accumulated(1), "float32", f32(0.0), f32(-0.0), [2.0], 2).ok
    assert compare(accumulated(1), "float32", f32(0.0), f32(-0.0), [0.0], 2).ok
    assert compare(accumulated(1), "float32", f32(-0.0), f32(0.0), [1e-50], 2).ok  # a product that vanishes
    assert compare(conditioned(4, inner=1), "float32", f32(0.0), f32(-0.0), [1.0]).ok


def test_a_sum_that_is_rounded_to_zero_may_be_of_either_sign_on_the_way():
    zeros = encode([0.0], "float16"), encode([-0.0], "float16")
    assert compare(accumulated(1), "float16", *zeros[::-1], [2.0], 2).ok  # -2**-30, say, which the format has not
    assert not compare(accumulated(1), "float16", *zeros, [2.0], 2).ok
    assert compare(accumulated(1), "float16", *zeros, [2.0], 2, adding=Adding("float32")).ok


def test_float64_allows_one_ulp_for_the_reference():
    one = struct.pack("<d", 1.0)
    assert compare(ulps(1), "float64", one, struct.pack("<d", 1.0 + 2 * 2.0**-52)).ok
    assert not compare(ulps(1), "float64", one, struct.pack("<d", 1.0 + 3 * 2.0**-52)).ok
    assert not compare(EXACT, "float64", one, struct.pack("<d", 1.0 + 2.0**-52)).ok


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_ordinals_are_neighbours(dtype):
    form = FORMATS[dtype]
    for x in (1.0, form.largest, 2.0**form.emin, form.smallest_subnormal):
        below = x - form.ulp(x) / 2 if math.frexp(x)[0] == 0.5 and x > 2.0**form.emin else x - form.ulp(x)
        assert ulp_distance(x, below, dtype) == 1
        assert ordinal(-x, dtype) == -ordinal(x, dtype)
    assert ulp_distance(form.largest, inf, dtype) == 1
    assert ulp_distance(-0.0, 0.0, dtype) == 0


def test_rounding_agrees_with_torch():
    generator = random.Random(5)
    for dtype in ("float16", "bfloat16", "float32"):
        values = [generator.uniform(-1, 1) * 2.0 ** generator.randint(-150, 130) for _ in range(2000)]
        expected = torch.tensor(values, dtype=torch.float64).to(getattr(torch, dtype)).double().tolist()
        assert [round_to(v, dtype) for v in values] == expected
        assert list(decode(encode(values, dtype), dtype)) == expected


# -- errors, aliasing, purity ------------------------------------------------------------------------


def error(kind: str, text: str) -> Outcome:
    return Outcome(error=(kind, text))


def test_errors_must_agree_in_type_message_and_existence():
    good = error("RuntimeError", "The size of tensor a (3) must match")
    assert compare_errors(good, good) is None
    assert compare_errors(good, error("ValueError", good.error[1])).rule == "exception type"
    assert compare_errors(good, error("RuntimeError", "The size of tensor a (4) must match")).rule == "message"
    assert compare_errors(good, Outcome()).rule == "whether it raises"
    assert compare_errors(Outcome(), good).rule == "whether it raises"
    assert compare_errors(good, error("RuntimeError", "another"), messages=False) is None


def test_only_the_wording_of_overload_lists_is_free():
    listed = error("TypeError", "add() received an invalid combination of arguments - got (int), but expected one of:\n * ...")
    assert compare_errors(listed, error("TypeError", "add() got something strange")) is None
    counted, other = (f"add() takes {n} positional arguments but {m} were given" for n, m in ((2, 3), (2, 4)))
    assert compare_errors(error("TypeError", counted), error("TypeError", other)) is not None
    assert compare_errors(error("TypeError", counted), error("TypeError", "add() takes 3 positional arguments but 4 were given")) is None
    assert compare_errors(error("TypeError", counted), listed) is None
    assert compare_errors(listed, error("RuntimeError", "add() got something strange")) is not None


def output(alias=("new",), same=None, offset=0) -> Output:
    return Output(Reading("float32", (2,), (1,), offset, f32(1, 2), 1), alias, same)


def test_aliasing_rejects_copies_views_and_other_objects():
    assert compare_aliasing(output(), output()) is None
    assert compare_aliasing(output(("input", 0)), output()) is not None
    assert compare_aliasing(output(), output(("input", 0))) is not None
    found = compare_aliasing(output(("input", 0), same=0), output(("input", 0)))
    assert found is not None and (found.expected, found.got) == ("argument 0 itself", "a tensor object of its own")
    assert compare_aliasing(output(("input", 0)), output(("input", 0), offset=1)) is not None
    assert compare_aliasing(output(("output", 0)), output()) is not None


def sliced_case(form: str) -> Case:
    """Three elements, every second one of six."""
    return Case("exp", form, (f32(1, nan, 2, nan, 3, nan),), (TensorSpec(0, "float32", (3,), (2,)),))


def test_purity_rejects_changed_inputs_and_gap_bytes():
    case = sliced_case("function")
    before = case.buffers[0]
    clean = Outcome(buffers=[before], metadata=[])
    assert not list(compare_purity(case, clean, clean))
    destroyed = Outcome(buffers=[f32(0) + before[4:]], metadata=[])
    assert list(compare_purity(case, clean, destroyed))
    gap = Outcome(buffers=[before[:4] + f32(7) + before[8:]], metadata=[])
    assert list(compare_purity(case, clean, gap))
    moved = Outcome(buffers=[before], metadata=[("float32", (3,), (1,), 0)])
    assert list(compare_purity(case, Outcome(buffers=[before], metadata=[("float32", (3,), (2,), 0)]), moved))


def test_purity_lets_the_target_be_written_and_nothing_else():
    case = sliced_case("inplace")
    before = case.buffers[0]
    assert writable_bytes(case)[0] == {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19}
    written = Outcome(buffers=[f32(9) + before[4:]], metadata=[])
    assert not list(compare_purity(case, written, Outcome(buffers=[f32(8) + before[4:]], metadata=[])))
    assert list(compare_purity(case, written, Outcome(buffers=[f32(9, 0) + before[8:]], metadata=[])))
    assert list(compare_purity(case, written, Outcome(buffers=[before], metadata=[]))) == []  # the values say so already


def test_structures_distinguish_tuples_lists_and_signed_zeros():
    assert compare_structures(Outcome(structure=("tuple", (), [1])), Outcome(structure=("tuple", (), [1]))) is None
    assert compare_structures(Outcome(structure=("tuple", (), [1])), Outcome(structure=("list", (), [1]))) is not None
    assert compare_structures(Outcome(structure=1), Outcome(structure=1.0)) is not None
    assert compare_structures(Outcome(structure=0.0), Outcome(structure=-0.0)) is not None
    assert compare_structures(Outcome(structure=nan), Outcome(structure=nan)) is None


# -- cases -------------------------------------------------------------------------------------------


def test_offsets_and_canonical_layout():
    assert element_offsets((2, 2), (1, 2), 3) == (3, 5, 4, 6)
    assert contiguous_strides((2, 0, 3)) == (3, 3, 1)
    plain = canonical(sliced_case("function"))
    assert plain is not None
    assert plain.buffers == (f32(1, 2, 3),)
    assert plain.args[0].strides == (1,)
    assert canonical(plain) is None
