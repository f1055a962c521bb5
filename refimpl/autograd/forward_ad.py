"""Forward-mode differentiation (``torch.autograd.forward_ad``): tensors that carry a tangent, and calls that carry it on.

Within a :class:`dual_level` each call of an operation with a dual tensor is asked for its derivative along the tangents: the gradient of the call is
a linear function of the cotangent, and the gradient of that function, at the tangents, is the tangent of the result. So every operation that can be
differentiated twice backwards can be differentiated forwards. A view of a dual tensor has the same view of its tangent, and an in-place write
writes the tangent as well.

>>> with autograd.forward_ad.dual_level():
...     x = autograd.forward_ad.make_dual(tensor([1., 2.]), tensor([1., 0.]))
...     autograd.forward_ad.unpack_dual(x * x).tangent
tensor([2., 0.])
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple, Sequence

from ..random.generator import Generator, default_generator
from ..signatures.overriding import call_passing_over, seen_by, state, use
from ..tensor import Tensor
from .engine import grad
from .modes import enable_grad, modes, no_grad
from .operation_nodes import OperationNode
from .saving import Saved, version_counter

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """A tensor without its tangent, and the tangent; None if it has none."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Begin a level, in which tensors can have tangents: 0. RuntimeError within another one."""
    if modes.dual is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    modes.dual = _Level()
    use(1)
    state.modes.insert(0, modes.dual)  # below the modes of programs, which see the same calls as without it
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: no tensor has a tangent any more. RuntimeError if there is none, or another than ``level``."""
    if modes.dual is None:
        raise RuntimeError("Dual level must be a positive number.")
    if level not in (None, 0):
        raise RuntimeError(f"Trying to exit a dual level that was not the last one that was entered: {level}")
    state.modes.remove(modes.dual)
    modes.dual = None
    use(-1)


class dual_level:
    """A block within a level of its own."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A view of ``tensor`` that carries ``tangent``, which has the same shape.

    ValueError if one of them is neither floating point nor complex, RuntimeError for another shape and outside of a level.
    """
    if modes.dual is None:
        raise RuntimeError("Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first.")
    for name, given in (("primal", tensor), ("tangent", tangent)):
        if not (given.is_floating_point() or given.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {given.dtype}")
    if tangent.shape != tensor.shape:
        raise RuntimeError("Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. "
                           f"Tensor is of size {list(tensor.shape)} while the given forward gradient is of size {list(tangent.shape)}.")
    dual: Tensor = tensor.view_as(tensor)  # type: ignore[attr-defined]
    dual._tangent = modes.dual, tangent
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """A view of ``tensor`` without a tangent, and the tangent; the tensor itself and None outside of a level."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"_unpack_dual(): argument 'dual' (position 1) must be Tensor, not {type(tensor).__name__}")
    if modes.dual is None:
        return UnpackedDualTensor(tensor, None)
    tangent = tangent_of(tensor)
    with modes.dual.aside():
        primal: Tensor = tensor.view_as(tensor)  # type: ignore[attr-defined]
    primal._tangent = modes.dual, None
    return UnpackedDualTensor(primal, tangent)


def tangent_of(tensor: Tensor) -> Tensor | None:
    """The tangent of a tensor in the level that is open: its own, or, of a view, that part of its base's."""
    own = tensor._tangent
    if own is not None and own[0] is modes.dual:
        return own[1]  # type: ignore[no-any-return]
    base = tensor._base
    if base is None or base._tangent is None or base._tangent[0] is not modes.dual:
        return None
    view, whole = tensor._view, base._view
    with modes.dual.aside():
        return base._tangent[1].as_strided(view.shape, view.strides, view.offset - whole.offset)  # type: ignore[no-any-return]


