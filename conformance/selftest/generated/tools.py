"""What generated defects are made of: a result overwritten where it lies, a call repeated with arguments that were misread."""

from __future__ import annotations

from typing import Any, Callable

import torch

from ..broken import Call, Context, Tamper
from ..defect_parts import given, has_shared_elements, on_tensors, whole_storage

# What a misread tensor holds (None: it was read rightly).
Misread = Callable[[Any], Any]
# The flat elements of a result in row-major order, and the result itself; the wrong elements, or None where they are right.
Wrong = Callable[[Any, Any, Context], Any]
Condition = Callable[[Context], bool]
BITS = {torch.int8: 8, torch.uint8: 8, torch.int16: 16, torch.int32: 32, torch.int64: 64}
FLOAT_TYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 1024)


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    """The function's result, or None if it fails: a defect that cannot do its harm does none."""
    try:
        with torch.no_grad():
            return function(*args)
    except Exception:  # noqa: BLE001 - whatever the wrong arguments lead to, the right ones do not
        return None


# -- results -----------------------------------------------------------------------------------------


def tensors_of(value: Any) -> list[Any]:
    found: list[Any] = []
    on_tensors(value, found.append)
    return found


def outs(context: Context) -> list[Any]:
    """The tensors that ``out=`` names."""
    return tensors_of([context.kwargs.get("out")])


def inputs(context: Context) -> list[Any]:
    """The tensor arguments without ``out=``; an index made of tensors counts."""
    return tensors_of([list(context.args), [value for key, value in context.kwargs.items() if key != "out"]])


def written(context: Context) -> list[Any]:
    """The arguments that the call writes."""
    target = context.args[0] if context.args else None
    name = context.operation
    in_place = context.form == "inplace" or (name.endswith("_") and not name.endswith("__")) or name in ("__setitem__",) or name.startswith("__i")
    return outs(context) + ([target] if in_place and isinstance(target, torch.Tensor) else [])


class Writer:
    """Overwrites elements of a call's result in its own memory, so that nothing but values is wrong. Made before the call."""

    def __init__(self, context: Context) -> None:
        self.written = {id(tensor) for tensor in written(context)}
        self.held = {tensor.untyped_storage()._cdata for tensor in given(context)}

    def may(self, tensor: Any) -> bool:
        """Whether the tensor's elements are the call's own: not those of an argument that it only reads, or shows."""
        own = id(tensor) in self.written or tensor.untyped_storage()._cdata not in self.held
        return own and tensor.numel() > 0 and not has_shared_elements(tensor)

    def write(self, tensor: Any, values: Any) -> None:
        with torch.no_grad():
            tensor.data.copy_(values.reshape(tensor.shape))

    def replace(self, result: Any, other: Any) -> Any:
        """The result with the elements of another result of the same structure; that one itself where there are no tensors."""
        mine, theirs = tensors_of(result), tensors_of(other)
        if not mine and not theirs and type(result) is type(other):
            return other
        if [(t.shape, t.dtype) for t in mine] == [(t.shape, t.dtype) for t in theirs]:
            for tensor, values in zip(mine, theirs, strict=True):
                if self.may(tensor):
                    self.write(tensor, values)
        return result


def wrong_result(change: Wrong, when: Condition = lambda context: True) -> Tamper:
    """Some elements of each result are wrong."""

    def tamper(call: Call, context: Context) -> Any:
        if not when(context):
            return call()
        writer = Writer(context)
        result = call()
        for tensor in tensors_of(result):
            if writer.may(tensor):
                flat = tensor.detach().resolve_conj().resolve_neg().contiguous().clone().reshape(-1)
                values = attempt(change, flat, tensor, context)
                if values is not None:
                    writer.write(tensor, values)
        return result

    return tamper


def fill(flat: Any, where: Any, kind: str) -> Any:
    """Elements that were never computed: zeros, ones, what the neighbour has, what lay in memory."""
    right = flat[where]
    if kind == "zeros":
        flat[where] = 0
    elif kind == "ones":
        flat[where] = 1
    elif kind == "the neighbour's":
        flat[where] = flat.roll(1)[where]
    else:
        flat[where] = torch.full_like(right, 37)
    return flat


