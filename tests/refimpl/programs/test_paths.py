"""What refimpl has of torch is found under the very import path where torch has it, and what it does not have is said."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
import types
import warnings

import pytest
from places import ROOT

import refimpl
from refimpl.foundation.paths import ABSENT, absent

PACKAGES = ("nn", "optim", "utils.data", "distributions", "autograd", "amp", "func", "testing", "cuda.amp", "cpu.amp")
FILES = ("_tensor", "functional", "jit", "multiprocessing", "random", "serialization", "storage", "torch_version", "types", "version", "cuda",
         "utils.checkpoint", "utils.dlpack", "utils.hooks", "backends", "backends.cuda", "backends.cudnn", "compiler", "linalg", "fft", "special",
         "signal", "signal.windows", "profiler", "accelerator", "mps", "xpu", "cpu")  # fmt: skip

# Things of torch that something else in refimpl has the name of.
OTHERS = {
    "nn.modules._functions": {"CrossMapLRN2d", "SyncBatchNorm"},  # functions with a derivative, which the modules have the names of
    "nn.utils.prune": {"Identity"},
}
# Where programs use what torch's underscores call private.
PRIVATE = ("nn.modules", "nn.init", "nn.common_types", "types", "optim.lr_scheduler")


def torch_modules():
    """Torch's files in the packages, without their private parts, and the files."""
    for package in PACKAGES:
        yield package
        path = importlib.import_module(f"torch.{package}").__path__
        for found in pkgutil.walk_packages(path, f"torch.{package}.", onerror=lambda name: None):
            name = found.name.removeprefix("torch.")
            if absent(name) is None:
                yield name
    yield from FILES


def torch_module(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"torch.{path}")


def names(module):
    """What a file of torch has: its public names, and the functions and classes that it defines."""
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__}
    hidden = "__" if module.__name__.removeprefix("torch.").startswith(PRIVATE) else "_"
    found = {name for name in own if not name.startswith(hidden)} | set(getattr(module, "__all__", ()))
    return sorted(name for name in found if not isinstance(getattr(module, name, None), types.ModuleType))


def names_of_refimpl(package):
    """Functions and classes that refimpl has in a package, in any file."""
    importlib.import_module(f"refimpl.{package}")
    path = getattr(sys.modules[f"refimpl.{package}"], "__path__", ())
    for found in pkgutil.walk_packages(path, f"refimpl.{package}."):
        importlib.import_module(found.name)
    found = set()
    for name, module in list(sys.modules.items()):
        if name == f"refimpl.{package}" or name.startswith(f"refimpl.{package}."):
            found |= {key for key, value in vars(module).items() if callable(value) and getattr(value, "__module__", "").startswith("refimpl.")}
    return found


MODULES = sorted(set(torch_modules()))
HAD = {package: names_of_refimpl(package) for package in PACKAGES if package not in ("cuda.amp", "cpu.amp")}


@pytest.mark.parametrize("path", MODULES)
def test_a_name_is_found_under_torchs_path(path):
    there = torch_module(path)
    package = next((each for each in HAD if path == each or path.startswith(each + ".")), None)
    had = HAD[package] if package else set(dir(importlib.import_module(f"refimpl.{path}")))
    wanted = [name for name in names(there) if name in had and name not in OTHERS.get(path, ())]
    try:
        here = importlib.import_module(f"refimpl.{path}")
    except ModuleNotFoundError:
        here = None
    assert [name for name in wanted if not hasattr(here, name)] == []


def test_the_base_classes_are_where_torch_has_them():
    """Those that programs ask for with isinstance."""
    for path, listed in {
        "conv": "_ConvNd _ConvTransposeNd", "batchnorm": "_BatchNorm _NormBase", "instancenorm": "_InstanceNorm", "dropout": "_DropoutNd",
        "loss": "_Loss _WeightedLoss", "module": "_addindent _IncompatibleKeys", "transformer": "_get_clones _get_activation_fn",
        "pooling": "_MaxPoolNd _AvgPoolNd _MaxUnpoolNd _LPPoolNd _AdaptiveAvgPoolNd _AdaptiveMaxPoolNd",
        "padding": "_CircularPadNd _ConstantPadNd _ReflectionPadNd _ReplicationPadNd", "utils": "_single _pair _triple _quadruple _ntuple",
    }.items():  # fmt: skip
        module = importlib.import_module(f"refimpl.nn.modules.{path}")
        assert [name for name in listed.split() if not hasattr(module, name)] == [], path


def classes(package):
    """The classes that torch and refimpl have in a package, under the names of both, those of torch's files with an underscore too."""
    paths = [package, *(each for each in MODULES if each.startswith(f"{package}.modules."))]
    found = {}
    for path in paths:
        there, here = torch_module(path), importlib.import_module(f"refimpl.{path}") if f"refimpl.{path}" in sys.modules else None
        for name, value in vars(there).items():
            if isinstance(value, type) and isinstance(getattr(here, name, None), type):
                found[name] = value, getattr(here, name)
    return found


