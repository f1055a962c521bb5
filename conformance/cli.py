"""The command line: ``python -m conformance run|list|report|selftest|repro``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from .profiles import PROFILES


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="conformance", description="Hold tensor backends against torch, operation by operation.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="judge backends and write a report")
    _selection(run)
    run.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    run.add_argument("--examples", type=int, default=None, help="examples for each dtype of an operation, instead of the profile's")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    run.add_argument("--report-dir", default="reports", help="where the report goes (default: reports)")
    run.add_argument("--no-training", action="store_true", help="leave the training runs out")
    run.add_argument("--only-training", action="store_true", help="nothing but the training runs")
    run.add_argument("--shard", default="1/1", metavar="I/N", help="only every N-th operation, from the I-th on")
    run.add_argument("--database", default=None, help="keep hypothesis's example database in this directory")
    listing = commands.add_parser("list", help="list operations, backends and profiles")
    _selection(listing)
    report = commands.add_parser("report", help="merge reports of several machines or shards into one")
    report.add_argument("json", nargs="+", help="conformance.json files")
    report.add_argument("--compare", default=None, metavar="OLD.json", help="an earlier report: what broke since, what was mended")
    report.add_argument("--report-dir", default="reports")
    repro = commands.add_parser("repro", help="print the script of a failure and run it")
    repro.add_argument("id", help="the failure's id in the report")
    repro.add_argument("--report-dir", default="reports")
    selftest = commands.add_parser("selftest", help="judge deliberately broken backends: each defect must be caught")
    selftest.add_argument("--only", action="append", default=None, help="part of a defect's name (repeatable)")
    selftest.add_argument("--report-dir", default="reports")
    selftest.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return top


def _selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("--backend", action="append", default=None, help="torch:DEVICE, refimpl:DEVICE, module:Name (repeatable)")
    command.add_argument("--op", action="append", default=None, help="operation, family, or prefix* (repeatable)")


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status is 0 only if nothing failed."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    command = {"run": run, "list": show_list, "report": merge, "repro": repro, "selftest": selftest}[arguments.command]
    return command(arguments)


# -- run -----------------------------------------------------------------------------------------


def run(arguments: argparse.Namespace) -> int:
    """Judge, with pytest as the runner, and write the report."""
    import pytest

    from .report import build, write

    started = time.time()
    directory = Path(arguments.report_dir)
    results_path = directory / "results.jsonl"
    backends = arguments.backend or _present()
    for name in backends:
        _check_backend(name)
    code = pytest.main(_pytest_arguments(arguments, backends, results_path), plugins=_plugins(arguments))
    items = read_lines(results_path)
    report = build(items, about(arguments, backends, started))
    write(report, directory)
    _say_summary(report, directory)
    if code == pytest.ExitCode.INTERRUPTED:
        print("interrupted: the report holds what was judged before")
        return 2
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR):
        return 3
    if not items:
        print("nothing was judged: no operation or backend matches the selection")
        return 4
    return 1 if report["summary"]["failed"] or report["errors"] else 0


def _plugins(arguments: argparse.Namespace) -> list[Any]:
    return []


def _pytest_arguments(arguments: argparse.Namespace, backends: list[str], results: Path) -> list[str]:
    suite = Path(__file__).parent / "suite"
    tests = [str(suite / "test_operations.py"), str(suite / "test_training.py")]
    if arguments.only_training:
        tests = tests[1:]
    if arguments.no_training:
        tests = tests[:1]
    options = [
        *tests, "-p", "conformance.plugin", "-p", "no:cacheprovider", "-q", "--tb=no", "--no-header", "--no-summary",
        f"--rootdir={suite}", "-c", os.devnull, f"--conformance-profile={arguments.profile}", f"--conformance-seed={arguments.seed}",
        f"--conformance-json={results}", f"--conformance-shard={arguments.shard}", "-W", "ignore",
    ]  # fmt: skip
    options += [f"--conformance-backend={name}" for name in backends]
    options += [f"--conformance-op={name}" for name in arguments.op or []]
    if arguments.examples is not None:
        options.append(f"--conformance-examples={arguments.examples}")
    if arguments.database is not None:
        options.append(f"--conformance-database={arguments.database}")
    if arguments.workers > 1:
        options += ["-p", "xdist", "-n", str(arguments.workers), "--dist", "worksteal"]
    return options


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The results gathered so far, one JSON object a line."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def about(arguments: argparse.Namespace, backends: list[str], started: float) -> dict[str, Any]:
    """What the report says about the run itself."""
    from .backends import find_backend

    argv = ["python", "-m", "conformance", "run"]
    for name in arguments.backend or []:
        argv += ["--backend", name]
    for name in arguments.op or []:
        argv += ["--op", name]
    argv += ["--profile", arguments.profile, "--seed", str(arguments.seed)]
    if arguments.examples is not None:
        argv += ["--examples", str(arguments.examples)]
    if arguments.shard != "1/1":
        argv += ["--shard", arguments.shard]
    versions = {name: find_backend(name).versions() for name in ["torch:cpu", *backends]}
    return {
        "command": shlex.join(argv),
        "profile": arguments.profile,
        "seed": arguments.seed,
        "examples": arguments.examples,
        "backends": backends,
        "versions": versions,
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "workers": arguments.workers,
    }


def _say_summary(report: dict[str, Any], directory: Path) -> None:
    from .report.terminal import summary_text

    print()
    print(summary_text(report))
    print(f"\nreport: {directory / 'conformance.html'}, {directory / 'conformance.md'}, {directory / 'conformance.json'}")


def _present() -> list[str]:
    from .backends import present_backends

    return present_backends()


def _check_backend(name: str) -> None:
    from .backends import find_backend

    try:
        find_backend(name)
    except LookupError as error:
        raise SystemExit(f"conformance: {error}") from error


# -- the other commands --------------------------------------------------------------------------


def show_list(arguments: argparse.Namespace) -> int:
    """List what would be judged."""
    from tabulate import tabulate

    from .documented import entries

    rows = [
        (e.operation.name, e.operation.family, str(e.contract), " ".join(e.forms), len(e.operation.dtypes), "yes" if e.differentiable else "")
        for e in entries(arguments.op)
    ]
    print(tabulate(rows, headers=("operation", "family", "contract", "forms", "dtypes", "gradient")))
    print(f"\n{len(rows)} operations; backends present: {', '.join(_present())}")
    print("profiles: " + "; ".join(f"{p.name} ({p.per_dtype} examples a dtype, {p.cost})" for p in PROFILES.values()))
    return 0 if rows else 4


def merge(arguments: argparse.Namespace) -> int:
    """Several reports into one matrix."""
    from .report import compare_reports, merge_reports, read_report, write

    try:
        report = merge_reports([read_report(path) for path in arguments.json])
        if arguments.compare is not None:
            report["comparison"] = compare_reports(read_report(arguments.compare), report)
    except (OSError, ValueError) as error:
        raise SystemExit(f"conformance: {error}") from error
    directory = Path(arguments.report_dir)
    write(report, directory)
    _say_summary(report, directory)
    return 1 if report["summary"]["failed"] or report["errors"] else 0


def repro(arguments: argparse.Namespace) -> int:
    """Print a failure's script and run it."""
    import subprocess

    with open(Path(arguments.report_dir) / "conformance.json", encoding="utf-8") as file:
        report = json.load(file)
    for row in report["operations"]:
        for failure in row["failures"]:
            if failure["id"] == arguments.id:
                print(f"{failure['operation']} on {failure['backend']}: {failure['property']}: {failure['rule']}")
                print(f"expected {failure['expected']}\ngot      {failure['got']}\n\n{failure['script']}")
                return subprocess.run([sys.executable, "-c", failure["script"]], check=False).returncode
    print(f"no failure {arguments.id} in the report of {arguments.report_dir}")
    return 4


def selftest(arguments: argparse.Namespace) -> int:
    """Judge the suite itself."""
    from .selftest.run import run_selftest

    return run_selftest(arguments.only, arguments.workers, Path(arguments.report_dir))
