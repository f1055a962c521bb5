"""What a network needs: activations, softmax, losses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

from ...accuracy.contracts import accumulated, conditioned, ulps
from ...accuracy.number_formats import decode
from ...cases.case import Case, TensorSpec, elements
from ...drawing.pen import ALL, Pen
from ..rows import Arguments, define

FAMILY = "nn"
IGNORED = "an ignored label that is no class"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def along_a_dimension(case: Case) -> int:
    """The terms of a sum along the dimension that is the second argument; nn.functional chooses one where there is none."""
    spec, d = case.args[0], case.args[1] if len(case.args) > 1 else case.kwargs.get("dim")
    if d is None:
        d = 0 if len(spec.shape) in (0, 1, 3) else 1
    return spec.shape[d] if isinstance(d, int) and -len(spec.shape) <= d < len(spec.shape) else 1


def softmax(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    kwargs: dict[str, Any] = {}
    if not pen.grad:
        kwargs = pen.maybe("dtype", lambda: pen.dtype_argument(("float32", "float64", "float16", "int64")), 3)
    return (tensor, pen.dim(len(tensor.shape))), kwargs


def reduction(pen: Pen) -> dict[str, Any]:
    options = ("mean", "sum", "none", "wrong") if pen.invalid else ("mean", "sum", "none")
    return pen.maybe("reduction", lambda: pen.choice(options))


def legacy(pen: Pen) -> dict[str, Any]:
    """size_average and reduce, from before there was ``reduction``."""
    flags = (None, True, None, False)
    return pen.maybe("size_average", lambda: pen.choice(flags), 4) | pen.maybe("reduce", lambda: pen.choice(flags), 4)


def weighted_loss(pen: Pen) -> Arguments:
    args, kwargs = elementwise_loss(pen)
    kwargs |= legacy(pen)
    if pen.misbehave(6):
        return (args[0], None), kwargs
    if pen.invalid or args[0].shape != args[1].shape:
        return args, kwargs
    return args, kwargs | pen.maybe("weight", lambda: pen.tensor(args[0].shape, values=(1, 2, 3, 4), differentiable=False), 5)


def elementwise_loss(pen: Pen) -> Arguments:
    shape = pen.shape()
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    return (pen.tensor(shape), pen.tensor(other, dtype)), reduction(pen)


def _sized_loss(pen: Pen) -> Arguments:
    """Of operands that torch asks for their size before anything else."""
    args, kwargs = elementwise_loss(pen)
    return ((args[0], None) if pen.misbehave(6) else args), kwargs


def smooth_l1(pen: Pen) -> Arguments:
    args, kwargs = _sized_loss(pen)
    beta = pen.maybe("beta", lambda: pen.choice((1.0, 0.5, 0.0 if not pen.grad else 0.25, 2.0, -1.0 if pen.invalid else 1.0)))
    return args, kwargs | legacy(pen) | beta


def huber(pen: Pen) -> Arguments:
    args, kwargs = _sized_loss(pen)
    kwargs |= pen.maybe("delta", lambda: pen.choice((1.0, 0.5, 2.0, 0.0 if pen.invalid else 1.0)))
    if pen.invalid or args[0].shape != args[1].shape:
        return args, kwargs
    return args, kwargs | pen.maybe("weight", lambda: pen.tensor(args[0].shape, values=(1, 2, 3, 4), differentiable=False), 5)


def _classes(pen: Pen, log: bool) -> Arguments:
    count = pen.length(range(1, 6))
    kind = pen.integer(0, 2) if pen.force != IGNORED else 0
    if kind == 0:
        shape: tuple[int, ...] = (pen.length(range(0 if pen.chance(6) else 1, 5)) if pen.force != IGNORED else 4, count)
        target_shape: tuple[int, ...] = shape[:1]
    elif kind == 1:
        shape, target_shape = (count,), ()
    else:
        n, d = pen.length(range(1, 3)), pen.length(range(1, 4))
        shape, target_shape = (n, count, d), (n, d)
    input = pen.tensor(shape, mode="ordinary" if pen.chance(2) else None)
    labels = list(range(count))
    kwargs: dict[str, Any] = {}
    if pen.chance(3):
        kwargs["ignore_index"] = pen.choice((-100, 0))
        labels.append(-100) if kwargs["ignore_index"] == -100 else None
    if pen.force == IGNORED:
        pen.note(IGNORED)
        kwargs["ignore_index"] = pen.choice((count, -1, count + 1))
        labels = [kwargs["ignore_index"], *labels[:-1]]
    if pen.misbehave():
        labels = [count, -1]
    if pen.misbehave(4):
        target_shape = (*target_shape, 2)
    if not log and pen.force != IGNORED and pen.chance(4):
        target = pen.tensor(shape, values=(0.0, 1.0, 0.5, 0.25), differentiable=False)
    else:
        target = pen.tensor(target_shape, "int64" if not pen.misbehave(4) else "float32", values=labels, differentiable=False)
    if pen.chance(2):
        kwargs["weight"] = pen.tensor((count,), values=(1.0, 0.5, 2.0, 0.25), differentiable=False)
    if pen.chance(6):  # all of them, so that the last one can come by position
        plain: dict[str, Any] = {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean"}
        return (input, target), plain | kwargs | reduction(pen)
    return (input, target), kwargs | legacy(pen) | reduction(pen)


def any_weights(pen: Pen) -> Arguments:
    """With weights, which may be of another shape, and any reduction."""
    shape = pen.shape(1, 3)
    weights = pen.tensor((*shape, 1) if pen.chance(2) else shape)
    return (pen.tensor(shape), pen.tensor(shape)), {"weight": weights, "reduction": pen.choice(("mean", "sum", "none", "other"))}


def nll_loss(pen: Pen) -> Arguments:
    return _classes(pen, True)


def nll_loss_of_images(pen: Pen) -> Arguments:
    """Input of four dimensions; a target that may be of another size, rank or dtype."""
    shape = (pen.integer(1, 2), pen.integer(1, 3), pen.integer(1, 2), pen.integer(1, 2))
    wrong = pen.integer(0, 5)
    target_shape = {1: (shape[0], shape[2] + 1, shape[3]), 2: (shape[0], shape[2])}.get(wrong, (shape[0], *shape[2:]))
    target = pen.tensor(target_shape, {3: "uint8", 4: "float32"}.get(wrong, "int64"), values=(0,), differentiable=False)
    return (pen.tensor(shape, mode="ordinary"), target), pen.maybe("weight", lambda: pen.tensor((shape[1] + (wrong == 5),), differentiable=False))


def cross_entropy(pen: Pen) -> Arguments:
    args, kwargs = _classes(pen, False)
    return args, kwargs | pen.maybe("label_smoothing", lambda: pen.choice((0.1, 0.5, 1.5 if pen.invalid else 0.0)))


def probabilities_alone(pen: Pen) -> Arguments:
    """Input without dimensions: class probabilities of no class."""
    return (pen.tensor((), mode="ordinary"), pen.tensor((), mode="ordinary", differentiable=False)), reduction(pen)


def leaky(pen: Pen) -> Arguments:
    """Slopes of every kind, by position and by name, and calls of the function that write."""
    tensor = pen.tensor()
    slope = pen.choice((0.01, 0.2, -1.0, 0, 0.5, 2, True)) if pen.grad or not pen.chance(6) else pen.scalar()
    args, kwargs = ((tensor, slope), {}) if pen.chance(3) else ((tensor,), pen.maybe("negative_slope", lambda: slope))
    return args, kwargs | (pen.maybe("inplace", lambda: pen.chance(2), 6) if pen.form == "function" else {})


def weights_that_cancel(case: Case) -> float:
    """How many times as large as the sum of the weights that of their absolute values is, of each element or of each one's class."""
    weight = next((value for value in (case.kwargs.get("weight"), *case.args[2:]) if isinstance(value, TensorSpec)), None)
    if weight is None:
        return 1.0
    weights = _numbers(case, weight)
    if case.operation.endswith("nll_loss"):
        classes = _numbers(case, case.tensors()[1])
        weights = [weights[each] for each in classes if 0 <= each < len(weights) and each != case.kwargs.get("ignore_index", -100)]
    total, size = abs(sum(weights)), sum(map(abs, weights))
    return size / total if total else 1.0


