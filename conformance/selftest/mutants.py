"""Generic defects: one change each to what torch's CPU does, made without knowing the operation, so that each can be planted in every
operation of the table.

A :class:`Kind` says what it changes, which property should notice, and which traits a case must have for the change to show in it
(:mod:`.traits`). Some kinds come once for each keyword, dtype, form or name of an operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import torch

from ..accuracy.contracts import Contract
from ..catalogue.entries import Entry
from .broken import Call, Context, Defect, GradientChange, Tamper
from .defect_parts import (
    NEW,
    after,
    becomes,
    elementwise,
    floats,
    gap_bytes,
    given,
    has_shared_elements,
    ignoring,
    last_ignored,
    on_tensors,
    raising,
    refusing,
    second_time,
    stepped,
    strides_ignored,
    whole_storage,
    without_graph,
    wrong_at,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A generic defect. ``needs``: the traits of a case in which it can show. ``group``: what it is counted under, its name if empty."""

    name: str
    property: str
    needs: frozenset[str]
    tamper: Tamper = lambda call, context: call()
    gradients: GradientChange | None = None
    node: Callable[[str | None], str | None] | None = None
    group: str = ""

    def defect(self, row: Entry) -> Defect:
        """This defect planted in an operation, under all of its names."""
        names = row.names if row.operation.name in row.names else (row.operation.name, *row.names)
        return Defect(f"{self.name}: {row.operation.name}", self.property, names, self.tamper, gradients=self.gradients, node=self.node)


def _kind(name: str, property: str, needs: str, tamper: Tamper = lambda call, context: call(), **more: Any) -> Kind:
    return Kind(name, property, frozenset(needs.split(", ")), tamper, **more)


_last_wrong = elementwise(lambda t: wrong_at(t, -1))


def _only_if(condition: Callable[[Context], bool], tamper: Tamper) -> Tamper:
    return lambda call, context: tamper(call, context) if condition(context) else call()


# -- values and other results ------------------------------------------------------------------------


# torch rounds these in ways of its own, which is a known difference of some roundings of the larger bound.
_RANGES = ("arange", "range", "linspace", "logspace")


def beyond(contract: Contract, name: str) -> int:
    """Steps that no contract of this kind allows at a well-conditioned input: twice what it does and three more; for a bound that grows with
    the number of terms, as many as hundreds of terms could explain."""
    return int(2 * contract.k + 3) if contract.kind in ("exact", "ulps") and name not in _RANGES else 4096


def _off(call: Call, context: Context, steps: int) -> Any:
    return elementwise(lambda tensor: stepped(tensor, steps))(call, context)


def _holds_tensors(result: Any) -> bool:
    found: list[Any] = []
    on_tensors(result, found.append)
    return bool(found)


def _other_result(call: Call, context: Context) -> Any:
    """A result that is no tensor, changed a little."""
    result = call()
    if _holds_tensors(result):
        return result
    if isinstance(result, bool):
        return not result
    if isinstance(result, (int, float, complex)):
        return result + 1 if result == result and abs(result) < 1e6 else 0
    if isinstance(result, str):
        return result + " "
    if isinstance(result, torch.dtype):
        return torch.float32 if result != torch.float32 else torch.float64
    if isinstance(result, (tuple, list)):
        return (*result, 1)
    return None


def _another_sequence(call: Call, context: Context) -> Any:
    """A tuple where a list belongs, and the other way around; no names for fields."""
    result = call()
    if isinstance(result, torch.Tensor) or not _holds_tensors(result):
        return result
    if isinstance(result, tuple):
        return list(result) if type(result) is tuple else tuple(result)
    return tuple(result) if isinstance(result, list) else result


VALUES = (
    _kind("zeros", "values", "nonzero", elementwise(torch.zeros_like)),
    _kind("first element wrong", "values", "elements", elementwise(lambda t: wrong_at(t, 0))),
    _kind("last element wrong", "values", "elements", _last_wrong),
    _kind("NaN becomes zero", "values", "nan", floats(lambda t: torch.where(torch.isnan(t), torch.zeros_like(t), t))),
    _kind("negative zero becomes zero", "values", "negative zero", floats(lambda t: t + 0)),
    _kind("another Python result", "values", "no tensor", _other_result),
    _kind("another sequence", "values", "several", _another_sequence),
    _kind("last positional argument ignored", "values", "positional, result", last_ignored),
)

