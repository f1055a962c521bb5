"""Gradients of views, of copies and of picked elements: first and second order beside torch, on every layout, to the bit."""

from __future__ import annotations

import re

import pytest
from layouts import LAYOUTS, assert_same_on, lines

import refimpl

FUNCTIONS = """
x.view(-1)
x.reshape(-1)
x.reshape(x.shape[::-1])
x.flatten()
x.flatten(0, 1)
x.ravel()
x.unflatten(-1, (1, -1))
x.squeeze()
x.squeeze(0)
x.squeeze((0, -1))
x.unsqueeze(0)
x.unsqueeze(-1)
x.transpose(0, -1)
x.t()
x.T
x.mT
x.H
x.mH
x.adjoint()
x.permute(*range(x.dim()-1, -1, -1))
x.movedim(0, -1)
x.expand(2, *x.shape)
x.expand_as(torch.zeros(2, *x.shape))
x.broadcast_to((3, *x.shape))
x.as_strided((2, 2), (1, 0), x.storage_offset())
x.as_strided((1,), (1,))
x.select(0, 0)
x.select(-1, -1)
x.narrow(0, 0, 1)
x.narrow_copy(0, 0, 1)
x[1:]
x[..., ::2]
x[0]
x[None]
x[...]
x[..., None]
x[[0, 0]]
x[[0, 0], [0, 1]]
x[:, [0, 0]]
x[torch.tensor([[0, 0]])]
x[x>1]
x[True]
x[None, [0]]
x.diagonal()
x.diagonal(1, 0, -1)
x.diag()
x.diag(1)
x.diagflat()
x.diag_embed()
x.diag_embed(1, 0, -1)
x.unfold(0, 1, 1)
x.unfold(-1, 2, 1)
x.unfold(0, 2, 1)
x.unbind()
x.unbind(-1)
x.unbind()[0]
x.split(1)
x.split(2, -1)
x.split([1, 1])
x.chunk(2)
x.tensor_split(2)
x.tensor_split([1], -1)
x.hsplit([1])
torch.atleast_3d(x)
x.clone()
x.contiguous()
x.detach()
x.to(torch.float64)
x.double()
x.half()
x.to(torch.complex64)
x.type(torch.float64)
x.cpu()
torch.cat([x, x])
torch.cat([x, x*2], -1)
torch.cat([x, torch.zeros(0)])
torch.cat([x, x.double()])
torch.stack([x, x*2])
torch.stack([x, x], -1)
torch.hstack([x, x])
torch.vstack([x, x])
torch.dstack([x, x])
torch.column_stack([x, x])
x.flip(0)
x.flip((0, -1))
x.fliplr()
x.flipud()
x.rot90()
x.rot90(2)
x.rot90(3, (0, -1))
x.roll(1)
x.roll((1, 2), (0, -1))
x.roll(1, -1)
x.repeat(2, *([1]*x.dim()))
x.repeat(*([2]*x.dim()))
x.tile(2)
x.tile((2, 1))
x.repeat_interleave(2)
x.repeat_interleave(2, 0)
x.repeat_interleave(torch.tensor([2]), -1)
x.sort()[0]
x.sort(0, True)[0]
x.sort()
x.msort()
x.topk(1)
x.topk(2)[0]
x.tril()
x.triu(1)
torch.broadcast_tensors(x, torch.zeros(2, *x.shape))
x.gather(0, torch.zeros_like(x).long())
x.gather(-1, torch.zeros_like(x).long()[..., :1])
x.scatter(0, torch.zeros_like(x).long(), x*2)
x.scatter(0, torch.zeros_like(x).long(), 3.)
x.scatter_add(0, torch.zeros_like(x).long(), x*2)
x.index_select(0, torch.tensor([0, 0]))
x.index_select(-1, torch.tensor([0, 1]))
x.index_select(-1, torch.tensor(0))
x.index_add(0, torch.tensor([0]), x[:1]*2)
x.index_add(0, torch.tensor([0]), x[:1], alpha=2)
x.index_add(0, torch.tensor([0, 0]), x[:2], alpha=2.5)
x.index_copy(0, torch.tensor([0]), x[1:2])
x.index_fill(0, torch.tensor([0, 0]), 2.)
x.index_put((torch.tensor([0]),), x[1]*2)
x.index_put((torch.tensor([0, 1]),), x[1]*2)
x.index_put((torch.tensor([0, 0]),), x[1]*2, True)
x.index_put((x>1,), x.reshape(-1)[0])
x.take(torch.tensor([[0, 1], [0, -1]]))
x.take_along_dim(torch.zeros_like(x).long(), 0)
x.take_along_dim(torch.zeros(1).long())
x.masked_select(x>1)
x.masked_select(torch.tensor([True, False, True]))
x.masked_select(torch.ones(2, 1, 1, dtype=torch.bool))
x.diagonal_scatter(x.diagonal()*2)
x.real
x.view(torch.complex64)
x.view(torch.float32)
x.view_as(x)
x.reshape_as(x.permute(*range(x.dim()-1, -1, -1)).contiguous()) if x.dim() else x
torch.cat([x, x.new_ones(x.shape)], 0)
torch.where(x>1)[0]*x.sum()
x.fill(2.)
x.clone().fill_(2.)
x.clone().fill_(x.sum())
x.clone().zero_()
x.clone().copy_(x*2)
x.new_zeros(x.shape).copy_(x*2)
x.new_zeros((2, *x.shape)).copy_(x*2)
x.new_zeros(x.shape, dtype=torch.float64).copy_(x*2)
(x*1).t_()
(x*1).unsqueeze_(0)
(x*1).squeeze_()
(x*1).squeeze_(0)
(x*1).squeeze_((0, -1))
(x*1).transpose_(0, -1)
(x*1).swapaxes_(0, -1)
(x*1).as_strided_((1,), (1,))
x.view(torch.int32)
torch.view_as_real(x)
torch.view_as_real(x)[..., 0]
x.imag
x.real
x.conj()
x.clone().copy_(x.real)
x.to(torch.complex128)
x.to(torch.float32)
x.narrow(-1, 0, 1)
x.index_put((torch.tensor([0]), torch.tensor([1])), x[0, 0])
x.__getitem__((None, slice(None), [0]))
torch.cat([x, x[:1]])
x.tensor_split([1, 1])
x.as_strided((2, 2), (1, 1))
"""

