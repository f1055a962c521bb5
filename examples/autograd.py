"""Automatic differentiation: gradients, accumulation, hooks, views written in place, second derivatives."""

import refimpl as torch

print("-- a gradient")
w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
loss = (w * w).sum()
print(loss)
loss.backward()
print(w.grad)

print("-- gradients accumulate until they are cleared")
(2 * w).sum().backward()
print(w.grad)
w.grad.zero_()

print("-- a write through a view reaches the graph of its base")
y = w * 1
y[1:] *= 10
y.sum().backward()
print(y, w.grad, sep="\n")

print("-- hooks see a gradient on its way, and can change it")
w.grad = None
handle = w.register_hook(lambda grad: grad.clamp(max=1))
(w * torch.tensor([0.5, 1.0, 5.0])).sum().backward()
handle.remove()
print(w.grad)

print("-- derivatives of derivatives")
x = torch.tensor(2.0, requires_grad=True)
value = x**4
for order in range(1, 5):
    (value,) = torch.autograd.grad(value, x, create_graph=True)
    print(order, value.item())

print("-- no graph is recorded here")
with torch.no_grad():
    print((w * 2).requires_grad)

print("-- a stale value is an error, not a wrong gradient")
a = w.exp()
b = a * a
a.add_(1)
try:
    b.sum().backward()
except RuntimeError as error:
    print(str(error).split(";")[0])
