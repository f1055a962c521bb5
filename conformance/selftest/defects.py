"""The planted defects. Each is something that a real backend got wrong once, or could.

A helper makes a kind of defect, the list at the end names the operations that it is planted in.
"""

from __future__ import annotations

from typing import Any, Callable

import torch

from .broken import Call, Context, Defect, Tamper

DEFECTS: list[Defect] = []
Change = Callable[[Any, Context], Any]


def plant(name: str, property: str, operations: str, tamper: Tamper, forms: str | None = None) -> None:
    """One defect for each of the operations named."""
    for operation in operations.split():
        DEFECTS.append(Defect(f"{name}: {operation}", property, (operation,), tamper, tuple(forms.split()) if forms else None))


def on_tensors(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply ``change`` to a result, or to each of several."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields") or type(value).__module__ == "torch.return_types":
        return type(value)([on_tensors(item, change) for item in value])
    if isinstance(value, (tuple, list)):
        return type(value)([on_tensors(item, change) for item in value])
    return value


def after(change: Change) -> Tamper:
    """A defect of the result; in-place and ``out=`` results are overwritten in place, so that only the change is wrong."""

    def tamper(call: Call, context: Context) -> Any:
        result = call()

        def apply(tensor: Any) -> Any:
            changed = change(tensor, context)
            written = any(tensor is argument for argument in [*context.args, context.kwargs.get("out")])
            if changed is tensor:
                return tensor
            if written and changed.shape == tensor.shape:
                with torch.no_grad():
                    tensor.copy_(changed)
                return tensor
            return changed

        return on_tensors(result, apply)

    return tamper


def like(tensor: Any, values: Any) -> Any:
    """``values`` in the layout and dtype of ``tensor``, so that nothing but the values is wrong."""
    fresh = torch.empty_like(tensor)
    if fresh.stride() != tensor.stride():
        fresh = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
    with torch.no_grad():
        fresh.copy_(values)
    return fresh


def elementwise(function: Callable[[Any], Any]) -> Tamper:
    """A defect of the values alone."""
    return after(lambda tensor, context: like(tensor, function(tensor.detach())) if tensor.numel() else tensor)


def ulps_off(count: int) -> Tamper:
    """Every finite result is ``count`` representable steps too large."""

    def change(tensor: Any) -> Any:
        if not tensor.dtype.is_floating_point or tensor.dtype in (torch.float16, torch.bfloat16):
            return tensor
        for _ in range(count):
            tensor = torch.where(torch.isfinite(tensor), torch.nextafter(tensor, torch.tensor(float("inf"), dtype=tensor.dtype)), tensor)
        return tensor

    return elementwise(change)


# -- values ----------------------------------------------------------------------------------------

plant("zeros for the result", "values", "matmul mm dot exp cat sum gather where cumsum sort linear softmax add index_select",
      elementwise(torch.zeros_like))  # fmt: skip
plant("3 ulps too much", "values", "exp log sin tanh sigmoid", ulps_off(3))
plant("one ulp too much", "values", "add mul div sub neg", ulps_off(1))
plant("last element wrong", "values", "sum mul cumsum cat flip roll index_select mm clamp repeat",
      elementwise(lambda t: _last(t)))  # fmt: skip
plant("negative zero becomes zero", "values", "neg abs mul maximum copysign trunc ceil round",
      elementwise(lambda t: t + 0 if t.dtype.is_floating_point else t))  # fmt: skip
plant("NaN becomes zero", "values", "add maximum minimum clamp amax relu sum",
      elementwise(lambda t: torch.nan_to_num(t, nan=0.0, posinf=float("inf"), neginf=float("-inf")) if t.dtype.is_floating_point else t))  # fmt: skip
plant("infinity becomes the largest number", "values", "exp mul div add reciprocal",
      elementwise(lambda t: torch.nan_to_num(t, nan=float("nan")) if t.dtype.is_floating_point else t))  # fmt: skip
plant("subnormals flushed to zero", "values", "mul add neg sub div",
      elementwise(lambda t: torch.where(t.abs() < torch.finfo(t.dtype).tiny, t * 0, t) if t.dtype.is_floating_point else t))  # fmt: skip


def _last(tensor: Any) -> Any:
    changed = tensor.clone(memory_format=torch.contiguous_format)
    flat = changed.reshape(-1)
    flat[-1] = ~flat[-1] if tensor.dtype == torch.bool else flat[-1] + 1
    return flat.reshape(tensor.shape)


