"""Write the stubs that tell type checkers of the functions and methods which the registry makes when the package is imported.

``python -m refimpl.operations.stubs`` writes ``refimpl/_functions.pyi``, which the package imports for type checkers alone, and
``refimpl/tensor/_methods.pyi``, the base class of ``Tensor`` with its operations; one for each other namespace, ``refimpl/nn/_functional.pyi`` or
``refimpl/linalg/__init__.pyi``; and ``refimpl/return_types.pyi``, the named tuples.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from .. import return_types
from ..foundation import dtypes
from ..signatures.by_hand import RESULTS
from ..signatures.faces import PYTHON_TYPES
from ..signatures.overloads import PythonSignature, overloads, texts
from ..signatures.schema import Signature
from ..tensor import Tensor
from .operation import Operation, operations
from .registry import BOUND_BY_PYTHON, IN_PLACE_OPERATORS, UNARY_OPERATORS, public_functions

_ROOT = Path(__file__).parent.parent
_HEAD = '''# Written by python -m refimpl.operations.stubs from the registry and torch's signatures.
# mypy: disable-error-code="overload-overlap, override, overload-cannot-match"
from builtins import bool as _bool, complex as _complex, float as _float, int as _int, str as _str, type as _type
from typing import Any, Sequence, overload

from {0}foundation.devices import device as _device
from {0}foundation.dtypes import dtype as _dtype
from {0}random.generator import Generator as _Generator
from {0} import return_types
{1}

_Number = _bool | _int | _float | _complex
_Device = _device | _str | _int | None
_Sizes = Sequence[_int]
'''
_NAMES = {"Tensor": "Tensor", "Any": "Any", "Number": "_Number", "float": "_float", "int": "_int", "bool": "_bool", "str": "_str",
          "Sequence[int]": "_Sizes", "Sequence[float]": "Sequence[_float]", "Sequence[Number]": "Sequence[_Number]",
          "Sequence[Tensor]": "Sequence[Tensor]", "dtype": "_dtype", "layout": "_layout", "memory_format": "_memory_format", "Device": "_Device",
          "Generator": "_Generator", "UntypedStorage": "Any"}  # fmt: skip


def _annotation(p: Any) -> str:
    kind = _NAMES[PYTHON_TYPES.get(p.shown, "Any")]
    if kind in ("_int", "_float", "_Number"):
        kind += " | Tensor"  # of one element
    if kind == "Tensor" and p.takes_numbers:
        kind += " | _Number"
    if kind == "_Sizes" and p.size:
        kind += " | _int"
    if p.shown == "torch.dtype":
        kind += " | _type"
    return kind + " | None" * p.allows_none


def _parameters(signature: Signature, method: bool, one_by_one: bool) -> str:
    parts = ["self"] * method
    starred = False
    for p in signature.parameters:
        if one_by_one and p is signature.parameters[0]:
            parts.append(f"*{p.name}: _int")
            starred = True
            continue
        if p.keyword_only and not starred:
            parts.append("*")
            starred = True
        name = p.name + "_" if p.name in ("from", "async") else "self_" if p.name == "self" else p.name
        parts.append(f"{name}: {_annotation(p)}" + " = ..." * p.optional)
    return ", ".join(parts)


def _results(text: str) -> str:
    """The type of the result as torch's stubs spell it, in the names of these."""
    kind = text.removeprefix("torch.")
    known = {"_size": "_Sizes", "Number": "_Number", "tuple[Tensor, ...] | list[Tensor]": "tuple[Tensor, ...]"}
    return known.get(kind, kind) if kind else "Any"


def written(name: str, operation: Operation, method: bool) -> list[str]:
    """The stub of an operation under one of its names: one line for each overload."""
    return _written(name, operation.door(name, method).signatures, method)


def _written(name: str, signatures: tuple[Signature, ...] | PythonSignature, method: bool) -> list[str]:
    if isinstance(signatures, PythonSignature):
        result = _results(signatures.passed_on[0].result) if signatures.passed_on else "Any"
        return [f"def {name}({'self, ' * method}*args: Any, **kwargs: Any) -> {result}: ..."]
    lines = []
    for signature in signatures:
        if signature.deprecated:
            continue
        for one_by_one in (False, True)[: 1 + signature.varargs]:
            result = _results(signature.result) if signature.result else RESULTS.get(name, "Tensor")
            lines.append(f"def {name}({_parameters(signature, method, one_by_one)}) -> {result}: ...")
    return lines if len(lines) < 2 else [part for line in lines for part in ("@overload", line)]


def functions() -> str:
    """``refimpl/_functions.pyi``."""
    lines = [_HEAD.format(".", "from .tensor import Tensor, layout as _layout, memory_format as _memory_format")]
    for name, function in public_functions():
        lines += written(name, function.operation, False)  # type: ignore[attr-defined]
    for d in sorted({*(d.name for d in dtypes.stored_dtypes), *dtypes.aliases}):
        lines.append(f"{d}: _dtype")
    return "\n".join(lines) + "\n"


