"""The list of documented operations, and the decorator that puts an operation on it.

``@op`` adds what the body of an operation cannot say: under which forms and names it is called, its accuracy contract, its
gradient. From the registry come the public functions, the methods, the in-place and ``out=`` forms, the
generated documentation and the conformance suite.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import Any, Callable, Iterator, Sequence

from . import return_types
from .autograd import graph
from .autograd.modes import modes
from .backend import View
from .contracts import EXACT, Contract
from .dtypes import dtype
from .layout import has_internal_overlap, is_non_overlapping_and_dense, storage_extent
from .promotion import can_cast
from .tensor import Tensor

# -- operations ------------------------------------------------------------------------------------


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
        self.python: tuple[Callable[..., Any], Callable[..., Any]] | None = None
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


class OperandError(TypeError):
    """An operand that is neither a tensor nor a number; the registry adds which argument of which operation it was."""

    def __init__(self, value: Any, expected: str = "Tensor") -> None:
        super().__init__(f"expected {expected}, not {type(value).__name__}")
        self.value = value
        self.expected = expected


def op(forms: str = "method", *, contract: Contract = EXACT, aliases: tuple[str, ...] = (), node: Any = None, differentiable: bool = True,
       view: str | bool | None = None, operator: str | None = None, reflected: Callable[..., Any] | None = None,
       name: str | None = None, out: Callable[..., Any] | None = None,
       keywords: dict[str, str] | None = None, apart: bool = False,
       in_place: Callable[..., Any] | None = None,
       python: tuple[Callable[..., Any], Callable[..., Any]] | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Register an operation.

    ``forms``: words out of ``function`` (implied unless ``only``), ``method``, ``inplace`` (the method ``name_``), ``inplace_function``
    (that method, and the function ``name_``: torch has both for some), ``out``, ``property``, ``number`` (the first argument may be a
    number); ``only`` leaves the function out.
    ``contract``: how far a backend's values may lie from the exact ones.
    ``node``: torch's name of the graph node if it is not the CamelCase name + ``Backward0``, or a function of the bound arguments.
    ``view``: True if results share the input's storage; ``"multiple"`` for several views at once, ``"detached"`` outside of the graph.
    ``operator``: the Python operator without underscores (``"add"``); ``reflected``: what the swapped operator computes.
    ``out``: what is special about ``out=``: called with the function, its arguments and the tuple of outputs, it evaluates and checks
    (see :mod:`refimpl.ops.outputs`). Without it any output will do that the result's dtype can be cast to.
    ``keywords``: other names by which torch accepts arguments, each with the parameter that it stands for.
    ``apart``: whether what is written may not even be the same memory as an input, as it may for pointwise operations.
    ``in_place``: the body of the in-place form, if that asks or does more, or less: it may return the tensor itself, with nothing written.
    ``python``: of an operation that torch writes in Python, empty functions with the parameters of its function and of its method: binding
    them to the arguments gives Python's messages.

    The decorated function gets an attribute ``derivative(**formulas)`` and ``operation``. An operation that has neither
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
        operation.in_place = in_place or body
        operation.python = python
        for signature, called_as in zip(python or (), (title, f"Tensor.{title}")):
            signature.__qualname__ = called_as
        operations[title] = operation
        if operation.mutates:
            def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
                if args and args[-1] is None or kwargs and any(value is None for value in kwargs.values()):  # see _make_call
                    known = _mismatch(operation, (self, *args), kwargs, True)
                    if known is not None:
                        raise known
                return _run_inplace(operation, self, args, kwargs)
        else:
            call = _make_call(operation)
        operation.function = call
        call.__name__ = call.__qualname__ = title
        call.__doc__ = body.__doc__
        call.__module__ = body.__module__
        call.operation = operation

        def derivative(**formulas: Callable[..., Any]) -> None:
            for parameter, formula in formulas.items():
                operation.add_gradient(parameter, formula)

        call.derivative = derivative
        return call

    return register


def _normalise(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], count: int = 0) -> tuple[Any, dict[str, Any]]:
    """The arguments with torch's other keywords translated, and a variable parameter that was given by keyword put in its place.

    ``count`` positional arguments stand before ``args``.
    """
    parameters, others = operation.parameters, operation.keywords
    kwargs = {others[k] if k in others else numpy_names[k] if k in numpy_names and k not in parameters else k: v for k, v in kwargs.items()}
    variable = operation.varargs
    if variable in kwargs and count + len(args) <= len(operation.positional):
        leading = operation.positional[count + len(args) :]
        args = (*args, *(kwargs.pop(name) for name in leading if name in kwargs), kwargs.pop(variable))
    return args, kwargs


def _make_call(operation: Operation, method: bool = False) -> Any:
    """The function that is called. A method differs in its messages alone: it does not count its tensor among the arguments."""
    body = operation.body
    view = operation.view
    differentiable = operation.differentiable
    gradients = operation.gradients
    has_out = "out" in operation.forms
    checks_later = getattr(operation.out, "checks_arguments", False)
    parameters = frozenset(operation.parameters)
    checks_first = operation.positional[:1] == ("input",) and "number" not in operation.forms  # "number": it may be one

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or args and args[-1] is None:  # forms differ in their keywords and in None, which a body cannot tell apart from a default
            known = _mismatch(operation, args, kwargs, method, named=True)
            if known is not None and not _has_numpy_scalar(args, kwargs) and not (checks_later and kwargs.get("out") is not None):
                raise known
            dim = kwargs.get("dim")
            if isinstance(dim, Tensor) and not dim.dim() and dim.dtype.category == 1:  # an int, where a body might take it for an operand
                kwargs["dim"] = dim.item()
        if kwargs and not kwargs.keys() <= parameters:
            if has_out and "out" in kwargs:
                out = kwargs.pop("out")
                if out is not None:
                    return _run_out(operation, args, kwargs, out)
            args, kwargs = _normalise(operation, args, kwargs)
        if checks_first and args and args[0].__class__ is not Tensor and not isinstance(args[0], Tensor):
            other = _rearranged(operation, args, kwargs, method)
            if other is None:
                raise TypeError(_must_be(operation, "input", "Tensor", args[0]))
            args, kwargs = other
        if differentiable and gradients and modes.grad and (_any_requires_grad(args) or (kwargs and _any_requires_grad(kwargs.values()))):
            modes.grad = False
            try:
                result = body(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
                modes.grad = True
                return _once_more(call, operation, args, kwargs, error, method)
            finally:
                modes.grad = True
            if view is not None:
                _link(operation, args, kwargs, result)
            return graph.record(operation, operation.bind(args, kwargs), result)
        try:
            result = body(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (it is raised again, if not in other words)
            return _once_more(call, operation, args, kwargs, error, method)
        if view is not None:
            _link(operation, args, kwargs, result)
        elif modes.inference:
            _mark_inference(result, args)
        return result

    return call


def _once_more(call: Callable[..., Any], operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], error: Exception,
               method: bool) -> Any:
    """After an error: if the arguments fit no form of the operation, that is the error, as torch looks at their types before anything else.

    After a TypeError call again if scalars of NumPy's were among the arguments, which torch takes for numbers; else raise it in torch's words.
    """
    from .arguments import without_numpy_scalars  # read by the first such error

    known = _mismatch(operation, args, kwargs, method)
    if known is not None:
        raise known from None
    if not isinstance(error, TypeError):
        raise error
    other = _rearranged(operation, args, kwargs, method) or without_numpy_scalars(operation.name, args, kwargs)
    if other is None:
        raise _explain(operation, args, kwargs, error, method=method) from None
    return call(*other[0], **other[1])


def _rearranged(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool = False,
                in_place: bool = False) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments by name (but a method's tensor), if the call has one of torch's forms that order them differently than the operation does."""
    from .arguments import rearranged

    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    return rearranged(name, args, kwargs, len(operation.positional), method or in_place) if operation.varargs is None else None