def _numbers(case: Case, spec: TensorSpec) -> Sequence[Any]:
    return decode(b"".join(elements(case, spec)), spec.dtype)


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": accumulated(4), "critical_given": {"reduction": ("none",)}}
def weights_of_a_graph(pen: Pen) -> Arguments:
    """Weights of classes whose gradient is asked for, of vectors or of images."""
    count, plane = pen.length((2, 3)), pen.choice(((), (2, 1)))
    target = pen.tensor((2, *plane), "int64", values=(0,), differentiable=False)
    weight = replace(pen.tensor((count,), "float32", mode="ordinary"), requires_grad=True)
    return (pen.tensor((2, count, *plane), "float32", mode="ordinary"), target), {"weight": weight}


for _name in ("softmax", "log_softmax"):
    define(_name, FAMILY, softmax, differentiable=True, contract=ulps(4), forms="function method", critical="tails", terms=along_a_dimension,
        exercises=f"_{_name}", never_alone={
            f"_{_name}: dimension": f"{_name} has found it before", f"_{_name}: not half": f"{_name} does not ask for it"})  # fmt: skip
define("mse_loss", FAMILY, weighted_loss, exercises="_mse_loss", violating=(any_weights,), cancelling=weights_that_cancel, **LOSS)
define("l1_loss", FAMILY, weighted_loss, violating=(any_weights,), cancelling=weights_that_cancel, **LOSS)
define("smooth_l1_loss", FAMILY, smooth_l1, exercises="_smooth_l1_loss", **LOSS)
define("huber_loss", FAMILY, huber, exercises="_huber_loss", violating=(any_weights,), cancelling=weights_that_cancel, **LOSS)
define("nll_loss", FAMILY, nll_loss, exercises="nll_loss_nd nll_loss2d _nll_loss", violating=(nll_loss_of_images, weights_of_a_graph),
    classes=(IGNORED,), cancelling=weights_that_cancel, **LOSS,
    never_alone={
    "nll_loss2d: target.dim()": "a target of another rank is of another size, too", "nll_loss2d: input.dim()": "others are reshaped before",
    "_nll_loss: input.dim()": "others are reshaped before"})  # fmt: skip
define("cross_entropy", FAMILY, cross_entropy, classes=(IGNORED,), exercises="cross_entropy_loss", violating=(probabilities_alone,),
    **{**LOSS, "contract": conditioned(4, inner=1)})  # fmt: skip
define("leaky_relu", FAMILY, leaky, dtypes=ALL, differentiable=True, contract=ulps(1))
