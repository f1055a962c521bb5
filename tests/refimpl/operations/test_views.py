"""Views with another shape, other axes, or of a part: geometry, sharing, values and errors, on every layout, as torch's."""

from __future__ import annotations

import pytest
import torch as real_torch
from layouts import LAYOUTS, assert_same_on, lines

import refimpl

SHAPES = """
x.view(-1)
x.view(3, -1)
x.view(2, 3)
x.view((3, 2))
x.view([6])
x.view(-1, -1)
x.view(-2)
x.view(-1, -2)
x.view(0, -1)
x.view(1, -1, 1)
x.view()
x.view(x.shape)
x.view(1, *x.shape, 1)
x.view(2.0)
x.view("a")
x.view(True)
x.view(None)
x.view(size=(-1,))
x.view(torch.tensor(6))
x.view((2, 3), 1)
x.view(torch.float32)
x.view(torch.int16)
x.view(torch.float64)
x.view(torch.complex64)
x.view(dtype=torch.int32)
x.view(torch.bool)
x.view(torch.complex128)
x.reshape(-1)
x.reshape(3, -1)
x.reshape(2, 3)
x.reshape((3, 2))
x.reshape(-1, -1)
x.reshape(-1, -2)
x.reshape(0, -1)
x.reshape(1, -1, 1)
x.reshape()
x.reshape(())
x.reshape(x.shape)
x.reshape(shape=(-1,))
torch.reshape(x, (-1,))
torch.reshape(x, -1)
x.reshape(2.0)
x.reshape("a")
x.view_as(torch.zeros(3, 2))
x.view_as(2)
x.reshape_as(torch.zeros(3, 2))
x.flatten()
x.flatten(0, 0)
x.flatten(1)
x.flatten(0, 1)
x.flatten(1, 2)
x.flatten(-2, -1)
x.flatten(1, 0)
x.flatten(start_dim=5)
x.flatten(end_dim=-7)
x.flatten(1.0)
x.ravel()
torch.ravel(x)
x.unflatten(0, (1, -1))
x.unflatten(-1, (3, 1))
x.unflatten(0, ())
x.unflatten(1, (2, 2))
x.unflatten(7, (2, 2))
x.unflatten(0, 3)
x.squeeze()
x.squeeze(0)
x.squeeze(-1)
x.squeeze(1)
x.squeeze((0, 1))
x.squeeze((0, -1))
x.squeeze((0, 0))
x.squeeze(())
x.squeeze(9)
x.squeeze((0, 9))
x.squeeze(1.0)
x.squeeze(dim=0)
x.unsqueeze(0)
x.unsqueeze(1)
x.unsqueeze(-1)
x.unsqueeze(-2)
x.unsqueeze(9)
x.unsqueeze(None)
x.unsqueeze()
x.unsqueeze(1, 2)
"""

AXES = """
x.transpose(0, 1)
x.transpose(-1, 0)
x.transpose(0, 0)
x.transpose(0, 9)
x.transpose(-9, 0)
x.transpose(0)
x.transpose(0, 1.5)
x.swapaxes(0, 1)
x.swapdims(0, -1)
torch.swapaxes(x, 0, 1)
torch.swapaxes(x, axis0=0, axis1=1)
torch.swapdims(x, dim0=0, dim1=1)
x.t()
x.T
x.mT
x.H
x.mH
x.adjoint()
x.permute(*range(x.dim()-1, -1, -1))
x.permute(list(range(x.dim()-1, -1, -1)))
x.permute(0, 1)
x.permute(1, 0, 2)
x.permute(-1, 0)
x.permute(0, 0)
x.permute(0, 5)
x.permute(())
x.permute()
x.permute(0, 1.0)
torch.permute(x, (1, 0))
torch.permute(x, dims=(0, 1))
x.movedim(0, -1)
x.movedim((0, 1), (1, 0))
x.movedim((0, 1), (-1, -2))
x.movedim((0, 0), (0, 1))
x.movedim((0, 1), (0, 0))
x.movedim((0, 1), (0,))
x.movedim(0, 9)
x.movedim(9, 0)
x.movedim((), ())
x.movedim(0, (1,))
x.movedim(0.5, 1)
torch.moveaxis(x, 0, 1)
torch.moveaxis(x, source=0, destination=1)
"""

BROADCAST = """
x.expand(2, 3)
x.expand(2, 2, 3)
x.expand(-1, 3)
x.expand(-1)
x.expand(-1, -1, -1)
x.expand(3, -1)
x.expand(4, *x.shape)
x.expand(1, 1, *x.shape)
x.expand(1, 4, 1, *x.shape)
x.expand(0, *x.shape)
x.expand(-1, *x.shape)
x.expand(-3)
x.expand(())
x.expand()
x.expand(2.0)
x.expand("a")
x.expand(None)
x.expand((2, 3))
x.expand(size=(2, 3))
x.expand(torch.Size([3, 3]))
x.expand_as(torch.zeros(2, 3))
x.expand_as((2, 3))
x.broadcast_to((2, 3))
torch.broadcast_to(x, (3, 3))
torch.broadcast_to(x, 3)
x.broadcast_to(2, 3)
"""

