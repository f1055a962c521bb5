"""``python -m conformance run``: select, judge with pytest as the runner, write the report.

Backends of other people are first looked for in a process of their own (:mod:`.probe`). Then pytest-xdist's workers judge, also if there is only
one, while this process watches them (:mod:`.supervisor`) and writes down what they find (:mod:`.results`). ``--workers 0`` judges in this
process, without that protection: for debuggers.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from ..examples.profiles import PROFILES
from .results import Results, file_hash, fingerprint, take_over, task
from .settings import Settings, default_memory

# What `run` exits with.
PASSED, FAILED, INTERRUPTED, UNUSABLE, NOTHING = range(5)
STATUSES = """\
exit status:
  0  nothing failed
  1  something failed: a backend, or the run itself
  2  interrupted: the report holds what was judged before; --resume goes on from there
  3  it could not be run: an argument, a file or a backend that cannot be used
  4  nothing was judged: the selection matches nothing"""


def run(arguments: argparse.Namespace) -> int:
    """Judge, and write the report."""
    from ..declared_deviations import declarations as deviations
    from ..declared_deviations import writing as declaring
    from . import probe

    started = time.time()
    directory = Path(arguments.report_dir)
    foreign = [name for name in arguments.backend or [] if name.partition(":")[0] not in ("torch", "refimpl")] + modules_of(arguments)
    found = probe.probe(arguments.backend, modules_of(arguments), apart=bool(foreign) and arguments.workers > 0)
    unusable = {name: entry["error"] for name, entry in found.items() if "error" in entry}
    for name, text in unusable.items():
        print(f"conformance: backend {name!r} cannot be used: {text}", file=sys.stderr)
    if unusable:
        return UNUSABLE
    try:
        declared = _declared(arguments)
        tasks = _tasks(arguments, list(found))
    except (deviations.Malformed, ValueError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return UNUSABLE
    if not tasks:
        print("nothing was judged: no operation or backend matches the selection")
        return NOTHING
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, _ended_politely():
        settings = _settings(arguments, folder)
        results, taken_over = _results(arguments, settings, found, directory, tasks)
        left = [entry for entry in tasks if entry not in {task(item) for item in results.items}]
        code = _judge(arguments, settings, left, results)
        missing = _missing(tasks, results)
        about_run = about(arguments, list(found), {name: entry["versions"] for name, entry in found.items()}, started)
        return _finish(arguments, directory, results, about_run | {"taken_over": taken_over}, missing, code, declared, declaring)


def _judge(arguments: argparse.Namespace, settings: Settings, left: list[tuple[str, str, str]], results: Results) -> int:
    """Let pytest judge what is left; pytest's exit status."""
    from dataclasses import replace

    import pytest

    from .progress import Progress
    from .supervisor import Supervisor

    if not left:
        return 0
    settings = replace(
        settings,
        operations=tuple((name, backend) for kind, name, backend in left if kind == "operation"),
        training=tuple((name, backend) for kind, name, backend in left if kind == "training"),
        programs=tuple((name, backend) for kind, name, backend in left if kind == "programs"),
    )
    path = Path(settings.folder) / "settings.json"
    settings.write(path)
    progress = Progress(len(left))
    supervisor = Supervisor(settings, results, progress)
    try:
        code = pytest.main(_pytest_arguments(arguments, path, settings), plugins=[supervisor])
        return pytest.ExitCode.INTERNAL_ERROR if supervisor.hopeless else code
    except KeyboardInterrupt:  # between pytest's own handlers
        return pytest.ExitCode.INTERRUPTED
    finally:
        progress.close()


