"""Creation: tensors from data, constants and sequences."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ...accuracy.contracts import ulps
from ...cases.case import COMPLEX, EVERY_INTEGER, FLOATS, Case, Constant, Device, DType
from ...drawing.pen import ALL, INVALID, Pen
from ..derivatives import magnitudes_positive
from ..rows import Arguments, define
from .foreign_arrays import foreign

FAMILY = "creation"
_FORMATS = ("contiguous_format", "channels_last", "preserve_format")


def factory(pen: Pen, one_in: int = 4, without: str = "") -> dict[str, Any]:
    """dtype=, device=, requires_grad=, layout= and pin_memory= of a creation function, but those in ``without``."""
    kwargs: dict[str, Any] = {}
    if not pen.chance(one_in):
        kwargs["dtype"] = DType(pen.dtype)
        pen.labels.add(pen.dtype)
    if pen.form != "out":
        kwargs |= pen.maybe("device", Device, 3)
        kwargs |= pen.maybe("requires_grad", lambda: True, 6)
        kwargs |= pen.maybe("layout", lambda: Constant("strided"), 8)
        kwargs |= pen.maybe("pin_memory", lambda: False, 8)
    return {key: value for key, value in kwargs.items() if key not in without.split()}


def sizes(pen: Pen) -> tuple[Any, ...]:
    """A shape, as one sequence or as several integers."""
    shape = pen.shape(0, 4)
    if pen.misbehave(2):
        bad: tuple[Any, ...] = ((-1,), ("a",), (1.5,), ((2, -3),), (None,))
        return pen.choice(bad)  # type: ignore[no-any-return]
    if pen.chance(2) and shape:
        return shape
    return (list(shape) if pen.chance(3) else shape,)


def filled(pen: Pen) -> Arguments:
    return sizes(pen), factory(pen)


def empty(pen: Pen) -> Arguments:
    kwargs = {} if pen.form == "out" else pen.maybe("memory_format", lambda: Constant(pen.choice(_FORMATS if pen.invalid else _FORMATS[:2])), 6)
    if kwargs and kwargs["memory_format"].name == "channels_last" and not pen.invalid:
        return (pen.shape(4, 4),), factory(pen) | kwargs
    return sizes(pen), factory(pen) | kwargs


def full(pen: Pen) -> Arguments:
    shape = pen.shape(0, 4)
    return (shape, pen.scalar()), factory(pen)


def like(pen: Pen) -> Arguments:
    kwargs = factory(pen, one_in=3)
    kwargs |= pen.maybe("memory_format", lambda: Constant(pen.choice(("contiguous_format", "preserve_format"))), 3)
    return (pen.tensor(dtype=pen.other_dtype()),), kwargs


def full_like(pen: Pen) -> Arguments:
    args, kwargs = like(pen)
    return (*args, pen.scalar()), kwargs


def new(pen: Pen) -> Arguments:
    return (pen.tensor(dtype=pen.other_dtype()), *sizes(pen)), factory(pen, one_in=3)


def new_full(pen: Pen) -> Arguments:
    return (pen.tensor(dtype=pen.other_dtype()), pen.shape(0, 3), pen.scalar()), factory(pen, one_in=3)


def _dense_strides(pen: Pen) -> tuple[tuple[int, ...], tuple[int, ...]]:
    shape = pen.shape(0, 3)
    order = list(range(len(shape)))
    for i in range(len(order) - 1):
        j = pen.integer(i, len(order) - 1)
        order[i], order[j] = order[j], order[i]
    strides = [0] * len(shape)
    step = 1
    for d in order:
        strides[d] = step
        step *= max(shape[d], 1)
    if pen.misbehave(2):
        return shape, (*strides, 1)
    return shape, tuple(strides)


def empty_strided(pen: Pen) -> Arguments:
    return _dense_strides(pen), factory(pen)


def empty_permuted(pen: Pen) -> Arguments:
    """A shape, and an order of its dimensions."""
    shape = pen.shape(0, 4)
    order = list(range(len(shape)))
    for i in range(len(order) - 1):
        j = pen.integer(i, len(order) - 1)
        order[i], order[j] = order[j], order[i]
    if pen.misbehave(2):
        order = order[1:] if pen.chance(3) else [*order[:-1], pen.choice((order[0] if order else 0, -1, len(shape)))]
    if pen.misbehave(4) and shape:
        shape = (-3, *shape[1:])
    return (shape, tuple(order)), factory(pen)


def new_empty_strided(pen: Pen) -> Arguments:
    return (pen.tensor(dtype=pen.other_dtype()), *_dense_strides(pen)), factory(pen, one_in=3)


_NUMBERS: tuple[Any, ...] = (
    1, 2.5, 0, -3, True, False, 1 + 2j, float("nan"), float("inf"), -0.0, 10**6, 0.1, -1.5, 2**31, 255, -129, 1e39, 70000.0,
)  # fmt: skip


def nested(pen: Pen, depth: int) -> Any:
    """Nested lists of numbers; ragged or of strange things when invalid."""
    if depth == 0:
        if pen.misbehave(6):
            return pen.choice((None, "a", 2**70, {}))
        kind = pen.salt % 4
        pool = (_NUMBERS, (1, 2, -3, 0, 7), (1.5, 0.1, -2.0, 3.0), (True, False))[kind]
        return pen.choice(pool)
    count = pen.integer(0 if depth == 1 else 1, 3)
    items = [nested(pen, depth - 1) for _ in range(count)]
    if depth == 2 and not pen.misbehave(2):
        width = len(items[0])
        items = [(item * 3 + [1, 1, 1])[:width] for item in items]
    return items


def data(pen: Pen) -> Any:
    if pen.force not in (None, INVALID):
        return pen.tensor(pen.shape(0, 3))  # input classes are about tensors
    kind = pen.integer(0, 4)
    if kind == 4:
        return pen.tensor(pen.shape(0, 2))
    if kind == 3 and pen.chance(2):
        return tuple(nested(pen, 1))
    return nested(pen, min(kind, 2))


def tensor(pen: Pen) -> Arguments:
    return (data(pen),), factory(pen, without="layout")


def shared(pen: Pen) -> bool:
    """Whether to hand over an array, whose memory the result may share."""
    return pen.force in (None, INVALID) and pen.dtype != "bfloat16" and find_spec("numpy") is not None and pen.chance(3)


def as_tensor(pen: Pen) -> Arguments:
    given = foreign(pen, "numpy") if shared(pen) else data(pen)
    return (given,), factory(pen, without="layout pin_memory requires_grad")


def asarray(pen: Pen) -> Arguments:
    kwargs = factory(pen, without="layout pin_memory")
    given = foreign(pen, "numpy") if shared(pen) else data(pen)
    return (given,), kwargs | pen.maybe("copy", lambda: pen.choice((True, False if pen.invalid else None)), 3)


def new_tensor(pen: Pen) -> Arguments:
    return (pen.tensor(dtype=pen.other_dtype()), data(pen)), factory(pen, one_in=3, without="layout")


def scalar_tensor(pen: Pen) -> Arguments:
    return (pen.scalar(),), factory(pen)


def arange(pen: Pen) -> Arguments:
    """One to three numbers; each may have its name."""
    args, kwargs = _numbers(pen), factory(pen)
    names = ("end",) if len(args) == 1 else ("start", "end", "step")
    named = len(args) if pen.chance(6) else pen.choice((0, 0, 0, 1)) * (len(args) > 1)
    keep = len(args) - named
    return args[:keep], dict(zip(names[keep:], args[keep:], strict=False)) | kwargs


def _numbers(pen: Pen) -> tuple[Any, ...]:
    """What a sequence is made from: its end; its start and end; these and a step."""
    def number() -> Any:
        kind = pen.integer(0, 5)
        if kind <= 2:
            return pen.length(range(-5, 13), most=6600)
        if kind == 5 and pen.invalid:
            return pen.choice((float("nan"), float("inf"), 1j, "a"))
        return pen.choice((0.5, 2.5, -1.5, 3.0, 0.1, 7.75))

    kind = pen.integer(0, 2)
    if kind == 0:
        return (number(),)
    start, end = number(), number()
    if kind == 1:
        return (start, end)
    step = pen.choice((1, 2, 0.5, 3, 0.3, 0.1, -1, -0.5, 0 if pen.invalid else 1.5))
    if not pen.invalid and _number(end - start) * _number(step) < 0:
        start, end = end, start
    return (start, end, step)


def inclusive_range(pen: Pen) -> Arguments:
    """torch.range divides by its step as an integer: a fractional step with an integer dtype is a floating point exception that
    ends the process (known difference ``range-crash``), and is not drawn."""
    args, kwargs = _numbers(pen), factory(pen, without="pin_memory")
    integer = "dtype" in kwargs and kwargs["dtype"].name not in (*FLOATS, *COMPLEX)
    if integer and len(args) == 3 and isinstance(args[2], float):
        args = (*args[:2], 1 if _number(args[1]) >= _number(args[0]) else -1)
    return args, kwargs


def _divides_by_zero(case: Case) -> bool:
    """Whether torch.range would divide by a step that it has cut off to 0."""
    given = case.kwargs.get("dtype")
    step = case.kwargs.get("step", case.args[2] if len(case.args) > 2 else 1)
    return isinstance(given, DType) and given.name not in (*FLOATS, *COMPLEX) and isinstance(step, (int, float)) and abs(step) < 1


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def spaced(pen: Pen) -> Arguments:
    """linspace and logspace."""
    ends = (0, 1, -1, 2.5, 10, -3.5, 0.1)
    steps = pen.length(range(10)) if not pen.chance(6) else pen.integer(10, 40)
    if pen.misbehave(2):
        steps = -1
    kwargs = factory(pen)
    if "dtype" in kwargs and pen.dtype == "bool":
        kwargs.pop("dtype")
    return (pen.choice(ends), pen.choice(ends), steps), kwargs


def logspace(pen: Pen) -> Arguments:
    args, kwargs = spaced(pen)
    return args, kwargs | pen.maybe("base", lambda: pen.choice((2, 10.0, 0.5)), 3)


def eye(pen: Pen) -> Arguments:
    n = pen.length(range(6), most=260) if not pen.misbehave(2) else -1
    return ((n,) if pen.chance(2) else (n, pen.length(range(6), most=1100))), factory(pen)


def triangle_indices(pen: Pen) -> Arguments:
    kwargs = pen.maybe("offset", lambda: pen.integer(-3, 3)) | factory(pen, without="dtype")
    kwargs |= pen.maybe("dtype", lambda: DType(pen.choice(("int64", "int32"))), 3)
    return (pen.length(range(-1 if pen.invalid else 0, 6), most=4100), pen.length(range(6), most=4100)), kwargs


def complex_parts(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    dtype = {"complex64": "float32", "complex128": "float64"}.get(pen.dtype, pen.dtype)
    return (pen.tensor(a, dtype), pen.tensor(b, dtype if not pen.misbehave() else pen.other_dtype())), {}


def too_long(pen: Pen) -> Arguments:
    """The bounds of more elements than there can be; or one that is not real."""
    return (pen.choice((0, 1, 2.5)), pen.choice((1j, 2 - 1j, 2**48, 2**49, 2**60, 2**61, 2**62, 1e15, 1e30))), factory(pen)


# What a tensor like another asks of the other's size: that of an expanded one alone can be so large.
MEMORY_OF_LIKE = dict.fromkeys(("Stride calculation overflowed", "Storage size calculation overflowed", "can't allocate memory"),
                               "a case cannot hold an input of so many elements; the test of expanded inputs can")  # fmt: skip
ONE_STRIDE = {"Stride calculation overflowed": "no stride is larger than a size here"}
# no float16: few devices have its complex dtype, complex32
_TWO = ("float32", "float64", "bfloat16", *COMPLEX, "int64")
VALUELESS = {"values": False}
NUMERIC = tuple(d for d in ALL if d != "bool")
define("zeros ones", FAMILY, filled, forms="function out", draws_tensors=False)
define("empty", FAMILY, empty, forms="function out", **VALUELESS, draws_tensors=False)
define("full", FAMILY, full, forms="function out", draws_tensors=False)
define("zeros_like ones_like", FAMILY, like, forms="function", draws_tensors=False, never_alone=MEMORY_OF_LIKE)
define("empty_like", FAMILY, like, forms="function", **VALUELESS, draws_tensors=False, never_alone=MEMORY_OF_LIKE)
define("full_like", FAMILY, full_like, forms="function", draws_tensors=False, never_alone=MEMORY_OF_LIKE)
define("new_zeros new_ones", FAMILY, new, forms="method", draws_tensors=False)
define("new_empty", FAMILY, new, forms="method", **VALUELESS, draws_tensors=False)
define("new_full", FAMILY, new_full, forms="method", draws_tensors=False)
define("empty_strided", FAMILY, empty_strided, forms="function", **VALUELESS, draws_tensors=False)
define("empty_permuted", FAMILY, empty_permuted, forms="function", **VALUELESS, draws_tensors=False)
define("new_empty_strided", FAMILY, new_empty_strided, forms="method", **VALUELESS, draws_tensors=False)
define("tensor", FAMILY, tensor, forms="function", draws_tensors=False)
define("as_tensor", FAMILY, as_tensor, forms="function", draws_tensors=False)
define("asarray", FAMILY, asarray, forms="function", draws_tensors=False, never_alone={
    "NumPy scalars": "a case has no scalars of NumPy", "from device": "a case has no tensors of a second device"})  # fmt: skip
define("new_tensor", FAMILY, new_tensor, forms="method", draws_tensors=False)
define("scalar_tensor", FAMILY, scalar_tensor, forms="function", draws_tensors=False)
define("arange", FAMILY, arange, forms="function out", draws_tensors=False, violating=(too_long,), never_alone=ONE_STRIDE)
# into integers torch divides by a step that it has cut off to 0: known difference "range-crash"
NOT_INTEGERS = tuple(dtype for dtype in ALL if dtype not in EVERY_INTEGER)
define("range", FAMILY, inclusive_range, forms="function out", draws_tensors=False, out_dtypes=NOT_INTEGERS, fatal=_divides_by_zero,
    violating=(too_long,), never_alone={**ONE_STRIDE, "not pin_memory": "range does not take it"})  # fmt: skip
define("linspace", FAMILY, spaced, forms="function out", contract=ulps(1), dtypes=NUMERIC, draws_tensors=False, never_alone=ONE_STRIDE)
define("logspace", FAMILY, logspace, forms="function out", contract=ulps(2), dtypes=NUMERIC, draws_tensors=False, never_alone=ONE_STRIDE)
define("eye", FAMILY, eye, forms="function out", draws_tensors=False, never_alone=ONE_STRIDE)
define("tril_indices triu_indices", FAMILY, triangle_indices, forms="function", dtypes=("int64",), draws_tensors=False)
define("complex", FAMILY, complex_parts, forms="function out", dtypes=_TWO, differentiable=True, draws_tensors=False)
define("polar", FAMILY, complex_parts, forms="function out", dtypes=_TWO, differentiable=True, derivative=magnitudes_positive, contract=ulps(2),
       draws_tensors=False)  # fmt: skip
