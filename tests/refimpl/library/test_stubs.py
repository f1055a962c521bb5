"""The stubs are what the registry and the signatures say, and type checkers take a program strictly with them."""

import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

import refimpl
from refimpl.operations import stubs

PROGRAM = Path(__file__).parent / "typed_program.py"
PACKAGE = Path(refimpl.__file__).parent
CHECKERS = {"mypy": ["mypy", "--strict", "--follow-imports=silent", "--config-file=", "--no-incremental"]}
if find_spec("pyright") is not None:  # a tool of Node's: where it is installed, it is asked, too
    CHECKERS["pyright"] = ["pyright"]


@pytest.mark.parametrize("file, text", [("_functions.pyi", stubs.functions), ("tensor/_methods.pyi", stubs.methods),
                                        ("return_types.pyi", stubs.results),
                                        *((file, partial(stubs.namespaced, namespace)) for namespace, file in stubs.NAMESPACES.items())])
def test_the_stubs_are_up_to_date(file, text):
    """``python -m refimpl.operations.stubs`` would write the same."""
    assert (PACKAGE / file).read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_type_checker_takes_the_program(checker):
    done = subprocess.run([sys.executable, "-m", *CHECKERS[checker], str(PROGRAM)], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_program_runs():
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=300,
                          env={"PYTHONPATH": str(PACKAGE.parent)})
    assert done.returncode == 0, done.stderr


def test_a_wrong_program_is_refused(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text('import refimpl as torch\n\ntorch.ones(2).sum(dim="rows")\ntorch.ones(2).no_such_method()\n')
    done = subprocess.run([sys.executable, "-m", *CHECKERS["mypy"], str(wrong)], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=300)
    assert "incompatible type" in done.stdout and "no_such_method" in done.stdout, done.stdout
