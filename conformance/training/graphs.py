"""What happens between the calls of a program that differentiates (a :mod:`.grid`): gradients that accumulate, graphs that are used twice, hooks,
views that are written, versions, blocks that an error leaves. Random programs meet each of these now and then; here each is met in every run.

Every case is a text of a few statements. After each of them all tensors that live are looked at, with their gradients, and all numbers and texts.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Iterator

from .grid import Setting, Snapshot, look
from .place import Place

_BLOCKS = ("no_grad()", "enable_grad()", "inference_mode()", "set_grad_enabled(False)", "autograd.set_detect_anomaly(True)", "random.fork_rng()")
# ``a`` and ``b`` are leaves, ``w`` is none; ``tried`` says how a call ends.
CASES: tuple[str, ...] = (
    "(a + b).backward(w); a.grad.zero_(); a.grad.add_(1)",
    "(a * 2).sum().backward(); kept = a.grad; (a * 3).sum().backward(); kept.mul_(2)",
    "(a * 2).sum().backward(create_graph=True); kept = a.grad; (a * 3).sum().backward(); kept.requires_grad",
    "y = a.expand(2, 3).sum(); y.backward(); a.grad.mul_(2)",
    "y = m.t() * 2; y.backward(m.detach().t()); m.grad.mul_(2); m.t().sum().backward()",
    "m.sum(0).backward(w); m.grad[0, 0] = 9; m.sum().backward()",
    "y = (a * a).sum(); y.backward(); said = tried(y.backward); y = (a * a).sum(); y.backward(retain_graph=True); y.backward()",
    "y = a * b; z = y.exp().sum(); z.backward(retain_graph=True); said = tried(lambda: y.sum().backward()); z.backward(); said = tried(z.backward)",
    "y = a.exp(); y.sum().backward(); said = tried(lambda: y.sum().backward()); z = a + b; z.sum().backward(); z.sum().backward()",
    "g, = torch.autograd.grad((a ** 3).sum(), a, create_graph=True); h, = torch.autograd.grad(g.sum(), a, create_graph=True); h.sum().backward()",
    "g = torch.autograd.grad((a * b).sum(), [a, b, c], allow_unused=True); said = tried(lambda: torch.autograd.grad(a.sum(), c))",
    "seen = []; y = a * 2; y.register_hook(lambda g: seen.append(1)); y.register_hook(lambda g: g * 3); y.register_hook(lambda g: seen.append(2)); "
    "y.register_hook(lambda g: g + 1); y.sum().backward()",
    "seen = []; h = a.register_hook(lambda g: g * 2); (a * b).sum().backward(); h.remove(); (a * b).sum().backward()",
    "seen = []; a.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist())); (a * 2).sum().backward(); (a * 2).sum().backward()",
    "y = a * 2; y.retain_grad(); z = y * 3; (z * w).sum().backward(); y.grad.mul_(2); (y.detach() * a).sum().backward()",
    "y = a * 1; v = y[:2]; v.mul_(3); y.sum().backward(); v.grad_fn.name()",
    "y = a * 1; v = y[1:]; v.copy_(b[1:] * 2); (y * w).sum().backward()",
    "y = m * 1; v = y.t()[0]; v.add_(a[:2]); y[1].mul_(b); (y * y).sum().backward()",
    "y = a * 1; v = y.view(3, 1); y.mul_(2); (v.sum() + y.sum()).backward()",
    "y = a * 1; y.relu_(); y.mul_(b); y.sum().backward(); y._version",
    "y = a.exp(); y.add_(1); said = tried(lambda: y.sum().backward())",
    "y = a * b; z = y * y; y.add_(1); said = tried(lambda: z.sum().backward()); said = tried(lambda: a.add_(1)); said = tried(lambda: a[:1].mul_(2))",
    "n = w._version; w.copy_(w * 2); w.zero_(); w[0] = 2; w.fill_(1); w.t_(); w.data.add_(1); w.detach().add_(1); n = w._version - n",
    "d = a.detach(); d.mul_(2); y = (a * 1).sum(); y.backward(); d.requires_grad",
    "x = w.clone().requires_grad_(); y = x * 2; x.requires_grad_(False); z = x * 2; y.sum().backward(); z.requires_grad",
    "y = torch.where(a > 0, a, b); y.sum().backward(); g = a.grad; a.grad = None; (a * 2).sum().backward(); g.tolist()",
    "a.grad = w.clone(); (a * 2).sum().backward(); said = tried(lambda: setattr(a, 'grad', torch.ones(2))); a.grad = None",
    "y = (a * b).sum(); y.backward(inputs=[a]); (a * b).sum().backward(inputs=[b]); (a.detach() * c).sum().backward(inputs=[c])",
    "p, q = (a * 2).unbind(0)[:2]; (p * q).backward(); p.grad_fn.name(); said = tried(lambda: (a * 2).unbind(0)[0].add_(1))",
    "y = Twice.apply(a, b); y.sum().backward(); z = Twice.apply(a.detach(), b); z.requires_grad; z.sum().backward()",
    "torch.autograd.backward([a.sum() * 2, (a * b).sum()], [None, w[0]]); a.grad.add_(b.grad)",
    "y = checkpointed(lambda x: (x * b).sin(), a); y.sum().backward()",
    "y = a.double() * b.double(); y.sum().backward(); z = a.half().float().to(a.dtype).sum(); z.backward()",
    "y = a[[0, 0, 2]] * 2; y.sum().backward(); z = a.index_select(0, torch.tensor([1, 1], device=a.device)).sum(); z.backward()",
    *(f"said = tried(lambda: left_by_an_error(torch.{block})); e = torch.is_grad_enabled(), torch.is_inference_mode_enabled(); y = a * 2"
      for block in _BLOCKS),
    *(f"with_it = torch.{block}; with_it.__enter__(); y = a * 2; x = w * 2; e = y.requires_grad; with_it.__exit__(None, None, None); z = a * y"
      for block in _BLOCKS[:2]),
    "f = torch.no_grad()(lambda x: x * 2); y = f(a); y.requires_grad; f = torch.enable_grad()(f); z = f(a); e = torch.is_grad_enabled()",
)  # fmt: skip


def settings() -> tuple[Setting, ...]:
    """Of all cases."""
    return tuple(Setting(text, partial(_case, text=text)) for text in CASES)


def _tried(call: Any) -> str:
    """How a call ends: with the type of its error, if any; which of several words it has is not specified."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is compared
        return type(error).__name__
    return "done"


