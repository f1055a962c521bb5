"""Comparing two outcomes property by property: errors, structure, dtype, shape, strides, aliasing, purity.

Values and gradients need a contract and a reference: see :mod:`conformance.judging.judge` and :mod:`conformance.judging.gradients`. Every
function here returns deviations and knows nothing of backends.
"""

from __future__ import annotations

import re
from typing import Any, Iterator

from ..accuracy.number_formats import decode
from ..cases.case import ITEMSIZE, Case, TensorSpec, contiguous_strides, element_offsets, iterate_tensors
from ..cases.deviation import Deviation
from ..execution.call_recorder import DIED
from ..execution.outcomes import Gradients, Outcome, Output

_TRACE = re.compile(r"\nException raised from .*?(\"?)$", re.DOTALL)  # torch may close a quotation behind it
GLOBAL_STATE = "the global state afterwards"
ARGUMENTS = "metadata of the arguments"
STRUCTURE = "result"  # the rule of a result that is nested otherwise, or of one that is no tensor
# Where in torch's sources a check stands that is made with a macro of the allocator's, or that should never be reached.
_ENFORCED = re.compile(r"^\[enforce fail at [\w.]+:\d+\] err == 0\. |"
    r"^false INTERNAL ASSERT FAILED at \"[^\"]*\":\d+, please report a bug to PyTorch\. ")
_POINTERS = re.compile(r"0x[0-9a-f]+")
# The device in torch's name of a kind of tensor: CPUFloatType, MetaBoolType.
_DEVICE = re.compile(r"\b[A-Z]\w*?(?=(?:Bool|Byte|Char|Short|Int|Long|Half|BFloat16|Float|Double|Complex(?:Half|Float|Double))Type\b)")
# Messages about calls that fit no signature, where the words follow from how torch's bindings happen to be generated (how many
# overloads there are, whether the function is written in C): the type must be the same, the words need not, but for how many are too many.
_BINDING = re.compile(r"invalid combination of arguments|takes no (keyword )?arguments|takes exactly \w+ argument|"
    r"takes (from \w+ to )?\w+ positional arguments?|^Tensor\.\w+\(\) ")
_COUNTED = re.compile(r"takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were) given")


def normalise_message(message: str) -> str:
    """A message without what no specification can fix: the trace of a C++ stack, a place in torch's sources, addresses, the device of a tensor
    that is described, surrounding blanks."""
    return _DEVICE.sub("", _POINTERS.sub("0x", _TRACE.sub(r"\1", _ENFORCED.sub("", message)))).strip()


def same_message(expected: tuple[str, str], got: tuple[str, str]) -> bool:
    """Whether two errors of the same type say the same."""
    if expected[0] == "TypeError" and _BINDING.search(expected[1]):
        counted = [found for message in (expected[1], got[1]) if (found := _COUNTED.search(message))]
        return len({int(found[2]) - int(found[1]) for found in counted}) < 2  # of a method written in Python the tensor counts as well
    return normalise_message(expected[1]) == normalise_message(got[1])


def compare_errors(expected: Outcome, got: Outcome, messages: bool = True, types: bool = True) -> Deviation | None:
    """Both succeed, or both raise: the same type (``types``) with the same message (``messages``)."""
    if expected.error is None and got.error is None:
        return None
    if got.error is not None and got.error[0] == DIED:
        rule, _, text = got.error[1].partition(": ")
        return Deviation("crash", rule, _error_text(expected), text)
    if got.error is not None and got.error[0] == "MemoryError" and expected.error is None:
        return Deviation("crash", "out of memory", _error_text(expected), _error_text(got))
    if expected.error is None or got.error is None:
        return Deviation("errors", "whether it raises", _error_text(expected), _error_text(got))
    if not types:
        return None
    if expected.error[0] != got.error[0]:
        return Deviation("errors", "exception type", _error_text(expected), _error_text(got))
    if messages and not same_message(expected.error, got.error):
        return Deviation("errors", "message", _error_text(expected), _error_text(got))
    return None


