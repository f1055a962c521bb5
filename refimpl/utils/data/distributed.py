"""A sampler for several processes that share a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from ... import distributed
from ...ops.random.random_tensors import randperm
from ...random import Generator
from .samplers import Sampler

__all__ = ["DistributedSampler"]

_T = TypeVar("_T", covariant=True)


class DistributedSampler(Sampler[_T]):
    """The indices of one of ``num_replicas`` processes, the one with the number ``rank``: every ``num_replicas``-th of a common order.

    The order is random with ``shuffle``, the same in all processes: that of the seed ``seed + epoch``, where :meth:`set_epoch` says the epoch. All
    get equally many: the order goes on from its beginning, or its end is left out with ``drop_last``. ValueError for a rank that there is not;
    RuntimeError where the two numbers are not given, as there is no group of processes to ask.
    """

    def __init__(self, dataset: Any, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True, seed: int = 0,
                 drop_last: bool = False) -> None:
        if (num_replicas is None or rank is None) and not distributed.is_available():
            raise RuntimeError("Requires distributed package to be available")
        assert num_replicas is not None and rank is not None
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[_T]:
        size = len(self.dataset)
        order: Any = range(size)
        if self.shuffle:
            order = randperm(size, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        return iter([order[i % size] for i in range(self.rank, self.total_size, self.num_replicas)])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Another epoch, another order."""
        self.epoch = epoch
