"""Datasets, samplers and loaders."""

from ...foundation.paths import attach
from .collation import default_collate, default_convert
from .datasets import ChainDataset, ConcatDataset, Dataset, IterableDataset, StackDataset, Subset, TensorDataset, random_split
from .distributed import DistributedSampler
from .loader import DataLoader
from .samplers import BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler
from .workers import get_worker_info

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "DistributedSampler", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "default_collate",
    "default_convert", "get_worker_info", "random_split",
]  # fmt: skip

# Torch's files, and what is in them.
attach(__name__, {
    "dataset": "ChainDataset ConcatDataset Dataset IterableDataset StackDataset Subset TensorDataset random_split",
    "sampler": "BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler WeightedRandomSampler",
    "dataloader": "DataLoader utils.data.loader: _BaseDataLoaderIter _MultiProcessingDataLoaderIter _SingleProcessDataLoaderIter "
                  "utils.data.collation: default_collate default_convert utils.data.workers: get_worker_info",
    "_utils.collate": "default_collate default_convert utils.data.collation: collate default_collate_fn_map",
    "_utils.worker": "get_worker_info utils.data.workers: WorkerInfo",
})  # fmt: skip
