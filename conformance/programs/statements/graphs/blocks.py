"""Statements of several lines: errors that are caught, functions under a decorator, modes within modes."""

from __future__ import annotations

from ...grammar import Draw, Family, broadcastable, differentiable, fits_into, is_float, leaf, not_empty, rank, said, tracked
from ...program import Statement

BLOCKS = Family("blocks", 0.8)
_MODES = ("torch.no_grad()", "torch.enable_grad()", "torch.inference_mode()", "torch.inference_mode(False)", "torch.set_grad_enabled(True)")


@BLOCKS.rule(3)
def caught(draw: Draw) -> Statement:
    """A statement that is refused, after one that is not: what it leaves behind is compared."""
    x = draw.tensor(rank(1), not_empty)
    t = draw[x]
    before = draw.one((f"{x}.mul_(2)", f"y = {x} * 2", f"{x}[0] = 1", f"y = {x}.view(-1)", "pass"))
    refused = draw.one((
        f"{x}[{t.shape[0] + 2}]", f"{x}[{t.shape[0] + 2}] = 1", f"{x}.view(5, 7)", f"{x} + torch.ones(5, 7)", f"{x}.add_(torch.ones(2, 5, 7))",
        f"torch.add({x}, 1j, out={x})", f"{x}.reshape(-1, 11)", f"{x}.long().requires_grad_()", f"{x}.squeeze(7)", f"torch.cat([{x}, {x}[0]])",
        f"{x}.backward(torch.ones(9))", f"{x}.item()", f"{x}.copy_(torch.ones(3, 5, 7))", f"{x}.expand(0, 5)",
        f"{x}.requires_grad_(None)", f"torch.stack([{x}, {x}[0]])", f"{x}.masked_fill_({x}, 1)", f"{x}[1.5]", f"{x}.unfold(0, 99, 1)",
        f"{x}.grad = torch.ones(9)", f"{x}.sum(9)", f"bool({x})", f"{x}.to('nowhere')", f"{x}.nonsense", f"{x}.view(torch.complex128)[0, 0, 0, 0, 0]",
        f"{x}[::-1]", f"{x}.index_select(0, torch.tensor([99]))", f"{x}.gather(0, torch.tensor([99]))", f"{x}.chunk(0)", f"{x}.split(-1)",
    ))  # fmt: skip
    name = draw.numbered("value")
    return said("an error that is caught", f"try:\n    {before}\n    {refused}\nexcept Exception as error:\n    {name} = type(error).__name__")


@BLOCKS.rule(1.5, needs="autograd")
def refused_by_the_graph(draw: Draw) -> Statement:
    """What a leaf does not allow, and what does not require grad."""
    x = draw.tensor(differentiable)
    refused = draw.one((
        f"{x}.add_(1)", f"{x}[...] = 1", f"{x}.backward()", f"torch.autograd.grad({x}.sum(), torch.ones(1, requires_grad=True))",
        f"torch.mul({x}, 2, out={x})", f"{x}.detach_()", f"{x}.requires_grad_(False)", f"{x}.retain_grad()", f"{x}.data = torch.ones(1)",
        f"{x}.resize_(1)", f"{x}.set_()", f"torch.autograd.grad({x}.sum(), {x})", f"{x}.register_hook(lambda g: None)", f"{x}.grad = {x}",
    ))  # fmt: skip
    name = draw.numbered("value")
    return said("an error that is caught", f"{name} = 'none'\ntry:\n    {refused}\nexcept Exception as error:\n    {name} = type(error).__name__")


@BLOCKS.rule(2, needs="autograd")
def nested_modes(draw: Draw) -> Statement:
    """Modes within modes, with a computation in each."""
    x, outer, inner = draw.tensor(), draw.one(_MODES), draw.one(_MODES)
    first, second, third = draw.new(3)
    lines = [f"with {outer}:", f"    {first} = {x} * 2", f"    with {inner}:", f"        {second} = {x} + {first}",
             f"    {third} = {second}.view(-1)"]
    return said("modes in modes", "\n".join(lines))


@BLOCKS.rule(2, needs="autograd")
def written_in_modes(draw: Draw) -> Statement:
    """A view made in one mode and written in another."""
    x = draw.tensor(rank(1))
    y = draw.tensor(fits_into(draw[x]))
    view = draw.result()
    made = draw.one((f"{x}[:1]", f"{x}.view(-1)", f"{x}.detach()", f"{x}[0]", f"{x}.unbind(0)[0]", f"{x}.data"))
    write = draw.one((f"{view}.mul_(2)", f"{x}.copy_({y})", f"{view}.zero_()", f"{x}.add_(1)"))
    return said("a write in a mode", f"with {draw.one(_MODES)}:\n    {view} = {made}\nwith {draw.one(_MODES)}:\n    {write}")


@BLOCKS.rule(1, needs="autograd")
def decorated(draw: Draw) -> Statement:
    x = draw.tensor()
    body = draw.one(("x * 2", "x.view(-1)", "x.detach()", "(x, torch.is_grad_enabled())[0]", "x.clone()"))
    return said("a function under a mode", f"{draw.result()} = {draw.one(_MODES)}(lambda x: {body})({x})")


@BLOCKS.rule(1.5, needs="autograd")
def training(draw: Draw) -> Statement:
    """Steps by hand, the way tutorials write them."""
    w = draw.tensor(leaf, tracked, is_float)
    x = draw.tensor(broadcastable(draw[w]), lambda t: t.dtype == draw[w].dtype)
    clear = draw.one((f"{w}.grad = None", f"{w}.grad.zero_()", f"{w}.grad = torch.zeros_like({w})"))
    step = draw.one((f"{w} -= 0.5 * {w}.grad", f"{w}.sub_({w}.grad, alpha=0.5)", f"{w}.copy_({w} - {w}.grad)"))
    lines = ["for _ in range(2):", f"    ({w} * {x}).sum().backward()", "    with torch.no_grad():", f"        {step}", f"    {clear}"]
    return said("steps by hand", "\n".join(lines), rounds=True)


@BLOCKS.rule(1, needs="autograd")
def accumulated(draw: Draw) -> Statement:
    """One graph run backward again and again."""
    x = draw.tensor(tracked, is_float)
    y = draw.result()
    middle = draw.one((f"{y}.backward(retain_graph=True)", f"torch.autograd.grad({y}, {x}, retain_graph=True)", f"{x}.grad = None", "pass"))
    return said("backward twice", f"{y} = ({x} * {x}).sum()\n{y}.backward(retain_graph=True)\n{middle}\n{y}.backward()")
