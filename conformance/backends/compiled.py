"""torch's compiler as a backend: ``torch.compile:inductor``, ``torch.compile:aot_eager``, ``torch.compile:eager``.

Each call goes through ``torch.compile`` by itself. Its compilers, from the outside in: ``eager`` is the tracing of Python alone,
``aot_eager`` adds the graphs of forward and backward and torch's decompositions, ``inductor`` generates C++ (and needs a compiler).
A call is judged only if it was compiled as a whole: what would break the graph is Unsupported, with torch's reason.

What compiled code does not promise is not compared: the words and types of errors, the names of ``grad_fn``, torch's stream of
random numbers. Gradients of second order are Unsupported, as torch says itself.

A compilation takes a tenth of a second to several, which is no hang (``patience``): not among the present backends, but to be named, for a few
operations at a time. Calls of one signature (operation, form, shapes, dtypes, arguments that are no tensors) share one compilation.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from types import FunctionType
from typing import Any, Callable, Sequence

import torch

from .base import Unsupported
from .torch_backend import Torch
from .torchlike import OPERATORS

# Every example has other shapes, so every one is compiled; torch gives up after 8 of one function by itself.
_MANY = 1_000_000
_CALL_FAILED = "when making fake tensor call"


class Compiled(Torch):
    """torch on the CPU, each call compiled."""

    patience = 10  # limits: a call that is compiled first is no hang

    def __init__(self, compiler: str) -> None:
        super().__init__("cpu")
        import torch._dynamo

        self.name = f"torch.compile:{compiler}"
        self.compiler = compiler
        if compiler not in torch._dynamo.list_backends(exclude_tags=None):
            raise LookupError(f"no backend {self.name!r}: torch has no compiler of this name; expected inductor, aot_eager, eager, ...")
        self.capabilities = replace(
            self.capabilities, own_random=True, node_names=False, error_types=False, messages=False, printing=False, host_memory=False
        )
        self._programs: dict[tuple[str, str], Callable[..., Any]] = {}

    def versions(self) -> dict[str, str]:
        return super().versions() | {"compiler": self.compiler}

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        program = self._program(operation, form, args[0] if args else None)
        settings = torch._dynamo.config.patch(recompile_limit=_MANY, accumulated_recompile_limit=_MANY)  # type: ignore[no-untyped-call]
        with settings, _Quiet():
            try:
                return program(tuple(args), kwargs)
            except torch._dynamo.exc.Unsupported as error:
                if _CALL_FAILED in str(error):
                    raise
                raise Unsupported(f"the whole call in one graph: {_reason(error)}") from error

    def _program(self, operation: str, form: str, holder: Any) -> Callable[..., Any]:
        """The compiled function for one form of an operation. torch compiles it again for other arguments, and keeps what it compiled."""
        key = operation, form
        if key not in self._programs:
            name = operation + "_" if form == "inplace" else operation
            if form not in ("function", "out", "operator") and isinstance(holder, torch.Tensor) and not hasattr(torch.Tensor, name):
                raise Unsupported(f"torch.Tensor has no attribute {name}")
            plain = _plain(self.function(operation) if form in ("function", "out") else OPERATORS.get(operation), name, form)
            self._programs[key] = torch.compile(plain, backend=self.compiler, fullgraph=True, dynamic=False)
        return self._programs[key]

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        if create_graph:
            raise Unsupported("gradients of second order")
        with _Quiet():
            return super().gradients(outputs, inputs, cotangents, create_graph)


def _plain(function: Callable[..., Any] | None, name: str, form: str) -> Callable[..., Any]:
    """The call as a function of its arguments, with code of its own: torch keeps what it compiled with the code."""

    def called(args: Any, kwargs: Any) -> Any:
        return function(*args, **kwargs)  # type: ignore[misc]

    def method(args: Any, kwargs: Any) -> Any:
        return getattr(args[0], name)(*args[1:], **kwargs)

    def attribute(args: Any, kwargs: Any) -> Any:
        return getattr(args[0], name)

    chosen: Any = {"method": method, "inplace": method, "attribute": attribute}.get(form, called)
    code = chosen.__code__.replace(co_name=f"{form}_{name}".replace(".", "_"))
    return FunctionType(code, chosen.__globals__, code.co_name, None, chosen.__closure__)


def _reason(error: BaseException) -> str:
    """The first line of torch's explanation, the same for all calls that fail for it."""
    return str(error).strip().partition("\n")[0]


class _Quiet:
    """torch logs what it then raises; here the exception says enough."""

    def __enter__(self) -> None:
        self._before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: Any) -> None:
        logging.disable(self._before)
