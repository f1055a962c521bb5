"""Discrete Fourier transforms, as ``torch.fft``: the operations of :mod:`refimpl.ops.fft`."""

from ..operations.registry import public_functions as _public_functions

globals().update(_public_functions("fft"))
