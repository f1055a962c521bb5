"""Samples of differentiable calls, drawn by the rows of the suite's catalogue, and their gradients by differences.

A sample is a case of the suite in float64 or complex128. It is run on refimpl as a function of its whole storages, whatever views of them the
operands are. Its gradients are compared with central differences along random directions: those of first order with differences of the
results, those of second order with differences of the first. Where the function has a kink on the way, the differences to both sides
disagree, and nothing is said.
"""

from __future__ import annotations

import math
import random
import warnings
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import refimpl
from conformance.backends import find_backend
from conformance.cases.case import Case, TensorSpec, contiguous_strides, element_offsets, map_values
from conformance.catalogue.entries import Entry, updated_places
from conformance.drawing.random_pen import RandomPen

DTYPES = ("float64", "complex128")
_PURE_FORMS = ("function", "method", "operator", "attribute")  # by any of which a call has the same gradient
WIDE = (refimpl.float64, refimpl.complex128)
STEP = 1e-6
_LARGEST = 1e5  # beyond it, differences say nothing
_BY_ONE = 8  # elements that are moved alone where moving all of them crosses a kink


def samples(entry: Entry, count: int) -> Iterator[Case]:
    """``count`` cases of each dtype, of the in-place form and of one that is not; their names are the seeds of the pens."""
    row = entry.operation
    for form in [*[form for form in _PURE_FORMS if form in entry.forms][:1], *["inplace"] * ("inplace" in entry.forms)]:
        for dtype in DTYPES:
            for number in range(count if dtype in row.dtypes else 0):
                pen = RandomPen(f"{row.name} {form} {dtype} {number}", dtype, form, grad=2)
                args, kwargs = (row.gradient_draw or row.draw)(pen)
                case = Case(row.name, form, tuple(pen.buffers), args, kwargs, seed=42 if row.random else None, grad=2,
                            updates=updated_places(row.name))
                if any(spec.requires_grad for spec in case.tensors()) and not _overlaps(case.target):
                    yield case


def _overlaps(target: TensorSpec | None) -> bool:
    """Whether elements that are written share memory: in which order, torch leaves open."""
    if target is None:
        return False
    offsets = element_offsets(target.shape, target.strides, target.offset)
    return len(set(offsets)) < len(offsets)


