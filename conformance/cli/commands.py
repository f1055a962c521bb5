"""The commands, once their arguments are in order."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any, Callable

from ..backends import present_backends
from ..catalogue.selection import UnknownOperation, selected, words_of
from ..examples.profiles import PROFILE_COLUMNS, PROFILES
from ..report.console.tell import directory_text, to_nowhere
from ..running import command as running
from ..running.preparing.statuses import FAILED, NOTHING, PASSED, UNUSABLE
from ..running.preparing.unusable import Unusable, directory_for

__all__ = ["COMMANDS", "Unusable", "to_nowhere"]


def run(arguments: argparse.Namespace) -> int:
    """Judge backends."""
    return running.run(arguments)


def show_list(arguments: argparse.Namespace) -> int:
    """List what would be judged."""
    from tabulate import tabulate

    _import(arguments)
    try:
        chosen = selected(words_of(arguments.op, arguments.ops_from), words_of(arguments.not_op))
    except (UnknownOperation, OSError, ValueError) as error:
        raise Unusable(str(error)) from error
    rows = [(e.operation.name, e.operation.family, str(e.contract), " ".join(e.forms), len(e.operation.dtypes), "yes" if e.differentiable else "")
            for e in chosen]  # fmt: skip
    print(tabulate(rows, headers=("operation", "family", "contract", "forms", "dtypes", "gradient")))
    print(f"\n{len(rows)} operations; backends present: {', '.join(present_backends())}")
    print("\n" + tabulate([profile.row() for profile in PROFILES.values()], headers=PROFILE_COLUMNS))
    return PASSED if rows else NOTHING


def merge(arguments: argparse.Namespace) -> int:
    """Several reports into one matrix."""
    from ..report import compare_reports, merge_reports, read_report, write

    directory = directory_for(arguments.report_dir)
    try:
        report = merge_reports([read_report(path) for path in arguments.json])
        if arguments.compare is not None:
            report["comparison"] = compare_reports(read_report(arguments.compare), report)
    except (OSError, ValueError) as error:
        raise Unusable(str(error)) from error
    report["about"]["report_dir"] = directory_text(arguments.report_dir)
    write(report, directory)
    running.say_summary(report, directory)
    if arguments.compare is not None:
        return FAILED if worse(report) else PASSED
    return running.status_of(report)


def worse(report: dict[str, Any]) -> bool:
    """Whether something broke since the earlier report, or fails that was not in it. What failed before and fails in the same way is no news."""
    found = report["comparison"]
    new = [entry for entry in found["added"] if entry["status"] == "failed"]
    changed = [entry for entry in found["changed"] if entry["new_failures"]]
    return bool(found["broken"] or new or changed or report["errors"] or report["adapter_faults"])


def repro(arguments: argparse.Namespace) -> int:
    """Print a failure's script and run it, in a process of its own; the exit status tells whether the difference is there (1), gone (0), or
    whether the script could not be run (3)."""
    import subprocess

    from ..explaining import script_runs
    from ..report import read_report
    from ..running.failures.crashes import rule_of

    path = Path(arguments.report_dir) / "conformance.json"
    try:
        report = read_report(path)
    except (OSError, ValueError) as error:
        raise Unusable(f"no report to look into: {error}") from error
    failures = [failure for row in report["operations"] for failure in row["failures"]]
    failure = next((failure for failure in failures if failure["id"] == arguments.id), None)
    if failure is None:
        print(f"no failure {arguments.id} in {path}")
        return NOTHING
    print(f"{failure['operation']} on {failure['backend']}: {failure['property']}: {failure['rule']}")
    print(f"expected {failure['expected']}\ngot      {failure['got']}\n\n{failure['script']}", flush=True)
    try:
        code = script_runs.interpret(failure["script"], arguments.timeout).returncode
    except subprocess.TimeoutExpired:
        print(f"still there: hang: no answer within {arguments.timeout:g} s", file=sys.stderr)
        return FAILED
    if code == script_runs.SAME:
        print("gone: the two sides agree", file=sys.stderr)
        return PASSED
    if code == script_runs.DIFFERS or code < 0:
        if code < 0:
            print(": ".join(rule_of(code)))
        print("still there", file=sys.stderr)
        return FAILED
    print("the script could not be run", file=sys.stderr)
    return UNUSABLE


def selftest(arguments: argparse.Namespace) -> int:
    """Judge the suite itself."""
    from ..selftest.run import run_selftest

    directory = directory_for(arguments.report_dir)
    operations = words_of(arguments.op) or None
    try:
        if arguments.sweep:
            from ..selftest.sweep import run_sweep

            return run_sweep(operations, arguments.workers, directory, arguments.seed, arguments.every)
        if arguments.generated:
            from ..selftest.generated.command import run_generated

            return run_generated(operations, arguments.only, arguments.workers, directory, arguments.seed, arguments.count, arguments.least)
    except UnknownOperation as error:
        raise Unusable(str(error)) from error
    return run_selftest(arguments.only, arguments.workers, directory, arguments.seed)


def programs(arguments: argparse.Namespace) -> int:
    """Random programs, in this process."""
    from ..programs.command import run_command

    _import(arguments)
    try:
        return run_command(arguments.backend or ["refimpl:cpu"], arguments.seed, arguments.count, arguments.show)
    except LookupError as error:
        raise Unusable(str(error)) from error


def _import(arguments: argparse.Namespace) -> None:
    for module in running.modules_of(arguments):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise Unusable(f"--import {module}: {error}") from error


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run, "list": show_list, "report": merge, "repro": repro, "selftest": selftest, "programs": programs,
}  # fmt: skip
