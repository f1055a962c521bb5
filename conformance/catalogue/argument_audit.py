"""Which parameters of an operation no row ever hands over, or never in one of the ways in which torch takes them.

A signature is only judged where it is drawn: each parameter by position and by name, and left out where it has a default. What is found here is
what has been forgotten in a row.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable

from ..cases.case import Case
from .entries import Entry, registry

# Python cannot say these names (from), torch's overloads have them in another order, or they name a device that is not here.
NOT_ASKED_FOR = {
    "cuda": "moving to another device is not judged on this one", "to": "its overloads begin with a device, a dtype or a tensor",
    "randint": "its overloads begin with low or with high", "randint_like": "its overloads begin with low or with high",
    "lu": "torch's function, which is written in Python, takes out= by position too, and rows hand it over in a form of its own",
    "normal": "one overload has sizes, the others have not", "uniform_": "from is a keyword of Python", "random_": "from is a keyword of Python",
    **dict.fromkeys(("rnn_tanh", "rnn_relu", "gru", "lstm"), "one overload has padded sequences, the other packed ones, and neither a default"),
    "var_mean": "unbiased and keepdim stand in one overload only", "std_mean": "unbiased and keepdim stand in one overload only",
}  # fmt: skip


def ways_of(entry: Entry) -> set[tuple[str, str]]:
    """The pairs of a parameter and a way (``positional``, ``keyword``, ``left out``) that a signature has."""
    operation: Any = registry().get(entry.operation.name)
    if operation is None or operation.varargs is not None or entry.operation.forms == ("operator",) or entry.operation.name in NOT_ASKED_FOR:
        return set()
    first = operation.positional[:1]
    ways = {(name, "positional") for name in operation.positional}
    ways |= {(name, "keyword") for name in operation.parameters if name not in first and not name.endswith("_")}
    return ways | {(name, "left out") for name in operation.parameters if name in operation.defaults and name not in first}


def ways_in(entry: Entry, case: Case) -> set[tuple[str, str]]:
    """Those that a call uses."""
    operation: Any = registry()[entry.operation.name]
    given = {(name, "positional") for name, _ in zip(operation.positional, case.args)} | {(name, "keyword") for name in case.kwargs}
    names = {name for name, _ in given}
    return given | {(name, "left out") for name in operation.parameters if name not in names}


def never_used(entry: Entry, draw: Callable[[int, str], Case], most: int) -> set[tuple[str, str]]:
    """What none of at most ``most`` cases uses; ``draw`` makes one from a number and a dtype."""
    missing = ways_of(entry)
    used: Counter[tuple[str, str]] = Counter()
    for number in range(most):
        if not missing:
            break
        case = draw(number, entry.operation.dtypes[number % len(entry.operation.dtypes)])
        if "invalid" not in case.labels:
            used.update(ways_in(entry, case))
            missing = missing - used.keys()
    return missing
