"""Elements that follow from a formula: the data of large tensors, which a line of a script makes again.

Element ``i`` comes from ``h = (start + i) * 1327217909 % 2147483647``, multiples of the golden ratio modulo a prime: no two elements of a tensor are
equal while the dtype can tell them apart, neighbours are far from each other, and nothing repeats with a period of 2, 8 or 256, so that an element
that is missing, repeated or in another's place shows.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import torch

from ..accuracy.number_formats import REAL
from ..cases.case import EVERY_INTEGER

_STEP, _PRIME = 1327217909, 2147483647
_SPARSE = 1021  # of so many elements one is not the base, in sparse data
FEW = 8191
BETWEEN = "special in between"
POSITIVE = "positive"
_SPECIAL = (1.0, -1.0, 0.5, 0.0, 2.0, -0.0, -0.5)
_BASES = {"sparse": 0, "near one": 1}
_SMALL_INTEGERS = 41
_RANGES = {"uint8": (0, 256), "int8": (-128, 256), "int16": (-32768, 65536), "uint16": (0, 65536)}
_WIDE = {"int32": (1, -1073741824), "int64": (8, -8589934592), "uint32": (2, 0), "uint64": (8, 0)}  # factor and summand of what has more bits


@dataclass(frozen=True)
class Recipe:
    """How the elements of a buffer come about.

    ``kind``: "full" numbers from -4 to 4 with all bits that the dtype has, "positive" ones from 1 to 2, whose sums grow with each,
    "few bits" multiples of 1/1024, up to 8191 of them different, whose sums are exact, "sparse" and "near one" mostly 0 (or 1) with a few others,
    so that one element matters in a sum (or a product) of tens of thousands, "special in between" full ones, of which each eighth is a number at
    which functions change; integers are "full" (the whole range, of
    int64 34 bits) or "small". ``pool``: the elements are among these numbers, each once in turn where ``modulus`` is how many there are.
    ``tail``: the last elements.
    """

    dtype: str
    count: int
    start: int
    kind: str = "full"
    pool: tuple[Any, ...] | range | None = None
    tail: tuple[Any, ...] = ()
    modulus: int = _PRIME

    def expression(self) -> str:
        """An element in terms of ``h``, as Python source. What stands here is what :meth:`numbers` computes."""
        real = REAL.get(self.dtype, self.dtype)
        if self.pool is not None:
            return f"pool[h % {len(self.pool)}]"
        if real == "bool":
            return "h % 2"
        if real in _RANGES and self.kind != "small":
            return f"h % {_RANGES[real][1]} + {_RANGES[real][0]}"
        if real in EVERY_INTEGER:
            if self.kind != "small":
                factor, summand = _WIDE[real]
                return f"h * {factor} + {summand}"
            return f"h % {_SMALL_INTEGERS}" + (f" - {_SMALL_INTEGERS // 2}" if not real.startswith("u") else "")
        if self.kind == "few bits":
            return f"(h % {FEW} - {FEW // 2}) / 1024"
        if self.kind in _BASES:
            base = _BASES[self.kind]
            other = "2 + h / 2147483648" if base == 0 else "0.75 + h / 4294967296"
            return f"{base} if h % {_SPARSE} else {other}"
        if self.kind == POSITIVE:
            return "1 + h % 65536 / 65536"
        plain = "(h % 65536 - 32768) / 8192" if real in ("float16", "bfloat16") else "h / 2147483647 * 8 - 4"
        return f"{plain} if h % 8 else {_SPECIAL}[h // 8 % {len(_SPECIAL)}]" if self.kind == BETWEEN else plain

    def numbers(self) -> torch.Tensor:
        """The elements (of complex dtypes the parts in turn), as a tensor of the real dtype."""
        real = REAL.get(self.dtype, self.dtype)
        parts = 2 if self.dtype in REAL else 1
        h = (torch.arange(self.start, self.start + self.count * parts) * _STEP) % self.modulus
        if self.pool is not None:
            floats = any(isinstance(value, float) for value in self.pool) if isinstance(self.pool, tuple) else False
            numbers = torch.tensor(list(self.pool), dtype=torch.float64 if floats else torch.int64)[h % len(self.pool)]
        else:
            numbers = self._of(real, h)
        made = numbers.to(getattr(torch, real))
        if self.tail:
            made[-len(self.tail) * parts :] = torch.tensor([part for value in self.tail for part in _parts(value, parts)], dtype=made.dtype)
        return made

    def _of(self, real: str, h: torch.Tensor) -> torch.Tensor:
        if real == "bool":
            return h % 2
        if real in _RANGES and self.kind != "small":
            low, span = _RANGES[real]
            return h % span + low
        if real in _WIDE and self.kind != "small":
            return h * _WIDE[real][0] + _WIDE[real][1]
        if real in EVERY_INTEGER:
            return h % _SMALL_INTEGERS - (0 if real.startswith("u") else _SMALL_INTEGERS // 2)
        if self.kind == "few bits":
            return (h % FEW - FEW // 2).double() / 1024
        if self.kind in _BASES:
            base = _BASES[self.kind]
            other = 2 + h.double() / 2147483648 if base == 0 else 0.75 + h.double() / 4294967296
            return torch.where(h % _SPARSE != 0, float(base), other)
        if self.kind == POSITIVE:
            return 1 + (h % 65536).double() / 65536
        plain = (h % 65536 - 32768).double() / 8192 if real in ("float16", "bfloat16") else h.double() / 2147483647 * 8 - 4
        if self.kind != BETWEEN:
            return plain
        return torch.where(h % 8 != 0, plain, torch.tensor(_SPECIAL, dtype=torch.float64)[h // 8 % len(_SPECIAL)])


def _parts(value: Any, parts: int) -> tuple[Any, ...]:
    return (value,) if parts == 1 else (complex(value).real, complex(value).imag)


class Made(bytes):
    """The bytes of a buffer that knows its recipe: it is pickled, and written into scripts, as that."""

    recipe: Recipe

    def __repr__(self) -> str:
        return f"make({self.recipe})"

    def __reduce__(self) -> Any:
        return make, (self.recipe,)


def make(recipe: Recipe) -> Made:
    """The buffer of a recipe."""
    numbers = recipe.numbers().contiguous()
    size = numbers.numel() * numbers.element_size()
    made = Made(ctypes.string_at(numbers.data_ptr(), size) if size else b"")
    made.recipe = recipe
    return made


def source(recipe: Recipe) -> str:
    """The elements as the source of a list."""
    parts = 2 if recipe.dtype in REAL else 1
    element = recipe.expression()
    if recipe.pool is not None:
        element = f"{_pool_text(recipe.pool)}[h % {len(recipe.pool)}]"
    count = f"{recipe.start}, {recipe.start + recipe.count * parts}"
    text = f"[{element} for h in [i * {_STEP} % {recipe.modulus} for i in range({count})]]"
    if parts == 2:
        text = f"[complex(*pair) for pair in zip(*[iter({text})] * 2)]"
    if not recipe.tail:
        return text
    return f"{text}[:{recipe.count - len(recipe.tail)}] + [{', '.join(_number_text(value) for value in recipe.tail)}]"


def _pool_text(pool: tuple[Any, ...] | range) -> str:
    return repr(pool) if isinstance(pool, range) else "(" + ", ".join(_number_text(value) for value in pool) + ",)"


def _number_text(value: Any) -> str:
    return f"float('{value}')" if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))) else repr(value)
