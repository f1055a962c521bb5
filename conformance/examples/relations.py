"""Relations between the tensors of a call: one object twice, one storage, views of one base, ``out=`` that is an input.

A row draws its tensors in buffers of their own. Here a case that a row has drawn is rewritten so that some of its tensors stand in a relation; that
works for any operation with two tensors, ``out=`` or a list of tensors, so that no row has to know of it. Each relation is an input class: a plan
forces it, and a run in which one that applies was never drawn fails.

What a call leaves in memory that it also reads is specified only if that is what it would leave in memory of its own. torch refuses most of
the others; of those that it lets pass, everything but the elements is judged (:attr:`..cases.case.Case.unspecified`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable

from ..backends import find_backend
from ..backends.base import Unsupported
from ..cases.case import (
    COMPLEX,
    EVERY_INTEGER,
    FLOATS,
    ITEMSIZE,
    Case,
    TensorSpec,
    contiguous_strides,
    element_offsets,
    elements,
    iterate_tensors,
    separated,
    spread,
)
from ..catalogue.rows import Operation
from ..drawing.arrangements import BROADCASTS, SQUARE_PERMUTED
from ..drawing.pen import Pen
from ..drawing.values import poison
from ..execution.oracles import ORACLE
from ..execution.outcomes import Outcome, execute, refuses_shared_memory
from . import mixed_dtypes
from .meetings.leaves import of_leaves, some_leaves
from .meetings.replaced import (
    Rewrite,
    element_of_an_operand,
    input_numbers,
    leading_ones,
    not_a_number,
    same_elements,
    size_along_its_dimensions,
    size_of_a_dimension,
    with_tensors,
    zero,
)

DrawPlain = Callable[[tuple[str, ...]], "tuple[Pen, Case]"]
LATER_STRIDED = "later operands strided"
_ATTEMPTS = 16  # at a case in which a relation can hold
_REFUSALS = 4  # that are put up with before one is taken


@dataclass(frozen=True)
class Relation:
    """``rewrite`` gives the case in which the relation holds, or None. ``writes``: the form whose target is one of the tensors, ``"out"`` or
    ``"inplace"``; ``""`` where nothing is written, ``"any"`` where it does not matter. ``refused``: torch raises as a rule. ``fits``: the dtypes of
    the first operand with which it can hold. ``once``: one example is enough, whatever the profile. ``later``: it is drawn after all else, which it
    leaves as it is, in this round, of which the third is drawn in each kind of dtype; ``unless``: one of the classes of
    :mod:`..drawing.arrangements`, of which a row that draws it needs no such call.
    ``taken``: it holds only in calls that torch takes."""

    name: str
    rewrite: Rewrite
    writes: str = ""
    grad: int = 0
    refused: bool = False
    fits: Callable[[str], bool] = lambda dtype: True
    once: bool = False
    later: int = 0
    unless: tuple[str, ...] = ()
    taken: bool = False

    def forms(self, forms: tuple[str, ...]) -> tuple[str, ...]:
        """Those of an operation's forms in which the relation can hold."""
        if self.writes == "any":
            return forms
        if self.writes == "out":
            return ("out",) if "out" in forms else ()
        if self.writes == "inplace" and "inplace" in forms:
            return ("inplace",)
        return tuple([form for form in forms if form not in ("out", "inplace")])

    def holds(self, pen: Pen, case: Case, operation: Operation) -> Case | None:
        """The case rewritten, if it can be."""
        if (self.writes == "inplace") != (case.target is not None) and self.writes != "any":
            return None
        related = self.rewrite(pen, case)
        if related is None or not _survives(related, operation) or self.taken and refused(related):
            return None
        return _padded(related)

    def draw(self, plain: DrawPlain, forms: tuple[str, ...], operation: Operation) -> Case:
        """A case in which the relation holds, one that torch does not refuse if that comes up soon; otherwise one as the row draws it."""
        forms = self.forms(forms) or forms
        refused: list[Case] = []
        always: Case | None = None  # of an operation that torch refuses whatever it is given, such as a move to a device that is not there
        for _ in range(_ATTEMPTS):
            pen, case = plain(forms)
            related = self.holds(pen, case, operation)
            if related is None:
                continue
            related = replace(related, labels=case.labels | {self.name})
            outcome = _on_torch(related)
            if outcome is None:
                continue
            if outcome.error is None:
                return replace(related, unspecified=bool(self.writes) and not specified(related, outcome))
            if self.writes and refuses_shared_memory(outcome) == _fails_apart(related):
                continue  # refused for two reasons; or torch has read what it had written already
            plain_outcome = _on_torch(case)
            if plain_outcome is None or plain_outcome.error is not None:
                always = related if self.writes == "any" else None
                continue  # refused for another reason, too
            refused.append(related)
            if self.refused or len(refused) == _REFUSALS:
                break
        return refused[0] if refused else always or case


