"""The tools that defects are made of: what a broken operation does with its result, its arguments, its errors, its gradients."""

from __future__ import annotations

from typing import Any, Callable

import torch

from .broken import Call, Context, Tamper

Change = Callable[[Any, Context], Any]
# The forms that make a result of their own.
NEW = ("function", "method", "operator", "attribute")
_BITS = {torch.float16: torch.int16, torch.bfloat16: torch.int16, torch.float32: torch.int32, torch.float64: torch.int64}


# -- results -----------------------------------------------------------------------------------------


def on_tensors(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply ``change`` to a result, or to each of several."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields") or type(value).__module__ == "torch.return_types":
        return type(value)([on_tensors(item, change) for item in value])
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)([on_tensors(item, change) for item in value])
    return value


def given(context: Context) -> list[Any]:
    """The tensor arguments of a call, ``out=`` last, those of sequences too."""
    found: list[Any] = []
    on_tensors(list(context.args), found.append)
    on_tensors([value for key, value in context.kwargs.items() if key != "out"], found.append)
    on_tensors([context.kwargs.get("out")], found.append)
    return found


def after(change: Change) -> Tamper:
    """A defect of the result; in-place and ``out=`` results are overwritten in place, so that only the change is wrong (unless the change
    is to return another tensor over the same memory)."""

    def tamper(call: Call, context: Context) -> Any:
        arguments = given(context)
        result = call()

        def apply(tensor: Any) -> Any:
            changed = change(tensor, context)
            written = any(tensor is argument for argument in arguments)
            if changed is tensor:
                return tensor
            shares = changed.untyped_storage()._cdata == tensor.untyped_storage()._cdata
            if written and changed.dtype != tensor.dtype:
                return tensor
            if written and not shares and changed.shape == tensor.shape and not has_shared_elements(tensor):
                with torch.no_grad():
                    tensor.copy_(changed)
                return tensor
            return changed

        return on_tensors(result, apply)

    return tamper


def has_shared_elements(tensor: Any) -> bool:
    """Whether torch would refuse to write to the tensor: a dimension of stride 0 has several elements."""
    return any(stride == 0 and size > 1 for size, stride in zip(tensor.shape, tensor.stride(), strict=True))


def like(tensor: Any, values: Any) -> Any:
    """``values`` in the layout and dtype of ``tensor``, so that nothing but the values is wrong."""
    if has_shared_elements(tensor):
        return values.to(tensor.dtype).clone()
    fresh = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
    with torch.no_grad():
        fresh.copy_(values)
    return fresh


def elementwise(function: Callable[[Any], Any]) -> Tamper:
    """A defect of the values alone: what is in a graph stays there (but for views, which cannot be written without their base)."""

    def change(tensor: Any, context: Context) -> Any:
        if not tensor.numel():
            return tensor
        if tensor.grad_fn is None or tensor._is_view():
            return like(tensor, function(tensor.detach()))
        tensor.data.copy_(function(tensor.detach()))  # not through detach(), which would count as a write to what the graph has saved
        return tensor

    return after(change)


def floats(function: Callable[[Any], Any]) -> Tamper:
    """A defect of the values of real floating dtypes."""
    return elementwise(lambda tensor: function(tensor) if tensor.dtype.is_floating_point else tensor)


def wrong_at(tensor: Any, place: int) -> Any:
    """One element changed, by enough to be noticed next to any rounding."""
    changed = tensor.clone(memory_format=torch.contiguous_format)
    flat = changed.reshape(-1)
    value = flat[place].clone()
    if tensor.dtype == torch.bool:
        flat[place] = ~value
    elif not (tensor.is_floating_point() or tensor.is_complex()):
        flat[place] = value + 1
    elif not torch.isfinite(value):
        flat[place] = 0
    else:
        flat[place] = value + 1 if value.abs() < 1024 else value / 2
    return flat.reshape(tensor.shape)


def stepped(tensor: Any, steps: int) -> Any:
    """Each finite element other than zero is ``steps`` representable numbers farther from zero."""
    if tensor.is_complex():
        return torch.view_as_complex(stepped(torch.view_as_real(tensor.resolve_conj()).contiguous(), steps))
    if tensor.dtype not in _BITS:
        return tensor
    plain = tensor.contiguous()
    infinity = torch.tensor(float("inf"), dtype=tensor.dtype).view(_BITS[tensor.dtype])
    sign = plain.view(_BITS[tensor.dtype]) & torch.iinfo(_BITS[tensor.dtype]).min
    magnitude = plain.abs().view(_BITS[tensor.dtype])
    room = infinity - magnitude
    moved = (magnitude + torch.clamp(room, max=steps)) | sign
    return torch.where(torch.isfinite(plain) & (plain != 0), moved.view(tensor.dtype), plain)


def ulps_off(count: int) -> Tamper:
    """Every finite result of float32 and float64 is ``count`` representable steps off."""
    return elementwise(lambda tensor: stepped(tensor, count) if tensor.dtype in (torch.float32, torch.float64) else tensor)


def becomes(source: torch.dtype, target: torch.dtype) -> Tamper:
    """Results of one dtype come in another."""
    return after(lambda tensor, context: tensor.to(target) if tensor.dtype == source and context.form in NEW else tensor)


def instead(function: Callable[..., Any]) -> Tamper:
    """Another function with the same arguments; for the out-of-place forms, errors as they should be."""

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if context.form not in ("function", "method"):
            return result
        other = function(*context.args, **context.kwargs)
        if isinstance(result, torch.Tensor) and isinstance(other, torch.Tensor) and other.shape == result.shape:
            return like(result, other)
        return other

    return tamper


