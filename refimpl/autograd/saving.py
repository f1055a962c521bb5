"""What nodes keep for the backward pass."""

from __future__ import annotations

from typing import Any, Callable, Sequence
from weakref import ref

from ..tensor import Tensor, wrap
from .modes import modes, no_grad
from .nodes import AccumulateGrad, Node, accumulator, function_name

__all__ = ["FREED", "FREED_MESSAGE", "Freed", "Packed", "Saved", "SavedSequence", "kept", "version_counter"]

_INFERENCE = ("Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
              "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
              "instead of `torch.inference_mode()`.")
# The dtypes whose tensors have a class of their own in torch (``torch.FloatTensor``), and are named by it in errors.
_LEGACY_NAMES = frozenset(("Bool", "Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double"))


def version_counter(tensor: Tensor) -> list[int]:
    """The counter that in-place writes increase; a base and its views share one."""
    found = tensor._counter
    if found is None:
        found = tensor._counter = [0]
    return found


def kept(tensor: Tensor, is_output: bool) -> Saved | Packed:
    """A tensor as a node keeps it: through the hooks for saved tensors, if there are any."""
    return Packed(tensor, is_output, *modes.saved_hooks[-1]) if modes.saved_hooks else Saved(tensor, is_output)


class Saved:
    """A tensor kept for the backward pass, with the version that it had.

    Of an output that is no leaf a copy on the same memory is kept: a node that held its own output would never be freed but by the cycle
    collector. The output of an in-place write to a view is an output of the view's node, not of the node that keeps it.
    """

    __slots__ = ("tensor", "version", "is_output", "is_leaf", "view_node")

    def __init__(self, tensor: Tensor, is_output: bool) -> None:
        if tensor._inference:
            raise RuntimeError(_INFERENCE)
        counter = version_counter(tensor)
        self.version = counter[0]
        self.is_output = is_output
        self.is_leaf = tensor._grad_fn is None
        self.view_node: ref[Node] | None = None
        if is_output and not self.is_leaf:
            if tensor._base is not None and tensor.grad_fn is not None:
                self.view_node = ref(tensor._grad_fn)
            copy = wrap(tensor._view)
            copy._counter = counter
            copy._requires_grad = tensor._requires_grad
            copy._output_nr = tensor._output_nr
            tensor = copy
        self.tensor = tensor

    def unpack(self, node: Node) -> Tensor:
        tensor = self.tensor
        source = node if self.is_output else tensor.grad_fn if tensor._base is not None else tensor._grad_fn
        if self.view_node is not None:
            source = self.view_node() or node
        if source is None and not self.is_leaf:
            raise RuntimeError("Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, please "
                               "use out-of-place `.detach()` instead")
        counter = tensor._counter
        if counter is not None and counter[0] != self.version:
            view = tensor._view
            prefix = "cuda." if view.storage.kernels.device_type == "cuda" else ""
            name = view.dtype.type_name
            kind = f"torch.{prefix}{name}Tensor" if name in _LEGACY_NAMES else f"{(prefix or 'cpu.')[:-1].upper()}{name}Type"
            kind = f"{kind} {list(view.shape)}"
            origin = f", which is output {tensor._output_nr} of {function_name(source)}," if source is not None else ""
            raise RuntimeError(
                f"one of the variables needed for gradient computation has been modified by an inplace operation: [{kind}]{origin} is at "
                f"version {counter[0]}; expected version {self.version} instead. Hint: {_TRACED if modes.anomaly else _UNTRACED}")
        if self.is_output and not self.is_leaf:
            other = wrap(tensor._view)
            other._counter = tensor._counter
            other._requires_grad = True
            other._tangent = tensor._tangent
            other._grad_fn = source
            other._output_nr = tensor._output_nr
            return other
        return tensor


class Packed:
    """What a hook made of a tensor that is kept for the backward pass; another hook makes a tensor of it again, which takes the same place in the
    graph. In-place writes to what was packed are nobody's concern then.
    """

    __slots__ = ("packed", "unpack_hook", "is_output", "source", "output_nr", "requires_grad")

    def __init__(self, tensor: Tensor, is_output: bool, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Any]) -> None:
        if tensor._inference:
            raise RuntimeError(_INFERENCE)
        self.unpack_hook = unpack_hook
        self.requires_grad = tensor.requires_grad
        self.output_nr = tensor._output_nr
        self.is_output = is_output and not tensor.is_leaf
        self.source = None if self.is_output else tensor.grad_fn or (accumulator(tensor) if self.requires_grad else None)
        version = version_counter(tensor)[0]
        with no_grad():
            self.packed = pack_hook(tensor)
        if version_counter(tensor)[0] != version:
            raise RuntimeError("A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be modified "
                               "by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to perform "
                               "in-place operations on the input to a pack hook.")

    def unpack(self, node: Node) -> Tensor:
        tensor = self.unpack_hook(self.packed)
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(tensor).__name__}")
        made = wrap(tensor._view)
        made._requires_grad = self.requires_grad
        source = node if self.is_output else self.source
        if isinstance(source, AccumulateGrad):
            made._accumulator = ref(source)
        else:
            made._grad_fn, made._output_nr = source, self.output_nr
        return made


class SavedSequence:
    """A list of tensors (and other things) kept for the backward pass."""

    __slots__ = ("items",)

    def __init__(self, values: Sequence[Any]) -> None:
        self.items = [kept(v, False) if isinstance(v, Tensor) else v for v in values]

    def unpack(self, node: Node) -> list[Any]:
        return [item.unpack(node) if isinstance(item, (Saved, Packed)) else item for item in self.items]


_UNTRACED = ("enable anomaly detection to find the operation that failed to compute its gradient, with "
             "torch.autograd.set_detect_anomaly(True, check_nan=False).")  # fmt: skip
_TRACED = ("the backtrace further above shows the operation that failed to compute its gradient. The variable in question was changed in there or "
           "anywhere later. Good luck!")  # fmt: skip
FREED_MESSAGE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate "
    "values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward.")


class Freed:
    """What stands in the place of a saved tensor after it was freed."""

    @staticmethod
    def unpack(node: Node) -> Any:
        raise RuntimeError(FREED_MESSAGE)


FREED = Freed()