def _survives(case: Case, operation: Operation) -> bool:
    """Whether torch survives the call: what the row says, and the layouts and dtypes of ``out=``."""
    if operation.fatal is not None and operation.fatal(case):
        return False
    outs = list(iterate_tensors(case.kwargs.get("out")))
    layouts = "sliced" in operation.out_layouts or all(spec.strides == contiguous_strides(spec.shape) for spec in outs)
    return layouts and all(spec.dtype in operation.out_dtypes for spec in outs)


def _padded(case: Case) -> Case:
    """The case with so much memory behind each ``out=`` that it could be contiguous: some of torch's kernels write as if it were."""
    buffers = list(case.buffers)
    for spec in iterate_tensors(case.kwargs.get("out")):
        missing = spec.offset + spec.numel - len(buffers[spec.buffer]) // ITEMSIZE[spec.dtype]
        buffers[spec.buffer] += poison(spec.dtype) * max(missing, 0)
    return replace(case, buffers=tuple(buffers))


def _on_torch(case: Case) -> Outcome | None:
    try:
        return execute(find_backend(ORACLE), case)
    except Unsupported:
        return None


def refused(case: Case) -> bool:
    """Whether torch refuses a call."""
    outcome = _on_torch(case)
    return outcome is None or outcome.error is not None


def _cells(spec: TensorSpec) -> set[int]:
    return set(element_offsets(spec.shape, spec.strides, spec.offset))


def _same_view(a: TensorSpec, b: TensorSpec) -> bool:
    return (a.shape, a.strides, a.offset) == (b.shape, b.strides, b.offset)


def specified(case: Case, outcome: Outcome) -> bool:
    """Whether the elements that a call writes are specified: it writes no element twice, none of its inputs in part, and if it writes over a whole
    one it gives what it gives on tensors that share no memory."""
    written = [*iterate_tensors(case.kwargs.get("out")), *([] if case.target is None else [case.target])]
    others = [spec for spec in case.tensors() if not any(spec is target for target in written)]
    for target in written:
        if len(_cells(target)) < target.numel:
            return False
        if any(spec.buffer == target.buffer and not _same_view(spec, target) and _cells(spec) & _cells(target) for spec in others):
            return False
    if len({spec.buffer for spec in case.tensors()}) == len(case.tensors()):
        return True
    apart = _on_torch(separated(case))
    if apart is None or apart.error is not None:
        return True
    return [output.reading.data for output in outcome.outputs] == [output.reading.data for output in apart.outputs]


def _fails_apart(case: Case) -> bool:
    """Whether torch refuses the call also on tensors that share no memory."""
    apart = _on_torch(separated(case))
    return apart is None or apart.error is not None


# -- operands -------------------------------------------------------------------------------------------


def _pair(pen: Pen, case: Case, replaced: bool = False) -> tuple[int, int] | None:
    """Two inputs with elements, of one dtype, and alike in whether they require grad; the first is the target of an in-place call. If the second
    is ``replaced`` by the first, it may also be of another float dtype, or another integer one."""
    specs = case.tensors()
    inputs = [number for number in input_numbers(case) if specs[number].numel or specs[number] is case.target]
    firsts = inputs[:1] if case.target is not None else inputs
    alike = [(i, j) for i in firsts for j in inputs if i != j and _kind(specs[i], replaced) == _kind(specs[j], replaced)]
    fitting = [(i, j) for i, j in alike if specs[i].shape == specs[j].shape]
    return pen.choice(fitting or alike) if alike and specs[alike[0][0]].numel else None


