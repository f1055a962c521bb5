"""Products with Jacobians and Hessians of functions of tensors, and the matrices themselves.

A function takes tensors and returns a tensor, or a tuple of them; what is said of ``inputs`` holds for one tensor and for a tuple. Results are
outside of the graph unless ``create_graph``. With ``strict`` an input that the output does not depend on is a RuntimeError, otherwise its part is 0.
``vectorize`` and ``strategy`` choose among torch's implementations and change nothing here.
"""

from __future__ import annotations

from typing import Any, Callable

from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Function = Callable[..., Any]


def _tuple(values: Any, what: str, function: str) -> tuple[tuple[Any, ...], bool]:
    """Tensors as a tuple, and whether they were one."""
    several = isinstance(values, tuple)
    members = values if several else (values,)
    for i, value in enumerate(members):
        if not isinstance(value, Tensor):
            if several:
                raise TypeError(f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the value at index {i} has type "
                                f"{type(value)}.")
            raise TypeError(f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the given {what} has type "
                            f"{type(value)}.")
    return members, several


def _prepared(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """Inputs to differentiate by: views of those that have a graph, if that is to go on, else leaves."""
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(True) for x in inputs)


def _called(function: Function, inputs: tuple[Any, ...], name: str) -> tuple[tuple[Any, ...], bool]:
    return _tuple(function(*inputs), "outputs of the user-provided function", name)


