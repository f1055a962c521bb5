"""The engine: runs the tape backwards, without recursion, so that the length of a chain is limited by memory only.

Nodes run when all cotangents that reach them have been added up; of several that could run, the one recorded last runs first.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, Sequence

from ..tensor import Size, Tensor
from .graph import AccumulateGrad, Node, edge, fit
from .modes import modes


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
             grad_variables: Any = None, inputs: Any = None) -> None:
    """Add the gradients of ``tensors`` with respect to the leaves of the graph to the leaves' ``grad``.

    ``grad_tensors`` are the cotangents, one for each tensor; None for a tensor of one element means 1. With ``inputs``, only those
    tensors get a ``grad``. ``create_graph`` records the backward pass itself, so that it can be differentiated again.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    roots = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
    if inputs is not None:
        inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    cotangents = make_grads(roots, grad_tensors, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    targets = None
    if inputs is not None:
        targets = []
        for tensor in inputs:
            if not tensor.requires_grad:
                raise RuntimeError("One of the differentiated Tensors does not require grad")
            if not tensor.is_leaf and not tensor.retains_grad:
                tensor.retain_grad()
            targets.append(edge(tensor))
    if create_graph:
        import warnings

        warnings.warn("Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can "
                      "cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this "
                      "function, make sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak.",
                      stacklevel=3)
    run(roots, cotangents, keep, create_graph, targets, accumulate=True)


def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple[Tensor, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``; no ``grad`` attribute changes.

    >>> x = tensor(3., requires_grad=True)
    >>> autograd.grad(x * x, x)
    (tensor(6.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.")
    if allow_unused is None:
        allow_unused = materialize_grads
    if is_grads_batched:
        raise RuntimeError("is_grads_batched=True is not supported by refimpl")
    roots = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    wanted = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    cotangents = make_grads(roots, grad_outputs, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    for tensor in wanted:
        if not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = run(roots, cotangents, keep, create_graph, [edge(t) for t in wanted], accumulate=False)
    results = []
    for i, (value, tensor) in enumerate(zip(found, wanted)):
        if value is None and not allow_unused:
            raise RuntimeError(f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                               "Set allow_unused=True if this is the desired behavior.")
        if value is None and materialize_grads:
            value = tensor.new_zeros(tensor.shape)
        results.append(value)
    return tuple(results)


def make_grads(outputs: Sequence[Tensor], grads: Any, create_graph: bool) -> list[Tensor | None]:
    """The cotangents to start from; the implicit 1 is for tensors of one element only."""
    if grads is None:
        given: Sequence[Any] = (None,) * len(outputs)
    else:
        given = (grads,) if isinstance(grads, Tensor) else tuple(grads)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    result: list[Tensor | None] = []
    for i, (output, value) in enumerate(zip(outputs, given)):
        if value is None:
            if output.requires_grad:
                if output.numel() != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                if not output.dtype.is_floating_point:
                    raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {output.dtype}")
                result.append(output.detach().new_ones(output.shape))
            else:
                result.append(None)
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(value).__name__}")
        if value.shape != output.shape:
            raise RuntimeError(f"Mismatch in shape: grad_output[{i}] has a shape of {Size(value.shape)} and output[{i}] has a shape of "
                               f"{Size(output.shape)}.")
        if output.dtype.is_complex != value.dtype.is_complex:
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
                f"grad_output[{i}] has a dtype of {value.dtype} and output[{i}] has a dtype of {output.dtype}.")
        result.append(value)
    return result


def run(roots: Sequence[Tensor], cotangents: Sequence[Tensor | None], keep_graph: bool, create_graph: bool,
        targets: list[tuple[Node, int]] | None, accumulate: bool) -> list[Any]:
    """The backward pass. With ``targets`` only the nodes on a path to them run; their gradients are returned."""
    for i, root in enumerate(roots):
        if not root.requires_grad:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
    starts = [edge(root) for root in roots]
    waiting, useful = _explore([node for node, _ in starts], targets)
    captured: dict[tuple[Node, int], Any] = {} if targets is None else dict.fromkeys(targets)
    buffers: dict[Node, list[Any]] = {}
    heap: list[tuple[int, int, Node]] = []
    previous = modes.grad
    modes.grad = create_graph
    try:
        for (node, nr), cotangent, root in zip(starts, cotangents, roots):
            if cotangent is None:
                continue
            if cotangent.dtype is not root.dtype:
                cotangent = fit(cotangent, root._view.shape, root._view.dtype)
            _add(buffers, node, nr, cotangent)
        for node in dict.fromkeys(node for node, _ in starts):
            if waiting[node] == 0:
                heappush(heap, (_priority(node), id(node), node))
        while heap:
            node = heappop(heap)[2]
            grads = buffers.pop(node, None) or [None] * max(1, len(node.outputs))
            grads = _tensor_hooks(node, grads)
            for nr in range(len(grads)):
                if (node, nr) in captured and (not accumulate or not isinstance(node, AccumulateGrad)):
                    captured[node, nr] = grads[nr]
            if useful is not None and node not in useful:
                continue
            if isinstance(node, AccumulateGrad):
                if accumulate:
                    _run_node(node, grads)
                continue
            results = _run_node(node, grads)
            if not keep_graph:
                node.release()
            for target, value in zip(node.edges, results):
                if target is None:
                    continue
                next_node, nr = target
                if useful is not None and next_node not in waiting:
                    continue
                if value is not None:
                    _add(buffers, next_node, nr, value)
                waiting[next_node] -= 1
                if waiting[next_node] == 0:
                    heappush(heap, (_priority(next_node), id(next_node), next_node))
    finally:
        modes.grad = previous
    return [] if targets is None else [captured[target] for target in targets]


def _priority(node: Node) -> int:
    """Leaves first, then the node recorded last."""
    return -(1 << 62) if isinstance(node, AccumulateGrad) else -node.sequence


def _explore(starts: list[Node], targets: list[tuple[Node, int]] | None) -> tuple[dict[Node, int], set[Node] | None]:
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
    # A node runs if one of its edges leads towards a target; a target itself runs only if it lies above another.
    useful: set[Node] = set()
    stack = [node for node, _ in targets]
    for node in stack:
        if isinstance(node, AccumulateGrad):
            useful.add(node)
    while stack:
        for user in users.get(stack.pop(), ()):
            if user not in useful:
                useful.add(user)
                stack.append(user)
    return waiting, useful


def _add(buffers: dict[Node, list[Any]], node: Node, nr: int, value: Tensor) -> None:
    slots = buffers.get(node)
    if slots is None:
        slots = buffers[node] = [None] * max(1, len(node.outputs))
    slots[nr] = value if slots[nr] is None else slots[nr] + value


def _tensor_hooks(node: Node, grads: list[Any]) -> list[Any]:
    if node.tensor_hooks:
        for nr, hooks in node.tensor_hooks.items():
            for hook in tuple(hooks):
                if grads[nr] is None:
                    continue
                value = hook(grads[nr])
                if value is not None:
                    if not isinstance(value, Tensor):
                        raise TypeError(f"hook '{getattr(hook, '__name__', hook)}' has returned an incorrect type: "
                                        f"expected a Tensor, but got {type(value).__name__}")
                    if value.shape != grads[nr].shape:
                        raise RuntimeError(f"hook '{getattr(hook, '__name__', hook)}' has changed the size of value")
                    grads[nr] = value
    if node.retained:
        for nr, reference in node.retained.items():
            tensor = reference()
            if tensor is not None and grads[nr] is not None:
                tensor._grad = grads[nr].clone() if tensor._grad is None else tensor._grad + grads[nr]
    return grads


def _run_node(node: Node, grads: list[Any]) -> list[Any]:
    if node.pre_hooks:
        for hook in tuple(node.pre_hooks):
            value = hook(tuple(grads))
            if value is not None:
                grads = list(value) if isinstance(value, (tuple, list)) else [value]
    results = node.apply(grads)
    if modes.check_nan:
        for nr, result in enumerate(results):
            if result is not None and bool((result != result).any()):
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {nr}th output.")
    if node.post_hooks:
        for hook in tuple(node.post_hooks):
            value = hook(tuple(results), tuple(grads))
            if value is not None:
                results = list(value) if isinstance(value, (tuple, list)) else [value]
    return results