def _kind(spec: TensorSpec, loosely: bool) -> tuple[str, bool]:
    group = "integer" if spec.dtype in EVERY_INTEGER else "bool" if spec.dtype == "bool" else "float"
    return group if loosely else spec.dtype, spec.requires_grad


def _same_object(pen: Pen, case: Case) -> Case | None:
    pair = _pair(pen, case, replaced=True)
    return None if pair is None else replace(with_tensors(case, {pair[1]: case.tensors()[pair[0]]}), joined="object")


def _leaf_again(pen: Pen, case: Case) -> Case | None:
    """A leaf stands for an operand that its row makes none, as the target of a loss, too."""
    specs = case.tensors()
    kinds = {number: _kind(spec, True)[0] for number, spec in enumerate(specs)}
    leaves = [number for number in kinds if specs[number].requires_grad]
    pairs = [(i, j) for i in leaves for j in kinds if not specs[j].requires_grad and kinds[i] == kinds[j] and specs[i].shape == specs[j].shape]
    return with_tensors(case, {(pair := pen.choice(pairs))[1]: specs[pair[0]]}) if pairs else None


def _same_storage(pen: Pen, case: Case) -> Case | None:
    """Another view of the same elements: the same one, or with its dimensions reversed; of tensors of other shapes two views that begin at one
    place, each of its own shape."""
    pair = _pair(pen, case, replaced=True)
    if pair is None:
        return None
    spec, other = (case.tensors()[number] for number in pair)
    views = [spec, replace(spec, shape=spec.shape[::-1], strides=spec.strides[::-1])]
    fitting = [view for view in views if view.shape == other.shape]
    if not fitting and spec.dtype == other.dtype and spec.numel and other.numel:
        return _laid_out(case, *pair, lambda n, m: (0, 0, 1))
    fitting = fitting or [spec]
    return with_tensors(case, {pair[1]: replace(pen.choice(fitting))})


def _laid_out(case: Case, i: int, j: int, places: Callable[[int, int], tuple[int, int, int]], last: int = 0) -> Case | None:
    """Two tensors row-major in one new buffer. ``places`` says from their numbers of elements where each begins, and the step between elements;
    where they overlap the elements are the first's, or, with ``last`` 1, the second's: a call may be refused because of one's in the other."""
    first, second = case.tensors()[i], case.tensors()[j]
    if not first.numel or not second.numel:
        return None
    at, beside, step = places(first.numel, second.numel)
    cells = [poison(first.dtype) if not case.grad else bytes(ITEMSIZE[first.dtype])] * (step * max(at + first.numel, beside + second.numel) + 1)
    new = {}
    written = ((j, second, beside), (i, first, at))
    for number, spec, start in reversed(written) if last else written:
        data = elements(case, spec)
        strides = tuple([stride * step for stride in contiguous_strides(spec.shape)])
        new[number] = replace(spec, buffer=len(case.buffers), strides=strides, offset=start)
        for k in range(spec.numel):
            cells[start + k * step] = data[k]
    return with_tensors(case, new, (b"".join(cells),))


def _shifted(pen: Pen, case: Case) -> Case | None:
    """The second tensor begins one element behind the first, or before it."""
    pair = _pair(pen, case)
    behind, last = pen.chance(2), pen.integer(0, 1)
    return None if pair is None else _laid_out(case, *pair, lambda n, m: (1, 0, 1) if behind else (0, 1, 1), last)


def _behind(pen: Pen, case: Case) -> Case | None:
    """One tensor behind the other in one buffer."""
    pair = _pair(pen, case)
    return None if pair is None else _laid_out(case, *pair, lambda n, m: (0, n, 1))


def _in_turn(pen: Pen, case: Case) -> Case | None:
    """The elements of two tensors in turn in one buffer."""
    pair = _pair(pen, case)
    return None if pair is None else _laid_out(case, *pair, lambda n, m: (0, 1, 2))


def _beside(pen: Pen, case: Case) -> Case | None:
    return pen.choice((_behind, _in_turn))(pen, case)


