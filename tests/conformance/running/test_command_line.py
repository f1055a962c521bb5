"""The command line as a stranger uses it: names, mistakes, closed pipes, what is printed."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from report_samples import about, failure, row, small, training

from conformance import __main__ as console
from conformance import __version__
from conformance.backends.torch_backend import Torch
from conformance.cases.asked import Asked, ask
from conformance.catalogue.entries import entry
from conformance.catalogue.selection import UnknownOperation, selected, words_of
from conformance.cli import main, parser, requirements
from conformance.examples.profiles import PROFILES
from conformance.report import write
from conformance.report.console import github, tell
from conformance.report.terminal import WIDTH, rotation_text, summary_text
from conformance.running import command as running
from conformance.running import settings
from conformance.running.operation_run import judge_operation
from conformance.running.preparing.command_text import command
from conformance.running.preparing.tasks import sharing, tasks_of
from conformance.running.preparing.unusable import Unusable, directory_for, file_for


def names(*words, without=()):
    return [e.operation.name for e in selected(words, without)]


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "meant"), [
    ("clamp", "clamp"), ("torch.clamp", "clamp"), ("torch.Tensor.clamp", "clamp"), ("clamp_", "clamp"), ("torch.Tensor.clamp_", "clamp"),
    ("clip", "clamp"), ("aten::add.Tensor", "add"), ("torch.linalg.inv", "linalg.inv"), ("aten.linalg_inv", "linalg.inv"),
    ("torch.nn.functional.softmax", "nn.functional.softmax"), ("F.softmax", "nn.functional.softmax"), ("torch.special.expit", "sigmoid"),
])  # fmt: skip
def test_operations_are_called_as_in_the_documentation(word, meant):
    assert names(word) == [meant]


def test_families_pages_and_prefixes_mean_several():
    assert {"searchsorted", "sum"} <= set(names("searching", "reductions"))
    assert {"add", "neg"} <= set(names("pointwise_arithmetic"))
    assert set(names("torch.linalg.*")) == set(names("linalg.*")) > {"linalg.inv"}
    everything = {e.operation.name for e in selected()}
    assert set(names(without=["pointwise", "add*"])) == everything - set(names("pointwise", "add*"))


def test_a_word_that_means_nothing_is_never_dropped():
    with pytest.raises(UnknownOperation, match=r"no operation 'clmp'; did you mean clamp"):
        names("add", "clmp")
    with pytest.raises(UnknownOperation, match="no operation 'frobnicate'"):
        names("frobnicate")
    with pytest.raises(UnknownOperation, match="no operation 'manual_seed' to judge .*in every example"):
        names("manual_seed")
    for word in ("", "*x", "nothing_like_this*"):
        with pytest.raises(UnknownOperation):
            names(word)


def test_names_come_from_files_too(tmp_path, monkeypatch):
    (tmp_path / "ops.txt").write_text("add  # the first\n\n# none here\ntorch.clamp, neg\n")
    assert words_of(["exp,log"], [str(tmp_path / "ops.txt")]) == ["exp", "log", "add", "torch.clamp", "neg"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("abs\n"))
    assert words_of(None, ["-"]) == ["abs"]
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(ValueError, match="names no operation"):
        words_of(None, [str(tmp_path / "empty.txt")])


# -- mistakes ------------------------------------------------------------------------------------

MISTAKES = {
    "run --backend torch:cpu --op add --op clmp": "did you mean clamp",
    "run --backend torch:cpu --not-op ad": "no operation 'ad'",
    "run --backend torch:cpu --ops-from no-such-file": "no-such-file",
    "run --workers -1": "expected a whole number of at least 0, got '-1'",
    "run --workers two": "expected a whole number",
    "run --examples 0": "at least 1",
    "run --timeout -3": "at least 0",
    "run --memory nan": "expected a number",
    "run --shard 3/2": "expected I/N",
    "run --property valeus": "invalid choice: 'valeus'",
    "run --op add --report-dir FILE/reports": "--report-dir FILE/reports: cannot be written",
    "run --op add --write-deviations nowhere/deviations.json": "--write-deviations nowhere/deviations.json",
    "run --op add --deviations no-such-file": "--deviations no-such-file: there is no such file",
    "run --op add --database FILE/database": "--database FILE/database",
    "report FILE": "FILE is no conformance report",
    "report no-such-file": "no-such-file",
    "report LIST": "LIST is no conformance report",
    "report HALF": "HALF is no whole conformance report: report: suite is missing",
    "repro 1234 --report-dir nowhere": "no report to look into",
    "list --op nosuchthing": "no operation 'nosuchthing'",
    "list --import no_such_module": "--import no_such_module",
    "programs --count 0": "at least 1",
    "selftest --least 2": "from 0 to 1",
    "selftest --generated --op clmp": "did you mean clamp",
    "nonsense": "invalid choice",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_a_line_and_status_3(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text("no JSON")
    Path("LIST").write_text("[]")
    Path("HALF").write_text('{"schema": 3, "operations": []}')
    try:
        status = main(line.split())
    except SystemExit as end:
        status = end.code
    told = capsys.readouterr().err
    assert status == 3
    assert MISTAKES[line] in told
    assert len(told.splitlines()) <= 2 and "Traceback" not in told


def test_files_that_are_needed_at_the_end_are_looked_at_first(tmp_path):
    (tmp_path / "file").touch()
    assert directory_for(str(tmp_path / "new" / "reports")).is_dir()
    file_for(str(tmp_path / "file"), "--x")
    file_for(str(tmp_path / "new" / "file"), "--x")
    with pytest.raises(Unusable, match="is a directory"):
        file_for(str(tmp_path), "--x")


def test_torch_that_is_missing_or_wrong_is_one_line_with_the_command_that_mends_it(monkeypatch, capsys):
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "torch" else object())
    assert main(["list"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("conformance: torch is not installed") and f"-m pip install torch=={requirements.TORCH}" in told
    assert len(told.splitlines()) == 1
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "xdist" else object())
    assert "pip install pytest-xdist" in requirements.unmet()
    monkeypatch.undo()
    assert requirements.unmet() is None
    monkeypatch.setattr(requirements, "torch_version", lambda: "1.13.1+cu117")
    assert "torch 1.13.1+cu117 is too old, 2.11 to 2.13.0 can be used" in requirements.unmet()
    monkeypatch.setattr(requirements, "torch_version", lambda: "2.14.0.dev1")
    assert requirements.unmet() is None and "2.14.0.dev1 is the oracle here" in requirements.remark()
    monkeypatch.setattr(requirements, "torch_version", lambda: "2.13.0+cpu")
    assert requirements.remark() is None
    monkeypatch.setattr(requirements.importlib, "import_module", lambda name: (_ for _ in ()).throw(OSError("libfoo.so.1:\nnot found")))
    assert "torch cannot be imported (libfoo.so.1: not found)" in requirements.unmet()


def test_the_pinned_torch_is_that_of_the_package():
    assert f'"torch=={requirements.TORCH}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# -- what is printed -----------------------------------------------------------------------------


def console_command(*arguments):
    return [sys.executable, "-m", "conformance", *arguments]


def test_the_version_and_the_help_need_no_torch():
    code = "import sys; sys.modules['torch'] = None; from conformance.cli import main; main(sys.argv[1:])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    for arguments, word in ((["--version"], f"conformance {__version__}"), (["run", "--help"], "other examples (default: 0)")):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert word in done.stdout


def test_a_reader_who_goes_away_is_no_error(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(console_command("list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), told) == (0, b"")


def test_the_console_script_finds_the_modules_of_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["conformance", "list", "--op", "neg", "--import", "a_module_that_is_here"])
    (tmp_path / "a_module_that_is_here.py").write_text("here = True\n")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert console.main() == 0
    assert sys.path[0] == str(tmp_path)
    del sys.modules["a_module_that_is_here"]


def test_printed_commands_can_be_pasted(monkeypatch, tmp_path):
    line = "run --backend torch:cpu --op clamp --not-op neg --property dtype --no-messages --timeout 2 --memory 1.5 --examples 3 --report-dir"
    arguments = parser().parse_args([*line.split(), "my reports"])
    told = command(arguments)
    assert parser().parse_args(shlex.split(told)[3:]) == arguments
    assert told.startswith("python -m conformance run") and told.endswith("--report-dir 'my reports'")
    assert "--report-dir" not in command(parser().parse_args(["run"]))
    (tmp_path / "python").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for executable, found in ((str(tmp_path / "python3.11"), "python"), ("/elsewhere/bin/python", "/elsewhere/bin/python")):
        monkeypatch.setattr(tell.sys, "executable", executable)
        assert tell.for_paste("python -m conformance") == f"{found} -m conformance"
        assert tell.repro_command("1234", "reports") == f"{found} -m conformance repro 1234"
        assert tell.repro_command("1234", "my reports") == f"{found} -m conformance repro 1234 --report-dir 'my reports'"


def failing(count=20):
    def of(i):
        return failure(f"f{i}", "m:B", "errors", "message", got=f"E: {'x' * (i + 1)} {'long ' * 60}")

    rows = [row(f"f{i}", "m:B", "alpha" if i % 2 else "beta", [of(i)]) for i in range(count)]
    return small([*rows, row("fine", "m:B", "gamma"), training("SGD", "m:B", "failed")], backends=["m:B"], command="python -m conformance run")


def test_the_summary_is_short_and_tells_failures_before_families():
    report = failing()
    finding = {"operation": "f", "dtype": "float32", "property": "values", "text": "off", "ulps": 3.0, "script": "", "kind": "outside its contract"}
    report["findings"] = [{**finding, "operation": f"operation_{i}"} for i in range(467)]
    text = summary_text(report, Path("reports"))
    lines = text.splitlines()
    assert len(lines) < 100
    assert [line for line in lines if len(line) > WIDTH and "repro" not in line and not line.startswith("repeat")] == []
    assert lines[0].startswith("backend")
    assert text.index("20 failures from") < text.index("failed, by family") < text.index("findings about torch")
    assert "findings about torch, which fail no backend: 467 (reports/conformance.html#findings)" in text
    assert "operation_12" not in text
    assert "and 5 more: reports/conformance.html#causes" in text
    assert "gamma" not in text  # nothing failed there
    assert "training run SGD on m:B failed" in text
    assert "\033[" not in text and "\033[31m" in summary_text(report, Path("reports"), colours=True)


def test_the_summary_fits_a_narrow_terminal():
    text = summary_text(failing(), Path("reports"), width=80)
    assert [line for line in text.splitlines() if len(line) > 80 and " -m conformance " not in line] == []
    board = text.partition("\n\n")[0]
    assert [line.split()[0] for line in board.splitlines()[2:4]] == ["operations", "passed"]


@pytest.mark.parametrize("command", ["", "run", "list", "report", "repro", "programs", "selftest"])
def test_help_fits_the_terminal(command, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_what_is_longer_than_a_line_goes_on_under_itself_and_commands_stay_whole():
    words = " ".join(["word"] * 30)
    red = f"\033[31m7. {words}\033[0m"
    for line, indent in ((f"   {'got':8} {words}", 12), (f"12. {words}", 4), (f"  {words}", 2), (f"failed: {words}", 2), (red, 3)):
        first, *others = tell.fitted(line, 40).splitlines()
        assert max(map(len, (first, *others))) <= 40 and {len(other) - len(other.lstrip()) for other in others} == {indent}
        assert " ".join((first, *map(str.strip, others))) == line
    for line in ("short", "", f"repeat: python -m conformance run {words}"):
        assert tell.fitted(line, 40) == line


def test_colours_are_for_terminals(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert tell.coloured(Terminal()) and not tell.coloured(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not tell.coloured(Terminal())


def test_a_workflow_of_github_gets_annotations_and_a_summary(monkeypatch, tmp_path, capsys):
    report = failing()
    github.tell(report, "# Conformance\n")
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    github.tell(report, "# Conformance\n")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert all(line.startswith("::error title=conformance") for line in lines)
    assert "%0Agot: E: " in lines[0]
    assert lines[-1].endswith("12 more causes: see the report")
    assert (tmp_path / "summary.md").read_text() == "# Conformance\n"


def test_a_merged_report_tells_where_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(small([row("exp", "torch:cpu", failures=[failure("exp", "torch:cpu")])], **about()), tmp_path / "one")
    assert main(["report", "one/conformance.json", "--report-dir", "merged"]) == 1
    report = json.loads(Path("merged/conformance.json").read_text())
    assert report["about"]["report_dir"] == "merged"
    identifier = report["operations"][0]["failures"][0]["id"]
    assert f"python -m conformance repro {identifier} --report-dir merged" in Path("merged/conformance.md").read_text()
    assert f"-m conformance repro {identifier} --report-dir merged" in capsys.readouterr().out


# -- what is asked for ---------------------------------------------------------------------------

class TwoFaults(Torch):
    """Functions give twice as much, and all errors have other words."""

    def call(self, operation, form, args, kwargs):
        try:
            result = super().call(operation, form, args, kwargs)
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            raise type(error)("other words") from error
        return result * 2 if form == "function" and result.is_floating_point() else result


@pytest.mark.parametrize(("properties", "messages", "told", "checked"), [
    ((), True, {("values", "exp(x)"), ("errors", "message")}, None),
    ((), False, {("values", "exp(x)")}, None),
    (("errors",), True, {("errors", "message")}, {"errors"}),
    (("errors",), False, set(), {"errors"}),
    (("dtype", "shape"), True, set(), {"dtype", "shape"}),
])  # fmt: skip
def test_properties_are_judged_alone_and_messages_can_be_left_out(properties, messages, told, checked):
    ask(Asked(properties, messages))
    try:
        result = judge_operation(entry("exp"), "test_command_line:TwoFaults", PROFILES["quick"], 0, 1, backend=TwoFaults(), shrink=False)
    finally:
        ask(None)
    found = {(f["property"], "exp(x)" if f["property"] == "values" else f["rule"]) for f in result["failures"]}
    assert told <= found
    if properties or not messages:
        assert {each for each in found if each[0] == "errors" and each[1] == "message"} == told & {("errors", "message")}
    if checked is not None:
        assert set(result["checks"]) == checked and {each[0] for each in found} == {each[0] for each in told}
    assert result["never_drawn"] == [] and not result["compared_nothing"]


def test_what_is_asked_for_reaches_the_processes_that_judge(tmp_path):
    arguments = parser().parse_args(["run", "--property", "dtype", "--no-messages", "--op", "neg", "--report-dir", str(tmp_path)])
    made = running._settings(arguments, str(tmp_path))
    made.write(tmp_path / "settings.json")
    read = settings.read(tmp_path / "settings.json")
    assert (read.properties, read.messages) == (("dtype",), False)


def test_a_selection_leaves_out_what_is_about_no_single_operation():
    def kinds(line):
        arguments = parser().parse_args(["run", *line.split()])
        return {kind for kind, _, _ in tasks_of(arguments, ["refimpl:cpu"])}

    assert kinds("") == {"operation", "training", "programs"}
    assert kinds("--op neg") == kinds("--property dtype") == {"operation"}
    assert kinds("--op neg --training") == {"operation", "training"}
    assert kinds("--not-op neg") == {"operation", "training", "programs"}
    assert kinds("--op neg --only-training") == {"training"}
    assert kinds("--op neg --not-op neg --training") == set()


def test_devices_that_share_pages_have_turns_where_the_profile_says_so():
    names = ["torch:cpu", "refimpl:cpu", "refimpl:host_numpy", "refimpl:host_torch"]

    def backends(line):
        chosen: dict[str, set[str]] = {}
        for _, name, backend in tasks_of(parser().parse_args(["run", "--op", "pointwise", *line.split()]), names):
            chosen.setdefault(name, set()).add(backend)
        return chosen

    assert all(each == {*names} for each in backends("").values())
    one, other = backends("--profile ci"), backends("--profile ci --seed 1")
    assert all(len(each) == 3 and {"torch:cpu", "refimpl:cpu"} < each for each in one.values())
    assert set().union(*one.values()) == {*names}
    assert one != other
    report = small([row("exp", "torch:cpu")])
    report["about"]["in_turn"] = sharing(names)
    assert rotation_text(report) == "of refimpl:host_numpy, refimpl:host_torch each operation was judged on one, with another seed on another"


def test_the_exit_status_of_a_comparison_is_the_gate(tmp_path, capsys):
    bad, other = failure("exp", "torch:cpu"), failure("log", "torch:cpu")
    reports = {
        "old": [row("exp", "torch:cpu", failures=[bad]), row("log", "torch:cpu")],
        "same": [row("exp", "torch:cpu", failures=[bad]), row("log", "torch:cpu"), row("sin", "torch:cpu")],
        "mended": [row("exp", "torch:cpu"), row("log", "torch:cpu")],
        "broken": [row("exp", "torch:cpu", failures=[bad]), row("log", "torch:cpu", failures=[other])],
        "new": [row("exp", "torch:cpu", failures=[bad]), row("sin", "torch:cpu", failures=[failure("sin", "torch:cpu")])],
    }  # fmt: skip
    for name, items in reports.items():
        write(small(items, command=name), tmp_path / name)
    old = str(tmp_path / "old" / "conformance.json")
    for name, status, word in (("same", 0, "0 broken"), ("mended", 0, "mended: exp on torch:cpu"), ("broken", 1, "broken: log on torch:cpu"),
                               ("new", 1, "1 added")):  # fmt: skip
        path = str(tmp_path / name / "conformance.json")
        assert main(["report", path, "--compare", old, "--report-dir", str(tmp_path / "out")]) == status, name
        assert word in capsys.readouterr().out


def test_an_interruption_before_anything_is_judged_says_that_there_is_no_report(tmp_path, monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.cli._commands", interrupted)  # which imports torch
    assert main(["run", "--report-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "conformance: interrupted before anything was judged: there is no report\n"
    assert main(["list"]) == 2
    assert capsys.readouterr().err == "conformance: interrupted\n"