def _toward_zero(call: Call, context: Context) -> Any:
    result = call()
    if not isinstance(result, torch.Tensor) or result.dtype != torch.float32 or context.form not in ("function", "method"):
        return result
    wide = [a.double() if isinstance(a, torch.Tensor) and a.dtype == torch.float32 else a for a in context.args]
    exact = getattr(torch, context.operation)(*wide, **context.kwargs)
    if exact.dtype != torch.float64:
        return result
    too_far = result.double().abs() > exact.abs()
    return like(result, torch.where(too_far, torch.nextafter(result, torch.zeros_like(result)), result)) if result.numel() else result


plant("rounded toward zero", "values", "mul add sub div", _toward_zero)


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


plant("NaN dropped", "values", "maximum", instead(torch.fmax))
plant("NaN dropped", "values", "minimum", instead(torch.fmin))
plant("Python's remainder", "values", "fmod", instead(torch.remainder))
plant("C's remainder", "values", "remainder", instead(torch.fmod))
plant("ties away from zero", "values", "round",
      instead(lambda a, decimals=0: torch.trunc(a + torch.copysign(torch.full_like(a, 0.5), a)) if a.is_floating_point() else a))  # fmt: skip
plant("truncates instead of flooring", "values", "floor_divide",
      instead(lambda a, b, **k: torch.div(a, b, rounding_mode="trunc")))  # fmt: skip
plant("floor instead of trunc", "values", "trunc", instead(lambda a, **k: torch.floor(a)))
plant("min and max swapped", "values", "clamp", instead(lambda a, min=None, max=None: torch.clamp(a, max, min)))
plant("log(1 + x)", "values", "log1p", instead(lambda a, **k: torch.log(1 + a)))
plant("exp(x) - 1", "values", "expm1", instead(lambda a, **k: torch.exp(a) - 1))
plant("exponential without shift", "values", "softmax",
      instead(lambda a, dim, dtype=None: (lambda e: e / e.sum(dim, keepdim=True))(torch.exp(a if dtype is None else a.to(dtype)))))  # fmt: skip
plant("computed in half precision", "values", "var", instead(lambda a, *r, **k: torch.var(a.half().to(a.dtype), *r, **k)))
plant("divides by n", "values", "var", instead(lambda a, *r, **k: torch.var(a, *r, **k) if r or k else torch.var(a, correction=0)))
plant("divides by n", "values", "std", instead(lambda a, *r, **k: torch.std(a, *r, **k) if r or k else torch.std(a, correction=0)))


def _last_tie(call: Call, context: Context) -> Any:
    result = call()
    source = context.args[0]
    if context.kwargs or not isinstance(result, torch.Tensor) or not source.numel():
        return result
    flat = source.reshape(-1).flip(0)
    return torch.tensor(source.numel() - 1) - getattr(torch, context.operation)(flat)


plant("takes the last tie", "values", "argmax argmin", _last_tie, "function method")


def _unstable(call: Call, context: Context) -> Any:
    result = call()
    values, indices = result
    if indices.dim() != 1 or indices.numel() < 2:
        return result
    indices = indices.clone()
    for i in range(len(indices) - 1):
        if values[i] == values[i + 1]:
            indices[i], indices[i + 1] = indices[i + 1].clone(), indices[i].clone()
            break
    return type(result)([values, indices])


plant("not stable", "values", "sort", _unstable)


def ignoring(key: str) -> Tamper:
    """A keyword argument has no effect."""

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if key not in context.kwargs:
            return result
        context.kwargs = {k: v for k, v in context.kwargs.items() if k != key}
        return call()

    return tamper


plant("alpha ignored", "values", "add sub", ignoring("alpha"))
plant("beta ignored", "values", "addmm baddbmm", ignoring("beta"))
plant("keepdim ignored", "shape", "sum amax mean any prod argmax", ignoring("keepdim"))
plant("descending ignored", "values", "sort argsort", ignoring("descending"))
plant("rounding_mode ignored", "values", "div", ignoring("rounding_mode"))
plant("accumulate ignored", "values", "index_put", ignoring("accumulate"))
plant("dtype ignored", "dtype", "sum cumsum prod softmax", ignoring("dtype"))
plant("value ignored", "values", "addcmul addcdiv", ignoring("value"))
plant("offset ignored", "values", "diagonal", ignoring("offset"))
plant("label_smoothing ignored", "values", "cross_entropy", ignoring("label_smoothing"))
plant("reduction ignored", "values", "mse_loss l1_loss nll_loss", ignoring("reduction"))
plant("weight ignored", "values", "nll_loss cross_entropy", ignoring("weight"))
plant("correction ignored", "values", "var std", ignoring("correction"))
plant("indexing ignored", "values", "meshgrid", ignoring("indexing"))


