"""Random programs: drawn alike for a seed, planted differences found and shrunk, causes told once, and their section of the report."""

from __future__ import annotations

import types

import pytest
from report_samples import about

import refimpl
from conformance.backends import find_backend
from conformance.backends.refimpl_backend import Refimpl
from conformance.backends.torch_backend import Torch
from conformance.known_differences.in_programs import explain
from conformance.programs import fatal, ranges
from conformance.programs.causes import group_of
from conformance.programs.comparing import Difference, Latitude, _without_signs_of_zeros, compare_errors
from conformance.programs.drawing import draw_program, missing_names
from conformance.programs.judging import judge_programs
from conformance.programs.observing import Raised
from conformance.programs.program import Program, Statement
from conformance.programs.running import LastStatement, run_program, trace
from conformance.programs.shrinking import shrink
from conformance.programs.summary import line, rows_of
from conformance.report import build
from conformance.report.junit import junit_xml
from conformance.report.markdown import markdown_text
from conformance.report.page.html import html_page
from conformance.report.schema import problems
from conformance.report.terminal import summary_text

TORCH = find_backend("torch:cpu")


def program(*texts, rounds=False):
    return Program(0, tuple([Statement("first word: " + text.split("=")[0].strip(), text, rounds) for text in texts]))


# -- drawing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 7, 123_456])
def test_a_seed_draws_the_same_program_again_and_another_seed_another(seed):
    first = draw_program(seed, TORCH)
    assert first == draw_program(seed, TORCH)
    assert first.statements != draw_program(seed + 1, TORCH).statements
    assert 10 <= len(first.statements) <= 40


def test_a_program_reads_as_a_file_that_runs():
    for seed in range(5):
        drawn = draw_program(seed, TORCH)
        compile(drawn.source("refimpl", "host_torch"), "<program>", "exec")
        assert "import refimpl as torch" in drawn.source("refimpl")
        assert drawn.source().count("import torch") == 1


def test_every_family_of_statements_is_drawn():
    kinds = {statement.kind.partition(" in ")[0] for seed in range(60) for statement in draw_program(seed, TORCH).statements}
    wanted = "tensor slice view mul copy_ backward register_hook to copy.deepcopy Linear SGD manual_seed item set_"
    assert set(wanted.split()) <= kinds


def test_what_a_backend_lacks_is_left_out_and_told():
    assert missing_names("a = torch.frobnicate(b).t()", TORCH.module, refimpl) == []  # torch has no such name either
    lacking = types.ModuleType("lacking")
    lacking.__dict__.update(Tensor=types.SimpleNamespace(), ones=None)
    assert sorted(missing_names("a = torch.ones(2).t() + torch.zeros(2)", TORCH.module, lacking)) == ["Tensor.t", "torch.zeros"]


def test_random_numbers_of_a_stream_of_its_own_are_left_out():
    drawn = [statement.text for seed in range(80) for statement in draw_program(seed, OwnRandom()).statements]
    assert not [text for text in drawn if "rand" in text or "dropout" in text]


class OwnRandom(Refimpl):
    def __init__(self):
        super().__init__("cpu")
        from conformance.backends import Capabilities

        self.capabilities = Capabilities(own_random=True)


# -- comparing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [range(40)])
def test_torch_does_not_differ_from_itself(seeds):
    result = judge_programs("torch:cpu", seeds)
    assert (result["programs"], result["differ"], result["known"], result["words"]) == (40, 0, 0, 0)


def test_of_two_errors_the_type_counts_and_the_words_are_told_apart():
    one, other = Raised("RuntimeError", "a thing at 0x12"), Raised("RuntimeError", "another thing")
    assert compare_errors(0, None, None, True, True) is None
    assert compare_errors(0, one, Raised("RuntimeError", "a thing at 0x34"), True, True) is None
    assert compare_errors(0, one, other, True, True).observable == "error words"
    assert compare_errors(0, one, other, False, True) is None
    assert compare_errors(0, one, Raised("TypeError", "a thing"), True, True).observable == "error type"
    assert compare_errors(0, one, None, True, True).observable == "does not raise"
    assert compare_errors(0, None, one, True, True).observable == "raises"
    kernels = [Raised("RuntimeError", f"\"{name}\" not implemented for 'Bool'") for name in ("add_cpu", "sum")]
    assert compare_errors(0, *kernels, True, True) is None


