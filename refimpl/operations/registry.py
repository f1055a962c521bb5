"""The list of documented operations, and the decorator that puts an operation on it.

``@op`` adds what the body of an operation cannot say: under which forms and names it is called, its accuracy contract, its
gradient. From the registry come the public functions, the methods, the in-place and ``out=`` forms, the
generated documentation and the conformance suite.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import Any, Callable, Iterator

from ..foundation.contracts import EXACT, Contract
from ..tensor import Tensor
from .binding import error_of_arguments, is_numpy_scalar
from .calling import make_call
from .constraints import Constraints
from .dtype_support import supported
from .operation import Operation, operations
from .writing import make_inplace, run_in_place


def op(forms: str = "method", *, contract: Contract = EXACT, aliases: tuple[str, ...] = (), node: Any = None, differentiable: bool = True,
       view: str | bool | None = None, operator: str | None = None, reflected: Callable[..., Any] | None = None,
       name: str | None = None, out: Callable[..., Any] | None = None,
       keywords: dict[str, str] | None = None, apart: bool = False, wraps_numbers: bool = False, saves_numbers: bool = False,
       unlinked_in_inference: bool = False, resizes: bool = False, leaves_integers_untracked: bool = False,
       required_edges_only: bool = False,
       in_place: Callable[..., Any] | None = None,
       python: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
       dtypes: str | None = None, operands: str | None = None, lazy: bool | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Register an operation.

    ``forms``: words out of ``function`` (implied unless ``only``), ``method``, ``inplace`` (the method ``name_``), ``inplace_function``
    (that method, and the function ``name_``: torch has both for some), ``out``, ``property``, ``number`` (the first argument may be a
    number); ``only`` leaves the function out.
    ``contract``: how far a backend's values may lie from the exact ones.
    ``node``: torch's name of the graph node if it is not the CamelCase name + ``Backward0``, or a function of the bound arguments.
    ``view``: True if results share the input's storage; ``"multiple"`` for several views at once, ``"detached"`` outside of the graph.
    ``operator``: the Python operator without underscores (``"add"``); ``reflected``: what the swapped operator computes.
    ``out``: which kind of output the operation asks for (:mod:`refimpl.operations.output_kinds`); CASTABLE unless said.
    ``dtypes``: the dtypes that are supported (:mod:`refimpl.operations.dtype_support`), all unless said; NotImplementedError for others.
    ``operands``: the parameters, separated by blanks, whose common dtype that is; the first parameter unless said.
    ``keywords``: other names by which torch accepts arguments, each with the parameter that it stands for.
    ``apart``: whether what is written may not even be the same memory as an input, as it may for pointwise operations.
    ``wraps_numbers``: whether the node has edges for numbers, as it has for tensors; ``saves_numbers``: whether it forgets them when it is freed,
    as it does tensors.
    ``unlinked_in_inference``: of a view, whether it has a version of its own when it is made in inference mode.
    ``resizes``: of an in-place operation, whether it changes the size alone: refused by its body if the tensor requires grad, and no write if
    nothing changes.
    ``leaves_integers_untracked``: of an in-place operation, whether an integer or bool tensor never becomes part of the graph.
    ``required_edges_only``: whether the node has edges for the tensors that require grad alone.
    ``in_place``: the body of the in-place form, if that asks or does more, or less: it may return the tensor itself, with nothing written.
    ``python``: of an operation that torch writes in Python, empty functions with the parameters of its function and of its method: binding
    them to the arguments gives Python's messages.
    ``lazy``: whether the body receives conjugate and negative views as they are; views and composites do unless it is said.

    The decorated function gets the attributes ``operation``, ``constraints`` (a decorator, see :mod:`refimpl.operations.constraints`) and
    ``derivative(**formulas)``. An operation that has neither
    formulas nor ``differentiable=False`` is a composite: autograd flows through the operations that its body calls.
    """
    words = frozenset(forms.split())
    words = words - {"only"} if "only" in words else words | {"function"}
    if "inplace_function" in words:
        words |= {"inplace"}

    def register(body: Callable[..., Any]) -> Any:
        title = name or body.__name__
        operation = Operation(title, body, words, contract, aliases, node, differentiable, "single" if view is True else view or None,
                              operator, reflected, out, keywords or {})
        operation.apart = apart
        operation.wraps_numbers, operation.saves_numbers = wraps_numbers, saves_numbers
        operation.unlinked_in_inference, operation.resizes = unlinked_in_inference, resizes
        operation.leaves_integers_untracked, operation.required_edges_only = leaves_integers_untracked, required_edges_only
        operation.in_place = in_place or body
        operation.dtypes = None if dtypes is None else supported(dtypes)
        operation.restricted = dtypes is not None
        operation.is_lazy = lazy
        operation.operands = tuple(operands.split()) if operands else operation.parameters[:1] or (operation.varargs or "",)
        operation.python = python
        for signature, called_as in zip(python or (), (title, f"Tensor.{title}")):
            signature.__qualname__ = called_as
        operations[title] = operation
        if operation.mutates:
            def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
                if args and args[-1] is None or kwargs and any(value is None for value in kwargs.values()):  # see make_call
                    known = error_of_arguments(operation, (self, *args), kwargs, True)
                    if known is not None:
                        raise known
                return run_in_place(operation, self, args, kwargs)
        else:
            call = make_call(operation)
        operation.function = call
        call.__name__ = call.__qualname__ = title
        call.__doc__ = body.__doc__
        call.__module__ = body.__module__
        call.operation = operation

        def derivative(**formulas: Callable[..., Any]) -> None:
            for parameter, formula in formulas.items():
                operation.add_gradient(parameter, formula)

        def constraints(function: Callable[..., None]) -> None:
            operation.constraints = Constraints(function, (*operation.parameters, operation.varargs or ""))
            operation.restricted = True

        call.derivative = derivative
        call.constraints = constraints
        return call

    return register