def _pytest_arguments(arguments: argparse.Namespace, path: Path, settings: Settings) -> list[str]:
    suite = Path(__file__).parent / "suite"
    tests = [("test_operations.py", settings.operations), ("test_training.py", settings.training), ("test_programs.py", settings.programs)]
    options = [
        *[str(suite / name) for name, tasks in tests if tasks], "-p", "conformance.running.plugin", "-p", "no:cacheprovider",
        "-p", "no:terminalreporter", "-q", "--tb=short", f"--rootdir={suite}", "-c", os.devnull, "-W", "ignore", "--import-mode=importlib",
        f"--conformance-settings={path}",
    ]  # fmt: skip
    if arguments.workers:
        # the supervisor decides when workers have been replaced often enough
        options += ["-p", "xdist", "-n", str(arguments.workers), "--dist", "worksteal", "--max-worker-restart=1000000", "-s", "-p", "no:faulthandler"]
    return options


def _finish(
    arguments: argparse.Namespace, directory: Path, results: Results, about_run: dict[str, Any], missing: list[str], code: int,
    declared: Any, declaring: Any,
) -> int:  # fmt: skip
    """Write the report, and say how it went."""
    import pytest

    from ..report import build, write

    interrupted = code == pytest.ExitCode.INTERRUPTED
    items = list(results.items)
    if missing:
        text = f"{'interrupted: ' if interrupted else ''}{len(missing)} of {about_run['tasks']} were not judged: {_some(missing)}"
        about_run |= {"interrupted": text if interrupted else "", "missing": missing}
        items.append({"kind": "error", "test": "the run", "text": text, "when": "run"})
    report = build(items, about_run)
    write(report, directory)
    say_summary(report, directory)
    if interrupted:
        print(f"interrupted: the report holds what was judged before. To go on: {about_run['command']} --resume")
        return INTERRUPTED
    if arguments.write_deviations is not None:
        return int(declaring.finish(arguments.write_deviations, declared, items, report))
    return FAILED if report["summary"]["failed"] or report["errors"] else PASSED


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def say_summary(report: dict[str, Any], directory: Path) -> None:
    from ..report.terminal import summary_text

    print()
    print(summary_text(report))
    print(f"\nreport: {directory / 'conformance.html'}, {directory / 'conformance.md'}, {directory / 'conformance.json'}")


# -- what is to be done --------------------------------------------------------------------------


def modules_of(arguments: argparse.Namespace) -> list[str]:
    return list(getattr(arguments, "modules", None) or [])


def _tasks(arguments: argparse.Namespace, backends: list[str]) -> list[tuple[str, str, str]]:
    """Everything that the command asks for: kind, name, backend. The backends of an operation follow each other, so that one worker judges them
    on the same examples, drawn once."""
    from ..catalogue.entries import entries
    from ..programs.ranges import ranges
    from ..training.networks import NAMES

    index, count = shard_of(arguments.shard)
    nothing_else = arguments.only_training or arguments.only_programs
    names = [] if nothing_else else [e.operation.name for e in entries(arguments.op)][index - 1 :: count]
    runs = [] if arguments.no_training or arguments.only_programs else list(NAMES)[index - 1 :: count]
    # programs are about no single operation: a selection of operations leaves them out
    without_programs = arguments.no_programs or arguments.only_training or arguments.op
    programs = [] if without_programs else ranges(backends, PROFILES[arguments.profile].programs, arguments.seed)[index - 1 :: count]
    tasks = [("operation", name, backend) for name in names for backend in backends]
    # a selection that matches nothing is a mistake, which training runs must not hide
    tasks += [("training", name, backend) for name in runs for backend in backends] if tasks or arguments.only_training else []
    return tasks + [("programs", name, backend) for name, backend in programs] if tasks or arguments.only_programs else []


def shard_of(text: str) -> tuple[int, int]:
    """``I/N`` as two numbers; ValueError if it is nothing of the kind."""
    index, _, count = text.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise ValueError(f"--shard: expected I/N with I from 1 to N, got {text!r}")
    return int(index), int(count)


