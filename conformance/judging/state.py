"""State beyond a call: what one call leaves behind for another, which no call by itself can show.

Of a case labelled :data:`conformance.cases.case.SEQUENCE` a result is kept while the same operation is called with other elements and other
arguments; afterwards it must hold what it held, and the first call, made again, must give it again: workspaces and caches show here. The other
calls are judged like any: what was kept of the first may be taken for theirs. A tensor
that a graph has saved is written, and the gradient must be refused as torch refuses it: version counters. Two backward passes must add up
in ``.grad``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Iterator

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ..backends import Backend, Unsupported
from ..cases.case import FLOAT8, Case, iterate_tensors
from ..cases.companions import companions, comparable
from ..cases.deviation import Deviation
from ..execution import sequences
from ..execution.interchange import read
from ..execution.outcomes import Gradients, Outcome

# The rules of its deviations.
KEPT, AGAIN, SHARED = "a result while other calls are made", "the same call between others", "results of several calls"
REMEMBERED = "a call with other elements after it"
SAVED, ADDED_UP = "of a tensor that was saved and then written", "in .grad after two passes"
RULES = (KEPT, AGAIN, SHARED, REMEMBERED, SAVED, ADDED_UP)


def beyond_a_call(backend: Backend, oracle: Backend, case: Case, got: Outcome, judged: Callable[[Case], list[Deviation]], values: bool = True,
                  fatal: Callable[[Case], bool] | None = None) -> Iterator[Deviation]:  # fmt: skip
    """What deviates in several calls; ``got`` is the outcome of the first, which was judged. ``judged`` says what deviates in another call, made
    again. ``values``: elements are specified. ``fatal``: the calls that torch does not survive."""
    try:
        if not case.grad:
            beside = companions(case, fatal)
            yield from _kept(backend, oracle, case, values, beside, judged)
            for other in [each for each in beside if comparable(case, each)] if values and not case.unspecified else ():
                expected, held = sequences.hold(oracle, other), sequences.hold(backend, other)
                if expected.error is None and (held.error, repr(held.structure), held.data()) != (None, repr(expected.structure), expected.data()):
                    yield from (replace(deviation, call=other) for deviation in judged(other))
            if values:
                yield from _saved(backend, oracle, case)
        elif case.grad == 1 and got.first is not None and got.first.error is None:
            yield from _added_up(backend, oracle, case, got.first)
    except Unsupported:
        return


def _kept(
    backend: Backend, oracle: Backend, case: Case, values: bool, beside: list[Case], judged: Callable[[Case], list[Deviation]]
) -> Iterator[Deviation]:
    first = sequences.hold(backend, case)
    if first.error is not None:
        return
    others = [sequences.hold(backend, other) for other in beside]
    now = [read(backend, tensor).data for tensor in first.tensors]
    again = sequences.hold(backend, case)
    if now != first.data():
        yield Deviation("aliasing", KEPT, "what it held", "what another call wrote")
    elif again.error is not None or values and again.data() != first.data() or repr(again.structure) != repr(first.structure):
        yield Deviation("determinism", AGAIN, "the same bits", "another result" if again.error is None else again.error[0])
    elif values and case.seed is None and beside and beside[0].args == case.args and beside[0].kwargs == case.kwargs and others[0].error is None and (
            others[0].data() == first.data()) and _stale(oracle, case, beside[0], first) and judged(beside[0]):  # fmt: skip
        yield Deviation("determinism", REMEMBERED, "another result", "the result of the call before")
    elif backend.capabilities.aliasing:
        mine = {reading.storage for reading in first.readings if reading.data}
        if any(reading.storage in mine for held in (*others, again) for reading in held.readings if reading.data):
            yield Deviation("aliasing", SHARED, "memory of its own", "memory of an earlier result")


def _stale(oracle: Backend, case: Case, other: Case, got: sequences.Held) -> bool:
    """Whether what a backend gives for two calls is torch's result of the first and not that of the other. (A result that is wrong for the first
    is told as such: zeros, say, for all elements.)"""
    first, second = sequences.hold(oracle, case), sequences.hold(oracle, other)
    return first.error is None and second.error is None and not _differ(first, got, nan=True) and _differ(first, second)


def _differ(first: sequences.Held, second: sequences.Held, nan: bool = False) -> bool:
    """Whether two results differ by far more than their roundings; ``nan``: or in where they are NaN."""
    pairs = [(a.dtype, a.data, b.data) for a, b in zip(first.readings, second.readings, strict=False) if (a.dtype, a.shape) == (b.dtype, b.shape)]
    numbers = [pair for dtype, a, b in pairs for pair in zip(decode(a, dtype), decode(b, dtype), strict=True)]
    return any(abs(x - y) > 0.01 * max(abs(x), abs(y)) or nan and (x != x) != (y != y) for x, y in numbers)


def _saved(backend: Backend, oracle: Backend, case: Case) -> Iterator[Deviation]:
    written = [spec for spec in (case.target, *iterate_tensors(case.kwargs.get("out"))) if spec is not None]
    if len(written) != 1 or not written[0].numel or not backend.capabilities.autograd or written[0].dtype in FLOAT8:
        return  # float8 has no common dtype with the leaf
    expected = sequences.written_after_it_was_saved(oracle, case)
    got = sequences.written_after_it_was_saved(backend, case)
    if (expected and expected[0]) != (got and got[0]):
        yield Deviation("gradients", SAVED, _words(expected), _words(got))


def _words(error: tuple[str, str] | None) -> str:
    return "no error" if error is None else f"{error[0]}: {error[1]}"


def _added_up(backend: Backend, oracle: Backend, case: Case, first: Gradients) -> Iterator[Deviation]:
    """Sums of infinite numbers are not looked at: they may depend on the order of the parts. Nor is what torch does not add up, either: to
    gradients that are zero by construction (of ``sgn``) it cannot, and those of several leaves that are one expanded number share its memory."""
    finite = all(abs(number) < float("inf") for value in first.values if value is not None for number in decode(value[2], value[0]))
    if case.target is not None or case.seed is not None or not finite:
        return
    found = sequences.accumulated(backend, case)
    twice = [None if value is None else (value[0], value[1], _doubled(value[2], value[0])) for value in first.values]
    if found.error is not None:
        if sequences.accumulated(oracle, case).error is None:
            yield Deviation("gradients", ADDED_UP, "twice the gradient", _words(found.error))
    elif not _all_near(found, twice) and _all_near(sequences.accumulated(oracle, case), twice):
        yield Deviation("gradients", ADDED_UP, "twice the gradient", "another one")


def _all_near(found: Gradients, right: list[Any]) -> bool:
    return found.error is None and all(_near(a, b) for a, b in zip(found.values, right, strict=True))


def _near(a: Any, b: Any) -> bool:
    """Whether two gradients are the same but for the order in which the parts of an element were added."""
    if a == b or a is None or b is None or a[:2] != b[:2]:
        return bool(a == b)
    found, right = decode(a[2], a[0]), decode(b[2], b[0])
    allowed = 2.0 ** (5 - FORMATS[a[0]].precision) * max(abs(number) for number in right)
    return all(abs(x - y) <= allowed for x, y in zip(found, right, strict=True))


def _doubled(data: bytes, dtype: str) -> bytes:
    if not is_float(dtype):
        return data
    return encode(_numbers([2 * value for value in decode(data, dtype)], dtype), dtype)


def _numbers(values: list[Any], dtype: str) -> list[Any]:
    if dtype not in REAL:
        return values
    return [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
