"""Statements that turn tensors into Python's own values, and ask questions."""

from __future__ import annotations

from ..grammar import Draw, Family, broadcastable, is_complex, not_empty, rank, said
from ..program import Statement

READING = Family("reading", 0.9)


@READING.rule(3)
def number(draw: Draw) -> Statement:
    x = draw.tensor(not_empty)
    first = f"{x}.flatten()[0]"
    text = draw.one((f"{x}.sum().item()", f"{x}.tolist()", f"bool(({x} != 0).any())", f"{first}.item()", f"float({first})", f"len({x})"))
    kind = next(word for word in ("item", "tolist", "bool", "float", "len") if word in text)
    return said(kind, f"{draw.numbered('value')} = {text}")


@READING.rule(3)
def question(draw: Draw) -> Statement:
    x, y = draw.tensor(), draw.tensor()
    kind, text = draw.one((
        ("is_contiguous", f"{x}.is_contiguous()"), ("shape", f"{x}.shape"), ("stride", f"{x}.stride()"), ("equal", f"torch.equal({x}, {y})"),
        ("result_type", f"torch.result_type({x}, {y})"), ("is_set_to", f"{x}.is_set_to({y})"), ("dim", f"{x}.dim()"), ("size", f"{x}.size()"),
        ("data_ptr", f"{x}.data_ptr() == {y}.data_ptr()"), ("is", f"{x} is {y}"), ("is_conj", f"{x}.is_conj()"), ("_base", f"{x}._base is {y}"),
        ("_is_view", f"{x}._is_view()"), ("can_cast", f"torch.can_cast({x}.dtype, {y}.dtype)"), ("allclose", f"torch.allclose({x}, {y})"),
    ))  # fmt: skip
    return said(kind, f"{draw.numbered('value')} = {text}")


@READING.rule(1.5)
def decision(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: not is_complex(t), not_empty)
    return said("if", f"if {x}.sum() > 0:\n    {x} = {x} * 2\nelse:\n    {x} = {x} + 1", by_values=True)


@READING.rule(1.5)
def loop(draw: Draw) -> Statement:
    x = draw.tensor(rank(1), lambda t: t.shape[0] > 0)
    name = draw.result()
    return said("loop over rows", f"{name} = 0\nfor row in {x}:\n    {name} = {name} + row")


@READING.rule(1)
def membership(draw: Draw) -> Statement:
    x = draw.tensor()
    return said("in", f"{draw.numbered('value')} = {draw.integer()} in {x}", by_values=True)


@READING.rule(1)
def chain(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: not is_complex(t))
    y = draw.tensor(broadcastable(draw[x]), lambda t: not is_complex(t))
    return said("comparison chain", f"{draw.numbered('value')} = bool(((0 < {x}) & ({x} <= {y})).all())", by_values=True)
