"""Run programs that import torch on refimpl, without a line changed::

    import refimpl.as_torch        # first of all
    import torch                   # is refimpl now
    import torch.nn.functional as F

``python -m refimpl.as_torch program.py argument ...`` does that for a program. RuntimeError if torch itself has been imported before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any

from .foundation.paths import absent, show_classes_as, shown

__all__ = ["PACKAGE", "install"]

_PROGRAM = "REFIMPL_AS_TORCH_PROGRAM"  # tells processes that a program starts anew which program that is
PACKAGE = __package__ or __name__.partition(".")[0]


class _Loader(Loader):
    """Gives torch's name for a module to the module of this package."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.spec: Any = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.name)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has put torch's in its place


class _Own(Loader):
    """Loads a module of this package, whose classes then say that they are torch's."""

    def __init__(self, spec: ModuleSpec) -> None:
        self.loader: Any = spec.loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: Any) -> None:
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        _show(module)


def _show(module: ModuleType) -> None:
    """Let the classes of a module say that they are from torch's file of that name."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            value.__module__ = shown(module.__name__)


class _Finder(MetaPathFinder):
    """Finds ``torch.x.y`` where ``refimpl.x.y`` is."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.startswith(PACKAGE + "."):
            spec = next((s for finder in sys.meta_path if finder is not self and (s := finder.find_spec(fullname, path, target))), None)
            if spec is not None and hasattr(spec.loader, "exec_module"):
                spec.loader = _Own(spec)
            return spec
        if fullname.partition(".")[0] != "torch":
            return None
        name = PACKAGE + fullname[len("torch") :]
        try:
            known = name in sys.modules or find_spec(name) is not None
        except ModuleNotFoundError:
            known = False
        if not known:
            text = absent(fullname.partition(".")[2]) or f"refimpl does not have {fullname} yet; docs/coverage.md lists what it has"
            raise ModuleNotFoundError(text, name=fullname)
        return spec_from_loader(fullname, _Loader(name), is_package=True)


def install() -> None:
    """Let ``import torch`` find this package; a second call does nothing."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    present = sys.modules.get("torch")
    if present is not None and present.__name__ == "torch":
        raise RuntimeError("torch has been imported already: import refimpl.as_torch before anything that imports torch")
    sys.meta_path.insert(0, _Finder())
    package: Any = sys.modules[PACKAGE]
    sys.modules["torch"] = package
    version = package.version
    show_classes_as("torch")
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE + "."):
            _show(module)
    for value in (package.Tensor, package.Size, package.device, package.dtype, package.layout, package.memory_format, package.finfo, package.iinfo):
        value.__module__ = "torch"
    package.Generator.__module__, package.UntypedStorage.__module__ = "torch._C", "torch.storage"
    package.linalg.LinAlgError.__module__ = "torch._C"
    package.__version__ = version.__version__ = version.TorchVersion(f"{version.__version__}+{PACKAGE}")  # which programs compare


install()

def _run(path: str) -> None:
    """Run a program as the main module. It says that it is from this one, so that a process that it starts anew gets here first, too."""
    from io import open_code

    main: Any = ModuleType("__main__")
    main.__file__, main.__spec__, main.__builtins__ = path, find_spec(f"{PACKAGE}.as_torch"), __builtins__
    sys.modules["__main__"] = main
    os.environ[_PROGRAM] = path
    with open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)  # this module's own __future__ imports are none of the program's
    exec(code, main.__dict__)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m refimpl.as_torch PROGRAM [ARGUMENT ...]")
    sys.argv[:] = sys.argv[1:]
    sys.path[0] = sys.argv[0].rpartition("/")[0] or "."
    _run(sys.argv[0])
elif __name__ == "__mp_main__":  # a process that the program has started
    import runpy

    globals().update(runpy.run_path(os.environ[_PROGRAM], run_name=__name__))
