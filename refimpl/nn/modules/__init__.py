"""The modules of :mod:`refimpl.nn`, one family a file.

Torch has them in other files: each is found under torch's path as well (``nn.modules.conv``), which is also the path that it says it is from.
"""

import sys
from types import ModuleType

from . import activation, container, flatten, linear, loss
from .container import ModuleDict, ModuleList, Sequential
from .layers import (
    activations,
    adaptive,
    convolutions,
    distances,
    dropout,
    embeddings,
    lazy,
    normalization,
    padding,
)
from .module import Module
from .parameters import ParameterDict, ParameterList

_FAMILIES = (activation, container, flatten, linear, loss, activations, adaptive, convolutions, distances, dropout, embeddings, lazy,
             normalization, padding)  # fmt: skip

# Torch's files, and the names that are not in the file of the same name here.
_PATHS = {
    "adaptive": ("AdaptiveLogSoftmaxWithLoss",),
    "activation": tuple(activations.__all__),
    "batchnorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "SyncBatchNorm"),
    "container": ("ParameterDict", "ParameterList"),
    "conv": tuple(name for name in (*convolutions.__all__, *lazy.__all__) if name.startswith(("Conv", "LazyConv"))),
    "distance": ("CosineSimilarity", "PairwiseDistance"),
    "dropout": tuple(dropout.__all__),
    "instancenorm": tuple(name for name in (*normalization.__all__, *lazy.__all__) if "InstanceNorm" in name),
    "lazy": ("LazyModuleMixin",),
    "linear": ("Bilinear", "LazyLinear"),
    "normalization": ("CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"),
    "padding": tuple(padding.__all__),
    "sparse": ("Embedding", "EmbeddingBag"),
}

__all__ = ["Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
for _family in _FAMILIES:
    _names = [name for name in _family.__all__ if isinstance(getattr(_family, name), type)]
    globals().update({name: getattr(_family, name) for name in _names})
    __all__ += [name for name in _names if name not in __all__ and name != "LazyModuleMixin"]

for _path, _members in _PATHS.items():
    _module = sys.modules.setdefault(f"{__name__}.{_path}", ModuleType(f"{__name__}.{_path}"))
    globals()[_path] = _module
    for _name in _members:
        globals()[_name].__module__ = _module.__name__
        setattr(_module, _name, globals()[_name])
