"""torch's names of old for the tensors of one dtype on the host: ``FloatTensor``, ``LongTensor`` and their kin.

They are no classes of tensors, but can be called to make one, asked whether a tensor is of their dtype, and given to ``Tensor.type``.

>>> isinstance(tensor([1.0]), FloatTensor)
True
>>> LongTensor([1, 2])
tensor([1, 2])
"""

from __future__ import annotations

from typing import Any

from .foundation import dtypes
from .tensor import Tensor, strided

__all__ = ["TENSOR_TYPES", "tensortype"]


class tensortype(type):
    """The type of ``FloatTensor``."""

    dtype: dtypes.dtype
    is_cuda = False
    layout = strided

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.is_cpu and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        from .ops.creation.legacy_constructors import construct

        return construct(cls.dtype, cls.dtype, args, kwargs)


TENSOR_TYPES = {
    f"{d.type_name}Tensor": tensortype(f"{d.type_name}Tensor", (), {"dtype": d, "__module__": "torch"})
    for d in dtypes.all_dtypes
    if not d.is_complex
}
globals().update(TENSOR_TYPES)