def _has_numpy_scalar(args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    return any(map(is_numpy_scalar, (*args, *kwargs.values())))


def _mark_inference(result: Any, args: Sequence[Any]) -> None:
    for tensor in result if isinstance(result, (tuple, list)) else (result,):
        if isinstance(tensor, Tensor) and not any(tensor is a for a in args) and tensor._base is None:
            tensor._inference = True


def _any_requires_grad(values: Any) -> bool:
    for value in values:
        if value.__class__ is Tensor or isinstance(value, Tensor):
            if value._requires_grad or (value._base is not None and value.requires_grad):
                return True
        elif value.__class__ in (tuple, list) and _any_requires_grad(value):
            return True
    return False


def _mismatch(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool = False, in_place: bool = False,
              named: bool = False) -> Exception | None:
    """The error of arguments that fit no form of the operation, or that do not fit into 64 bits."""
    from .arguments import mismatch

    if operation.python is not None and (named or not kwargs):  # later the keywords are the operation's own
        try:
            operation.python[method](*args, **kwargs)
        except TypeError as error:
            return error
    if not named and any(key in kwargs for key in operation.keywords.values() if key[-1] != "_"):  # not the name that was given
        return None
    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    return mismatch(name, args, kwargs, method or "method" in operation.forms and "function" not in operation.forms)


def _explain(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], error: TypeError, *, method: bool = False,
             in_place: bool = False) -> Exception:
    """The error, in torch's words, of arguments that do not fit the signature."""
    known = _mismatch(operation, args, kwargs, method, in_place)
    if known is not None:
        return known
    try:
        bound = operation.bind(args, kwargs, operation.name.rstrip("_") + "_" if in_place else None)
    except UnknownKeyword as unknown:
        return _wrong_type(operation, args, kwargs, method, in_place) or TypeError(str(unknown))
    except TypeError as explained:
        return explained
    if isinstance(error, OperandError):
        for parameter, value in bound.items():
            if value is error.value:
                return TypeError(_must_be(operation, parameter, error.expected, value, method, in_place))
    return error


