"""What is drawn for an operation, plan by plan: which dtype, how many examples, with gradients of which order, with which input class forced.

A plan's examples follow from its number and the seed, so a new kind of plan comes at the end: before the others it would change all that they draw.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Iterable, Iterator

from ..cases.case import FLOATS
from ..catalogue.entries import Entry
from ..drawing.arrangements import DEFAULT_DTYPE, FEWEST, LONG, TWO_DTYPES, beside
from ..drawing.large_pen import GRADIENTS, LARGE
from ..drawing.pen import IN_PLACE, INVALID, PLAIN, UNMET, WIDER
from ..examples import critical
from ..examples.applicable_relations import EACH_KIND, forced_relations, relations_of
from ..examples.arranged import (
    Forced,
    arrangement_of,
    beside_zero_dims,
    forced_arrangements,
    further_arrangements,
    long_in_turn,
    of_channels_last,
    of_close_numbers,
    of_neighbours,
    of_no_elements,
    of_one_number,
    of_ties,
    options_of_few_arguments,
    possible,
    returned_pairs,
    simplest_complex,
)
from ..examples.input_classes import applies, forced, forced_in_each_dtype, forced_own_classes
from ..examples.lone import forced_lone_values, lone_value_of, lone_values_with_options
from ..examples.meetings.pairs import forced_pairs
from ..examples.profiles import Profile
from ..examples.relations import RELATIONS

GRADIENT_DTYPES = ("float64", "float32", "complex128", "float16", "bfloat16", "complex64")
_ALL_EXAMPLES = ("float64", "float32", "complex128")  # the dtypes whose gradients get as many as there are; others get fewer
_TWICE = ("float64", "complex128")  # whose gradients are differentiated again


@dataclass(frozen=True)
class Plan:
    """Some examples of one kind: the dtype of the first operand, the order of gradients, an input class that must occur."""

    dtype: str
    grad: int
    examples: int
    force: str | None = None


@dataclass(frozen=True)
class _Counts:
    """How many examples there are of a dtype, and of a dtype with gradients. ``few``: of what a dtype's examples are only in part."""

    of_dtype: int
    of_gradients: int

    @property
    def few(self) -> int:
        return max(1, self.of_dtype // 7)


def plans(entry: Entry, profile: Profile, examples: int | None) -> list[Plan]:
    """The plans of an operation, in the order in which they are judged."""
    counts = _counts(entry, profile, examples)
    points = _FurtherPoints(entry)
    return [
        *_each_dtype(entry, counts),
        *_shapes(entry, counts),
        *_planned(forced_relations(entry, counts.of_dtype), forced_own_classes(entry), forced_arrangements(entry), beside_zero_dims(entry)),
        *_critical(entry, counts),
        *_gradients(entry, counts),
        *_limited_dtypes(entry, counts),
        *_planned(further_arrangements(entry), forced_lone_values(entry), returned_pairs(entry), forced_in_each_dtype(entry)),
        *points.with_gradients(),
        *_planned(lone_values_with_options(entry), forced_pairs(entry), of_one_number(entry)),
        *points.of_other_dtypes(),
        *_planned(forced_relations(entry, counts.of_dtype, later=1)),
        *_fewest_arguments(entry, counts),
        *points.elsewhere(),
        *_planned(of_neighbours(entry), of_channels_last(entry), options_of_few_arguments(entry)),
        *points.instead_of_integers(),
        *_planned(forced_relations(entry, counts.of_dtype, later=2)),
        *_surroundings(entry),
        *_planned(of_ties(entry), of_no_elements(entry), simplest_complex(entry)),
        *_planned(forced_relations(entry, counts.of_dtype, later=EACH_KIND), of_close_numbers(entry)),
    ]


def _counts(entry: Entry, profile: Profile, examples: int | None) -> _Counts:
    scale = 1.0 if examples is None else examples / profile.per_dtype
    of_all = profile.per_dtype * scale
    weight = entry.operation.weight
    of_dtype = max(1, round(of_all * weight), round(9 * of_all / len(entry.operation.dtypes)))
    return _Counts(of_dtype, max(1, round(profile.per_gradient * scale * weight)))


def _planned(*forced_calls: Iterable[Forced]) -> Iterator[Plan]:
    for each in forced_calls:
        yield from (Plan(*forced_call) for forced_call in each)


def _others(count: int) -> int:
    """How many examples of a plan have no class forced on them: fewer than chance needs, since each is the newest of several draws."""
    return count - 1 if count > 2 else count


def _returns_gradients(entry: Entry) -> bool:
    return entry.differentiable and any(form != "out" for form in entry.forms)


def _each_dtype(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    """Each dtype in turn. Of its examples some have an input class forced, another one for each dtype
    (:func:`conformance.examples.input_classes.forced`)."""
    count = counts.of_dtype
    long = count > 3 and possible(entry.operation, LONG)
    for number, (dtype, shares) in enumerate(forced(entry, count)):
        refused = count > 4 and INVALID not in shares  # calls that are refused, of each dtype: they come with the constraints
        yield Plan(dtype, 0, _others(count - sum(shares.values()) - long - refused))
        if long:
            yield Plan(dtype, 0, 1, long_in_turn(entry.operation, number))
        if dtype == "int64" != entry.operation.dtypes[0]:
            yield Plan(dtype, 0, 1, PLAIN)  # numbers of more than 32 bits
        if dtype == entry.operation.dtypes[0] and count > 1:  # the dtype that programs use most
            yield Plan(dtype, 0, max(3 * count // 7 - 1, 1), PLAIN)
            if "inplace" in entry.forms:
                yield Plan(dtype, 0, count // 2, IN_PLACE)
        for name, share in shares.items():
            yield Plan(dtype, 0, share, name)


def _fewest_arguments(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    """Calls of as few arguments as there may be, in the dtype that programs use most, and on numbers of more than 32 bits."""
    for dtype in entry.operation.dtypes:
        most_used = dtype == entry.operation.dtypes[0]
        inexact = entry.contract.kind != "exact" or entry.operation.family == "reductions"  # others have :func:`of_neighbours`
        if counts.of_dtype > 1 if most_used else dtype == "int64" and inexact:
            yield Plan(dtype, 0, 1, PLAIN + FEWEST)


def _shapes(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    """Operands without dimensions, beside none and beside those of another kind of dtype."""
    if applies(entry.operation, "0-d"):
        yield Plan(entry.operation.dtypes[0], 0, 2, "0-d")
    if applies(entry.operation, WIDER):
        yield from (Plan(dtype, 0, counts.few, WIDER) for dtype in ("float32", "int16"))


def _critical(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    for dtype in entry.operation.dtypes:
        for variant in critical.variants(entry.operation, dtype):
            yield Plan(dtype, 0, counts.few, variant.force)


def _gradients(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    count = counts.of_gradients
    if _returns_gradients(entry):
        for dtype in [dtype for dtype in GRADIENT_DTYPES if dtype in entry.operation.dtypes]:
            yield Plan(dtype, 1, _others(count if dtype in _ALL_EXAMPLES else max(1, 3 * count // 5)))
            if dtype in _TWICE:
                yield Plan(dtype, 2, _others(count))
            for variant in critical.variants(entry.operation, dtype)[:1]:
                yield Plan(dtype, 2 if dtype in _TWICE else 1, counts.few, variant.force)
    elif not entry.differentiable and entry.operation.draws_tensors and "float32" in entry.operation.dtypes:
        yield Plan("float32", 1, max(1, counts.of_dtype // 2))  # operands that require a gradient, of which nothing comes


def _limited_dtypes(entry: Entry, counts: _Counts) -> Iterator[Plan]:
    for dtype in entry.operation.limited:
        yield Plan(dtype, 0, counts.of_dtype)
        yield Plan(dtype, 0, 1, INVALID)


class _FurtherPoints:
    """One call each of the further critical cases (:func:`conformance.examples.critical.further_variants`), in four groups."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        operation = entry.operation
        each = [(dtype, variant) for dtype in operation.dtypes for variant in critical.further_variants(operation, dtype)]
        no_integers = critical.instead_of_integers(operation)
        self._last = [(dtype, variant) for dtype, variant in each if variant.last]
        self._instead = [(dtype, variant) for dtype, variant in each if variant.option is not None and dtype in no_integers]
        self._others = sorted([x for x in each if x not in self._last and x not in self._instead], key=lambda x: x[1].later)

    def with_gradients(self) -> Iterator[Plan]:
        """Most of them, some with gradients, too: those about arguments, for which a row has no gradients of its own."""
        grads = (0, 1) if _returns_gradients(self.entry) else (0,)
        for dtype, variant in self._others:
            if not variant.later or dtype in FLOATS:
                of_argument = variant.option is not None and variant.whole is None and self.entry.operation.gradient_draw is None
                yield from (Plan(dtype, grad, 1, variant.force) for grad in (grads if variant.zeros or of_argument else (0,)))

    def of_other_dtypes(self) -> Iterator[Plan]:
        yield from (Plan(dtype, 0, 1, variant.force) for dtype, variant in self._others if variant.later and dtype not in FLOATS)

    def elsewhere(self) -> Iterator[Plan]:
        yield from (Plan(dtype, 0, 1, variant.force) for dtype, variant in self._last)

    def instead_of_integers(self) -> Iterator[Plan]:
        yield from (Plan(dtype, 0, 1, variant.force) for dtype, variant in self._instead)


def _surroundings(entry: Entry) -> Iterator[Plan]:
    """Another default dtype, of numbers that become elements and of results of no operand's dtype; memory that holds no number yet."""
    if "float32" in entry.operation.dtypes:
        yield Plan("float32", 0, 1, DEFAULT_DTYPE)
    if entry.operation.draws_tensors:
        yield from (Plan(dtype, 0, 1, UNMET) for dtype in entry.operation.dtypes)


def gap_plans(entry: Entry, backend: Any, name: str, missing: bool) -> list[Plan]:
    """What is drawn for a class that has not come up (``missing``), or only in calls that raised: one plan after the other, until it has."""
    dtypes = [dtype for dtype in entry.operation.dtypes if dtype in backend.capabilities.dtypes]
    if critical.is_forced(name):
        force, _, dtype = name.rpartition(" ")
        return [Plan(dtype, 0, 4, force)]
    if name in dtypes:
        return [Plan(name, 0, 6 if missing else 4)]
    if name in (LARGE, GRADIENTS):  # drawn from seeds, and what there is has been judged
        return []
    if name == "grad":
        floats = [dtype for dtype in dtypes if dtype in GRADIENT_DTYPES] or dtypes[:1]
        return [Plan(floats[0], 1, 20)]
    arranged = arrangement_of(name)
    if arranged is not None:
        force, grad = arranged
        return [Plan(min(dtypes, key=lambda dtype: dtype not in FLOATS), grad, 8, force)]
    lone = lone_value_of(name)
    if lone is not None:
        return [Plan(dtype, 0, 4, lone) for dtype in dtypes if dtype in FLOATS][:2]
    if name == TWO_DTYPES:
        return [Plan(dtypes[0], 0, 4, beside(other)) for other in entry.operation.dtypes]
    if name in RELATIONS:  # in every dtype with which it can hold: some operations refuse the first
        return [Plan(dtype, RELATIONS[name].grad, 4, name) for dtype in relations_of(entry)[name]]
    return [Plan(min(dtypes, key=lambda dtype: dtype not in FLOATS), 0, 12 if missing else 4, name)]


def plan_seed(base: int, name: str, number: int) -> int:
    """What plan number ``number`` of an operation draws from, in a run of the seed ``base``."""
    return zlib.crc32(f"{base} {name} {number}".encode())
