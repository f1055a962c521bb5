"""``x[...]`` read and written with every kind of index, and elements picked and put along a dimension, as torch's."""

from __future__ import annotations

import numpy
import pytest
from layouts import LAYOUTS, WRITABLE, assert_same_on, lines

INDICES = """
0
-1
9
-9
(0, 0)
(0, 0, 0)
(0, 0, 0, 0, 0, 0)
(1, -1)
(0, 9)
slice(None)
slice(1, None)
slice(None, None, 2)
slice(None, -1)
slice(9, None)
slice(-9, 2)
slice(2, 1)
slice(None, None, -1)
slice(None, None, 0)
slice(1.0)
slice("a")
slice(torch.tensor(1), None)
(slice(None), 0)
(slice(None), slice(1, None))
...
(..., 0)
(0, ...)
(..., ...)
(..., 0, ...)
None
(None, 0)
(0, None)
(None, None)
(..., None)
(slice(None), None)
True
False
(True, 0)
(0, True)
(False,)
(True, True)
(None, True)
(True, False)
[]
[0]
[0, 1]
[-1, 0]
[9]
[-9]
[True, False]
[[0, 1]]
[[0], [1]]
[[0, 1], [1, 0]]
([0, 1], [1, 0])
([0, 1], [[0], [1]])
([0, 1], [0, 1, 0])
[0, slice(None)]
[slice(None), 0]
[None, 0]
[0, None]
[..., 0]
[0, [0, 1]]
[[0, 1], 0]
([0, 1],)
([0, 1], 0)
(0, [0, 1])
([0, 1], slice(None))
(slice(None), [0, 1])
(slice(None), [0, 1], 0)
([0, 1], slice(None), [0, 1])
([0, 1], None, [0, 1])
(0, slice(None), [0, 1])
(None, [0, 1])
([0, 1], None)
(..., [0, 1])
([0, 1], ...)
([0, 1], ..., 0)
(slice(None), None, [0, 1])
(slice(1, None), [0, 1])
torch.tensor(0)
torch.tensor(-1)
torch.tensor(9)
torch.tensor([0, 1])
torch.tensor([[0, 1], [1, 1]])
torch.tensor([0, 1], dtype=torch.int32)
torch.tensor([0, 1], dtype=torch.int16)
torch.tensor([0, 1], dtype=torch.int8)
torch.tensor([0, 1], dtype=torch.uint8)
torch.tensor([0., 1.])
torch.tensor(0.)
torch.tensor(True)
torch.tensor(False)
torch.tensor(1, dtype=torch.uint8)
torch.tensor(1, dtype=torch.int16)
torch.tensor([])
torch.tensor([], dtype=torch.int64)
torch.tensor([], dtype=torch.bool)
torch.tensor([True, False])
torch.tensor([True, False, True])
torch.tensor([[True, False, True], [False, True, True]])
torch.tensor([[True, False, True], [False, True, True]]).t()
(torch.tensor([True, False]), 0)
(torch.tensor([True, False]), [1])
(torch.tensor([True, True]), [0, 1])
(slice(None), torch.tensor([True, False, True]))
(torch.tensor([True, False]), torch.tensor([True, False, True]))
(torch.tensor([True, False]), torch.tensor([True, True, True]))
(torch.tensor(True), torch.tensor([0, 1]))
(torch.tensor([0, 1]), torch.tensor(0))
(torch.tensor(0), torch.tensor(1))
(torch.tensor([[0], [1]]), torch.tensor([0, 1]))
(torch.tensor([0, 1]), slice(None), torch.tensor([0, 1]))
(None, torch.tensor([True, False]))
x>2
(x>2, None)
(x>1)[0] if x.dim() else x>1
torch.ones(2, 3, 4, 5, 6, 7, dtype=torch.bool)
1.0
(0, 1.5)
(0, "a")
{}
range(2)
((0, 1),)
((0, 1), (0, 1))
(range(2), 0)
1+0j
[0.5]
[None]
[[]]
[[], []]
[0, 1, [2]]
[[0, 1], [0]]
[torch.tensor(0), torch.tensor(1)]
[torch.tensor([0, 1]), torch.tensor([0, 1])]
[torch.tensor([0, 1])]
np.int64(1)
np.array([0, 1])
np.array([True, False])
np.array([0, 1], dtype=np.int32)
np.array([0, 1], dtype=np.uint8)
np.array([0., 1.])
(np.int32(0), np.array([0, 1]))
[np.int64(0), 1]
()
2**70
(0, 2**70)
[2**70]
[True, 1]
[[True, False], [True, True]]
[[True, False, True], [False, False, True]]
([True, False], [True, False, True])
(slice(None), [True, False, True])
"""

