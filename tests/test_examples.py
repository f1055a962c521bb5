"""The programs of examples/ run as they stand, and print what torch prints where torch is imported instead."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))
OF_REFIMPL_ALONE = {"own_device"}  # torch's devices are plugged in by C++


def printed_by_refimpl(path):
    """The program as a user starts it."""
    done = subprocess.run([sys.executable, str(path)], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed_by_torch(path):
    source = path.read_text(encoding="utf-8").replace("import refimpl as torch", "import torch")
    source = source.replace("import refimpl.", "import torch.").replace("from refimpl", "from torch")
    assert "refimpl" not in source
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, path.name, "exec"), {"__name__": "__main__"})
    return out.getvalue()


@pytest.mark.parametrize("path", [p for p in PROGRAMS if p.stem not in OF_REFIMPL_ALONE], ids=lambda p: p.stem)
def test_an_example_prints_what_torch_prints(path):
    text = printed_by_refimpl(path)
    assert text == printed_by_torch(path)
    assert text.count("\n") >= 5


def test_a_program_on_an_own_device():
    """The same numbers as on the host, to rounding, and some of them from a kernel of the device's own."""
    text = printed_by_refimpl(ROOT / "examples" / "own_device.py")
    assert "device='toy:0'" in text
    assert "close to the host: True" in text
    assert "computed by the device itself: True" in text
