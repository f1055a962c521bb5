"""Forward-mode differentiation: tangents of each kind of call as torch has them, and the programs of ``programs_forward.txt``."""

from __future__ import annotations

import warnings

import pytest
import torch as real_torch
from printed import assert_prints_the_same, programs

import refimpl

EXPRESSIONS = """
    x.sin(); x.exp(); x.log(); x.sqrt(); x.tanh(); x.sigmoid(); x**3; x**y; x*y; x/y; x-y; x.clamp(.5, 1.5); torch.maximum(x,y); x.sum(0);
    x.mean(); x.prod(0); x.cumsum(0); x.cumprod(1); x.amax(0); x.max(1)[0]; x.std(); x.var(0); x.norm(); x.sort(0)[0]; x.topk(1)[0]; x@y.t();
    torch.outer(x[0],y[0]); torch.cat([x,y]); torch.stack([x,y]); x.flip(0); x.roll(1); x.tril(); x.gather(0,i); x.index_select(0,i[0]); x[x>0];
    x.masked_fill(x>1,0.); x.scatter(0,i,y); x.index_add(0,i[0],y[:2]); x.softmax(0); x.log_softmax(0); torch.nn.functional.mse_loss(x,y);
    torch.nn.functional.cross_entropy(x,i[0]); torch.nn.functional.linear(x,y); x.reciprocal(); x.expm1(); x.erf(); torch.atan2(x,y);
    torch.logaddexp(x,y); x.unfold(0,1,1); x.expand(2,2,2); x.diagonal(); x.t(); x.view(-1); x.permute(1,0); x[0]; x.split(1)[0];
    torch.linalg.inv(x); torch.linalg.det(x); torch.linalg.solve(x,y); torch.fft.fft(x); torch.fft.rfft(x).real; torch.einsum('ij,kj->ik',x,y);
    x.logsumexp(0); torch.nn.functional.layer_norm(x,(2,)); torch.nn.functional.gelu(x); torch.nn.functional.softplus(x); torch.where(x>y,x,y);
    x.lerp(y,.3); torch.addmm(x,x,y); torch.bmm(x[None],y[None]); x.repeat(2,1); x.median(0)[0]; x.kthvalue(1)[0]; x.quantile(.3);
    torch.nn.functional.conv1d(x[None],y[None]); torch.nn.functional.avg_pool1d(x[None],2); torch.nn.functional.max_pool1d(x[None],2);
    torch.nn.functional.normalize(x); torch.nn.functional.cosine_similarity(x,y); x.clone().add_(y); x.clone().mul_(y); x.clone().exp_();
    x.clone().copy_(y); x.clone().index_put_((i[0],),y); x.clone().masked_fill_(x>1,0.); x.clone().zero_(); x.clone().fill_(2.); x.clone().t_();
    torch.linalg.cholesky(x@x.t()+torch.eye(2)); torch.linalg.eigvalsh(x@x.t()); torch.linalg.svdvals(x); torch.linalg.qr(x)[1].abs();
    x.float_power(2); x.frac(); x.round(); x.sign(); x.abs(); x.trunc(); x.fmod(.7); x.remainder(y); x.diff(); torch.trapezoid(x); x.nansum();
    x.xlogy(y); x.addcmul(x,y); torch.hypot(x,y); x.lgamma(); torch.special.i0(x); torch.polar(x,y).real;
    torch.nn.functional.batch_norm(x,None,None,training=True); torch.nn.functional.embedding(i[0],x);
    torch.nn.functional.scaled_dot_product_attention(x[None],y[None],x[None]); torch.nn.functional.kl_div(x,y);
    torch.nn.functional.huber_loss(x,y); torch.kron(x,y); x.logcumsumexp(0); torch.vdot(x[0],y[1]); x.cummax(0)[0]; x.nan_to_num();
    torch.nn.functional.pad(x,(1,1)); torch.nn.functional.interpolate(x[None],scale_factor=2); x.matrix_exp(); torch.linalg.matrix_power(x,3);
    torch.linalg.slogdet(x)[1]; torch.linalg.pinv(x); x.to(torch.float64); x.double().float(); x.contiguous(); x.clone(); x.squeeze();
    x.unsqueeze(0); x.movedim(0,1); x.chunk(2)[1]; x.unbind()[0]; x.select(0,1); x.narrow(0,0,1); x.as_strided((2,),(1,)); x.flatten();
    x.reshape(4); x.sinc(); x.logit(.1); x.digamma(); x.renorm(2,0,1.)
"""


