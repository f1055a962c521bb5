"""Connectionist temporal classification."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ....accuracy.contracts import accumulated
from ....accuracy.number_formats import decode, encode
from ....cases.case import FLOATS, Case, TensorSpec, elements
from ....drawing.pen import Pen
from ...derivatives import of_logits
from ...entries import named_arguments
from ...rows import Arguments, define
from ..losses_and_activations import reduction

FAMILY = "nn"


def _sequences(pen: Pen) -> Arguments:
    """Probabilities of classes at some times, and labels that take at most as long, or longer: then there is no alignment. The labels of the samples
    stand in rows, or one behind the other."""
    times, samples = pen.length((3, 2, 5, 1), most=30), pen.length((2, 1, 3), most=10)
    classes, longest = pen.length((3, 2, 4), most=20), pen.length((1, 2, 3, 0), most=15)
    blank = pen.choice((0, 0, classes - 1))
    labels = [c for c in range(classes) if c != blank]
    alone = pen.chance(5)
    samples = 1 if alone else samples
    shape = (times, classes) if alone else (times, samples, classes)
    if pen.misbehave(5):
        shape = pen.choice(((*shape, 2, 2), shape[:1], (0, *shape[1:])))
    values = None if pen.chance(3) and not pen.grad else (-0.5, -1.0, -2.0, -0.25, -3.5, -0.125, 0.0, -8.0, *(() if pen.grad else (-math.inf,)))
    log_probs = pen.tensor(shape, values=values, mode="ordinary" if pen.grad else None)
    counts = [pen.integer(0, longest) for _ in range(samples)]
    counts[pen.integer(0, samples - 1)] = longest
    in_rows = pen.chance(2)
    kind = pen.choice(("int64", "int64", "int32", "uint8"))
    target_shape: tuple[int, ...] = (samples, longest + pen.integer(0, 1)) if in_rows else (sum(counts),)
    if pen.misbehave(5):
        target_shape = pen.choice(((*target_shape, 1), (), (*target_shape[:-1], target_shape[-1] + 1), (samples + 1, longest)))
    targets = pen.tensor(target_shape, kind, values=labels, layout=None if in_rows else "contiguous", differentiable=False)
    spent = [pen.choice((times, times, pen.integer(0, times))) for _ in range(samples)]
    if pen.misbehave(4):
        pen.choice((spent, counts))[0] = pen.choice((-1, times + 1, -2))
    if pen.misbehave(6):
        pen.choice((spent, counts)).append(1)
    lengths: tuple[Any, Any] = tuple(spent), tuple(counts)
    if pen.chance(2):
        dtypes = [pen.choice(("int64", "int32")) if not pen.misbehave(5) else pen.choice(("float32", "bool")) for _ in range(2)]
        lengths = tuple([_vector(pen, numbers, dtype, alone) for numbers, dtype in zip((spent, counts), dtypes, strict=True)])  # type: ignore[assignment]
    kwargs: dict[str, Any] = {"blank": blank} if blank or pen.chance(3) else {}
    if pen.misbehave(5):
        kwargs["blank"] = pen.choice((-1, classes))
    return (log_probs, targets, *lengths), kwargs | pen.maybe("zero_infinity", lambda: pen.choice((True, False)))


def _vector(pen: Pen, numbers: list[int], dtype: str, alone: bool) -> TensorSpec:
    """A tensor of these numbers, of one also without dimensions."""
    limits = (0, 1) if dtype == "bool" else (-(2**31), 2**31 - 1)
    pen.buffers.append(encode([min(max(n, limits[0]), limits[1]) for n in numbers], dtype))
    shape, strides = ((), ()) if alone and len(numbers) == 1 and pen.chance(2) else ((len(numbers),), (1,))
    return TensorSpec(len(pen.buffers) - 1, dtype, shape, strides, 0)


def with_a_number(pen: Pen) -> Arguments:
    args, kwargs = _sequences(pen)
    return args, kwargs | pen.maybe("reduction", lambda: pen.choice((0, 1, 2)))


def with_a_word(pen: Pen) -> Arguments:
    args, kwargs = _sequences(pen)
    return args, kwargs | reduction(pen)


def outside(case: Case) -> bool:
    """A label that is no class, or labels one behind the other with gaps between them, of several samples: torch reads other memory."""
    named = named_arguments(case)
    log_probs, targets = named.get("log_probs"), named.get("targets")
    if not (isinstance(log_probs, TensorSpec) and isinstance(targets, TensorSpec)):
        return False
    if len(targets.shape) == 1 and targets.strides != (1,) and len(log_probs.shape) == 3 and log_probs.shape[1] > 1:
        return True
    classes = log_probs.shape[-1] if log_probs.shape else 0
    return not all(isinstance(label, (int, float)) and 0 <= label < classes for label in decode(b"".join(elements(case, targets)), targets.dtype))


def in_logarithms(case: Case) -> Case:
    """What is added up: the sums of absolute logarithms along all alignments, together; those of probability 0 aside."""
    spec = case.tensors()[0]
    buffers = list(case.buffers)
    if spec.dtype in FLOATS:
        buffers[spec.buffer] = encode([x if math.isfinite(x) else 0.0 for x in decode(buffers[spec.buffer], spec.dtype)], spec.dtype)
    return replace(case, buffers=tuple(buffers))


def steps(case: Case) -> int:
    """The times, and what is done with the sums at their end."""
    return max(case.tensors()[0].shape[:1] or (1,)) + 2


CTC: dict[str, Any] = {
    "forms": "function", "differentiable": True, "contract": accumulated(4), "dtypes": ("float32", "float64"), "terms": steps,
    "magnitude": in_logarithms, "derivative": of_logits, "fatal": outside,
    "never_alone": {"a label is no class": "torch reads whatever lies in memory there"},
}  # fmt: skip
define("ctc_loss", FAMILY, with_a_number, exercises="_ctc_loss _ctc_loss_backward", **CTC)
define("nn.functional.ctc_loss", FAMILY, with_a_word, exercises="ctc_loss _ctc_loss _ctc_loss_backward", **CTC)
