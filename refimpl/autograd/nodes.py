"""The nodes of the graph: what every node can do, the node at which gradients arrive at a leaf, and the hooks of tensors and nodes."""

from __future__ import annotations

import sys
from collections import OrderedDict
from itertools import count
from typing import Any, Callable, NamedTuple, Sequence
from weakref import ref

from ..foundation.kernels import View
from ..foundation.layout import contiguous_strides, is_contiguous, is_non_overlapping_and_dense
from ..tensor import Tensor, contiguous_format, wrap
from .modes import modes, note_origin

__all__ = [
    "AccumulateGrad", "Edge", "GradientEdge", "Metadata", "Node", "RemovableHandle", "accumulator", "add_hook", "allowed_dtype", "call_tensor_hooks",
    "existing_accumulator", "fit", "function_name", "is_held_once", "move_hooks", "output_metadata", "own_edge", "replaced_by_hook",
    "sequence_numbers", "sum_to", "zeros_of",
]  # fmt: skip

sequence_numbers = count()

Edge = tuple[Any, int]


class GradientEdge(NamedTuple):
    """A place in the graph: an output of a node, to which a gradient flows. ``ownership_token`` is torch's, and None."""

    node: Any
    output_nr: int
    ownership_token: Any = None


Metadata = tuple[Any, ...]  # the shape, the dtype and the kernels of a tensor when it became part of the graph


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away again, and leaving a ``with`` block does too.

    It keeps the table of hooks only weakly, so that a handle does not keep a module alive.
    """

    __module__ = f"{__name__.partition('.')[0]}.utils.hooks"  # where torch has it
    next_id = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = [] if extra_dict is None else extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self.extra_dict_ref = tuple(ref(table) for table in extra)

    def remove(self) -> None:
        """Unregister the hook; a second call does nothing."""
        for table in (self.hooks_dict_ref(), *(extra() for extra in self.extra_dict_ref)):
            if table is not None:
                table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, ...]:
        return self.hooks_dict_ref(), self.id, tuple(extra() for extra in self.extra_dict_ref)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        table, self.id, extra = state
        self.hooks_dict_ref = ref(OrderedDict() if table is None else table)
        self.extra_dict_ref = tuple(ref(OrderedDict() if one is None else one) for one in extra)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)


def add_hook(table: Any, hook: Any) -> RemovableHandle:
    """Put ``hook`` at the end of ``table``."""
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle


class Node:
    """A step of the backward pass: from the cotangents of its outputs to those of its inputs.

    ``edges`` lead to the nodes of the inputs, None for an input that needs no gradient. ``outputs`` describes the recorded tensors
    (shape, dtype, kernels), for cotangents that are missing and for the check of those that arrive; it is None for an output that has no
    gradient.
    """

    __slots__ = ("sequence", "edges", "outputs", "__dict__", "__weakref__")  # a dict that few nodes ever need: for what stands on the class

    tensor_hooks: list[tuple[int, dict[int, Any]]] | None = None  # for each tensor with hooks: which output it is, and its hooks
    retained: dict[int, ref[Tensor]] | None = None  # the tensors that keep their gradient, by number of the output
    pre_hooks: dict[int, Any] | None = None
    post_hooks: dict[int, Any] | None = None
    _metadata: dict[str, Any] | None = None

    def __init__(self, edges: list[Edge | None]) -> None:
        self.sequence = next(sequence_numbers)
        self.edges = edges
        self.outputs: list[Metadata | None] = []
        if modes.anomaly:
            note_origin(self)

    def name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    @property
    def metadata(self) -> dict[str, Any]:
        """What a program wants to remember about the node."""
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, with the number of the output that each input is."""
        return tuple((None, 0) if e is None else e for e in self.edges)

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        """The cotangents of the inputs, one for each edge. ``wanted``: which of them anybody waits for, None for all; the others may be None."""
        raise NotImplementedError(f"{self.name()} does not say how gradients flow")

    def release(self) -> None:
        """Forget what was saved."""

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node; a tuple that it returns replaces ``grad_inputs``."""
        if self.post_hooks is None:
            self.post_hooks = OrderedDict()
        return add_hook(self.post_hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before the node; a tuple that it returns replaces them."""
        if self.pre_hooks is None:
            self.pre_hooks = OrderedDict()
        return add_hook(self.pre_hooks, hook)

    def hooks_of_tensors(self) -> list[tuple[int, dict[int, Any]]] | None:
        """The hooks of the tensors that this node computes, each with the number of the output."""
        return self.tensor_hooks

    def add_tensor_hooks(self, output_nr: int, hooks: dict[int, Any]) -> None:
        """From now on call a tensor's hooks with the cotangent of this output."""
        if self.tensor_hooks is None:
            self.tensor_hooks = []
        self.tensor_hooks.append((output_nr, hooks))

    def retain(self, tensor: Tensor) -> None:
        """Store the cotangent of ``tensor``, which is an output of this node, in its ``grad`` whenever it is computed."""
        if self.retained is None:
            self.retained = {}
        self.retained[tensor._output_nr] = ref(tensor)


