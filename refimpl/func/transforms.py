"""Functions of functions: derivatives of every order, Jacobians, Hessians.

A function takes tensors, or nested tuples, lists and dictionaries of them. ``argnums`` says by which arguments it is differentiated. Transforms can
be applied to what transforms return: ``grad(grad(f))``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..autograd.engine import grad as gradients
from ..autograd.modes import enable_grad
from ..ops.creation.like_another import zeros_like
from ..ops.joining.joining import stack
from ..random import get_rng_state
from ..tensor import Tensor
from .mapping import plain, refuse_randomness
from .trees import leaves, map_tree

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp"]

Argnums = int | tuple[int, ...]


def _fresh(tensor: Any) -> Any:
    """A tensor to differentiate by: a view of one that has a graph, so that outer derivatives go through it, else a leaf. It is of no subclass."""
    if not isinstance(tensor, Tensor):
        return tensor
    value: Any = plain(tensor)
    return value.view_as(value) if value.requires_grad else value.detach().requires_grad_(True)


def _outside(tensor: Any, inner: set[int]) -> Any:
    """The tensor without its graph, unless that reaches more than the leaves that were made here."""
    if not isinstance(tensor, Tensor) or tensor.grad_fn is None:
        return tensor.detach() if isinstance(tensor, Tensor) and id(tensor) in inner else tensor
    waiting, seen = [tensor.grad_fn], set()
    while waiting:
        node: Any = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in inner:
            return tensor
        waiting += [child for child, _ in node.next_functions]
    return tensor.detach()


def _beside(aux: Any, inner: set[int]) -> Any:
    """What a function returns beside its value, without its graph; RuntimeError for a leaf of the tree that is no tensor."""
    _tensors(aux, "Expected tensors, got unsupported type {}")
    return map_tree(lambda t: _outside(t, inner), aux)


def _numbers(args: tuple[Any, ...], argnums: Argnums) -> tuple[int, ...]:
    """The places of the arguments by which a function is differentiated."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise RuntimeError(f"Got argnum={number}, but only {len(args)} positional inputs")
    return tuple(number % len(args) for number in numbers)


def _split(args: tuple[Any, ...], argnums: Argnums) -> tuple[list[Any], tuple[int, ...]]:
    numbers = _numbers(args, argnums)
    return [map_tree(_fresh, arg) if i in numbers else arg for i, arg in enumerate(args)], numbers


_ARGUMENT = "Thing passed to transform API must be Tensor, got {}"
_OUTPUT = "{}: expected f(*primals) to return only tensors, got unsupported type {{}}"
_OF_VJP, _OF_JVP = _OUTPUT.format("vjp(f, *primals)"), _OUTPUT.format("jvp(f, primals, tangents)")


def _tensors(tree: Any, refusal: str, error: type[Exception] = RuntimeError) -> list[Any]:
    """The leaves of a tree; the refusal, a template of the type, if one of them is no tensor."""
    found = list(leaves(tree))
    for leaf in found:
        if not isinstance(leaf, Tensor):
            raise error(refusal.format(type(leaf)))
    return found


def _differentiable(what: str, tensors: list[Any]) -> None:
    """ValueError for a tensor that has no derivative along a direction, nor is one."""
    for tensor in tensors:
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {tensor.dtype}")


