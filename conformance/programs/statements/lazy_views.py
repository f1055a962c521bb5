"""Statements about conjugate and negative views, and the parts of complex tensors."""

from __future__ import annotations

from ..grammar import Draw, Family, NothingFits, fits_into, is_complex, is_float, rank, said
from ..program import Statement

LAZY_VIEWS = Family("conjugate and negative views", 0.7)


def lazy(tensor: object) -> bool:
    """A view whose elements count as the conjugates, or the negatives, of what is in memory."""
    return bool(tensor.is_conj() or tensor.is_neg())  # type: ignore[attr-defined]


@LAZY_VIEWS.rule(2)
def something_complex(draw: Draw) -> Statement:
    """Complex tensors are rare; here they come from real ones."""
    if sum(is_complex(value) for value in draw.names.values() if draw.is_tensor(value)) >= 3:
        raise NothingFits
    x = draw.tensor(is_float, lambda t: t.element_size() >= 4)
    text = draw.one((f"torch.complex({x}, {x})", f"torch.complex({x}, -{x}).conj()", f"{x} * 1j", f"{x} + 2j",
                     f"torch.complex({x}, {x}).conj().imag"))
    return said("complex", f"{draw.result()} = {text}")


@LAZY_VIEWS.rule(4)
def view(draw: Draw) -> Statement:
    x = draw.tensor(is_complex)
    t = draw[x]
    choices = ["conj()", "conj()", "conj().imag", "imag", "real", "conj().real", "resolve_conj()", "conj().view(-1)", "conj().clone()",
               "conj().detach()",
               "conj().conj()", "conj().data", "conj()[...]", "conj().imag.clone()", "conj().imag.resolve_neg()", "conj().contiguous()"]  # fmt: skip
    choices += ["H", "mH", "adjoint()", "conj().t()"] if t.dim() == 2 else []
    choices += ["conj()[0]", "conj().unbind(0)[0]", "conj().imag[:1]", "mH"] if t.dim() and t.shape[0] and t.dim() != 1 else []
    name = draw.one(choices)
    return said(name.replace("()", ""), f"{draw.result()} = {x}.{name}")


@LAZY_VIEWS.rule(3)
def computed(draw: Draw) -> Statement:
    x = draw.tensor(lazy)
    name, rounds = draw.one((
        ("* 2", False), (f"+ {x}", False), (".sum()", False), (".resolve_conj()", False), (".resolve_neg()", False), (".neg()", False),
        (".clone()", False),
        (".abs()", True), (".tolist()", False), (".is_conj()", False), (".is_neg()", False), (".view(-1)", False), (".reshape(-1)", False),
        ("[None]", False),
        (".contiguous()", False), (".detach()", False), (".flip(0)", False), (".to(torch.complex128)", False), (".expand_as({0})", False),
        (f" == {x}", False), (f".masked_fill({x} == 0, 1)", False), (".real", False), (".square()", True), (".float()", False),
        (".cumsum(-1)", False),
    ))  # fmt: skip
    return said(f"of a lazy view: {name.replace(x, 'x')}", f"{draw.result()} = {x}{name.format(x)}", rounds=rounds)


@LAZY_VIEWS.rule(3)
def write(draw: Draw) -> Statement:
    """Writes to such views, and to what lies behind them."""
    x = draw.tensor(lazy) if draw.chance(0.6) else draw.tensor(is_complex)
    y = draw.tensor(fits_into(draw[x]))
    text = draw.one((
        f"{x}.mul_(2)", f"{x}.add_(1)", f"{x}.copy_({y})", f"{x}.zero_()", f"{x} *= {y}", f"{x}[...] = {y}", f"{x}.neg_()", f"{x}.fill_(3)",
        f"torch.add({x}, 1, out={x})", f"{x} -= {x}", f"{x}.set_({x})", f"{x}.data.mul_(2)", f"{x}.conj_physical_()",
    ))  # fmt: skip
    return said("write to a lazy view", text)


@LAZY_VIEWS.rule(2)
def write_a_part(draw: Draw) -> Statement:
    x = draw.tensor(is_complex)
    part = draw.one(("real", "imag", "conj().imag", "conj().real", "conj()"))
    change = draw.one((".mul_(2)", ".zero_()", ".add_(1)", "[...] = 3"))
    if draw.chance(0.2):
        return said("assign a part", f"{x}.{draw.one(('real', 'imag'))} = {draw.one(('2.0', f'{x}.real', f'{x}.conj().imag'))}")
    return said("write to a part", f"{x}.{part}{change}")


@LAZY_VIEWS.rule(1, needs="autograd")
def gradient(draw: Draw) -> Statement:
    x = draw.tensor(is_complex, lambda t: t.requires_grad)
    y = draw.one((f"({x} * {x}.conj()).real", f"{x}.conj().imag", f"{x}.imag", f"({x}.conj() * 2).real", f"torch.view_as_real({x})"))
    return said("gradient of a part", f"{draw.result()}, = torch.autograd.grad({y}.sum(), {x}, retain_graph=True)")


@LAZY_VIEWS.rule(0.7)
def matrices(draw: Draw) -> Statement:
    x = draw.tensor(is_complex, rank(2, 2))
    return said("matmul", f"{draw.result()} = {draw.one((f'{x} @ {x}.mH', f'{x}.H @ {x}', f'torch.mm({x}.conj(), {x}.mT)'))}", rounds=True)
