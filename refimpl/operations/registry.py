"""The list of documented operations, and the decorator that puts an operation on it.

``@op`` adds what the body of an operation cannot say: under which forms and names it is called, its accuracy contract, its
gradient. From the registry come the public functions, the methods, the in-place and ``out=`` forms, the
generated documentation and the conformance suite.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, Callable, Iterator

from ..foundation.contracts import EXACT, Contract
from ..signatures.faces import Face
from ..signatures.matching import Door, unlocked
from ..signatures.overloads import PythonSignature, overloads, python_signature
from ..signatures.overriding import UNANSWERED, answer, overriding
from ..signatures.types import is_numpy_scalar
from ..tensor import Tensor
from .calling import make_call
from .dtype_support import ORDINARY, supported
from .operation import Operation, operations
from .output_kinds import Listed, OutputKind
from .sharing import POINTWISE, Sharing
from .slices import Refused
from .writing import make_inplace


def op(forms: str = "method", *, contract: Contract = EXACT, aliases: tuple[str, ...] = (), node: Any = None, differentiable: bool = True,
       view: str | bool | None = None, operator: str | None = None, reflected: Callable[..., Any] | None = None,
       name: str | None = None, out: OutputKind | Listed | Callable[..., Any] | None = None,
       sharing: Sharing | Callable[[dict[str, Any]], Sharing] = POINTWISE, graph: str = "",
       in_place: Callable[..., Any] | None = None, namespace: str = "", public: str = "", spelled: str = "",
       dtypes: str | None = None, operands: str | None = None, promoted: bool = True, lazy: bool | None = None, elsewhere: str = "",
       outside_graph: Callable[[dict[str, Any]], tuple[str, ...]] | None = None,
       slices: Refused | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Register an operation.

    ``forms``: words out of ``function`` (implied unless ``only``), ``method``, ``inplace`` (the method ``name_``), ``inplace_function``
    (that method, and the function ``name_``: torch has both for some), ``out``, ``property``, ``assignable`` (what is assigned to the property is
    written into it), ``number`` (the first argument may be a
    number), ``python`` (torch writes the function in Python, which binds its arguments), ``handed_on`` (so it does, and hands all of them on by
    position to a function whose signature is torch's), ``inplace_flag`` (the same, to the in-place form if the last one, ``inplace``, is true);
    ``only`` leaves the function out.
    ``aliases``: other names of the function and the method; those with dots are functions of another namespace: ``"special.expm1"``, or the same
    one there if torch has no signature of that name: ``"nn.functional.prelu"``.
    ``namespace``: where the function, and its in-place form, stand if not in ``torch`` itself: ``"linalg"``. They are no methods then. The body has
    the name that torch's signature has: ``linalg_det`` is ``torch.linalg.det``; ``nn_functional_dropout`` is not ``torch.dropout``.
    ``public``: the name in that namespace, if it is none of these: ``"logsigmoid"``, whose signature is that of ``log_sigmoid``.
    ``spelled``: what torch's function in Python is called by its own errors, if that is another name.
    ``contract``: how far a backend's values may lie from the exact ones.
    ``node``: torch's name of the graph node if it is not the CamelCase name + ``Backward0``, or a function of the bound arguments.
    ``view``: True if results share the input's storage; ``"multiple"`` for several views at once, ``"detached"`` outside of the graph.
    ``operator``: the Python operator without underscores (``"add"``); ``reflected``: what the swapped operator computes.
    ``out``: which kind of output the operation asks for (:mod:`refimpl.operations.output_kinds`); CASTABLE unless said.
    ``dtypes``: the dtypes that are supported (:mod:`refimpl.operations.dtype_support`), the ordinary ones unless said; NotImplementedError for
    others.
    ``operands``: the parameters, separated by blanks, whose common dtype that is, the first parameter unless said; several are broadcast.
    ``promoted``: whether several operands must have a common dtype.
    ``elsewhere``: the parameters, separated by blanks, whose tensors may lie on other devices than the rest, or ``every``
    (:mod:`refimpl.operations.device_support`).
    ``sharing``: what memory a tensor that is written may share (:mod:`refimpl.operations.sharing`); POINTWISE unless said.
    ``graph``: what is special about the operation's place in the graph, words out of ``wraps_numbers`` (the node has edges for numbers, as it
    has for tensors), ``saves_numbers`` (it forgets numbers when it is freed, as it does tensors), ``required_edges_only`` (it has edges for
    the tensors that require grad alone), ``unlinked_in_inference`` (a view made in inference mode has a version of its own),
    ``resizes`` (an in-place operation that changes the size alone: its body refuses tensors that require grad, and it is no write if nothing
    changes), ``real_alone`` (complex results are not differentiated, but in place: RuntimeError), ``no_derivative`` (an output that requires grad
    stands behind a node that says so afterwards), ``leaves_integers_untracked`` (integers and bools that it makes or writes are never a part of the
    graph, where others refuse to make them), ``first_output_only`` (of several outputs the others are no part of the graph).
    ``outside_graph``: a function from the arguments (by name) to the parameters that are no part of the graph in such a call, with a gradient or not.
    ``slices``: which arguments may be no slices within ``vmap`` (:mod:`refimpl.operations.slices`); all may unless it is said.
    ``in_place``: the body of the in-place form, if that asks or does more, or less: it may return the tensor itself, with nothing written.
    ``lazy``: whether the body receives conjugate and negative views as they are; views and composites do unless it is said.

    The decorated function gets the attributes ``operation``, ``constraints`` (a decorator, see :mod:`refimpl.operations.constraints`; with
    ``defaults_hold=True`` for constraints that a call without keywords cannot violate) and ``derivative(**formulas)``. An operation that has neither
    formulas nor ``differentiable=False`` is a composite: autograd flows through the operations that its body calls.
    """
    words = frozenset(forms.split())
    words = words - {"only"} if "only" in words else words | {"function"}
    if "inplace_function" in words:
        words |= {"inplace"}

    def register(body: Callable[..., Any]) -> Any:
        title = name or body.__name__
        operation = Operation(title, body, words, contract, aliases, node, differentiable, "single" if view is True else view or None,
                              operator, reflected, out)
        operation.sharing = sharing
        operation.namespace, operation.public, operation.spelled = namespace, public, spelled
        for word in graph.split():
            if getattr(operation, word, None) is not False:
                raise ValueError(f"{title}: graph has no word {word!r}")
            setattr(operation, word, True)
        operation.in_place = in_place or body
        operation.outside_graph, operation.slices = outside_graph, slices
        named = None if dtypes is None else supported(dtypes)
        operation.named_dtypes, operation.takes_every_dtype = named, dtypes == "every"
        operation.dtypes = None if named is None or named >= ORDINARY else named
        operation.restricted = operation.dtypes is not None or "dtype" in operation.parameters
        operation.promoted = promoted
        operation.elsewhere = frozenset(elsewhere.split())
        if not operation.elsewhere <= {"every", *operation.parameters, operation.varargs}:
            raise ValueError(f"{title} has no parameters {elsewhere}")
        operation.is_lazy = lazy
        operation.operands = tuple(operands.split()) if operands else operation.parameters[:1] or (operation.varargs or "",)
        operations[operation.title] = operation
        call = make_form(operation, title, "function" not in words and "method" in words)
        operation.function = call
        operation.again = make_form(operation, title, False, unlocked(title))

        def derivative(**formulas: Callable[..., Any]) -> None:
            for parameter, formula in formulas.items():
                operation.add_gradient(parameter, formula)

        def constraints(function: Callable[..., None] | None = None, *, defaults_hold: bool = False) -> Any:
            if function is None:
                return partial(constraints, defaults_hold=defaults_hold)
            operation.constrain(function, defaults_hold)
            return function

        call.derivative = derivative
        call.constraints = constraints
        return call

    return register


