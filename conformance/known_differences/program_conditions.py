"""When an entry of :mod:`.in_programs` explains the difference that a program ends in."""

from __future__ import annotations

import ast
import math
import re
from functools import partial
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Iterator

import refimpl

from ..accuracy.number_formats import FORMATS, decode

if TYPE_CHECKING:  # this room stands below that of the programs
    from ..programs.comparing import Difference
    from ..programs.observing import Seen
    from ..programs.program import Program
    from ..programs.running import LastStatement

ASSERTION = "INTERNAL ASSERT FAILED"  # as torch says of itself
_OVERLAP = "some elements of the input tensor and the written-to tensor refer to a single memory location"
_SHARED = "more than one element of the written-to tensor refers to a single memory location"
_OF_VALUES = ("values", "text", "plain value")
_OF_GRAPHS = ("requires_grad", "grad_fn", "is_leaf", "grad", "output_nr")
_WRITES = re.compile(r"out=|\w_\(|[^=!<>]=(?!=)")


def named(program: Program, difference: Difference, last: LastStatement) -> dict[str, Seen]:
    """The tensors that the last statement names, as torch shows them before it."""
    names = re.findall(r"\w+", program.statements[difference.place].text)
    return {name: seen for name, seen in last.before.items() if name in names and not isinstance(seen, str)}


def places(seen: Seen) -> list[int]:
    """The bytes of the storage at which the elements of a tensor begin, in row-major order."""
    fields = seen.fields
    if "shape" not in fields:
        return []
    size = _SIZES[fields["dtype"]]
    steps = [range(0, length * stride, stride) if stride else [0] * length for length, stride in zip(fields["shape"], fields["stride()"])]
    return [size * (fields["storage_offset()"] + sum(index)) for index in product(*steps)]


_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8,
    "complex128": 16,
}  # fmt: skip


def shared_elements(program: Program, difference: Difference, last: LastStatement) -> bool:
    """Something is written some of whose elements share memory with each other, or with another tensor at other places.

    torch looks for that where it is cheap to find; what one library refuses, the other may do.
    """
    if difference.observable in ("raises", "does not raise"):
        return any(_SHARED in text or _OVERLAP in text for text in (difference.got, difference.expected)) and (
            difference.observable == "raises" or _written_in_part(program, difference, last))
    return difference.observable in _OF_VALUES and _written_in_part(program, difference, last)


def _written_in_part(program: Program, difference: Difference, last: LastStatement) -> bool:
    if not _WRITES.search(program.statements[difference.place].text):
        return False
    tensors = list(_views(program, difference, last))
    if any(len(set(where)) < len(where) for _, where in tensors):
        return True
    return any(a == b and here != there and set(here) & set(there) for (a, here), (b, there) in combinations(tensors, 2))


def _views(program: Program, difference: Difference, last: LastStatement) -> Iterator[tuple[Any, list[int]]]:
    """What the last statement says of tensors: the storage, and where in it the elements lie of each tensor or view of one that stands there."""
    tensors = named(program, difference, last)
    where = {name: places(seen) for name, seen in tensors.items()}

    def found(node: ast.AST) -> Iterator[tuple[Any, list[int]]]:
        if isinstance(node, ast.Name) and node.id in where:
            yield tensors[node.id].storage, where[node.id]
            return
        view = None
        if isinstance(node, (ast.Subscript, ast.Call, ast.Attribute)) and _WRITES.search(ast.unparse(node)) is None:
            view = next((seen for seen in map(partial(viewed, ast.unparse(node)), where) if seen is not None), None)
        if view is not None:
            yield view
            return
        for child in ast.iter_child_nodes(node):
            yield from found(child)

    def viewed(text: str, name: str) -> tuple[Any, list[int]] | None:
        """The expression as a view of the tensor of this name: its value for a tensor whose elements are their places."""
        if name not in re.findall(r"\w+", text):
            return None
        stand_in = refimpl.tensor(where[name], dtype=refimpl.int64).reshape(tensors[name].fields["shape"])
        try:
            value = eval(text, {"torch": refimpl, name: stand_in})
        except Exception:  # noqa: BLE001  (it says more than one tensor, or is nothing for integers)
            return None
        if not isinstance(value, refimpl.Tensor) or value.untyped_storage().data_ptr() != stand_in.untyped_storage().data_ptr():
            return None
        return tensors[name].storage, value.reshape(-1).tolist()

    try:
        yield from found(ast.parse(program.statements[difference.place].text))
    except SyntaxError:
        return


