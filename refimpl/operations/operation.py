"""What an operation is: its body, and everything about it that programs ask for."""

from __future__ import annotations

import inspect
import warnings
from functools import cached_property
from typing import Any, Callable, Iterable, Iterator, Sequence

from ..foundation.contracts import Contract
from ..foundation.dtypes import Limited
from ..foundation.kernels import Elsewhere
from ..signatures.matching import Door, unlocked
from ..signatures.overloads import function_overloads, python_signature
from ..tensor import Tensor
from .constraints import Constraints, Violation, raising
from .device_support import refuse_several_devices
from .dtype_support import limited_among, operand_dtype, unpromotable
from .sharing import POINTWISE, Sharing


class Operation:
    """One documented operation: its body, and everything about it that programs ask for."""

    def __init__(self, name: str, body: Callable[..., Any], forms: frozenset[str], contract: Contract, aliases: tuple[str, ...],
                 node: Any, differentiable: bool, view: str | None, operator: str | None, reflected: Callable[..., Any] | None,
                 out: Any) -> None:
        code = body.__code__
        self.name = name
        self.body = body
        self.function: Callable[..., Any] = body
        self.again: Callable[..., Any] = body  # the function for arguments that have passed the door already
        self.forms = forms
        self.contract = contract
        self.aliases = aliases
        self.node = node
        self.differentiable = differentiable
        self.view = view
        self.operator = operator
        self.reflected = reflected
        self.sharing: Sharing | Callable[[dict[str, Any]], Sharing] = POINTWISE
        self.namespace = ""  # where torch keeps the function, "" for torch itself
        self.public = self.spelled = ""  # see ``op``
        self.wraps_numbers = self.saves_numbers = self.required_edges_only = False  # see the argument ``graph`` of ``op``
        self.unlinked_in_inference = self.resizes = self.leaves_integers_untracked = self.real_alone = self.no_derivative = False
        self.first_output_only = False
        self.outside_graph: Callable[[dict[str, Any]], tuple[str, ...]] | None = None  # see ``op``
        self.slices: Callable[[dict[str, Any]], tuple[Any, str]] | None = None  # what vmap refuses (refimpl.operations.slices)
        self.autocast: Any = None  # what autocast does to a call (refimpl.operations.autocast)
        self.in_place = body
        self.dtypes: frozenset[Any] | None = None  # the supported ones; None: all that are ordinary
        self.named_dtypes: frozenset[Any] | None = None  # the supported ones as the page names them
        self.takes_every_dtype = False
        self.operands: tuple[str, ...] = ()  # the parameters whose common dtype must be supported
        self.promoted = True  # whether several operands must have a common dtype
        self.is_lazy: bool | None = None  # as declared; see lazy
        self.elsewhere: frozenset[str] = frozenset()  # the parameters whose tensors may lie on other devices; see ``op``
        self.restricted = False  # whether there is anything to check
        self.constraints: Any = None  # see refimpl.operations.constraints
        self._straight_check: Callable[..., None] | None = None
        self._leading = 1 << 30  # so many positional arguments are all that the constraints need
        self.defaults_hold = False  # whether a call without keywords cannot violate them
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
    def section(self) -> str:
        """Where docs/operations/ has it: the file, and the anchor of its heading."""
        file = self.body.__module__.removeprefix("refimpl.").removeprefix("ops.").replace(".", "_")
        return f"{file}.md#{self.title.lower().replace('.', '')}"

    @property
    def doc(self) -> str:
        return self.body.__doc__ or ""

    @property
    def lazy(self) -> bool:
        """Whether the body receives conjugate and negative views as they are: views and composites do, unless the page says otherwise."""
        if self.is_lazy is None:
            self.is_lazy = self.view is not None or self.differentiable and not self.gradients and not self.mutates
        return self.is_lazy

    @property
    def public_name(self) -> str:
        """What torch calls the function in its namespace: ``det`` for ``linalg_det``."""
        return self.public or self.name.removeprefix(f"{self.namespace.replace('.', '_')}_") if self.namespace else self.name

    @property
    def title(self) -> str:
        """The name in the list of operations: ``linalg.det`` for ``linalg_det``, otherwise the plain one."""
        return self.name if self.public_name == self.name else f"{self.namespace}.{self.public_name}"

    def places(self) -> Iterator[tuple[str, str, str]]:
        """Where the function stands: the namespace, the public name in it, and the name under which torch has its signature. An alias with dots
        is one in another namespace: ``special.expm1``, whose signature is that of ``special_expm1``. Where there is none, it is the very same
        function: ``nn.functional.prelu``."""
        yield self.namespace, self.public_name, self.name
        for alias in self.aliases:
            namespace, _, name = alias.rpartition(".")
            signature = alias.replace(".", "_")
            yield namespace or self.namespace, name, signature if not namespace or function_overloads(signature) else self.name

    def __repr__(self) -> str:
        return f"<operation {self.title}>"

    def add_gradient(self, parameter: str, formula: Callable[..., Any]) -> None:
        if parameter not in self.parameters and parameter != self.varargs:
            raise ValueError(f"{self.name} has no parameter {parameter!r}")
        code = formula.__code__
        self.gradients[parameter] = formula
        self.needs[parameter] = code.co_varnames[: code.co_argcount]

    def door(self, name: str, method: bool) -> Door:
        """The way into this operation under one of its names, as a function or as a method."""
        if name.startswith("_") and not self.forms:  # what the package alone calls
            return unlocked(name)
        if "python" in self.forms:
            shown = self.spelled or (self.public_name if name == self.name else name)
            constants = {repr(value)[len("torch.") :]: value for value in self.defaults.values() if repr(value).startswith("torch.")}
            signature = python_signature(f"{shown}{inspect.signature(self.body)}", (), constants)
            return Door(name, method, self.positional, self.parameters[len(self.positional) :], self.defaults, self.varargs, signature)
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

    def constrain(self, function: Callable[..., None], defaults_hold: bool) -> None:
        """Check every call by a constraints function (unless it has no keywords, with ``defaults_hold``)."""
        self.constraints = Constraints(function, (*self.parameters, self.varargs or ""))
        self.defaults_hold = defaults_hold
        self.restricted = True
        count = len(self.constraints.needs)
        if self.constraints.needs == self.positional[:count]:
            self._leading = count
        if self.varargs is None and self.constraints.needs == self.parameters:  # then it can be called as the operation is
            self._straight_check = function
            function.__defaults__ = tuple(self.defaults.get(parameter) for parameter in self.parameters)

    def check(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Refuse arguments that violate a constraint, whose dtype is not supported, or that lie on several devices."""
        if self.dtypes is not None:
            count = len(self.operands)
            leading = len(args) >= count and self.operands == self.positional[:count]
            bound = {} if leading else self.bind(args, kwargs)
            d = operand_dtype(args[:count] if leading else [bound[name] for name in self.operands])
            if d not in self.dtypes:
                raise self.unsupported(d)
        if self.constraints is not None and (kwargs or not self.defaults_hold):
            if self._straight_check is not None:
                self._straight_check(raising, *args, **kwargs)
            elif len(args) >= self._leading:
                self.constraints.function(raising, *args[: self._leading])
            else:
                self.constraints.check(self.bind(args, kwargs))
        if Elsewhere.met and "every" not in self.elsewhere:
            values = (*args, *kwargs.values())
            refuse_several_devices(values if not self.elsewhere else
                                   (value for name, value in self.bind(args, kwargs).items() if name not in self.elsewhere))  # fmt: skip
        if self.dtypes is None and (kwargs or Limited.met) and self.refuses_limited:
            for d in self._limited((*args, *kwargs.values()), lambda: self.bind(args, kwargs)):
                raise self.unsupported(d)

    @property
    def promotes(self) -> bool:
        """Whether several operands must have a common dtype."""
        return self.promoted and len(self.operands) > 1

    @cached_property
    def refuses_limited(self) -> bool:
        """Whether dtypes of limited support are refused unless the page names them: not by views and composites that name no dtypes."""
        if self.named_dtypes is not None:
            return not self.takes_every_dtype
        return self.view is None and not (self.differentiable and not self.gradients and not self.mutates)

    def _limited(self, values: Iterable[Any], bound: Callable[[], dict[str, Any]]) -> set[Any]:
        """Among the dtypes of limited support that the arguments have, those that the page does not name. Several operands count with their common
        dtype: RuntimeError if they have none. A page names what it supports of its operands, and of the result as well unless that says in which
        dtype the operands are evaluated."""
        found = set(limited_among(values))
        if not found:
            return found
        arguments = bound()
        asked = set(limited_among([arguments.get("dtype")]))
        operands = [arguments[name] for name in self.operands]
        if len(operands) > 1:
            found = {d for d in (operand_dtype(operands), *asked) if d.limited}
        evaluated = (callable(self.out) or getattr(self.out, "evaluated", False)) and isinstance(operands[0], Tensor)
        return {d for d in found if self.named_dtypes is None or d not in self.named_dtypes or evaluated and d in asked}

    def unsupported(self, d: Any) -> NotImplementedError:
        """The error for a dtype that the operation does not support."""
        return NotImplementedError(f"\"{self.name}\" not implemented for '{d.type_name}'")

    def declared_violations(self, bound: dict[str, Any]) -> list[Violation]:
        """What these arguments violate of all that the page declares: the dtypes, and every numbered constraint."""
        found: list[Violation] = []
        try:
            d = operand_dtype([bound[name] for name in self.operands]) if self.dtypes is not None or self.promotes else None
        except RuntimeError as error:  # they have none in common
            found += [Violation(None, RuntimeError, words) for words in (str(error), *unpromotable([bound[name] for name in self.operands]))]
            return found if self.constraints is None else found + self.constraints.violated(bound)
        if self.dtypes is not None and d is not None:
            if d not in self.dtypes:
                found.append(Violation(0, NotImplementedError, str(self.unsupported(d))))
                if d.is_complex:  # what torch says of tensors that require grad
                    words = f"{self.name} does not support automatic differentiation for outputs with complex dtype."
                    found.append(Violation(0, RuntimeError, words))
        elif self.refuses_limited:
            found += [Violation(0, NotImplementedError, str(self.unsupported(d))) for d in self._limited(bound.values(), lambda: bound)]
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
