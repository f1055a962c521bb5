"""Faults of an adapter, which are not the library's: which of its functions broke the protocol of :mod:`.base`, where that is, what was due.

The self-check looks for them before a run (:mod:`.self_check`); while an example is judged, what the adapter returns is looked at here as well.
"""

from __future__ import annotations

import inspect
import traceback
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

from ..cases.case import ITEMSIZE
from .base import Backend, Capabilities, Reading

_HERE = Path(__file__).resolve().parent
_SHOWN = 120  # characters of a value


@dataclass(frozen=True)
class Fault:
    """``method`` of an adapter, ``where`` its file and line; what was ``due``, and what ``came``."""

    method: str
    where: str
    due: str
    came: str

    def told(self, backend: str) -> dict[str, Any]:
        """JSON-ready."""
        return {"backend": backend, **asdict(self)}

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.method}{place}: due {self.due}; came {self.came}"


class AdapterFault(Exception):
    """The adapter broke the protocol, so that the example says nothing of the library."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def shown(value: Any) -> str:
    """A value and its type, in a line."""
    try:
        text = " ".join(repr(value).split())
    except Exception as error:  # noqa: BLE001 - what cannot be shown is told by its type
        text = f"which cannot be printed: {type(error).__name__}"
    return f"a {type(value).__name__}, {text if len(text) <= _SHOWN else text[: _SHOWN - 3] + '...'}"


def provided(backend: Any, method: str) -> str:
    """The function that the adapter's author wrote: a base of this suite may call another one for a method of the protocol."""
    code = _code(getattr(backend, method, None))
    if code is None or Path(code.co_filename).resolve().parent == _HERE:
        return getattr(backend, "written_as", {}).get(method, method)  # type: ignore[no-any-return]
    return method


def _code(function: Any) -> Any:
    function = inspect.unwrap(getattr(function, "__func__", function))
    return getattr(function, "__code__", None)


def place_of(backend: Any, method: str) -> str:
    """File and line of a method; empty for what is not written in Python."""
    code = _code(getattr(backend, method, None))
    return "" if code is None else f"{Path(code.co_filename).name}, line {code.co_firstlineno}"


def files_of(backend: Any) -> set[str]:
    """The files in which the adapter's class and its bases are written."""
    found = set()
    for kind in type(backend).__mro__:
        try:
            found.add(inspect.getfile(kind))
        except (TypeError, OSError):
            continue
    return found


def innermost(error: BaseException) -> traceback.FrameSummary | None:
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1] if frames else None


def raised_in(backend: Any, error: BaseException) -> str:
    """File and line of the innermost frame that is the adapter's; empty if there is none."""
    files = files_of(backend)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    own = [frame for frame in frames if Path(frame.filename).resolve().parent != _HERE] or frames
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def own_slip(backend: Any, error: BaseException) -> Fault | None:
    """The fault of an adapter whose own code asks for a name or an attribute that is not there, while a result is read; None for every other
    error, which may be the library's."""
    frame = innermost(error)
    if not isinstance(error, (NameError, AttributeError)) or frame is None or frame.filename not in files_of(backend):
        return None
    return Fault(frame.name, raised_in(backend, error), "what the protocol asks for", f"{type(error).__name__}: {error}")


def fault(backend: Any, method: str, due: str, came: str) -> Fault:
    """A fault of the function that the adapter's author wrote for a method."""
    name = provided(backend, method)
    return Fault(name, place_of(backend, name), due, came)


def broken(backend: Any, method: str, due: str, came: str) -> AdapterFault:
    return AdapterFault(fault(backend, method, due, came))


# -- what methods return -------------------------------------------------------------------------


def ints(value: Any) -> bool:
    """Whether a value is a tuple of int."""
    return isinstance(value, tuple) and all(isinstance(item, int) and not isinstance(item, bool) for item in value)


def misread(capabilities: Capabilities, reading: Any) -> tuple[str, str] | None:
    """What was due of a :class:`Reading` and what came; None if it is as the protocol says."""
    if not isinstance(reading, Reading):
        return "a Reading", shown(reading)
    if not isinstance(reading.dtype, str):
        return "a Reading whose dtype is a name, as 'float32'", shown(reading.dtype)
    for name in ("shape", "strides"):
        value = getattr(reading, name)
        if not ints(value):
            return f"a Reading whose {name} is a tuple of int", shown(value)
    if not isinstance(reading.offset, int):
        return "a Reading whose offset is an int", shown(reading.offset)
    if len(reading.strides) != len(reading.shape):
        return "a Reading with a stride for each dimension", f"shape {reading.shape} with strides {reading.strides}"
    if not isinstance(reading.data, (bytes, bytearray)):
        return "a Reading whose data is bytes", shown(reading.data)
    nbytes = prod(reading.shape) * ITEMSIZE.get(reading.dtype, 0)
    counted = min(reading.shape, default=0) >= 0  # torch has views of negative sizes: expand(-1, 0) of a tensor without dimensions
    if capabilities.values and counted and reading.dtype in ITEMSIZE and len(reading.data) != nbytes:
        return f"{nbytes} bytes of elements for {reading.dtype} of shape {reading.shape}", f"{len(reading.data)} bytes"
    return None


def read(backend: Backend, tensor: Any) -> Reading:
    """What the backend reads, as the protocol says; :class:`AdapterFault` for anything else."""
    reading = backend.read(tensor)
    wrong = misread(backend.capabilities, reading)
    if wrong is not None:
        raise broken(backend, "read", *wrong)
    return reading


def storage_bytes(backend: Backend, storage: Any) -> bytes:
    found = backend.storage_bytes(storage)
    if not isinstance(found, (bytes, bytearray)):
        raise broken(backend, "storage_bytes", "bytes", shown(found))
    return found


def random_state(backend: Backend, *generator: Any) -> bytes:
    found = backend.random_state(*generator)
    if not isinstance(found, (bytes, bytearray)):
        raise broken(backend, "random_state", "bytes", shown(found))
    return found


def requires_grad(backend: Backend, tensor: Any) -> bool:
    found = backend.requires_grad(tensor)
    if not isinstance(found, bool):
        raise broken(backend, "requires_grad", "True or False", shown(found))
    return found


def node_name(backend: Backend, tensor: Any) -> str | None:
    found = backend.node_name(tensor)
    if found is not None and not isinstance(found, str):
        raise broken(backend, "node_name", "the name of a node, or None for a leaf", shown(found))
    return found


def gradients(backend: Backend, outputs: list[Any], inputs: list[Any], cotangents: list[Any], create_graph: bool) -> list[Any]:
    """A tensor or None for each input."""
    found = backend.gradients(outputs, inputs, cotangents, create_graph)
    if not isinstance(found, (list, tuple)):
        raise broken(backend, "gradients", "a list with a gradient, or None, for each input", shown(found))
    if len(found) != len(inputs):
        raise broken(backend, "gradients", f"{len(inputs)} gradients for {len(inputs)} inputs", f"{len(found)}")
    for item in found:
        if item is not None and not backend.is_tensor(item):
            raise broken(backend, "gradients", "tensors, of which is_tensor says True, or None", shown(item))
    return list(found)
