"""A backend of which only elements can be seen: no memory, no strides, no gradients. The smallest thing that can be judged.

You provide four things:

``from_elements(data, dtype, shape)``   a tensor from raw bytes in row-major order
``to_elements(tensor)``                 dtype, shape and raw bytes of a tensor
``call(operation, form, args, kwargs)`` torch's operation, or :class:`Unsupported`
``is_tensor(value)``                    whether a value is a tensor of yours

You get the whole protocol of :mod:`.base`: layouts are gathered into row-major order before they reach you, purity is
checked on what ``to_elements`` says after the call, and what you cannot do is denied in ``capabilities``.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Sequence

from ..cases.case import DTYPES, ITEMSIZE, Constant, Device, DType, GeneratorSpec, Slice, TensorSpec, contiguous_strides, element_offsets
from .adapter_faults import broken, ints, shown
from .base import Capabilities, Reading, ScriptWords, Unsupported

ELEMENTS_ONLY = Capabilities(
    forms=frozenset(("function", "method")),
    strides=False, aliasing=False, autograd=False, random=False, printing=False, host_memory=False, messages=False, error_types=False,
)  # fmt: skip
_SCALARS = (bool, int, float, complex, str, type(None))


@dataclass
class Block:
    """A storage: its bytes as they were drawn, and the tensors that were made from it."""

    data: bytes
    tensors: list[tuple[TensorSpec, Any]] = field(default_factory=list)


def elements_of(backend: ByElements, tensor: Any) -> tuple[str, tuple[int, ...], bytes]:
    """What ``to_elements`` says, if it is dtype, shape and bytes."""
    found = backend.to_elements(tensor)
    if not (isinstance(found, tuple) and len(found) == 3):
        raise broken(backend, "to_elements", "dtype, shape and bytes of a tensor, as a tuple", shown(found))
    if not ints(found[1]):
        raise broken(backend, "to_elements", "the shape as a tuple of int", shown(found[1]))
    return found


class ByElements:
    """The protocol for tensors that are made from elements and read as elements."""

    name: str
    capabilities: Capabilities = ELEMENTS_ONLY
    mutable = False  # whether a call can write into a tensor
    script_words: ScriptWords | None = None  # how the library is called without this adapter
    written_as = {"make_tensor": "from_elements", "read": "to_elements", "literal": "dtype", "plain": "dtype_name"}  # whose faults these are

    def __init__(self) -> None:
        self._numbers = count()

    # -- to provide ------------------------------------------------------------------------------
    def from_elements(self, data: bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how a tensor is made")

    def to_elements(self, tensor: Any) -> tuple[str, tuple[int, ...], bytes]:
        raise NotImplementedError(f"{type(self).__name__} does not say how a tensor is read")

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how an operation is called")

    def is_tensor(self, value: Any) -> bool:
        raise NotImplementedError(f"{type(self).__name__} does not say what a tensor is")

    # -- to override -----------------------------------------------------------------------------
    def versions(self) -> dict[str, str]:
        return {"python": platform.python_version()}

    def dtype(self, name: str) -> Any:
        """The backend's own dtype of this name."""
        return name

    def dtype_name(self, value: Any) -> str | None:
        """The name of one of the backend's dtypes; None for anything else."""
        return None

    # -- memory ----------------------------------------------------------------------------------
    def make_storage(self, data: bytes) -> Any:
        return Block(data)

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        if self.mutable and storage.tensors:
            raise Unsupported("tensors that share memory")
        size = ITEMSIZE[spec.dtype]
        places = element_offsets(spec.shape, spec.strides, spec.offset)
        tensor = self.from_elements(b"".join([storage.data[i * size : (i + 1) * size] for i in places]), spec.dtype, spec.shape)
        storage.tensors.append((spec, tensor))
        return tensor

    def read(self, tensor: Any) -> Reading:
        dtype, shape, data = elements_of(self, tensor)
        return Reading(dtype, shape, contiguous_strides(shape), 0, data, next(self._numbers))

    def storage_bytes(self, storage: Any) -> bytes:
        """The bytes that were drawn, with the elements that each tensor has now in their places."""
        data = bytearray(storage.data)
        for spec, tensor in storage.tensors:
            now = elements_of(self, tensor)[2]
            size = ITEMSIZE[spec.dtype]
            for number, place in enumerate(element_offsets(spec.shape, spec.strides, spec.offset)):
                data[place * size : (place + 1) * size] = now[number * size : (number + 1) * size]
        return bytes(data)

    # -- values that are no tensors --------------------------------------------------------------
    def literal(self, value: Any) -> Any:
        if isinstance(value, DType):
            if value.name not in self.capabilities.dtypes:
                raise Unsupported(f"dtype {value.name}" if value.name in DTYPES else f"{value.name}, which is not one of the twelve dtypes")
            return self.dtype(value.name)
        if isinstance(value, Slice):
            return slice(value.start, value.stop, value.step)
        if isinstance(value, Device):
            if value.name is not None:
                raise Unsupported("devices by name")
            return None
        if isinstance(value, Constant):
            raise Unsupported(f"the constant {value.name}")
        if isinstance(value, GeneratorSpec):
            raise Unsupported("torch's random numbers")
        return value

    def plain(self, value: Any) -> Any:
        name = self.dtype_name(value)
        if name is not None:
            return DType(name)
        return value if isinstance(value, _SCALARS) else f"{type(value).__name__}: {value}"

    # -- tiers that are not there ----------------------------------------------------------------
    def seed(self, seed: int) -> None:
        raise Unsupported("torch's random numbers")

    def random_state(self, generator: Any = None) -> bytes:
        raise Unsupported("torch's random numbers")

    def requires_grad(self, tensor: Any) -> bool:
        return False

    def node_name(self, tensor: Any) -> str | None:
        return None

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        raise Unsupported("autograd")