# -- dtype, strides, aliasing ------------------------------------------------------------------------


def _aliases(call: Call, context: Context) -> Any:
    """A result that equals an argument is the argument's memory."""
    result = call()
    if not isinstance(result, torch.Tensor) or context.form not in NEW or "out" in context.kwargs:
        return result
    for source in given(context):
        same = (source.shape, source.dtype) == (result.shape, result.dtype) and source.numel() and source is not result
        if same and torch.equal(source.detach(), result.detach()):
            return source.view_as(source)
    return result


def _out_ignored(call: Call, context: Context) -> Any:
    """``out=`` stays as it was, and the result is new."""
    kept = [(t, t.untyped_storage(), whole_storage(t).clone(), t.storage_offset(), t.shape, t.stride()) for t in _outs(context)]
    result = call()
    fresh = on_tensors(result, lambda tensor: tensor.clone()) if kept else result
    for tensor, storage, data, *place in kept:
        storage.resize_(data.numel())
        tensor.set_(storage, *place)
        whole_storage(tensor).copy_(data)
    return fresh


def _reallocated(tensors: list[Any], call: Call) -> Any:
    """Tensors that are written get memory of their own: whoever else holds their memory sees nothing of the result."""
    before = [(t.untyped_storage(), whole_storage(t).clone()) for t in tensors]
    result = call()
    for tensor, (storage, data) in zip(tensors, before, strict=True):
        tensor.set_(whole_storage(tensor).clone().untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride())
        if storage.nbytes() == data.numel():
            torch.empty(0, dtype=torch.uint8).set_(storage).copy_(data)
    return result


def _target_reallocated(call: Call, context: Context) -> Any:
    target = context.args[0]
    written = context.form == "inplace" and isinstance(target, torch.Tensor) and not target.requires_grad
    return _reallocated([target] if written else [], call)


def _not_written(call: Call, context: Context) -> Any:
    """An in-place call whose target stays as it was."""
    target = context.args[0]
    if context.form != "inplace" or not isinstance(target, torch.Tensor) or target.requires_grad:
        return call()
    keep = whole_storage(target).clone()
    result = call()
    whole_storage(target).copy_(keep)
    return result


_OTHER_DTYPES = {
    "float16": "float32", "bfloat16": "float32", "float32": "float64", "int64": "int32", "bool": "uint8", "complex64": "complex128",
}  # fmt: skip
STRUCTURE = (
    *[_kind(f"{a} becomes {b}", "dtype", f"result {a}", becomes(getattr(torch, a), getattr(torch, b))) for a, b in _OTHER_DTYPES.items()],
    _kind("contiguous", "strides", "strided result", after(lambda t, c: t.contiguous() if c.form in NEW else t)),
    _kind("a view that copies", "aliasing", "view", after(lambda t, c: t.clone())),
    _kind("a copy that aliases", "aliasing", "new result, elements, tensor", _aliases),
    _kind("a new tensor for the argument", "aliasing", "returned argument", after(lambda t, c: t[...])),
    _kind("one dimension more", "shape", "result", after(lambda t, c: t.unsqueeze(0) if c.form in NEW and "out" not in c.kwargs else t)),
    _kind("out= ignored", "aliasing", "form out, result", _out_ignored),
    _kind("out= reallocated", "aliasing", "form out, result", lambda call, context: _reallocated(_outs(context), call)),
    _kind("in-place form reallocates", "aliasing", "form inplace, result", _target_reallocated),
    _kind("in-place form writes nothing", "values", "form inplace, elements", _not_written),
)

# -- purity, determinism, layout ---------------------------------------------------------------------


def _inputs(context: Context) -> list[Any]:
    """The tensor arguments that the call may not write."""
    tensors = [t for t in given(context) if not any(t is o for o in _outs(context))]
    written = context.form == "inplace" or context.operation.endswith("_")
    return tensors[1:] if written else tensors


def _outs(context: Context) -> list[Any]:
    found: list[Any] = []
    on_tensors([context.kwargs.get("out")], found.append)
    return found


