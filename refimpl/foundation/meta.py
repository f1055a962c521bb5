"""The device ``meta``: tensors that have a shape, strides and a dtype, but no elements.

A program run on it allocates nothing and computes nothing, and says of each result what can be known before anything is computed. Where elements
decide (how many are nonzero, whether an index is in range), there are two rules. What needs them to go on is refused: NotImplementedError,
and RuntimeError where one element is asked for. What would only refuse a call because of them does not.
"""

from __future__ import annotations

from typing import Any, Callable, NoReturn, Sequence

from .dtypes import stored_dtypes
from .kernels import Storage, View, register_device

NO_DATA = "Cannot copy out of meta tensor; no data!"


class MetaKernels:
    """Kernels that write nothing, and refuse to read."""

    device_type = "meta"
    device_index: int | None = None
    overrides: dict[str, Callable[..., bool]] = {}
    limited_dtypes = frozenset(d for d in stored_dtypes if d.limited)

    def allocate(self, nbytes: int) -> Storage:
        return Storage(self, nbytes)

    def from_bytes(self, data: bytes) -> Storage:
        return Storage(self, len(data))

    def data_ptr(self, storage: Storage) -> int:
        return 0

    def resize(self, storage: Storage, nbytes: int) -> None:
        storage.nbytes = nbytes

    def to_bytes(self, view: View) -> NoReturn:
        raise NotImplementedError(NO_DATA)

    def tolist(self, view: View) -> NoReturn:
        raise NotImplementedError(NO_DATA)

    def nonzero(self, input: View) -> NoReturn:
        raise NotImplementedError("nonzero(): a meta tensor has no elements, and they decide how many of them there are")

    def _nothing(self, *arguments: Any, **parameters: Any) -> None:
        """What each computation does."""

    fill = copy = map = reduce = arg_reduce = scan = matmul = map_matrices = gather = scatter = _nothing
    index_put = sort = fft = random = synchronize = _nothing

    def index(self, out: View, input: View, indices: Sequence[View | None]) -> None:
        if any(i is not None and i.numel and not size for i, size in zip(indices, input.shape)):
            raise IndexError("index is out of bounds for dimension with size 0")  # whatever the indices are


register_device(MetaKernels())
