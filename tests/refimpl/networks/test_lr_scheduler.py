"""Schedulers set torch's learning rates, to the last bit, keep torch's state, and refuse what torch refuses."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
import torch as real_torch
from side_by_side import assert_same

import refimpl

SIMPLE = [
    "LambdaLR(o, lambda t: 0.95**t)", "LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 / (t + 1)])", "MultiplicativeLR(o, lambda t: 0.95)",
    "StepLR(o, 3)", "StepLR(o, 2, gamma=0.5)", "MultiStepLR(o, [2, 5, 5, 9], gamma=0.5)", "ExponentialLR(o, 0.9)", "ConstantLR(o)",
    "ConstantLR(o, factor=0.5, total_iters=3)", "LinearLR(o)", "LinearLR(o, start_factor=0.25, end_factor=0.75, total_iters=4)",
    "PolynomialLR(o)", "PolynomialLR(o, total_iters=7, power=2.0)", "CosineAnnealingLR(o, 4)", "CosineAnnealingLR(o, T_max=5, eta_min=0.01)",
    "CosineAnnealingWarmRestarts(o, 3)", "CosineAnnealingWarmRestarts(o, 2, T_mult=2, eta_min=0.01)", "CyclicLR(o, 0.01, 0.1, step_size_up=3)",
    "CyclicLR(o, [0.01, 0.02], [0.1, 0.2], 2, 5, mode='triangular2')", "CyclicLR(o, 0.01, 0.1, 3, mode='exp_range', gamma=0.9)",
    "CyclicLR(o, 0.01, 0.1, 3, scale_fn=lambda x: 1 / x, cycle_momentum=False)", "OneCycleLR(o, 0.1, total_steps=20)",
    "OneCycleLR(o, [0.1, 0.5], epochs=4, steps_per_epoch=4, pct_start=0.5, anneal_strategy='linear')",
    "OneCycleLR(o, 0.1, total_steps=16, three_phase=True, div_factor=10.0)", "OneCycleLR(o, 0.1, total_steps=16, cycle_momentum=False)",
    "SequentialLR(o, [ConstantLR(o, 0.1, total_iters=4), ExponentialLR(o, 0.9)], [4])",
    "SequentialLR(o, [LinearLR(o), CosineAnnealingLR(o, 5), StepLR(o, 2)], [3, 8])", "ChainedScheduler([ConstantLR(o, 0.1), ExponentialLR(o, 0.9)])",
    "SWALR(o, 0.01, anneal_epochs=4)", "SWALR(o, [0.01, 0.02], anneal_epochs=3, anneal_strategy='linear')", "SWALR(o, 0.01, anneal_epochs=0)",
]  # fmt: skip


def names(torch, optimizer):
    scheduler = torch.optim.lr_scheduler
    return {**{name: getattr(scheduler, name) for name in dir(scheduler) if not name.startswith("_")}, "SWALR": torch.optim.swa_utils.SWALR,
            "o": optimizer, "torch": torch}  # fmt: skip


def optimizer_of(torch, kind="SGD", lr=0.5):
    w, b = torch.ones(2, requires_grad=True), torch.zeros(1, requires_grad=True)
    more = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(torch.optim, kind)([{"params": [w]}, {"params": [b], "lr": lr if not isinstance(lr, float) else 0.2}], lr=lr, **more)


def plain(state):
    """A state dictionary without what only prints differently: functions."""
    return {key: [plain(s) if isinstance(s, dict) else s for s in value] if isinstance(value, list) else value for key, value in state.items()
            if not callable(value)}  # fmt: skip


def rates(torch, text, kind, steps=14):
    optimizer = optimizer_of(torch, kind)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = eval(text, names(torch, optimizer))
        for _ in range(steps):
            found.append([[{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups], scheduler.get_last_lr(),
                          scheduler.last_epoch if hasattr(scheduler, "last_epoch") else None])  # fmt: skip
            optimizer.step()
            scheduler.step()
    return found, plain(scheduler.state_dict())


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("text", SIMPLE)
def test_rates_options_and_state_are_torchs(text, kind):
    ours, theirs = (rates(torch, text, kind) for torch in (refimpl, real_torch))
    assert repr(ours[0]) == repr(theirs[0])
    assert {k: repr(v) for k, v in ours[1].items()} == {k: repr(v) for k, v in theirs[1].items()}


@pytest.mark.parametrize("options", ["", "mode='max', patience=1", "factor=0.5, patience=0, cooldown=2",
                                     "threshold=0.5, threshold_mode='abs', patience=1", "min_lr=[0.1, 0.05], patience=0, eps=0.01"])  # fmt: skip
def test_a_plateau_is_seen_when_torch_sees_it(options):
    def program(torch):
        optimizer = optimizer_of(torch)
        scheduler = eval(f"torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, {options})", {"torch": torch, "optimizer": optimizer})
        found = []
        for i, value in enumerate([3.0, 2.0, 2.5, torch.tensor(2.6), 2.0, 1.9999, 1.0, 1.4, 1.3, 5.0, 5.0, 5.0, 5.0, 0.1, 9.0, 9.0]):
            scheduler.step(value)
            found.append([i, scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.in_cooldown])
        state = scheduler.state_dict()
        scheduler.load_state_dict(copy.deepcopy(state))
        return [found, state]

    assert_same(program)


def test_learning_rates_that_are_tensors_are_written_in_place():
    def program(torch):
        found = []
        for text in ("StepLR(o, 2)", "LambdaLR(o, lambda t: 0.5**t)", "CosineAnnealingLR(o, 3)", "LinearLR(o)", "OneCycleLR(o, 0.1, total_steps=9)"):
            rate = torch.tensor(0.5)
            optimizer = optimizer_of(torch, "SGD", rate)
            scheduler = eval(text, names(torch, optimizer))
            for _ in range(3):
                optimizer.step()
                scheduler.step()
                found.append([f"{x.item():.6f}" for x in scheduler.get_last_lr()])
            found.append([optimizer.param_groups[0]["lr"] is rate, type(scheduler.base_lrs[0]).__name__])
        return [found]

    assert_same(program)


def test_a_given_step_uses_the_closed_form():
    def program(torch):
        found = []
        for text in SIMPLE:
            if "Sequential" in text or "Chained" in text:
                continue
            optimizer = optimizer_of(torch)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scheduler = eval(text, names(torch, optimizer))
                for epoch in (3, 1, 7):
                    scheduler.step(epoch)
                    found.append((text[:12], scheduler.get_last_lr(), scheduler.last_epoch))
                scheduler.step()
                found.append((text[:12], scheduler.get_last_lr(), scheduler.last_epoch))
        return [found]

    assert_same(program)


@pytest.mark.parametrize("text", SIMPLE)
def test_a_loaded_scheduler_goes_on_as_the_saved_one(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = optimizer_of(refimpl), optimizer_of(refimpl)
        one, other = (eval(text, names(refimpl, o)) for o in (first, second))
        for _ in range(5):
            one.step()
        state = one.state_dict()
        if "lambda x" not in text:
            state = pickle.loads(pickle.dumps(state))
        other.load_state_dict(state)
        second.load_state_dict(first.state_dict())
        for _ in range(5):
            one.step()
            other.step()
            assert one.get_last_lr() == other.get_last_lr()


def test_warnings():
    def program(torch):
        def told(run):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                run()
            return [str(w.message) for w in seen]

        def early():
            optimizer = optimizer_of(torch)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
            scheduler.step()
            optimizer.step()
            scheduler.step()

        def overridden():
            optimizer = optimizer_of(torch)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
            optimizer.step = lambda: None
            scheduler.step()

        def asked():
            torch.optim.lr_scheduler.StepLR(optimizer_of(torch), 2).get_lr()

        def given():
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer_of(torch), 2)
            scheduler.optimizer.step()
            scheduler.step(3)

        return [told(early), told(overridden), told(asked), told(given)]

    assert_same(program)


def test_errors():
    def program(torch):
        s, o = torch.optim.lr_scheduler, optimizer_of(torch)
        plain, adagrad, other = torch.optim.SGD([torch.ones(1)]), torch.optim.Adagrad([torch.ones(1)]), optimizer_of(torch)
        return [
            lambda: s.StepLR(3, 2), lambda: s.StepLR(plain, 2, last_epoch=3), lambda: s.LambdaLR(o, [lambda t: 1]), lambda: s.MultiplicativeLR(o, 3),
            lambda: s.MultiplicativeLR(o, [lambda t: 1]), lambda: s.ConstantLR(o, 1.5), lambda: s.LinearLR(o, start_factor=0),
            lambda: s.LinearLR(o, end_factor=2), lambda: s.ReduceLROnPlateau(o, factor=1.0), lambda: s.ReduceLROnPlateau(o, mode="up"),
            lambda: s.ReduceLROnPlateau(o, threshold_mode="up"), lambda: s.ReduceLROnPlateau(o, min_lr=[0.1]), lambda: s.ReduceLROnPlateau(3),
            lambda: s.CyclicLR(adagrad, 0.1, 0.2), lambda: s.CyclicLR(o, [0.1], 0.2), lambda: s.CyclicLR(o, 0.1, 0.2, mode="up"),
            lambda: s.CyclicLR(3, 1, 2), lambda: s.OneCycleLR(o, 0.1), lambda: s.OneCycleLR(o, 0.1, total_steps=0),
            lambda: s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=2),
            lambda: s.OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0.5), lambda: s.OneCycleLR(o, 0.1, total_steps=4, pct_start=2),
            lambda: s.OneCycleLR(o, 0.1, total_steps=4, anneal_strategy="up"), lambda: s.OneCycleLR(adagrad, 0.1, total_steps=4),
            lambda: [x.step() for x in [s.OneCycleLR(o, 0.1, total_steps=4)] for _ in range(6)], lambda: s.CosineAnnealingWarmRestarts(o, 0),
            lambda: s.CosineAnnealingWarmRestarts(o, 1, T_mult=0), lambda: s.CosineAnnealingWarmRestarts(o, 1, eta_min="a"),
            lambda: s.CosineAnnealingWarmRestarts(o, 1).step(-1), lambda: s.SequentialLR(o, [], []), lambda: s.SequentialLR(o, [s.StepLR(o, 2)], [1]),
            lambda: s.SequentialLR(o, [3], []), lambda: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []), lambda: s.ChainedScheduler([]),
            lambda: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), lambda: s.ChainedScheduler([s.StepLR(o, 1), 3]),
            lambda: s.SequentialLR(o, [s.StepLR(other, 1)], []), lambda: torch.optim.swa_utils.SWALR(o, 0.1, -1),
            lambda: torch.optim.swa_utils.SWALR(o, 0.1, anneal_strategy="up"), lambda: torch.optim.swa_utils.get_ema_avg_fn(2),
            lambda: torch.optim.swa_utils.AveragedModel(torch.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max),
        ]  # fmt: skip

    assert_same(program)


@pytest.mark.parametrize("options", ["", "avg_fn=swa.get_ema_avg_fn(0.5)", "multi_avg_fn=swa.get_ema_multi_avg_fn(0.5)",
                                     "multi_avg_fn=swa.get_swa_multi_avg_fn()", "avg_fn=lambda a, c, n: a + c", "use_buffers=True"])  # fmt: skip
def test_averaged_models(options):
    def program(torch):
        swa = torch.optim.swa_utils
        model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
        model.register_buffer("seen", torch.tensor([1.0, 2.0]))
        average = eval(f"swa.AveragedModel(model, {options})", {"swa": swa, "model": model})
        for step in range(3):
            with torch.no_grad():
                for p in model.parameters():
                    p.add_(0.5 * step)
                model.seen.add_(step)
            average.update_parameters(model)
        state = {name: [round(x, 5) for x in value.reshape(-1).tolist()] for name, value in average.state_dict().items()}
        return [state, average, average(torch.ones(1, 2)).shape]

    assert_same(program)
