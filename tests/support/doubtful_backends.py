"""Backends whose failures are hard to show again: tests/conformance/running/test_confirming.py judges them."""

from __future__ import annotations

import torch

from conformance.backends.torch_backend import Torch


class Inherits(Torch):
    """Twice the result, by the way in which functions are looked up: a script that calls torch shows nothing."""

    def __init__(self):
        super().__init__("cpu")
        self.name = "doubtful_backends:Inherits"

    def read(self, tensor):
        return super().read(tensor * 2 if tensor.dtype == torch.float32 and not tensor._base else tensor)


class Doubles(Torch):
    def __init__(self):
        super().__init__("cpu")
        self.name = f"doubtful_backends:{type(self).__name__}"
        self.calls = 0

    def wrong(self, args):
        return True

    def call(self, operation, form, args, kwargs):
        self.calls += 1
        result = super().call(operation, form, args, kwargs)
        if isinstance(result, torch.Tensor) and result.dtype == torch.float32 and form in ("function", "method") and self.wrong(args):
            return result * 2 + 1
        return result


class EachSeventh(Doubles):
    """Wrong in each seventh call."""

    def wrong(self, args):
        return self.calls % 7 == 0


class AfterAnInteger(Doubles):
    """Wrong once it has seen an operand of int64."""

    seen = False

    def call(self, operation, form, args, kwargs):
        self.seen = self.seen or any(isinstance(arg, torch.Tensor) and arg.dtype == torch.int64 for arg in args)
        return super().call(operation, form, args, kwargs)

    def wrong(self, args):
        return self.seen
