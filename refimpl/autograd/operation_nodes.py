"""The nodes that record calls of operations: what they save, and how they compute gradients from the operations' formulas."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Sequence

from ..tensor import Tensor
from .modes import modes, note_origin
from .nodes import Edge, Node, fit, sequence_numbers, zeros_of
from .saving import FREED, Packed, Saved, SavedSequence, kept

__all__ = ["OperationNode", "node_class"]


class OperationNode(Node):
    """The record of one call of a registered operation. Each name of a node is a class of its own, as it is in torch (:func:`node_class`)."""

    __slots__ = ("operation", "targets", "saved")

    def __init__(self, operation: Any, edges: list[Edge | None], targets: list[tuple[Any, ...] | None]) -> None:
        self.sequence = next(sequence_numbers)
        self.edges = edges
        self.outputs = []
        self.operation = operation
        self.targets = targets  # for each edge: (parameter, place in a list or None, shape, dtype), or None
        self.saved: dict[str, Any] = {}
        if modes.anomaly:
            note_origin(self)

    def name(self) -> str:
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _IN_NAMESPACE else name

    def __call__(self, *grads: Any) -> Any:
        results = self.apply(list(grads))
        return results[0] if len(results) == 1 else tuple(results)

    def __getattr__(self, name: str) -> Any:
        for prefix in ("_saved_", "_raw_saved_"):
            if name.startswith(prefix):
                key = _saved_names(self.saved).get(name[len(prefix) :])
                if key is not None:
                    return self._value(key) if prefix == "_saved_" else SavedTensor(self, key)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __dir__(self) -> list[str]:
        """What torch's nodes show: programs that draw graphs look for what is saved."""
        raw = [shown for shown, name in _saved_names(self.saved).items() if self.saved[name].__class__ in _TENSORS]
        return ["metadata", "name", "next_functions", "register_hook", "register_prehook", *(f"_saved_{shown}" for shown in _saved_names(self.saved)),
                *(f"_raw_saved_{shown}" for shown in raw)]

    def _value(self, name: str) -> Any:
        value = self.saved[name]
        return value.unpack(self) if value.__class__ in _UNPACKED else value

    def apply(self, grads: list[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        operation = self.operation
        results: list[Any] = []
        computed: dict[str, Any] = {}
        unpacked: dict[str, Any] = {}  # what several formulas need is unpacked once: a hook that unpacks may hand it out once
        if wanted is not None or not any(self.targets) or all(grad is None for grad in grads):
            self._leave_out_unwanted([] if wanted is None else wanted, computed)
        for edge, target in zip(self.edges, self.targets):
            if target is None:
                results.append(None)
                continue
            parameter, place, shape, dtype = target
            if edge is not None:  # a leaf may have another shape by now than its node was made for, which decides
                shape = edge[0].outputs[edge[1]][0]
            if parameter not in computed:
                computed[parameter] = self._evaluate(operation.gradients[parameter], operation.needs[parameter], grads, unpacked)
            value = computed[parameter]
            if place is not None and value is not None:
                value = value[place]
            results.append(None if value is None else fit(value, shape, dtype))
        return results

    def _leave_out_unwanted(self, wanted: Sequence[bool], computed: dict[str, Any]) -> None:
        """Enter None for the parameters none of whose gradients is wanted. What was saved for them is unpacked, and so checked, all the same."""
        asked = {target[0] for target, want in zip(self.targets, wanted) if want and target is not None}
        computed.update((target[0], None) for target in self.targets if target is not None and target[0] not in asked)
        for name, value in self.saved.items():
            if value.__class__ is not Packed:
                self._value(name)

    def _evaluate(self, formula: Callable[..., Any], names: tuple[str, ...], grads: list[Any], unpacked: dict[str, Any]) -> Any:
        arguments = []
        for name in names:
            if name == "grad":
                if grads[0] is None:
                    return None
                arguments.append(grads[0])
            elif name == "grads":
                if all(g is None for g in grads):
                    return None
                arguments.append(tuple(zeros_of(m) if g is None and m is not None else g for g, m in zip(grads, self.outputs)))
            else:
                value = self.saved[name]
                if value.__class__ in _UNPACKED:
                    if name not in unpacked:
                        unpacked[name] = value.unpack(self)
                    value = unpacked[name]
                arguments.append(value)
        return formula(*arguments)

    def release(self) -> None:
        forgotten = _TENSORS_AND_NUMBERS if self.operation.saves_numbers else _TENSORS
        self.saved = {k: FREED if v.__class__ in forgotten else v for k, v in self.saved.items()}

    def save(self, bound: dict[str, Any], results: Sequence[Tensor]) -> None:
        """Keep what the needed formulas name: arguments, and results as far as there are any yet."""
        saved, needs = self.saved, self.operation.needs
        names: Sequence[str] = [name for target in self.targets if target is not None for name in needs[target[0]]]
        if not names or modes.saved_hooks:
            names = self._as_torch_saves(names, bound)
        for name in names:
            if name in saved or name == "grad" or name == "grads":
                continue
            if name in bound:
                value = bound[name]
                if isinstance(value, Tensor):
                    value = kept(value, False)
                elif isinstance(value, (tuple, list)) and any(isinstance(v, Tensor) for v in value):
                    value = SavedSequence(value)
                saved[name] = value
            elif name.rpartition("_")[0] in bound:
                saved[name] = _metadata(bound, name)
            elif results:
                number = name[len("result") :]
                output = results[int(number) if number else 0]
                saved[name] = kept(output, output._grad_fn is self)

    def _as_torch_saves(self, names: Sequence[str], bound: dict[str, Any]) -> Sequence[str]:
        """Hooks for saved tensors see them in torch's order: arguments by name, the first as ``self``, then results. Where all leaves are such by
        their bases alone, torch keeps, and frees, what no single one of several formulas needs."""
        if not names:
            needs = self.operation.needs
            named = [name for each in needs.values() for name in dict.fromkeys(each)]
            names = [name for name in named if len(needs) == 1 or named.count(name) > 1]
        return sorted(names, key=lambda name: (name not in bound, "self" if name == "input" else name)) if modes.saved_hooks else names


class SavedTensor:
    """A tensor that a node keeps, as ``grad_fn._raw_saved_self`` shows it."""

    def __init__(self, node: OperationNode, key: str) -> None:
        self._node, self._key = node, key

    def register_hooks(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Keep what ``pack_hook`` makes of the tensor, of which ``unpack_hook`` makes a tensor when it is needed. RuntimeError if hooks have been
        registered."""
        saved = self._node.saved[self._key]
        if isinstance(saved, Packed):
            raise RuntimeError("Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is allowed "
                               "at a time.")
        self._node.saved[self._key] = Packed(saved.unpack(self._node), saved.is_output, pack_hook, unpack_hook)


_IN_NAMESPACE = frozenset(("CopyBackwards", "CopySlices", "NotImplemented"))  # torch writes these by hand
_TENSORS = frozenset((Saved, SavedSequence, Packed))
_TENSORS_AND_NUMBERS = _TENSORS | {bool, int, float, complex}
_UNPACKED = _TENSORS | {type(FREED)}

_SPELLED = {"_shape": "_sym_sizes", "_strides": "_sym_strides"}  # what formulas know of an argument, as torch calls it


def _saved_names(saved: Iterable[str]) -> dict[str, str]:
    """By torch's names, in which the first argument is ``self``, what a node has saved."""
    found = {}
    for name in saved:
        parameter, underscore, what = name.rpartition("_")
        ending = _SPELLED.get(underscore + what, "")
        shown = parameter if ending else name
        found[("self" if shown == "input" else shown) + ending] = name
    return found


_node_classes: dict[str, type[OperationNode]] = {}


def node_class(name: str) -> type[OperationNode]:
    """The class of the nodes that are called ``name`` (``AddBackward0``)."""
    found = _node_classes.get(name)
    if found is None:
        found = _node_classes[name] = type(name, (OperationNode,), {"__slots__": (), "__module__": "builtins"})
    return found


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
