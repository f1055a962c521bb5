"""Writes in place: which are refused, and how a written tensor and its base move to another place in the graph."""

from __future__ import annotations

from typing import Any, Sequence

from ..foundation.kernels import View
from ..foundation.layout import contiguous_strides
from ..foundation.lazy_views import materialised
from ..tensor import Tensor, wrap
from .modes import modes
from .nodes import Node, move_hooks, output_metadata, own_edge
from .operation_nodes import OperationNode, node_class
from .recording import make_node
from .saving import FREED_MESSAGE, kept, version_counter
from .views import edge, refuse_written_view, regenerate, replay

__all__ = [
    "CopySlices", "NotImplementedNode", "check_inplace", "count_write", "finish_inplace", "original", "prepare_inplace", "put_in_graph",
    "rebase_history", "rebase_without_derivative", "twin",
]  # fmt: skip


def check_inplace(tensor: Tensor) -> None:
    """Refuse in-place writes that would break the graph."""
    base = tensor._base
    if base is not None:
        refuse_written_view(tensor, False)
        if tensor.requires_grad and base._grad_fn is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor.requires_grad and tensor._grad_fn is None:  # a view, too, whose base became part of the graph, if nobody has asked for its node since
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def count_write(tensor: Tensor) -> None:
    """Count a write in the tensor's version; RuntimeError for an inference tensor outside of inference mode, unless it has a counter."""
    if tensor._inference and (modes.inference or tensor._counter is None):
        if not modes.inference:
            raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
                               "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.")
        return
    version_counter(tensor)[0] += 1


def prepare_inplace(operation: Any, tensor: Tensor, bound: dict[str, Any]) -> OperationNode | None:
    """The node for an in-place call, made before the write. If a formula needs what ``tensor`` was, that is copied."""
    node = make_node(operation, bound)
    if node is None:
        if tensor._base is None and tensor.requires_grad and operation.gradients:
            return node_class(operation.node_name(bound))(operation, [None], [None])
        return None
    first = operation.positional[0]
    if any(target is not None and first in operation.needs[target[0]] for target in node.targets):
        bound = {**bound, first: original(tensor)}
    node.save(bound, ())
    return node


def original(tensor: Tensor) -> Tensor:
    """What ``tensor`` was before it is written: same elements in fresh memory, same place in the graph."""
    view = tensor._view
    kernels = view.storage.kernels
    copy = View(kernels.allocate(view.numel * view.dtype.itemsize), 0, view.shape, contiguous_strides(view.shape), view.dtype)
    kernels.copy(copy, materialised(view))
    before = twin(tensor, copy)
    if modes.dual is not None:
        modes.dual.remember(tensor, before)
    return before


def twin(tensor: Tensor, view: View) -> Tensor:
    """Another Tensor object at the same place in the graph, on other memory."""
    other = wrap(view)
    other._requires_grad = tensor.requires_grad
    other._grad_fn = tensor.grad_fn
    other._output_nr = tensor._output_nr
    return other


def finish_inplace(node: OperationNode | None, tensor: Tensor) -> None:
    """Put an in-place write on the tape: ``tensor`` becomes the output of its node; if it is a view, so does its base."""
    if node is None:
        return
    operation = node.operation
    if operation.view is None:
        rebase_history(tensor, node)
    else:  # the tensor has become another view of its base, whose elements were not written
        node.outputs.append(output_metadata(tensor))
        old, output_nr = tensor._grad_fn, tensor._output_nr
        put_in_graph(tensor, node, 0)
        move_hooks(tensor, old, output_nr, node)
    for target in node.targets:
        if target is not None and "result" in operation.needs[target[0]]:
            node.saved["result"] = kept(tensor, True)


def put_in_graph(tensor: Tensor, node: Node, output_nr: int) -> None:
    """Make a tensor an output of a node; a view's node is then not found anew before the next write."""
    tensor._requires_grad, tensor._grad_fn, tensor._output_nr = True, node, output_nr
    if tensor._counter is not None:
        tensor._seen = tensor._counter[0]


def rebase_history(tensor: Tensor, node: Node, output_nr: int = 0) -> None:
    """Move a tensor that was written in place to its new place in the graph, the next output of ``node``."""
    node.outputs.append(output_metadata(tensor))
    base = tensor._base
    if base is None:
        old, before = tensor._grad_fn, tensor._output_nr
        put_in_graph(tensor, node, output_nr)
        move_hooks(tensor, old, before, node)
        return
    copy_slices = CopySlices(base, tensor, node)
    required = tensor.requires_grad
    old, before = base._grad_fn, base._output_nr
    put_in_graph(base, copy_slices, 0)
    if required:
        move_hooks(base, old, before, copy_slices)
    regenerate(tensor, base)


class NotImplementedNode(Node):
    """The node of what was written by an operation that has no derivative."""

    __slots__ = ("operation",)

    def __init__(self, tensor: Tensor, operation: str) -> None:
        super().__init__([edge(tensor)])
        self.operation = operation

    def name(self) -> str:
        return "torch::autograd::NotImplemented"

    def __repr__(self) -> str:
        return f"<NotImplemented object at {id(self):#x}>"

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        raise RuntimeError(f"derivative for aten::{self.operation} is not implemented")


NotImplementedNode.__name__ = "NotImplemented"  # as torch calls it, which is the name of something else in Python


def rebase_without_derivative(tensor: Tensor, operation: str) -> None:
    """Put a tensor that an operation without a derivative has written behind a node that says so."""
    rebase_history(tensor, NotImplementedNode(tensor, operation))


class CopySlices(Node):
    """The node of a base whose view was written in place: the view's part of the cotangent goes through the write's node."""

    __slots__ = ("inner", "view", "base_view", "steps")

    def __init__(self, base: Tensor, tensor: Tensor, inner: Node) -> None:
        super().__init__([own_edge(base), *inner.edges[1:]])
        self.inner: Node | None = inner
        self.view = tensor._view
        self.steps = tensor._replay
        self.base_view = base._view
        self.outputs.append(output_metadata(base))

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        grad = grads[0]
        if grad is None:
            return [None] * len(self.edges)
        if self.inner is None:
            raise RuntimeError(FREED_MESSAGE)
        base, view = self.base_view, self.view
        result = grad.new_empty_strided(base.shape, base.strides)
        result.copy_(grad)
        if self.steps is None:
            part = result.as_strided(view.shape, view.strides, view.offset - base.offset)
        else:
            part = replay(self.steps, result)
        through = self.inner.apply([part.clone()])  # all of them: what is not wanted is left out afterwards
        if through[0] is None:
            part.zero_()
        else:
            part.copy_(through[0])
        passed = [result if self.edges[0] is not None else None, *through[1:]]
        return passed if wanted is None else [g if want else None for g, want in zip(passed, wanted)]

    def release(self) -> None:
        if self.inner is not None:
            self.inner.release()
            self.inner = None
