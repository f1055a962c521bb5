"""Run the same program on refimpl and on torch and compare what it says, to the letter."""

from __future__ import annotations

import re
import warnings

import torch as real_torch
from refusals import as_torchs, text_of

import refimpl


def said(call):
    """The text of what a call returned, or of its error, and the warnings that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = repr(call())
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            text = text_of(error)
    return as_torchs(text), [f"{w.category.__name__}: {w.message}" for w in caught]


def graph(tensor):
    """The names of the nodes behind a tensor, nested."""

    def walk(node):
        return None if node is None else [node.name(), *(walk(child) for child, _ in node.next_functions)]

    return walk(tensor.grad_fn)


def assert_same(program):
    """``program(library)`` returns a list of values and of calls without arguments; both libraries must say the same.

    Both start from seed 0.
    """
    listed = []
    for library in (refimpl, real_torch):
        library.manual_seed(0)
        listed.append([said(item if callable(item) else lambda item=item: item) for item in program(library)])
    ours, theirs = listed
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        assert a == b, f"item {i}"


def described(value):
    """A value as text, of tensors also what their ``repr`` leaves out."""
    if isinstance(value, (real_torch.Tensor, refimpl.Tensor)):
        return (f"{value!r} of shape {tuple(value.shape)}, strides {value.stride()}, offset {value.storage_offset()}, "
                f"requires_grad {value.requires_grad}, is_leaf {value.is_leaf}")
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({', '.join(map(described, value))})"
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


def outcome_of(library, program):
    """What the last line of a program gives, or its error, and the kinds of warnings that it gave."""
    *body, last = program.strip().split("\n")
    names = {"torch": library, "nn": library.nn, "F": library.nn.functional, "nan": float("nan"), "inf": float("inf")}
    library.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec("\n".join(body), names)
            try:
                code = compile(last, "program", "eval")
            except SyntaxError:
                exec(last, names)
                text = "nothing"
            else:
                text = described(eval(code, names))
        except Exception as error:  # noqa: BLE001 - what a program raises is what is compared
            text = text_of(error)
    return as_torchs(text), sorted({w.category.__name__ for w in caught})


def assert_same_program(program):
    """A program, as text, says the same on both libraries."""
    warned_always = real_torch.is_warn_always_enabled()
    real_torch.set_warn_always(True)  # else torch gives most of its warnings once in a process
    try:
        theirs = outcome_of(real_torch, program)
    finally:
        real_torch.set_warn_always(warned_always)
    assert outcome_of(refimpl, program) == theirs
