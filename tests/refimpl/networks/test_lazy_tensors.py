"""Parameters without a shape beside torch: what may be done with one, and what is refused."""

import copy

import pytest
import torch

import refimpl
from refimpl import nn
from refimpl.signatures.overriding import overriding

CALLS = [
    "p + 1", "2 * p", "library.add(p, 1)", "p.sum()", "p.shape", "p.size()", "p.numel()", "p[0]", "library.nn.init.zeros_(p)", "p.data", "p.dtype",
    "p.device", "p.to(library.float64).dtype", "p.half().dtype", "p.requires_grad", "p.grad", "p.detach()", "p.clone()", "b + 1", "b.shape",
    "library.exp(b)", "p.share_memory_()", "len(p)", "library.cat([p, p])", "p.dim()", "p == p", "p.tolist()", "float(p)", "library.ones(2) + p",
    "library.nn.functional.linear(library.ones(1, 2), p)", "p.is_floating_point()", "sum(x.numel() for x in library.nn.LazyLinear(2).parameters())",
    "p.materialize((2, 2)), p.shape, (p + 1).shape", "copy.deepcopy(p)", "copy.deepcopy(library.nn.LazyLinear(2))", "repr(p)",
    "library.nn.LazyLinear(2).state_dict()", "library.nn.LazyLinear(2).double().weight.dtype", "hash(p) == hash(p)",
    "type(library.nn.LazyBatchNorm1d().double().running_mean).__name__",
    "library.nn.LazyBatchNorm1d().double()(library.ones(3, 2).double()).shape",
    "library.nn.LazyLinear(2).load_state_dict(library.nn.Linear(3, 2).state_dict())",
    "library.nn.LazyLinear(2).load_state_dict(library.nn.LazyLinear(2).state_dict())",
    "library.nn.Linear(3, 2).load_state_dict(library.nn.LazyLinear(2).state_dict())",
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_what_may_be_done_without_a_shape(call):
    def said(library):
        p, b = library.nn.parameter.UninitializedParameter(), library.nn.parameter.UninitializedBuffer()
        try:
            return repr(eval(call, {"library": library, "p": p, "b": b, "copy": copy}))
        except (RuntimeError, ValueError) as error:
            text = str(error)
            return type(error).__name__, text.partition(" in <")[0], text[text.find(". This error") :] if " in <" in text else text

    assert said(refimpl) == said(torch)


def test_a_lazy_module_loads_what_has_a_shape():
    for library in (torch, refimpl):
        layer, lazy = library.nn.Linear(3, 2), library.nn.LazyLinear(2)
        lazy.load_state_dict(layer.state_dict())
        x = library.ones(1, 3)
        assert library.equal(lazy(x), layer(x)) and type(lazy) is library.nn.Linear


def test_calls_are_offered_to_tensors_without_a_shape_while_there_are_any():
    before = overriding.users
    layer = nn.LazyLinear(3)
    assert overriding.users == before + 2
    layer(refimpl.ones(2, 5))
    assert overriding.users == before