STRIDED = """
x.as_strided((2, 2), (1, 2))
x.as_strided((2, 2), (1, 2), 1)
x.as_strided((2, 2), (1, 2), storage_offset=0)
x.as_strided((), ())
x.as_strided((), (), 100)
x.as_strided((0,), (5,), 100)
x.as_strided((2,), (1, 1))
x.as_strided((2,), (-1,))
x.as_strided((-2,), (1,))
x.as_strided((2, 2), (1, 2), -1)
x.as_strided((200, 2), (1, 2))
x.as_strided(2, 1)
x.as_strided((2,), 1)
x.as_strided((2.,), (1,))
x.as_strided((2,))
torch.as_strided(x, size=(1,), stride=(1,))
x.detach()
x.contiguous()
x.clone()
x.is_contiguous()
"""

PARTS = """
x.select(0, 0)
x.select(-1, -1)
x.select(1, 1)
x.select(0, 9)
x.select(0, -9)
x.select(9, 0)
x.select(0, 1.0)
x.select(dim=0, index=0)
x.select(0, torch.tensor(1))
x.select(0, True)
x.narrow(0, 0, 1)
x.narrow(-1, 1, 1)
x.narrow(0, -1, 1)
x.narrow(0, 0, 0)
x.narrow(0, 1, 9)
x.narrow(0, 9, 1)
x.narrow(0, -9, 1)
x.narrow(0, 0, -1)
x.narrow(9, 0, -1)
x.narrow(9, 0, 1)
x.narrow(0, torch.tensor(0), 1)
x.narrow(0, torch.tensor([0]), 1)
x.narrow(0, torch.tensor(0.), 1)
x.narrow(0, torch.tensor(-1), 1)
x.narrow(0, 0.0, 1)
x.narrow(dim=0, start=0, length=1)
torch.narrow(x, 0, 0, 1)
x.narrow_copy(0, 0, 1)
x.diagonal()
x.diagonal(1)
x.diagonal(-1)
x.diagonal(9)
x.diagonal(-9)
x.diagonal(0, 1, 0)
x.diagonal(0, -1, -2)
x.diagonal(0, 0, 0)
x.diagonal(0, 0, -2)
x.diagonal(0, 0, 9)
x.diagonal(0.5)
x.diagonal(offset=1, dim1=-2, dim2=-1)
x.diagonal_copy()
x.diag()
x.diag(1)
x.diag(-1)
x.diag(9)
x.diagflat()
x.diagflat(1)
x.diag_embed()
x.diag_embed(1)
x.diag_embed(-2, 0, 1)
x.diag_embed(0, 0, 0)
x.diag_embed(0, 0, 9)
x.diag_embed(0, 1, 0)
x.unfold(0, 2, 1)
x.unfold(-1, 2, 2)
x.unfold(0, 1, 1)
x.unfold(0, 0, 1)
x.unfold(0, 9, 1)
x.unfold(0, -1, 1)
x.unfold(0, 1, 0)
x.unfold(0, 1, -1)
x.unfold(9, 1, 1)
x.unfold(0, 1.0, 1)
x.unfold(dimension=0, size=1, step=1)
x.unbind()
x.unbind(-1)
x.unbind(9)
torch.unbind(x, dim=1)
x.split(2)
x.split(1, -1)
x.split(0)
x.split(-1)
x.split(100)
x.split(2, 9)
x.split([1, 1])
x.split([2, 1], dim=0)
x.split((1, 2), 1)
x.split([2, -1])
x.split([])
x.split(1.0)
x.split([1.0, 1])
x.split(torch.tensor(2))
x.split(torch.tensor([1, 2]))
x.split(None)
x.split(split_size=2)
torch.split(x, 2)
torch.split(x, [1, 2], 1)
torch.split(tensor=x, split_size_or_sections=1)
x.split_with_sizes([1, 2])
torch.split_with_sizes(x, [1, 2], 1)
x.chunk(2)
x.chunk(3, -1)
x.chunk(0)
x.chunk(-1)
x.chunk(100)
x.chunk(2, 9)
x.chunk(2.0)
torch.chunk(x, chunks=2, dim=1)
x.tensor_split(2)
x.tensor_split(3, -1)
x.tensor_split(0)
x.tensor_split(100)
x.tensor_split([1])
x.tensor_split([1, 3], 1)
x.tensor_split((1, 3), dim=0)
x.tensor_split([3, 1])
x.tensor_split([-1])
x.tensor_split([9])
x.tensor_split([])
x.tensor_split(torch.tensor(2))
x.tensor_split(torch.tensor([1, 2]))
x.tensor_split(torch.tensor([[1, 2]]))
x.tensor_split(torch.tensor(2.))
x.tensor_split(2, 9)
x.tensor_split(1.5)
x.tensor_split(indices=[1])
x.tensor_split(sections=2)
torch.tensor_split(x, 2)
x.hsplit(2)
x.vsplit(2)
x.dsplit(2)
x.hsplit([1])
x.vsplit([1])
x.dsplit([1])
x.hsplit(1)
x.vsplit(1)
x.dsplit(1)
"""

