"""Tensors as libtorch's C++ stream prints them: the text of the R tutorials, compared as a whole, footer included."""

from __future__ import annotations

import contextlib
import io
import re
from functools import lru_cache

import torch

from refimpl.printing.in_cpp import cpp_str


def print_in_cpp(x: torch.Tensor):
    print(x)


@lru_cache(maxsize=1)
def compiled_printer():
    """Python's ``print`` does not use torch's C++ printer; a compiled one does."""
    return torch.jit.script(print_in_cpp)


def printed_by_torch(tensor: torch.Tensor) -> str:
    """The text from torch's C++ code, which hands it to Python's ``sys.stdout``."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        compiled_printer()(tensor)
    return out.getvalue()


def libtorch_text(tensor) -> str:
    """The text of a tensor of either library in libtorch's stream format."""
    return printed_by_torch(tensor) if isinstance(tensor, torch.Tensor) else cpp_str(tensor)


def words(text: str) -> list[str]:
    """The text without its spacing, which the tutorials lost in places.

    A group's first row stands on the line of its "Columns 1 to 10", with no blank between where the first number is negative.
    """
    return re.sub(r"(Columns \d+ to \d+)", r"\1 ", text).split()
