"""torch's names of old for the tensors of one dtype on the GPU: ``torch.cuda.FloatTensor`` and its kin."""

from __future__ import annotations

from typing import Any

from ..foundation import dtypes
from ..tensor import Tensor, strided
from ..tensor_types import TENSOR_TYPES
from .devices import is_available

__all__ = ["CUDA_TENSOR_TYPES", "cudatensortype"]


class cudatensortype(type):
    """The type of ``torch.cuda.FloatTensor``."""

    dtype: dtypes.dtype
    is_cuda = True
    layout = strided

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.is_cuda and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if not is_available():
            raise TypeError(f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.")
        made: Any = TENSOR_TYPES[cls.__name__]
        return made(*args, **kwargs).cuda()


CUDA_TENSOR_TYPES = {
    name: cudatensortype(name, (), {"dtype": made.dtype, "__module__": "torch.cuda"})
    for name, made in TENSOR_TYPES.items()
}
