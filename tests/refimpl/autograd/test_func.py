"""``torch.func``: derivatives, maps and functional calls are torch's."""

from __future__ import annotations

import warnings

import pytest
from side_by_side import assert_same


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(rounded(each) for each in value)
    if not hasattr(value, "reshape"):
        return value
    return [value.shape, value.requires_grad, [f"{round(v, 4) + 0.0:.4f}" for v in value.detach().reshape(-1).tolist()]]


CALLS = [
    "f.grad(lambda x: (x**3).sum())(x)", "f.grad(lambda x, y: (x * y).sum(), argnums=1)(x, y)", "f.grad(lambda x, y: (x * y).sum(), argnums=(0, "
                                                                                                "1))(x, y)",
    "f.grad(f.grad(lambda x: x**4))(torch.tensor(2.0))", "f.grad_and_value(lambda x: x.sin().sum())(x)",
    "f.grad(lambda x: (x.sum(), x * 2), has_aux=True)(x)", "f.grad(lambda d: (d['a'] * d['b'][0]).sum())({'a': x, 'b': [y]})",
    "f.grad(lambda x: torch.zeros(()) * 1.0)(x)", "f.vjp(lambda x: x.sin(), x)[1](y)", "f.vjp(lambda x, y: (x * y, x.sum()), x, y)[1]((x, "
                                                                                       "torch.tensor(2.0)))",
    "f.jvp(lambda x: x.exp(), (x,), (y,))", "f.jvp(lambda x, y: x * y, (x, y), (y, x))", "f.jvp(lambda x: torch.ones(2), (x,), (y,))",
    "f.jacrev(lambda x: x.sin() * x.sum())(x)", "f.jacrev(lambda x, y: (x * y, y.sum()), argnums=(0, 1))(x, y)", "f.jacfwd(lambda x: x**2)(x)",
    "f.hessian(lambda x: (x**3).sum() * x[0])(x)", "f.linearize(lambda x: x**2, x)[1](y)", "f.vmap(lambda x: x * 2)(m)",
    "f.vmap(torch.dot, in_dims=(0, None))(m, y)", "f.vmap(lambda x: x.sum(), in_dims=1)(m)", "f.vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(m)",
    "f.vmap(lambda d: d['a'] + 1, in_dims=({'a': 1},))({'a': m})", "f.vmap(f.grad(lambda x: (x**2).sum()))(m)",
    "f.vmap(f.vmap(lambda a: a * a))(m)", "torch.vmap(lambda x, y: x @ y, in_dims=(0, 0))(m, m)", "f.jacrev(f.jacrev(lambda x: (x**3).sum()))(x)",
    "f.vmap(lambda x: x, randomness='sideways')(m)", "f.vmap(lambda x: 3)(m)", "f.vmap(lambda x: x)(3)", "f.vmap(lambda x: x)()",
    "f.vmap(lambda x: x, in_dims=2)(m)", "f.vmap(lambda x: x, in_dims=None)(m)",
    "f.jacfwd(lambda x, y: (x * y, {'a': x.sum()}), argnums=(0, 1))(x, y)", "f.jacfwd(lambda d: d['a'] * d['b'])({'a': x, 'b': y})",
    "f.jacfwd(lambda x: (x.sum(), x), has_aux=True)(x)", "f.jacfwd(lambda x: x, has_aux=True)(x)", "f.jacfwd(lambda x: torch.ones(2))(x)",
    "f.jacfwd(f.jacfwd(lambda x: x.prod()))(x)", "f.jacfwd(lambda x: x * torch.rand(1))(x)", "f.jacfwd(lambda x: 3)(x)",
    "f.jacfwd(lambda z: (z * z).sum(0))(torch.arange(6.0).reshape(2, 3).T)",
    "f.jacfwd(lambda x: torch.complex(x, x))(x)", "f.jacrev(lambda x: x)(torch.complex(x, y))", "f.vmap(lambda x: x, in_dims=(None,))(x)",
    "f.vmap(lambda x: torch.rand(2) + x)(m)", "f.grad(lambda x: x)(x)", "f.grad(lambda x: 3)(x)",
    *(f"f.vmap(lambda a: {body})(m)" for body in (
        "a[0].item()", "a * float(a[0])", "a * int(a[0])", "complex(a[0])", "[1, 2][a[0].long()]", "a if a[0] > 0 else -a",
        "a + torch.is_nonzero(a[0])",
        "torch.tensor(a.tolist())", "a.numpy()", "(f'{a[0]:.2f}', a)[1]", "a + (1.0 in a)", "max(a[0], a[1])", "torch.tensor([a[0], a[1]])",
        "torch.full((2,), a[0])", "torch.add(a, y, alpha=a[0])", "torch.arange(a[0])", "a.nonzero()", "torch.where(a > 0)[0]",
        "a.masked_select(a > 0)",
        "a[a > 0]", "a.unique()", "a.unique_consecutive()", "a + torch.equal(a, a)", "a + torch.allclose(a, a)",
        "torch.nn.functional.one_hot(a.long())",
        "torch.nn.functional.one_hot(a.long(), 6)", "a.clone().index_put_((a > 0,), y[0])", "a.clone().masked_fill_(a > 0, 3)",
        "torch.zeros(2).copy_(a)",
        "torch.zeros_like(a).copy_(a)", "a.new_zeros(2).copy_(a)", "a * y.sum().item()", "a if y.sum() > 0 else -a", "a + y[y > 0]",
        "a.sum().backward()",
        "(a, y)", "f.vmap(lambda b: b + a.sum().item())(y)", "f.vmap(lambda b: b * y.sum().item())(a)", "3")),
    *(f"f.vmap({rest}" for rest in (
        "lambda a, b=None: a * b.sum().item(), randomness='same')(m, b=y)", "lambda a, b=None: a * b)(x, b=y)",
        "lambda a, b: a * b.item(), (0, None))(m, y[0])",
        "lambda a: (a, 'b'), out_dims=(0, None))(m)", "lambda a: (a, y), out_dims=(0, None))(m)", "lambda a: a, out_dims=None)(m)",
        "lambda a: a, out_dims=(0, 1))(m)", "lambda a: (a, a), out_dims=(0, 5))(m)", "lambda a: a, out_dims='a')(m)",
        "lambda a: a, out_dims=(1,))(m)",
        "lambda d: d['a'], ({'b': 0},))({'a': m})", "lambda d: d, ((0, 0),))([m, m])", "lambda a, b: a, (0, 0, 0))(m, m)",
        "lambda d: d, ([0, None, 1],))([m, m])",
        "lambda a: a * 2)(m[:0])", "lambda a: (a.sum(), a), out_dims=(0, 1))(m[:0])", "lambda a: a, chunk_size=0)(m)", "lambda a: None)(m)",
        "lambda a: None, out_dims=None)(m)", "f.grad(lambda a: a.prod()))(m)", "f.jacrev(lambda a: a.cumprod(0)))(m)")),
    *(f"f.{transform}(lambda a: a.long())(x)" for transform in ("jacfwd", "jacrev", "grad")),
    *(f"f.{transform}(lambda a: a.sum())(x.long())" for transform in ("jacfwd", "jacrev", "grad", "hessian")),
    "f.jacfwd(lambda a, b: a * b, (0, 1))(x, x.long())", "f.jvp(lambda a: a, (x.long(),), (x,))", "f.jvp(lambda a: a, (x,), (x.long(),))",
    "f.jvp(lambda a: (a.long(), a * 2), (x,), (y,))", "f.vjp(lambda a: (a.long(), a), x)", "f.jacfwd(lambda a: (a.long(), a * a))(x)",
]  # fmt: skip