def _error_text(outcome: Outcome) -> str:
    return "a result" if outcome.error is None else f"{outcome.error[0]}: {outcome.error[1]}"


def compare_structures(expected: Outcome, got: Outcome) -> Deviation | None:
    """The same nesting of tuples and lists, and equal results that are no tensors."""
    if _equal_structure(expected.structure, got.structure):
        return None
    return Deviation("values", STRUCTURE, describe_structure(expected.structure), describe_structure(got.structure))


def _equal_structure(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 3:
        same_kind = a[0] == b[0] and a[1] == b[1]
        return same_kind and len(a[2]) == len(b[2]) and all(_equal_structure(x, y) for x, y in zip(a[2], b[2], strict=True))
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and str(a) == str(b))
    if isinstance(a, complex):
        return _equal_structure(a.real, b.real) and _equal_structure(a.imag, b.imag)
    return bool(a == b)


def describe_structure(value: Any) -> str:
    if isinstance(value, tuple) and len(value) == 3 and isinstance(value[2], list):
        return f"{value[0]}({', '.join(describe_structure(item) for item in value[2])})"
    return value if isinstance(value, str) else repr(value)


def compare_metadata(expected: Output, got: Output, strides: bool = True) -> Iterator[Deviation]:
    """dtype, shape and strides of one result. Yields at most one deviation: what follows from it is not repeated."""
    a, b = expected.reading, got.reading
    if a.dtype != b.dtype:
        yield Deviation("dtype", "result dtype", a.dtype, b.dtype)
    elif a.shape != b.shape:
        yield Deviation("shape", "result shape", str(a.shape), str(b.shape))
    elif strides and a.strides != b.strides:
        yield Deviation("strides", "result strides", str(a.strides), str(b.strides),
                        {"shape": a.shape, "strides": (a.strides, b.strides)})


def compare_aliasing(expected: Output, got: Output, offsets: bool = True) -> Deviation | None:
    """Results share the storage of the same argument, at the same offset (``offsets``: if it can be read), and are the same objects."""
    if expected.alias != got.alias:
        return Deviation("aliasing", "whose storage it is", describe_alias(expected.alias), describe_alias(got.alias))
    if expected.same_object != got.same_object:
        return Deviation("aliasing", "which argument is returned", describe_object(expected.same_object), describe_object(got.same_object))
    if offsets and expected.reading.offset != got.reading.offset:
        return Deviation("aliasing", "storage offset", str(expected.reading.offset), str(got.reading.offset))
    return None


def describe_object(argument: int | None) -> str:
    return "a tensor object of its own" if argument is None else f"argument {argument} itself"


def describe_alias(alias: tuple[Any, ...]) -> str:
    return "new memory" if alias[0] == "new" else f"memory of {alias[0]} {alias[1]}"


def writable_bytes(case: Case, after: Outcome | None = None) -> dict[int, set[int]]:
    """The elements that a call may write, as byte positions for each buffer: those of its target and of ``out=``, the latter
    also where torch put them if it gave them another shape (``after``)."""
    places: dict[int, set[int]] = {}
    targets: list[TensorSpec] = list(iterate_tensors(case.kwargs.get("out")))
    if case.target is not None:
        targets.append(case.target)
    targets += case.updated()
    if after is not None and len(after.metadata) == len(case.tensors()):
        moved = zip(case.tensors(), after.metadata, strict=True)
        targets += [
            TensorSpec(spec.buffer, dtype, shape, strides, offset)
            for spec, (dtype, shape, strides, offset) in moved
            if (shape, strides, offset) != (spec.shape, spec.strides, spec.offset)
        ]
    for spec in targets:
        size = ITEMSIZE[spec.dtype]
        cells = places.setdefault(spec.buffer, set())
        if spec.strides == contiguous_strides(spec.shape):
            cells.update(range(spec.offset * size, (spec.offset + spec.numel) * size))
            continue
        for place in element_offsets(spec.shape, spec.strides, spec.offset):
            cells.update(range(place * size, (place + 1) * size))
    return places


