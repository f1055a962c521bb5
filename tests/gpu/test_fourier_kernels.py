"""The Fourier transforms of the devices against the host's, in all of their forms and layouts, within the contract."""

from __future__ import annotations

import random

import pytest
from gpu_draws import LAYOUTS, outputs, pair, whole

import gpu_backend
from refimpl.cpu import CPU
from refimpl.foundation import dtypes
from refimpl.foundation import kernels as backend

DEVICES = [name.split(":")[0] for name in gpu_backend.register() if name.endswith(":0")]
FORMS = [("complex", False), ("complex", True), ("half", False), ("whole", False), ("real", True)]
SHAPES = [((6,), (0,)), ((3, 5), (0,)), ((4, 1, 7), (2, 0)), ((2, 3, 4), (1, 2)), ((0, 3), (1,)), ((1, 2), (0, 1)), ((2,) * 5, (0, 1, 2, 3))]


def sizes(shape, dims, form):
    """The shapes of input and output."""
    last = dims[-1]
    half = (*shape[:last], shape[last] // 2 + 1, *shape[last + 1 :])
    return {"complex": (shape, shape), "half": (shape, half), "whole": (shape, shape), "real": (half, shape)}[form]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("form", "inverse"), FORMS)
@pytest.mark.parametrize("d", [dtypes.complex64, dtypes.complex128], ids=lambda d: d.name)
def test_transforms_agree_with_the_hosts(device, form, inverse, d):
    kernels = backend.find_kernels(device, 0)
    rng = random.Random(f"{d} {form} on {device}")
    unit = 2.0**-24 if d is dtypes.complex64 else 2.0**-53
    for shape, dims in SHAPES:
        if form == "whole" and len(dims) > 1:
            continue
        before, after = sizes(shape, dims, form)
        source = d.real if form in ("half", "whole") else d
        x, y = pair(rng, kernels, source, before, rng.choice(LAYOUTS), special=False)
        expected, actual = outputs(rng, kernels, d.real if form == "real" else d, after)
        untouched = whole(y)
        CPU.fft(expected, x, dims, inverse, 3.0)
        kernels.fft(actual, y, dims, inverse, 3.0)
        total = sum(map(abs, CPU.tolist(x))) * 2
        assert all(abs(a - b) <= 40 * unit * total for a, b in zip(CPU.tolist(expected), kernels.tolist(actual))), (shape, dims)
        assert whole(y) == untouched