FILLS = ("zeros", "ones", "the neighbour's", "what lay there")


def off(values: Any) -> Any:
    """Values that are wrong by far more than rounding."""
    if values.dtype == torch.bool:
        return ~values
    if not (values.is_floating_point() or values.is_complex()):
        return values ^ 1
    return torch.where(torch.isfinite(values), torch.where(values.abs() < 1024, values + 1, values / 2), torch.zeros_like(values))


# -- arguments ---------------------------------------------------------------------------------------


def duplicate(value: Any, storages: dict[int, Any] | None = None, tensors: dict[int, Any] | None = None) -> Any:
    """Arguments with copies of their tensors and generators, in the same layout; what shares memory, or is the same tensor, still does or is."""
    storages = {} if storages is None else storages
    tensors = {} if tensors is None else tensors
    if isinstance(value, dict):
        return {key: duplicate(item, storages, tensors) for key, item in value.items()}
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)([duplicate(item, storages, tensors) for item in value])
    if isinstance(value, torch.Generator):
        return value.clone_state()
    if not isinstance(value, torch.Tensor):
        return value
    if id(value) not in tensors:
        source = value.detach()
        key = source.untyped_storage()._cdata
        if key not in storages:
            storages[key] = whole_storage(source).clone().untyped_storage()
        copy = torch.empty(0, dtype=value.dtype).set_(storages[key], value.storage_offset(), value.shape, value.stride())
        tensors[id(value)] = copy.conj() if value.is_conj() else copy
    return tensors[id(value)]


def exchanged(value: Any, what: Any, by: Any) -> Any:
    """Arguments with one of them replaced by another."""
    if value is what:
        return by
    if isinstance(value, dict):
        return {key: exchanged(item, what, by) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)([exchanged(item, what, by) for item in value])
    return value


def instead_of(call: Call, context: Context, change: Callable[[Any, Any], tuple[Any, Any] | None]) -> Tamper | Any:
    """The call, and its result overwritten by that of the call with other arguments, ``change(args, kwargs)`` of copies; None: no change."""
    writer = Writer(context)
    args, kwargs = duplicate((context.args, context.kwargs))
    changed = attempt(lambda: change(args, kwargs))
    other = None
    if changed is not None:
        state = torch.get_rng_state()
        right = context.args, context.kwargs
        context.args, context.kwargs = changed
        other = attempt(call)
        context.args, context.kwargs = right
        torch.set_rng_state(state)
    result = call()
    return result if other is None else writer.replace(result, other)


def misreading(change: Misread, which: int, when: Condition = lambda context: True) -> Tamper:
    """The elements of one tensor argument (number ``which`` of them, -1 the last) are misread."""

    def replaced(args: Any, kwargs: Any) -> Any:
        tensors = tensors_of([list(args), [value for key, value in kwargs.items() if key != "out"]])
        if which >= len(tensors) or not tensors:
            return None
        tensor = tensors[which]
        values = change(tensor.resolve_conj())
        if values is None or tensor.numel() == 0:
            return None
        fresh = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
        if has_shared_elements(tensor):
            fresh = torch.empty(tensor.shape, dtype=tensor.dtype)
        fresh.copy_(values.reshape(tensor.shape))
        return exchanged(args, tensor, fresh), exchanged(kwargs, tensor, fresh)

    def tamper(call: Call, context: Context) -> Any:
        return instead_of(call, context, replaced) if when(context) else call()

    return tamper


def elements_at(tensor: Any, shape: Any, strides: Any, offset: int) -> Any:
    """What lies at these places of a tensor's storage, counted round where it ends."""
    cells = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
    places = torch.full((), offset)
    for size, stride in zip(shape, strides, strict=True):
        places = places.unsqueeze(-1) + torch.arange(size) * stride
    return cells[places % cells.numel()].reshape(shape)
