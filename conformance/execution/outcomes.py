"""Running a case on a backend, and the outcome as plain data."""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from refimpl.operations.refusals import violations_of

from ..accuracy.number_formats import encode
from ..backends import adapter_faults as adapter
from ..backends.adapter_faults import AdapterFault
from ..backends.base import Backend, Reading, Unsupported
from ..cases.case import LEAF, Case, GeneratorSpec, TensorSpec, contiguous_strides, iterate_tensors, spread
from . import call_recorder, surroundings
from .arguments import make_arguments
from .interchange import HandedOver, handed_over

# The weights of a test cotangent: small, of both signs, none zero, exact in every float format.
_WEIGHTS = (1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 1.5, -0.75)


@dataclass
class Output:
    """A tensor in a result. ``alias`` says whose memory it is: ``("input", i)`` buffer ``i``, ``("output", j)`` that of an earlier
    output, ``("array", i)`` that of an array in buffer ``i``, ``("new",)``; ``same_object`` the number of the tensor argument that it *is*, for calls
    that return an argument; -1 - j if it is output ``j`` once more."""

    reading: Reading
    alias: tuple[Any, ...]
    same_object: int | None
    requires_grad: bool = False
    node: str | None = None


@dataclass
class Gradients:
    """Gradients of one order, one for each differentiable input: (dtype, shape, data) or None; or the error that came."""

    values: list[tuple[str, tuple[int, ...], bytes] | None] = field(default_factory=list)
    error: tuple[str, str] | None = None


@dataclass
class Outcome:
    """Everything that a call did. ``structure`` is the result with ``"tensor"`` in place of its tensors."""

    error: tuple[str, str] | None = None
    violations: tuple[tuple[str, str], ...] = ()  # all that the call violates, if it was refimpl that refused it
    structure: Any = None
    outputs: list[Output] = field(default_factory=list)
    buffers: list[bytes] = field(default_factory=list)
    metadata: list[tuple[Any, ...]] = field(default_factory=list)
    random_state: bytes | None = None  # of the default generator, and of the one that was given
    first: Gradients | None = None
    second: Gradients | None = None
    global_state: tuple[Any, ...] | None = None  # right after the call


class _TensorMark(str):
    """Stands for a tensor in :attr:`Outcome.structure`."""


TENSOR = _TensorMark("tensor")


def describe_error(error: BaseException) -> tuple[str, str]:
    """The type and message of an exception. A KeyError's text is its argument, without the quotes that str() adds."""
    return type(error).__name__, str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def refuses_shared_memory(outcome: Outcome) -> bool:
    """Whether a call was refused because of the memory that it would write: torch says so in two ways."""
    return outcome.error is not None and "to a single memory location" in outcome.error[1]


def execute(backend: Backend, case: Case) -> Outcome:
    """Run a case with fresh storages. Raises :class:`Unsupported`; every other exception is part of the outcome.

    In a watched worker the call is noted before it is made, and a case that is known to end the process is not run (:mod:`.flight`).
    """
    recorder = call_recorder.recorder
    if recorder is None:
        return _run(backend, case)
    known = recorder.known(backend.name, case)
    if known is not None:
        return Outcome(error=(call_recorder.DIED, ": ".join(known)))
    recorder.begin(backend.name, case, getattr(backend, "patience", 1))
    try:
        return _run(backend, case)
    finally:
        recorder.end()