def test_values_are_compared_bit_by_bit_unless_a_statement_rounds(monkeypatch):
    texts = ("a = torch.tensor([1.0, 3.0])", "b = a.square()")
    off = planted(monkeypatch, "square", lambda original: lambda self: (self * self * (1 + 2.0**-23)))
    assert run_program(program(*texts), off).differences[0].observable == "values"
    outcome = run_program(program(*texts, rounds=True), off)
    assert outcome.differences == []
    far = planted(monkeypatch, "square", lambda original: lambda self: (self * self * 1.001))
    assert run_program(program(*texts, rounds=True), far).differences[0].observable == "values"


def test_numbers_of_bytes_that_rounding_has_changed_may_be_any(monkeypatch):
    texts = ("a = torch.tensor([1.0, 3.0])", "b = a.square()", "c = b.view(torch.uint8)", "d = c + torch.tensor(1j)")
    off = planted(monkeypatch, "square", lambda original: lambda self: (self * self * (1 + 2.0**-23)))
    outcome = run_program(program(*texts, rounds=True), off)
    assert outcome.drifted and outcome.differences == []


# -- planted differences -----------------------------------------------------------------------------------------------


def planted(monkeypatch, name, replacement):
    """A backend that is torch but for one method, which is itself only while the backend runs."""
    backend = Torch("cpu")
    backend.name = "planted:cpu"
    original = getattr(TORCH.module.Tensor, name)

    from conformance.programs.observing import Session

    run = Session.run

    def tampered_run(self, statement):
        if self.backend is not backend:
            return run(self, statement)
        with monkeypatch.context() as patch:
            patch.setattr(TORCH.module.Tensor, name, replacement(original))
            return run(self, statement)

    monkeypatch.setattr(Session, "run", tampered_run)
    return backend


PLANTED = {
    "a view that is a copy": ("t", lambda original: lambda self: original(self).clone(), {"memory", "grad_fn", "stride()"}),
    "a wrong version counter": ("zero_", lambda original: lambda self: original(original(self)), {"_version"}),
    "a wrong node": ("abs", lambda original: lambda self: original(self) * 1, {"grad_fn", "dtype"}),
    "a call that does nothing": ("detach_", lambda original: lambda self: self, {"requires_grad", "grad_fn", "does not raise", "is_leaf"}),
    "a write that is lost": ("add_", lambda original: lambda self, *a, **k: original(self.clone(), *a, **k), {"values", "_version", "grad_fn"}),
    "a wrong gradient": ("sum", lambda original: lambda self, *a, **k: scaled_gradient(original(self, *a, **k)), {"grad", "values"}),
}


def scaled_gradient(tensor):
    """The tensor itself, with a gradient that arrives twice as large."""
    if tensor.requires_grad and not tensor.is_leaf:
        tensor.register_hook(lambda g: g * 2)
    return tensor


@pytest.mark.parametrize("what", sorted(PLANTED))
def test_a_planted_difference_is_found_and_shrunk_to_a_few_lines(monkeypatch, what):
    name, replacement, observables = PLANTED[what]
    backend = planted(monkeypatch, name, replacement)
    result = judge_programs("planted:cpu", range(160), shrink_seconds=8.0, backend=backend)
    assert result["differ"] > 0
    shrunk = [cause for cause in result["causes"] if cause["observable"] in observables and f".{name}(" in cause["program"]]
    assert shrunk, [cause["title"] for cause in result["causes"]]
    smallest = min(shrunk, key=lambda cause: len(cause["program"]))
    assert len(smallest["program"].splitlines()) <= 8, smallest["program"]


