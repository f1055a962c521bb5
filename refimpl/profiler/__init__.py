"""Torch's profiler measures nothing here: the standard library's :mod:`cProfile` does. Programs that are written around it run."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any, NoReturn
from warnings import warn

__all__ = [
    "ProfilerAction", "ProfilerActivity", "kineto_available", "profile", "record_function", "schedule", "supported_activities",
    "tensorboard_trace_handler",
]  # fmt: skip


class ProfilerActivity(Enum):
    """What could be measured."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(Enum):
    """What a profiler does at a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3
    DEVICE_STOPPED = 4


def supported_activities() -> set[ProfilerActivity]:
    """The empty set: nothing is measured."""
    return set()


def kineto_available() -> bool:
    """False: torch's library that measures is not here."""
    return False


class record_function:
    """A name for what is done in a ``with`` block, or by a function that it decorates; nobody reads it."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return decorated


class _Absent:
    """What asks for measured times."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("refimpl's profiler measures nothing: use the standard library's cProfile")

    events = key_averages = export_chrome_trace = export_stacks = export_memory_timeline = table = total_average = _refuse


class profile(_Absent):
    """A ``with`` block that is not measured (UserWarning). The steps are counted; ``on_trace_ready`` is not called, and what asks for the times that
    were measured is a NotImplementedError."""

    def __init__(self, *, activities: Any = None, schedule: Any = None, on_trace_ready: Any = None, record_shapes: bool = False,
                 profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False, with_modules: bool = False,
                 experimental_config: Any = None, execution_trace_observer: Any = None, acc_events: bool = False, use_cuda: bool | None = None,
                 custom_trace_id_callback: Any = None, post_processing_timeout_s: float | None = None) -> None:
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = self.schedule(0)

    def start(self) -> None:
        """Nothing, but the warning."""
        warn("torch.profiler measures nothing in refimpl", UserWarning, stacklevel=2)

    def stop(self) -> None:
        """Nothing."""

    def step(self) -> None:
        """The next step begins."""
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)

    def add_metadata(self, key: str, value: str) -> None:
        """Nothing."""

    add_metadata_json = preset_metadata_json = add_metadata

    def __enter__(self) -> profile:
        warn("torch.profiler measures nothing in refimpl", UserWarning, stacklevel=2)
        return self

    def __exit__(self, *exception: Any) -> None:
        self.stop()


class _OfAutograd(_Absent):
    """``torch.autograd.profiler.profile``: the same, without steps."""

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        self.enabled = enabled

    def __enter__(self) -> _OfAutograd:
        if self.enabled:
            warn("torch.autograd.profiler measures nothing in refimpl", UserWarning, stacklevel=2)
        return self

    def __exit__(self, *exception: Any) -> None:
        pass


def schedule(*, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0,
             skip_first_wait: int = 0) -> Callable[[int], ProfilerAction]:
    """A function from the number of a step to what is done at it: after ``skip_first`` steps, cycles of ``wait``, ``warmup`` and ``active`` steps,
    ``repeat`` of them, or without an end for 0. The first cycle does not wait with ``skip_first_wait``. AssertionError for negative numbers."""
    if wait < 0 or warmup < 0 or active <= 0 or repeat < 0 or skip_first < 0:
        raise AssertionError(f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} (need >= 0), active={active} "
                             f"(need > 0), repeat={repeat} (need >= 0), skip_first={skip_first} (need >= 0).")
    if warmup == 0:
        warn("Profiler won't be using warmup, this can skew profiler results", stacklevel=2)
    length = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        if step < 0:
            raise AssertionError(f"Step must be non-negative. Got {step}.")
        step -= skip_first
        if step >= 0 and skip_first_wait:
            step += wait
        if step < 0 or 0 < repeat <= step / length or step % length < wait:
            return ProfilerAction.NONE
        if step % length < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if step % length < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(dir_name: str, worker_name: str | None = None, use_gzip: bool = False) -> Callable[[Any], None]:
    """A function for ``on_trace_ready``, which is not called: nothing is measured, and no file is written."""
    return lambda profiler: None
