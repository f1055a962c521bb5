"""Gradients with less memory: what was computed on the way is computed again when its gradient is needed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from warnings import warn

from ..autograd.engine import backward as _backward
from ..autograd.function import Function
from ..autograd.graph import saved_tensors_hooks
from ..autograd.modes import enable_grad, modes, no_grad
from ..autograd.saving import kept
from ..foundation.devices import get_default_device, load_optional_backends
from ..random import get_rng_state, set_rng_state
from ..tensor import Tensor

__all__ = [
    "CheckpointError", "CheckpointFunction", "DefaultDeviceType", "GraphExecGroup", "check_backward_validity", "checkpoint", "checkpoint_sequential",
    "detach_variable", "get_device_states", "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop", "set_device_states",
]  # fmt: skip


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed at first."""


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing."""
    return nullcontext(), nullcontext()


class _State:
    """What a function finds around it when it is called, but for its arguments: the random numbers, autocast, the default device."""

    def __init__(self, random: bool) -> None:
        self.random = get_rng_state() if random else None
        self.autocast = modes.autocast, modes.autocast_dtypes, modes.autocast_cache
        self.device = get_default_device()

    @contextmanager
    def again(self) -> Iterator[None]:
        """A block that begins in this state, and leaves behind what was before it."""
        autocast, now = (modes.autocast, modes.autocast_dtypes, modes.autocast_cache), get_rng_state()
        if self.random is not None:
            set_rng_state(self.random)
        modes.autocast, modes.autocast_dtypes, modes.autocast_cache = self.autocast
        try:
            with self.device, enable_grad():
                yield
        finally:
            modes.autocast, modes.autocast_dtypes, modes.autocast_cache = autocast
            if self.random is not None:
                set_rng_state(now)


class CheckpointFunction(Function):
    """Computes without a graph, and again with one in a backward pass of its own within the backward pass."""

    @staticmethod
    def forward(ctx: Any, run_function: Any, preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.function, ctx.args, ctx.state = run_function, args, _State(preserve_rng_state)
        ctx.save_for_backward(*(x for x in args if isinstance(x, Tensor)))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if modes.task.useful is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to .backward(). To "
                "resolve this error, you can either set use_reentrant=False, or call .backward() without passing the `inputs` argument."
            )
        saved = iter(ctx.saved_tensors)
        args = detach_variable(tuple(next(saved) if isinstance(x, Tensor) else x for x in ctx.args))
        with ctx.state.again():
            outputs = ctx.function(*args)
        pairs = [(o, g) for o, g in zip(outputs if isinstance(outputs, tuple) else (outputs,), grads) if isinstance(o, Tensor) and o.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        _backward([o for o, _ in pairs], [g for _, g in pairs])
        return (None, None, *(x.grad if isinstance(x, Tensor) else None for x in args))


# -- without a backward pass within the backward pass ------------------------------------------------

_Key = Any  # the number of the backward pass that needs a tensor, or the group that it is in


class _Holder:
    """Stands in the graph for a saved tensor, and has it for a while when it has been computed again: None when it was handed out."""

    def __init__(self) -> None:
        self.tensors: dict[_Key, Tensor | None] = {}


class _StopRecomputationError(Exception):
    """All tensors that the graph needs have been computed again."""


class _Region:
    """What is computed again at once: the saved tensors of one call of a function, in the order in which they were saved."""

    def __init__(self, again: Callable[..., Any], args: Sequence[Any], early_stop: bool, described: Callable[[Tensor], Any] | None) -> None:
        self.again, self.early_stop, self.described = again, early_stop, described
        self.args = [kept(x, False) if isinstance(x, Tensor) else x for x in args]
        self.is_tensor = [isinstance(x, Tensor) for x in args]
        self.holders: list[weakref.ref[_Holder]] = []
        self.descriptions: list[Any] = []
        self.counts: dict[_Key, int] = {}  # how many tensors have been saved when it was computed again
        self.done: set[_Key] = set()
        self.complete = False

    def pack(self, tensor: Tensor) -> _Holder:
        holder = _Holder()
        self.holders.append(weakref.ref(holder))
        self.descriptions.append(None if self.described is None else self.described(tensor))
        return holder

    def unpack(self, holder: _Holder) -> Tensor:
        key = _groups[-1] if _groups else modes.task.number if modes.task is not None else object()
        if key not in self.done:
            nobody: Any = None  # none of them is the output of a node that would keep it
            args = [x.unpack(nobody) if is_tensor else x for x, is_tensor in zip(self.args, self.is_tensor)]
            self.counts[key] = 0
            try:
                with saved_tensors_hooks(lambda tensor: self._computed_again(key, tensor), lambda tensor: tensor):
                    self.again(*args)
            except _StopRecomputationError:
                pass
            self.done.add(key)
            self._compare(key)
        found = holder.tensors.get(key)
        if found is None:
            overlapping = (
                "Performing two backward calls that overlap (i.e. require the same saved activation in order to compute gradients) is not allowed "
                "while under the torch.utils.checkpoint.GraphExecGroup context. " if _groups else ""
            )  # fmt: skip
            raise CheckpointError(
                f"torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. {overlapping}If you are calling "
                "ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an issue with details on your use case."
            )
        holder.tensors[key] = None
        return found

    def _computed_again(self, key: _Key, tensor: Tensor) -> Tensor:
        place, tensor = self.counts[key], tensor.detach() if tensor.requires_grad else tensor  # type: ignore[attr-defined]
        self.counts[key] += 1
        if place >= len(self.holders):
            if not self.complete:  # a backward pass within the function itself
                return tensor
            raise CheckpointError("torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.")
        holder = self.holders[place]()
        if holder is not None:
            holder.tensors[key] = tensor
        if self.early_stop and place + 1 == len(self.holders):
            raise _StopRecomputationError
        return tensor

    def _compare(self, key: _Key) -> None:
        if not self.complete:
            return
        if self.counts[key] != len(self.holders):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(self.holders)}\n"
                f"Number of tensors saved during recomputation: {self.counts[key]}."
            )
        different = ""
        for place, (reference, expected) in enumerate(zip(self.holders, self.descriptions)):
            holder = reference()
            tensor = None if holder is None else holder.tensors[key]
            if tensor is not None and self.described is not None and self.described(tensor) != expected:
                different += f"tensor at position {place}:\nsaved metadata: {expected}\nrecomputed metadata: {self.described(tensor)}\n"
        if different:
            raise CheckpointError("torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
                                  f"forward pass.\n{different}.")  # fmt: skip


_DESCRIPTIONS: dict[str, Callable[[Tensor], Any] | None] = {
    "default": lambda x: {"shape": x.shape, "dtype": x.dtype, "device": x.device},
    "none": None,
}
_groups: list[GraphExecGroup] = []
_enforced: dict[str, bool | None] = {"early_stop": None, "debug": None}


class GraphExecGroup:
    """A block in which each checkpointed region is computed again at most once, however many backward passes need a part of it.

    RuntimeError within another one; CheckpointError if two backward passes need the same saved tensor.
    """

    def __enter__(self) -> GraphExecGroup:
        if _groups:
            raise RuntimeError(f"GraphExecGroup contexts cannot be nested. Already inside group {_groups[-1]}")
        _groups.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _groups.clear()


def _chosen(use_reentrant: bool | None, function: str, announced: str) -> bool:
    """The form that was asked for; the reentrant one, with a warning, if none was."""
    if use_reentrant is None:
        warn(f"torch.utils.checkpoint{function}: the use_reentrant parameter should be passed explicitly. {announced} use_reentrant=False is "
             "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details "
             "on the differences between the two variants.", stacklevel=3)
    return use_reentrant is None or use_reentrant


def checkpoint(function: Any, *args: Any, use_reentrant: bool | None = None, context_fn: Any = noop_context_fn, determinism_check: str = "default",
               debug: bool = False, early_stop: bool = True, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``, of which the graph keeps no tensors: they are computed again when a backward pass needs them, from the same
    random numbers (unless ``preserve_rng_state=False``) and under the same autocast.

    With ``use_reentrant=False`` everything is as if the function had been called. With True, the default, of which a UserWarning tells, no graph is
    made until the backward pass makes and runs one of its own; at least one argument must require grad then, ``autograd.grad`` is refused, and there
    are no keyword arguments. The other options are for ``use_reentrant=False``: ``context_fn`` returns two contexts, for the call and for what is
    computed again; ``determinism_check="none"`` switches off the comparison of shapes, dtypes and devices (CheckpointError); ``early_stop``: the
    function is left when all that is needed has been computed.

    >>> x = tensor([0.5], requires_grad=True)
    >>> utils.checkpoint.checkpoint(lambda x: x.sin().exp(), x, use_reentrant=False).backward()
    >>> x.grad
    tensor([1.4174])
    """
    use_reentrant = _chosen(use_reentrant, "", "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an exception.")
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if (debug if _enforced["debug"] is None else _enforced["debug"]) and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")
    if determinism_check not in _DESCRIPTIONS:
        raise ValueError(f"determinism_check should be one of {list(_DESCRIPTIONS)}, but got {determinism_check}")
    state, (first, later) = _State(preserve), context_fn()

    def again(*args: Any) -> None:
        with state.again(), later:
            function(*args, **kwargs)

    if not modes.grad:
        return function(*args, **kwargs)
    stops = early_stop if _enforced["early_stop"] is None else _enforced["early_stop"]
    region = _Region(again, args, bool(stops), _DESCRIPTIONS[determinism_check])
    with saved_tensors_hooks(region.pack, region.unpack), first:
        result = function(*args, **kwargs)
    region.complete = True
    return result


def checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """The modules of a sequence one after the other, checkpointed in ``segments`` parts, but for the last one."""
    use_reentrant = _chosen(use_reentrant, ".checkpoint_sequential", "In version 2.9 we will raise an exception if use_reentrant is not passed.")
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    modules = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(modules) // segments

    def part(begin: int, end: int) -> Any:
        def run(value: Any) -> Any:
            for module in modules[begin:end]:
                value = module(value)
            return value

        return run

    end = 0
    for begin in range(0, size * (segments - 1), size):
        end = begin + size
        input = checkpoint(part(begin, end), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return part(end, len(modules))(input)


# -- the other parts -------------------------------------------------------------------------------


class DefaultDeviceType:
    """The type of device whose random state is kept where the arguments do not say one."""

    _type: str | None = None

    @classmethod
    def set_device_type(cls, device: str = "cuda") -> None:
        """Say it."""
        cls._type = device

    @classmethod
    def get_device_type(cls) -> str:
        """What was said; else "cuda" where there is a GPU, and "cpu"."""
        return cls._type or ("cuda" if load_optional_backends("cuda") else "cpu")


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """UserWarning if none of the tensors requires grad."""
    if not any(value.requires_grad for value in inputs if isinstance(value, Tensor)):
        warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors as leaves that require grad if they did, what is none as it is; RuntimeError for anything but a tuple."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The numbers of the GPUs of the arguments, and the states of their generators: the default one's."""
    numbers = [x.get_device() for x in args if isinstance(x, Tensor) and x.get_device() >= 0]
    return numbers, [get_rng_state() for _ in numbers]


def set_device_states(devices: Iterable[int], states: Iterable[Any], *, device_type: str | None = None) -> None:
    """Put the generators of GPUs into states: the default one."""
    for _, state in zip(devices, states):
        set_rng_state(state)


@contextmanager
def _enforce(option: str, value: bool | None) -> Iterator[None]:
    before = _enforced[option]
    _enforced[option] = value
    try:
        yield
    finally:
        _enforced[option] = before


def set_checkpoint_debug_enabled(enabled: bool | None) -> Any:
    """A block in which calls of :func:`checkpoint` have ``debug=enabled``, whatever they say, unless that is None."""
    return _enforce("debug", enabled)


def set_checkpoint_early_stop(enable: bool) -> Any:
    """A block in which calls of :func:`checkpoint` have ``early_stop=enable``, whatever they say."""
    return _enforce("early_stop", enable)