class Sample:
    """A case as a function of its storages, on refimpl's CPU. ``conjugated``: complex operands are conjugate views, not resolved yet."""

    def __init__(self, case: Case, conjugated: bool = False) -> None:
        self.case = case
        self.conjugated = conjugated
        self.backend: Any = find_backend("refimpl:cpu")
        self.dtypes = {spec.buffer: spec.dtype for spec in case.tensors() if spec.requires_grad}

    def leaves(self) -> list[Any]:
        """Each storage that a differentiable operand lies in, as a vector that requires grad."""
        return [self._flat(number, dtype).requires_grad_() for number, dtype in self.dtypes.items()]

    def _flat(self, number: int, dtype: str) -> Any:
        data = self.case.buffers[number]
        size = (len(data) // self.backend.dtypes[dtype].itemsize,)
        return self.backend.make_tensor(self.backend.make_storage(data), TensorSpec(number, dtype, size, contiguous_strides(size)))

    def __call__(self, *leaves: Any) -> list[Any]:
        """The floating point and complex results, and what was written in place."""
        case = self.case
        bases = {number: leaf.clone() for number, leaf in zip(self.dtypes, leaves)}

        def build(value: Any) -> Any:
            if not isinstance(value, TensorSpec):
                return self.backend.literal(value)
            if value.requires_grad:
                operand = bases[value.buffer].as_strided(value.shape, value.strides, value.offset)
                return operand.conj() if self.conjugated else operand
            return self.backend.make_tensor(self.backend.make_storage(case.buffers[value.buffer]), value)

        args, kwargs = map_values(case.args, build), map_values(case.kwargs, build)
        if case.seed is not None:
            self.backend.seed(case.seed)
        result = self.backend.call(case.operation, case.form, args, kwargs)
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        if case.target is not None and case.target.requires_grad:
            results.append(bases[case.target.buffer])
        return [r for r in results if isinstance(r, refimpl.Tensor) and r.dtype.category > 1]


def nodes(tensors: Sequence[Any]) -> Iterator[Any]:
    """The nodes behind tensors."""
    waiting, seen = [tensor.grad_fn for tensor in tensors], set()
    while waiting:
        node = waiting.pop()
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += [child for child, _ in node.next_functions] + [getattr(node, "inner", None)]


def recorded(tensors: Sequence[Any]) -> set[str]:
    """The operations of the registry that the graph behind tensors has nodes of."""
    return {node.operation.title for node in nodes(tensors) if hasattr(node, "operation")}


# -- differences -------------------------------------------------------------------------------------


def parts(tensor: Any) -> list[float]:
    """The elements as real numbers, of complex ones both parts."""
    flat = tensor.detach().resolve_conj().reshape(-1).tolist()
    return [part for z in flat for part in (z.real, z.imag)] if tensor.is_complex() else flat


def moved(tensor: Any, direction: list[float], step: float) -> Any:
    """A leaf that lies a step away."""
    numbers: list[Any] = [x + step * d if d else x for x, d in zip(parts(tensor), direction)]  # a zero keeps its sign
    if tensor.is_complex():
        numbers = [complex(*pair) for pair in zip(numbers[::2], numbers[1::2])]
    return refimpl.tensor(numbers, dtype=tensor.dtype).reshape(tensor.shape).requires_grad_()


def random_like(tensor: Any, rng: random.Random) -> Any:
    numbers = [complex(rng.uniform(-1, 1), rng.uniform(-1, 1)) if tensor.is_complex() else rng.uniform(-1, 1) for _ in range(tensor.numel())]
    return refimpl.tensor(numbers, dtype=tensor.dtype).reshape(tensor.shape)


def disagreement(function: Callable[..., list[Any]], inputs: list[Any], rng: random.Random) -> tuple[int, str]:
    """Along how many directions the gradient of a function was compared with differences, and what is wrong with it, if anything is."""
    outputs = function(*inputs)
    at_first = [parts(o) for o in outputs]
    weights = [random_like(o, rng) for o in outputs]
    for output, weight in zip(outputs, weights):  # infinite and undefined results say nothing
        weight.masked_fill_(~(output.detach().abs() < _LARGEST), 0)
    terms = [parts(weight) for weight in weights]
    tracked = [i for i, o in enumerate(outputs) if o.requires_grad]
    found: Sequence[Any] = [None] * len(inputs)
    if tracked:
        found = refimpl.autograd.grad([outputs[i] for i in tracked], inputs, [weights[i] for i in tracked], allow_unused=True)
    gradient = [[0.0] * len(parts(x)) if g is None else parts(g) for x, g in zip(inputs, found)]
    size = math.fsum(abs(y * w) for output, term in zip(at_first, terms) for y, w in zip(output, term) if w)

    def along(directions: list[list[float]], step: float) -> float:
        values = function(*[moved(x, d, step) for x, d in zip(inputs, directions)])
        moves = zip(values, at_first, terms, strict=True)
        return math.fsum((y - y0) * w for value, start, term in moves for y, y0, w in zip(parts(value), start, term, strict=True) if w) / step

    def compare(directions: list[list[float]]) -> str | None:
        """None where nothing can be said."""
        products = [g * d for row, ds in zip(gradient, directions) for g, d in zip(row, ds) if d]
        try:
            slopes = [along(directions, step) for step in (STEP, -STEP, STEP / 2, -STEP / 2)]
        except (ValueError, RuntimeError):  # outside of the domain
            return None
        analytic, scale = math.fsum(products), math.fsum(map(abs, products))
        tolerance = 1e-4 * scale + 1e-7 * (1 + size)
        if not max(slopes) - min(slopes) <= tolerance:  # a kink, a jump or NaN
            return None
        central = (slopes[0] + slopes[1]) / 2
        return "" if abs(central - analytic) <= tolerance else f"gradient {analytic}, differences {central}"

    every = [[rng.uniform(-1, 1) if abs(g) < _LARGEST else 0.0 for g in row] for row in gradient]
    answers = [compare(every)]
    if answers == [None]:
        places = [(i, k) for i, row in enumerate(gradient) for k, g in enumerate(row) if abs(g) < _LARGEST]
        for i, k in rng.sample(places, min(_BY_ONE, len(places))):
            answers.append(compare([[float((i, k) == (j, n)) for n in range(len(row))] for j, row in enumerate(gradient)]))
    judged = [answer for answer in answers if answer is not None]
    return len(judged), next(filter(None, judged), "")


def first_order(sample: Sample, rng: random.Random) -> tuple[Callable[..., list[Any]], list[Any]]:
    """The gradients of a sample as a function of its storages and of the gradients that arrive, and where it is to be evaluated."""
    leaves = sample.leaves()
    count = len(leaves)

    def function(*tensors: Any) -> list[Any]:
        outputs = [o for o in sample(*tensors[:count]) if o.requires_grad]
        found = refimpl.autograd.grad(outputs, tensors[:count], tensors[count:], create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    arriving = [random_like(o, rng).requires_grad_() for o in sample(*leaves) if o.requires_grad]
    return function, [*leaves, *arriving]


class Judged(NamedTuple):
    """What one sample showed: the operations in the graphs of both orders, along how many directions each order was compared, what is wrong."""

    recorded: set[str]
    first: int = 0
    second: int = 0
    wrong: str = ""
    refused: str = ""  # torch has no derivative, or refuses the call


def reached(case: Case, conjugated: bool = False) -> set[str]:
    """The operations in the graph of a sample's results; none of a call that is refused."""
    sample = Sample(case, conjugated)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return recorded(sample(*sample.leaves()))
        except Exception:  # noqa: BLE001
            return set()


def judged(case: Case, derivative: Callable[[Case], bool], conjugated: bool = False) -> Judged:
    """A sample's gradients of both orders beside differences."""
    sample, rng = Sample(case, conjugated), random.Random(repr(case.args))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        leaves = sample.leaves()
        try:
            outputs = sample(*leaves)
        except Exception as error:  # noqa: BLE001  (whether torch says the same is for the suite to judge)
            return Judged(set(), refused=str(error))
        if not any(output.requires_grad for output in outputs):
            return Judged(set(), refused="no result requires grad")
        seen = recorded(outputs)
        function, inputs = first_order(sample, rng)
        try:
            seen |= recorded(function(*inputs))
        except RuntimeError as error:
            return Judged(seen, refused=str(error))
        if not derivative(case) or any(output.dtype not in WIDE for output in outputs):
            return Judged(seen, refused="no differences say anything")
        first, wrong = disagreement(sample, leaves, rng)
        try:
            second, wrong_again = disagreement(function, inputs, rng)
        except RuntimeError as error:  # torch differentiates once
            if "is not implemented" not in str(error):
                raise
            return Judged(seen, first, 0, wrong and f"first order: {wrong}", str(error))
        return Judged(seen, first, second, wrong and f"first order: {wrong}" or wrong_again and f"second order: {wrong_again}")