def _scalar_ignored(call: Call, context: Context) -> Any:
    result = call()
    if len(context.args) > 1 and isinstance(context.args[1], (int, float)) and isinstance(result, torch.Tensor):
        return like(result, context.args[0].to(result.dtype).expand(result.shape)) if context.form != "inplace" else result
    return result


plant("scalar operand ignored", "values", "add mul sub div pow", _scalar_ignored)

# -- dtype -----------------------------------------------------------------------------------------


def _zero_dim_promotes(call: Call, context: Context) -> Any:
    """Promotion by dtypes alone: a 0-d operand counts like any other."""
    result = call()
    tensors = [a for a in context.args if isinstance(a, torch.Tensor)]
    if context.form not in ("function", "method", "operator") or len(tensors) < 2 or result.dtype == torch.bool:
        return result
    dtype = torch.promote_types(tensors[0].dtype, tensors[1].dtype)
    return result.to(dtype)


plant("0-d operands promote like others", "dtype", "add mul maximum __add__ sub", _zero_dim_promotes)


def _to_dtype(source: torch.dtype, target: torch.dtype) -> Tamper:
    return after(lambda tensor, context: tensor.to(target) if tensor.dtype == source and context.form in ("function", "method") else tensor)


plant("integers stay integers", "dtype", "div mean exp sqrt", _to_dtype(torch.float32, torch.int64))
plant("sum of small integers not widened", "dtype", "sum prod cumsum", _to_dtype(torch.int64, torch.int32))
plant("float16 computed as float32", "dtype", "add sigmoid matmul", _to_dtype(torch.float16, torch.float32))
plant("comparison gives uint8", "dtype", "eq lt isnan logical_not any", _to_dtype(torch.bool, torch.uint8))
plant("indices are int32", "dtype", "argmax nonzero argsort", _to_dtype(torch.int64, torch.int32))

# -- shape, strides, aliasing ------------------------------------------------------------------------

NEW = ("function", "method", "operator", "attribute")
plant("always contiguous", "strides", "add mul exp clamp where neg maximum sigmoid relu zeros_like clone",
      after(lambda tensor, context: tensor.contiguous() if context.form in NEW else tensor))  # fmt: skip
plant("a view that copies", "aliasing",
      "view reshape transpose t permute squeeze unsqueeze select narrow diagonal unfold expand chunk split unbind T detach flatten "
      "__getitem__ movedim real as_strided",
      after(lambda tensor, context: tensor.clone() if tensor.numel() else tensor), "function method attribute operator")  # fmt: skip


def _aliases(call: Call, context: Context) -> Any:
    result = call()
    source = context.args[0]
    same = isinstance(result, torch.Tensor) and result.shape == source.shape and result.dtype == source.dtype and result.numel()
    return source.view_as(source) if same and torch.equal(result, source) else result


plant("a copy that aliases", "aliasing", "clone positive to flip repeat roll index_select abs clamp relu round", _aliases, "function method")
plant("returns a new tensor", "aliasing", "add mul copy_ zero_ fill_ clamp", after(lambda tensor, context: tensor.view_as(tensor)), "inplace method")
plant("drops a dimension", "shape", "sum unsqueeze stack index_select narrow",
      after(lambda tensor, context: tensor[0] if tensor.dim() and tensor.shape[0] else tensor), "function method")  # fmt: skip

# -- purity ----------------------------------------------------------------------------------------


def _destroys_input(call: Call, context: Context) -> Any:
    result = call()
    first = context.args[0]
    if isinstance(first, torch.Tensor) and first.numel() and context.form in ("function", "method") and not first.requires_grad:
        first.detach().reshape(-1)[:1].zero_() if first.is_contiguous() else first.detach()[(slice(0, 1),) * first.dim()].zero_()
    return result


plant("destroys its input", "purity", "exp sort sum cumsum matmul softmax add flip mean", _destroys_input)


def _writes_gaps(call: Call, context: Context) -> Any:
    result = call()
    target = context.args[0]
    if isinstance(target, torch.Tensor) and not target.is_contiguous() and not target.requires_grad and target.untyped_storage().nbytes():
        whole = torch.empty(0, dtype=torch.uint8).set_(target.untyped_storage())
        whole[-1] ^= 1
    return result


plant("writes between the strides", "purity", "add mul zero_ fill_ copy_ exp clamp masked_fill", _writes_gaps, "inplace method")


