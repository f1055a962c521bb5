"""The tape: nodes, what they save, and how in-place writes change the graph."""

from __future__ import annotations

from itertools import count
from typing import Any, Callable, Sequence

from ..foundation.kernels import View
from ..foundation.layout import contiguous_strides, is_non_overlapping_and_dense
from ..tensor import Tensor, wrap

_sequence = count()
_new = object.__new__

Edge = tuple[Any, int]


def version_counter(tensor: Tensor) -> list[int]:
    """The counter that in-place writes increase; a base and its views share one."""
    found = tensor._counter
    if found is None:
        found = tensor._counter = [0]
    return found


def twin(tensor: Tensor, view: View) -> Tensor:
    """Another Tensor object at the same place in the graph, on other memory."""
    other = wrap(view)
    other._requires_grad = tensor.requires_grad
    other._grad_fn = tensor.grad_fn
    other._output_nr = tensor._output_nr
    if tensor._requires_grad and other._grad_fn is None:
        other._accumulator = edge(tensor)[0]
    return other


def edge(tensor: Tensor) -> Edge:
    """Where the gradient of ``tensor`` flows: (node, which output of the node)."""
    node = tensor.grad_fn
    if node is not None:
        return node, tensor._output_nr
    if tensor._accumulator is None:
        tensor._accumulator = AccumulateGrad(tensor)
    return tensor._accumulator, 0


class Handle:
    """What registering a hook returns; ``remove()`` unregisters it."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks = hooks
        self._hook = hook

    def remove(self) -> None:
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Node:
    """A step of the backward pass: from the cotangents of its outputs to those of its inputs.

    ``edges`` lead to the nodes of the inputs, None for an input that needs no gradient. ``outputs`` describes the recorded tensors
    (shape, dtype, kernels), for cotangents that are missing.
    """

    __slots__ = ("sequence", "edges", "outputs", "tensor_hooks", "retained", "pre_hooks", "post_hooks", "metadata", "__weakref__")

    def __init__(self, edges: list[Edge | None]) -> None:
        self.sequence = next(_sequence)
        self.edges = edges
        self.outputs: list[tuple[Any, ...]] = []
        self.tensor_hooks: dict[int, list[Any]] | None = None
        self.retained: dict[int, Any] | None = None
        self.pre_hooks: list[Any] | None = None
        self.post_hooks: list[Any] | None = None
        self.metadata: dict[str, Any] | None = None

    def name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, with the number of the output that each input is."""
        return tuple((None, 0) if e is None else e for e in self.edges)

    def __call__(self, *grads: Any) -> Any:
        results = self.apply(list(grads))
        return results[0] if len(results) == 1 else tuple(results)

    def apply(self, grads: list[Any]) -> list[Any]:
        """The cotangents of the inputs, one for each edge."""
        raise NotImplementedError(f"{self.name()} does not say how gradients flow")

    def release(self) -> None:
        """Forget what was saved."""

    def register_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node; a tuple that it returns replaces ``grad_inputs``."""
        if self.post_hooks is None:
            self.post_hooks = []
        self.post_hooks.append(hook)
        return Handle(self.post_hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(grad_outputs)`` before the node; a tuple that it returns replaces them."""
        if self.pre_hooks is None:
            self.pre_hooks = []
        self.pre_hooks.append(hook)
        return Handle(self.pre_hooks, hook)

    def register_tensor_hook(self, output_nr: int, hook: Any) -> Handle:
        if self.tensor_hooks is None:
            self.tensor_hooks = {}
        hooks = self.tensor_hooks.setdefault(output_nr, [])
        hooks.append(hook)
        return Handle(hooks, hook)

    def retain(self, tensor: Tensor) -> None:
        from weakref import ref

        if self.retained is None:
            self.retained = {}
        self.retained[tensor._output_nr] = ref(tensor)


class AccumulateGrad(Node):
    """The end of the tape at a leaf: adds the incoming gradient to the leaf's ``grad``."""

    __slots__ = ("variable", "post_accumulate_hooks")

    def __init__(self, variable: Tensor) -> None:
        super().__init__([])
        self.variable = variable
        self.outputs = [output_metadata(variable)]
        self.post_accumulate_hooks: list[Any] = []

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    def register_post_hook(self, hook: Any) -> Handle:
        self.post_accumulate_hooks.append(hook)
        return Handle(self.post_accumulate_hooks, hook)

    def apply(self, grads: list[Any]) -> list[Any]:
        from .modes import modes

        grad = grads[0]
        leaf = self.variable
        if grad is None:
            return []
        if leaf._grad is None:
            leaf._grad = _laid_out_like(leaf, grad)
        elif modes.grad:
            leaf._grad = leaf._grad + grad
        else:
            leaf._grad.add_(grad)
        for hook in tuple(self.post_accumulate_hooks):
            hook(leaf)
        return []


