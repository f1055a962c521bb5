"""What the scripts of all backends have in common: the function that makes the call, and the comparison of what both sides gave.

Every script makes the call on both sides, prints what both gave, says ``same`` or ``differ``, and ends with status 0 or 1. What is compared is
what the failure is about: the worst element against the bound of its contract, the strides, the words of an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

from ..cases.case import Case, leaves_of
from ..cases.deviation import Deviation
from ..judging.comparators import GLOBAL_STATE
from .difference_kinds import number
from .script_text import call_lines, leaf_name, number_text, on_cpu, tensor_lines
from .sequence_scripts import about_several_calls, holds, sequence_lines

_WEIGHTS = "[1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 1.5, -0.75]"
TENSORS = '''
def tensors(r):
    return [r] if hasattr(r, "stride") else [t for item in r for t in tensors(item)] if isinstance(r, (tuple, list)) else []
'''
PLAIN = '''
def plain(r):
    return r.tolist() if hasattr(r, "tolist") else [plain(item) for item in r] if isinstance(r, (tuple, list)) else r
'''
FLAT = '''
def flat(r):
    return [x for item in r for x in flat(item)] if isinstance(r, (tuple, list)) else [r]
'''
_NUMBERS = '''
def numbers(gradient):
    values = [] if gradient is None else gradient.clone().reshape(-1).tolist()
    return [part for v in values for part in ((v.real, v.imag) if isinstance(v, complex) else (v,))]
'''
GRADIENTS = f'''
def gradients(lib, outputs, leaves, create_graph, salt):
    numbered = [(n, t) for n, t in enumerate(outputs) if t is not None and t.requires_grad]
    w = [weights(lib, t, salt + n).requires_grad_(create_graph) for n, t in numbered]
    outputs = [t for _, t in numbered]
    found = lib.autograd.grad(outputs, leaves, w, create_graph=create_graph, allow_unused=True) if outputs else []
    leaves += w  # in which the gradients are differentiated again
    return found


def weights(lib, t, salt):
    w = {_WEIGHTS}
    values = [complex(w[(3 * i + salt) % 8], w[(i + salt + 5) % 8]) if t.is_complex() else w[(3 * i + salt) % 8] for i in range(t.numel())]
    return lib.tensor(values, dtype=t.dtype, device=t.device).reshape(t.shape)
'''
_DENSE = "    return lib.tensor(values, dtype=t.dtype, device=t.device).reshape(t.shape)\n"
# How cotangents lie in memory.
COTANGENTS = {
    "dense": _DENSE,
    "strided": """    spread = lib.zeros([2 * n for n in t.shape][::-1], dtype=t.dtype, device=t.device).permute(list(range(t.dim()))[::-1])
    spread = spread[tuple([slice(1, None, 2)] * t.dim())]
    return spread.copy_(lib.tensor(values, dtype=t.dtype, device=t.device).reshape(t.shape))
