"""What all tests share: the libraries under test, and a clean start for each test."""

from __future__ import annotations

import importlib
import os
import re

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the runner has a process on every core already

import hypothesis
import pytest
import torch as real_torch

import refimpl
from refimpl import scalars

real_torch.set_num_threads(1)

hypothesis.settings.register_profile("refimpl", deadline=None, print_blob=True)
hypothesis.settings.load_profile("refimpl")


# One-line programs that are run on both libraries, and those of them that ask for a GPU: what torch says of it depends on its build.
_SIDE_BY_SIDE = frozenset((
    "test_says_what_torch_says", "test_casts_and_copies_agree", "test_functions_about_tensors_say_what_torch_says",
    "test_arrays_and_copies_say_what_torchs_say",
))  # fmt: skip
_ASKS_FOR_A_GPU = re.compile(r"cuda|pin_memory=True|device=0|device\([01]\)|\.to\(0\)|Generator\(3\)")


def pytest_collection_modifyitems(items):
    if real_torch.backends.cuda.is_built():
        for item in items:
            if item.originalname in _SIDE_BY_SIDE and _ASKS_FOR_A_GPU.search(item.name):
                item.add_marker(pytest.mark.skip(reason="refimpl says what torch says that was built for the CPU alone"))


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
