"""The public names of refimpl, and which of them no operation of the table judges, each with the reason.

A name that is neither judged nor listed here fails a test, and so does one that is both. The report shows the list, so that nobody takes silence
for a verdict.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from ..backends.torchlike import NAMESPACES
from .entries import entries, forms_of, registry

_NOT_JUDGED = {
    "a call by itself shows little of it: generated programs compare what follows": """
        backward grad_dtype register_hook register_post_accumulate_grad_hook retain_grad autograd.backward is_grad_enabled
        is_inference_mode_enabled""",
    "the suite uses it in every example that it concerns, and compares what it gives": "manual_seed get_rng_state set_rng_state autograd.grad",
    "it differs from run to run by definition": "seed data_ptr const_data_ptr",
    "it belongs to the process, not to a call: the tests of refimpl hold it": """
        are_deterministic_algorithms_enabled compiled_with_cxx11_abi get_deterministic_debug_mode get_float32_matmul_precision
        is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled set_deterministic_debug_mode set_flush_denormal set_warn_always
        autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype
        is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled set_autocast_cache_enabled set_autocast_cpu_dtype
        set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype
        is_anomaly_check_nan_enabled is_anomaly_enabled set_anomaly_enabled
        initial_seed get_default_device get_default_dtype get_num_interop_threads get_num_threads get_printoptions set_default_device
        set_default_dtype set_default_tensor_type set_float32_matmul_precision set_num_interop_threads set_num_threads set_printoptions
        use_deterministic_algorithms""",
    "it says on which device a tensor is, which is the backend's own affair": """
        device get_device is_cpu is_cuda is_ipu is_maia is_meta is_mps is_mtia is_vulkan is_xla is_xpu is_pinned pin_memory share_memory_ typename""",
    "it calls a Python function, which no case has for an argument: the tests of refimpl hold it": "apply_ map_ map2_",
    "it makes a tensor of another class, or asks one, which no case has: the tests of refimpl hold it": "as_subclass __torch_function__",
    "it is a part of how modules load their state, whose tests hold it": "module_load",
    "it has been without effect for long, but for a warning": "volatile",
    "it is refused for every tensor": "__delitem__",
    "it never gets a tensor that is not asked first: the tests of refimpl hold it": "__rmatmul__",
    "it hands over a storage, which has no elements that could be compared: the tests of refimpl hold it": "storage untyped_storage",
    "a constructor of old, which the tests of refimpl hold": "new",
    "it reads or writes a file: tests exchange them with torch, and read hostile ones": "from_file load save",
    "what it draws is exact to rounding only, through a factorisation: the tests of refimpl hold it": "nn.init.orthogonal_",
    "it compiles nothing, and returns what it got": "compile",
    "it makes functions of functions, which the tests of refimpl hold": "vmap",
    "it calls Python functions, which no case has for an argument, and does nothing else": "cond while_loop",
    "torch has deprecated the name: it warns, and calls interpolate": """
        nn.functional.upsample nn.functional.upsample_bilinear nn.functional.upsample_nearest""",
    "torch has deprecated the name: it warns, and calls the one with an underscore": """
        nn.init.constant nn.init.dirac nn.init.eye nn.init.kaiming_normal nn.init.kaiming_uniform nn.init.normal nn.init.orthogonal nn.init.sparse
        nn.init.uniform nn.init.xavier_normal nn.init.xavier_uniform""",
    "torch has it in no dtype that would tell how far its sums may be off: the tests of refimpl hold it": "nn.functional.grouped_mm",
    "a tool that runs many calls, whose tests are refimpl's": "autograd.gradcheck autograd.gradgradcheck",
}


_NO_FUNCTION_OF_TORCH = "torch has it as an operation, and no function of this name"


@cache
def not_judged() -> dict[str, str]:
    """The public names that nothing judges, and why."""
    listed = {name: reason for reason, names in _NOT_JUDGED.items() for name in sorted(names.split())}
    documented: Any = registry().values()
    aliases = sorted(alias for operation in documented for alias in operation.aliases if alias in public_names() and not forms_of(alias))
    return listed | dict.fromkeys(aliases, _NO_FUNCTION_OF_TORCH)


@cache
def public_names() -> frozenset[str]:
    """The functions of refimpl, the members of its Tensor, and the functions of its other modules, those with the name of the module where the
    same name means another function elsewhere, or nothing."""
    import refimpl

    top = _functions(refimpl)
    members = {name for name in dir(refimpl.Tensor) if not _private(name) and name not in dir(object)}
    names = set(top) | members - _MACHINERY
    for namespace in filter(None, NAMESPACES):
        module = _submodule(refimpl, namespace)
        for name, function in ({} if module is None else _functions(module)).items():
            alone = name not in members | set(top) and name in judged_names()
            names.add(name if alone or top.get(name) is function else f"{namespace}.{name}")
    return frozenset(names)


_MACHINERY = frozenset(("__annotations__", "__dict__", "__module__", "__slots__", "__weakref__"))


def _private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _submodule(package: ModuleType, name: str) -> ModuleType | None:
    try:
        return import_module(f"{package.__name__}.{name}")
    except ImportError:
        return None


def _functions(module: ModuleType) -> dict[str, Any]:
    """The public functions of a module: those that it names in ``__all__``, or else all but modules, classes and what it imported from elsewhere."""
    package = module.__name__.partition(".")[0]
    names = getattr(module, "__all__", None) or [*dir(module), *getattr(module, "_later", ())]
    found = {name: getattr(module, name) for name in names if not name.startswith("_")}
    return {
        name: value
        for name, value in found.items()
        if callable(value) and not isinstance(value, (type, ModuleType)) and str(getattr(value, "__module__", package)).startswith(package)
    }


@cache
def judged_names() -> frozenset[str]:
    """The names under which the operations of the table are called by default, and those that their examples reach."""
    found: set[str] = set()
    for each in entries():
        found.update(each.names, each.operation.exercises)
        if "inplace" in each.forms:
            found.update(f"{name}_" for name in each.names)
    return frozenset(found)
