"""``torch._refs``: torch's own references in Python, by which its compilers know shapes, dtypes, strides and values.

A function or method is judged where there is a reference of its name (``torch._refs.add``, ``torch._refs.linalg.norm``), the form in place where
there is ``torch._refs.add_``. References have no gradients; words of errors and torch's stream of random numbers they do not promise. They stand
behind torch's argument parser: what that refuses never comes to them, and with which exception they would is nobody's concern.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, Callable, Sequence

from ..base import Unsupported
from ..torch_backend import Torch
from ..torchlike import NAMESPACES

# What the suite itself calls, to make views and leaves: of torch, whoever is judged.
PARTS = frozenset(("clone", "as_strided", "detach", "requires_grad_", "backward"))


class References(Torch):
    """torch's tensors, and torch's references for what is called."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.name = "torch._refs"
        self.references = importlib.import_module("torch._refs")
        for space in ("nn.functional", "special", "linalg", "fft"):
            importlib.import_module(f"torch._refs.{space}")
        self.capabilities = replace(
            self.capabilities, forms=frozenset(("function", "method", "out", "inplace")), autograd=False, own_random=True, messages=False,
            printing=False, host_memory=False,
        )  # fmt: skip
        self._found: dict[str, Callable[..., Any]] = {}

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if operation in PARTS or form in ("attribute", "operator"):
            return super().call(operation, form, args, kwargs)
        name = operation + "_" if form == "inplace" else operation
        if name not in self._found:
            self._found[name] = self.reference(name)
        try:
            return self._found[name](*args, **kwargs)
        except Exception as error:
            if self._misused(operation, form, args, kwargs):
                raise Unsupported("arguments that torch's parser refuses") from error
            raise

    def _misused(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Whether torch has no such call: arguments of the wrong types, or too many of them."""
        try:
            super().call(operation, form, args, kwargs)
        except (TypeError, AttributeError):
            return True
        except Exception:  # noqa: BLE001 - any other error is about what the arguments hold
            return False
        return False

    def reference(self, name: str) -> Callable[..., Any]:
        """torch's reference of this name."""
        for space in NAMESPACES:
            found: Any = self.references
            for part in f"{space}.{name}".strip(".").split("."):
                found = getattr(found, part, None)
            if callable(found):
                return found  # type: ignore[no-any-return]
        raise Unsupported(f"a reference of {name}")
