"""A case as source text: the lines that make its tensors, and its call.

The text is written for a module named ``lib`` that has torch's names, and a variable ``device`` where tensors have to be made on one.
"""

from __future__ import annotations

import re
from math import copysign
from typing import Any

from ..accuracy.number_formats import REAL, decode
from ..backends.torchlike import NAMESPACES
from ..cases.case import (
    ITEMSIZE,
    ArraySpec,
    Case,
    Constant,
    Device,
    DType,
    GeneratorSpec,
    Slice,
    TensorSpec,
    contiguous_strides,
    iterate_arrays,
    leaves_of,
)
from ..drawing.made_data import Made, source

_SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@", "and": "&", "or": "|",
    "xor": "^", "lshift": "<<", "rshift": ">>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
_PREFIXES = {"neg": "-", "pos": "+", "invert": "~"}
_BUILTINS = {"repr": "repr", "len": "len", "bool": "bool", "int": "int", "float": "float", "complex": "complex", "abs": "abs",
             "format": "format", "divmod": "divmod", "iter": "list", "index": "operator.index", "copy": '__import__("copy").copy',
             "deepcopy": '__import__("copy").deepcopy'}  # fmt: skip
LONG = 100  # elements of a buffer from which on its formula is shorter than its numbers
_NAMES = "xyzuvwabcdefgh"


# -- values --------------------------------------------------------------------------------------


def number_text(value: Any) -> str:
    """A Python number as source: short where that loses nothing."""
    if isinstance(value, complex):
        return f"complex({number_text(value.real)}, {number_text(value.imag)})"
    if isinstance(value, float) and value != value:
        return "-nan" if copysign(1.0, value) < 0 else "nan"
    if isinstance(value, float) and abs(value) < 1e6 and value == int(value):
        return ("-" if str(value).startswith("-") else "") + f"{abs(value):.0f}."
    return repr(value)


