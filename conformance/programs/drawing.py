"""Drawing a program from a seed.

Each statement is run on torch as soon as it is written, so that the next one can be written for what lives then. Most statements that torch refuses
are dropped, some are kept: that a statement is refused is part of what is compared.
"""

from __future__ import annotations

import ast
import random
from functools import lru_cache
from typing import Any

from ..backends import find_backend
from ..backends.base import Capabilities
from .grammar import Draw, Family, NothingFits, Rule
from .observing import Session
from .program import Program, Statement
from .statements import FAMILIES

FEWEST, MOST = 10, 40
KEPT_REFUSED = 0.25  # of the statements that torch refuses
MOST_REFUSED = 4
_MODES = ("torch.no_grad()", "torch.no_grad()", "torch.enable_grad()", "torch.inference_mode()", "torch.set_grad_enabled(False)")
IN_MODE = 0.09


def draw_program(seed: int, backend: Any) -> Program:
    """The program of this number, without what the backend lacks."""
    source = random.Random(seed)
    oracle: Any = find_backend("torch:cpu")
    statements: list[Statement] = []
    left_out: set[str] = set()
    families = _supported(backend.capabilities)
    length = source.randint(FEWEST, MOST)
    refused = 0
    with Session(oracle) as session:
        draw = Draw(source, session.names, oracle.is_tensor, tuple(sorted(backend.capabilities.dtypes)))
        for _ in range(8 * length):
            if len(statements) == length:
                break
            statement = _write(draw, families, made_something=bool(len(statements) > 1))
            if statement is None:
                continue
            lacking = missing_names(statement.text, oracle.module, backend.module)
            if lacking:
                left_out.update(lacking)
                continue
            if session.run(statement) is not None:
                refused += 1
                if refused > MOST_REFUSED or not draw.chance(KEPT_REFUSED):
                    continue
            statements.append(statement)
    return Program(seed, tuple(statements), tuple(sorted(left_out)))


def _supported(capabilities: Capabilities) -> list[tuple[Family, list[Rule]]]:
    """The families and rules that a backend with these capabilities can run. A stream of random numbers of its own is not torch's."""
    denied = {name for name in ("autograd", "random", "printing", "mutable", "aliasing") if not getattr(capabilities, name)}
    denied |= {"random"} if capabilities.own_random else set()
    found = []
    for family in FAMILIES:
        rules = [rule for rule in family.rules if not rule.needs & denied]
        if rules:
            found.append((family, rules))
    return found


def _write(draw: Draw, families: list[tuple[Family, list[Rule]]], made_something: bool) -> Statement | None:
    """One statement, perhaps in a block of another mode; None if the rule that was chosen found nothing that fits."""
    family, rules = families[0]
    if made_something:
        family, rules = draw.random.choices(families, [family.weight for family, _ in families])[0]
    rule = draw.random.choices(rules, [rule.weight for rule in rules])[0]
    try:
        statement = rule.write(draw)
    except NothingFits:
        return None
    if made_something and draw.chance(IN_MODE):
        mode = draw.one(_MODES)
        inside = "\n".join("    " + line for line in statement.text.splitlines())
        name = mode.partition(".")[2].replace("()", "").replace("(False)", "")
        return Statement(f"{statement.kind} in {name}", f"with {mode}:\n{inside}", statement.rounds, statement.by_values)
    return statement


def missing_names(text: str, oracle: Any, module: Any) -> list[str]:
    """The names in a statement that torch has and the backend's module has not: of functions by their path, of methods by their name."""
    return list(_missing(text, oracle, module)) if oracle is not module else []


@lru_cache(4096)
def _missing(text: str, oracle: Any, module: Any) -> tuple[str, ...]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            path = _path(node)
            if path and path[0] == "torch":
                if _has(oracle, path[1:]) and not _has(module, path[1:]):
                    found.append(".".join(path))
            elif hasattr(oracle.Tensor, node.attr) and not hasattr(module.Tensor, node.attr):
                found.append(f"Tensor.{node.attr}")
    return tuple(found)


def _path(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        return [*before, node.attr] if before else []
    return []


def _has(holder: Any, path: list[str]) -> bool:
    for name in path:
        if not hasattr(holder, name):
            return False
        holder = getattr(holder, name)
    return True
