"""The arguments of the commands, each looked at before anything is done."""

from __future__ import annotations

import argparse
import math
import os
import textwrap
from typing import Any, Callable, NoReturn

from ..cases.deviation import PROPERTIES
from ..examples.profiles import PROFILES
from ..running.preparing.statuses import STATUSES, UNUSABLE
from ..version import __version__


class _Parser(argparse.ArgumentParser):
    """Like its base, but wrong arguments end with status 3: 2 is an interrupted run."""

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"{self.prog}: error: {message}\n{self.prog} --help says what it takes\n")


class _Help(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the lines of the epilog as far as they fit, and tells the default of each option that has one."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrapped = [textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=f"{indent}     ") for line in text.splitlines()]
        return "\n".join([part for parts in wrapped for part in parts or [""]])

    def _get_help_string(self, action: argparse.Action) -> str | None:
        told = action.default is None or action.default is False or action.default == argparse.SUPPRESS or "default" in (action.help or "")
        return action.help if told else super()._get_help_string(action)


def number(kind: Callable[[str], Any], least: float, most: float = math.inf) -> Callable[[str], Any]:
    """An argument's type: a number of this kind, within bounds."""
    words = {int: "a whole number", float: "a number"}[kind]  # type: ignore[index]
    bounds = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"

    def read(text: str) -> Any:
        try:
            found = kind(text)
        except ValueError:
            found = math.nan
        if not least <= found <= most or found == math.inf:
            raise argparse.ArgumentTypeError(f"expected {words} {bounds}, got {text!r}")
        return found

    return read


def parser() -> argparse.ArgumentParser:
    top = _Parser(
        prog="conformance", description="Hold tensor backends against torch, operation by operation.", formatter_class=_Help,
        epilog="conformance COMMAND --help says what a command takes. For a start:\n  conformance run --backend torch:cpu --op add",
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"conformance {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, words: str, epilog: str | None = None) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".", epilog=epilog, formatter_class=_Help)

    _run(command("run", "judge backends and write a report", STATUSES))
    listing = command("list", "list operations, backends and profiles")
    _operations(listing)
    _modules(listing)
    report = command("report", "merge reports of several machines or shards into one, or compare them with an earlier one")
    report.add_argument("json", nargs="+", help="conformance.json files")
    report.add_argument("--compare", default=None, metavar="OLD.json",
                        help="an earlier report: what broke since, what was mended; the exit status is 1 if something broke")  # fmt: skip
    _directory(report)
    repro = command("repro", "print the script of a failure and run it")
    repro.add_argument("id", help="the failure's id in the report")
    repro.add_argument("--timeout", type=number(float, 0.1), default=60.0, metavar="SECONDS", help="after this the script hangs")
    _directory(repro)
    _programs(command("programs", "run random programs on backends beside torch, and shrink those that differ"))
    _selftest(command("selftest", "judge deliberately broken backends: each defect must be caught"))
    return top


def _run(run: argparse.ArgumentParser) -> None:
    _backends(run)
    _operations(run)
    _modules(run)
    run.add_argument("--property", action="append", default=None, choices=PROPERTIES, dest="properties", metavar="NAME",
                     help=f"judge this property alone (repeatable): {', '.join(PROPERTIES)}")  # fmt: skip
    run.add_argument("--no-messages", action="store_true", help="compare errors by their types, and not their words")
    run.add_argument("--no-self-check", action="store_true", help="judge a backend although its adapter is at fault")
    run.add_argument("--profile", choices=sorted(PROFILES), default="quick", help="how much is drawn (`list` tells them)")
    run.add_argument("--examples", type=number(int, 1), default=None, metavar="N",
                     help="examples for each dtype of an operation (default: the profile's)")  # fmt: skip
    run.add_argument("--seed", type=int, default=0, help="other examples")
    run.add_argument("--workers", type=number(int, 0), default=os.cpu_count() or 1, metavar="N",
                     help="processes (default: one for each core); 0: this one, unprotected")  # fmt: skip
    _directory(run)
    run.add_argument("--training", action="store_true", help="training runs beside the operations that --op selects, which leaves them out otherwise")
    run.add_argument("--no-training", action="store_true", help="leave the training runs out")
    run.add_argument("--only-training", action="store_true", help="nothing but the training runs")
    run.add_argument("--no-programs", action="store_true", help="leave the random programs out")
    run.add_argument("--only-programs", action="store_true", help="nothing but the random programs")
    run.add_argument("--scheduler", default=None, metavar="dask://HOST:PORT",
                     help="let a Dask cluster judge, by the address of its scheduler (default: processes of this machine)")  # fmt: skip
    run.add_argument("--resource", action="append", default=None, metavar="BACKEND=NAME",
                     help="with --scheduler: the resource of a worker that can judge the backend (default: GPU for a GPU's; repeatable)")  # fmt: skip
    run.add_argument("--shard", default="1/1", metavar="I/N", help="only every N-th operation, from the I-th on")
    run.add_argument("--deviations", default=None, metavar="FILE", help="declared deviations; none: excuse nothing (default: this project's own)")
    run.add_argument("--write-deviations", default=None, metavar="FILE", help="judge to the end and write the deviations that occur to FILE")
    run.add_argument("--timeout", type=number(float, 0), default=None, metavar="SECONDS",
                     help="what one call may take (default: 20, thorough 60; 0: no limit)")  # fmt: skip
    run.add_argument("--memory", type=number(float, 0), default=None, metavar="GIB", help="what one worker may take (default: a share; 0: no limit)")
    run.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same command in the same report directory")
    run.add_argument("--database", default=None, metavar="DIR", help="for failing examples, tried first (default: REPORT_DIR/database)")
    run.add_argument("--no-database", action="store_true", help="keep and try no examples of earlier runs")


def _programs(programs: argparse.ArgumentParser) -> None:
    _backends(programs, "as in run (default: refimpl:cpu; repeatable)")
    _modules(programs)
    programs.add_argument("--count", type=number(int, 1), default=1000, help="how many programs")
    programs.add_argument("--seed", type=number(int, 0), default=0, help="the number of the first program")
    programs.add_argument("--show", action="store_true", help="print the first program that is drawn, and run nothing")


def _selftest(selftest: argparse.ArgumentParser) -> None:
    selftest.add_argument("--only", action="append", default=None, help="part of a defect's or a description's name (repeatable)")
    _directory(selftest)
    selftest.add_argument("--seed", type=int, default=0, help="base seed of the examples, as in run")
    selftest.add_argument("--sweep", action="store_true", help="plant every generic defect in every operation instead")
    selftest.add_argument("--generated", action="store_true", help="judge defects that are drawn from descriptions instead")
    selftest.add_argument("--count", type=number(int, 1), default=300, help="with --generated: how many defects")
    selftest.add_argument("--least", type=number(float, 0, 1), default=0.97, help="with --generated: the share that must be caught")
    selftest.add_argument("--op", action="append", default=None, help="with --sweep or --generated: operation, family or prefix* (repeatable)")
    selftest.add_argument("--every", type=number(int, 1), default=1, metavar="N", help="with --sweep: only every N-th operation")
    selftest.add_argument("--workers", type=number(int, 1), default=os.cpu_count() or 1, help="processes (default: one for each core)")


def _directory(command: argparse.ArgumentParser) -> None:
    command.add_argument("--report-dir", default="reports", metavar="DIR", help="where the report is")


def _backends(command: argparse.ArgumentParser, words: str = "torch:DEVICE, refimpl:DEVICE, module:Name (repeatable; default: all present)") -> None:
    command.add_argument("--backend", action="append", default=None, help=words)


def _modules(command: argparse.ArgumentParser) -> None:
    command.add_argument("--import", action="append", default=None, dest="modules", metavar="MODULE", help="import this first (repeatable)")


def _operations(command: argparse.ArgumentParser) -> None:
    words = "operation (clamp, torch.clamp, clamp_, torch.nn.functional.relu), family, page or prefix* (repeatable)"
    command.add_argument("--op", action="append", default=None, metavar="NAME", help=words)
    command.add_argument("--not-op", action="append", default=None, metavar="NAME", help="not these, named in the same way (repeatable)")
    words = "names from a file, one a line; -: standard input (repeatable)"
    command.add_argument("--ops-from", action="append", default=None, metavar="FILE", help=words)
