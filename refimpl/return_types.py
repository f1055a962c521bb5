"""The named tuples that operations with several results return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tensor import Tensor


class _Results(tuple):  # type: ignore[type-arg]
    """A tuple with named fields, printed as torch prints its structured results."""

    __slots__ = ()
    _names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._names, self))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.return_types.{type(self).__name__}' object has no attribute '{name}'")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)


def _field(position: int, name: str) -> Tensor:
    return property(lambda self: tuple.__getitem__(self, position), doc=f"The result ``{name}``.")  # type: ignore[return-value]


class max(_Results):
    __slots__ = ()
    _names = ("values", "indices")
    values = _field(0, "values")
    indices = _field(1, "indices")


class min(max):
    __slots__ = ()


class sort(max):
    __slots__ = ()


class topk(max):
    __slots__ = ()


class kthvalue(max):
    __slots__ = ()


class median(max):
    __slots__ = ()


class aminmax(_Results):
    __slots__ = ()
    _names = ("min", "max")
    min = _field(0, "min")
    max = _field(1, "max")


# What the forms with ``out=`` return.


class max_out(max):
    __slots__ = ()


class min_out(min):
    __slots__ = ()


class sort_out(sort):
    __slots__ = ()


class topk_out(topk):
    __slots__ = ()


class kthvalue_out(kthvalue):
    __slots__ = ()


class median_out(median):
    __slots__ = ()


class aminmax_out(aminmax):
    __slots__ = ()
