"""A PrivateUse1 device of torch in a page of Python: every operation runs on the CPU, on the tensor that a wrapper keeps.

Its tensors have strides and offsets, and no storages. The device is registered for the whole process, for good.
"""

from __future__ import annotations

import torch
from torch.utils import backend_registration
from torch.utils._pytree import tree_map

backend_registration._setup_privateuseone_for_python_backend("toy")
CPU, DEVICE = torch.device("cpu"), torch.device("toy:0")


class Toy(torch.Tensor):
    """A tensor on the device; ``raw`` holds its elements."""

    @staticmethod
    def __new__(cls, raw):
        wrapper = torch.Tensor._make_wrapper_subclass(
            cls, raw.size(), strides=raw.stride(), storage_offset=raw.storage_offset(), dtype=raw.dtype, device=DEVICE
        )
        wrapper.raw = raw
        return wrapper

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return on_cpu(operation, *args, **(kwargs or {}))


def on_cpu(operation, *args, **kwargs):
    """Run an operation on the raw tensors. What was passed comes back as it is, anything else as a new tensor on the device."""
    passed = {}
    stays = kwargs.get("device") == CPU

    def unwrap(value):
        if isinstance(value, Toy):
            passed[id(value.raw)] = value
            return value.raw
        return CPU if isinstance(value, torch.device) else value

    def wrap(value):
        if not isinstance(value, torch.Tensor):
            return value
        return passed[id(value)] if id(value) in passed else Toy(value)

    args, kwargs = tree_map(unwrap, (args, kwargs))
    if operation is torch.ops.aten._copy_from.default:
        return args[1].copy_(args[0])
    result = operation(*args, **kwargs)
    return result if stays else tree_map(wrap, result)


library = torch.library.Library("_", "IMPL")
library.fallback(on_cpu, dispatch_key="PrivateUse1")
