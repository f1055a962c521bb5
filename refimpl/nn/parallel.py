"""Modules on several devices. There is one device here, so a module runs as it is."""

from __future__ import annotations

from itertools import chain
from typing import Any, NoReturn

from .. import cuda
from ..foundation.devices import device
from ..foundation.paths import attach
from .modules.module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


def _index(each: Any) -> int:
    """The number of a GPU that is given as a number or a device; a device without a number is the first one."""
    return each if isinstance(each, int) else device(each).index or 0


def _require_on(module: Any, where: device) -> None:
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.device != where:
            raise RuntimeError(f"module must have its parameters and buffers on device {where} (device_ids[0]) but found one of them on device: "
                               f"{tensor.device}")


def _moved(value: Any, where: device) -> Any:
    """The tensors in tuples, lists and dictionaries, on a device."""
    if hasattr(value, "to") and hasattr(value, "device"):
        return value.to(where)
    if isinstance(value, dict):
        return type(value)((key, _moved(each, where)) for key, each in value.items())
    if isinstance(value, (tuple, list)):
        moved = [_moved(each, where) for each in value]
        return type(value)(*moved) if hasattr(value, "_fields") else type(value)(moved)
    return value


def data_parallel(module: Any, inputs: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0, module_kwargs: Any = None) -> Any:
    """``module(*inputs, **module_kwargs)`` on the first of the GPUs; RuntimeError where there is none."""
    if not isinstance(inputs, tuple):
        inputs = () if inputs is None else (inputs,)
    if not cuda.is_available():
        raise RuntimeError("device type could not be determined")
    where = device("cuda", _index(device_ids[0] if device_ids else 0))
    _require_on(module, where)
    return module(*_moved(inputs, where), **_moved(module_kwargs or {}, where))


class DataParallel(Module):
    """Calls ``module``, as its child of that name, on the first of the GPUs; where there is none, where it is.

    What torch spreads along ``dim`` over several GPUs stays together: the sum of the gradients is the same.
    """

    def __init__(self, module: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []
        if not cuda.is_available():
            return
        self.dim = dim
        self.device_ids = [_index(each) for each in ([0] if device_ids is None else device_ids)]
        self.output_device = self.device_ids[0] if output_device is None else _index(output_device)
        self.src_device_obj = device("cuda", self.device_ids[0])
        self.module.to(self.src_device_obj)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        if not self.device_ids:
            return self.module(*inputs, **kwargs)
        _require_on(self.module, self.src_device_obj)
        return self.module(*_moved(inputs, self.src_device_obj), **_moved(kwargs, self.src_device_obj))


class DistributedDataParallel(Module):
    """ValueError: there are no groups of processes."""

    def __init__(self, module: Any, *args: Any, **kwargs: Any) -> None:
        _refuse()


def _refuse() -> NoReturn:
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


attach(__name__, {"data_parallel": "DataParallel data_parallel", "distributed": "DistributedDataParallel"})
