"""docs/coverage.md is what the command writes today, and its rules mean what they say."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import torch as real_torch

from conformance import coverage_of_torch
from conformance.coverage_of_torch import OPERATIONS, PROGRAMS, coverage, names, page, why_not
from refimpl.signatures.not_wanted import NOT_WANTED

EVERY_NAME = {(namespace, name) for namespace in OPERATIONS + PROGRAMS for name in names(namespace)}


# Not to be done for other releases: which names torch has depends on the release, and the committed page is that of the oracle, 2.13. The other
# tests of this file hold for any, and run on all.
@pytest.mark.skipif(not real_torch.__version__.startswith("2.13."), reason="the page is written with torch 2.13")
def test_the_page_is_up_to_date():
    assert Path("docs/coverage.md").read_text(encoding="utf-8") == page(), "python -m conformance.coverage_of_torch > docs/coverage.md"


def test_every_name_of_torch_is_in_one_list():
    for namespace in OPERATIONS + PROGRAMS:
        found = coverage(namespace)
        listed = [*found.present, *found.not_wanted, *found.missing]
        assert sorted(listed) == sorted(names(namespace)) and found.wanted + len(found.not_wanted) == len(listed)
    assert {("torch", "add"), ("torch", "float32"), ("torch", "Size"), ("Tensor", "add_"), ("Tensor", "__add__"), ("linalg", "cond")} <= EVERY_NAME
    assert not {("torch", "nn"), ("nn.functional", "Optional"), ("nn.functional", "Tensor"), ("Tensor", "__init__")} & EVERY_NAME


def test_what_is_there_is_present_and_what_is_not_is_missing(monkeypatch):
    import refimpl

    assert "add" in coverage("torch").present and "add_" in coverage("Tensor").present
    monkeypatch.delattr(refimpl, "add")
    monkeypatch.setattr(refimpl, "eye", refimpl.linalg)  # a module is no function
    monkeypatch.setattr(refimpl, "trace", 1)
    assert {"add", "eye", "trace"} <= set(coverage("torch").missing)


@pytest.mark.parametrize(
    "pattern", [each for patterns in NOT_WANTED.values() for each in patterns.split()] + [coverage_of_torch.BINDINGS], ids=lambda pattern: pattern
)
def test_no_rule_is_idle(pattern):
    if pattern == coverage_of_torch.BINDINGS:
        assert why_not("torch", "Graph", real_torch.Graph) == pattern
    else:
        assert any(fnmatchcase(f"{namespace}.{name}" if "." in pattern else name, pattern) for namespace, name in EVERY_NAME)


def test_what_users_call_is_wanted():
    wanted = "torch.conv2d linalg.cond nn.functional.interpolate torch.complex32 torch.uint16 nn.LSTM torch.save torch.vmap func.grad"
    for namespace, _, name in (each.rpartition(".") for each in wanted.split()):
        assert (namespace, name) in EVERY_NAME and why_not(namespace, name, None) is None
