"""A case as a script of a few lines that needs only torch and the backend, for pasting into an issue tracker."""

from __future__ import annotations

from typing import Any

from .backends.torchlike import NAMESPACES
from .cases import (
    ITEMSIZE,
    Case,
    Constant,
    Device,
    DType,
    GeneratorSpec,
    Slice,
    TensorSpec,
    contiguous_strides,
    iterate_tensors,
)  # fmt: skip
from .formats import REAL, decode

_SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@", "and": "&", "or": "|",
    "xor": "^", "lshift": "<<", "rshift": ">>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
_PREFIXES = {"neg": "-", "pos": "+", "invert": "~"}


def script(case: Case, backend: str, property: str = "values") -> str:
    """The script. It runs the call on torch and on the backend and prints what ``property`` is about."""
    own = _backend_script(case, backend, property)
    if own is not None:
        return own
    header, loop, device = _header(backend)
    lines: list[str] = []
    if case.seed is not None:
        lines.append(f"lib.manual_seed({case.seed})")
    made, texts = tensor_lines(case, device)
    lines += made + _call(case, texts, property)
    body = "\n".join("    " + line for line in lines)
    script_text = f"{loop}\n{body}\n"
    imports = header + ("\nfrom math import inf, nan" if any(word in body for word in ("nan", "inf")) else "")
    return f"{imports}\n\n{script_text}"


def _backend_script(case: Case, backend: str, property: str) -> str | None:
    """The script of a backend that is called in other words than torch's, if it writes its own."""
    if backend.partition(":")[0] in ("torch", "refimpl"):
        return None
    from .backends import find_backend

    try:
        write = getattr(find_backend(backend), "script", None)
    except LookupError:  # a backend that was handed over as an object
        return None
    return None if write is None else write(case, property)


def tensor_lines(case: Case, device: str | None) -> tuple[list[str], dict[int, str]]:
    """The lines that make the tensor arguments, and their names (by the id of each spec)."""
    names = "xyzuvwabcdefgh"
    lines: list[str] = []
    specs = case.tensors()
    shared = _shared_buffers(specs)
    texts: dict[int, str] = {}
    for number in shared:
        spec = next(s for s in specs if s.buffer == number)
        lines.append(f"s{number} = {_flat(case, spec, device)}")
    for i, spec in enumerate(specs):
        name = names[i] if i < len(names) else f"t{i}"
        texts[id(spec)] = name
        lines.append(f"{name} = {_tensor(case, spec, f's{spec.buffer}' if spec.buffer in shared else None, device, name)}")
    return lines, texts


def _header(backend: str) -> tuple[str, str, str | None]:
    """Imports, the loop over both libraries, and the expression for the device argument (None: not needed)."""
    kind, _, device = backend.partition(":")
    if kind == "torch":
        if device in ("", "cpu"):
            return "import torch as lib", "for _ in (1,):", None
        return "import torch as lib", f'for device in ("cpu", "{device}"):', "device"
    module = "refimpl" if kind == "refimpl" else kind.split(".")[0]
    if device in ("", "cpu") or kind != "refimpl":
        return f"import torch, {module}", f"for lib in (torch, {module}):", None
    return "import torch, refimpl, gpu_backend", f'for lib, device in ((torch, "cpu"), (refimpl, "{device}")):', "device"


def _shared_buffers(specs: list[TensorSpec]) -> list[int]:
    numbers = [spec.buffer for spec in specs]
    return sorted({number for number in numbers if numbers.count(number) > 1})


def _number(value: Any) -> str:
    if isinstance(value, float) and value == int(value if abs(value) < 1e15 and value == value else 0.5):
        return f"{value:.0f}." if abs(value) < 1e6 else repr(value)
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    return repr(value)


def values(data: bytes, dtype: str) -> list[Any]:
    """Raw bytes as a flat list of Python numbers, complex ones included."""
    usable = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    parts: list[Any] = list(decode(data[:usable], dtype))
    if dtype in REAL:
        return [complex(re, im) for re, im in zip(parts[::2], parts[1::2], strict=True)]
    return parts


def _list(numbers: list[Any]) -> str:
    return "[" + ", ".join(_number(value) for value in numbers) + "]"


def _flat(case: Case, spec: TensorSpec, device: str | None) -> str:
    numbers = _list(values(case.buffers[spec.buffer], spec.dtype))
    return f"lib.tensor({numbers}, dtype=lib.{spec.dtype}{f', device={device}' if device else ''})"


