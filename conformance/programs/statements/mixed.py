"""Statements whose operands differ: in dtype, tensors without dimensions, tensors without elements, Python's numbers."""

from __future__ import annotations

from ..grammar import Draw, Family, NothingFits, broadcastable, dtype_name, fits_into, is_bool, is_complex, is_integer, not_empty, rank, said
from ..program import Statement

MIXED = Family("mixed operands", 1.0)
_ZERO_DIM = ("torch.tensor(2)", "torch.tensor(0.5)", "torch.tensor(True)", "torch.tensor(-1, dtype=torch.int8)",
             "torch.tensor(2., dtype=torch.float64)",
             "torch.tensor(1j)", "torch.tensor(2, dtype=torch.uint8)", "torch.tensor(0.5, dtype=torch.float16)")  # fmt: skip


@MIXED.rule(4)
def without_dimensions(draw: Draw) -> Statement:
    x, other = draw.tensor(), draw.one(_ZERO_DIM)
    if "j" in other and dtype_name(draw[x]) == "float16":  # no library but torch has complex numbers of two float16
        raise NothingFits
    form = draw.one(("{0} + {1}", "{0} * {1}", "{0} - {1}", "{1} * {0}", "torch.where({0} != 0, {0}, {1})", "torch.maximum({0}, {1})", "{0} == {1}",
                     "torch.result_type({0}, {1})", "{0} / {1}", "{0}.clamp(max={1})", "torch.add({0}, {1}, alpha=2)"))  # fmt: skip
    return said("a tensor without dimensions", f"{draw.result()} = {form.format(x, other)}", rounds=is_complex(draw[x]) or "1j" in other)


@MIXED.rule(2)
def written(draw: Draw) -> Statement:
    x = draw.tensor()
    other = draw.one(_ZERO_DIM) if draw.chance(0.6) else draw.tensor(fits_into(draw[x]))
    sign = draw.one(("+=", "*=", "-="))
    return said(f"{sign} of another dtype", f"{x} {sign} {other}", rounds=is_complex(draw[x]))


@MIXED.rule(3)
def of_two_dtypes(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    y = draw.tensor(broadcastable(t), lambda o: o.dtype != t.dtype)
    form = draw.one(("{0} + {1}", "{0} * {1}", "torch.cat([{0}.flatten(), {1}.flatten()])", "torch.stack([{0}.sum(), {1}.sum()])",
                     "torch.where({0} == {1}, {0}, {1})", "{0} == {1}", "torch.result_type({0}, {1})", "{0}.to({1}.dtype)", "{0}.type_as({1})",
                     "torch.minimum({0}, {1})", "{0}.new_tensor({1}.tolist())", "torch.promote_types({0}.dtype, {1}.dtype)"))  # fmt: skip
    return said("two dtypes", f"{draw.result()} = {form.format(x, y)}", rounds=is_complex(t) or is_complex(draw[y]))


@MIXED.rule(2)
def integers(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: is_integer(t) or is_bool(t))
    y = draw.tensor(broadcastable(draw[x]), lambda t: is_integer(t) or is_bool(t))
    form = draw.one(("{0} & {1}", "{0} | {1}", "{0} ^ {1}", "~{0}", "{0} + True", "{0} // 2", "{0} % 3", "-{0}", "{0} / 2", "{0} ** 2", "{0} >> 1",
                     "{0}.sum(dtype=torch.uint8)", "{0}.float() * {1}", "{0}.logical_xor({1})", "{0} * 0.5", "{0}.prod()", "{0}.cumsum(-1)",
                     "1 - {0}", "{0} - {1}", "torch.div({0}, 2, rounding_mode='floor')", "torch.bitwise_left_shift({0}, 1)"))  # fmt: skip
    return said("integers and bools", f"{draw.result()} = {form.format(x, y)}")


@MIXED.rule(1.5)
def with_pythons_numbers(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: dtype_name(t) != "float16")
    form = draw.one(("{0} + True", "{0} * 2.0", "{0} + 1j", "2 ** 40 + {0}", "{0} * float('inf')", "{0} == 1.5", "torch.full_like({0}, 2)",
                     "torch.where({0} == 0, 1.5, {0})", "{0} * -0.0", "{0}.fill_(True)", "torch.clamp({0}, 0, 1)", "{0} / 2"))  # fmt: skip
    return said("Python's numbers", f"{draw.result()} = {form.format(x)}", rounds=is_complex(draw[x]) or "1j" in form)


@MIXED.rule(3)
def without_elements(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    form = draw.one(("{0}[:0]", "{0}[..., :0]", "torch.zeros(0)", "torch.empty(0, 3)", "{0}[:0].sum()", "{0}[:0].prod()", "torch.cat([{0}[:0], {0}])",
                     "{0}[:0].sum(0)", "{0}[:0] @ {0}[:0]", "{0}[:0].tolist()", "{0}[:0].any()", "{0}[:0].all()", "{0}[:0].view(-1)",
                     "{0}[:0].cumsum(0)",
                     "{0}.new_zeros(2, 0).sum(1)", "{0}[:0].clone()", "{0}[torch.zeros(0, dtype=torch.long)]", "{0}[{0} != {0}]",
                     "{0}[:0].reshape(0, 5)",
                     "torch.stack([{0}[:0], {0}[:0]])", "{0}[:0].max()", "{0}[:0].argmax()", "{0}[:0].unsqueeze(0).expand(3, *{0}[:0].shape)",
                     "{0}[:0].nonzero()", "torch.ones(2, 0) @ torch.ones(0, 2)", "{0}[:0].split(1)[0]", "{0}[:0].flip(0)"))  # fmt: skip
    return said("no elements", f"{draw.result()} = {form.format(x)}", rounds="@" in form, by_values="!=" in form)


@MIXED.rule(1)
def no_elements_written(draw: Draw) -> Statement:
    x = draw.tensor(rank(1), not_empty)
    form = draw.one(("{0}[:0] = 1", "{0}[:0].add_(1)", "{0}[[]] = 2", "{0}[{0} != {0}] = 3",
                     "{0}.index_fill_(0, torch.zeros(0, dtype=torch.long), 1)",
                     "torch.mul({0}[:0], 2, out={0}[:0])", "{0}[:0].copy_({0}[:0])", "{0}[:0].resize_(0)"))  # fmt: skip
    return said("no elements written", form.format(x))
