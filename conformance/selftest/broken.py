"""A deliberately broken backend: torch's CPU with one defect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

from ..backends.torch_backend import Torch

Call = Callable[[], Any]
Tamper = Callable[[Call, "Context"], Any]


@dataclass
class Context:
    """What a defect sees of a call."""

    operation: str
    form: str
    args: Sequence[Any]
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """``tamper(call, context)`` is what a call of one of ``operations`` does instead; ``property`` is what should notice.
    ``gradients`` changes each gradient that the engine returns."""

    name: str
    property: str
    operations: tuple[str, ...]
    tamper: Tamper
    forms: tuple[str, ...] | None = None
    gradients: Callable[[Any], Any] | None = None


class Broken(Torch):
    """torch's CPU with one defect."""

    def __init__(self, defect: Defect) -> None:
        super().__init__("cpu")
        self.name = f"broken:{defect.name}"
        self.defect = defect

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        original = super().call
        hit = operation in self.defect.operations and (self.defect.forms is None or form in self.defect.forms)
        if not hit:
            return original(operation, form, args, kwargs)
        context = Context(operation, form, args, kwargs)
        return self.defect.tamper(lambda: original(operation, form, context.args, context.kwargs), context)

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        found = super().gradients(outputs, inputs, cotangents, create_graph)
        change = self.defect.gradients
        return found if change is None else [g if g is None else change(g) for g in found]
