"""How torch-like a backend is, property by property: ``python -m conformance.scoreboard --backend array_api:numpy``.

A conformance run stops at an operation's first failures and shrinks them. A scoreboard is for backends that never meant to
be torch: here every example is judged to the end, nothing is shrunk, and what is counted is how often each property agrees.
What a backend cannot do is listed once for each missing piece, apart from what it does differently.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .backends import Backend, find_backend
from .cases.case import DTYPES, INTEGERS, LIMITED, Case
from .cases.deviation import PROPERTIES, Deviation
from .catalogue.entries import Entry
from .catalogue.selection import selected
from .examples.profiles import PROFILES, Profile
from .explaining.script_text import call_text
from .judging.judge import Judge
from .judging.statistics import Statistics
from .running.operation_run import Plan, _draw, _seed, plans

# Kinds of deviation that are worth a line of their own; those of fewer operations are told in the table of operations.
_MAX_KINDS = 30
_NUMBER = re.compile(r"(in|out)put \d+")


@dataclass
class Survey:
    """What was seen of one operation."""

    entry: Entry
    statistics: Statistics
    checked: Counter[str] = field(default_factory=Counter)  # examples in which a property was compared
    kinds: dict[tuple[str, str], tuple[Case, Deviation]] = field(default_factory=dict)
    causes: Counter[str] = field(default_factory=Counter)  # examples that deviate for a cause


class _Examples:
    """Judges examples without stopping at what deviates; stands in for the engine's run."""

    def __init__(self, judge: Judge, survey: Survey) -> None:
        self.judge = judge
        self.survey = survey
        self.smallest: dict[Any, Any] = {}

    def example(self, case: Case) -> None:
        checks = self.survey.statistics.checks
        before = dict(checks)
        deviations = self.judge.check(case)
        compared = {name for name, number in checks.items() if number > before.get(name, 0)}
        self.survey.checked.update(compared | {deviation.property for deviation in deviations})
        self.survey.causes.update({cause(deviation, case) for deviation in deviations})
        for deviation in deviations:
            self.survey.kinds.setdefault((deviation.property, kind(deviation, case)), (case, deviation))


def kind(deviation: Deviation, case: Case) -> str:
    """What deviates, in words that many operations share."""
    rule = deviation.rule.split(", element")[0].split(", input")[0]
    if deviation.property == "dtype":
        return f"{deviation.expected} expected, {deviation.got} came"
    if deviation.property == "errors":
        return "torch raises, here is a result" if deviation.got == "a result" else "torch has a result, here it raises"
    if deviation.property == "aliasing":
        expected, got = (_NUMBER.sub(r"an \1put", text) for text in (deviation.expected, deviation.got))
        return f"{expected} expected, {got} came" if rule == "whose storage it is" else rule
    if deviation.property == "strides" and "empty" in case.labels:
        return f"{rule}, an operand is empty"
    if deviation.property == "values":
        return f"outside its contract in {deviation.details['dtype']}" if "dtype" in deviation.details else rule
    return rule


def cause(deviation: Deviation, case: Case) -> str:
    """What a deviation comes from, in the few words that explain most of a page."""
    if deviation.property == "errors":
        return "errors: arguments or dtypes that torch refuses are taken" if deviation.got == "a result" else "errors: what torch takes is refused"
    if deviation.property == "dtype":
        return _cause_of_dtype(deviation, case)
    if deviation.property in ("strides", "aliasing") and "empty" in case.labels:
        return f"{deviation.property} of tensors without elements"
    if deviation.property == "values" and "subnormal" in case.labels:
        return "values: subnormal numbers are drawn (and may be flushed to zero)"
    return {
        "strides": "strides: another layout is chosen for results", "aliasing": "aliasing: a copy where torch has a view, or the other way round",
        "values": "values: outside the contract of torch's operation", "shape": "shape: another one",
    }.get(deviation.property, deviation.property)  # fmt: skip


def _cause_of_dtype(deviation: Deviation, case: Case) -> str:
    operands = [spec.dtype for spec in case.tensors()]
    if not operands:
        return "dtype: another default for new arrays"
    if all(name in (*INTEGERS, "bool") for name in operands) and deviation.expected.startswith("float"):
        return "dtype: of integers, torch makes its default float32"
    if "scalar operand" in case.labels or any(not spec.shape for spec in case.tensors()):
        return "dtype: a 0-d operand decides it like any other; in torch it does not"
    return "dtype: another promotion"