@pytest.mark.parametrize("package", ["nn", "optim", "optim.lr_scheduler", "utils.data", "distributions", "autograd"])
def test_a_class_is_a_subclass_of_what_it_is_in_torch(package):
    found = classes(package)
    found = {name: pair for name, pair in found.items() if not name.startswith("_Lazy")}  # mixins here
    wrong = [(a, b) for a in found for b in found if issubclass(found[a][0], found[b][0]) != issubclass(found[a][1], found[b][1])]
    assert wrong == []


def test_the_repr_of_a_class_names_torchs_path():
    for path in (
        "optim.adamw.AdamW", "utils.data.dataset.Subset", "nn.modules.conv.Conv2d", "distributions.normal.Normal", "utils.data.sampler.Sampler",
        "optim.lr_scheduler.StepLR", "nn.utils.clip_grad.clip_grad_norm_", "nn.parallel.data_parallel.DataParallel",
    ):  # fmt: skip
        module, _, name = path.rpartition(".")
        assert getattr(importlib.import_module(f"refimpl.{module}"), name).__module__ == f"refimpl.{module}"
        assert getattr(importlib.import_module(f"torch.{module}"), name).__module__ == f"torch.{module}"


@pytest.mark.parametrize("path", sorted(ABSENT))
def test_what_is_absent_says_so(path):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"refimpl.{path}")
    assert absent(path + ".anything").startswith(f"refimpl does not have torch.{path}: ")


def test_a_program_is_told_what_is_absent():
    program = ("import refimpl.as_torch, torch\n"
               "for text in ('import torch.fx.passes', 'torch.onnx.export', 'from torch.utils.tensorboard import SummaryWriter',\n"
               "             'import torch.none', 'torch.nope', 'torch.func.nope', 'torch.optim.SparseAdam',\n"
               "             'torch.quantize_per_tensor'):\n"
               "    try: exec(text)\n"
               "    except (ImportError, AttributeError) as error: print(type(error).__name__, error)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert done.stdout.splitlines() == [
        "ModuleNotFoundError refimpl does not have torch.fx: capturing programs as graphs",
        "AttributeError module 'torch' has no attribute 'onnx': refimpl does not have torch.onnx: capturing programs as graphs",
        "ModuleNotFoundError refimpl does not have torch.utils.tensorboard: a writer for the package tensorboard",
        "ModuleNotFoundError refimpl does not have torch.none yet; docs/coverage.md lists what it has",
        "AttributeError module 'torch' has no attribute 'nope'",
        "AttributeError module 'torch.func' has no attribute 'nope'",
        "AttributeError module 'torch.optim' has no attribute 'SparseAdam': refimpl does not have it, and is not meant to: sparse and nested layouts",
        "AttributeError module 'torch' has no attribute 'quantize_per_tensor': refimpl does not have it, and is not meant to: quantisation",
    ]


def test_a_path_is_a_module_that_pickle_and_star_know():
    import pickle

    from refimpl.nn.utils import clip_grad

    assert pickle.loads(pickle.dumps(clip_grad.clip_grad_norm_)) is refimpl.nn.utils.clip_grad_norm_
    assert set(clip_grad.__all__) == {name for name in dir(clip_grad) if not name.startswith("_")}
    namespace = {}
    exec("from refimpl.nn.utils.clip_grad import *", namespace)
    assert set(clip_grad.__all__) <= set(namespace) and "_get_total_norm" not in namespace
    with pytest.raises(AttributeError, match="no attribute 'nothing': refimpl does not have it yet"):
        clip_grad.nothing


def test_a_name_wins_over_a_module_of_the_same_name():
    for name in ("nn.utils.weight_norm", "nn.utils.spectral_norm", "autograd.gradcheck", "nn.parallel.data_parallel"):
        package, _, last = name.rpartition(".")
        importlib.import_module(f"refimpl.{name}")
        assert callable(getattr(importlib.import_module(f"refimpl.{package}"), last)) is callable(getattr(torch_module(package), last)) is True


def test_versions_compare_as_torchs_do():
    from refimpl.torch_version import TorchVersion as Ours
    from torch.torch_version import TorchVersion

    texts = ["2.13.0", "2.13", "2.13.0+cpu", "2.13.0a0+git123", "2.1.0.dev20240101", "1.10.0rc2", "1.10.0.post1", "v2.0", "2.0+cu118.1", "parrot",
             "2.0.0-beta3", "1!1.0", "2.0.post2.dev3", "2.0a1.dev3", "0", "2.0.1-1"]  # fmt: skip
    for a in texts:
        for b in [*texts, (2, 1), (2, 13, 0), ("2", "0")]:
            for operator in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__ne__"):
                assert getattr(Ours(a), operator)(b) == getattr(TorchVersion(a), operator)(b), (a, operator, b)


def test_programs_see_torchs_version_and_the_package_its_own():
    program = ("import refimpl\nown = refimpl.__version__\nimport refimpl.as_torch, torch\n"
               "print(own, torch.__version__, torch.__version__ >= '2.0', torch.version.__version__ > (2, 12), type(torch.__version__).__name__)\n"
               "print(tuple(int(p) for p in torch.__version__.split('+')[0].split('.')[:2]) >= (2, 0))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert done.stdout == f"{refimpl.__version__} {refimpl.version.__version__}+refimpl True True TorchVersion\nTrue\n"
