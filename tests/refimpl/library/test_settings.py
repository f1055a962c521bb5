"""Settings that programs make: remembered, told and refused as torch does."""

import warnings

import pytest
import torch

import refimpl

SETTINGS = (
    "are_deterministic_algorithms_enabled", "compiled_with_cxx11_abi", "get_deterministic_debug_mode", "get_float32_matmul_precision",
    "is_deterministic_algorithms_warn_only_enabled", "is_warn_always_enabled",
)  # fmt: skip
CALLS = [
    ("use_deterministic_algorithms", True), ("use_deterministic_algorithms", False), ("use_deterministic_algorithms", 1),
    *[("set_deterministic_debug_mode", mode) for mode in (0, 1, 2, 3, "default", "warn", "error", "loud", None)],
    *[("set_float32_matmul_precision", precision) for precision in ("highest", "high", "medium", "low")],
    ("set_warn_always", True), ("set_warn_always", False), ("set_warn_always", 1),
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_before():
    yield
    for library in (refimpl, torch):
        library.use_deterministic_algorithms(False)
        library.set_float32_matmul_precision("highest")
        library.set_warn_always(False)


@pytest.mark.parametrize(("name", "value"), CALLS)
def test_a_setting_is_remembered_or_refused_as_by_torch(name, value):
    found = []
    for library in (refimpl, torch):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                result = getattr(library, name)(value)
            except (TypeError, RuntimeError) as error:
                result = (type(error), str(error).partition(" (Triggered")[0])
        states = [getattr(library, setting)() for setting in SETTINGS]
        found.append((result, states, [str(each.message).partition(" (Triggered")[0] for each in told]))
    assert found[0] == found[1]


def test_subnormal_numbers_are_kept():
    assert refimpl.set_flush_denormal(True) is False
    assert (refimpl.tensor([1e-40]) * 1).item() > 0
