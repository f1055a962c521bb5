"""Grad modes: whether operations are recorded. Context managers that are decorators too."""

from __future__ import annotations

import threading
import warnings
from functools import wraps
from os.path import dirname
from typing import Any, Callable

__all__ = [
    "detect_anomaly", "enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "modes", "no_grad", "note_origin",
    "set_detect_anomaly", "set_grad_enabled", "warn_of_anomaly",
]  # fmt: skip


class _Modes(threading.local):
    """The state of one thread: one of the four pieces of global state."""

    grad = True
    inference = False
    anomaly = False
    check_nan = True  # where anomalies are looked for
    evaluated: Any = None  # the node that runs, where anomalies are looked for
    saved_hooks: tuple[Any, ...] = ()  # pairs of functions that saved tensors go through, the innermost last
    saved_hooks_refused: str | None = None  # why there may be none
    dual: Any = None  # the level of forward-mode differentiation that is open
    task: Any = None  # the backward pass that runs (see autograd.engine)
    autocast: Any = None  # the lower dtype by the type of device, while calls are cast
    autocast_dtypes: Any = None  # that of the autocast entered last, switched on or not
    autocast_cache = True
    autocast_nesting = 0  # how many autocasts one is in


modes = _Modes()
_PACKAGE = dirname(dirname(__file__))


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are recorded now."""
    return modes.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on."""
    return modes.inference


class _Mode:
    """A context manager that, used as a decorator, opens a fresh context around each call."""

    def clone(self) -> Any:
        return self.__class__()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(function, type):
            raise RuntimeError(f"Cannot decorate classes with {type(self).__name__}; decorate their methods instead.")

        @wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return decorated


class no_grad(_Mode):
    """Operations inside are not recorded: their results do not require grad.

    >>> x = tensor([1.], requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = object.__new__(cls)
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self.previous = modes.grad
        modes.grad = False

    def __exit__(self, *exc: object) -> None:
        modes.grad = self.previous


class enable_grad(_Mode):
    """Operations inside are recorded again, within :class:`no_grad`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = object.__new__(cls)
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self.previous = modes.grad
        modes.grad = True

    def __exit__(self, *exc: object) -> None:
        modes.grad = self.previous


class set_grad_enabled(_Mode):
    """Switch recording on or off: at once when called as a function, until the end of the block when used with ``with``."""

    def __init__(self, mode: bool) -> None:
        if type(mode).__name__ not in ("bool", "bool_"):  # the latter is NumPy's
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}")
        self.previous = modes.grad
        self.mode = mode
        modes.grad = bool(mode)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        modes.grad = self.previous
        return super().__call__(function)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        modes.grad = bool(self.mode)

    def __exit__(self, *exc: object) -> None:
        modes.grad = self.previous


class _AnomalyMode(_Mode):
    """Whether the backward pass stops at the first node that returns NaN: from now on, and, of a ``with`` block, as before behind it."""

    def __init__(self, mode: bool, check_nan: bool) -> None:
        self.previous = modes.anomaly, modes.check_nan
        self.mode = mode, check_nan
        modes.anomaly, modes.check_nan = mode, check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        modes.anomaly, modes.check_nan = self.previous


class set_detect_anomaly(_AnomalyMode):
    """Whether the backward pass stops with an error at the first node that returns NaN; at once, or for a ``with`` block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(mode, check_nan)

    def clone(self) -> set_detect_anomaly:
        return type(self)(*self.mode)


class detect_anomaly(_AnomalyMode):
    """:class:`set_detect_anomaly` for a ``with`` block, with torch's warning that it is for debugging."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)
        warnings.warn("Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
                      stacklevel=2)

    def clone(self) -> detect_anomaly:
        return detect_anomaly(self.mode[1])


def note_origin(node: Any) -> None:
    """Remember, of a node that is made while anomalies are looked for, where the program was, and in the backward pass of which node."""
    import traceback

    frames = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_PACKAGE)]
    node.metadata["traceback_"] = traceback.format_list(frames)
    if modes.evaluated is not None:
        node.metadata["parent_"] = modes.evaluated


def warn_of_anomaly(node: Any) -> None:
    """Say where the program made a node that failed, and the nodes of whose backward passes it came."""
    lead = f"Error detected in {node.name()}. "
    what = "forward call that caused the error:"
    while node is not None:
        if "traceback_" in node.metadata:
            text = f"{lead}Traceback of {what}\n{''.join(node.metadata['traceback_'])}"
        else:
            text = f"{lead}No forward pass information available. Enable detect anomaly during forward pass for more information."
        warnings.warn(text, stacklevel=2)
        node = node.metadata.get("parent_")
        if node is not None:
            lead, what = f"\n\nPrevious calculation was induced by {node.name()}. ", "forward call that induced the previous calculation:"


class inference_mode(_Mode):
    """Like :class:`no_grad`, and the tensors made inside can never take part in autograd."""

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if callable(mode) and not isinstance(mode, bool):
            self.mode = True
            return self(mode)
        self.mode = bool(mode)
        return self

    def clone(self) -> inference_mode:
        return inference_mode(self.mode)

    def __enter__(self) -> None:
        self.previous = modes.grad, modes.inference
        modes.grad, modes.inference = (False, True) if self.mode else (True, False)

    def __exit__(self, *exc: object) -> None:
        modes.grad, modes.inference = self.previous
