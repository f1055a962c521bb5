"""Statements about modules and losses. Parameters are set to small integers, so that their arithmetic is exact."""

from __future__ import annotations

from typing import Any

from ...grammar import Draw, Family, NothingFits, is_float, like, rank, said
from ...program import Statement

MODULES = Family("modules", 1.0)
_EXACT = "with torch.no_grad():\n    for p in {0}.parameters():\n        p.copy_(torch.arange(float(p.numel())).reshape(p.shape) % 3 - 1)"


def module(value: Any) -> bool:
    return hasattr(value, "named_parameters") and not isinstance(value, type)


@MODULES.rule(2, needs="autograd")
def make(draw: Draw) -> Statement:
    if sum(module(value) for value in draw.names.values()) >= 3:
        raise NothingFits
    name = draw.numbered("net")
    width = draw.one([size for value in draw.names.values() if draw.is_tensor(value) and value.dim() for size in [value.shape[-1]] if size] or [2])
    inner, last = draw.random.randint(1, 3), draw.random.randint(1, 2)
    if draw.chance(0.5):
        text, kind = f"torch.nn.Linear({width}, {inner}{draw.one(('', '', ', bias=False'))})", "Linear"
    else:
        text, kind = f"torch.nn.Sequential(torch.nn.Linear({width}, {inner}), torch.nn.ReLU(), torch.nn.Linear({inner}, {last}))", "Sequential"
    return said(kind, f"{name} = {text}\n{_EXACT.format(name)}")


@MODULES.rule(3, needs="autograd")
def call(draw: Draw) -> Statement:
    net = draw.object(lambda value: module(value) and any(True for _ in value.parameters()))
    first = next(iter(draw[net].parameters()))
    x = draw.tensor(rank(1), lambda t: t.dtype == first.dtype and (first.dim() < 2 or t.shape[-1] == first.shape[-1]))
    return said("call a module", f"{draw.result()} = {net}({x})", rounds=True)


@MODULES.rule(3, needs="autograd")
def change(draw: Draw) -> Statement:
    net = draw.object(module)
    kind, text = draw.one((
        ("module.to", f"{net}.to(torch.{draw.one(('float32', 'float64'))})"), ("module.zero_grad", f"{net}.zero_grad()"),
        ("module.zero_grad", f"{net}.zero_grad(set_to_none=False)"),
        ("module.requires_grad_", f"{net}.requires_grad_({draw.one(('True', 'False'))})"),
        ("module.eval", f"{net}.eval()"), ("module.train", f"{net}.train()"), ("load_state_dict", f"{net}.load_state_dict({net}.state_dict())"),
        ("copy.deepcopy of a module", f"{draw.numbered('net')} = copy.deepcopy({net})"), ("module.double", f"{net}.double()"),
        ("pickle of a module", f"{draw.numbered('net')} = pickle.loads(pickle.dumps({net}))"),
    ))  # fmt: skip
    return said(kind, text)


@MODULES.rule(3, needs="autograd")
def parameter(draw: Draw) -> Statement:
    net = draw.object(module)
    name = draw.one([name for name, _ in draw[net].named_parameters()])
    path = f"{net}.{name}" if name[0].isalpha() else f"{net}[{name.partition('.')[0]}].{name.partition('.')[2]}"
    kind, text = draw.one((
        ("read a parameter", f"{draw.result()} = {path}"), ("write into a parameter's data", f"{path}.data.mul_(2)"),
        ("write into a parameter", f"with torch.no_grad():\n    {path}.add_(1)"), ("freeze a parameter", f"{path}.requires_grad_(False)"),
        ("state_dict", f"{draw.result()} = {net}.state_dict()[{name!r}]"), ("write into a parameter", f"{path}.mul_(2)"),
        ("Parameter", f"{path} = torch.nn.Parameter(torch.ones_like({path}))"),
    ))  # fmt: skip
    return said(kind, text)


