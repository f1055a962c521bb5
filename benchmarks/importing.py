"""Importing refimpl beside importing two modules of the standard library: whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .timing import Result, compare

TARGET = 10.0  # some eight hundred pages in three hundred files
ROOT = Path(__file__).resolve().parent.parent


def importing() -> Result:
    """Interpreter start included on both sides. The bytecode is cached by the first run of each, in a folder of its own."""
    with TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def run(statement: str) -> None:
            subprocess.run([sys.executable, "-c", statement], cwd=ROOT, env=environment, check=True)

        return compare("import refimpl", lambda: run("import refimpl"), lambda: run("import argparse, json"), TARGET, repeat=15)
