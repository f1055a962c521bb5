"""A network of two layers with tensors alone: its gradients are written out by hand.

After the tutorial of the same network in a book (T1), in the R view of refimpl; from the seed that draws the numbers which it printed.
"""

from refimpl.rstyle import as_numeric, cat, show, torch_manual_seed, torch_randn, torch_zeros

D_IN, D_OUT, N, D_HIDDEN = 3, 1, 100, 32


def data():
    """Inputs, and a target that depends on all of them, with noise."""
    x = torch_randn(N, D_IN)
    y = x[:, 1, None] * 0.2 - x[:, 2, None] * 1.3 - x[:, 3, None] * 0.5 + torch_randn(N, 1)
    return x, y


def weights():
    """The weights and biases of both layers."""
    w1, w2 = torch_randn(D_IN, D_HIDDEN), torch_randn(D_HIDDEN, D_OUT)
    return w1, torch_zeros(1, D_HIDDEN), w2, torch_zeros(1, D_OUT)


def train(epochs=200, learning_rate=1e-4):
    """Gradient descent on the sum of squared errors."""
    x, y = data()
    w1, b1, w2, b2 = weights()
    for t in range(1, epochs + 1):
        # forward: an affine map, what is below zero cut off, another affine map
        h = x.mm(w1) + b1
        h_relu = h.clamp(min=0)
        y_pred = h_relu.mm(w2) + b2

        loss = as_numeric((y_pred - y).pow(2).sum())
        if t % 10 == 0:
            cat("Epoch: ", t, "   Loss: ", loss)

        # backward: the chain rule, from the prediction to each weight
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_b2 = grad_y_pred.sum()
        grad_h = grad_y_pred.mm(w2.t()).clone()
        grad_h[h < 0] = 0.0
        grad_w1 = x.t().mm(grad_h)
        grad_b1 = grad_h.sum(dim=1)

        w2, b2 = w2 - learning_rate * grad_w2, b2 - learning_rate * grad_b2
        w1, b1 = w1 - learning_rate * grad_w1, b1 - learning_rate * grad_b1


if __name__ == "__main__":
    torch_manual_seed(2235106305)
    print("-- C10: normal draws in three dimensions")
    show(torch_randn(2, 3, 4))
    data(), weights()  # the tutorial makes them piece by piece, and then once more in the complete program
    print("-- N19: the losses of the complete program")
    train()
