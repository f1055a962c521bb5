"""What the processes of one run must agree on, as one small JSON file that each of them reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..examples.profiles import PROFILES, Profile
from ..report.whole_files import write_whole


@dataclass(frozen=True)
class Settings:
    """``operations``, ``training`` and ``programs`` are what is left to judge, as pairs of a name and a backend. ``folder`` is where the workers'
    notes are (see :mod:`~conformance.execution.call_recorder`); ``timeout`` limits one call, in seconds, ``memory`` one worker, in bytes
    (0: no limit)."""

    profile: str = "quick"
    seed: int = 0
    examples: int | None = None
    operations: tuple[tuple[str, str], ...] = ()
    training: tuple[tuple[str, str], ...] = ()
    programs: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    database: str | None = None
    timeout: float = 20.0
    memory: int = 0
    deviations: str | None = None  # the file; "none" excuses nothing, None stands for this project's own
    to_the_end: bool = False
    modules: tuple[str, ...] = ()  # to be imported before a backend is looked for
    paths: tuple[str, ...] = ()  # where modules are looked for
    properties: tuple[str, ...] = ()  # the only ones that are judged; empty: all
    messages: bool = True  # errors have to have torch's words

    def drawn(self) -> Profile:
        """The profile as it is drawn."""
        profile = PROFILES[self.profile]
        return replace(profile, to_the_end=True) if self.to_the_end else profile

    def write(self, path: Path) -> None:
        write_whole(path, json.dumps(asdict(self)))


def read(path: str | Path) -> Settings:
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    pairs = {name: tuple((what, backend) for what, backend in found[name]) for name in ("operations", "training", "programs")}
    lists = {name: tuple(found[name]) for name in ("modules", "paths", "properties")}
    return Settings(**{**found, **pairs, **lists})


def default_memory(workers: int) -> int:
    """A share of this machine's memory for each worker, one share kept for everything else, and never less than 2 GiB."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return 0
    return max(total // (workers + 1), 2 << 30)
