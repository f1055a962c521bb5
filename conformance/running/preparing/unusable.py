"""What cannot be used: told in one line, before anything is judged."""

from __future__ import annotations

import tempfile
from pathlib import Path

RESULTS = "results.jsonl"  # in the directory of a report, from when judging begins


class Unusable(Exception):
    """An argument, a file or a backend with which nothing can be done; the text says why."""


def directory_for(name: str, option: str = "--report-dir") -> Path:
    """The directory of this name, made if it is not there; :class:`Unusable` if nothing can be written in it."""
    path = Path(name)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise Unusable(f"{option} {name}: cannot be written: {error.strerror or error}") from error
    return path


def file_for(name: str, option: str) -> None:
    """Make sure that a file of this name can be written, and read if it is there."""
    path = Path(name)
    if path.is_dir():
        raise Unusable(f"{option} {name}: is a directory")
    if path.exists():
        try:
            with open(path, "r+b"):
                pass
        except OSError as error:
            raise Unusable(f"{option} {name}: {error.strerror or error}") from error
    elif not path.parent.is_dir():
        raise Unusable(f"{option} {name}: there is no directory {path.parent}")
