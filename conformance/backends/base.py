"""What a backend must provide to be judged: the protocol of this suite.

A backend makes tensors from raw bytes, calls operations by name, and reads tensors back as raw bytes. It may say
:class:`Unsupported` anywhere; that is counted apart, neither as passed nor as failed. See :mod:`.torchlike` for a
complete implementation for any module that looks like torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, Sequence

from ..cases import DTYPES, Case, TensorSpec


class Unsupported(Exception):
    """The backend does not have this dtype, layout, operation or argument. The text says which piece is missing."""


@dataclass(frozen=True)
class Reading:
    """A tensor as a backend hands it back: ``data`` holds the elements in row-major order, ``storage`` identifies the block
    of memory (equal for tensors that share it)."""

    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    data: bytes
    storage: Any


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do, in tiers; everything is assumed unless it is denied.

    What a case needs and is denied here is counted as unsupported, once and under one name (:func:`missing_piece`); what is
    denied and a case can do without (``strides``, ``aliasing``, ``error_types``, ``messages``) is not compared.
    """

    dtypes: frozenset[str] = frozenset(DTYPES)
    forms: frozenset[str] = frozenset(("function", "method", "inplace", "out", "attribute", "operator"))
    mutable: bool = True  # calls can write into their arguments
    strides: bool = True  # strides and offsets can be read
    aliasing: bool = True  # whether two tensors share memory can be read
    autograd: bool = True
    random: bool = True  # torch's random numbers, bit for bit
    own_random: bool = False  # random numbers of a stream of its own: everything but their values is checked
    printing: bool = True
    nan: bool = True  # results for NaN and infinity are as IEEE 754 has them
    error_types: bool = True  # errors are torch's types; denied: only whether a call raises is compared
    messages: bool = True  # errors have torch's words
    notes: dict[str, str] = field(default_factory=dict, hash=False)


class Backend(Protocol):
    """The protocol. ``Any`` stands for the backend's own tensors and storages."""

    name: str
    capabilities: Capabilities

    def versions(self) -> dict[str, str]:
        """Versions of everything that decides the results: library, device, Python."""
        ...

    def make_storage(self, data: bytes) -> Any:
        """A new block of memory that holds ``data``."""
        ...

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        """The view of ``storage`` that ``spec`` describes; a leaf, with ``requires_grad`` as given."""
        ...

    def literal(self, value: Any) -> Any:
        """One of the suite's literals (DType, Slice, Constant, Device, GeneratorSpec) as the backend's own object."""
        ...

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call an operation in one of its forms with the backend's own objects."""
        ...

    def is_tensor(self, value: Any) -> bool: ...

    def read(self, tensor: Any) -> Reading: ...

    def storage_bytes(self, storage: Any) -> bytes:
        """The content of a storage made by :meth:`make_storage`, gaps included."""
        ...

    def plain(self, value: Any) -> Any:
        """A result that is no tensor as plain data: dtypes as :class:`DType`, sizes as tuples, the rest as it is."""
        ...

    def seed(self, seed: int) -> None: ...

    def random_state(self) -> bytes:
        """The state of the default generator, as bytes that equal torch's."""
        ...

    def requires_grad(self, tensor: Any) -> bool: ...

    def node_name(self, tensor: Any) -> str | None:
        """The name of the tensor's ``grad_fn``, None for a leaf."""
        ...

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        """The vector-Jacobian product for each input; None for one that the outputs do not depend on."""
        ...

    def script_preamble(self) -> tuple[str, str]:
        """For minimal scripts: the import line and the expression that names the module (``import refimpl``, ``refimpl``)."""
        ...

    def script_device(self) -> str | None:
        """The device string that tensors in a minimal script must be made on; None for the module's default."""
        ...

    # Optional: ``script(case, property) -> str``, the whole of a minimal script for a backend that is not called as torch is.


def missing_piece(backend: Backend, case: Case) -> str | None:
    """What a case needs that the backend's capabilities deny, in words; None if nothing."""
    capabilities = backend.capabilities
    for spec in case.tensors():
        if spec.dtype not in capabilities.dtypes:
            return f"dtype {spec.dtype}"
    if case.grad and not capabilities.autograd:
        return "autograd"
    if case.target is not None and not capabilities.mutable:
        return "writing in place"
    if not capabilities.nan and case.labels & {"nan", "inf"}:
        return "promises for NaN and infinity"
    if case.form not in capabilities.forms:
        return f"the {case.form} form"
    if case.seed is not None and not capabilities.random:
        return "torch's random numbers"
    if case.operation == "__repr__" and not capabilities.printing:
        return "printing"
    return None
