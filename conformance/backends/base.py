"""What a backend must provide to be judged: the protocol of this suite.

A backend makes tensors from raw bytes, calls operations by name, and reads tensors back as raw bytes. It may say
:class:`Unsupported` anywhere; that is counted apart, neither as passed nor as failed. See :mod:`.torchlike` for a
complete implementation for any module that looks like torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Callable, Mapping, Protocol, Sequence

from ..accuracy.number_formats import decode, is_float
from ..cases.case import COMPLEX, DTYPES, LIMITED, Case, DType, TensorSpec, element_offsets, elements, iterate_arrays, iterate_tensors, map_values


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


# In which dtype sums of 16-bit floats are added up, unless a backend says that it uses another.
ACCUMULATORS = {"float16": "float32", "bfloat16": "float32"}


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do, in tiers; everything is assumed unless it is denied.

    What a case needs and is denied here is counted as unsupported, once and under one name (:func:`missing_piece`); what is
    denied and a case can do without (``values``, ``strides``, ``aliasing``, ``empty_layout``, ``node_names``, ``error_types``, ``messages``) is
    not compared.
    """

    dtypes: frozenset[str] = frozenset(DTYPES)
    forms: frozenset[str] = frozenset(("function", "method", "inplace", "out", "attribute", "operator"))
    mutable: bool = True  # calls can write into their arguments
    values: bool = True  # elements can be read; denied: everything but them is compared
    strides: bool = True  # strides and offsets can be read
    aliasing: bool = True  # whether two tensors share memory can be read
    empty_layout: bool = True  # where tensors without elements lie is torch's, too: their strides, offsets and memory
    autograd: bool = True
    node_names: bool = True  # the names of grad_fn are torch's
    random: bool = True  # torch's random numbers, bit for bit
    own_random: bool = False  # random numbers of a stream of its own: everything but their values is checked
    printing: bool = True
    host_memory: bool = True  # elements lie in the memory of the host, which other libraries can share
    nan: bool = True  # results for NaN and infinity are as IEEE 754 has them
    subnormals: bool = True  # denied: subnormal numbers may be flushed to zero, in operands and in results
    excess_precision: bool = False  # allowed: what is computed on the way may be held in a wider dtype, and rounded once
    values_decide: bool = True  # denied: elements are not looked at, so that no call is refused because of them
    operations: frozenset[str] | None = None  # what the library has, by torch's names; None: a call says that it has not
    error_types: bool = True  # errors are torch's types; denied: only whether a call raises is compared
    messages: bool = True  # errors have torch's words
    accumulators: dict[str, str] = field(default_factory=ACCUMULATORS.copy, hash=False)  # in which dtype sums of a dtype are added up
    notes: dict[str, str] = field(default_factory=dict, hash=False)


def has(capabilities: Capabilities, operation: str) -> bool:
    """Whether the library has an operation, as far as the capabilities say."""
    return capabilities.operations is None or operation in capabilities.operations


def declared_accumulators(backend: Backend) -> dict[str, str]:
    """What a backend declares of its sums, in words, for what is told beside its versions; nothing if they are as usual."""
    found = backend.capabilities.accumulators
    differing = [dtype for dtype in {**ACCUMULATORS, **found} if found.get(dtype, dtype) != ACCUMULATORS.get(dtype, dtype)]
    others = [f"{dtype} in {found.get(dtype, dtype)}" for dtype in differing]
    return {"sums": ", ".join(others)} if others else {}


@dataclass(frozen=True)
class ScriptWords:
    """How a script calls a library itself, without its adapter: lines of source in which words in braces are filled in.

    ``tensor``: ``{elements}`` (a flat list), ``{shape}``, ``{dtype}``. ``call``: ``{operation}``, ``{arguments}``. ``elements`` (a flat list),
    ``shape``, ``dtype``: of ``{result}``. ``calls``: by torch's name of an operation the library's, and what puts the arguments into its words
    (:func:`.keywords.renamed`); of others both are torch's.
    """

    imports: str
    tensor: str
    call: str
    elements: str
    shape: str = ""
    dtype: str = ""
    calls: Mapping[str, tuple[str, Any]] = field(default_factory=dict)


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

    def random_state(self, generator: Any = None) -> bytes:
        """The state of the default generator, or of one that :meth:`literal` made, as bytes that equal torch's."""
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

    # Optional, for the scripts of a report: ``script_words``; or ``script(case, deviation) -> str``, the whole of a script; of a backend with
    # torch's own names ``script_preamble`` and ``script_device`` (see :class:`.torchlike.TorchLike`).


def _written(case: Case) -> list[TensorSpec]:
    """The tensors that the call writes into."""
    return [*([] if case.target is None else [case.target]), *iterate_tensors(case.kwargs.get("out"))]


def _overlaps(spec: TensorSpec) -> bool:
    """Whether two elements lie in one place: torch refuses to write there, and a backend that sees only elements cannot know."""
    places = element_offsets(spec.shape, spec.strides, spec.offset)
    return len(set(places)) < len(places)


def reads(case: Case, which: Callable[[Any], bool]) -> bool:
    """Whether such a number is among the elements of floats or numbers that the case reads; what ``out=`` holds is not read."""
    read = (case.args, tuple(value for name, value in case.kwargs.items() if name != "out"))
    found: list[Any] = []
    map_values(read, found.append)
    for value in found:
        if isinstance(value, TensorSpec) and is_float(value.dtype):
            if any(map(which, decode(b"".join(elements(case, value)), value.dtype))):
                return True
        elif isinstance(value, (float, complex)) and which(value):
            return True
    return False


HOST_MEMORY, NUMPY = "memory that other libraries can share", "NumPy"


def lacking(backend: Backend, needs: Sequence[str]) -> str | None:
    """The first of what an operation needs that this backend, or this machine, does not have; None if it has all."""
    if HOST_MEMORY in needs and not backend.capabilities.host_memory:
        return HOST_MEMORY
    for name in LIMITED:
        if name in needs and name not in backend.capabilities.dtypes:
            return f"dtype {name}"
    return NUMPY if NUMPY in needs and find_spec("numpy") is None else None


def missing_piece(backend: Backend, case: Case) -> str | None:
    """What a case needs that the backend's capabilities deny, in words; None if nothing."""
    capabilities = backend.capabilities
    if not has(capabilities, case.operation):
        return f"the operation {case.operation}"
    for spec in case.tensors():
        if spec.dtype not in capabilities.dtypes:
            return f"dtype {spec.dtype}"
    asked: list[Any] = []
    map_values((case.args, tuple(case.kwargs.values())), asked.append)
    for value in asked:
        if isinstance(value, DType) and value.name in LIMITED and value.name not in capabilities.dtypes:
            return f"dtype {value.name}"
        if isinstance(value, complex) and capabilities.dtypes.isdisjoint(COMPLEX):
            return "dtype complex64"
    if not capabilities.host_memory and iterate_arrays(case):
        return HOST_MEMORY
    if case.grad and not capabilities.autograd:
        return "autograd"
    if (case.target is not None or case.form == "out") and not capabilities.mutable:
        return "writing into an argument"
    if not capabilities.strides and any(map(_overlaps, _written(case))):
        return "a target whose elements share memory"
    if not capabilities.nan and reads(case, lambda number: number - number != 0):
        return "promises for NaN and infinity"
    if case.form not in capabilities.forms:
        return f"the {case.form} form"
    if case.seed is not None and not capabilities.random:
        return "torch's random numbers"
    if case.operation == "__repr__" and not capabilities.printing:
        return "printing"
    return None
