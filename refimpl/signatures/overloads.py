"""The signatures of torch's functions and methods by name, read when a name is first asked for.

>>> [s.text for s in overloads("Tensor", "clamp_min")]
['Tensor min', 'Number min']
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple

from .by_hand import NUMBERS_AS_TENSORS, PASSED_ON, SIGNATURES
from .schema import Signature
from .types import is_tensor

FUNCTION_SPACES = ("torch", "nn", "linalg", "special", "fft")


class PythonSignature(NamedTuple):
    """The signature of a function that torch writes in Python: called, it binds its arguments, and its errors are Python's own."""

    text: str
    bind: Callable[..., dict[str, Any]]
    passed_on: tuple[Signature, ...]  # of the parsers that get its arguments as they are

    def parser(self, bound: dict[str, Any]) -> tuple[Signature, ...]:
        """The signatures of the parser that gets these arguments: of two parsers the first one takes an int, behind the tensor, as which a tensor of
        one element counts, too."""
        names = [signature.function for signature in self.passed_on]
        if names[0] != names[-1]:
            number = list(bound)[1]
            if is_tensor(bound[number]):
                with suppress(ValueError):  # it has several
                    bound[number] = int(bound[number])
            names = names[:1] if isinstance(bound[number], int) else names[-1:]
        return tuple([signature for signature in self.passed_on if signature.function == names[0]])


@cache
def texts() -> dict[str, dict[str, list[str]]]:
    """By space (``torch``, ``Tensor``, ``nn``, ...) and name the lines of ``torch.txt`` and of :mod:`.by_hand`."""
    found: dict[str, dict[str, list[str]]] = {}
    lines = (Path(__file__).parent / "torch.txt").read_text(encoding="utf-8").splitlines()
    for space, more in SIGNATURES.items():
        lines += [f"[{space}]", *more.strip().splitlines()]
    names: dict[str, list[str]] = {}
    for line in lines:
        if line[:1] == "[":
            names = found.setdefault(line[1:-1], {})
        elif line and line[0] != "#":
            head = line.partition("(")[0]
            names.setdefault(head.removeprefix("python ").removeprefix("Tensor."), []).append(line)
    return found


@cache
def overloads(space: str, name: str) -> tuple[Signature, ...] | PythonSignature:
    """The signatures of a function or method in the order in which torch tries them; none if torch has none of this name."""
    lines = texts().get(space, {}).get(name, ())
    if lines and lines[0].startswith("python "):
        others = [line for parser in PASSED_ON.get(name, ()) for line in texts()["torch"][parser]]
        return python_signature(lines[0].removeprefix("python "), tuple(map(Signature, [*lines[1:], *others])))
    return tuple(Signature(line, name.removesuffix("_") in NUMBERS_AS_TENSORS or name in NUMBERS_AS_TENSORS) for line in lines)


def function_overloads(name: str) -> tuple[Signature, ...] | PythonSignature:
    """As :func:`overloads`, of a function in any of the spaces of functions."""
    for space in FUNCTION_SPACES:
        found = overloads(space, name)
        if found:
            return found
    return ()


def python_signature(text: str, passed_on: tuple[Signature, ...], constants: dict[str, Any] | None = None) -> PythonSignature:
    """A signature from its text. ``constants``: what stands for ``torch.name`` among the defaults, by name."""
    name = text.partition("(")[0]
    scope: dict[str, Any] = {"torch": SimpleNamespace(**constants or {})}
    exec(f"def {name.rpartition('.')[2]}{text[len(name):]}: return locals()", scope)
    bind = scope[name.rpartition(".")[2]]
    bind.__qualname__ = name
    return PythonSignature(text, bind, passed_on)
