"""The command line: ``python -m conformance run|list|report|selftest|repro|programs``."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..running.preparing.statuses import INTERRUPTED, UNUSABLE
from ..running.preparing.unusable import RESULTS
from .arguments import parser
from .requirements import remark, unmet

if TYPE_CHECKING:
    import argparse

__all__ = ["main", "parser"]


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status is 0 only if nothing failed. What a user got wrong is one line on the standard error, and status 3."""
    arguments = parser().parse_args(argv)
    try:
        return _execute(arguments)
    except KeyboardInterrupt:
        print(f"conformance: interrupted{_before_a_report(arguments)}", file=sys.stderr)
        return INTERRUPTED


def _before_a_report(arguments: argparse.Namespace) -> str:
    """What there is to say of a run that came to no report."""
    if arguments.command != "run" or (Path(arguments.report_dir) / RESULTS).exists():
        return ""
    return " before anything was judged: there is no report"


def _execute(arguments: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    missing = unmet()
    if missing is not None:
        print(f"conformance: {missing}", file=sys.stderr)
        return UNUSABLE
    if arguments.command in ("run", "selftest") and remark() is not None:
        print(f"conformance: {remark()}", file=sys.stderr)
    commands = _commands()

    try:
        status: int = commands.COMMANDS[arguments.command](arguments)
        sys.stdout.flush()
        return status
    except commands.Unusable as error:
        print(f"conformance: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:  # as of `| head`: whoever reads has seen enough
        commands.to_nowhere()
        return 0


def _commands() -> Any:
    """The module of the commands, and with it torch and refimpl. What they make stays: to look for garbage in it is a sixth of the time of a small
    run."""
    gc.disable()
    try:
        from . import commands
    finally:
        gc.freeze()
        gc.enable()
    return commands