def _inner(xs: list[Any]) -> set[int]:
    return {id(x) for x in xs if x.grad_fn is None}


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of ``func`` and its value, a 0-d tensor (RuntimeError otherwise).

    With ``has_aux`` ``func`` returns a pair, and so is the value.
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            made, numbers = _split(args, argnums)
            xs = [x for i in numbers for x in _tensors(made[i], _ARGUMENT, ValueError)]
            output = func(*made, **kwargs)
            aux = None
            if has_aux:
                if not isinstance(output, tuple) or len(output) != 2:
                    raise RuntimeError("grad_and_value(f)(*args): output of function f should be a tuple: (output, aux) if has_aux is True")
                output, aux = output
            if not isinstance(output, Tensor):
                raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(output)}")
            value: Any = output
            if value.dim() != 0:
                raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {value.dim()} dims. "
                                   "Maybe you wanted to use the vjp or jacrev APIs instead?")
            parts = gradients([value], xs, create_graph=True, allow_unused=True) if value.requires_grad else [None] * len(xs)
            inner = _inner(xs)
            found = iter([_outside(zeros_like(x) if part is None else part, inner) for x, part in zip(xs, parts)])
            by_argument = [map_tree(lambda _: next(found), made[i]) for i in numbers]
        slopes = by_argument[0] if isinstance(argnums, int) else tuple(by_argument)
        value = _outside(value, inner)
        return (slopes, (value, _beside(aux, inner))) if has_aux else (slopes, value)

    return wrapper


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of ``func``, which returns a 0-d tensor (RuntimeError otherwise), or with ``has_aux`` a pair."""
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        slopes, value = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """``func(*primals)``, and the function that multiplies a tree of the outputs' form by the Jacobian: one part for each primal."""
    with enable_grad():
        made = [map_tree(_fresh, primal) for primal in primals]
        xs = _tensors(made, _ARGUMENT, ValueError)
        output = func(*made)
        output, aux = output if has_aux else (output, None)
        ys = _tensors(output, _OF_VJP)
        for y in ys:
            if not (y.is_floating_point() or y.is_complex()):
                raise RuntimeError(f"vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype {y.dtype}")
    inner = _inner(xs)

    def product(*cotangents: Any) -> tuple[Any, ...]:
        weights = _tensors(cotangents[0] if len(cotangents) == 1 else cotangents, "gradients can be either Tensors or None, but got {0.__name__}",
                           TypeError)
        pairs = [(y, w) for y, w in zip(ys, weights) if y.requires_grad]
        with enable_grad():
            parts: Any = [None] * len(xs)
            if pairs:
                parts = gradients([y for y, _ in pairs], xs, [w for _, w in pairs], create_graph=True, retain_graph=True, allow_unused=True)
            found = iter([_outside(zeros_like(x) if part is None else part, inner) for x, part in zip(xs, parts)])
            return tuple(map_tree(lambda _: next(found), primal) for primal in made)

    outside = map_tree(lambda t: _outside(t, inner), output)
    return (outside, product, _beside(aux, inner)) if has_aux else (outside, product)


def jvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], *, strict: bool = False, has_aux: bool = False) -> tuple[Any,
        ...]:
    """``func(*primals)``, and the Jacobian times ``tangents``: the derivative along them, a tree of the outputs' form."""
    if not isinstance(primals, tuple):
        raise RuntimeError("jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    with enable_grad():
        for what, tree in (("primal", primals), ("tangent", tangents)):
            _differentiable(what, [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)])
        made = [map_tree(_fresh, primal) for primal in primals]
        xs, directions = (_tensors(tree, f"jvp(f, primals, tangents): Expected {what} to only contain Tensors, got {{}}")
                          for tree, what in ((made, "primals"), (tangents, "tangents")))
        if len(xs) != len(directions):
            raise RuntimeError("jvp(f, primals, tangents): Expected primals and tangents to have the same python structure. For example, if "
                               "primals is "
                               "a tuple of 3 tensors, tangents also must be.")
        for x, direction in zip(xs, directions):
            if x.shape != direction.shape:
                raise RuntimeError("Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
                                   f"supported. Tensor is of size {list(x.shape)} while the given forward gradient is of size "
                                   f"{list(direction.shape)}.")
        output = func(*made)
        output, aux = output if has_aux else (output, None)
        inner = _inner(xs)
        found = iter([_outside(part, inner) for part in _pushforward(_tensors(output, _OF_JVP), xs)(directions)])
        tangent = map_tree(lambda _: next(found), output)
    outside = map_tree(lambda t: _outside(t, inner), output)
    return (outside, tangent, _beside(aux, inner)) if has_aux else (outside, tangent)


def _pushforward(ys: list[Any], xs: list[Any]) -> Callable[[list[Any]], list[Any]]:
    """The function of directions that returns the derivatives of the ``ys`` along them: those of ``w J`` by w, at w = 0."""
    w = [zeros_like(y).requires_grad_(y.is_floating_point() or y.is_complex()) for y in ys]
    pairs = [(y, each) for y, each in zip(ys, w) if y.requires_grad]
    back: Any = [None] * len(xs)
    if pairs:
        back = gradients([y for y, _ in pairs], xs, [each for _, each in pairs], create_graph=True, retain_graph=True, allow_unused=True)

    def along(directions: list[Any]) -> list[Any]:
        used = [(b, d) for b, d in zip(back, directions) if b is not None and b.requires_grad]
        parts: Any = [None] * len(w)
        if used:
            parts = gradients([b for b, _ in used], [each for each in w if each.requires_grad], [d for _, d in used],
                              create_graph=True, retain_graph=True, allow_unused=True)
            found = iter(parts)
            parts = [next(found) if each.requires_grad else None for each in w]
        return [zeros_like(y) if part is None else part for y, part in zip(ys, parts)]

    return along


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """``func(*primals)``, and the linear function of tangents that approximates it there."""
    return func(*primals), lambda *tangents: jvp(func, primals, tangents)[1]


