"""The tutorials' rows M (modules) and Z (announced, not shown): each runs on refimpl and on torch.

Z06 and Z07 ("pretty much all the common layers", "lots more operations") are the list of documented operations: here,
the part of it that the tutorials use or name.
"""

from __future__ import annotations

import pytest
import torch as real_torch
from libtorch_text import libtorch_text, words
from without_gpu import no_gpu_error

# the 4 + 81 parameters that the tutorial prints
LAYER_WEIGHT = "-0.0385 0.1412 -0.5436 [ CPUFloatType{1,3} ]"
LAYER_BIAS = "-0.1950 [ CPUFloatType{1} ]"
MODEL = {
    "0.weight": """
        -0.1968 -0.1127 -0.0504
        0.0083 0.3125 0.0013
        0.4784 -0.2757 0.2535
        -0.0898 -0.4706 -0.0733
        -0.0654 0.5016 0.0242
        0.4855 -0.3980 -0.3434
        -0.3609 0.1859 -0.4039
        0.2851 0.2809 -0.3114
        -0.0542 -0.0754 -0.2252
        -0.3175 0.2107 -0.2954
        -0.3733 0.3931 0.3466
        0.5616 -0.3793 -0.4872
        0.0062 0.4168 -0.5580
        0.3174 -0.4867 0.0904
        -0.0981 -0.0084 0.3580
        0.3187 -0.2954 -0.5181
        [ CPUFloatType{16,3} ]""",
    "0.bias": """
        -0.3714 0.5603 -0.3791 0.4372 -0.1793 -0.3329 0.5588 0.1370
        0.4467 0.2937 0.1436 0.1986 0.4967 0.1554 -0.3219 -0.0266
        [ CPUFloatType{16} ]""",
    "2.weight": """
        Columns 1 to 10-0.0908 -0.1786 0.0812 -0.0414 -0.0251 -0.1961 0.2326 0.0943 -0.0246 0.0748
        Columns 11 to 16 0.2111 -0.1801 -0.0102 -0.0244 0.1223 -0.1958
        [ CPUFloatType{1,16} ]""",
    "2.bias": "0.2470 [ CPUFloatType{1} ]",
}


def sequential(torch, d_in=3, d_hidden=16, d_out=1):
    nn = torch.nn
    return nn.Sequential(nn.Linear(d_in, d_hidden), nn.ReLU(), nn.Linear(d_hidden, d_out))


def train(torch, model, update, loss_function, epochs):
    """The tutorial's data and loop; ``update`` changes the parameters by their gradients."""
    x = torch.randn(100, 3)
    y = x[:, 0, None] * 0.2 - x[:, 1, None] * 1.3 - x[:, 2, None] * 0.5 + torch.randn(100, 1)
    losses = []
    for _ in range(epochs):
        loss = loss_function(model(x), y)
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        update()
    return losses


def test_M01_a_linear_layer(torch):
    layer = torch.nn.Linear(3, 1)
    assert (layer.weight.shape, layer.bias.shape) == ((1, 3), (1,))
    data = torch.randn(10, 3)
    assert torch.allclose(layer(data), data.mm(layer.weight.t()) + layer.bias, atol=1e-6)
    assert repr(layer) == "Linear(in_features=3, out_features=1, bias=True)"


def test_M02_its_printed_parameters(torch):
    torch.manual_seed(10403)
    parameters = dict(torch.nn.Linear(3, 1).named_parameters())
    assert list(parameters) == ["weight", "bias"]
    assert words(libtorch_text(parameters["weight"])) == words(LAYER_WEIGHT)
    assert words(libtorch_text(parameters["bias"])) == words(LAYER_BIAS)
    assert all(abs(v) <= 3**-0.5 for v in parameters["weight"].reshape(-1).tolist())


def test_M03_calling_a_module_runs_forward(torch):
    layer, data = torch.nn.Linear(3, 1), torch.randn(10, 3)
    assert layer(data).shape == (10, 1)
    assert torch.equal(layer(data), layer.forward(data))


def test_M05_parameters_track_gradients(torch):
    assert all(p.requires_grad and p.is_leaf for p in sequential(torch).parameters())


def test_M06_no_gradients_before_backward(torch):
    layer = torch.nn.Linear(3, 1)
    layer(torch.randn(10, 3))
    assert layer.weight.grad is None and layer.bias.grad is None


def test_M08_a_sequence_of_layers(torch):
    model = sequential(torch)
    assert model(torch.randn(10, 3)).shape == (10, 1)
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=16, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=16, out_features=1, bias=True)\n"
        ")"
    )


def test_M09_parameters_are_named_by_position(torch):
    shapes = {name: tuple(p.shape) for name, p in sequential(torch).named_parameters()}
    assert shapes == {"0.weight": (16, 3), "0.bias": (16,), "2.weight": (1, 16), "2.bias": (1,)}
    assert list(shapes) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_M10_the_81_printed_parameters(torch):
    torch.manual_seed(10403)
    torch.nn.Linear(3, 1)
    parameters = dict(sequential(torch).named_parameters())
    assert sum(p.numel() for p in parameters.values()) == 81
    for name, text in MODEL.items():
        assert words(libtorch_text(parameters[name])) == words(text), name


