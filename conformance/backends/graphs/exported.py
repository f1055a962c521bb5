"""``torch.export:refimpl``: each call as ``torch.export`` has it, decomposed to core aten operators, and the graph run by ``refimpl.ops.aten``.

A graph is made once for all calls of a signature (operation, form, shapes, dtypes, arguments that are no tensors). What graphs do not promise is not
compared: memory, strides, words and types of errors; what depends on elements makes no graph and is Unsupported, as is an operator that refimpl does
not have. Gradients are no part of a graph.
"""

from __future__ import annotations

import operator
import warnings
from dataclasses import replace
from typing import Any, Callable, Sequence

import torch
from torch.utils import _pytree

import refimpl

from ..base import Unsupported
from ..refimpl_backend import Refimpl
from ..torch_backend import Torch

_NO_GRAPH = (
    "DataDependentOutputException", "DynamicOutputShapeException", "GuardOnDataDependentSymNode", "UnsupportedOperatorException", "UserError",
    "Unsupported", "InternalTorchDynamoError", "SpecViolationError",
)  # fmt: skip


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


def run(program: Any, *inputs: Any) -> list[Any]:
    """The results of an exported program, each node evaluated by the operator of the same name in refimpl.ops.aten. Inputs are tensors of torch or of
    refimpl."""
    state = {**program.state_dict, **program.constants}
    given = iter(inputs)
    values: dict[Any, Any] = {}
    leaves = iter(program.graph_signature.input_specs)

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
            return argument(node.args[0])  # type: ignore[no-any-return]
        elif node.target is operator.getitem:
            values[node] = values[node.args[0]][node.args[1]]
        elif not node.users and "_assert" in str(node.target):
            continue  # of what tracing took for granted
        else:
            values[node] = operator_of(str(node.target))(*map(argument, node.args), **{key: argument(value) for key, value in node.kwargs.items()})
    raise AssertionError("a graph without an output")


def operator_of(target: str) -> Callable[..., Any]:
    """refimpl's operator for a node's target, ``aten.add.Tensor``; NotImplementedError if there is none."""
    name, _, overload = target.removeprefix("aten.").partition(".")
    try:
        return getattr(getattr(refimpl.ops.aten, name), overload)  # type: ignore[no-any-return]
    except AttributeError as error:
        raise NotImplementedError(f"the operator {target}") from error


class Exported(Refimpl):
    """refimpl's tensors, and torch.export's graphs for what is called."""

    patience = 10  # limits: a call whose graph is made first is no hang

    def __init__(self) -> None:
        super().__init__("cpu")
        self.name = "torch.export:refimpl"
        self.torch = Torch("cpu")
        self.capabilities = replace(
            self.capabilities, forms=frozenset(("function", "method")), mutable=False, autograd=False, strides=False, aliasing=False,
            node_names=False, random=False, printing=False, host_memory=False, error_types=False, messages=False, values_decide=False,
        )  # fmt: skip
        self._programs: dict[str, Any] = {}

    def versions(self) -> dict[str, str]:
        return super().versions() | {"torch": torch.__version__}

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        leaves, spec = _pytree.tree_flatten((list(args), kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, refimpl.Tensor)]
        template = [_Slot() if isinstance(leaf, refimpl.Tensor) else _as_torch(leaf) for leaf in leaves]
        key = repr((operation, form, spec, template, [(x.dtype, tuple(x.shape), x.stride()) for x in tensors]))
        if key not in self._programs:
            self._programs[key] = self._export(operation, form, template, spec, tensors)
        program = self._programs[key]
        try:
            return _pytree.tree_unflatten(run(program, *tensors), program.call_spec.out_spec)
        except NotImplementedError as error:
            raise Unsupported(str(error)) from error

    def _export(self, operation: str, form: str, template: list[Any], spec: Any, tensors: list[Any]) -> Any:
        samples = [
            torch.empty_strided(tuple(x.shape), x.stride(), dtype=getattr(torch, str(x.dtype).removeprefix("refimpl.").removeprefix("torch.")))
            for x in tensors
        ]  # fmt: skip
        try:
            return core_graph(_Call(self.torch, operation, form, template, spec), *samples)
        except Exception as error:
            if type(error).__name__ in _NO_GRAPH:
                raise Unsupported(f"a graph of the call ({type(error).__name__})") from error
            raise


class _Slot:
    """Where a tensor stands among the arguments."""

    def __repr__(self) -> str:
        return "tensor"


class _Call(torch.nn.Module):
    """A call as a module of its tensors."""

    def __init__(self, backend: Torch, operation: str, form: str, template: list[Any], spec: Any) -> None:
        super().__init__()
        self.how = (backend, operation, form, template, spec)

    def forward(self, *tensors: Any) -> Any:
        backend, operation, form, template, spec = self.how
        given = iter(tensors)
        args, kwargs = _pytree.tree_unflatten([next(given) if isinstance(leaf, _Slot) else leaf for leaf in template], spec)
        return backend.call(operation, form, args, kwargs)


def _as_torch(value: Any) -> Any:
    """A dtype, layout, memory format or device of refimpl's as torch's."""
    if isinstance(value, (refimpl.dtype, refimpl.layout, refimpl.memory_format)):
        return getattr(torch, str(value).rpartition(".")[2])
    if isinstance(value, refimpl.device):
        return torch.device(str(value))
    if isinstance(value, refimpl.Generator):
        raise Unsupported("generators")
    return value
