"""Special functions, as ``torch.special``: the operations of :mod:`refimpl.ops.special`, and others under their names there."""

from ..operations.registry import public_functions as _public_functions

_functions = dict(_public_functions("special"))
globals().update(_functions)
__all__ = [*_functions]
