"""A few tasks are judged in a fork: results, crashes and hangs as from several workers; nothing is imported that is not needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from places import ROOT, SUPPORT

from conformance.cli import main
from conformance.explaining.script_runs import Runner
from conformance.running import forked, supervisor

TASK = ("operation", "neg", "torch:cpu")


@pytest.mark.parametrize(
    ("tasks", "workers", "fits"),
    [
        ([TASK], 1, True), ([TASK] * forked.MOST, 8, True), ([TASK] * (forked.MOST + 1), 1, False), ([], 1, False), ([TASK], 0, False),
        ([("operation", "neg", "module:Mine"), ("operation", "neg", "refimpl:host_numpy")], 2, True),
        ([("operation", "neg", "torch:cuda")], 2, False), ([("operation", "neg", "refimpl:cuda:1")], 2, False),
        ([("training", "SGD", "torch:cpu")], 2, False), ([TASK, ("programs", "0-9", "torch:cpu")], 2, False),
    ],
)  # fmt: skip
def test_few_operations_on_the_host_s_memory_are_judged_in_a_fork(tasks, workers, fits):
    assert forked.suits(tasks, workers) is fits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one that dies, one that hangs, one that is sound and one that raises what ends Python, in forks."""
    directory = tmp_path_factory.mktemp("forked")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(SUPPORT))
    patch.setattr(supervisor, "PATIENCE", 1)
    patch.setattr("conformance.running.schedulers.local.pytest_arguments", lambda *args: pytest.fail("pytest is not needed"))
    backends = ["unruly_backends:Dies", "unruly_backends:Sleeps", "torch:cpu", "unruly_backends:Exits"]
    options = [f"--backend={name}" for name in backends] + ["--op", "neg", "--examples", "1", "--profile", "survey", "--workers", "2"]
    status = main(["run", *options, "--timeout", "3", "--no-self-check", "--report-dir", str(directory)])
    patch.undo()
    report = json.loads((directory / "conformance.json").read_text(encoding="utf-8"))
    return status, {row["backend"].rpartition(":")[2]: row for row in report["operations"]}, report


def test_every_task_has_a_result(run):
    status, rows, report = run
    assert status == 1
    assert set(rows) == {"Dies", "Sleeps", "cpu", "Exits"}
    assert report["errors"] == []
    assert rows["cpu"]["status"] == "passed" and rows["cpu"]["examples"] > 0


@pytest.mark.parametrize(("name", "rule"), [("Dies", "ends the process"), ("Sleeps", "hang")])
def test_a_crash_is_a_failure_with_its_input(run, name, rule):
    failures = [failure for failure in run[1][name]["failures"] if failure["property"] == "crash"]
    assert [failure["rule"] for failure in failures][:1] == [rule]
    assert "Case(" in failures[0]["script"] or "neg" in failures[0]["script"]


def test_what_would_end_python_is_an_error_like_another(run):
    assert "crash" not in {failure["property"] for failure in run[1]["Exits"]["failures"]}
    assert run[1]["Exits"]["failures"]


def test_judging_one_operation_imports_neither_torch_s_compiler_nor_pytest():
    program = (
        "import sys\nimport conformance.running.schedulers.local\n"
        "from conformance.running.operation_run import judge_operation\nfrom conformance.catalogue.entries import entry\n"
        "from conformance.examples.profiles import PROFILES\n"
        "judge_operation(entry('add'), 'torch:cpu', PROFILES['quick'], 0)\n"
        "print([name for name in ('torch._inductor', 'torch._dynamo', 'sympy', 'pytest', 'xdist') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_gradients_of_plain_tensors_need_no_symbols_and_whoever_needs_them_has_them():
    program = (
        "import sys, torch\nfrom conformance.backends import find_backend\n"
        "backend, x = find_backend('torch:cpu'), torch.ones(2, requires_grad=True)\n"
        "found = backend.gradients([x * 3], [x], [torch.ones(2)], False)\n"
        "print(found[0].tolist(), 'sympy' in sys.modules, 'torch.fx.experimental.symbolic_shapes' in sys.modules)\n"
        "backend._functions['asks'] = lambda: __import__('torch.fx.experimental.symbolic_shapes', fromlist=['ShapeEnv']).ShapeEnv.__name__\n"
        "print(backend.call('asks', 'function', [], {}), 'sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == ["[3.0, 3.0] False False", "ShapeEnv True"]


def test_a_process_for_scripts_is_started_when_one_is_run():
    runner = Runner.when_needed()
    assert runner.runner is None
    assert runner.run("raise SystemExit(1)", 60.0).status == 1
    assert runner.runner is not None
    runner.close()