def survey(entry: Entry, backend: Backend, profile: Profile, seed: int, examples: int | None) -> Survey:
    """Judge one operation: as many examples as a run draws for each dtype, one for a dtype that the backend does not have."""
    statistics = Statistics(entry.operation.name, backend.name)
    seen = Survey(entry, statistics)
    run: Any = _Examples(Judge(backend, entry.operation, entry.contract, statistics), seen)
    for number, plan in enumerate(plans(entry, profile, examples)):
        if plan.grad and not backend.capabilities.autograd:
            continue
        if plan.dtype not in backend.capabilities.dtypes:
            plan = Plan(plan.dtype, plan.grad, 1, plan.force)
        _draw(run, entry, plan, _seed(seed, entry.operation.name, number), False, None)
    return seen


# -- the page ------------------------------------------------------------------------------------


def page(surveys: list[Survey], backend: Backend, command: str) -> str:
    """The scoreboard as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in backend.versions().items())
    oracle = find_backend("torch:cpu").versions()["torch"]
    judged = [s for s in surveys if s.statistics.examples]
    total = sum(s.statistics.examples for s in judged)
    passed = sum(s.statistics.passes for s in judged)
    parts = [
        f"# How torch-like is `{backend.name}`?",
        f"Generated by `{command}`. {versions}; held against torch {oracle} on the CPU.",
        f"{len(surveys)} operations were tried. {len(judged)} have a counterpart in this backend; {total:,} of their examples were judged, "
        f"and {_share(passed, total)} of them agree with torch in every property.",
        "## What the numbers mean\n\n" + _MEANING,
        "## What most of it comes from\n\n" + _causes(judged, total - passed),
        "## Property by property\n\n" + _properties(judged),
        "## dtype by dtype\n\nBy the dtype of the first operand. Unsupported is neither passed nor failed.\n\n" + _dtypes(surveys, backend),
        "## What is missing\n\nWhat a call needs and this backend does not have, once for each piece.\n\n" + _missing(surveys, judged),
        "## What is different\n\nThe kinds of deviation that most operations share, each with one call that shows it.\n\n" + _kinds(judged),
        "## Operation by operation\n\nExamples passed, failed and unsupported, and the properties that deviated.\n\n" + _operations(judged),
    ]
    return "\n\n".join(parts) + "\n"


def _share(part: int, whole: int) -> str:
    """A percentage that says 100 only if it is all of them."""
    if not whole:
        return "none"
    return "100 %" if part == whole else f"{min(100 * part / whole, 99.9):.1f} %"


def _table(headers: tuple[str, ...], rows: list[list[Any]]) -> str:
    """A table without padding: one long cell would widen every row of the file."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


_MEANING = """\
An example is one call with drawn arguments: dtypes, layouts, NaN, infinities, extremes, empty and 0-d tensors, and arguments that torch refuses.
It agrees if every property that can be compared does: one more bit in a result, another stride, or a result where torch raises, and it does not.
So the percentages say how often a program that was written for torch would notice a difference if it looked for one, and not how well the library
does what it promises itself. Values are held to the contract of torch's operation, around the exact result; of errors it counts only whether a
call raises. What the library does not have is counted apart, as unsupported. [Known differences](../known-differences.md), where torch itself is in
doubt, count as agreement."""


def _causes(judged: list[Survey], failed: int) -> str:
    """How many of the failed examples each cause is part of; an example can have several."""
    examples: Counter[str] = sum((s.causes for s in judged), Counter())
    operations = Counter(name for s in judged for name in s.causes)
    rows = [[name, f"{count:,}", _share(count, failed), operations[name]] for name, count in examples.most_common()]
    table = _table(("cause", "examples", "share", "operations"), rows)
    return f"Of the {failed:,} examples that do not agree (one can have several causes):\n\n{table}"


def _properties(judged: list[Survey]) -> str:
    rows = []
    for name in PROPERTIES:
        if name == "crash":  # it would have ended this process
            continue
        compared = [s for s in judged if s.checked[name]]
        if not compared:
            rows.append([name, "not compared", "", ""])
            continue
        clean = sum(1 for s in compared if not s.statistics.deviations[name])
        examples = sum(s.checked[name] for s in compared)
        agree = examples - sum(s.statistics.deviations[name] for s in compared)
        rows.append([name, f"{clean} of {len(compared)}", f"{examples:,}", _share(agree, examples)])
    return _table(("property", "operations that always agree", "examples compared", "agree"), rows)


