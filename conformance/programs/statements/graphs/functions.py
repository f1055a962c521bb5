"""Statements that define custom functions (``torch.autograd.Function``), and apply them."""

from __future__ import annotations

from ...grammar import Draw, Family, NothingFits, broadcastable, is_float, said, tracked
from ...program import Statement

FUNCTIONS = Family("functions", 0.9)

# Name, number of tensors, what stands in forward, what stands in backward.
_BODIES: tuple[tuple[str, int, tuple[str, ...], tuple[str, ...]], ...] = (
    ("double", 1, ("return x * 2",), ("return g * 2",)),
    ("square", 1, ("ctx.save_for_backward(x)", "return x * x"), ("x, = ctx.saved_tensors", "return 2 * x * g")),
    ("product", 2, ("ctx.save_for_backward(x, y)", "return x * y"), ("x, y = ctx.saved_tensors", "return g * y, g * x")),
    ("scaled", 1, ("ctx.factor = 3", "ctx.shape = x.shape", "return x * ctx.factor"), ("return g * ctx.factor",)),
    ("needed", 2, ("return x + y",), ("return g if ctx.needs_input_grad[0] else None, g if ctx.needs_input_grad[1] else None",)),
    ("view", 1, ("ctx.shape = x.shape", "return x.view(-1)"), ("return g.view(ctx.shape)",)),
    ("itself", 1, ("return x",), ("return g * 2",)),
    ("alias", 1, ("return x.view_as(x)",), ("return g",)),
    ("in place", 1, ("ctx.mark_dirty(x)", "return x.mul_(2)"), ("return g * 2",)),
    ("two results", 1, ("return x * 2, x + 1",), ("return g * 2 + h",)),
    ("not differentiable", 1, ("mask = x > 0", "ctx.mark_non_differentiable(mask)", "return x * 2, mask"), ("return g * 2",)),
    ("saved result", 1, ("y = x * x", "ctx.save_for_backward(y)", "return y"), ("y, = ctx.saved_tensors", "return g * y")),
    ("no gradient", 1, ("return x * 2",), ("return None",)),
    ("constant", 1, ("return torch.ones(2)",), ("return None",)),
    ("unmaterialized", 1, ("ctx.set_materialize_grads(False)", "return x * 2, x * 3"),
     ("return (0 if g is None else g * 2) + (0 if h is None else h * 3)",)),
    ("cut", 1, ("return x.detach() * 2",), ("return g",)),
    ("a view and a copy", 1, ("return x.view(-1), x.clone()",), ("return g.view(h.shape) + h",)),
    ("a view written", 1, ("x = x.clone()", "x.view(-1)[:1].mul_(2)", "return x"), ("return g * 2",)),
    ("input and result saved", 1, ("y = x * 2", "ctx.save_for_backward(x, y)", "return y"), ("x, y = ctx.saved_tensors", "return g * x + y")),
    ("nothing saved", 2, ("ctx.save_for_backward(x, None)", "return x - y"), ("x, nothing = ctx.saved_tensors", "return g, -g")),
    ("part of the input", 1, ("return x[:1] if x.dim() else x * 1",), ("return None",)),
    ("modes inside", 1, ("with torch.enable_grad():", "    y = x.detach().requires_grad_() * 2", "return y.detach()"),
     ("return g * (2 if torch.is_grad_enabled() else 3)",)),
    ("an error in backward", 1, ("return x * 2",), ("raise ValueError('no')",)),
    ("a wrong shape", 1, ("return x * 2",), ("return torch.ones(7)",)),
    ("another dtype", 1, ("return x.double()",), ("return g.double()",)),
    ("too few", 2, ("return x * y",), ("return g",)),
    ("written and saved", 1, ("ctx.save_for_backward(x)", "ctx.mark_dirty(x)", "return x.add_(1)"), ("x, = ctx.saved_tensors", "return g * x")),
)  # fmt: skip


