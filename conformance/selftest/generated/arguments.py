"""Arguments that are no tensors, operands of other dtypes and ranks, and indices."""

from __future__ import annotations

import random
from typing import Any, Callable

import torch

from ...catalogue.entries import Entry, parameters
from ..broken import Call, Context, Tamper
from .description import (
    Planted,
    both,
    describe,
    every,
    has_floats,
    has_values,
    having,
    takes_indices,
    takes_numbers,
    takes_several,
    takes_tensors,
)  # fmt: skip
from .tools import Writer, attempt, duplicate, exchanged, inputs, instead_of, misreading, tensors_of, wrong_result

GROUP = "arguments"
_FLOAT_DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64, torch.uint8, torch.int32)


def _condition(draw: random.Random) -> tuple[str, Callable[[Context], bool]]:
    """When an argument is mistreated: always, for one dtype, above some size, in one form, for strided operands."""
    dtype, least = draw.choice(_FLOAT_DTYPES), draw.choice((4, 8, 16, 32))
    form = draw.choice(("method", "function", "inplace", "out"))
    return draw.choice((
        ("always", lambda c: True),
        (f"for {dtype}", lambda c: any(t.dtype == dtype for t in inputs(c)[:1])),
        (f"from {least} elements on", lambda c: any(t.numel() >= least for t in inputs(c))),
        (f"as {form}", lambda c: c.form == form),
        ("for strided operands", lambda c: any(not t.is_contiguous() for t in inputs(c))),
        ("for empty operands", lambda c: any(not t.numel() for t in inputs(c))),
    ))  # fmt: skip


