"""Where anomalies are looked for, warnings say where the program made the node that failed."""

from __future__ import annotations

import re
import warnings

import pytest
import torch as real_torch

import refimpl


def nan_of_root(torch, x):
    torch.sqrt(x).sum().backward()


def written_in_place(torch, x):
    y = x.exp()
    y.add_(1)
    y.sum().backward()


def freed(torch, x):
    y = x.exp().sum()
    y.backward()
    y.backward()


def gradient_of_gradient(torch, x):
    (g,) = torch.autograd.grad((x + 1).pow(1.5).sum(), x, create_graph=True)
    (g.pow(0.3) * 0).sum().backward()


def parent(torch, x):
    (g,) = torch.autograd.grad((x + 1).pow(2).sum(), x, create_graph=True)
    g.sqrt().sum().backward()


def failing_function(torch, x):
    class Failing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ValueError("no gradient")

    Failing.apply(x).sum().backward()


def seen(torch, program, **options):
    """The warnings of a program, without what torch itself adds to them, and its error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error = None
        with torch.autograd.set_detect_anomaly(True, **options):
            try:
                program(torch, torch.tensor([-1.0], requires_grad=True))
            except Exception as caught_error:  # noqa: BLE001  (of both libraries, to be compared)
                error = type(caught_error).__name__, str(caught_error)
    texts = [re.sub(r" \(Triggered internally[^)]*\)", "", str(w.message)) for w in caught]
    return error, [re.sub(r'  File "[^"]*/torch/[^"]*".*\n    .*\n(    [~^ ]*\n)?', "", text).rstrip("\n") for text in texts]


@pytest.mark.parametrize("program", [nan_of_root, written_in_place, freed, gradient_of_gradient, parent, failing_function])
def test_warnings_name_the_node_and_the_line_that_made_it(program):
    mine, its = (seen(torch, program) for torch in (refimpl, real_torch))
    assert mine == its
    assert mine[0] is None or any(program.__name__ in text for text in mine[1])


def test_a_node_of_before_has_no_line():
    texts = []
    for torch in (refimpl, real_torch):
        y = torch.sqrt(torch.tensor([-1.0], requires_grad=True)).sum()
        texts.append(seen(torch, lambda torch, x, y=y: y.backward()))
    assert texts[0] == texts[1] and "No forward pass information" in texts[0][1][0]


def test_functions_are_not_instantiated():
    for torch in (refimpl, real_torch):
        with pytest.warns(DeprecationWarning, match="should not be instantiated"):
            torch.autograd.Function()
