"""The tutorials' rows N: the network written with tensors alone, gradients by hand. Each runs on refimpl and on torch."""

from __future__ import annotations

import pytest

D_IN, D_OUT, N, D_HIDDEN = 3, 1, 100, 32  # row N01

# what the tutorial prints every 10 epochs, with 7 significant digits
PRINTED_LOSSES = [
    318.4779, 188.6638, 142.708, 120.3968, 108.7347, 102.2032, 98.18359, 95.74159, 94.07236, 92.82318,
    91.88651, 91.13139, 90.50255, 89.98438, 89.53185, 89.00684, 88.52534, 88.08672, 87.6752, 87.29878,
]  # fmt: skip


class Network:
    """The tutorial's program, cut into its steps so that each row can look at its own."""

    def __init__(self, torch):
        # rows N02 and N03: the inputs are drawn before the noise, and both before the weights
        self.x = torch.randn(N, D_IN)
        noise = torch.randn(N, D_OUT)
        self.y = self.x[:, 0:1] * 0.2 - self.x[:, 1:2] * 1.3 - self.x[:, 2:3] * 0.5 + noise
        self.w1 = torch.randn(D_IN, D_HIDDEN)
        self.w2 = torch.randn(D_HIDDEN, D_OUT)
        self.b1 = torch.zeros(1, D_HIDDEN)
        self.b2 = torch.zeros(1, D_OUT)

    def forward(self):
        self.h = self.x.mm(self.w1) + self.b1
        self.h_relu = self.h.clamp(min=0)
        self.y_pred = self.h_relu.mm(self.w2) + self.b2
        return (self.y_pred - self.y).pow(2).sum()

    def backward(self):
        grad_y_pred = 2 * (self.y_pred - self.y)
        grad_w2 = self.h_relu.t().mm(grad_y_pred)
        self.grad_h_relu = grad_y_pred.mm(self.w2.t())
        self.grad_h = self.grad_h_relu.clone()
        self.grad_h[self.h < 0] = 0
        grad_b2 = grad_y_pred.sum()
        grad_w1 = self.x.t().mm(self.grad_h)
        grad_b1 = self.grad_h.sum(dim=0)
        return {"w1": grad_w1, "b1": grad_b1, "w2": grad_w2, "b2": grad_b2}

    def step(self, learning_rate=1e-4):
        """Row N17: all gradients first, then new tensors for the weights."""
        loss = float(self.forward())
        grads = self.backward()
        for name in ("w2", "b2", "w1", "b1"):
            setattr(self, name, getattr(self, name) - learning_rate * grads[name])
        return loss


@pytest.fixture
def net(torch):
    network = Network(torch)
    network.loss = network.forward()
    return network


def test_N01_N02_N03_N04_the_shapes_of_data_and_weights(net):
    assert (net.x.shape, net.y.shape) == ((100, 3), (100, 1))
    assert (net.w1.shape, net.w2.shape) == ((3, 32), (32, 1))
    assert (net.b1.shape, net.b2.shape) == ((1, 32), (1, 1))
    assert not net.b1.any() and not net.b2.any()


def test_N05_the_bias_broadcasts_over_the_rows(torch, net):
    assert net.h.shape == (100, 32)
    net.b1 += 1
    assert torch.allclose(net.x.mm(net.w1) + net.b1, net.h + 1)


def test_N06_the_activation_keeps_the_shape(net):
    assert net.h_relu.shape == (100, 32)
    assert bool((net.h_relu >= 0).all())


def test_N07_the_output_has_no_activation(net):
    assert net.y_pred.shape == (100, 1)
    assert bool((net.y_pred < 0).any())


def test_N08_the_loss_is_a_sum_and_becomes_a_number(net):
    assert net.loss.shape == ()
    errors = (net.y_pred - net.y).reshape(-1).tolist()
    assert float(net.loss) == pytest.approx(sum(e * e for e in errors), rel=1e-5)


def test_N09_N10_N11_N12_N14_the_shapes_of_the_gradients(net):
    grads = net.backward()
    assert (2 * (net.y_pred - net.y)).shape == (100, 1)
    assert grads["w2"].shape == (32, 1)
    assert net.grad_h_relu.shape == net.grad_h.shape == (100, 32)
    assert grads["w1"].shape == (3, 32)


def test_N12_the_gradient_passes_where_h_is_zero_and_stops_below(torch, net):
    net.h[0, 0] = 0.0
    net.h[0, 1] = -1.0
    net.backward()
    assert net.grad_h[0, 0] == net.grad_h_relu[0, 0] != 0
    assert net.grad_h[0, 1] == 0 != net.grad_h_relu[0, 1]


def test_N13_a_0d_gradient_keeps_the_shape_of_b2(net):
    grad_b2 = net.backward()["b2"]
    assert grad_b2.shape == ()
    assert (net.b2 - 1e-4 * grad_b2).shape == (1, 1)


def test_N15_a_vector_gradient_keeps_the_shape_of_b1(net):
    grad_b1 = net.backward()["b1"]
    assert grad_b1.shape == (32,)
    assert (net.b1 - 1e-4 * grad_b1).shape == (1, 32)


def test_N16_the_gradients_by_hand_are_autograds(torch, net):
    by_hand = net.backward()
    for name in by_hand:
        getattr(net, name).requires_grad_()
    net.forward().backward()
    for name, gradient in by_hand.items():
        assert torch.allclose(getattr(net, name).grad, gradient.reshape(getattr(net, name).shape), rtol=1e-4, atol=1e-4), name


def test_N17_an_update_makes_new_tensors(net):
    before = net.w1
    values = before.tolist()
    net.step()
    assert net.w1 is not before and before.tolist() == values


def test_N18_N19_the_20_printed_losses(torch):
    """From the state of the generator that the printed numbers give away. The tolerance is the print's seven digits.

    The tutorial runs piece by piece first, which draws from the stream what the complete program then draws again.
    """
    torch.manual_seed(2235106305)
    torch.randn(2, 3, 4)
    Network(torch)
    network = Network(torch)
    losses = [network.step() for _ in range(200)][9::10]
    assert len(losses) == 20
    assert losses == pytest.approx(PRINTED_LOSSES, rel=5e-7)
