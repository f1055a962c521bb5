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


@READING.rule(1.5)
def text(draw: Draw) -> Statement:
    x = draw.tensor()
    form = draw.one(("f'{{{0}}}'", "str({0})", "repr({0}.shape)", "'{{}} {{}}'.format({0}, {0}.dtype)", "str({0}.detach())", "repr([{0}, 1])",
                     "f'{{{0}.sum():.2f}}'", "str({0}.dtype)", "repr({0}.size())", "str({0}.stride())", "repr({0}.grad_fn is None)", "repr(({0},))",
                     "repr({0}.grad)", "'%s' % {0}.sum()", "type({0}).__name__"))  # fmt: skip
    return said("text", f"{draw.numbered('value')} = {form.format(x)}", rounds=".2f" in form)


@READING.rule(1.5)
def by_python(draw: Draw) -> Statement:
    """Functions of Python's own."""
    x = draw.tensor(lambda t: not is_complex(t), not_empty, rank(1))
    form = draw.one(("sum({0})", "max({0}.flatten())", "list({0})[0]", "abs({0})", "[row.sum() for row in {0}][-1]", "len({0})", "tuple({0}.shape)",
                     "int({0}.flatten()[0])", "complex({0}.flatten()[0])", "round(float({0}.flatten()[0]))", "list(reversed({0}))[0]",
                     "[*{0}.unbind()][0]",
                     "{0}.numel() * {0}.dim()", "dict(a={0})['a']", "[0, 1, 2, 3, 4, 5][{0}.flatten().argmax() % 6]", "min({0}.flatten(), key=float)",
                     "divmod({0}, 2)[1]", "hash({0}) == hash({0})", "{0}.flatten()[0] in [1, 2]", "pow({0}, 2)"))  # fmt: skip
    return said("Python's own", f"{draw.result()} = {form.format(x)}", by_values="arg" in form or "key" in form or "max" in form)


@READING.rule(1)
def flags(draw: Draw) -> Statement:
    x = draw.tensor()
    form = draw.one(("({0}.requires_grad, {0}.is_leaf)", "{0}.is_inference()", "({0}._version, {0}._is_view())", "torch.is_grad_enabled()",
                     "{0}.is_neg()",
                     "torch.is_inference_mode_enabled()", "({0}.storage_offset(), {0}.stride())", "{0}.untyped_storage().nbytes()", "{0}.output_nr",
                     "{0}.is_signed()", "{0}.element_size()", "torch.is_tensor({0})", "{0}._base is None", "{0}.retains_grad",
                     "{0}.nbytes"))  # fmt: skip
    return said("flags", f"{draw.numbered('value')} = {form.format(x)}")
