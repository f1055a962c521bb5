"""Run the programs of this folder and compare what they print with what the tutorials printed (``printed.txt``).

    python -m examples.tutorials             a line for each result, and the sum of them; exit status 1 if one is not as it must be
    python -m examples.tutorials modules     one program

Needs refimpl and the standard library. The four programs take some ten seconds.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PROGRAMS = ("tensors", "network", "autograd", "modules")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")


class Printed(NamedTuple):
    """What a tutorial printed at one place, and how it is compared."""

    program: str
    row: str
    how: str
    reason: str
    text: str


class Result(NamedTuple):
    """One comparison. ``kind``: what agrees, or why it does not; ``difference``: what is not as it must be, if something is."""

    printed: Printed
    kind: str
    difference: str


def printed_by_the_tutorials() -> list[Printed]:
    """All blocks of printed.txt."""
    found = []
    for block in (HERE / "printed.txt").read_text(encoding="utf-8").split("\n== ")[1:]:
        heading, _, text = block.partition("\n")
        program, row, how, *reason = heading.split(" ", 3)
        found.append(Printed(program, row, how, " ".join(reason), text.strip()))
    return found


def printed_by(program: str) -> dict[str, str]:
    """What a program prints under each of its headings, by the row that the heading names."""
    sys.path.insert(0, str(HERE))
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(str(HERE / f"{program}.py"), run_name="__main__")
    finally:
        sys.path.remove(str(HERE))
    parts = re.split(r"^-- (\w+): .*\n", out.getvalue(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def words(text: str) -> list[str]:
    """A text without its spacing, and without what only one side has: R's ``[1]`` before a vector, which the tutorials lost; what today's R says of
    autograd behind a tensor; where in torch's sources an error came from."""
    text = re.sub(r"^\[1\] ", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[ (requires_grad = TRUE|grad_fn = <\w+>) \]", "", text)
    text = re.sub(r" \(\w+ at \.\./.*?\)", "", text)
    return re.sub(r"(Columns \d+ to \d+)", r"\1 ", text).split()


def compared(expected: Printed, text: str) -> Result:
    """One text beside what a tutorial printed."""
    theirs, ours = words(expected.text), words(text)
    if expected.how == "machine":
        return Result(expected, expected.reason, "" if ours else "nothing is printed")
    if expected.how == "differs":
        return Result(expected, expected.reason, "" if theirs != ours else "it no longer differs")
    tolerance = float(expected.reason) if expected.how == "close" else 0.0
    kind = {"same": "to the digit", "close": f"within {expected.reason} of each number", "drawn": "other draws of the same kind"}[expected.how]
    for i, (a, b) in enumerate(zip(theirs, ours)):
        if not _match(a, b, expected.how, tolerance):
            return Result(expected, kind, f"word {i + 1} is {b}, the tutorial has {a}")
    lengths = len(theirs) == len(ours)
    return Result(expected, kind, "" if lengths else f"{len(ours)} words, the tutorial has {len(theirs)}")


def _match(theirs: str, ours: str, how: str, tolerance: float) -> bool:
    if theirs == ours:
        return True
    if how == "same" or not (NUMBER.fullmatch(theirs) and NUMBER.fullmatch(ours)):
        return False
    if how == "close":
        return abs(float(theirs) - float(ours)) <= tolerance * abs(float(theirs))
    return not any(text.isdecimal() and len(text) <= 3 for text in (theirs, ours))


def results(programs: tuple[str, ...] = PROGRAMS) -> Iterator[Result]:
    """Every comparison of some programs, in the tutorials' order."""
    for program in programs:
        found = printed_by(program)
        expected = {each.row: each for each in printed_by_the_tutorials() if each.program == program}
        for row, each in expected.items():
            yield compared(each, found[row]) if row in found else Result(each, "", "the program does not print it")


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in PROGRAMS]
    if unknown:
        print(f"there is no program {unknown[0]!r}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    counts: dict[str, int] = {}
    wrong = 0
    for result in results(tuple(arguments) or PROGRAMS):
        printed = result.printed
        wrong_text = f"  NOT AS IT MUST BE: {result.difference}" if result.difference else ""
        print(f"{printed.program:9} {printed.row}  {result.kind}{wrong_text}", flush=True)
        wrong += bool(result.difference)
        counts[printed.how] = counts.get(printed.how, 0) + 1
    same, close, drawn, differs, machine = (counts.get(how, 0) for how in ("same", "close", "drawn", "differs", "machine"))
    print(f"\n{sum(counts.values())} printed results: {same} the same to the digit, {close} within a rounding, {drawn} of draws that cannot be "
          f"replayed, {machine} of the machine, {differs} that must differ" + (f"; {wrong} NOT AS THEY MUST BE" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
