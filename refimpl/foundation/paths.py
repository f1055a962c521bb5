"""Torch's import paths for what stands in other files here.

A package says in one table which of torch's files it knows under which path, and what is in them::

    attach(__name__, {"adamw": "AdamW", "clip_grad": "nn.utils.gradients: clip_grad_norm_ clip_grad_value_"})

The words after a path are names of the package itself, or, behind a module and a colon, names of that module of refimpl (of refimpl, behind a
colon alone). ``new=old`` gives a thing
that is called otherwise here torch's name. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ..signatures.not_wanted import why_not_wanted

__all__ = ["ABSENT", "absent", "attach", "is_own", "missing", "show_classes_as", "shown"]

ROOT = __name__.partition(".")[0]
_shown = [ROOT]  # the package that classes say they are from: torch where programs run that import torch


def shown(name: str) -> str:
    """A module as classes say that they are from it."""
    return _shown[0] + name[len(ROOT) :]


def show_classes_as(package: str) -> None:
    """Let the classes that are attached to paths from now on say that they are from another package."""
    _shown[0] = package


def is_own(kind: Any) -> bool:
    """Whether a class or function is one of this package, whatever it says it is from."""
    return (kind.__module__ or "").partition(".")[0] in (ROOT, _shown[0])

# Modules of torch that refimpl does not have, and why.
ABSENT = {
    "_export": "compiling", "_functorch": "compiling",
    "_higher_order_ops": "compiling", "_refs": "operations written for compilers", "_prims": "operations written for compilers",
    "_decomp": "operations written for compilers", "_subclasses": "compiling", "ao": "quantisation", "quantization": "quantisation",
    "nn.quantized": "quantisation", "nn.qat": "quantisation", "nn.intrinsic": "quantisation", "nn.quantizable": "quantisation",
    "nn.backends": "names of old", "export": "capturing programs as graphs", "fx": "capturing programs as graphs",
    "onnx": "capturing programs as graphs", "hub": "loading programs from the net", "utils.model_zoo": "loading programs from the net",
    "package": "packing programs", "library": "operations of C++", "classes": "operations of C++", "utils.cpp_extension": "operations of C++",
    "utils.tensorboard": "a writer for the package tensorboard", "utils.benchmark": "measuring the time of programs; the standard library has timeit",
    "utils.bottleneck": "measuring the time of programs", "utils.collect_env": "describing an installation of torch",
    "utils.bundled_inputs": "TorchScript", "utils.mobile_optimizer": "TorchScript", "utils.flop_counter": "counting what kernels do",
    "quasirandom": "a table of the direction numbers of 21,201 dimensions",
    "utils.viz": "drawing memory", "utils.jit": "TorchScript", "utils._python_dispatch": "programs between torch's dispatcher and its kernels",
    "futures": "several processes", "monitor": "several processes", "masked": "masked tensors, a prototype", "nested": "nested tensors",
    "sparse": "sparse layouts", "utils.data.datapipes": "data pipes", "utils.data.graph": "data pipes", "utils.data.graph_settings": "data pipes",
    "nn.attention.flex_attention": "compiling", "nn.attention.bias": "kernels of GPUs", "nn.attention.varlen": "kernels of GPUs",
    "nn.attention.experimental": "kernels of GPUs", "nn.cpp": "modules of C++", "optim._multi_tensor": "names of old", "mtia": "another device",
    "hip": "another device", "vulkan": "another device", "contrib": "names of old", "testing._internal": "torch's own tests",
    "autograd.profiler_legacy": "measuring the time of programs", "numa": "several processes",
    "autograd.profiler_util": "measuring the time of programs", "nativert": "compiling", "fb": "names of old",
}  # fmt: skip


def absent(path: str) -> str | None:
    """Why refimpl does not have a module of torch (without "torch."), or one above it; None if nothing is said about it."""
    while path:
        if path in ABSENT:
            return f"refimpl does not have torch.{path}: {ABSENT[path]}"
        path = path.rpartition(".")[0]
    return None


def missing(module: str, name: str, otherwise: str | None = None) -> AttributeError:
    """What to raise for a name that a module of refimpl lacks. It says why, where that is known, else ``otherwise``; Python itself says which name
    is similar."""
    said = f"module {shown(module)!r} has no attribute {name!r}"
    namespace = module.partition(".")[2]
    reason = None if name.startswith("__") else absent(f"{namespace}.{name}".lstrip("."))
    if reason is None:
        why = why_not_wanted(namespace or "torch", name)
        reason = otherwise if why is None else f"refimpl does not have it, and is not meant to: {why}"
    return AttributeError(said if reason is None else f"{said}: {reason}", name=name, obj=sys.modules[module])


class _Path(ModuleType):
    """One of torch's files: its names are looked up where they are."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"What torch has in ``torch{name[len(ROOT):]}``; it stands in other files here.")
        self.__dict__["_places"] = {}

    @property
    def __all__(self) -> list[str]:
        return [name for name in self._places if not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name not in self._places:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}: refimpl does not have it yet")
        module, there = self._places[name]
        value = getattr(import_module(module), there)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self._places})


def _at(name: str) -> ModuleType:
    """The module of a name: the file that has it, or one that is made."""
    if name in sys.modules:
        return sys.modules[name]
    package, _, last = name.rpartition(".")
    parent = _at(package)
    if parent.__dict__.setdefault("__path__", []) and find_spec(name) is not None:
        return import_module(name)
    sys.modules[name] = module = _Path(name)
    if last not in parent.__dict__ and last not in getattr(parent, "__all__", ()):  # a name wins over a module, as in torch
        setattr(parent, last, module)
    return module


def attach(package: str, paths: dict[str, str]) -> None:
    """Let modules be found under torch's paths. What a package has itself also says that it is from there."""
    own = sys.modules[package].__dict__
    for path, words in paths.items():
        name = f"{package}.{path}"
        source, module = "", _at(name)
        for word in words.split():
            if word.endswith(":"):
                source = f"{ROOT}.{word[:-1]}".rstrip(".")
                continue
            new, _, old = word.partition("=")
            if source:
                _put(module, new, source, old or new)
            else:
                value = own[old or new]
                setattr(module, new, value)
                if isinstance(module, _Path):
                    module._places[new] = (package, old or new)
                if "." in getattr(value, "__module__", "") and is_own(value):
                    value.__module__ = shown(name)


def _put(module: ModuleType, name: str, source: str, there: str) -> None:
    if isinstance(module, _Path):
        module._places[name] = (source, there)
    else:
        setattr(module, name, getattr(import_module(source), there))
