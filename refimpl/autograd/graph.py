"""The graph as programs see it: hooks for what it saves, edges, and hooks for several gradients at once (``torch.autograd.graph``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Callable

from ..tensor import Tensor
from .engine import will_run
from .modes import modes
from .nodes import GradientEdge, Node, RemovableHandle
from .saving import version_counter
from .views import edge

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge", "increment_version",
    "region_activation_memory_budget", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks", "set_override_stale_capture_stream",
    "set_warn_on_accumulate_grad_stream_mismatch",
]  # fmt: skip


class saved_tensors_hooks:
    """A block in which each tensor that the graph saves goes through ``pack_hook``, and comes back through ``unpack_hook`` when it is needed.

    ``pack_hook(tensor)`` may return anything, ``unpack_hook`` makes of that a tensor with the same elements. TypeError for what is no function,
    or if no tensor comes back; RuntimeError if the tensor is written in place.

    >>> x = tensor([2.], requires_grad=True)
    >>> with autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda numbers: tensor(numbers)):
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor([4.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if modes.saved_hooks_refused is not None:
            raise RuntimeError(modes.saved_hooks_refused)
        if not (callable(self.pack_hook) and callable(self.unpack_hook)):
            raise TypeError(f"saved tensors are packed and unpacked by functions, not by {self.pack_hook!r} and {self.unpack_hook!r}")
        modes.saved_hooks = (*modes.saved_hooks, (self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc: object) -> None:
        modes.saved_hooks = modes.saved_hooks[:-1]


class save_on_cpu(saved_tensors_hooks):
    """A block in which saved tensors are kept in the host's memory, and brought back to their device when they are needed."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """A block in which hooks for saved tensors are a RuntimeError with this message; so it is if there are any already."""
    if modes.saved_hooks:
        raise RuntimeError(error_message)
    before, modes.saved_hooks_refused = modes.saved_hooks_refused, error_message
    try:
        yield
    finally:
        modes.saved_hooks_refused = before


class _Copies:
    """The copies that a block of :func:`allow_mutation_on_saved_tensors` keeps."""

    def __init__(self) -> None:
        self.is_open = True

    def unpacked(self, copy: Tensor) -> Tensor:
        if not self.is_open:
            raise AssertionError("Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally "
                                 "recorded.")
        return copy


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_Copies]:
    """A block in which tensors may be written in place after the graph has saved them: it keeps copies.

    AssertionError if such a graph is run backwards outside of the block, RuntimeError for blocks within one another.

    >>> with autograd.graph.allow_mutation_on_saved_tensors():
    ...     x = tensor([3.], requires_grad=True)
    ...     y = x.clone()
    ...     z = (y ** 2).sum()
    ...     _ = y.sin_()
    ...     z.backward()
    >>> x.grad
    tensor([6.])
    """
    if any(isinstance(getattr(unpack, "__self__", None), _Copies) for _, unpack in modes.saved_hooks):
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    copies = _Copies()
    try:
        with saved_tensors_hooks(lambda tensor: tensor.detach().clone(), copies.unpacked):
            yield copies
    finally:
        copies.is_open = False


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where the gradient of a tensor flows: what ``autograd.grad`` and ``backward`` take in the place of the tensor, which it does not hold.

    RuntimeError for a tensor that does not require grad.
    """
    there = edge(tensor) if tensor.requires_grad else None
    if there is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*there)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count a write to a tensor, or to each of several, that autograd has not seen. RuntimeError for what is no tensor."""
    if not isinstance(tensor, (Tensor, Iterable)):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(each, Tensor):
            raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
        if not each._inference:
            version_counter(each)[0] += 1


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """Accepted for the sake of programs: there are no streams here that could differ."""


def set_override_stale_capture_stream(enabled: bool) -> None:
    """Accepted for the sake of programs: nothing is captured here."""


def region_activation_memory_budget(budget: float) -> Any:
    """A block for compiled programs, of which there are none here: RuntimeError, as outside of one in torch; TypeError for what is no float,
    ValueError for one outside of [0, 1]."""
    name = "torch.autograd.graph.region_activation_memory_budget"
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"{name}: expects a float, got {type(budget).__name__}")
    if not 0.0 <= budget <= 1.0:
        raise ValueError(f"{name}: must be in [0, 1], got {budget}")
    raise RuntimeError(f"{name} can only be used inside a torch.compile region; it has no effect in eager mode.")


class _MultiHandle(RemovableHandle):
    """The handles of one hook of several tensors."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self._handles = tuple(handles)

    def remove(self) -> None:
        """Unregister the hook."""
        for handle in self._handles:
            handle.remove()

    def __getstate__(self) -> tuple[RemovableHandle, ...]:
        return self._handles

    def __setstate__(self, state: tuple[RemovableHandle, ...]) -> None:
        self._handles = state


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all") -> _MultiHandle:
    """Call ``fn`` once in each backward pass: with the gradients of all of the tensors when those that the pass computes have been computed (None
    for the others), or, in mode "any", with the first one. What it returns is not used.

    ValueError for another mode, AssertionError for tensors without a place in the graph, which mode "any" passes over.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        tensors = [tensor for tensor in tensors if tensor.requires_grad]
    places = []
    for tensor in tensors:
        there = edge(tensor) if tensor.requires_grad else None
        if there is None:
            raise AssertionError("Expected gradient function to be set")
        places.append(there[0])
    arrived: dict[int, dict[int, Any]] = {}  # by the number of the backward pass, the gradients by place

    def hook_at(place: int) -> Callable[[Any], None]:
        def hook(grad: Any) -> None:
            found = arrived.setdefault(modes.task.number, {})
            found[place] = grad
            if mode == "any":
                if len(found) == 1:
                    fn(grad)
            elif len(found) == sum(map(will_run, places)):
                del arrived[modes.task.number]
                fn([found.get(i) for i in range(len(places))])

        return hook

    return _MultiHandle([tensor.register_hook(hook_at(i)) for i, tensor in enumerate(tensors)])
