"""Scripts about several calls: a result that is kept while others are made, a tensor that is written after it was saved, gradients that add up."""

from __future__ import annotations

from ..cases.case import Case, iterate_tensors
from ..cases.companions import companions
from ..cases.deviation import Deviation
from ..catalogue import TABLE
from ..judging.state import ADDED_UP, RULES, SAVED
from .script_text import call_lines, tensor_lines


def about_several_calls(deviation: Deviation) -> bool:
    return deviation.rule in RULES


def sequence_lines(case: Case, deviation: Deviation, on_device: bool) -> list[str]:
    """The lines of ``result``; :func:`holds` says what must be true of it."""
    made, names, _ = tensor_lines(case, on_device)
    call = call_lines(case, names)
    if deviation.rule == SAVED:
        written = [case.target, *iterate_tensors(case.kwargs.get("out"))]
        target = next(names[id(spec)] for spec in case.tensors() if any(spec is other for other in written))
        return [
            *made, f"ones = lib.ones(tuple({target}.shape), device={target}.device, requires_grad=True)", f"product = ones * {target}", *call, "try:",
            "    lib.autograd.grad([product], [ones], [lib.ones_like(product)])", "except Exception as error:", "    return type(error).__name__",
            'return "no error"',
        ]  # fmt: skip
    if deviation.rule == ADDED_UP:
        leaves = "[" + ", ".join([names[id(spec)] for spec in case.tensors() if spec.requires_grad]) + "]"
        passes = [*call, "outputs = [t for t in tensors(r) if t.requires_grad]",
                  "lib.autograd.backward(outputs, [weights(lib, t, n) for n, t in enumerate(outputs)])"]  # fmt: skip
        return [
            *made, *call, f"once = gradients(lib, tensors(r), {leaves}, False, 0)", *passes, *passes,
            "twice = [None if g is None else [2 * v for v in numbers(g)] for g in once]",
            f"return [None if t.grad is None else numbers(t.grad) for t in {leaves}], twice",
        ]  # fmt: skip
    others = companions(case, TABLE[case.operation].fatal if case.operation in TABLE else None)
    lines = _function("first", made, call)
    for number, other in enumerate(others):
        lines += _function(f"other{number}", tensor_lines(other, on_device)[0], call_lines(other, tensor_lines(other, on_device)[1]))
    held = [line for number in range(len(others)) for line in ("try:", f"    held.append(other{number}())", "except Exception:", "    pass")]
    return [
        *lines, "kept = first()", "before = plain(kept)", "held = []", *held, "after = plain(kept)", "again = first()",
        "block = lambda t: t.untyped_storage().data_ptr()",
        "shared = {block(t) for t in tensors(kept) if t.numel()} & {block(t) for t in tensors([*held, again]) if t.numel()}",
        "return before, after, plain(again), bool(shared)",
    ]  # fmt: skip


def _function(name: str, made: list[str], call: list[str]) -> list[str]:
    return [f"def {name}():", *("    " + line for line in [*made, *call, "return r"]), ""]


def holds(deviation: Deviation) -> str:
    """What is true of ``got`` (and ``expected``) where nothing is wrong."""
    if deviation.rule == SAVED:
        return "got == expected"
    if deviation.rule == ADDED_UP:
        return "repr(got[0]) == repr(got[1])"
    return "repr(got[0]) == repr(got[1]) == repr(got[2]) and not got[3]"