@pytest.mark.parametrize("text", CALLS)
def test_functions_of_functions(text):
    def program(torch):
        x, y = torch.tensor([0.5, -1.5]), torch.tensor([2.0, 3.0])
        names = {"torch": torch, "f": torch.func, "x": x, "y": y, "m": torch.arange(6.0).reshape(3, 2)}
        def call():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what torch says of its own parts
                return rounded(eval(text, names))

        return [call]

    assert_same(program)


def test_zeros_of_jacobians_have_the_sign_of_their_mode():
    def program(torch):
        x = torch.tensor([-1.0, 2.0, 3.0])
        return [transform(f)(x).signbit() for transform in (torch.func.jacfwd, torch.func.jacrev) for f in (
            lambda x: -x.sin(), lambda x: torch.stack([x.prod(), (x**2).sum(), x[0].sin()]), torch.func.jacrev(lambda x: (x**3).sum()))]

    assert_same(program)


def test_modules_are_functions_of_their_parameters():
    def program(torch):
        f = torch.func
        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
        x = torch.ones(3, 2)
        other = {name: p.detach() * 2 for name, p in model.named_parameters()}
        slopes = f.grad(lambda p: f.functional_call(model, p, (x,)).sum())(other)
        models = [torch.nn.Linear(2, 1) for _ in range(3)]
        parameters, buffers = f.stack_module_state(models)
        each = f.vmap(lambda p, b, x: f.functional_call(models[0], (p, b), (x,)), in_dims=(0, 0, None))(parameters, buffers, x)
        tied = torch.nn.Linear(2, 2)
        tied.register_parameter("other", tied.weight)
        return [
            rounded(f.functional_call(model, other, x)), rounded(slopes), rounded(model(x)), rounded(each), rounded(parameters),
            rounded(f.functional_call(tied, {"weight": torch.zeros(2, 2)}, x)), lambda: f.functional_call(model, [{"a": x}, {"a": x}], x),
            lambda: f.functional_call(model, 3, x), lambda: f.stack_module_state([]),
        ]  # fmt: skip

    assert_same(program)


def test_a_single_step_of_meta_learning():
    """A gradient through a gradient step."""
    def program(torch):
        w, x = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -1.0])

        def loss(w):
            return ((w * x).sum() - 1) ** 2

        return [rounded(torch.func.grad(lambda w: loss(w - 0.1 * torch.func.grad(loss)(w)))(w))]

    assert_same(program)
