"""What Python and other libraries ask of a tensor: numbers, lists, iteration, copies, arrays, capsules.

The methods that few programs call import what they need when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

from ..foundation.lazy_views import materialised

if TYPE_CHECKING:
    from ..foundation.kernels import View
    from . import Tensor

_warned: list[bool] = []


class Protocols:
    """The part of :class:`~refimpl.tensor.Tensor` that makes it a Python object like others."""

    _view: View

    # -- numbers and lists -----------------------------------------------------------------------
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; of a 0-d tensor, the number."""
        flat = self._view.storage.kernels.tolist(materialised(self._view))
        if not self._view.shape:
            return flat[0]
        return _nest(flat, self._view.shape)

    def item(self) -> Any:
        """The one element as a Python number."""
        view = self._view
        if view.numel != 1:
            raise RuntimeError(f"a Tensor with {view.numel} elements cannot be converted to Scalar")
        if view.storage.kernels.device_type == "meta":
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        return view.storage.kernels.tolist(materialised(view))[0]

    def _number(self) -> Any:
        """The one element for Python's ``int``, ``float`` or ``complex``."""
        if self._view.numel != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        if not _warned and self.requires_grad:  # type: ignore[attr-defined]
            import warnings

            _warned.append(True)  # as torch, once
            warnings.warn("Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                          "Consider using tensor.detach() first.", stacklevel=3)
        return self.item()

    def __int__(self) -> int:
        number = self._number()
        if isinstance(number, complex) and not -float(1 << 63) <= number.real < float(1 << 63):
            number = complex(0, 1)  # torch refuses it as it refuses an imaginary part
        return int(_real(number, "int64_t"))

    def __float__(self) -> float:
        return float(_real(self._number(), "double"))

    def __complex__(self) -> complex:
        return complex(self._number())

    def __index__(self) -> int:
        if self._view.numel != 1 or self._view.dtype.category > 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        count = self._view.numel
        if count != 1:
            what = "no values" if count == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
        return bool(self.item())

    # -- texts -----------------------------------------------------------------------------------

    def __format__(self, spec: str) -> str:
        if not self._view.shape and type(self).__base__ is Protocols:
            return self.item().__format__(spec)  # type: ignore[no-any-return]
        return object.__format__(self, spec)

    def __dir__(self) -> list[str]:
        return sorted(set(dir(type(self))) | set(self.__dict__))

    # -- containers ------------------------------------------------------------------------------
    def __len__(self) -> int:
        if not self._view.shape:
            raise TypeError("len() of a 0-d tensor")
        return self._view.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.dim():  # type: ignore[attr-defined]  # which a class that takes part in calls sees
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))  # type: ignore[attr-defined]

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (Protocols, bool, int, float, complex)):
            return (element == self).any().item()  # type: ignore[attr-defined, union-attr, no-any-return]
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._view.shape else self  # type: ignore[attr-defined, return-value]

    # -- other libraries --------------------------------------------------------------------------
    __array_priority__ = 1000









def _real(value: Any, wanted: str) -> Any:
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {wanted} without overflow")
        return value.real
    return value


def _nest(flat: list[Any], shape: tuple[int, ...]) -> list[Any]:
    if 0 in shape:
        return [_nest(flat, shape[1:]) for _ in range(shape[0])]
    for size in reversed(shape[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)]
    return flat
