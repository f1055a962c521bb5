"""Comparing what two libraries show after a statement.

Programs are drawn so that their arithmetic is exact: small integers and halves, sums and products of a few of them. So values are compared exactly
(a NaN is a NaN). Where a statement rounds (:attr:`.Statement.rounds`), or numbers have grown so large that sums
round, the values of floating
point tensors may be some units in the last place apart, a few for each statement that rounded. From there on what follows from the values
(texts, booleans, integers) is not compared.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Collection

from ..accuracy.number_formats import FORMATS, REAL, decode
from ..cases import DTYPES
from ..judging.comparators import normalise_message
from .counters import Counters
from .observing import Observation, Raised, Seen, Session

ULPS = 4.0  # a statement that rounds may be so far off, in units in the last place of the tensor's largest element
LARGE = 2.0**20  # sums of numbers as large as this are taken to round
WORDS = "error words"
COUNTER = "_version"  # a difference in it says little about what follows
UNPRINTABLE = "raises Unsupported"  # a text in which the name of the device breaks a line


@dataclass(frozen=True)
class Difference:
    """What differed after statement number ``place``: the ``observable`` of the object that ``expression`` reaches."""

    place: int
    observable: str
    expression: str
    expected: str
    got: str
    error: str = ""  # of errors: their types

    def key(self) -> tuple[str, str]:
        """What two differences of one kind have in common, as far as it does not depend on names in a program."""
        return self.observable, self.error


@dataclass
class Latitude:
    """What is left open by the statements so far. ``roundings``: how many rounded; ``drifted``: whether the libraries have drifted apart by it.
    ``graphs``: the tensors of torch whose nodes a backward pass made (``create_graph=True``): only that these are there is compared.
    ``signs``: whether zeros of two signs have come from complex numbers. ``broken_lines``: whether lines of texts may be broken elsewhere.
    ``dtypes``: the floating point dtypes in which something rounded, or may have. ``largest``: the largest number of all tensors that have been seen,
    of which the roundings stay in what is left when such numbers cancel. ``otherwise``: whether integers, truth values or bytes have come out
    otherwise by rounding; the numbers that are computed from them may be any."""

    roundings: int = 0
    drifted: bool = False
    otherwise: bool = False
    largest: float = 1.0
    graphs: set[int] = field(default_factory=set)
    signs: bool = False
    broken_lines: bool = False
    dtypes: set[str] = field(default_factory=set)
    counters: Counters = field(default_factory=Counters)


def compare_errors(place: int, expected: Raised | None, got: Raised | None, words: bool, types: bool) -> Difference | None:
    """Both or none, of one type. Words that differ are a difference of a kind of their own: which of several violated constraints is
    reported is not specified, so they fail no program."""
    if expected is None and got is None:
        return None
    if expected is None and got is not None:
        return Difference(place, "raises", "", "no error", f"{got.type}: {got.text}", got.type)
    if got is None and expected is not None:
        return Difference(place, "does not raise", "", f"{expected.type}: {expected.text}", "no error", expected.type)
    assert expected is not None and got is not None
    if (expected.type, expected.text) in got.others:  # another of several constraints that the call violates
        return None
    if expected.type != got.type:
        if not types:
            return None
        both = f"{expected.type}, {got.type}"
        return Difference(place, "error type", "", f"{expected.type}: {expected.text}", f"{got.type}: {got.text}", both)
    a, b = normalise_message(expected.text), normalise_message(got.text)
    if not words or a == b or all('" not implemented for \'' in text for text in (a, b)):
        return None
    return Difference(place, WORDS, "", f"{expected.type}: {a}", f"{got.type}: {b}", expected.type)


def compare(
    place: int, expected: Observation, texts: dict[str, str], session: Session, latitude: Latitude, passed_over: Collection[str] = ()
) -> Difference | None:
    """The first difference between what torch shows and what the session of a backend shows now. ``texts``: tensors as torch prints them.
    ``passed_over``: observables that are not compared any more."""
    capabilities = session.backend.capabilities
    got = session.observe()
    ignored = _ignored(capabilities) | set(passed_over)
    shared = {path for path in expected if path in got}
    if expected.keys() != got.keys() and not any(isinstance(expected[path], Seen) is not isinstance(got[path], Seen) for path in shared):
        missing = next((path for path in expected if path not in got), None)
        more = next((path for path in got if path not in expected), None)
        return Difference(place, "what lives", missing or more or "", "there" if missing else "not there", "not there" if missing else "there")
    drift = False
    latitude.signs = latitude.signs or any(isinstance(seen, Seen) and seen.fields.get("dtype") in REAL and seen.fields["requires_grad"]
                                           for seen in expected.values())  # what comes from its gradient has its signs
    for path, mine in expected.items():
        if path not in got:  # of a gradient that only one of them has, which is told of its tensor
            continue
        other = got[path]
        if isinstance(mine, str) or isinstance(other, str):
            found = _compare_plain(place, path, mine, other, latitude)
        else:
            found = _compare_fields(place, path, mine, other, ignored, latitude)
            if found is None and capabilities.values and mine.data != other.data:
                verdict = _compare_values(mine, other, latitude)
                if verdict == "differ" and _looks_at_what_rounded(mine, expected, latitude):
                    verdict = "drift"
                latitude.otherwise = latitude.otherwise or verdict != "differ" and _are_other_numbers(mine, other)
                drift = drift or verdict == "drift"
                if verdict == "differ":
                    found = Difference(place, "values", path, _listed(mine), _listed(other))
        if found is not None:
            return found
    latitude.drifted = latitude.drifted or drift
    if capabilities.aliasing:
        found = _compare_sharing(place, expected, got)
        if found is not None:
            return found
    if capabilities.printing and not latitude.drifted:
        for path, text in texts.items():
            seen = got[path]
            if isinstance(seen, Seen) and seen.fields["grad_fn"] == expected[path].fields["grad_fn"]:  # type: ignore[union-attr]
                printed = session.text(seen.tensor)
                if latitude.roundings or latitude.signs or seen.fields.get("dtype") in REAL:
                    printed, text = _without_signs_of_zeros(printed), _without_signs_of_zeros(text)
                if session.backend.device != "cpu":  # where the name of the device, which is taken out, may have broken a line
                    printed, text = " ".join(printed.split()), " ".join(text.split())
                if printed != text and printed != UNPRINTABLE:
                    return Difference(place, "text", path, text, printed)
    return None


def _ignored(capabilities: Any) -> frozenset[str]:
    ignored = set()
    if not capabilities.strides:
        ignored |= {"stride()", "storage_offset()"}
    if not capabilities.node_names:
        ignored.add("grad_fn")
    if not capabilities.autograd:
        ignored |= {"grad_fn", "_version", "output_nr", "retains_grad", "is_leaf", "requires_grad"}
    return frozenset(ignored)


def _compare_plain(place: int, path: str, mine: Any, other: Any, latitude: Latitude) -> Difference | None:
    if isinstance(mine, Seen) or isinstance(other, Seen):
        if isinstance(mine, Seen) and isinstance(other, Seen):
            return None
        observable = "grad" if path.endswith(".grad") else "what it is"
        return Difference(place, observable, path.removesuffix(".grad"), _kind(mine), _kind(other))
    if latitude.broken_lines:
        mine, other = (" ".join(text.replace("\\n", " ").split()) for text in (mine, other))
    any_sign = latitude.roundings or latitude.signs or "j" in mine
    if mine == other or any_sign and _without_signs_of_zeros(mine) == _without_signs_of_zeros(other):
        return None
    if latitude.drifted or _nearly(mine, other, latitude):
        return None
    return Difference(place, "plain value", path, mine, other)


def _without_signs_of_zeros(text: str) -> str:
    """A text in which zeros have no sign, nor the width of one."""
    text = re.sub(r"[+-](0\.0*(?:e\+00)?j)", r"+\1", text)
    return re.sub(r" +", " ", re.sub(r"-(0\.0*)(?![0-9])", r" \1", text)).replace("[ ", "[").replace("( ", "(").strip()


def _nearly(mine: str, other: str, latitude: Latitude) -> bool:
    """Whether two numbers are as near as statements that rounded explain."""
    if not latitude.roundings:
        return False
    try:
        a, b = complex(mine), complex(other)
    except ValueError:
        return False
    near = abs(a - b) <= ULPS * latitude.roundings * 2.0**-23 * max(abs(a), abs(b), 1.0)
    latitude.drifted = latitude.drifted or near
    return near


def _kind(seen: Any) -> str:
    return f"a tensor of shape {seen.fields.get('shape')}" if isinstance(seen, Seen) else str(seen)


def _compare_fields(place: int, path: str, mine: Seen, other: Seen, ignored: frozenset[str], latitude: Latitude) -> Difference | None:
    for name, value in mine.fields.items():
        theirs = other.fields.get(name)
        if name in ignored or value == theirs:
            continue
        if name == COUNTER and latitude.counters.agree(path, mine, other):
            continue
        if name == "stride()" and _reaches_the_same(mine.fields["shape"], value, theirs):
            continue
        if name == "grad_fn" and latitude.graphs and _same_node(mine, value, str(theirs), latitude):
            continue
        return Difference(place, name, path, str(value), str(theirs))
    return None


def _reaches_the_same(shape: tuple[int, ...], expected: tuple[int, ...], got: Any) -> bool:
    """Whether strides differ only where they address nothing (the known difference of that name)."""
    return 0 in shape or len(shape) == len(got) and all(a == b for length, a, b in zip(shape, expected, got) if length > 1)


def _same_node(mine: Seen, expected: str, got: str, latitude: Latitude) -> bool:
    """Two nodes, where graphs of gradients were made: there they are, and unless they are part of such a graph they have one name."""
    if "None" in (expected, got) or expected.startswith("raises") or got.startswith("raises"):
        return False
    return id(mine.tensor) in latitude.graphs or expected.partition("(")[0] == got.partition("(")[0]


def new_graphs(before: Observation, after: Observation) -> set[int]:
    """The tensors that are new after a statement, or have other nodes than before."""
    earlier = {(id(seen.tensor), seen.fields["grad_fn"]) for seen in before.values() if isinstance(seen, Seen)}
    now = {(id(seen.tensor), seen.fields["grad_fn"]) for seen in after.values() if isinstance(seen, Seen)}
    return {tensor for tensor, _ in now - earlier}


def float_dtypes(seen: Observation) -> set[str]:
    """The floating point dtypes that live."""
    return {str(tensor.fields.get("dtype")) for tensor in seen.values() if isinstance(tensor, Seen)} & FORMATS.keys()


def _looks_at_what_rounded(mine: Seen, expected: Observation, latitude: Latitude) -> bool:
    """Whether bytes are looked at as another dtype that are, as the floating point numbers of another tensor, compared to rounding."""
    return latitude.roundings > 0 and mine.fields.get("dtype") not in FORMATS and any(
        isinstance(seen, Seen) and seen.storage == mine.storage and seen.fields.get("dtype") in FORMATS for seen in expected.values())


def _are_other_numbers(mine: Seen, other: Seen) -> bool:
    """Whether two tensors, neither of floating point numbers, have other elements."""
    if mine.fields.get("dtype") in FORMATS or mine.data is None or other.data is None:
        return False
    return mine.fields.get("dtype") != "bool" or [*map(bool, mine.data)] != [*map(bool, other.data)]


def _compare_values(mine: Seen, other: Seen, latitude: Latitude) -> str:
    """"same", "drift" (rounding explains it) or "differ"."""
    dtype = mine.fields.get("dtype")
    if dtype == "bool" and mine.data is not None and other.data is not None:  # a byte that was written as another dtype may be anything
        return "same" if latitude.drifted or [*map(bool, mine.data)] == [*map(bool, other.data)] else "differ"
    if mine.data is None or other.data is None or dtype not in DTYPES or dtype not in FORMATS:
        return "same" if latitude.drifted or mine.data == other.data else "differ"
    numbers = list(_numbers(mine.data, dtype)), list(_numbers(other.data, dtype))
    if dtype in REAL:  # of complex zeros torch decides the sign by where in a vector they stand
        latitude.signs = latitude.signs or any(a == b == 0 and math.copysign(1.0, a) != math.copysign(1.0, b) for a, b in zip(*numbers))
    any_sign = latitude.roundings or latitude.signs
    finite = [abs(x) for x in numbers[0] if math.isfinite(x)]
    largest = max(finite, default=0.0)
    latitude.largest = max(latitude.largest, largest)
    roundings = latitude.roundings + (largest >= LARGE) + latitude.drifted
    scale = latitude.largest if latitude.drifted else max(largest, 1.0)
    ulp = max(FORMATS[name].ulp(scale) for name in (dtype, *latitude.dtypes))
    allowed = ULPS * roundings * ulp
    verdict = "same"
    for a, b in zip(*numbers, strict=True):
        if a != a and b != b or a == b and (any_sign or math.copysign(1.0, a) == math.copysign(1.0, b)):
            continue
        if not abs(a - b) <= allowed or not roundings:
            return "differ"
        verdict = "drift"
    return verdict


def _numbers(data: bytes, dtype: str) -> list[float]:
    found: list[float] = []
    for number in decode(data, dtype):
        if isinstance(number, tuple):
            found += number
        else:
            found.append(number)
    return found


def _listed(seen: Seen) -> str:
    dtype = seen.fields.get("dtype", "")
    if seen.data is None:
        return "nothing"
    try:
        numbers: Any = decode(seen.data, dtype)
    except (KeyError, ValueError):
        numbers = list(seen.data)
    return str([complex(*n) if isinstance(n, tuple) else n for n in numbers])


def _compare_sharing(place: int, expected: Observation, got: Observation) -> Difference | None:
    """Who shares memory with whom: each tensor with the first one of the same memory."""
    first: tuple[dict[Any, str], dict[Any, str]] = ({}, {})
    for path, mine in expected.items():
        other = got[path]
        if isinstance(mine, Seen) and isinstance(other, Seen):
            a, b = first[0].setdefault(mine.storage, path), first[1].setdefault(other.storage, path)
            if a != b:
                said = [f"shares memory with {name}" if name != path else "memory of its own" for name in (a, b)]
                return Difference(place, "memory", path, *said)
    return None


def changed_tensors(before: Observation, after: Observation) -> set[str]:
    """The tensors that are new, or look otherwise than before."""
    found = set()
    for path, seen in after.items():
        if isinstance(seen, Seen):
            earlier = before.get(path)
            if not isinstance(earlier, Seen) or earlier.data != seen.data or earlier.fields != seen.fields:
                found.add(path)
    return found