def _tensor(case: Case, spec: TensorSpec, shared: str | None, device: str | None, name: str) -> str:
    suffix = ".requires_grad_()" if spec.requires_grad and case.target is not spec else ""
    flat = shared or _flat(case, spec, device)
    whole = spec.numel * ITEMSIZE[spec.dtype] == len(case.buffers[spec.buffer])
    if spec.requires_grad and case.target is spec:
        # The storage is the leaf, and the target a view of a copy of it.
        return f"(base := (leaf := {flat}.requires_grad_()).clone()).as_strided({spec.shape}, {spec.strides}, {spec.offset})"
    if whole and spec.offset == 0 and spec.strides == contiguous_strides(spec.shape):
        if len(spec.shape) == 1:
            return flat + suffix
        return f"{flat}.reshape({', '.join(map(str, spec.shape)) if spec.shape else '()'}){suffix}"
    return f"{flat}.as_strided({spec.shape}, {spec.strides}, {spec.offset}){suffix}"


def _value(value: Any, texts: dict[int, str]) -> str:
    if isinstance(value, TensorSpec):
        return texts[id(value)]
    if isinstance(value, DType):
        return f"lib.{value.name}"
    if isinstance(value, Constant):
        return f"lib.{value.name}"
    if isinstance(value, Device):
        return f'lib.device("{value.name}")' if value.name else "device"
    if isinstance(value, GeneratorSpec):
        return f"lib.Generator().manual_seed({value.seed})"
    if isinstance(value, Slice):
        return f"slice({value.start}, {value.stop}, {value.step})"
    if value is Ellipsis:
        return "..."
    if isinstance(value, tuple):
        inner = ", ".join(_value(item, texts) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item, texts) for item in value) + "]"
    return _number(value) if isinstance(value, (float, complex)) else repr(value)


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


def call_text(case: Case, texts: dict[int, str]) -> str:
    """The call itself, as source."""
    args = [_value(arg, texts) for arg in case.args]
    kwargs = [f"{key}={_value(value, texts)}" for key, value in case.kwargs.items()]
    if case.form == "operator":
        name = case.operation.strip("_")
        if name in _SYMBOLS and len(args) == 2:
            return f"{args[0]} {_SYMBOLS[name]} {args[1]}"
        if name in _PREFIXES:
            return f"{_PREFIXES[name]}{args[0]}"
        if name == "getitem":
            return f"{args[0]}[{args[1]}]"
        if name in ("repr", "len", "bool", "int", "float", "complex"):
            return f"{name}({args[0]})"
        return f"{args[0]}.__{name}__({', '.join(args[1:])})"
    inner = ", ".join(args + kwargs)
    if form_is_method(case):
        rest = ", ".join(args[1:] + kwargs)
        name = case.operation + ("_" if case.form == "inplace" else "")
        return f"{args[0]}.{name}" + ("" if case.form == "attribute" else f"({rest})")
    return f"lib.{function_path(case.operation)}({inner})"


def form_is_method(case: Case) -> bool:
    return case.form in ("method", "inplace", "attribute")


def _call(case: Case, texts: dict[int, str], property: str) -> list[str]:
    """The lines that make the call and print."""
    if case.operation == "__setitem__":
        index, value = (_value(arg, texts) for arg in case.args[1:])
        call = [f"r = {texts[id(case.args[0])]}", f"r[{index}] = {value}"]
    else:
        call = [f"r = {call_text(case, texts)}"]
    shown = {
        "strides": "r.stride() if hasattr(r, 'stride') else [t.stride() for t in r]",
        "shape": "r.shape if hasattr(r, 'shape') else [t.shape for t in r]",
        "dtype": "r.dtype if hasattr(r, 'dtype') else [t.dtype for t in r]",
    }.get(property, "r.tolist() if hasattr(r, 'tolist') else r")
    lines = [*call, f"print(lib.__name__, {shown})"]
    if property == "purity":
        lines += [f"print({', '.join(f'{name}.tolist()' for name in texts.values())})"] if texts else []
    if property == "aliasing":
        first = next(iter(texts.values()), None)
        if first is not None:
            lines.append(f"print(r.untyped_storage().data_ptr() == {first}.untyped_storage().data_ptr(), r.storage_offset())")
    if property == "gradients":
        lines = [*call, *_gradient_lines(case, texts)]
    if property == "errors":
        body = ["    " + line for line in lines]
        lines = ["try:", *body, "except Exception as error:", "    print(lib.__name__, type(error).__name__, error)"]
    return lines


def _gradient_lines(case: Case, texts: dict[int, str]) -> list[str]:
    leaves = [texts[id(spec)] for spec in iterate_tensors((case.args, tuple(case.kwargs.values()))) if spec.requires_grad]
    output = "r if hasattr(r, 'sum') else r[0]"
    if case.target is not None and case.target.requires_grad:
        leaves[0] = "leaf"
        output = "base"
    lines = [
        f"out = {output}",
        "weights = lib.tensor([1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 1.5, -0.75]).repeat(out.numel())[: 3 * out.numel() : 3].reshape(out.shape)",
        f"grads = lib.autograd.grad(out, [{', '.join(leaves)}], weights.to(out.dtype), allow_unused=True, create_graph={case.grad > 1})",
        "print(lib.__name__, out.grad_fn, [g if g is None else g.tolist() for g in grads])",
    ]
    return lines
