"""The CPU device: the kernels of :mod:`refimpl.foundation.kernels` in pure Python.

Each method of :class:`CpuKernels` is the plain function of the module that explains it.
"""

from __future__ import annotations

from typing import Any

from ..foundation.dtypes import stored_dtypes
from ..foundation.kernels import Number, Storage, View, register_device
from ..foundation.layout import may_overlap
from ..random import streams
from . import pointwise, storage
from .buffers import write, write_in_order
from .encode import encode
from .fourier import fft
from .host import *  # noqa: F403  (torch.cpu)
from .index import gather, index, index_put, nonzero, scatter
from .matmul import matmul
from .matrices import map_matrices
from .overrides import OVERRIDES
from .reduce import arg_reduce, reduce
from .scan import scan
from .sort import sort

__all__ = ["CPU", "CpuKernels"]


class CpuKernels:
    """All kernels of the CPU. There is one object of this class, :data:`CPU`."""

    device_type = "cpu"
    device_index: int | None = None
    overrides = OVERRIDES
    limited_dtypes = frozenset(d for d in stored_dtypes if d.limited)

    def __reduce__(self) -> str:
        """There is one object: copies and pickles are that object."""
        return "CPU"

    def allocate(self, nbytes: int) -> Storage:
        """A new storage. It gets its bytes when the first kernel writes to it."""
        return Storage(self, nbytes)

    def from_bytes(self, data: bytes) -> Storage:
        """A new storage that holds a copy of ``data``."""
        return storage.from_bytes(self, data)

    to_bytes = staticmethod(storage.to_bytes)
    data_ptr = staticmethod(storage.data_ptr)
    resize = staticmethod(storage.resize)

    fill = staticmethod(pointwise.fill)
    copy = staticmethod(pointwise.copy)
    tolist = staticmethod(pointwise.tolist)
    map = staticmethod(pointwise.map)

    reduce = staticmethod(reduce)
    arg_reduce = staticmethod(arg_reduce)
    scan = staticmethod(scan)
    matmul = staticmethod(matmul)
    map_matrices = staticmethod(map_matrices)
    fft = staticmethod(fft)
    gather = staticmethod(gather)
    scatter = staticmethod(scatter)
    index = staticmethod(index)
    index_put = staticmethod(index_put)
    nonzero = staticmethod(nonzero)
    sort = staticmethod(sort)

    @staticmethod
    def random(name: str, out: View, generator: Any, *parameters: Number) -> None:
        """Fill ``out`` with the generator's next numbers, in row-major order: of elements that share memory the last is seen."""
        numbers = encode(out.dtype, streams.sample(name, out.numel, out.dtype, generator, *parameters))
        if may_overlap(out.shape, out.strides):
            write_in_order(out, numbers)
        else:
            write(out, numbers)

    @staticmethod
    def synchronize() -> None:
        """Nothing to wait for: every kernel has done its work when it returns."""


CPU = CpuKernels()
register_device(CPU)
