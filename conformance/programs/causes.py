"""What programs differ for: those that differ in one observable at one kind of statement are taken to have one cause, and told once."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from .comparing import Difference
from .program import Program, Statement


@dataclass
class Cause:
    """``seeds``: the programs that differ so. ``program``: the smallest of those that were shrunk, with its ``difference``."""

    statement: str
    observable: str
    error: str
    program: Program
    difference: Difference
    backend: str
    library: str
    device: str
    seeds: list[int] = field(default_factory=list)
    known: str | None = None

    @property
    def title(self) -> str:
        error = f" ({self.error})" if self.error else ""
        return f"{self.statement}: {self.observable}{error}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the report."""
        identity = f"{self.backend} {self.statement} {self.observable} {self.error} {self.known}"
        return {
            "id": f"{zlib.crc32(identity.encode()):08x}", "title": self.title, "statement": self.statement, "observable": self.observable,
            "expression": self.difference.expression, "expected": self.difference.expected, "got": self.difference.got,
            "program": runnable(self.program, self.difference, self.library, self.device), "count": len(self.seeds), "seeds": self.seeds[:12],
            "known": self.known,
        }  # fmt: skip


def kind_of(statement: Statement) -> str:
    """What a statement is told as. One that is still in a block of a mode after shrinking differs for the mode, whatever stands in it."""
    mode = statement.text.partition("(")[0].partition("torch.")[2] if statement.text.startswith("with torch.") else ""
    plain, _, of_mode = statement.kind.rpartition(" in ")
    if of_mode not in _MODES:
        return statement.kind
    return f"in {mode}" if mode == of_mode else plain


def group_of(kind: str, difference: Difference) -> tuple[str, str, str]:
    """What programs of one cause have in common: the statement, the observable, and of errors the type. An error that only one library raises is
    told by its words, wherever it is raised; so is an observable that torch refuses to tell."""
    if difference.observable in ("raises", "does not raise"):
        text = difference.got if difference.observable == "raises" else difference.expected
        return f"“{_gist(text)}”", difference.observable, difference.error
    if difference.expected.startswith("raises "):
        return "a tensor that torch refuses to show", difference.observable, difference.error
    if difference.got.strip("'").startswith("raises "):
        last = difference.expression.rpartition(".")[2]
        observable = last if difference.observable == "plain value" else difference.observable
        return "a tensor that the backend refuses to show", observable, difference.error
    return kind, difference.observable, difference.error


def _gist(text: str) -> str:
    """The first sentence of an error, without the function's name, and without names and numbers."""
    words = re.sub(r"^\w+\(\): ", "", text.partition(": ")[2])
    words = re.split(r"\.\s|\n", words)[0]
    return re.sub(r"'[^']*'|\[[^\]]*\]|\b\w*\d\w*\b", "…", words)[:110]


_MODES = ("no_grad", "enable_grad", "inference_mode", "set_grad_enabled")


def runnable(program: Program, difference: Difference, library: str, device: str) -> str:
    """The program as a file that shows the difference on either library: what it prints is what differs."""
    source = program.source(library, device)
    question = question_of(difference)
    return f"{source}\nprint({question})" if question else source


def question_of(difference: Difference) -> str:
    """The expression that asks for what differs; "" where the program itself raises or does not."""
    name, observable = difference.expression, difference.observable
    if not name or observable in ("raises", "does not raise", "error type", "crash"):
        return ""
    if observable == "memory":
        other = next((text.rpartition(" ")[2] for text in (difference.expected, difference.got) if text.startswith("shares")), name)
        return f"{name}.untyped_storage().data_ptr() == {other}.untyped_storage().data_ptr()"
    if observable == "grad_fn":
        return f"{name}.grad_fn, {name}.grad_fn.next_functions if {name}.grad_fn is not None else None"
    if observable == "class":
        return f"type({name})"
    if observable in ("values", "text", "plain value", "what lives", "what it is", "reading"):
        return name
    return f"{name}.{observable}"
