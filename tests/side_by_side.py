"""Run the same program on refimpl and on torch and compare what it says, to the letter."""

from __future__ import annotations

import warnings

import torch as real_torch

import refimpl


def said(call):
    """The text of what a call returned, or of its error, and the warnings that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = repr(call())
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            text = f"{type(error).__name__}: {error}"
    return text.replace("refimpl.", "torch."), [f"{w.category.__name__}: {w.message}" for w in caught]


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