def attach() -> None:
    """Put every operation's methods, properties and operators on the Tensor class."""
    for operation in operations.values():
        for name in (operation.name, *operation.aliases):
            if "method" in operation.forms:
                setattr(Tensor, name, called(name, _method_form(operation), operation))
            if "property" in operation.forms:
                setattr(Tensor, name, property(operation.function))
            if "inplace" in operation.forms:
                setattr(Tensor, name + "_", called(name + "_", make_inplace(operation), operation))
        if operation.operator is not None:
            _attach_operator(operation, operation.operator)


def called(name: str, function: Callable[..., Any], operation: Operation) -> Callable[..., Any]:
    """``function`` under a name of the operation; messages about its arguments give the name by which it was called."""
    if function.__name__ == name:
        return function

    def alias(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            words = str(error)
            if not words.startswith(f"{function.__name__}("):
                raise
            text = name + words.removeprefix(function.__name__)
            for other, own in operation.keywords.items():  # a name of NumPy's has NumPy's names for its arguments
                if name.startswith("swapaxes"):
                    text = text.replace(f"{own}\"", f"{other}\"").replace(f"'{own}'", f"'{other}'")
            raise TypeError(text) from None

    alias.__name__ = alias.__qualname__ = name
    alias.__doc__, alias.__module__ = function.__doc__, function.__module__
    alias.operation = operation  # type: ignore[attr-defined]
    return alias


def _method_form(operation: Operation) -> Callable[..., Any]:
    """The method: the function itself, unless messages about further arguments would count them differently."""
    if operation.mutates or "function" not in operation.forms or len(operation.parameters) < 2 and operation.varargs is None:
        return operation.function
    method = make_call(operation, method=True)
    method.__name__ = method.__qualname__ = operation.name
    method.__doc__, method.__module__ = operation.body.__doc__, operation.body.__module__
    method.operation = operation
    return method  # type: ignore[no-any-return]


_unary = frozenset(("neg", "pos", "invert", "abs"))
_commutative = frozenset(("add", "mul", "and", "or", "xor"))
_in_place_operators = frozenset(("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift", "matmul"))


def _attach_operator(operation: Operation, symbol: str) -> None:
    function = operation.function
    if symbol in _unary:
        setattr(Tensor, f"__{symbol}__", lambda self: function(self))
        return

    def forward(self: Tensor, other: Any) -> Any:
        fits = isinstance(other, Tensor) if symbol == "matmul" else _is_operand(other)
        return function(self, other) if fits else NotImplemented

    setattr(Tensor, f"__{symbol}__", forward)
    if symbol in _commutative:
        setattr(Tensor, f"__r{symbol}__", forward)
    elif operation.reflected is not None:
        swapped = operation.reflected
        setattr(Tensor, f"__r{symbol}__", lambda self, other: swapped(self, other) if _is_operand(other) else NotImplemented)
    if symbol in _in_place_operators and "inplace" in operation.forms:
        def in_place(self: Tensor, other: Any) -> Any:
            return run_in_place(operation, self, (other,), {}) if _is_operand(other) else NotImplemented

        setattr(Tensor, f"__i{symbol}__", in_place)


def _is_operand(other: Any) -> bool:
    return isinstance(other, (Tensor, bool, int, float, complex)) or is_numpy_scalar(other)


def _function_form(operation: Operation) -> Callable[..., Any]:
    """The function of an operation whose method takes ints one by one, too: the function takes them as a tuple only."""
    method = operation.function

    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > 2:
            raise TypeError(f"{operation.name}() takes 2 positional arguments but {len(args)} were given")
        if len(args) == 2 and not isinstance(args[1], (tuple, list)):
            raise TypeError(f"{operation.name}(): argument '{operation.varargs}' (position 2) must be tuple of ints, not {type(args[1]).__name__}")
        return method(*args, **kwargs)

    return update_wrapper(function, method)


def _in_place_function(name: str) -> Callable[..., Any]:
    """The function of an in-place method: messages about its arguments count the tensor, too."""
    method = getattr(Tensor, name)

    def function(*args: Any, **kwargs: Any) -> Any:
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        try:
            return method(*args, **kwargs)
        except TypeError as error:
            from ..signatures.parser import mismatch_of_function  # read by the first such error

            raise mismatch_of_function(name, args, kwargs) or error from None

    return update_wrapper(function, method)


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every operation that is a function of the package, under each of its names; in-place ones too."""
    for operation in operations.values():
        for name in (operation.name, *operation.aliases):
            if "function" in operation.forms:
                variable = operation.varargs is not None and operation.positional == ("input",)
                yield name, (_in_place_function(name) if operation.mutates else
                             _function_form(operation) if variable else called(name, operation.function, operation))
                if "inplace_function" in operation.forms:
                    yield name + "_", _in_place_function(name + "_")