def tangent(library, expression):
    """The tangent of an expression of two dual matrices and of indices, as a list."""
    forward = library.autograd.forward_ad
    with forward.dual_level(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = forward.make_dual(library.tensor([[1.3, 0.4], [0.7, 2.1]], dtype=library.float64), library.tensor([[0.5, -1.0], [2.0, 0.25]],
                                                                                                          dtype=library.float64))  # fmt: skip
        y = forward.make_dual(library.tensor([[0.9, 1.7], [1.1, 0.3]], dtype=library.float64), library.tensor([[0.3, 0.1], [-0.7, 1.5]],
                                                                                                          dtype=library.float64))  # fmt: skip
        result = eval(expression, {"torch": library, "x": x, "y": y, "i": library.tensor([[0, 1], [1, 0]])})
        found = forward.unpack_dual(result).tangent
        return None if found is None else found.shape, [] if found is None else found.reshape(-1).tolist()


@pytest.mark.parametrize("expression", [e.strip() for e in EXPRESSIONS.split(";")])
def test_tangents_are_those_of_torch(expression):
    shape, numbers = tangent(refimpl, expression)
    their_shape, theirs = tangent(real_torch, expression)
    assert shape == their_shape
    assert numbers == pytest.approx(theirs, rel=1e-7, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("program", programs("programs_forward.txt"))
def test_what_a_program_prints_or_raises(program):
    assert_prints_the_same(program)


def test_a_tensor_times_itself_in_place():
    """torch 2.13 takes the product for the factor: the tangent is 2 * x * t, and not (x * x + x) * t."""
    found = []
    for library in (refimpl, real_torch):
        forward = library.autograd.forward_ad
        with forward.dual_level():
            x = forward.make_dual(library.tensor([3.0]), library.tensor([1.0]))
            found.append(forward.unpack_dual(x.mul_(x)).tangent.tolist())
    assert found == [[6.0], [12.0]]


@pytest.mark.parametrize("text", [
    "(x ** 3).sum()", "x.softmax(0)[0] * 3", "(W @ x).tanh().sum()", "(x * 2).mul_(x).sum()", "(1 / x).sum()", "F.layer_norm(x, (3,)).pow(2)[0]",
    "F.cross_entropy(F.linear(x, W)[None], torch.tensor([1]))", "torch.cat([x, x * 2]).pow(3).sum()",
    "(x.exp_() if False else x.exp()).log1p().sum()",
    "x.norm()", "torch.where(x > 1, x * x, x).cumprod(0).sum()", "x.sum()",
])  # fmt: skip
def test_a_backward_pass_carries_tangents_on(text):
    """Forward over reverse: the tangent of a gradient is a product with the Hessian, with and without a graph of the gradient."""
    found = []
    for torch in (refimpl, real_torch):
        forward = torch.autograd.forward_ad
        for create_graph in (False, True):
            with forward.dual_level():
                x = forward.make_dual(torch.tensor([1.0, 2.0, 3.0], requires_grad=True), torch.tensor([1.0, -1.0, 0.5]))
                W = (torch.eye(3) + 0.5).requires_grad_()
                y = eval(text, {"torch": torch, "F": torch.nn.functional, "x": x, "W": W})
                gradients = torch.autograd.grad(y, [x, W], create_graph=create_graph, materialize_grads=True)
                tangents = [forward.unpack_dual(gradient).tangent for gradient in gradients]
                found.append([None if t is None else t.flatten().tolist() for t in tangents])
    for mine, torchs in zip(found[:2], found[2:]):
        for a, b in zip(mine, torchs):
            assert (a or [0.0] * 3) == pytest.approx(b or [0.0] * 3, rel=1e-4, abs=1e-5) or not any(a or []) and not any(b or [])


def test_a_gradient_that_is_added_to_a_leaf_has_no_tangent():
    found = []
    for torch in (refimpl, real_torch):
        forward = torch.autograd.forward_ad
        leaf = torch.tensor([1.0, 2.0], requires_grad=True)
        with forward.dual_level():
            (forward.make_dual(leaf, torch.tensor([1.0, 0.5])) ** 3).sum().backward()
            found.append((leaf.grad.tolist(), forward.unpack_dual(leaf.grad).tangent))
    assert found == [([3.0, 12.0], None)] * 2
