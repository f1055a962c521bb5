"""A two-layer network with nothing but tensors: the gradients are written by hand."""

import refimpl as torch

torch.manual_seed(1)
n, d_in, d_hidden, d_out = 100, 3, 32, 1
learning_rate = 1e-4

x = torch.randn(n, d_in)
y = x[:, 0:1] * 0.2 - x[:, 1:2] * 1.3 - x[:, 2:3] * 0.5 + torch.randn(n, d_out)
w1, b1 = torch.randn(d_in, d_hidden), torch.zeros(1, d_hidden)
w2, b2 = torch.randn(d_hidden, d_out), torch.zeros(1, d_out)

for epoch in range(1, 101):
    # forward
    h = x.mm(w1) + b1
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2) + b2
    loss = (y_pred - y).pow(2).sum().item()
    if epoch % 10 == 0:
        print(f"epoch {epoch:3d}   loss {loss:.2f}")

    # backward: the chain rule from the loss to each weight
    grad_y_pred = 2 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_b2 = grad_y_pred.sum()
    grad_h = grad_y_pred.mm(w2.t())
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    grad_b1 = grad_h.sum(dim=0)

    # update
    w1 = w1 - learning_rate * grad_w1
    b1 = b1 - learning_rate * grad_b1
    w2 = w2 - learning_rate * grad_w2
    b2 = b2 - learning_rate * grad_b2