def make_form(operation: Operation, name: str, method: bool, door: Door | None = None) -> Any:
    """The operation under one of its names, as a function or as a method; an in-place form has the name with an underscore."""
    door = operation.door(name, method) if door is None else door
    writes = operation.mutates or name.rstrip("_") + "_" == name and not name.endswith("__")
    call = make_inplace(operation, door) if writes else make_call(operation, door)
    call.__name__ = call.__qualname__ = name.removeprefix("nn_functional_")
    call.__module__ = operation.body.__module__
    call.__doc__ = operation.body.__doc__
    if writes and not operation.mutates:
        call.__doc__ = f"In-place form of :func:`{operation.name}`: the result is written into this tensor, which is returned."
    call.operation = operation
    call.__wrapped__ = Face(door, operation.body)
    return call


def attach() -> None:
    """Put every operation's methods, properties and operators on the Tensor class."""
    for operation in operations.values():
        for name in (operation.name, *(alias for alias in operation.aliases if "." not in alias)):
            if "method" in operation.forms:
                known = name == operation.name and "function" not in operation.forms
                setattr(Tensor, name, operation.function if known else make_form(operation, name, True))
            if "property" in operation.forms:
                setattr(Tensor, name, property(operation.function, _assignment(operation) if "assignable" in operation.forms else None))
            if "inplace" in operation.forms and not operation.namespace:
                setattr(Tensor, name + "_", make_form(operation, name + "_", True))
        if operation.operator is not None:
            _attach_operator(operation, operation.operator)