def _destroyed(which: int) -> Tamper:
    """A byte of the first element of an input is changed (``which``: 0 the first input, -1 the last)."""

    def tamper(call: Call, context: Context) -> Any:
        inputs = [t for t in _inputs(context) if t.numel()]
        result = call()
        if inputs:
            victim = inputs[which].detach()
            whole_storage(victim)[victim.storage_offset() * victim.element_size()] ^= 1
        return result

    return tamper


def _gap_written(which: int) -> Tamper:
    """A byte between the elements of a tensor argument is changed, targets and ``out=`` included."""

    def tamper(call: Call, context: Context) -> Any:
        gapped = [(t.detach(), gaps) for t in given(context) if (gaps := gap_bytes(t))]
        result = call()
        if gapped:
            tensor, gaps = gapped[which]
            if gaps[-1] < tensor.untyped_storage().nbytes():  # out= may have been resized
                whole_storage(tensor)[gaps[-1]] ^= 1
        return result

    return tamper


def _reshaped(call: Call, context: Context) -> Any:
    """An input comes back with one dimension more."""
    inputs = [t for t in _inputs(context) if not t.requires_grad]
    result = call()
    if inputs:
        inputs[0].unsqueeze_(0)
    return result


def _strided(tensor: Any) -> bool:
    return not tensor.is_contiguous()


CONDUCT = (
    _kind("first input destroyed", "purity", "tensor, result", _destroyed(0)),
    _kind("last input destroyed", "purity", "tensor, result", _destroyed(-1)),
    _kind("writes between the first strides", "purity", "gaps, result", _gap_written(0)),
    _kind("writes between the last strides", "purity", "gaps, result", _gap_written(-1)),
    _kind("input reshaped", "purity", "tensor, result", _reshaped),
    _kind("wrong the second time", "determinism", "again, elements", second_time(_last_wrong)),
    _kind("first strides ignored", "values", "tensor, result", strides_ignored(0)),
    _kind("last strides ignored", "values", "tensor, result", strides_ignored(-1)),
    _kind("wrong for strided operands", "values", "strided argument, elements",
          _only_if(lambda c: any(map(_strided, given(c))), _last_wrong)),
    _kind("wrong for expanded operands", "values", "expanded argument, elements",
          _only_if(lambda c: any(map(has_shared_elements, given(c))), _last_wrong)),
    _kind("wrong for operands at an offset", "values", "offset, elements",
          _only_if(lambda c: any(t.storage_offset() for t in given(c)), _last_wrong)),
    _kind("wrong for operands of several shapes", "values", "shapes, elements",
          _only_if(lambda c: len({t.shape for t in given(c) if not any(t is out for out in _outs(c))}) > 1, _last_wrong)),
)  # fmt: skip

# -- errors ------------------------------------------------------------------------------------------


def _reworded(error: BaseException) -> BaseException:
    return type(error)("other words")


ERRORS = (
    _kind("no error", "errors", "error", raising(lambda error: None)),
    _kind("another exception type", "errors", "error",
          raising(lambda error: (TypeError if isinstance(error, ValueError) else ValueError)(str(error)))),
    _kind("other words", "errors", "worded error", raising(_reworded)),
    _kind("refuses what is empty", "errors", "empty, result", refusing(lambda t: t.numel() == 0)),
    _kind("refuses what is 0-d", "errors", "0-d, result", refusing(lambda t: t.dim() == 0)),
    _kind("refuses what is strided", "errors", "strided argument, result", refusing(_strided)),
)  # fmt: skip

# -- gradients ---------------------------------------------------------------------------------------


def _each(change: Callable[[Any], Any], order: int | None = None) -> GradientChange:
    return lambda found, now: [g if g is None or order not in (None, now) else change(g) for g in found]


def _last_missing(found: list[Any], order: int) -> list[Any]:
    return [*found[:-1], None]


def _transposed(gradient: Any) -> Any:
    return gradient.transpose(0, -1) if gradient.dim() > 1 else gradient


def _wider(gradient: Any) -> Any:
    return gradient.to({torch.float32: torch.float64, torch.complex64: torch.complex128}.get(gradient.dtype, torch.float32))


