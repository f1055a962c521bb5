"""The functions of torch.optim's files (``torch.optim.adam.adam``) have torch's signatures, and take torch's steps on what they are given."""

from __future__ import annotations

import importlib
import inspect

import pytest
import torch as real_torch

import refimpl

FILES = {name: "_adafactor" if name == "adafactor" else name for name in (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "asgd", "nadam", "radam", "rmsprop", "rprop", "sgd")}  # fmt: skip
OPTIONS = {
    "lr": 0.1, "weight_decay": 0.01, "dampening": 0.0, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "rho": 0.9, "lr_decay": 0.1,
    "alpha": 0.75, "lambd": 0.01, "t0": 1.0, "step_size_min": 1e-6, "step_size_max": 50.0, "etaminus": 0.5, "etaplus": 1.2,
    "momentum_decay": 4e-3, "d": 1.0, "beta2_decay": -0.8, "eps1": None, "eps2": 1e-3,
}  # fmt: skip


def function(torch, name):
    return getattr(importlib.import_module(f"{torch.__name__}.optim.{FILES[name]}"), name)


def lists_of(name):
    parameters = inspect.signature(function(real_torch, name)).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty][2:]


def first(torch, name, kept, params, everything):
    """What a list has before the first step."""
    if kept == "state_steps":
        return [torch.tensor(0.0), torch.tensor(3.0)]
    if kept in ("mu_products", "mus", "etas"):
        return [torch.tensor(1.0), torch.tensor(0.5)]
    if kept in ("row_vars", "col_vars"):
        # the second parameter is a vector
        return [torch.ones((2, 1) if kept == "row_vars" else (1, 2)), None]
    if kept == "variances":
        return [None, torch.zeros(3)]
    if kept == "momentum_buffer_list" and name == "sgd":
        return [None, None]
    if kept in ("max_exp_avg_sqs", "grad_avgs", "momentum_buffer_list") and not everything:
        return []
    return [torch.full_like(p, 0.1) if kept == "step_sizes" else torch.zeros_like(p) for p in params]


def steps(torch, name, everything):
    call = function(torch, name)
    wanted = [p.name for p in inspect.signature(call).parameters.values() if p.kind is p.KEYWORD_ONLY]
    options = {**OPTIONS, "momentum": 0.9 * everything, **dict.fromkeys(("maximize", "nesterov", "amsgrad", "centered"), everything)}
    params = [torch.tensor([[1.0, -2.0], [0.5, 4.0]]), torch.tensor([3.0, 0.0, -1.0])]
    grads = [torch.tensor([[0.1, 0.2], [-0.3, 0.0]]), torch.tensor([1.0, -2.0, 0.5])]
    lists = [first(torch, name, kept, params, everything) for kept in lists_of(name)]
    for _ in range(3):
        call(params, grads, *lists, **{option: options[option] for option in options if option in wanted})
    return [params, grads, *lists]


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_functions_take_torchs_steps(name, everything):
    for mine, its in zip(steps(refimpl, name, everything), steps(real_torch, name, everything), strict=True):
        assert len(mine) == len(its)
        for a, b in zip(mine, its):
            if b is None:
                assert a is None
            else:
                real_torch.testing.assert_close(real_torch.tensor(a.tolist(), dtype=b.dtype), b, atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("name", FILES)
def test_functions_have_torchs_signatures(name):
    mine, its = (inspect.signature(function(torch, name)).parameters.values() for torch in (refimpl, real_torch))
    assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in its]


@pytest.mark.parametrize("call", [
    "adam([x], [x], [x], [x], [], [1], amsgrad=False, beta1=0.9, beta2=0.9, lr=0.1, weight_decay=0, eps=0, maximize=False)",
    "sgd([w], [x], [None], weight_decay=0, momentum=0, lr=0.1, dampening=0, nesterov=False, maximize=False)",
])  # fmt: skip
def test_functions_refuse_what_torchs_refuse(call):
    said = []
    for torch in (refimpl, real_torch):
        names = {"x": torch.ones(2), "w": torch.ones(2, requires_grad=True), "adam": function(torch, "adam"), "sgd": function(torch, "sgd")}
        with pytest.raises(RuntimeError) as error:
            eval(call, names)
        said.append(str(error.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("short", [0, 1, 2])
def test_a_list_that_has_nothing_of_a_parameter_writes_nothing(short):
    for torch in (refimpl, real_torch):
        x, step = torch.ones(2), torch.tensor(0.0)
        lists = [[torch.ones(2)], [torch.zeros(2)], [torch.zeros(2)]]
        lists[short] = []
        with pytest.raises(IndexError):
            function(torch, "adam")([x], *lists, [], [step], amsgrad=False, beta1=0.9, beta2=0.9, lr=0.1, weight_decay=0.0, eps=0.1, maximize=False)
        assert (x.tolist(), step.item()) == ([1, 1], 0)
