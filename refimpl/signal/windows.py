"""Window functions, as ``torch.signal.windows``: the operations of :mod:`refimpl.ops.creation.windows`."""

from ..operations.registry import public_functions as _public_functions

_functions = dict(_public_functions("signal.windows"))
globals().update(_functions)
__all__ = [*_functions]