DIFFERENTIABLE = {name: made for name, made in LAYOUTS.items() if name not in ("no elements", "size 0, permuted")} | {
    "complex": "torch.tensor([[1+2j, 3-1j], [0.5j, 2]])",
    "float16": "torch.arange(6., dtype=torch.float16).view(2, 3).t()",
    "float64 with a step": "torch.arange(12., dtype=torch.float64).view(3, 4)[:, 1:3]",
}

def settled(torch, gradient):
    """A gradient's strides are nobody's promise."""
    return gradient.clone(memory_format=torch.contiguous_format)


def derivatives(torch, function, x):
    """The cotangent's way back: first order, then second order of both the input and the cotangents. All numbers are small integers."""
    x = x.detach().requires_grad_()
    outputs = function(x)
    outputs = [y for y in (outputs if isinstance(outputs, (tuple, list)) else (outputs,)) if y.requires_grad]
    cotangents = []
    for y in outputs:
        numbers = (torch.arange(y.numel()) % 5 + 1).reshape(y.shape).to(y.dtype)
        if y.dim() > 1:  # in another layout than the output
            numbers = numbers.transpose(0, -1).contiguous().transpose(0, -1)
        cotangents.append((numbers * (1 + 2j) if y.is_complex() else numbers).requires_grad_())
    (gradient,) = torch.autograd.grad(outputs, [x], cotangents, create_graph=True)
    found = [settled(torch, gradient.detach()), *(y.grad_fn.name() for y in outputs)]
    if gradient.requires_grad:
        weights = (torch.arange(gradient.numel()) % 3 + 1).reshape(gradient.shape).to(gradient.dtype)
        found += [g if g is None else settled(torch, g) for g in torch.autograd.grad(gradient, [x, *cotangents], weights, allow_unused=True)]
    return found


@pytest.mark.parametrize("function", lines(FUNCTIONS))
def test_derivatives_agree(function):
    """The cotangents are small integers, whose sums are exact in any order."""
    assert_same_on(DIFFERENTIABLE, f"derivatives(torch, lambda x: {function}, x)", derivatives=derivatives)


BEYOND = """
x.scatter(0, torch.zeros(1, 3).long(), x * x)
x.scatter_add(-1, torch.zeros(3, 1).long(), x * x)
x.select_scatter(x[0] * x[1], 0, 1)
x.slice_scatter(x[1:] * x[:2], 0, 1)
x.diagonal_scatter(x[0] * x[1])
x.index_add(0, torch.tensor([0, 2]), x[1:] * x[:2], alpha=2j if x.is_complex() else 2)
"""


@pytest.mark.parametrize(("function", "kind"), [
    (function, kind) for function in lines(BEYOND) for kind in ("float64", "complex128")
    if kind == "float64" or not re.search("(select|slice)_scatter", function)  # which refuse them, as torch's do
])  # fmt: skip
def test_gradients_that_torch_lacks_are_right(function, kind):
    """Where the index is smaller than the source, where the result is complex, where a factor is: against differences."""
    torch = refimpl
    x = (torch.randn(3, 3, dtype=getattr(torch, kind)) + 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: eval(function, {"torch": torch, "x": x}), (x,))
