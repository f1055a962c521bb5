"""Type promotion against torch: every pair of dtypes, every pair of ranks, every kind of Python number."""

from __future__ import annotations

from itertools import product

import pytest
import torch as real_torch

import refimpl

NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
NUMBERS = (True, 3, 2.5, 1j)
EVERY = [d.name for d in refimpl.foundation.dtypes.stored_dtypes]
WITHOUT_COMPLEX32 = [n for n in EVERY if n != "float16"]  # complex32, which torch makes of float16, is not among the twelve


def both(question):
    return told(question, refimpl), told(question, real_torch)


def told(question, library):
    """The answer, or the error: few dtypes promote with those of limited support."""
    try:
        return repr(question(library))
    except RuntimeError as error:
        return str(error)


@pytest.mark.parametrize("first", EVERY)
def test_promote_types_and_can_cast(first):
    for second in EVERY:
        for function in ("promote_types", "can_cast"):
            ours, theirs = both(lambda t, f=function, s=second: getattr(t, f)(getattr(t, first), getattr(t, s)))
            assert ours == theirs, (function, first, second)


def operands(t, name):
    """A tensor of each rank: with a dimension, without, and with a dimension but no elements."""
    d = getattr(t, name)
    return [t.ones(2, dtype=d), t.ones((), dtype=d), t.ones(0, dtype=d)]


@pytest.mark.parametrize("first", EVERY)
def test_two_tensors_of_every_rank(first):
    for second in EVERY:
        if "complex" in first + second and "float16" in (first, second):
            continue
        for i, j in product(range(3), range(3)):
            ours, theirs = both(lambda t, s=second, i=i, j=j: t.result_type(operands(t, first)[i], operands(t, s)[j]))
            assert ours == theirs, (first, second, i, j)


@pytest.mark.parametrize("default", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("name", WITHOUT_COMPLEX32)
def test_a_tensor_and_a_python_number_under_each_default_dtype(name, default):
    if default == "bfloat16" and name == "bfloat16":
        return

    def question(t):
        t.set_default_dtype(getattr(t, default))
        try:
            numbers = NUMBERS[:3] if default == "bfloat16" else NUMBERS  # torch has no complex dtype for that default
            return [[t.result_type(a, n), t.result_type(n, a)] for a, n in product(operands(t, name), numbers)]
        finally:
            t.set_default_dtype(t.float32)

    ours, theirs = both(question)
    assert ours == theirs


@pytest.mark.parametrize("numbers", list(product(NUMBERS, NUMBERS)), ids=str)
def test_two_python_numbers(numbers):
    ours, theirs = both(lambda t: t.result_type(*numbers))
    assert ours == theirs


@pytest.mark.parametrize("first", NAMES)
def test_sums_have_the_dtype_that_result_type_says(first):
    for second in NAMES:
        if "complex" in first + second and "float16" in (first, second):
            continue
        for a, b in product(operands(refimpl, first), operands(refimpl, second)):
            if a.numel() and b.numel():
                assert (a + b).dtype is refimpl.result_type(a, b)