def _expanded(pen: Pen, case: Case) -> Case | None:
    """Any operand but the first one with a stride of 0 in a dimension of more than one element."""
    wide = [number for number in input_numbers(case)[1:] if max(case.tensors()[number].shape, default=0) > 1]
    return with_tensors(case, {number: _stride_zero(pen, case.tensors()[number]) for number in [pen.choice(wide)]}) if wide else None


def _stride_zero(pen: Pen, spec: TensorSpec) -> TensorSpec:
    d = pen.choice([d for d, size in enumerate(spec.shape) if size > 1])
    return replace(spec, strides=(*spec.strides[:d], 0, *spec.strides[d + 1 :]))


def _strided(pen: Pen, case: Case) -> Case | None:
    """Every operand but the first one with gaps between its elements, from the first dimension inwards: also those that its row draws contiguous, as
    indices, pivots and lengths."""
    specs = case.tensors()
    wide = [number for number in input_numbers(case)[1:] if specs[number].numel and max(specs[number].shape, default=0) > 1]
    return _spread(case, {number: specs[number] for number in wide}) if wide else None


def _spread(case: Case, specs: dict[int, TensorSpec]) -> Case:
    """The case with some of its tensors replaced, by number, by what these show, with gaps in memories of their own."""
    new, buffers = {}, list[bytes]()
    for number, spec in specs.items():
        data, apart = spread(b"".join(elements(case, spec)), spec, None if case.grad else poison(spec.dtype))
        new[number] = replace(apart, buffer=len(case.buffers) + len(buffers))
        buffers.append(data)
    return with_tensors(case, new, tuple(buffers))


def _square(pen: Pen, case: Case) -> Case | None:
    """An operand (with gradients: a leaf) whose last two dimensions are of one size, the longer one being narrowed, column by column in memory."""
    specs = case.tensors()
    flat = [number for number in input_numbers(case) if len(specs[number].shape) > 1 and min(specs[number].shape[-2:]) > 1 and specs[number].numel]
    flat = [number for number in flat if specs[number].requires_grad or not case.grad]
    if not flat:
        return None
    number = pen.choice(flat)
    size = min(specs[number].shape[-2:])
    if size == 2 and not pen.chance(4):  # what is normalised over two elements has hardly a gradient
        return None
    return _spread(case, {number: replace(specs[number], shape=(*specs[number].shape[:-2], size, size))})


def _broadcast(pen: Pen, case: Case) -> Case | None:
    """Any operand but the first one with a size of 1 in a dimension where it had more."""
    specs = case.tensors()
    wide = [number for number in input_numbers(case)[1:] if max(specs[number].shape, default=0) > 1]
    if not wide:
        return None
    spec = specs[number := pen.choice(wide)]
    dims = [d for d, size in enumerate(spec.shape) if size > 1]
    dim = pen.choice([d for d in dims if d] or dims)  # in order over leading ones, whatever the stride
    return with_tensors(case, {number: replace(spec, shape=(*spec.shape[:dim], 1, *spec.shape[dim + 1 :]))})


def _odd_stride(pen: Pen, case: Case) -> Case | None:
    """A dimension of one element with a stride that no contiguous tensor has there; where there is no such dimension, one is narrowed to it."""
    specs = case.tensors()
    single = [number for number, spec in enumerate(specs) if 1 in spec.shape]
    single = single or [number for number, spec in enumerate(specs) if spec.shape and spec.numel]
    if not single:
        return None
    number = pen.choice(single)
    spec = specs[number]
    d = pen.choice([d for d, size in enumerate(spec.shape) if size == 1] or range(len(spec.shape)))
    shape, strides = (*spec.shape[:d], 1, *spec.shape[d + 1 :]), (*spec.strides[:d], pen.choice((7, 0, 1, 2, 1000)), *spec.strides[d + 1 :])
    return with_tensors(case, {number: replace(spec, shape=shape, strides=strides)})


# -- out= --------------------------------------------------------------------------------------------