def test_shrinking_keeps_what_differs_and_leaves_out_the_rest(monkeypatch):
    backend = planted(monkeypatch, "t", lambda original: lambda self: original(self).clone())
    texts = ["a = torch.zeros(2, 3)", "x = torch.ones(4)", "y = x + x", "with torch.no_grad():\n    b = a.t()", "z = y * 2"]
    whole = program(*texts)
    difference = run_program(whole, backend).differences[0]
    found = shrink(whole, difference, backend)
    assert [statement.text for statement in found.program.statements] == ["a = torch.zeros(2, 3)", "b = a.t()"]
    assert found.difference.key() == difference.key()


# -- what known differences explain ------------------------------------------------------------------------------------

NO_GRAD = "A view was created in no_grad mode and is being modified inplace with grad mode enabled."


@pytest.mark.parametrize(("texts", "observable", "words", "identifier"), [
    (("a = torch.arange(16.).reshape(4, 2, 2)", "a[slice(0, 4, 2)] *= a[0]"), "values", "", "writes-to-shared-elements-in-programs"),
    (("a = torch.arange(16.).reshape(4, 2, 2)", "a[slice(0, 2, 2)] *= a[1]"), "values", "", None),
    (("a = torch.arange(4.)", "torch.add(a[0:3], 1, out=a[1:4])"), "values", "", "writes-to-shared-elements-in-programs"),
    (("a = torch.arange(4.)", "torch.add(a[0:2], 1, out=a[2:4])"), "values", "", None),
    (("a = torch.ones(3)", "b = torch.nn.functional.mse_loss(a, a)", "c = b.as_strided((1,), (1,), 2)"), "raises",
     "are out of bounds for storage of size 4", "memory-behind-a-loss"),
    (("a = torch.ones(1, dtype=torch.bool)", "b = torch.ones(1)", "torch.stack([a, b], out=a)"), "error type", "", "sum-into-its-own-input"),
    (("a = torch.ones(1, dtype=torch.bool)", "b = torch.ones(1)", "torch.stack([b, b], out=a)"), "error type", "", None),
    (("b = torch.tensor([-2], dtype=torch.int16)", "a = b.view(torch.float16)", "a.mul_(1)"), "values", "", "bits-of-a-nan"),
    (("b = torch.tensor([2], dtype=torch.int16)", "a = b.view(torch.float16)", "a.mul_(1)"), "values", "", None),
    (("a = torch.ones(3)", "b = a.mean()", "c = b.as_strided((1,), (1,), 2)"), "raises", "are out of bounds for storage of size 4", None),
    (("a = torch.ones(3, requires_grad=True)", "b, = torch.autograd.grad(a.sum(), a)", "b -= 1"), "does not raise", NO_GRAD,
     "gradients-that-are-views"),
    (("a = torch.ones(2, 2, dtype=torch.bool)", "b = a[:0] @ a"), "raises", "\"mm\" not implemented for 'Bool'", "dtypes-of-empty-operands"),
    (("a = torch.ones(2, 2, dtype=torch.bool)", "b = a[:1] @ a"), "raises", "\"mm\" not implemented for 'Bool'", None),
    (("a = torch.ones(3)", "with torch.no_grad():\n    b = a[:2]", "b -= 1"), "does not raise", NO_GRAD, None),
])  # fmt: skip
def test_known_differences_explain_what_their_words_say_and_no_more(texts, observable, words, identifier):
    place = len(texts) - 1
    difference = Difference(place, observable, "a", words, words)
    assert explain(program(*texts), difference, LastStatement(program(*texts), place)) == identifier


def test_no_tensor_lives_longer_on_the_oracle_than_in_the_program():
    texts = ("a = torch.ones(3).requires_grad_()", "b = a.chunk(3)", "b = 1", "torch.gt(torch.tensor(2.), 0, out=a)", "(a ** 2).sum().backward()")
    assert trace(program(*texts))[-1].raised is None


def test_texts_of_complex_zeros_have_no_signs():
    assert _without_signs_of_zeros("tensor(-0.+0.j)") == _without_signs_of_zeros("tensor(0.-0.j)")


# -- causes and the report -----------------------------------------------------------------------------------------------


