"""torch itself as a backend, on any of its devices. ``torch:cpu`` is the oracle for semantics, and a check of the suite."""

from __future__ import annotations

import ctypes
import warnings
from typing import Any

import torch

from ..cases import TensorSpec
from .base import Capabilities, Reading
from .torchlike import TorchLike

warnings.filterwarnings("ignore", module="torch")
warnings.filterwarnings("ignore", message=".*", category=UserWarning)


class Torch(TorchLike):
    """torch on one device."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(torch, f"torch:{device}", device)
        self.capabilities = Capabilities(own_random=device != "cpu")
        self.dtypes = {name: getattr(torch, name) for name in _NAMES}

    def versions(self) -> dict[str, str]:
        versions = super().versions()
        if self.device.startswith("cuda"):
            versions["device"] = torch.cuda.get_device_name(self.device)
        else:
            versions["cpu_capability"] = torch.backends.cpu.get_cpu_capability()
        return versions

    def make_storage(self, data: bytes) -> Any:
        # clone(): storages made by frombuffer cannot be resized, which out= may have to do.
        if not data:
            return torch.empty(0, dtype=torch.uint8, device=self.device).untyped_storage()
        block = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        block = block.clone() if self.device == "cpu" else block.to(self.device)
        return block.untyped_storage()

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        tensor = torch.empty(0, dtype=self.dtypes[spec.dtype], device=self.device)
        tensor.set_(storage, spec.offset, spec.shape, spec.strides)
        if spec.requires_grad:
            tensor.requires_grad_()
        return tensor

    def read(self, tensor: Any) -> Reading:
        tensor = tensor.detach()
        if tensor._is_zerotensor():  # a tensor of zeros without memory of its own
            tensor = torch.zeros(tensor.shape, dtype=tensor.dtype, device=tensor.device)
        plain = tensor.resolve_conj().resolve_neg() if tensor.is_conj() or tensor.is_neg() else tensor
        plain = plain.cpu().contiguous()
        nbytes = plain.numel() * plain.element_size()
        data = ctypes.string_at(plain.data_ptr(), nbytes) if nbytes else b""
        storage = tensor.untyped_storage()
        name = _SHORT[tensor.dtype]
        # _cdata identifies the storage itself: empty ones have no address to tell them apart.
        return Reading(name, tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), data, storage._cdata)

    def storage_bytes(self, storage: Any) -> bytes:
        if self.device != "cpu":
            storage = storage.cpu()
        nbytes = storage.nbytes()
        return ctypes.string_at(storage.data_ptr(), nbytes) if nbytes else b""

    def random_state(self) -> bytes:
        return super().random_state() if self.device == "cpu" else b""


_NAMES = (
    "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 uint16 uint32 uint64 complex32"
).split()
_SHORT = {getattr(torch, name): name for name in _NAMES}
