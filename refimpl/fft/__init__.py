"""Discrete Fourier transforms, as ``torch.fft``: the operations of :mod:`refimpl.ops.fft`."""

from ..operations.registry import public_functions as _public_functions

_functions = dict(_public_functions("fft"))
globals().update(_functions)
__all__ = [*_functions]