def _run(backend: Backend, case: Case) -> Outcome:
    storages = [backend.make_storage(data) for data in case.buffers]
    made = make_arguments(backend, case, storages)
    args, kwargs, specs, tensors = made.args, made.kwargs, made.specs, made.tensors
    before, bases, target = len(tensors), made.bases, case.target
    written = [id(spec) for spec in iterate_tensors(case.kwargs.get("out"))] + [id(target)]
    # A call that gives a tensor other memory, instead of writing into its own, must not look as if it had written.
    earlier = {number: adapter.read(backend, tensors[number]) for number, spec in enumerate(specs) if id(spec) in written}
    held = {number: reading.storage for number, reading in earlier.items()}
    outcome = Outcome()
    state = surroundings.current(backend)
    if case.seed is not None:
        backend.seed(case.seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with surroundings.inside(backend, "" if case.surroundings == LEAF else case.surroundings):
                try:
                    result = backend.call(case.operation, case.form, args, kwargs)
                except Exception as error:
                    if hasattr(error, "refused"):  # asked here: the words of a violation may name the default dtype
                        outcome.violations = tuple((v.error.__name__, v.words) for v in violations_of(error))
                    raise
                finally:
                    outcome.global_state = surroundings.current(backend)
    except (Unsupported, AdapterFault):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        _unless_a_persons(error)
        outcome.error = describe_error(error)
        result = None
    surroundings.put_back(backend, state)
    if case.seed is not None:
        outcome.random_state = adapter.random_state(backend)
        if isinstance(case.kwargs.get("generator"), GeneratorSpec):
            outcome.random_state += adapter.random_state(backend, kwargs["generator"])
    found: list[Any] = []
    returned = 0
    if outcome.error is None:
        outcome.structure = _structure(backend, result, found)
        returned, updated = len(found), case.updated()
        found += [tensor for tensor, spec in zip(tensors, specs) if any(spec is each for each in updated)]
    readings = [_read(backend, tensor, earlier.get(number) if outcome.error else None) for number, tensor in enumerate(tensors[:before])]
    owners = {held.get(number, reading.storage): spec.buffer for number, (reading, spec) in enumerate(zip(readings, specs, strict=True))}
    seen: dict[Any, int] = {}
    arguments = list(args) + list(kwargs.values())
    alias: tuple[Any, ...]
    for number, tensor in enumerate(found):
        if isinstance(tensor, HandedOver):
            reading, alias = tensor.placed(backend, storages, sorted({spec.buffer for spec in specs}))
            outcome.outputs.append(Output(reading, alias, None))
            continue
        reading = adapter.read(backend, tensor)
        alias = made.given.owner(backend, tensor)
        if alias != ("new",):
            pass
        elif reading.storage in owners:
            alias = ("input", owners[reading.storage])
        elif reading.storage in seen:
            alias = ("output", seen[reading.storage])
        else:
            seen[reading.storage] = number
        same = next((i for i, argument in enumerate(arguments) if argument is tensor), None)
        if same is None:
            same = next((-1 - i for i, other in enumerate(found[:number]) if other is tensor), None)
        output = Output(reading, alias, same)
        if case.grad:
            output.requires_grad = adapter.requires_grad(backend, tensor)
            output.node = adapter.node_name(backend, tensor)
        outcome.outputs.append(output)
    memories = made.given.memories
    outcome.buffers = [bytes(memories.get(number, b"")) or adapter.storage_bytes(backend, storage) for number, storage in enumerate(storages)]
    if bases and target is not None:
        outcome.buffers[target.buffer] = adapter.read(backend, bases[0]).data
    outcome.metadata = [(r.dtype, r.shape, r.strides, r.offset) for r in readings]
    if case.grad and outcome.error is None and backend.capabilities.autograd:
        _differentiate(backend, case, outcome, bases or found[:returned], made.leaves)
    return outcome


def _read(backend: Backend, tensor: Any, earlier: Reading | None) -> Reading:
    """An argument after the call. ``earlier``: as it was before one that was refused, of an output, which that may have left without the memory that
    its new shape asks for (torch resizes it before it finds out that there is not so much): then nobody can read it."""
    try:
        return adapter.read(backend, tensor)
    except AdapterFault:
        if earlier is None:
            raise
        return earlier


def _unless_a_persons(error: BaseException) -> None:
    """A KeyboardInterrupt is a person's, and goes on; in a watched worker, which is not interrupted, it is one that the backend raised."""
    if isinstance(error, KeyboardInterrupt) and call_recorder.recorder is None:
        raise error


def _structure(backend: Backend, value: Any, found: list[Any]) -> Any:
    """The shape of a result: its tensors are appended to ``found``."""
    if backend.is_tensor(value):
        found.append(value)
        return TENSOR
    foreign = handed_over(value)
    if foreign is not None:
        found.append(foreign)
        return _TensorMark(foreign.kind)
    if isinstance(value, (tuple, list)):
        kind = "list" if isinstance(value, list) else type(value).__name__
        fields = [name for name in ("values", "indices") if kind not in ("tuple", "list", "Size") and hasattr(value, name)]
        items = [_structure(backend, item, found) for item in value]
        if kind not in ("tuple", "list", "Size"):
            kind = kind.rsplit(".", 1)[-1]
        return (kind, tuple(fields), items)
    return backend.plain(value)


# -- gradients -----------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def cotangent(
    dtype: str, shape: tuple[int, ...], salt: int, nudge: tuple[int, float] | None = None, layout: str = "dense"
) -> tuple[bytes, TensorSpec]:
    """A deterministic cotangent for an output: raw bytes and the spec of a tensor over them, contiguous, or strided ("strided": the same elements in
    every second place of memory, the first dimension innermost), of one element ("expanded"), or repeated along the last
    dimension that has several ("repeated"). Behind these two lie the elements that they do not show."""
    numel = 1
    for size in shape:
        numel *= size
    values = [_WEIGHTS[(i * 3 + salt) % len(_WEIGHTS)] for i in range(numel)]
    if nudge is not None:
        generator = random.Random(nudge[0] + salt)
        values = [value * (1.0 + generator.choice((-nudge[1], nudge[1]))) for value in values]
    numbers: list[Any] = list(values)
    if dtype.startswith("complex"):
        numbers = [complex(v, _WEIGHTS[(i + salt + 5) % len(_WEIGHTS)]) for i, v in enumerate(values)]
    data, spec = encode(numbers, dtype), TensorSpec(0, dtype, shape, contiguous_strides(shape))
    if layout in ("expanded", "repeated"):
        return data, replace(spec, strides=_without_steps(shape, layout == "expanded"))
    return spread(data, spec) if layout == "strided" and shape else (data, spec)


