"""Functions of the package that are no tensor operations: questions about tensors, dtypes and shapes, and settings."""

from __future__ import annotations

from typing import Any, Callable, Sequence
from warnings import warn

from .autograd.modes import modes
from .foundation import promotion
from .foundation.dtypes import dtype
from .signatures.matching import parsed
from .tensor import Size, Tensor, UntypedStorage

__all__ = [
    "UntypedStorage", "are_deterministic_algorithms_enabled", "broadcast_shapes", "can_cast", "compiled_with_cxx11_abi", "cond", "detach_",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads",
    "get_device", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_complex", "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled", "set_deterministic_debug_mode", "set_flush_denormal", "set_warn_always",
    "is_conj", "is_distributed", "is_floating_point", "is_inference", "is_neg", "is_nonzero", "is_same_size", "is_signed", "is_storage",
    "is_tensor", "numel",
    "promote_types", "result_type", "set_anomaly_enabled", "set_default_tensor_type", "set_float32_matmul_precision", "set_num_interop_threads",
    "set_num_threads",
    "typename", "use_deterministic_algorithms", "while_loop",
]  # fmt: skip


# -- about tensors ---------------------------------------------------------------------------------


@parsed
def detach_(input: Tensor) -> Tensor:
    """Take a tensor itself out of the graph: it becomes a leaf that does not require grad."""
    return input.detach_()


def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether ``obj`` is a storage."""
    return isinstance(obj, UntypedStorage)


def _question(name: str, ask: Callable[[Tensor], Any], text: str) -> Any:
    def function(input: Tensor) -> Any:
        return ask(input)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return parsed(function)


is_floating_point = _question("is_floating_point", Tensor.is_floating_point, "Whether the dtype is a real floating point one.")
is_complex = _question("is_complex", Tensor.is_complex, "Whether the dtype is complex.")
is_signed = _question("is_signed", Tensor.is_signed, "Whether the dtype can hold negative numbers.")
is_nonzero = _question("is_nonzero", bool, "Whether the one element is not zero; RuntimeError for another number of elements.")
is_inference = _question("is_inference", Tensor.is_inference, "Whether the tensor was made in inference mode.")
is_conj = _question("is_conj", Tensor.is_conj, "Whether the elements count as the conjugates of what is in memory.")
is_neg = _question("is_neg", Tensor.is_neg, "Whether the elements count as the negatives of what is in memory.")
is_distributed = _question("is_distributed", lambda input: False, "False: no tensor is spread over several processes.")
get_device = _question("get_device", Tensor.get_device, "The number of the GPU on which a tensor is, or -1 on the host.")
numel = _question("numel", Tensor.numel, "The number of elements.")


@parsed
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return input.shape == other.shape


def typename(obj: Any) -> str:
    """The name of an object's type, of a tensor that of its tensor type, of a class or function its own.

    >>> typename(tensor([1.0])), typename(3), typename(Tensor)
    ('torch.FloatTensor', 'int', 'torch.Tensor')
    """
    if isinstance(obj, Tensor):
        return obj.type()  # type: ignore[no-any-return]
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = named.__module__ or ""
    if module.partition(".")[0] == "refimpl":
        if isinstance(named, type) and module.count(".") == 1 or named is dtype:
            module = "torch"
        module = module.replace("refimpl", "torch", 1)
    return named.__qualname__ if module in ("builtins", "") else f"{module}.{named.__qualname__}"


# -- about dtypes ----------------------------------------------------------------------------------


@parsed
def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype to which both can be promoted (the table alone, no ranks).

    >>> promote_types(int32, float32)
    torch.float32
    >>> promote_types(uint8, int8)
    torch.int16
    """
    return promotion.promote_types(type1, type2)


@parsed
def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of dtype ``from_`` may be stored in ``to``: never in a lower category (bool < integer < floating point < complex).

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    return promotion.can_cast(from_, to)


