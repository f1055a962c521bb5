"""The same kind of network with gradients from autograd.

After the tutorial "Tensors and autograd" (T2), in the R view of refimpl. The tutorial's sizes take pure Python some minutes (``--full``);
smaller ones show the same.
"""

import sys

from refimpl.rstyle import as_numeric, cat, cuda_is_available, torch_device, torch_manual_seed, torch_randn, with_no_grad

device = torch_device("cuda") if cuda_is_available() else torch_device("cpu")
n, d_in, d_hidden, d_out = (64, 1000, 100, 10) if "--full" in sys.argv else (4, 30, 8, 1)
learning_rate = 1e-6 if "--full" in sys.argv else 1e-4
torch_manual_seed(1)

# Data need no gradients, and by default no tensor asks for one; the weights do.
x = torch_randn(n, d_in, device=device)
y = torch_randn(n, d_out, device=device)
w1 = torch_randn(d_in, d_hidden, device=device, requires_grad=True)
w2 = torch_randn(d_hidden, d_out, device=device, requires_grad=True)

print("-- A09: the losses")
for t in range(1, 501):
    loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
    if t % 100 == 0 or t == 1:
        cat("Step:", t, ":", as_numeric(loss))
    loss.backward()  # w1.grad and w2.grad are there now

    # The update itself is none of the program's formulas, so it is not recorded; and gradients add up until they are cleared.
    with with_no_grad():
        for w in (w1, w2):
            w.sub_(learning_rate * w.grad)
            w.grad.zero_()
