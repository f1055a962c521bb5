"""refimpl needs the standard library and nothing else. (Where its own imports point, tests/test_rooms.py holds.)"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "refimpl").rglob("*.py"))


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path):
    """Absolute names of what a file imports when it is imported itself: not what functions import when they are called."""

    def walk(nodes):
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield node
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                yield from walk(node.orelse)
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for name in ("body", "orelse", "finalbody", "handlers"):
                    yield from walk(getattr(node, name, ()))

    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in walk(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names if (ROOT / f"{stem}.{alias.name}".replace(".", "/")).exists())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_import_the_standard_library_only(path):
    allowed = set(sys.stdlib_module_names) | {"refimpl"}
    assert {name.split(".")[0] for name in imported_modules(path)} <= allowed


def printed(script, *options):
    """What a script prints in a process of its own."""
    return subprocess.run([sys.executable, *options, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_refimpl_loads_the_standard_library_only():
    """Also where NumPy and torch are installed: they are loaded when something is asked of them."""
    script = (
        "import sys; before = set(sys.modules); import refimpl; "
        "roots = {name.partition('.')[0] for name in sys.modules if name not in before}; "
        "print(sorted(roots - set(sys.stdlib_module_names) - {'refimpl'}))"
    )
    assert printed(script).strip() == "[]"


def test_refimpl_works_without_site_packages():
    script = "import refimpl as torch; print(torch.arange(3) + 1, torch.nn.Linear(2, 1))"
    assert printed(script, "-S") == "tensor([1, 2, 3]) Linear(in_features=2, out_features=1, bias=True)\n"


def test_no_call_is_offered_to_classes_that_the_package_itself_makes():
    """What asks classes before each call is for programs that have such classes: nothing that is imported here makes all others pay for it. A class
    of the package that answers calls takes part from its first object on."""
    script = (
        "import refimpl, importlib; "
        "[importlib.import_module('refimpl.' + name) for name in 'nn optim distributions autograd func utils.data fft linalg special amp'.split()]; "
        "from refimpl.signatures.overriding import overriding; print(overriding.users)"
    )
    assert printed(script).strip() == "0"
