"""Many programs on one backend: drawn, run beside torch, shrunk, and told by cause. The result is plain data for the report."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Callable, Iterable

from ..backends import find_backend
from ..execution import call_recorder
from ..known_differences.in_programs import explain
from .causes import Cause, group_of, kind_of
from .comparing import Difference
from .drawing import draw_program
from .program import Program
from .running import ORACLE, LastStatement, run_program, trace
from .shrinking import shrink

SHRUNK_OF_A_KIND = 2  # programs that look alike before they are shrunk


def unsupported(backend: Any) -> str | None:
    """Why a backend cannot run programs; None if it can."""
    if getattr(backend, "module", None) is None or not hasattr(backend, "device"):
        return "the backend is no library that looks like torch"
    if not backend.capabilities.values or not backend.capabilities.mutable:
        return "the backend's tensors cannot be read or written"
    return None


def judge_programs(
    backend_name: str, numbers: Iterable[int], shrink_seconds: float = 60.0, backend: Any = None, fatal: dict[int, tuple[str, str]] | None = None,
    begin: Callable[[int], None] = lambda number: None,
) -> dict[str, Any]:  # fmt: skip
    """Draw and run the programs of these numbers. ``shrink_seconds`` is what shrinking may cost in all. ``fatal``: programs that are known to end
    the process, with the library that was at work and what happened. ``begin`` is told each program's number before it is run."""
    started = time.perf_counter()
    backend = find_backend(backend_name) if backend is None else backend
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    causes: dict[tuple[str, ...], Cause] = {}
    words: dict[tuple[str, ...], Cause] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    told: dict[tuple[str, ...], str] = {}
    left = shrink_seconds
    refused = unsupported(backend)
    said = [refused] if refused else []
    for number in [] if refused else numbers:
        begin(number)
        counts["programs"] += 1
        where, happened = (fatal or {}).get(number, ("", ""))
        if where == ORACLE:  # torch itself did not survive it: nobody is judged by it
            counts["unspecified"] += 1
            said.append(f"torch ended the process in program {number}: {happened}")
            continue
        with _recorded(ORACLE):
            program = draw_program(number, backend)
        counts["statements"] += len(program.statements)
        left_out.update(program.left_out)
        if where:
            counts["differ"] += 1
            crash = Difference(len(program.statements) - 1, "crash", "", "a result", happened, happened.partition(":")[0])
            _enter(causes, program, crash, "the process", None, backend, number)
            continue
        with _recorded(ORACLE):
            steps = trace(program)
        outcome = run_program(program, backend, steps)
        counts["drifted"] += outcome.drifted
        counts["words"] += bool(outcome.words)
        for other in outcome.words:
            _enter(words, program.first(other.place + 1), other, program.statements[other.place].kind, None, backend, number)
        verdicts = set()
        for difference in outcome.differences:
            if unrepeatable(program, difference):
                verdicts.add("unspecified")
                continue
            shown, alike = program, (program.statements[difference.place].kind, *difference.key())
            seen[alike] += 1
            if seen[alike] <= SHRUNK_OF_A_KIND and left > 0:
                before = time.perf_counter()
                found = shrink(program, difference, backend)
                shown, difference = found.program, found.difference
                told[alike] = kind_of(shown.statements[difference.place])
                left -= time.perf_counter() - before
            known = explain(shown, difference, LastStatement(shown, difference.place))
            verdicts.add("known" if known else "differ")
            _enter(causes, shown, difference, told.get(alike, alike[0]), known, backend, number)
        counts[next((verdict for verdict in ("differ", "known", "unspecified") if verdict in verdicts), "same")] += 1
    return {
        "backend": backend_name, **{name: counts[name] for name in ("programs", "statements", "differ", "known", "words", "drifted", "unspecified")},
        "unsupported": refused is not None, "text": "; ".join(said), "left_out": dict(left_out.most_common()),
        "causes": [cause.as_dict() for cause in ordered(causes.values())],
        "words_causes": [cause.as_dict() for cause in ordered(words.values())], "seconds": round(time.perf_counter() - started, 2),
    }  # fmt: skip


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """The most frequent first, those that are known last."""
    return sorted(causes, key=lambda cause: (cause.known is not None, -len(cause.seeds), cause.title))


def _enter(
    causes: dict[tuple[str, ...], Cause], program: Program, difference: Difference, kind: str, known: str | None, backend: Any, number: int
) -> None:
    group = group_of(kind, difference)
    key = (*group, known or "")
    if key not in causes:
        causes[key] = Cause(*group, program, difference, backend.name, backend.module.__name__, backend.device,
                            known=known)  # fmt: skip
    cause = causes[key]
    cause.seeds.append(number)
    if size(program) < size(cause.program):
        cause.program, cause.difference = program, difference


def size(program: Program) -> tuple[int, int]:
    return len(program.statements), sum(len(statement.text) for statement in program.statements)


def unrepeatable(program: Program, difference: Difference) -> bool:
    """Whether what differs is memory that nobody wrote, which torch shows otherwise when it fills such memory."""
    if difference.observable not in ("values", "text", "plain value"):
        return False
    import torch

    steps = trace(program)
    torch.use_deterministic_algorithms(True)
    try:
        filled = trace(program)
    finally:
        torch.use_deterministic_algorithms(False)
    place, path = difference.place, difference.expression
    first, second = steps[place].seen.get(path), filled[place].seen.get(path)
    return getattr(first, "data", first) != getattr(second, "data", second)


class _recorded:
    """While torch is at work: the flight recorder knows whom to blame."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        if call_recorder.recorder is not None:
            call_recorder.recorder.begin(self.where)

    def __exit__(self, *of_error: Any) -> None:
        if call_recorder.recorder is not None:
            call_recorder.recorder.end()
