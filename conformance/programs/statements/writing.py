"""Statements that write into tensors: in-place operations and operators, and ``out=``; and those that give a tensor other memory: ``set_``,
``resize_``, ``.data =``."""

from __future__ import annotations

from ..grammar import Draw, Family, NothingFits, broadcastable, dtype_name, fits_into, is_bool, is_complex, is_float, like, not_empty, rank, said
from ..program import Statement

WRITING = Family("writing", 3.0)
REPLACING = Family("replacing", 0.5)


@WRITING.rule(4)
def operator(draw: Draw) -> Statement:
    x = draw.tensor()
    sign = draw.one(("+=", "-=", "*=", "*=", "/=", "//="))
    value = draw.number_for(draw[x])
    if sign in ("/=", "//="):
        value = draw.one(("2", "4"))
    elif draw.chance(0.55):
        value = draw.tensor(fits_into(draw[x]))
    return said(sign, f"{x} {sign} {value}")


@WRITING.rule(5)
def method(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    name = draw.one(("add_", "sub_", "mul_", "copy_", "copy_", "addcmul_", "masked_fill_", "where"))
    if name == "masked_fill_":
        return said(name, f"{x}.masked_fill_({draw.tensor(is_bool, broadcastable(t))}, {draw.number_for(t)})")
    y = draw.tensor(fits_into(t)) if draw.chance(0.97) else draw.tensor()
    if name == "addcmul_":
        return said(name, f"{x}.addcmul_({y}, {y}{draw.one(('', ', value=2'))})")
    if name == "where":
        name = "copy_"
    return said(name, f"{x}.{name}({y})")


@WRITING.rule(5)
def alone(draw: Draw) -> Statement:
    x = draw.tensor()
    name = draw.one(
        ("zero_()", "fill_({0})", "neg_()", "relu_()", "abs_()", "clamp_(0, 2)", "square_()", "mul_(2)", "add_(1)", "sub_(1)", "fill_diagonal_({0})",
         "tril_()", "pow_(2)", "floor_()", "sign_()", "cumsum_(0)", "add_({0})", "mul_({0})")
    )  # fmt: skip
    text = name.format(draw.number_for(draw[x]))
    return said(text.partition("(")[0], f"{x}.{text}", rounds=text.startswith("pow") and is_complex(draw[x]))


@WRITING.rule(1)
def rounding(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    name = draw.one(("exp_", "sigmoid_", "tanh_", "sqrt_", "reciprocal_"))
    return said(name, f"{x}.{name}()", rounds=True)


@WRITING.rule(1)
def comparison(draw: Draw) -> Statement:
    x = draw.tensor()
    return said("comparison in place", f"{x}.{draw.one(('gt_', 'eq_', 'ne_', 'lt_'))}({draw.number()})")


@WRITING.rule(1)
def of_an_item(draw: Draw) -> Statement:
    """A write through a view that has no name."""
    x = draw.tensor(rank(1))
    view = draw.one((f"{x}[0]", f"{x}[1:]", f"{x}.t()" if draw[x].dim() == 2 else f"{x}.view(-1)", f"{x}.detach()", f"{x}.data", f"{x}[..., :1]"))
    kind = "write through detach" if "detach" in view else "write through data" if "data" in view else "write through a view"
    return said(kind, f"{view}.{draw.one(('add_(1)', 'mul_(2)', 'zero_()', 'fill_(3)'))}")


# -- out= --------------------------------------------------------------------------------------------------------------


@WRITING.rule(4)
def out(draw: Draw) -> Statement:
    target = draw.tensor()
    t = draw[target]
    name = draw.one("add mul sub neg relu_abs gt eq sum cat stack matmul zeros arange clamp nonzero isnan".split())
    if name in ("add", "mul", "sub"):
        x = draw.tensor()
        y = draw.tensor(broadcastable(draw[x]))
        return said(f"{name}(out=)", f"torch.{name}({x}, {y if draw.chance(0.7) else draw.number()}, out={target})")
    if name in ("neg", "relu_abs", "isnan", "clamp"):
        name = "abs" if name == "relu_abs" else name
        x = draw.tensor(like(t)) if draw.chance(0.8) else draw.tensor()
        if name == "isnan":
            target = draw.tensor(is_bool)
        return said(f"{name}(out=)", f"torch.{name}({x}{', 0, 2' if name == 'clamp' else ''}, out={target})")
    if name in ("gt", "eq"):
        target = draw.tensor(is_bool) if draw.chance(0.7) else target
        x = draw.tensor(lambda v: not is_complex(v))
        return said(f"{name}(out=)", f"torch.{name}({x}, {draw.number()}, out={target})")
    if name == "sum":
        x = draw.tensor(rank(1))
        return said("sum(out=)", f"torch.sum({x}, {draw.dim(draw[x])}, out={target})")
    if name in ("cat", "stack"):
        x = draw.tensor(lambda v: v.dtype == t.dtype)
        y = draw.tensor(like(draw[x]))
        return said(f"{name}(out=)", f"torch.{name}([{x}, {y}], out={target})")
    if name == "matmul":
        x = draw.tensor(rank(2, 2), lambda v: v.dtype == t.dtype)
        y = draw.tensor(rank(1, 2), lambda v: v.dtype == t.dtype and v.shape[0] == draw[x].shape[1])
        return said("matmul(out=)", f"torch.matmul({x}, {y}, out={target})", rounds=True)
    if name == "nonzero":
        target = draw.tensor(lambda v: dtype_name(v) == "int64")
        return said("nonzero(out=)", f"torch.nonzero({draw.tensor()}, out={target})", by_values=True)
    if name == "zeros":
        shape = ", ".join(map(str, draw.shape()))
        return said("zeros(out=)", f"torch.zeros(({shape},), out={target})" if shape else f"torch.zeros((), out={target})")
    if name == "arange":
        return said("arange(out=)", f"torch.arange({draw.random.randint(0, 6)}, out={target})")
    raise NothingFits


# -- other memory ---------------------------------------------------------------------------------


@REPLACING.rule(2)
def set_(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(lambda t: t.dtype == draw[x].dtype) if draw.chance(0.9) else draw.tensor()
    text = f"{x}.set_({y})"
    if draw.chance(0.15):
        text = f"{x}.set_()"
    elif draw.chance(0.25) and draw[y].untyped_storage().nbytes() >= draw[y].storage_offset() * draw[y].element_size() + 2 * draw[x].element_size():
        text = f"{x}.set_({y}, 0, (1, 2), (1, 1))"
    return said("set_", text)


@REPLACING.rule(2)
def resize(draw: Draw) -> Statement:
    x = draw.tensor(not_empty, lambda t: t.is_contiguous())
    t = draw[x]
    if draw.chance(0.25):
        y = draw.tensor(lambda o: o.numel() <= t.numel())
        return said("resize_as_", f"{x}.resize_as_({y})")
    count = t.numel()  # never more: what is beyond the end is not specified
    shape = draw.one([(count,), (1, count), tuple(t.shape), (max(count - 1, 1),), (1,)])
    return said("resize_", f"{x}.resize_({', '.join(map(str, shape)) or '()'})")


@REPLACING.rule(3)
def data(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(like(draw[x]), lambda t: t.dtype == draw[x].dtype) if draw.chance(0.7) else draw.tensor()
    value = draw.one((y, f"{y}.clone()", f"{y}.detach()", f"{x}.data * 2"))
    return said("data =", f"{x}.data = {value}")


@REPLACING.rule(1)
def swapped_halves(draw: Draw) -> Statement:
    """A row read before it is overwritten by another."""
    x = draw.tensor(rank(1), lambda t: t.shape[0] >= 2)
    return said("swap rows", f"{x}[0], {x}[1] = {x}[1].clone(), {x}[0].clone()")


@REPLACING.rule(1.5)
def data_of_another_kind(draw: Draw) -> Statement:
    """``data`` of another dtype, or another shape."""
    x = draw.tensor()
    value = draw.one((f"{x}.data.double()", f"{x}.data.to(torch.float16)", f"{x}.data.long()", f"{x}.data.view(-1)", f"{x}.data[None]",
                      f"{x}.data.flip(0)",
                      f"{x}.data.t()" if draw[x].dim() == 2 else f"{x}.data.clone()", f"{x}.data.bool()", f"{x}.data[:0]"))  # fmt: skip
    return said("data of another kind =", f"{x}.data = {value}")
