"""Normalisations: over the last dimensions, groups of channels, batches, single samples, vectors, neighbouring channels."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned
from ...cases.case import FLOATS, Case, TensorSpec
from ...drawing.naming import by_name
from ...drawing.pen import Pen
from ..derivatives import nowhere
from ..rows import Arguments, Draw, define
from .means import in_batches, in_groups, in_instances, in_last_dimensions, rounded_means

FAMILY = "nn"
_EPS = (1e-5, 0.5, 1e-3)


def _parameter(pen: Pen, shape: tuple[int, ...], wide: bool, sized: bool) -> TensorSpec | None:
    """Weights or biases of a shape, now and then of another one, or none."""
    if pen.chance(3):
        return None
    dtype = "float32" if wide else pen.dtype
    wrong = sized and pen.misbehave(4) and shape
    return pen.tensor((*shape[:-1], shape[-1] + 1) if wrong else shape, dtype if not pen.misbehave(6) else "float64", layout="contiguous",
                      values=(0.5, 1.0, 2.0, 3.0, 0.25, 1.5, 1.25, 0.0))  # fmt: skip


def _parameters(pen: Pen, shape: tuple[int, ...], wide: bool, sized: bool = True) -> tuple[Any, Any]:
    """Weights and biases. For gradients no biases without weights: torch has no formula."""
    weight, bias = _parameter(pen, shape, wide, sized), _parameter(pen, shape, wide, sized)
    return weight, None if pen.grad and weight is None else bias


def _is_wide(pen: Pen) -> bool:
    """Whether the parameters are float32 beside a 16-bit input."""
    return pen.dtype in ("float16", "bfloat16") and pen.chance(2)


def over_last_dimensions(pen: Pen) -> Arguments:
    shape = pen.shape(1, 4)
    count = pen.integer(1, len(shape))
    normalized = shape[-count:]
    if pen.misbehave(3):
        normalized = pen.choice(((), (*normalized, 2), (7,)))
    wide = _is_wide(pen)
    return (pen.tensor(shape), normalized, *_parameters(pen, normalized, wide)), {}


def layer_norm(pen: Pen) -> Arguments:
    args, _ = over_last_dimensions(pen)
    return (args if pen.chance(2) else args[:2]), pen.maybe("eps", lambda: pen.choice(_EPS), 3)


def native_layer_norm(pen: Pen) -> Arguments:
    args, _ = over_last_dimensions(pen)
    return by_name(pen, (*args, pen.choice(_EPS)), ("input", "normalized_shape", "weight", "bias", "eps"))


def rms_norm(pen: Pen) -> Arguments:
    args, _ = over_last_dimensions(pen)
    return (args[:3] if pen.chance(2) else args[:2]), pen.maybe("eps", lambda: pen.choice((*_EPS, None)), 3)


def _channels(pen: Pen, least: int) -> tuple[tuple[int, ...], int, int]:
    """The shape of a batch, its channels, and the groups that they are divided into."""
    rest = pen.shape(max(least - 2, 0), 3, 12)
    if pen.grad:
        rest = tuple([max(size, 1) for size in rest])
    groups, each = pen.choice((1, 2, 1, 3)), pen.choice((1, 2, 2, 3))
    batch = pen.choice((2, 1, 3, 2 if pen.grad else 0))
    return (batch, groups * each, *rest), groups * each, groups


def group_norm(pen: Pen) -> Arguments:
    shape, channels, groups = _channels(pen, 2)
    if pen.misbehave(3):
        groups = pen.choice((channels + 1, 0, -1))
    wide = _is_wide(pen)
    tensor = pen.tensor(shape if not pen.misbehave(6) else (channels,))
    if pen.chance(2):
        return (tensor, groups), pen.maybe("eps", lambda: pen.choice(_EPS), 3)
    return (tensor, groups, *_parameters(pen, (channels,), wide)), pen.maybe("eps", lambda: pen.choice(_EPS), 3)


def native_group_norm(pen: Pen) -> Arguments:
    shape, channels, groups = _channels(pen, 2)
    wide = _is_wide(pen)
    if pen.misbehave(3):
        groups = pen.choice((channels + 1, 0, -1))
    area = 1
    for size in shape[2:]:
        area *= size
    held = pen.choice((shape, shape, (shape[0] * channels * area,), (shape[0] * channels, area)))  # the numbers say how it is read
    tensor = pen.tensor(held, layout=None if pen.misbehave(4) else "contiguous")
    numbers = (shape[0], channels, area + (1 if pen.misbehave(4) else 0), groups, pen.choice(_EPS))
    return by_name(pen, (tensor, *_parameters(pen, (channels,), wide), *numbers), ("input", "weight", "bias", "N", "C", "HxW", "group", "eps"))


def of_no_places(pen: Pen) -> Arguments:
    """Samples of no elements, of which there may be any number, but not a negative one, nor one whose means have no room."""
    count, groups = pen.choice((2**48, 2**61, 2**62, 2**63 - 1, -1, -5, -(2**48))), pen.choice((1, 2))
    return (pen.tensor((2, 2, 0)), None, None, count, 2, 0, groups, 1e-5), {}


def _running(pen: Pen, channels: int, wide: bool, sized: bool) -> TensorSpec:
    dtype = "float32" if wide else pen.dtype
    return pen.tensor((channels + (1 if sized and pen.misbehave(4) else 0),), dtype, values=(0.5, 1.0, 2.0, 0.25, 1.5, 3.0), layout="contiguous",
                      differentiable=False)  # fmt: skip


def _statistics(pen: Pen, channels: int, wide: bool, needed: bool, sized: bool) -> tuple[Any, Any]:
    if not needed and pen.chance(3):
        return None, None
    both = _running(pen, channels, wide, sized), _running(pen, channels, wide, sized)
    return pen.choice(((None, both[1]), (both[0], None), (None, None))) if pen.misbehave(4) else both


_BATCH = ("input", "weight", "bias", "running_mean", "running_var")


def _batch(pen: Pen, sized: bool = True) -> tuple[TensorSpec, Any, Any, Any, Any, bool]:
    """A batch, parameters, running statistics, and whether the batch has the say."""
    shape, channels, _ = _channels(pen, 2)
    training = pen.chance(2)
    if training and not pen.invalid:
        shape = (max(shape[0], 2), *shape[1:])
    wide = _is_wide(pen)
    weight, bias = _parameters(pen, (channels,), wide, sized)
    tensor = pen.tensor(shape, layout="contiguous" if pen.grad else None)
    return (tensor, weight, bias, *_statistics(pen, channels, wide, not training, sized), training)


def batch_norm(pen: Pen) -> Arguments:
    return _of_batch(pen, "training")


def _of_batch(pen: Pen, own: str) -> Arguments:
    """``own``: the name of what says that the batch has the say."""
    args = (*_batch(pen), pen.choice((0.1, 0.5, 0.0, 1.0)), pen.choice(_EPS), False)
    return by_name(pen, args, (*_BATCH, own, "momentum", "eps", "cudnn_enabled"))


def native_batch_norm(pen: Pen) -> Arguments:
    """As batch_norm, with parameters of the right sizes: torch does not look."""
    batch = _batch(pen, sized=False)
    return by_name(pen, (*batch, pen.choice((0.1, 0.5, 0.0, 1.0)), pen.choice(_EPS)), (*_BATCH, "training", "momentum", "eps"))


def without_channels(*further: bool) -> Draw:
    """A batch of one dimension, without parameters."""
    return lambda pen: ((pen.tensor((pen.choice((7, 2, 3)),)), None, None, None, None, True, 0.1, 1e-5, *further), {})


def batch_norm_of_python(pen: Pen) -> Arguments:
    input, weight, bias, mean, variance, training = _batch(pen)
    kwargs: dict[str, Any] = {"training": training} if training or pen.chance(2) else {}
    kwargs |= pen.maybe("momentum", lambda: pen.choice((0.5, 0.0, 1.0)), 3)
    kwargs |= pen.maybe("eps", lambda: pen.choice((*_EPS, -1.0 if pen.invalid else 0.1)), 3)
    return ((input, mean, variance, weight, bias) if pen.chance(2) else (input, mean, variance)), kwargs


def instance_norm(pen: Pen) -> Arguments:
    return _of_batch(pen, "use_input_stats")


def instance_norm_of_python(pen: Pen) -> Arguments:
    input, weight, bias, mean, variance, own = _batch(pen)
    kwargs: dict[str, Any] = {} if own else {"use_input_stats": False}
    kwargs |= pen.maybe("momentum", lambda: pen.choice((0.5, 0.0, 1.0)), 3) | pen.maybe("eps", lambda: pen.choice(_EPS), 3)
    if pen.chance(4):  # all that the signature has, so that all can be handed over by position
        kwargs = {"use_input_stats": True, "momentum": 0.1, "eps": 1e-5} | kwargs
        return (input, mean, variance, weight, bias), kwargs
    if own and pen.chance(4):
        return (input,), {"weight": weight, "bias": bias} | kwargs
    return ((input, mean, variance, weight, bias) if pen.chance(2) else (input, mean, variance)), kwargs


def normalize(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 4))
    kwargs: dict[str, Any] = pen.maybe("p", lambda: pen.choice((1.0, 2, float("inf"), 3.0)), 3)
    kwargs |= {"dim": pen.dim(len(tensor.shape))} if len(tensor.shape) < 2 or pen.chance(2) else {}
    kwargs |= pen.maybe("eps", lambda: pen.choice((1e-3, 10.0)), 4)
    if pen.form == "function" and pen.chance(4):  # all that the signature has, so that all can be handed over by position
        kwargs = {"p": 2.0, "dim": 1 if len(tensor.shape) > 1 else 0, "eps": 1e-12, "out": None} | kwargs
    return (tensor,), kwargs


def local_response_norm(pen: Pen) -> Arguments:
    shape = pen.shape(1 if pen.invalid else 3, 5)
    tensor = pen.tensor(shape, layout="contiguous" if len(shape) == 5 else None)
    size = pen.choice((1, 2, 3, 5)) if not pen.misbehave() else pen.choice((0, -1))
    kwargs: dict[str, Any] = pen.maybe("alpha", lambda: pen.choice((0.5, 1.0, 0)), 2) | pen.maybe("beta", lambda: pen.choice((1.0, 0.5, 2)), 3)
    return (tensor, size), kwargs | pen.maybe("k", lambda: pen.choice((2.0, 0.5)), 3)


def per_result(case: Case) -> int:
    """The most elements that one mean is taken of."""
    return max(case.args[0].numel if isinstance(case.args[0], TensorSpec) else 1, 1)


NORM: dict[str, Any] = {"forms": "function", "differentiable": True, "contract": conditioned(8, inner=1), "terms": per_result}
OF_LAST, OF_GROUPS, OF_BATCHES, OF_INSTANCES = (
    {**NORM, "intermediate": rounded_means(places)} for places in (in_last_dimensions, in_groups, in_batches, in_instances)
)
UPDATED: dict[str, Any] = {"updates": "running_mean running_var"}
define("native_layer_norm", FAMILY, native_layer_norm, derivative=nowhere, **OF_LAST)
define("layer_norm", FAMILY, layer_norm, **OF_LAST)
define("nn.functional.layer_norm", FAMILY, layer_norm, **OF_LAST)
define("rms_norm", FAMILY, rms_norm, **NORM)
define("nn.functional.rms_norm", FAMILY, rms_norm, **NORM)
define("native_group_norm", FAMILY, native_group_norm, layout_independent=False, violating=(of_no_places,),
    never_alone={"Stride calculation": "the strides of a matrix of two columns at most are small"}, **OF_GROUPS)  # fmt: skip
define("group_norm", FAMILY, group_norm, **OF_GROUPS)
define("nn.functional.group_norm", FAMILY, group_norm, **OF_GROUPS)
define("native_batch_norm", FAMILY, native_batch_norm, derivative=nowhere, fatal=lambda case: out_of_bounds(case), **UPDATED, **OF_BATCHES,
    violating=(without_channels(),), never_alone={"running_mean is not None": "torch's process ends"})  # fmt: skip
define("batch_norm", FAMILY, batch_norm, violating=(without_channels(False),), **UPDATED, **OF_BATCHES)
define("nn.functional.batch_norm", FAMILY, batch_norm_of_python, **UPDATED, **OF_BATCHES)
define("instance_norm", FAMILY, instance_norm, **UPDATED, **OF_INSTANCES, never_alone={"mixed dtype": "torch looks at the first parameter alone"})
define("nn.functional.instance_norm", FAMILY, instance_norm_of_python, **UPDATED, **OF_INSTANCES)
define("normalize", FAMILY, normalize, dtypes=(*FLOATS, "complex64"), **{**NORM, "forms": "function out"})
define("local_response_norm", FAMILY, local_response_norm, **NORM)


def out_of_bounds(case: Case) -> bool:
    """No running statistics, and none of the batch, or parameters of other sizes: torch reads memory that is not there."""
    named = dict(zip(("input", "weight", "bias", "running_mean", "running_var", "training"), case.args)) | case.kwargs
    input = named.get("input")
    if not isinstance(input, TensorSpec):
        return True
    given = [named.get(name) for name in ("weight", "bias", "running_mean", "running_var")]
    if len(input.shape) < 2:
        return any(each is not None for each in given) or not named.get("training")
    wrong = any(isinstance(each, TensorSpec) and each.numel != input.shape[1] for each in given)
    return wrong or given[2] is None and not named.get("training")
