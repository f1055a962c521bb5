"""Trees of containers, leaf by leaf, as ``torch.utils._pytree``.

A tree is a tuple, a list, a dictionary (also ordered, or with a default), a named tuple, a deque, an object of a class that has been registered, or
else a leaf. Its form, without the leaves, is a :class:`TreeSpec`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from types import UnionType
from typing import Any

from ._tree_nodes import (
    BUILTIN_TYPES,
    DICTIONARIES,
    SUPPORTED_NODES,
    GetAttrKey,
    MappingKey,
    SequenceKey,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    kind_of,
    register_pytree_node,
)

__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "PyTreeSpec", "SequenceKey", "TreeSpec", "is_namedtuple", "is_namedtuple_class",
    "is_namedtuple_instance", "key_get", "keystr", "register_pytree_node", "tree_all", "tree_all_only", "tree_any", "tree_any_only", "tree_flatten",
    "tree_flatten_with_path", "tree_is_leaf", "tree_iter", "tree_leaves", "tree_leaves_with_path", "tree_map", "tree_map_", "tree_map_only",
    "tree_map_only_", "tree_map_with_path", "tree_structure", "tree_unflatten", "treespec_pprint",
]  # fmt: skip

IsLeaf = Callable[[Any], bool]
_register_pytree_node = register_pytree_node


def tree_is_leaf(tree: Any, is_leaf: IsLeaf | None = None) -> bool:
    """Whether a tree is a leaf: no node, or something that ``is_leaf`` says is one."""
    return is_leaf is not None and is_leaf(tree) or kind_of(tree) not in SUPPORTED_NODES


# -- forms -----------------------------------------------------------------------------------------


class TreeSpec:
    """The form of a tree: the class of its node (None for a leaf), what is to be known to put it together, and the forms of its children."""

    __slots__ = ("type", "context", "_children", "num_nodes", "num_leaves", "num_children")

    def __init__(self, type: Any, context: Any, children_specs: list[TreeSpec]) -> None:
        self.type = type
        self.context = context
        self._children = children_specs
        self.num_nodes = 1 + sum(child.num_nodes for child in children_specs)
        self.num_leaves = 1 if type is None else sum(child.num_leaves for child in children_specs)
        self.num_children = len(children_specs)

    def __repr__(self, indent: int = 0) -> str:
        if self.type is None:
            return "*"
        inner = (",\n" + " " * (indent + 2)).join(child.__repr__(indent + 2) for child in self._children)
        return f"TreeSpec({self.type.__name__}, {self.context}, [{inner}])"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return self.type is other.type and self.context == other.context and self._children == other._children

    def __hash__(self) -> int:
        return hash((self.type, tuple(self._children)))

    def is_leaf(self) -> bool:
        """Whether the tree is a leaf."""
        return self.type is None

    def children(self) -> list[TreeSpec]:
        """The forms of the children."""
        return self._children.copy()

    def child(self, index: int) -> TreeSpec:
        """The form of one child."""
        return self._children[index]

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree of this form with the leaves from left to right; ValueError for another number of leaves."""
        values = list(leaves)
        if len(values) != self.num_leaves:
            raise ValueError(f"treespec.unflatten(leaves): `leaves` has length {len(values)} but the spec refers to a pytree that holds "
                             f"{self.num_leaves} items ({self}).")
        return self._built(iter(values))

    def _built(self, leaves: Iterator[Any]) -> Any:
        if self.type is None:
            return next(leaves)
        return SUPPORTED_NODES[self.type].unflatten_fn([child._built(leaves) for child in self._children], self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """What a tree has in the places of the leaves of this form; ValueError for another form above them."""
        return list(self._up_to(tree))

    def _up_to(self, node: Any) -> Iterator[Any]:
        if self.type is None:
            yield node
            return
        kind, custom = kind_of(node), self.type not in BUILTIN_TYPES
        dictionaries = self.type in DICTIONARIES and kind in DICTIONARIES
        if kind is not self.type and not dictionaries:
            raise ValueError(f"{'Type' if custom else 'Node type'} mismatch; expected {self.type!r}, but got {kind!r}.")
        if dictionaries:
            keys = self.context[1] if self.type is defaultdict else self.context
            self._require_arity(len(node))
            if set(node) != set(keys):
                texts = (("missing", set(keys) - set(node)), ("extra", set(node) - set(keys)))
                raise ValueError("Node keys mismatch" + "".join(f"; {name} key(s): {found}" for name, found in texts if found) + ".")
            children = [node[key] for key in keys]
        else:
            children, context = SUPPORTED_NODES[kind].flatten_fn(node)
            self._require_arity(len(children))
            if kind is not deque and context != self.context:
                raise ValueError(f"Node context mismatch for custom node type {self.type!r}." if custom else
                                 f"Node context mismatch for node type {self.type!r}; expected {self.context!r}, but got {context!r}.")
        for child, part in zip(self._children, children):
            yield from child._up_to(part)

    def _require_arity(self, count: int) -> None:
        if count != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {count}.")


PyTreeSpec = TreeSpec
_LEAF = TreeSpec(None, None, [])


def LeafSpec() -> TreeSpec:
    """The form of a leaf."""
    return _LEAF


# -- apart and together ----------------------------------------------------------------------------


def tree_flatten(tree: Any, is_leaf: IsLeaf | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and the form.

    >>> tree_flatten({"a": [1, 2], "b": (3,)})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []

    def spec(node: Any) -> TreeSpec:
        if tree_is_leaf(node, is_leaf):
            leaves.append(node)
            return _LEAF
        kind = kind_of(node)
        children, context = SUPPORTED_NODES[kind].flatten_fn(node)
        return TreeSpec(kind, context, [spec(child) for child in children])

    form = spec(tree)
    return leaves, form


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """The tree of a form and leaves; the two may be given in the other order. TypeError without a form, ValueError for another number of leaves."""
    if not isinstance(treespec, TreeSpec):
        if not isinstance(leaves, TreeSpec):
            raise TypeError(f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {type(treespec)}.")
        leaves, treespec = treespec, leaves
    return treespec.unflatten(leaves)


def tree_iter(tree: Any, is_leaf: IsLeaf | None = None) -> Iterator[Any]:
    """The leaves from left to right."""
    if tree_is_leaf(tree, is_leaf):
        yield tree
    else:
        for child in SUPPORTED_NODES[kind_of(tree)].flatten_fn(tree)[0]:
            yield from tree_iter(child, is_leaf)


def tree_leaves(tree: Any, is_leaf: IsLeaf | None = None) -> list[Any]:
    """The leaves from left to right, as a list."""
    return list(tree_iter(tree, is_leaf))


def tree_structure(tree: Any, is_leaf: IsLeaf | None = None) -> TreeSpec:
    """The form."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf | None = None) -> Any:
    """The tree with the function's values in the places of its leaves; other trees of the form give the further arguments.

    >>> tree_map(lambda x, y: x + y, {"a": [1, 2]}, {"a": [10, 20]})
    {'a': [11, 22]}
    """
    leaves, form = tree_flatten(tree, is_leaf)
    return form.unflatten(map(func, leaves, *[form.flatten_up_to(rest) for rest in rests]))


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf | None = None) -> Any:
    """Call the function for each leaf, as :func:`tree_map` does; the tree itself."""
    leaves, form = tree_flatten(tree, is_leaf)
    for values in zip(leaves, *[form.flatten_up_to(rest) for rest in rests]):
        func(*values)
    return tree


def map_only(type_or_types_or_pred: Any, /) -> Callable[[Any], Any]:
    """A decorator: the function for values of the types, or for which the predicate is true; others stay. TypeError for anything else."""
    if isinstance(type_or_types_or_pred, (type, tuple, UnionType)):
        wanted: Any = lambda x: isinstance(x, type_or_types_or_pred)  # noqa: E731
    elif callable(type_or_types_or_pred):
        wanted = type_or_types_or_pred
    else:
        raise TypeError("Argument must be a type, a tuple of types, or a callable.")

    def decorate(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(function)
        def decorated(x: Any) -> Any:
            return function(x) if wanted(x) else x

        return decorated

    return decorate


def tree_map_only(type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf | None = None) -> Any:
    """:func:`tree_map` of the leaves of the types, or for which the predicate is true; the others stay."""
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf | None = None) -> Any:
    """:func:`tree_map_` of the leaves of the types, or for which the predicate is true."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf | None = None) -> bool:
    """Whether the predicate is true for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf | None = None) -> bool:
    """Whether the predicate is true for a leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf | None = None) -> bool:
    """Whether the predicate is true for all leaves of the types."""
    return all(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf | None = None) -> bool:
    """Whether the predicate is true for a leaf of the types."""
    return any(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


# -- with paths ------------------------------------------------------------------------------------


def _with_paths(path: tuple[Any, ...], tree: Any, is_leaf: IsLeaf | None) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if tree_is_leaf(tree, is_leaf):
        yield path, tree
        return
    flatten = SUPPORTED_NODES[kind_of(tree)].flatten_with_keys_fn
    if flatten is None:
        raise ValueError(f"Did not find a flatten_with_keys_fn for type: {kind_of(tree)}. Please pass a flatten_with_keys_fn argument to "
                         "register_pytree_node.")
    for key, child in flatten(tree)[0]:
        yield from _with_paths((*path, key), child, is_leaf)


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf | None = None) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves from left to right, each with the keys that lead to it."""
    return list(_with_paths((), tree, is_leaf))


def tree_flatten_with_path(tree: Any, is_leaf: IsLeaf | None = None) -> tuple[list[tuple[tuple[Any, ...], Any]], TreeSpec]:
    """:func:`tree_leaves_with_path`, and the form."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf | None = None) -> Any:
    """:func:`tree_map` with the keys that lead to a leaf as the first argument."""
    found, form = tree_flatten_with_path(tree, is_leaf)
    others = [form.flatten_up_to(rest) for rest in rests]
    return form.unflatten(func(path, leaf, *values) for (path, leaf), *values in zip(found, *others))


def keystr(kp: tuple[Any, ...]) -> str:
    """The keys as Python writes them.

    >>> keystr(tree_leaves_with_path({"a": [1]})[0][0])
    "['a'][0]"
    """
    return "".join(map(str, kp))


def key_get(obj: Any, kp: tuple[Any, ...]) -> Any:
    """What the keys lead to."""
    for key in kp:
        obj = key.get(obj)
    return obj


def treespec_pprint(treespec: TreeSpec) -> str:
    """A form as its tree with stars for the leaves."""
    return repr(treespec.unflatten([_Star()] * treespec.num_leaves))


class _Star:
    def __repr__(self) -> str:
        return "*"
