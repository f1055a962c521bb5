"""Lines of Python in which ``torch`` is once refimpl and once torch: both must say the same, to the letter."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress

import torch as real_torch
from refusals import as_torchs, text_of

import refimpl


def lines(text):
    """The lines of a text, without blank ones and comments."""
    return [line.strip() for line in text.strip().splitlines() if line.strip() and not line.lstrip().startswith("#")]


def shown(value):
    """What a value is, as text: of a tensor also what its repr does not say."""
    if isinstance(value, (real_torch.Tensor, refimpl.Tensor)):
        return f"{value!r} {tuple(value.shape)} {value.stride()} {value.storage_offset()} {value.requires_grad} {value.is_leaf}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({', '.join(map(shown, value))})"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def outcome(library, line, prelude=""):
    """The text of what an expression gives, or of its error; both libraries start from seed 0."""
    names = {"torch": library, "nan": float("nan"), "inf": float("inf")}
    library.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(prelude, names)
        try:
            text = shown(eval(line, names))
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            text = text_of(error)
    return as_torchs(text)


def assert_agree(line, prelude=""):
    ours, theirs = outcome(refimpl, line, prelude), outcome(real_torch, line, prelude)
    assert ours == theirs, f"{line}\nrefimpl: {ours}\ntorch:   {theirs}"


def warned(library, line, prelude=""):
    """The warnings that an expression gives: the category and the beginning of the text of each."""
    names = {"torch": library}
    exec(prelude, names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with suppress(Exception):  # what it raises is another test's business
            eval(line, names)
    return [(w.category.__name__, str(w.message)[:80]) for w in caught]
