"""A deliberately broken backend: torch's CPU with one defect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from ..backends.torch_backend import Torch

Call = Callable[[], Any]
Tamper = Callable[[Call, "Context"], Any]
# The gradients of one order (1 or 2), one for each input, None where there is none.
GradientChange = Callable[[list[Any], int], list[Any]]
Engine = Callable[["Differentiation"], list[Any]]


@dataclass
class Context:
    """What a defect sees of a call. ``memory`` is the broken backend's own, kept from call to call."""

    operation: str
    form: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
    memory: dict[Any, Any] = field(default_factory=dict)


@dataclass
class Differentiation:
    """What a defect sees of a differentiation: its ``order`` (1 or 2), ``run(cotangents)``, which is the engine's own, and the call before it
    (None if that was of an operation that the defect does not touch)."""

    outputs: Sequence[Any]
    inputs: Sequence[Any]
    cotangents: Sequence[Any]
    order: int
    run: Callable[[Sequence[Any]], list[Any]]
    context: Context | None


@dataclass(frozen=True)
class Defect:
    """``tamper(call, context)`` is what a call of one of ``operations`` does instead; ``property`` is what should notice.

    ``gradients`` changes the gradients that the engine returns, ``engine`` stands for the engine itself, ``node`` changes the name of a result's
    grad_fn. ``shows_as`` names properties that may notice in place of ``property``, and says why the defect shows there.
    """

    name: str
    property: str
    operations: tuple[str, ...]
    tamper: Tamper = lambda call, context: call()
    forms: tuple[str, ...] | None = None
    gradients: GradientChange | None = None
    node: Callable[[str | None], str | None] | None = None
    shows_as: dict[str, str] = field(default_factory=dict, hash=False)
    engine: Engine | None = None


class Botched(Exception):
    """A defect that fails where the operation itself does not: an exception of its own would pass for a defect that was caught."""


class Broken(Torch):
    """torch's CPU with one defect."""

    def __init__(self, defect: Defect) -> None:
        super().__init__("cpu")
        self.name = f"broken:{defect.name}"
        self.defect = defect
        self.memory: dict[Any, Any] = {}
        self.botched: Botched | None = None
        self._first_was_differentiable = False
        self._context: Context | None = None

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        original = super().call
        self._first_was_differentiable = False
        hit = operation in self.defect.operations and (self.defect.forms is None or form in self.defect.forms)
        self._context = None
        if not hit:
            return original(operation, form, args, kwargs)
        context = self._context = Context(operation, form, args, kwargs, self.memory)
        refusals: list[Exception] = []

        def call() -> Any:
            try:
                return original(operation, form, context.args, context.kwargs)
            except Exception as error:
                refusals.append(error)
                raise

        try:
            return self.defect.tamper(call, context)
        except Exception as error:
            if any(error is refusal for refusal in refusals) or self.defect.property == "errors":
                raise
            self.botched = Botched(f"{self.defect.name}: {type(error).__name__}: {error}")
            self.botched.__cause__ = error
            raise

    def confirm(self) -> None:
        """Raise what a defect botched: the judge took it for the operation's own error."""
        if self.botched is not None:
            raise self.botched

    def node_name(self, tensor: Any) -> str | None:
        name = super().node_name(tensor)
        return name if self.defect.node is None else self.defect.node(name)

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        engine = super().gradients
        order = 2 if self._first_was_differentiable else 1
        self._first_was_differentiable = create_graph

        def run(cotangents: Sequence[Any]) -> list[Any]:
            return list(engine(outputs, inputs, cotangents, create_graph))

        if self.defect.engine is not None:
            return self.defect.engine(Differentiation(outputs, inputs, cotangents, order, run, self._context))
        found = run(cotangents)
        return found if self.defect.gradients is None else self.defect.gradients(list(found), order)
