"""torch itself as a backend, on any of its devices. ``torch:cpu`` is the oracle for semantics, and a check of the suite.

``torch:cuda:1``   any device that torch has, ``mps`` and ``xpu`` among them
``torch:NAME@MODULE``   a device that torch has once MODULE is imported (a PrivateUse1 device, say)
``torch:meta``   shapes, dtypes and strides alone: there are no elements
"""

from __future__ import annotations

import ctypes
import importlib
import operator
import sys
import warnings
from types import ModuleType
from typing import Any, NamedTuple, Sequence

import torch

from ..cases.case import DTYPES, LIMITED, TensorSpec
from .base import Capabilities, Reading
from .torchlike import TorchLike, WithoutElements

warnings.filterwarnings("ignore", module="torch")
warnings.filterwarnings("ignore", message=".*", category=UserWarning)


class Torch(TorchLike):
    """torch on one device."""

    def __init__(self, device: str = "cpu") -> None:
        device, _, self.extension = device.partition("@")
        name = f"torch:{device}@{self.extension}" if self.extension else f"torch:{device}"
        super().__init__(torch, name, device)
        self._find_device()
        self.has_storages = self._has_storages()
        dtypes = frozenset((*DTYPES, *LIMITED) if device == "cpu" else DTYPES)
        self.capabilities = Capabilities(dtypes, own_random=device != "cpu", aliasing=self.has_storages, host_memory=device == "cpu")
        self.dtypes = {name: getattr(torch, name) for name in _NAMES}

    def _find_device(self) -> None:
        """LookupError, with what torch says, unless tensors can be made on the device."""
        try:
            if self.extension:
                importlib.import_module(self.extension)
            torch.empty(1, device=self.device)
        except (ImportError, RuntimeError, AssertionError, NotImplementedError) as error:
            said = str(error).partition("\n")[0].partition(". ")[0]
            raise LookupError(f"no backend {self.name!r}: torch {torch.__version__} has no device {self.device!r} here: {said}") from error

    def _has_storages(self) -> bool:
        """Whether a tensor can be laid over a storage. A device that is written in Python has none: there, operands are strided views of a
        block, and who shares memory with whom cannot be seen."""
        try:
            torch.empty(0, dtype=torch.uint8, device=self.device).set_(torch.empty(1, dtype=torch.uint8, device=self.device).untyped_storage())
        except (RuntimeError, NotImplementedError):
            return False
        return True

    def script_preamble(self) -> tuple[str, str]:
        return f"import torch\nimport {self.extension}" if self.extension else "import torch", "torch"

    def versions(self) -> dict[str, str]:
        versions = super().versions()
        if self.device.startswith("cuda"):
            versions["device"] = torch.cuda.get_device_name(self.device)
        else:
            versions["cpu_capability"] = torch.backends.cpu.get_cpu_capability()
        return versions

    def make_storage(self, data: bytes) -> Any:
        # clone(): storages made by frombuffer cannot be resized, which out= may have to do.
        if not data and self.has_storages:
            return torch.empty(0, dtype=torch.uint8, device=self.device).untyped_storage()
        nbytes = len(data)
        if not self.has_storages:
            data = data + bytes(-nbytes % _WIDEST + _WIDEST)
        block = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        block = block.clone() if self.device == "cpu" else block.to(self.device)
        return block.untyped_storage() if self.has_storages else _Block(block, nbytes)

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        if self.has_storages:
            tensor = torch.empty(0, dtype=self.dtypes[spec.dtype], device=self.device)
            tensor.set_(storage, spec.offset, spec.shape, spec.strides)
        else:
            tensor = storage.elements.view(self.dtypes[spec.dtype]).as_strided(spec.shape, spec.strides, spec.offset)
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
        if not self.has_storages:
            return bytes(storage.elements.cpu().tolist()[: storage.nbytes])
        if self.device != "cpu":
            storage = storage.cpu()
        nbytes = storage.nbytes()
        return ctypes.string_at(storage.data_ptr(), nbytes) if nbytes else b""

    def random_state(self, generator: Any = None) -> bytes:
        return super().random_state(generator) if self.device == "cpu" else b""

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        with _without_symbols:
            return super().call(operation, form, args, kwargs)

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        with _without_symbols:
            return super().gradients(outputs, inputs, cotangents, create_graph)


class _WithoutSymbols:
    """torch.autograd imports torch's symbolic shapes, and sympy with them, to compare the sizes of an output and its cotangent (torch 2.13): half a
    second, for nothing where sizes are numbers. In here it finds a stand-in, which makes room for the real module once more is asked of it."""

    name = "torch.fx.experimental.symbolic_shapes"

    def __init__(self) -> None:
        self.module = ModuleType(self.name)
        vars(self.module).update(sym_eq=operator.eq, expect_true=bool, __getattr__=self._real)
        self.depth = 0

    def _real(self, name: str) -> Any:
        if name[:2] == "__":  # what the import itself looks for
            raise AttributeError(name)
        if sys.modules.get(self.name) is self.module:
            del sys.modules[self.name]
        return getattr(importlib.import_module(self.name), name)

    def __enter__(self) -> None:
        self.depth += 1
        sys.modules.setdefault(self.name, self.module)

    def __exit__(self, *_: Any) -> None:
        self.depth -= 1
        if not self.depth and sys.modules.get(self.name) is self.module:
            del sys.modules[self.name]


_without_symbols = _WithoutSymbols()


class _Block(NamedTuple):
    """What stands for a storage where there are none: ``nbytes`` bytes, and some more so that they can be seen as elements of any dtype."""

    elements: Any
    nbytes: int


class Meta(WithoutElements, Torch):
    """torch's device without memory."""

    def __init__(self) -> None:
        super().__init__("meta")
        self.without_elements()

    def make_storage(self, data: bytes) -> Any:
        return torch.empty(len(data), dtype=torch.uint8, device="meta").untyped_storage()

    def read(self, tensor: Any) -> Reading:
        storage = tensor.untyped_storage()
        return Reading(_SHORT[tensor.dtype], tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), b"", storage._cdata)


_NAMES = (
    "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 uint16 uint32 uint64 complex32"
    " float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz"
).split()
_WIDEST = 16  # bytes of an element
_SHORT = {getattr(torch, name): name for name in _NAMES}
