"""Making a program that differs smaller, as long as it differs in the same way: fewer statements, then simpler ones."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from .comparing import Difference
from .program import Program
from .running import Outcome, run_program

SECONDS = 4.0  # for one program
_NUMBER = re.compile(r"(?<![\w.\]\)])-?\d+(?:\.\d*)?j?(?![\w.(\[])")
_KEYWORD = re.compile(r", \w+=(?:\([^()]*\)|[\w.'\"]+)(?=[,)])")
_BLOCK = re.compile(r"with .*:\n")


@dataclass
class Shrunk:
    """The smallest program that was found, and what differs in it."""

    program: Program
    difference: Difference


def shrink(program: Program, difference: Difference, backend: Any, seconds: float = SECONDS) -> Shrunk:
    """The smallest program found in so many seconds that still ends in the same observable of the same kind of statement."""
    deadline = time.monotonic() + seconds
    wanted = program.statements[difference.place].kind
    best = Shrunk(program.first(difference.place + 1), difference)

    def attempt(smaller: Program) -> bool:
        nonlocal best
        if time.monotonic() > deadline or not smaller.statements:
            return False
        found = still_differs(smaller, best.difference, wanted, backend)
        if found is not None:
            best = Shrunk(smaller.first(found.place + 1), found)
        return found is not None

    while _fewer(lambda: best.program, attempt) | _simpler(lambda: best.program, attempt):
        if time.monotonic() > deadline:
            break
    return best


def still_differs(program: Program, difference: Difference, kind: str, backend: Any) -> Difference | None:
    """The difference of a smaller program, if it is of the same kind: as ``difference``, after a statement of the kind."""
    try:
        outcome: Outcome = run_program(program, backend)
    except SyntaxError:
        return None
    return next((found for found in outcome.differences if found.key() == difference.key() and program.statements[found.place].kind == kind), None)


def _fewer(current: Callable[[], Program], attempt: Callable[[Program], bool]) -> bool:
    """Leave statements out: halves, quarters, ... and at last each single one, the later ones first. The last statement stays."""
    changed = False
    size = max(len(current().statements) // 2, 1)
    while True:
        place = len(current().statements) - 1
        while place > 0:
            start = max(place - size, 0)
            changed = attempt(current().without(start, place)) or changed
            place = min(start, len(current().statements) - 1)
        if size == 1:
            return changed
        size = max(size // 2, 1)


def _simpler(current: Callable[[], Program], attempt: Callable[[Program], bool]) -> bool:
    """Simplify single statements: blocks without their mode, lines of a block, keywords, numbers."""
    changed = False
    for place in range(len(current().statements)):
        again = True
        while again:
            again = False
            if place >= len(current().statements):
                return changed
            text = current().statements[place].text
            for simpler in simpler_texts(text):
                if attempt(current().with_statement(place, simpler)):
                    again = changed = True
                    break
    return changed


def simpler_texts(text: str) -> Iterator[str]:
    """Texts that are a little simpler than this one. Whether they are valid does not matter: they must differ as the program does."""
    block = _BLOCK.match(text)
    lines = text.splitlines()
    if block is not None:
        yield "\n".join(line[4:] for line in lines[1:])
    if len(lines) > 1:
        for i in [i for i in range(len(lines)) if not lines[i].strip().startswith("@")]:
            yield "\n".join(lines[:i] + lines[i + 1 :])
    for found in _KEYWORD.finditer(text):
        yield text[: found.start()] + text[found.end() :]
    if ".clone()" in text or ".detach()" in text:
        yield text.replace(".clone()", "", 1)
        yield text.replace(".detach()", "", 1)
    for name, simple in (("[[", "["), (".reshape(", None)):
        if simple is None and name in text:
            yield re.sub(r"\.reshape\([^()]*\)", "", text, count=1)
        elif simple is not None and name in text:
            yield re.sub(r"\[(\[[^\[\]]*\])(?:, \[[^\[\]]*\])*\]", r"\1", text, count=1)
    yield from _shorter_lists(text)
    for found in _NUMBER.finditer(text):
        for simple in ("1", "2", "1."):
            if len(simple) < len(found.group()):
                yield text[: found.start()] + simple + text[found.end() :]


def _shorter_lists(text: str) -> Iterator[str]:
    for found in re.finditer(r"\[([^\[\]]+)\]", text):
        items = found.group(1).split(", ")
        if len(items) > 1 and all(_NUMBER.fullmatch(item) or item in ("True", "False") for item in items):
            yield f"{text[: found.start()]}[{', '.join(items[:-1])}]{text[found.end() :]}"
