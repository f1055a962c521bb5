"""Ways in which a valid call becomes an invalid one: one argument replaced by another.

What can be wrong with an argument follows from what it is: a dimension may be out of range, a tensor of another dtype, rank or size, an index
may point nowhere, a number may not fit. :func:`mutated` changes one argument of a case in such a way, leaves one away, hands over a value of
another kind that a signature takes in its place, or gives one more by its name.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any, Callable, NamedTuple, Sequence

from refimpl.operations.operation import operations
from refimpl.signatures.overloads import PythonSignature, function_overloads, overloads

from ..accuracy.number_formats import encode
from ..cases.case import (
    COMPLEX,
    DTYPES,
    EVERY_INTEGER,
    FLOATS,
    ArraySpec,
    Case,
    Constant,
    Device,
    DType,
    GeneratorSpec,
    TensorSpec,
    contiguous_strides,
    iterate_arrays,
    map_values,
)  # fmt: skip
from ..drawing.pen import ALL

Path = tuple[Any, ...]  # the place of an argument: "args" or "kwargs", then positions and names
SMALL = (-1, 0, 1, 2, 3, 5, -2, -3, -4, -7, 7)
# Each is more than a machine can have of anything: as a size, what is smaller would be allocated. Below -2**62 torch has words of its own.
LARGE = (2**48, 2**61, 2**62, 2**63 - 1, -(2**31) - 1, -(2**61))
NUMBERS = (*SMALL, *LARGE, 100, 300, 70000, 2**31)
REALS = (-1.0, 0.0, 2.0, 1.5, -0.5, math.nan, math.inf, -math.inf, 1e300, -1e300, 1e30, -1e30, 7e4, 4e38)
WORDS = ("none", "mean", "sum", "floor", "trunc", "fro", "nuc", "xy", "add", "", "x", "torch.FloatTensor")
SIZES = ((2**62, 2**62, 2**62), (0, 2**40, 2**40), (2**48,), (2**21, 2**21, 2**21, 2**21, 0), (-1,), (0, 2**63 - 1, 4), (-1, -1), (2, 2**61))
FORMATS = ("contiguous_format", "channels_last", "preserve_format", "channels_last_3d")
_KINDS = {str: "str", bool: "bool", int: "int", float: "float"}
_OUTSIDE = frozenset(("out", "self", "input", "layout", "names"))


class Taken(NamedTuple):
    """What an operation's signatures take, in their words for the kinds of values."""

    named: dict[str, tuple[str, ...]]  # by parameter
    placed: dict[int, tuple[str, ...]]  # by position, the tensor of a method being the first


@cache
def taken(name: str) -> Taken:
    """Of the signatures of a function and of a method."""
    named: dict[str, dict[str, None]] = {}
    placed: dict[int, dict[str, None]] = {}
    for before, signatures in ((0, function_overloads(name)), (1, overloads("Tensor", name))):
        for signature in signatures.passed_on if isinstance(signatures, PythonSignature) else signatures:
            before *= signature.parameters[:1] != [] and signature.parameters[0].name != "input"  # a method may hand on its tensor
            for place, parameter in enumerate(signature.parameters):
                if parameter.name not in _OUTSIDE:
                    named.setdefault(parameter.name, {})[parameter.shown] = None
                    if not parameter.keyword_only:
                        placed.setdefault(place + before, {})[parameter.shown] = None
    if name in operations and "python" in operations[name].forms:  # torch writes it in Python, without types
        for optional, default in operations[name].defaults.items():
            if type(default) in _KINDS:
                named.setdefault(optional, {_KINDS[type(default)]: None})
    return Taken({name: tuple(shown) for name, shown in named.items()}, {place: tuple(shown) for place, shown in placed.items()})


def mutated(random: Random, case: Case, positional: Sequence[str]) -> Case:
    """The case with one argument changed. ``positional``: the names of the positional parameters, where they are known."""
    known = taken(case.operation)
    editor = _Editor(random, case)
    more = [name for name in known.named if name not in case.kwargs and name not in positional[: len(case.args)]]
    places = list(_places(case))
    way = random.random()
    if more and (way < 0.3 or not places):
        name = random.choice(more)
        value = editor.of_kind(random.choice(known.named[name]))
        return replace(editor.case, kwargs={**case.kwargs, name: value})
    if not places:
        return case
    if way < 0.35 and (case.kwargs or len(case.args) > 1):
        return _without_one(random, case)
    path = random.choice(places)
    alternatives = _alternatives(path, known)
    value = editor.of_kind(random.choice(alternatives)) if alternatives and way < 0.5 else editor.changed(_at(case, path))
    return _put(editor.case, path, value)