def _laid_out_like(leaf: Tensor, grad: Tensor) -> Tensor:
    """A copy of a gradient with its leaf's strides if those are dense, else contiguous; part of the graph if grad mode is on."""
    from .modes import modes

    view = leaf._view
    strides = view.strides if is_non_overlapping_and_dense(view.shape, view.strides) else contiguous_strides(view.shape)
    if modes.grad and grad.requires_grad:
        return grad if grad._view.strides == strides else grad.new_empty_strided(view.shape, strides).copy_(grad)
    copy = wrap(View(view.storage.kernels.allocate(view.numel * view.dtype.itemsize), 0, view.shape, strides, view.dtype))
    view.storage.kernels.copy(copy._view, grad._view)
    return copy


def output_metadata(tensor: Tensor) -> tuple[Any, ...]:
    view = tensor._view
    return view.shape, view.dtype, view.storage.kernels


def zeros_of(metadata: tuple[Any, ...]) -> Tensor:
    """The cotangent of an output that did not take part."""
    shape, dtype, kernels = metadata
    size = 1
    for n in shape:
        size *= n
    view = View(kernels.allocate(size * dtype.itemsize), 0, shape, contiguous_strides(shape), dtype)
    kernels.fill(view, 0)
    return wrap(view)


class Saved:
    """A tensor kept for the backward pass, with the version that it had."""

    __slots__ = ("tensor", "version", "is_output", "original")

    def __init__(self, tensor: Tensor, is_output: bool) -> None:
        if tensor._inference:
            raise RuntimeError("Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
                               "in computation tracked by autograd. To work around this, you can make a clone to get a normal tensor "
                               "and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.")
        counter = version_counter(tensor)
        self.version = counter[0]
        self.is_output = is_output
        self.original = tensor
        if is_output or tensor._grad_fn is not None:
            # A node that held its own output would never be freed but by the cycle collector; and an in-place write moves
            # a tensor to another place in the graph, while what was saved stays.
            copy = wrap(tensor._view)
            copy._counter = counter
            copy._requires_grad = tensor._requires_grad
            copy._output_nr = tensor._output_nr
            if is_output:
                self.original = copy
            else:
                copy._grad_fn = tensor._grad_fn
            tensor = copy
        self.tensor = tensor

    def unpack(self, node: Node) -> Tensor:
        tensor = self.tensor
        current = version_counter(tensor)[0]
        if current != self.version:
            view = tensor._view
            prefix = "CUDA" if view.storage.kernels.device_type == "cuda" else ""
            kind = f"torch.{'cuda.' if prefix else ''}{view.dtype.type_name}Tensor {list(view.shape)}"
            source = node if self.is_output else self.original.grad_fn
            origin = f", which is output {tensor._output_nr} of {function_name(source)}," if source is not None else ""
            raise RuntimeError(
                f"one of the variables needed for gradient computation has been modified by an inplace operation: [{kind}]{origin} is at "
                f"version {current}; expected version {self.version} instead. Hint: enable anomaly detection to find the operation that "
                "failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).")
        if self.is_output:
            other = wrap(tensor._view)
            other._counter = tensor._counter
            other._requires_grad = True
            other._grad_fn = node
            other._output_nr = tensor._output_nr
            return other
        return tensor


def function_name(node: Node) -> str:
    """The name of the operation that a node records, without the ``Backward0``."""
    return node.name().partition("Backward")[0]


class _SavedSequence:
    """A list of tensors (and other things) kept for the backward pass."""

    __slots__ = ("items",)

    def __init__(self, values: Sequence[Any]) -> None:
        self.items = [Saved(v, False) if isinstance(v, Tensor) else v for v in values]

    def unpack(self, node: Node) -> list[Any]:
        return [item.unpack(node) if isinstance(item, Saved) else item for item in self.items]