GRADIENTS = (
    _kind("gradient scaled", "gradients", "nonzero gradient", gradients=_each(lambda g: g * 1.001, 1)),
    _kind("gradient zero", "gradients", "nonzero gradient", gradients=_each(lambda g: g * 0, 1)),
    _kind("gradient missing", "gradients", "gradient", gradients=lambda found, order: [None for _ in found]),
    _kind("last gradient missing", "gradients", "gradient", gradients=_last_missing),
    _kind("gradient transposed", "gradients", "matrix gradient", gradients=_each(_transposed, 1)),
    _kind("gradient of another dtype", "gradients", "gradient", gradients=_each(_wider, 1)),
    _kind("gradient wrong at the last element", "gradients", "gradient",
          gradients=_each(lambda g: wrong_at(g, -1) if g.numel() else g, 1)),
    _kind("second gradient scaled", "gradients", "nonzero second gradient", gradients=_each(lambda g: g * 1.001, 2)),
    _kind("not differentiable again", "gradients", "nonzero second gradient", gradients=_each(lambda g: g.detach(), 1)),
    _kind("requires_grad lost", "gradients", "requires grad", without_graph),
    _kind("another grad_fn", "gradients", "node", node=lambda name: None if name is None else f"Other{name}"),
)  # fmt: skip

# -- random numbers ----------------------------------------------------------------------------------


def _not_advanced(call: Call, context: Context) -> Any:
    generator = context.kwargs.get("generator") or torch.default_generator
    state = generator.get_state()
    result = call()
    generator.set_state(state)
    return result


def _one_skipped(call: Call, context: Context) -> Any:
    torch.rand(1)
    return call()


RANDOM = (
    _kind("generator not advanced", "values", "random", _not_advanced),
    _kind("one number skipped", "values", "random", _one_skipped),
)


# -- all of them -------------------------------------------------------------------------------------


def kinds(row: Entry, seen: frozenset[str]) -> list[Kind]:
    """Every kind that the operation can have. ``seen``: the traits of the cases drawn for it, for the keywords that occur."""
    operation = row.operation
    found = [*VALUES, *STRUCTURE, *CONDUCT, *ERRORS]
    if not operation.values:
        found = [kind for kind in found if kind.property not in ("values", "determinism")]
    else:
        steps = beyond(row.contract, operation.name)
        found.append(_kind("beyond its contract", "values", "float", lambda call, context: _off(call, context, steps)))
        found += [_dtype_wrong(dtype) for dtype in operation.dtypes if operation.draws_tensors]
        found += [_form_wrong(form) for form in row.forms if len(row.forms) > 1]
        found += [_name_wrong(name) for name in row.names if len(row.names) > 1]
    if row.contract.kind != "exact":  # no other contract promises the sign of a zero
        found = [kind for kind in found if kind.name != "negative zero becomes zero"]
    if not operation.layout_independent:
        found = [kind for kind in found if not kind.name.endswith("strides ignored")]
    if "out" not in row.forms:
        found = [kind for kind in found if not kind.name.startswith("out=")]
    if "inplace" not in row.forms:
        found = [kind for kind in found if not kind.name.startswith("in-place")]
    if row.differentiable:
        found += GRADIENTS
    if operation.random:
        found += RANDOM
    return found + [_keyword_ignored(trait.removeprefix("keyword ")) for trait in sorted(seen) if trait.startswith("keyword ")]


def _keyword_ignored(key: str) -> Kind:
    return _kind(f"{key}= ignored", "values", f"keyword {key}, result", ignoring(key), group="keyword ignored")


def _dtype_wrong(dtype: str) -> Kind:
    kind = getattr(torch, dtype)
    return _kind(f"wrong for {dtype}", "values", f"first {dtype}, elements",
                 _only_if(lambda c: [t.dtype for t in given(c)][:1] == [kind], _last_wrong), group="wrong for one dtype")  # fmt: skip


def _form_wrong(form: str) -> Kind:
    wrong = _only_if(lambda c: c.form == form, _last_wrong)
    return _kind(f"wrong as {form}", "values", f"form {form}, elements", wrong, group="wrong in one form")


def _name_wrong(name: str) -> Kind:
    wrong = _only_if(lambda c: c.operation == name, _last_wrong)
    return _kind(f"wrong as {name}", "values", f"name {name}, elements", wrong, group="wrong under one name")
