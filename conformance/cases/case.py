"""A case: one call of one operation, as plain data that belongs to no library.

The strategies draw cases, every backend runs them, the shrinker simplifies them, the report prints them. A case holds the
raw bytes of whole storages (:attr:`Case.buffers`), and each tensor argument is a :class:`TensorSpec` that says where in
which buffer its elements lie, so that gaps between strides, views of one storage and overlapping elements are all explicit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Callable, Iterator

ITEMSIZE = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
DTYPES = tuple(ITEMSIZE)
UNSIGNED = ("uint16", "uint32", "uint64")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
HALF_COMPLEX = ("complex32",)
LIMITED = UNSIGNED + FLOAT8 + HALF_COMPLEX  # dtypes of limited support: a backend declares those that it has, a row those that it draws
ITEMSIZE |= {"uint16": 2, "uint32": 4, "uint64": 8, **dict.fromkeys(FLOAT8, 1), "complex32": 4}
KEPT = 2048  # what is remembered from call to call has at most so many elements
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
EVERY_INTEGER = INTEGERS + UNSIGNED
FLOATS = ("float32", "float64", "float16", "bfloat16")
COMPLEX = ("complex64", "complex128")
INPLACE_OPERATORS = frozenset(
    f"__i{name}__" for name in "add sub mul truediv floordiv mod pow and or xor lshift rshift matmul".split()
) | {"__setitem__"}


# What can be around a call: another default dtype, gradients off in two ways, deterministic algorithms.
SURROUNDINGS = ("default dtype float64", "no_grad", "inference_mode", "deterministic algorithms")
LEAF = "leaf written in place"
NUMBERS = "a number between other calls"  # the label of such a case whose numbers a backend may take for those of the other calls
SEQUENCE = "between other calls"  # the label of a case whose result is kept while other calls are made


@dataclass(frozen=True)
class TensorSpec:
    """A tensor argument: a view of buffer number ``buffer`` of its case; offset and strides count elements."""

    buffer: int
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    requires_grad: bool = False

    @property
    def numel(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class DType:
    """A dtype as an argument."""

    name: str


@dataclass(frozen=True)
class Slice:
    """A slice in an index (Python's own slice objects cannot be hashed before 3.12)."""

    start: int | None = None
    stop: int | None = None
    step: int | None = None


@dataclass(frozen=True)
class Constant:
    """An attribute of the library's main module as an argument: ``Constant("channels_last")`` is ``torch.channels_last``."""

    name: str


@dataclass(frozen=True)
class Device:
    """A device as an argument; ``None`` is the device of the backend under test."""

    name: str | None = None


@dataclass(frozen=True)
class GeneratorSpec:
    """A generator of the backend's device, seeded with ``seed``."""

    seed: int


@dataclass(frozen=True)
class ArraySpec:
    """An array of another library as an argument, in buffer number ``buffer``; offset and strides count bytes.

    ``kind``: ``numpy``; ``dlpack`` and ``versioned dlpack``, an object that hands over its memory by one of the protocol's versions; ``capsule``,
    which it hands over; ``buffer``, the bytes themselves. ``dtype`` is a name of NumPy's, with its order of bytes, or else one of the twelve.
    """

    kind: str
    buffer: int
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    writable: bool = True


@dataclass(frozen=True)
class Case:
    """One call. ``form`` is function, method, inplace, out, attribute or operator.

    ``joined`` says what tensor arguments over one buffer have in common beyond their memory: ``"object"``: equal ones are one object, handed over
    several times; ``"base"``: they are views of one leaf, which is the whole buffer (a buffer of which none requires grad: nothing more).
    ``unspecified``: the call writes where it reads, and the elements that it leaves are not specified; everything else of it is.

    ``seed``: seed the default generator first, and read its state afterwards. ``grad``: 0 no gradients, 1 first order,
    2 second order too. ``labels`` are the input classes that the case belongs to. ``nudge``: a seed, and how far relative to their
    size the cotangents are moved at random (:mod:`conformance.judging.gradients` measures bounds by it). ``surroundings``: in what
    global state the call is made (:data:`SURROUNDINGS`), or on a leaf that requires a gradient (:data:`LEAF`). ``cotangents``: how they lie in
    memory, "dense", "strided", "expanded" or "repeated". ``violates``: the constraint that the case was made to violate, and nothing else
    (:mod:`conformance.examples.constraints`). ``updates``: the places and names of arguments that the call brings up to date beside its result, as
    running statistics; they are judged as further results.
    """

    operation: str
    form: str
    buffers: tuple[bytes, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    grad: int = 0
    chain: tuple[tuple[str, str, tuple[Any, ...]], ...] = ()
    labels: frozenset[str] = frozenset()
    nudge: tuple[int, float] | None = None
    surroundings: str = ""
    cotangents: str = "dense"
    joined: str = ""
    unspecified: bool = False
    violates: str = ""
    updates: tuple[int | str, ...] = ()

    def updated(self) -> list[TensorSpec]:
        """The tensor arguments that the call brings up to date, beside its target."""
        named: dict[int | str, Any] = dict(enumerate(self.args))
        named.update(self.kwargs)
        given = [named.get(place) for place in self.updates]
        return [value for value in given if isinstance(value, TensorSpec)]

    def tensors(self) -> list[TensorSpec]:
        """All tensor arguments, in the order in which they are passed."""
        return list(iterate_tensors((self.args, tuple(self.kwargs.values()))))

    @property
    def target(self) -> TensorSpec | None:
        """The tensor that the call writes in place, if it is of that kind (``out=`` apart)."""
        name = self.operation
        writes = self.form == "inplace" or (name.endswith("_") and not name.endswith("__")) or name in INPLACE_OPERATORS
        writes = writes or bool(self.kwargs.get("inplace"))  # as functions of nn.functional spell it, which ask for no type
        if writes and self.args and isinstance(self.args[0], TensorSpec):
            return self.args[0]
        return None


def iterate_tensors(value: Any) -> Iterator[TensorSpec]:
    """The tensor specs inside nested tuples, lists and dicts."""
    if isinstance(value, TensorSpec):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from iterate_tensors(item)
    elif isinstance(value, dict):
        yield from iterate_tensors(tuple(value.values()))


def iterate_arrays(case: Case) -> list[ArraySpec]:
    """The arrays of other libraries among the arguments."""
    return [value for value in (*case.args, *case.kwargs.values()) if isinstance(value, ArraySpec)]


def map_values(value: Any, function: Callable[[Any], Any]) -> Any:
    """Rebuild nested tuples, lists and dicts with ``function`` applied to every leaf."""
    if isinstance(value, tuple):
        return tuple([map_values(item, function) for item in value])
    if isinstance(value, list):
        return [map_values(item, function) for item in value]
    if isinstance(value, dict):
        return {key: map_values(item, function) for key, item in value.items()}
    return function(value)


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides, as torch gives them to a new tensor (a size of 0 counts as 1)."""
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def lies_apart(spec: TensorSpec) -> bool:
    """Whether each dimension steps over all that the shorter steps reach: then no two elements share memory. (Some that share none do not.)"""
    reach = 0
    for stride, size in sorted([(stride, size) for size, stride in zip(spec.shape, spec.strides, strict=True) if size > 1]):
        if stride <= reach:
            return False
        reach += (size - 1) * stride
    return True


def element_offsets(shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> tuple[int, ...]:
    """Where the elements of a view lie in its storage, in row-major order, counted in elements."""
    return _few_offsets(shape, strides, offset) if prod(shape) <= KEPT else _offsets(shape, strides, offset)


def _offsets(shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> tuple[int, ...]:
    if not shape:
        return (offset,)
    steps = [[i * stride for i in range(size)] for size, stride in zip(shape, strides, strict=True)]
    return tuple([offset + sum(combination) for combination in product(*steps)])


_few_offsets = lru_cache(maxsize=4096)(_offsets)


def spread(data: bytes, spec: TensorSpec, gap: bytes | None = None) -> tuple[bytes, TensorSpec]:
    """The elements, in row-major order, of a tensor in a memory of its own in which each has a gap before it, from the first dimension inwards."""
    strides, step = [], 1
    for size in spec.shape:
        strides.append(2 * step)
        step *= 2 * max(size, 1)
    apart = replace(spec, strides=tuple(strides), offset=sum(strides) // 2)
    size = ITEMSIZE[spec.dtype]
    cells = bytearray((gap or bytes(size)) * step)
    for number, place in enumerate(element_offsets(apart.shape, apart.strides, apart.offset) if apart.numel else ()):
        cells[place * size : (place + 1) * size] = data[number * size : (number + 1) * size]
    return bytes(cells), apart


def elements(case: Case, spec: TensorSpec) -> list[bytes]:
    """The raw bytes of each element of a tensor argument, in row-major order."""
    size = ITEMSIZE[spec.dtype]
    data = case.buffers[spec.buffer]
    return [data[i * size : (i + 1) * size] for i in element_offsets(spec.shape, spec.strides, spec.offset)]


def canonical(case: Case) -> Case | None:
    """The same call with every tensor contiguous in a buffer of its own; None if nothing would change.

    Only for cases whose tensors do not share buffers: with sharing, an in-place call means something else.
    """
    specs = case.tensors()
    if len({spec.buffer for spec in specs}) < len(specs):
        return None
    if all(spec.strides == contiguous_strides(spec.shape) and spec.offset == 0 for spec in specs):
        return None
    return separated(case)


def separated(case: Case) -> Case:
    """The same call with every tensor contiguous in a buffer of its own, also those that share one: what it means where nothing that it writes is
    read afterwards."""
    buffers: list[bytes] = []

    def relay(value: Any) -> Any:
        if isinstance(value, ArraySpec):
            buffers.append(case.buffers[value.buffer])
            return replace(value, buffer=len(buffers) - 1)
        if not isinstance(value, TensorSpec):
            return value
        buffers.append(b"".join(elements(case, value)))
        return replace(value, buffer=len(buffers) - 1, strides=contiguous_strides(value.shape), offset=0)

    args, kwargs = map_values(case.args, relay), map_values(case.kwargs, relay)
    return replace(case, buffers=tuple(buffers), args=args, kwargs=kwargs, joined="")


def leaves_of(case: Case) -> list[tuple[TensorSpec, bool]]:
    """What the gradients of a case belong to, in their order, and whether it is the whole storage of that tensor: so it is for a target that is
    written in place, and for views of one leaf."""
    found: list[tuple[TensorSpec, bool]] = []
    copied = case.grad and case.surroundings != LEAF
    target = case.target if copied and case.target is not None and case.target.requires_grad else None
    for spec in case.tensors():
        if not spec.requires_grad:
            continue
        whole = spec is target or case.joined == "base" or bool(case.joined) and target is not None and spec.buffer == target.buffer
        if whole and any(of_whole and other.buffer == spec.buffer for other, of_whole in found):
            continue
        if case.joined != "object" or (spec, whole) not in found:
            found.append((spec, whole))
    return found


def first_dtype(case: Case) -> str:
    """The dtype under which a case is counted: that of its first tensor."""
    specs = case.tensors()
    return specs[0].dtype if specs else "no tensor"