def test_M11_a_layer_by_position(torch):
    model = sequential(torch)
    assert model[0].bias is dict(model.named_parameters())["0.bias"]
    with pytest.raises(IndexError, match="^index 5 is out of range$"):
        model[5]


def test_M12_a_composite_called_on_data(torch):
    out = sequential(torch)(torch.randn(10, 3))
    assert (out.shape, out.grad_fn.name()) == ((10, 1), "AddmmBackward0")


def test_M13_backward_through_all_layers(torch):
    model = sequential(torch)
    model(torch.randn(10, 3)).backward(gradient=torch.tensor([10.0]).repeat(10).unsqueeze(0).t())
    assert model[0].bias.grad.shape == (16,)
    assert model[2].bias.grad.tolist() == [100.0]


def test_M15_a_whole_model_to_the_gpu(torch):
    model = sequential(torch)
    model(torch.randn(10, 3)).sum().backward()
    if torch.cuda.is_available():
        before = model[0].bias.grad.tolist()
        assert model.cuda() is model
        assert all(p.is_cuda and p.grad.is_cuda for p in model.parameters())
        assert model[0].bias.grad.tolist() == before
    else:
        with no_gpu_error(torch):
            model.cuda()


def test_M16_training_with_modules(torch):
    def run(library):
        model = sequential(library, d_hidden=32)

        def update():
            with library.no_grad():
                for p in model.parameters():
                    p.sub_(1e-4 * p.grad)

        return train(library, model, update, lambda a, b: (a - b).pow(2).sum(), epochs=60)

    losses = run(torch)
    real_torch.manual_seed(0)
    assert losses == pytest.approx(run(real_torch), rel=1e-5)
    assert losses[-1] < losses[0]


def test_M17_zero_grad(torch):
    model = sequential(torch)
    model(torch.randn(10, 3)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert not model[0].weight.grad.any()
    model.zero_grad()
    assert model[0].weight.grad is None


def test_M18_modules_compose(torch):
    nn = torch.nn
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Linear(3, 1))
    assert [name for name, _ in model.named_parameters()] == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]


# -- Z: announced, not shown ---------------------------------------------------------------------


def test_Z01_an_sgd_step_is_the_update_by_hand(torch):
    by_hand, by_optimizer = sequential(torch), sequential(torch)
    by_optimizer.load_state_dict(by_hand.state_dict())
    data = torch.randn(10, 3)
    for model in (by_hand, by_optimizer):
        model(data).pow(2).sum().backward()
    with torch.no_grad():
        for p in by_hand.parameters():
            p.sub_(0.01 * p.grad)
    torch.optim.SGD(by_optimizer.parameters(), lr=0.01).step()
    for a, b in zip(by_hand.parameters(), by_optimizer.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-7)


def test_Z02_a_summed_mse_loss_is_the_loss_by_hand(torch):
    a, b = torch.randn(10, 1), torch.randn(10, 1)
    loss = torch.nn.functional.mse_loss(a, b, reduction="sum")
    assert loss.shape == ()
    assert loss.item() == pytest.approx((a - b).pow(2).sum().item(), rel=1e-6)


def test_Z03_a_custom_autograd_function(torch):
    class MyReLU(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input < 0] = 0
            return grad_input

    x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    y = MyReLU.apply(x)
    assert (y.tolist(), y.grad_fn.name()) == ([0.0, 0.0, 2.0], "MyReLUBackward")
    y.backward(torch.tensor([5.0, 6.0, 7.0]))
    assert x.grad.tolist() == [0.0, 6.0, 7.0]


def test_Z04_automatic_differentiation(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (gradient,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    assert gradient.tolist() == [3.0, 12.0]
    (second,) = torch.autograd.grad(gradient.sum(), x)
    assert second.tolist() == [6.0, 12.0]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_Z05_layers_a_loss_and_an_optimizer_together(torch, optimizer):
    def run(library):
        model = sequential(library, d_hidden=8)
        step = getattr(library.optim, optimizer)(model.parameters(), lr=0.01).step
        return train(library, model, step, library.nn.MSELoss(), epochs=30)

    losses = run(torch)
    real_torch.manual_seed(0)
    assert losses == pytest.approx(run(real_torch), rel=1e-5)


NAMED = (
    "arange eye logspace ones randint randn zeros tensor reshape squeeze t transpose unsqueeze add clamp mul pow sub mean sum lt clone addmm "
    "mm relu"
)
NAMED_METHODS = (
    "view stride contiguous untyped_storage repeat add_ sub_ zero_ size item cpu cuda backward is_contiguous index_put_ requires_grad_"
)


@pytest.mark.parametrize("name", NAMED.split())
def test_Z07_functions_that_the_tutorials_name(torch, name):
    assert callable(getattr(torch, name))


@pytest.mark.parametrize("name", NAMED_METHODS.split())
def test_Z07_methods_that_the_tutorials_use(torch, name):
    assert callable(getattr(torch.ones(1), name))


@pytest.mark.parametrize("name", "Module Sequential Parameter Linear ReLU MSELoss init.kaiming_uniform_ init.uniform_ functional.linear".split())
def test_Z06_the_layers_that_the_tutorials_use(torch, name):
    found = torch.nn
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)
