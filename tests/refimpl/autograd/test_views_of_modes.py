"""A view of a view that was made in a mode: what a write to it is refused with, and what belongs to a graph though nothing flows."""

from __future__ import annotations

import pytest
import torch as real_torch

import refimpl

TAKEN = {"slice": lambda v: v[:1], "unbind": lambda v: v.unbind(0)[0], "split": lambda v: v.split(1)[0], "view_as": lambda v: v.view_as(v)}


@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("second", ["inference_mode", "no_grad", "enable_grad"])
@pytest.mark.parametrize("first", ["inference_mode", "no_grad", "enable_grad"])
def test_a_write_to_a_view_of_a_view_is_refused_in_torchs_words(first, second, taken):
    said = []
    for torch in (refimpl, real_torch):
        base = torch.ones(3, requires_grad=True) * 2
        with getattr(torch, first)():
            view = base.view(-1)
        with getattr(torch, second)():
            view = TAKEN[taken](view)
        try:
            said.append(view.mul_(2).grad_fn.name())
        except RuntimeError as error:
            said.append(str(error))
    assert said[0] == said[1]


@pytest.mark.parametrize("with_input", [False, True])
def test_the_gradient_of_prelus_weight_is_in_the_graph_of_the_weight(with_input):
    found = []
    for torch in (refimpl, real_torch):
        x = torch.tensor([[1.0, -2.0], [0.0, -1.0]], requires_grad=with_input)
        w = torch.tensor([0.25], requires_grad=True)
        (g,) = torch.autograd.grad(torch.nn.functional.prelu(x, w).sum(), w, create_graph=True)
        found.append((g.requires_grad, torch.autograd.grad(g.sum(), w)[0].tolist()))
    assert found[0] == found[1] == (True, [0.0])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("keepdim", [False, True])
def test_places_of_extremes_are_no_views(name, keepdim):
    for torch in (refimpl, real_torch):
        for x in (torch.arange(4.0), torch.arange(4.0)[0], torch.ones(2, 3)):
            assert not getattr(x, name)(keepdim=keepdim)._is_view()
