"""Special functions, as ``torch.special``: the operations of :mod:`refimpl.ops.special`, and others under their names there."""

from ..operations.registry import public_functions as _public_functions

globals().update(_public_functions("special"))
