"""What R prints: of tensors libtorch's own text to the blank, of R's values the words that R is known to print."""

from __future__ import annotations

import math
import warnings

import pytest
import torch as real_torch
from hypothesis import given, settings
from hypothesis import strategies as st
from libtorch_text import printed_by_torch

import refimpl
from refimpl import rstyle as r
from refimpl.rstyle.printing import common_texts, number_text, tensor_text

DTYPES = list(refimpl.foundation.dtypes.all_dtypes)


def numbers(dtype):
    """Values of a dtype that its printing distinguishes: small and large integers, fractions, all magnitudes, infinities and NaN."""
    if dtype is refimpl.bool:
        return st.booleans()
    if not (dtype.is_floating_point or dtype.is_complex):
        info = refimpl.iinfo(dtype)
        return st.one_of(st.integers(max(info.min, -20), 20), st.integers(info.min, info.max))
    width = {2: 16, 4: 32, 8: 64}[(dtype.real if dtype.is_complex else dtype).itemsize]
    real = st.one_of(
        st.integers(-100, 100).map(float), st.floats(-10, 10, width=16), st.floats(width=width),
        st.integers(-6, 12).map(lambda e: float(10.0**e)),
        st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, -math.nan, 99999.5, 100000.0, 999999999.0]),
    )  # fmt: skip
    return st.builds(complex, real, real) if dtype.is_complex else real


@st.composite
def tensors(draw, dtype):
    """A tensor of refimpl: any dtype and shape, of a few magnitudes, contiguous or not."""
    shape = draw(st.one_of(st.lists(st.integers(0, 3), max_size=4), st.lists(st.integers(1, 30), min_size=2, max_size=2),
                           st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 25)).map(list)))  # fmt: skip
    count = math.prod(shape)
    pool = draw(st.lists(numbers(dtype), min_size=1, max_size=6))
    flat = [pool[draw(st.integers(0, len(pool) - 1))] for _ in range(min(count, 40))]
    flat = [flat[i % len(flat)] for i in range(count)]
    t = refimpl.tensor(flat, dtype=dtype).reshape(shape)
    return t.transpose(0, -1) if len(shape) > 1 and draw(st.booleans()) else t


def same_in_torch(t):
    """torch's tensor of the same elements, bit by bit."""
    return real_torch.tensor(t.tolist(), dtype=getattr(real_torch, str(t.dtype).removeprefix("torch."))).reshape(tuple(t.shape))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_a_tensor_prints_as_libtorch_prints_it_to_the_blank(dtype, data):
    t = data.draw(tensors(dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's printer drops imaginary parts and says so
        expected = printed_by_torch(same_in_torch(t))
    assert tensor_text(t, n=-1) + "\n" == "torch_tensor\n" + expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_to_seven_digits(value):
    assert f"{float(number_text(value)):.6e}" == f"{value:.6e}"


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))  # whose digits, fewer than seven, are not exact
def test_no_scientific_text_is_shorter(value):
    """R's rule: fixed, with no digit more than needed, unless scientific is shorter."""
    scientific = [f"{value:.{n}e}" for n in range(7)]
    assert len(number_text(value)) <= min(len(text) for text in scientific if f"{float(text):.6e}" == scientific[6])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(30390018.0, "30390018"), (0.00102863, "0.00102863"), (0.0001272913, "0.0001272913"), (100000.0, "1e+05"), (123456.0, "123456"), (1e-5, "1e-05"),
     (0.1 + 0.2, "0.3"), (1 / 3, "0.3333333"), (math.nan, "NaN"), (-math.inf, "-Inf"), (True, "TRUE"), (3, "3"), (1.5 - 2j, "1.5-2i"),
     (1e15, "1e+15")],
)  # fmt: skip
def test_numbers_as_cat_writes_them(value, shown):
    assert number_text(value) == shown


def test_vectors_have_one_format():
    assert common_texts([1.0, 2.5, 1000.0]) == ["1.0", "2.5", "1000.0"]
    assert r.text([1.0, 10.0]) == "[1]  1 10"
    assert r.text([]) == "integer(0)"
    assert r.text([True, False]) == "[1]  TRUE FALSE"
    assert r.text(list(range(1, 31))) == (
        " [1]  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25\n[26] 26 27 28 29 30"
    )


def test_matrices_and_arrays_have_headings():
    assert r.text([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == "     [,1] [,2] [,3]\n[1,]    1    2    3\n[2,]    4    5    6\n[3,]    7    8    9"
    assert r.text(r.as_array(r.torch_ones(1, 1, 2))) == ", , 1\n\n     [,1]\n[1,]    1\n\n, , 2\n\n     [,1]\n[1,]    1\n"


def test_dtypes_devices_and_named_lists():
    dtypes = (r.torch_float(), r.torch_long(), r.torch_double(), r.torch_bool())
    assert [r.text(d) for d in dtypes] == ["torch_Float", "torch_Long", "torch_Double", "torch_Bool"]
    assert r.text(r.torch_device("cpu")) == "torch_device(type='cpu')"
    assert r.text(r.torch_device("cuda", 0)) == "torch_device(type='cuda', index=0)"
    assert r.text({"weight": [1], "0.bias": [2]}) == "$weight\n[1] 1\n\n$`0.bias`\n[1] 2\n"


def test_show_and_cat_print(capsys):
    r.show([2, 3], "a")
    r.cat("Epoch: ", 10, "   Loss: ", 142.7080001)
    assert capsys.readouterr().out == '[1] 2 3\n[1] "a"\nEpoch:  10    Loss:  142.708\n'
