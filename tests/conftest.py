"""What all tests share: the libraries under test, and a clean start for each test."""

from __future__ import annotations

import importlib
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the runner has a process on every core already

import hypothesis
import pytest
import torch as real_torch

import refimpl
from refimpl.foundation import scalars

real_torch.set_num_threads(1)

hypothesis.settings.register_profile("refimpl", deadline=None, print_blob=True)
hypothesis.settings.load_profile("refimpl")


def pytest_collection_modifyitems(config, items):
    """What is marked ``release`` builds the package, and is run when it is asked for."""
    if "release" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("release")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(params=["refimpl", "torch"])
def torch(request):
    """The library that a test's program runs on: once refimpl, then torch, which proves what the test demands."""
    return importlib.import_module(request.param)


@pytest.fixture(autouse=True)
def fresh_state():
    """Every test begins, in both libraries, from seed 0, and leaves the global settings as it found them."""
    for library in (refimpl, real_torch):
        library.manual_seed(0)
    known = set(scalars.functions)
    yield
    for name in scalars.functions.keys() - known:  # an example of a docstring may have registered one
        del scalars.functions[name]
    for library in (refimpl, real_torch):
        library.set_default_dtype(library.float32)
        library.set_printoptions(profile="default")
        library.set_grad_enabled(True)