def _settings(arguments: argparse.Namespace, folder: str) -> Settings:
    profile = PROFILES[arguments.profile]
    timeout = profile.timeout if arguments.timeout is None else arguments.timeout
    database = arguments.database or str(Path(arguments.report_dir) / "database")
    memory = default_memory(arguments.workers) if arguments.memory is None else int(arguments.memory * 2**30)
    return Settings(
        profile=arguments.profile, seed=arguments.seed, examples=arguments.examples, folder=folder,
        database=None if arguments.no_database else str(Path(database).absolute()), timeout=timeout, memory=memory,
        deviations=declared_file(arguments), to_the_end=arguments.write_deviations is not None, modules=tuple(modules_of(arguments)),
        paths=tuple(sys.path),
    )  # fmt: skip


def _results(
    arguments: argparse.Namespace, settings: Settings, found: dict[str, Any], directory: Path, tasks: list[tuple[str, str, str]]
) -> tuple[Results, int]:
    """The file for the results, with those of an earlier run that hold for this one too; and how many these are."""
    own = {name: getattr(settings, name) for name in ("profile", "seed", "examples", "timeout", "to_the_end")}
    own |= {"memory": arguments.memory, "deviations": file_hash(settings.deviations) or str(settings.deviations)}
    now = fingerprint(own, found)
    path = directory / "results.jsonl"
    taken: list[dict[str, Any]] = []
    if arguments.resume:
        taken, said = take_over(path, now)
        taken = [item for item in taken if task(item) in set(tasks)]
        print(f"resume: {said}", file=sys.stderr)
    return Results(path, now, taken), len(taken)


def _missing(tasks: list[tuple[str, str, str]], results: Results) -> list[str]:
    judged = {task(item) for item in results.items}
    return [f"{name} on {backend}" for kind, name, backend in tasks if (kind, name, backend) not in judged]


def declared_file(arguments: argparse.Namespace) -> str | None:
    """The file of declared deviations that a run goes by: for one that writes the file, the file as it is before."""
    if arguments.deviations is None and arguments.write_deviations is not None:
        return arguments.write_deviations if Path(arguments.write_deviations).exists() else "none"
    return arguments.deviations  # type: ignore[no-any-return]


def _declared(arguments: argparse.Namespace) -> tuple[Any, ...]:
    """The declared deviations; what of them cannot be is told."""
    from ..declared_deviations import declarations as deviations

    entries = deviations.entries_of(declared_file(arguments))
    for text in deviations.unknown(entries):
        print(f"conformance: {text}", file=sys.stderr)
    return entries


# -- what is said about it -----------------------------------------------------------------------


def about(arguments: argparse.Namespace, backends: list[str], versions: dict[str, Any], started: float) -> dict[str, Any]:
    """What the report says about the run itself."""
    from ..backends import find_backend

    oracle = {"torch:cpu": find_backend("torch:cpu").versions()}
    return {
        "command": command(arguments),
        "profile": arguments.profile,
        "seed": arguments.seed,
        "examples": arguments.examples,
        "backends": backends,
        "versions": oracle | versions,
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "workers": arguments.workers,
        "tasks": len(_tasks(arguments, backends)),
    }


def command(arguments: argparse.Namespace) -> str:
    """The command that draws and judges the same again."""
    argv = ["python", "-m", "conformance", "run"]
    for option, values in (("--backend", arguments.backend), ("--op", arguments.op), ("--import", modules_of(arguments))):
        for value in values or []:
            argv += [option, value]
    argv += ["--profile", arguments.profile, "--seed", str(arguments.seed)]
    if arguments.examples is not None:
        argv += ["--examples", str(arguments.examples)]
    if arguments.shard != "1/1":
        argv += ["--shard", arguments.shard]
    if arguments.deviations is not None:
        argv += ["--deviations", arguments.deviations]
    stages = ("no_training", "only_training", "no_programs", "only_programs")
    argv += ["--" + name.replace("_", "-") for name in stages if getattr(arguments, name)]
    return shlex.join(argv)


@contextmanager
def _ended_politely() -> Iterator[None]:
    """While this runs, SIGTERM is what Ctrl-C is: the report is still written."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
