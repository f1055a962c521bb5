"""Convolutions: lines, images, volumes, transposed, with every option."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from ...accuracy.contracts import accumulated
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..images.layouts import image
from ..rows import Arguments, Draw, define

FAMILY = "convolution"


def products_in_each(case: Case) -> int:
    """The terms of each result, and one for the bias; those that a weight has in all, if its dimensions say nothing."""
    weight = case.args[1] if len(case.args) > 1 else case.kwargs.get("weight")
    shape = weight.shape if isinstance(weight, TensorSpec) else (1,)
    return max(shape[0], prod(shape[1:2])) * prod(shape[2:]) + 1 if len(shape) > 2 else prod(shape) + 1


def of_a_sequence(case: Case) -> int:
    """The terms of each result of a convolution of sequences, and one for the bias."""
    weight = case.tensors()[1]
    return prod(weight.shape[:2]) + 1


class Drawn(NamedTuple):
    """The numbers of a convolution, one for each dimension."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    sizes: tuple[int, ...]
    output_padding: tuple[int, ...]


SAME = "results of the input's size, of an even kernel"  # so that one side has one zero more
SHORT = ("bool", "uint8", "int8", "int16", "int32")


def _numbers(pen: Pen, rank: int, transposed: bool) -> Drawn:
    plain = pen.dtype in SHORT  # torch has no dilated convolution of them
    drawn = []
    for _ in range(rank):
        kernel, stride = pen.choice((2, 1, 3)), pen.choice((1, 2, 1, 3))
        dilation = 1 if plain else pen.choice((1, 1, 2))
        reach = dilation * (kernel - 1) + 1
        if transposed:
            size, padding = pen.length((2, 3, 1), most=60), pen.choice((0, 1, 0, 2))
            more = pen.integer(0, max(stride, dilation) - 1)
            padding = min(padding, ((size - 1) * stride + reach + more - 1) // 2)
        else:
            padding, more = pen.choice((0, 1, 0, 2)), 0
            size = max(reach - 2 * padding, 1) - 1 + pen.length((1, 2, 3), most=60)
        drawn.append((kernel, stride, padding, dilation, size, more))
    return Drawn(*zip(*drawn, strict=True))


_WORK = 20_000_000  # products of one call, which take a second in pure Python: of large inputs in three dimensions there would be a thousand millions


def _affordable(work: int) -> int:
    """How many there may be of what takes so many products each."""
    return max(1, min(40, _WORK // max(work, 1)))


def _tensors(pen: Pen, rank: int, transposed: bool, drawn: Drawn, batched: bool) -> tuple[tuple[Any, ...], int, TensorSpec | None]:
    """Input and weight, how many groups of channels there are, and the bias."""
    groups = pen.choice((1, 1, 2, 1, 3))
    work = prod(drawn.sizes) * prod(drawn.kernel) * groups
    inputs = pen.length((1, 2), most=_affordable(work))
    outputs = pen.length((1, 2), most=_affordable(work * inputs))
    batch = (pen.length((1, 2, 0 if pen.chance(4) else 3), most=_affordable(work * inputs * outputs)),) if batched else ()
    second = pen.dtype if not pen.misbehave(6) else pen.other_dtype()
    wrong = pen.integer(0, 1) if pen.misbehave(4) else 0
    shape = (*batch, inputs * groups + wrong, *drawn.sizes)
    weight = (inputs * groups, outputs, *drawn.kernel) if transposed else (outputs * groups, inputs, *drawn.kernel)
    tensors = (image(pen, shape), image(pen, weight, dtype=second))
    # oneDNN does not survive a bias beside several groups, a dilation and weights whose channels are last
    fatal = groups > 1 and max(drawn.dilation) > 1
    bias = pen.tensor((outputs * groups + (1 if pen.misbehave(6) else 0),)) if not fatal and pen.chance(2) else None
    return tensors, groups, bias


def _one_or_all(pen: Pen, values: tuple[int, ...]) -> Any:
    """A number for all dimensions, where it is the same, or one for each."""
    if pen.misbehave(6):
        return pen.choice((-1, 0, values * 2, ()))
    return values[0] if len(set(values)) == 1 and pen.chance(2) else values


def layer(rank: int, transposed: bool = False) -> Draw:
    """A layer of a network."""

    def draw(pen: Pen) -> Arguments:
        if rank == 3 and pen.grad and pen.dtype == "bfloat16":
            pen.dtype = "float32"  # oneDNN leaves elements of the weight's gradient unwritten, now and then
        drawn = _numbers(pen, rank, transposed)
        if pen.force == SAME:
            drawn = Drawn((2,) * rank, (1,) * rank, (0,) * rank, drawn.dilation if pen.chance(3) else (1,) * rank, drawn.sizes, (0,) * rank)
        tensors, groups, bias = _tensors(pen, rank, transposed, drawn, not pen.chance(5))
        kwargs: dict[str, Any] = {}
        if bias is not None or pen.chance(6):
            kwargs["bias"] = bias
        if any(step > 1 for step in drawn.stride) or pen.chance(6):
            kwargs["stride"] = _one_or_all(pen, drawn.stride)
        if any(drawn.padding) or pen.chance(6):
            kwargs["padding"] = _one_or_all(pen, drawn.padding)
        if any(step > 1 for step in drawn.dilation) or pen.chance(6):
            kwargs["dilation"] = _one_or_all(pen, drawn.dilation)
        if any(drawn.output_padding):
            kwargs["output_padding"] = _one_or_all(pen, drawn.output_padding)
        if groups > 1 or pen.misbehave(5):
            kwargs["groups"] = groups if not pen.misbehave(5) else pen.choice((0, -1, groups + 1))
        if not transposed and pen.chance(6) and not any(drawn.padding):
            kwargs["padding"] = pen.choice(("valid", "same") if not pen.misbehave(2) else ("other",))
            if kwargs["padding"] == "same" and not pen.misbehave(2):
                kwargs.pop("stride", None)
        if pen.force == SAME:
            pen.note(SAME)
            kwargs["padding"] = "same"
        return tensors, kwargs

    return draw


def any_convolution(pen: Pen) -> Arguments:
    """The operation that all layers are made of, of any rank, with all of its arguments."""
    rank, transposed = pen.choice((2, 1, 3)), pen.chance(2)
    drawn = _numbers(pen, rank, transposed)
    tensors, groups, bias = _tensors(pen, rank, transposed, drawn, True)
    numbers = [value if not isinstance(value, int) else (value,) for value in (_one_or_all(pen, part) for part in drawn[1:4])]
    more: Any = drawn.output_padding
    return (*tensors, bias, *numbers, transposed, more, groups), {}


def wrong_layer(rank: int, transposed: bool) -> Draw:
    """A valid call of which one number, size or dtype is not."""

    def draw(pen: Pen) -> Arguments:
        drawn = _numbers(pen, rank, transposed)
        (input, weight), groups, bias = _tensors(pen, rank, transposed, drawn, True)
        first, second, *kernel = weight.shape
        numbers = {"stride": drawn.stride, "padding": drawn.padding, "dilation": drawn.dilation}
        if transposed:
            numbers["output_padding"] = drawn.output_padding
        wrong = pen.integer(0, 9)
        if wrong == 0:
            numbers[pen.choice(tuple(numbers))] = pen.choice(((0,), (-1,), (), (1,) * (rank + 1), (-2,), (9,), (3,)))
        elif wrong == 1:
            groups = pen.choice((0, -1, first + 1))
        elif wrong == 2:
            shapes = ((first, second, *[0] * rank), weight.shape[:-1], (0, second, *kernel), (first, 0, *kernel), (first, second, *[9] * rank))
            weight = pen.tensor(pen.choice(shapes))
            numbers = {name: values[:1] for name, values in numbers.items()}
            if weight.shape[0] == 0 and transposed:
                input = pen.tensor((input.shape[0], 0, *input.shape[2:]))
        elif wrong == 3:
            input, weight = pen.tensor((*input.shape[:2], *[0] * rank)), pen.tensor((first, second, *[1] * rank))
            numbers["padding"] = (0,) if transposed else (2,)
        elif wrong == 4:
            bias = pen.tensor(pen.choice(((1,), (5,), (first, 1), ())))
        elif wrong == 5:
            groups, weight = 2, pen.tensor((3, second, *kernel))
            input = pen.tensor((input.shape[0], 3 if transposed else 2 * second, *input.shape[2:]))
        elif wrong == 6:
            input = pen.tensor((*input.shape, 1) if pen.chance(2) else input.shape[:1])
            weight = pen.tensor((*weight.shape, 1)) if pen.chance(2) else weight
            numbers = {name: values[:1] for name, values in numbers.items()}
        elif wrong == 7:
            weight = pen.tensor(weight.shape, pen.other_dtype())
        elif wrong == 8:
            bias = pen.tensor((second * groups if transposed else first,), pen.other_dtype())
        elif not transposed:
            numbers["padding"] = pen.choice(("same", "other"))  # type: ignore[assignment, arg-type]
        return (input, weight, bias), {**numbers, "groups": groups}

    return draw


def sequences(pen: Pen) -> Arguments:
    """Time first, then the batch, then channels."""
    kernel, pad = pen.choice((2, 1, 3, 0)), pen.choice((0, 1, 0, 2, -1 if pen.dtype.startswith("int") else 1))
    time = max(kernel - 1 - 2 * pad, 0) + pen.length((1, 2, 3, 0), most=60)
    batch, inputs, outputs = pen.length((1, 2, 0 if pen.chance(5) else 3), most=40), pen.length((1, 2), most=40), pen.length((1, 2, 3), most=40)
    second = pen.dtype if not pen.misbehave(4) else pen.other_dtype()
    wrong = pen.misbehave(4)
    if wrong:
        time = max(time - pen.integer(1, 2), 0)
    # torch views time and batch as one dimension
    input = pen.tensor((time, batch, inputs + (1 if pen.misbehave(5) else 0), *[1] * pen.misbehave(6)), layout="contiguous")
    weight = pen.tensor((kernel, inputs, outputs, *[1] * pen.misbehave(6)), second)
    bias = pen.tensor((outputs + (1 if pen.misbehave(5) else 0), *[1] * pen.misbehave(6)))
    return (input, weight, bias), {"pad": pad} if pad else {}


OPTIONS: dict[str, Any] = {
    "differentiable": True, "forms": "function", "contract": accumulated(1), "terms": products_in_each, "complex_arithmetic": True,
}  # fmt: skip
_NO_ROOM = "the layer has no such argument"
_NEVER_ALONE = {
    "_convolution": {"_convolution: len(output_padding)": _NO_ROOM, "_convolution: min(output_padding": _NO_ROOM},
    "_transposed_convolution": {
        "_transposed_convolution: place": "so much padding leaves no result",
        "_transposed_convolution: max(strides)": "torch counts sizes of no samples modulo 2**64, and takes what comes of it",
    },
}
_OF_ANOTHER_RANK = "weights of such a rank do not fit the input of a layer either"
for _name, _page, _more in (("conv", "_convolution", False), ("conv_transpose", "_transposed_convolution", True)):
    OPTIONS["classes"] = () if _more else (SAME,)
    define(f"{_name}1d", FAMILY, layer(1, _more), shares=_page, violating=(wrong_layer(1, _more),), **OPTIONS)
    define(f"{_name}2d", FAMILY, layer(2, _more), exercises=_page, violating=(wrong_layer(2, _more),), **OPTIONS, never_alone={
        f"{_page}: layer != 'convolution'": "layers take complex numbers",
        f"{_page}: rank > 0": _OF_ANOTHER_RANK, f"{_page}: rank < 4": _OF_ANOTHER_RANK, **_NEVER_ALONE[_page]})  # fmt: skip
    define(f"{_name}3d", FAMILY, layer(3, _more), shares=_page, violating=(wrong_layer(3, _more),), **OPTIONS)
define("convolution", FAMILY, any_convolution, shares="_convolution _transposed_convolution", **OPTIONS)
define("conv_tbc", FAMILY, sequences, **{**OPTIONS, "terms": of_a_sequence}, layout_independent=False)
