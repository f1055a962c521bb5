"""Optimizers take torch's steps, keep torch's state, and refuse what torch refuses."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch as real_torch
from side_by_side import assert_same

import refimpl

SGD_OPTIONS = [
    "lr=0.1", "lr=0.1, momentum=0.9", "lr=0.1, momentum=0.9, dampening=0.5", "lr=0.1, momentum=0.9, nesterov=True",
    "lr=0.1, weight_decay=0.3", "lr=0.1, maximize=True, weight_decay=0.1", "lr=0.1, momentum=0.5, weight_decay=0.1, maximize=True",
    "lr=torch.tensor(0.1)", "lr=torch.tensor([0.1]), momentum=0.9", "", "lr=0.1, foreach=False", "lr=0.0, momentum=1.0",
    "lr=0.1, differentiable=True, momentum=0.9",
]  # fmt: skip
ADAM_OPTIONS = [
    "", "lr=0.1", "lr=0.1, betas=(0.5, 0.7)", "lr=0.1, eps=0.1", "lr=0.1, weight_decay=0.3", "lr=0.1, amsgrad=True",
    "lr=0.1, maximize=True", "lr=torch.tensor(0.1)", "lr=0.1, decoupled_weight_decay=True, weight_decay=0.2", "lr=0.1, foreach=False",
    "lr=0.1, betas=(0.0, 0.0)",
]  # fmt: skip
ADAMW_OPTIONS = ["", "lr=0.1", "lr=0.1, weight_decay=0.3, amsgrad=True, maximize=True"]
OTHERS = {
    "Adadelta": ["lr=0.1", "lr=0.1, rho=0.5, weight_decay=0.1", "lr=torch.tensor(0.1), maximize=True"],
    "Adafactor": ["lr=0.1", "lr=0.1, weight_decay=0.1, maximize=True", "lr=torch.tensor(0.1), eps=(0.01, 0.1), d=2.0", "lr=0.1, beta2_decay=-0.3"],
    "Adagrad": ["lr=0.1", "lr=0.1, lr_decay=0.5, weight_decay=0.1", "lr=0.1, initial_accumulator_value=0.5", "lr=torch.tensor(0.1), maximize=True"],
    "Adamax": ["lr=0.1", "lr=0.1, betas=(0.5, 0.7), weight_decay=0.1", "lr=torch.tensor(0.1), maximize=True", "lr=0.1, differentiable=True"],
    "ASGD": ["lr=0.1", "lr=0.1, t0=1, lambd=0.1, alpha=2.0", "lr=torch.tensor(0.1), weight_decay=0.1, maximize=True"],
    "NAdam": ["lr=0.1", "lr=0.1, momentum_decay=0.5, weight_decay=0.1", "lr=0.1, decoupled_weight_decay=True, weight_decay=0.1, maximize=True"],
    "RAdam": ["lr=0.1", "lr=0.1, betas=(0.5, 0.7), weight_decay=0.1", "lr=0.1, decoupled_weight_decay=True, weight_decay=0.1, maximize=True"],
    "RMSprop": ["lr=0.1", "lr=0.1, alpha=0.5, momentum=0.9", "lr=0.1, centered=True, weight_decay=0.1", "lr=torch.tensor(0.1), maximize=True"],
    "Rprop": ["lr=0.1", "lr=0.1, etas=(0.25, 2.0), step_sizes=(0.01, 0.2)", "lr=0.1, maximize=True"],
}  # fmt: skip
EVERY = [*[("SGD", o) for o in SGD_OPTIONS], *[("Adam", o) for o in ADAM_OPTIONS], *[("AdamW", o) for o in ADAMW_OPTIONS],
         *[(name, o) for name, options in OTHERS.items() for o in options]]  # fmt: skip


def make(torch, name, options, params):
    return eval(f"torch.optim.{name}(params, {options})", {"torch": torch, "params": params})


def run(torch, name, options, dtype="float32", steps=4):
    """Parameters and state after a few steps on a quadratic; the second parameter gets no gradient at first."""
    d = getattr(torch, dtype)
    first = torch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=d, requires_grad=True)
    second = torch.tensor([0.25, -0.125, 8.0], dtype=d, requires_grad=True)
    work = [first, second]
    if "differentiable" in options:
        # only tensors that are no leaves can be written within the graph
        work = [first.clone(), second.clone()]
        for tensor in work:
            tensor.retain_grad()
    optimizer = make(torch, name, options, work)
    for i in range(steps):
        for p, scale in zip(work, (0.5, 0.7)):
            p.grad = None if i == 0 and p is work[1] else (p * scale + i).detach()
        optimizer.step()
    return work, optimizer


def close(ours, theirs, dtype):
    eps = refimpl.finfo(getattr(refimpl, dtype)).eps
    assert ours.shape == theirs.shape
    for a, b in zip(flat(ours.tolist()), flat(theirs.tolist())):
        assert a == pytest.approx(b, rel=16 * eps, abs=4 * eps)


def flat(values):
    return [x for value in values for x in flat(value)] if isinstance(values, list) else [values]


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize(("name", "options"), EVERY)
def test_steps_and_state_follow_torch(name, options, dtype):
    if dtype == "bfloat16" and ("tensor" in options or "lr=0.1" not in options):
        dtype = "float16"
    (ours, our_optimizer), (theirs, their_optimizer) = (run(library, name, options, dtype) for library in (refimpl, real_torch))
    for a, b in zip(ours, theirs, strict=True):
        close(a, b, dtype)
        mine, wanted = our_optimizer.state[a], their_optimizer.state[b]
        assert list(mine) == list(wanted)
        for key in wanted:
            close(mine[key], wanted[key], dtype)
            assert repr(mine[key].dtype) == repr(wanted[key].dtype)


@pytest.mark.parametrize("name", ["SGD", "Adam", *(name for name in OTHERS if name != "Adafactor")])
def test_complex_parameters(name):
    results = []
    for torch in (refimpl, real_torch):
        p = torch.tensor([1 + 2j, -0.5j, 3.0], requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], lr=0.1)
        for _ in range(3):
            p.grad = (p * (0.5 - 0.25j)).detach()
            optimizer.step()
        results.append([x for z in p.tolist() for x in (z.real, z.imag)])
    assert results[0] == pytest.approx(results[1], rel=1e-6)


@pytest.mark.parametrize(("name", "options"), [("SGD", "lr=0.05, momentum=0.9"), ("Adam", "lr=0.05"), ("AdamW", "lr=0.05")])
def test_a_training_run_follows_torch(name, options):
    losses = []
    for torch in (refimpl, real_torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
        x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
        loss_function = torch.nn.CrossEntropyLoss()
        optimizer = make(torch, name, options, model.parameters())
        run_losses = []
        for _ in range(30):
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            run_losses.append(loss.item())
        losses.append(run_losses)
    assert losses[0] == pytest.approx(losses[1], rel=2e-5)
    assert losses[0][-1] < 0.8 * losses[0][0]


def test_the_first_sum_of_adagrad_is_the_constructors():
    def sums(torch):
        p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
        optimizer = torch.optim.Adagrad([{"params": [p], "initial_accumulator_value": 0.5}, {"params": [q]}], initial_accumulator_value=0.25)
        return [optimizer.state[tensor]["sum"].tolist() for tensor in (p, q)]

    assert sums(refimpl) == sums(real_torch)


def test_printing_and_options():
    def program(torch):
        w = torch.zeros(2, requires_grad=True)
        b = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.SGD([{"params": w}, {"params": [b], "lr": 0.5, "tag": "b"}], lr=0.1, momentum=0.9)
        named = torch.optim.SGD([("w", w), ("b", b)])
        added = torch.optim.SGD([w])
        added.add_param_group({"params": b, "lr": 3})
        return [
            optimizer, torch.optim.SGD([w]), torch.optim.Adam([w]), torch.optim.AdamW([w]), torch.optim.Adam([w], lr=torch.tensor(0.5)),
            [g["params"] for g in optimizer.param_groups], optimizer.defaults, named.param_groups, added, added.state_dict(),
            optimizer.state_dict(), named.state_dict(), torch.optim.Adam([w]).state_dict(),
        ]  # fmt: skip

    assert_same(program)


def test_errors():
    def program(torch):
        optim, w = torch.optim, torch.zeros(2, requires_grad=True)
        b = torch.zeros(2, requires_grad=True)
        S, A = optim.SGD, optim.Adam
        return [
            lambda: S([]), lambda: S(w), lambda: S([1]), lambda: S([w * 2]), lambda: S({w}), lambda: S([{"params": {w}}]), lambda: S([w, w]),
            lambda: S([w], lr=-1), lambda: S([w], momentum=-1), lambda: S([w], weight_decay=-1), lambda: S([w], lr=torch.ones(2)),
            lambda: S([w], nesterov=True), lambda: S([w], nesterov=True, momentum=0.9, dampening=0.1), lambda: S([w], 0.1, 0, 0, 0, False, True),
            lambda: S([{"params": [w]}, {"params": [w]}]), lambda: S([("w", w), b]), lambda: S([("w", w)]).add_param_group({"params": [b]}),
            lambda: S([w]).add_param_group([b]), lambda: S([w]).add_param_group({"params": [w]}), lambda: S([w], foreach=True, fused=True),
            lambda: S([w], differentiable=True, fused=True), lambda: S(), lambda: S([w], rate=3), lambda: S(["a"]), lambda: S(None),
            lambda: A([w], lr=-1), lambda: A([w], eps=-1), lambda: A([w], betas=(1.0, 0.5)), lambda: A([w], betas=(0.5, -0.1)),
            lambda: A([w], weight_decay=-1), lambda: A([w], betas=(0.5, torch.tensor(0.5))), lambda: A([w], betas=(0, 0)),
            lambda: A([w], lr=torch.ones(2)), lambda: A([w], lr=torch.tensor(0.1), foreach=True), lambda: A([w], fused=True, foreach=True),
            lambda: A([w], betas=(torch.ones(2) / 2, torch.ones(2) / 2)), lambda: A([w], differentiable=True, fused=True),
            lambda: optim.Optimizer([w], {}).step(), lambda: optim.Optimizer([w], {"lr": 1}), lambda: optim.AdamW([w], eps=-1),
            lambda: S([w]).load_state_dict(S([w, b]).state_dict()),
            lambda: S([w]).load_state_dict(S([{"params": w}, {"params": b}]).state_dict()), lambda: S([w]).step(), lambda: S([w]).step(lambda: 5),
        ]  # fmt: skip

    assert_same(program)


def test_errors_of_the_others():
    def program(torch):
        optim, w = torch.optim, torch.zeros(2, requires_grad=True)
        rates = [lambda name=name: getattr(optim, name)([w], lr=-1) for name in (*OTHERS, "LBFGS", "Muon")]
        several = [lambda name=name: getattr(optim, name)([w], lr=torch.ones(2)) for name in OTHERS]
        decays = [lambda name=name: getattr(optim, name)([w], weight_decay=-1) for name in OTHERS if name != "Rprop"]
        return [
            *rates, *several, *decays, lambda: optim.Adadelta([w], rho=2), lambda: optim.Adadelta([w], eps=-1),
            lambda: optim.Adagrad([w], lr_decay=-1), lambda: optim.Adagrad([w], initial_accumulator_value=-1), lambda: optim.Adagrad([w], eps=-1),
            lambda: optim.Adagrad([w], fused=True, foreach=True), lambda: optim.Adamax([w], betas=(1.0, 0.5)), lambda: optim.Adamax([w], eps=-1),
            lambda: optim.NAdam([w], momentum_decay=-1), lambda: optim.NAdam([w], betas=(0.5, 2)), lambda: optim.RAdam([w], eps=-1),
            lambda: optim.RMSprop([w], alpha=-1), lambda: optim.RMSprop([w], momentum=-1), lambda: optim.Rprop([w], etas=(1.5, 2)),
            lambda: optim.Adafactor([w], beta2_decay=0.1), lambda: optim.Adafactor([w], eps=(-1, 1)), lambda: optim.Adafactor([w], eps=(None, -1)),
            lambda: optim.Adafactor([w], d=0.5), lambda: optim.Muon([w]), lambda: optim.Muon([torch.ones(2, 2)], momentum=-1),
            lambda: optim.Muon([torch.ones(2, 2)], adjust_lr_fn="x"), lambda: optim.Muon([torch.ones(2, 2)], weight_decay=-1),
            lambda: optim.LBFGS([{"params": [w]}, {"params": [torch.ones(1)]}]),
            lambda: optim.LBFGS([w], line_search_fn="x").step(lambda: _loss_of(w)),
        ]  # fmt: skip

    assert_same(program)


def _loss_of(w):
    w.grad = None
    loss = ((w - 1) ** 2).sum()
    loss.backward()
    return loss


@pytest.mark.parametrize("options", ["", "lr=0.1, nesterov=False", "adjust_lr_fn='match_rms_adamw', weight_decay=0", "ns_steps=3, momentum=0.5"])
def test_muon_follows_torch(options):
    found = []
    for torch in (refimpl, real_torch):
        torch.manual_seed(1)
        wide, tall = torch.randn(3, 5), torch.randn(4, 2)
        for p in (wide, tall):
            p.requires_grad_()
        optimizer = make(torch, "Muon", options, [wide, tall])
        for _ in range(3):
            for p in (wide, tall):
                p.grad = (p * 0.5 + 1).detach()
            optimizer.step()
        found.append([flat(t.tolist()) for p in (wide, tall) for t in (p, optimizer.state[p]["momentum_buffer"])])
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)  # bfloat16 on the way


@pytest.mark.parametrize("options", ["", "lr=0.1", "line_search_fn='strong_wolfe'", "line_search_fn='strong_wolfe', lr=0.01, max_iter=3",
                                     "line_search_fn='strong_wolfe', history_size=2, max_iter=50, max_eval=60"])  # fmt: skip
def test_lbfgs_evaluates_and_moves_as_torch_does(options):
    """The Rosenbrock function, in float64."""
    found = []
    for torch in (refimpl, real_torch):
        x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([-1.5], [2.0, 1.0]))
        optimizer = make(torch, "LBFGS", options, [x, y])

        def closure(x=x, y=y, optimizer=optimizer):
            optimizer.zero_grad()
            loss = ((1 - x) ** 2 + 10 * (y - x**2) ** 2).sum()
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(4)]
        state = optimizer.state[x]
        found.append([losses, x.tolist() + y.tolist(), state["func_evals"], state["n_iter"], list(state), len(state["old_dirs"])])
    assert found[0][2:] == found[1][2:]
    for ours, theirs in zip(found[0][:2], found[1][:2], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_zero_grad():
    def program(torch):
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([w])
        (w * w).sum().backward()
        kept = w.grad
        optimizer.zero_grad(set_to_none=False)
        zeroed = w.grad is kept, w.grad.tolist()
        optimizer.zero_grad()
        return [zeroed, w.grad]

    assert_same(program)


def test_a_closure_is_evaluated_with_gradients_on():
    def program(torch):
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.25)

        def closure():
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        with torch.no_grad():
            first = optimizer.step(closure)
        return [first, optimizer.step(closure), w, w._version, torch.is_grad_enabled()]

    assert_same(program)


@pytest.mark.parametrize(("name", "options"), [("SGD", "lr=0.1, momentum=0.9"), ("Adam", "lr=0.1, amsgrad=True"), ("AdamW", "lr=0.1"),
                                              *[(name, options[1]) for name, options in OTHERS.items()]])  # fmt: skip
def test_a_loaded_optimizer_goes_on_as_the_saved_one(torch, name, options):
    def step(optimizer, p):
        p.grad = (p * p).detach()
        optimizer.step()

    p = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = make(torch, name, options, [p])
    step(optimizer, p)
    q = p.detach().clone().requires_grad_()
    other = make(torch, name, "lr=7.0", [q])
    other.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    r = p.detach().clone().double().requires_grad_()
    wide = make(torch, name, "lr=7.0", [r])
    wide.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert {str(v.dtype) for k, v in wide.state[r].items() if k != "step"} == {"torch.float64"}
    for _ in range(2):
        step(optimizer, p)
        step(other, q)
        step(wide, r)
    assert torch.equal(p, q)
    assert torch.allclose(p.double(), r, atol=1e-6)
    assert other.param_groups[0]["lr"] == 0.1


def test_copies_and_pickles_of_an_optimizer(torch):
    p = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    p.grad = torch.ones(2)
    optimizer.step()
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert repr(other) == repr(optimizer)
        q = other.param_groups[0]["params"][0]
        assert q is not p and torch.equal(q, p)
        assert torch.equal(other.state[q]["momentum_buffer"], torch.ones(2))
        q.grad = torch.ones(2)
        other.step()
        assert not torch.equal(q, p)


def test_hooks():
    def program(torch):
        from importlib import import_module

        module = import_module(torch.__name__ + ".optim.optimizer")
        w, seen = torch.ones(1, requires_grad=True), []
        optimizer = torch.optim.SGD([w], lr=0.5)
        handles = [
            optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("pre")),
            optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("post")),
            module.register_optimizer_step_pre_hook(lambda o, args, kwargs: seen.append("global pre")),
            module.register_optimizer_step_post_hook(lambda o, args, kwargs: seen.append("global post")),
            optimizer.register_state_dict_pre_hook(lambda o: seen.append("saving")),
            optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1}),
            optimizer.register_load_state_dict_pre_hook(lambda o, state: seen.append(sorted(state))),
            optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded")),
        ]
        optimizer.step()
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        for handle in handles:
            handle.remove()
        optimizer.step()
        return [seen, state, optimizer.state_dict()]

    assert_same(program)


def test_an_optimizer_of_ones_own(torch):
    class Sign(torch.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(group["lr"] * p.grad.sign())

    w = torch.tensor([1.0, -1.0], requires_grad=True)
    optimizer = Sign([w], lr=0.5)
    (w * w).sum().backward()
    optimizer.step()
    assert w.tolist() == [0.5, -0.5]
    assert repr(optimizer) == "Sign (\nParameter Group 0\n    lr: 0.5\n)"
