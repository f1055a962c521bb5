"""A tensor as R sees it: a thin view of one of refimpl's, with which it shares everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from .. import functions
from ..foundation.dtypes import bool_, float32, int64
from ..operations.registry import public_functions
from ..ops.creation.from_data import tensor as new_tensor
from ..tensor import Size, Tensor
from .conventions import call
from .printing import tensor_text
from .subscripts import read, write

__all__ = ["RTensor", "Undefined", "dim", "function", "length", "method", "torch_functions", "unwrapped", "wrapped"]


class Undefined:
    """The gradient that is not there: R has a tensor of it, where Python has None."""

    def __repr__(self) -> str:
        return "torch_tensor\n[ Tensor (undefined) ]"


class RTensor:
    """R's view of a tensor. ``tensor`` is the tensor itself.

    Dimensions and positions count from 1, methods are torch's, and it prints as R prints it.

    >>> x = RTensor(tensor([[1., 2., 3.], [4., 5., 6.]]))
    >>> x[1, 1:2]
    torch_tensor
     1
     2
    [ CPUFloatType{2} ]
    >>> x.sum(dim=1).tolist(), x.argmax(dim=2).tolist()
    ([5.0, 7.0, 9.0], [3, 3])
    """

    __slots__ = ("tensor",)
    tensor: Tensor

    def __init__(self, tensor: Tensor) -> None:
        object.__setattr__(self, "tensor", tensor)

    # -- members: those of the tensor, seen as R sees them ------------------------------------------
    def __getattr__(self, name: str) -> Any:
        value = getattr(self.tensor, name)
        if name == "grad" and value is None:
            return Undefined()
        return method(name, value) if getattr(value, "__self__", None) is self.tensor else wrapped(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.tensor, name, unwrapped(value))

    def __dir__(self) -> list[str]:
        return sorted({*dir(type(self)), *dir(self.tensor)})

    # -- indexing ------------------------------------------------------------------------------------
    def __getitem__(self, key: Any) -> RTensor:
        return RTensor(read(self.tensor, key))

    def __setitem__(self, key: Any, value: Any) -> None:
        write(self.tensor, key, value)

    def __iter__(self) -> Iterator[RTensor]:
        return map(RTensor, self.tensor)

    def __len__(self) -> int:
        """The number of elements, as R's ``length``."""
        return self.tensor.numel()

    # -- operators -----------------------------------------------------------------------------------
    def __neg__(self) -> RTensor:
        """``zeros_like(x) - x``, so that the negative of 0 is 0."""
        return RTensor(torch_functions()["zeros_like"](self.tensor) - self.tensor)

    def __bool__(self) -> bool:
        return bool(self.tensor)

    def __float__(self) -> float:
        return float(self.tensor)

    def __int__(self) -> int:
        return int(self.tensor)

    def __repr__(self) -> str:
        return tensor_text(self.tensor)

    __hash__ = object.__hash__


def _number(value: Any) -> Any:
    """A number on the left of an operator: a tensor of one element, of R's type."""
    if isinstance(value, bool):
        return new_tensor([value], dtype=bool_)
    if isinstance(value, int):
        return new_tensor([value], dtype=int64)
    if isinstance(value, float):
        return new_tensor([value], dtype=float32)
    return value


def _operator(name: str, options: dict[str, Any]) -> tuple[Callable[[RTensor, Any], Any], Callable[[RTensor, Any], Any]]:
    def binary(self: RTensor, other: Any) -> Any:
        return wrapped(getattr(self.tensor, name)(unwrapped(other), **options))

    def reflected(self: RTensor, other: Any) -> Any:
        return wrapped(getattr(_number(unwrapped(other)), name)(self.tensor, **options))

    return binary, reflected


# %% is the remainder of the truncating division, %/% that division, and & | ! are logical: rows R14 and R27
_OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "add": ("add", {}), "sub": ("sub", {}), "mul": ("mul", {}), "truediv": ("div", {}), "pow": ("pow", {}), "mod": ("fmod", {}),
    "floordiv": ("div", {"rounding_mode": "trunc"}), "and": ("logical_and", {}), "or": ("logical_or", {}), "matmul": ("matmul", {}),
}  # fmt: skip
for _symbol, (_name, _options) in _OPERATORS.items():
    _binary, _reflected = _operator(_name, _options)
    setattr(RTensor, f"__{_symbol}__", _binary)
    setattr(RTensor, f"__r{_symbol}__", _reflected)
for _symbol in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(RTensor, f"__{_symbol}__", _operator(_symbol, {})[0])
RTensor.__invert__ = lambda self: RTensor(self.tensor.logical_not())  # type: ignore[attr-defined]


def unwrapped(value: Any) -> Any:
    """refimpl's tensors for R's, inside lists and dictionaries too."""
    if isinstance(value, RTensor):
        return value.tensor
    if isinstance(value, Undefined):
        return None
    if type(value) in (list, tuple):
        return type(value)(map(unwrapped, value))
    if type(value) is dict:
        return {key: unwrapped(each) for key, each in value.items()}
    return value


def wrapped(value: Any) -> Any:
    """R's view of a result: of tensors, of several in a tuple; a size is a list of numbers."""
    if isinstance(value, Tensor):
        return RTensor(value)
    if isinstance(value, Size):
        return list(value)
    if isinstance(value, (list, tuple)):
        return list(map(wrapped, value))
    return value


def function(name: str, torch_function: Callable[..., Any], space: str = "torch") -> Callable[..., Any]:
    """A function of torch as R calls it; ``space`` is empty for one of a namespace."""

    def called(*args: Any, **kwargs: Any) -> Any:
        return wrapped(call(name, space, torch_function, unwrapped(args), unwrapped(kwargs)))

    called.__name__ = called.__qualname__ = name
    called.__doc__ = torch_function.__doc__
    return called


def method(name: str, bound: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a tensor as R calls it."""

    def called(*args: Any, **kwargs: Any) -> Any:
        return wrapped(call(name, "Tensor", bound, unwrapped(args), unwrapped(kwargs)))

    called.__name__ = called.__qualname__ = name
    return called


def length(x: RTensor) -> int:
    """The number of elements (row R25)."""
    return x.tensor.numel()


def dim(x: RTensor) -> list[int]:
    """The sizes (row R25)."""
    return list(x.tensor.shape)


@cache
def torch_functions() -> dict[str, Callable[..., Any]]:
    """torch's functions by name: the operations, and the others."""
    return {**{name: getattr(functions, name) for name in functions.__all__}, **dict(public_functions())}
