"""Tables of vectors: rows picked by number, one by one and in bags."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import accumulated, conditioned
from ...accuracy.number_formats import decode
from ...cases.case import COMPLEX, EVERY_INTEGER, FLOATS, Case, TensorSpec, elements
from ...drawing.naming import by_name
from ...drawing.pen import ALL, Pen
from ..derivatives import rows_count_alike
from ..entries import named_arguments
from ..rows import Arguments, define

FAMILY = "nn"
PADDING = "padding that is met"


def one_hot(pen: Pen) -> Arguments:
    """Classes, and how many there are; when invalid a class too many, or a negative one."""
    count = pen.length(range(1, 6))
    classes = [-1, count] if pen.misbehave(3) else list(range(count))
    dtype = "int32" if pen.misbehave(4) else "int64"
    given = pen.choice((count, -1, count + 2)) if not pen.misbehave(4) else pen.choice((0, -2, count))
    index = pen.tensor(pen.shape(0, 3), dtype, values=classes)
    return ((index,), {}) if given == -1 else ((index, given), {}) if pen.chance(2) else ((index,), {"num_classes": given})


def _table(pen: Pen) -> tuple[Any, int]:
    if pen.force == PADDING and pen.grad and pen.dtype in COMPLEX:
        pen.dtype = "float32"  # torch has no gradient of complex rows
    rows = pen.length(range(1, 6))
    shape = (rows, pen.length(range(5)))
    return pen.tensor(shape if not pen.misbehave(6) else (*shape, 2), layout=pen.choice(("contiguous", "sliced", "contiguous"))), rows


def _indices(pen: Pen, rows: int, shape: tuple[int, ...]) -> Any:
    values = [rows, -1] if pen.misbehave(4) else list(range(rows))
    if pen.force == PADDING:  # that of the last row, beside others
        pen.note(PADDING)
        index = pen.tensor((2, 3), "int64", values=values, layout="contiguous", differentiable=False)
        pen.buffers[index.buffer] = _written([rows - 1, *[i % rows for i in range(5)]], "int64")
        return index
    dtype = "int64" if not pen.chance(3) else "int32" if not pen.misbehave(2) else "float32"
    return pen.tensor(shape, dtype, values=values, differentiable=False)


def embedding(pen: Pen) -> Arguments:
    table, rows = _table(pen)
    padding = pen.choice((-1, 0, rows - 1)) if pen.chance(2) else None
    padding = rows - 1 if pen.force == PADDING else padding
    args = (table, _indices(pen, rows, pen.shape(0, 3)))
    kwargs = pen.maybe("scale_grad_by_freq", lambda: pen.chance(2), 3) | pen.maybe("sparse", lambda: False, 4)
    return (args if padding is None else (*args, padding)), kwargs


def embedding_renorm(pen: Pen) -> Arguments:
    table, rows = _table(pen)
    args = (table, _indices(pen, rows, pen.shape(0, 2)), pen.choice((0.5, 1.0, 100.0)), pen.choice((2.0, 1.0, float("inf"))))
    return by_name(pen, args, ("input", "indices", "max_norm", "norm_type"))


def embedding_of_python(pen: Pen) -> Arguments:
    table, rows = _table(pen)
    kwargs: dict[str, Any] = pen.maybe("padding_idx", lambda: pen.choice((0, -1, rows - 1, None) if not pen.misbehave(2) else (rows, -rows - 1)), 2)
    kwargs |= pen.maybe("scale_grad_by_freq", lambda: pen.chance(2), 3)
    if pen.dtype in FLOATS and not pen.grad and pen.chance(4):
        kwargs |= {"max_norm": pen.choice((0.5, 1.0, 100.0))} | pen.maybe("norm_type", lambda: pen.choice((1.0, 2.0)), 2)
    if pen.chance(4):  # all that the signature has, so that all can be handed over by position; a sparse gradient is no tensor of strides
        kwargs = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False} | kwargs
    if pen.force == PADDING:
        kwargs["padding_idx"] = -1
    return (_indices(pen, rows, pen.shape(0, 3)), table), kwargs


def _offsets(pen: Pen, count: int, ended: bool) -> Any:
    """Where bags begin, ascending from 0; with the end, if it is asked for."""
    starts = sorted(pen.integer(0, count) for _ in range(pen.integer(0, 3)))
    return [0, *starts, *([count] if ended else [])]


_DEFAULTS_OF_BAGS: dict[str, Any] = {
    "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "mode": "mean", "sparse": False, "per_sample_weights": None,
    "include_last_offset": False, "padding_idx": None,
}  # fmt: skip


def embedding_bag(pen: Pen) -> Arguments:
    table, rows = _table(pen)
    mode = pen.choice(("mean", "sum", "max", "sum"))
    kwargs: dict[str, Any] = {} if mode == "mean" and pen.chance(2) else {"mode": mode if not pen.misbehave(6) else "other"}
    flat = pen.chance(2)
    count = pen.integer(1, 7)
    shape = (count,) if flat else (pen.integer(1, 3), pen.integer(1, 4))
    if pen.misbehave(6):
        shape = (*shape, 1, 1)
    dtype = "int64" if not pen.chance(3) else "int32" if not pen.misbehave(2) else "float32"
    indices = pen.tensor(shape, dtype, values=list(range(rows)), differentiable=False)
    args: tuple[Any, ...] = (indices, table)
    if flat and not pen.misbehave(6):
        ended = pen.chance(3)
        starts = _offsets(pen, count, ended)
        offsets = pen.tensor((len(starts),), indices.dtype if indices.dtype == "int32" else "int64", values=starts, layout="contiguous",
                             differentiable=False)  # fmt: skip
        pen.buffers[offsets.buffer] = _written(starts, offsets.dtype)
        args = (*args, offsets)
        kwargs |= {"include_last_offset": True} if ended else {}
    if mode == "sum" and pen.chance(2) or pen.misbehave(6):
        kwargs["per_sample_weights"] = pen.tensor(shape if not pen.misbehave(4) else (*shape, 1))
    kwargs |= pen.maybe("padding_idx", lambda: pen.choice((0, -1, rows - 1)) if not pen.misbehave(2) else rows, 3)
    if mode != "max" or pen.misbehave(3):
        kwargs |= pen.maybe("scale_grad_by_freq", lambda: pen.chance(2), 4)
    if pen.invalid:
        kwargs |= pen.maybe("sparse", lambda: pen.chance(2), 4)
    if pen.dtype in ("float32", "float64") and not pen.grad and pen.chance(4):  # rows of 16 bits are rounded once more, which no bound of a sum knows
        kwargs |= {"max_norm": pen.choice((0.5, 1.0, 100.0))} | pen.maybe("norm_type", lambda: pen.choice((1.0, 2.0)), 2)
    if pen.chance(3):  # all that the signature has, so that all can be handed over by position
        kwargs = _DEFAULTS_OF_BAGS | ({"offsets": None} if len(args) == 2 else {}) | kwargs
    return args, kwargs


def numbers_of(case: Case, spec: TensorSpec) -> tuple[Any, ...]:
    return decode(b"".join(elements(case, spec)), spec.dtype)


def _written(numbers: list[int], dtype: str) -> bytes:
    width = 4 if dtype == "int32" else 8
    return b"".join(number.to_bytes(width, "little", signed=True) for number in numbers)


define("one_hot", FAMILY, one_hot, forms="function", dtypes=("int64",), draws_tensors=False)
TABLE: dict[str, Any] = {"forms": "function", "differentiable": True}


def of_a_norm(case: Case) -> int:
    """How many terms the norm of a row has, where rows are shortened."""
    widths = [spec.shape[-1] for spec in case.tensors() if len(spec.shape) == 2 and spec.dtype in FLOATS]
    return max(widths, default=1) if named_arguments(case).get("max_norm") is not None else 1


define("embedding", FAMILY, embedding, dtypes=ALL, classes_of_each_dtype=(PADDING,), derivative=rows_count_alike, **TABLE)
define("embedding_renorm_", FAMILY, embedding_renorm, forms="function", dtypes=FLOATS, contract=conditioned(4), terms=of_a_norm)
define("nn.functional.embedding", FAMILY, embedding_of_python, dtypes=ALL, classes_of_each_dtype=(PADDING,), updates="weight",
    derivative=rows_count_alike, contract=conditioned(4), terms=of_a_norm, **TABLE)
define("nn.functional.embedding_bag", FAMILY, embedding_bag, exercises="embedding_bag", dtypes=FLOATS, updates="weight", contract=accumulated(2),
    derivative=rows_count_alike, **TABLE,
    fatal=lambda case: places_do_not_fit(case), never_alone=dict.fromkeys((
        "Index {} of input", "offsets[0] has to be 0", "offsets[-1] can not be greater", "include_last_offset: number"),
        "torch reads memory that is not there in some of its loops"))  # fmt: skip


def places_do_not_fit(case: Case) -> bool:
    """An index that is no row, or offsets that do not ascend from 0 to the number of indices, or that leave indices no bag."""
    named = dict(zip(("input", "weight", "offsets"), case.args)) | case.kwargs
    input, table, offsets = named.get("input"), named.get("weight"), named.get("offsets")
    if not isinstance(input, TensorSpec) or not isinstance(table, TensorSpec) or not table.shape:
        return False
    if input.dtype in EVERY_INTEGER and any(not 0 <= i < table.shape[0] for i in numbers_of(case, input)):
        return True
    if not isinstance(offsets, TensorSpec) or offsets.dtype not in EVERY_INTEGER:
        return False
    starts = list(numbers_of(case, offsets))
    bags = len(starts) - bool(named.get("include_last_offset"))
    return not starts or starts[0] != 0 or starts != sorted(starts) or starts[-1] > input.numel or bool(input.numel) and not bags

