"""What ``help`` and :func:`inspect.signature` show of an operation: one signature for all overloads, with types, in the body's order.

It is made when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .matching import Door
from .overloads import PythonSignature

if TYPE_CHECKING:
    from inspect import Signature

# How Python spells the types that messages name.
PYTHON_TYPES = {
    "Tensor": "Tensor", "Number": "Number", "float": "float", "int": "int", "bool": "bool", "str": "str", "tuple of ints": "Sequence[int]",
    "tuple of floats": "Sequence[float]", "tuple of Scalars": "Sequence[Number]", "tuple of Tensors": "Sequence[Tensor]", "torch.dtype": "dtype",
    "torch.layout": "layout", "torch.memory_format": "memory_format", "torch.device": "Device", "torch.Generator": "Generator",
    "torch.Storage": "UntypedStorage", "object": "Any",
}  # fmt: skip


def parameter_types(door: Door) -> tuple[dict[str, str], bool]:
    """The type of each of the function's parameters over all signatures, as Python spells it; and whether one of them has ``out``."""
    signatures = door.signatures
    if isinstance(signatures, PythonSignature):
        return {}, " out=" in signatures.text
    kinds: dict[str, dict[str, None]] = {}
    has_out = False
    for signature in signatures:
        if signature.deprecated:
            continue
        for p in signature.parameters:
            has_out = has_out or p.name == "out"
            target = None if p.name == "out" else door.target(signature, p)
            if target is not None:
                found = kinds.setdefault(target, {})
                found[PYTHON_TYPES.get(p.shown, "Any")] = None
                if p.takes_numbers:
                    found["Number"] = None
                if p.size and p.shown == "tuple of ints":
                    found["int"] = None
                if p.allows_none:
                    found["None"] = None
    return {name: " | ".join(sorted(found, key=lambda kind: kind == "None")) for name, found in kinds.items()}, has_out


class Face:
    """Stands at the end of a function's ``__wrapped__``, where :mod:`inspect` looks for its signature."""

    def __init__(self, door: Door, body: Any) -> None:
        self.door = door
        self.__wrapped__ = body

    @property
    def __signature__(self) -> Signature:
        from inspect import Parameter, Signature, signature

        types, has_out = parameter_types(self.door)
        parameters = []
        for p in signature(self.__wrapped__).parameters.values():
            kind = types.get(p.name, "Tensor" if p.name == "input" else "Any")
            optional = p.default is None and "None" not in kind and kind != "Any"
            parameters.append(p.replace(annotation=kind + " | None" * optional))
        if has_out and all(p.name != "out" for p in parameters):
            parameters.append(Parameter("out", Parameter.KEYWORD_ONLY, default=None, annotation="Tensor | tuple[Tensor, ...] | None"))
        return Signature(parameters)