def test_programs_of_one_cause_are_told_once_and_different_ones_apart():
    version = Difference(3, "_version", "a", "1", "0")
    assert group_of("copy.copy", version) == group_of("copy.copy", Difference(9, "_version", "q", "7", "4"))
    assert group_of("copy.copy", version) != group_of("pickle", version)
    texts = [f"RuntimeError: {of}(): the size of {name} must be 3. More" for of, name in (("mul", "a1"), ("add", "b2"))]
    raised = [Difference(0, "does not raise", "", text, "no error", "RuntimeError") for text in texts]
    assert group_of("mul_", raised[0]) == group_of("add_", raised[1])


def item(backend="refimpl:cpu", start=0, **given):
    cause = {
        "id": "0123abcd", "title": "view: stride()", "statement": "view", "observable": "stride()", "expression": "b",
        "expected": "(1, 2)", "got": "(2, 1)", "program": f"import torch\na = torch.ones(2, {start})\n<b>", "count": 1,
        "seeds": [start], "known": None,
    }  # fmt: skip
    counts = {"programs": 50, "statements": 1000, "differ": 1, "known": 0, "words": 0, "drifted": 0, "unspecified": 0, "seconds": 1.0}
    named = {"kind": "programs", "range": ranges.range_name(start, 50), "backend": backend, "text": "", "unsupported": False, "left_out": {}}
    return {**named, **counts, "causes": [cause], "words_causes": [], **given}


def test_ranges_are_pooled_and_one_program_in_a_hundred_fails_a_backend():
    row, other = rows_of([item(start=0), item(start=50), item("refimpl:host_numpy", differ=0, causes=[])])
    assert (row["programs"], row["differ"], row["status"]) == (100, 2, "failed")
    assert [(cause["count"], cause["seeds"]) for cause in row["causes"]] == [(2, [0, 50])]
    assert line(row).startswith("FAILED: programs on refimpl:cpu: 2 of 100 differ (2.0%")
    assert other["status"] == "passed" and not line(other).startswith("FAILED")
    assert rows_of([item(programs=0, unsupported=True, text="no library")])[0]["status"] == "unsupported"
    assert rows_of([item(programs=200, differ=1)])[0]["status"] == "passed"


def test_the_report_tells_how_the_programs_went_in_every_form():
    report = build([item(), item("torch:cpu", differ=0, causes=[])], about())
    assert problems(report, complete=True) == []
    assert report["summary"]["failed"] == 1
    for text in (summary_text(report), markdown_text(report), html_page(report), junit_xml(report)):
        assert "view: stride()" in text and "torch.ones(2, 0)" in text
    assert "<b>" not in html_page(report).split('id="programs"')[1].split("</section>")[0].replace("<b>view", "")


def test_ranges_name_their_programs_and_give_others_fewer():
    found = ranges.ranges(["refimpl:cpu", "torch:cpu"], 1000, 3)
    numbers = {backend: [n for name, of in found if of == backend for n in ranges.numbers_of(name)] for backend in ("refimpl:cpu", "torch:cpu")}
    assert numbers["refimpl:cpu"] == list(range(300_000, 301_000))
    assert numbers["torch:cpu"] == list(range(300_000, 300_200))


def test_a_program_that_ended_the_process_is_a_finding_and_not_run_again(tmp_path):
    fatal.add(str(tmp_path), "programs 0 to 2", "refimpl:cpu", 1, "torch:cpu", "ends the process: signal 11")
    fatal.add(str(tmp_path), "programs 0 to 2", "refimpl:cpu", 0, "refimpl:cpu", "hang: no answer")
    known = fatal.load(str(tmp_path), "programs 0 to 2", "refimpl:cpu")
    begun = []
    result = judge_programs("refimpl:cpu", range(2), shrink_seconds=0, fatal=known, begin=begun.append)
    assert begun == [0, 1]
    assert [(cause["observable"], cause["count"]) for cause in result["causes"]] == [("crash", 1)]
    assert (result["differ"], result["unspecified"]) == (1, 1) and "torch ended the process in program 1" in result["text"]


def test_a_backend_that_is_no_library_is_not_judged():
    result = judge_programs("torch:meta", range(3))
    assert result["unsupported"] and result["programs"] == 0 and Latitude().roundings == 0