@parsed
def result_type(operand1: Any, operand2: Any) -> dtype:
    """The dtype that an operation on two tensors or numbers is evaluated in.

    >>> result_type(tensor([1, 2]), 1.0)
    torch.float32
    """
    from .ops.shared.elementwise import common_dtype

    return common_dtype(operand1, operand2)


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by a tensor type or its name ("torch.DoubleTensor"). Deprecated by torch in favour of ``set_default_dtype``."""
    import warnings

    from .foundation.dtypes import set_default_dtype
    from .tensor_types import TENSOR_TYPES, tensortype

    if isinstance(t, str):
        found = TENSOR_TYPES.get(t.removeprefix("torch."))
        if found is None:
            raise ValueError(f"invalid type: '{t}'")
        t = found
    if not isinstance(t, tensortype):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    warnings.warn("torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
                  "torch.set_default_device() as alternatives.", stacklevel=2)
    set_default_dtype(t.dtype)


# -- about shapes ----------------------------------------------------------------------------------


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes (tuples, or ints for one dimension) broadcast to.

    >>> broadcast_shapes((2, 1), (1, 3))
    torch.Size([2, 3])
    """
    shapes = tuple([(given,) if isinstance(given, int) else given for given in shapes if given is not None])
    for shape in shapes:
        if not isinstance(shape, Sequence):
            raise RuntimeError(f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {shape}")
    result = [1] * max(map(len, shapes), default=0)
    for position, shape in enumerate(shapes):
        for d in range(-1, -1 - len(shape), -1):
            if result[d] == 1:
                if shape[d] < 0:
                    raise ValueError("Attempting to broadcast a dimension with negative length!")
                result[d] = shape[d]
            elif shape[d] not in (1, result[d]):
                raise RuntimeError(f"Attempting to broadcast a dimension of length {shape[d]} at {d}! Mismatching argument at index {position} had "
                                   f"{shape}; but expected shape should be broadcastable to {result}")
    return Size(result)


# -- settings that change nothing here -------------------------------------------------------------


def get_num_threads() -> int:
    """1: refimpl computes in the calling thread."""
    return 1


get_num_interop_threads = get_num_threads


def set_num_threads(n: int) -> None:
    """Accepted for the sake of programs; refimpl computes in the calling thread."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n < 1:
        raise RuntimeError("set_num_threads expects a positive integer")


set_num_interop_threads = set_num_threads


_settings: dict[str, Any] = {"deterministic": False, "warn_only": False, "precision": "highest", "warn_always": False}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted for the sake of programs, and remembered; refimpl knows no other algorithms."""
    if not isinstance(mode, bool):
        raise TypeError(f"_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not {type(mode).__name__}")
    _settings.update(deterministic=mode, warn_only=warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """What :func:`use_deterministic_algorithms` was last called with."""
    return bool(_settings["deterministic"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether algorithms that are not deterministic would only warn."""
    return bool(_settings["warn_only"])


_DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default", 1 or "warn", 2 or "error": the two settings of :func:`use_deterministic_algorithms` in one."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}")
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: see :func:`set_deterministic_debug_mode`."""
    return (1 if _settings["warn_only"] else 2) if _settings["deterministic"] else 0


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted for the sake of programs, and remembered; refimpl's products of float32 are exact sums."""
    if precision in ("highest", "high", "medium"):
        _settings["precision"] = precision
    else:
        warn(f"{precision} is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has no effect.", stacklevel=2)


def get_float32_matmul_precision() -> str:
    """What :func:`set_float32_matmul_precision` was last called with, "highest" unless it was."""
    return str(_settings["precision"])


def set_warn_always(b: bool, /) -> None:
    """Accepted for the sake of programs, and remembered; how often a warning is shown Python's filters say."""
    if not isinstance(b, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    _settings["warn_always"] = b


def is_warn_always_enabled() -> bool:
    """What :func:`set_warn_always` was last called with."""
    return bool(_settings["warn_always"])


def set_flush_denormal(mode: bool) -> bool:
    """False: refimpl keeps subnormal numbers, and cannot do otherwise."""
    return False


def compiled_with_cxx11_abi() -> bool:
    """True, as for torch since 2.7; nothing of refimpl is compiled."""
    return True


# -- anomalies in the backward pass ------------------------------------------------------------------


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Whether the backward pass looks for anomalies from now on, and whether it stops at the first node that returns NaN then: what
    :class:`autograd.detect_anomaly` does for a ``with`` block."""
    for name, where, value in (("enabled", " (position 1)", enabled), ("check_nan", "", check_nan)):
        if not isinstance(value, bool):
            raise TypeError(f"set_anomaly_enabled(): argument '{name}'{where} must be bool, not {type(value).__name__}")
    modes.anomaly, modes.check_nan = enabled, check_nan


def is_anomaly_enabled() -> bool:
    """Whether the backward pass looks for anomalies."""
    return modes.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether it stops at the first node that returns NaN, where it looks for anomalies."""
    return modes.check_nan


# -- control flow, which torch has as functions for programs that are captured ------------------------


def cond(pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Sequence[Any] = ()) -> Any:
    """``true_fn(*operands)`` if ``pred`` is true, else ``false_fn(*operands)``. RuntimeError for a ``pred`` of several elements.

    >>> cond(tensor([1.0]).sum() > 0, lambda x: x + 1, lambda x: x - 1, (tensor([2.0]),))
    tensor([3.])
    """
    if isinstance(pred, Tensor) and pred.numel() != 1:
        raise RuntimeError(f"Expected pred to be bool or single-element tensor, but got {pred}.")
    return (true_fn if pred else false_fn)(*operands)


def while_loop(cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: Sequence[Any]) -> tuple[Any, ...]:
    """``carried_inputs`` after ``body_fn`` has been applied to them as long as ``cond_fn`` of them is true. RuntimeError for a body that does not
    return as many, in a tuple.

    >>> while_loop(lambda i: i < 3, lambda i: (i + 1,), (tensor(0),))
    (tensor(3),)
    """
    values = tuple(carried_inputs)
    while cond_fn(*values):
        found = body_fn(*values)
        if not isinstance(found, tuple) or len(found) != len(values):
            raise RuntimeError(f"body_fn should return a tuple of {len(values)} values, as carried_inputs, but got {found}")
        values = found
    return values


def _assert(condition: Any, message: Any) -> None:
    """AssertionError with the message, unless the condition is true."""
    if not condition:
        raise AssertionError(message)
