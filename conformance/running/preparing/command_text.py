"""The command that draws and judges the same again, from the arguments of a run."""

from __future__ import annotations

import argparse
import shlex

from ...report.console.tell import DEFAULT_DIRECTORY

# Options that may be repeated, those with a value that may be None, and flags: by their names in the arguments.
_REPEATED = {"backend": "--backend", "op": "--op", "not_op": "--not-op", "ops_from": "--ops-from", "modules": "--import", "properties": "--property",
             "resource": "--resource"}  # fmt: skip
_VALUES = {"examples": "--examples", "deviations": "--deviations", "timeout": "--timeout", "memory": "--memory", "scheduler": "--scheduler"}
_FLAGS = ("no_messages", "no_self_check", "training", "no_training", "only_training", "no_programs", "only_programs")


def command(arguments: argparse.Namespace) -> str:
    """The command, with the interpreter by its usual name; :func:`~conformance.report.console.tell.for_paste` puts in the one that runs."""
    argv = ["python", "-m", "conformance", "run"]
    for name, option in _REPEATED.items():
        for value in getattr(arguments, name, None) or []:
            argv += [option, value]
    argv += ["--profile", arguments.profile, "--seed", str(arguments.seed)]
    for name, option in _VALUES.items():
        if getattr(arguments, name, None) is not None:
            value = getattr(arguments, name)
            argv += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    if arguments.shard != "1/1":
        argv += ["--shard", arguments.shard]
    argv += ["--" + name.replace("_", "-") for name in _FLAGS if getattr(arguments, name, False)]
    if arguments.report_dir != DEFAULT_DIRECTORY:
        argv += ["--report-dir", arguments.report_dir]
    return shlex.join(argv)
