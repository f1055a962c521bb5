"""The loss of connectionist temporal classification beside all alignments, one by one, and its gradient beside differences."""

from __future__ import annotations

import random
from itertools import groupby, product
from math import exp, fsum, inf, log, prod

import pytest

import refimpl as torch
from refimpl.nn.functional import ctc_loss


def probability(rows, labels, blank):
    """The sum of the probabilities of all sequences of classes that say the labels."""
    ways = product(range(len(rows[0])), repeat=len(rows)) if rows else [()]
    said = [[c for c, _ in groupby(way) if c != blank] for way in ways]
    ways = product(range(len(rows[0])), repeat=len(rows)) if rows else [()]
    return fsum(prod(row[c] for row, c in zip(rows, way)) for way, labels_said in zip(ways, said) if labels_said == labels)


def drawn(rng):
    """Probabilities of some times, labels, the blank."""
    times, classes = rng.randint(1, 5), rng.randint(2, 3)
    blank = rng.randrange(classes)
    others = [c for c in range(classes) if c != blank]
    rows = [[rng.choice((0.0, 0.1, 0.5, 1.0, 0.9)) for _ in range(classes)] for _ in range(times)]
    return rows, [rng.choice(others) for _ in range(rng.randint(0, 3))], blank


@pytest.mark.parametrize("seed", range(20))
def test_the_loss_is_that_of_all_alignments(seed):
    rng = random.Random(seed)
    rows, labels, blank = drawn(rng)
    times = rng.randint(0, len(rows))
    p = probability(rows[:times], labels, blank)
    log_probs = torch.tensor(rows, dtype=torch.float64).log()
    found = ctc_loss(log_probs, torch.tensor(labels, dtype=torch.int64), (times,), (len(labels),), blank, "none").item()
    assert found == pytest.approx(-log(p) if p else inf, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_gradient_in_logits_is_the_derivative(seed):
    rng = random.Random(seed)
    rows, labels, blank = drawn(rng)
    logits = torch.tensor([[4 * p - 2 + rng.random() for p in row] for row in rows], dtype=torch.float64, requires_grad=True)

    def loss(x):
        return ctc_loss(x.log_softmax(1), torch.tensor(labels, dtype=torch.int64), (len(rows),), (len(labels),), blank, "sum", True)

    assert torch.autograd.gradcheck(loss, (logits,))


def test_long_sequences_do_not_vanish():
    found = ctc_loss(torch.full((400, 1, 2), log(0.01)), torch.ones(1, 100, dtype=torch.int64), (400,), (100,), reduction="sum").item()
    assert exp(-found) == 0 and 0 < found < 400 * log(100)
