"""Training beside its multiply-adds alone: the autograd network of the tutorials (N=64, D_in=1000, H=100, D_out=10), and small models."""

from __future__ import annotations

import random
from math import prod
from operator import mul
from time import perf_counter
from typing import Any, Iterator

import refimpl as torch
from refimpl import nn
from refimpl.cpu import CpuKernels

from .timing import Result, once

TARGET = 2.0
STEPS = 500
Matrix = list[list[float]]


class Network:
    """The tutorial's program, one step a call."""

    def __init__(self, n: int = 64, d_in: int = 1000, h: int = 100, d_out: int = 10) -> None:
        torch.manual_seed(0)
        self.x = torch.randn(n, d_in)
        self.y = torch.randn(n, d_out)
        self.w1 = torch.randn(d_in, h, requires_grad=True)
        self.w2 = torch.randn(h, d_out, requires_grad=True)

    def step(self, learning_rate: float = 1e-6) -> float:
        y_pred = self.x.mm(self.w1).clamp(min=0).mm(self.w2)
        loss = (y_pred - self.y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for weight in (self.w1, self.w2):
                weight.sub_(learning_rate * weight.grad)
                weight.grad.zero_()
        return loss.item()

    def products(self) -> list[tuple[Matrix, Matrix]]:
        """The operands of one step's five matrix products as lists: rows of the left, columns of the right factor."""
        with torch.no_grad():
            h = self.x.mm(self.w1)
            relu = h.clamp(min=0)
            g = 2 * (relu.mm(self.w2) - self.y)
            grad_h = g.mm(self.w2.t()) * (h >= 0)
            pairs = [(self.x, self.w1), (relu, self.w2), (relu.t(), g), (g, self.w2.t()), (self.x.t(), grad_h)]
            return [(left.tolist(), right.t().tolist()) for left, right in pairs]


def multiply_adds(products: list[tuple[Matrix, Matrix]]) -> None:
    """Every dot product of a step; nothing is stored."""
    for rows, columns in products:
        for row in rows:
            for column in columns:
                sum(map(mul, row, column))


def network(steps: int) -> Result:
    """Seconds a step, from the sum over ``steps`` steps of both ways in turns.

    A step costs the same at the start and at the end of the training, so a few steps stand for all 500.
    """
    net = Network()
    products = net.products()
    net.step(), multiply_adds(products)
    trained = bare = 0.0
    for _ in range(steps):
        start = perf_counter()
        net.step()
        middle = perf_counter()
        multiply_adds(products)
        trained += middle - start
        bare += perf_counter() - middle
    return Result(f"autograd network, {steps} of {STEPS} steps, per step", trained / steps, bare / steps, TARGET)


# -- small models --------------------------------------------------------------------------------------


class Recurrent(nn.Module):
    """The last state of an LSTM, classified."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 32, batch_first=True)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Any) -> Any:
        return self.head(self.lstm(x)[0][:, -1])


class Block(nn.Module):
    """Causal attention and a feed-forward layer, each added to its input."""

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mask = nn.Transformer.generate_square_subsequent_mask(length)

    def forward(self, x: Any) -> Any:
        z = self.norms[0](x)
        x = x + self.attention(z, z, z, attn_mask=self.mask, need_weights=False)[0]
        return x + self.feed_forward(self.norms[1](x))


def small_models() -> Iterator[tuple[str, Any, Any, Any]]:
    """Each model with a batch of inputs and of classes."""
    convolutional = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 49, 10))  # fmt: skip
    transformer = nn.Sequential(nn.Embedding(30, 32), Block(32, 4, 16), Block(32, 4, 16), nn.Linear(32, 30), nn.Flatten(0, 1))
    perceptron = nn.Sequential(nn.Linear(1000, 100), nn.ReLU(), nn.Linear(100, 10))
    yield "MLP 1000-100-10, batch 64", perceptron, torch.randn(64, 1000), torch.randint(0, 10, (64,))
    yield "conv net on 28 x 28, batch 16", convolutional, torch.randn(16, 1, 28, 28), torch.randint(0, 10, (16,))
    yield "LSTM 16-32, 20 steps, batch 8", Recurrent(), torch.randn(8, 20, 16), torch.randint(0, 10, (8,))
    yield "GPT of 2 blocks of 32, 16 tokens, batch 8", transformer, torch.randint(0, 30, (8, 16)), torch.randint(0, 30, (128,))


def products_of(step: Any) -> list[tuple[Matrix, Matrix]]:
    """Matrices of the sizes that the products of one step have."""
    met: list[tuple[int, int, int]] = []
    original = CpuKernels.matmul

    def noted(out: Any, a: Any, b: Any) -> None:
        met.extend([(*a.shape[-2:], b.shape[-1])] * prod(a.shape[:-2]))
        original(out, a, b)

    CpuKernels.matmul = staticmethod(noted)  # type: ignore[method-assign]
    try:
        step()
    finally:
        CpuKernels.matmul = staticmethod(original)  # type: ignore[method-assign]
    stream = random.Random(0)
    vectors = {inner: [stream.random() for _ in range(inner)] for _, inner, _ in met}
    return [([vectors[inner]] * rows, [vectors[inner]] * columns) for rows, inner, columns in met]


def models() -> Iterator[Result]:
    """A training step of each small model: forward, backward, and a step of SGD."""
    torch.manual_seed(0)
    for name, model, inputs, classes in small_models():
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

        def step(model: Any = model, inputs: Any = inputs, classes: Any = classes, optimizer: Any = optimizer) -> None:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), classes).backward()
            optimizer.step()

        products = products_of(step)
        pairs = [(once(step), once(lambda products=products: multiply_adds(products))) for _ in range(5)]  # type: ignore[misc]
        yield Result(name, min(a for a, _ in pairs), min(b for _, b in pairs), TARGET)
