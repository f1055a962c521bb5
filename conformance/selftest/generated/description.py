"""What a description of a defect is, and the list of them.

A description tells one way in which real kernels break. It has a function that draws what is open (a width, a dtype, a position) and returns a
:class:`Planted` defect, and says to which operations it can apply at all. No description names an operation.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Callable

from ...catalogue.entries import Entry
from ..broken import Defect, Engine, Tamper
from .features import features

Applies = Callable[[Entry], bool]


@dataclass(frozen=True)
class Planted:
    """A drawn defect: what was drawn, in words, and what it does to calls and to gradients."""

    drawn: str
    tamper: Tamper = lambda call, context: call()
    engine: Engine | None = None
    node: Callable[[str | None], str | None] | None = None


Make = Callable[[random.Random, Entry], Planted]


@dataclass(frozen=True)
class Description:
    """``property``: what should notice. ``remembers``: the defect keeps something from call to call, so that all examples run on one backend.
    ``strict``: it counts also where the results are within the contract."""

    name: str
    group: str
    property: str
    applies: Applies
    make: Make
    remembers: bool = False
    strict: bool = False

    def defect(self, row: Entry, draw: random.Random) -> tuple[Defect, str]:
        """The defect planted in an operation, under all of its names, and what was drawn for it."""
        planted = self.make(draw, row)
        names = row.names if row.operation.name in row.names else (row.operation.name, *row.names)
        defect = Defect(f"{self.name}: {row.operation.name}", self.property, names, planted.tamper, node=planted.node, engine=planted.engine)
        return defect, planted.drawn


DESCRIPTIONS: list[Description] = []


def describe(name: str, group: str, property: str, applies: Applies, **options: Any) -> Callable[[Make], Make]:
    """Enter a function that draws a defect as a description."""

    def enter(make: Make) -> Make:
        DESCRIPTIONS.append(Description(name, group, property, applies, make, **options))
        return make

    return enter


# -- to which operations a description can apply -------------------------------------------------------


def having(*names: str) -> Applies:
    """Operations that have all of these features, and elements that are specified."""
    return lambda row: row.operation.values and features(row) >= set(names)


def both(*conditions: Applies) -> Applies:
    return lambda row: all(condition(row) for condition in conditions)


has_values = having("new")
takes_tensors = having("new", "tensor")
takes_several = having("new", "several tensors")
takes_numbers = having("new", "number")
takes_indices = having("new", "index")
has_floats = both(takes_tensors, lambda row: "float32" in row.operation.dtypes)
has_integers = both(takes_tensors, lambda row: "int64" in row.operation.dtypes)
rounds = both(has_floats, lambda row: row.contract.kind != "exact")
accumulates = both(takes_tensors, lambda row: row.contract.kind == "accumulated")


def differentiable(row: Entry) -> bool:
    return row.differentiable and any(form != "out" for form in row.forms)


def is_random(row: Entry) -> bool:
    return row.operation.random


def every(row: Entry) -> bool:
    return True


def has_form(*forms: str) -> Applies:
    """Operations that exist in one of these forms."""
    return lambda row: row.operation.values and any(form in row.forms for form in forms)
