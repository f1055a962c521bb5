"""Running statements on one library, and writing down everything that can be observed of the objects that live.

What is observed of a tensor: dtype, shape, strides, offset, the elements as bytes, which block of memory it lies in, requires_grad, is_leaf, the
node and the nodes behind it, the version counter, the flags that a tensor carries, and its gradient, which is a tensor again. Modules,
optimizers, lists and dictionaries are followed to the tensors in them; numbers and texts are observed as they are.
"""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Iterator

from refimpl.operations.refusals import violations_of

from ..known_differences.program_conditions import ASSERTION
from .program import Statement

_HIDDEN = ("torch", "copy", "pickle", "__builtins__", "__warningregistry__")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_DEVICE = re.compile(r",\s*device='[^']*'")  # which the oracle's texts do not name
_DEPTH = 4  # of containers in containers, and of gradients of gradients


@dataclass(frozen=True)
class Raised:
    """An exception, by the name of its type and its text."""

    type: str
    text: str
    others: tuple[tuple[str, str], ...] = ()  # of refimpl's: all that the statement's call violates


@dataclass
class Seen:
    """A tensor as it is seen: ``fields`` by name, the elements apart because rounding may tell them apart. ``storage`` says nothing by itself: two
    tensors with the same one share memory."""

    fields: dict[str, Any]
    data: Any
    storage: Any
    tensor: Any = None


Observation = dict[str, "Seen | str"]


class Session:
    """A library while it runs a program."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.module = backend.module
        self.names: dict[str, Any] = {}
        self._size = getattr(self.module, "Size", tuple)
        self._prefix = self.module.__name__ + "."

    # -- the beginning and the end -------------------------------------------------------------------
    def __enter__(self) -> Session:
        self.names = {"torch": self.module, "copy": copy, "pickle": pickle}
        self._settings(self.backend.device)
        self.module.manual_seed(0)
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        return self

    def __exit__(self, *of_error: Any) -> None:
        self._warnings.__exit__(None, None, None)
        self.names = {}
        self._settings("cpu")

    def _settings(self, device: str) -> None:
        """What a program may have changed, as it is at the beginning."""
        self.module.set_grad_enabled(True)
        self.module.set_default_dtype(self.module.float32)
        if self.backend.device != "cpu":
            self.module.set_default_device(None if device == "cpu" else device)

    # -- statements ----------------------------------------------------------------------------------
    def run(self, statement: Statement) -> Raised | None:
        """Run a statement; what it raised."""
        words = getattr(self.backend, "_words_of_the_cpu", nullcontext)
        try:
            with words():
                exec(statement.code, self.names)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a program raises is what is compared
            others = tuple((v.error.__name__, self._plain(v.words)) for v in violations_of(error)) if hasattr(error, "refused") else ()
            return Raised(type(error).__name__, self._plain(str(error)), others)
        return None

    def _plain(self, text: str) -> str:
        if self.backend.device != "cpu":
            text = _DEVICE.sub("", text)
        return _ADDRESS.sub(" at 0x", text).replace(self._prefix, "torch.")

    # -- observation ---------------------------------------------------------------------------------
    def observe(self) -> Observation:
        """Everything that lives, by the expression that reaches it."""
        enabled = self.module.is_grad_enabled()
        found: Observation = {"torch.is_grad_enabled()": repr(enabled)}
        for name, value in list(self.names.items()):
            if name not in _HIDDEN:
                for path, seen in self._follow(name, value, 0):
                    found[path] = seen
        return found

    def _follow(self, path: str, value: Any, depth: int) -> Iterator[tuple[str, Seen | str]]:
        if self.backend.is_tensor(value):
            yield path, self.see(value)
            gradient = self._ask(lambda: value.grad)
            if depth < _DEPTH:
                yield from self._follow(f"{path}.grad", gradient, depth + 1)
        elif isinstance(value, self._size):
            yield path, f"torch.Size({list(value)})"
        elif isinstance(value, (list, tuple)) and depth < _DEPTH:
            yield f"len({path})", f"{type(value).__name__} of {len(value)}"
            for i, item in enumerate(value):
                yield from self._follow(f"{path}[{i}]", item, depth + 1)
        elif isinstance(value, dict) and depth < _DEPTH:
            yield f"list({path})", str(list(value))
            for key, item in value.items():
                yield from self._follow(f"{path}[{key!r}]", item, depth + 1)
        elif isinstance(value, (bool, int, float, complex, str, type(None), type(self.module.float32))):
            yield path, repr(self._plain(value)) if isinstance(value, str) else self._plain(repr(value))
        elif hasattr(value, "named_parameters") and not isinstance(value, type):
            yield f"str({path})", self._plain(repr(value))
            yield f"{path}.training", repr(value.training)
            for name, parameter in value.named_parameters():
                yield from self._follow(f"{path}.get_parameter({name!r})", parameter, depth + 1)
            for name, buffer in value.named_buffers():
                yield from self._follow(f"{path}.get_buffer({name!r})", buffer, depth + 1)
        elif hasattr(value, "param_groups"):
            yield from self._follow(f"{path}.state_dict()", value.state_dict(), depth + 1)

    def _ask(self, question: Any) -> Any:
        """The answer to a question, or the type of the error that it raises; of an assertion about itself in which torch ends, these words, too."""
        try:
            return question()
        except Exception as error:  # noqa: BLE001 - an answer that is refused is an observation too
            return f"raises {type(error).__name__}{f', {ASSERTION}' if ASSERTION in str(error) else ''}"

    def see(self, tensor: Any) -> Seen:
        """One tensor."""
        fields = {
            "class": type(tensor).__name__,
            "requires_grad": self._ask(lambda: tensor.requires_grad),
            "is_leaf": self._ask(lambda: tensor.is_leaf),
            "grad_fn": self._ask(lambda: node_text(tensor.grad_fn)),
            "_version": self._ask(lambda: tensor._version),
            "output_nr": self._ask(lambda: tensor.output_nr),
            "retains_grad": self._ask(lambda: tensor.retains_grad),
            "is_inference()": self._ask(tensor.is_inference),
        }
        reading = self._ask(lambda: self.backend.read(tensor))
        if isinstance(reading, str):
            return Seen(fields | {"reading": reading}, None, id(tensor), tensor)
        fields |= {"dtype": reading.dtype, "shape": reading.shape, "stride()": tuple(reading.strides), "storage_offset()": reading.offset}
        return Seen(fields, reading.data, reading.storage, tensor)

    def text(self, tensor: Any) -> str:
        """A tensor as it is printed."""
        return str(self._ask(lambda: self._plain(self.backend.call("__repr__", "operator", [tensor], {}))))


def node_text(node: Any) -> str:
    """A node of the graph by name, with the nodes behind it."""
    if node is None:
        return "None"
    behind = [f"{following.name() if following is not None else None}[{place}]" for following, place in node.next_functions]
    return f"{node.name()}({', '.join(behind)})"
