"""Operators and their overloads as objects that can be called."""

from __future__ import annotations

from functools import cache
from typing import Any, Callable

from ...operations.operation import operations
from ...signatures.aten import Schema, schemas
from ...tensor import Tensor
from .translations import TRANSLATIONS

# What a call may leave out: where it is None the operation's own default holds.
_OPTIONS = frozenset(("dtype", "layout", "device", "pin_memory", "memory_format", "correction", "generator"))
_IGNORED = frozenset(("implicit", "sparse_grad", "non_blocking"))  # what makes no difference to dense tensors on one device


class Overload:
    """One operator with one schema: called, it binds its arguments as aten does and calls the operation of this package."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.__name__ = f"{schema.name}.{schema.overload}"
        self.__doc__ = f"aten::{schema.text}"
        self._function = _function(schema)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._function is None:
            raise NotImplementedError(f"aten::{self.__name__}: refimpl does not have the operation yet")
        return self._function(self.schema.bind(args, kwargs))

    def __repr__(self) -> str:
        return f"<aten overload {self.__name__}>"

    @property
    def present(self) -> bool:
        """Whether refimpl has the operation."""
        return self._function is not None


class Packet:
    """All overloads of one operator: attributes of it. Called, it takes the first whose parameters the arguments fit."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self._overloads = {overload: Overload(schema) for overload, schema in schemas()[name].items()}

    def overloads(self) -> list[str]:
        """The names of the overloads."""
        return list(self._overloads)

    def __getattr__(self, name: str) -> Overload:
        overloads: dict[str, Overload] = self.__dict__.get("_overloads", {})
        if name not in overloads:
            raise AttributeError(f"aten::{self.__dict__.get('__name__')} has no core overload {name!r}, but {', '.join(overloads)}")
        return overloads[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for overload in self._overloads.values():
            try:
                bound = overload.schema.bind(args, kwargs)
            except TypeError:
                continue
            if all(_fits(p.type, bound[p.name]) for p in overload.schema.parameters):
                return overload(*args, **kwargs)
        raise TypeError(f"aten::{self.__name__}: no overload takes these arguments: {', '.join(self._overloads)}")

    def __repr__(self) -> str:
        return f"<aten operator {self.__name__}>"


def _fits(kind: str, value: Any) -> bool:
    """Whether an argument can be one of this type; of lists and options only what tells overloads apart is looked at."""
    if kind.endswith("?"):
        return value is None or _fits(kind[:-1], value)
    if "[" in kind:
        return isinstance(value, (tuple, list, int))
    if kind.startswith("Tensor"):
        return isinstance(value, Tensor)
    if kind == "Scalar":
        return isinstance(value, (bool, int, float, complex))
    return isinstance(value, _PLAIN.get(kind, object))


_PLAIN: dict[str, Any] = {"int": int, "SymInt": int, "float": (int, float), "bool": bool, "str": str}


def _function(schema: Schema) -> Callable[[dict[str, Any]], Any] | None:
    """What calls the operation with the arguments of a schema by name; None if refimpl does not have it."""
    translation = TRANSLATIONS.get(f"{schema.name}.{schema.overload}")
    if translation is not None:
        needs, function = translation
        return (lambda bound: function(**bound)) if all(name in operations for name in needs) else None
    operation = operations.get(schema.name) or operations.get(f"nn.functional.{schema.name}")
    if operation is None:
        return None
    positional = [p.name for p in schema.parameters if not p.keyword_only]
    keywords = [p.name for p in schema.parameters if p.keyword_only and p.name not in _IGNORED]

    def call(bound: dict[str, Any]) -> Any:
        options = {name: bound[name] for name in keywords if not (bound[name] is None and name in _OPTIONS)}
        return operation.function(*[bound[name] for name in positional if name not in _IGNORED], **options)

    return call


@cache
def packet(name: str) -> Packet:
    """The operator of this name; AttributeError if it is none of the core ones."""
    if name not in schemas():
        raise AttributeError(f"aten has no core operator {name!r}")
    return Packet(name)


def missing() -> list[str]:
    """The core overloads that refimpl does not have yet."""
    return [f"{name}.{overload}" for name, found in schemas().items() for overload in found if not getattr(packet(name), overload).present]
