"""Custom functions: a forward and a backward of your own, as one node of the tape."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import graph
from .modes import modes


class FunctionContext:
    """What ``forward`` leaves for ``backward``."""

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._materialize = True
        self._node: _FunctionNode | None = None
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs for the backward pass; in ``backward`` they are ``ctx.saved_tensors``."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(f"save_for_backward can only save variables, but argument {tensors.index(tensor)} is of type {type(tensor).__name__}")
        self._to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs ``forward`` changed in place."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (the default) or None for outputs that were not used."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        node = self._node
        if node is None:
            return tuple(self._to_save)
        if node.saved is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
                "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True "
                "if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.")
        return tuple(s.unpack(node) if isinstance(s, graph.Saved) else s for s in node.saved)


class _FunctionNode(graph.Node):
    __slots__ = ("function", "context", "saved", "sources")

    def __init__(self, function: Any, context: FunctionContext, inputs: tuple[Any, ...]) -> None:
        super().__init__([graph.edge(x) if isinstance(x, Tensor) and x.requires_grad else None for x in inputs])
        self.function = function
        self.context = context
        self.saved: list[Any] | None = []
        self.sources = [(x._view.shape, x._view.dtype) if isinstance(x, Tensor) else None for x in inputs]

    def name(self) -> str:
        return self.function.__name__ + "Backward"

    def apply(self, grads: list[Any]) -> list[Any]:
        if self.context._materialize:
            grads = [graph.zeros_of(m) if g is None else g for g, m in zip(grads, self.outputs)]
        results = self.function.backward(self.context, *grads)
        if not isinstance(results, tuple):
            results = (results,)
        count = len(self.edges)
        if len(results) > count and all(r is None for r in results[count:]):
            results = results[:count]
        if len(results) != count:
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(results)})")
        fitted: list[Any] = []
        for i, (value, source, target) in enumerate(zip(results, self.sources, self.edges)):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"expected Variable or None (got {type(value).__name__})")
            if value is None or source is None or target is None:
                fitted.append(None)
                continue
            shape, dtype = source
            if value._view.shape != shape and not _expands(shape, value._view.shape):
                raise RuntimeError(f"Function {self.name()} returned an invalid gradient at index {i} - got {list(value.shape)} but "
                                   f"expected shape compatible with {list(shape)}")
            fitted.append(graph.fit(value, shape, dtype))
        return fitted

    def release(self) -> None:
        self.saved = None


def _expands(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    lead = len(large) - len(small)
    return lead >= 0 and all(a == b or a == 1 for a, b in zip(small, large[lead:]))


def once_differentiable(backward: Any) -> Any:
    """Decorate a ``backward`` that computes outside of the graph: its results cannot be differentiated again."""
    from functools import wraps

    @wraps(backward)
    def outside(ctx: Any, *grads: Any) -> Any:
        previous = modes.grad
        modes.grad = False
        try:
            return backward(ctx, *grads)
        finally:
            modes.grad = previous

    return outside


class Function:
    """Subclass it with static methods ``forward`` and ``backward``, and call ``apply``.

    ``forward(ctx, *args)`` computes outputs from tensors (or ``forward(*args)`` with a separate ``setup_context(ctx, inputs, output)``);
    ``backward(ctx, *grads)`` returns one gradient, or None, for each argument of ``forward``.
    """

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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
                           "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        context = FunctionContext()
        context.needs_input_grad = tuple(isinstance(x, Tensor) and x.requires_grad for x in args)
        track = modes.grad and any(context.needs_input_grad)
        previous = modes.grad
        modes.grad = False
        try:
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args)
                cls.setup_context(context, args, result)
            else:
                result = cls.forward(context, *args)
        finally:
            modes.grad = previous
        outputs = result if isinstance(result, tuple) else (result,)
        for dirty in context._dirty:
            if track:
                graph.check_inplace(dirty)
            graph.version_counter(dirty)[0] += 1
        if not track:
            return result
        node = _FunctionNode(cls, context, args)
        final: list[Any] = []
        for nr, output in enumerate(outputs):
            if not isinstance(output, Tensor):
                final.append(output)
                node.outputs.append(((), None, None))
                continue
            node.outputs.append(graph.output_metadata(output))
            unmarked = any(output is t for t in context._non_differentiable) or output._view.dtype.category < 2
            if unmarked:
                final.append(output)
                continue
            if any(output is t for t in context._dirty):
                graph.rebase_history(output, node)
            else:
                if any(output is t for t in args):
                    output = output.view(output.shape)
                output._requires_grad = True
                output._grad_fn = node
                output._output_nr = nr
            final.append(output)
        context._node = node
        node.saved = [graph.Saved(t, t._grad_fn is node) if isinstance(t, Tensor) else t for t in context._to_save]
        return tuple(final) if isinstance(result, tuple) else final[0]
