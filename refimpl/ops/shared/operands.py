"""Words and shapes of operands that many operations share."""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.dtypes import dtype, float32, int64
from ...tensor import Tensor
from ...tensor.lazy import resolved

# What torch says where it needs a size that the tensor does not have: for a message, or to record the gradient.
NO_SIZE = ((IndexError, "Dimension specified as 0 but tensor has no dimensions"),)
NO_MATRIX = (
    (IndexError, "Dimension specified as -1 but tensor has no dimensions"),
    (IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got -2)"),
)


def type_text(value: Tensor) -> str:
    """The name of a tensor's type in messages: that of its legacy type, or of its C++ type if it has none."""
    kind = value._view.dtype
    device = value._view.storage.kernels.device_type
    if kind.category in (0, 3) or kind.name == "bfloat16" or kind.limited:
        return f"{device.upper()}{kind.type_name}Type"
    return f"torch.{'' if device == 'cpu' else device + '.'}{kind.type_name}Tensor"


def as_tuple(value: int | tuple[int, ...]) -> tuple[int, ...]:
    """One int, or several, as a tuple."""
    return value if isinstance(value, tuple) else (value,)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a Python number and not a tensor."""
    return isinstance(value, (int, float, complex))


def real_part(value: Any) -> Any:
    """A Python number that is a parameter of a function of real numbers: of a complex one without imaginary part its real part."""
    return value.real if isinstance(value, complex) else value


def conjugate(value: Any) -> Any:
    """The complex conjugate of a tensor or of a Python number."""
    return value.conjugate() if is_number(value) else value.conj()


def outside(index: Tensor, low: int, high: int, ignored: int | None = None) -> list[int]:
    """The elements that do not lie in ``range(low, high)``, each once, but for those that are ``ignored``. Whether there are any is asked on the
    tensor's device; elements come to the host to be named. A meta tensor has none that could, unless the range is empty."""
    if not index.numel() or index.is_meta and low < high:
        return []
    if index.is_meta:
        return [low]
    index = resolved(index)
    kernels = index._view.storage.kernels
    if kernels.device_type != "cpu":
        numbers = index.detach().to(int64)
        wrong = (numbers < low) | (numbers >= high)
        if ignored is not None:
            wrong = wrong & (numbers != ignored)
        if not wrong.any():
            return []
    values: Sequence[Any] = kernels.tolist(index._view)
    if low <= min(values) and max(values) < high:
        return []
    return list(dict.fromkeys([i for i in values if not low <= i < high and i != ignored]))


def number_of(value: Tensor) -> Any:
    """The one element, which is written or compared with others: of a meta tensor, which has none, 0."""
    return 0 if value.is_meta else value.item()


def everywhere(condition: Tensor) -> bool:
    """Whether a condition on elements, a bool tensor, holds for all of them. A meta tensor has none that could violate it."""
    return condition.is_meta or bool(condition.all())  # type: ignore[attr-defined]


def anywhere(condition: Tensor) -> bool:
    """Whether a condition on elements holds for any of them: for none of a meta tensor."""
    return not condition.is_meta and bool(condition.any())  # type: ignore[attr-defined]


def several(values: Sequence[Any]) -> list[Any]:
    """What was given one by one, or as one tuple or list."""
    return list(values[0] if len(values) == 1 and isinstance(values[0], (tuple, list)) else values)


def parameter_dtype(d: dtype) -> dtype:
    """The dtype in which torch keeps the number that is a parameter of a function, not an operand: float32 for the 16-bit floats."""
    return float32 if d.category == 2 and d.itemsize == 2 else d