def _dtypes(surveys: list[Survey], backend: Backend) -> str:
    counts: Counter[str] = sum((s.statistics.verdicts for s in surveys), Counter())
    rows = []
    for name in (*DTYPES, *(name for name in LIMITED if name in backend.capabilities.dtypes), "no tensor"):
        if name not in backend.capabilities.dtypes and name in DTYPES:
            rows.append([name, "", "", "all"])
        else:
            rows.append([name, *[f"{counts[f'{name} {verdict}']:,}" for verdict in ("passed", "failed", "unsupported")]])
    return _table(("dtype", "passed", "failed", "unsupported"), rows)


def _missing(surveys: list[Survey], judged: list[Survey]) -> str:
    """One row for each piece of what is judged; then the operations that are missing as a whole."""
    pieces: dict[str, list[str]] = {}
    for s in judged:
        for piece in s.statistics.missing:
            pieces.setdefault(piece, []).append(s.entry.operation.name)
    absent = [s.entry.operation.name for s in surveys if not s.statistics.examples]
    rows = []
    for piece, names in sorted(pieces.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(names) > 1 or names[0] not in piece:
            rows.append([piece, _names(names)])
    single = [piece for piece, names in pieces.items() if len(names) == 1 and names[0] in piece]
    if single:
        rows.append(["parts of single operations", "; ".join(sorted(piece.removesuffix(" (not in the array API standard)") for piece in single))])
    whole = f"\n\nOperations as a whole ({len(absent)}): {_names(absent, len(absent))}." if absent else ""
    return _table(("missing", "needed by"), rows) + whole


def _names(names: list[str], limit: int = 6) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:limit])
    return shown if len(names) <= limit else f"{len(names)} operations: {shown}, ..."


def _kinds(judged: list[Survey]) -> str:
    groups: dict[tuple[str, str], list[tuple[str, Case, Deviation]]] = {}
    for s in judged:
        for key, (case, deviation) in s.kinds.items():
            groups.setdefault(key, []).append((s.entry.operation.name, case, deviation))
    rows = []
    for (name, what), found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:_MAX_KINDS]:
        _, case, deviation = min(found, key=lambda item: len(repr(item[1])))
        example = f"`{_call(case)}`: {_short(deviation.expected)}; here {_short(deviation.got)}"
        rows.append([name, what, _names([item[0] for item in found], 4), example])
    note = "" if len(groups) <= _MAX_KINDS else f"\n\n{len(groups) - _MAX_KINDS} more kinds, of fewer operations each, are not listed."
    return _table(("property", "what", "operations", "example: torch; here"), rows) + note


def _call(case: Case) -> str:
    """A call in a table cell: operands as dtype and shape."""
    texts = {id(spec): f"{spec.dtype}{list(spec.shape)}" for spec in case.tensors()}
    return " ".join(call_text(case, texts).replace("|", "\\|").replace(", device=lib.device(device)", "").replace("lib.", "torch.").split())[:110]


def _short(text: str) -> str:
    text = " ".join(text.replace("|", "\\|").replace("`", "'").split())
    return text if len(text) <= 70 else text[:69] + "…"


def _operations(judged: list[Survey]) -> str:
    rows = []
    for s in sorted(judged, key=lambda s: (s.entry.operation.family, s.entry.operation.name)):
        seen = s.statistics
        deviating = ", ".join(f"{name} {_share(seen.deviations[name], s.checked[name])}" for name in PROPERTIES if seen.deviations[name])
        failed = seen.examples - seen.passes
        rows.append([s.entry.operation.family, s.entry.operation.name, seen.passes, failed, seen.unsupported_count, deviating])
    return _table(("family", "operation", "passed", "failed", "unsupported", "deviating"), rows)


def main(argv: list[str] | None = None) -> int:
    """Survey a backend and write the page."""
    parser = argparse.ArgumentParser(prog="python -m conformance.scoreboard", description="How torch-like is a backend?")
    parser.add_argument("--backend", required=True)
    parser.add_argument("--op", action="append", default=None, help="operation, family, or prefix* (repeatable)")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    parser.add_argument("--examples", type=int, default=None, help="examples for each dtype of an operation, instead of the profile's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default=None, help="the page; default: standard output")
    arguments = parser.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    backend = find_backend(arguments.backend)
    surveys = []
    for entry in selected(arguments.op):
        print(f"{entry.operation.name} ", end="", file=sys.stderr, flush=True)
        surveys.append(survey(entry, backend, PROFILES[arguments.profile], arguments.seed, arguments.examples))
    print(file=sys.stderr)
    command = shlex.join(["python", "-m", "conformance.scoreboard", *(sys.argv[1:] if argv is None else argv)])
    text = page(surveys, backend, command)
    if arguments.output is None:
        print(text, end="")
    else:
        Path(arguments.output).parent.mkdir(parents=True, exist_ok=True)
        Path(arguments.output).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
