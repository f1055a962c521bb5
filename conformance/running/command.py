"""``python -m conformance run``: select, judge with pytest as the runner, write the report.

Backends of other people are first looked for in a process of their own (:mod:`.probe`). Then pytest-xdist's workers judge, also if there is only
one, while this process watches them (:mod:`.supervisor`) and writes down what they find (:mod:`.results`). ``--workers 0`` judges in this
process, without that protection: for debuggers. A few tasks are judged without pytest, in a fork of this process (:mod:`.forked`). With
``--scheduler`` others judge, on other machines (:mod:`.schedulers`).
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from ..examples.profiles import PROFILES
from ..report.console.adapter_faults import lines as adapter_lines
from ..report.console.tell import coloured, columns, directory_text, fitted, for_paste, say
from .preparing.command_text import command
from .preparing.statuses import ADAPTER, FAILED, INTERRUPTED, NOTHING, PASSED, UNUSABLE
from .preparing.tasks import Task, operations_of, shard_of, sharing, tasks_of
from .preparing.unusable import RESULTS, Unusable, directory_for, file_for
from .results import Results, file_hash, fingerprint, take_over, task
from .schedulers import INTERRUPTED as _INTERRUPTED
from .schedulers import Scheduler, find_scheduler
from .settings import Settings, default_memory


def run(arguments: argparse.Namespace) -> int:
    """Judge, and write the report."""
    started = time.time()
    directory = directory_for(arguments.report_dir)
    _look_at(arguments)
    scheduler = find_scheduler(arguments)
    try:
        return _run(arguments, directory, scheduler, started)
    finally:
        scheduler.close()


def _run(arguments: argparse.Namespace, directory: Path, scheduler: Scheduler, started: float) -> int:
    from ..declared_deviations import declarations as deviations
    from ..declared_deviations import writing as declaring

    found = scheduler.probe(arguments.backend, modules_of(arguments), check=not arguments.no_self_check)
    unusable = {name: entry["error"] for name, entry in found.items() if "error" in entry}
    for name, text in unusable.items():
        print(f"conformance: backend {name!r} cannot be used: {text}", file=sys.stderr)
    if unusable:
        return UNUSABLE
    try:
        declared = _declared(arguments)
    except deviations.Malformed as error:
        raise Unusable(str(error)) from error
    faults = [{"kind": "adapter", **fault} for entry in found.values() for fault in entry.get("faults", ())]
    for line in adapter_lines({"adapter_faults": [{**fault, "examples": 0} for fault in faults]}):
        print(line, file=sys.stderr, flush=True)
    sound = [name for name, entry in found.items() if not entry.get("faults")]
    tasks = tasks_of(arguments, sound)
    if not tasks and not faults:
        say("nothing was judged: the selection leaves no operation")
        return NOTHING
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, _ended_politely():
        settings = _settings(arguments, folder)
        results, taken_over = _results(arguments, settings, found, directory, tasks)
        left = [entry for entry in tasks if entry not in {task(item) for item in results.items}]
        code = _judge(scheduler, settings, left, results)
        missing = _missing(tasks, results)
        about_run = about(arguments, sound, {name: entry["versions"] for name, entry in found.items()}, started)
        return _finish(arguments, directory, results, about_run | {"taken_over": taken_over}, missing, code, declared, declaring, faults)


def _look_at(arguments: argparse.Namespace) -> None:
    """What cannot be is told before a backend is looked for: a name that means nothing, a file or directory that is needed at the end."""
    operations_of(arguments)
    try:
        shard_of(arguments.shard)
    except ValueError as error:
        raise Unusable(str(error)) from error
    if arguments.write_deviations is not None:
        file_for(arguments.write_deviations, "--write-deviations")
    if arguments.deviations not in (None, "none") and not Path(arguments.deviations).is_file():
        raise Unusable(f"--deviations {arguments.deviations}: there is no such file")
    if arguments.database is not None and not arguments.no_database:
        directory_for(arguments.database, "--database")


def _judge(scheduler: Scheduler, settings: Settings, left: list[Task], results: Results) -> int:
    """Let the scheduler judge what is left; how that went."""
    from .progress import Progress

    if not left:
        return 0
    progress = Progress(len(left))
    try:
        return scheduler.judge(settings, left, results, progress)
    finally:
        progress.close()


def _finish(
    arguments: argparse.Namespace, directory: Path, results: Results, about_run: dict[str, Any], missing: list[str], code: int,
    declared: Any, declaring: Any, faults: list[dict[str, Any]],
) -> int:  # fmt: skip
    """Write the report, and say how it went."""
    from ..report import build_by_versions, write

    interrupted = code == _INTERRUPTED
    items = [*results.items, *faults]
    if missing:
        text = f"{'interrupted: ' if interrupted else ''}{len(missing)} of {about_run['tasks']} were not judged: {_some(missing)}"
        about_run |= {"interrupted": text if interrupted else "", "missing": missing}
        items.append({"kind": "error", "test": "the run", "text": text, "when": "run"})
    report = build_by_versions(items, about_run)
    write(report, directory)
    say_summary(report, directory)
    if interrupted:
        say(f"interrupted: the report holds what was judged before. To go on: {for_paste(about_run['command'])} --resume")
        return INTERRUPTED
    if arguments.write_deviations is not None:
        return int(declaring.finish(arguments.write_deviations, declared, items, report))
    return status_of(report)


def status_of(report: dict[str, Any]) -> int:
    """The exit status that a report means."""
    if report["adapter_faults"]:
        return ADAPTER
    return FAILED if report["summary"]["failed"] or report["errors"] else PASSED


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def say_summary(report: dict[str, Any], directory: Path) -> None:
    """What a person reads at the end, and what GitHub shows if this runs there."""
    from ..report.console import github
    from ..report.markdown import markdown_text
    from ..report.terminal import WIDTH, summary_text

    say()
    say(summary_text(report, directory, coloured(), columns(WIDTH)))
    say(fitted(f"\nreport: {directory / 'conformance.html'}, {directory / 'conformance.md'}, {directory / 'conformance.json'}", columns()))
    github.tell(report, markdown_text(report))


# -- what is to be done --------------------------------------------------------------------------


def modules_of(arguments: argparse.Namespace) -> list[str]:
    return list(getattr(arguments, "modules", None) or [])


def _settings(arguments: argparse.Namespace, folder: str) -> Settings:
    profile = PROFILES[arguments.profile]
    timeout = profile.timeout if arguments.timeout is None else arguments.timeout
    database = arguments.database or str(Path(arguments.report_dir) / "database")
    memory = default_memory(arguments.workers) if arguments.memory is None else int(arguments.memory * 2**30)
    return Settings(
        profile=arguments.profile, seed=arguments.seed, examples=arguments.examples, folder=folder,
        database=None if arguments.no_database else str(Path(database).absolute()), timeout=timeout, memory=memory,
        deviations=declared_file(arguments), to_the_end=arguments.write_deviations is not None, modules=tuple(modules_of(arguments)),
        paths=tuple(sys.path), properties=tuple(dict.fromkeys(arguments.properties or ())), messages=not arguments.no_messages,
    )  # fmt: skip


def _results(
    arguments: argparse.Namespace, settings: Settings, found: dict[str, Any], directory: Path, tasks: list[Task]
) -> tuple[Results, int]:
    """The file for the results, with those of an earlier run that hold for this one too; and how many these are."""
    own = {name: getattr(settings, name) for name in ("profile", "seed", "examples", "timeout", "to_the_end", "messages")}
    own |= {"properties": list(settings.properties)}
    own |= {"memory": arguments.memory, "deviations": file_hash(settings.deviations) or str(settings.deviations)}
    now = fingerprint(own, found)
    path = directory / RESULTS
    taken: list[dict[str, Any]] = []
    if arguments.resume:
        taken, said = take_over(path, now)
        taken = [item for item in taken if task(item) in set(tasks)]
        print(f"resume: {said}", file=sys.stderr)
    return Results(path, now, taken), len(taken)


def _missing(tasks: list[Task], results: Results) -> list[str]:
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
        "report_dir": directory_text(arguments.report_dir),
        "profile": arguments.profile,
        "seed": arguments.seed,
        "examples": arguments.examples,
        "backends": backends,
        "versions": oracle | versions,
        "started": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "workers": arguments.workers,
        "tasks": len(tasks_of(arguments, backends)),
        "in_turn": sharing(backends) if PROFILES[arguments.profile].in_turn else [],
    }


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
