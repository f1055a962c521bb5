"""Transforms, constraints and the registries that lead from the one to the other, beside torch's."""

import math

import pytest
import torch

import refimpl

# A transform (with T for the module, t for tensors), and an input.
TRANSFORMS = [
    ("T.ExpTransform()", "t([-1.0, 2.0])"), ("T.PowerTransform(t([2.0, -0.5]))", "t([[0.5, 2.0], [1.0, 3.0]])"),
    ("T.PowerTransform(3)", "t([0.5])"), ("T.SigmoidTransform()", "t([-50.0, -1.0, 800.0])"), ("T.SoftplusTransform()", "t([-3.0, 0.5, 30.0])"),
    ("T.TanhTransform()", "t([-2.0, 0.1])"), ("T.AbsTransform()", "t([-2.0, 1.0])"), ("T.AffineTransform(1.0, -2.0)", "t([0.5, 1.0])"),
    ("T.AffineTransform(t(1.0), t([2.0, -3.0]))", "t([0.5, 1])"),
    ("T.AffineTransform(0.0, t([[2.0, 3.0]]), event_dim=1)", "t([[0.5, 1.0], [1.0, 2.0]])"),
    ("T.SoftmaxTransform()", "t([[0.5, 1.0], [1.0, -2.0]])"), ("T.AffineTransform(0.0, 2.0, event_dim=1)", "t([0.5, 1.0])"),
    ("T.StickBreakingTransform()", "t([[0.5, 1.0, 0.0], [1.0, -2.0, 3.0]])"), ("T.LowerCholeskyTransform()", "t([[0.5, 1.0], [1.0, -2.0]])"),
    ("T.PositiveDefiniteTransform()", "t([[[0.5, 1.0], [1.0, -2.0]]])"),
    ("T.CorrCholeskyTransform()", "t([[0.5, 1.0, -0.25], [1.0, -2.0, 0.5]])"),
    ("T.ReshapeTransform((2, 3), (3, 2))", "t([[[1.0, 2, 3], [4, 5, 6]]])"),
    ("T.ComposeTransform([T.AffineTransform(1.0, 2.0), T.ExpTransform(), T.PowerTransform(0.5)])", "t([0.5, 1.0])"),
    ("T.ComposeTransform([T.StickBreakingTransform(), T.AffineTransform(0.0, 2.0)])", "t([0.5, 1.0])"), ("T.identity_transform", "t([0.5, 1.0])"),
    ("T.ComposeTransform([T.ExpTransform(), T.SoftmaxTransform()])", "t([0.5, 1.0])"), ("T.ExpTransform().inv", "t([0.5, 1.0])"),
    ("T.ComposeTransform([T.AffineTransform(1.0, 2.0), T.TanhTransform()]).inv", "t([0.5, 0.25])"),
    ("T.IndependentTransform(T.ExpTransform(), 1)", "t([[0.5, 1.0], [0.0, 1.0]])"),
    ("T.CumulativeDistributionTransform(D.Normal(0.0, 1.0))", "t([0.5])"),
    ("T.CatTransform([T.ExpTransform(), T.AffineTransform(0.0, 2.0)], dim=-1, lengths=[2, 1])", "t([[0.5, 1.0, 2.0]])"),
    ("T.CatTransform([T.ExpTransform(), T.IndependentTransform(T.TanhTransform(), 1)], dim=0)", "t([[0.5, 1.0], [2.0, 0.5]])"),
    ("T.CatTransform([T.IndependentTransform(T.ExpTransform(), 1)] * 2, dim=-1)", "t([[0.5, 1.0], [2.0, 0.5]])"),
    ("T.StackTransform([T.ExpTransform(), T.AffineTransform(0.0, 2.0)], dim=0)", "t([[0.5, 1.0, 2.0], [1.0, 2.0, 3.0]])"),
]  # fmt: skip


def of(library, source):
    D = library.distributions
    return eval(source, {"T": D.transforms, "D": D, "c": D.constraints, "t": lambda v: library.tensor(v, dtype=library.float64, requires_grad=True),
                         "nan": math.nan, "bad": bad(library)})  # fmt: skip


def bad(library):
    class Bad(library.distributions.Transform):
        def __init__(self, x=1, cache_size=0):
            super().__init__(cache_size)

    return Bad


