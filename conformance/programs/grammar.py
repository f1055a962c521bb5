"""The grammar: rules that write statements, and what they draw from.

A rule is a function that looks at the objects that live (:class:`Draw`) and returns a :class:`.Statement`, or raises :class:`NothingFits`. It belongs
to a family (a module of :mod:`.statements`) and has a weight in it.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from .program import Statement

MOST_ELEMENTS = 24
NAMES = tuple("abcdefghijklmnpqrstuvwxyz")
Check = Callable[[Any], bool]


class NothingFits(Exception):
    """No live object fits the rule."""


@dataclass(frozen=True)
class Rule:
    """``needs``: the names of the capabilities (:class:`conformance.backends.Capabilities`) without which its statements have no meaning."""

    name: str
    write: Callable[[Draw], Statement]
    weight: float
    needs: frozenset[str]


@dataclass
class Family:
    """Rules of one kind. A family is chosen first, by its weight, then one of its rules."""

    name: str
    weight: float
    rules: list[Rule] = field(default_factory=list)

    def rule(self, weight: float = 1.0, needs: str = "") -> Callable[[Callable[[Draw], Statement]], Callable[[Draw], Statement]]:
        """Enter a rule."""

        def enter(write: Callable[[Draw], Statement]) -> Callable[[Draw], Statement]:
            self.rules.append(Rule(write.__name__, write, weight, frozenset(needs.split())))
            return write

        return enter


# -- what tensors may be asked for ---------------------------------------------------------------------------------


def is_float(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating_point)


def is_complex(tensor: Any) -> bool:
    return bool(tensor.dtype.is_complex)


def is_integer(tensor: Any) -> bool:
    return not (is_float(tensor) or is_complex(tensor) or dtype_name(tensor) == "bool")


def is_bool(tensor: Any) -> bool:
    return dtype_name(tensor) == "bool"


def is_long(tensor: Any) -> bool:
    return dtype_name(tensor) == "int64"


def differentiable(tensor: Any) -> bool:
    return is_float(tensor) or is_complex(tensor)


def tracked(tensor: Any) -> bool:
    """Requires grad."""
    return bool(tensor.requires_grad)


def leaf(tensor: Any) -> bool:
    return bool(tensor.is_leaf)


def inner(tensor: Any) -> bool:
    """Has a node behind it."""
    return tracked(tensor) and not leaf(tensor)


def rank(least: int, most: int = 9) -> Check:
    return lambda tensor: least <= tensor.dim() <= most


def not_empty(tensor: Any) -> bool:
    return bool(tensor.numel())


def like(other: Any) -> Check:
    """Of the same shape."""
    return lambda tensor: tensor.shape == other.shape


def broadcastable(other: Any) -> Check:
    return lambda tensor: all(a == b or 1 in (a, b) for a, b in zip(reversed(tensor.shape), reversed(other.shape)))


def fits_into(other: Any) -> Check:
    """May be written into ``other``: expands to its shape."""
    shape = tuple(other.shape)
    return lambda tensor: tensor.dim() <= len(shape) and all(a in (1, b) for a, b in zip(reversed(tensor.shape), reversed(shape)))


def dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


class Draw:
    """What rules draw from: a source of random numbers, and the objects that live on torch, by name."""

    def __init__(self, source: random.Random, names: dict[str, Any], is_tensor: Callable[[Any], bool], dtypes: Sequence[str]) -> None:
        self.random = source
        self.names = names
        self.is_tensor = is_tensor
        self.dtypes = [name for name in dtypes for _ in range(_DTYPES.get(name, 0))]
        self.base: list[int] = [source.choice((1, 2, 2, 3, 3, 4)) for _ in range(source.choice((1, 2, 2, 2, 3)))]
        self._numbers = itertools.count()

    # -- names -----------------------------------------------------------------------------------
    def new(self, count: int = 1) -> list[str]:
        """Names for results: new ones as long as there are few, then those of others."""
        free = [name for name in NAMES if name not in self.names]
        living = [name for name in NAMES if name in self.names]
        found: list[str] = []
        for _ in range(count):
            if living and (not free or len(living) >= 9 or (len(living) > 4 and self.chance(0.15))):
                found.append(living.pop(self.random.randrange(len(living))))
            else:
                found.append(free.pop(0))
                living = [name for name in living if name not in found]
        return found

    def result(self) -> str:
        return self.new()[0]

    def numbered(self, stem: str) -> str:
        """A name of a kind of its own: ``F0``, ``net1``."""
        return next(f"{stem}{i}" for i in itertools.count() if f"{stem}{i}" not in self.names)

    # -- choices ---------------------------------------------------------------------------------
    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, choices: Sequence[Any]) -> Any:
        if not choices:
            raise NothingFits
        return self.random.choice(choices)

    def tensor(self, *checks: Check) -> str:
        """The name of a live tensor that passes the checks; later ones more often, so that programs go on with what they have made."""
        fitting = [name for name, value in self.names.items() if self.is_tensor(value) and all(self._passes(check, value) for check in checks)]
        if not fitting:
            raise NothingFits
        if self.chance(0.35):
            return fitting[-1]
        return str(self.random.choice(fitting))

    def _passes(self, check: Check, value: Any) -> bool:
        try:
            return check(value)
        except RuntimeError:  # a view that torch does not let be looked at any more
            return False

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def object(self, check: Check) -> str:
        """The name of a live object of another kind."""
        return str(self.one([name for name, value in self.names.items() if name not in _MODULES and not self.is_tensor(value) and check(value)]))

    # -- literals --------------------------------------------------------------------------------
    def shape(self, most: int = 3) -> tuple[int, ...]:
        """The program's own shape, or one that broadcasts with it, or another."""
        sizes = list(self.base)
        kind = self.random.random()
        if kind < 0.45:
            pass
        elif kind < 0.6:
            sizes = sizes[self.random.randrange(len(sizes) + 1) :]
        elif kind < 0.75:
            sizes = [1 if self.chance(0.5) else size for size in sizes]
        elif kind < 0.8:
            sizes = []
        else:
            sizes = [self.random.choice((1, 2, 2, 3, 3, 4, 0) if self.chance(0.2) else (1, 2, 3)) for _ in range(self.random.randint(1, most))]
        while _product(sizes) > MOST_ELEMENTS:
            sizes.pop()
        return tuple(sizes)

    def number(self) -> str:
        """A small integer, or a half."""
        return self.one(("1", "2", "-1", "3", "0", "2.0", "0.5", "-2", "1.5", "4"))  # type: ignore[no-any-return]

    def integer(self) -> str:
        return self.one(("1", "2", "-1", "3", "0", "-2"))  # type: ignore[no-any-return]

    def number_for(self, tensor: Any) -> str:
        if is_bool(tensor):
            return str(self.one(("True", "False", "1", "0")))
        if is_complex(tensor) and self.chance(0.5):
            return str(self.one(("1j", "2+1j", "-1j")))
        return self.integer() if is_integer(tensor) and self.chance(0.8) else self.number()

    def dtype(self, *kinds: Check) -> str:
        """The name of a dtype, ``float32`` most often."""
        return str(self.one(self.dtypes))

    def float_dtype(self) -> str:
        return str(self.one([name for name in self.dtypes if name.startswith(("float", "bfloat"))]))

    def dim(self, tensor: Any) -> int:
        """A dimension of the tensor, counted from either end; rarely one that it does not have."""
        count = int(tensor.dim())
        if self.chance(0.015):
            return count + 1
        if not count:
            return int(self.one((0, -1)))
        return self.random.randrange(-count, count)

    def index(self, size: int) -> int:
        """A position within ``size``, counted from either end; rarely one outside."""
        if self.chance(0.015) or not size:
            return size
        return self.random.randrange(-size, size)

    def slice(self, size: int) -> str:
        return str(self.one((":", "1:", ":1", "::2", ":-1", "-1:", f":{max(size - 1, 1)}", "1:2", ":2", "0:0" if self.chance(0.2) else ":")))


_MODULES = ("torch", "copy", "pickle", "__builtins__", "__warningregistry__")
_DTYPES = {
    "float32": 26, "float64": 6, "int64": 5, "bool": 3, "complex64": 3, "int32": 2, "float16": 2, "bfloat16": 2, "uint8": 1, "complex128": 1,
    "int16": 1,
}  # fmt: skip


def _product(sizes: Sequence[int]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total


def literal(draw: Draw, shape: Sequence[int], dtype: str) -> str:
    """Nested lists of small numbers."""
    if not shape:
        if dtype == "bool":
            return str(draw.one(("True", "False")))
        value = str(draw.random.randint(0 if dtype == "uint8" else -3, 5))
        if dtype.startswith("complex"):
            return str(draw.one((value + ".0", f"{value}+{draw.random.randint(0, 3)}j")))
        return value if dtype.startswith(("int", "uint")) else str(draw.one((value + ".0", value + ".0", value + ".5")))
    return f"[{', '.join(literal(draw, shape[1:], dtype) for _ in range(shape[0]))}]"


def said(kind: str, text: str, rounds: bool = False, by_values: bool = False) -> Statement:
    """A statement."""
    return Statement(kind, text, rounds, by_values)
