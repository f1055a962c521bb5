"""Views in the graph: a view's place follows from its base's, and is found anew when the storage was written through another name.

A view requires grad if it does itself, was computed in the graph, or its base requires grad. A view's node is made by the operation that made
the view. After a write to the base or to another of its views that node no longer tells the truth: the view is then what ``as_strided``
makes of the base's present value.
"""

from __future__ import annotations

from typing import Any, Sequence

from ..foundation.kernels import View
from ..tensor import Tensor
from .modes import modes
from .nodes import Edge, Node, accumulator, function_name, move_hooks, output_metadata, own_edge
from .operation_nodes import node_class
from .saving import version_counter

__all__ = [
    "CUSTOM_FUNCTION", "INFERENCE", "NO_GRAD", "SEVERAL_OUTPUTS", "current_node", "edge", "link", "refuse_written_view", "regenerate", "replay",
]  # fmt: skip

# How a view was made, where that forbids writes to it, or its use after writes to its base. None: as most are, which are free.
SEVERAL_OUTPUTS = "by a function that returns several views"
NO_GRAD = "in no_grad mode"
INFERENCE = "in inference mode"
CUSTOM_FUNCTION = "by a custom function"

_AMBIGUOUS = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace "
    "either both inside the {block} block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).")
_CONSEQUENCE = {
    SEVERAL_OUTPUTS:
        " This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. "
        "You should replace the inplace operation by an out-of-place one.",
    NO_GRAD: _AMBIGUOUS.format(block="no_grad"),
    INFERENCE: _AMBIGUOUS.format(block="inference_mode"),
    CUSTOM_FUNCTION:
        " This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace "
        "would override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. You "
        "can fix this by cloning the output of the custom Function.",
}


def refuse_written_view(view: Tensor, through_base: bool) -> None:
    """Refuse the write to a view that was made in a way that leaves no place for the write in the graph.

    ``through_base``: the storage was written before, through the base or another view, and this view is now used.
    """
    origin = view._creation
    if origin is None:
        return
    node = view._grad_fn
    written = "its base or another view of its base has been" if through_base else "is being"
    if origin is INFERENCE or origin is NO_GRAD or node is None:
        made = f"Output {view._output_nr} of {function_name(node)} is a view of a view which was created in" if node is not None else (
            "A view was created in")
        if origin is INFERENCE:
            text = f"{made} inference mode and {written} modified inplace in normal mode."
        else:
            text = f"{made} no_grad mode and {written} modified inplace with grad mode enabled."
    else:
        text = f"Output {view._output_nr} of {function_name(node)} is a view and {written} modified inplace."
    raise RuntimeError(text + _CONSEQUENCE[origin])


def current_node(view: Tensor) -> Node | None:
    """The node of a view, brought up to date after writes to its storage; None if the view is no part of the graph."""
    base = view._base
    if base is not None and (view._grad_fn is not None or base._requires_grad):
        counter = view._counter
        if counter is not None and view._seen != counter[0]:
            refuse_written_view(view, True)
            regenerate(view, base)
    return view._grad_fn  # type: ignore[no-any-return]


def edge(tensor: Tensor) -> Edge | None:
    """Where the gradient of ``tensor`` flows: to (node, which output of the node), nowhere for a view that is a leaf only by its base."""
    if tensor._base is None:
        return own_edge(tensor)
    node = current_node(tensor)
    if node is not None:
        return node, tensor._output_nr
    return (accumulator(tensor), 0) if tensor._requires_grad else None


def regenerate(view: Tensor, base: Tensor) -> None:
    """Make a view's node anew, as the view that it is of its base's present value."""
    assert view._counter is not None  # a view shares its base's
    old, output_nr = view._grad_fn, view._output_nr
    here = view._view
    if view._replay is not None:
        again = replay(view._replay, base)
        node = again._grad_fn
    else:
        operation = Tensor.as_strided.operation
        bound = {"input": base, "size": here.shape, "stride": here.strides, "storage_offset": here.offset}
        there = own_edge(base)
        target = None if there is None else ("input", None, base._view.shape, base._view.dtype)
        node = node_class(operation.node_name(bound))(operation, [there], [target])
        node.outputs.append(output_metadata(view))
        node.save(bound, ())
    view._seen = view._counter[0]
    view._grad_fn, view._output_nr, view._requires_grad = node, 0, True
    move_hooks(view, old, output_nr, node)


def replay(steps: Any, base: Tensor) -> Any:
    """Apply the view operations that led from a base to a view to another tensor of the base's shape and dtype, recorded.

    Strides alone cannot say how a view with another dtype lies in its base, or a conjugate one, so such views keep the operations themselves.
    """
    previous = modes.grad, modes.inference
    modes.grad, modes.inference = True, False
    try:
        return _replayed(steps, base)
    finally:
        modes.grad, modes.inference = previous


def _replayed(steps: Any, base: Tensor) -> Any:
    before, operation, args, kwargs = steps
    return operation.again(base if before is None else _replayed(before, base), *args, **kwargs)


def link(operation: Any, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
    """Make results that share the first argument's storage its views: they share its version counter and know their base.

    What shares memory with an inference tensor is one, too, and no view.
    """
    source = args[0] if args else kwargs["input"]
    storage = source._view.storage
    if modes.inference and operation.unlinked_in_inference:
        for tensor in result if isinstance(result, (tuple, list)) else (result,):
            tensor._inference = tensor is not source or source._inference
        return
    of_inference = modes.inference or source._creation is INFERENCE
    creation = INFERENCE if of_inference else NO_GRAD if not modes.grad else SEVERAL_OUTPUTS if operation.view == "multiple" else None
    for tensor in result if isinstance(result, (tuple, list)) else (result,):
        if tensor is source or tensor._view.storage is not storage:
            continue
        if source._inference:
            tensor._inference = not operation.unlinked_in_inference
            if operation.view == "detached" and not modes.inference:
                tensor._counter = [0]  # which an inference tensor otherwise has not
            continue
        tensor._counter = version_counter(source)
        if operation.view == "detached":
            continue
        tensor._base = source if source._base is None else source._base
        tensor._seen = tensor._counter[0]
        tensor._creation = creation or source._creation
        tensor._replay = _steps(operation, source, args[1:], {k: v for k, v in kwargs.items() if k != "input"}, tensor)


def _steps(operation: Any, source: Tensor, args: Sequence[Any], kwargs: dict[str, Any], view: Tensor) -> Any:
    """How to make a view again from another value of its base, where strides alone cannot say it: None where they can.

    Each step: the steps before, an operation, and its arguments. Views that strides can describe are one step, ``as_strided``.
    """
    before = source._replay
    strided = Tensor.as_strided.operation
    if not _is_strided(view._view, source._view):
        if before is None and source._base is not None:
            before = None, strided, _geometry(source), {}
        return before, operation, args, kwargs
    if before is None:
        return None
    if view._base._view.offset:  # type: ignore[union-attr]  # as_strided counts from the start of the storage, which another value need not share
        return before, operation, args, kwargs
    return before, strided, _geometry(view), {}


def _geometry(view: Tensor) -> tuple[Any, ...]:
    return view._view.shape, view._view.strides, view._view.offset


def _is_strided(view: View, source: View) -> bool:
    """Whether strides alone say how a view comes about."""
    return view.dtype is source.dtype and view.conjugated is source.conjugated and view.negated is source.negated
