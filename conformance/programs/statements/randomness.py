"""Statements that draw random numbers, which are torch's for the same seed."""

from __future__ import annotations

from ..grammar import Draw, Family, is_float, said
from ..program import Statement

RANDOM = Family("random numbers", 0.5)


@RANDOM.rule(1, needs="random")
def seed(draw: Draw) -> Statement:
    return said("manual_seed", f"torch.manual_seed({draw.random.randint(0, 9)})")


@RANDOM.rule(4, needs="random")
def integers(draw: Draw) -> Statement:
    shape = ", ".join(map(str, draw.shape()))
    text = draw.one((f"torch.randint(0, 4, ({shape}{',' if shape else ''}))", f"torch.randperm({draw.random.randint(1, 5)})"))
    if "randint" in text and draw.chance(0.5):
        text += ".float()"
    return said("randint" if "randint" in text else "randperm", f"{draw.result()} = {text}")


@RANDOM.rule(2, needs="random")
def floats(draw: Draw) -> Statement:
    shape = ", ".join(map(str, draw.shape()))
    text = draw.one((f"torch.rand({shape})", f"torch.randn({shape})", f"torch.rand({shape}, requires_grad=True)" if shape else "torch.rand(2)"))
    return said(text[6:].partition("(")[0], f"{draw.result()} = {text}", rounds=True)


@RANDOM.rule(2, needs="random")
def in_place(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    form = draw.one(("{}.uniform_()", "{}.normal_()", "{}.random_(0, 4)", "{}.bernoulli_(0.5)", "torch.randn(2, out={})"))
    return said(form.partition("(")[0].rpartition(".")[2], form.format(x), rounds="uniform" in form or "n(" in form or "normal" in form)


@RANDOM.rule(1, needs="random")
def dropout(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    return said("dropout", f"{draw.result()} = torch.nn.functional.dropout({x}, 0.5)")


@RANDOM.rule(2, needs="random")
def by_a_generator(draw: Draw) -> Statement:
    """Several operations that draw from one generator, which is no tensor: what they draw tells how far it is."""
    made = [name for name in draw.names if name.startswith("generator")]
    if not made:
        return said("Generator", f"generator0 = torch.Generator().manual_seed({draw.random.randint(0, 9)})")
    x = draw.tensor(is_float)
    name = draw.one(made)
    text, rounds = draw.one((
        (f"{draw.result()} = torch.rand(3, generator={name})", True), (f"{draw.result()} = torch.randn(2, generator={name})", True),
        (f"{draw.result()} = torch.randint(0, 9, (3,), generator={name})", False), (f"{draw.result()} = torch.randperm(4, generator={name})", False),
        (f"{x}.uniform_(generator={name})", True), (f"{x}.random_(0, 4, generator={name})", False), (f"{name}.manual_seed(3)", False),
        (f"{x}.bernoulli_(0.5, generator={name})", False), (f"{draw.numbered('value')} = {name}.initial_seed()", False),
        (f"{name}.set_state({name}.get_state())", False), (f"{x}.normal_(1, 2, generator={name})", True),
        (f"{draw.result()} = torch.normal(0.0, 1.0, (2,), generator={name})", True),
    ))  # fmt: skip
    return said("by a generator", text, rounds=rounds)


@RANDOM.rule(1, needs="random")
def repeated(draw: Draw) -> Statement:
    """The state of the default generator, kept and given back."""
    first, second = draw.new(2)
    call = draw.one(("torch.rand(2)", "torch.randint(0, 9, (3,))", "torch.randn(17)[:2]", "torch.randperm(3)"))
    lines = ["state = torch.get_rng_state()", f"{first} = {call}", "torch.set_rng_state(state)", f"{second} = {call}", "del state"]
    return said("get_rng_state", "\n".join(lines), rounds=True)


@RANDOM.rule(1, needs="random")
def like_another(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    text = draw.one((f"torch.rand_like({x})", f"torch.randn_like({x})", f"torch.randint_like({x}, 5)", f"torch.bernoulli({x} * 0 + 0.5)"))
    return said(text[6:].partition("(")[0], f"{draw.result()} = {text}", rounds=True)