def _half_written(call: Call, context: Context) -> Any:
    """An in-place write that works on a contiguous copy and forgets to write back what is not contiguous."""
    target = context.args[0]
    if context.form == "inplace" and isinstance(target, torch.Tensor) and not target.is_contiguous() and not target.requires_grad:
        keep = target.detach().clone()
        result = call()
        target.detach().copy_(keep)
        return result
    return call()


plant("in-place write misses a view", "values", "add mul clamp exp neg sub", _half_written)

# -- errors ----------------------------------------------------------------------------------------


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


plant("no error", "errors", "sum add matmul gather cat reshape index_select squeeze transpose mm", raising(lambda error: None))
plant("wrong exception type", "errors", "sum reshape matmul cat __getitem__ select stack expand permute",
      raising(lambda error: ValueError(str(error))))  # fmt: skip
plant("message in other words", "errors", "add matmul reshape sum cat narrow view gather dot",
      raising(lambda error: type(error)("bad arguments")))  # fmt: skip

# -- gradients -------------------------------------------------------------------------------------


def hooked(change: Callable[[Any], Any]) -> Tamper:
    """The gradient is changed on its way in."""

    def apply(tensor: Any) -> Any:
        if tensor.requires_grad and tensor.grad_fn is not None:
            tensor.register_hook(change)
        return tensor

    return lambda call, context: on_tensors(call(), apply)


plant("gradient doubled", "gradients", "exp mul matmul sum cat where index_select softmax linear clamp reshape sigmoid __getitem__",
      hooked(lambda g: g * 2))  # fmt: skip
plant("gradient zero", "gradients", "add div pow max cumsum expand mse_loss cross_entropy", hooked(lambda g: g * 0))
for _name in "mul exp pow matmul sin div".split():
    _detached = Defect(f"gradient not differentiable again: {_name}", "gradients", (_name,), lambda call, context: call(), None, lambda g: g.detach())
    DEFECTS.append(_detached)
plant("gradient sign", "gradients", "sub neg abs cos", hooked(lambda g: -g))


def _tie_gradient(call: Call, context: Context) -> Any:
    """All of the gradient goes to the first of two equal operands."""
    a, b = context.args[:2]
    if not (isinstance(b, torch.Tensor) and a.requires_grad):
        return call()
    result = call()
    tied = (a == b).expand(result.shape)
    if tied.any():
        result.register_hook(lambda g: torch.where(tied, g * 2, g))
    return result


plant("gradient wrong at ties", "gradients", "maximum minimum", _tie_gradient, "function method")


def _no_graph(call: Call, context: Context) -> Any:
    with torch.no_grad():
        return call()


plant("result outside of the graph", "gradients", "exp matmul cat where transpose sum copy_", _no_graph, "function method")

# -- determinism and layout --------------------------------------------------------------------------

_counter = [0]


def _flicker(tensor: Any) -> Any:
    _counter[0] += 1
    return _last(tensor) if _counter[0] % 2 else tensor


plant("another result each second time", "determinism", "sum matmul exp scatter_add", elementwise(_flicker))


def _reads_contiguously(call: Call, context: Context) -> Any:
    """Strides of the first operand are ignored: its memory is read from the offset on."""
    first = context.args[0]
    result = call()
    if not isinstance(first, torch.Tensor) or first.is_contiguous() or first.requires_grad or context.form not in ("function", "method"):
        return result
    cells = first.untyped_storage().nbytes() // first.element_size()
    if first.storage_offset() + first.numel() > cells:
        return result
    flat = torch.empty(0, dtype=first.dtype).set_(first.untyped_storage(), first.storage_offset(), first.shape, torch.empty(first.shape).stride())
    context.args = (flat, *context.args[1:])
    other = call()
    if not isinstance(result, torch.Tensor):
        return other
    return like(result, other) if other.shape == result.shape else result


plant("strides ignored", "values", "exp add sum matmul cumsum sort flip gather softmax amax", _reads_contiguously)

# -- random numbers and printing ---------------------------------------------------------------------


def _other_stream(call: Call, context: Context) -> Any:
    torch.rand(1)
    return call()


plant("one number skipped", "values", "rand randn randint randperm normal_ bernoulli", _other_stream)
plant("printed with one digit less", "values", "__repr__", lambda call, context: _short_repr(call))
plant("printed without dtype", "values", "__repr__", lambda call, context: call().split(", dtype")[0] + ")" if ", dtype" in call() else call())


def _short_repr(call: Call) -> Any:
    torch.set_printoptions(precision=3)
    try:
        return call()
    finally:
        torch.set_printoptions(profile="default")