def jacrev(func: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None,
           _preallocate_and_copy: bool = False) -> Callable[..., Any]:
    """The function that returns the Jacobian: for each output and argument a tensor of shape (output, argument), row after row."""

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _, numbers = _split(args, argnums)

        def of_these(*chosen: Any) -> Any:
            full = list(args)
            for i, value in zip(numbers, chosen):
                full[i] = value
            return func(*full, **kwargs)

        chosen = [args[i] for i in numbers]
        _all_real("jacrev", "input", _tensors(chosen, _ARGUMENT, ValueError))
        output, product, *more = vjp(of_these, *chosen, has_aux=has_aux)
        ys = _tensors(output, _OF_VJP)
        _all_real("jacrev", "output", ys)

        def rows(which: int) -> Any:
            """The parts for each element of one output."""
            found = []
            for element in range(ys[which].numel()):
                weights = [zeros_like(y) for y in ys]
                weights[which].view(-1)[element] = 1
                each = iter(weights)
                found.append(product(map_tree(lambda _: next(each), output)))  # noqa: B023
            columns = zip(*[list(leaves(row)) for row in found])
            made = iter([stack(list(column)).view(ys[which].shape + column[0].shape) for column in columns])
            by_argument = [map_tree(lambda _: next(made), args[i]) for i in numbers]
            return by_argument[0] if isinstance(argnums, int) else tuple(by_argument)

        which = iter(range(len(ys)))
        result = map_tree(lambda _: rows(next(which)), output)
        return (result, more[0]) if has_aux else result

    return wrapper


def jacfwd(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error") -> Callable[..., Any]:
    """The function that returns the Jacobian, for each output and argument a tensor of shape (output, argument), column after column: the derivatives
    along the axes of the arguments.

    ``randomness`` is that of :func:`vmap`; the function is called once.
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        state = get_rng_state()
        with enable_grad():
            _differentiable("primal", [x for i in _numbers(args, argnums) for x in _tensors(args[i], _ARGUMENT, ValueError)])
            made, numbers = _split(args, argnums)
            xs = [x for i in numbers for x in _tensors(made[i], _ARGUMENT, ValueError)]
            _all_real("jacfwd", "input", xs)
            output = func(*made, **kwargs)
            if randomness == "error":
                refuse_randomness(state)
            if has_aux and not (isinstance(output, tuple) and len(output) == 2):
                raise RuntimeError("jvp(f, primals, tangents): output of function f should be a tuple: (output, aux) if has_aux is True")
            output, aux = output if has_aux else (output, None)
            ys = _tensors(output, _OF_JVP)
            _all_real("jacfwd", "output", ys)
            along, inner = _pushforward(ys, xs), _inner(xs)
            by_input = []
            for which, x in enumerate(xs):
                columns = []
                for element in range(x.numel()):
                    directions = [each.new_zeros(each.shape) for each in xs]  # in row-major order, whatever the strides
                    directions[which].view(-1)[element] = 1
                    columns.append([_outside(part, inner) for part in along(directions)])
                by_input.append([stack([column[k] for column in columns], -1).view(y.shape + x.shape) if columns else y.new_empty(y.shape + x.shape)
                                 for k, y in enumerate(ys)])
            which_output = iter(range(len(ys)))

            def of_output(_: Any) -> Any:
                k = next(which_output)
                parts = iter([jacobians[k] for jacobians in by_input])
                by_argument = [map_tree(lambda _: next(parts), args[i]) for i in numbers]
                return by_argument[0] if isinstance(argnums, int) else tuple(by_argument)

            result = map_tree(of_output, output)
        return (result, _beside(aux, inner)) if has_aux else result

    return wrapper


def _all_real(name: str, what: str, tensors: list[Any]) -> None:
    """RuntimeError for a complex tensor, whose Jacobian is not one of complex numbers."""
    for i, tensor in enumerate(tensors):
        if tensor.is_complex():
            raise RuntimeError(f"{name}: Expected all {what}s to be real but received complex tensor at flattened input idx: {i}")


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that returns the Jacobian of the Jacobian."""
    return jacfwd(jacrev(func, argnums), argnums)


