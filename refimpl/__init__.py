"""refimpl: what torch's tensors do, exactly, in pure Python.

Use it as torch: ``import refimpl as torch``. The public functions are those of the registry (:mod:`refimpl.operations.registry`), each
written on its own page in :mod:`refimpl.ops`.
"""

from math import e, inf, nan, pi

from . import cpu as _cpu  # registers the host's kernels
from .foundation import dtypes
from .operations import registry
from . import methods
from . import ops as _ops  # puts the operations on the registry
from .foundation.devices import device, get_default_device, set_default_device
from .foundation.dtypes import dtype, finfo, get_default_dtype, iinfo, set_default_dtype
from .tensor import Size, Tensor, channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format, strided

registry.attach()
methods.attach()
globals().update(registry.public_functions())
globals().update({d.name: d for d in dtypes.all_dtypes})
globals().update(dtypes.aliases)

from . import autograd, cuda, random
from .autograd import enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled
from .functions import *
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

newaxis = None
__version__ = "0.1.0"

# What not every program needs is imported when it is first asked for: a module, or a name and the module that has it.
_later = {
    "nn": None,
    "optim": None,
    "utils": None,
    "return_types": None,
    "from_numpy": "exchange.arrays",
    "frombuffer": "exchange.arrays",
    "from_dlpack": "exchange.dlpack",
    "to_dlpack": "exchange.dlpack",
    "get_printoptions": "exchange.printing",
    "set_printoptions": "exchange.printing",
    **{f"{d.type_name}Tensor": "tensor_types" for d in dtypes.all_dtypes if not d.is_complex},
}


def __getattr__(name: str) -> object:
    if name not in _later:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    source = _later[name]
    return import_module(f"{__name__}.{name}") if source is None else getattr(import_module(f"{__name__}.{source}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_later})
