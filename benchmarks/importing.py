"""Importing refimpl beside importing two modules of the standard library: whole processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .timing import Result, compare

TARGET = 5.0
ROOT = Path(__file__).resolve().parent.parent


def run(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)


def importing() -> Result:
    """Interpreter start included on both sides; the bytecode is cached by the first run of each."""
    return compare("import refimpl", lambda: run("import refimpl"), lambda: run("import argparse, json"), TARGET, repeat=15)
