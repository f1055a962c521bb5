"""What the packages show of themselves: names, ``dir``, and what they say when they are started without arguments."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import subprocess
import sys

import pytest
import torch as real_torch
from places import ROOT

import refimpl

# names of refimpl that torch does not have
OWN = {"rstyle", "get_printoptions", "as_torch", "backend", "functions"}
OWN_ROOMS = ("rstyle", "functions.py", "tensor_types.py")
PUBLIC = (
    "autograd", "backends.py", "compiler.py", "cuda.py", "distributions", "fft", "func", "functions.py", "jit.py", "linalg", "nn", "optim", "random",
    "return_types.py", "rstyle", "serialization", "signal", "special", "tensor_types.py", "testing", "utils", "version.py",
)  # fmt: skip


def run(*command, env=None):
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True)


def public_modules():
    """The modules that programs import: those that torch has under the same path, and those of refimpl's own rooms."""
    for place in PUBLIC:
        path = ROOT / "refimpl" / place
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if place in OWN_ROOMS or "._" not in module and torch_has(module):
                yield module


def torch_has(module):
    """Whether torch has a module of this name under the same path."""
    name = "torch" + module.removeprefix("refimpl")
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


MODULES = sorted(public_modules())


@pytest.mark.parametrize("module", MODULES)
def test_a_public_module_says_what_is_public(module):
    """``__all__`` is there, once each, and every name in it exists."""
    found = importlib.import_module(module)
    assert len(found.__all__) == len(set(found.__all__))
    assert [name for name in found.__all__ if not hasattr(found, name)] == []
    assert not [name for name in found.__all__ if name.startswith("_") and name != "__version__"]


@pytest.mark.parametrize("module", ["refimpl", *MODULES])
def test_no_public_name_is_undocumented(module):
    """The module itself, and of its public names the functions and classes."""
    found = importlib.import_module(module)
    public = {name: getattr(found, name) for name in found.__all__}
    own = {name: v for name, v in public.items() if (inspect.isfunction(v) or inspect.isclass(v)) and v.__module__.startswith("refimpl")}
    assert found.__doc__
    assert [name for name, value in own.items() if not value.__doc__] == []


def test_no_method_of_a_tensor_is_undocumented():
    members = {name: getattr(refimpl.Tensor, name) for name in dir(refimpl.Tensor) if not name.startswith("_")}
    assert [name for name, value in members.items() if callable(value) and not value.__doc__] == []


def test_dir_shows_torchs_names_and_no_others():
    script = "import refimpl; print(*dir(refimpl))"
    shown = set(run("-c", script).stdout.split())
    assert {name for name in shown if not name.startswith("__")} - set(dir(real_torch)) <= OWN
    assert {"add", "Tensor", "nn", "float32", "load", "__version__"} <= shown
    assert not [name for name in shown if name.startswith("_") and not name.endswith("__")]


def test_star_gives_functions_types_and_dtypes_and_no_modules():
    script = "from refimpl import *; print([n for n, v in list(globals().items()) if type(v) is type(__builtins__)], 'add' in dir())"
    assert run("-c", script).stdout == "['__builtins__'] True\n"
    assert {"add", "Tensor", "float32", "no_grad", "load", "vmap"} <= set(refimpl.__all__)


def test_refimpl_says_what_it_is():
    done = run("-m", "refimpl")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith(f"refimpl {refimpl.__version__}: ")
    assert max(map(len, done.stdout.split("\n"))) <= 80
    program = "\n".join(line[4:] for line in done.stdout.split("\n\n")[2].split("\n"))
    expected = "\n".join(line[4:] for line in done.stdout.split("\n\n")[3].split("\n"))
    assert run("-c", program).stdout.strip() == expected
    assert run("-c", program.replace("refimpl", "torch")).stdout.strip() == expected


def test_refimpl_knows_its_version_and_no_other_arguments():
    assert run("-m", "refimpl", "--version").stdout == f"refimpl {refimpl.__version__} (torch {refimpl.version.__version__})\n"
    done = run("-m", "refimpl", "program.py")
    assert (done.returncode, done.stdout) == (2, "") and "python -m refimpl.as_torch program.py" in done.stderr


def test_conformance_says_what_it_is():
    done = run("-m", "conformance")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("conformance ") and real_torch.__version__.partition("+")[0] in done.stdout
    assert max(map(len, done.stdout.split("\n"))) <= 80


def test_conformance_says_how_to_get_torch():
    done = run("-S", "-c", "import sys; sys.argv = ['conformance']; from conformance.__main__ import main; main()")
    assert done.returncode == 0
    assert "torch, which it measures with, is not installed:\n" in done.stdout
    assert done.stdout.rstrip().endswith(" -m pip install torch==2.13.0")
