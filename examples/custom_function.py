"""A function with a gradient of its own, and the check that the gradient is right."""

import refimpl as torch


class Swish(torch.autograd.Function):
    """x * sigmoid(beta * x); its backward is written with tensor operations, so it can be differentiated again."""

    @staticmethod
    def forward(ctx, x, beta):
        ctx.save_for_backward(x)
        ctx.beta = beta
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(ctx.beta * x)
        return grad_output * (s + ctx.beta * x * s * (1 - s)), None


swish = Swish.apply
x = torch.tensor([-2.0, 0.0, 1.0], requires_grad=True)
y = swish(x, 1.5)
print(y)
print(y.grad_fn.name())
y.sum().backward()
print(x.grad)

print("-- checked against finite differences, in float64")
torch.manual_seed(4)
point = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(lambda t: swish(t, 1.5), point))
print(torch.autograd.gradgradcheck(lambda t: swish(t, 1.5), point))
