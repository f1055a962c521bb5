"""The named tuples that operations with several results return: ``max(values, indices)`` and its kin.

Their names and fields are torch's (``signatures/torch.txt``); a class is made when it is first asked for. ``max_out`` is what the form of
``max`` with ``out=`` returns.
"""

from __future__ import annotations

from typing import Any

from .foundation.paths import shown
from .signatures.overloads import texts


class Results(tuple):  # type: ignore[type-arg]
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


def _field(position: int, name: str) -> property:
    return property(lambda self: tuple.__getitem__(self, position), doc=f"The result ``{name}``.")


def fields(name: str) -> tuple[str, ...]:
    """The names of the results of an operation; none if torch returns no named tuple."""
    lines = texts()["return_types"].get(name)
    return tuple(lines[0].partition("(")[2].rstrip(")").split(", ")) if lines else ()


def __getattr__(name: str) -> type[Results]:
    base = name.removesuffix("_out")
    names = fields(base)
    if not names:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    text = f"What ``{base}`` returns: {', '.join(names)}."
    members: dict[str, Any] = {"__slots__": (), "__module__": shown(__name__), "__doc__": text, "_names": names}
    members.update({field: _field(position, field) for position, field in enumerate(names)})
    made = type(name, (Results,) if base == name else (globals().get(base) or __getattr__(base),), members)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})


__all__ = ["Results", "fields", *(name for name in texts()["return_types"] if name[0] != "_")]
