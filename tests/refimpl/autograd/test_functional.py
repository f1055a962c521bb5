"""Jacobians, Hessians and products with them are torch's."""

from __future__ import annotations

import pytest
from side_by_side import assert_same

FUNCTIONS = {
    "one to one": (lambda x: x.sin() * x.sum(), 1), "two to one": (lambda x, y: (x * y.exp()).sum(), 2),
    "two to two": (lambda x, y: (x @ x.t(), y.prod() * x), 2), "one to a number": (lambda x: (x**3).sum(), 1),
    "an input that is not used": (lambda x, y: (x * x).sum(), 2),
}  # fmt: skip


def rounded(value):
    if isinstance(value, (tuple, list)):
        return type(value)(rounded(each) for each in value)
    return [value.shape, value.requires_grad, [f"{v:.5f}" for v in value.detach().reshape(-1).tolist()]] if hasattr(value, "reshape") else value


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_products_and_matrices(name, create_graph):
    function, count = FUNCTIONS[name]

    def program(torch):
        f = torch.autograd.functional
        given = [torch.arange(1.0, 5.0).reshape(2, 2) / 3, torch.tensor([0.5, -1.0])][:count]
        given[0].requires_grad_(create_graph)
        inputs = tuple(given) if count > 1 else given[0]
        options = {"create_graph": create_graph}
        outputs = function(*given)
        v_out = tuple(torch.ones_like(o) * 0.5 for o in outputs) if isinstance(outputs, tuple) else torch.ones_like(outputs) * 0.5
        v_in = tuple(torch.ones_like(g) * 2 for g in given) if count > 1 else torch.ones_like(given[0]) * 2
        calls = [lambda: f.jacobian(function, inputs, **options), lambda: f.vjp(function, inputs, v_out, **options),
                 lambda: f.jvp(function, inputs, v_in, **options), lambda: f.hessian(function, inputs, **options),
                 lambda: f.vhp(function, inputs, v_in, **options), lambda: f.hvp(function, inputs, v_in, **options)]  # fmt: skip
        return [lambda call=call: rounded(call()) for call in calls]

    assert_same(program)


def test_derivatives_of_derivatives():
    def program(torch):
        f = torch.autograd.functional
        x = torch.tensor([0.5, 2.0], requires_grad=True)
        f.jacobian(lambda x: x**3, x, create_graph=True).sum().backward()
        first, x.grad = x.grad, None
        f.hessian(lambda x: (x**4).sum(), x, create_graph=True).sum().backward()
        return [first, x.grad]

    assert_same(program)


def test_errors():
    def program(torch):
        f = torch.autograd.functional
        x = torch.ones(2)
        return [
            lambda: f.jacobian(lambda x: 3, x), lambda: f.jacobian(lambda x: x, 3), lambda: f.jacobian(lambda x: x, (x, 3)),
            lambda: f.vjp(lambda x: x, x), lambda: f.vjp(lambda x: x, x, torch.ones(3)), lambda: f.vjp(lambda x: x, x, (x, x)),
            lambda: f.jvp(lambda x: x, x), lambda: f.hessian(lambda x: x, x), lambda: f.hessian(lambda x: (x.sum(), x.sum()), x),
            lambda: f.jacobian(lambda x: x, x, strategy="sideways"), lambda: f.vjp(lambda x: x.sum(), x)[0],
        ]  # fmt: skip

    assert_same(program)


def test_strict_refuses_what_is_independent(torch):
    f = torch.autograd.functional
    x, y = torch.ones(2), torch.ones(2)
    for call in (lambda: f.jacobian(lambda x, y: x * 2, (x, y), strict=True), lambda: f.vjp(lambda x, y: x.sum(), (x, y), strict=True),
                 lambda: f.hessian(lambda x, y: (x**2).sum(), (x, y), strict=True)):  # fmt: skip
        with pytest.raises(RuntimeError, match="independent"):
            call()