def into_its_input(program: Program, difference: Difference, last: LastStatement) -> bool:
    """The last statement puts a result that is not made element by element into memory from which it reads, or two results into one: torch reads what
    it has overwritten, or finds dimensions that it has changed, or the backend refuses."""
    found = _NOT_BY_ELEMENT.search(program.statements[difference.place].text)
    if found is None:
        return False
    if difference.observable not in ("values", "text", "shape", "stride()", "does not raise", "error type") and not (
            difference.observable == "raises" and _OVERLAP in difference.got):
        return False
    inputs, outs = (re.findall(r"\w+", text) for text in found.groups())
    storages = [getattr(last.before.get(name), "storage", None) for name in outs]  # only what is seen of a tensor has one
    written = [storage for storage in storages if storage is not None]
    return len(set(written)) < len(written) or any(getattr(last.before.get(name), "storage", None) in written for name in inputs)


_NOT_BY_ELEMENT = re.compile(
    r"torch\.(?:sum|matmul|mm|cat|stack|hstack|vstack|max|min|sort|topk|prod|mean|all|any|argmax|index_select|gather|masked_select|nonzero)"
    r"\((.*), out=(\(.*\)|[^()]*)\)")  # fmt: skip


def written_before_refused(program: Program, difference: Difference, last: LastStatement) -> bool:
    """A statement that both libraries refuse has written something on torch, or forgotten a gradient of what it meant to write."""
    text = program.statements[difference.place].text
    return difference.observable in (*_OF_VALUES, "shape", "stride()", "_version", "grad") and last.raised and _WRITES.search(text) is not None


def data_of_inference(program: Program, difference: Difference, last: LastStatement) -> bool:
    """What a tensor that was made in inference mode shows after its ``data`` was assigned, and what is made of it."""
    texts = [s.text for s in program.statements]
    if not any(_ASSIGNS_DATA.search(text) for text in texts) or not any("inference_mode" in text for text in texts):
        return False
    return difference.observable in ("text", "is_inference()", "_version", "raises", "does not raise", *_OF_GRAPHS)


# A module that is converted assigns the data of its parameters.
_ASSIGNS_DATA = re.compile(r"\.data = |\bnet\d+\.(?:to|double|float|half|bfloat16|type)\(")


def graph_of_inference(program: Program, difference: Difference, last: LastStatement) -> bool:
    """The last statement computes with an inference tensor that requires grad."""
    def requires(seen: Seen) -> bool:
        return seen.fields["is_inference()"] is True and seen.fields["requires_grad"] is True

    if difference.observable in ("raises", "does not raise") and not any(
            words in difference.got + difference.expected for words in ("nference", "functions with out=...")):
        return False
    watched = difference.observable in (*_OF_GRAPHS, "_version", "raises", "does not raise")
    return watched and any(map(requires, _reached(program, difference, last)))


def _reached(program: Program, difference: Difference, last: LastStatement) -> list[Seen]:
    """The tensors that the last statement names, and those in the modules and containers that it names."""
    names = set(re.findall(r"\w+", program.statements[difference.place].text))
    return [seen for path, seen in last.before.items() if not isinstance(seen, str) and names & {re.split(r"\W", path)[0]}]


def beyond_the_numbers(program: Program, difference: Difference, last: LastStatement) -> bool:
    """Values that differ where torch's is NaN or infinite and has, as a complex number, another part."""
    if difference.observable != "values":
        return False
    parts = any(seen.fields["dtype"] in _COMPLEX for seen in _reached(program, difference, last) if "dtype" in seen.fields)
    pairs = list(zip(_complex_numbers(difference.expected, parts), _complex_numbers(difference.got, parts)))
    return bool(pairs) and all(x == y or not (math.isfinite(x.real) and math.isfinite(x.imag)) for x, y in pairs)


_COMPLEX = ("complex64", "complex128")


def _complex_numbers(text: str, parts: bool) -> list[complex]:
    """The complex numbers of a list, which may have their ``parts`` one by one."""
    found = [part.strip(" []()") for part in text.split(", ")]
    try:
        if parts and not any(part.endswith("j") for part in found):
            return [complex(float(real), float(imag)) for real, imag in zip(found[::2], found[1::2], strict=True)]
        return [complex(part) for part in found] if any(part.endswith("j") for part in found) else []
    except ValueError:
        return []


def real_into_complex(program: Program, difference: Difference, last: LastStatement) -> bool:
    """A backward pass that torch refuses because a gradient is complex that belongs to a real tensor."""
    return difference.observable == "does not raise" and "isFloatingType(grad.scalar_type())" in difference.expected