SCATTERED = """
x.select_scatter(torch.ones(3), 0, 0)
x.select_scatter(torch.ones(()), 0, 0)
x.select_scatter(torch.ones(2), 1, -1)
x.select_scatter(torch.ones(3), 0, 9)
x.select_scatter(torch.ones(3).double(), 0, 0)
x.slice_scatter(torch.ones(1, 3), 0, 0, 1)
x.slice_scatter(torch.ones(2))
x.slice_scatter(torch.ones(3, 3).int())
x.slice_scatter(torch.ones(3), 0, 0, 9, 2)
x.slice_scatter(torch.ones(3), 0, 0, 9, 0)
x.slice_scatter(torch.ones(3), 0, 0, 9, -1)
x.diagonal_scatter(torch.ones(2))
x.diagonal_scatter(torch.ones(1), 1)
x.diagonal_scatter(torch.ones(1), 9)
x.diagonal_scatter(torch.ones(2), 0, 0, 0)
"""

KIN = """
torch.atleast_1d(x)
torch.atleast_2d(x)
torch.atleast_3d(x)
torch.atleast_1d(x, x)
torch.atleast_2d([x, x])
torch.real(x)
x.real
x.imag
torch.imag(x)
torch.view_as_real(x)
torch.view_as_complex(x)
"""

NOT_OVERLAPPING = {name: made for name, made in LAYOUTS.items() if name != "overlapping"}


@pytest.mark.parametrize("program", lines(SHAPES))
def test_shapes_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(AXES))
def test_reordered_axes_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(BROADCAST))
def test_broadcast_views_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(STRIDED))
def test_strided_views_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(PARTS))
def test_parts_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(SCATTERED))
def test_copies_with_a_part_replaced_agree(program):
    """Where elements overlap, torch writes more of them than were meant."""
    assert_same_on(NOT_OVERLAPPING, program)


@pytest.mark.parametrize("program", lines(KIN))
def test_parts_of_complex_numbers_and_kin_agree(program):
    assert_same_on(LAYOUTS, program)


BYTES = [
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4)",
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4)[:, 1:]",
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4)[..., 1:3]",
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4)[..., 2:]",
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4).transpose(0, 1)",
    "torch.arange(24, dtype=torch.int32).view(2, 3, 4).transpose(0, 2)",
    "torch.arange(16, dtype=torch.uint8).view(2, 8)",
    "torch.arange(16, dtype=torch.int8).view(2, 8)[:, ::2]",
    "torch.arange(8, dtype=torch.float64)[1::2]",
    "torch.tensor(1.)",
    "torch.zeros(0)",
    "torch.zeros(2, 0)",
    "torch.tensor([1+2j, 3])",
    "torch.arange(4, dtype=torch.float16).view(2, 2)",
    "torch.tensor([[1], [2]]).expand(2, 4)",
    "torch.ones(3, 1, dtype=torch.int16)",
    "torch.ones(4, dtype=torch.bool)",
    "torch.zeros(3, 4, 1).as_strided((3, 1), (4, 7))",
]


@pytest.mark.parametrize("made", BYTES)
@pytest.mark.parametrize("d", "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split())
def test_views_of_the_bytes_as_another_dtype_agree(made, d):
    assert_same_on({"": made}, f"x.view(torch.{d})")


@pytest.mark.parametrize("d", ["float32", "float64", "int64", "bool", "complex64"])
@pytest.mark.parametrize("input", ["x", "x[0]", "x[None]", "x.to(torch.bfloat16)[0]", "x.int()[0]"])
def test_the_output_of_diag_is_looked_at_as_in_torch(input, d):
    assert_same_on({"": "torch.ones(3, 3)"}, f"torch.diag({input}, out=torch.zeros(0, dtype=torch.{d}))")


@pytest.mark.parametrize(("shape", "strides"), [((0,), (2,)), ((0, 0), (3, 5)), ((2,), (1,)), ((), ())])
def test_set_without_a_source_leaves_the_strides_of_what_has_the_size_already(shape, strides):
    tensors = [library.zeros(20).as_strided(shape, strides, 1).set_() for library in (refimpl, real_torch)]
    ours, theirs = [(tuple(x.shape), x.stride(), x.storage_offset()) for x in tensors]
    assert ours == theirs


def test_strides_that_address_nothing_do_not_decide_whether_outputs_are_worked_in():
    layouts = []
    for library in (refimpl, real_torch):
        packed, tau = library.zeros(0), library.zeros(2).as_strided((1, 2), (1, 1))
        library.geqrf(library.ones(1, 3, 2), out=(packed, tau))
        layouts.append((packed.stride(), tau.stride()))
    assert layouts[0] == layouts[1]
