"""Custom functions: a forward and a backward of your own, as one node of the tape."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any, Sequence

from ..tensor import Tensor
from .in_place import check_inplace, count_write, put_in_graph, rebase_history
from .modes import modes
from .nodes import Edge, Node, output_metadata, zeros_of
from .saving import FREED_MESSAGE, kept
from .views import CUSTOM_FUNCTION, SEVERAL_OUTPUTS, edge

__all__ = ["BackwardCFunction", "Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What ``forward`` tells about itself, and leaves for ``backward``."""

    to_save: Any
    saved_for_forward: Any = None
    dirty_tensors: Any
    non_differentiable: Any

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs for the backward pass; in ``backward`` they are ``ctx.saved_tensors``."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``, in which they are ``ctx.saved_tensors``."""
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Say which inputs ``forward`` changed in place."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (the default) or None for outputs that were not used."""
        self._materialize = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of a call of a custom function, which is also its ``ctx``."""

    _forward_cls: Any

    def __init__(self, args: tuple[Any, ...]) -> None:
        tensors = [x for x in args if isinstance(x, Tensor)]
        self.needs_input_grad = tuple(isinstance(x, Tensor) and x.requires_grad for x in args)
        self.requires_grad = modes.grad and any(self.needs_input_grad)
        edges: list[Edge | None] = [edge(x) for x in tensors] if self.requires_grad else []
        super().__init__(edges)
        self.to_save = self.dirty_tensors = self.non_differentiable = None
        self._are_tensors = tuple(isinstance(x, Tensor) for x in args)
        self._materialize = True
        self._saved: list[Any] | None = []

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``forward`` saved; RuntimeError after it was freed or written in place."""
        if self.saved_for_forward is not None:
            return self.saved_for_forward  # type: ignore[no-any-return]
        if self._saved is None:
            raise RuntimeError(FREED_MESSAGE)
        return tuple(None if s is None else s.unpack(self) for s in self._saved)

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        if self._materialize:
            grads = [zeros_of(m) if g is None and m is not None else g for g, m in zip(grads, self.outputs)]
        results = self._forward_cls.backward(self, *grads)
        if not isinstance(results, tuple):
            results = (results,)
        count = len(self._are_tensors)
        if len(results) > count and all(r is None for r in results[count:]):
            results = results[:count]
        if len(results) != count:
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(results)})")
        fitted: list[Any] = []
        for i, (value, is_tensor) in enumerate(zip(results, self._are_tensors)):
            if not is_tensor:
                if value is not None:
                    raise RuntimeError(f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                                       "corresponding forward input was not a Variable")
                continue
            if value is not None and not isinstance(value, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(value).__name__})")
            fitted.append(value)
        return fitted

    def release(self) -> None:
        self._saved = None

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{self.name()} object at {id(self):#x}>"

    # -- after forward ---------------------------------------------------------------------------
    def finish(self, args: tuple[Any, ...], result: Any) -> Any:
        """The outputs of ``forward`` as outputs of this node; what was to be saved is."""
        outputs = result if isinstance(result, tuple) else (result,)
        dirty = self.dirty_tensors or ()
        for tensor in dirty:
            count_write(tensor)
        if any(not any(tensor is output for output in outputs) for tensor in dirty):
            raise RuntimeError("Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified "
                               "inplace must all be outputs of the Function.")
        final = [self._output(output, args, dirty) if isinstance(output, Tensor) else self._no_tensor(output) for output in outputs]
        if self.requires_grad:
            if sum(metadata is not None for metadata in self.outputs) > 1:
                for output in final:
                    if isinstance(output, Tensor) and output._base is not None:
                        output._creation = SEVERAL_OUTPUTS
            self._saved = [kept(t, t._grad_fn is self) if t is not None else None for t in self.to_save or ()]
        self.to_save = self.dirty_tensors = self.non_differentiable = None
        return tuple(final) if isinstance(result, tuple) else final[0]

    def _no_tensor(self, value: Any) -> Any:
        self.outputs.append(None)
        return value

    def _output(self, tensor: Tensor, args: tuple[Any, ...], dirty: tuple[Any, ...]) -> Tensor:
        is_input = any(tensor is x for x in args)
        is_written = any(tensor is x for x in dirty)
        has_gradient = self.requires_grad and tensor._view.dtype.category > 1 and not any(tensor is x for x in self.non_differentiable or ())
        output_nr = len(self.outputs)
        if not has_gradient:
            self.outputs.append(None)
            if not tensor.requires_grad:
                tensor = _as_view(tensor) if is_input and not is_written else tensor
            elif is_input:
                tensor = tensor.detach()
            elif tensor._base is None:
                tensor.detach_()
        elif is_written:
            if tensor.is_leaf and tensor.requires_grad:
                raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
            if not is_input:
                warnings.warn("Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, there is no need to pass it "
                              "to mark_dirty().", stacklevel=5)
            check_inplace(tensor)
            tensor._grad = None
            rebase_history(tensor, self, output_nr)
        else:
            self.outputs.append(output_metadata(tensor))
            if is_input:
                tensor = _as_view(tensor)
            put_in_graph(tensor, self, output_nr)
        if tensor._base is not None and not (is_input and is_written):
            tensor._creation = CUSTOM_FUNCTION
        return tensor


def _as_view(tensor: Tensor) -> Tensor:
    previous, modes.grad = modes.grad, False
    try:
        return tensor.view(tensor.shape)  # type: ignore[no-any-return]
    finally:
        modes.grad = previous


def once_differentiable(backward: Any) -> Any:
    """Decorate a ``backward`` that computes outside of the graph: to differentiate its results again is a RuntimeError."""
    from functools import wraps

    @wraps(backward)
    def outside(ctx: Any, *grads: Any) -> Any:
        previous = modes.grad
        modes.grad = False
        try:
            found = backward(ctx, *grads)
        finally:
            modes.grad = previous
        if not previous or not any(isinstance(grad, Tensor) and grad.requires_grad for grad in grads):
            return found
        refused = [_Refused.apply(grad.detach().requires_grad_()) if isinstance(grad, Tensor) else grad for grad in _several(found)]
        return tuple(refused) if isinstance(found, tuple) else refused[0]

    return outside


def _several(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


class Function:
    """Subclass it with static methods ``forward`` and ``backward``, and call ``apply``.

    ``forward(ctx, *args)`` computes outputs from tensors (or ``forward(*args)`` with a separate ``setup_context(ctx, inputs, output)``);
    ``backward(ctx, *grads)`` returns one gradient, or None, for each argument of ``forward``. ``ctx`` is the node of the call: the
    ``grad_fn`` of the outputs.
    """

    _backward_cls: type[BackwardCFunction]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke them on "
                      "the class itself. Instantiating an autograd function will raise an error in a future version of PyTorch.",
                      DeprecationWarning, stacklevel=2)  # fmt: skip

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._backward_cls = type(cls.__name__ + "Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": BackwardCFunction.__module__})

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.")

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
                           "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` outside of the graph, and put the call on the tape as one node."""
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args = _with_defaults(cls.forward, args, kwargs)
        elif kwargs:
            args = _positional(cls.forward, args, kwargs)
        ctx = cls._backward_cls(args)
        previous = modes.grad
        modes.grad = False
        try:
            with nullcontext() if modes.dual is None else modes.dual.aside():
                if separate:
                    result = cls.forward(*args)
                    cls.setup_context(ctx, args, result)
                else:
                    result = cls.forward(ctx, *args)
        finally:
            modes.grad = previous
        made = ctx.finish(args, result)
        if modes.dual is not None:
            modes.dual.apply(cls, ctx, args, made)
        ctx.saved_for_forward = None
        return made


def _with_defaults(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    import inspect

    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


def _positional(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a ``forward`` that takes a context with the keywords put in their places."""
    code = forward.__code__
    names = code.co_varnames[1 : code.co_argcount]
    for name in kwargs:
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if name in names[: len(args)]:
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    last = max(names.index(name) for name in kwargs)
    values = list(args)
    for position in range(len(args), last + 1):
        if names[position] not in kwargs:
            raise TypeError(f"forward() missing required argument: '{names[position]}' (position {position})")
        values.append(kwargs[names[position]])
    return tuple(values)


class _Refused(Function):
    """A gradient that cannot be differentiated."""

    @staticmethod
    def forward(ctx: Any, grad: Any) -> Any:
        return grad.clone()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
