"""The report in a terminal: how it went, what failed, and where the rest is told. Lines of at most 110 columns, or of the terminal's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tabulate import tabulate

from ..declared_deviations import declarations as deviations
from . import not_judged
from .console import adapter_faults
from .console.tell import fitted, for_paste, painted, repro_command
from .failure_text import cause_text, evidence, lines
from .number_text import number
from .program_text import text as programs_text

WIDTH = 110
_IN_FULL, _IN_A_LINE = 5, 10  # causes
_MOST = 10  # lines of a kind


def scoreboard(report: dict[str, Any]) -> list[list[Any]]:
    """One row for each backend."""
    rows = []
    for name, counts in report["summary"]["backends"].items():
        passed, runs = counts.get("training_passed", 0), counts.get("training_passed", 0) + counts.get("training_failed", 0)
        rows.append([
            name, counts["operations"], counts["passed"], counts["failed"], counts["unsupported"], number(counts["examples"]),
            number(counts["compared"]), counts["failures"], f"{passed}/{runs}" if runs else "",
        ])  # fmt: skip
    return rows


SCOREBOARD = ("backend", "operations", "passed", "failed", "unsupported", "examples", "elements", "failures", "training")


def summary_text(report: dict[str, Any], directory: Path | None = None, colours: bool = False, width: int = WIDTH) -> str:
    """The scoreboard, the causes of failures, families in which something failed, and the rest as counts. ``directory``: where the report is;
    ``width``: of the terminal."""
    sections = [
        *_adapters(report, colours), *_comparison(report, colours), *_causes(report, directory, colours), *_gaps(report), *_training(report),
        *programs_text(report), *_errors(report, colours), *_families(report, width), *_notes(report, directory), _end(report, colours),
    ]  # fmt: skip
    told = [_painted_scoreboard(report, colours, width), *(fitted(section, width) for section in sections)]
    return "\n\n".join(filter(None, told))


def _painted_scoreboard(report: dict[str, Any], colours: bool, width: int) -> str:
    counted = scoreboard(report)
    shown = len(SCOREBOARD) if any(row[-1] for row in counted) else len(SCOREBOARD) - 1  # nothing was trained
    headers, counted = SCOREBOARD[:shown], [row[:shown] for row in counted]
    head, rule, *rows = tabulate(counted, headers=headers).splitlines()
    if len(rule) > width:  # a backend a column
        first, *others = zip(headers, *counted)
        return tabulate(others, headers=first, stralign="right", colalign=("left",))
    colour = ["red" if counts["failed"] or counts.get("training_failed") else "green" for counts in report["summary"]["backends"].values()]
    return "\n".join([head, rule, *(painted(line, name, colours) for line, name in zip(rows, colour))])


def _causes(report: dict[str, Any], directory: Path | None, colours: bool) -> list[str]:
    """What the failures come from: the first causes with their smallest failure, more of them in a line each."""
    by_id = {failure["id"]: (row["operation"], failure) for row in report["operations"] for failure in row["failures"]}
    if not by_id:
        return []
    causes = report["causes"]
    heading = f"{_count(len(by_id), 'failure')} from {_count(len(causes), 'cause')}:"
    parts = [painted(heading, "bold", colours)]
    for place, cause in enumerate(causes[:_IN_FULL], 1):
        operation, failure = by_id[cause["example"]]
        told = [painted(_short(f"{place}. {cause['title']}"), "red", colours)]
        told += _wrapped(f"{evidence(cause)}.", "   ")
        told += _wrapped(cause_text(cause), "   ") if len(cause["operations"]) > 1 or cause["followers"] else []  # else the title tells it
        for label, text in lines(failure, report, operation, WIDTH - 12, repro_command(failure["id"], directory)):
            told += [f"   {label if k == 0 else '':8} {_short(line, 10**6 if label == 'again' else WIDTH - 12)}" for k, line in
                     enumerate(text.splitlines()[:6])]  # fmt: skip
        parts.append("\n".join(told))
    brief = [_short(f"{place}. [{cause['example']}] {cause['title']}; {', '.join(cause['backends'])}: {cause_text(cause, 6)}")
             for place, cause in enumerate(causes[_IN_FULL : _IN_FULL + _IN_A_LINE], _IN_FULL + 1)]  # fmt: skip
    more = len(causes) - _IN_FULL - _IN_A_LINE
    brief += [f"and {more} more: {_place(directory, 'causes')}"] if more > 0 else []
    return parts + (["\n".join(brief)] if brief else [])


def _gaps(report: dict[str, Any]) -> list[str]:
    told = []
    for row in report["operations"]:
        if row.get("never_drawn"):
            told.append(f"{row['operation']} on {row['backend']}: never drawn: {', '.join(row['never_drawn'])}")
        if row.get("compared_nothing"):
            told.append(f"{row['operation']} on {row['backend']}: no element was compared")
    return [_listed(told)]


def _training(report: dict[str, Any]) -> list[str]:
    failed = [row for row in report["training"] if row["status"] == "failed"]
    return [_listed([f"training run {row['run']} on {row['backend']} failed: {row['text']}" for row in failed])]


def _adapters(report: dict[str, Any], colours: bool) -> list[str]:
    """What adapters got wrong, before everything that came of it."""
    found = [painted(line, "red", colours) if not line.startswith(" ") else line for line in adapter_faults.lines(report)]
    return ["\n".join(found)]


def _errors(report: dict[str, Any], colours: bool) -> list[str]:
    return [f"{painted('error', 'red', colours)} in {error['test']}:\n{error['text'][-600:]}" for error in report["errors"][:_MOST]]


def _comparison(report: dict[str, Any], colours: bool) -> list[str]:
    found = report.get("comparison")
    if not found:
        return []
    counts = ", ".join(f"{len(found[key])} {key}" for key in ("broken", "mended", "changed", "added", "removed"))
    told = [f"since {found['about'].get('started')} UTC: {counts}"]
    for key, colour in (("broken", "red"), ("mended", "green")):
        entries = [f"{key}: {e['operation']} on {e['backend']}: {_became(e, key)}" for e in found[key]]
        told += [painted(_short(line), colour, colours) for line in entries[: 2 * _MOST]]
        told += [f"and {len(entries) - 2 * _MOST} more {key}"] if len(entries) > 2 * _MOST else []
    return ["\n".join(told)]


def _became(entry: dict[str, Any], key: str) -> str:
    changes = entry["new_failures"] if key == "broken" else entry["gone_failures"]
    return "; ".join(changes) or f"{entry['before']}, now {entry['after']}"


def _families(report: dict[str, Any], width: int) -> list[str]:
    """The families in which something failed: how many operations of how many, for each backend, or, where that is too wide, in all."""
    backends = list(report["summary"]["backends"])
    cells: dict[str, dict[str, list[int]]] = {}
    for row in report["operations"]:
        counts = cells.setdefault(row["family"], {}).setdefault(row["backend"], [0, 0])
        counts[0] += row["status"] == "failed"
        counts[1] += 1
    failing = {family: of for family, of in sorted(cells.items()) if any(failed for failed, _ in of.values())}
    if len(cells) < 2 or not failing:
        return []
    rows = [[family, *[f"{of[name][0]} of {of[name][1]}" if name in of else "" for name in backends]] for family, of in failing.items()]
    table = tabulate(rows, headers=("failed, by family", *backends), disable_numparse=True)
    if len(table.partition("\n")[0]) <= width:
        return [table]
    told = [f"{family}: {sum(failed for failed, _ in of.values())} failed" for family, of in failing.items()]
    return ["failed by family: " + "\n".join(_wrapped(", ".join(told), "  ")).strip()]


def _notes(report: dict[str, Any], directory: Path | None) -> list[str]:
    """What fails nobody, as counts, and where it is told."""
    told = []
    if report["findings"]:
        told.append(f"findings about torch, which fail no backend: {len(report['findings'])} ({_place(directory, 'findings')})")
    if report.get("declared"):
        ordered = sorted(report["declared"], key=lambda entry: entry["status"] != "no longer occurs")
        shown = [_short("  " + line) for line in deviations.lines(ordered)]
        more = [f"  and {len(shown) - _MOST} more: {_place(directory, 'declared')}"] if len(shown) > _MOST else []
        told += [f"declared deviations: {len(shown)}", *shown[:_MOST], *more]
    if report.get("not_judged"):
        left_out = not_judged.left_out(report)
        told += [f"{not_judged.count(report)} ({_place(directory, 'not-judged')})", *[_short("  " + line) for line in left_out[:_MOST]]]
    told += [_short(rotation_text(report))] if rotation_text(report) else []
    return ["\n".join(told)]


def _end(report: dict[str, Any], colours: bool) -> str:
    about, summary = report["about"], report["summary"]
    bad = adapter_faults.failed(report)
    counts = f"{summary['passed']} passed, {summary['failed']} failed, {summary['unsupported']} unsupported"
    facts = f"{summary['examples']:,} examples, {summary['compared']:,} elements compared in {about['seconds']} s"
    return f"{painted(counts, 'red' if bad else 'green', colours)}; {facts}\nrepeat: {for_paste(about['command'])}"


def rotation_text(report: dict[str, Any]) -> str:
    """What was left to other seeds: classes of large inputs, in how many operations, and devices that have turns; empty if nothing was."""
    missing: dict[str, set[str]] = {}
    for row in report["operations"]:
        for name in row.get("not_this_time", []):
            missing.setdefault(name, set()).add(row["operation"])
    counts = ", ".join(f"{name.removeprefix('large ')} in {len(operations)}" for name, operations in missing.items())
    total = len({row["operation"] for row in report["operations"]})
    told = [f"classes of large inputs left to other seeds, of {total} operation{'' if total == 1 else 's'}: {counts}"] if counts else []
    devices = report["about"].get("in_turn", [])
    told += [f"of {', '.join(devices)} each operation was judged on one, with another seed on another"] if len(devices) > 1 else []
    return "; ".join(told)


# -- text ----------------------------------------------------------------------------------------


def _place(directory: Path | None, section: str) -> str:
    return f"{(directory or Path()) / 'conformance.html'}#{section}"


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _listed(told: list[str]) -> str:
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    return "\n".join([*map(_short, told[:_MOST]), *more])


def _short(text: str, width: int = WIDTH) -> str:
    text = " ".join(str(text).split()) if "\n" in str(text) else str(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _wrapped(text: str, indent: str, most: int = 3) -> list[str]:
    import textwrap

    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, max_lines=most, placeholder=" …", break_long_words=False)
