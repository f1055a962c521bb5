"""refimpl: what torch's tensors do, exactly, in pure Python.

Use it as torch: ``import refimpl as torch``. The public functions are those of the registry (:mod:`refimpl.operations.registry`), each
written on its own page in :mod:`refimpl.ops`.
"""

from math import e as e, inf as inf, nan as nan, pi as pi
from typing import TYPE_CHECKING

from . import cpu as _cpu  # registers the host's kernels
from .foundation import dtypes, meta as _meta, paths  # and those of the device "meta"
from .operations import registry
from . import methods
from . import ops as _ops  # puts the operations on the registry
from .exchange import converters as _converters  # arrays of other libraries, for the operations that make tensors
from .foundation.devices import device as device, get_default_device as get_default_device, set_default_device as set_default_device
from .foundation.dtypes import (
    dtype as dtype, finfo as finfo, get_default_dtype as get_default_dtype, iinfo as iinfo, set_default_dtype as set_default_dtype,
)  # fmt: skip
from .tensor import (
    Size as Size, Tensor as Tensor, channels_last as channels_last, channels_last_3d as channels_last_3d, contiguous_format as
    contiguous_format, layout as layout, memory_format as memory_format, preserve_format as preserve_format, strided as strided,
)  # fmt: skip

registry.attach()
methods.attach()
globals().update(registry.public_functions())
globals().update({d.name: d for d in dtypes.stored_dtypes})
globals().update(dtypes.aliases)

from . import autograd as autograd, random as random
from .autograd import (
    enable_grad as enable_grad, inference_mode as inference_mode, is_grad_enabled as is_grad_enabled, is_inference_mode_enabled as
    is_inference_mode_enabled, no_grad as no_grad, set_grad_enabled as set_grad_enabled,
)  # fmt: skip
from .functions import *
from .functions import _assert as _assert
from .random import (
    Generator as Generator, default_generator as default_generator, get_rng_state as get_rng_state, initial_seed as initial_seed,
    manual_seed as manual_seed, seed as seed, set_rng_state as set_rng_state,
)  # fmt: skip

if TYPE_CHECKING:  # what the registry makes, and what is imported later
    from . import backends as backends, compiler as compiler, jit as jit, version as version
    from . import amp as amp, distributions as distributions, fft as fft, linalg as linalg, signal as signal, special as special
    from . import accelerator as accelerator, cuda as cuda, distributed as distributed, func as func, mps as mps, multiprocessing as multiprocessing
    from . import profiler as profiler, xpu as xpu
    from . import nn as nn
    from . import optim as optim
    from . import return_types as return_types
    from . import rstyle as rstyle
    from . import serialization as serialization
    from . import testing as testing
    from . import utils as utils
    from ._functions import *
    from .amp import GradScaler as GradScaler, autocast as autocast
    from .amp.state import (
        autocast_decrement_nesting as autocast_decrement_nesting, autocast_increment_nesting as autocast_increment_nesting, clear_autocast_cache as
        clear_autocast_cache, get_autocast_cpu_dtype as get_autocast_cpu_dtype, get_autocast_dtype as get_autocast_dtype, get_autocast_gpu_dtype as
        get_autocast_gpu_dtype, is_autocast_cache_enabled as is_autocast_cache_enabled, is_autocast_cpu_enabled as is_autocast_cpu_enabled,
        is_autocast_enabled as is_autocast_enabled, set_autocast_cache_enabled as set_autocast_cache_enabled, set_autocast_cpu_dtype as
        set_autocast_cpu_dtype, set_autocast_cpu_enabled as set_autocast_cpu_enabled, set_autocast_dtype as set_autocast_dtype,
        set_autocast_enabled as set_autocast_enabled, set_autocast_gpu_dtype as set_autocast_gpu_dtype,
    )  # fmt: skip
    from .compiler import compile as compile
    from .func import vmap as vmap
    from .serialization import load as load, save as save