def said(function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, NotImplementedError, AssertionError, TypeError, RuntimeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"


def same(found, expected):
    if not isinstance(expected, torch.Tensor):
        assert found == expected
        return
    assert isinstance(found, refimpl.Tensor), found
    assert found.shape == expected.shape and str(found.dtype) == str(expected.dtype)
    torch.testing.assert_close(torch.tensor(found.tolist(), dtype=expected.dtype), expected.detach(), rtol=1e-9, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize(("transform", "x"), TRANSFORMS, ids=str)
def test_transforms(transform, x):
    results = []
    for library in (refimpl, torch):
        f, x_of = of(library, transform), of(library, x)
        y = f(x_of)
        (gradient,) = library.autograd.grad(y.sum(), x_of, allow_unused=True)
        back = said(f.inv, y)
        jacobian = said(f.log_abs_det_jacobian, x_of, y)
        inverse = said(f.inv.log_abs_det_jacobian, y, x_of)
        properties = [said(getattr, f, name) for name in ("bijective", "event_dim")] + [f.inv.bijective, repr(f), repr(f.inv)]
        properties += [said(lambda f=f, end=end: repr(getattr(f, end))) for end in ("domain", "codomain")]
        properties += [said(lambda f=f, end=end: getattr(f.inv, end).event_dim) for end in ("domain", "codomain")]
        properties += [f.forward_shape(x_of.shape), f.inverse_shape(y.shape)]
        properties += [said(f.forward_shape, x_of.shape[:0]), said(f.inverse_shape, y.shape[:0])]
        properties += [f == f, f.inv == f.inv, f.inv.inv == f, f == of(library, transform), f == of(library, "T.ExpTransform()"), f.inv == f]
        sign = said(lambda f=f: f.sign)
        results.append(([y, gradient, back, jacobian, inverse, sign], properties))
    (ours, known), (theirs, expected) = results
    for one, other in zip(ours, theirs):
        same(one, other)
    assert known == expected


@pytest.mark.parametrize("transform", [each[0] for each in TRANSFORMS])
def test_cached(transform):
    source = dict(TRANSFORMS)[transform]
    for library in (refimpl, torch):
        f, x = of(library, transform), of(library, source)
        cached = f.with_cache()
        assert f.with_cache(0) is f and cached.with_cache() is cached and type(cached) is type(f)
        y = cached(x)
        assert cached(x) is y and cached.inv(y) is x


WRONG = """
    T.ExpTransform(cache_size=2); bad().with_cache(); T.ReshapeTransform((2,), (3,))
    T.ReshapeTransform((2,), (1, 2)).forward_shape(t([1.0, 2, 3]).shape); T.ReshapeTransform((2,), (1, 2)).forward_shape(t(1.0).shape)
    T.CorrCholeskyTransform().forward_shape(t([1.0, 2.0]).shape); T.CorrCholeskyTransform().inverse_shape(t([[1.0, 2.0]]).shape)
    T.CorrCholeskyTransform()(t([1.0, 2.0])); T.CatTransform([1]); T.CatTransform([T.ExpTransform()], lengths=[1, 2])
    T.CatTransform([T.ExpTransform()], dim=1)(t([1.0])); T.CatTransform([T.ExpTransform()])(t([1.0, 2.0]))
    T.StackTransform([T.ExpTransform()])(t([1.0, 2.0])); T.StackTransform([3]); T.StackTransform([T.ExpTransform()], dim=2)(t([1.0, 2.0]))
    T.CatTransform([T.ExpTransform()]).inv(t([1.0, 2.0])); T.CatTransform([T.ExpTransform()]).log_abs_det_jacobian(t([1.0]), t([1.0, 2.0]))
    T.StackTransform([T.ExpTransform()]).log_abs_det_jacobian(t([1.0]), t(1.0)); T.IndependentTransform(T.ExpTransform(), 1)(t(1.0))
    T.IndependentTransform(T.ExpTransform(), 1).inv(t(1.0)); T.Transform()(1); T.Transform().inv(1); T.Transform().log_abs_det_jacobian(1, 1)
    T.Transform().sign; T.AbsTransform().sign; T.SoftmaxTransform().sign; T.SoftmaxTransform().log_abs_det_jacobian(1, 2); hash(T.ExpTransform())
    D.utils.tril_matrix_to_vec(t([[1.0, 2.0], [3.0, 4.0]]), 2); D.utils.tril_matrix_to_vec(t([[1.0, 2.0], [3.0, 4.0]]), -3)
    D.utils.vec_to_tril_matrix(t([1.0, 2.0])); D.utils.broadcast_all("a"); D.biject_to(c.lower_cholesky); D.transform_to(c.boolean)
    D.biject_to(3); D.biject_to.register(3, len); D.transform_to.register(len)(len); c.dependent.is_discrete; c.dependent.event_dim
    c.dependent.check(1); c.independent(3, 1); c.independent(c.real, 1.0); c.independent(c.real, -1); c.independent(c.real, 2).check(t([1.0]))
    c.cat([1]); c.cat([c.real], lengths=[1, 2]); c.cat([c.real], dim=1).check(t([1.0])); c.stack([1]); c.stack([c.real], dim=1).check(t([1.0]))
    c.MixtureSameFamilyConstraint(1); c.Constraint().check(1)
"""


@pytest.mark.parametrize("source", [each.strip() for each in WRONG.replace("\n", ";").split(";") if each.strip()])
def test_errors(source):
    expected, found = said(of, torch, source), said(of, refimpl, source)
    assert isinstance(expected, str), expected
    assert found == expected or expected.startswith("AttributeError") and isinstance(found, str)


CONSTRAINTS = {
    "boolean": "t([0.0, 1.0, 0.5, nan])", "positive": "t([-1.0, 0.0, 1.0, nan])", "nonnegative": "t([-1.0, 0.0, 1.0])", "real": "t([nan, 1.0])",
    "unit_interval": "t([-0.1, 0.0, 1.0, 1.1])", "interval(-1, t([1.0, 2.0]))": "t([1.5, 1.5])", "half_open_interval(0.0, 1.0)": "t([0.0, 1.0])",
    "greater_than(2)": "t([2.0, 3.0])", "greater_than_eq(2)": "t([2.0, 1.0])", "less_than(2)": "t([2.0, 1.0])",
    "nonnegative_integer": "t([-1.0, 0.0, 0.5])", "positive_integer": "t([0.0, 1.0, 1.5])",
    "integer_interval(0, 3)": "t([-1.0, 0.0, 3.0, 4.0, 0.5])", "real_vector": "t([[nan, 1.0], [1.0, 2.0]])",
    "one_hot": "t([[0.0, 1.0], [1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])", "simplex": "t([[0.5, 0.5], [1.5, -0.5], [0.5, 0.4]])",
    "multinomial(3)": "t([[1.0, 2.0], [3.0, 1.0], [-1.0, 2.0]])", "lower_triangular": "t([[[1.0, 0.0], [2.0, 3.0]], [[1.0, 2.0], [0.0, 1.0]]])",
    "lower_cholesky": "t([[[1.0, 0.0], [2.0, 3.0]], [[1.0, 0.0], [0.0, -1.0]]])",
    "corr_cholesky": "t([[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.5, 0.5]]])", "square": "t([[[1.0, 2.0]], [[2.0, 3.0]]])",
    "symmetric": "t([[[1.0, 2.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 1.0]]])",
    "positive_semidefinite": "t([[[1.0, 0.5], [0.5, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])",
    "positive_definite": "t([[[1.0, 0.5], [0.5, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])",
    "independent(c.positive, 2)": "t([[[1.0, 2.0]], [[0.0, 1.0]]])",
    "cat([c.positive, c.boolean], -1, [2, 1])": "t([[1.0, 0.0, 1.0], [1.0, 1.0, 2.0]])",
    "stack([c.positive, c.boolean], -1)": "t([[1.0, 1.0], [0.0, 2.0]])",
    "stack([c.real_vector, c.real_vector], 0)": "t([[1.0, 1.0], [0.0, nan]])",
    "MixtureSameFamilyConstraint(c.interval(t([0.0, 1.0]), 3.0))": "t([0.5, 2.0])", "dependent": "None",
    "dependent(is_discrete=True, event_dim=1)": "None", "dependent_property(len, event_dim=0)": "None",
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name):
    results = []
    for library in (refimpl, torch):
        constraint, value = of(library, f"c.{name}"), of(library, CONSTRAINTS[name])
        facts = [repr(constraint) if not isinstance(constraint, property) else 0, said(getattr, constraint, "is_discrete")]
        facts += [said(getattr, constraint, "event_dim"), library.distributions.constraints.is_dependent(constraint)]
        results.append((None if value is None else constraint.check(value), facts))
        if library is torch and name.startswith("symmetric"):
            assert constraint.check(value[..., :1]).tolist() == of(refimpl, f"c.{name}").check(of(refimpl, CONSTRAINTS[name])[..., :1]).tolist()
    (ours, known), (theirs, expected) = results
    assert known == expected
    if theirs is not None:
        assert ours.dtype is refimpl.bool and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_registries(name, registry):
    theirs, ours = [said(lambda library=library: getattr(library.distributions, registry)(of(library, f"c.{name}"))) for library in (torch, refimpl)]
    if isinstance(theirs, str):
        assert ours == theirs
        return
    assert repr(ours) == repr(theirs)
    x = of(torch, CONSTRAINTS[name]).detach().nan_to_num(0.0)
    if "corr" in name or "cat" in name:
        x = x[..., 0] if "corr" in name else x
    y = said(theirs, x)
    same(said(ours, refimpl.tensor(x.tolist(), dtype=refimpl.float64)), y)
    if isinstance(y, torch.Tensor) and "interval(t" not in name:
        assert of(refimpl, f"c.{name}").check(ours(refimpl.tensor(x.tolist(), dtype=refimpl.float64))).all()


@pytest.mark.parametrize("diag", [-2, -1, 0, 1, 2])
def test_triangles(diag):
    m = torch.arange(32.0).reshape(2, 4, 4)
    vector = torch.distributions.utils.tril_matrix_to_vec(m, diag)
    ours = refimpl.distributions.utils.tril_matrix_to_vec(refimpl.tensor(m.tolist()), diag)
    assert ours.tolist() == vector.tolist()
    assert refimpl.distributions.utils.vec_to_tril_matrix(ours, diag).tolist() == torch.distributions.utils.vec_to_tril_matrix(vector, diag).tolist()


def test_parameters_that_are_broadcast():
    for library in (torch, refimpl):
        a, b = library.distributions.utils.broadcast_all(library.tensor([1.0, 2.0], dtype=library.float64), 3)
        assert (a.dtype, b.dtype, b.tolist()) == (library.float64, library.float64, [3.0, 3.0])
        assert library.distributions.utils.broadcast_all(1, True)[1].dtype is library.get_default_dtype()