def _named(row: Entry, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name, as far as the names of the positional ones are known."""
    names = parameters(row.operation.name)
    return {**dict(zip(names, args, strict=False)), **{key: value for key, value in kwargs.items() if key != "out"}}


def _with(row: Entry, args: Any, kwargs: Any, name: str, value: Any) -> tuple[Any, Any]:
    if name in kwargs:
        return args, {**kwargs, name: value}
    place = parameters(row.operation.name).index(name)
    return (*args[:place], value, *args[place + 1 :]), kwargs


def _restructured(call: Call, context: Context, change: Callable[[Any, Any], Any]) -> Any:
    """Like :func:`instead_of`, but the wrong call's result may have another shape or dtype, and is then the result."""
    if context.form not in ("function", "method", "operator"):
        return instead_of(call, context, change)
    writer = Writer(context)
    right = context.args, context.kwargs
    changed = attempt(lambda: change(*duplicate(right)))
    other = None
    if changed is not None:
        state = torch.get_rng_state()
        context.args, context.kwargs = changed
        other = attempt(call)
        context.args, context.kwargs = right
        torch.set_rng_state(state)
    result = call()
    if other is None:
        return result
    mine, theirs = tensors_of(result), tensors_of(other)
    if [(t.shape, t.dtype) for t in mine] != [(t.shape, t.dtype) for t in theirs] and all(writer.may(t) or not t.numel() for t in mine):
        return other
    return writer.replace(result, other)


@describe("an argument that is no tensor is ignored", GROUP, "values", having("new", "plain"))
def _ignored(draw: random.Random, row: Entry) -> Planted:
    place, (text, when) = draw.random(), _condition(draw)

    def change(args: Any, kwargs: Any) -> Any:
        names = sorted(key for key, value in kwargs.items() if key != "out" and not isinstance(value, torch.Tensor))
        places = [i for i, value in enumerate(args) if i and not isinstance(value, torch.Tensor)]
        if not names and not places:
            return None
        number = int(place * (len(names) + 1))
        if number < len(names):
            return args, {key: value for key, value in kwargs.items() if key != names[number]}
        return (args[: places[-1]], kwargs) if places and places[-1] == len(args) - 1 else None

    return Planted(f"number {place:.2f} of them, {text}", lambda call, context: _restructured(call, context, change) if when(context) else call())


@describe("an argument that is handed over by name is ignored", GROUP, "values", having("new", "keyword"))
def _by_name(draw: random.Random, row: Entry) -> Planted:
    names = parameters(row.operation.name)[1:]
    name = draw.choice(names) if names else "dim"

    def change(args: Any, kwargs: Any) -> Any:
        return (args, {key: value for key, value in kwargs.items() if key != name}) if name in kwargs else None

    return Planted(f"{name}=", lambda call, context: _restructured(call, context, change))


@describe("a negative dimension is taken for another", GROUP, "values", having("new", "number"))
def _negative_dim(draw: random.Random, row: Entry) -> Planted:
    rank = draw.choice((1, 2, 2, 3, 3, 4, None))
    kind = draw.choice(("the next", "the first"))

    def other(value: Any, size: int) -> Any:
        if isinstance(value, (tuple, list)) and value and all(type(item) is int for item in value):
            return type(value)([other(item, size) for item in value])
        if type(value) is int and -size <= value < 0:
            return (value + size + 1) % size if kind == "the next" else 0
        return value

    def change(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        if not found or not found[0].dim() or rank not in (None, found[0].dim()):
            return None
        for name, value in _named(row, args, kwargs).items():
            if "dim" in name or name == "axis":
                wrong = other(value, found[0].dim())
                if wrong != value and type(value) is not bool:
                    return _with(row, args, kwargs, name, wrong)
        return None

    where = "" if rank is None else f" of {rank} dimensions"
    return Planted(f"for {kind} one{where}", lambda call, context: _restructured(call, context, change))


@describe("a boolean argument is ignored with several dimensions", GROUP, "shape", having("new", "flag"))
def _several_dims(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((2, 2, 3))

    def change(args: Any, kwargs: Any) -> Any:
        named = _named(row, args, kwargs)
        if not any(isinstance(value, (tuple, list)) and len(value) >= least and all(type(i) is int for i in value) for value in named.values()):
            return None
        for name, value in named.items():
            if value is True:
                return _with(row, args, kwargs, name, False)
        return None

    return Planted(f"{least} or more", lambda call, context: _restructured(call, context, change))


def _scalars(change: Callable[[Any, Any], Any]) -> Tamper:
    """Python numbers among the arguments are changed: ``change(number, first tensor)``."""

    def change_all(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        first = found[0] if found else None

        def one(value: Any) -> Any:
            return change(value, first) if type(value) in (int, float, complex) else value

        wrong = tuple([one(value) for value in args]), {key: one(value) for key, value in kwargs.items()}
        return wrong if repr(wrong) != repr((tuple(args), kwargs)) else None

    return lambda call, context: _restructured(call, context, change_all)


@describe("a Python number is converted to the dtype of the tensor too early", GROUP, "values", takes_numbers)
def _early(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice((torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool, torch.float32))

    def change(value: Any, first: Any) -> Any:
        if first is None or first.dtype != dtype or isinstance(value, complex):
            return value
        if dtype.is_floating_point:
            return torch.tensor(value, dtype=dtype).item() if isinstance(value, float) else value
        return int(value) if isinstance(value, float) and abs(value) < 2**31 else value

    return Planted(str(dtype), _scalars(change))


@describe("a Python number passes through single precision", GROUP, "values", takes_numbers)
def _single(draw: random.Random, row: Entry) -> Planted:
    def change(value: Any, first: Any) -> Any:
        if isinstance(value, float):
            return torch.tensor(value, dtype=torch.float32).item()
        return int(torch.tensor(value, dtype=torch.float32).item()) if isinstance(value, int) and 2**24 < abs(value) < 2**62 else value

    return Planted("float32", _scalars(change))


@describe("a special Python number is taken for another", GROUP, "values", takes_numbers)
def _special_number(draw: random.Random, row: Entry) -> Planted:
    inf = float("inf")
    name, test, other = draw.choice((
        ("NaN as 0", lambda v: v != v, 0.0), ("infinity as a large number", lambda v: v == inf, 1e30),
        ("-0.0 as 0.0", lambda v: repr(v) == "-0.0", 0.0),
        ("0 as 1", lambda v: type(v) is int and v == 0, 1), ("-1 as 1", lambda v: type(v) is int and v == -1, 1),
        ("what is beyond 32 bits as 0", lambda v: type(v) is int and abs(v) >= 2**31, 0), ("a negative number as 0", lambda v: v == v and v < 0, 0),
        ("0.5 as 0.25", lambda v: v == 0.5, 0.25), ("2 as 1", lambda v: v == 2, 1), ("what is above 3 as 3", lambda v: type(v) is int and v > 3, 3),
        ("what is above 8 as 8", lambda v: type(v) is int and v > 8, 8), ("1 as 2", lambda v: type(v) is int and v == 1, 2),
    ))  # fmt: skip
    return Planted(name, _scalars(lambda value, first: other if not isinstance(value, complex) and test(value) else value))


# -- operands ----------------------------------------------------------------------------------------


@describe("a 0-d operand takes part as one of a dimension", GROUP, "dtype", takes_several)
def _zero_dim(draw: random.Random, row: Entry) -> Planted:
    which, dtype = draw.choice((0, -1)), draw.choice((None, torch.float64, torch.int64, torch.float32))

    def change(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        if len(found) < 2 or found[which].dim() or dtype not in (None, found[which].dtype):
            return None
        return exchanged(args, found[which], found[which].reshape(1)), kwargs

    return Planted(f"operand {which}, {dtype or 'any dtype'}", lambda call, context: _restructured(call, context, change))


@describe("broadcasting is right for leading dimensions only", GROUP, "values", takes_several)
def _broadcast(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 1, -1))

    def change(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        if len(found) < 2 or which >= len(found):
            return None
        tensor, shape = found[which], torch.broadcast_shapes(*[t.shape for t in found])
        if tensor.shape == shape or tensor.numel() < 2:
            return None
        flat = tensor.reshape(-1)
        return exchanged(args, tensor, flat[torch.arange(shape.numel()) % len(flat)].reshape(shape)), kwargs

    return Planted(f"operand {which}", lambda call, context: instead_of(call, context, change))


@describe("the common dtype of two dtypes is that of one of them", GROUP, "dtype", takes_several)
def _promotion(draw: random.Random, row: Entry) -> Planted:
    names = [name for name in row.operation.dtypes if name != "bool"] or ["float32"]
    first, second = getattr(torch, draw.choice(names)), getattr(torch, draw.choice(row.operation.dtypes))

    def change(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        if len(found) < 2 or {found[0].dtype, found[1].dtype} != {first, second} or first == second:
            return None
        return exchanged(args, found[1], found[1].to(found[0].dtype)), kwargs

    return Planted(f"{first} and {second}", lambda call, context: _restructured(call, context, change))


@describe("the result has the wrong dtype under a condition", GROUP, "dtype", has_values)
def _result_dtype(draw: random.Random, row: Entry) -> Planted:
    text, when = _condition(draw)
    pairs = {torch.float32: torch.float64, torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.int64: torch.int32,
             torch.bool: torch.uint8, torch.float64: torch.float32}  # fmt: skip
    source = draw.choice(tuple(pairs))

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        wrong = isinstance(result, torch.Tensor) and result.dtype == source and when(context) and writer.may(result)
        return result.to(pairs[source]) if wrong and context.form in ("function", "method", "operator") else result

    return Planted(f"{pairs[source]} for {source}, {text}", tamper)


# -- indices -----------------------------------------------------------------------------------------

INDICES = "indices"


def _index(change: Callable[[Any], Any]) -> Tamper:
    """The elements of the first integer tensor that is not the first argument are misread."""

    def replaced(args: Any, kwargs: Any) -> Any:
        found = [t for t in tensors_of([list(args[1:]), list(kwargs.values())]) if t.dtype in (torch.int64, torch.int32) and t.numel()]
        if not found:
            return None
        values = change(found[0])
        if values is None:
            return None
        values = values.reshape(found[0].shape).contiguous()
        return exchanged(args, found[0], values), exchanged(kwargs, found[0], values)

    return lambda call, context: instead_of(call, context, replaced)


@describe("a negative index is not counted from the end", INDICES, "values", takes_indices)
def _negative_index(draw: random.Random, row: Entry) -> Planted:
    return Planted("taken for 0", _index(lambda t: t.clamp(min=0) if bool((t < 0).any()) else None))


@describe("the last index is one too small", INDICES, "values", takes_indices)
def _last_index(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((1, 2, 4))
    return Planted(f"from {least} on", _index(lambda t: torch.where((t == t.max()) & (t >= least), t - 1, t)))


@describe("indices after the first block are those of the block", INDICES, "values", takes_indices)
def _index_block(draw: random.Random, row: Entry) -> Planted:
    size = draw.choice((2, 4, 8, 16, 32, 64, 256))
    return Planted(f"b = {size}", _index(lambda t: t.reshape(-1)[torch.arange(t.numel()) % size] if t.numel() > size else None))


@describe("a strided index is read as a contiguous one", INDICES, "values", takes_indices)
def _strided_index(draw: random.Random, row: Entry) -> Planted:
    def change(tensor: Any) -> Any:
        if tensor.is_contiguous():
            return None
        order = sorted(range(tensor.dim()), key=lambda d: -tensor.stride(d))
        if order == list(range(tensor.dim())):
            return tensor.reshape(-1).roll(1)
        return tensor.permute(order).contiguous().reshape(-1)

    return Planted("in memory's order", _index(change))


@describe("of repeated indices only one counts", INDICES, "values", takes_indices)
def _repeated(draw: random.Random, row: Entry) -> Planted:
    last = draw.random() < 0.5

    def replaced(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args[1:]), list(kwargs.values())])
        index = next((t for t in found if t.dtype in (torch.int64, torch.int32) and t.numel() > 1), None)
        source = next((t for t in found if t is not index and index is not None and t.shape[: index.dim()] == index.shape), None)
        if source is None or index is None:
            return None
        values, flat = source.clone(), index.reshape(-1).tolist()
        rows = values.reshape(len(flat), -1).clone()
        for i, place in enumerate(flat):
            if place in (flat[i + 1 :] if last else flat[:i]):
                rows[i] = 0 if index.dim() == 1 else rows[flat.index(place)]
        rows = rows.reshape(source.shape)
        return exchanged(args, source, rows), exchanged(kwargs, source, rows)

    return Planted("the last" if last else "the first", lambda call, context: instead_of(call, context, replaced))


@describe("an index out of range is clamped", INDICES, "errors", takes_indices)
def _clamped(draw: random.Random, row: Entry) -> Planted:
    negative = draw.random() < 0.5

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except (IndexError, RuntimeError):
            args, kwargs = duplicate((context.args, context.kwargs))
            found = [t for t in tensors_of([list(args[1:]), list(kwargs.values())]) if t.dtype in (torch.int64, torch.int32) and t.numel()]
            right = context.args, context.kwargs
            for index in found:
                size = int(max(index.max().item(), 1))
                for bound in range(size, -1, -1):
                    wrong = index.clamp(min=0) if negative else index.clamp(max=bound)
                    context.args, context.kwargs = exchanged(args, index, wrong), exchanged(kwargs, index, wrong)
                    result = attempt(call)
                    context.args, context.kwargs = right
                    if result is not None:
                        return result
                    if bound > 40:
                        break
            raise

    return Planted("a negative one" if negative else "a large one", tamper)


@describe("an index of another dtype is misread", INDICES, "values", takes_indices)
def _index_dtype(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice((torch.int32, torch.uint8, torch.bool, torch.int16))

    def change(args: Any, kwargs: Any) -> Any:
        found = [t for t in tensors_of([list(args[1:]), list(kwargs.values())]) if t.dtype == dtype and t.numel() > 1]
        if not found:
            return None
        wrong = found[0].reshape(-1).roll(1).reshape(found[0].shape)
        return exchanged(args, found[0], wrong), exchanged(kwargs, found[0], wrong)

    return Planted(str(dtype), lambda call, context: _restructured(call, context, change))


@describe("wrong where a tensor and another argument are both strided", GROUP, "values", takes_several)
def _both_strided(draw: random.Random, row: Entry) -> Planted:
    def when(context: Context) -> bool:
        return len([t for t in inputs(context) if not t.is_contiguous()]) >= 2

    return Planted("both", wrong_result(lambda flat, t, c: flat.roll(1), when))


@describe("an integer operand beside one of floating point is misread", GROUP, "values", both(takes_several, has_floats))
def _integer_beside_float(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice((torch.int64, torch.int32, torch.uint8, torch.int8, torch.int16, torch.bool))

    def change(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        wrong = next((t for t in found if t.dtype == dtype and t.numel()), None)
        if wrong is None or not any(t.dtype.is_floating_point for t in found):
            return None
        return exchanged(args, wrong, wrong.reshape(-1).roll(1).reshape(wrong.shape)), kwargs

    return Planted(str(dtype), lambda call, context: instead_of(call, context, change))


@describe("bool operands have other values than 0 and 1", GROUP, "values", both(takes_tensors, lambda row: "bool" in row.operation.dtypes))
def _bools(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, -1))
    return Planted(f"operand {which}", misreading(lambda t: ~t if t.dtype == torch.bool and t.numel() > 1 else None, which))


@describe("refuses what is valid", "errors", "errors", every)
def _refuses(draw: random.Random, row: Entry) -> Planted:
    text, when = _condition(draw)

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if when(context) and text != "always":
            raise RuntimeError("not implemented")
        return result

    return Planted(text, tamper)