PICKED = """
x.gather(0, torch.tensor([0, 1]))
x.gather(0, torch.tensor([[0, 1]]))
x.gather(1, torch.tensor([[0, 1]]))
x.gather(-1, torch.tensor([[0], [1]]))
x.gather(0, torch.tensor(0))
x.gather(0, torch.tensor([[9]]))
x.gather(0, torch.tensor([[-1]]))
x.gather(0, torch.tensor([9]))
x.gather(9, torch.tensor([0]))
x.gather(0, torch.tensor([[0, 0, 0, 0, 0]]))
x.gather(0, torch.tensor([0.]))
x.gather(0, torch.tensor([[0, 1]], dtype=torch.int32))
x.gather(0, torch.tensor([[0, 1]], dtype=torch.int16))
x.gather(0, torch.tensor([], dtype=torch.int64))
x.gather(0, torch.zeros(0, 2, dtype=torch.int64))
x.gather(0, [0])
torch.gather(x, 0, torch.tensor([[0, 1]]), sparse_grad=False)
torch.gather(x, 0, torch.tensor([[0, 1]]), out=torch.empty(0))
torch.gather(input=x, dim=0, index=torch.tensor([[1, 0]]))
x.index_select(0, torch.tensor([0, 1]))
x.index_select(-1, torch.tensor([1, 0, 0]))
x.index_select(0, torch.tensor(0))
x.index_select(0, torch.tensor([9]))
x.index_select(0, torch.tensor([-1]))
x.index_select(9, torch.tensor([0]))
x.index_select(0, torch.tensor([[0]]))
x.index_select(0, torch.tensor([0.]))
x.index_select(0, torch.tensor([0], dtype=torch.int32))
x.index_select(0, torch.tensor([0], dtype=torch.int16))
x.index_select(0, torch.tensor([], dtype=torch.int64))
x.index_select(0, [0])
torch.index_select(x, 0, torch.tensor([0]), out=torch.empty(0))
torch.index_select(x, dim=1, index=torch.tensor([0]))
x.index_add(0, torch.tensor([0, 0]), torch.ones(2, 3))
x.index_add(0, torch.tensor([0, 0]), torch.ones(2))
x.index_add(0, torch.tensor([0]), torch.ones(1))
x.index_add(0, torch.tensor([0, 1]), torch.ones(2, 3), alpha=3)
x.index_add(1, torch.tensor([0, 1]), torch.ones(2, 2))
x.index_add(0, torch.tensor([9]), torch.ones(1, 3))
x.index_add(0, torch.tensor([9]), torch.ones(1))
x.index_add(0, torch.tensor([-1]), torch.ones(1, 3))
x.index_add(0, torch.tensor([0, 0, 0]), torch.ones(2, 3))
x.index_add(0, torch.tensor([0, 0]), torch.ones(2, 5))
x.index_add(0, torch.tensor([0, 0]), torch.ones(2, 3).double())
x.index_add(0, torch.tensor([0.]), torch.ones(1, 3))
x.index_add(0, torch.tensor([[0]]), torch.ones(1, 3))
x.index_add(0, torch.tensor(0), torch.tensor(1.))
x.index_add(0, torch.tensor([0], dtype=torch.int32), torch.ones(1, 3))
x.index_add(9, torch.tensor([0]), torch.ones(1, 3))
torch.index_add(x, 0, torch.tensor([0, 0]), torch.ones(2, 3), out=torch.empty(0))
x.index_copy(0, torch.tensor([0, 1]), torch.ones(2, 3))
x.index_copy(1, torch.tensor([0, 1]), torch.ones(2, 2))
x.index_copy(0, torch.tensor([9]), torch.ones(1, 3))
x.index_copy(0, torch.tensor([-1]), torch.ones(1, 3))
x.index_copy(0, torch.tensor([0, 0, 0]), torch.ones(2, 3))
x.index_copy(0, torch.tensor([0, 1]), torch.ones(2, 5))
x.index_copy(0, torch.tensor([0, 1]), torch.ones(2, 3).double())
x.index_copy(0, torch.tensor([0.]), torch.ones(1, 3))
x.index_copy(0, torch.tensor([[0]]), torch.ones(1, 3))
x.index_copy(0, torch.tensor([0], dtype=torch.int32), torch.ones(1, 3))
x.index_copy(9, torch.tensor([0]), torch.ones(1, 3))
x.index_fill(0, torch.tensor([0]), torch.tensor([7]))
x.index_fill(0, torch.tensor([0]), 1j)
x.index_fill(0, torch.tensor([0.]), 7)
x.index_fill(0, torch.tensor([0], dtype=torch.int32), 7)
x.index_fill(0, torch.tensor([[0]]), 7)
x.index_fill(9, torch.tensor([0]), 7)
x.index_put((torch.tensor([0, 1]),), torch.tensor(7.))
x.index_put((torch.tensor([0, 1]),), torch.tensor([7., 8.]))
x.index_put((torch.tensor([0, 1]), torch.tensor([0, 1])), torch.tensor([7., 8.]))
x.index_put([torch.tensor([0, 1])], torch.tensor(7.), accumulate=True)
x.index_put([torch.tensor([0, 0])], torch.tensor(7.), True)
x.index_put((None, torch.tensor([0])), torch.tensor(7.))
x.index_put((torch.tensor([9]),), torch.tensor(7.))
x.index_put((torch.tensor([-1]),), torch.tensor(7.))
x.index_put((torch.tensor([0]),), torch.tensor(7))
x.index_put((torch.tensor([0.]),), torch.tensor(7.))
x.index_put((torch.tensor([0, 1]), torch.tensor([0, 1, 1])), torch.tensor(7.))
x.index_put((torch.tensor([0, 1]),), torch.ones(7))
x.index_put((x>1,), torch.tensor(7.))
x.index_put((x>1,), torch.tensor(7.), True)
x.index_put((torch.tensor([0]),)*6, torch.tensor(7.))
x.index_put(torch.tensor([0]), torch.tensor(7.))
x.index_put(([0],), torch.tensor(7.))
torch.index_put(x, (torch.tensor([0]),), torch.tensor(7.))
x.take(torch.tensor([0, 1]))
x.take(torch.tensor([[0], [-1]]))
x.take(torch.tensor(0))
x.take(torch.tensor([99]))
x.take(torch.tensor([-99]))
x.take(torch.tensor([0.]))
x.take(torch.tensor([0], dtype=torch.int32))
x.take(torch.tensor([], dtype=torch.int64))
torch.take(x, torch.tensor([0]), out=torch.empty(0))
x.take_along_dim(torch.tensor([[0]]), 0)
x.take_along_dim(torch.tensor([[0, 1]]), 1)
x.take_along_dim(torch.tensor([0, 1]))
x.take_along_dim(torch.tensor([0]), 0)
x.take_along_dim(torch.tensor([[0.]]), 0)
x.take_along_dim(torch.tensor([[9]]), 0)
x.take_along_dim(torch.tensor([[0]], dtype=torch.int32), 0)
x.nonzero()
x.nonzero(as_tuple=True)
x.nonzero(as_tuple=False)
torch.nonzero(x)
torch.nonzero(x, out=torch.empty(0))
x.argwhere()
torch.where(x>1)
x.masked_select(x>1)
x.masked_select(torch.tensor(True))
x.masked_select(torch.tensor([True, False, True]))
x.masked_select(torch.tensor([True, False]))
x.masked_select(torch.tensor([1]))
x.masked_select(torch.tensor([1], dtype=torch.uint8))
x.masked_select(1)
torch.masked_select(x, x>1, out=torch.empty(0))
torch.masked_select(x, x>1, out=torch.empty(0).double())
"""

