"""Modules: layers that bring their parameters along, composed, and trained.

After the tutorial "Modules" (T3), in the R view of refimpl; from the seed that draws the parameters which it printed.
"""

from network import D_HIDDEN, D_IN, D_OUT, data

from refimpl.rstyle import (
    cat,
    cuda_is_available,
    nn_linear,
    nn_relu,
    nn_sequential,
    show,
    torch_manual_seed,
    torch_randn,
    torch_tensor,
    with_no_grad,
)

torch_manual_seed(10403)
layer = nn_linear(3, 1)
model = nn_sequential(nn_linear(3, 16), nn_relu(), nn_linear(16, 1))  # made here, because it draws what comes next
print("-- M02: a layer comes with parameters")
show(layer.parameters)

batch = torch_randn(10, 3)
out = layer(batch)
print("-- M03: called, it computes")
show(out)
print("-- A12: and the result knows how it came to be")
print(out.grad_fn.name())
print("-- M06: there are no gradients yet")
show(layer.weight.grad, layer.bias.grad)
print("-- A14: nor can there be, of ten numbers")
try:
    out.backward()
except RuntimeError as error:
    print(error)

# Told what the derivative of some number by each of the ten is, autograd goes on from there. The tutorial speaks of their mean and gives 10; the mean
# would be 1/10.
gradient = torch_tensor(10.0).repeat(10).unsqueeze(1).t()
out.backward(gradient=gradient)
print("-- A19: now there are")
show(layer.weight.grad, layer.bias.grad)

print("-- M10: a model of layers; its parameters are named by position, from 0 even in R")
show(model.parameters)
print("-- M11: a layer by position, from 1")
show(model[[1]].bias)
out = model(batch)
out.backward(gradient=gradient)
print("-- M13: backward goes through all layers")
show(model[[1]].bias.grad)
print("-- M15: a model moves to the GPU as a whole")
if cuda_is_available():
    model.cuda()
    show(model[[1]].bias.grad)
else:
    print("no GPU here")

print("-- M16: the network once more")
x, y = data()
model = nn_sequential(nn_linear(D_IN, D_HIDDEN), nn_relu(), nn_linear(D_HIDDEN, D_OUT))
learning_rate = 1e-4
for t in range(1, 201):
    loss = (model(x) - y).pow(2).sum()
    if t % 10 == 0:
        cat("Epoch: ", t, "   Loss: ", loss.item())
    model.zero_grad()
    loss.backward()
    with with_no_grad():
        for parameter in model.parameters.values():
            parameter.sub_(learning_rate * parameter.grad)
