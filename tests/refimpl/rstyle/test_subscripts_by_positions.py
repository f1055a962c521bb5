"""R's subscripts against their plainest reading: each argument is a list of positions of its dimension, and the result is their outer product."""

from __future__ import annotations

import math

import numpy
from hypothesis import given
from hypothesis import strategies as st

import refimpl
from refimpl import rstyle as r


@st.composite
def subscripts(draw, size):
    """One argument for a dimension of this size: what is written, the positions from 0 that it means, and whether the dimension stays."""
    kind = draw(st.sampled_from(["number", "range", "negative range", "all", "vector", "logical", "tensor"]))
    at = st.integers(1, size)
    if kind == "number":
        i = draw(at)
        written = draw(st.sampled_from([i, i - size - 1, float(i), [i]]))
        return written, [i - 1], False
    if kind == "range":
        first, last, step = draw(at), draw(st.one_of(st.integers(1, size + 2), st.just(math.inf))), draw(st.integers(1, 3))
        end = size if last == math.inf else min(last, size)
        return slice(first, last, None if step == 1 else step), list(range(first - 1, end, step)), True
    if kind == "negative range":
        first = draw(st.integers(-size, -1))
        last = draw(st.integers(first, -1))
        return slice(first, last), list(range(size + first, size + last + 1)), True
    if kind == "all":
        return slice(None), list(range(size)), True
    if kind == "logical":
        mask = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        return draw(st.sampled_from([mask, r.torch_tensor(mask)])), [i for i, chosen in enumerate(mask) if chosen], True
    chosen = draw(st.lists(at, min_size=2, max_size=4))
    written = [i - size - 1 if draw(st.booleans()) else i for i in chosen]
    return written if kind == "vector" else r.torch_tensor(written), [i - 1 for i in chosen], True


@st.composite
def indexed(draw):
    """A shape, the arguments of its dimensions, and what each means."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    parts = [draw(subscripts(size)) for size in shape]
    left_out = draw(st.integers(0, len(shape) - 1))
    if left_out:  # trailing dimensions, or those that ``..`` stands for
        start = draw(st.integers(0, len(shape) - left_out))
        for d in range(start, start + left_out):
            parts[d] = (None, list(range(shape[d])), True)
        key = [p[0] for p in parts[:start]]
        if start + left_out < len(shape) or draw(st.booleans()):
            key.append(...)
        key += [p[0] for p in parts[start + left_out :]]
    else:
        key = [p[0] for p in parts]
    return shape, key, [p[1] for p in parts], [p[2] for p in parts]


def tensor_and_array(shape):
    array = numpy.arange(1, math.prod(shape) + 1).reshape(shape)
    return r.torch_tensor(array.tolist()), array


@given(indexed(), st.booleans())
def test_an_index_is_the_outer_product_of_positions(case, dropping):
    shape, key, positions, stays = case
    x, array = tensor_and_array(shape)
    result = x[tuple(key)] if dropping else x[(*key, r.drop(False))]
    expected = array[numpy.ix_(*positions)]
    assert result.tensor.reshape(-1).tolist() == expected.reshape(-1).tolist()
    sizes = [n for n, kept in zip(expected.shape, stays) if kept or not dropping]
    assert result.size() == sizes


@given(indexed())
def test_an_assignment_writes_where_the_index_reads(case):
    shape, key, positions, _ = case
    x, array = tensor_and_array(shape)
    vectors = sum(isinstance(each, (list, r.RTensor)) and not (isinstance(each, list) and len(each) == 1 and each[0] is not True and each[0] is not
                  False) for each in key)  # fmt: skip
    if vectors > 1:
        return
    x[tuple(key)] = 0
    array[numpy.ix_(*positions)] = 0
    assert x.tolist() == array.tolist()


@given(st.integers(1, 5), st.data())
def test_numbers_and_ranges_give_views(size, data):
    x = r.torch_tensor([[float(i)] * 2 for i in range(size)])
    written, positions, _ = data.draw(subscripts(size).filter(lambda part: isinstance(part[0], (int, slice)) and part[1]))
    x[written].fill_(-1.0)
    rows = [[-1.0] * 2 if i in positions else [float(i)] * 2 for i in range(size)]
    assert x.tolist() == rows


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
def test_a_new_axis_goes_where_it_stands(shape, data):
    x, _ = tensor_and_array(shape)
    place = data.draw(st.integers(0, len(shape)))
    key = [slice(None)] * place + [r.newaxis]
    assert x[tuple(key)].size() == shape[:place] + [1] + shape[place:]


def test_what_is_no_subscript_is_refused():
    for key in ("a", object(), {1}):
        try:
            r.torch_ones(2)[key]
        except TypeError as error:
            assert str(error) == "Unsupported index."
        else:
            raise AssertionError(key)


def test_a_plain_tensor_is_a_subscript_as_well():
    assert r.torch_arange(3)[refimpl.tensor([3, 1])].tolist() == [3, 1]
