"""Autograd beside torch: each program runs on both libraries, and what its last line gives must be the same to the letter.

The last line is an expression, or a statement that raises.
"""

from __future__ import annotations

import pytest
from side_by_side import assert_same_program

PROGRAMS = """
x=torch.tensor([1.,2.],requires_grad=True)
y=x*x; y.sum().backward()
(x.grad, x.grad_fn, y.grad_fn.name(), y.grad_fn.next_functions)

x=torch.tensor([1.,2.],requires_grad=True)
y=x.clone(); y[0]=5; y.sum().backward()
(x.grad,y)

x=torch.tensor([1.,2.],requires_grad=True)
x.add_(1)

x=torch.tensor([1.,2.],requires_grad=True)
x[0].add_(1)

x=torch.tensor([1.,2.],requires_grad=True)
x[0]=1

x=torch.tensor([1.,2.],requires_grad=True)
y=x.exp(); y.add_(1); y.sum().backward()
y

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2; z=y*y; y.add_(1); z.sum().backward()
y

x=torch.tensor([1.,2.],requires_grad=True)
y=x.exp(); y.sum().backward(); y.sum().backward()
y

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2; y.sum().backward(); y.sum().backward()

x=torch.tensor([1.,2.],requires_grad=True)
y=x/2; y.sum().backward(); y.sum().backward()

x=torch.tensor([1.,2.],requires_grad=True)
y=x.add(x,alpha=2)-2; y.sum().backward(); y.sum().backward()
x.grad

x=torch.tensor([1.,2.],requires_grad=True)
y=x+1; y.sum().backward(); y.sum().backward()
x.grad

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2
y.backward()

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2
y.backward(torch.ones(3))

x=torch.tensor([1.,2.])
x.sum().backward()

x=torch.tensor([1.,2.],requires_grad=True)
torch.autograd.grad(x.sum(), torch.ones(2))

x=torch.tensor([1.,2.],requires_grad=True); z=torch.ones(2,requires_grad=True)
torch.autograd.grad(x.sum(), z)

x=torch.tensor([1.,2.],requires_grad=True); z=torch.ones(2,requires_grad=True)
torch.autograd.grad(x.sum(), [x,z], allow_unused=True)

x=torch.tensor([1.,2.],requires_grad=True); z=torch.ones(2,requires_grad=True)
torch.autograd.grad(x.sum(), [x,z], materialize_grads=True)

x=torch.tensor([3.],requires_grad=True)
g,=torch.autograd.grad(x**3, x, create_graph=True)
g2,=torch.autograd.grad(g, x, create_graph=True)
(g,g2,torch.autograd.grad(g2,x))

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2; y.retain_grad(); y.sum().backward()
(y.grad,x.grad,y.retains_grad)

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2; y.sum().backward()
y.grad

x=torch.tensor([1.,2.],requires_grad=True)
l=[]; y=x*2; h=y.register_hook(lambda g: l.append(g.tolist()) or g*3); x.register_hook(lambda g: l.append(g.tolist())); y.sum().backward()
(l,x.grad)

x=torch.tensor([1.,2.],requires_grad=True)
y=x*2; h=y.register_hook(lambda g: g*3); h.remove(); y.sum().backward()
x.grad

x=torch.ones(3,requires_grad=True)
y=x.clone(); v=y[1:]; v.mul_(2); y.sum().backward()
(x.grad, v, y, v.grad_fn, y.grad_fn)

x=torch.ones(3,requires_grad=True); b=torch.zeros(3)
b[0:2]=x[1:]; (b*b).sum().backward()
(b, x.grad, b.grad_fn)

x=torch.ones(3,requires_grad=True); b=torch.zeros(3); v=b[0]
b.mul_(x.sum())
(v.requires_grad, v.grad_fn, v)

x=torch.ones(2,2,requires_grad=True); y=x.clone(); v=y.t(); v[0].mul_(3); v[0]+=1; (y*torch.arange(4.).view(2,2)).sum().backward()
(x.grad,y,v,v.grad_fn)

x=torch.ones(2,2,requires_grad=True); y=x*1; a,b=y.unbind(0)
a.mul_(2)

x=torch.ones(2,2,requires_grad=True); y=x*1; a,b=y.split(1)
a.mul_(2)

x=torch.ones(4,requires_grad=True)
with torch.no_grad(): v=x[0:2]
v.mul_(2)

x=torch.ones(4,requires_grad=True)
with torch.no_grad(): x.mul_(2)
(x,x._version,x.is_leaf)

x=torch.ones(4,requires_grad=True)
x.data.mul_(3)
(x,x._version)

x=torch.ones(4,requires_grad=True); y=x*x; x.detach().mul_(2); y.sum().backward()
x

x=torch.ones(4,requires_grad=True); y=x*x; x.data.mul_(2); y.sum().backward()
x.grad

x=torch.tensor([1.,2.,2.,nan],requires_grad=True); x.amax().backward()
x.grad

x=torch.tensor([1.,2.,2.],requires_grad=True); x.max().backward()
x.grad

x=torch.tensor([1.,2.,2.],requires_grad=True); x.max(0)[0].backward()
x.grad

x=torch.tensor([[1.,2.,2.]],requires_grad=True); torch.maximum(x,torch.tensor([1.,2.,3.])).sum().backward()
x.grad

x=torch.tensor([0.,2.,0.,3.],requires_grad=True); x.prod().backward()
x.grad

x=torch.tensor([0.,2.,4.,3.],requires_grad=True); g,=torch.autograd.grad(x.prod(),x,create_graph=True); g.sum().backward()
(g,x.grad)

x=torch.tensor([0.,0.],requires_grad=True); x.norm().backward()
x.grad

x=torch.tensor([0.,3.,4.],requires_grad=True); x.norm(1).backward()
x.grad

x=torch.tensor([0.,3.,4.],requires_grad=True); x.norm(3).backward()
x.grad

x=torch.tensor([5.,5.],requires_grad=True); x.std().backward()
x.grad

x=torch.tensor([5.],requires_grad=True); x.var().backward()
x.grad

x=torch.tensor([1.,2.,4.],requires_grad=True); x.cumsum(0).mul(torch.tensor([1.,2.,3.])).sum().backward()
x.grad

x=torch.tensor([1.,0.,4.],requires_grad=True); x.cumprod(0).mul(torch.tensor([1.,2.,3.])).sum().backward()
x.grad

x=torch.ones(2,3,requires_grad=True); y=torch.ones(3,2,requires_grad=True); (x@y).sum().backward()
(x.grad,y.grad)

x=torch.ones(2,1,requires_grad=True); y=torch.ones(3,requires_grad=True); (x*y).sum().backward()
(x.grad,y.grad)

x=torch.ones(2,2,requires_grad=True,dtype=torch.float16); y=torch.ones(2,requires_grad=True); (x*y).sum().backward()
(x.grad,y.grad)

x=torch.tensor([1+2j],requires_grad=True); (x*x).abs().sum().backward()
x.grad

x=torch.tensor([1.,2.],requires_grad=True); (x*(1+2j)).abs().sum().backward()
x.grad

x=torch.tensor([1+2j],requires_grad=True); x.real.sum().backward()
x.grad

x=torch.tensor([1+2j],requires_grad=True)
x.sum().backward()

x=torch.arange(6.,requires_grad=True); x.view(2,3).t()[1].sum().backward()
x.grad

x=torch.arange(6.,requires_grad=True); x.as_strided((3,3),(1,1)).sum().backward()
x.grad

x=torch.arange(6.,requires_grad=True); x.unfold(0,3,1).sum().backward()
x.grad

x=torch.arange(6.,requires_grad=True); x[torch.tensor([0,0,3])].sum().backward()
x.grad

x=torch.arange(6.,requires_grad=True); x[x>2].sum().backward()
x.grad

x=torch.arange(6.,requires_grad=True); x.gather(0,torch.tensor([1,1,2])).sum().backward()
x.grad

x=torch.arange(4.,requires_grad=True); x.sort(descending=True)[0].mul(torch.arange(4.)).sum().backward()
x.grad

x=torch.arange(4.,requires_grad=True); torch.cat([x,x[:2]]).mul(torch.arange(6.)).sum().backward()
x.grad

x=torch.arange(4.,requires_grad=True); torch.stack([x,x],1).mul(torch.arange(8.).view(4,2)).sum().backward()
x.grad

x=torch.arange(4.,requires_grad=True); x.repeat(2,2).mul(torch.arange(16.).view(2,8)).sum().backward()
x.grad

x=torch.arange(4.,requires_grad=True); x.flip(0).mul(torch.arange(4.)).sum().backward()
x.grad

class Sq(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): ctx.save_for_backward(x); return x*x
    @staticmethod
    def backward(ctx,g): x,=ctx.saved_tensors; return 2*x*g
x=torch.tensor([3.],requires_grad=True); y=Sq.apply(x); g,=torch.autograd.grad(y,x,create_graph=True);
(y, g, torch.autograd.grad(g,x))

class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): return x*x
    @staticmethod
    def backward(ctx,g): return g,g
x=torch.tensor([3.],requires_grad=True)
Bad.apply(x).backward()

class Inp(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): ctx.mark_dirty(x); x.mul_(2); return x
    @staticmethod
    def backward(ctx,g): return g*2
x=torch.tensor([3.],requires_grad=True); y=x.clone(); z=Inp.apply(y); z.backward()
(x.grad,z is y,y.grad_fn.name())

x=torch.tensor([3.],requires_grad=True)
for _ in range(10000): x=x+1
x.backward()
x.shape

with torch.inference_mode(): x=torch.ones(2)
y=torch.ones(2,requires_grad=True)
(x*y)

with torch.inference_mode(): x=torch.ones(2)
x.add_(1)

with torch.inference_mode(): x=torch.ones(2)*2
(x.requires_grad, x.is_inference())

x=torch.ones(2,requires_grad=True)
x.numpy()

x=torch.ones(2,requires_grad=True)
torch.add(x,x,out=torch.ones(2))

x=torch.ones(2,requires_grad=True)
x.requires_grad=False
x

x=torch.ones(2,requires_grad=True)*2
x.requires_grad=False

x=torch.ones(2,dtype=torch.int64)
x.requires_grad_()

x=torch.ones(2,requires_grad=True); x.grad=torch.ones(3)
x

x=torch.ones(2,requires_grad=True); x.grad=torch.ones(2,dtype=torch.float64)
x

x=torch.ones(2,requires_grad=True); x.grad=1
x

x=torch.ones(2,requires_grad=True); (x*2).sum().backward(); (x*2).sum().backward()
(x.grad, x.grad.requires_grad)

x=torch.ones(2,2).t().requires_grad_(); (x*torch.arange(4.).view(2,2)).sum().backward()
x.grad

x=torch.ones(3,requires_grad=True); y=x.relu_() if False else x.clone().relu_(); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=x*2; y.copy_(torch.zeros(3)); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=torch.zeros(3); y.copy_(x); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=x*2; y.zero_(); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=x*2; y.fill_(3)
y

x=torch.ones(3,requires_grad=True); y=x*2; y.masked_fill_(torch.tensor([True,False,True]),5.); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=x*2; y[torch.tensor([0,0])]=7; y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); y=x*2; z=torch.ones(3,requires_grad=True); y[1:]=z[1:]*3; y.sum().backward()
(x.grad,z.grad,y)

x=torch.ones(3,requires_grad=True); y=x.to(torch.float64); y.sum().backward()
(x.grad,y)

x=torch.ones(3,requires_grad=True); x.sum().backward(create_graph=True)
x.grad

x=torch.ones(3,requires_grad=True); y=x.sum(); y.backward(inputs=[x])
x.grad

x=torch.ones(3,requires_grad=True); y=x*2; z=y.sum(); z.backward(inputs=[y])
(x.grad)

x=torch.ones(3,requires_grad=True)
x//2

x=torch.ones(3,requires_grad=True)
(x//2).sum().backward()

x=torch.ones(3,requires_grad=True); y=x.detach(); y.add_(1)
(x,y,y._version,x._version)

x=torch.ones(2,3); v=x[0]; v.add_(1);
(x._version, v._version, v._base is x, x._base)

x=torch.ones(2,3,requires_grad=True); v=x.view(6)
(v._base is x, v.is_leaf, v.grad_fn)

torch.is_grad_enabled()

with torch.no_grad(): r=torch.is_grad_enabled()
r

@torch.no_grad()
def f(x): return x*2
f(torch.ones(2,requires_grad=True))

torch.set_grad_enabled(False); x=torch.ones(1,requires_grad=True)*2; torch.set_grad_enabled(True)
x

x=torch.ones(2,requires_grad=True); y=x.expand(3,2); y.sum().backward()
x.grad

x=torch.ones(2,requires_grad=True); y=x*1; y.expand(3,2).add_(1)
x.grad

x=torch.tensor([2.],requires_grad=True); y=x*1; z=y.pow(2); y.sub_(1); z.backward()
x

x=torch.tensor([2.],requires_grad=True); y=x.clone(); y.pow_(3); y.backward()
x.grad

x=torch.tensor([2.],requires_grad=True); y=x.clone(); y*=y; y.backward()
x.grad

x=torch.tensor([2.],requires_grad=True); y=x.clone(); y/=x; y.backward()
x.grad

x=torch.randn(3,4,requires_grad=True); w=torch.randn(4,requires_grad=True); y=(x@w).sigmoid().log().sum(); y.backward()
(x.grad,w.grad)

x=torch.randn(2,3,requires_grad=True); torch.autograd.gradcheck(lambda a:a.double().exp(),(x.double().detach().requires_grad_(),))

l=nn.Linear(3,2); x=torch.randn(4,3); F.cross_entropy(l(x),torch.tensor([0,1,1,0])).backward()
(l.weight.grad,l.bias.grad)

m=nn.Sequential(nn.Linear(3,4),nn.ReLU(),nn.Linear(4,2)); o=torch.optim.Adam(m.parameters()); x=torch.randn(4,3)
for _ in range(3): o.zero_grad(); m(x).pow(2).mean().backward(); o.step()
[p.data for p in m.parameters()]
"""


@pytest.mark.parametrize("program", PROGRAMS.strip("\n").split("\n\n"))
def test_a_program_says_what_torch_says(program):
    assert_same_program(program)
