"""Conjugate and negative views: the same expression on a conjugate of one memory says the same on both libraries."""

from __future__ import annotations

import pytest
from side_by_side import assert_same_program

MADE = "x = torch.tensor([[1 + 2j, 3 - 1j], [0j, -2j]])\nc = x.conj()"
ABOUT = "{0}.is_conj(), {0}.is_neg(), {0}.stride(), {0}.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), {0}"

TENSORS = """
c.clone() c.contiguous() c.detach() c.t() c.real c.imag c.resolve_conj() c.resolve_neg() c.conj_physical() c.conj() -c abs(c) c.positive()
c.isnan() c.flatten() c.H c.mH c.mT c.adjoint() c.cpu() c.data c.t().contiguous() c.to(torch.complex128) c.to(torch.complex64)
c.to(torch.complex64,copy=True) c[0] c[[0]] c[...,1] c.reshape(4) c.t().reshape(4) c.expand(3,2,2) torch.cat([c,c]) torch.stack([c,x]) c+1
c*x c@c c.sum()
c.imag.contiguous() c.imag.clone() c.imag+1 -c.imag c.imag.resolve_neg() c.imag[0] x._neg_view() x._neg_view().conj() x._neg_view().conj().imag
x._neg_view().conj().real c.imag.conj() torch.zeros_like(c) torch.ones_like(c.imag) c.as_strided((2,),(1,)) c.unfold(0,1,1) c.diagonal() c.split(1)[0]
c[0:1].squeeze() c.transpose(0,1) torch.zeros(1,dtype=torch.complex64).set_(c) c.narrow(0,0,1) c.chunk(2)[0] c.movedim(0,1) torch.where(c.real>0,c,x)
list(c)[0] c.roll(1) c.index_select(0,torch.tensor([0])) c.type_as(x) c.imag.double() torch.add(c,1,out=x.clone()) torch.ones(2).conj()
c.imag.sort()[0]
""".split()
VALUES = """
c.tolist(); c[0, 0].item(); complex(c[0, 0]); repr(c); repr(c.imag); c.imag.tolist(); torch.equal(c, x.conj_physical()); c.is_set_to(x)
c == x; c.numpy()
c.imag.numpy(); c.numpy(force=True).tolist(); c.real.numpy().tolist(); torch.view_as_real(c); c.view(torch.float32); c.imag.view(torch.int32)
torch.from_dlpack(c); c.detach_()
""".replace("\n", ";").strip(";").split(";")
WRITES = """
c.mul_(2j); c.add_(1j); c.copy_(x); c.zero_(); c.fill_(1j); c[0] = 1j; c[:, 1] = x[:, 0]; c.imag.add_(1); c.imag[0] = 5; c.real.mul_(2)
c.t_().add_(1j)
c.index_fill_(0, torch.tensor([0]), 1j); c.masked_fill_(c.real > 0, 2j); torch.add(x.clone(), 1j, out=c); c.conj_physical_(); c.sub_(c.imag)
c.index_put_((torch.tensor([0]),), torch.tensor(1j)); c.resize_(3); c.transpose_(0, 1); c.cumsum_(0)
""".replace("\n", ";").strip(";").split(";")
GRADIENTS = """
z.conj().backward(torch.ones_like(x)); (z * z.conj()).sum().abs().backward(); z.conj().imag.sum().backward(); z.H.imag.pow(2).sum().backward()
(z.conj().real * z.imag).sum().backward(); (z.mH @ z).abs().sum().backward(); z.conj().resolve_conj().sum().real.backward()
w = z * 1; w.conj()[0] = z.conj()[1]; w.abs().sum().backward()
w = z * 1; w.conj().imag.mul_(3); (w * w).sum().abs().backward()
""".strip().split("\n")


@pytest.mark.parametrize("expression", TENSORS)
def test_a_tensor_made_from_a_conjugate(expression):
    assert_same_program(f"{MADE}\nresult = {expression}\n{ABOUT.format('result')}")


@pytest.mark.parametrize("expression", [line.strip() for line in VALUES if line.strip()])
def test_what_is_read_of_a_conjugate(expression):
    assert_same_program(f"{MADE}\n{expression}")


@pytest.mark.parametrize("statement", [line.strip() for line in WRITES if line.strip()])
def test_what_is_written_through_a_conjugate_counts_as_written(statement):
    assert_same_program(f"{MADE}\n{statement}\nc, c.is_conj(), x, x._version, c._version")


@pytest.mark.parametrize("statements", GRADIENTS)
def test_gradients_through_conjugates(statements):
    program = statements.replace("; ", "\n") if statements.startswith("w") else statements.split("; ")
    for one in [program] if isinstance(program, str) else program:
        assert_same_program(f"{MADE}\nz = x.clone().requires_grad_()\n{one}\nz.grad, z.grad.is_conj()")


@pytest.mark.parametrize("expression", ["pickle.loads(pickle.dumps(c))", "copy.copy(c)", "copy.deepcopy(c)", "pickle.loads(pickle.dumps(c.imag))"])
def test_copies_of_a_conjugate(expression):
    assert_same_program(f"import copy, pickle\n{MADE}\nresult = {expression}\nresult.is_conj(), result.is_neg(), result")
