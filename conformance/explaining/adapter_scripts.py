"""Scripts for backends that are not called in torch's words: in the library's own, if the adapter gives them, else through the adapter."""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ..backends.base import ScriptWords
from ..cases.case import Case, TensorSpec, contiguous_strides, elements
from ..cases.deviation import Deviation
from ..drawing.made_data import Made, source
from ..execution import call_recorder
from .script_assembly import HELPERS, Side, comparison, with_imports
from .script_text import LONG, call_lines, flat_numbers, input_text, list_text, on_cpu, tensor_lines, value_text

# What torch's half returns, property by property: the elements of each tensor as a flat list, or the result that is no tensor.
_TORCH = {
    "shape": "[tuple(t.shape) for t in tensors(r)]",
    "dtype": "[str(t.dtype).removeprefix('torch.') for t in tensors(r)]",
    "strides": "[tuple(t.stride()) for t in tensors(r)]",
    "aliasing": "aliasing(arguments, tensors(r), lambda t: t.untyped_storage().data_ptr() or id(t), lambda t: t.data_ptr() // t.element_size())",
    "purity": "[flat(a.tolist()) for a in arguments]",
}
_ELEMENTS = "[flat(t.tolist()) for t in tensors(r)] or plain(r)"


# How far each result lies from the arguments and results whose memory it shares (None: it does not), and which result is an argument.
_ALIASING = '''
def aliasing(arguments, found, block, address):
    distances = [[address(t) - address(a) if block(t) == block(a) else None for a in [*arguments, *found]] for t in found]
    return distances, [[t is a for a in arguments] for t in found]
'''


def two_functions(case: Case, deviation: Deviation, library: str, imports: str, own: list[str], shown: Mapping[str, str], *helpers: str) -> str:
    """A script in which torch and the library have a function each. ``own``: the lines of the library's, of which the result is ``r``;
    ``shown``: what it returns, property by property, ``values`` for every other."""
    made, names, _ = tensor_lines(case)
    about = deviation.property
    if about == "layout":  # a library of which only the elements are seen is held against torch
        deviation = Deviation("values", deviation.rule, deviation.expected, deviation.got)
    lines = [on_cpu(line).replace("lib.", "torch.") for line in [*made, *call_lines(case, names)]]
    if about in ("aliasing", "purity"):
        arguments = f"arguments = [{', '.join(dict.fromkeys(names.values()))}]"
        lines, own = [*lines, arguments], [*own, arguments]
    torch_lines = _guarded([*lines, f"return {_TORCH.get(about, _ELEMENTS)}"], about)
    own_lines = _guarded([*own, f"return {shown.get(about) or shown['values']}"], about)
    name = re.sub(r"\W", "_", library.partition(".")[0])
    functions = ["def torch_result():", *_indented(torch_lines), "", "", f"def {name}_result():", *_indented(own_lines)]
    end = comparison(deviation, Side("torch", "", "torch"), Side(library, "", name))
    end = end.replace("result(torch)", "torch_result()").replace(f"result({name})", f"{name}_result()")
    return with_imports(f"import torch\n{imports}", (*HELPERS, _ALIASING, *helpers), "\n".join(functions), end)


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def _guarded(lines: list[str], about: str) -> list[str]:
    """The lines, of which the last returns: an error is a result where the failure is about errors, and changes nothing where it is
    about what a call leaves untouched."""
    if about in ("errors", "crash"):  # of a crash: torch may refuse what the library does not survive
        looked_at = [lines[-1].replace("return ", "found = ", 1)] if about == "crash" else []  # a lazy library computes now
        body = [*lines[:-1], *looked_at, 'return "a result", ""']
        return ["try:", *_indented(body), "except Exception as error:", "    return type(error).__name__, str(error)"]
    if about == "purity":
        *body, call, arguments, last = lines
        return [*body, arguments, "try:", *_indented([call]), "except Exception as error:", "    print(type(error).__name__, error)", last]
    return lines


def words_script(case: Case, backend: Any, deviation: Deviation) -> str:
    """torch's half, and the same call in the words of ``backend.script_words``."""
    words: ScriptWords = backend.script_words
    names, lines = {}, []
    for i, spec in enumerate(case.tensors()):
        names[id(spec)] = f"t{i}"
        lines.append(f"t{i} = " + words.tensor.format(elements=_own_elements(case, spec), shape=spec.shape, dtype=spec.dtype))
    operation, args, kwargs = case.operation, case.args, case.kwargs
    if operation in words.calls:
        operation, called = words.calls[operation]
        args, kwargs = called.arguments(args, kwargs)
    arguments = [value_text(arg, names) for arg in args] + [f"{key}={value_text(value, names)}" for key, value in kwargs.items()]
    lines.append("r = " + words.call.format(operation=operation, arguments=", ".join(arguments)))
    shown = {"values": f"[flat({words.elements.format(result='r')})]"}
    shown |= {name: f"[{text.format(result='r')}]" for name, text in (("shape", words.shape), ("dtype", words.dtype)) if text}
    shown["purity"] = "[" + ", ".join(f"flat({words.elements.format(result=name)})" for name in dict.fromkeys(names.values())) + "]"
    return two_functions(case, deviation, backend.name.rpartition(":")[2].lower(), words.imports, lines, shown)


def _own_elements(case: Case, spec: TensorSpec) -> str:
    data = case.buffers[spec.buffer]
    if isinstance(data, Made) and data.recipe.count == spec.numel > LONG and spec.strides == contiguous_strides(spec.shape) and not spec.offset:
        return source(data.recipe)
    return list_text(flat_numbers(b"".join(elements(case, spec)), spec.dtype))


def adapter_script(
    case: Case, backend: str, deviation: Deviation, before: Sequence[Case] = (), runs: int = 1, why: str = ""
) -> str:
    """The case itself, judged by this suite. ``why``: what became of a script without it; nothing: how the library is called without its adapter, the
    adapter does not say. ``before``: the calls that must come before it; ``runs``: how often it is made, if it fails in some runs only."""
    unsaid = f"How {backend} is called without its adapter, the adapter does not say (docs/adding-a-backend.md, Its failures as scripts)."
    modules = call_recorder.recorder.modules if call_recorder.recorder is not None else ()
    told = [
        "# torch's call:", *["#   " + line for line in input_text(case).splitlines()],
        f"# {why[:1].upper()}{why[1:]}." if why else f"# {unsaid}",
        "# So this needs the suite.", *[f"import {name}" for name in modules], "from math import inf, nan", "",
        "from conformance.cases import Case, Constant, Device, DType, GeneratorSpec, Slice, TensorSpec",
        "from conformance.drawing.made_data import Recipe, make", "from conformance.judging.single_case import judge_case", "",
    ]  # fmt: skip
    if before:
        told += ["before = [  # it fails only after these calls", *[f"    {each!r}," for each in before], "]"]
        told += ["for each in before:", f"    judge_case(each, {backend!r})"]
    told.append(f"case = {case!r}")
    if runs > 1:
        told += [f"runs = [judge_case(case, {backend!r}, declared=False) for _ in range({runs})]  # it fails in some of them",
                 "found = next(filter(None, runs), [])", "print(sum(map(bool, runs)), 'of', len(runs), 'runs fail')"]  # fmt: skip
    else:
        told.append(f"found = judge_case(case, {backend!r}, declared=False)")
    told += ['print(*found, sep="\\n")', 'print("differ" if found else "same")', "raise SystemExit(1 if found else 0)", ""]
    return "\n".join(told)
