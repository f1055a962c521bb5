"""Which module of a package imports which, as its sources say: inside functions too, but not where only a type checker looks.

    circles("refimpl")                              # [] if no module imports itself over others
    misplaced("refimpl", ("foundation", "tensor"))  # imports of a room from one that stands above it
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

Graph = dict[str, set[str]]


@cache
def imports(package: str) -> Graph:
    """For each module of a package the modules of the same package that it imports.

    An import of a package counts as one of its ``__init__``; the packages that Python runs on the way to a module (``a.b`` for ``a.b.c``) do
    not count, because a room's ``__init__`` may import from the files of the room.
    """
    files = {_module_name(path): path for path in sorted((ROOT / package).rglob("*.py"))}
    return {name: set(_imported(name, path, files)) - {name} for name, path in files.items()}


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types_only = {id(inner) for node in ast.walk(tree) if _asks_for_type_checking(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in for_types_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            module = _source(node, name, path)
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield from (each for each in (inner if inner in files else module,) if each in files)


def _asks_for_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _source(node: ast.ImportFrom, name: str, path: Path) -> str:
    """The module that a ``from ... import`` names, dots resolved."""
    if not node.level:
        return node.module or ""
    room = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    room = room[: len(room) - (node.level - 1)]
    return ".".join([*room, *([node.module] if node.module else [])])


def circles(package: str) -> list[list[str]]:
    """The modules that import each other in a circle, circle by circle (the strongly connected components of the graph, after Tarjan)."""
    return circles_in(imports(package))


def circles_in(graph: Graph) -> list[list[str]]:
    """The circles of any graph."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        path.append(module)
        for other in sorted(graph.get(module, ())):
            if other not in number:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in path:
                lowest[module] = min(lowest[module], number[other])
        if lowest[module] == number[module]:
            circle = path[path.index(module) :]
            del path[path.index(module) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in graph:
        if module not in number:
            visit(module)
    return found


def room_of(module: str) -> str:
    """The folder of a package in which a module lies: ``judging`` for ``conformance.judging.judge``; the file's own name at the top, the empty
    text for the package's ``__init__``."""
    return module.split(".")[1] if "." in module else ""


def rooms(package: str) -> list[str]:
    """Every room of a package, and every file beside the rooms."""
    return sorted({room_of(module) for module in imports(package)} - {""})


def misplaced(package: str, order: Sequence[str]) -> list[str]:
    """The imports that lead from a room to one that stands above it, as sentences. ``order`` names all rooms, the lowest first; a package's own
    ``__init__`` stands above them all."""
    floors = {room: number for number, room in enumerate((*order, ""))}
    return [
        f"{module} imports {other}: {room_of(other) or 'the face'} is above {room_of(module)}"
        for module, others in imports(package).items()
        for other in sorted(others)
        if floors[room_of(other)] > floors[room_of(module)]
    ]
