"""CuPy, and NumPy in its place: the few things in which the two differ, behind one interface.

The kernels of :mod:`gpu_backend.array_kernels` call ``xp`` (the module ``cupy`` or ``numpy``) for everything both have
under one name, and the methods here for the rest.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Sequence

import numpy

from .polygamma import polygamma


class NumPy:
    """Arrays on the host: the stand-in that runs the CuPy kernels without a GPU."""

    name = "numpy"

    def __init__(self) -> None:
        self.xp: Any = numpy

    def context(self) -> AbstractContextManager[Any]:
        """Where kernels run: nothing warns about infinities, NaN or wrapping."""
        return numpy.errstate(all="ignore")

    def strided(self, data: Any, kind: Any, byte_offset: int, shape: Sequence[int], byte_strides: Sequence[int]) -> Any:
        """An array on the memory of ``data`` (flat uint8), without a copy."""
        return numpy.ndarray(tuple(shape), kind, data, byte_offset, tuple(byte_strides))

    def address(self, data: Any) -> int:
        return data.ctypes.data

    def to_host(self, array: Any) -> Any:
        """The elements as a NumPy array."""
        return array

    def from_host(self, array: Any) -> Any:
        """A new array on the device."""
        return array.copy()

    def add_at(self, target: Any, places: Any, values: Any) -> None:
        """``target[places] += values``, every value counted where places repeat."""
        numpy.add.at(target, places, values)

    def stable_order(self, keys: Any, axis: int) -> Any:
        """The indices that sort ``keys`` stably."""
        return numpy.argsort(keys, axis=axis, kind="stable")

    def special(self, name: str, x: Any) -> Any:
        """A function that NumPy lacks: the reference's own scalar function, one element at a time."""
        from refimpl.foundation import scalars

        function: Any = scalars.functions[name].real
        return numpy.asarray(numpy.frompyfunc(function, 1, 1)(x), dtype=x.dtype)

    def polygamma(self, n: int, x: Any) -> Any:
        """The n-th derivative of digamma, one element at a time."""
        from refimpl.foundation import scalars

        function: Any = scalars.functions["polygamma"].real
        return numpy.asarray(numpy.frompyfunc(lambda each: function(n, each), 1, 1)(x), dtype=x.dtype)

    def bit_generator(self, seed: int) -> Any:
        return numpy.random.Philox(seed)

    def synchronize(self) -> None:
        """Nothing is ever pending on the host."""


class CuPy:
    """Arrays on GPU number ``index``."""

    name = "cupy"

    # CuPy's names of the functions that NumPy lacks.
    _special = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "lgamma": "gammaln", "digamma": "digamma"}

    def __init__(self, index: int) -> None:
        import cupy
        import cupyx
        import cupyx.scipy.special

        self.xp: Any = cupy
        self._cupyx = cupyx
        self._device = cupy.cuda.Device(index)

    def context(self) -> AbstractContextManager[Any]:
        return self._device

    def strided(self, data: Any, kind: Any, byte_offset: int, shape: Sequence[int], byte_strides: Sequence[int]) -> Any:
        return self.xp.ndarray(tuple(shape), kind, data.data + byte_offset, tuple(byte_strides))

    def address(self, data: Any) -> int:
        return data.data.ptr

    def to_host(self, array: Any) -> Any:
        return array.get()

    def from_host(self, array: Any) -> Any:
        return self.xp.asarray(array)

    def add_at(self, target: Any, places: Any, values: Any) -> None:
        # CUDA's atomic additions know these types (of the integers, unsigned 64 bits: the same bits as signed ones).
        kind = target.dtype
        if kind.kind == "i" and kind.itemsize == 8:
            self._cupyx.scatter_add(target.view("u8"), places, values.view("u8"))
        elif kind.kind in "bui" and kind.itemsize < 4:
            wide = target.astype("i4")
            self._cupyx.scatter_add(wide, places, values.astype("i4"))
            target[...] = wide.astype(kind)
        elif kind.kind == "c":
            self._cupyx.scatter_add(target.real, places, values.real)
            self._cupyx.scatter_add(target.imag, places, values.imag)
        else:
            self._cupyx.scatter_add(target, places, values)

    def stable_order(self, keys: Any, axis: int) -> Any:
        return self.xp.argsort(keys, axis=axis)  # always stable in CuPy, which accepts no other kind

    def special(self, name: str, x: Any) -> Any:
        return getattr(self._cupyx.scipy.special, self._special[name])(x)

    def polygamma(self, n: int, x: Any) -> Any:
        special = self._cupyx.scipy.special
        return polygamma(self.xp, n, x, special.zeta(n + 1.0, x)) if n else special.digamma(x)

    def bit_generator(self, seed: int) -> Any:
        return self.xp.random.Philox4x3210(seed)

    def synchronize(self) -> None:
        self._device.synchronize()
