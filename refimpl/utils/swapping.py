"""One tensor in the place of another, wherever a program holds it."""

from __future__ import annotations

from typing import Any
from weakref import getweakrefcount

from ..autograd.nodes import existing_accumulator
from ..tensor import everything

__all__ = ["swap_tensors"]


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange all that two tensors are: class, elements, gradients and attributes. What holds one of them holds the other then.

    RuntimeError for tensors with weak references to them, and for leaves that a graph has.
    """
    for name, tensor in (("t1", t1), ("t2", t2)):
        if getweakrefcount(tensor):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
        if existing_accumulator(tensor) is not None:
            raise RuntimeError(f"Expected use_count of {name} to be 1 or 2 with an AccumulateGrad node but got more: make sure you are not holding "
                               "references to the tensor in other places.")
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    ones, others = everything.__get__(t1), everything.__get__(t2)
    everything.__set__(t1, others)
    everything.__set__(t2, ones)
