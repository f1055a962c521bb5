"""DataLoader: batches of a dataset, made here or by worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar
from warnings import warn

from .collation import default_collate, default_convert
from .datasets import IterableDataset, _items
from .samplers import BatchSampler, RandomSampler, SequentialSampler, fresh_seed
from .workers import Fetcher, Workers

__all__ = ["DataLoader"]

_T = TypeVar("_T", covariant=True)


class _Endless:
    """The order in which an iterable dataset is asked: again and again."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[_T]):
    """Iterates over a dataset in batches.

    A batch is ``collate_fn`` of ``batch_size`` samples; with None, each sample by itself. The order is that of ``sampler``, a random one with
    ``shuffle``; or ``batch_sampler`` says which samples make a batch. With ``num_workers`` processes make the batches, ``prefetch_factor`` ahead
    each, seeded with a seed drawn from ``generator`` plus their number; they end with the pass, unless ``persistent_workers``. ``pin_memory`` has
    no effect. ``in_order=False`` hands over batches as they are ready. ValueError for options that exclude each other.
    """

    def __init__(self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None, batch_sampler: Any = None,
                 num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
                 timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None, multiprocessing_context: Any = None, generator: Any = None,
                 *, prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "", in_order: bool = True) -> None:
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError("prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing, "
                             "otherwise set prefetch_factor to None.")
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        iterable = isinstance(dataset, IterableDataset)
        if iterable:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = _Endless() if iterable else RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.in_order = in_order
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.persistent_workers = persistent_workers
        self._iterable = iterable
        self._told_length: int | None = None  # of an iterable dataset, when it was asked
        self._workers: Workers | None = None
        self.check_worker_number_rationality()
        self._made = True

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
        if name in fixed and self.__dict__.get("_made", False):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        return (_MultiProcessingDataLoaderIter if self.num_workers else _SingleProcessDataLoaderIter)(self)

    def __len__(self) -> int:
        if not self._iterable:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        length = self._told_length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """UserWarning for more workers than there are processors."""
        checked = hasattr(os, "sched_getaffinity")
        count = len(os.sched_getaffinity(0)) if checked else os.cpu_count()
        if self.num_workers and (count is None or self.num_workers > count):
            known = "" if checked else " (`cpuset` is not taken into account)"
            suggested = "DataLoader is not able to compute a suggested max number of worker in current system." if count is None else (
                f"Our suggested max number of worker in current system is {count}{known}, which is smaller than what this DataLoader is going to "
                "create.")  # fmt: skip
            warn(f"This DataLoader will create {self.num_workers} worker processes in total. {suggested} Please be aware that excessive worker "
                 "creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential slowness/freeze if "
                 "necessary.", stacklevel=3)


def _context(context: Any, num_workers: int) -> Any:
    """A context of :mod:`multiprocessing`, from its name or itself."""
    if context is None:
        return None
    import multiprocessing
    from multiprocessing.context import BaseContext

    if num_workers == 0:
        raise ValueError(f"multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers={num_workers}")
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                             f"multiprocessing_context={context!r}")
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError("multiprocessing_context option should be a valid context object or a string specifying the start method, but got "
                        f"multiprocessing_context={context}")
    return context


class _BaseDataLoaderIter:
    """One pass over the dataset."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._indices = iter(loader.sampler if loader.batch_sampler is None else loader.batch_sampler)
        self._yielded = 0
        working = loader._workers is not None and loader._workers.alive
        seed = 0 if working else fresh_seed(loader.generator)  # workers are seeded when they start
        self._fetcher = Fetcher(loader.dataset, loader.batch_sampler is not None, loader.collate_fn, loader.drop_last, loader._iterable, _items)
        if loader.num_workers == 0:
            if loader.timeout != 0:
                raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
            self._workers = None
            return
        if loader._workers is not None and working:
            self._workers = loader._workers
        else:
            self._workers = Workers(loader.multiprocessing_context, loader.num_workers, self._fetcher, seed, loader.worker_init_fn)
            if loader.persistent_workers:
                loader._workers = self._workers
        self._batches = self._workers.batches(self._indices, loader.prefetch_factor or 1, loader.timeout, loader.in_order)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __len__(self) -> int:
        return len(self._loader.sampler if self._loader.batch_sampler is None else self._loader.batch_sampler)

    def __next__(self) -> Any:
        loader = self._loader
        try:
            batch = self._fetcher.fetch(next(self._indices)) if self._workers is None else next(self._batches)
        except StopIteration:
            if self._workers is not None and not loader.persistent_workers:
                self._workers.stop()
            raise
        self._yielded += 1
        told = loader._told_length
        if loader._iterable and told is not None and self._yielded > told:
            more = (" For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica at each worker. "
                    "Please see https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples.")  # fmt: skip
            warn(f"Length of IterableDataset {loader.dataset} was reported to be {told}(when accessing len(dataloader)), but {self._yielded} samples "
                 f"have been fetched.{more if loader.num_workers else ' '}", stacklevel=2)
        return batch

    def __del__(self) -> None:
        workers = getattr(self, "_workers", None)
        if workers is not None and not self._loader.persistent_workers:
            workers.stop()


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass in this process."""


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass with workers."""