# Torch's files, and what is in them.
paths.attach(__name__, {
    "_C": "signatures.overriding: DisableTorchFunction DisableTorchFunctionSubclass _disabled_torch_function_impl=disabled",
    "_C._nn": "nn.modules._conversion: _parse_to",
    "_dynamo": "compiler: config disable is_compiling reset",
    "_dynamo.eval_frame": "nn.modules.compiled: OptimizedModule",
    "_inductor": "compiler: config",
    "_tensor": "tensor: Tensor",
    "cpu.amp": "amp.of_cpu: GradScaler autocast",
    "cpu.amp.autocast_mode": "amp.of_cpu: autocast",
    "cpu.amp.grad_scaler": "amp.of_cpu: GradScaler",
    "functional": """: atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors cartesian_prod cdist chain_matmul einsum istft
        lu meshgrid norm pca_lowrank split stft svd_lowrank tensordot unique unique_consecutive unravel_index""",
    "storage": "tensor: UntypedStorage",
    "torch_version": "version: TorchVersion __version__",
    "types": "tensor.types: " + " ".join((
        "Device FileLike Number Size Storage Tensor _Number _TensorOrOptionalTensors _TensorOrTensors _bool _bytes _complex _device _dtype _float",
        "_int _layout _size _str")),
})  # fmt: skip

newaxis = None
__version__ = "0.1.0"

# What not every program needs is imported when it is first asked for: a module, or a name and the module that has it.
_later = {
    "backends": None,
    "amp": None,
    "autocast": "amp",
    "GradScaler": "amp",
    **dict.fromkeys((
        "autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype "
        "is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled set_autocast_cache_enabled set_autocast_cpu_dtype "
        "set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype").split(), "amp.state"),
    "compile": "compiler",
    "compiler": None,
    "distributions": None,
    "fft": None,
    "jit": None,
    "linalg": None,
    "nn": None,
    "overrides": None,
    "optim": None,
    "signal": None,
    "special": None,
    "testing": None,
    "utils": None,
    "version": None,
    "return_types": None,
    "rstyle": None,
    "accelerator": None,
    "cuda": None,
    "distributed": None,
    "mps": None,
    "profiler": None,
    "xpu": None,
    "AcceleratorError": "foundation.errors",
    "OutOfMemoryError": "foundation.errors",
    "multiprocessing": None,
    "from_numpy": "exchange.arrays",
    "frombuffer": "ops.creation.buffers",
    "from_file": "ops.creation.buffers",
    "func": None,
    "vmap": "func",
    "load": "serialization",
    "save": "serialization",
    "serialization": None,
    "from_dlpack": "exchange.dlpack",
    "to_dlpack": "exchange.dlpack",
    "get_printoptions": "printing.tensors",
    "set_printoptions": "printing.tensors",
    **{f"{d.type_name}Tensor": "tensor_types" for d in dtypes.all_dtypes if not d.is_complex},
}


# The rooms that programs have no business in, and the modules of torch's names that are none of torch's.
_rooms = frozenset((
    "cpu", "dtypes", "exchange", "foundation", "functions", "methods", "operations", "ops", "paths", "printing", "registry",
    "signatures",
))  # fmt: skip


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name.startswith("_foreach_"):
        return import_module(f"{__name__}.utils.foreach").named(name)  # type: ignore[no-any-return]
    if name not in _later:
        raise _missing(name)

    source = _later[name]
    return import_module(f"{__name__}.{name}") if source is None else getattr(import_module(f"{__name__}.{source}"), name)


def _missing(name: str) -> AttributeError:
    """What to raise for a name that is not here: torch has it and refimpl has not yet, or nobody has it."""
    from .signatures.overloads import texts

    known = not name.startswith("__") and name in texts()["torch"]
    return paths.missing(__name__, name, f"refimpl does not have torch's {name} yet; docs/operations/README.md lists what it has" if known else None)


def __dir__() -> list[str]:
    public = {name for name in {*globals(), *_later} - _rooms if not name.startswith("_") or name.endswith("__")}
    return sorted(public - {"__dir__", "__getattr__", "__builtins__", "__cached__"})


def _star() -> list[str]:
    """The functions, classes, dtypes and constants, without the modules: torch's star does not hand those out either."""
    modules = {name for name, value in globals().items() if type(value) is type(registry)} | {name for name, source in _later.items() if not source}
    return [name for name in __dir__() if not name.startswith("_") and name not in modules]


__all__ = _star()