WRITTEN = """
x.scatter(0, torch.tensor([0, 1]), torch.tensor([7., 8.]))
x.scatter(0, torch.tensor([[0, 1]]), torch.tensor([[7., 8.]]))
x.scatter(0, torch.tensor([[0, 1]]), 7)
x.scatter(0, torch.tensor([[0, 1]]), 7.5)
x.scatter(0, torch.tensor([[0, 1]]), 1j)
x.scatter(0, torch.tensor([[0, 1]]), value=7)
x.scatter(0, torch.tensor([[0, 1]]), src=torch.ones(1, 2))
x.scatter(0, torch.tensor([[0, 1]]), torch.ones(1, 2).double())
x.scatter(0, torch.tensor([[0, 1]]), torch.ones(1, 1))
x.scatter(0, torch.tensor([[0, 1]]), torch.ones(3, 3))
x.scatter(0, torch.tensor([[0, 9]]), torch.ones(1, 2))
x.scatter(0, torch.tensor([[0, -1]]), torch.ones(1, 2))
x.scatter(0, torch.tensor([0]), torch.ones(1))
x.scatter(0, torch.tensor(0), torch.tensor(5.))
x.scatter(9, torch.tensor([0]), torch.ones(1))
x.scatter(0, torch.tensor([0.]), torch.ones(1))
x.scatter(0, torch.tensor([[0]], dtype=torch.int32), torch.ones(1, 1))
x.scatter(1, torch.tensor([[0, 0, 0, 0, 0, 0]]), torch.ones(1, 6))
x.scatter(0, torch.tensor([], dtype=torch.int64), torch.ones(1))
x.scatter(0, torch.tensor([[0, 1]]), torch.ones(1, 2), reduce="add")
x.scatter(0, torch.tensor([[0, 1]]), 2., reduce="multiply")
x.scatter(0, torch.tensor([[0, 1]]), torch.ones(1, 2), reduce="foo")
x.scatter_(0, torch.tensor([[0, 1]]), torch.ones(1, 2)); x
x.scatter_(0, torch.tensor([[0, 1]]), 3); x
x.scatter_add(0, torch.tensor([[0, 0]]), torch.ones(1, 2))
x.scatter_add(0, torch.tensor([0, 0, 1]), torch.ones(3))
x.scatter_add(0, torch.tensor([[0, 9]]), torch.ones(1, 2))
x.scatter_add(0, torch.tensor([[0, 0]]), torch.ones(1, 2).int())
x.scatter_add_(0, torch.tensor([[0, 0]]), torch.ones(1, 2)); x
x.scatter_add(0, torch.tensor([[0, 0]]), 2)
x.index_add_(0, torch.tensor([0, 0]), torch.ones(2, 3)); x
x.index_copy_(0, torch.tensor([1, 0]), torch.ones(2, 3)); x
x.index_put_((torch.tensor([0, 0]),), torch.tensor(7.)); x
x.index_put_((torch.tensor([0, 0]),), torch.tensor(7.), accumulate=True); x
torch.index_put_(x, (torch.tensor([0]),), torch.tensor(7.))
"""