def _without_one(random: Random, case: Case) -> Case:
    """An optional argument less: one by keyword, or the last one."""
    names = [name for name in case.kwargs if name != "out"]
    if names and (len(case.args) < 2 or random.random() < 0.6):
        gone = random.choice(names)
        return replace(case, kwargs={name: value for name, value in case.kwargs.items() if name != gone})
    return replace(case, args=case.args[:-1])


def _alternatives(path: Path, known: Taken) -> tuple[str, ...]:
    """The kinds of values that signatures take at the place of an argument; none for its parts."""
    if len(path) > 2:
        return ()
    return known.named.get(path[1], ()) if path[0] == "kwargs" else known.placed.get(path[1], ())


class _Editor:
    """Makes values for a case, whose buffers grow with each new tensor."""

    def __init__(self, random: Random, case: Case) -> None:
        self.random = random
        self.case = case

    # -- a change of what is there ---------------------------------------------------------------
    def changed(self, value: Any) -> Any:
        random = self.random
        if isinstance(value, TensorSpec):
            return self._changed_tensor(value)
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            others = (float(value), complex(value, 1), complex(value, 0), True)
            return random.choice((value + 1, value - 1, -value, self.integer(), self.integer(), *others))
        if isinstance(value, float):
            return random.choice((*REALS, 1j, int(value) if value - value == 0 else 1, -value))
        if isinstance(value, complex):
            return complex(random.choice(REALS), random.choice(REALS))
        if isinstance(value, (tuple, list)):
            return self._changed_sequence(value)
        if value is None:
            return random.choice((1, 0, 1.5, True, self.tensor((2,), random.choice(ALL))))
        makers: dict[type, Callable[[], Any]] = {
            DType: lambda: DType(random.choice(ALL)), Constant: lambda: Constant(random.choice(FORMATS)), str: lambda: random.choice(WORDS),
            Device: lambda: Device("cpu"),
        }  # fmt: skip
        return makers.get(type(value), lambda: value)()

    def integer(self) -> int:
        """A small one, a large one, or one at the edge of a size or of the number of dimensions."""
        random = self.random
        kind = random.randrange(4)
        specs = self.case.tensors()
        if kind == 0 or not specs:
            return random.choice(LARGE)
        if kind == 1:
            spec = random.choice(specs)
            edge = random.choice((*spec.shape, len(spec.shape), spec.numel))
            return random.choice((edge, edge + 1, -edge, -edge - 1))
        return random.choice(SMALL)

    def _changed_sequence(self, value: Any) -> Any:
        random, kind = self.random, type(value)
        items = list(value)
        plain = all(isinstance(item, int) for item in items)
        way = random.randrange(9)
        if way == 0 or not items:
            items = [] if items and random.random() < 0.5 else [*items, items[0] if items else self.integer()]
        elif way == 1:
            items.pop(random.randrange(len(items)))
        elif way == 2:
            items.insert(random.randrange(len(items) + 1), random.choice(items))
        elif way in (3, 4) and plain:
            items = [random.choice((random.choice(SMALL), random.choice(LARGE), *items)) for _ in items]
        elif way == 5 and plain:
            items.insert(random.choice((0, len(items))), self.integer())
        elif way == 6 and plain:
            items = list(random.choice(SIZES))
        elif way == 7 and plain:  # the same sum
            i, j, step = random.randrange(len(items)), random.randrange(len(items)), random.choice((1, 2, 3, 5))
            items[i], items[j] = items[i] - step, items[j] + step
        else:
            i = random.randrange(len(items))
            items[i] = self.changed(items[i])
        return kind(items)

    def _changed_tensor(self, spec: TensorSpec) -> TensorSpec:
        random, shape = self.random, list(spec.shape)
        way = random.randrange(14)
        if way <= 2:
            return self.tensor(spec.shape, random.choice(ALL))
        if way == 3:
            shape.insert(random.choice((0, len(shape))), random.choice((1, 2, 3)))
        elif way == 4 and shape:
            shape.pop(random.choice((0, -1)))
        elif way == 5 and shape:
            shape[random.randrange(len(shape))] += random.choice((1, 1, 2))
        elif way == 6 and shape:
            shape[random.randrange(len(shape))] = random.choice((0, 1))
        elif way == 7:
            shape = [random.choice((1, 2, 3)) for _ in range(random.randrange(5))]
        elif way == 8:
            shape = random.choice(([], [0], [1], [2, 0], [0, 2]))
        elif way == 9:
            return self._other_layout(spec)
        elif way == 10:
            return random.choice(self.case.tensors())  # the same tensor in two places
        elif way == 11 and (spec.dtype in FLOATS or spec.dtype in COMPLEX):
            return replace(spec, requires_grad=True)
        return self.tensor(tuple(shape), spec.dtype, extreme=way >= 12)

    def _other_layout(self, spec: TensorSpec) -> TensorSpec:
        """Other strides and another offset: a view of a larger storage."""
        random = self.random
        strides = tuple([random.choice((stride, stride, stride * 2, stride * 3, stride + 1, 0)) for stride in contiguous_strides(spec.shape)])
        offset = random.choice((0, 1, 2, 3))
        extent = offset + 1 + sum((size - 1) * stride for size, stride in zip(spec.shape, strides, strict=True) if size)
        return replace(spec, buffer=self._keep(self._elements(extent, spec.dtype, False)), strides=strides, offset=offset)

    # -- new values ------------------------------------------------------------------------------
    def tensor(self, shape: tuple[int, ...], dtype: str, extreme: bool = False) -> TensorSpec:
        data = self._elements(math.prod(shape), dtype, extreme)
        return TensorSpec(self._keep(data), dtype, shape, contiguous_strides(shape))

    def _elements(self, count: int, dtype: str, extreme: bool) -> bytes:
        """Moderate numbers, which are indices and probabilities as well; or such as are out of range everywhere."""
        if dtype == "bool":
            pool: Sequence[Any] = (0, 1)
        elif dtype in EVERY_INTEGER:
            pool = (120, 77, 99) if dtype == "uint8" else (-100, 120, 50, -1)
            pool = pool if extreme else (0, 1, 0, 2)
        else:
            pool = (-1.0, 2.0, math.inf, 6e4 if dtype == "float16" else 1e30, math.nan) if extreme else (0.25, 0.5, 1.0, 0.75)
        return b"".join([encode([self.random.choice(pool)], dtype) for _ in range(count)])

    def _keep(self, data: bytes) -> int:
        self.case = replace(self.case, buffers=(*self.case.buffers, data))
        return len(self.case.buffers) - 1

    def of_kind(self, kind: str) -> Any:
        """A value of a kind that signatures name."""
        random = self.random
        if kind in ("Tensor", "tuple of Tensors"):
            first = next(iter(self.case.tensors()), None)
            shape = random.choice(((), (1,), (2,), (3,), (2, 3))) if first is None or random.random() < 0.4 else first.shape
            dtype = random.choice(ALL) if first is None or random.random() < 0.4 else first.dtype
            one = self.tensor(shape, dtype, random.random() < 0.3)
            return one if kind == "Tensor" else (one,)
        makers: dict[str, Callable[[], Any]] = {
            "int": self.integer, "bool": lambda: random.random() < 0.8, "float": lambda: random.choice(REALS),
            "str": lambda: random.choice(WORDS), "torch.dtype": lambda: DType(random.choice(DTYPES)),
            "torch.memory_format": lambda: Constant(random.choice(FORMATS)), "torch.Generator": lambda: GeneratorSpec(0),
            "Number": lambda: random.choice((*REALS, *NUMBERS, 1j, True)), "torch.device": lambda: Device("cpu"),
            "tuple of ints": lambda: tuple([self.integer() for _ in range(random.randrange(4))]),
        }  # fmt: skip
        return makers[kind]() if kind in makers else None


