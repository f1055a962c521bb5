"""Graphs of torch.export, node by node on refimpl."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import torch

import refimpl


def core_graph(model: torch.nn.Module, *inputs: torch.Tensor) -> Any:
    """The model as torch.export has it, decomposed to core aten operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch.export itself calls
        return torch.export.export(model.eval(), inputs).run_decompositions()


def as_refimpl(value: Any) -> Any:
    """A tensor, dtype, layout, device or list of them as refimpl's."""
    if isinstance(value, torch.Tensor):
        return refimpl.tensor(value.detach().tolist(), dtype=as_refimpl(value.dtype)).reshape(tuple(value.shape))
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return getattr(refimpl, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return refimpl.device(str(value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_refimpl, value))
    return value


def run(program: Any, *inputs: torch.Tensor) -> list[Any]:
    """The results of an exported program, each node evaluated by the operator of the same name in refimpl.ops.aten."""
    state = {**program.state_dict, **program.constants}
    specs = program.graph_signature.input_specs
    given = iter(inputs)
    values: dict[Any, Any] = {}
    leaves = iter(specs)

    def argument(value: Any) -> Any:
        if isinstance(value, torch.fx.Node):
            return values[value]
        if isinstance(value, (list, tuple)):
            return [argument(each) for each in value]
        return as_refimpl(value)

    for node in program.graph.nodes:
        if node.op == "placeholder":
            target = next(leaves).target
            values[node] = as_refimpl(state[target] if target is not None else next(given))
        elif node.op == "output":
            return argument(node.args[0])
        elif node.target is operator.getitem:
            values[node] = values[node.args[0]][node.args[1]]
        else:
            name, _, overload = str(node.target).removeprefix("aten.").partition(".")
            function = getattr(getattr(refimpl.ops.aten, name), overload)
            values[node] = function(*map(argument, node.args), **{key: argument(value) for key, value in node.kwargs.items()})
    raise AssertionError("a graph without an output")
