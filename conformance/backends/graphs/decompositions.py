"""``torch._decomp``: each operator by torch's decomposition of it, as far down as there are decompositions: what ``torch.compile`` makes of a call
before a compiler of its own comes into play, without tracing it.

A call in which nothing was decomposed is Unsupported: it would be torch itself. Gradients are those of torch, of whose kernels nothing is left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

from torch._decomp import global_decomposition_table
from torch.utils._python_dispatch import TorchDispatchMode

from ..base import Unsupported
from ..torch_backend import Torch
from .references import PARTS


class Decompositions(Torch):
    """torch on the CPU, its operators decomposed."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.name = "torch._decomp"
        self.capabilities = replace(self.capabilities, own_random=True, messages=False, printing=False, host_memory=False)

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if operation in PARTS or form == "attribute":
            return super().call(operation, form, args, kwargs)
        with _Decomposing() as mode:
            result = super().call(operation, form, args, kwargs)
        if not mode.used:
            raise Unsupported(f"a decomposition of {operation}")
        return result


class _Decomposing(TorchDispatchMode):
    """Where there is a decomposition of an operator it is called, with this mode in place for what it calls itself."""

    def __init__(self) -> None:
        super().__init__()
        self.used = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        decomposition = _TABLE.get(func)
        if decomposition is not None:
            with self:
                result = decomposition(*args, **(kwargs or {}))
            if result is not NotImplemented:
                self.used += 1
                return result
        return func(*args, **(kwargs or {}))


_TABLE = global_decomposition_table["post_autograd"]