# -- the places of arguments -----------------------------------------------------------------------


def _places(case: Case) -> list[Path]:
    """The places of all arguments, those inside of sequences as well."""
    found: list[Path] = []

    def walk(path: Path, value: Any) -> None:
        found.append(path)
        if isinstance(value, (tuple, list)):
            for i, item in enumerate(value):
                walk((*path, i), item)

    for i, value in enumerate(case.args):
        walk(("args", i), value)
    for name, value in case.kwargs.items():
        if name != "out":
            walk(("kwargs", name), value)
    return found


def _at(case: Case, path: Path) -> Any:
    value: Any = getattr(case, path[0])
    for step in path[1:]:
        value = value[step]
    return value


def _put(case: Case, path: Path, value: Any) -> Case:
    def rebuilt(whole: Any, steps: Path) -> Any:
        if not steps:
            return value
        if isinstance(whole, dict):
            return {**whole, steps[0]: rebuilt(whole[steps[0]], steps[1:])}
        items = list(whole)
        items[steps[0]] = rebuilt(items[steps[0]], steps[1:])
        return type(whole)(items)

    return replace(case, **{path[0]: rebuilt(getattr(case, path[0]), path[1:])})


def tidied(case: Case) -> Case:
    """The case without the buffers that no argument uses any more."""
    used = sorted({spec.buffer for spec in case.tensors()} | {array.buffer for array in iterate_arrays(case)})
    numbers = {buffer: number for number, buffer in enumerate(used)}

    def renumbered(value: Any) -> Any:
        return replace(value, buffer=numbers[value.buffer]) if isinstance(value, (TensorSpec, ArraySpec)) else value

    buffers = tuple([case.buffers[buffer] for buffer in used])
    return replace(case, buffers=buffers, args=map_values(case.args, renumbered), kwargs=map_values(case.kwargs, renumbered))
