"""What is said to the person who runs a command: text that survives a closed pipe, commands that can be pasted, colours."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any, TextIO

DEFAULT_DIRECTORY = "reports"


def say(text: str = "") -> None:
    """Print; a reader who has gone away (``| head``) is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        to_nowhere()


def to_nowhere() -> None:
    """Let what is still to be written to the standard output, at the interpreter's end too, go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # no file at all
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to the interpreter's end


def interpreter() -> str:
    """What starts this interpreter from here: ``python`` if that is what the name finds, else its path."""
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found and sys.executable and Path(found).parent == Path(sys.executable).parent:
            return name
    return shlex.quote(sys.executable or "python")


def for_paste(command: str) -> str:
    """The command of a report, which begins with ``python``, as it can be run here."""
    return interpreter() + command.removeprefix("python") if command.startswith("python ") else command


def directory_text(directory: str) -> str:
    """A directory as a report tells it: empty for the one that commands look in by themselves."""
    return "" if directory == DEFAULT_DIRECTORY else directory


def repro_command(identifier: str, directory: str | Path | None) -> str:
    """The command that shows a failure of the report in a directory again."""
    where = "" if directory is None or str(directory) == DEFAULT_DIRECTORY else f" --report-dir {shlex.quote(str(directory))}"
    return f"{interpreter()} -m conformance repro {identifier}{where}"


_COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "soft": "2"}


def coloured(out: TextIO | Any = None) -> bool:
    """Whether what is written there may have colours: on a terminal, unless the environment says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    out = sys.stdout if out is None else out
    return bool(getattr(out, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


def painted(text: str, colour: str, wanted: bool) -> str:
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if wanted and text else text


_COLOUR = re.compile(r"\033\[\d+m")
_HEAD = re.compile(r" {3}[\w ]{8} | *\d+\.? +| *")  # a label, a number, or nothing: what comes after it goes on under itself
_NO_COLUMNS = 10**6


def columns(otherwise: int = _NO_COLUMNS) -> int:
    """How wide the terminal is, or the environment says (``COLUMNS``); ``otherwise``: where neither is known."""
    return shutil.get_terminal_size((otherwise, 24)).columns


def fitted(text: str, width: int) -> str:
    """The text in lines of at most so many columns. A command, which is there to be pasted, stays in one line, and so does a word."""
    return "\n".join([part for line in text.split("\n") for part in _parts(line, width)])


def _parts(line: str, width: int) -> list[str]:
    if len(_COLOUR.sub("", line)) <= width or " -m conformance " in line:
        return [line]
    head = _HEAD.match(_COLOUR.sub("", line))
    indent = " " * (0 if head is None else head.end())
    return textwrap.wrap(line, width, subsequent_indent=indent or "  ", break_long_words=False, break_on_hyphens=False)
