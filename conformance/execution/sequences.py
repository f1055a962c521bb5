"""Several calls one after the other: what a backend keeps from one to the next shows in them, and in nothing else."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Sequence

from ..accuracy.number_formats import encode
from ..backends.base import Backend, Reading, Unsupported
from ..cases.case import ITEMSIZE, LEAF, Case, TensorSpec, contiguous_strides, iterate_tensors
from . import call_recorder, surroundings
from .arguments import Arguments, make_arguments
from .interchange import read
from .outcomes import Gradients, _structure, cotangents_of, describe_error


@dataclass
class Held:
    """A call whose result is kept: its error, or its tensors and what they held right after it."""

    error: tuple[str, str] | None
    structure: Any
    tensors: list[Any]
    readings: list[Reading]

    def data(self) -> list[bytes]:
        return [reading.data for reading in self.readings]


def _made(backend: Backend, case: Case) -> Arguments:
    return make_arguments(backend, case, [backend.make_storage(data) for data in case.buffers])


def hold(backend: Backend, case: Case) -> Held:
    """Make a call and keep its result."""
    made = _made(backend, case)
    error, result = _called(backend, case, made)
    found: list[Any] = []
    structure = None if error is not None else _structure(backend, result, found)
    return Held(error, structure, found, [read(backend, tensor) for tensor in found])


def _called(backend: Backend, case: Case, made: Arguments) -> tuple[tuple[str, str] | None, Any]:
    """The error or the result of a call. In a watched worker it is noted before it is made, and one that is known to end the process is not made."""
    recorder = call_recorder.recorder
    if recorder is None:
        return _call(backend, case, made)
    if recorder.known(backend.name, case) is not None:
        raise Unsupported("a call that ends the process")
    recorder.begin(backend.name, case)
    try:
        return _call(backend, case, made)
    finally:
        recorder.end()


def _call(backend: Backend, case: Case, made: Arguments) -> tuple[tuple[str, str] | None, Any]:
    if case.seed is not None:
        backend.seed(case.seed)
    state = surroundings.current(backend)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with surroundings.inside(backend, "" if case.surroundings == LEAF else case.surroundings):
                return None, backend.call(case.operation, case.form, made.args, made.kwargs)
    except Unsupported:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        return describe_error(error), None
    finally:
        surroundings.put_back(backend, state)


def written_after_it_was_saved(backend: Backend, case: Case) -> tuple[str, str] | None:
    """What comes of a gradient for which the tensor was saved that the call then writes: the error that it must be, or None."""
    made = _made(backend, case)
    written = [case.target, *iterate_tensors(case.kwargs.get("out"))]
    target = next(tensor for tensor, spec in zip(made.tensors, made.specs, strict=True) if any(spec is other for other in written))
    shape = backend.read(target).shape
    leaf = _filled(backend, shape, "float32", True)
    product = backend.call("mul", "function", (leaf, target), {})
    error, _ = _called(backend, case, made)
    if error is not None or backend.read(target).shape != shape:
        return None
    reading = backend.read(product)
    try:
        backend.gradients([product], [leaf], [_filled(backend, reading.shape, reading.dtype, False)], False)
    except Unsupported:
        raise
    except Exception as raised:  # noqa: BLE001 - it is what is asked for
        return describe_error(raised)
    return None


def _filled(backend: Backend, shape: Sequence[int], dtype: str, requires_grad: bool) -> Any:
    """A tensor of ones."""
    count = 1
    for size in shape:
        count *= size
    data = encode([1.0] * count, dtype)
    assert len(data) == count * ITEMSIZE[dtype]
    return backend.make_tensor(backend.make_storage(data), TensorSpec(0, dtype, tuple(shape), contiguous_strides(tuple(shape)), 0, requires_grad))


def accumulated(backend: Backend, case: Case) -> Gradients:
    """What lies in ``.grad`` of each leaf after the call was made twice and ``backward`` called for both results."""
    made = _made(backend, case)
    gradients = Gradients()
    try:
        for _ in range(2):
            error, result = _called(backend, case, made)
            found: list[Any] = []
            if error is None:
                _structure(backend, result, found)
            outputs = [tensor for tensor in found if backend.is_tensor(tensor) and backend.requires_grad(tensor)]
            backend.call("backward", "function", (outputs, cotangents_of(backend, dict(enumerate(outputs)), case)), {})
        for leaf in made.leaves:
            grad = backend.call("grad", "attribute", (leaf,), {})
            reading = None if grad is None else backend.read(grad)
            gradients.values.append(None if reading is None else (reading.dtype, reading.shape, reading.data))
    except Unsupported:
        raise
    except Exception as raised:  # noqa: BLE001 - whatever a backend raises is what is being judged
        gradients.error = describe_error(raised)
    return gradients
