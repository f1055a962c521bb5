"""What an operation is: its body, and everything about it that programs ask for."""

from __future__ import annotations

import warnings
from typing import Any, Callable, Sequence

from ..foundation.contracts import Contract
from .constraints import Violation
from .dtype_support import operand_dtype
from .errors import OperandError as OperandError


class Operation:
    """One documented operation: its body, and everything about it that programs ask for."""

    def __init__(self, name: str, body: Callable[..., Any], forms: frozenset[str], contract: Contract, aliases: tuple[str, ...],
                 node: Any, differentiable: bool, view: str | None, operator: str | None, reflected: Callable[..., Any] | None,
                 out: Callable[..., Any] | None, keywords: dict[str, str]) -> None:
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
        self.keywords = keywords
        self.apart = False
        self.saves_numbers = False
        self.wraps_numbers = False
        self.unlinked_in_inference = False
        self.resizes = False
        self.required_edges_only = False
        self.leaves_integers_untracked = False
        self.python: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self.in_place = body
        self.dtypes: frozenset[Any] | None = None  # the supported ones; None: all
        self.operands: tuple[str, ...] = ()  # the parameters whose common dtype must be supported
        self.is_lazy: bool | None = None  # as declared; see lazy
        self.restricted = False  # whether there is anything to check
        self.constraints: Any = None  # see refimpl.operations.constraints
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

    @property
    def lazy(self) -> bool:
        """Whether the body receives conjugate and negative views as they are: views and composites do, unless the page says otherwise."""
        if self.is_lazy is None:
            self.is_lazy = self.view is not None or self.differentiable and not self.gradients and not self.mutates
        return self.is_lazy

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def add_gradient(self, parameter: str, formula: Callable[..., Any]) -> None:
        if parameter not in self.parameters and parameter != self.varargs:
            raise ValueError(f"{self.name} has no parameter {parameter!r}")
        code = formula.__code__
        self.gradients[parameter] = formula
        self.needs[parameter] = code.co_varnames[: code.co_argcount]

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any], name: str | None = None) -> dict[str, Any]:
        """The arguments by parameter name, defaults filled in; TypeError in torch's words, under ``name``, if they do not fit."""
        name = name or self.name
        count = len(self.positional)
        if len(args) > count and self.varargs is None:
            raise TypeError(f"{name}() takes {count} positional argument{'s' * (count != 1)} but {len(args)} were given")
        bound = dict(zip(self.positional, args))
        if self.varargs is not None:
            bound[self.varargs] = tuple(args[count:])
        if len(bound) < len(self.parameters):
            missing = [p for p in self.parameters if p not in bound and p not in kwargs and p not in self.defaults]
            if missing:
                names = ", ".join(f'"{p}"' for p in missing)
                plural = "s" * (len(missing) == 1)  # torch has it the other way round
                raise TypeError(f"{name}() missing {len(missing)} required positional argument{plural}: {names}")
        for key, value in kwargs.items():
            if key in bound:
                raise TypeError(f"{name}() got multiple values for argument '{key}'")
            if key not in self.parameters:
                raise UnknownKeyword(f"{name}() got an unexpected keyword argument '{key}'")
            bound[key] = value
        if len(bound) < len(self.parameters):
            for parameter, value in self.defaults.items():
                bound.setdefault(parameter, value)
        return bound

    def check(self, bound: dict[str, Any]) -> None:
        """Refuse arguments that violate a constraint or whose dtype is not supported."""
        if self.dtypes is not None:
            d = operand_dtype([bound[name] for name in self.operands])
            if d not in self.dtypes:
                raise self.unsupported(d)
        if self.constraints is not None:
            self.constraints.check(bound)

    def unsupported(self, d: Any) -> NotImplementedError:
        """The error for a dtype that the operation does not support."""
        return NotImplementedError(f"\"{self.name}\" not implemented for '{d.type_name}'")

    def declared_violations(self, bound: dict[str, Any]) -> list[Violation]:
        """What these arguments violate of all that the page declares: the dtypes, and every numbered constraint."""
        found = []
        if self.dtypes is not None:
            d = operand_dtype([bound[name] for name in self.operands])
            if d not in self.dtypes:
                found.append(Violation(None, NotImplementedError, str(self.unsupported(d))))
        return found if self.constraints is None else found + self.constraints.violated(bound)

    def violations(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Violation]:
        """All that a call violates, without making it: what the page declares, or else what the body refuses (of operations that write nothing)."""
        found = self.declared_violations(self.bind(args, kwargs))
        if not found and not self.mutates:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    self.body(*args, **kwargs)
                except Exception as error:  # noqa: BLE001  (it is what is asked for)
                    found.append(Violation(None, type(error), str(error)))
        return found

    def node_name(self, bound: dict[str, Any]) -> str:
        """The name of the node that records a call, torch's: ``AddBackward0``."""
        if self.node is None:
            self.node = "".join(part.capitalize() for part in self.name.strip("_").split("_")) + "Backward0"
        return self.node if isinstance(self.node, str) else self.node(bound)


operations: dict[str, Operation] = {}


# torch accepts NumPy's names for these parameters
numpy_names = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other", "self": "input"}


class UnknownKeyword(TypeError):
    """A keyword that the operation does not have."""