PICKED_FROM_SOME = """
torch.index_select(x, 0, torch.tensor([0]), out=torch.empty(0).double())
x.index_copy(0, torch.tensor([0]), torch.ones(1))
x.index_copy(0, torch.tensor(0), torch.tensor(1.))
x.index_fill(0, torch.tensor([0, 1]), 7)
x.index_fill(-1, torch.tensor([0]), 7.5)
x.index_fill(0, torch.tensor([9]), 7)
x.index_fill(0, torch.tensor([-1]), 7)
x.index_fill(0, torch.tensor([-9]), 7)
x.index_fill(0, torch.tensor([0]), torch.tensor(7))
x.index_fill(0, torch.tensor([0]), 1e300)
x.index_fill(0, torch.tensor(0), 7)
x.index_fill_(0, torch.tensor([0]), 7); x
"""

SOME = {name: made for name, made in WRITABLE.items() if "0" not in name and name != "no elements"}


class Index:
    """Something that can be an index."""

    def __index__(self):
        return 1


@pytest.mark.parametrize("index", [*lines(INDICES), "Index()", "slice(Index(), None)"])
def test_reading_agrees(index):
    assert_same_on(LAYOUTS, f"x[{index}]", np=numpy, Index=Index)


VALUES = """
7
torch.tensor(7)
torch.tensor([7., 8.])
torch.ones(1, 1, 3)
torch.ones(3) * 4
torch.ones(2, 1) * 4
x.clone()
torch.ones(7)
torch.zeros(0)
1j
1e300
2**70
[1, 2]
None
np.int32(3)
torch.tensor([1+1j])
torch.ones(2, 3, dtype=torch.float64)
torch.tensor([3], dtype=torch.int8)
"""
TARGETS = ("0-d", "vector", "matrix", "transposed", "permuted", "a dimension of size 0", "vector with a step and an offset")