# The stubs of the functions that stand in other namespaces: those of a module that is written by hand are imported by it.
NAMESPACES = {"nn.functional": "nn/_functional.pyi", "linalg": "linalg/__init__.pyi", "fft": "fft/__init__.pyi",
              "special": "special/__init__.pyi",
              "signal.windows": "signal/windows.pyi"}  # fmt: skip


def namespaced(namespace: str) -> str:
    """The stub of a namespace."""
    above = "." * (NAMESPACES[namespace].count("/") + 1)
    lines = [_HEAD.format(above, f"from {above}tensor import Tensor, layout as _layout, memory_format as _memory_format")]
    for name, function in public_functions(namespace):
        operation: Operation = function.operation  # type: ignore[attr-defined]
        if "python" in operation.forms or name == operation.public_name and operation.forms & BOUND_BY_PYTHON:  # as Python binds them
            parameters = [f"{p.name}: Any{'' if p.default is p.empty else ' = ...'}" for p in inspect.signature(function).parameters.values()]
            lines.append(f"def {name}({', '.join(parameters)}) -> Any: ...")
        else:
            door = operation.door(function.__name__, False)
            lines += _written(name, door.signatures, False)
    return "\n".join(lines) + "\n"


def methods() -> str:
    """``refimpl/tensor/_methods.pyi``."""
    lines = [_HEAD.format("..", "from . import Tensor, layout as _layout, memory_format as _memory_format"),
             "from ..methods.exchanging import Exchanging as _Exchanging",
             "from ..methods.gradients import Gradients as _Gradients", "", "", "class Methods(_Gradients, _Exchanging):"]
    body: list[str] = []
    for operation in operations.values():
        for name in (operation.name, *(alias for alias in operation.aliases if "." not in alias)):
            if "method" in operation.forms and not name.startswith("__"):
                body += written(name, operation, True)
            if "property" in operation.forms:
                body += ["@property", f"def {name}(self) -> Tensor: ..."]
            if "inplace" in operation.forms and not operation.namespace:
                body += written(name + "_", operation, True)
        if operation.operator is not None:
            body += _operators(operation.operator, operation)
    for name, member in vars(Tensor).items():  # methods that are not the function's own form
        if getattr(member, "__module__", "").startswith("refimpl.ops.") and not hasattr(member, "operation") and name[:1] != "_":
            body += _written(name, overloads("Tensor", name), True)
    declared = {operation.operator for operation in operations.values()}
    for symbol in sorted(UNARY_OPERATORS - declared):  # which pages put on the Tensor themselves
        body.append(f"def __{symbol}__(self) -> Tensor: ...")
    body += ["def __getitem__(self, index: Any) -> Tensor: ...", "def __setitem__(self, index: Any, value: Tensor | _Number) -> None: ..."]
    return "\n".join([*lines, *(f"    {line}" for line in body)]) + "\n"


def results() -> str:
    """``refimpl/return_types.pyi``."""
    lines = ["# Written by python -m refimpl.operations.stubs from torch's signatures.", "from typing import Any", "",
             "from .tensor import Tensor", "", "class Results(tuple[Any, ...]): ...", "", "def fields(name: str) -> tuple[str, ...]: ..."]
    for name in sorted(texts()["return_types"]):
        lines += ["", f"class {name}(Results):"]
        for field in return_types.fields(name):
            lines += ["    @property", f"    def {field}(self) -> Tensor: ..."]
        lines += ["", f"class {name}_out({name}): ..."]
    return "\n".join(lines) + "\n"


def _operators(symbol: str, operation: Operation) -> list[str]:
    if symbol in UNARY_OPERATORS:
        return [f"def __{symbol}__(self) -> Tensor: ..."]
    other = "other: Tensor" if symbol == "matmul" else "other: Tensor | _Number"
    if symbol in ("eq", "ne"):
        return [f"def __{symbol}__(self, other: object) -> Tensor: ..."]
    lines = [f"def __{symbol}__(self, {other}) -> Tensor: ..."]
    for form in ("r", "i"):
        if hasattr(Tensor, f"__{form}{symbol}__") and (form == "r" or symbol in IN_PLACE_OPERATORS):
            lines.append(f"def __{form}{symbol}__(self, {other}) -> Tensor: ...")
    return lines


if __name__ == "__main__":
    (_ROOT / "return_types.pyi").write_text(results(), encoding="utf-8")
    (_ROOT / "_functions.pyi").write_text(functions(), encoding="utf-8")
    for _namespace, _file in NAMESPACES.items():
        (_ROOT / _file).write_text(namespaced(_namespace), encoding="utf-8")
    (_ROOT / "tensor" / "_methods.pyi").write_text(methods(), encoding="utf-8")
