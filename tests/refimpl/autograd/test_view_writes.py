"""In-place writes through views: what the base and the other views hold, and how gradients flow, as torch's."""

from __future__ import annotations

import pytest
from layouts import LAYOUTS, assert_same_on, lines

VIEWS = """
y
y[0]
y[-1:]
y[..., ::2]
y[None]
y.t() if y.dim() < 3 else y.transpose(0, 1)
y.transpose(0, -1)
y.permute(*range(y.dim()-1, -1, -1))
y.view(-1)
y.unsqueeze(1)
y.squeeze()
y.narrow(0, 0, 1)
y.select(-1, 0)
y.diagonal() if y.dim() > 1 else y
y.unfold(0, 1, 1)
y.as_strided((2, ), (1, ), 1)
y.detach()
y.data
y.flatten()
y[0][...]
y[0:1].transpose(0, -1)
y.unbind()[0]
y.split(1)[0]
y.chunk(2)[-1]
y.reshape(-1)
y.view(y.shape)[..., 0:1]
y.movedim(0, -1)
y.mT if y.dim() > 1 else y
y.T
y.view(torch.int32)
y.view(torch.complex64)
y.tensor_split(2)[0]
y.swapaxes(0, -1)
"""

WRITES = """
v.mul_(3)
v.add_(1)
v.fill_(7)
v.zero_()
v.copy_(v*2)
v.copy_(torch.tensor(5))
v[...] = 4
v[0] = 9
v[..., 0] = 9
v[torch.tensor([0])] = 8
v[v > 2] = 0
v.t_() if v.dim() < 3 else v
v.unsqueeze_(0)
v.index_fill_(0, torch.tensor([0]), 6)
v.masked_fill_(v > 1, 2)
v.neg_()
v.scatter_(0, torch.zeros_like(v).long(), 1)
v.mul_(v)
"""

BASES = {name: LAYOUTS[name] for name in (
    "vector", "matrix", "transposed", "square", "permuted", "vector with a step and an offset", "steps in both dimensions")}  # fmt: skip


@pytest.mark.parametrize("view", lines(VIEWS))
def test_a_base_and_its_views_see_every_write(view):
    for write in lines(WRITES):
        assert_same_on(BASES, f"y = x; v = {view}; w = y[-1]; {write}; [y, v, w, y._version, v._version, w._version, v._base is y]")


@pytest.mark.parametrize("view", lines(VIEWS))
def test_gradients_through_writes_on_views_agree(view):
    """To the base and to the view, whose places in the graph change with the write."""
    for write in lines(WRITES):
        assert_same_on(BASES, f"a = x.detach().requires_grad_(); y = a * 2; v = {view}; {write};"
                              "place = [t.grad_fn and t.grad_fn.name() for t in (y, v)];"
                              "z = (y * (torch.arange(y.numel()) + 1).reshape(y.shape)).sum();"
                              "g = z.requires_grad and torch.autograd.grad(z, a, allow_unused=True, retain_graph=True)[0];"
                              "h = v.requires_grad and torch.autograd.grad((v * 2).sum(), a, allow_unused=True)[0];"
                              "settled = lambda t: t if t is None or t is False else t.clone(memory_format=torch.contiguous_format);"
                              "[y.detach(), v.detach(), place, y._version, v._version, v._base is y, settled(g), settled(h)]")