def second_time(tamper: Tamper) -> Tamper:
    """A call with the arguments of the call before it does otherwise: a stale cache, an accumulator that was not cleared."""

    def tampered(call: Call, context: Context) -> Any:
        key = (context.operation, context.form, _fingerprint((list(context.args), context.kwargs)))
        again = context.memory.get("latest") == key
        context.memory["latest"] = None if again else key
        return tamper(call, context) if again else call()

    return tampered


def _fingerprint(value: Any) -> Any:
    """What distinguishes two calls: dtypes, layouts and bytes of tensors, the text of the rest."""
    if isinstance(value, torch.Tensor):
        return (value.dtype, value.shape, value.stride(), bytes(whole_storage(value.detach()).tolist()))
    if isinstance(value, dict):
        return [(key, _fingerprint(item)) for key, item in value.items()]
    if isinstance(value, (tuple, list)):
        return [_fingerprint(item) for item in value]
    return repr(value)


# -- arguments ---------------------------------------------------------------------------------------


def ignoring(key: str) -> Tamper:
    """A keyword argument has no effect, wherever the call can do without it."""

    def tamper(call: Call, context: Context) -> Any:
        if key not in context.kwargs:
            return call()
        return _instead_of(call, context, context.args, {k: v for k, v in context.kwargs.items() if k != key})

    return tamper


def last_ignored(call: Call, context: Context) -> Any:
    """The last positional argument has no effect, wherever the call can do without it."""
    return _instead_of(call, context, context.args[:-1], context.kwargs) if len(context.args) > 1 else call()


def _instead_of(call: Call, context: Context, args: Any, kwargs: dict[str, Any]) -> Any:
    """The call with other arguments. Errors are as they should be: one call with the right arguments, on copies, raises them."""
    right, right_kwargs = context.args, context.kwargs
    context.args, context.kwargs = _copies(right), _copies(right_kwargs)
    state = torch.get_rng_state()
    proper = call()  # raises if it should
    torch.set_rng_state(state)
    context.args, context.kwargs = args, kwargs
    try:
        return call()
    except Exception:  # noqa: BLE001 - the argument is not optional
        torch.set_rng_state(state)
        del proper
        context.args, context.kwargs = right, right_kwargs
        return call()


def _copies(value: Any) -> Any:
    """Arguments with copies of their tensors and generators, in the same layout."""
    if isinstance(value, dict):
        return {key: _copies(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)([_copies(item) for item in value])
    if isinstance(value, torch.Generator):
        return value.clone_state()
    if not isinstance(value, torch.Tensor):
        return value
    whole = torch.empty(0, dtype=torch.uint8).set_(value.untyped_storage()).clone().untyped_storage()
    copy = torch.empty(0, dtype=value.dtype).set_(whole, value.storage_offset(), value.shape, value.stride())
    return copy.requires_grad_(value.requires_grad and value.is_leaf)


def whole_storage(tensor: Any) -> Any:
    """All bytes of a tensor's storage, gaps included, to write to."""
    return torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())


def gap_bytes(tensor: Any) -> list[int]:
    """The bytes of a tensor's storage that belong to none of its elements."""
    size = tensor.element_size()
    used = {tensor.storage_offset()} if tensor.numel() else set()
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        used = {place + i * stride for place in used for i in range(length)}
    return [i for i in range(tensor.untyped_storage().nbytes()) if i // size not in used]


def read_contiguously(tensor: Any) -> Any:
    """What lies in memory from the tensor's offset on, as if its strides were those of a new tensor; None where memory ends before that."""
    cells = tensor.untyped_storage().nbytes() // tensor.element_size()
    if tensor.storage_offset() + tensor.numel() > cells:
        return None
    strides = torch.empty(tensor.shape, device="meta").stride()
    return torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage(), tensor.storage_offset(), tensor.shape, strides)


def strides_ignored(which: int) -> Tamper:
    """Strides of one tensor argument (``which``: 0 the first, -1 the last) are ignored: its memory is read from the offset on."""

    def tamper(call: Call, context: Context) -> Any:
        tensors = [a for a in context.args if isinstance(a, torch.Tensor)]
        if not tensors or context.form not in NEW or "out" in context.kwargs:
            return call()
        strided = tensors[which]
        flat = None if strided.is_contiguous() or strided.requires_grad or strided.is_conj() else read_contiguously(strided)
        if flat is None:
            return call()
        result = call()
        context.args = tuple([flat if argument is strided else argument for argument in context.args])
        try:
            other = call()
        except Exception:  # noqa: BLE001 - poison in the gaps is no valid index
            return result
        if not isinstance(result, torch.Tensor):
            return other
        return like(result, other) if other.shape == result.shape else result

    return tamper


# -- errors and gradients ----------------------------------------------------------------------------


def raising(change: Callable[[BaseException], BaseException | None]) -> Tamper:
    """A defect of the exceptions: another one, or none (then some tensor comes back)."""

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - every exception is changed
            other = change(error)
            if other is None:
                return torch.zeros(())
            raise other from None

    return tamper


def refusing(condition: Callable[[Any], bool]) -> Tamper:
    """A call with a tensor argument of some kind is refused."""

    def tamper(call: Call, context: Context) -> Any:
        refused = any(condition(tensor) for tensor in given(context))  # before the call, which may resize ``out=``
        result = call()
        if refused:
            raise RuntimeError("not implemented")
        return result

    return tamper


def hooked(change: Callable[[Any], Any]) -> Tamper:
    """The gradient is changed on its way in."""

    def apply(tensor: Any) -> Any:
        if tensor.requires_grad and tensor.grad_fn is not None:
            tensor.register_hook(change)
        return tensor

    return lambda call, context: on_tensors(call(), apply)


def without_graph(call: Call, context: Context) -> Any:
    """The result is not connected to the arguments."""
    with torch.no_grad():
        return call()
