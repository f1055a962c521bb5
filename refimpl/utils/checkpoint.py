"""Gradients with less memory: what was computed on the way is computed again when its gradient is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from warnings import warn

from ..autograd.engine import backward as _backward
from ..autograd.function import Function
from ..autograd.modes import enable_grad, no_grad
from ..foundation.devices import load_optional_backends
from ..random import get_rng_state, set_rng_state
from ..tensor import Tensor

__all__ = [
    "CheckpointError", "DefaultDeviceType", "check_backward_validity", "checkpoint", "checkpoint_sequential", "detach_variable", "get_device_states",
    "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop", "set_device_states",
]  # fmt: skip


class _Checkpointed(Function):
    """Computes without a graph, and again with one in the backward pass, from the same random state."""

    @staticmethod
    def forward(ctx: Any, function: Any, keywords: Any, preserve: bool, *args: Any) -> Any:
        ctx.function, ctx.keywords, ctx.args = function, keywords, args
        ctx.state = get_rng_state() if preserve else None
        with no_grad():
            return function(*args, **keywords)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        args = [a.detach().requires_grad_(a.requires_grad) if isinstance(a, Tensor) else a for a in ctx.args]
        now = get_rng_state()
        if ctx.state is not None:
            set_rng_state(ctx.state)
        with enable_grad():
            outputs = ctx.function(*args, **ctx.keywords)
        if ctx.state is not None:
            set_rng_state(now)
        pairs = [(o, g) for o, g in zip(outputs if isinstance(outputs, tuple) else (outputs,), grads) if isinstance(o, Tensor) and o.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        _backward([o for o, _ in pairs], [g for _, g in pairs])
        return (None, None, None, *(a.grad if isinstance(a, Tensor) else None for a in args))


def checkpoint(function: Any, *args: Any, use_reentrant: bool | None = None, context_fn: Any = None, determinism_check: str = "default",
               debug: bool = False, preserve_rng_state: bool = True, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``, whose graph is made in the backward pass only. The random stream is put back for that, and then as it was.

    UserWarning unless ``use_reentrant`` is said; here both forms do the same. At least one argument must require grad, or a parameter inside be
    reached without: then there is nothing to save and the function is simply called.
    """
    if use_reentrant is None:
        warn("torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling checkpoint without "
             "use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to preserve the current default behavior, "
             "you can pass use_reentrant=True. Refer to docs for more details on the differences between the two variants.", stacklevel=2)
    if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
        return function(*args, **kwargs)
    return _Checkpointed.apply(function, kwargs, preserve_rng_state, *args)


def checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """The modules of a sequence one after the other, checkpointed in ``segments`` parts, but for the last one."""
    modules = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(modules) // segments

    def part(begin: int, end: int) -> Any:
        def run(value: Any) -> Any:
            for module in modules[begin:end]:
                value = module(value)
            return value

        return run

    for begin in range(0, size * (segments - 1), size):
        input = checkpoint(part(begin, begin + size), input, use_reentrant=bool(use_reentrant), **kwargs)
    return part(size * (segments - 1), len(modules))(input)


# -- what torch's own checkpoints are made of --------------------------------------------------------


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed at first."""


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


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing."""
    return nullcontext(), nullcontext()


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The numbers of the GPUs of the arguments, and the states of their generators: the default one's."""
    numbers = [x.get_device() for x in args if isinstance(x, Tensor) and x.get_device() >= 0]
    return numbers, [get_rng_state() for _ in numbers]


def set_device_states(devices: Iterable[int], states: Iterable[Any], *, device_type: str | None = None) -> None:
    """Put the generators of GPUs into states: the default one."""
    for _, state in zip(devices, states):
        set_rng_state(state)


@contextmanager
def _without_effect(enabled: Any) -> Iterator[None]:
    yield


def set_checkpoint_debug_enabled(enabled: bool | None) -> Any:
    """A ``with`` block without effect."""
    return _without_effect(enabled)


def set_checkpoint_early_stop(enable: bool) -> Any:
    """A ``with`` block without effect: all is computed again."""
    return _without_effect(enable)