def _with_results_as_out(case: Case) -> Case | None:
    """The case with ``out=`` of exactly its results' dtypes and shapes, in buffers of their own."""
    plain = _on_torch(replace(case, form="function", kwargs={name: value for name, value in case.kwargs.items() if name != "out"}))
    if plain is None or plain.error is not None or not plain.outputs or any(out.reading.dtype not in ITEMSIZE for out in plain.outputs):
        return None
    outs, buffers = [], list(case.buffers)
    for output in plain.outputs:
        dtype, shape = output.reading.dtype, output.reading.shape
        outs.append(TensorSpec(len(buffers), dtype, shape, contiguous_strides(shape)))
        buffers.append(poison(dtype) * outs[-1].numel)
    out = outs[0] if isinstance(plain.structure, str) else tuple(outs)
    return replace(case, buffers=tuple(buffers), kwargs={**case.kwargs, "out": out})


def _out_and_input(pen: Pen, case: Case, same_shape: bool) -> tuple[Case, int, int] | None:
    """The case with its results as ``out=``, and the numbers of one of them and of an input of its dtype."""
    case = _with_results_as_out(case) or case
    specs, inputs = case.tensors(), input_numbers(case)
    outs = [number for number in range(len(specs)) if number not in inputs]
    alike = [(o, i) for o in outs for i in inputs if specs[o].dtype == specs[i].dtype and specs[o].numel and specs[i].numel]
    fitting = [(o, i) for o, i in alike if specs[o].shape == specs[i].shape]
    found = fitting if same_shape else alike
    return (case, *pen.choice(found)) if found else None


def _out_is_input(pen: Pen, case: Case) -> Case | None:
    found = _out_and_input(pen, case, True)
    if found is None:
        return None
    case, out, operand = found
    return replace(with_tensors(case, {out: replace(case.tensors()[operand])}), joined="" if pen.chance(3) else "object")


def _out_overlaps(pen: Pen, case: Case) -> Case | None:
    """``out=`` begins one element behind an input, before it, or is a part of it."""
    found = _out_and_input(pen, case, False)
    shift = pen.integer(0, 2)
    if found is None:
        return None
    case, out, operand = found
    return _laid_out(case, operand, out, lambda n, m: ((0, 1, 1), (1, 0, 1), (0, max(n - m, 0), 1))[shift])


def _out_beside(pen: Pen, case: Case) -> Case | None:
    found = _out_and_input(pen, case, False)
    in_turn = pen.chance(2)
    return None if found is None else _laid_out(found[0], found[2], found[1], lambda n, m: (0, 1, 2) if in_turn else (0, n, 1))


def _out_expanded(pen: Pen, case: Case) -> Case | None:
    case = _with_results_as_out(case) or case
    wide = [number for number, spec in enumerate(case.tensors()) if number not in input_numbers(case) and max(spec.shape, default=0) > 1]
    return with_tensors(case, {number: _stride_zero(pen, case.tensors()[number]) for number in [pen.choice(wide)]}) if wide else None


def _out_strided(pen: Pen, case: Case) -> Case | None:
    """Each ``out=`` of several rows and columns, column by column in memory and with gaps."""
    case = _with_results_as_out(case) or case
    specs = case.tensors()
    outs = [number for number in range(len(specs)) if number not in input_numbers(case)]
    wide = [number for number in outs if sum(size > 1 for size in specs[number].shape) > 1 and specs[number].numel]
    return _spread(case, {number: specs[number] for number in wide}) if wide else None


