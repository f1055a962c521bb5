"""Datasets, samplers and loaders give torch's samples in torch's order, and refuse what torch refuses."""

from __future__ import annotations

import collections
import random
import warnings

import numpy
import pytest
import torch as real_torch
from side_by_side import assert_same

import refimpl

Pair = collections.namedtuple("Pair", "x y")


def squares(torch, n=10):
    x = torch.arange(n, dtype=torch.float32)
    return torch.utils.data.TensorDataset(x, x * x)


class Words:
    """A map-style dataset without a base class."""

    def __getitem__(self, i):
        return {"n": i, "word": "abcdefgh"[i], "x": [i, 0.5 * i]}

    def __len__(self):
        return 8


def counting(torch, n):
    class Counting(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            return iter(range(n) if info is None else range(info.id, n, info.num_workers))

        def __len__(self):
            return n

    return Counting()


LOADERS = [
    "DataLoader(squares(torch))", "DataLoader(squares(torch), 3)", "DataLoader(squares(torch), batch_size=4, drop_last=True)",
    "DataLoader(squares(torch), 3, shuffle=True)", "DataLoader(squares(torch), 3, True, generator=torch.Generator().manual_seed(5))",
    "DataLoader(squares(torch), batch_size=None)", "DataLoader(squares(torch), batch_size=None, shuffle=True)", "DataLoader(Words(), 3)",
    "DataLoader(Words(), 3, shuffle=True, collate_fn=lambda b: [s['n'] for s in b])", "DataLoader(counting(torch, 7), 3)",
    "DataLoader(counting(torch, 7), 3, drop_last=True)", "DataLoader(counting(torch, 4), batch_size=None)",
    "DataLoader(squares(torch), sampler=RandomSampler(squares(torch), replacement=True, num_samples=40), batch_size=7)",
    "DataLoader(squares(torch), sampler=RandomSampler(squares(torch), num_samples=25), batch_size=7)",
    "DataLoader(squares(torch), sampler=SubsetRandomSampler([1, 3, 5, 7]), batch_size=3)",
    "DataLoader(squares(torch), sampler=WeightedRandomSampler([0.1, 0.2, 0.7, 0.0], 9), batch_size=4)",
    "DataLoader(squares(torch), sampler=WeightedRandomSampler([0.1, 0.2, 0.7], 3, replacement=False), batch_size=4)",
    "DataLoader(squares(torch), batch_sampler=BatchSampler(SequentialSampler(range(10)), 4, True))", "DataLoader(squares(torch), sampler=[3, 1, 4])",
    "DataLoader(Subset(squares(torch), [2, 4, 6, 8]), 3, shuffle=True)", "DataLoader(ConcatDataset([squares(torch, 3), squares(torch, 4)]), 4)",
    "DataLoader(StackDataset(range(8), Words()), 3)",
    "DataLoader(StackDataset(a=range(8), b=Words()), 3)", "DataLoader(squares(torch, 4) + squares(torch, 2), 4)",
    "DataLoader(counting(torch, 3) + counting(torch, 4), 4)", "DataLoader([Pair(1, 2.0), Pair(3, 4.0)], 2)", "DataLoader([[1, 'a'], [2, 'b']], 2)",
    "DataLoader([b'x', b'y'], 2)", "DataLoader([numpy.float32(1.5), numpy.float32(2)], 2)", "DataLoader([numpy.arange(3), numpy.arange(3)], 2)",
]  # fmt: skip


def names(torch):
    data = torch.utils.data
    return {**{name: getattr(data, name) for name in data.__all__ if not name.startswith("_")}, "torch": torch, "squares": squares, "Words": Words,
            "counting": counting, "Pair": Pair, "numpy": numpy}  # fmt: skip


@pytest.mark.parametrize("text", LOADERS)
def test_batches_are_torchs(text):
    def program(torch):
        loader = eval(text, names(torch))
        first = list(loader)
        return [len(loader), first, list(loader), torch.rand(2)]  # the stream goes on from the same place

    assert_same(program)


def test_random_splits():
    def program(torch):
        d = torch.utils.data
        parts = [
            d.random_split(range(10), [3, 7]), d.random_split(range(10), [0.3, 0.3, 0.4]), d.random_split(range(7), [0.5, 0.5]),
            d.random_split(range(10), [4, 6], generator=torch.Generator().manual_seed(3)),
        ]  # fmt: skip
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            parts.append(d.random_split(range(2), [0.4, 0.3, 0.3]))
        return [[[list(s.indices) for s in part] for part in parts], [str(w.message) for w in seen], parts[0][0][1]]

    assert_same(program)


def test_errors():
    def program(torch):
        d = torch.utils.data
        L, s = d.DataLoader, squares(torch)
        wrong = {"num_workers": -1, "timeout": -1, "prefetch_factor": 2, "persistent_workers": True, "multiprocessing_context": "fork"}
        loader = L(s, 2)

        class Own(d.Subset):
            def __getitem__(self, i):
                return i

        return [
            *[lambda name=name, value=value: L(s, **{name: value}) for name, value in wrong.items()], lambda: L(s, sampler=[1], shuffle=True),
            lambda: L(s, batch_sampler=[[1]], batch_size=2), lambda: L(s, batch_size=None, drop_last=True), lambda: L(s, batch_size=0),
            lambda: L(s, batch_size=2, drop_last=3),
            lambda: d.RandomSampler(s, replacement=1), lambda: d.RandomSampler(s, num_samples=0), lambda: d.RandomSampler([]),
            lambda: d.WeightedRandomSampler([1.0], 0), lambda: d.WeightedRandomSampler([1.0], 1, 1), lambda: d.WeightedRandomSampler([[1.0]], 1),
            lambda: d.TensorDataset(torch.ones(2), torch.ones(3)), lambda: d.StackDataset(), lambda: d.StackDataset([1], a=[1]),
            lambda: d.StackDataset([1], [1, 2]), lambda: d.ConcatDataset([]), lambda: d.ConcatDataset([counting(torch, 2)]),
            lambda: d.ConcatDataset([[1]])[-3], lambda: list(d.ChainDataset([[1]])), lambda: d.random_split(range(3), [1, 1]),
            lambda: d.random_split(range(3), [1.5, -0.5]), lambda: Own(s, [1]), lambda: d.Dataset()[0], lambda: iter(d.Sampler()),
            lambda: d.default_collate([object()]), lambda: d.default_collate([[1], [1, 2]]), lambda: d.default_collate([numpy.array(["a"])] * 2),
            lambda: setattr(loader, "batch_size", 3), lambda: list(L([torch.ones(1), torch.ones(2)], 2)), lambda: list(L(s, timeout=3)),
        ]  # fmt: skip

    assert_same(program)


def test_conversion_keeps_containers():
    def program(torch):
        convert, collate = torch.utils.data.default_convert, torch.utils.data.default_collate
        given = [numpy.arange(3), numpy.float64(2), "a", b"b", 3, 1.5, None, (1, numpy.int64(2)), [numpy.ones(1)],
                 {"a": numpy.ones(2)}, Pair(numpy.ones(1), 2), collections.OrderedDict(x=numpy.ones(1)), numpy.array(["x"])]  # fmt: skip
        batches = [[1, 2], [1.5, 2.5], ["a", "b"], [(1, 2), (3, 4)], [{"a": 1}, {"a": 2}], [Pair(1, 2), Pair(3, 4)], [True, False],
                   [[1, "a"], [2, "b"]],
                   [collections.OrderedDict(x=1), collections.OrderedDict(x=2)], [torch.ones(2), torch.zeros(2)]]  # fmt: skip
        return [[convert(each) for each in given], [type(convert(each)).__name__ for each in given], [collate(b) for b in batches]]

    assert_same(program)


@pytest.mark.parametrize("torch", [refimpl, real_torch], ids=["refimpl", "torch"])
def test_workers_make_the_same_batches_in_the_same_order(torch):
    torch.manual_seed(7)
    alone = list(torch.utils.data.DataLoader(Words(), 3, shuffle=True))
    torch.manual_seed(7)
    shared = list(torch.utils.data.DataLoader(Words(), 3, shuffle=True, num_workers=2))
    assert repr(alone) == repr(shared)


class Seeds:
    def __init__(self, torch):
        self.torch = torch

    def __getitem__(self, i):
        info = self.torch.utils.data.get_worker_info()
        return [info.id, info.num_workers, info.seed, random.random(), self.torch.rand(1).item()]

    def __len__(self):
        return 5


def test_workers_have_torchs_seeds_and_shares():
    def program(torch):
        d = torch.utils.data
        began = []
        persistent = d.DataLoader(range(5), 2, num_workers=1, persistent_workers=True, worker_init_fn=began.append)
        return [
            list(d.DataLoader(Seeds(torch), batch_size=None, num_workers=2)),
            sorted(d.DataLoader(counting(torch, 7), batch_size=None, num_workers=2)),
            list(d.DataLoader(counting(torch, 7), 2, num_workers=2)), list(persistent), list(persistent), d.get_worker_info(),
        ]  # fmt: skip

    assert_same(program)


class Broken:
    def __getitem__(self, i):
        raise KeyError("no sample")

    def __len__(self):
        return 2


@pytest.mark.parametrize("torch", [refimpl, real_torch], ids=["refimpl", "torch"])
def test_an_error_in_a_worker_arrives(torch):
    with pytest.raises(KeyError, match="Caught KeyError in DataLoader worker process 0"):
        list(torch.utils.data.DataLoader(Broken(), num_workers=1))


def test_a_length_that_was_wrong_is_told():
    def program(torch):
        class Longer(torch.utils.data.IterableDataset):
            def __iter__(self):
                return iter(range(3))

            def __len__(self):
                return 2

            def __repr__(self):
                return "longer"

        loader = torch.utils.data.DataLoader(Longer(), batch_size=None)
        len(loader)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            list(loader)
        return [[str(w.message) for w in seen]]

    assert_same(program)
