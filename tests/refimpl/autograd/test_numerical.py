"""The numerical checks of gradients beside torch's: what they find, what they draw, and what they say."""

import warnings

import pytest
import torch
from refusals import as_torchs

import refimpl


def functions(library):
    def doubled(backward):
        """Twice the operand, with a gradient of its own; an output without a cotangent gives it None."""

        class Doubled(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(False)
                return x * 2

        Doubled.backward = staticmethod(lambda ctx, g: backward(g))
        return Doubled.apply

    def refused(g):
        if g is None:
            raise RuntimeError("no cotangent")
        return g * 2

    def not_linear(g):
        return library.ones(2, dtype=library.float64) if g is None else g * 2

    return {"exp": lambda x: x.exp(), "several": lambda x: (x.sin(), x * x), "needs": doubled(refused),
            "wrong": doubled(lambda g: None if g is None else g * 3), "not linear": doubled(not_linear),
            "unused": lambda x: x.detach(), "complex": lambda x: library.complex(x, x * x)}  # fmt: skip


OPTIONS = [{}, {"fast_mode": True}, {"check_undefined_grad": False}, {"check_forward_ad": True},
           {"check_forward_ad": True, "check_backward_ad": False}, {"check_backward_ad": False},
           {"check_backward_ad": False, "check_forward_ad": True, "check_batched_grad": True},
           {"check_batched_forward_grad": True}, {"masked": False}, {"raise_exception": False}]  # fmt: skip


CUSTOM = ("wrong", "needs", "not linear")  # without jvp, which torch asks for


@pytest.mark.parametrize(("name", "options"), [
    (name, options) for name in ("exp", "several", "unused", "complex", *CUSTOM) for options in OPTIONS
    if not (name in CUSTOM and options.get("check_forward_ad"))
], ids=str)  # fmt: skip
def test_what_gradcheck_finds(name, options):

    def found(library):
        x = library.tensor([0.5, -1.25], dtype=library.float64, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return library.autograd.gradcheck(functions(library)[name], (x,), **options)
            except (RuntimeError, AssertionError) as error:
                return type(error).__name__, as_torchs(str(error)).partition(",\n")[0]

    theirs, ours = found(torch), found(refimpl)
    if options.get("fast_mode") and isinstance(theirs, tuple):  # torch says more of what it compared
        assert ours[0] == theirs[0]
        return
    assert ours == theirs


def test_gradgradcheck_draws_what_torch_draws():
    def drawn(library):
        library.manual_seed(3)
        x = library.tensor([0.5, -1.25], dtype=library.float64, requires_grad=True)
        z = library.tensor([0.5 + 1j], dtype=library.complex128, requires_grad=True)
        seen = []

        def function(x, z):
            y = x.exp() * z
            if not seen:
                y.register_hook(lambda g: seen.append(g.tolist()))
            return y

        assert library.autograd.gradgradcheck(function, (x, z), gen_non_contig_grad_outputs=True)
        return seen[0], library.rand(2).tolist()

    assert drawn(refimpl) == drawn(torch)


def test_single_precision_is_warned_of():
    for library in (torch, refimpl):
        x = library.ones(1, requires_grad=True)
        with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"):
            library.autograd.gradcheck(lambda x: x * 2, (x,), eps=0.25)