class AccumulateGrad(Node):
    """The end of the tape at a leaf: adds the incoming gradient to the leaf's ``grad``.

    The leaf knows its node as long as a graph holds it. Whether the leaf (still) requires grad is asked when the gradient arrives.
    """

    __slots__ = ("variable",)

    def __init__(self, variable: Tensor) -> None:
        self.sequence = 0  # the engine runs it first, whatever its number
        self.edges = []
        self.variable = variable
        self.describe()

    def describe(self) -> None:
        """Note what gradients the leaf takes: of which shape, of which dtype (None for any), on which device."""
        view = self.variable._view
        self.outputs = [(view.shape, allowed_dtype(self.variable), view.storage.kernels)]

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def hooks_of_tensors(self) -> list[tuple[int, dict[int, Any]]] | None:
        hooks = self.variable._hooks
        return [(0, hooks)] if hooks else None

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        leaf = self.variable
        if grads[0] is None:
            self._call_post_hooks()
            return []
        if leaf.grad_fn is not None:
            raise RuntimeError("leaf variable has been moved into the graph interior")
        if not leaf.requires_grad:
            return []
        if leaf._grad is None:
            leaf._grad = grads[0].detach() if not modes.grad and is_held_once(grads, 0, memory=False) and _is_laid_out_like(leaf, grads[0]) else (
                _copy_laid_out_like(leaf, grads[0]))
        elif modes.grad:
            leaf._grad = leaf._grad + grads[0]
        else:
            leaf._grad.add_(grads[0])
        self._call_post_hooks()
        return []

    def _call_post_hooks(self) -> None:
        """Call the leaf's hooks for after its gradient has been accumulated, also if none arrived."""
        leaf = self.variable
        if leaf._post_hooks:
            returned = [value for value in [hook(leaf) for hook in tuple(leaf._post_hooks.values())] if value is not None]
            for value in returned:
                if not isinstance(value, Tensor):
                    raise TypeError(f"expected Variable, but hook returned '{type(value).__name__}'")
            if returned:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _is_laid_out_like(leaf: Tensor, grad: Tensor) -> bool:
    """Whether a gradient has its leaf's strides if those are dense, else is contiguous. Dimensions of size 1 may have any strides but 0."""
    here, there = leaf._view, grad._view
    if not is_non_overlapping_and_dense(here.shape, here.strides):
        return is_contiguous(there.shape, there.strides)
    return there.strides == here.strides or all(
        stride if size == 1 else stride == own for size, stride, own in zip(there.shape, there.strides, here.strides))


def _copy_laid_out_like(leaf: Tensor, grad: Tensor) -> Tensor:
    """A copy of a gradient with its leaf's strides if those are dense, else contiguous; part of the graph if grad mode is on."""
    view = leaf._view
    if is_non_overlapping_and_dense(view.shape, view.strides):
        return grad.new_empty_strided(view.shape, view.strides).copy_(grad)  # type: ignore[no-any-return]
    return grad.clone(memory_format=contiguous_format)  # type: ignore[no-any-return]


def is_held_once(tensors: list[Any], place: int, memory: bool = True) -> bool:
    """Whether the list alone holds the tensor at a place of it (so that it may be given away) and, with ``memory``, the tensor alone its memory
    (so that it may be written).

    torch asks the same of its reference counts. A Python that does not count says no.
    """
    if _count is None or _count(tensors[place]) != _counts_of_one[0]:
        return False
    return not memory or (_count(tensors[place]._view), _count(tensors[place]._view.storage)) == _counts_of_one[1:]


_count: Callable[[Any], int] | None = getattr(sys, "getrefcount", None)
_counts_of_one: Any = None


def _calibrate() -> Any:
    """The counts that :func:`is_held_once` sees for a tensor that a list alone holds."""
    assert _count is not None
    tensors = [wrap(View(object(), 0, (), (), None))]  # type: ignore[arg-type]
    place = 0
    return _count(tensors[place]), _count(tensors[place]._view), _count(tensors[place]._view.storage)


if _count is not None:
    _counts_of_one = _calibrate()