@pytest.mark.parametrize("value", lines(VALUES))
def test_writing_agrees(value):
    targets = {name: LAYOUTS[name] for name in TARGETS}
    for index in lines(INDICES):
        assert_same_on(targets, f"x[{index}] = {value}; x", np=numpy)


@pytest.mark.parametrize("program", lines(PICKED))
def test_picking_elements_agrees(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(WRITTEN))
def test_putting_elements_agrees(program):
    assert_same_on(WRITABLE, program)


@pytest.mark.parametrize("program", lines(PICKED_FROM_SOME))
def test_filling_and_copying_slices_agrees(program):
    """(Of a tensor without elements torch reports that its storage is too small, or nothing at all.)"""
    assert_same_on(SOME, program)


SAME_SHAPE = """
x.gather(0, torch.zeros_like(x).long())
x.gather(-1, torch.zeros_like(x).long()[..., :1])
x.scatter(0, torch.zeros_like(x).long()[:1], x + 1)
x.scatter(-1, torch.zeros_like(x).long(), 3)
x.scatter(0, torch.zeros_like(x).long(), x + 1, reduce="multiply")
x.scatter(0, torch.zeros_like(x).long(), x + 1, reduce="add")
x.scatter(-1, torch.zeros_like(x).long(), 3, reduce="multiply")
x.scatter_add(0, torch.zeros_like(x).long(), x)
x.index_add(0, torch.tensor([1, 1]), x[:2] + 1)
x.index_add(-1, torch.tensor([0]), x[..., :1], alpha=-2)
x.index_copy(0, torch.tensor([1]), x[:1])
x.index_fill(0, torch.tensor([-1, 0]), 7)
x.index_put((x > 1,), torch.tensor(7))
x.index_put((x > 1,), x[x > 1] * 2)
x.index_put((x > 1,), x[x > 1] * 2, accumulate=True)
x.index_put((torch.tensor([0, 0]),), x[1] * 2, accumulate=True)
x.take(torch.tensor([[0, -1], [1, 1]]).t())
x.take_along_dim(x.argsort(0), 0)
x.masked_select(x > 1)
x.masked_fill(x > 1, 5)
"""


@pytest.mark.parametrize("program", lines(SAME_SHAPE))
def test_picking_with_indices_of_the_same_shape_agrees(program):
    assert_same_on({name: made for name, made in SOME.items() if "odd" not in name}, program)


APART = """
x.index_put_((i,), x)
x.index_put_((i,), x.view(3), True)
x.scatter_(0, i, x)
x.scatter_add_(0, i, x)
x.index_add_(0, i, x)
x.index_copy_(0, i, x)
i.index_fill_(0, i, 1)
i.scatter_(0, i, 1)
x.__setitem__(i, x)
torch.gather(x, 0, i, out=x)
torch.index_select(x, 0, i, out=x)
torch.take(x, i, out=x)
torch.masked_select(x, x > -1, out=x)
torch.scatter(x, 0, i, x + 1, out=x)
torch.scatter(x, 0, i, x, out=x)
torch.index_add(x, 0, i, x + 1, out=x)
torch.index_add(x, 0, i, x, out=x)
torch.index_copy(x, 0, i, x + 1, out=x)
x.__setitem__(x > 0, x[0])
x[1:].copy_(x[:2])
x[::2].copy_(x[:2])
x.copy_(x)
# overlaps come before what is wrong with the index of index_copy_, but after it with index_add_ and scatter_add_
x.index_copy_(0, i[:2], x)
x.index_copy_(0, i.int(), x)
x.index_copy_(3, i, x)
x.index_add_(0, i[:2], x)
x.index_add_(0, i + 5, x)
x.scatter_add_(0, i + 5, x)
x[:1].expand(3).index_copy_(0, i[:2], x)
x[:1].expand(3).index_fill_(0, i[:1], 7)
x.index_fill_(0, i, x[0] + 1)
x.index_fill_(0, i, 2**70)
"""


