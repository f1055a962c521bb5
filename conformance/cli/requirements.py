"""What the suite needs beside itself, looked for before anything is imported: what is missing is one line, with the command that mends it."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from importlib import metadata
from importlib.util import find_spec

# torch is the oracle: the release that the specification writes down, and the oldest that the suite can be run on.
TORCH, OLDEST = "2.13.0", (2, 11)
NEEDED = {"hypothesis": "hypothesis", "pytest": "pytest", "xdist": "pytest-xdist", "tabulate": "tabulate"}


def unmet() -> str | None:
    """Why the suite cannot be run, in one line; None if it can."""
    if find_spec("torch") is None:
        return f"torch is not installed, and it is what everything is held against: {install(f'torch=={TORCH}')}"
    found = release(torch_version())
    if found and found < OLDEST:
        return f"torch {torch_version()} is too old, {'.'.join(map(str, OLDEST))} to {TORCH} can be used: {install(f'torch=={TORCH}')}"
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed: {install(*missing)}"
    try:
        importlib.import_module("torch")
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())
        return f"torch cannot be imported ({reason}): {install('--force-reinstall', f'torch=={TORCH}')}"
    return None


def remark() -> str | None:
    """What is worth a line about a torch that can be used and is not the one that is specified; None for that one."""
    found = release(torch_version())
    if not found or found == release(TORCH):
        return None
    return f"torch {torch_version()} is the oracle here; the specification is that of {TORCH}, and differences between the two are told as failures"


def torch_version() -> str:
    """The installed torch's version, without importing it; empty where nobody says."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def release(version: str) -> tuple[int, ...]:
    """``2.13.0+cpu`` as (2, 13, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def install(*words: str) -> str:
    return shlex.join([sys.executable or "python", "-m", "pip", "install", *words])
