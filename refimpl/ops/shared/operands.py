"""Arguments of the wrong type: torch looks at the types of all arguments before it does anything else."""

from __future__ import annotations

from typing import Any, Sequence

from ...operations.operation import OperandError
from ...tensor import Tensor, memory_format

_INT64 = range(-(1 << 63), 1 << 63)


def integer(value: Any) -> int:
    """An int argument: a Python int of 64 bits, or what converts to one without loss (a NumPy integer, a 0-d integer tensor); no bool."""
    if type(value) is int:
        if value not in _INT64:
            raise ValueError("Overflow when unpacking long long")
        return value
    if isinstance(value, (bool, float, complex, str)) or not hasattr(value, "__index__"):
        raise OperandError(value, "int")
    return int(value.__index__())


def boolean(value: Any) -> bool:
    """A flag; ints are none."""
    if value is not True and value is not False:
        raise OperandError(value, "bool")
    return value


def number(value: Any) -> Any:
    """A Python number."""
    if not isinstance(value, (bool, int, float, complex)):
        raise OperandError(value, "Number")
    return value


def real_number(value: Any) -> Any:
    """A Python number that is not complex, or a 0-d tensor."""
    if isinstance(value, Tensor) and not value.dim() or isinstance(value, (bool, int, float)):
        return value
    raise OperandError(value, "float")


def tensor(value: Any) -> Tensor:
    """A tensor argument."""
    if not isinstance(value, Tensor):
        raise OperandError(value)
    return value


def type_text(value: Tensor) -> str:
    """The name of a tensor's type in messages: that of its legacy type, or of its C++ type if it has none."""
    kind = value._view.dtype
    device = value._view.storage.kernels.device_type
    if kind.category in (0, 3) or kind.name == "bfloat16":
        return f"{device.upper()}{kind.type_name}Type"
    return f"torch.{'' if device == 'cpu' else device + '.'}{kind.type_name}Tensor"


def sizes(values: Sequence[Any], function: str, name: str = "size") -> tuple[int, ...]:
    """Ints given one by one, or as one tuple or list: ``x.view(2, 3)``, ``x.view((2, 3))``. None at all is an error, ``()`` is not."""
    if not values:
        raise TypeError(f'{function}() missing 1 required positional arguments: "{name}"')
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        values = values[0]
    if all(type(v) is int for v in values):
        return tuple(values)
    for position, value in enumerate(values):
        if isinstance(value, (bool, float, complex, str)) or not hasattr(value, "__index__"):
            raise TypeError(f"{function}(): argument '{name}' (position 1) must be tuple of ints, but found element of type "
                            f"{type(value).__name__} at pos {position}")
    return tuple(v.__index__() for v in values)


def int_tuple(value: Any, function: str, name: str) -> tuple[int, ...]:
    """Ints as one tuple or list; a single int is refused."""
    if not isinstance(value, (tuple, list)):
        raise OperandError(value, "tuple of ints")
    return sizes((value,), function, name)


def one_or_more(value: Any, function: str, name: str) -> tuple[int, ...]:
    """An int, or ints as a tuple or list."""
    return sizes((value,), function, name) if isinstance(value, (tuple, list)) else (integer(value),)


def tensors(values: Any) -> list[Tensor]:
    """A tuple or list of tensors."""
    if not isinstance(values, (tuple, list)):
        raise OperandError(values, "tuple of Tensors")
    for i, value in enumerate(values):
        if not isinstance(value, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(value).__name__}")
    return list(values)


def format_argument(value: Any) -> memory_format | None:
    """A memory format, or None."""
    if value is not None and not isinstance(value, memory_format):
        raise OperandError(value, "torch.memory_format")
    return value
