"""Joined, repeated, rearranged and sorted tensors, triangles and grids, on every layout, as torch's."""

from __future__ import annotations

import pytest
from layouts import LAYOUTS, WRITABLE, assert_same_on, lines

JOINED = """
torch.cat([x, x])
torch.cat([x, x], 1)
torch.cat((x, x), -1)
torch.cat([x])
torch.cat([])
torch.cat(x)
torch.cat([x, 1])
torch.cat([x, x], 9)
torch.cat([x, x], dim="a")
torch.cat(tensors=[x, x], dim=0)
torch.cat([x, torch.zeros(0)])
torch.cat([torch.zeros(0), x], -1)
torch.cat([torch.zeros(0), torch.zeros(0)], 1)
torch.cat([x, x.int()])
torch.cat([x.int(), x.half()])
torch.cat([x, x.bool()])
torch.cat([x, x*1j])
torch.cat([x, torch.zeros(2, 3)])
torch.cat([x, torch.zeros(2, 3)], 1)
torch.cat([x, torch.zeros(5, 1)], 0)
torch.cat([x, x], axis=0)
torch.cat([x, x], out=torch.empty(0))
torch.cat([x, x], out=torch.empty(0, dtype=torch.int32))
torch.cat([x, x], out=torch.empty(0, dtype=torch.float64))
torch.cat([x, x], out=torch.empty(3))
torch.concat([x, x])
torch.concatenate([x, x], axis=0)
torch.stack([x, x])
torch.stack([x, x], 1)
torch.stack([x, x], -1)
torch.stack([x, x], 9)
torch.stack([])
torch.stack([x, x[..., None]])
torch.stack([x, x.int()])
torch.stack(x)
torch.stack([x, 2])
torch.stack([x, x], out=torch.empty(0))
torch.hstack([x, x])
torch.vstack([x, x])
torch.dstack([x, x])
torch.column_stack([x, x])
torch.row_stack([x, x])
torch.hstack([])
torch.vstack([])
torch.hstack([x, x.int()])
torch.vstack([x, torch.zeros(3)])
torch.hstack((x, torch.zeros(2, 1)))
x.flip(0)
x.flip(0, 1)
x.flip((0, -1))
x.flip(())
x.flip()
x.flip(9)
x.flip(0, 0)
x.flip([0, 0])
torch.flip(x, (0,))
torch.flip(x, dims=(0,))
torch.flip(x, 0)
x.fliplr()
x.flipud()
torch.fliplr(x)
x.rot90()
x.rot90(1, (0, 1))
x.rot90(2, (1, 0))
x.rot90(-1, (0, 1))
x.rot90(1, (0, 0))
x.rot90(1, (0,))
x.rot90(1, (0, 9))
x.roll(1)
x.roll(-1, 0)
x.roll((1, 2), (0, 1))
x.roll(1, 9)
x.roll((1, 2))
x.roll((1, 2), 0)
x.roll(1, (0, 1))
x.roll(7, 0)
x.roll((1, 1), (0, 0))
x.roll(())
x.roll(shifts=1, dims=0)
torch.roll(x, 1, 0)
x.roll(1.0)
x.repeat(2)
x.repeat(1, 2)
x.repeat(2, 1, 2)
x.repeat((2, 2))
x.repeat(0)
x.repeat(2, 0)
x.repeat(-1)
x.repeat()
x.repeat(())
x.repeat(2.0)
x.repeat(repeats=(2, 2, 2))
x.tile(2)
x.tile((2, 1))
x.tile(())
x.tile(2, 2, 2, 2)
torch.tile(x, (2,))
torch.tile(x, dims=(2,))
x.repeat_interleave(2)
x.repeat_interleave(2, 0)
x.repeat_interleave(0)
x.repeat_interleave(-1)
x.repeat_interleave(2, dim=9)
x.repeat_interleave(torch.tensor([1, 2]), 0)
x.repeat_interleave(torch.tensor([1, 2]), 1)
x.repeat_interleave(torch.tensor([1, 2, 0]), 0)
x.repeat_interleave(torch.tensor(2))
x.repeat_interleave(torch.tensor([2]), 0)
x.repeat_interleave(torch.tensor([1, -2]), 0)
x.repeat_interleave(torch.tensor([[1, 2]]), 0)
x.repeat_interleave(torch.tensor([1., 2]), 0)
x.repeat_interleave(torch.tensor([1, 2], dtype=torch.int32), 0)
x.repeat_interleave(torch.tensor([1, 2], dtype=torch.int16), 0)
x.repeat_interleave(2, 0, output_size=4)
torch.repeat_interleave(torch.tensor([1, 2, 0]))
torch.repeat_interleave(x, 2, dim=0)
x.repeat_interleave(2.0)
x.sort()
x.sort(0)
x.sort(-1, True)
x.sort(descending=True)
x.sort(dim=0, descending=True, stable=True)
x.sort(stable=True)
x.sort(9)
torch.sort(x, 0)
torch.sort(x, stable=True, dim=0)
x.argsort()
x.argsort(0, True)
x.argsort(dim=0, stable=True)
x.argsort(9)
x.msort()
x.topk(1)
x.topk(2, 0)
x.topk(2, 0, False)
x.topk(0)
x.topk(9)
x.topk(-1)
x.topk(1, 9)
x.topk(2, largest=False, sorted=True)
x.topk(1.0)
x.tril()
x.triu()
x.tril(1)
x.triu(-1)
x.tril(-5)
x.triu(9)
x.tril(1.0)
x.tril(diagonal=1)
torch.triu(x, diagonal=1)
torch.tril(x, out=torch.empty(0))
torch.tril_indices(3, 2)
torch.diag(x)
torch.diag(x, 1)
torch.diag_embed(x)
torch.meshgrid(x, x)
torch.meshgrid(x, x, indexing="ij")
torch.meshgrid(x, x.reshape(-1), indexing="xy")
torch.meshgrid([x, x], indexing="xy")
torch.meshgrid(torch.arange(2), torch.arange(3), torch.arange(2), indexing="xy")
torch.meshgrid(torch.arange(2), torch.arange(3.), indexing="xy")
torch.meshgrid(torch.arange(2), torch.arange(3), indexing="zz")
torch.meshgrid(x)
torch.meshgrid()
torch.broadcast_tensors(x, torch.zeros(3))
torch.broadcast_tensors(x)
torch.broadcast_tensors()
torch.broadcast_tensors(x, x[..., None])
torch.tril_indices(3, 3, 1)
"""

