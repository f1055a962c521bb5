"""refimpl as a backend, on the CPU or on any device that registered kernels with it."""

from __future__ import annotations

from typing import Any

import refimpl
from refimpl.foundation.devices import load_optional_backends
from refimpl.foundation.dtypes import stored_dtypes
from refimpl.foundation.kernels import View, find_kernels, limited_dtypes_of, noted
from refimpl.foundation.lazy_views import materialised
from refimpl.tensor import wrap

from ..cases.case import DTYPES, TensorSpec
from .base import Capabilities, Reading
from .torchlike import TorchLike, WithoutElements


class Refimpl(TorchLike):
    """refimpl on one device: its semantics layer over that device's kernels."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(refimpl, f"refimpl:{device}", device)
        kind, _, index = device.partition(":")
        load_optional_backends(kind)
        kernels = find_kernels(kind, int(index) if index else None)
        if kernels is None:
            raise LookupError(f"refimpl has no device {device!r}")
        self.kernels = kernels
        self.on_cpu = device == "cpu"
        # Like torch's, refimpl's devices other than the CPU have generators of their own.
        dtypes = frozenset((*DTYPES, *(d.name for d in limited_dtypes_of(kernels))))
        self.capabilities = Capabilities(dtypes, own_random=not self.on_cpu, host_memory=self.on_cpu)
        self.dtypes: dict[str, Any] = {dtype.name: dtype for dtype in stored_dtypes}

    def make_storage(self, data: bytes) -> Any:
        return self.kernels.from_bytes(data)

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        tensor = wrap(View(storage, spec.offset, spec.shape, spec.strides, noted(self.dtypes[spec.dtype], self.kernels)))
        if spec.requires_grad:
            tensor.requires_grad_()
        return tensor

    def read(self, tensor: Any) -> Reading:
        view = tensor._view
        data = bytes(view.storage.kernels.to_bytes(materialised(view)))
        return Reading(view.dtype.name, tuple(view.shape), tuple(view.strides), view.offset, data, id(view.storage))

    def storage_bytes(self, storage: Any) -> bytes:
        if not storage.nbytes:
            return b""
        return bytes(storage.kernels.to_bytes(View(storage, 0, (storage.nbytes,), (1,), self.dtypes["uint8"])))

    def random_state(self, generator: Any = None) -> bytes:
        return super().random_state(generator) if self.on_cpu else b""

    def script_preamble(self) -> tuple[str, str]:
        if self.on_cpu:
            return "import refimpl", "refimpl"
        return "import refimpl, gpu_backend", "refimpl"


class Meta(WithoutElements, Refimpl):
    """refimpl's device without elements."""

    def __init__(self) -> None:
        super().__init__("meta")
        self.without_elements()

    def read(self, tensor: Any) -> Reading:
        view = tensor._view
        return Reading(view.dtype.name, tuple(view.shape), tuple(view.strides), view.offset, b"", id(view.storage))

    def script_preamble(self) -> tuple[str, str]:
        return "import refimpl", "refimpl"
