"""torch's references, its decompositions and its exported graphs as backends: what is called is theirs, and what they lack is unsupported."""

from __future__ import annotations

import re
import struct

import pytest
import torch
from places import ROOT

from conformance.backends import Unsupported, find_backend
from conformance.backends.self_check import self_check
from conformance.cases.case import Case, TensorSpec
from conformance.catalogue.entries import entry
from conformance.execution import call_recorder
from conformance.execution.outcomes import execute
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics

NAMES = ("torch._refs", "torch._decomp", "torch.export:refimpl")
DATA = struct.pack("<4f", 1.0, -2.0, 3.0, 4.0)


def case(operation, *args, form="function", **kwargs):
    return Case(operation, form, (DATA,), (TensorSpec(0, "float32", (2, 2), (2, 1)), *args), kwargs)


@pytest.mark.parametrize("name", NAMES)
def test_the_adapter_is_at_no_fault(name):
    assert self_check(find_backend(name)) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("operation", "args"), [("exp", ()), ("softmax", (0,)), ("sum", (1, True)), ("t", ()), ("hardtanh", ())])
def test_calls_agree_with_torch(name, operation, args):
    known = entry(operation)
    statistics = Statistics(operation, name)
    assert Judge(find_backend(name), known.operation, known.contract, statistics).check(case(operation, *args)) == []
    assert statistics.unsupported_count == 0 and statistics.passes == 1


def test_a_reference_is_what_is_called(monkeypatch):
    backend = find_backend("torch._refs")
    assert backend.reference("exp") is torch._refs.exp
    assert backend.reference("linalg.norm") is torch._refs.linalg.norm
    assert backend.reference("exp_") is torch._refs.exp_
    with pytest.raises(Unsupported, match="^a reference of index_put$"):
        backend.reference("index_put")


@pytest.mark.parametrize(("operation", "args"), [("logical_or", ((1, "a"),)), ("nn.functional.huber_loss", (None,))])
def test_what_torch_s_parser_refuses_never_comes_to_a_reference(operation, args):
    with pytest.raises(Unsupported, match="^arguments that torch's parser refuses$"):
        execute(find_backend("torch._refs"), case(operation, *args))
    assert execute(find_backend("torch._refs"), case("softmax", 5)).error[0] == "IndexError"


def test_what_has_no_decomposition_is_unsupported():
    backend = find_backend("torch._decomp")
    x = torch.ones(2, 2)
    assert backend.call("hardtanh", "function", [x], {}).tolist() == x.tolist()
    with pytest.raises(Unsupported, match="^a decomposition of mm$"):
        backend.call("mm", "function", [x, x], {})


def test_a_graph_serves_all_calls_of_a_signature():
    backend = find_backend("torch.export:refimpl")
    before = len(backend._programs)
    outcomes = [execute(backend, case("add", 3)), execute(backend, case("add", 3)), execute(backend, case("add", 4))]
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert len(backend._programs) == before + 2


def test_what_depends_on_elements_makes_no_graph():
    with pytest.raises(Unsupported, match="a graph of the call"):
        backend = find_backend("torch.export:refimpl")
        import refimpl

        backend.call("equal", "function", [refimpl.ones(2), refimpl.ones(2)], {})


def _findings():
    """The titled examples of the page: lines that print, each with what it prints."""
    text = (ROOT / "docs" / "scoreboards" / "torch_refs.md").read_text(encoding="utf-8")
    return re.findall(r'```python title="([^"]+)"\n(.*?)```', text, re.DOTALL)


@pytest.mark.parametrize(("title", "source"), _findings(), ids=[title for title, _ in _findings()])
def test_what_the_page_says_of_references_is_so(title, source):
    scope = {"torch": torch}
    for line in source.splitlines():
        code, _, expected = line.partition("  # ")
        if not expected:
            exec(code, scope)
            continue
        try:
            shown = str(eval(code.removeprefix("print"), scope))
        except (NotImplementedError, RuntimeError) as error:
            shown = f"{type(error).__name__}: {error}"
        assert shown == expected, line


def test_a_backend_that_compiles_first_may_take_longer(tmp_path, monkeypatch):
    recorder = call_recorder.Recorder(tmp_path / "note")
    monkeypatch.setattr(call_recorder, "recorder", recorder)
    seen = []
    for name in ("torch.compile:eager", "torch.export:refimpl", "torch:cpu"):
        backend = find_backend(name)
        monkeypatch.setattr(backend, "call", lambda *_: seen.append(call_recorder.read_head(tmp_path / "note")[2]))
        execute(backend, case("exp"))
    assert seen == [10, 10, 1]