""",
    "expanded": "    return lib.tensor(values, dtype=t.dtype, device=t.device)[:1].reshape([min(n, 1) for n in t.shape]).expand(t.shape)\n",
    "repeated": """    last = max([d for d, n in enumerate(t.shape) if n > 1], default=-1)
    rest = [1 if d == last else n for d, n in enumerate(t.shape)]
    some = lib.tensor(values, dtype=t.dtype, device=t.device)[: t.numel() // (t.shape[last] if last >= 0 else 1)]
    return some.reshape(rest).expand(t.shape)
""",
}
HELPERS = (TENSORS, PLAIN, FLAT, _NUMBERS, GRADIENTS)


@dataclass(frozen=True)
class Side:
    """One side of a script: what it is called, its imports, and the arguments of ``result`` that stand for it."""

    name: str
    imports: str
    arguments: str


def assemble(case: Case, deviation: Deviation, torch_side: Side, own_side: Side, on_device: bool = False) -> str:
    """The script for two modules with torch's names: one function that both run, and the comparison."""
    parameters = "lib, device" if on_device else "lib"
    body = sequence_lines(case, deviation, on_device) if about_several_calls(deviation) else _body(case, deviation, on_device)
    function = "\n".join([f"def result({parameters}):", *("    " + line for line in body)])
    imports = f"{torch_side.imports}\n{own_side.imports}"
    helpers = [helper.replace(_DENSE, COTANGENTS[case.cotangents]) for helper in HELPERS]
    return with_imports(imports, helpers, function if on_device else on_cpu(function), comparison(deviation, torch_side, own_side))


def with_imports(imports: str, helpers: Sequence[str], function: str, end: str) -> str:
    """The whole of a script, with no more imports and helpers than its lines use."""
    used = [helper.strip() for helper in helpers if re.search(rf"\b{_name(helper)}\b", function + end)]
    everything = "\n".join([*used, function, end])
    needed = ["import operator"] if "operator." in everything else []
    needed += dict.fromkeys(imports.splitlines())
    words = [word for word in ("inf", "nan") if re.search(rf"\b{word}\b", everything)]
    needed += [f"from math import {', '.join(words)}"] if words else []
    return "\n\n\n".join(["\n".join(needed), *used, function, end]) + "\n"


def _name(helper: str) -> str:
    return helper.strip().removeprefix("def ").partition("(")[0]


def _body(case: Case, deviation: Deviation, on_device: bool) -> list[str]:
    """The lines of ``result``."""
    about = deviation.property
    made, names, storages = tensor_lines(case, on_device, storages=about == "purity")
    lines = [f"lib.manual_seed({case.seed})"] if case.seed is not None else []
    lines += made
    call = call_lines(case, names)
    if about in ("errors", "crash"):  # of a crash: torch may refuse what the backend does not survive
        call = ["try:", *("    " + line for line in call), "except Exception as error:", "    return type(error).__name__, str(error)"]
        return [*lines, *call, 'return "a result", ""']
    if about == "determinism":
        return [*lines, *call, "return plain(r)"]
    if about == "layout":
        copies = [f"{name} = {name}.contiguous().clone() if plain_layout else {name}" for name in dict.fromkeys(names.values())]
        return [*lines, *copies, *call, "return [t.tolist() for t in tensors(r)]"]
    if about == "gradients":
        return [*lines, *call, *_gradient_lines(case, names)]
    if about == "aliasing":
        arguments = ", ".join(dict.fromkeys(names.values()))
        shown = ["found = tensors(r)",
                 "storages = [t.untyped_storage() for t in [*arguments, *found]]",
                 "blocks = [s.data_ptr() or getattr(s, '_cdata', id(s)) for s in storages]  # of no elements there is no address",
                 "shared = [[a == b for a in blocks] for b in blocks]",
                 "same_object = [[t is a for a in arguments] for t in found]",
                 "return shared, same_object, [t.storage_offset() for t in found]"]  # fmt: skip
        return [*lines, *call, f"arguments = [{arguments}]", *shown]
    if deviation.rule == GLOBAL_STATE:
        found = "[str(lib.get_default_dtype())[-7:], lib.is_grad_enabled(), lib.is_inference_mode_enabled()]"
        return [*lines, "try:", *("    " + line for line in call), "except Exception:", "    pass", f"return {found}"]
    if about == "purity":
        before = [] if not case.target or not case.target.requires_grad else ["base"]
        kept = ", ".join([f"{name}.tolist()" for name in [*storages, *before]])
        arguments = ", ".join(dict.fromkeys(names.values()))
        guarded = ["try:", *("    " + line for line in call), "except Exception as error:", "    print(lib.__name__, type(error).__name__, error)"]
        return [*lines, *guarded, f"return [{kept}], [(tuple(t.shape), t.stride(), t.storage_offset()) for t in [{arguments}]]"]
    metadata = {
        "strides": "[t.stride() for t in tensors(r)]", "shape": "[tuple(t.shape) for t in tensors(r)]",
        "dtype": "[str(t.dtype) for t in tensors(r)]",
    }.get(about)  # fmt: skip
    if metadata is not None:
        return [*lines, *call, f"return {metadata}"]
    if deviation.rule.startswith("state of the generator"):
        return [*lines, *call, "return lib.get_rng_state().tolist()"]
    if about == "values" and _element(deviation) is not None:
        return [*lines, *call, "return [t.tolist() for t in tensors(r)]"]
    return [*lines, *call, "return plain(r)"]


def _gradient_lines(case: Case, names: dict[int, str]) -> list[str]:
    leaves = [str(leaf_name(case, spec)) if whole else names[id(spec)] for spec, whole in leaves_of(case)]
    results = "tensors(r[0])" if case.updated() else "tensors(r)"
    outputs = "[base]" if case.target is not None and case.target.requires_grad else results
    listed = "[" + ", ".join(leaves) + "]"
    lines = [
        f"outputs = {outputs}",
        "nodes = [(t.requires_grad, t.grad_fn and t.grad_fn.name()) for t in tensors(r)]",
        f"leaves = {listed}",
        "try:",
        f"    first = gradients(lib, outputs, leaves, {case.grad > 1}, 0)",
    ]
    if case.grad > 1:
        lines.append("    second = gradients(lib, first, leaves, False, 3)")
    lines += ["except Exception as error:", "    return nodes, type(error).__name__, str(error)"]
    return [*lines, f"return nodes, [[numbers(g) for g in order] for order in (first, {'second' if case.grad > 1 else '[]'})]"]


# -- the comparison ------------------------------------------------------------------------------


def _element(deviation: Deviation) -> tuple[int, str] | None:
    """The worst element and what it should be, of a failure that is held against a bound."""
    element = deviation.details.get("element")
    return None if element is None or not deviation.expected else (int(element), _literal(deviation.expected))


def _literal(text: str) -> str:
    """A number as it was printed, as source: Python prints ``(1+nanj)``, and does not read it."""
    value = number(text) if "j" in text else None
    return text if value is None else number_text(value)


def allowed(deviation: Deviation) -> float | None:
    """How far the worst element may be from what it should be, as a number; None where it must be equal."""
    units, a, b = deviation.details.get("units"), number(deviation.expected), number(deviation.got)
    if not isinstance(units, float) or not 0 < units < float("inf") or a is None or b is None:
        return None
    distance = abs(a - b)
    return distance / units if 0 < distance < float("inf") else None


def comparison(deviation: Deviation, torch_side: Side, own_side: Side) -> str:
    """The end of a script: run both sides, print, compare, exit."""
    about = deviation.property
    run = lambda side: f"result({side.arguments})"  # noqa: E731
    if about_several_calls(deviation):
        setup = [f"expected = {run(torch_side)}", f"got = {run(own_side)}"]
        return _verdict(setup, [("torch", "expected"), (own_side.name, "got")], holds(deviation))
    if about == "determinism":
        setup = [f"first, second = {run(own_side)}, {run(own_side)}"]
        return _verdict(setup, [("once", "first"), ("again", "second")], "repr(first) == repr(second)")
    if about == "layout":
        setup = ["plain_layout = False", f"drawn = {run(own_side)}", "plain_layout = True", f"contiguous = {run(own_side)}"]
        same, bound = "repr(drawn) == repr(contiguous)", allowed(deviation)
        if bound is not None:  # both may be off by what the contract allows, in opposite directions
            of = f"[{deviation.details.get('output', 0)}])[{deviation.details['element']}]"
            setup.append(f"worst, other = flat(drawn{of}, flat(contiguous{of}")
            same = f"repr(worst) == repr(other) or abs(worst - other) <= {bound!r}"
        return _verdict(setup, [("drawn layout", "drawn"), ("contiguous", "contiguous")], same)
    if about == "values" and torch_side.arguments == own_side.arguments and _element(deviation) is not None:  # a finding about torch
        return _element_verdict(deviation, [f"got = {run(own_side)}"], [(own_side.name, "got")])
    setup = [f"expected = {run(torch_side)}"]
    if about == "crash":
        setup.append("print('torch:', expected, flush=True)")
        if deviation.rule == "hang":
            setup += ["import faulthandler", "faulthandler.dump_traceback_later(20, exit=True)"]
    setup.append(f"got = {run(own_side)}")
    shown = [("torch", "expected"), (own_side.name, "got")]
    if about == "values" and _element(deviation) is not None:
        return _element_verdict(deviation, setup, shown)
    if about == "gradients" and "allowed" in deviation.details:
        return _gradient_verdict(deviation, setup, shown)
    same = "repr(got) == repr(expected)"
    if about == "errors" and deviation.rule != "message":
        same = "(got[0] == 'a result') == (expected[0] == 'a result')" if deviation.rule == "whether it raises" else "got[0] == expected[0]"
    return _verdict(setup, shown, same)


def _verdict(setup: list[str], shown: list[tuple[str, str]], same: str) -> str:
    printed = [f'print("{name}:", {value})' for name, value in shown]
    return "\n".join([*setup, *printed, f"same = {same}", 'print("same" if same else "differ")', "raise SystemExit(0 if same else 1)"])


def _element_verdict(deviation: Deviation, setup: list[str], shown: list[tuple[str, str]]) -> str:
    """The worst element is held against what it should be, with the contract's bound at this input."""
    place, right = _element(deviation) or (0, "0")
    source = deviation.details.get("reference", "torch's result")
    bound = allowed(deviation)
    of = f"[{deviation.details.get('output', 0)}])[{place}]"
    setup = [*setup, f"right = {right}  # {source}, element {place}", f"worst = flat(got{of}"]
    same = "repr(worst) == repr(right)"
    if bound is not None:
        setup.append(f"allowed = {bound!r}  # {deviation.rule.partition(' around')[0]} at this input")
        same += " or abs(worst - right) <= allowed"
    if ("torch", "expected") in shown:  # who has what torch has is not at fault
        same += f" or repr(worst) == repr(flat(expected{of})"
    if place > 500:  # of a large result
        shown = [(name, f"str({value})[:2000]") for name, value in shown]
    shown = [*shown, ("worst element", 'worst, "for", right')]
    return _verdict(setup, shown, same)


def _gradient_verdict(deviation: Deviation, setup: list[str], shown: list[tuple[str, str]]) -> str:
    order = 1 if deviation.rule.startswith("second") else 0
    number, place = (int(part.split()[-1]) for part in deviation.rule.split(", ")[1:3])
    details = deviation.details
    setup = [
        *setup, f"right = {_literal(repr(details['exact']))}  # the gradient in float64",
        f"allowed = {details['allowed']!r}  # at this input",
        f"theirs, worst = (side[1][{order}][{number}][{place}] for side in (expected, got))",
    ]  # fmt: skip
    same = "repr(worst) == repr(theirs) or min(abs(worst - right), abs(worst - theirs)) <= allowed"
    return _verdict(setup, [*shown, ("worst element", 'worst, "for", theirs')], same)
