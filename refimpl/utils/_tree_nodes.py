"""The kinds of nodes that :mod:`._pytree` knows: how each is taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..return_types import Results
from ..tensor import Size

__all__ = [
    "BUILTIN_TYPES", "DICTIONARIES", "GetAttrKey", "MappingKey", "NodeDef", "SUPPORTED_NODES", "SequenceKey", "is_namedtuple",
    "is_namedtuple_class", "is_namedtuple_instance", "kind_of", "register_pytree_node",
]  # fmt: skip


class NodeDef(NamedTuple):
    """How a node of a class is taken apart, into its children and the rest (the context), put together, and how its children are named."""

    type: Any
    flatten_fn: Callable[[Any], tuple[list[Any], Any]]
    unflatten_fn: Callable[[Any, Any], Any]
    flatten_with_keys_fn: Callable[[Any], tuple[list[tuple[Any, Any]], Any]] | None = None


@dataclass(frozen=True)
class SequenceKey:
    """The place of a child in a sequence."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        """The child."""
        return sequence[self.idx]


@dataclass(frozen=True)
class MappingKey:
    """The key of a child in a dictionary."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        """The child."""
        return mapping[self.key]


@dataclass(frozen=True)
class GetAttrKey:
    """The name of a child that is an attribute."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        """The child."""
        return getattr(obj, self.name)


def _keyed(key: Callable[[Any], Any], names: Callable[[Any], Iterable[Any]]) -> Callable[[Any], tuple[list[tuple[Any, Any]], Any]]:
    """The children with their keys, for a node with these names."""

    def flatten(node: Any) -> tuple[list[tuple[Any, Any]], Any]:
        children, context = SUPPORTED_NODES[kind_of(node)].flatten_fn(node)
        return list(zip(map(key, names(node)), children)), context

    return flatten


def _positions(node: Any) -> range:
    return range(len(node))


SUPPORTED_NODES: dict[Any, NodeDef] = {}
for _definition in (
    NodeDef(tuple, lambda t: (list(t), None), lambda values, _: tuple(values), _keyed(SequenceKey, _positions)),
    NodeDef(list, lambda t: (t, None), lambda values, _: list(values), _keyed(SequenceKey, _positions)),
    NodeDef(dict, lambda t: (list(t.values()), list(t)), lambda values, keys: dict(zip(keys, values)), _keyed(MappingKey, list)),
    NodeDef(namedtuple, lambda t: (list(t), type(t)), lambda values, kind: kind(*values), _keyed(GetAttrKey, lambda t: t._fields)),
    NodeDef(OrderedDict, lambda t: (list(t.values()), list(t)), lambda values, keys: OrderedDict(zip(keys, values)), _keyed(MappingKey, list)),
    NodeDef(defaultdict, lambda t: (list(t.values()), [t.default_factory, list(t)]),
            lambda values, context: defaultdict(context[0], zip(context[1], values)), _keyed(MappingKey, list)),
    NodeDef(deque, lambda t: (list(t), t.maxlen), lambda values, length: deque(values, maxlen=length), _keyed(SequenceKey, _positions)),
    NodeDef(Size, lambda t: (list(t), None), lambda values, _: Size(values)),
):  # fmt: skip
    SUPPORTED_NODES[_definition.type] = _definition
BUILTIN_TYPES = frozenset((tuple, list, dict, namedtuple, OrderedDict, defaultdict, deque))
DICTIONARIES = frozenset((dict, OrderedDict, defaultdict))


def register_pytree_node(cls: type, flatten_fn: Any, unflatten_fn: Any, *, serialized_type_name: str | None = None, to_dumpable_context: Any = None,
                         from_dumpable_context: Any = None, flatten_with_keys_fn: Any = None) -> None:
    """Let objects of a class be nodes. ``flatten_fn`` gives the children and a context, ``unflatten_fn`` makes the object of both. ValueError for a
    class that has been registered."""
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)



def is_namedtuple_class(cls: type) -> bool:
    """Whether a class is one of named tuples."""
    fields = getattr(cls, "_fields", None)
    return (isinstance(cls, type) and issubclass(cls, tuple) and isinstance(fields, tuple) and all(type(field) is str for field in fields)
            and callable(getattr(cls, "_make", None)) and callable(getattr(cls, "_asdict", None)))  # fmt: skip


def is_namedtuple_instance(obj: object) -> bool:
    """Whether an object is a named tuple."""
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: object) -> bool:
    """Whether an object is a named tuple, or a class of them."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def kind_of(node: Any) -> Any:
    """The class of a node, as the table has it."""
    kind = type(node)
    if kind in SUPPORTED_NODES:
        return kind
    if issubclass(kind, Results):  # what operations with several results return
        register_pytree_node(kind, lambda t: (list(t), None), lambda values, _: kind(values))
    return namedtuple if is_namedtuple_class(kind) else kind