def compare_global_state(expected: Outcome, got: Outcome) -> Deviation | None:
    """The default dtype, the grad mode and the rest of what is global, right after the call; what one side does not tell is not compared."""
    if expected.global_state is None or got.global_state is None:
        return None
    pairs = zip(expected.global_state, got.global_state, strict=True)
    if all(a == b or a is None or b is None for a, b in pairs):
        return None
    return Deviation("purity", GLOBAL_STATE, str(expected.global_state), str(got.global_state))


def compare_purity(case: Case, expected: Outcome, got: Outcome, strides: bool = True) -> Iterator[Deviation]:
    """Inputs, their metadata, and the bytes between strides are as before, wherever torch leaves them so.

    ``strides``: the backend's strides and offsets can be read; otherwise metadata is dtype and shape."""
    allowed: dict[int, set[int]] | None = None  # costly, and seldom needed
    if expected.error is not None:
        # What a failed call leaves in ``out`` (torch may have resized it by then) is nobody's business; inputs are.
        outs = {spec.buffer for spec in iterate_tensors(case.kwargs.get("out"))}
        for number, before in enumerate(case.buffers):
            if number not in outs and got.buffers[number] not in (before, expected.buffers[number]):
                yield Deviation("purity", f"buffer {number} after an error", "unchanged", "written")
        return
    for number, before in enumerate(case.buffers):
        after, torch_after = got.buffers[number], expected.buffers[number]
        if after == before:
            if torch_after != before and number not in (allowed := writable_bytes(case, expected) if allowed is None else allowed):
                yield Deviation("purity", f"buffer {number}", "written", "unchanged")
            continue
        if torch_after == after:
            continue
        if len(after) != len(torch_after):
            yield Deviation("purity", f"size of storage {number}", f"{len(torch_after)} bytes", f"{len(after)} bytes")
            continue
        allowed = writable_bytes(case, expected) if allowed is None else allowed
        cells = allowed.get(number, set())
        changed = [i for i in range(min(len(before), len(after))) if i not in cells and after[i] != before[i] and after[i] != torch_after[i]]
        if changed:
            what = "an input or the bytes between its strides"
            yield Deviation("purity", what, "unchanged", f"byte {changed[0]} of buffer {number} changed ({len(changed)} in all)")
    kept = None if strides else 2
    if [entry[:kept] for entry in expected.metadata] != [entry[:kept] for entry in got.metadata]:
        details = {"metadata": (expected.metadata, got.metadata)}
        yield Deviation("purity", ARGUMENTS, str(expected.metadata), str(got.metadata), details)


def all_zero(gradient: tuple[str, tuple[int, ...], bytes] | None) -> bool:
    """Whether a gradient is none, or nothing but zeros."""
    return gradient is None or not any(decode(gradient[2], gradient[0]))


def compare_gradient_metadata(order: str, expected: Gradients, got: Gradients) -> Deviation | None:
    """The same gradients exist, with the same dtype and shape, or the same error came. Of a second derivative that is zero one may know it, and the
    other compute it."""
    if expected.error is not None or got.error is not None:
        if expected.error and got.error and expected.error[0] == got.error[0] and same_message(expected.error, got.error):
            return None
        return Deviation("gradients", "error", str(expected.error), str(got.error))
    if len(expected.values) != len(got.values):
        return Deviation("gradients", "number", str(len(expected.values)), str(len(got.values)))
    for a, b in zip(expected.values, got.values, strict=True):
        if (a is None) != (b is None) and not (order == "second" and all_zero(a or b)):
            return Deviation("gradients", "existence", "None" if a is None else "a gradient", "None" if b is None else "a gradient")
        if a is not None and b is not None and a[:2] != b[:2]:
            return Deviation("gradients", "dtype and shape", str(a[:2]), str(b[:2]))
    return None
