"""The engine: runs the tape backwards, without recursion, so that the length of a chain is limited by memory only.

Nodes run when all cotangents that reach them have been added up; of several that could run, the one recorded last runs first.
"""

from __future__ import annotations

from itertools import count
from math import prod
from typing import Any, Sequence

from ..foundation.layout import is_non_overlapping_and_dense, preserved_strides
from ..signatures.overriding import overridable, state
from ..tensor import Size, Tensor
from .modes import modes, warn_of_anomaly
from .nodes import (
    AccumulateGrad,
    Edge,
    GradientEdge,
    Metadata,
    Node,
    call_tensor_hooks,
    existing_accumulator,
    is_held_once,
    output_metadata,
    replaced_by_hook,
    sum_to,
    zeros_of,
)
from .ready_queue import ReadyQueue
from .views import edge

__all__ = ["backward", "grad", "make_grads", "run", "will_run"]


@overridable
def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
             grad_variables: Any = None, inputs: Any = None) -> None:
    """Add the gradients of ``tensors`` with respect to the leaves of the graph to the leaves' ``grad``.

    ``grad_tensors`` are the cotangents, one for each tensor; None for a tensor of one element means 1. With ``inputs``, only those
    tensors get a ``grad``. Each may be an edge of the graph (:func:`refimpl.autograd.graph.get_gradient_edge`). ``create_graph`` records the
    backward pass itself, so that it can be differentiated again.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    roots = _several(tensors)
    if inputs is not None:
        inputs = _several(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    cotangents = make_grads(roots, grad_tensors, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    starts = _starts(roots)
    targets = None
    if inputs is not None:
        targets = []
        for tensor in inputs:
            if isinstance(tensor, Tensor):
                if not tensor.requires_grad:
                    raise RuntimeError("One of the differentiated Tensors does not require grad")
                tensor.retain_grad()
            targets.append(_target(tensor))
    if create_graph:
        import warnings

        warnings.warn("Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can "
                      "cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this "
                      "function, make sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak.",
                      stacklevel=3)
    run(starts, cotangents, keep, create_graph, targets, accumulate=True)


@overridable
def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple[Tensor, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``; no ``grad`` attribute changes.

    Outputs and inputs are tensors, or edges of the graph (:func:`refimpl.autograd.graph.get_gradient_edge`). With ``is_grads_batched`` the first
    dimension of each of ``grad_outputs`` counts cotangents, and so does that of each result.

    >>> x = tensor(3., requires_grad=True)
    >>> autograd.grad(x * x, x)
    (tensor(6.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.")
    if allow_unused is None:
        allow_unused = materialize_grads
    roots, wanted = _several(outputs), _several(inputs)
    if is_grads_batched and grad_outputs is not None:
        return _batched_grad(roots, wanted, _several(grad_outputs), retain_graph, create_graph, allow_unused, materialize_grads)
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    cotangents = make_grads(roots, grad_outputs, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    for tensor in wanted:
        if isinstance(tensor, Tensor) and not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    starts = _starts(roots)
    found = run(starts, cotangents, keep, create_graph, [_target(t) for t in wanted], accumulate=False)
    results = []
    for i, (value, tensor) in enumerate(zip(found, wanted)):
        if value is None and not allow_unused:
            raise RuntimeError(f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                               "Set allow_unused=True if this is the desired behavior.")
        if value is None and materialize_grads:
            value = _zeros_like(tensor, create_graph)
        results.append(value)
    return tuple(results)


def _several(given: Any) -> tuple[Any, ...]:
    """One tensor or edge, or a sequence of them, as a tuple."""
    return (given,) if isinstance(given, (Tensor, GradientEdge)) else tuple(given)


def _batched_grad(roots: Sequence[Any], wanted: Sequence[Any], batches: Sequence[Any], retain_graph: bool | None, create_graph: bool,
                  allow_unused: bool, materialize_grads: bool) -> tuple[Any, ...]:
    """The gradients for each of several cotangents, stacked along a new first dimension."""
    for i, (root, batch) in enumerate(zip(roots, batches)):
        shape = _metadata(root)[0]
        if batch is not None and tuple(batch.shape[1:]) != tuple(shape):
            raise RuntimeError("If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The sizes "
                               "of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: "
                               f"grad_output[{i}] has a shape of {Size(batch.shape)} and output[{i}] has a shape of {Size(shape)}. If you only want "
                               "some tensors in `grad_output` to be considered batched, consider using vmap.")
    sizes = {len(batch) for batch in batches if batch is not None}
    if len(sizes) != 1:
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sorted(sizes)} for the mapped "
                         "dimension")
    count = sizes.pop()
    if not count:
        raise IndexError("index 0 is out of bounds for dimension 0 with size 0")
    keep = create_graph if retain_graph is None else retain_graph
    rows = [grad(roots, wanted, [None if batch is None else batch[i] for batch in batches], keep or i < count - 1, create_graph,
                 allow_unused=allow_unused, materialize_grads=materialize_grads) for i in range(count)]  # fmt: skip
    return tuple(map(_stacked, zip(*rows)))


def _stacked(parts: Sequence[Any]) -> Any:
    """Gradients along a new first dimension; None if there are none."""
    if parts[0] is None:
        return None
    whole = parts[0].new_empty((len(parts), *parts[0].shape))
    for i, part in enumerate(parts):
        whole.select(0, i).copy_(part)
    return whole


def _metadata(place: Any) -> Metadata:
    """The shape, the dtype and the kernels of a tensor, or of the output of a node that an edge leads to."""
    return output_metadata(place) if isinstance(place, Tensor) else place.node.outputs[place.output_nr]  # type: ignore[no-any-return]


def _starts(roots: Sequence[Any]) -> list[Edge]:
    """Where the gradients of the roots flow."""
    starts = []
    for i, root in enumerate(roots):
        start = edge(root) if isinstance(root, Tensor) else root[:2]
        if start is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        starts.append(start)
    return starts


def _target(tensor: Any) -> tuple[Node, int]:
    """The place in the graph whose cotangent is the gradient of ``tensor``; one that is never reached if no graph leads to the tensor."""
    if isinstance(tensor, GradientEdge):
        return tensor.node, tensor.output_nr
    node = tensor.grad_fn
    if node is None:
        return existing_accumulator(tensor) or Node([]), 0
    return node, tensor._output_nr


def _zeros_like(tensor: Tensor, requires_grad: bool) -> Tensor:
    """Zeros laid out in memory as a copy of the tensor would be."""
    zeros = zeros_of(output_metadata(tensor), preserved_strides(tensor._view.shape, tensor._view.strides))
    return zeros.requires_grad_() if requires_grad else zeros  # type: ignore[no-any-return]


def make_grads(outputs: Sequence[Any], grads: Any, create_graph: bool) -> list[Tensor | None]:
    """The cotangents to start from; the implicit 1 is for tensors of one element only."""
    if grads is None:
        given: Sequence[Any] = (None,) * len(outputs)
    else:
        given = (grads,) if isinstance(grads, Tensor) else tuple(grads)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    result: list[Tensor | None] = []
    for i, (output, value) in enumerate(zip(outputs, given)):
        metadata = _metadata(output)
        shape, dtype, _ = metadata
        if value is None:
            if not isinstance(output, Tensor) or output.requires_grad:
                if prod(shape) != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                if not dtype.is_floating_point:
                    raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {dtype}")
                result.append(zeros_of(metadata).new_ones(shape))
            else:
                result.append(None)
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(value).__name__}")
        if value._view.shape != shape:
            raise RuntimeError(f"Mismatch in shape: grad_output[{i}] has a shape of {Size(value.shape)} and output[{i}] has a shape of "
                               f"{Size(shape)}.")
        if dtype.is_complex != value.dtype.is_complex:
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
                f"grad_output[{i}] has a dtype of {value.dtype} and output[{i}] has a dtype of {dtype}.")
        result.append(value)
    return result


class _Task:
    """A backward pass that runs: its number, and which nodes belong to it."""

    def __init__(self, reached: dict[Node, int], useful: set[Node] | None) -> None:
        self.number = next(_numbers)
        self.reached, self.useful = reached, useful


_numbers = count()


def will_run(node: Node) -> bool:
    """Whether the backward pass that runs computes the gradient that arrives at a node."""
    task: _Task = modes.task
    return node in task.reached and (task.useful is None or node in task.useful)


def run(starts: Sequence[Edge], cotangents: Sequence[Tensor | None], keep_graph: bool, create_graph: bool,
        targets: list[tuple[Node, int]] | None, accumulate: bool) -> list[Any]:
    """The backward pass. With ``targets`` only the nodes on a path to them run; their gradients are returned."""
    waiting, useful = _explore([node for node, _ in starts], targets, accumulate)
    captured: dict[tuple[Node, int], Any] = {} if targets is None else dict.fromkeys(targets)
    ends = {node for node, _ in captured}
    buffers: dict[Node, list[Any]] = {}
    ready = ReadyQueue()
    before = modes.grad, state.without_classes, modes.task
    modes.grad, state.without_classes, modes.task = create_graph, True, _Task(waiting, useful if useful is None else useful | ends)
    try:
        for i, ((node, nr), cotangent) in enumerate(zip(starts, cotangents)):
            if cotangent is not None:
                _add(buffers, node, nr, _checked(cotangent, node.outputs[nr], i, None))
        for node in dict.fromkeys(node for node, _ in starts):
            if waiting[node] == 0:
                ready.push(node)
        while ready:
            node = ready.pop()
            grads = buffers.pop(node, None) or [None] * max(1, len(node.outputs))
            needed = (useful is None or node in useful) and (accumulate or not isinstance(node, AccumulateGrad))
            if node in ends or not needed and useful is not None:
                seen = grads if needed else call_tensor_hooks(node, list(grads))
                for nr in range(len(grads)):
                    if (node, nr) in captured and (not accumulate or not isinstance(node, AccumulateGrad)):
                        captured[node, nr] = seen[nr]
            if not needed:
                continue
            wanted = None if useful is None else [target is not None and (target[0] in useful or target[0] in ends) for target in node.edges]
            results = _run_node(node, call_tensor_hooks(node, grads), wanted)
            if not keep_graph:
                node.release()
            del grads
            for place, target in enumerate(node.edges):
                if target is None:
                    continue
                next_node, nr = target
                if wanted is not None and not wanted[place]:
                    continue
                if results[place] is not None:
                    _add(buffers, next_node, nr, results[place])
                    results[place] = None  # now the next node alone holds it
                waiting[next_node] -= 1
                if waiting[next_node] == 0:
                    ready.push(next_node)
    finally:
        modes.grad, state.without_classes, modes.task = before
    return [] if targets is None else [captured[target] for target in targets]


def _explore(starts: list[Node], targets: list[tuple[Node, int]] | None, accumulate: bool) -> tuple[dict[Node, int], set[Node] | None]:
    """How many cotangents each reachable node waits for, and which nodes lie above a target (None: all)."""
    waiting: dict[Node, int] = dict.fromkeys(starts, 0)
    users: dict[Node, list[Node]] = {}
    stack = list(waiting)
    while stack:
        node = stack.pop()
        for target in node.edges:
            if target is None:
                continue
            next_node = target[0]
            if next_node not in waiting:
                waiting[next_node] = 0
                stack.append(next_node)
            waiting[next_node] += 1
            if targets is not None:
                users.setdefault(next_node, []).append(node)
    if targets is None:
        return waiting, None
    # A node runs if one of its edges leads towards a target; a target itself, if gradients are accumulated or it lies above another.
    stack = [node for node, _ in targets]
    useful = {node for node in stack if accumulate or isinstance(node, AccumulateGrad)}
    while stack:
        for user in users.get(stack.pop(), ()):
            if user not in useful:
                useful.add(user)
                stack.append(user)
    return waiting, useful


def _add(buffers: dict[Node, list[Any]], node: Node, nr: int, value: Tensor) -> None:
    """Add a cotangent to what has arrived at an output of a node: in place, if nobody else holds the sum so far."""
    slots = buffers.get(node)
    if slots is None:
        slots = buffers[node] = [None] * max(1, len(node.outputs))
    if slots[nr] is None:
        slots[nr] = value
    elif not modes.grad and is_held_once(slots, nr) and is_non_overlapping_and_dense(slots[nr]._view.shape, slots[nr]._view.strides):
        slots[nr].add_(value)
    else:
        slots[nr] = slots[nr] + value


def _checked(value: Tensor, expected: Any, place: int, source: Node | None) -> Tensor:
    """A cotangent in the shape and dtype of the output that it belongs to. RuntimeError if it is none of that output.

    It comes from ``source``, or from the caller of the backward pass.
    """
    shape, dtype, _ = expected
    view = value._view
    if view.shape != shape:
        lead = len(view.shape) - len(shape)
        if lead < 0 or any(size not in (1, view.shape[lead + d]) for d, size in enumerate(shape)):
            origin = "returned an" if source is not None else "got"
            raise RuntimeError(f"{f'Function {source.name()} ' if source is not None else ''}{origin} invalid gradient at index {place} - got "
                               f"{list(view.shape)} but expected shape compatible with {list(shape)}")
        value = sum_to(value, shape)
    if view.dtype is not dtype is not None:
        if not view.dtype.is_floating_point and view.dtype.is_complex != dtype.is_complex:
            raise RuntimeError("Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but got false.  "
                               "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)")
        value = value.to(dtype)
    return value


def _run_node(node: Node, grads: list[Any], wanted: list[bool] | None) -> list[Any]:
    if node.pre_hooks:
        for hook in tuple(node.pre_hooks.values()):
            grads = replaced_by_hook(hook, tuple(grads), hook(tuple(grads)))
    results = _watched(node, grads, wanted) if modes.anomaly else node.apply(grads, wanted)
    for place, (target, value) in enumerate(zip(node.edges, results)):
        if target is not None and value is not None:
            shape, dtype, _ = expected = target[0].outputs[target[1]]
            view = value._view
            if view.shape != shape or view.dtype is not dtype is not None:
                results[place] = _checked(value, expected, place, node)
    if node.post_hooks:
        for hook in tuple(node.post_hooks.values()):
            results = replaced_by_hook(hook, tuple(results), hook(tuple(results), tuple(grads)))
    return results


def _watched(node: Node, grads: list[Any], wanted: list[bool] | None) -> list[Any]:
    """What a node computes. Where it fails, or returns NaN, warnings say where the program made it."""
    outer, modes.evaluated = modes.evaluated, node
    try:
        results = node.apply(grads, wanted)
        for nr, result in enumerate(results):
            if modes.check_nan and result is not None and bool((result != result).any()):
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {nr}th output.")
    except Exception:
        warn_of_anomaly(node)
        raise
    finally:
        modes.evaluated = outer
    return results
