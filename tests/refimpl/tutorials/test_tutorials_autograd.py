"""The tutorials' rows A (autograd): each runs on refimpl and on torch."""

from __future__ import annotations

import re

import pytest
import torch as real_torch

N, D_IN, H, D_OUT = 64, 1000, 100, 10  # row A01


def train(torch, sizes, steps, learning_rate=1e-6):
    """The program of "Tensors and autograd": the losses before each update, and the trained weights."""
    n, d_in, h, d_out = sizes
    x = torch.randn(n, d_in)
    y = torch.randn(n, d_out)
    w1 = torch.randn(d_in, h, requires_grad=True)
    w2 = torch.randn(h, d_out, requires_grad=True)
    losses = []
    for _ in range(steps):
        y_pred = x.mm(w1).clamp(min=0).mm(w2)
        loss = (y_pred - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1.sub_(learning_rate * w1.grad)
            w2.sub_(learning_rate * w2.grad)
            w1.grad.zero_()
            w2.grad.zero_()
    return losses, w1, w2


@pytest.fixture
def weight(torch):
    return torch.tensor([1.0, -2.0, 3.0], requires_grad=True)


def raises(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}")


def test_A01_A09_the_loop_at_full_size(torch):
    """Three of the 500 steps; the conformance suite trains all of them."""
    losses, _, _ = train(torch, (N, D_IN, H, D_OUT), steps=3)
    real_torch.manual_seed(0)
    expected, _, _ = train(real_torch, (N, D_IN, H, D_OUT), steps=3)
    assert losses == pytest.approx(expected, rel=1e-5)
    assert losses == sorted(losses, reverse=True)


def test_A09_500_steps_of_a_smaller_network(torch):
    losses, w1, _ = train(torch, (4, 6, 5, 2), steps=500, learning_rate=1e-3)
    real_torch.manual_seed(0)
    expected, expected_w1, _ = train(real_torch, (4, 6, 5, 2), steps=500, learning_rate=1e-3)
    assert losses == pytest.approx(expected, rel=1e-3)  # the last ones are squares of differences of nearly equal numbers
    assert [v for row in w1.tolist() for v in row] == pytest.approx(expected_w1.reshape(-1).tolist(), rel=1e-3, abs=1e-5)
    reported = [t for t in range(1, 501) if t == 1 or t % 100 == 0]
    assert len(reported) == 6
    assert losses[499] < 1e-2 * losses[0]


def test_A02_no_tracking_by_default(torch):
    assert torch.randn(N, 3).requires_grad is False
    assert (torch.ones(2) + 1).grad_fn is None


def test_A03_the_forward_chain(torch):
    x = torch.randn(N, 6)
    w1 = torch.randn(6, 5, requires_grad=True)
    w2 = torch.randn(5, D_OUT, requires_grad=True)
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    assert y_pred.shape == (64, 10)
    assert y_pred.grad_fn.name() == "MmBackward0"
    assert not y_pred.is_leaf


def test_A04_the_loss_has_no_dimension(weight):
    loss = (weight - 1).pow(2).sum()
    assert loss.shape == () and loss.grad_fn.name() == "SumBackward0"


def test_A05_backward_fills_the_leaves(torch, weight):
    hidden = weight * 2
    hidden.sum().backward()
    assert weight.grad.tolist() == [2.0, 2.0, 2.0]
    assert (weight.grad.shape, weight.grad.dtype) == (weight.shape, weight.dtype)
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"):
        assert hidden.grad is None


def test_A06_gradients_accumulate(weight):
    for _ in range(2):
        (weight * 2).sum().backward()
    assert weight.grad.tolist() == [4.0, 4.0, 4.0]
    weight.grad.zero_()
    assert weight.grad.tolist() == [0.0, 0.0, 0.0]


def test_A07_updates_under_no_grad(torch, weight):
    (weight * weight).sum().backward()
    same = weight
    with torch.no_grad():
        weight.sub_(0.5 * weight.grad)
        assert (weight * 2).requires_grad is False
    assert weight is same and weight.is_leaf and weight.requires_grad
    assert weight.tolist() == [0.0, 0.0, 0.0]


def test_A08_a_leaf_must_not_be_written_while_tracked(weight):
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."):
        weight.sub_(1.0)


def test_A11_numbers_of_a_loss(torch):
    """R prints whole numbers whole and drops trailing zeros; the numbers themselves are float32 values."""
    assert float(torch.tensor(30390018.0)) == 30390018.0
    assert f"{float(torch.tensor(0.00102863)):.7g}" == "0.00102863"


def test_A12_the_node_of_a_linear_layer(torch):
    data = torch.randn(10, 3)
    assert data.grad_fn is None
    assert torch.nn.Linear(3, 1)(data).grad_fn.name() == "AddmmBackward0"


NODES = {
    "AddBackward0": lambda w: w + 1,
    "SubBackward0": lambda w: w - 1,
    "MulBackward0": lambda w: w * 2,
    "PowBackward0": lambda w: w**2,
    "SumBackward0": lambda w: w.sum(),
    "MeanBackward0": lambda w: w.mean(),
    "ClampBackward1": lambda w: w.clamp(min=0),
    "ReluBackward0": lambda w: w.relu(),
    "MmBackward0": lambda w: w.view(1, 3).mm(w.view(3, 1)),
    "TBackward0": lambda w: w.view(1, 3).t(),
    "UnsqueezeBackward0": lambda w: w.unsqueeze(0),
    "ViewBackward0": lambda w: w.view(3, 1),
    "CloneBackward0": lambda w: w.clone(),
    "SelectBackward0": lambda w: w[0],
}


@pytest.mark.parametrize("name", NODES)
def test_A13_the_names_of_the_nodes(weight, name):
    node = NODES[name](weight).grad_fn
    assert node.name() == name
    assert type(node).__name__ == name
    assert repr(node).startswith(f"<{name} object at 0x")


def test_A13_the_node_of_a_leaf(weight):
    (leaf, number), *_ = (weight * 2).grad_fn.next_functions
    assert (leaf.name(), number) == ("torch::autograd::AccumulateGrad", 0)
    assert leaf.variable is weight


def test_A14_backward_of_several_elements_needs_a_gradient(torch):
    out = torch.nn.Linear(3, 1)(torch.randn(10, 3))
    with raises(RuntimeError, "grad can be implicitly created only for scalar outputs"):
        out.backward()


def test_A15_one_element_of_any_rank_counts_as_scalar(weight):
    (weight[:1].view(1, 1) * 2).backward()
    assert weight.grad.tolist() == [2.0, 0.0, 0.0]


def test_A16_the_gradient_at_zero(torch):
    for function, expected in ((lambda q: q.clamp(min=0), [0.0, 1.0, 1.0]), (torch.relu, [0.0, 0.0, 1.0])):
        q = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
        function(q).sum().backward()
        assert q.grad.tolist() == expected


def test_A17_an_explicit_gradient_has_the_shape_of_the_output(torch):
    out = torch.ones(10, 1, requires_grad=True) * 2
    text = "Mismatch in shape: grad_output[0] has a shape of torch.Size([10]) and output[0] has a shape of torch.Size([10, 1])."
    with raises(RuntimeError, text):
        out.backward(gradient=torch.ones(10))
    out.backward(gradient=torch.ones(10, 1))


def test_A18_the_chain_rule(torch, weight):
    gradient = torch.tensor([1.0, 10.0, -3.0])
    (weight * weight).backward(gradient)
    explicit = weight.grad.clone()
    weight.grad.zero_()
    ((weight * weight) * gradient).sum().backward()
    assert weight.grad.tolist() == explicit.tolist()


def test_A19_the_tutorials_gradient_of_ten(torch):
    layer, data = torch.nn.Linear(3, 1), torch.randn(10, 3)
    gradient = torch.tensor([10.0]).repeat(10).unsqueeze(0).t()
    layer(data).backward(gradient=gradient)
    assert layer.bias.grad.tolist() == [100.0]
    assert layer.weight.grad.shape == (1, 3)
    assert torch.allclose(layer.weight.grad, 10 * data.sum(dim=0, keepdim=True), atol=1e-5)


def test_A20_the_gradient_of_a_true_mean(torch):
    layer, data = torch.nn.Linear(3, 1), torch.randn(10, 3)
    layer(data).mean().backward()
    assert layer.bias.grad.tolist() == pytest.approx([1.0])
    assert torch.allclose(layer.weight.grad, data.mean(dim=0, keepdim=True), atol=1e-6)


def test_A21_the_graph_is_freed_after_backward(weight):
    loss = (weight * weight).sum()
    loss.backward()
    with raises(RuntimeError, "Trying to backward through the graph a second time"):
        loss.backward()


def test_A22_backward_of_an_untracked_tensor(torch):
    with raises(RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"):
        torch.ones(1).backward()
