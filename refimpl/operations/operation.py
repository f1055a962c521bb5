"""What an operation is: its body, and everything about it that programs ask for."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ..foundation.contracts import Contract
from ..signatures.matching import Door


class Operation:
    """One documented operation: its body, and everything about it that programs ask for."""

    def __init__(self, name: str, body: Callable[..., Any], forms: frozenset[str], contract: Contract, aliases: tuple[str, ...],
                 node: Any, differentiable: bool, view: str | None, operator: str | None, reflected: Callable[..., Any] | None,
                 out: Callable[..., Any] | None) -> None:
        code = body.__code__
        self.name = name
        self.body = body
        self.function: Callable[..., Any] = body
        self.forms = forms
        self.contract = contract
        self.aliases = aliases
        self.node = node
        self.differentiable = differentiable
        self.view = view
        self.operator = operator
        self.reflected = reflected
        self.apart = False
        self.in_place = body
        self.out = out
        self.varargs = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 4 else None
        self.positional = code.co_varnames[: code.co_argcount]
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.defaults: dict[str, Any] = dict(body.__kwdefaults__ or {})
        values = body.__defaults__ or ()
        self.defaults.update(zip(self.positional[len(self.positional) - len(values) :], values))
        self.gradients: dict[str, Callable[..., Any]] = {}
        self.needs: dict[str, tuple[str, ...]] = {}
        self.mutates = name.endswith("_") and not name.endswith("__")

    @property
    def family(self) -> str:
        """The file of :mod:`refimpl.ops` (or elsewhere) that holds the operation's page."""
        return self.body.__module__.rpartition(".")[2]

    @property
    def doc(self) -> str:
        return self.body.__doc__ or ""

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def add_gradient(self, parameter: str, formula: Callable[..., Any]) -> None:
        if parameter not in self.parameters and parameter != self.varargs:
            raise ValueError(f"{self.name} has no parameter {parameter!r}")
        code = formula.__code__
        self.gradients[parameter] = formula
        self.needs[parameter] = code.co_varnames[: code.co_argcount]

    def door(self, name: str, method: bool) -> Door:
        """The way into this operation under one of its names, as a function or as a method."""
        if name.startswith("_") and not self.forms:  # what the package alone calls
            return Door(name, method, (), (), {}, signatures=())
        return Door(name, method, self.positional, self.parameters[len(self.positional) :], self.defaults, self.varargs)

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments that have passed the door by parameter name, defaults filled in."""
        bound = dict(zip(self.positional, args))
        if self.varargs is not None:
            bound[self.varargs] = tuple(args[len(self.positional) :])
        bound.update(kwargs)
        if len(bound) < len(self.parameters):
            for parameter, value in self.defaults.items():
                bound.setdefault(parameter, value)
        return bound

    def node_name(self, bound: dict[str, Any]) -> str:
        """The name of the node that records a call, torch's: ``AddBackward0``."""
        if self.node is None:
            self.node = "".join(part.capitalize() for part in self.name.strip("_").split("_")) + "Backward0"
        return self.node if isinstance(self.node, str) else self.node(bound)


operations: dict[str, Operation] = {}
