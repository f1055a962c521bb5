"""What a kernel keeps from call to call, and what surrounds a call: caches, workspaces, races, ambient state."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...catalogue.entries import Entry
from ..broken import Call, Context
from ..defect_parts import NEW
from .description import Planted, both, describe, differentiable, every, has_floats, has_form, has_values, having, takes_numbers, takes_tensors
from .tools import Writer, attempt, elements_at, exchanged, inputs, instead_of, tensors_of, written, wrong_result

GROUP = "state"


def _shapes(context: Context, dtypes: bool = True) -> Any:
    return (context.form, *[(tuple(t.shape), t.dtype if dtypes else None) for t in inputs(context)])


def _plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, type(None), torch.dtype)) or type(value) in (tuple, list) and all(_plain(v) for v in value)


@describe("a cache of layouts is keyed by the shape alone", GROUP, "values", takes_tensors, remembers=True)
def _strides_cache(draw: random.Random, row: Entry) -> Planted:
    which, least = draw.choice((0, -1)), draw.choice((2, 4, 8))

    def tamper(call: Call, context: Context) -> Any:
        def change(args: Any, kwargs: Any) -> Any:
            found = tensors_of([list(args)])
            tensor = found[which] if found else None
            if tensor is None or tensor.numel() < least:
                return None
            strides = context.memory.setdefault(("strides", tuple(tensor.shape)), tensor.stride())
            if strides == tensor.stride():
                return None
            return exchanged(args, tensor, elements_at(tensor, tensor.shape, strides, tensor.storage_offset())), kwargs

        return instead_of(call, context, change)

    return Planted(f"operand {which}, from {least} elements on", tamper)


@describe("a cache does not look at the arguments that are no tensors", GROUP, "values", having("new", "tensor", "plain"), remembers=True)
def _arguments_cache(draw: random.Random, row: Entry) -> Planted:
    dtypes = draw.random() < 0.7

    def tamper(call: Call, context: Context) -> Any:
        def change(args: Any, kwargs: Any) -> Any:
            plain = [i for i, value in enumerate(args) if i and _plain(value)]
            names = sorted(key for key, value in kwargs.items() if key != "out" and _plain(value))
            key = ("arguments", _shapes(context, dtypes), tuple(plain), tuple(names), len(args))
            now = [args[i] for i in plain], {name: kwargs[name] for name in names}
            before = context.memory.setdefault(key, now)
            if repr(before) == repr(now):
                return None
            old = dict(zip(plain, before[0], strict=True))
            return tuple([old.get(i, value) for i, value in enumerate(args)]), {**kwargs, **before[1]}

        return instead_of(call, context, change)

    return Planted(f"keyed by shapes{' and dtypes' if dtypes else ''}", tamper)


@describe("a cache of Python numbers is keyed by equality", GROUP, "values", takes_numbers, remembers=True)
def _scalar_cache(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        def change(args: Any, kwargs: Any) -> Any:
            changed = False

            def one(value: Any) -> Any:
                nonlocal changed
                if type(value) not in (bool, int, float):
                    return value
                known = context.memory.setdefault(value, value)
                changed = changed or repr(known) != repr(value)
                return known

            wrong = tuple([one(value) for value in args]), {key: one(value) for key, value in kwargs.items()}
            return wrong if changed else None

        return instead_of(call, context, change)

    return Planted("0.0 is -0.0, 1 is True", tamper)


@describe("a result is remembered for an equal call with other elements", GROUP, "values", has_values, remembers=True)
def _result_cache(draw: random.Random, row: Entry) -> Planted:
    limit = draw.choice((1, 4, 16))

    def tamper(call: Call, context: Context) -> Any:
        key = ("result", _shapes(context), repr([v for v in context.args if _plain(v)]), repr({k: v for k, v in context.kwargs.items() if _plain(v)}))
        writer = Writer(context)
        result = call()
        found = tensors_of(result)
        if context.form in NEW and found and "out" not in context.kwargs and found[0].numel() <= limit:
            before = context.memory.setdefault(key, [t.detach().clone() for t in found])
            for tensor, values in zip(found, before, strict=False):
                if tensor.shape == values.shape and tensor.dtype == values.dtype and writer.may(tensor):
                    writer.write(tensor, values)
        return result

    return Planted(f"up to {limit} elements", tamper)


@describe("a cache is keyed by the address of the memory", GROUP, "values", takes_tensors, remembers=True)
def _address_cache(draw: random.Random, row: Entry) -> Planted:
    """An operand that is at the same place as that of the call before, and of its shape, is not read again."""

    def tamper(call: Call, context: Context) -> Any:
        def change(args: Any, kwargs: Any) -> Any:
            found, given = tensors_of([list(args)]), inputs(context)
            if not found or not found[0].numel():
                return None
            key = (given[0].data_ptr(), tuple(given[0].shape), given[0].stride(), given[0].dtype)
            before = context.memory.get("operand")
            context.memory["operand"] = (key, found[0].clone())
            return (exchanged(args, found[0], before[1]), kwargs) if before is not None and before[0] == key else None

        return instead_of(call, context, change)

    return Planted("of the first operand", tamper)


@describe("results share a workspace", GROUP, "aliasing", has_values, remembers=True)
def _workspace(draw: random.Random, row: Entry) -> Planted:
    least, of_two = draw.choice((1, 1, 8, 32)), draw.random() < 0.3

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        if not isinstance(result, torch.Tensor) or written(context) or not writer.may(result) or result.numel() < least or result.requires_grad:
            return result
        if result.is_inference():  # which nobody may write afterwards
            return result
        key = ("workspace", tuple(result.shape), result.stride(), result.dtype)
        kept = context.memory.setdefault(key, [])
        if len(kept) <= of_two:
            kept.append(result)
            return result
        kept.append(kept.pop(0))
        kept[-1].copy_(result)
        return torch.empty(0, dtype=result.dtype).set_(kept[-1])

    return Planted(f"of {1 + of_two}, from {least} elements on", tamper)


@describe("an accumulator is not cleared between calls", GROUP, "values", has_values, remembers=True)
def _uncleared(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((1, 2, 8))

    def tamper(call: Call, context: Context) -> Any:
        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            if len(flat) < least or flat.dtype == torch.bool:
                return None
            key = ("accumulator", _shapes(context), repr([v for v in context.args if _plain(v)]))
            if key in context.memory:
                return flat + 1
            context.memory[key] = True
            return None

        return wrong_result(wrong)(call, context)

    return Planted(f"from {least} elements on", tamper)


@describe("now and then a result is wrong", GROUP, "values", has_values, remembers=True)
def _race(draw: random.Random, row: Entry) -> Planted:
    every_so_many, least = draw.choice((3, 7, 15, 30, 50)), draw.choice((1, 1, 8, 32))

    def tamper(call: Call, context: Context) -> Any:
        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            if len(flat) < least:
                return None
            context.memory["calls"] = context.memory.get("calls", 0) + 1
            return flat.roll(1) if context.memory["calls"] % every_so_many == 0 else None

        return wrong_result(wrong)(call, context)

    return Planted(f"one of {every_so_many} with {least} elements or more", tamper)


@describe("the second of two equal calls is wrong", GROUP, "determinism", has_values, remembers=True)
def _second(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((1, 2, 8))

    def tamper(call: Call, context: Context) -> Any:
        key = repr([(t.dtype, t.shape, t.stride(), t.tolist() if t.numel() < 100 else None) for t in inputs(context)])
        key += repr([v for v in context.args if _plain(v)]) + repr(context.kwargs.keys())
        again = context.memory.get("before") == key
        context.memory["before"] = key

        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            return flat.roll(1) if again and len(flat) >= least else None

        return wrong_result(wrong)(call, context)

    return Planted(f"from {least} elements on", tamper)


# -- what surrounds a call ---------------------------------------------------------------------------


@describe("the default dtype is taken to be float32", "ambient state", "dtype", has_values)
def _default_dtype(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            return call()
        finally:
            torch.set_default_dtype(before)

    return Planted("always", tamper)


@describe("a graph is recorded although gradients are off", "ambient state", "gradients", differentiable)
def _no_grad(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        if written(context) or torch.is_inference_mode_enabled():
            return call()
        with torch.enable_grad():
            return call()

    return Planted("no_grad()", tamper)


@describe("the result does not require a gradient under a condition", "ambient state", "gradients", differentiable)
def _requires_grad(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice(("float64", "float32", "float16", "second", "method", "function", "inplace", "strided", "0-d", "only one"))

    def tamper(call: Call, context: Context) -> Any:
        found = inputs(context)
        graph = [t.requires_grad for t in found]
        when = {
            "second": len(found) > 1 and not graph[0] and any(graph), "strided": any(not t.is_contiguous() for t in found),
            "0-d": any(not t.dim() for t in found), "only one": sum(graph) == 1 and len(graph) > 1,
        }.get(kind, context.form == kind or any(str(t.dtype) == f"torch.{kind}" for t in found[:1]))  # fmt: skip
        if not when or not any(graph):
            return call()
        if written(context):
            return call()
        with torch.no_grad():
            return call()

    return Planted(kind, tamper)


@describe("an in-place call is not counted as a write", "ambient state", "gradients", both(has_form("inplace"), differentiable))
def _version(draw: random.Random, row: Entry) -> Planted:
    form = draw.choice([form for form in ("inplace", "out") if form in row.forms])

    def tamper(call: Call, context: Context) -> Any:
        targets = tuple(written(context))
        if context.form != form or not targets:
            return call()
        with torch.autograd._unsafe_preserve_version_counter(targets):
            return call()

    return Planted(form, tamper)


@describe("a leaf is written in place without an error", "ambient state", "errors", both(has_form("inplace"), has_floats))
def _leaf(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        target = context.args[0] if context.args else None
        if context.form == "inplace" and isinstance(target, torch.Tensor) and target.requires_grad and target.is_leaf:
            with torch.no_grad():
                return call()
        return call()

    return Planted("in place", tamper)


@describe("a call changes the ambient state", "ambient state", "purity", every)
def _ambient(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice(("default dtype", "grad mode", "deterministic"))

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if kind == "default dtype":
            torch.set_default_dtype(torch.float64 if torch.get_default_dtype() == torch.float32 else torch.float32)
        elif kind == "grad mode":
            torch.set_grad_enabled(not torch.is_grad_enabled())
        else:
            torch.use_deterministic_algorithms(not torch.are_deterministic_algorithms_enabled())
        return result

    return Planted(kind, tamper)


@describe("wrong in inference mode", "ambient state", "values", takes_tensors)
def _inference(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        return wrong_result(lambda flat, t, c: flat.roll(1) if torch.is_inference_mode_enabled() else None)(call, context)

    return Planted("values", tamper)


@describe("deterministic algorithms are not there", "ambient state", "errors", has_values)
def _deterministic(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if torch.are_deterministic_algorithms_enabled():
            raise RuntimeError("not implemented")
        return result

    return Planted("refused", tamper)


@describe("an input is written as scratch memory and not restored", GROUP, "purity", takes_tensors)
def _scratch(draw: random.Random, row: Entry) -> Planted:
    which, least, strided = draw.choice((0, -1)), draw.choice((1, 4, 8, 16, 64)), draw.choice((None, True, False))

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        found = [t for t in inputs(context) if not any(t is target for target in written(context))]
        if found:
            tensor = found[which].detach()
            if tensor.numel() >= least and strided is not tensor.is_contiguous():
                attempt(lambda: tensor.data.reshape(-1)[-1:].copy_(tensor.reshape(-1)[:1]) if tensor.is_contiguous() else tensor.data.fill_(1))
        return result

    kind = {None: "", True: "strided ", False: "contiguous "}[strided]
    return Planted(f"{kind}operand {which} from {least} elements on", tamper)
