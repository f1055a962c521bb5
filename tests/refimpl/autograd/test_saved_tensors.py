"""What a node keeps for the backward pass: when an operand or the result has been written since, refimpl refuses where torch does."""

from __future__ import annotations

import warnings

import pytest
import torch as real_torch

import refimpl

EXPRESSIONS = """
    x.relu(); x.abs(); x.exp(); x.log(); x.sqrt(); x.rsqrt(); x.sin(); x.cos(); x.tan(); x.tanh(); x.sigmoid(); x.square(); x**2; x**0; x**1;
    x**0.5; 2**x; x**y; x*y; x/y; x+y; x-y; x*2; x/2; 2/x; x%2; x%y; x.clamp(0,1); x.clamp(min=0); x.clamp(y,y+1); torch.maximum(x,y);
    torch.minimum(x,y); torch.fmax(x,y); torch.where(x>0,x,y); x.masked_fill(m,0.); x.masked_fill(m,s); torch.lerp(x,y,0.5); torch.lerp(x,y,y);
    torch.addcmul(x,x,y); torch.addcmul(x,y,z); torch.addcdiv(x,y,z); x.sum(); x.sum(0); x.mean(); x.mean(0); x.prod(); x.prod(0); x.cumsum(0);
    x.cumprod(0); x.amax(0); x.amin(0); x.max(); x.max(0)[0]; x.min(0)[0]; x.std(); x.var(0); x.norm(); x.norm(dim=0); x.norm(1); x.sort(0)[0];
    x.topk(1)[0]; x@y; x.mm(y); torch.outer(x[0],y[0]); x[0].dot(y[0]); x.mv(y[0]); torch.addmm(z,x,y); torch.baddbmm(z[None],x[None],y[None]);
    torch.bmm(x[None],y[None]); torch.cat([x,y]); torch.stack([x,y]); x.flip(0); x.roll(1); x.tril(); x.repeat(2,1); x.gather(0,i); x.take(i);
    x.index_select(0,i[0]); x[m]; x[i[0]]; x.masked_select(m); x.scatter(0,i,y); x.scatter_add(0,i,y); x.index_add(0,i[0],y);
    x.index_copy(0,i[0],y); x.index_fill(0,i[0],0.); x.index_put((i[0],),y); x.index_put((i[0],),y,True); x.softmax(0); x.log_softmax(0);
    torch.nn.functional.mse_loss(x,y); torch.nn.functional.l1_loss(x,y); torch.nn.functional.cross_entropy(x,i[0]);
    torch.nn.functional.nll_loss(x,i[0]); torch.nn.functional.linear(x,y); x.reciprocal(); x.sign(); x.floor(); x.neg(); x.clone();
    x.to(torch.float64); x.expm1(); x.log1p(); x.log2(); x.log10(); x.exp2(); x.erf(); x.erfc(); x.sinh(); x.cosh(); x.asin(); x.acos();
    x.atan(); x.asinh(); x.acosh(); x.atanh(); torch.atan2(x,y); torch.hypot(x,y); torch.logaddexp(x,y); torch.xlogy(x,y); x.logit(); x.lgamma();
    x.digamma(); x.sinc(); x.frac(); x.trunc(); x.round(); x.fmod(2); x.fmod(y); x.remainder(2); x.nan_to_num(); torch.copysign(x,y);
    x.float_power(2); x.nansum(); x.unfold(0,1,1); x.expand(2,2,2); x.diagonal(); x.as_strided((2,),(1,)); x.t(); x.view(-1); x.reshape(4);
    x.permute(1,0); x.unsqueeze(0); x.squeeze(); x.select(0,0); x[0]; x[:1]; x.split(1)[0]; x.unbind()[0]; x.chunk(2)[0]; x.narrow(0,0,1);
    x.contiguous(); x.detach(); torch.complex(x,y); torch.view_as_complex(x); torch.polar(x,y); x.deg2rad(); x.take_along_dim(i,0); x.diag();
    torch.diag_embed(x); x.triu(); x.rot90(); x.movedim(0,1); x.repeat_interleave(2); x.select_scatter(y[0],0,0); x.slice_scatter(y[:1],0,0,1);
    x.diagonal_scatter(y[0]); x.erfinv(); x.angle(); x.sgn(); x.conj(); x.rad2deg(); torch.addmv(z[0],x,y[0]); x.aminmax()[0];
    torch.var_mean(x,0)[0]; torch.std_mean(x)[0]; x.msort(); x.argsort(); x[0].vdot(y[0]); x.add_(y); x.mul_(y); x.div_(y); x.sub_(y); x.pow_(2);
    x.exp_(); x.relu_(); x.tanh_(); x.sigmoid_(); x.sqrt_(); x.clamp_(0,1); x.copy_(y); x.fill_(1); x.zero_(); x.masked_fill_(m,0.);
    x.index_add_(0,i[0],y); x.addcmul_(y,z); x.lerp_(y,0.5); x.cumsum_(0); x.neg_(); x.abs_(); x.reciprocal_(); x.square_(); x.t_();
    x.index_put_((i[0],),y); x.scatter_(0,i,y); x.__setitem__(0,y[0]); x.__setitem__(m,0.); x.floor_(); x.sin_(); x.log_(); x.addmm_(y,z);
    x.tril_(); x.cumprod_(0)
"""  # fmt: skip