@pytest.mark.parametrize("program", lines(APART))
def test_what_is_written_shares_no_memory_with_what_is_read(program):
    """Torch refuses even where the two are the same elements, unless it is the input of an operation that can be done in place."""
    assert_same_on({"": "torch.arange(3.)"}, f"i = torch.tensor([0, 2, 1]); y = {program}; [x, i]")


FILLED = """
x.masked_fill(x > 0, complex(-0.5, 0))
x.masked_fill(x > 0, complex(-0.5, 1))
x.masked_fill(torch.ones(3, dtype=torch.bool), 1)
x.masked_fill_(torch.ones(3, dtype=torch.bool), 1)
x.masked_fill_(torch.ones(2, 2, dtype=torch.bool), 1)
torch.masked_select(x, torch.ones(3, dtype=torch.bool), out=x.long())
torch.take_along_dim(x, torch.tensor([7]), out=x.long())
x.index_add(0, torch.tensor([0]), x[:1], alpha=1.5)
x.index_add(0, torch.tensor([], dtype=torch.int64), x[:0], alpha=1j)
torch.scatter(x, 0, torch.tensor([], dtype=torch.int64), value=2**70)
"""


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex64"])
@pytest.mark.parametrize("program", lines(FILLED))
def test_numbers_shapes_and_dtypes_are_checked_in_torchs_order(program, dtype):
    assert_same_on({dtype: f"torch.tensor([1, 0]).to(torch.{dtype})"}, program)


@pytest.mark.parametrize("value", ["5.", "torch.tensor(2., requires_grad=True)", "torch.tensor([2.], requires_grad=True)",
                                   "torch.zeros(0, requires_grad=True)"])  # fmt: skip
@pytest.mark.parametrize("mask", ["[0, 0]", "[0]"])
def test_gradients_pass_by_masks_of_uint8(mask, value):
    program = f"y = x.clone()[:{len(mask) // 3 + 1}]; y[torch.tensor({mask}, dtype=torch.uint8)] = {value}; torch.autograd.grad(y.sum(), x)"
    assert_same_on({"": "torch.ones(2, requires_grad=True)"}, program)


REPORTED_FIRST = """
x.index_select(0, torch.tensor([9]))
x.index_select(1, torch.tensor([1, -7]))
x.index_select(1, torch.tensor([0, 0, 9, 0])[::2])
x[None].index_select(1, torch.tensor([9]))
x[None].index_select(2, torch.tensor([9]))
x[:0].index_select(1, torch.tensor([9]))
torch.index_select(x, 1, torch.tensor([9]), out=torch.tensor(1, dtype=torch.uint8))
x.scatter(0, torch.tensor([[0, 9]]), 1e39)
x.scatter(0, torch.tensor([[9, 0]]), 1e39)
x.scatter(0, torch.tensor([[0]]), -2**63)
x.scatter(0, torch.tensor([[0]]), 1j)
x.scatter(0, torch.zeros(0, 2, dtype=torch.int64), 1e39)
x.scatter_(1, torch.tensor([[0]]), 1e39)
x.scatter(0, torch.tensor([[0]]), 1e39, reduce="add")
x.scatter(0, torch.tensor([[9]]), 1e39, reduce="multiply")
x.scatter(0, torch.tensor([[0]]), 1e39, reduce="x")
x.scatter(0, torch.zeros(0, 1, dtype=torch.int64), 1e39, reduce="add")
x[:0, [0]].index_put_((torch.tensor([0]),), torch.tensor(1, dtype=torch.uint8))
x[:0].index_put_((torch.tensor([0]), torch.tensor([0])), torch.tensor(1, dtype=torch.uint8))
x[:, :0].index_put_((torch.tensor([0]),), torch.tensor(1, dtype=torch.uint8))
torch.where(x > 0, x, 1e39)
torch.where(x > 0, 1e39, x)
torch.where(x > 0, 1e39, 1)
torch.where(x > 0, 1e39, x.int())
"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int16", "bool", "complex64"])
@pytest.mark.parametrize("program", lines(REPORTED_FIRST))
def test_indices_are_looked_at_before_numbers_or_after_as_in_torch(program, dtype):
    assert_same_on({dtype: f"torch.ones(2, 3, dtype=torch.{dtype})"}, program)