def _assignment(operation: Operation) -> Callable[[Tensor, Any], None]:
    def assign(self: Tensor, value: Any) -> None:
        operation.function(self)[...] = value

    return assign


UNARY_OPERATORS = frozenset(("neg", "pos", "invert", "abs"))
_commutative = frozenset(("add", "mul", "and", "or", "xor"))
IN_PLACE_OPERATORS = frozenset(("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift", "matmul"))


def _attach_operator(operation: Operation, symbol: str) -> None:
    function = operation.function
    if symbol in UNARY_OPERATORS:
        setattr(Tensor, f"__{symbol}__", lambda self: function(self))
        return

    def forward(self: Tensor, other: Any) -> Any:
        if other.__class__ is Tensor and self.__class__ is Tensor:
            return function(self, other)
        fits = isinstance(other, Tensor) if symbol == "matmul" else _is_operand(other)
        return _or_not_implemented(function, self, other) if fits else NotImplemented

    setattr(Tensor, f"__{symbol}__", forward)
    if symbol in _commutative:
        setattr(Tensor, f"__r{symbol}__", forward)
    elif operation.reflected is not None:
        swapped = operation.reflected
        setattr(Tensor, f"__r{symbol}__", lambda self, other: _or_not_implemented(swapped, self, other) if _is_operand(other) else NotImplemented)
    if symbol in IN_PLACE_OPERATORS and "inplace" in operation.forms:
        writing = getattr(Tensor, operation.name + "_")

        def in_place(self: Tensor, other: Any) -> Any:
            return _or_not_implemented(writing, self, other) if _is_operand(other) else NotImplemented

        setattr(Tensor, f"__i{symbol}__", in_place)


def _or_not_implemented(function: Callable[..., Any], self: Tensor, other: Any) -> Any:
    """What an operator returns: NotImplemented for a TypeError beside an operand of another class, which Python may then ask."""
    if isinstance(other, Tensor):
        return function(self, other)
    try:
        return function(self, other)
    except TypeError:
        return NotImplemented


def _is_operand(other: Any) -> bool:
    return isinstance(other, (Tensor, bool, int, float, complex)) or is_numpy_scalar(other) or hasattr(type(other), "__torch_function__")


def public_functions(namespace: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every operation that is a function of the package, or of a namespace in it, under each of its names; in-place ones too."""
    for operation in operations.values():
        for place, public, name in operation.places():
            if "function" in operation.forms and place == namespace and _is_function(operation, public):
                if operation.forms & BOUND_BY_PYTHON and place == operation.namespace:
                    yield public, _handed_on(operation, public)
                else:
                    yield public, operation.function if name == operation.name else make_form(operation, name, False)
                if "inplace_function" in operation.forms and place == operation.namespace and _is_function(operation, public + "_"):
                    yield public + "_", make_form(operation, name + "_", False)


def _is_function(operation: Operation, public: str) -> bool:
    """An in-place form is a function under an alias only where torch has it: ``arccos_``, but no ``absolute_``."""
    return not public.endswith("_") or public.removesuffix("_") == operation.public_name.removesuffix("_") or bool(overloads("torch", public))


BOUND_BY_PYTHON = frozenset(("handed_on", "inplace_flag"))


def outer_signature(operation: Operation, name: str) -> PythonSignature:
    """The signature of the function that torch writes in Python around an operation, or around its two forms."""
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(operation.body).parameters.values()]
    if "inplace_flag" in operation.forms:
        parameters.append(inspect.Parameter("inplace", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False))
    return python_signature(f"{name}{inspect.Signature(parameters)}", ())


def _handed_on(operation: Operation, name: str) -> Callable[..., Any]:
    """The function in Python. If it has a last parameter ``inplace``, that says which of the two forms is meant."""
    bind = outer_signature(operation, name).bind
    page = operations.get(operation.name + "_")
    in_place = None if "inplace_flag" not in operation.forms else make_form(operation, name + "_", False) if page is None else page.function

    def call(*args: Any, **kwargs: Any) -> Any:
        if overriding.users:
            answered = answer(call, args, kwargs)
            if answered is not UNANSWERED:
                return answered
        bound = bind(*args, **kwargs)
        return (in_place if in_place is not None and bound.pop("inplace") else operation.function)(*bound.values())

    call.__name__ = call.__qualname__ = name
    call.__module__ = operation.body.__module__
    call.__doc__ = operation.body.__doc__
    call.__signature__ = inspect.signature(bind)  # type: ignore[attr-defined]
    call.operation = operation  # type: ignore[attr-defined]
    return call