def _out_resized(pen: Pen, case: Case) -> Case | None:
    """Each ``out=`` without elements, or with one row fewer or more than its result has: it is laid out anew, in its memory or in more of it."""
    case = _with_results_as_out(case) or case
    kind, new, buffers = pen.integer(0, 2), {}, list[bytes]()
    for number, spec in enumerate(case.tensors()):
        if number in input_numbers(case):
            continue
        shape = (0,) if not spec.shape or kind == 0 else (spec.shape[0] + 1, *spec.shape[1:]) if kind == 1 else (spec.shape[0] // 2, *spec.shape[1:])
        new[number] = TensorSpec(len(case.buffers) + len(buffers), spec.dtype, shape, contiguous_strides(shape))
        buffers.append(poison(spec.dtype) * new[number].numel)
    return with_tensors(case, new, tuple(buffers)) if new else None


# -- gradients ---------------------------------------------------------------------------------------


def _views(pen: Pen, case: Case) -> Case | None:
    return pen.choice((_beside, _shifted, _same_storage))(pen, case)


_ALL = (
    Relation("one object twice", _same_object),
    Relation("one storage twice", _same_storage),
    Relation("operands overlap by a shift", _shifted),
    Relation("operands of one base", _beside, once=True),
    Relation("a later operand expanded", _expanded),
    Relation("odd stride at a size of 1", _odd_stride, "any", once=True),
    Relation("target is an operand", _same_object, "inplace"),
    Relation("target shares an operand's storage", _same_storage, "inplace"),
    Relation("target overlaps an operand by a shift", _shifted, "inplace", refused=True),
    Relation("target and operand of one base", _behind, "inplace"),
    Relation("target and operand in turn in one base", _in_turn, "inplace"),
    Relation("out is an operand", _out_is_input, "out"),
    Relation("out overlaps an operand", _out_overlaps, "out", refused=True, once=True),
    Relation("out and operand of one base", _out_beside, "out"),
    Relation("out expanded", _out_expanded, "out", refused=True, once=True),
    Relation("one leaf twice", of_leaves(_same_object, "object"), grad=1),
    Relation("views of one leaf", of_leaves(_views, "base"), grad=1),
    Relation("target is an operand, of one leaf", of_leaves(_same_object, "object"), "inplace", grad=1),
    Relation("target and operand of one leaf", of_leaves(_beside, "base"), "inplace", grad=1),
    Relation("the first leaf only", some_leaves(True), grad=1),
    Relation("all leaves but the first", some_leaves(False), grad=1),
    *[Relation(name, rewrite, grad=1, fits=mixed_dtypes.fits(name), once=name in mixed_dtypes.ONE_EXAMPLE)
      for name, rewrite in mixed_dtypes.REWRITES.items()],
    Relation(LATER_STRIDED, _strided, once=True, later=1),
    Relation("a later operand broadcast", _broadcast, once=True, later=1, unless=tuple(BROADCASTS)),
    Relation("a square operand by columns", _square, once=True, later=1, unless=(SQUARE_PERMUTED,), taken=True),
    Relation("out by columns", _out_strided, "out", once=True, later=1, taken=True),
    Relation("a leaf for what is none", of_leaves(_leaf_again, "object"), grad=1, once=True, later=1),
    Relation("a square leaf by columns", _square, grad=1, once=True, later=1, unless=(SQUARE_PERMUTED,), taken=True),
    *[Relation(name, rewrite, "any", fits=FLOATS.__contains__, once=True, later=2, taken=True) for name, rewrite in (
        ("a number that is NaN", not_a_number), ("a number that is zero", zero))],
    Relation("a number that is NaN beside integers", not_a_number, "any", fits=EVERY_INTEGER.__contains__, once=True, later=2, taken=True),
    Relation("a number beside a size", size_of_a_dimension, "any", once=True, later=2, taken=True),
    Relation("a number that is an element", element_of_an_operand, once=True, later=2, taken=True),
    Relation("a number that is an element of a leaf", element_of_an_operand, grad=1, once=True, later=2, taken=True),
    Relation("elements of another operand", same_elements, once=True, later=2, taken=True),
    Relation("leading dimensions of size 1", leading_ones, "any", once=True, later=2, taken=True),
    Relation("elements of another leaf", same_elements, grad=1, once=True, later=2, taken=True),
    *[Relation(name, size_along_its_dimensions, "any", fits=dtypes.__contains__, once=True, later=2, taken=True) for name, dtypes in (
        ("a number that is a size", FLOATS), ("a number that is a size beside integers", EVERY_INTEGER))],
    *[Relation(f"out of another size, {name}", _out_resized, "out", fits=dtypes.__contains__, once=True, later=3, taken=True) for name, dtypes in (
        ("of floats", FLOATS), ("of integers", EVERY_INTEGER), ("of bool", ("bool",)), ("of complex numbers", COMPLEX))],
)
RELATIONS = {relation.name: relation for relation in _ALL}
REFUSED = frozenset(relation.name for relation in _ALL if relation.refused)