@MODULES.rule(1.5, needs="autograd")
def own_parameter(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    return said("Parameter", f"{draw.result()} = torch.nn.Parameter({x}{draw.one(('', '.clone()', '.detach().clone()', ', requires_grad=False'))})")


@MODULES.rule(2, needs="autograd")
def loss(draw: Draw) -> Statement:
    x = draw.tensor(is_float, lambda t: t.numel() > 0)
    y = draw.tensor(like(draw[x]), lambda t: t.dtype == draw[x].dtype)
    name = draw.one(("mse_loss", "l1_loss", "MSELoss", "smooth_l1_loss"))
    reduction = draw.one(("sum", "sum", "mean", "none"))
    text = f'torch.nn.functional.{name}({x}, {y}, reduction="{reduction}")'
    if name == "MSELoss":
        text = f'torch.nn.MSELoss(reduction="{reduction}")({x}, {y})'
    return said(name, f"{draw.result()} = {text}", rounds=reduction == "mean")


@MODULES.rule(0.6, needs="autograd")
def classification(draw: Draw) -> Statement:
    x = draw.tensor(is_float, rank(2, 2), lambda t: t.shape[0] > 0 and t.shape[1] > 0)
    t = draw[x]
    labels = f"torch.tensor([{', '.join(str(draw.random.randrange(t.shape[1])) for _ in range(t.shape[0]))}])"
    return said("cross_entropy", f"{draw.result()} = torch.nn.functional.cross_entropy({x}, {labels})", rounds=True)


@MODULES.rule(1.5, needs="autograd")
def with_a_hook(draw: Draw) -> Statement:
    """Hooks of modules: before and after the call, and around the backward pass."""
    net = draw.object(module)
    kind, text = draw.one((
        ("register_forward_hook", "register_forward_hook(lambda m, i, o: o * 2)"), ("register_forward_hook",
        "register_forward_hook(lambda m, i, o: None)"),
        ("register_forward_pre_hook", "register_forward_pre_hook(lambda m, i: (i[0] + 1,))"),
        ("register_full_backward_hook", "register_full_backward_hook(lambda m, gi, go: tuple(None if g is None else g * 2 for g in gi))"),
        ("register_full_backward_pre_hook", "register_full_backward_pre_hook(lambda m, go: (go[0] * 2,))"),
    ))  # fmt: skip
    return said(kind, f"{draw.numbered('handle')} = {net}.{text}")


@MODULES.rule(1.5, needs="autograd")
def of_its_own(draw: Draw) -> Statement:
    """A module with a parameter, a buffer and a forward of its own."""
    if sum(module(value) for value in draw.names.values()) >= 4:
        raise NothingFits
    name, x = draw.numbered("Module"), draw.tensor(is_float)
    forward = draw.one(("x * self.w", "x * self.w + self.b", "self.w.sum() * x", "(x + self.b).relu()"))
    lines = [f"class {name}(torch.nn.Module):", "    def __init__(self):", "        super().__init__()",
             "        self.w = torch.nn.Parameter(torch.tensor(2.0))", "        self.register_buffer('b', torch.tensor(1.0))",
             "    def forward(self, x):", f"        return {forward}", f"{draw.numbered('net')} = {name}()"]  # fmt: skip
    return said("Module", "\n".join([*lines, f"{draw.result()} = {lines[-1].partition(' ')[0]}({x})"]))


@MODULES.rule(1.5, needs="autograd")
def questions(draw: Draw) -> Statement:
    net = draw.object(module)
    form = draw.one(("list({0}.state_dict())", "[n for n, _ in {0}.named_parameters()]", "sum(p.numel() for p in {0}.parameters())", "{0}.training",
                     "len(list({0}.modules()))", "[tuple(b.shape) for b in {0}.buffers()]", "{0}.state_dict()",
                     "[p.requires_grad for p in {0}.parameters()]",
                     "str({0}.load_state_dict({0}.state_dict(), strict=False))", "[n for n, _ in {0}.named_children()]",
                     "[p.grad is None for p in {0}.parameters()]", "{0}.float() is {0}", "{0}.requires_grad_(False) is {0}"))  # fmt: skip
    return said("about a module", f"{draw.numbered('value')} = {form.format(net)}")


@MODULES.rule(1, needs="autograd")
def other_layers(draw: Draw) -> Statement:
    x = draw.tensor(is_float, rank(1))
    layer, rounds = draw.one((("ReLU()", False), ("Flatten(0)", False), ("Identity()", False), ("Sigmoid()", True), ("Tanh()", True),
                              ("Softmax(-1)", True),
                              ("Flatten()", False), ("LogSoftmax(0)", True),
                              ("Sequential(torch.nn.ReLU(), torch.nn.Identity())", False)))  # fmt: skip
    return said("a layer", f"{draw.result()} = torch.nn.{layer}({x})", rounds=rounds)
