"""The members of Tensor that make it something else: texts, copies, arrays, capsules, and tensors made the old way.

What few programs use is imported when it is called.
"""

from __future__ import annotations

from typing import Any

from ..ops.creation.legacy_constructors import construct, legacy_constructor
from ..tensor import Tensor


class Exchanging:
    """What :mod:`refimpl.methods` puts on the Tensor."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return legacy_constructor(cls, *args, **kwargs)

    def __repr__(self: Any, *, tensor_contents: Any = None) -> str:
        from ..printing.tensors import tensor_str

        return tensor_str(self)

    def __deepcopy__(self: Any, memo: dict[Any, Any]) -> Tensor:
        from ..exchange.copying import deepcopy

        return deepcopy(self, memo)

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        from ..exchange.copying import reduce

        return reduce(self)

    def numpy(self: Any, *, force: bool = False) -> Any:
        """A NumPy array on the same memory; with ``force`` a copy where that cannot be.

        TypeError for bfloat16 and for tensors of a GPU, RuntimeError for tensors that require grad.
        """
        from ..exchange.arrays import to_numpy

        return to_numpy(self, force)

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        from ..exchange.arrays import to_array

        return to_array(self, dtype, copy)

    def __array_wrap__(self: Any, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        from ..exchange.arrays import wrap_array

        return wrap_array(array)

    def __dlpack__(self: Any, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None) -> Any:
        """A capsule with the tensor's memory, for libraries that speak DLPack."""
        from ..exchange.dlpack import export

        return export(self, stream, max_version, dl_device, copy)

    def __dlpack_device__(self: Any) -> tuple[int, int]:
        """DLPack's numbers of the kind of device and of the device."""
        from ..exchange.dlpack import device_of

        return device_of(self)

    def new(self: Any, *args: Any, **kwargs: Any) -> Tensor:
        """A tensor of this one's dtype, as the old constructors make it: uninitialised for sizes, else from the data."""
        d = self._view.dtype
        return construct(d, d, args, kwargs)
