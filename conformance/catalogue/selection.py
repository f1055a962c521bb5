"""Which operations a command means: by name, as torch's documentation has it, by family or page, or by a prefix.

A word that nothing has is a mistake, and never silently means less: :class:`UnknownOperation` says which names are near.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Iterable, Sequence

from . import TABLE
from .entries import Entry, entry, exercised_by, registry

# What torch's documentation, and people, write before a name.
PREFIXES = ("torch.ops.aten.", "aten::", "aten.", "torch.Tensor.", "torch.", "Tensor.", "F.")


class UnknownOperation(ValueError):
    """A word of a selection that means no operation."""


def selected(words: Sequence[str] | None = None, without: Sequence[str] | None = None) -> list[Entry]:
    """The entries that the words mean, in the order of the table; all that refimpl documents if there are none. ``without``: less these."""
    everything = [entry(name) for name in TABLE]
    index = _index(tuple(TABLE)) if words or without else {}
    chosen = {name for word in words for name in meant(word, index)} if words else _documented(everything)
    left_out = {name for word in without or () for name in meant(word, index)}
    return [e for e in everything if e.operation.name in chosen - left_out]


def _documented(everything: list[Entry]) -> set[str]:
    return {e.operation.name for e in everything if e.documented or not registry()}


def meant(word: str, index: dict[str, set[str]]) -> set[str]:
    """The operations that one word means."""
    for text in _spellings(word):
        if text.endswith("*"):
            found = {name for key, names in index.items() if key.startswith(text[:-1]) for name in names if name.startswith(text[:-1])}
            if found:
                return found
        elif text in index:
            return index[text]
    raise UnknownOperation(f"there is no operation {word!r}{_why(word)}{_suggestion(word, index)}")


def _spellings(word: str) -> Iterable[str]:
    """The word, and what is left of it without what stands before an operation's name in the documentation."""
    yield word
    rest = next((word[len(prefix) :] for prefix in PREFIXES if word.startswith(prefix)), word)
    if word.startswith("F."):
        yield f"nn.functional.{rest}"
    yield rest
    yield rest.removeprefix("nn.functional.")
    if rest.startswith(("linalg_", "fft_", "special_")):  # aten's names of them
        yield rest.replace("_", ".", 1)
    if "." in rest:  # an overload
        yield rest.rpartition(".")[0]


@cache
def _index(table: tuple[str, ...]) -> dict[str, set[str]]:
    """Every word that means something: names and other names, in-place forms, families, pages of the documentation."""
    index: dict[str, set[str]] = {}
    everything = [entry(name) for name in table]
    for e in everything:
        inplace = [f"{name}_" for name in e.names] if "inplace" in e.forms else []
        for word in (e.operation.name, *e.names, *inplace):
            index.setdefault(word, set()).add(e.operation.name)
    exact = set(index)
    for name, row in exercised_by().items():
        if name not in exact:
            index.setdefault(name, set()).add(row)
    for e in everything:
        page: Any = registry().get(e.operation.name)
        pages = set() if page is None else {page.family, page.section.partition(".")[0]}
        for word in ({e.operation.family} | pages) - exact:
            index.setdefault(word, set()).add(e.operation.name)
    return index


def _why(word: str) -> str:
    """Why a public name is none of the operations, where the suite says so."""
    from .public_names import not_judged

    reasons = not_judged()
    found = next((reasons[text] for text in _spellings(word) if text in reasons), None)
    return f" to judge ({found})" if found else ""


def _suggestion(word: str, index: dict[str, set[str]]) -> str:
    for text in dict.fromkeys((*_spellings(word), *[each.strip("*_") for each in _spellings(word)])):
        near = get_close_matches(text, index, n=3, cutoff=0.6)
        if near:
            return f"; did you mean {' or '.join(near)}?"
    return "; `python -m conformance list` shows all names"


def words_of(texts: Sequence[str] | None, files: Sequence[str] | None = None) -> list[str]:
    """The words of options that may be repeated and hold several, separated by commas, and those of files: one a line, ``#`` begins a comment.

    ``-`` is the standard input. OSError and UnicodeDecodeError for a file that cannot be read; ValueError for one without a word."""
    words = [word.strip() for text in texts or () for word in text.split(",") if word.strip()]
    for name in files or ():
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        found = [word for line in text.splitlines() for word in line.partition("#")[0].replace(",", " ").split()]
        if not found:
            raise ValueError(f"{name} names no operation")
        words += found
    return words
