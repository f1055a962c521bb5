"""Row of the cross entropy of a linear layer's results."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from ....accuracy.contracts import conditioned
from ....accuracy.number_formats import decode, encode
from ....cases.case import Case, TensorSpec, contiguous_strides, elements
from ....drawing.pen import Pen
from ...entries import parameters
from ...rows import Arguments, define
from ..losses_and_activations import FAMILY, IGNORED, reduction


def linear_cross_entropy(pen: Pen) -> Arguments:
    """Samples or one, a loss of several dimensions, classes or probabilities; sizes that do not fit when invalid."""
    features, count = pen.length(range(1, 5)), pen.length(range(1, 6))
    batch: tuple[int, ...] = (pen.length(range(0 if pen.chance(8) and not pen.grad else 1, 5)),)
    further: tuple[int, ...] = (pen.integer(1, 3),) if pen.chance(4) else ()
    if not further and pen.chance(4):
        batch = ()
    layer = (count + int(pen.misbehave(8)), *further)
    input = pen.tensor((*batch, features), mode="ordinary")
    if pen.misbehave(4):
        input = pen.tensor(pen.choice(((), (2, *batch, features), (*batch, features + 1), (features,))), mode="ordinary")
    shape = (*layer, features) if not pen.misbehave(5) else (features,)
    weights = pen.tensor(shape, pen.other_dtype() if pen.misbehave(6) else None, mode="ordinary")
    kwargs: dict[str, Any] = {}
    if pen.chance(2):
        kwargs["linear_bias"] = pen.tensor(layer if not pen.misbehave(4) else (*layer, 1), mode="ordinary")
    labels = list(range(count)) if not pen.misbehave(4) else [count + 1, -1]
    if pen.chance(3):
        kwargs["ignore_index"] = pen.choice((-100, 0))
        labels.append(kwargs["ignore_index"])
    if pen.force == IGNORED:
        pen.note(IGNORED)
        kwargs["ignore_index"] = pen.choice((count, -1, count + 1))
        labels.append(kwargs["ignore_index"])
    if pen.force != IGNORED and pen.chance(4) and kwargs.get("ignore_index") is None:
        target = pen.tensor((*batch, *layer), values=(0.0, 1.0, 0.5, 0.25), differentiable=False)
    else:
        target = pen.tensor((*batch, *further), "int64" if not pen.misbehave(4) else "float32", values=labels, differentiable=False)
    if pen.misbehave(6):
        kwargs["ignore_index"] = 0
    if pen.chance(2):
        kwargs["weight"] = pen.tensor((count,), values=(1.0, 0.5, 2.0, 0.25), differentiable=False)
    smoothing = pen.maybe("label_smoothing", lambda: pen.choice((0.1, 0.5, 1.5 if pen.invalid else 0.0)), 3)
    return (input, weights, target), kwargs | reduction(pen) | smoothing


def unbatched(pen: Pen) -> Arguments:
    """One sample, and a loss of several dimensions."""
    return (pen.tensor((2,)), pen.tensor((3, 2, 2)), pen.tensor((2,), "int64", values=(0, 1), differentiable=False)), {}


def ignored_probabilities(pen: Pen) -> Arguments:
    target = pen.tensor((2, 3), values=(0.5, 0.25), differentiable=False)
    return (pen.tensor((2, 2)), pen.tensor((3, 2)), target), {"ignore_index": pen.choice((0, -1))}


def logits(case: Case) -> list[Case]:
    """The products whose sums are rounded before their exponentials are taken: ``sum(|x| |w|)`` and the bias, of all classes, times what multiplies
    the loss of a sample, and half as many roundings as there are terms."""
    named = dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs
    input, layer, bias = named["input"], named["linear_weight"], named.get("linear_bias")
    if any(spec.dtype.startswith("complex") for spec in (input, layer)) or not layer.numel:
        return []
    count, *further, features = layer.shape
    x, w = _moduli(case, input), _moduli(case, layer)
    b = [0.0] * (layer.numel // max(features, 1)) if bias is None else _moduli(case, bias)
    places = prod(further)
    factor = (features + 2) / 2 * _largest(case, named.get("weight")) * (count if "float" in named["target"].dtype else 1.0)
    columns = [[factor * sum(w[(c * places + d) * features + i] for c in range(count)) for d in range(places)] for i in range(features)]
    columns.append([factor * sum(b[c * places + d] for c in range(count)) for d in range(places)])
    rows = [[*x[n : n + features], 1.0] for n in range(0, len(x), features)]
    if named.get("reduction", "mean") == "none":
        return [_product(case, rows, columns, len(input.shape) > 1, bool(further))]
    total = [sum(row[i] for row in rows) for i in range(features + 1)]
    return [_product(case, [total], [[sum(column)] for column in columns], False, False)]


def _moduli(case: Case, spec: TensorSpec) -> list[float]:
    return [abs(float(x)) for x in decode(b"".join(elements(case, spec)), spec.dtype)]


def _largest(case: Case, weight: Any) -> float:
    return 1.0 if weight is None else max([1.0, *_moduli(case, weight)])


def _product(case: Case, rows: list[list[float]], columns: list[list[float]], batched: bool, placed: bool) -> Case:
    size = len(columns)
    shapes = ((len(rows), size) if batched else (size,), (size, len(columns[0])) if placed else (size,))
    buffers = [encode([x for row in matrix for x in row], "float64") for matrix in (rows, columns)]
    specs = [TensorSpec(i, "float64", shape, contiguous_strides(shape), 0) for i, shape in enumerate(shapes)]
    return replace(case, operation="matmul", form="function", buffers=tuple(buffers), args=tuple(specs), kwargs={}, grad=0)


define("linear_cross_entropy", FAMILY, linear_cross_entropy, forms="function", differentiable=True, contract=conditioned(4, inner=1),
       classes=(IGNORED,), intermediate=logits, critical_given={"reduction": ("none",)}, violating=(unbatched, ignored_probabilities))  # fmt: skip
