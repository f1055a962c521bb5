"""Recording: a call of an operation becomes a node of the graph."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .nodes import Edge, output_metadata
from .operation_nodes import OperationNode, node_class
from .views import edge

__all__ = ["make_node", "record"]

_NUMBERS = frozenset((bool, int, float, complex))


def make_node(operation: Any, bound: dict[str, Any]) -> OperationNode | None:
    """The node for a call with these arguments, or None if no differentiable argument requires grad. Nothing is saved yet."""
    edges: list[Edge | None] = []
    targets: list[Any] = []
    needed = 0
    outside = () if operation.outside_graph is None else operation.outside_graph(bound)
    for parameter in operation.gradients:
        if parameter in outside:
            continue
        value = bound[parameter]
        for place, item in enumerate(value) if isinstance(value, (tuple, list)) else ((None, value),):
            if isinstance(item, Tensor) and (item._requires_grad or item._base is not None and item._base._requires_grad) and (
                    item._view.dtype.category > 1):
                needed += 1
                there = edge(item)
                edges.append(there)
                view = item._view
                targets.append(None if there is None else (parameter, place, view.shape, view.dtype))
            else:
                edges.append(None)
                targets.append(None)
    if not needed:
        return None
    if operation.required_edges_only:
        edges, targets = [e for e in edges if e is not None], [t for t in targets if t is not None]
    elif needed < len(edges) and not operation.wraps_numbers:
        _leave_out_numbers(operation, bound, edges, targets)
    return node_class(operation.node_name(bound))(operation, edges, targets)


def _leave_out_numbers(operation: Any, bound: dict[str, Any], edges: list[Edge | None], targets: list[Any]) -> None:
    """Take away the edges of numbers, and beside numbers those of arguments that were not given."""
    values = [bound[parameter] for parameter in operation.gradients]
    if len(values) == len(edges) and any(v.__class__ in _NUMBERS for v in values):
        kept = [i for i, v in enumerate(values) if v is not None and v.__class__ not in _NUMBERS]
        edges[:] = [edges[i] for i in kept]
        targets[:] = [targets[i] for i in kept]


def record(operation: Any, bound: dict[str, Any], result: Any) -> Any:
    """Make the outputs of a call part of the graph. The views of an inference tensor are none of a graph.

    RuntimeError where the call makes integers or bools of what requires grad, unless its page says that these are left out of the graph.
    """
    if operation.view is not None and bound[operation.positional[0]]._inference:
        return result
    results = result if isinstance(result, (tuple, list)) else (result,)
    integers = not any(output._view.dtype.category > 1 for output in results)
    if integers and operation.leaves_integers_untracked:
        return result
    node = make_node(operation, bound)
    if node is None:
        return result
    if operation.real_alone and results[0].dtype.is_complex:
        raise RuntimeError(f"{operation.spelled or operation.name} does not support automatic differentiation for outputs with complex dtype.")
    if integers and results:
        raise RuntimeError(f"Autograd not support dtype: {results[0]._view.dtype.type_name}")
    for nr, output in enumerate(results):
        node.outputs.append(output_metadata(output))
        if output._view.dtype.category > 1 and not (nr and operation.first_output_only):
            output._requires_grad = True
            output._grad_fn = node
            output._output_nr = nr
    node.save(bound, results)
    return result