def _left_by_an_error(block: Any) -> None:
    with block:
        raise KeyError


def _case(place: Place, text: str) -> Iterator[Snapshot]:
    lib = place.lib

    class Twice(lib.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
            x, y = ctx.saved_tensors
            return grad * y * 2, grad * x * 2

    def checkpointed(function: Any, x: Any) -> Any:
        return lib.utils.checkpoint.checkpoint(function, x, use_reentrant=False)

    names = {
        "torch": lib, "tried": _tried, "left_by_an_error": _left_by_an_error, "Twice": Twice, "checkpointed": checkpointed,
        "a": place.leaf(lib.tensor([1.0, -2.0, 3.0])), "b": place.leaf(lib.tensor([0.5, 4.0, -1.0])), "c": place.leaf(lib.tensor([2.0])),
        "m": place.leaf(lib.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), "w": place.put(lib.tensor([2.0, 3.0, -4.0])),
    }  # fmt: skip
    hidden = set(names) - set("abcmw")
    grad_enabled = lib.is_grad_enabled()
    try:
        for statement in text.split("; "):
            exec(statement, names)
            seen = {name: value for name, value in names.items() if name not in hidden and name != "__builtins__"}
            yield {key: value for name, living in seen.items() for key, value in _seen(name, living)}
    finally:
        lib.set_grad_enabled(grad_enabled)


def _seen(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield from look("value", name, value)
    for place, tensor in enumerate(value if isinstance(value, tuple) else [value]):
        if hasattr(tensor, "detach"):
            node = None if tensor.grad_fn is None else tensor.grad_fn.name()
            yield f"graph {name} {place}", f"{tensor.requires_grad}, leaf {tensor.is_leaf}, {node}"
            if tensor.is_leaf or tensor.retains_grad:
                yield from look("gradient", f"{name} {place}", tensor.grad)
