"""Losses that ask a sample's own classes to be ahead of the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....accuracy.contracts import conditioned
from ....cases.case import Case
from ....drawing.naming import in_full
from ....drawing.pen import Pen
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


def _samples(pen: Pen) -> tuple[Any, tuple[int, ...]]:
    """The input of one sample or of several; of another rank, or without classes, when invalid."""
    count, classes = pen.length((2, 1, 3, 1 if pen.moderate or pen.grad else 0), most=270), pen.length((3, 2, 1, 5), most=20)
    shape = pen.choice(((count, classes), (count, classes), (classes,), ()))
    if pen.misbehave(4):
        shape = pen.choice(((count, classes, 1), (count, 0), (0,)))
    return pen.tensor(shape), shape


def _labels(pen: Pen, shape: tuple[int, ...], labels: list[int]) -> Any:
    """Classes; of another dtype when invalid."""
    dtype = "int64" if not pen.misbehave() else pen.choice(("int32", "uint8", "float32", "bool"))
    unsigned = dtype in ("uint8", "bool")
    return pen.tensor(shape, dtype, values=[label for label in labels if label >= 0] if unsigned else labels, differentiable=False)


def one_class(pen: Pen) -> Arguments:
    """A class of each sample; when invalid one that there is not, or too few."""
    input, shape = _samples(pen)
    classes = shape[-1] if shape else 1
    labels = [*range(max(classes, 1)), *((classes, -1) if pen.misbehave() else ())]
    target_shape = shape[:1] if len(shape) == 2 else pen.choice(((), (1,)))
    if pen.misbehave():
        target_shape = pen.choice(((*target_shape, 2), (4,)))
    target = _labels(pen, target_shape, labels)
    kwargs: dict[str, Any] = pen.maybe("p", lambda: pen.choice((1, 2, 3 if pen.invalid else 2)))
    kwargs |= pen.maybe("margin", lambda: pen.choice((1.0, 0.5, 2.0, 0.0, 1e300 if pen.invalid else -0.5)))
    if pen.chance(3):
        size = (classes + 1,) if pen.misbehave() else (classes, 1) if pen.misbehave() else (classes,)
        dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
        kwargs["weight"] = pen.tensor(size, dtype, values=(1, 2, 3, 4), differentiable=False)
    return (input, target), kwargs | legacy(pen) | reduction(pen)


def weights_of_a_graph(pen: Pen) -> Arguments:
    """With weights whose gradient is asked for."""
    classes = pen.length((3, 2, 4))
    args = pen.tensor((2, classes), "float32"), pen.tensor((2,), "int64", values=(0, 1))
    return args, {"weight": replace(pen.tensor((classes,), "float32"), requires_grad=True)}


def several_classes(pen: Pen) -> Arguments:
    """The classes of each sample before the first -1, some of them twice."""
    input, shape = _samples(pen)
    classes = shape[-1] if shape else 1
    labels = [*range(max(classes, 1)), -1, *((classes, -2) if pen.misbehave() else ())]
    target_shape = shape if shape else pen.choice(((), (1,)))
    if pen.misbehave():
        target_shape = (*target_shape, 2)
    return (input, _labels(pen, target_shape, labels)), legacy(pen) | reduction(pen)


def pairs(case: Case) -> int:
    """Every two classes of every sample."""
    shape = case.tensors()[0].shape
    return max(case.tensors()[0].numel * (shape[-1] if shape else 1), 1)


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4), "terms": pairs,
                        "dtypes": ("float32", "float64"), "critical": "paired(1, 0.5)"}  # fmt: skip
define("nn.functional.multi_margin_loss", FAMILY, in_full("nn.functional.multi_margin_loss", one_class),
       exercises="multi_margin_loss _multi_margin_loss_backward",
       violating=(weights_of_a_graph,), never_alone={"p in (1, 2)": "the function in Python has asked before"}, **LOSS)  # fmt: skip
define("nn.functional.multilabel_margin_loss", FAMILY, in_full("nn.functional.multilabel_margin_loss", several_classes),
       exercises="multilabel_margin_loss _multilabel_margin_loss_backward", **LOSS)  # fmt: skip