class OperationNode(Node):
    """The record of one call of a registered operation. Each name of a node is a class of its own, as it is in torch (:func:`node_class`)."""

    __slots__ = ("operation", "targets", "saved", "released")

    def __init__(self, operation: Any, edges: list[Edge | None], targets: list[tuple[Any, ...]]) -> None:
        super().__init__(edges)
        self.operation = operation
        self.targets = targets  # for each edge: (parameter, place in a list or None, shape, dtype), or None
        self.saved: dict[str, Any] = {}
        self.released = False

    def name(self) -> str:
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in ("CopyBackwards", "NotImplemented") else name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_"):
            key = name[len("_saved_") :]
            if key == "self":
                key = "input"
            if not self.released and key in self.saved:
                return self._value(key)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _value(self, name: str) -> Any:
        value = self.saved[name]
        return value.unpack(self) if value.__class__ is Saved or value.__class__ is _SavedSequence else value

    def apply(self, grads: list[Any]) -> list[Any]:
        operation = self.operation
        results: list[Any] = []
        computed: dict[str, Any] = {}
        for target in self.targets:
            if target is None:
                results.append(None)
                continue
            parameter, place, shape, dtype = target
            if parameter not in computed:
                computed[parameter] = self._evaluate(operation.gradients[parameter], operation.needs[parameter], grads)
            value = computed[parameter]
            if place is not None and value is not None:
                value = value[place]
            results.append(None if value is None else fit(value, shape, dtype))
        return results

    def _evaluate(self, formula: Callable[..., Any], names: tuple[str, ...], grads: list[Any]) -> Any:
        arguments = []
        for name in names:
            if name == "grad":
                if grads[0] is None:
                    return None
                arguments.append(grads[0])
            elif name == "grads":
                arguments.append(tuple(zeros_of(m) if g is None else g for g, m in zip(grads, self.outputs)))
            else:
                if self.released and name not in self.saved:
                    raise RuntimeError(
                        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
                        "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
                        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
                        "saved tensors after calling backward.")
                arguments.append(self._value(name))
        return formula(*arguments)

    def release(self) -> None:
        self.released = True
        forgotten = _TENSORS_AND_NUMBERS if self.operation.name in _SAVE_NUMBERS else _TENSORS
        self.saved = {k: v for k, v in self.saved.items() if v.__class__ not in forgotten}


# torch makes tensors of numbers for these, which are forgotten as saved tensors are: x * 2 cannot be differentiated twice, x + 2 can.
_SAVE_NUMBERS = frozenset(("mul", "div", "true_divide"))
_TENSORS = frozenset((Saved, _SavedSequence))
_TENSORS_AND_NUMBERS = _TENSORS | {bool, int, float, complex}

_node_classes: dict[str, type[OperationNode]] = {}


def node_class(name: str) -> type[OperationNode]:
    """The class of the nodes that are called ``name`` (``AddBackward0``)."""
    found = _node_classes.get(name)
    if found is None:
        found = _node_classes[name] = type(name, (OperationNode,), {"__slots__": ()})
    return found


