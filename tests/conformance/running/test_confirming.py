"""Failures are run again before they are reported: by their script, by the suite, several times, after the calls before them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from places import ROOT, SUPPORT
from report_samples import failure, row, small

from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.explaining import script_runs
from conformance.explaining.script_runs import DIFFERS, FAILED, HANGS, SAME, Ran, Runner
from conformance.explaining.scripts import script
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics
from conformance.report import write
from conformance.report.terminal import summary_text
from conformance.running.failures.confirming import Confirmer, History
from conformance.running.operation_run import judge_operation


@pytest.fixture(scope="module")
def runner():
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(SUPPORT))
    patch.syspath_prepend(str(ROOT))
    found = Runner.started()
    yield found
    found.close()
    patch.undo()


def call(dtype="float32", operation="neg", form="function"):
    return Case(operation, form, (encode([1.0, 2.0] if dtype == "float32" else [1, 2], dtype),), (TensorSpec(0, dtype, (2,), (1,)),))


def confirmer(name, runner):
    backend = find_backend(name)
    again = lambda case: Judge(backend, entry("neg").operation, entry("neg").contract, Statistics("neg", name)).check(case)  # noqa: E731
    return Confirmer(name, again, runner)


def deviation(name):
    found = confirmer(name, None).again(call())
    return next((each for each in found if each.property == "values"), Deviation("values", "exact", "-1.0", "-1.0"))


# -- scripts in processes of their own -----------------------------------------------------------


def test_scripts_end_in_five_ways(runner):
    for way in (runner, Runner(None, None)):
        assert way.run("print('here'); raise SystemExit(1)").output == "here\n"
        for text, status in (("pass", SAME), ("raise SystemExit(1)", DIFFERS), ("1 / 0", FAILED), ("import os; os.abort()", -6)):
            assert way.run(text).status == status, text
        assert "ZeroDivisionError" in way.run("1 / 0").output
    assert runner.run("while True: pass", 0.3).status == HANGS
    assert runner.run("import doubtful_backends; raise SystemExit(1)").status == DIFFERS  # found where this process finds it


def test_a_fork_lets_go_of_what_its_parent_has_open_and_has_no_more_memory_than_its_worker():
    """Otherwise nobody would see that a worker is gone; and what takes all memory would take it in a script."""
    code = (
        "import os, sys, time\nfrom conformance.explaining.script_runs import Runner\nrunner = Runner.forked(1 << 31)\n"
        "assert runner.run('raise SystemExit(1)').status == 1 and 'MemoryError' in runner.run('bytes(1 << 32)').output\n"
        "print('ready', flush=True)\nos._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr


def test_a_runner_that_is_gone_is_done_without(runner):
    other = Runner(open(os.devnull, "w"), open(os.devnull))  # noqa: SIM115
    assert other.run("raise SystemExit(1)").status == DIFFERS
    assert other.requests is None


# -- confirming ----------------------------------------------------------------------------------


def test_a_script_that_shows_the_failure_confirms_it(runner):
    name = "doubtful_backends:Doubles"
    found, confirmed = confirmer(name, runner).confirm(call(), deviation(name))
    assert (found.property, confirmed.by, confirmed.runs, confirmed.failed) == ("values", "script", 1, 1)
    assert runner.run(confirmed.script).status == DIFFERS


def test_of_hangs_one_of_an_operation_is_waited_for():
    class Hanging(Runner):
        def run(self, script, seconds=20.0):
            scripts.append(script)
            return Ran(HANGS)

    scripts = []
    judge = Confirmer("torch:cpu", lambda case: [], Hanging(None, None))
    one, other = [judge.confirm(call(), Deviation("crash", "hang", "a result", "no answer"))[1] for _ in range(2)]
    assert (one.by, other.by, len(scripts)) == ("script", "", 1)
    assert "another hang of this operation" in other.text


def test_an_adapter_that_takes_its_module_from_torch_gets_a_script_that_goes_through_it(runner):
    name = "doubtful_backends:Inherits"
    found, confirmed = confirmer(name, runner).confirm(call(), deviation(name))
    assert confirmed.by == "script" and "judge_case" in confirmed.script
    assert runner.run(confirmed.script).status == DIFFERS


def test_where_the_script_shows_nothing_the_suite_confirms_and_it_is_said(runner, monkeypatch):
    import doubtful_backends

    name = "doubtful_backends:Doubles"
    monkeypatch.setattr(doubtful_backends.Doubles, "script", lambda self, case, found: "print('same')", raising=False)
    found, confirmed = confirmer(name, runner).confirm(call(), deviation(name))
    assert confirmed.by == "suite" and "shows nothing" in confirmed.text
    assert "judge_case" in confirmed.script and runner.run(confirmed.script).status == DIFFERS
    monkeypatch.setattr(doubtful_backends.Doubles, "script", lambda self, case, found: "import no_such_module", raising=False)
    assert "ended with ModuleNotFoundError" in confirmer(name, runner).confirm(call(), deviation(name))[1].text


def test_a_failure_that_comes_and_goes_is_one_of_determinism(runner):
    name = "doubtful_backends:EachSeventh"
    found, confirmed = confirmer(name, runner).confirm(call(), Deviation("values", "exact", "-1.0", "-1.0"))
    assert (found.property, found.rule) == ("determinism", "comes and goes: values: exact")
    assert confirmed.runs == 21 and 1 < confirmed.failed < 6
    assert found.got.endswith(f"(in {confirmed.failed} of 21 runs)")
    ran = runner.run(confirmed.script)
    assert ran.status == DIFFERS and "of 200 runs fail" in ran.output


def test_a_failure_that_needs_earlier_calls_has_them_in_its_script(runner):
    name = "doubtful_backends:AfterAnInteger"
    backend = find_backend(name)
    backend.seen = True
    before = [call(), call("int64"), call(), call("int16"), call()]
    found, confirmed = confirmer(name, runner).confirm(call(), deviation(name), before)
    backend.seen = False
    assert (found.property, confirmed.by) == ("values", "suite")
    assert confirmed.text.endswith("after 1 other call")
    assert runner.run(confirmed.script).status == DIFFERS
    assert confirmed.script.count("Case(") == 2
    assert runner.run(confirmed.script.replace("for each in before:", "for each in []:")).status == SAME


def test_what_nothing_shows_is_said_to_be_so(runner):
    name = "doubtful_backends:AfterAnInteger"
    backend = find_backend(name)
    backend.seen = True
    found, confirmed = confirmer(name, runner).confirm(call(), deviation(name), [call("int16")])
    backend.seen = False
    assert confirmed.by == "" and "was not found" in confirmed.text


def test_the_calls_before_a_failure_are_remembered_with_it():
    history, cases = History(), [call("int64"), *(call() for _ in range(20))]
    for case in cases:
        history.add(case)
    history.keep(cases[-1])
    history.add(call())
    before = history.before(cases[-1])
    assert [id(case) for case in before] == [id(case) for case in (*cases[:2], *cases[-9:-1])]  # the first of each dtype, and the last eight
    assert history.before(cases[0]) == ()


def test_a_run_reports_how_its_failures_showed(runner):
    result = judge_operation(entry("neg"), "doubtful_backends:Doubles", PROFILES["survey"], 0, 1, runner=runner)
    values = [each for each in result["failures"] if each["property"] == "values"]
    assert values and all(each["confirmed"]["by"] == "script" for each in values)
    assert all(runner.run(each["script"]).status == DIFFERS for each in values[:2])
    text = summary_text(small([{"kind": "operation", **result}]))
    assert "by its script, in a process of its own" in text


def test_the_projects_own_scripts_need_no_suite():
    assert "conformance" not in script(call(), "refimpl:cpu", Deviation("values", "exact", "-1.0", "1.0", {"element": 0}))


# -- repro ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "status", "word"), [
    ("raise SystemExit(1)", 1, "still there"), ("print('same')", 0, "gone"), ("import no_such_module", 3, "could not be run"),
    ("import os; os.abort()", 1, "ends the process: signal 6 (SIGABRT)"), ("import time; time.sleep(60)", 1, "still there: hang"),
])  # fmt: skip
def test_repro_tells_what_is_there_from_what_is_gone_and_what_cannot_be_run(text, status, word, tmp_path, capfd):
    found = {**failure("exp", "torch:cpu"), "script": text}
    write(small([row("exp", "torch:cpu", failures=[found])]), tmp_path)
    assert main(["repro", found["id"], "--report-dir", str(tmp_path), "--timeout", "1"]) == status
    told = capfd.readouterr()
    assert word in told.out + told.err
    assert json.loads((tmp_path / "conformance.json").read_text())["operations"]


def test_the_wrapper_leaves_a_script_as_it_is():
    numbers = "0., " * 100_000  # an argument of a command has less than 128 KiB on Linux
    code = f"import sys\nx = [{numbers}]\nassert __name__ == '__main__' and sys.argv == ['-c'], sys.argv\nraise SystemExit(1)"
    assert script_runs.run_alone(code, 20).status == DIFFERS
