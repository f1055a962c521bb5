"""What torch keeps in ``torch.utils``, as far as it is here: DLPack."""

from . import dlpack

__all__ = ["dlpack"]
