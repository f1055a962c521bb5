"""torch.utils._pytree: trees of containers, taken apart and put together as torch does."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest
import torch as real_torch
import torch.utils._pytree
import torch.utils._pytree as theirs

import refimpl
import refimpl.utils._pytree as ours

Point = namedtuple("Point", "x y")
TREES = [
    3, None, [], {}, (1, 2), [1, [2, (3, 4)]], {"b": [1, (2, 3)], "a": Point(4, None)}, OrderedDict(z=1, y=(2,)), deque([5, [6]], maxlen=3),
    defaultdict(list, {"k": [7]}), {1, 2}, Point([1], {"a": 2}), [(), [[]], {"x": ()}], "text", {2: "a", 1: "b"},
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_a_tree_is_taken_apart_as_torch_does(tree):
    leaves, spec = ours.tree_flatten(tree)
    expected, form = theirs.tree_flatten(tree)
    assert leaves == expected == ours.tree_leaves(tree) and repr(spec) == repr(form)
    for name in ("num_nodes", "num_leaves", "num_children"):
        assert getattr(spec, name) == getattr(form, name)
    rebuilt = ours.tree_unflatten(leaves, spec)
    assert rebuilt == tree and type(rebuilt) is type(tree)
    assert ours.tree_map(lambda x: (x,), tree) == theirs.tree_map(lambda x: (x,), tree)
    assert ours.tree_map_only(int, lambda x: x + 1, tree) == theirs.tree_map_only(int, lambda x: x + 1, tree)
    assert [(ours.keystr(path), leaf) for path, leaf in ours.tree_leaves_with_path(tree)] == [
        (theirs.keystr(path), leaf) for path, leaf in theirs.tree_leaves_with_path(tree)]  # fmt: skip
    assert all(ours.key_get(tree, path) is leaf for path, leaf in ours.tree_leaves_with_path(tree))
    assert ours.treespec_pprint(spec) == theirs.treespec_pprint(form)
    assert spec == ours.tree_structure(rebuilt) and hash(spec) == hash(ours.tree_structure(rebuilt))


def message(function, *args):
    try:
        return function(*args)
    except Exception as error:  # noqa: BLE001  (it is compared)
        return type(error).__name__, str(error)


@pytest.mark.parametrize("first", TREES, ids=repr)
def test_trees_of_other_forms_are_refused_as_torch_does(first):
    for second in TREES:
        if isinstance(first, dict) and isinstance(second, dict) and len(set(first) ^ set(second)) > 2:
            continue  # the keys are named in no order
        pair = lambda x, y: (x, y)  # noqa: E731
        assert message(ours.tree_map, pair, first, second) == message(theirs.tree_map, pair, first, second)


def test_wrong_numbers_of_leaves_are_refused():
    for values, tree in (([1], (1, 2)), ([], 3), ([1, 2, 3], {"a": [1]})):
        both = ((each, each.tree_structure(tree)) for each in (ours, theirs))
        assert len({message(each.tree_unflatten, values, form) for each, form in both}) == 1
    assert message(ours.tree_unflatten, [1], 3) == message(theirs.tree_unflatten, [1], 3)
    assert message(ours.tree_map_only, 3, len, []) == message(theirs.tree_map_only, 3, len, [])


def test_questions_and_leaves_by_ones_own_word():
    tree = {"a": [1, 2], "b": (3, [4])}
    is_list = lambda x: isinstance(x, list)  # noqa: E731
    for library in (ours, theirs):
        assert library.tree_leaves(tree, is_leaf=is_list) == [[1, 2], 3, [4]]
        assert library.tree_all(lambda x: x > 0, tree) and not library.tree_any(lambda x: x > 4, tree)
        assert library.tree_all_only(int, lambda x: x < 5, tree) and library.tree_any_only(int, lambda x: x == 4, tree)
        seen = []
        assert library.tree_map_(seen.append, tree) is tree and seen == [1, 2, 3, 4]
        assert library.tree_map_with_path(lambda path, x: (path[-1].idx, x), tree)["b"] == ((0, 3), [(0, 4)])
        assert library.is_namedtuple(Point(1, 2)) and library.is_namedtuple_class(Point) and not library.is_namedtuple_instance((1, 2))


def test_classes_are_registered_once():
    for library in (ours, theirs):
        class Pair:
            def __init__(self, first, second):
                self.first, self.second = first, second

        library.register_pytree_node(Pair, lambda p: ([p.first, p.second], "kept"), lambda values, context: Pair(*values))
        mapped = library.tree_map(lambda x: x * 2, [Pair(1, (2, 3))])[0]
        assert (mapped.first, mapped.second) == (2, (4, 6))
        with pytest.raises(ValueError, match="is already registered as pytree node"):
            library.register_pytree_node(Pair, None, None)
        with pytest.raises(ValueError, match="flatten_with_keys_fn"):
            library.tree_leaves_with_path(Pair(1, 2))


def test_results_with_names_and_sizes_are_nodes():
    for package, library in ((refimpl, ours), (real_torch, theirs)):
        mapped = library.tree_map_only(package.Tensor, lambda x: x.tolist(), package.ones(2, 2).max(0))
        assert type(mapped).__name__ == "max" and list(mapped) == [[1.0, 1.0], [0, 0]]
        assert library.tree_leaves([package.ones(2, 3).shape]) == [2, 3]