def _without_steps(shape: tuple[int, ...], everywhere: bool) -> tuple[int, ...]:
    """Strides of 0 in all dimensions, or in the last of more than one element, of a tensor that is dense without it."""
    wide = [d for d, size in enumerate(shape) if size > 1]
    if everywhere or not wide:
        return (0,) * len(shape)
    rest = contiguous_strides(tuple([1 if d == wide[-1] else size for d, size in enumerate(shape)]))
    return tuple([0 if d == wide[-1] else stride for d, stride in enumerate(rest)])


def _differentiate(backend: Backend, case: Case, outcome: Outcome, results: list[Any], leaves: list[Any]) -> None:
    """First and second order gradients of the weighted sum of all differentiable results. The second order are those of the first in the leaves and
    in the cotangents, in which they are linear: who loses that graph loses the second order of whatever follows the operation."""
    tensors = enumerate(filter(backend.is_tensor, results))
    outputs = {number: tensor for number, tensor in tensors if adapter.requires_grad(backend, tensor)}
    if not outputs or not leaves:
        return
    outcome.first, gradients, cotangents = _order(backend, outputs, leaves, case, create_graph=case.grad > 1)
    if case.grad > 1 and outcome.first.error is None:
        again = {3 + number: g for number, g in enumerate(gradients) if g is not None and adapter.requires_grad(backend, g)}
        if again:
            outcome.second, _, _ = _order(backend, again, [*leaves, *cotangents], case, create_graph=False)


def cotangents_of(backend: Backend, outputs: dict[int, Any], case: Case, requires_grad: bool = False) -> list[Any]:
    """The cotangents of outputs, each by its number, as the case has them."""
    made = []
    for number, output in outputs.items():
        reading = adapter.read(backend, output)
        data, spec = cotangent(reading.dtype, reading.shape, number, case.nudge, case.cotangents)
        made.append(backend.make_tensor(backend.make_storage(data), replace(spec, requires_grad=requires_grad)))
    return made


def _order(
    backend: Backend, outputs: dict[int, Any], leaves: list[Any], case: Case, create_graph: bool
) -> tuple[Gradients, list[Any], list[Any]]:
    gradients = Gradients()
    raw: list[Any] = []
    cotangents: list[Any] = []
    try:
        cotangents = cotangents_of(backend, outputs, case, create_graph)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = adapter.gradients(backend, list(outputs.values()), leaves, cotangents, create_graph)
        for gradient in raw:
            if gradient is None:
                gradients.values.append(None)
            else:
                reading = adapter.read(backend, gradient)
                gradients.values.append((reading.dtype, reading.shape, reading.data))
    except (Unsupported, AdapterFault):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        _unless_a_persons(error)
        gradients.error = describe_error(error)
    return gradients, raw, cotangents