def _gradients(outputs: tuple[Any, ...], inputs: tuple[Any, ...], weights: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """The gradients of the outputs that have a graph; None of the inputs that none depends on."""
    pairs = [(o, w) for o, w in zip(outputs, weights) if o is not None and o.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    return tuple(grad([o for o, _ in pairs], list(inputs), [w for _, w in pairs], allow_unused=True, create_graph=create_graph, retain_graph=True))


def _filled(parts: tuple[Any, ...], like: tuple[Any, ...], strict: bool, said: str) -> tuple[Any, ...]:
    """Zeros in the place of what does not depend; RuntimeError if ``strict``."""
    if strict and any(part is None for part in parts):
        index = next(i for i, part in enumerate(parts) if part is None)
        raise RuntimeError(said.format(index))
    return tuple(x.new_zeros(x.shape) if part is None else part for part, x in zip(parts, like))


def _result(parts: tuple[Any, ...], several: bool, create_graph: bool) -> Any:
    kept = parts if create_graph else tuple(part.detach() for part in parts)
    return kept if several else kept[0]


def _weights(v: Any, like: tuple[Any, ...], several: bool, what: str, name: str) -> tuple[Any, ...]:
    """``v``, which has the shapes of ``like``; ones if it is not given and ``like`` is a single number."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            source = "user-provided function returns" if what == "output" else "input to the user-provided function is"
            raise RuntimeError(f"The vector v can only be None if the {source} a single Tensor with a single element.")
        return (like[0].new_ones(like[0].shape),)
    members, _ = _tuple(v, "v", name)
    if not several and len(members) != 1:
        raise RuntimeError("The given v should contain a single Tensor.")
    if len(members) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(members)}.")
    for i, (member, wanted) in enumerate(zip(members, like)):
        if member.shape != wanted.shape:
            raise RuntimeError(f"{f'Entry {i} in ' if several else ''}v has invalid size: should be {wanted.size()} but got {member.size()}.")
    return tuple(member.detach() for member in members)


_UNUSED = "Output of the user-provided function is independent of input {}. This is not allowed in strict mode."


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """The outputs, and ``v`` times the Jacobian: one part for each input. ``v`` has the outputs' shapes; it may be left out for one number."""
    with enable_grad():
        given, several = _tuple(inputs, "inputs", "vjp")
        xs = _prepared(given, create_graph)
        outputs, many = _called(func, xs, "vjp")
        weights = _weights(v, outputs, many, "output", "vjp")
        parts = _filled(_gradients(outputs, xs, weights, create_graph), xs, strict, _UNUSED)
    return _result(outputs, many, create_graph), _result(parts, several, create_graph)


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times ``v``: one part for each output. ``v`` has the inputs' shapes; it may be left out for one number."""
    with enable_grad():
        given, several = _tuple(inputs, "inputs", "jvp")
        xs = _prepared(given, create_graph)
        weights = _weights(v, xs, several, "input", "jvp")
        outputs, many = _called(func, xs, "jvp")
        parts = _filled(_along(outputs, xs, weights, create_graph), outputs, strict, _UNUSED)
    return _result(outputs, many, create_graph), _result(parts, many, create_graph)


def _along(outputs: tuple[Any, ...], xs: tuple[Any, ...], direction: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """The derivative of outputs along a direction: that of ``w J`` by w, at any w."""
    w = tuple(o.new_zeros(o.shape).requires_grad_(True) for o in outputs)
    back = _gradients(outputs, xs, w, True)
    return _gradients(back, w, direction, create_graph)


def jacobian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:
    """The derivative of each element of each output by each element of each input: of shape (output, input), in tuples where there are several."""
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than inputs, '
                             '"forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".')
    with enable_grad():
        given, several = _tuple(inputs, "inputs", "jacobian")
        xs = _prepared(given, create_graph)
        outputs, many = _called(func, xs, "jacobian")
        rows = []
        for output in outputs:
            tables = [x.new_zeros((output.numel(), *x.shape)) for x in xs]
            for i, element in enumerate(output.reshape(-1)):
                parts = _filled(_gradients((element,), xs, (element.new_ones(()),), create_graph), xs, strict, _UNUSED)
                for table, part in zip(tables, parts):
                    table[i] = part
            rows.append(tuple(table.view(output.size() + x.size()) for table, x in zip(tables, xs)))
    kept = [tuple(part if create_graph else part.detach() for part in row) for row in rows]
    by_input = [row if several else row[0] for row in kept]
    return tuple(by_input) if many else by_input[0]


def _one_number(outputs: tuple[Any, ...], many: bool, name: str) -> Any:
    if many or len(outputs) != 1:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return outputs[0].squeeze()


def hessian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The second derivatives of a function that returns one number: of shape (input, input), in tuples of tuples where there are several."""
    given, several = _tuple(inputs, "inputs", "hessian")

    def slope(*xs: Any) -> Any:
        outputs, many = _called(func, xs, "hessian")
        parts = _filled(_gradients((_one_number(outputs, many, "hessian"),), xs, (outputs[0].new_ones(()),), True), xs, strict, _UNUSED)
        return parts if several else parts[0]

    return jacobian(slope, inputs, create_graph, strict)


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """The output, one number, and ``v`` times the Hessian."""
    return _with_hessian(func, inputs, v, create_graph, strict, "vhp", False)


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """The output, one number, and the Hessian times ``v``."""
    return _with_hessian(func, inputs, v, create_graph, strict, "hvp", True)


def _with_hessian(func: Function, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str, from_the_right: bool) -> tuple[Any, Any]:
    with enable_grad():
        given, several = _tuple(inputs, "inputs", name)
        xs = _prepared(given, create_graph)
        weights = _weights(v, xs, several, "input", name)
        outputs, many = _called(func, xs, name)
        value = _one_number(outputs, many, name)
        slopes = _filled(_gradients((value,), xs, (value.new_ones(()),), True), xs, strict, _UNUSED)
        if from_the_right:
            w = tuple(x.new_zeros(x.shape).requires_grad_(True) for x in xs)
            parts = _gradients(_gradients(slopes, xs, w, True), w, weights, create_graph)
        else:
            parts = _gradients(slopes, xs, weights, create_graph)
        parts = _filled(parts, xs, strict, _UNUSED)
    return _result(outputs, many, create_graph), _result(parts, several, create_graph)
