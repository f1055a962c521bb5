"""The planted defects. Each is something that a real backend got wrong once, or could.

They are sorted by the property that should notice. What a defect needs stands above the line that plants it; tools for several are
in :mod:`.tampering`.
"""

from __future__ import annotations

from typing import Any

import torch

from .broken import Call, Context, Defect, Tamper
from .defect_parts import (
    NEW,
    after,
    becomes,
    elementwise,
    floats,
    gap_bytes,
    hooked,
    ignoring,
    instead,
    like,
    raising,
    second_time,
    strides_ignored,
    ulps_off,
    whole_storage,
    without_graph,
    wrong_at,
)  # fmt: skip

DEFECTS: list[Defect] = []


def plant(name: str, property: str, operations: str, tamper: Tamper, forms: str | None = None, **shows_as: str) -> None:
    """One defect for each of the operations named. ``shows_as``: other properties that may notice, and why."""
    for operation in operations.split():
        DEFECTS.append(Defect(f"{name}: {operation}", property, (operation,), tamper, tuple(forms.split()) if forms else None, shows_as=shows_as))


# -- values ----------------------------------------------------------------------------------------

plant("zeros for the result", "values", "matmul mm dot exp cat sum gather where cumsum sort linear softmax add index_select",
      elementwise(torch.zeros_like))  # fmt: skip
plant("3 ulps too much", "values", "exp log sin tanh sigmoid", ulps_off(3))
plant("one ulp too much", "values", "add mul div sub neg", ulps_off(1))
plant("last element wrong", "values", "sum mul cumsum cat flip roll index_select mm clamp repeat",
      elementwise(lambda t: wrong_at(t, -1)))  # fmt: skip
plant("negative zero becomes zero", "values", "neg mul maximum copysign trunc ceil floor round",
      floats(lambda t: t + 0))  # fmt: skip
plant("NaN becomes zero", "values", "add maximum minimum clamp amax relu sum",
      floats(lambda t: torch.nan_to_num(t, nan=0.0, posinf=float("inf"), neginf=float("-inf"))))  # fmt: skip
plant("infinity becomes the largest number", "values", "mul div add sub",
      floats(lambda t: torch.nan_to_num(t, nan=float("nan"))))  # fmt: skip
plant("subnormals flushed to zero", "values", "mul add neg sub div",
      floats(lambda t: torch.where(t.abs() < torch.finfo(t.dtype).tiny, t * 0, t)))  # fmt: skip


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


def _c_remainder(input: Any, other: Any, **kwargs: Any) -> Any:
    if not isinstance(input, torch.Tensor):  # which fmod wants
        exact = torch.tensor(input, dtype=torch.float64 if isinstance(input, float) else None)
        input = exact.to(torch.result_type(input, other))  # where a number beyond the range is infinite
    return torch.fmod(input, other, **kwargs)


plant("NaN dropped", "values", "maximum", instead(torch.fmax))
plant("NaN dropped", "values", "minimum", instead(torch.fmin))
plant("Python's remainder", "values", "fmod", instead(torch.remainder))
plant("C's remainder", "values", "remainder", instead(_c_remainder))
plant("ties away from zero", "values", "round",
      instead(lambda a, decimals=0: torch.trunc(a + torch.copysign(torch.full_like(a, 0.5), a)) if a.is_floating_point() else a))  # fmt: skip
plant("truncates instead of flooring", "values", "floor_divide",
      instead(lambda input, other, **k: torch.div(input, other, rounding_mode="trunc")))  # fmt: skip
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
plant("indexing ignored", "shape", "meshgrid", ignoring("indexing"))


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


plant("integers stay integers", "dtype", "div mean exp sqrt", becomes(torch.float32, torch.int64))
plant("sum of small integers not widened", "dtype", "sum prod cumsum", becomes(torch.int64, torch.int32))
plant("float16 computed as float32", "dtype", "add sigmoid matmul", becomes(torch.float16, torch.float32))
plant("comparison gives uint8", "dtype", "eq lt isnan logical_not any", becomes(torch.bool, torch.uint8))
plant("indices are int32", "dtype", "argmax nonzero argsort", becomes(torch.int64, torch.int32))

# -- shape, strides, aliasing ------------------------------------------------------------------------

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
    first = context.args[0]
    result = call()
    if isinstance(first, torch.Tensor) and first.numel() and context.form in ("function", "method") and not first.requires_grad:
        whole_storage(first)[first.storage_offset() * first.element_size()] ^= 1
    return result


plant("destroys its input", "purity", "exp sort sum cumsum matmul softmax add flip mean", _destroys_input)


def _writes_gaps(call: Call, context: Context) -> Any:
    result = call()
    target = context.args[0]
    gaps = gap_bytes(target) if isinstance(target, torch.Tensor) and not target.requires_grad else []
    if gaps:
        whole_storage(target)[gaps[-1]] ^= 1
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


plant("no error", "errors", "sum add matmul gather cat reshape index_select squeeze transpose mm", raising(lambda error: None))
plant("wrong exception type", "errors", "sum reshape matmul cat __getitem__ select stack expand permute",
      raising(lambda error: ValueError(str(error))))  # fmt: skip
plant("message in other words", "errors", "add matmul reshape sum cat narrow view gather dot",
      raising(lambda error: type(error)("bad arguments")))  # fmt: skip

# -- gradients -------------------------------------------------------------------------------------


plant("gradient doubled", "gradients", "exp mul matmul sum cat where index_select softmax linear clamp reshape sigmoid __getitem__",
      hooked(lambda g: g * 2))  # fmt: skip
plant("gradient zero", "gradients", "add div pow max cumsum expand mse_loss cross_entropy", hooked(lambda g: g * 0))
for _name in "mul exp pow matmul sin div".split():
    DEFECTS.append(Defect(f"gradient not differentiable again: {_name}", "gradients", (_name,),
                          gradients=lambda found, order: [g if g is None else g.detach() for g in found]))  # fmt: skip
plant("gradient sign", "gradients", "sub neg abs cos", hooked(lambda g: -g))


def _tie_gradient(call: Call, context: Context) -> Any:
    """All of the gradient goes to the first of two equal operands."""
    result = call()
    a, b = (*context.args, *context.kwargs.values())[:2]
    if not (isinstance(b, torch.Tensor) and a.requires_grad and result.requires_grad):
        return result
    tied = (a == b).expand(result.shape)
    if tied.any():
        result.register_hook(lambda g: torch.where(tied, g * 2, g))
    return result


plant("gradient wrong at ties", "gradients", "maximum minimum", _tie_gradient, "function method")


plant("result outside of the graph", "gradients", "exp matmul cat where transpose sum copy_", without_graph, "function method")

# -- determinism and layout --------------------------------------------------------------------------

plant("another result each second time", "determinism", "sum matmul exp scatter_add", second_time(elementwise(lambda t: wrong_at(t, -1))))
plant("strides ignored", "values", "exp add sum matmul cumsum sort flip gather softmax amax", strides_ignored(0))

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
