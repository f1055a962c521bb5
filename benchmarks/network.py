"""The autograd network of the tutorials (N=64, D_in=1000, H=100, D_out=10) beside its multiply-adds alone."""

from __future__ import annotations

from math import fsum
from operator import mul
from time import perf_counter

import refimpl as torch

from .timing import Result

TARGET = 1.4
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
                fsum(map(mul, row, column))


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