def own_edge(tensor: Tensor) -> Edge | None:
    """Where the gradient of a tensor flows that is no view: to (node, which output of the node), nowhere if it does not require grad."""
    node = tensor._grad_fn
    if node is not None:
        return node, tensor._output_nr
    return (accumulator(tensor), 0) if tensor._requires_grad else None


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """The node at which the gradient of a leaf arrives."""
    reference = leaf._accumulator
    found = None if reference is None else reference()
    if found is None:
        found = AccumulateGrad(leaf)
        leaf._accumulator = ref(found)
    return found  # type: ignore[no-any-return]


def allowed_dtype(leaf: Tensor) -> Any:
    """The dtype that the gradient of a leaf is cast to; None for whatever arrives."""
    return leaf._view.dtype if leaf._grad_dtype is ... else leaf._grad_dtype


def existing_accumulator(leaf: Tensor) -> AccumulateGrad | None:
    """The node at which the gradient of a leaf arrives, if a graph holds one."""
    return None if leaf._accumulator is None else leaf._accumulator()


def move_hooks(tensor: Tensor, old: Node | None, output_nr: int, new: Node | None) -> None:
    """After a tensor (output ``output_nr`` of ``old``) got another node: its hooks stay with the old one, but it keeps the gradient of the new."""
    tensor._hooks = None
    if tensor._retains_grad and old is not None and new is not None and old.retained is not None:
        reference = old.retained.pop(output_nr, None)
        if reference is not None:
            if new.retained is None:
                new.retained = {}
            new.retained[tensor._output_nr] = reference


def output_metadata(tensor: Tensor) -> Metadata:
    view = tensor._view
    return view.shape, view.dtype, view.storage.kernels


def zeros_of(metadata: Metadata, strides: tuple[int, ...] | None = None) -> Tensor:
    """The cotangent of an output that did not take part."""
    shape, dtype, kernels = metadata
    size = 1
    for n in shape:
        size *= n
    view = View(kernels.allocate(size * dtype.itemsize), 0, shape, contiguous_strides(shape) if strides is None else strides, dtype)
    kernels.fill(view, 0)
    made = wrap(view)
    if modes.inference:
        made._inference = True
    return made


def fit(grad: Tensor, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """A gradient brought to its input's shape (summed over broadcast dimensions) and dtype (the real part for a real input)."""
    view = grad._view
    if view.dtype is not dtype and view.dtype.is_complex and not dtype.is_complex:
        grad = grad.real  # before the sum, whose result has memory of its own
    if view.shape != shape:
        grad = sum_to(grad, shape)
    return grad if grad._view.dtype is dtype else grad.to(dtype)


def sum_to(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The transpose of broadcasting ``shape`` to the shape of ``grad``."""
    if not shape:
        return grad.sum()  # type: ignore[no-any-return]
    have = grad._view.shape
    lead = len(have) - len(shape)
    dims = [*range(lead), *(lead + d for d, size in enumerate(shape) if size == 1 and have[lead + d] != 1)]
    if dims:
        grad = grad.sum(dims, keepdim=True)
    return grad.view(shape) if lead else grad


def function_name(node: Node) -> str:
    """The name of the operation that a node records, without the ``Backward0``."""
    return node.name().partition("Backward")[0]


# -- hooks: called with gradients, which they may replace ------------------------------------------


def call_tensor_hooks(node: Node, grads: list[Any]) -> list[Any]:
    """Call the hooks of the tensors that a node computes, and give those their gradient that keep it: a contiguous copy."""
    registered = node.hooks_of_tensors()
    if registered:
        for nr, hooks in registered:
            for hook in tuple(hooks.values()):
                grads[nr] = _replacement(hook, grads[nr], hook(grads[nr]))
    if node.retained:
        for nr, reference in node.retained.items():
            tensor, grad = reference(), grads[nr]
            if tensor is not None and grad is not None:
                tensor._grad = grad.clone(memory_format=contiguous_format) if tensor._grad is None else tensor._grad + grad
    return grads


def replaced_by_hook(hook: Any, grads: tuple[Any, ...], result: Any) -> list[Any]:
    """The gradients after a hook of a node that returned ``result``: a tuple with one for each, or None for no change."""
    if result is None:
        return list(grads)
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(grads):
        raise RuntimeError(f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but expected {len(grads)})")
    return [_replacement(hook, before, after) if after is not None else None for before, after in zip(grads, result)]


def _replacement(hook: Any, before: Any, after: Any) -> Any:
    if after is None:
        return before
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(after, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(after).__name__}'")
    if after.type() != before.type():
        raise RuntimeError(f"hook '{_name(hook)}' has changed the type of value (was {before.type()} got {after.type()})")
    if after._view.shape != before._view.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")
    return after


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", None) or type(hook).__name__