def hooks_of_an_earlier_view(program: Program, difference: Difference, last: LastStatement) -> bool:
    """A gradient that was kept, or seen by a hook, of a tensor that has become another view in place."""
    texts = [s.text for s in program.statements[: difference.place + 1]]
    changed = {found[1] for text in texts for found in _IN_PLACE_VIEW.finditer(text)}
    hooked = {found[1] for text in texts for found in re.finditer(r"(\w+)\.(?:retain_grad|register_hook)\(", text)}
    return bool(changed & hooked) and difference.observable in ("grad", "shape", "stride()", *_OF_VALUES, "what lives", "_version", "does not raise")


_IN_PLACE_VIEW = re.compile(r"(\w+)\.(?:t_|transpose_|swapaxes_|swapdims_|squeeze_|unsqueeze_|as_strided_)\(")


def internal_assertion(program: Program, difference: Difference, last: LastStatement) -> bool:
    """torch ends in an assertion about itself, in a statement or where a tensor is asked."""
    return ASSERTION in difference.expected


def graph_of_integers(program: Program, difference: Difference, last: LastStatement) -> bool:
    """The last statement computes with a tensor of integers or bools that requires grad."""
    watched = difference.observable in (*_OF_GRAPHS, "raises", "does not raise")
    return watched and any(
        seen.fields["requires_grad"] is True and str(seen.fields.get("dtype")).startswith(("int", "uint", "bool"))
        for seen in _reached(program, difference, last))


def extremes_of_zeros(program: Program, difference: Difference, last: LastStatement) -> bool:
    """A greatest or least number differs in nothing but the signs of zeros."""
    alike = difference.expected.replace("-0.0", "0.0") == difference.got.replace("-0.0", "0.0")
    return difference.observable in _OF_VALUES and alike and _EXTREMES.search(program.statements[difference.place].text) is not None


_EXTREMES = re.compile(r"\b(?:maximum|minimum|max|min|amax|amin|aminmax|fmax|fmin|clamp|clip|clamp_min|clamp_max)_?\(")


def nothing_to_compute(program: Program, difference: Difference, last: LastStatement) -> bool:
    """The last statement is refused for its dtype, and one of its operands has no elements."""
    return difference.observable == "raises" and '" not implemented for \'' in difference.got and any(
        not where for _, where in _views(program, difference, last))


def promoted_to_complex32(program: Program, difference: Difference, last: LastStatement) -> bool:
    """torch promotes to complex32."""
    return difference.observable == "dtype" and (difference.expected, difference.got) == ("complex32", "complex64")


def memory_behind_a_loss(program: Program, difference: Difference, last: LastStatement) -> bool:
    """The last statement reads memory behind the one element of a loss, where torch has computed the loss of each element, or its size."""
    text = program.statements[difference.place].text
    earlier = "\n".join(s.text for s in program.statements[: difference.place])
    losses = set(re.findall(r"(\w+) = torch\.nn\.(?:functional\.\w*(?:_loss|cross_entropy)|\w+Loss)\(", earlier))
    reads = bool(losses & set(re.findall(r"\w+", text)))
    if difference.observable == "plain value" and "nbytes()" in text:
        return reads and int(difference.expected) > int(difference.got)
    return difference.observable == "raises" and reads and "out of bounds for storage of size" in difference.got


def bits_of_nan(program: Program, difference: Difference, last: LastStatement) -> bool:
    """Integers that are the bytes of floating point numbers among which there is a NaN."""
    if difference.observable not in _OF_VALUES or "nan" in difference.expected + difference.got:
        return False
    nans = [seen for seen in last.before.values() if not isinstance(seen, str) and _has_nan(seen)]
    shown = last.before.get(re.split(r"\W", difference.expression)[0])
    if isinstance(shown, str) or shown is None:
        viewed = re.search(r"\bview\((?:dtype=)?torch\.u?int", program.statements[difference.place].text) is not None
        return viewed and any(seen is each for seen in named(program, difference, last).values() for each in nans)
    return any(seen.storage == shown.storage for seen in nans)


def _has_nan(seen: Seen) -> bool:
    dtype = seen.fields.get("dtype", "")
    return seen.data is not None and dtype in FORMATS and any(number != number for number in decode(seen.data, dtype))


def gradient_is_a_view(program: Program, difference: Difference, last: LastStatement) -> bool:
    """A gradient is written that one library's formula has made as a view."""
    if difference.observable not in ("raises", "does not raise") or "created in no_grad mode" not in difference.got + difference.expected:
        return False
    earlier = "\n".join(s.text for s in program.statements[: difference.place])
    targets = " ".join(re.findall(r"^\s*(.*?) = torch\.autograd\.grad\(", earlier, re.M))
    return bool(set(re.findall(r"\w+", targets)) & set(named(program, difference, last)))


def nobody(program: Program, difference: Difference, last: Any) -> bool:
    """What the comparison leaves open itself."""
    return False
