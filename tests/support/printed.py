"""Programs as text that run on refimpl and on torch: what they print, and the error that ends them, is compared to the letter."""

from __future__ import annotations

import contextlib
import io
import re
import warnings

import pytest
import torch as real_torch
from places import LINES

import refimpl


def programs(file):
    """The programs of a file of lines: separated by empty lines, the first line a comment that names the program."""
    texts = (LINES / file).read_text(encoding="utf-8").strip().split("\n\n")
    return [pytest.param(text, id=text.split("\n")[0].lstrip("# ")) for text in texts]


def printed(library, program):
    """What a program prints, addresses left out, and the error that ends it."""
    out = io.StringIO()
    library.manual_seed(0)
    with warnings.catch_warnings(), contextlib.redirect_stdout(out):
        warnings.simplefilter("ignore")
        try:
            exec(compile(program, "program", "exec"), {"torch": library, "__name__": "program"})
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            print(f"{type(error).__name__}: {error}")
    return re.sub("0x[0-9a-f]+", "0x", out.getvalue().replace("refimpl.", "torch."))


def assert_prints_the_same(program):
    """A program prints the same on both libraries."""
    assert printed(refimpl, program) == printed(real_torch, program)