def fit(grad: Tensor, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """A gradient brought to its input's shape (summed over broadcast dimensions) and dtype (the real part for a real input)."""
    view = grad._view
    if view.shape != shape:
        grad = sum_to(grad, shape)
    if view.dtype is not dtype:
        if view.dtype.is_complex and not dtype.is_complex:
            grad = grad.real
        if grad._view.dtype is not dtype:
            grad = grad.to(dtype)
    return grad


def sum_to(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The transpose of broadcasting ``shape`` to the shape of ``grad``."""
    have = grad._view.shape
    lead = len(have) - len(shape)
    dims = [*range(lead), *(lead + d for d, size in enumerate(shape) if size == 1 and have[lead + d] != 1)]
    if dims:
        grad = grad.sum(dims, keepdim=True)
    return grad.view(shape) if lead else grad


# These turn a number into a tensor, which has an edge; elsewhere torch has a form of its own for numbers, whose node has no edge for it.
_WRAP_NUMBERS = frozenset(("add", "sub", "mul", "div", "where"))
_NUMBERS = frozenset((bool, int, float, complex))


def make_node(operation: Any, bound: dict[str, Any]) -> OperationNode | None:
    """The node for a call with these arguments, or None if no differentiable argument requires grad. Nothing is saved yet."""
    edges: list[Edge | None] = []
    targets: list[Any] = []
    needed: list[str] = []
    for parameter in operation.gradients:
        value = bound[parameter]
        for place, item in enumerate(value) if isinstance(value, (tuple, list)) else ((None, value),):
            if isinstance(item, Tensor) and item.requires_grad and item._view.dtype.category > 1:
                edges.append(edge(item))
                view = item._view
                targets.append((parameter, place, view.shape, view.dtype))
                if parameter not in needed:
                    needed.append(parameter)
            else:
                edges.append(None)
                targets.append(None)
    if not needed:
        return None
    if len(needed) < len(edges) and operation.name not in _WRAP_NUMBERS:
        _leave_out_numbers(operation, bound, edges, targets)
    return node_class(operation.node_name(bound))(operation, edges, targets)


def _leave_out_numbers(operation: Any, bound: dict[str, Any], edges: list[Edge | None], targets: list[Any]) -> None:
    """Take away the edges of numbers, and beside numbers those of arguments that were not given."""
    values = [bound[parameter] for parameter in operation.gradients]
    if len(values) == len(edges) and any(v.__class__ in _NUMBERS for v in values):
        kept = [i for i, v in enumerate(values) if v is not None and v.__class__ not in _NUMBERS]
        edges[:] = [edges[i] for i in kept]
        targets[:] = [targets[i] for i in kept]


def save(node: OperationNode, bound: dict[str, Any], results: Sequence[Tensor]) -> None:
    """Keep what the needed formulas name: arguments, and results as far as there are any yet."""
    saved = node.saved
    operation = node.operation
    for target in node.targets:
        if target is None:
            continue
        for name in operation.needs[target[0]]:
            if name in saved or name == "grad" or name == "grads":
                continue
            if name in bound:
                value = bound[name]
                if isinstance(value, Tensor):
                    value = Saved(value, False)
                elif isinstance(value, (tuple, list)) and any(isinstance(v, Tensor) for v in value):
                    value = _SavedSequence(value)
                saved[name] = value
            elif name.rpartition("_")[0] in bound:
                saved[name] = _metadata(bound, name)
            elif results:
                number = name[len("result") :]
                output = results[int(number) if number else 0]
                saved[name] = Saved(output, output._grad_fn is node)


def _metadata(bound: dict[str, Any], name: str) -> Any:
    """``input_shape`` and the like: what a formula may know of an argument without keeping its elements.

    After the underscore: ``shape``, ``strides``, ``dtype`` or ``view``; of a list of tensors, a list of these.
    """
    parameter, _, what = name.rpartition("_")
    value = bound[parameter]
    if isinstance(value, (tuple, list)):
        return [_attribute(v, what) for v in value]
    return _attribute(value, what)


def _attribute(value: Any, what: str) -> Any:
    if not isinstance(value, Tensor):
        return () if what == "shape" else None
    return value._view if what == "view" else getattr(value._view, what)


def record(operation: Any, bound: dict[str, Any], result: Any) -> Any:
    """Make the outputs of a call part of the graph."""
    node = make_node(operation, bound)
    if node is None:
        return result
    results = result if isinstance(result, (tuple, list)) else (result,)
    for nr, output in enumerate(results):
        node.outputs.append(output_metadata(output))
        if output._view.dtype.category > 1:
            output._requires_grad = True
            output._grad_fn = node
            output._output_nr = nr
    save(node, bound, results)
    return result


# -- in place --------------------------------------------------------------------------------------


def check_inplace(tensor: Tensor) -> None:
    """Refuse in-place writes that would break the graph."""
    base = tensor._base
    if tensor.requires_grad and tensor.is_leaf and base is None:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if base is not None:
        if tensor._view_kind is not None:
            what = f"Output {tensor._output_nr} of {function_name(tensor._grad_fn)}" if tensor._grad_fn is not None else "A view"
            if tensor._view_kind == "multiple":
                raise RuntimeError(
                    f"{what} is a view and is being modified inplace. This view is the output of a function that returns multiple views. "
                    "Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an "
                    "out-of-place one.")
            raise RuntimeError(
                "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is "
                "ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either "
                "both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to "
                "be tracked).")
        if base._requires_grad and base._grad_fn is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")


def prepare_inplace(operation: Any, tensor: Tensor, bound: dict[str, Any]) -> OperationNode | None:
    """The node for an in-place call, made before the write. If a formula needs what ``tensor`` was, that is copied."""
    node = make_node(operation, bound)
    if node is None:
        if tensor._base is None and tensor.requires_grad and operation.gradients:
            return node_class(operation.node_name(bound))(operation, [None], [None])  # type: ignore[list-item]
        return None
    first = operation.positional[0]
    if any(target is not None and first in operation.needs[target[0]] for target in node.targets):
        bound = {**bound, first: original(tensor)}
    save(node, bound, ())
    return node


def original(tensor: Tensor) -> Tensor:
    """What ``tensor`` was before it is written: same elements in fresh memory, same place in the graph."""
    view = tensor._view
    kernels = view.storage.kernels
    copy = View(kernels.allocate(view.numel * view.dtype.itemsize), 0, view.shape, contiguous_strides(view.shape), view.dtype)
    kernels.copy(copy, view)
    return twin(tensor, copy)


def finish_inplace(node: OperationNode | None, tensor: Tensor) -> None:
    """Put an in-place write on the tape: ``tensor`` becomes the output of its node; if it is a view, so does its base."""
    if node is None:
        settle_view(tensor)
        return
    node.outputs.append(output_metadata(tensor))
    operation = node.operation
    if operation.view is None:
        rebase_history(tensor, node)
    else:  # the tensor has become another view of its base, whose elements were not written
        tensor._requires_grad, tensor._grad_fn, tensor._output_nr = True, node, 0
        tensor._seen = version_counter(tensor)[0]
    for target in node.targets:
        if target is not None and "result" in operation.needs[target[0]]:
            node.saved["result"] = Saved(tensor, True)


def rebase_history(tensor: Tensor, node: Node) -> None:
    """Move a tensor that was written in place to its new place in the graph."""
    base = tensor._base
    if base is None:
        tensor._requires_grad = True
        tensor._grad_fn = node
        tensor._output_nr = 0
        return
    copy_slices = CopySlices(base, tensor, node)
    base._requires_grad = True
    base._grad_fn = copy_slices
    base._output_nr = 0
    regenerate_view(tensor)


def settle_view(tensor: Tensor) -> None:
    """After an untracked write: the view's place in the graph has not changed, only the version."""
    base = tensor._base
    if base is not None and (base._grad_fn is None or not isinstance(base._grad_fn, CopySlices)) and tensor._counter is not None:
        tensor._seen = tensor._counter[0]


def regenerate_view(view: Tensor) -> None:
    """Make a view's node anew, as the strided view that it is of its base's present value."""
    from ..operations.operation import operations

    base = view._base
    assert base is not None and view._counter is not None  # callers have a view in hand
    here = view._view
    if view._replay is not None:
        view._seen = view._counter[0]
        again = replay(view._replay, base)
        view._grad_fn, view._output_nr, view._requires_grad = again._grad_fn, again._output_nr, True
        return
    operation = operations["as_strided"]
    bound = {"input": base, "size": here.shape, "stride": here.strides, "storage_offset": here.offset}
    node = make_node(operation, bound)
    view._seen = view._counter[0]
    if node is not None:
        node.outputs.append(output_metadata(view))
        view._grad_fn = node
        view._requires_grad = True
        view._output_nr = 0
        save(node, bound, (view,))


def replay(steps: Any, base: Tensor) -> Any:
    """Apply the view operations that led from a base to a view to another tensor of the base's shape and dtype.

    Strides alone cannot say how a view with another dtype lies in its base, so such views keep the operations themselves.
    """
    before, operation, args, kwargs = steps
    return operation.function(base if before is None else replay(before, base), *args, **kwargs)


class CopySlices(Node):
    """The node of a base whose view was written in place: the view's part of the cotangent goes through the write's node."""

    __slots__ = ("inner", "view", "base_view", "steps")

    def __init__(self, base: Tensor, tensor: Tensor, inner: Node) -> None:
        incoming = edge(base) if base._requires_grad else None
        super().__init__([incoming, *inner.edges[1:]])
        self.inner = inner
        self.view = tensor._view
        self.steps = tensor._replay
        self.base_view = base._view
        self.outputs.append(output_metadata(base))

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def __repr__(self) -> str:
        return f"<CopySlices object at {id(self):#x}>"

    def apply(self, grads: list[Any]) -> list[Any]:
        grad = grads[0]
        if grad is None:
            return [None] * len(self.edges)
        base, view = self.base_view, self.view
        result = grad.new_empty_strided(base.shape, base.strides)
        result.copy_(grad)
        if self.steps is None:
            part = result.as_strided(view.shape, view.strides, view.offset - base.offset)
        else:
            part = replay(self.steps, result)
        through = self.inner.apply([part.clone()])
        if through[0] is None:
            part.zero_()
        else:
            part.copy_(through[0])
        return [result if self.edges[0] is not None else None, *through[1:]]

    def release(self) -> None:
        self.inner.release()
