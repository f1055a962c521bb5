"""Running the suite: backends that crash, hang and hoard, interrupted runs, kept examples, what is said on the way."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from places import ROOT, SUPPORT

from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.execution import call_recorder
from conformance.report import build
from conformance.report.whole_files import write_whole
from conformance.running import command as running
from conformance.running import shared_examples, supervisor
from conformance.running.example_database import _AT_MOST
from conformance.running.failures import crashes, reports
from conformance.running.failures.confirming import Confirmed
from conformance.running.failures.reports import crashed_result
from conformance.running.operation_run import judge_operation
from conformance.running.plans import plans
from conformance.running.preparing.statuses import STATUSES
from conformance.running.probe import probe
from conformance.running.progress import Progress
from conformance.running.results import Results, fingerprint, read_lines, take_over
from conformance.training import networks as training

QUICK = PROFILES["quick"]
UNRULY = ("Dies", "Sleeps", "TakesAllMemory", "Exits", "Interrupts", "ClosesStdout", "LeavesThreads", "DiesInTraining", "Saboteur")


# -- crashes -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unruly(tmp_path_factory):
    """One run of all unruly backends on two workers: its exit status, its report, its directory."""
    directory = tmp_path_factory.mktemp("unruly")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(SUPPORT))
    patch.setattr(supervisor, "PATIENCE", 2)
    patch.setattr(training, "NAMES", ("SGD",))
    backends = [f"--backend=unruly_backends:{name}" for name in UNRULY]
    arguments = ["--op", "neg", "--op", "sign", "--training", "--examples", "1", "--profile", "survey"]
    arguments += ["--workers", "2", "--timeout", "2", "--memory", "2", "--no-self-check"]
    status = main(["run", *backends, *arguments, "--report-dir", str(directory)])
    patch.undo()
    return status, json.loads((directory / "conformance.json").read_text()), directory


def row_of(report, operation, name):
    return next(row for row in report["operations"] if (row["operation"], row["backend"]) == (operation, f"unruly_backends:{name}"))


def test_no_operation_is_lost_to_a_backend_that_misbehaves(unruly):
    status, report, _ = unruly
    assert status == 1
    assert len(report["operations"]) == 2 * len(UNRULY)
    assert len(report["training"]) == len(UNRULY)
    assert report["errors"] == []
    assert {row_of(report, "sign", name)["status"] for name in UNRULY} == {"passed"}


@pytest.mark.parametrize(
    ("name", "rule", "got"),
    [("Dies", "ends the process", "SIGSEGV"), ("Sleeps", "hang", "no answer within 2 s"), ("TakesAllMemory", "out of memory", "MemoryError")],
)
def test_a_crash_is_a_failure_with_its_input(unruly, name, rule, got):
    row = row_of(unruly[1], "neg", name)
    failure = next(failure for failure in row["failures"] if failure["property"] == "crash")
    assert failure["rule"] == rule
    assert got in failure["got"]
    assert failure["dtype"] == "float16"
    assert "float16" in failure["script"]
    assert row["examples"] > 0  # what came before the crash counts
    assert "values" in row["checks"]


def test_the_place_of_a_crash_is_told(unruly):
    for name in ("Dies", "Sleeps"):
        failures = row_of(unruly[1], "neg", name)["failures"]
        assert any("misbehave" in failure["details"].get("stderr", "") for failure in failures)


@pytest.mark.parametrize(("name", "error"), [("Exits", "SystemExit: 3"), ("Interrupts", "KeyboardInterrupt")])
def test_what_would_end_python_is_an_error_like_another(unruly, name, error):
    failures = row_of(unruly[1], "neg", name)["failures"]
    assert {failure["property"] for failure in failures} <= {"errors", "gradients"}
    assert any(error in failure["got"] for failure in failures)


@pytest.mark.parametrize("name", ["ClosesStdout", "LeavesThreads"])
def test_closed_streams_and_threads_that_live_on_disturb_nothing(unruly, name):
    assert row_of(unruly[1], "neg", name)["status"] == "passed"


def test_a_crash_of_torch_is_a_finding_and_fails_nobody(unruly):
    row = row_of(unruly[1], "sign", "Saboteur")
    assert row["status"] == "passed"
    assert [(f["property"], f["operation"]) for f in row["findings"]] == [("crash", "sign")]
    assert row["examples"] > 0


def test_a_crash_in_a_training_run_fails_that_run(unruly):
    status = {row["backend"]: row["status"] for row in unruly[1]["training"]}
    assert status.pop("unruly_backends:DiesInTraining") == "failed"
    assert set(status.values()) == {"passed"}


def test_crashes_are_in_every_format_and_can_be_repeated(unruly, capsys, monkeypatch):
    _, report, directory = unruly
    for name in ("conformance.md", "conformance.html", "junit.xml"):
        assert "ends the process" in (directory / name).read_text(), name
    monkeypatch.syspath_prepend(str(SUPPORT))
    identifier = next(failure["id"] for failure in row_of(report, "neg", "Dies")["failures"] if failure["property"] == "crash")
    assert main(["repro", identifier, "--report-dir", str(directory)]) == 1
    assert "SIGSEGV" in capsys.readouterr().out
    assert main(["repro", "00000000", "--report-dir", str(directory)]) == 4


def test_a_crash_shrinks_in_processes_of_its_own(monkeypatch):
    monkeypatch.syspath_prepend(str(SUPPORT))
    spec = TensorSpec(0, "float16", (3, 4), (1, 3), 2)
    case = Case("neg", "method", (bytes(range(32)),), (spec,), labels=frozenset(["permuted"]))
    crash = crashes.Crash("unruly_backends:Dies", crashes.ENDS, "signal 11 (SIGSEGV)", case)
    smallest = crashes.shrink(crash)
    assert smallest.args[0].dtype == "float16"
    assert smallest.args[0].numel <= 1
    assert not any(smallest.buffers[0])
    assert crashes._same_end(crash, -signal.SIGSEGV)
    assert not crashes._same_end(crash, -signal.SIGFPE)  # a library may not survive a fork at all


def test_a_crash_that_does_not_show_as_it_was_shrunk_is_told_as_it_came(monkeypatch):
    def confirm(case, deviation, before):
        return deviation, Confirmed("script" if case == whole else "", "", f"{case.buffers}")

    whole = Case("neg", "function", (b"\1\2\3\4",), (TensorSpec(0, "int8", (4,), (1,)),))
    small = replace(whole, buffers=(bytes(4),))
    monkeypatch.setattr(reports, "shrink_crash", lambda crash, seconds: small)
    crash, deviation = crashes.Crash("x:Y", crashes.ENDS, "", whole), Deviation("crash", crashes.ENDS, "a result", "")
    told = reports.crash_report(whole, deviation, "x:Y", [crash], shrink=True, confirmer=SimpleNamespace(confirm=confirm))
    assert told["script"] == str(whole.buffers)


def test_a_case_is_known_again_whatever_its_labels():
    case = Case("add", "function", (b"\0\0\0\0",), (TensorSpec(0, "float32", (), ()), float("nan")), labels=frozenset(["0-d", "nan"]))
    again = Case("add", "function", (b"\0\0\0\0",), (TensorSpec(0, "float32", (), ()), float("nan")))
    assert call_recorder.digest(case) == call_recorder.digest(again)


def test_a_note_survives_and_tells_the_call(tmp_path):
    recorder = call_recorder.Recorder(tmp_path / "w.note")
    recorder.task(kind="operation", name="neg", backend="x:Y", test="t")
    case = Case("neg", "function", (b"\0\0\0\0",), (TensorSpec(0, "float32", (), ()),))
    recorder.begin("x:Y", case)
    note = call_recorder.read_note(tmp_path / "w.note")
    assert (note.pid, note.busy, note.where, note.task["name"], note.case) == (os.getpid(), True, "x:Y", "neg", case)
    recorder.end()
    assert not call_recorder.read_note(tmp_path / "w.note").busy
    recorder.begin("x:Y", Case("neg", "function", (bytes(2 * call_recorder.SIZE),), ()))
    assert call_recorder.read_note(tmp_path / "w.note").case is None  # too large for the note: the call is still told
    assert call_recorder.read_note(tmp_path / "nowhere.note") is None


def test_an_operation_that_ends_every_worker_has_a_result_too():
    case = Case("neg", "method", (b"\0\0",), (TensorSpec(0, "float16", (), ()),))
    crash = crashes.Crash("refimpl:cpu", crashes.HANG, "no answer within 1 s", case)
    of_torch = crashes.Crash("torch:cpu", crashes.ENDS, "signal 8 (SIGFPE)", case)
    row = crashed_result(entry("neg"), "refimpl:cpu", [crash, crash, of_torch], 1.0)
    report = build([{"kind": "operation", **row}], {})
    assert report["operations"][0]["status"] == "failed"
    assert [(failure["property"], failure["rule"]) for failure in row["failures"]] == [("crash", "hang")]
    assert [finding["property"] for finding in row["findings"]] == ["crash"]


def test_workers_that_do_not_start_end_the_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SUPPORT))
    monkeypatch.setenv("UNRULY_WORKERS_DIE", "yes")
    monkeypatch.delitem(sys.modules, "unruly_backends", raising=False)  # a fork imports it anew
    monkeypatch.setattr(supervisor, "STARTS", 1)
    arguments = ["run", "--backend=torch:cpu", "--op=neg", "--no-training", "--workers=1", "--import=unruly_backends"]
    assert main([*arguments, f"--report-dir={tmp_path}"]) == 1
    errors = json.loads((tmp_path / "conformance.json").read_text())["errors"]
    assert "a worker ended before it judged anything" in errors[0]["text"]
    assert "1 of 1 were not judged" in errors[-1]["text"]


# -- backends that cannot be used ----------------------------------------------------------------


def test_backends_that_cannot_be_used_are_told_with_the_reason(monkeypatch):
    monkeypatch.syspath_prepend(str(SUPPORT))
    names = ["no_such_module:Name", "unruly_backends:needs_a_licence", "unruly_backends:Exits", "unruly_backends:dies_while_it_is_made"]
    found = probe(names)
    assert "no_such_module" in found[names[0]]["error"]
    assert "ValueError: no licence" in found[names[1]]["error"]
    assert found[names[2]]["versions"]["torch"]
    assert "SIGSEGV" in found[names[3]]["error"]


def test_a_mistake_in_an_adapter_is_told_with_its_line_and_nothing_of_python_s_own(monkeypatch, tmp_path):
    (tmp_path / "half_written.py").write_text("class Mine:\n    def call(self\n")
    (tmp_path / "needs_more.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = probe(["half_written:Mine"], ["needs_more", "no_such_module"])
    assert found["half_written:Mine"]["error"] == "SyntaxError: '(' was never closed (half_written.py, line 2): def call(self"
    assert found["module needs_more"]["error"] == "ModuleNotFoundError: No module named 'no_such_library' (needs_more.py, line 1)"
    assert found["module no_such_module"]["error"] == "ModuleNotFoundError: No module named 'no_such_module'"


def test_exit_status_3_is_for_what_cannot_be_run(tmp_path, capsys):
    quick = ["--workers", "0", "--report-dir", str(tmp_path)]
    assert main(["run", "--backend", "no_such_module:Name", *quick]) == 3
    assert "backend 'no_such_module:Name' cannot be used" in capsys.readouterr().err
    for shard in ("0/2", "3/2", "x", "1/"):
        assert main(["run", "--backend", "torch:cpu", "--op", "neg", "--shard", shard, *quick]) == 3
        assert "expected I/N" in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["run", "--no-such-option"])
    assert wrong.value.code == 3
    assert main(["repro", "x", "--report-dir", str(tmp_path / "nowhere")]) == 3


# -- interrupted and resumed ---------------------------------------------------------------------


OPERATIONS = ("abs", "ceil", "eq", "floor", "frac", "isnan", "logical_not", "neg", "sign", "signbit", "trunc", "zeros_like")
SHORT = ["run", "--backend=torch:cpu", *[f"--op={name}" for name in OPERATIONS], "--examples=2", "--profile=survey", "--no-training"]


def started(directory, *more):
    """A run in a process of its own, and what it has judged so far."""
    command = [sys.executable, "-m", "conformance", *SHORT, *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, f"--report-dir={directory}"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background of a shell ignores it
    )  # fmt: skip

    def judged():
        return [item["operation"] for item in read_lines(directory / "results.jsonl")[1:]]

    return process, judged


def wait_for(process, judged, number):
    deadline = time.monotonic() + 120
    while len(judged()) < number:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_interrupted_run_leaves_a_report_and_a_killed_one_can_be_resumed(tmp_path):
    process, judged = started(tmp_path, "--workers=1")
    wait_for(process, judged, 2)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 2, out
    first = judged()
    report = json.loads((tmp_path / "conformance.json").read_text())
    assert [row["operation"] for row in report["operations"]] == sorted(first)
    assert "were not judged" in report["about"]["interrupted"]
    assert len(report["about"]["missing"]) + len(first) == report["about"]["tasks"]
    for name in ("conformance.md", "conformance.html", "junit.xml"):
        assert "interrupted" in (tmp_path / name).read_text(), name

    process, judged = started(tmp_path, "--workers=0", "--resume")
    wait_for(process, judged, len(first) + 2)
    process.kill()
    out = process.communicate(timeout=60)[0]
    assert f"{len(first)} results are taken over" in out
    second = judged()
    assert second[: len(first)] == first
    with open(tmp_path / "results.jsonl", "a") as file:
        file.write('{"kind": "operation", "operation": "su')  # cut off in the middle of a line

    assert main([*SHORT, "--workers=0", "--resume", f"--report-dir={tmp_path}"]) in (0, 1)
    report = json.loads((tmp_path / "conformance.json").read_text())
    assert report["about"]["taken_over"] == len(second)
    assert not report["about"].get("interrupted")
    names = [row["operation"] for row in report["operations"]]
    assert len(names) == len(set(names)) == report["about"]["tasks"]


def test_sigterm_is_an_interruption_too():
    with pytest.raises(KeyboardInterrupt), running._ended_politely():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)


def test_results_are_taken_over_only_if_they_would_be_the_same(tmp_path):
    path = tmp_path / "results.jsonl"
    now = fingerprint({"seed": 0}, {"a:A": {"versions": {"a": "1"}}, "b:B": {"versions": {"b": "1"}}})
    assert take_over(path, now) == ([], "there is no earlier run to resume")
    items = [{"kind": "operation", "operation": "add", "backend": name} for name in ("a:A", "b:B")]
    Results(path, now, [*items, {"kind": "error", "test": "x", "text": ""}])
    assert take_over(path, now)[0] == items
    later = fingerprint({"seed": 0}, {"a:A": {"versions": {"a": "2"}}, "b:B": {"versions": {"b": "1"}}})
    kept, said = take_over(path, later)
    assert kept == items[1:]
    assert "not those of a:A" in said
    assert take_over(path, fingerprint({"seed": 1}, now["backends"])) == ([], "nothing is taken over from the earlier run: not the same seed")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "report.json"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# -- examples that are drawn once, and examples that are kept ------------------------------------


class Wrong(Torch):
    """exp is half as large again in float64; whether a call was wrong is written down."""

    def __init__(self, wrong=True):
        super().__init__()
        self.name = "wrong:Wrong"
        self.wrong = wrong
        self.calls = []

    def call(self, operation, form, args, kwargs):
        import torch

        result = super().call(operation, form, args, kwargs)
        if operation == "exp" and form in ("function", "method") and result.dtype == torch.float64 and not args[0].requires_grad and self.wrong:
            places = (result > 0) & result.isfinite()
            self.calls.append(bool(places.any()))
            return torch.where(places, result * 1.5, result)
        return result


def judged_afresh(name, backend, **more):
    shared_examples.deck.clear()
    result = judge_operation(entry(name), backend.name, QUICK, 5, 14, backend=backend, **more)
    result.pop("seconds")
    return result


@pytest.mark.parametrize("make", [Torch, Wrong])
def test_what_is_dealt_to_a_second_backend_is_what_it_would_have_drawn(make):
    alone = judged_afresh("exp", make(), shrink=False)
    judged_afresh("exp", Torch(), shrink=False)
    dealt = judge_operation(entry("exp"), make().name, QUICK, 5, 14, backend=make(), shrink=False)
    dealt.pop("seconds")
    assert dealt == alone
    assert bool(alone["failures"]) == (make is Wrong)


def test_draws_do_not_depend_on_what_was_drawn_for_another_seed():
    def digests(seed):
        judge_operation(entry("neg"), "torch:cpu", QUICK, seed, 7, backend=Torch())
        return [call_recorder.digest(dealt.case) for plan in shared_examples.deck.plans.values() for dealt in plan]

    shared_examples.deck.clear()
    alone = digests(5)
    assert digests(6) != alone == digests(5)


def test_draws_do_not_depend_on_what_is_imported(tmp_path, monkeypatch):
    def drawn():
        judged_afresh("add", Torch())
        return [call_recorder.digest(dealt.case) for plan in shared_examples.deck.plans.values() for dealt in plan]

    before = drawn()
    literals = ", ".join(repr(bytes([i, i + 1, 7, 9, 11][:size])) for i in range(60) for size in (1, 2, 3, 4, 5))
    (tmp_path / "module_of_literals.py").write_text(f"X = [{literals}]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("module_of_literals")
    assert drawn() == before


def test_a_failure_is_kept_and_tried_first(tmp_path, monkeypatch):
    found = judged_afresh("exp", Wrong(), database=str(tmp_path))
    assert found["failures"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.relative_to(tmp_path) for path in files] == [Path("wrong-Wrong/exp.json")]
    kept = json.loads(files[0].read_text())
    drawn = {f"{number} {plan.dtype} {plan.grad}" for number, plan in enumerate(plans(entry("exp"), QUICK, 14))}
    assert set(kept) < drawn and all(0 < len(examples) <= _AT_MOST for examples in kept.values()), "a few of the plans that failed"
    again, begun = Wrong(), []

    def draw(*arguments):
        begun.append(len(again.calls))
        shared_examples.draw_plan(*arguments)

    monkeypatch.setattr("conformance.running.operation_run.draw_plan", draw)
    judged_afresh("exp", again, database=str(tmp_path))
    assert all(again.calls[begun[int(plan.split()[0])]] for plan in kept), "what failed is the first call of its plan"


def test_kept_examples_leave_the_counts_of_a_backend_that_passes_alone(tmp_path):
    judged_afresh("exp", Wrong(), database=str(tmp_path))
    assert judged_afresh("exp", Wrong(wrong=False), database=str(tmp_path)) == judged_afresh("exp", Wrong(wrong=False))
    assert not any(path.is_file() for path in tmp_path.rglob("*")), "what passes is forgotten"
    judged_afresh("neg", Torch(), database=str(tmp_path))
    assert not any(path.is_file() for path in tmp_path.rglob("*")), "nothing is written for what passes"


def test_a_failure_of_another_seed_is_found_again_by_its_kept_example(tmp_path):
    judged_afresh("exp", Wrong(), database=str(tmp_path))
    result = judge_operation(entry("exp"), "wrong:Wrong", QUICK, 6, 14, str(tmp_path), backend=Wrong())
    assert any(failure["property"] == "values" for failure in result["failures"])
    assert result["verdicts"]["float64 failed"]


# -- what is said on the way ---------------------------------------------------------------------


def result(name, failures=()):
    return {"kind": "operation", "operation": name, "backend": "x:Y", "failures": list(failures), "never_drawn": [], "compared_nothing": False}


def failed(number):
    script = "import torch, x\n\nfor lib in (torch, x):\n" + "\n".join(f"    line{i} = lib.tensor([{i}])" for i in range(12))
    text = {"id": f"{number:08x}", "property": "values", "rule": "exact", "expected": "1.0", "got": "2.0", "script": script}
    return {"operation": "exp", "backend": "x:Y", **text}


def test_the_first_failure_is_shown_in_about_ten_lines_the_others_in_one_each():
    out = io.StringIO()
    progress = Progress(40, out)
    for number in range(40):
        progress.add(result("exp", [failed(number)]))
    lines = out.getvalue().splitlines()
    second = next(i for i, line in enumerate(lines) if "00000001" in line)
    assert second <= 11
    assert any("expected 1.0" in line for line in lines[:second])
    assert any("lib.tensor([0])" in line for line in lines[:second])
    assert sum("failed: exp on x:Y" in line for line in lines) == 30
    assert "see the report" in out.getvalue()


def test_a_log_gets_a_line_every_tenth_of_the_way():
    out = io.StringIO()
    progress = Progress(200, out)
    for _ in range(200):
        progress.add(result("exp"))
    assert len(out.getvalue().splitlines()) == 10
    assert "200 of 200 judged (100%), 0 failures" in out.getvalue()


def test_what_is_left_is_estimated(monkeypatch):
    progress = Progress(10, io.StringIO())
    monkeypatch.setattr(progress, "started", time.monotonic() - 60)
    progress.done = 5
    assert "about 60 s left" in progress.line()


# -- the page about all this ---------------------------------------------------------------------

PAGE = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def blocks(title):
    return re.findall(rf'```\w+ title="{title}"\n(.*?)```', PAGE, re.DOTALL)


def test_the_page_lists_every_profile_and_every_exit_status():
    for profile in PROFILES.values():
        assert f"| `{profile.name}` | {profile.per_dtype} | {profile.per_gradient} |" in PAGE
    for line in STATUSES.splitlines()[1:]:
        status, _, text = line.strip().partition("  ")
        assert f"| {status} | {text} |" in PAGE


def test_two_shards_are_merged_as_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks("shards") for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        words = command.split()
        assert words[:3] == ["python", "-m", "conformance"]
        quick = ["--op=neg", "--op=abs", "--op=sign", "--examples=1", "--workers=0", "--no-training"] if words[3] == "run" else []
        assert main([*words[3:], *quick]) == 0
    report = json.loads((tmp_path / "merged" / "conformance.json").read_text())
    cells = {(row["operation"], row["backend"]) for row in report["operations"]}
    assert {backend for _, backend in cells} == {"torch:cpu", "refimpl:cpu"}
    assert len(cells) == 3
    assert "3 passed" in capsys.readouterr().out
