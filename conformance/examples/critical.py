"""Critical cases: the points at which kernels go wrong, packed into one call for each dtype in which they exist.

Nothing is drawn by chance but the order, the layout and the form: a row's critical case holds all of its points. Which there are, and how they
are packed, follows from the row: from the kinds that it names, from its category, from the thresholds of the function itself, and from what
it asks the pen for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, Callable, Sequence

from ..backends import Backend
from ..cases.case import COMPLEX, EVERY_INTEGER, FLOATS, Case, TensorSpec
from ..catalogue.entries import Entry, entry, forms_of
from ..catalogue.rows import Operation
from ..drawing.arrangements import DOUBLE
from ..drawing.critical_pen import (
    ELSEWHERE,
    LONE_NAN,
    PLACES,
    ROUNDED_ELSEWHERE,
    ROWS,
    WINDOW,
    CriticalPen,
    Packing,
    beside_number,
    numbers_beside,
    special_first,
    whole_rows,
)
from ..drawing.critical_points import CRITICAL
from ..drawing.options import Option, options_of
from ..drawing.pen import PLAIN
from ..drawing.random_pen import RandomPen
from .thresholds import outcome_of, thresholds

# Families whose operations compute; others have critical points if their rows name them.
CATEGORIES = ("pointwise", "operators", "nn", "reductions", "products")
# Where what is computed on the way is not said: in float64, which nothing is wider than, it may overflow in one evaluation and not in another.
CONDITIONED = ("conditioned", "backward", "transformed")
# Beside the float dtype that is used most, as far as an operation takes them: the lowest integer has no opposite. One that takes none has kernels of
# its own for one of the others.
_IN_EACH_OPTION, _WITHOUT_INTEGERS = ("int8", "int64"), ("complex64", "bfloat16")
_PROBES = 12
_PLAIN_CALLS = 8
_DRAWS = 60


class _Probe(RandomPen):
    """Sees what a row asks for: how many tensors, whether of shapes that the pen gave, whether a dimension."""

    def __init__(self, seed: str, dtype: str, form: str) -> None:
        self.given: set[tuple[int, ...]] = set()
        self.tensors = 0
        self.own_shapes = self.asked = False
        super().__init__(seed, dtype, form, CRITICAL)

    def shape(self, min_dims: int = 0, max_dims: int = 5, limit: int = 60, most: int | None = None) -> tuple[int, ...]:
        found = super().shape(max(min_dims, 1), max_dims, limit, most)
        self.given.add(found)
        return found

    def broadcastable(self, count: int, shape: tuple[int, ...] | None = None) -> list[tuple[int, ...]]:
        return [self.shape() if shape is None else shape] * count

    def dim(self, ndim: int) -> int:
        self.asked = True
        return super().dim(ndim)

    def tensor(self, shape: tuple[int, ...] | None = None, *rest: Any, **options: Any) -> TensorSpec:
        if options.get("values") is None and options.get("rotation") is None:
            self.tensors += shape != ()
            self.own_shapes = self.own_shapes or shape not in (None, ()) and shape not in self.given
        return super().tensor(shape, *rest, **options)


_KIND = {**dict.fromkeys(FLOATS, "float32"), **dict.fromkeys(EVERY_INTEGER, "int32"), **dict.fromkeys(COMPLEX, "complex64"), "bool": "bool"}


def packing_of(operation: Operation, dtype: str) -> Packing | None:
    """How the critical points of an operation are packed; None if it has none."""
    computes = operation.critical is not None or operation.family in CATEGORIES
    if operation.random or not operation.values or not operation.draws_tensors or not (computes or only_moves(operation)):
        return None
    return _packing(operation, _KIND[dtype])


def only_moves(operation: Operation) -> bool:
    """Whether an operation computes nothing, as far as its row says: its points are those that must come through unchanged."""
    return operation.critical is None and operation.family not in CATEGORIES and entry(operation.name).contract.kind == "exact"


@cache
def _probes(operation: Operation, dtype: str) -> tuple[_Probe, ...]:
    """Some draws of a row, each with what it asked for."""
    probes = []
    for number in range(_PROBES):
        probe = _Probe(f"{operation.name} {number}", dtype, operation.forms[number % len(operation.forms)])
        try:
            operation.draw(probe)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
        probes.append(probe)
    return tuple(probes)


@cache
def _packing(operation: Operation, dtype: str) -> Packing | None:
    probes = _probes(operation, dtype)
    count = max((probe.tensors for probe in probes), default=0)
    if count == 0:
        return None
    if any(probe.own_shapes for probe in probes):
        arrangement = WINDOW
    elif any(probe.asked for probe in probes):
        arrangement = ROWS
    else:
        arrangement = WINDOW if operation.family in ("reductions", "products") else PLACES
    kinds = operation.critical or ""
    if isinstance(kinds, str) and entry(operation.name).contract.kind == "exact":
        kinds += " halves odd"  # what must come through, or be compared, unchanged
    return Packing(arrangement, 1 if arrangement == ROWS else min(count, 3), (kinds,) if isinstance(kinds, str) else kinds, others=count > 1)


@cache
def _takes_number(operation: Operation, dtype: str) -> bool:
    """Whether a row always draws a number as the second operand when it is asked for one."""
    for attempt in range(_PROBES):
        pen = RandomPen(f"{operation.name} {attempt}", dtype, operation.forms[attempt % len(operation.forms)], DOUBLE)
        try:
            operation.draw(pen)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            return False
        if "scalar operand" not in pen.labels:
            return False
    return True


class _KeywordProbe(RandomPen):
    """Sees which numbers are keyword arguments."""

    def __init__(self, seed: str, dtype: str, form: str) -> None:
        self.numbers: set[str] = set()
        super().__init__(seed, dtype, form, CRITICAL)

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        value = draw()
        if type(value) in (int, float):
            self.numbers.add(name)
        return {name: value}


@cache
def _keyword_numbers(operation: Operation) -> frozenset[str]:
    """The keyword arguments of a row that are numbers."""
    probe = _KeywordProbe(operation.name, operation.dtypes[0], operation.forms[0])
    try:
        operation.draw(probe)
    except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
        return frozenset()
    return frozenset(probe.numbers)


@dataclass(frozen=True)
class Variant:
    """One of a row's critical cases: with some keyword arguments given, with operands of other dtypes; in the dtype that is used most also with all
    operands in one ``layout``, in one ``form``, and with the points in the second operand (``swapped``). ``number``: the second operand, if that is
    one (and not None). ``first``: rows that begin with special values. ``zeros``: numbers that are keyword arguments are 0. ``option``: one of the
    values from which the row chooses an argument (by its number). ``whole``: one row (by its number), reduced as a whole."""

    force: str
    given: tuple[tuple[str, Any], ...] = ()
    mixed: bool = False
    layout: str = ""
    form: str = ""
    swapped: bool = False
    number: Any = None
    first: bool = False
    zeros: bool = False
    option: int | None = None
    whole: int | None = None

    @property
    def particular(self) -> bool:
        """Whether it is one more case of the same points."""
        return bool(self.layout or self.form or self.swapped)

    @property
    def further(self) -> bool:
        """Whether it is one of :func:`further_variants`, each of which is about something else than the form."""
        return self.number is not None or self.first or self.zeros or self.later

    @property
    def later(self) -> bool:
        """Whether it is drawn after all others, of which it changes none."""
        return self.option is not None or self.whole is not None

    @property
    def last(self) -> bool:
        """Whether it is drawn at the very end."""
        return self.number == ELSEWHERE


def variants(operation: Operation, dtype: str) -> list[Variant]:
    """The critical cases of an operation in a dtype: for all values of the arguments that its row enumerates."""
    packing = packing_of(operation, dtype)
    if packing is None:
        return []
    names = [name for name, _ in operation.critical_given]
    given = [tuple(zip(names, values)) for values in product(*[values for _, values in operation.critical_given])]
    found = [Variant(f"{CRITICAL} {number}", each) for number, each in enumerate(given)]
    if packing.operands > 1 and packing.arrangement == PLACES:
        found.append(Variant(f"{CRITICAL} mixed", mixed=True))
    if only_moves(operation) or dtype != ("float32" if "float32" in operation.dtypes else operation.dtypes[0]):
        return found
    found += [Variant(f"{CRITICAL} {layout}", given[0], layout=layout) for layout in ("contiguous", "strided")]
    if packing.others and packing.arrangement != PLACES:
        found.append(Variant(f"{CRITICAL} swapped", given[0], swapped=True))
    return found + [Variant(f"{CRITICAL} {form}", given[0], form=form) for form in ("out", "inplace") if form in forms_of(operation.name)]


def further_variants(operation: Operation, dtype: str) -> list[Variant]:
    """More critical cases: of the points beside a number, each of a few; beside keyword arguments that are 0; of rows that begin with
    special values."""
    packing = packing_of(operation, dtype)
    if packing is None or only_moves(operation):
        return []
    found = []
    if packing.arrangement == PLACES and packing.operands > 1 and _takes_number(operation, _KIND[dtype]):
        found += [Variant(f"{CRITICAL} beside {number}", number=number) for number in numbers_beside(dtype)]
        found += [Variant(f"{CRITICAL} beside {ELSEWHERE}", number=ELSEWHERE)] * (dtype in ROUNDED_ELSEWHERE)
    if packing.arrangement == PLACES and dtype in FLOATS and _keyword_numbers(operation):
        found.append(Variant(f"{CRITICAL} zeros", zeros=True))
    if packing.arrangement == ROWS and dtype in FLOATS:
        found.append(Variant(f"{CRITICAL} first", first=True))
        if _reduces_whole(operation, _KIND[dtype]):
            first = int(dtype == "float64" and entry(operation.name).contract.kind in CONDITIONED)  # the one that overflows on the way
            found += [Variant(f"{CRITICAL} whole {number}", whole=number) for number in range(first, len(whole_rows(dtype)))]
    if packing.arrangement != WINDOW and dtype in (float_of(operation), *_in_each_option(operation)):
        numbers = range(len(options(operation)))
        found += [Variant(f"{CRITICAL} option {number}", option=number) for number in numbers]
        if packing.arrangement == ROWS and dtype == float_of(operation) and _reduces_whole(operation, _KIND[dtype]):
            found += [Variant(f"{CRITICAL} option {number} whole", option=number, whole=LONE_NAN) for number in numbers]
    return found


@cache
def _in_each_option(operation: Operation) -> tuple[str, ...]:
    """The further dtypes in which each option meets the critical points."""
    return tuple([dtype for dtype in _IN_EACH_OPTION if _takes(operation, dtype)]) or instead_of_integers(operation)


@cache
def instead_of_integers(operation: Operation) -> tuple[str, ...]:
    """Such a dtype of an operation that takes no integers."""
    if any(_takes(operation, dtype) for dtype in _IN_EACH_OPTION):
        return ()
    return tuple([dtype for dtype in _WITHOUT_INTEGERS if dtype != float_of(operation) and _takes(operation, dtype)][:1])


def _takes(operation: Operation, dtype: str) -> bool:
    """Whether most of a few plain calls in a dtype are taken: some take it beside an argument that gives another one."""
    plain = [form for form in forms_of(operation.name) if form not in ("inplace", "out")]
    taken = 0
    for attempt in range(_PLAIN_CALLS if dtype in operation.dtypes and plain else 0):
        pen = RandomPen(f"{operation.name} {attempt}", dtype, plain[attempt % len(plain)], PLAIN)
        try:
            args, kwargs = operation.draw(pen)
            taken += outcome_of(Case(operation.name, pen.form, tuple(pen.buffers), args, kwargs)).error is None
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
    return 2 * taken > _PLAIN_CALLS


def float_of(operation: Operation) -> str | None:
    """The float dtype that is used most of those of an operation; None if it has none."""
    return next((dtype for dtype in ("float32", *operation.dtypes) if dtype in FLOATS and dtype in operation.dtypes), None)


@cache
def options(operation: Operation) -> tuple[Option, ...]:
    """The values of arguments from which a row chooses, each once; those aside that its critical cases are given in turn."""
    dtype = float_of(operation)
    if dtype is None:
        return ()
    packing = packing_of(operation, dtype)
    if operation.random or not operation.draws_tensors:
        return ()
    found = options_of(operation.draw, operation.name, dtype, operation.forms, packing is not None and packing.arrangement == PLACES)
    given = {value for _, values in operation.critical_given for value in values}
    return tuple([option for option in found if option.name or option.value not in given])


def flags(operation: Operation) -> tuple[str, ...]:
    """The keyword arguments of a row that are flags, by name."""
    return tuple(dict.fromkeys([option.name for option in options(operation) if type(option.value) is bool and option.name]))


def _reduces_whole(operation: Operation, dtype: str) -> bool:
    """Whether a row draws calls that reduce a tensor as a whole, and name no dimension."""
    return any(probe.tensors == 1 and not probe.asked for probe in _probes(operation, dtype))


def is_forced(force: str | None) -> bool:
    """Whether a forced input class is that of the critical points."""
    return force is not None and force.startswith(CRITICAL)


def label(dtype: str, variant: Variant) -> str:
    """The input class of a critical case of a dtype."""
    return f"{variant.force} {dtype}"


def labels(row: Entry, backend: Backend) -> list[str]:
    """The classes that must have been drawn: the critical cases of each dtype, in any layout and form."""
    dtypes = [dtype for dtype in row.operation.dtypes if dtype in backend.capabilities.dtypes]
    if only_moves(row.operation):
        return []  # not all of them take as many elements as there are points
    return [label(dtype, variant) for dtype in dtypes for variant in variants(row.operation, dtype) if not variant.particular]


def draw(
    seed: int, operation: Operation, dtype: str, forms: Sequence[str], grad: int, force: str
) -> tuple[CriticalPen, tuple[Any, ...], dict[str, Any]]:
    """The pen with all that was drawn, positional and keyword arguments. What is refused is drawn again in another form, then without
    those operands that are refused."""
    packing = packing_of(operation, dtype)
    variant = next(each for each in (*variants(operation, dtype), *further_variants(operation, dtype)) if each.force == force)
    assert packing is not None
    contents: tuple[tuple[Any, ...], ...] = special_first(dtype) if variant.first else ()
    if variant.whole is not None:
        contents = whole_rows(dtype)[variant.whole : variant.whole + 1]
    option = options(operation)[variant.option] if variant.option is not None else None
    if variant.number is not None:
        contents = beside_number(packing.kinds_of(0), dtype, variant.number)
        packing = replace(packing, operands=1)
    elif packing.operands == 1 and packing.arrangement == PLACES and dtype in FLOATS and not grad:
        packing = replace(packing, extra=thresholds(operation.name, _plain(forms), dtype))
    source = operation.gradient_draw if grad and operation.gradient_draw is not None else operation.draw
    forms = [variant.form] if variant.form in forms else forms
    free = [form for form in forms if form not in ("inplace", "out")] or list(forms)
    forms = free if variant.further or variant.mixed else forms
    stages = [(list(forms), ""), (free, "")]
    if dtype not in FLOATS and dtype not in COMPLEX:
        stages += [(free, "zero"), (free, "not positive")]
    for number, (some, refused) in enumerate(stages):
        for attempt in range(_DRAWS):
            given, source_seed = dict(variant.given), f"{seed} {number} {attempt}"
            pen = CriticalPen(source_seed, dtype, forms[0], grad, packing, refused, variant.mixed, given, variant.layout, variant.swapped,
                              variant.number, contents, variant.zeros, variant.whole is not None)  # fmt: skip
            pen.form = form = pen.choice(some)
            pen.option = option
            args, kwargs = source(pen)
            kwargs = {**kwargs, **dict(variant.given)}
            plain = len(args) == 1 and not kwargs or variant.whole is None or variant.option is not None or 2 * attempt >= _DRAWS
            if plain and pen.complete() and (option is None or option.taken(args, kwargs)):
                break
        case = Case(operation.name, "function" if form == "out" else form, tuple(pen.buffers), args, kwargs)
        if outcome_of(case).error is None:
            break
    pen.done = True
    pen.labels.add(CRITICAL)
    if pen.complete():
        pen.labels.add(label(dtype, variant))
    return pen, args, kwargs


def _plain(forms: Sequence[str]) -> str:
    return next((form for form in ("function", "method", "operator") if form in forms), forms[0])