class _Level:
    """A level: a mode that sees each call of an operation once, from outside."""

    tangent_of = staticmethod(tangent_of)

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        operation = _operation(func)
        duals = [each for each in _tensors((args, kwargs)) if tangent_of(each) is not None]
        if operation is None:
            if not hasattr(func, "__wrapped__"):
                return func(*args, **kwargs)
            with seen_by(self):  # for the operations that the function calls
                return func.__wrapped__(*args, **kwargs)
        if not duals or not operation.differentiable:
            return func(*args, **kwargs)
        if kwargs.get("out") is not None:
            raise NotImplementedError(f"Trying to use forward AD with {operation.name}_out that does not support it because it is an out= function")
        if not operation.gradients and operation.view is None and modes.grad and any(dual.requires_grad for dual in duals):
            with seen_by(self):  # what its operations keep for a backward pass has tangents as well
                return call_passing_over(func, args, kwargs)
        found = _Derivative(func, args, kwargs, duals)
        result = func(*args, **kwargs)
        found.give(result)
        return result

    def apply(self, function: Any, ctx: Any, args: tuple[Any, ...], result: Any) -> None:
        """Give the results of a custom function the tangents that its ``jvp`` makes of those of its arguments."""
        tangents = [tangent_of(each) if isinstance(each, Tensor) else None for each in args]
        if all(tangent is None for tangent in tangents):
            return
        if ctx._materialize:
            tangents = [each.detach().new_zeros(each.shape) if tangent is None and isinstance(each, Tensor) else tangent
                        for each, tangent in zip(args, tangents)]  # fmt: skip
        with self.aside():
            found = function.jvp(ctx, *tangents)
        for value, tangent in zip(_tensors(result), found if isinstance(found, tuple) else (found,)):
            if tangent is not None:
                value._tangent = self, tangent
                self.keep(value)

    def remember(self, tensor: Tensor, before: Tensor) -> None:
        """Give the copy of a tensor that is about to be written the tangent that this one has now."""
        tangent = tangent_of(tensor)
        if tangent is not None:
            with self.aside():
                before._tangent = self, tangent.clone()  # type: ignore[attr-defined]

    def keep(self, value: Tensor) -> None:
        """Give the copies of a result that its node keeps for the backward pass the tangent of the result, which that pass may carry on."""
        node: Any = value._grad_fn
        for saved in node.saved.values() if isinstance(node, OperationNode) else getattr(node, "_saved", None) or ():
            if isinstance(saved, Saved) and saved.tensor is not value and saved.tensor._view is value._view:
                saved.tensor._tangent = self, tangent_of(value)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A block whose calls nobody sees."""
        before = state.without_classes, state.without_modes
        state.without_classes = state.without_modes = True
        try:
            yield
        finally:
            state.without_classes, state.without_modes = before


def _operation(func: Any) -> Any:
    """The operation that a function, or the reading of a property, calls; None if it is none."""
    own = getattr(func, "operation", None)
    return own if own is not None else getattr(getattr(getattr(func, "__self__", None), "fget", None), "operation", None)


def _tensors(values: Any) -> Iterator[Tensor]:
    """The tensors in arguments, lists and tuples and keywords included."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (list, tuple)):
        for each in values:
            yield from _tensors(each)
    elif isinstance(values, dict):
        yield from _tensors(tuple(values.values()))


def _exchanged(values: Any, others: dict[int, Any]) -> Any:
    """The same arguments with other tensors."""
    if isinstance(values, Tensor):
        return others.get(id(values), values)
    if isinstance(values, (list, tuple)):
        parts = [_exchanged(each, others) for each in values]
        return parts if isinstance(values, list) else tuple(parts)
    if isinstance(values, dict):
        return {name: _exchanged(each, others) for name, each in values.items()}
    return values


@contextmanager
def _as_before(kwargs: dict[str, Any]) -> Iterator[None]:
    """A block after which the generators that a call draws from are where they were before."""
    generators = [default_generator, *(each for each in kwargs.values() if isinstance(each, Generator))]
    states = [each.get_state_bytes() for each in generators]
    try:
        yield
    finally:
        for each, before in zip(generators, states):
            each.set_state_bytes(before)


