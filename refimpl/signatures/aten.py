"""The schemas of aten's core operators, by name and overload, and how the arguments of a call fit them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Sequence


class Parameter(NamedTuple):
    """One parameter of a schema: ``default`` is REQUIRED where there is none."""

    type: str
    name: str
    default: Any
    keyword_only: bool


REQUIRED: Any = object()


class Schema(NamedTuple):
    """One overload: ``add.Tensor``, or ``relu.default`` where torch's schema has no name for it."""

    name: str
    overload: str
    parameters: tuple[Parameter, ...]
    text: str

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, defaults filled in; TypeError for others than the schema has."""
        positional = [p.name for p in self.parameters if not p.keyword_only]
        if len(args) > len(positional):
            raise TypeError(f"aten::{self.text}: {len(positional)} positional arguments expected, but got {len(args)}")
        bound = dict(zip(positional, args))
        for name, value in kwargs.items():
            if name in bound or name not in {p.name for p in self.parameters}:
                raise TypeError(f"aten::{self.text}: argument {name!r} {'given twice' if name in bound else 'is not known'}")
            bound[name] = value
        for p in self.parameters:
            if p.name not in bound:
                if p.default is REQUIRED:
                    raise TypeError(f"aten::{self.text}: argument {p.name!r} is missing")
                bound[p.name] = p.default
        return bound


@cache
def schemas() -> dict[str, dict[str, Schema]]:
    """Every core operator: the overloads by the operators' names."""
    found: dict[str, dict[str, Schema]] = {}
    for line in (Path(__file__).parent / "core_aten.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            schema = _parsed(line)
            found.setdefault(schema.name, {})[schema.overload] = schema
    return found


def _parsed(line: str) -> Schema:
    """A line of the list: ``name.overload(parameters) -> results``."""
    head, _, rest = line.partition("(")
    name, _, overload = head.partition(".")
    parameters: list[Parameter] = []
    keyword_only = False
    for text in re.split(r", (?![^\[(]*[\])])", rest[: rest.index(") -> ")]):
        if text == "*":
            keyword_only = True
        elif text:
            kind, _, given = text.rpartition(" ")
            word, _, default = given.partition("=")
            parameters.append(Parameter(kind, word, ast.literal_eval(default) if default else REQUIRED, keyword_only))
    return Schema(name, overload or "default", tuple(parameters), line)
