"""refimpl: what torch's tensors do, exactly, in pure Python.

Use it as torch: ``import refimpl as torch``. The public functions are those of the registry (:mod:`refimpl.registry`), each written on
its own page in :mod:`refimpl.ops`.
"""

from math import e, inf, nan, pi

from . import cpu as _cpu  # noqa: F401  (registers the host's kernels)
from . import dtypes, registry
from . import ops as _ops  # noqa: F401  (puts the operations on the registry)
from . import interchange as _interchange  # noqa: F401  (puts numpy() and its kin there, too)
from .devices import device
from .dtypes import dtype, finfo, get_default_dtype, iinfo, set_default_dtype
from .tensor import Size, Tensor, channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format, strided

registry.attach()
globals().update(registry.public_functions())
globals().update({d.name: d for d in dtypes.all_dtypes})
globals().update(dtypes.aliases)

from . import autograd, cuda, random  # noqa: E402
from .autograd import enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled  # noqa: E402
from .functions import *  # noqa: E402, F403
from .interchange import from_dlpack, from_numpy  # noqa: E402
from .printing import get_printoptions, set_printoptions  # noqa: E402
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state  # noqa: E402

newaxis = None


def __getattr__(name: str) -> object:
    """Import the parts that not every program needs when they are first asked for."""
    if name in ("nn", "optim"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.1.0"