class _Derivative:
    """The derivative of a call along the tangents of its arguments: computed before the call, on copies, since that may write the first of them."""

    def __init__(self, func: Any, args: Any, kwargs: Any, duals: Sequence[Tensor]) -> None:
        self.func, self.args, self.kwargs = func, args, kwargs
        self.duals = {id(dual): tangent_of(dual) for dual in duals}
        again = modes.grad and any(each.requires_grad for each in (*_tensors((args, kwargs)), *_tensors(list(self.duals.values()))))
        with modes.dual.aside(), enable_grad(), _as_before(kwargs):
            primals = {id(dual): dual.view_as(dual) if dual.requires_grad else dual.detach().requires_grad_() for dual in duals}  # type: ignore[attr-defined]
            copies = {id(each): primals.get(id(each), each).clone() for each in _tensors((args, kwargs))}
            target = copies[id(args[0])].clone() if args and isinstance(args[0], Tensor) else None  # what may be written, apart from other operands
            first = _exchanged(args[:1], copies) if target is None else (target,)
            self.results = list(_tensors(func(*first, *_exchanged(args[1:], copies), **_exchanged(kwargs, copies))))
            self.written = target if target is not None and version_counter(target)[0] else None
            recorded = [output for output in dict.fromkeys((*self.results, self.written)) if output is not None and output.requires_grad]
            pushed = _pushed([primals[key] for key in self.duals], list(self.duals.values()), recorded, again)
            self.tangents = {id(output): tangent for output, tangent in zip(recorded, pushed)}

    def give(self, result: Any) -> None:
        """Give the results of the call, and what it has written, their tangents."""
        level = modes.dual
        with level.aside():
            for value, copy in zip(_tensors(result), self.results):
                if id(copy) in self.tangents and copy is not self.written:
                    value._tangent = level, self._of_view(value, copy)
                    level.keep(value)
            if self.written is not None and id(self.written) in self.tangents:
                if _operation(self.func).view is None:
                    _write(self.args[0], self.tangents[id(self.written)])
                    level.keep(self.args[0])
                else:  # it has become another view, as its tangent does
                    own = self.duals[id(self.args[0])]
                    self.args[0]._tangent = level, self.func(own.view_as(own), *self.args[1:], **self.kwargs)  # type: ignore[union-attr, arg-type]

    def _of_view(self, value: Tensor, copy: Tensor) -> Tensor:
        """The tangent of a result; of a view of a dual tensor the same view of that one's tangent, so that they share what is written."""
        if value._base is not None:
            source = next((each for each in _tensors(self.args) if each._view.storage is value._view.storage and id(each) in self.duals), None)
            if source is not None:
                viewed = self.func(*_exchanged(self.args, self.duals), **_exchanged(self.kwargs, self.duals))
                return list(_tensors(viewed))[[id(each) for each in self.results].index(id(copy))]
        return self.tangents[id(copy)]


def _pushed(primals: Sequence[Tensor], tangents: Sequence[Any], outputs: Sequence[Tensor], again: bool) -> Sequence[Tensor]:
    """The tangents of outputs, by two backward passes; ``again``: as parts of the graph. Any cotangents will do, but not zeros, of which a gradient
    may take the logarithm."""
    cotangents = [output.detach().new_ones(output.shape).requires_grad_() for output in outputs]
    pulled = grad(outputs, primals, cotangents, create_graph=True, materialize_grads=True) if outputs else ()
    reached = [(g, t.to(g.dtype)) for g, t in zip(pulled, tangents) if g.requires_grad]
    if not reached:
        return [output.detach().new_zeros(output.shape) for output in outputs]
    return grad([g for g, _ in reached], cotangents, [t for _, t in reached], create_graph=again, materialize_grads=True)


def _write(tensor: Tensor, tangent: Tensor) -> None:
    """Write the tangent of a tensor that was written; one that has none gets it, in that of its base if it is a view."""
    there = tangent_of(tensor)
    base = tensor._base
    if there is None and base is not None:
        base._tangent = modes.dual, base.detach().clone().zero_()  # type: ignore[attr-defined]
        there = tangent_of(tensor)
    if there is None or tangent.requires_grad:
        tensor._tangent = modes.dual, tangent
        return
    with no_grad():
        there.copy_(tangent)  # type: ignore[attr-defined]