IN_PLACE = """
x.clone().tril_()
x.clone().triu_(1)
x.tril_(); x
"""


@pytest.mark.parametrize("program", lines(JOINED))
def test_joining_and_rearranging_agrees(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(IN_PLACE))
def test_triangles_in_place_agree(program):
    assert_same_on(WRITABLE, program)


def test_cat_refuses_to_write_to_its_inputs():
    assert_same_on({name: made for name, made in LAYOUTS.items() if name not in ("0-d", "no elements")}, "torch.cat([x, x], out=x)")


VALUES = {
    "floats": "torch.tensor([3., nan, 1., -0., 0., 1., inf, -inf, nan])",
    "ties": "torch.tensor([3, 1, 1, 2, 3, 1])",
    "bool": "torch.tensor([True, False, True, False])",
    "complex": "torch.tensor([1+1j, 2, 3])",
    "float16": "torch.tensor([3, 1, nan, 1, 2], dtype=torch.float16)",
    "bfloat16": "torch.tensor([3, 1, nan, 1, 2], dtype=torch.bfloat16)",
    "uint8": "torch.tensor([200, 100, 3], dtype=torch.uint8)",
    "int8": "torch.tensor([-100, 100, 3], dtype=torch.int8)",
    "long": "torch.arange(20) % 3",
}
ON_VALUES = """
x.sort(stable=True)
x.sort(stable=True, descending=True)
torch.sort(x, dim=0, stable=True)[0]
x.argsort(stable=True)
torch.argsort(x, dim=0, descending=True, stable=True)
x.topk(2)[0].float() if not x.is_complex() else x.topk(1)
x.msort()
x.flip(0)
x.roll(1)
x.repeat(2)
torch.cat([x, x.new_ones(1)])
torch.stack([x, x], 1)
x.diag()
x.repeat_interleave(2)
x.tile((2, 1))
torch.cat([x, torch.tensor([1])])
torch.cat([x, torch.tensor([1.5], dtype=torch.float16)])
torch.cat([x, torch.tensor([1j])])
"""


@pytest.mark.parametrize("program", lines(ON_VALUES))
def test_special_values_ties_and_dtypes_agree(program):
    assert_same_on(VALUES, program)


@pytest.mark.parametrize("dtype", ["float64", "complex128", "float32"])
def test_joined_numbers_are_cast_to_the_output_at_once(dtype):
    """Not by way of the common dtype: float32 has no 2**31 - 2."""
    assert_same_on({"": "torch.ones(1)"}, f"torch.cat([x, torch.tensor([2**31 - 2], dtype=torch.int32)], out=torch.empty(0, dtype=torch.{dtype}))")


@pytest.mark.parametrize("program", [
    "torch.repeat_interleave(x, torch.tensor([1, 2, 3, 4]), -1)", "torch.repeat_interleave(x, torch.tensor([1, 2, 3, 4]))",
    "torch.repeat_interleave(x)", "torch.repeat_interleave(x.int())", "torch.repeat_interleave(x[0])", "torch.repeat_interleave(x.int()[0, 0])",
    "torch.repeat_interleave(x, output_size=5)",
])  # fmt: skip
def test_what_repetitions_are_refused(program):
    assert_same_on({"": "torch.ones(2, 3)"}, program)