def told(library, expression, written):
    """What a backward pass says after a write, in which no element changes, to one of the tensors of a call; None if that is not possible."""
    x, y, z = (library.tensor([[0.3, 0.6], [0.2, 0.9]], requires_grad=True) * 1 for _ in range(3))
    names = {"x": x + 1 if "acosh" in expression else x, "y": y, "z": z, "s": library.tensor(0.5, requires_grad=True) * 1, "torch": library,
             "m": library.tensor([[True, False], [True, True]]), "i": library.tensor([[0, 1], [1, 0]])}  # fmt: skip
    result = eval(expression, names)
    names["r"] = result = names["x"] if result is None else result
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names[written].detach().copy_(names[written].detach().clone())
        except RuntimeError:  # elements that share memory
            return None
        if not result.requires_grad:
            return "no gradient"
        try:
            ((result.real + result.imag) if result.is_complex() else result).sum().backward()
        except RuntimeError as error:
            return "modified by an inplace operation" in str(error)
    return "done"


@pytest.mark.parametrize("expression", [text.strip() for text in EXPRESSIONS.split(";")])
def test_a_write_to_an_operand_or_the_result_is_found_where_torch_finds_it(expression):
    for written in "xyzmisr":
        assert told(refimpl, expression, written) == told(real_torch, expression, written), written


@pytest.mark.parametrize("expression", [
    "x.mm(y)", "torch.addmm(z, x, y)", "x ** y", "torch.atan2(x, y)", "torch.lerp(x, y, z)", "torch.addcmul(x, y, z)", "torch.maximum(x, y)",
    "torch.nn.functional.linear(x, y)", "x.gather(0, i)", "torch.where(m, x, y)", "x.std()", "torch.hypot(x, y)",
])  # fmt: skip
def test_hooks_see_what_is_saved_in_torchs_order(expression):
    def order(library):
        tensors = {name: library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) for name in "xyz"}
        tensors |= {"i": library.tensor([[0, 1]]), "m": library.tensor([[True, False], [False, True]])}
        names = {tensor.data_ptr(): name for name, tensor in tensors.items()}
        seen = []
        with library.autograd.graph.saved_tensors_hooks(lambda tensor: seen.append(names.get(tensor.data_ptr(), "result")), lambda packed: packed):
            eval(expression, {"torch": library, **tensors})
        return seen

    assert order(refimpl) == order(real_torch)


def test_a_node_shows_what_it_has_saved():
    """Programs that draw graphs look for it by name."""
    def found(library):
        x, y = (library.ones(2, 3, requires_grad=True) for _ in "xy")
        nodes = ((x * y).grad_fn, x.sum(0).grad_fn)
        saved = [[(name, getattr(node, name)) for name in dir(node) if name.startswith("_saved_")] for node in nodes]
        return [[(name, tuple(value.shape)) for name, value in each if hasattr(value, "shape")] for each in saved], nodes[1]._saved_self_sym_sizes

    assert found(refimpl) == found(real_torch)


@pytest.mark.parametrize("call", [
    "x.exp()", "x * y", "x * x", "x + y", "x / y", "torch.where(x != 0, x, 0)", "torch.where(x != 0, x, y)", "torch.nn.functional.mse_loss(x, y)",
    "torch.maximum(x, y)", "x ** y", "x.prod()", "torch.addcmul(x, y, y)", "x.sum(0)",
])  # fmt: skip
@pytest.mark.parametrize("again", ["made.sum().backward()", "made.sum().backward(inputs=[made])"])
def test_what_leaves_by_their_bases_alone_have_saved_is_freed(call, again):
    """A view from before its base required grad has no place in the graph: nothing flows on, and a second pass is refused all the same."""
    def told(library):
        bases = [library.ones(2) for _ in "xy"]
        views = {name: base.view(2) for name, base in zip("xy", bases)}
        for base in bases:
            base.requires_grad_()
        made = eval(call, {"torch": library, **views})
        made.sum().backward()
        try:
            exec(again)
        except RuntimeError as error:
            return str(error)
        return made.grad_fn.name()

    assert told(refimpl) == told(real_torch)
