"""``python -m conformance`` without arguments: what this is, and what to do with it. Imports neither torch nor the suite."""

from __future__ import annotations

from importlib.util import find_spec

from ..version import __version__
from .requirements import TORCH, install, torch_version

TEXT = """\
conformance {version}: holds any tensor library beside torch, operation by
operation and property by property.

    python -m conformance run --backend torch:cpu --op add
            a first run, of one operation
    python -m conformance run
            every backend found here, all operations: some minutes
    python -m conformance list
            the operations, backends and profiles
    python -m conformance run --help
            all options

A run writes reports/conformance.html, and .json and .md beside it.
Your own library: docs/adding-a-backend.md.
torch, which it measures with, is {torch}
"""


def torch_here() -> str:
    """The version of torch that is installed, or how to get it."""
    if find_spec("torch") is None:
        return f"not installed:\n    {install(f'torch=={TORCH}')}"
    return f"installed here: {torch_version()}"


def about() -> str:
    """The text."""
    return TEXT.format(version=__version__, torch=torch_here())
