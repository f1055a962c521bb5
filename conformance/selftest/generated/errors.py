"""Errors that do not come, or come too late; results of the wrong shape or layout."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...catalogue.entries import Entry
from ..broken import Call, Context
from ..defect_parts import NEW
from .description import Planted, describe, every, has_form, has_values, having, is_random
from .tools import Writer, attempt, inputs, tensors_of, written

GROUP = "errors"


def _condition(draw: random.Random) -> tuple[str, Any]:
    rank = draw.choice((1, 2, 3))
    dtype = draw.choice((torch.float32, torch.int64, torch.bool, torch.float16, torch.complex64))
    return draw.choice((
        ("of empty operands", lambda c: any(not t.numel() for t in inputs(c))),
        ("of 0-d operands", lambda c: any(not t.dim() for t in inputs(c))),
        (f"of operands of {rank} dimensions", lambda c: any(t.dim() == rank for t in inputs(c)[:1])),
        (f"of {dtype}", lambda c: any(t.dtype == dtype for t in inputs(c)[:1])),
        ("in place", lambda c: c.form == "inplace"),
        ("with out=", lambda c: c.form == "out"),
        ("as a method", lambda c: c.form == "method"),
        ("with keywords", lambda c: any(key != "out" for key in c.kwargs)),
    ))  # fmt: skip


@describe("a check is left out", GROUP, "errors", every)
def _unchecked(draw: random.Random, row: Entry) -> Planted:
    text, when = _condition(draw)

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except Exception:
            if not when(context):
                raise
            targets = written(context)
            return targets[0] if targets else torch.zeros(())

    return Planted(text, tamper)


@describe("an error has another type", GROUP, "errors", every)
def _type(draw: random.Random, row: Entry) -> Planted:
    text, when = _condition(draw)
    source, target = draw.choice(((IndexError, RuntimeError), (RuntimeError, ValueError), (TypeError, RuntimeError), (RuntimeError, IndexError),
                                  (ValueError, RuntimeError), (TypeError, ValueError)))  # fmt: skip

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except Exception as error:
            if type(error) is source and when(context):
                raise target(str(error)) from None
            raise

    return Planted(f"{target.__name__} for {source.__name__} {text}", tamper)


def _spoiled(tensor: Any) -> None:
    tensor.view(-1)[0].copy_(tensor.view(-1)[0] == 0)


@describe("something is written before an error is raised", GROUP, "purity", has_form("out", "inplace"))
def _half_written(draw: random.Random, row: Entry) -> Planted:
    form = draw.choice([form for form in ("inplace", "out") if form in row.forms])

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except Exception:
            if context.form == form:
                for tensor in written(context)[:1]:
                    if not tensor.requires_grad and tensor.numel():
                        attempt(_spoiled, tensor)
            raise

    return Planted(form, tamper)


@describe("a number in a message is another one", GROUP, "errors", every)
def _number(draw: random.Random, row: Entry) -> Planted:
    text, when = _condition(draw)

    def tamper(call: Call, context: Context) -> Any:
        try:
            return call()
        except Exception as error:
            said = str(error)
            digit = next((i for i, letter in enumerate(said) if letter.isdigit()), None)
            if digit is None or not when(context):
                raise
            raise type(error)(said[:digit] + str((int(said[digit]) + 1) % 10) + said[digit + 1 :]) from None

    return Planted(text, tamper)


# -- shapes and layouts of results -------------------------------------------------------------------


@describe("the result's strides are those of a new tensor under a condition", "structure", "strides", has_values)
def _contiguous(draw: random.Random, row: Entry) -> Planted:
    kind, size = draw.choice(("rank", "elements", "several", "unit")), draw.choice((2, 3, 4))

    def when(context: Context, result: Any) -> bool:
        if kind == "rank":
            return bool(result.dim() == size)
        if kind == "elements":
            return bool(result.numel() >= 4 * size)
        if kind == "several":
            return len(inputs(context)) >= 2
        return 1 in result.shape

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        if isinstance(result, torch.Tensor) and context.form in NEW and "out" not in context.kwargs and writer.may(result) and when(context, result):
            return result.clone(memory_format=torch.contiguous_format)
        return result

    return Planted(f"{kind} {size}", tamper)


@describe("a dimension of size 1 is dropped or added", "structure", "shape", has_values)
def _dropped(draw: random.Random, row: Entry) -> Planted:
    dim, rank = draw.choice((0, -1)), draw.choice((1, 2, 3))

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        wrong = isinstance(result, torch.Tensor) and result.dim() == rank and result.shape[dim] == 1 and writer.may(result)
        return result.squeeze(dim) if wrong and context.form in NEW and "out" not in context.kwargs else result

    return Planted(f"dim {dim} of {rank}", tamper)


@describe("a view becomes a copy under a condition", "structure", "aliasing", having("view"))
def _copied(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice(("strided", "large", "rank 3", "int64"))
    tests = {"strided": lambda t: not t.is_contiguous(), "large": lambda t: t.numel() > 16, "rank 3": lambda t: t.dim() >= 3,
             "int64": lambda t: t.dtype == torch.int64}  # fmt: skip

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        if not isinstance(result, torch.Tensor) or written(context) or writer.may(result) or not result.numel() or not tests[kind](result):
            return result
        copy = torch.empty_strided(result.shape, result.stride(), dtype=result.dtype)
        return result if attempt(lambda: copy.copy_(result)) is None or result.requires_grad else copy

    return Planted(kind, tamper)


@describe("out= of the wrong size is not resized", "structure", "shape", has_form("out"))
def _not_resized(draw: random.Random, row: Entry) -> Planted:
    grows = draw.random() < 0.5

    def tamper(call: Call, context: Context) -> Any:
        before = [(t, t.shape) for t in tensors_of([context.kwargs.get("out")])]
        result = call()
        for tensor, shape in before:
            if tensor.shape != shape and (tensor.numel() > shape.numel()) == grows:
                attempt(tensor.resize_, tensor.numel() + 1)
        return result

    return Planted("where it grows" if grows else "where it shrinks", tamper)


# -- random numbers ----------------------------------------------------------------------------------


def _generator(context: Context) -> Any:
    return context.kwargs.get("generator") or torch.default_generator


@describe("the seed is ignored above some size", "random numbers", "values", is_random)
def _seed(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((8, 16, 16, 32, 64))

    def tamper(call: Call, context: Context) -> Any:
        writer = Writer(context)
        result = call()
        for tensor in tensors_of(result):
            if writer.may(tensor) and tensor.numel() >= least:
                writer.write(tensor, tensor.detach().reshape(-1).roll(1).contiguous())
        return result

    return Planted(f"from {least} elements on", tamper)


@describe("the generator is advanced too far or not at all", "random numbers", "values", is_random)
def _advanced(draw: random.Random, row: Entry) -> Planted:
    least, twice = draw.choice((0, 1, 8, 16, 32)), draw.random() < 0.5

    def tamper(call: Call, context: Context) -> Any:
        generator = _generator(context)
        state = generator.get_state()
        result = call()
        found = tensors_of(result)
        if found and found[0].numel() >= least:
            if twice:
                torch.rand(1, generator=generator)
            else:
                generator.set_state(state)
        return result

    return Planted(f"{'too far' if twice else 'not at all'}, from {least} elements on", tamper)


@describe("an empty result advances the generator", "random numbers", "values", is_random)
def _empty(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        result = call()
        found = tensors_of(result)
        if found and not found[0].numel():
            torch.rand(1, generator=_generator(context))
        return result

    return Planted("by one number", tamper)


@describe("a given generator is not used", "random numbers", "values", is_random)
def _given(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        if context.kwargs.get("generator") is not None:
            context.kwargs = {**context.kwargs, "generator": None}
        return call()

    return Planted("the default one instead", tamper)
