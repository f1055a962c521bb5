"""A program: statements as text, and what is known of each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from types import CodeType


@dataclass(frozen=True)
class Statement:
    """A line of Python, or a small block. ``kind`` names what it does ("split", "add_ in no_grad"): causes are grouped by it.

    ``rounds``: its results need not be the same bits on every library, because it rounds. ``by_values``: what it does, and not only the values of its
    results, depends on the values of tensors (a mask that selects, for example).
    """

    kind: str
    text: str
    rounds: bool = False
    by_values: bool = False

    @property
    def differentiates_gradients(self) -> bool:
        """Whether it makes a graph of a backward pass. Of which nodes that consists follows from how the formulas are written."""
        return "create_graph=True" in self.text

    @cached_property
    def code(self) -> CodeType:
        return compile(self.text, "<program>", "exec")


@dataclass(frozen=True)
class Program:
    """``seed`` is the number that it was drawn from; ``left_out`` are the names that the backend lacks and the program does without."""

    seed: int
    statements: tuple[Statement, ...]
    left_out: tuple[str, ...] = ()

    def without(self, start: int, stop: int) -> Program:
        return replace(self, statements=self.statements[:start] + self.statements[stop:])

    def first(self, count: int) -> Program:
        return replace(self, statements=self.statements[:count])

    def with_statement(self, place: int, text: str) -> Program:
        """The program with another text of one statement."""
        changed = replace(self.statements[place], text=text)
        return replace(self, statements=(*self.statements[:place], changed, *self.statements[place + 1 :]))

    def source(self, library: str = "torch", device: str = "cpu") -> str:
        """The program as a file that runs."""
        name = f"import {library}" if library == "torch" else f"import {library} as torch"
        lines = []
        texts = [statement.text for statement in self.statements]
        needed = [module for module in ("copy", "pickle") if any(f"{module}." in text for text in texts)]
        lines += [f"import {', '.join(needed)}"] if needed else []
        lines.append(name)
        lines += [] if device == "cpu" else [f'torch.set_default_device("{device}")']
        return "\n".join([*lines, *texts])
