"""Gather, scatter, advanced indexing, nonzero and sort on the CPU device, held against torch bit for bit."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
import torch
from cpu_views import (
    ALL,
    COMPLEX,
    FLOATS,
    LAYOUTS,
    REAL,
    SHAPES,
    as_tensor,
    as_view,
    in_layout,
    new_view,
    random_tensor,
    rounded,
    same,
    same_bits,
)

from refimpl.cpu.index import gather, index, index_put, nonzero, scatter
from refimpl.cpu.sort import sort

nan = math.nan
SIGNALLING = torch.tensor([0x7F800001, 0x3F800000, -8388607], dtype=torch.int32).view(torch.float32)


def message(function, *arguments):
    """The type and the text of what a call raises."""
    with pytest.raises((IndexError, RuntimeError)) as caught:
        function(*arguments)
    return type(caught.value), str(caught.value)


def random_index(rng, shape, size, negative=False):
    count = math.prod(shape)
    low = -size if negative else 0
    return torch.tensor([rng.randrange(low, size) if size else 0 for _ in range(count)], dtype=torch.int64).reshape(tuple(shape))


# -- gather and scatter ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_gather_and_scatter_equal_torch(dtype, layout):
    rng = random.Random(f"{dtype} {layout}")
    # torch's gather and scatter replace every NaN of bfloat16 by the pattern ffff.
    equal = same if dtype is torch.bfloat16 else same_bits
    for shape in [(), (5,), (3, 4), (2, 3, 4), (3, 0), (1, 7)]:
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.1), layout)
        for dim in range(max(1, len(shape))):
            # The index may be longer along dim, and shorter along the others.
            index_shape = [rng.randint(0, 9) if d == dim else max(size - rng.randint(0, 1), 0) for d, size in enumerate(shape)]
            if shape and shape[dim] == 0:
                index_shape[dim] = 0
            indices = in_layout(rng, random_index(rng, index_shape, shape[dim] if shape else 1), rng.choice(LAYOUTS))
            out = new_view(index_shape, dtype)
            gather(out, as_view(tensor), dim, as_view(indices))
            assert equal(out, tensor.gather(dim, indices))

            source = in_layout(rng, random_tensor(rng, dtype, index_shape, 0.1), rng.choice(LAYOUTS))
            if source.dim():
                source = torch.cat([source, source], 0)  # the source may be larger than the index
            target = as_view(tensor.contiguous())
            scatter("set", target, dim, as_view(indices), as_view(source))
            assert equal(target, tensor.scatter(dim, indices, source))
            target = as_view(tensor.contiguous())
            scatter("set", target, dim, as_view(indices), 1)
            assert equal(target, tensor.scatter(dim, indices, 1))
            if dtype not in FLOATS and dtype not in COMPLEX:
                target = as_view(tensor.contiguous())
                scatter("add", target, dim, as_view(indices), as_view(source))
                assert same(target, tensor.scatter_add(dim, indices, source))


def test_scatter_leaves_the_elements_between_strides_alone():
    large = torch.arange(20.0)
    view = as_view(large)
    target = type(view)(view.storage, 1, (3, 2), (6, 3), view.dtype)
    theirs = large.clone()
    places = torch.tensor([[1, 0], [1, 1]])
    values = torch.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    scatter("set", target, 1, as_view(places), as_view(values))
    theirs.as_strided((3, 2), (6, 3), 1).scatter_(1, places, values)
    assert same_bits(view, theirs)


def test_out_of_range_indices_of_gather_and_scatter_raise_as_in_torch():
    tensor = torch.arange(6.0).reshape(2, 3)
    for dim, wrong in itertools.product((0, 1), (5, -1, 2, 3, -4)):
        places = torch.tensor([[0, wrong], [9, 0]])
        if dim == 1 and wrong == 2:
            places = torch.tensor([[0, wrong], [3, 0]])
        theirs = message(tensor.gather, dim, places)
        assert message(gather, new_view((2, 2), torch.float32), as_view(tensor), dim, as_view(places)) == theirs
        theirs = message(tensor.clone().scatter_, dim, places, 1.0)
        assert message(scatter, "set", as_view(tensor), dim, as_view(places), 1.0) == theirs
        assert message(scatter, "add", as_view(tensor), dim, as_view(places), as_view(tensor)) == theirs
    scalar = torch.tensor(3.0)
    assert message(gather, new_view((1,), torch.float32), as_view(scalar), 0, as_view(torch.tensor([1]))) == message(
        scalar.gather, 0, torch.tensor([1])
    )


# -- advanced indexing -------------------------------------------------------------------------------------------

# The shape, which dimensions are indexed (t) and which are taken whole (.), the shape of the indices.
PATTERNS = [
    ((6,), "t", ()), ((6,), "t", (4,)), ((6,), "t", (2, 3)), ((6,), "t", (0,)), ((3, 4), "t.", (5,)), ((3, 4), ".t", (5,)),
    ((3, 4), "tt", (5,)), ((3, 4, 5), ".tt", (2, 2)), ((3, 4, 5), "tt.", (4,)), ((3, 4, 5), "t.t", (4,)),
    ((3, 4, 5), ".t.", (2, 3)), ((3, 4, 2, 5), ".t.t", (3,)), ((3, 4, 2, 5), "t..t", (3, 1)), ((3, 4, 2, 5), ".tt.", (3,)),
    ((7, 2, 9), "t..", (4,)), ((7, 9), "t", (5,)), ((3, 0), "t.", (2,)), ((0, 3), ".t", (2,)), ((2, 3, 0), "tt.", (4,)),
    ((1, 1), "tt", (3,)),
]


def selection(rng, shape, pattern, index_shape):
    tensors = [in_layout(rng, random_index(rng, index_shape, shape[d], negative=True), rng.choice(LAYOUTS)) if c == "t" else None
               for d, c in enumerate(pattern)]
    ours = [None if t is None else as_view(t) for t in tensors]
    return tuple(slice(None) if t is None else t for t in tensors), ours


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_advanced_indexing_equals_torch(dtype, layout):
    rng = random.Random(f"{dtype} {layout}")
    for shape, pattern, index_shape in PATTERNS:
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.1), layout)
        theirs, ours = selection(rng, shape, pattern, index_shape)
        expected = tensor[theirs]
        out = new_view(expected.shape, dtype)
        index(out, as_view(tensor), ours)
        assert same_bits(out, expected), (shape, pattern)

        if layout == "expanded":
            continue
        value_shape = rng.choice([expected.shape, expected.shape[-1:], (1,) * expected.dim(), ()])
        values = in_layout(rng, random_tensor(rng, dtype, value_shape, 0.1), rng.choice(LAYOUTS))
        target, copy = as_view(tensor), tensor.clone(memory_format=torch.preserve_format)
        index_put(target, ours, as_view(values), False)
        copy[theirs] = values
        assert same_bits(target, copy), (shape, pattern, value_shape)
        if dtype not in FLOATS and dtype not in COMPLEX and "." not in pattern:
            target, copy = as_view(tensor), tensor.clone(memory_format=torch.preserve_format)
            index_put(target, ours, as_view(values), True)
            copy.index_put_(theirs, values, accumulate=True)
            assert same(target, copy)


@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX], ids=str)
def test_accumulated_values_are_one_exact_sum_rounded_once(dtype):
    rng = random.Random(str(dtype))
    part = {torch.complex64: torch.float32, torch.complex128: torch.float64}.get(dtype, dtype)
    for _ in range(20):
        tensor = random_tensor(rng, dtype, (5,))
        places = random_index(rng, (12,), 5)
        values = random_tensor(rng, dtype, (12,))
        target, other = as_view(tensor), as_view(tensor)
        index_put(target, [as_view(places)], as_view(values), True)
        scatter("add", other, 0, as_view(places), as_view(values))
        for i, got in enumerate(as_tensor(target).tolist()):
            terms = [tensor[i].item(), *[v for p, v in zip(places.tolist(), values.tolist()) if p == i]]
            assert got.real == rounded(part, sum((Fraction(z.real) for z in terms), Fraction(0)))
            assert got.imag == rounded(part, sum((Fraction(z.imag) for z in terms), Fraction(0)))
        assert same(other, as_tensor(target))


def test_accumulation_into_rows_adds_each_row_once():
    tensor = torch.zeros(3, 8)
    target = as_view(tensor)
    index_put(target, [as_view(torch.tensor([0, 2, 0])), None], as_view(torch.arange(24.0).reshape(3, 8)), True)
    assert same(target, tensor.index_put((torch.tensor([0, 2, 0]),), torch.arange(24.0).reshape(3, 8), accumulate=True))


def test_accumulated_signed_zeros_and_infinities():
    for old, values in (
        (-0.0, [-0.0, -0.0]), (-0.0, [0.0]), (-0.0, [-0.0]), (0.0, [-0.0, -0.0]), (1.0, [math.inf, -math.inf]),
        (1.0, [nan, 1.0]), (1.0, [math.inf, 1.0]),
    ):
        tensor = torch.tensor([old, 5.0])
        places = torch.zeros(len(values), dtype=torch.int64)
        target = as_view(tensor)
        index_put(target, [as_view(places)], as_view(torch.tensor(values)), True)
        assert same(target, tensor.index_put((places,), torch.tensor(values), accumulate=True)), (old, values)


def test_the_last_of_several_values_for_one_element_is_stored():
    target = as_view(torch.zeros(3, 8))
    index_put(target, [as_view(torch.tensor([1, 1])), None], as_view(torch.tensor([[1.0], [2.0]])), False)
    assert as_tensor(target)[1].tolist() == [2.0] * 8
    target = as_view(torch.zeros(3))
    scatter("set", target, 0, as_view(torch.tensor([1, 1, 1])), as_view(torch.tensor([1.0, 2.0, 3.0])))
    assert as_tensor(target).tolist() == [0.0, 3.0, 0.0]


def test_out_of_range_indices_raise_as_in_torch():
    T = torch.tensor
    cases = [
        ((2, 3), "t", [T([0, 5])]), ((2, 3), ".t", [T([0, 5])]), ((2, 3), "t", [T([0, -3])]), ((3,), "t", [T(3)]),
        ((2, 3), "tt", [T([0, 9]), T([9, 0])]), ((2, 3), "tt", [T([9, 0]), T([0, 9])]),
        ((2, 2, 3), "t.t", [T([0, 0]), T([9, 0])]), ((2, 2), "tt", [T([[0, 9], [0, 0]]), T([[0, 0], [9, 0]])]),
        ((0, 3), "t.", [T([0])]), ((0, 0), "t.", [T([0])]), ((0, 3, 0), "t", [T([0])]), ((2, 2, 2), "..t", [T([7])]),
    ]
    for shape, pattern, tensors in cases:
        tensor = torch.zeros(shape)
        remaining = iter(tensors)
        indices = [next(remaining) if c == "t" else None for c in pattern]
        theirs = message(tensor.__getitem__, tuple(slice(None) if t is None else t for t in indices))
        ours = [None if t is None else as_view(t) for t in indices]
        assert message(index, new_view((1,), torch.float32), as_view(tensor), ours) == theirs
        assert message(index_put, as_view(tensor), ours, as_view(torch.tensor(1.0)), False) == theirs
        assert message(index_put, as_view(tensor), ours, as_view(torch.tensor(1.0)), True) == theirs
    # Nothing is selected, so torch looks at no index.
    for wrong in (5, -5):
        out = new_view((1, 0), torch.float32)
        index(out, as_view(torch.zeros(3, 0)), [as_view(T([wrong]))])
        assert same(out, torch.zeros(3, 0)[T([wrong])])


def test_data_movement_keeps_every_bit_of_a_nan():
    places = torch.tensor([2, 0, 0, 1])
    for tensor in (SIGNALLING, SIGNALLING.repeat(2).view(torch.complex64), SIGNALLING.view(torch.int16)[[0, 1, 4]].view(torch.bfloat16)):
        out = new_view((4,), tensor.dtype)
        index(out, as_view(tensor), [as_view(places)])
        assert same_bits(out, tensor[places])
        gather(out, as_view(tensor), 0, as_view(places))
        assert same_bits(out, tensor[places])
        expected = torch.zeros_like(tensor).index_put((places[:3],), tensor)
        target = as_view(torch.zeros_like(tensor))
        index_put(target, [as_view(places[:3])], as_view(tensor), False)
        assert same_bits(target, expected)
        target = as_view(torch.zeros_like(tensor))
        scatter("set", target, 0, as_view(places[:3]), as_view(tensor))
        assert same_bits(target, expected)
    values, order = new_view((3,), torch.float32), new_view((3,), torch.int64)
    sort(values, order, as_view(SIGNALLING), 0, False)
    assert same_bits(values, SIGNALLING.sort(stable=True)[0])


# -- nonzero -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ALL, ids=str)
def test_nonzero_equals_torch(dtype):
    rng = random.Random(str(dtype))
    for shape, layout in itertools.product(SHAPES, LAYOUTS):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.4), layout)
        ours, theirs = nonzero(as_view(tensor)), tensor.nonzero()
        assert same(ours, theirs)
        assert ours.strides == theirs.stride()


# -- sort --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_sort_is_stable_and_equals_torch(dtype, layout):
    rng = random.Random(f"{dtype} {layout}")
    for shape, special, descending in itertools.product(SHAPES, (0.0, 0.3), (False, True)):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, special), layout)
        for dim in range(max(1, len(shape))):
            values, indices = new_view(shape, dtype), new_view(shape, torch.int64)
            sort(values, indices, as_view(tensor), dim, descending)
            theirs = tensor.sort(dim=dim, descending=descending, stable=True)
            assert same(values, theirs.values) and same(indices, theirs.indices), (shape, dim, descending)
