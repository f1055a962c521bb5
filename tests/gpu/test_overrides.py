"""What a device evaluates as a whole, against the page's composition of primitives on the same device."""

from __future__ import annotations

import random

import pytest

import gpu_backend
import refimpl
from refimpl.backend import find_kernels
from refimpl.foundation import dtypes
from refimpl.nn import functional as F

DEVICES = ["cpu", *(name.split(":")[0] for name in gpu_backend.register() if name.endswith(":0"))]
FLOATS = [d for d in dtypes.all_dtypes if d.category == 2]
INFINITE = [float("inf"), -float("inf"), float("nan"), 0.0]


def _numbers(rng, shape, d, special):
    count = 1
    for size in shape:
        count *= size
    values = [rng.choice(INFINITE) if special and rng.random() < 0.2 else rng.gauss(0, 10 ** rng.uniform(-2, 2.5)) for _ in range(count)]
    return refimpl.tensor(values, dtype=d).reshape(shape)


def _row(function):
    def call(rng, device, d):
        shape = [rng.choice((1, 2, 3, 7, 33)) for _ in range(rng.randrange(4))]
        x = _numbers(rng, shape, d, rng.random() < 0.3).to(device)
        if len(shape) > 1 and rng.random() < 0.5:
            x = x.transpose(0, -1)
        dim = rng.randrange(max(len(shape), 1))
        return lambda: function(x, dim)

    return call


def _loss(rng, device, d):
    count, classes = rng.randrange(1, 6), rng.randrange(1, 5)
    rest = [rng.randrange(1, 4) for _ in range(rng.choice((0, 0, 1, 2)))]
    x = _numbers(rng, [count, classes, *rest], d, rng.random() < 0.3).to(device)
    if rng.random() < 0.3:
        x = x.transpose(0, 1).contiguous().transpose(0, 1)
    ignored = rng.choice((-100, 0, classes + 3))
    kept = [*range(classes), ignored]
    target = refimpl.tensor([rng.choice(kept) for _ in range(count * max(1, refimpl.Size(rest).numel()))]).reshape([count, *rest]).to(device)
    weight = _numbers(rng, [classes], d, False).to(device) if rng.random() < 0.5 else None
    reduction = rng.choice(("none", "mean", "sum"))
    if not rest and rng.random() < 0.3:
        x, target = x[0], target[0]
    return lambda: F.nll_loss(x, target, weight, ignore_index=ignored, reduction=reduction)


CASES = {"softmax": _row(refimpl.softmax), "log_softmax": _row(refimpl.log_softmax), "nll_loss": _loss}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CASES)
def test_an_override_gives_what_the_composition_gives(device, name, monkeypatch):
    """On the CPU bit for bit. Elsewhere the sum is taken in another order, in float64: one unit in the last place of a narrower dtype, but for the
    logarithm, whose error is that of the exponentials' sum."""
    kernels = find_kernels(device, None)
    override = kernels.overrides.get(name)
    if override is None:
        pytest.skip(f"{device} has no {name} of its own")
    rng = random.Random(f"{device} {name}")
    answers = []

    def noted(*arguments):
        answers.append(override(*arguments))
        return answers[-1]

    for d in FLOATS * 12:
        call = CASES[name](rng, device, d)
        with monkeypatch.context() as patch:
            patch.setitem(kernels.overrides, name, noted)
            whole = call()
        with monkeypatch.context() as patch:
            patch.delitem(kernels.overrides, name)
            composed = call()
        assert whole.dtype is composed.dtype and whole.stride() == composed.stride()
        if device == "cpu":
            assert str(whole.tolist()) == str(composed.tolist())
        else:
            tolerance = 1e-12 if d is refimpl.float64 else refimpl.finfo(d).eps
            refimpl.testing.assert_close(whole, composed, rtol=tolerance, atol=1e-14, equal_nan=True)
    assert answers.count(True) > len(answers) // 2


def test_every_override_is_among_these_cases():
    assert {name for device in DEVICES for name in find_kernels(device, None).overrides} == set(CASES)