def _wrong_type(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], method: bool, in_place: bool) -> Exception | None:
    """What is wrong with the types of the arguments that the operation knows, which torch looks at before it comes to a keyword that it does not."""
    if operation.mutates or "generator" in operation.parameters:  # the body, which checks them, would do more than that
        return None
    kwargs = {key: value for key, value in kwargs.items() if key in operation.parameters}
    try:
        operation.body(*args, **kwargs)
    except TypeError as error:
        return _explain(operation, args, kwargs, error, method=method, in_place=in_place)
    except (RuntimeError, IndexError, ValueError, ArithmeticError, AttributeError):
        return None
    return None


def _must_be(operation: Operation, parameter: str, expected: str, value: Any, method: bool = False, in_place: bool = False) -> str:
    """The message for an argument of the wrong type. A method, such as the in-place form, does not count its tensor."""
    from .arguments import type_name

    name = operation.name.rstrip("_") + "_" if in_place else operation.name
    method = method or in_place or "method" in operation.forms and "function" not in operation.forms
    position = f" (position {operation.positional.index(parameter) + (0 if method else 1)})" if parameter in operation.positional else ""
    return f"{name}(): argument '{parameter}'{position} must be {expected}, not {type_name(value)}"


# -- views -----------------------------------------------------------------------------------------


