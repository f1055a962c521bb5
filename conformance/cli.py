"""The command line: ``python -m conformance run|list|report|selftest|repro|programs``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from .examples.profiles import PROFILE_COLUMNS, PROFILES
from .running import command as running


class _Unusable(SystemExit):
    """What cannot be used: its text goes to the standard error, and the exit status is 3."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        print(text, file=sys.stderr)
        self.code = running.UNUSABLE


class _Parser(argparse.ArgumentParser):
    """Like its base, but wrong arguments end with status 3: 2 is an interrupted run."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(running.UNUSABLE, f"{self.prog}: error: {message}\n")


def parser() -> argparse.ArgumentParser:
    top = _Parser(prog="conformance", description="Hold tensor backends against torch, operation by operation.")
    commands = top.add_subparsers(dest="command", required=True)
    plain = argparse.RawDescriptionHelpFormatter
    run = commands.add_parser("run", help="judge backends and write a report", epilog=running.STATUSES, formatter_class=plain)
    _selection(run)
    run.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    run.add_argument("--examples", type=int, default=None, help="examples for each dtype of an operation, instead of the profile's")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core); 0: this one, unprotected")
    run.add_argument("--report-dir", default="reports", help="where the report goes (default: reports)")
    run.add_argument("--no-training", action="store_true", help="leave the training runs out")
    run.add_argument("--only-training", action="store_true", help="nothing but the training runs")
    run.add_argument("--no-programs", action="store_true", help="leave the random programs out")
    run.add_argument("--only-programs", action="store_true", help="nothing but the random programs")
    run.add_argument("--shard", default="1/1", metavar="I/N", help="only every N-th operation, from the I-th on")
    run.add_argument("--deviations", default=None, metavar="FILE", help="declared deviations; none: excuse nothing (default: this project's own)")
    run.add_argument("--write-deviations", default=None, metavar="FILE", help="judge to the end and write the deviations that occur to FILE")
    run.add_argument("--timeout", type=float, default=None, metavar="SECONDS", help="what one call may take (default: 20, thorough 60; 0: no limit)")
    run.add_argument("--memory", type=float, default=None, metavar="GIB", help="what one worker may take (default: a share; 0: no limit)")
    run.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same command in the same report directory")
    run.add_argument("--database", default=None, metavar="DIR", help="for failing examples, tried first (default: REPORT_DIR/database)")
    run.add_argument("--no-database", action="store_true", help="keep and try no examples of earlier runs")
    listing = commands.add_parser("list", help="list operations, backends and profiles")
    _selection(listing)
    report = commands.add_parser("report", help="merge reports of several machines or shards into one")
    report.add_argument("json", nargs="+", help="conformance.json files")
    report.add_argument("--compare", default=None, metavar="OLD.json", help="an earlier report: what broke since, what was mended")
    report.add_argument("--report-dir", default="reports")
    repro = commands.add_parser("repro", help="print the script of a failure and run it")
    repro.add_argument("id", help="the failure's id in the report")
    repro.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="after this the script hangs (default: 60)")
    repro.add_argument("--report-dir", default="reports")
    programs = commands.add_parser("programs", help="run random programs on backends beside torch, and shrink those that differ")
    programs.add_argument("--backend", action="append", default=None, help="as in run (default: refimpl:cpu; repeatable)")
    programs.add_argument("--import", action="append", default=None, dest="modules", metavar="MODULE", help="import this first (repeatable)")
    programs.add_argument("--count", type=int, default=1000, help="how many programs (default: 1000)")
    programs.add_argument("--seed", type=int, default=0, help="the number of the first program (default: 0)")
    programs.add_argument("--show", action="store_true", help="print the first program that is drawn, and run nothing")
    selftest = commands.add_parser("selftest", help="judge deliberately broken backends: each defect must be caught")
    selftest.add_argument("--only", action="append", default=None, help="part of a defect's or a description's name (repeatable)")
    selftest.add_argument("--report-dir", default="reports")
    selftest.add_argument("--seed", type=int, default=0, help="base seed of the examples (default: 0, as in run)")
    selftest.add_argument("--sweep", action="store_true", help="plant every generic defect in every operation instead")
    selftest.add_argument("--generated", action="store_true", help="judge defects that are drawn from descriptions instead")
    selftest.add_argument("--count", type=int, default=300, help="with --generated: how many defects (default: 300)")
    selftest.add_argument("--least", type=float, default=0.97, help="with --generated: the share that must be caught (default: 0.97)")
    selftest.add_argument("--op", action="append", default=None, help="with --sweep or --generated: operation, family or prefix* (repeatable)")
    selftest.add_argument("--every", type=int, default=1, metavar="N", help="with --sweep: only every N-th operation")
    selftest.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return top


def _selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("--backend", action="append", default=None, help="torch:DEVICE, refimpl:DEVICE, module:Name (repeatable)")
    command.add_argument("--op", action="append", default=None, help="operation, family, or prefix* (repeatable)")
    command.add_argument("--import", action="append", default=None, dest="modules", metavar="MODULE", help="import this first (repeatable)")


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status is 0 only if nothing failed."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    command = {"run": running.run, "list": show_list, "report": merge, "repro": repro, "selftest": selftest, "programs": programs}[arguments.command]
    return command(arguments)


# -- the other commands --------------------------------------------------------------------------


def show_list(arguments: argparse.Namespace) -> int:
    """List what would be judged."""
    from tabulate import tabulate

    from .backends import present_backends
    from .catalogue.entries import entries

    for module in running.modules_of(arguments):
        importlib.import_module(module)
    rows = [
        (e.operation.name, e.operation.family, str(e.contract), " ".join(e.forms), len(e.operation.dtypes), "yes" if e.differentiable else "")
        for e in entries(arguments.op)
    ]
    print(tabulate(rows, headers=("operation", "family", "contract", "forms", "dtypes", "gradient")))
    print(f"\n{len(rows)} operations; backends present: {', '.join(present_backends())}")
    print("\n" + tabulate([profile.row() for profile in PROFILES.values()], headers=PROFILE_COLUMNS))
    return 0 if rows else 4


def merge(arguments: argparse.Namespace) -> int:
    """Several reports into one matrix."""
    from .report import compare_reports, merge_reports, read_report, write

    try:
        report = merge_reports([read_report(path) for path in arguments.json])
        if arguments.compare is not None:
            report["comparison"] = compare_reports(read_report(arguments.compare), report)
    except (OSError, ValueError) as error:
        raise _Unusable(f"conformance: {error}") from error
    directory = Path(arguments.report_dir)
    write(report, directory)
    running.say_summary(report, directory)
    return 1 if report["summary"]["failed"] or report["errors"] else 0


def repro(arguments: argparse.Namespace) -> int:
    """Print a failure's script and run it, in a process of its own; the exit status is 0 only if nothing differs any more."""
    import subprocess

    from .running.crashes import rule_of

    path = Path(arguments.report_dir) / "conformance.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"conformance: no report to look into: {error}", file=sys.stderr)
        return running.UNUSABLE
    failures = [failure for row in report["operations"] for failure in row["failures"]]
    failure = next((failure for failure in failures if failure["id"] == arguments.id), None)
    if failure is None:
        print(f"no failure {arguments.id} in {path}")
        return running.NOTHING
    print(f"{failure['operation']} on {failure['backend']}: {failure['property']}: {failure['rule']}")
    print(f"expected {failure['expected']}\ngot      {failure['got']}\n\n{failure['script']}", flush=True)
    paths = os.pathsep.join([path for path in sys.path if path])
    try:
        command = [sys.executable, "-c", failure["script"]]
        code = subprocess.run(command, check=False, timeout=arguments.timeout, env={**os.environ, "PYTHONPATH": paths}).returncode
    except subprocess.TimeoutExpired:
        print(f"hang: no answer within {arguments.timeout:g} s")
        return running.FAILED
    if code < 0:
        print(": ".join(rule_of(code)))
    return running.FAILED if code else running.PASSED


def selftest(arguments: argparse.Namespace) -> int:
    """Judge the suite itself."""
    from .selftest.run import run_selftest

    if arguments.sweep:
        from .selftest.sweep import run_sweep

        return run_sweep(arguments.op, arguments.workers, Path(arguments.report_dir), arguments.seed, arguments.every)
    if arguments.generated:
        from .selftest.generated.command import run_generated

        return run_generated(
            arguments.op, arguments.only, arguments.workers, Path(arguments.report_dir), arguments.seed, arguments.count, arguments.least
        )
    return run_selftest(arguments.only, arguments.workers, Path(arguments.report_dir), arguments.seed)


def programs(arguments: argparse.Namespace) -> int:
    """Random programs, in this process."""
    from .programs.command import run_command

    for module in running.modules_of(arguments):
        importlib.import_module(module)
    try:
        return run_command(arguments.backend or ["refimpl:cpu"], arguments.seed, arguments.count, arguments.show)
    except LookupError as error:
        raise _Unusable(f"conformance: {error}") from error
