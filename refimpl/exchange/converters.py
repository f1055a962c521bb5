"""How the operations of creation get at arrays of other libraries: through functions that import what they need when they are called."""

from __future__ import annotations

from typing import Any

from ..ops.creation.nested_data import foreign
from ..tensor import Tensor


def share_numpy(array: Any, writable: bool = True) -> Tensor:
    """See :func:`refimpl.exchange.arrays.share_numpy`."""
    from . import arrays

    return arrays.share_numpy(array, writable)


def dtype_of_array(value: Any) -> Any:
    """See :func:`refimpl.exchange.arrays.dtype_of_array`."""
    from . import arrays

    return arrays.dtype_of_array(value)


def from_dlpack(value: Any) -> Tensor:
    """See :func:`refimpl.exchange.dlpack.from_dlpack`."""
    from . import dlpack

    return dlpack.from_dlpack(value)


for _function in (share_numpy, dtype_of_array, from_dlpack):
    foreign[_function.__name__] = _function
