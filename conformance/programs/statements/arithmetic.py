"""Statements that compute new tensors: pointwise, reductions, products, joining, selection."""

from __future__ import annotations

from typing import Any

from ..grammar import (
    Draw,
    Family,
    NothingFits,
    broadcastable,
    dtype_name,
    is_bool,
    is_complex,
    is_float,
    is_integer,
    is_long,
    like,
    not_empty,
    rank,
    said,
)
from ..program import Statement

ARITHMETIC = Family("arithmetic", 3.0)
_NAMED = {"+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder"}


@ARITHMETIC.rule(6)
def with_a_number(draw: Draw) -> Statement:
    x = draw.tensor()
    sign = draw.one("+-***/")
    number = draw.one(("2", "4", "0.5", "-2")) if sign == "/" else draw.number_for(draw[x])
    text = f"{number} {sign} {x}" if sign != "/" and draw.chance(0.25) else f"{x} {sign} {number}"
    return said(_NAMED[sign], f"{draw.result()} = {text}")


@ARITHMETIC.rule(6)
def with_a_tensor(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(broadcastable(draw[x])) if draw.chance(0.97) else draw.tensor()
    sign = draw.one("++-***")
    text = f"{x} {sign} {y}"
    if draw.chance(0.3):
        text = f"torch.{_NAMED[sign]}({x}, {y}{', alpha=2' if sign in '+-' and draw.chance(0.4) else ''})"
    return said(_NAMED[sign], f"{draw.result()} = {text}")


@ARITHMETIC.rule(4)
def pointwise(draw: Draw) -> Statement:
    x = draw.tensor()
    name = draw.one(("relu", "abs", "neg", "square", "pow", "clamp", "sign", "floor", "negative", "positive", "nan_to_num", "clone", "trunc"))
    text = {
        "neg": f"-{x}", "pow": f"{x} ** {draw.one(('2', '3', '1', '0'))}", "clamp": f"{x}.clamp({draw.one(('min=0', 'max=2', '-1, 2'))})",
        "relu": f"torch.relu({x})", "abs": f"{x}.abs()",
    }.get(name, f"torch.{name}({x})")  # fmt: skip
    return said(name, f"{draw.result()} = {text}", rounds=name == "pow" and is_complex(draw[x]))


@ARITHMETIC.rule(1.2)
def rounding(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    name = draw.one(("exp", "sigmoid", "tanh", "sqrt", "softmax", "reciprocal", "mean", "div", "log_softmax", "norm", "std"))
    if name in ("softmax", "log_softmax"):
        x = draw.tensor(is_float, rank(1))
        return said(name, f"{draw.result()} = {x}.{name}({draw.dim(draw[x])})", rounds=True)
    text = f"{x} / 3" if name == "div" else f"{x}.{name}()"
    return said(name, f"{draw.result()} = {text}", rounds=True)


@ARITHMETIC.rule(5)
def reduction(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    name = draw.one(("sum", "sum", "sum", "amax", "max", "min", "prod", "cumsum", "any", "all", "argmax", "count_nonzero", "logical"))
    dim = str(draw.dim(t))
    if name == "prod" and t.dtype.itemsize == 2:  # overflows on the way
        name = "sum"
    if name == "logical":
        return said("comparison", f"{draw.result()} = ({x} > 0).sum()")
    if name == "cumsum":
        return said(name, f"{draw.result()} = {x}.cumsum({dim})")
    if name == "count_nonzero":
        return said(name, f"{draw.result()} = torch.count_nonzero({x})")
    words = "" if draw.chance(0.5) and name != "amax" else dim + (", keepdim=True" if draw.chance(0.3) else "")
    if name in ("max", "min") and words:
        part = draw.one(("[0]", "[0]", "[1]"))
        return said(name, f"{draw.result()} = {x}.{name}({words}){part}")
    return said(name, f"{draw.result()} = {x}.{name}({words})")


@ARITHMETIC.rule(3)
def product(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    t = draw[x]
    y = draw.tensor(rank(1), lambda o: o.dtype == t.dtype and o.shape[-2 if o.dim() > 1 else -1] == t.shape[-1])
    name = draw.one(("@", "@", "matmul", "mm", "outer", "mul_sum"))
    if name == "mm" and t.dim() == 2 and draw[y].dim() == 2:
        return said("mm", f"{draw.result()} = {x}.mm({y})", rounds=True)
    if name == "outer" and t.dim() == 1 and draw[y].dim() == 1:
        return said("outer", f"{draw.result()} = torch.outer({x}, {y})")
    return said("matmul", f"{draw.result()} = {x} @ {y}", rounds=True)  # the sign of a sum that is zero is open


@ARITHMETIC.rule(2)
def square_product(draw: Draw) -> Statement:
    x = draw.tensor(rank(2, 3), lambda t: not is_bool(t))
    return said("matmul", f"{draw.result()} = {x} @ {x}.mT", rounds=True)


@ARITHMETIC.rule(3)
def joined(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(like(draw[x]))
    name = draw.one(("cat", "stack", "stack", "cat", "hstack", "vstack"))
    dim = draw.dim(draw[x])
    words = f"[{x}, {y}]" if draw.chance(0.8) else f"({x},)"
    words += f", {dim}" if name in ("cat", "stack") and draw.chance(0.5) else ""
    return said(name, f"{draw.result()} = torch.{name}({words})")


@ARITHMETIC.rule(3)
def comparison(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: not is_complex(t))
    sign = draw.one((">", "<", ">=", "==", "!="))
    other = draw.number_for(draw[x])
    if draw.chance(0.4):
        other = draw.tensor(broadcastable(draw[x]))
    text = f"{x} {sign} {other}"
    if draw.chance(0.3):
        text = draw.one((f"({text}) & ({x} < 2)", f"~({text})", f"({text}).logical_or({x} != 0)", f"({text}) | ({x} == 0)"))
    return said("comparison", f"{draw.result()} = {text}")


@ARITHMETIC.rule(3)
def chosen(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    name = draw.one(("where", "maximum", "minimum", "masked_fill", "where"))
    if name == "masked_fill":
        mask = draw.tensor(is_bool, broadcastable(t))
        return said(name, f"{draw.result()} = {x}.masked_fill({mask}, {draw.number_for(t)})")
    y = draw.tensor(broadcastable(t))
    if name == "where":
        return said(name, f"{draw.result()} = torch.where({draw.one((f'{x} != 0', f'{y} == 1'))}, {x}, {draw.one((y, y, '0', '1.0'))})")
    return said(name, f"{draw.result()} = torch.{name}({x}, {y})")


@ARITHMETIC.rule(2)
def moved(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    t = draw[x]
    dim = draw.dim(t)
    name = draw.one(("flip", "roll", "tril", "triu", "repeat", "diff", "rot90"))
    text = {
        "flip": f"{x}.flip({dim})", "roll": f"{x}.roll({draw.integer()}, {dim})", "repeat": f"{x}.repeat({', '.join(['2'] + ['1'] * (t.dim() - 1))})",
        "diff": f"{x}.diff(dim={dim})",
    }.get(name, f"{x}.{name}()")  # fmt: skip
    if name == "rot90" or (name in ("tril", "triu") and t.dim() < 2):
        raise NothingFits
    return said(name, f"{draw.result()} = {text}")


@ARITHMETIC.rule(2)
def picked(draw: Draw) -> Statement:
    x = draw.tensor(rank(1), not_empty)
    t = draw[x]
    index = draw.tensor(is_long, not_empty)
    dim = draw.random.randrange(t.dim())
    name = draw.one(("index_select", "gather", "take"))
    if name == "index_select" and draw[index].dim() <= 1:
        return said(name, f"{draw.result()} = {x}.index_select({dim}, {index}.clamp(0, {t.shape[dim] - 1}))")
    if name == "gather" and draw[index].dim() == t.dim():
        return said(name, f"{draw.result()} = {x}.gather({dim}, {index}.clamp(0, {t.shape[dim] - 1}))")
    return said("take", f"{draw.result()} = {x}.take({index}.clamp(0, {t.numel() - 1}))")


@ARITHMETIC.rule(1)
def integers(draw: Draw) -> Statement:
    x = draw.tensor(is_integer)
    sign, number = draw.one((("//", "2"), ("%", "3"), ("&", "3"), ("|", "1"), ("^", "1"), ("<<", "1"), (">>", "1")))
    return said(f"integer {sign}", f"{draw.result()} = {x} {sign} {number}")


@ARITHMETIC.rule(1)
def fused(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: not is_bool(t))
    t: Any = draw[x]
    y = draw.tensor(lambda o: o.dtype == t.dtype, broadcastable(t))
    name = draw.one(("addcmul", "lerp", "where"))
    if name == "lerp" and dtype_name(t).startswith("float"):
        return said(name, f"{draw.result()} = torch.lerp({x}, {y}, 0.5)")
    return said("addcmul", f"{draw.result()} = torch.addcmul({x}, {y}, {x})")
