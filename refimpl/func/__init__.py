"""Functions of functions, as ``torch.func``: derivatives, maps over a dimension, modules as functions of their parameters."""

from typing import TYPE_CHECKING

from ..foundation.paths import missing
from .mapping import vmap
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .rearranging import rearrange
from .transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "rearrange", "replace_all_batch_norm_modules_",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name):
        raise missing(__name__, name)