def _link(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
    """Make results that share the first argument's storage its views: they share its version counter and know their base."""
    source = args[0] if args else kwargs["input"]
    detached = operation.view == "detached"
    kind = "no_grad" if not modes.grad else None
    if operation.view == "multiple":
        kind = "multiple"
    for tensor in result if isinstance(result, (tuple, list)) else (result,):
        if tensor is source or tensor._view.storage is not source._view.storage:
            continue
        tensor._counter = graph.version_counter(source)
        if source._inference:
            tensor._inference = True
        if kind == "no_grad" and source.requires_grad:
            tensor._requires_grad = not detached
        if not detached:
            tensor._base = source if source._base is None else source._base
            tensor._seen = tensor._counter[0]
            tensor._view_kind = kind or source._view_kind
            if source._replay is not None or tensor._view.dtype is not source._view.dtype:
                tensor._replay = (source._replay, operation, args[1:], {k: v for k, v in kwargs.items() if k != "input"})


# -- in place --------------------------------------------------------------------------------------


def make_inplace(operation: Operation) -> Any:
    """The in-place form ``name_``: evaluate, then write the result into the first argument, which is returned."""

    def inplace(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return _run_inplace(operation, self, args, kwargs)

    inplace.__name__ = inplace.__qualname__ = operation.name + "_"
    inplace.__doc__ = f"In-place form of :func:`{operation.name}`: the result is written into this tensor, which is returned."
    inplace.operation = operation  # type: ignore[attr-defined]
    return inplace


def _run_inplace(operation: Operation, self: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    if not isinstance(self, Tensor):
        raise TypeError(f"{operation.name.rstrip('_')}_(): argument 'input' (position 1) must be Tensor, not {type(self).__name__}")
    if kwargs:
        args, kwargs = _normalise(operation, args, kwargs, 1)
    if len(args) >= len(operation.positional):
        other = _rearranged(operation, (self, *args), kwargs, in_place=True)
        args, kwargs = (args, kwargs) if other is None else ((), other[1])
    if args and is_numpy_scalar(args[0]):
        from .arguments import without_numpy_scalars

        args, kwargs = without_numpy_scalars(operation.name, args, kwargs) or (args, kwargs)
    previous = modes.grad
    track = previous and (operation.differentiable or operation.gradients) and (
        self.requires_grad or _any_requires_grad(args) or bool(kwargs and _any_requires_grad(kwargs.values())))
    if previous and self.requires_grad or track:
        graph.check_inplace(self)
    if self._inference and not modes.inference:
        raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
                           "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.")
    if track and operation.differentiable and not operation.gradients and not operation.mutates:
        return _run_composite_inplace(operation, self, args, kwargs)
    node = graph.prepare_inplace(operation, self, operation.bind((self, *args), kwargs)) if track else None
    modes.grad = False
    try:
        if operation.mutates:
            operation.body(self, *args, **kwargs)
        else:
            result = operation.in_place(self, *args, **kwargs)
            if result is not self:
                refuse_overlap(self, (*args, *kwargs.values()) if operation.apart else args, operation.apart)
                if getattr(operation.out, "sets_output", False) and result.shape != self.shape:
                    raise RuntimeError(f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size {list(result.shape)} "
                                       "should match")
                write_result(result, self)
    except TypeError as error:
        raise _explain(operation, (self, *args), kwargs, error, in_place=True) from None
    except Exception as error:
        known = _mismatch(operation, (self, *args), kwargs, in_place=True)
        if known is not None:
            raise known from None
        _report_first(error, self, args, in_place=True, sets_output=getattr(operation.out, "sets_output", False), apart=operation.apart)
        raise
    finally:
        modes.grad = previous
    graph.version_counter(self)[0] += 1
    if track or self._base is not None:
        graph.finish_inplace(node, self)
    return self


def _run_composite_inplace(operation: Operation, self: Tensor, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
    """A composite has no node of its own: evaluate it, recorded, on what the tensor was, and copy the result into the tensor, recorded too."""
    try:
        result = operation.body(graph.original(self), *args, **kwargs)
    except TypeError as error:
        raise _explain(operation, (self, *args), kwargs, error, in_place=True) from None
    refuse_overlap(self, args)
    check_result(result, self)
    return operations["copy_"].function(self, result)  # type: ignore[no-any-return]


def check_result(result: Tensor, out: Tensor) -> None:
    """Whether a result may be stored in an existing tensor: the shape may not grow, the dtype may not rise in category."""
    source, target = result._view, out._view
    if source.shape != target.shape:
        raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(source.shape)}")
    if source.dtype is not target.dtype:
        _check_cast(source.dtype, target.dtype)


def write_result(result: Tensor, out: Tensor) -> None:
    """Store an operation's result in an existing tensor."""
    check_result(result, out)
    out._view.storage.kernels.copy(out._view, result._view)


def _check_cast(source: dtype, target: dtype) -> None:
    if not can_cast(source, target):
        raise RuntimeError(f"result type {source.type_name} can't be cast to the desired output type {target.type_name}")


def _report_first(error: Exception, target: Tensor, inputs: Sequence[Any] = (), in_place: bool = False, sets_output: bool = False,
                  apart: bool = False) -> None:
    """What torch finds wrong with the tensor to be written before it finds ``error``: overlap, shape, dtype.

    Pointwise operations look for overlap before they broadcast (:func:`~refimpl.layout.iteration_shape`). Kernels come last, and their
    errors say what the result would have been. Other errors come first.
    """
    if getattr(error, "of_iteration", False):
        refuse_overlap(target, inputs)
        return
    d = getattr(error, "result_dtype", None)
    if d is None:
        return
    shape = getattr(error, "result_shape", None)
    if in_place and not sets_output or shape is not None:
        refuse_overlap(target, inputs, apart)
    if in_place and shape is not None and shape != target._view.shape:
        ours, theirs = list(target._view.shape), list(shape)
        if sets_output:
            raise RuntimeError(f"Bad in-place call: input tensor size {ours} and output tensor size {theirs} should match") from None
        raise RuntimeError(f"output with shape {ours} doesn't match the broadcast shape {theirs}") from None
    _check_cast(d, target._view.dtype)


def refuse_overlap(out: Tensor, inputs: Sequence[Any] = (), apart: bool = False) -> None:
    """Refuse to write where two elements of ``out`` share memory, or ``out`` and an input in part (``apart``: or as a whole)."""
    view = out._view
    if has_internal_overlap(view.shape, view.strides):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation.")
    for input in inputs:
        if isinstance(input, Tensor) and input._view.storage is view.storage and (apart or input is not out) and _overlap(view, input._view, apart):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. "
                "Please clone() the tensor before performing the operation.")


def _overlap(a: View, b: View, wholly: bool) -> bool:
    """Whether two dense views share memory in part, or, with ``wholly``, at all; of views with gaps torch does not find out."""
    if not a.numel or not b.numel:
        return False
    if not (is_non_overlapping_and_dense(a.shape, a.strides) and is_non_overlapping_and_dense(b.shape, b.strides)):
        return False
    a_bytes = a.offset * a.dtype.itemsize, storage_extent(a.shape, a.strides, a.offset) * a.dtype.itemsize
    b_bytes = b.offset * b.dtype.itemsize, storage_extent(b.shape, b.strides, b.offset) * b.dtype.itemsize
    if a_bytes == b_bytes:
        return wholly or a.strides != b.strides
    return a_bytes[0] < b_bytes[1] and b_bytes[0] < a_bytes[1]


# -- out= ------------------------------------------------------------------------------------------


def _bind_out(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> dict[str, Any]:
    """The arguments of a call with ``out=`` by name; TypeError if they do not fit, before anything is looked at."""
    try:
        bound = operation.bind(args, kwargs)
    except TypeError as error:
        raise _mismatch(operation, args, {**kwargs, "out": out}) or _explain(operation, args, kwargs, error) from None
    if isinstance(out, (tuple, list)) and not hasattr(return_types, operation.name):
        raise TypeError(f"{operation.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    return bound


def _run_out(operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    args, kwargs = _normalise(operation, args, kwargs)
    if len(args) > len(operation.positional):
        args, kwargs = _rearranged(operation, args, kwargs) or (args, kwargs)
    bound = _bind_out(operation, args, kwargs, out)
    outs = out if isinstance(out, (tuple, list)) else (out,)
    for tensor in outs:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{operation.name}(): argument 'out' must be Tensor, not {type(tensor).__name__}")
    if modes.grad and (_any_requires_grad(args) or _any_requires_grad(kwargs.values()) or _any_requires_grad(outs)):
        raise RuntimeError(f"{operation.name}(): functions with out=... arguments don't support automatic differentiation, "
                           "but one of the arguments requires grad.")
    try:
        result = operation.out(operation.function, args, kwargs, outs) if operation.out else operation.function(*args, **kwargs)
    except Exception as error:
        known = None if getattr(operation.out, "checks_arguments", False) else _mismatch(operation, args, {**kwargs, "out": out})
        if known is not None:
            raise known from None
        _report_first(error, outs[0], args)
        raise
    results = result if isinstance(result, (tuple, list)) else (result,)
    inputs = args
    if operation.apart:  # what could be done in place may be written over its first input
        inputs = [value for name, value in bound.items() if name != operation.positional[0] or "inplace" not in operation.forms]
    for source, target in zip(results, outs):
        store_out(source, target, inputs, operation.apart)
    if not isinstance(result, tuple):
        return out
    return getattr(return_types, type(result).__name__ + "_out", type(result))(outs)


def store_out(source: Tensor, target: Tensor, inputs: Sequence[Any] = (), apart: bool = False) -> None:
    """Store a result in a tensor given as ``out=``, which takes the result's shape if it has another."""
    if source._view.dtype is not target._view.dtype:
        _check_cast(source._view.dtype, target._view.dtype)
    if target._view.shape != source._view.shape:
        resize_output(target, source._view.shape, source._view.strides)
    refuse_overlap(target, inputs, apart)
    write_result(source, target)
    graph.version_counter(target)[0] += 1


def resize_output(out: Tensor, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
    """Give ``out`` another shape and the strides of the result, growing its storage if need be; warn if it held elements."""
    view = out._view
    if view.numel:
        import warnings

        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(view.shape)}, which does not match the required "
            f"output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless "
            "they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
            stacklevel=4,
        )
    nbytes = storage_extent(shape, strides, view.offset) * view.dtype.itemsize
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    out._view = View(view.storage, view.offset, shape, strides, view.dtype)


# -- attaching to the Tensor class, and the public names --------------------------------------------

_commutative = frozenset(("add", "mul", "and", "or", "xor"))
_in_place_operators = frozenset(("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift", "matmul"))
_unary = frozenset(("neg", "pos", "invert", "abs"))


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
    method = _make_call(operation, method=True)
    method.__name__ = method.__qualname__ = operation.name
    method.__doc__, method.__module__ = operation.body.__doc__, operation.body.__module__
    method.operation = operation
    return method  # type: ignore[no-any-return]


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
            return _run_inplace(operation, self, (other,), {}) if _is_operand(other) else NotImplemented

        setattr(Tensor, f"__i{symbol}__", in_place)


def _is_operand(other: Any) -> bool:
    return isinstance(other, (Tensor, bool, int, float, complex)) or is_numpy_scalar(other)


def is_numpy_scalar(value: Any) -> bool:
    """Whether the value is a scalar of NumPy's, which is a number to torch; without importing NumPy."""
    if type(value).__module__ != "numpy" or hasattr(value, "__array_finalize__"):
        return False
    return hasattr(value, "dtype") and value.dtype.kind in "biufc"


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
            from .arguments import mismatch_of_function  # read by the first such error

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
