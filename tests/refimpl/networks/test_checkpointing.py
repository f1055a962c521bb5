"""Activation checkpointing beside torch: gradients, what is computed again and when, and what is refused."""

import pytest
import torch
import torch.utils.checkpoint

import refimpl
import refimpl.utils.checkpoint


def block(library):
    class Block(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.dropout = library.nn.Linear(3, 3), library.nn.Linear(3, 3), library.nn.Dropout(0.3)

        def forward(self, x, scale=1.0):
            return x + self.dropout(self.first(x).relu()) * scale + self.second(x).tanh()

    return Block()


def numbers(*tensors):
    return [round(value, 4) for tensor in tensors for value in tensor.reshape(-1).tolist()]


def outcome(call):
    try:
        return call()
    except (RuntimeError, ValueError) as error:
        return type(error).__name__, str(error).split("\nTip")[0].rstrip()


def trained(library):
    checkpoint = library.utils.checkpoint.checkpoint
    for reentrant in (None, False, True):
        library.manual_seed(1)
        blocks = [block(library) for _ in range(2)]
        x = hidden = library.randn(2, 3, requires_grad=True)
        for each in blocks:
            hidden = each(hidden) if reentrant is None else checkpoint(each, hidden, use_reentrant=reentrant)
        hidden.pow(2).sum().backward()
        yield numbers(x.grad, blocks[0].first.weight.grad, library.rand(1))


def without_backward(library):
    checkpoint, model, x = library.utils.checkpoint.checkpoint, block(library).eval(), library.ones(1, 3)
    yield numbers(*library.autograd.grad(checkpoint(model, x, scale=2.0, use_reentrant=False).sum(), list(model.parameters())))
    (gradient,) = library.autograd.grad(checkpoint(model, x, use_reentrant=False).pow(2).sum(), model.second.weight, create_graph=True)
    gradient.pow(2).sum().backward()
    yield numbers(model.second.weight.grad)
    with library.no_grad():
        yield checkpoint(model, x, use_reentrant=False).requires_grad
    yield checkpoint(model, x, use_reentrant=True).requires_grad
    function = lambda v: checkpoint(lambda u: u.sin().prod(), v, use_reentrant=False)  # noqa: E731
    yield numbers(library.autograd.functional.hessian(function, library.ones(2)))
    nested = lambda u: checkpoint(lambda v: v.sin().exp(), u * 2, use_reentrant=False) * u.cos()  # noqa: E731
    x = library.ones(2, requires_grad=True)
    checkpoint(nested, x, use_reentrant=False).sum().backward()
    yield numbers(x.grad)
    sequence = [library.exp, library.sin, library.cos, library.tanh, library.sin]
    for reentrant in (False, True):
        library.utils.checkpoint.checkpoint_sequential(sequence, 2, x, use_reentrant=reentrant).sum().backward()
        yield numbers(x.grad)
    with library.autocast("cpu"):
        y = checkpoint(model, x.new_ones(1, 3).requires_grad_(), use_reentrant=False)
    yield str(y.dtype), y.sum().backward()


def refused(library):
    checkpoint, model, x = library.utils.checkpoint.checkpoint, block(library), library.ones(1, 3, requires_grad=True)
    yield outcome(lambda: library.autograd.grad(checkpoint(model, x, use_reentrant=True).sum(), x))
    yield outcome(lambda: checkpoint(model, x, scale=2, use_reentrant=True))
    yield outcome(lambda: checkpoint(model, x, use_reentrant=True, debug=True))
    yield outcome(lambda: checkpoint(model, x, use_reentrant=False, debug=True, context_fn=lambda: None))
    yield outcome(lambda: checkpoint(model, x, use_reentrant=False, determinism_check="all"))
    yield outcome(lambda: checkpoint(lambda x: x.detach(), x, use_reentrant=True).sum().backward())
    written = x * 1
    y = checkpoint(lambda z: z.exp(), written, use_reentrant=False)
    written.add_(1)
    yield outcome(lambda: y.sum().backward())[1][:80]
    y = checkpoint(model, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    yield outcome(lambda: y.backward())[1][:80]


def other_computations(library):
    checkpoint, x, calls = library.utils.checkpoint.checkpoint, library.ones(2, 3, requires_grad=True), []

    def fewer(x):
        calls.append(1)
        return (x.sin() * x).exp() if len(calls) == 1 else x.sin() * 1.0

    def more(x):
        calls.append(1)
        return x.sin() if len(calls) == 1 else (x.sin() * x).exp()

    def narrower(x):
        calls.append(1)
        return (x[:1] if len(calls) == 1 else x).exp().sum()

    for function in (fewer, more, narrower):
        for early_stop in (True, False):
            for check in ("default", "none"):
                calls.clear()
                y = checkpoint(function, x, use_reentrant=False, early_stop=early_stop, determinism_check=check)
                yield outcome(lambda y=y: y.sum().backward())


def when(library):
    module, x, seen = library.utils.checkpoint, library.ones(2, requires_grad=True), []

    class Context:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            seen.append(f"enter {self.name}")

        def __exit__(self, kind, value, traceback):
            seen.append(f"exit {self.name} {kind and kind.__name__}")

    def stages(x):
        seen.append("one")
        y = x.sin()
        y = y.exp()
        seen.append("two")
        return y + 1, y.cos()

    def run(**options):
        seen.clear()
        return module.checkpoint(stages, x, use_reentrant=False, **options)

    for early_stop in (True, False):
        with module.set_checkpoint_early_stop(early_stop):
            outputs = run(context_fn=lambda: (Context("call"), Context("again")))
        seen.append("called")
        outputs[0].sum().backward()
        yield list(seen)
    first, second = run()
    first.sum().backward(retain_graph=True)
    second.sum().backward()
    yield list(seen)
    first, second = module.checkpoint(lambda x: (x.sin(), x.exp()), x, use_reentrant=False)
    with module.GraphExecGroup():
        first.sum().backward(retain_graph=True)
        second.sum().backward()
        yield outcome(lambda: first.sum().backward())
        yield outcome(lambda: module.GraphExecGroup().__enter__())[0]


@pytest.mark.parametrize("program", [trained, without_backward, refused, other_computations, when])
@pytest.mark.filterwarnings("ignore:None of the inputs")
def test_checkpointing(program):
    said = []
    for library in (torch, refimpl):
        library.manual_seed(0)
        said.append(list(program(library)))
    assert said[1] == said[0]


@pytest.mark.parametrize("library", [torch, refimpl])
def test_what_is_warned_of(library):
    module = library.utils.checkpoint
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        module.checkpoint(library.exp, library.ones(1), use_reentrant=True)
    x = library.ones(1, requires_grad=True)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9"):
        module.checkpoint(library.exp, x)
    with pytest.warns(UserWarning, match="checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version 2.9"):
        module.checkpoint_sequential([library.exp, library.exp], 2, x)
