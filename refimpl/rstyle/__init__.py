"""refimpl as R sees it: torch for R's names, positions counted from 1, its defaults, and the text that it prints.

A thin layer: each function is refimpl's own, behind R's conventions. ``torch_mm`` is ``mm``, ``nnf_relu`` is ``nn.functional.relu``,
``linalg_det`` is ``linalg.det``, ``nn_linear`` is ``nn.Linear``, ``optim_sgd`` is ``optim.SGD``, ``torch_double()`` is ``float64``. The rules
stand in docs/r-style.md.

>>> from refimpl.rstyle import *
>>> t = torch_tensor([[1., 2., 3.], [4., 5., 6.]])
>>> t[1, 1:2, drop(False)]
torch_tensor
 1  2
[ CPUFloatType{1,2} ]
>>> t[:, -2:-1].size()
[2, 2]
"""

from importlib import import_module
from typing import Any

from ..autograd import no_grad as with_no_grad
from ..foundation.devices import device as torch_device
from ..foundation.dtypes import aliases as _dtype_aliases
from ..foundation.dtypes import all_dtypes as _all_dtypes
from .creation import (
    as_array,
    as_integer,
    as_matrix,
    as_numeric,
    class_of,
    matrix,
    torch_arange,
    torch_empty,
    torch_eye,
    torch_full,
    torch_linspace,
    torch_logspace,
    torch_manual_seed,
    torch_ones,
    torch_rand,
    torch_randint,
    torch_randn,
    torch_scalar_tensor,
    torch_tensor,
    torch_zeros,
)
from .printing import cat, show, text
from .subscripts import N, drop, newaxis
from .tensors import RTensor, dim, function, length, torch_functions

__all__ = [
    "N", "RTensor", "as_array", "as_integer", "as_matrix", "as_numeric", "cat", "class_of", "dim", "drop", "length", "matrix", "newaxis", "show",
    "text", "torch_arange", "torch_device", "torch_empty", "torch_eye", "torch_full", "torch_linspace", "torch_logspace",
    "torch_manual_seed", "torch_ones", "torch_rand",
    "torch_randint", "torch_randn", "torch_scalar_tensor", "torch_tensor", "torch_zeros", "with_no_grad",
]  # fmt: skip

_dtypes = {**{d.name: d for d in _all_dtypes}, **_dtype_aliases}


def __getattr__(name: str) -> Any:
    space, _, rest = name.partition("_")
    found: Any = None
    if space == "torch" and rest in _dtypes:
        found = lambda: _dtypes[rest]  # noqa: E731
    elif space == "torch" and rest in torch_functions():
        found = function(rest, torch_functions()[rest])
    elif space in ("linalg", "fft", "special", "nnf", "cuda"):
        module = import_module(f"..{ {'nnf': 'nn.functional'}.get(space, space) }", __name__)
        if hasattr(module, rest):
            found = function(rest, getattr(module, rest), "")
    elif space in ("nn", "optim"):
        from .modules import constructor

        found = constructor(space, rest)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