def flat_numbers(data: bytes, dtype: str) -> list[Any]:
    """Raw bytes as a flat list of Python numbers, complex ones included."""
    usable = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    parts: list[Any] = list(decode(data[:usable], dtype))
    if dtype in REAL:
        return [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
    return parts


def list_text(numbers: list[Any]) -> str:
    """A list as source: what many equal numbers end with is told by their count."""
    texts = [number_text(value) for value in numbers]
    same = next((i for i, text in enumerate(reversed(texts)) if text != texts[-1]), len(texts))
    if same < LONG:
        return "[" + ", ".join(texts) + "]"
    plain = [f"[{', '.join(texts[:-same])}]"] * (same < len(texts))
    return " + ".join([*plain, f"[{texts[-1]}] * {same}"])


def value_text(value: Any, names: dict[int, str]) -> str:
    """An argument as source. ``names``: of the tensor arguments, by the id of each spec."""
    if isinstance(value, (TensorSpec, ArraySpec)):
        return names[id(value)]
    if isinstance(value, (DType, Constant)):
        return f"lib.{value.name}"
    if isinstance(value, Device):
        return f'lib.device("{value.name}")' if value.name else "lib.device(device)"
    if isinstance(value, GeneratorSpec):
        return f"lib.Generator(device).manual_seed({value.seed})"
    if isinstance(value, Slice):
        return f"slice({value.start}, {value.stop}, {value.step})"
    if value is Ellipsis:
        return "..."
    if isinstance(value, tuple):
        inner = ", ".join(value_text(item, names) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return "[" + ", ".join(value_text(item, names) for item in value) + "]"
    return number_text(value) if isinstance(value, (float, complex)) else repr(value)


# -- tensors -------------------------------------------------------------------------------------


def tensor_lines(case: Case, on_device: bool = False, storages: bool = False) -> tuple[list[str], dict[int, str], list[str]]:
    """The lines that make the tensor arguments, their names (by the id of each spec), and the names of the storages that have one.

    Storages that several tensors share are made first; with ``storages`` all of them, so that they can be looked at after the call.
    """
    specs = case.tensors()
    numbers = [spec.buffer for spec in specs]
    named = sorted({number for number in numbers if storages or numbers.count(number) > 1})
    lines, names = [], {}
    for number in named:
        spec = next(s for s in specs if s.buffer == number)
        lines.append(f"s{number} = {_flat(case, spec, on_device)}")
    objects: dict[TensorSpec, str] = {}
    viewed: set[int] = set()
    for i, spec in enumerate(specs):
        name = _NAMES[i] if i < len(_NAMES) else f"t{i}"
        if case.joined == "object" and spec in objects:
            names[id(spec)] = objects[spec]
            continue
        names[id(spec)] = objects[spec] = name
        shared = f"s{spec.buffer}" if spec.buffer in named else None
        leaf = leaf_name(case, spec)
        if leaf is not None and (case.joined or case.target is spec):
            lines += _view_of_leaf(case, spec, name, leaf, None if spec.buffer in viewed else shared or _flat(case, spec, on_device))
            viewed.add(spec.buffer)
        else:
            lines += _tensor(case, spec, name, shared, on_device)
    lines += [f"{names.setdefault(id(array), f'array{i}')} = {array_text(case, array)}" for i, array in enumerate(iterate_arrays(case))]
    return lines, names, [f"s{number}" for number in named]


def array_text(case: Case, array: ArraySpec) -> str:
    """An array of another library as an expression that needs no imports."""
    data = f"bytearray({bytes(case.buffers[array.buffer])!r})"
    if array.kind == "buffer":
        return data
    if array.kind == "numpy":
        return f'__import__("numpy").ndarray({array.shape}, "{array.dtype}", {data}, {array.offset}, {array.strides})'
    size = ITEMSIZE[array.dtype]
    strides = tuple(stride // size for stride in array.strides)
    text = f'__import__("torch").frombuffer({data}, dtype=__import__("torch").{array.dtype})'
    return f"{text}.as_strided({array.shape}, {strides}, {array.offset // size})" + (".__dlpack__()" if array.kind == "capsule" else "")


def leaf_name(case: Case, spec: TensorSpec) -> str | None:
    """The name of the leaf that is the whole storage of a tensor; None where there is no such leaf (see :func:`..cases.case.leaves_of`)."""
    buffers = [leaf.buffer for leaf, whole in leaves_of(case) if whole]
    return None if spec.buffer not in buffers else "leaf" if len(buffers) == 1 else f"leaf{spec.buffer}"


def _view_of_leaf(case: Case, spec: TensorSpec, name: str, leaf: str, storage: str | None) -> list[str]:
    """Leaves cannot be written in place: then the leaf is the storage, and the target, and what shares its memory, a view of a copy of it."""
    target = case.target is not None and case.target.buffer == spec.buffer
    base = "base" if target else leaf
    lines = [] if storage is None else [f"{leaf} = {storage}.requires_grad_()", *(["base = " + leaf + ".clone()"] if target else [])]
    view = "".join(_link(step) for step in case.chain) or f".as_strided({spec.shape}, {spec.strides}, {spec.offset})"
    return [*lines, f"{name} = {base}{view}"]


def _flat(case: Case, spec: TensorSpec, on_device: bool) -> str:
    data = case.buffers[spec.buffer]
    numbers = source(data.recipe) if isinstance(data, Made) and data.recipe.count > LONG else list_text(flat_numbers(data, spec.dtype))
    return f"lib.tensor({numbers}, dtype=lib.{spec.dtype}{', device=device' if on_device else ''})"


def _tensor(case: Case, spec: TensorSpec, name: str, shared: str | None, on_device: bool) -> list[str]:
    suffix = ".requires_grad_()" if spec.requires_grad else ""
    text = _flat(case, spec, on_device)
    if shared is not None:
        first = next(s for s in case.tensors() if s.buffer == spec.buffer)
        text = shared if first.dtype == spec.dtype else f"{shared}.view(lib.{spec.dtype})"
    whole = spec.numel * ITEMSIZE[spec.dtype] == len(case.buffers[spec.buffer])
    if whole and spec.offset == 0 and spec.strides == contiguous_strides(spec.shape) and shared is None:
        if len(spec.shape) == 1:
            return [f"{name} = {text}{suffix}"]
        return [f"{name} = {text}.reshape({', '.join(map(str, spec.shape)) if spec.shape else '()'}){suffix}"]
    return [f"{name} = {text}.as_strided({spec.shape}, {spec.strides}, {spec.offset}){suffix}"]


def _link(step: tuple[str, str, tuple[Any, ...]]) -> str:
    operation, form, arguments = step
    texts = [value_text(argument, {}) for argument in arguments]
    if operation == "__getitem__":
        return f"[{texts[0]}]"
    return f".{operation}" if form == "attribute" else f".{operation}({', '.join(texts)})"


# -- the call ------------------------------------------------------------------------------------


def function_path(operation: str) -> str:
    """Where torch keeps a function: ``add`` or ``nn.functional.linear``."""
    import torch

    for namespace in NAMESPACES:
        holder: Any = torch
        path = [*namespace.split("."), *operation.split(".")] if namespace else operation.split(".")
        for part in path:
            holder = getattr(holder, part, None)
            if holder is None:
                break
        if holder is not None:
            return ".".join(path)
    return operation


def _is_method(name: str) -> bool:
    import torch

    return hasattr(torch.Tensor, name)


def call_lines(case: Case, names: dict[int, str], library: str = "lib") -> list[str]:
    """The call; its result is ``r``."""
    if case.operation == "__setitem__":
        target, index, value = (value_text(arg, names) for arg in case.args)
        lines = [f"{target}[{index}] = {value}", f"r = {target}"]
    else:
        lines = ["r = " + call_text(case, names)]
        lines += [f"r = [r, {', '.join(names[id(spec)] for spec in case.updated())}]"] * bool(case.updated())
    lines = _surrounded(lines, case.surroundings)
    return lines if library == "lib" else [line.replace("lib.", library + ".") for line in lines]


def _surrounded(lines: list[str], surroundings: str) -> list[str]:
    """The lines in the global state in which a case calls."""
    inner = ["    " + line for line in lines]
    if surroundings in ("no_grad", "inference_mode"):
        return [f"with lib.{surroundings}():", *inner]
    if surroundings.startswith("default dtype"):
        dtype = surroundings.rpartition(" ")[2]
        return [f"lib.set_default_dtype(lib.{dtype})", "try:", *inner, "finally:", "    lib.set_default_dtype(lib.float32)"]
    if surroundings.startswith("deterministic"):
        return [
            "lib.use_deterministic_algorithms(True)", "try:", *inner, "finally:", "    lib.use_deterministic_algorithms(False)",
        ]  # fmt: skip
    return lines


def call_text(case: Case, names: dict[int, str]) -> str:
    """The call itself, as an expression."""
    args = [value_text(arg, names) for arg in case.args]
    kwargs = [f"{key}={value_text(value, names)}" for key, value in case.kwargs.items()]
    if case.form == "operator":
        return _operator_text(case.operation.strip("_"), args, case.args)
    if case.form == "inplace" and not _is_method(f"{case.operation}_"):
        return f"lib.{function_path(case.operation)}_({', '.join(args + kwargs)})"
    if case.form in ("method", "inplace", "attribute"):
        name = case.operation + ("_" if case.form == "inplace" else "")
        return f"{args[0]}.{name}" + ("" if case.form == "attribute" else f"({', '.join(args[1:] + kwargs)})")
    return f"lib.{function_path(case.operation)}({', '.join(args + kwargs)})"


def _operator_text(name: str, args: list[str], values: tuple[Any, ...]) -> str:
    shown = [f"({text})" if text.startswith("-") else text for text in args]
    if name in _SYMBOLS and len(args) == 2:
        return f"{shown[0]} {_SYMBOLS[name]} {shown[1]}"
    if name in _PREFIXES:
        return f"{_PREFIXES[name]}{shown[0]}"
    if name == "getitem" and len(args) == 2:
        return f"{args[0]}[{args[1]}]"
    if name == "contains" and len(args) == 2:
        return f"{shown[1]} in {args[0]}"
    if name in _BUILTINS:
        return f"{_BUILTINS[name]}({', '.join(args)})"
    if name.startswith("i") and name[1:] in _SYMBOLS:
        return f"operator.{name}({', '.join(args)})"
    return f"{args[0]}.__{name}__({', '.join(args[1:])})"


def input_text(case: Case) -> str:
    """The smallest input for people: the tensors and the call in torch's words."""
    lines, names, _ = tensor_lines(case)
    seeded = [f"lib.manual_seed({case.seed})"] if case.seed is not None else []
    call = [re.sub(r"^( *)r = ", r"\1", line) for line in call_lines(case, names)]
    return on_cpu("\n".join([*seeded, *lines, *call])).replace("lib.", "torch.")


def on_cpu(text: str) -> str:
    """The text without the variable ``device``."""
    return text.replace("lib.device(device)", 'lib.device("cpu")').replace("lib.Generator(device)", "lib.Generator()")
