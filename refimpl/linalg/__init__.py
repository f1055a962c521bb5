"""Linear algebra, as ``torch.linalg``: the operations of :mod:`refimpl.ops.linalg`."""

from ..foundation.errors import LinAlgError as LinAlgError
from ..operations.registry import public_functions as _public_functions

_functions = dict(_public_functions("linalg"))
globals().update(_functions)
__all__ = ["LinAlgError", *_functions]