@FUNCTIONS.rule(2, needs="autograd")
def definition_and_use(draw: Draw) -> Statement:
    name, count, forward, backward = draw.one(_BODIES)
    function = draw.numbered("Function")
    arguments = ", ".join("xy"[:count])
    two = name in ("two results", "not differentiable", "unmaterialized", "a view and a copy")
    lines = [
        f"class {function}(torch.autograd.Function):", "    @staticmethod", f"    def forward(ctx, {arguments}):",
        *(f"        {line}" for line in forward),
        "    @staticmethod", f"    def backward(ctx, g{', h' if two else ''}):", *(f"        {line}" for line in backward),
    ]  # fmt: skip
    x = draw.tensor(is_float, tracked) if draw.chance(0.8) else draw.tensor()
    results = draw.new(2 if two else 1)
    given = [x] + ([draw.tensor(broadcastable(draw[x]), is_float)] if count == 2 else [])
    return said(f"custom function ({name})", "\n".join([*lines, f"{', '.join(results)} = {function}.apply({', '.join(given)})"]))


@FUNCTIONS.rule(1, needs="autograd")
def use(draw: Draw) -> Statement:
    """A function that was defined before, on another tensor."""
    defined = [name for name in draw.names if name.startswith("Function")]
    if not defined:
        raise NothingFits
    x = draw.tensor(tracked)
    return said("custom function again", f"{draw.result()} = {draw.one(defined)}.apply({x})")


@FUNCTIONS.rule(0.5, needs="autograd")
def saved(draw: Draw) -> Statement:
    x = draw.tensor(tracked, lambda t: t.grad_fn is not None and hasattr(t.grad_fn, "saved_tensors"))
    return said("saved_tensors of a node", f"{draw.result()} = {x}.grad_fn.saved_tensors[0]")


@FUNCTIONS.rule(0.8, needs="autograd")
def with_other_arguments(draw: Draw) -> Statement:
    """Arguments that are no tensors, a context that is set up apart, a backward that is not differentiated again."""
    function, result = draw.numbered("Function"), draw.result()
    x = draw.tensor(is_float, tracked)
    apart = draw.chance(0.5)
    head = [f"class {function}(torch.autograd.Function):", "    @staticmethod"]
    if apart:
        head += ["    def forward(x, factor, flag=True):", "        return x * factor", "    @staticmethod",
        "    def setup_context(ctx, inputs, output):",
                 "        ctx.save_for_backward(inputs[0], output)", "        ctx.factor = inputs[1]"]  # fmt: skip
    else:
        head += ["    def forward(ctx, x, factor, flag=True):", "        ctx.save_for_backward(x)", "        ctx.factor = factor",
        "        return x * factor"]
    once = ["    @torch.autograd.function.once_differentiable"] if draw.chance(0.3) else []
    tail = ["    @staticmethod", *once, "    def backward(ctx, g):", f"        return g * ctx.factor, {draw.one(('None', 'None', 'g'))}, None"]
    count = draw.one((f"{x}, 2", f"{x}, 3, False", f"{x}, 0.5")) if not apart else f"{x}, 2, True"
    return said("custom function (other arguments)", "\n".join([*head, *tail, f"{result} = {function}.apply({count})"]))


@FUNCTIONS.rule(0.8, needs="autograd")
def of_a_node(draw: Draw) -> Statement:
    """What a node tells of itself. Names are compared after each statement, but for those of nodes that a backward pass made."""
    x = draw.tensor(tracked, lambda t: t.grad_fn is not None)
    form = draw.one(("{0}.grad_fn.name() == {0}.grad_fn.name()", "type({0}.grad_fn.next_functions).__name__",
                     "type({0}.grad_fn).__name__ == {0}.grad_fn.name()", "{0}.grad_fn is {0}.grad_fn",
                     "[type(n).__name__ == n.name() for n, _ in {0}.grad_fn.next_functions if n is not None][:1]",
                     "isinstance({0}.grad_fn, torch.autograd.graph.Node)", "type({0}.grad_fn.next_functions[0][1])"))
    return said("a node", f"{draw.numbered('value')} = {form.format(x)}")
