"""The functions behind the modules: values, gradients, graphs, layouts, warnings and errors beside torch's."""

from __future__ import annotations

import math
import warnings

import pytest
import torch as real_torch
from side_by_side import assert_same, assert_same_program, graph

import refimpl
from refimpl.operations.refusals import violations_of


def tensors(torch, *specs, seed=0):
    """Random tensors with the same elements in both libraries; a spec is (shape, dtype name) or (shape, dtype name, high)."""
    generator = real_torch.Generator().manual_seed(seed)
    made = []
    for shape, dtype, *high in specs:
        if high:
            values = real_torch.randint(0, high[0], shape, generator=generator)
        else:
            values = real_torch.randn(shape, generator=generator, dtype=real_torch.float64) * 2
        made.append(torch.tensor(values.tolist(), dtype=getattr(torch, dtype)).reshape(shape))
    return made


def flat(values):
    return [x for value in values for x in flat(value)] if isinstance(values, list) else [values]


def assert_close(ours, theirs, factor=8.0, eps=0.0):
    assert ours.shape == theirs.shape and repr(ours.dtype) == repr(theirs.dtype) and ours.stride() == theirs.stride()
    eps = max(eps, refimpl.finfo(ours.dtype).eps)
    for a, b in zip(flat(ours.tolist()), flat(theirs.tolist()), strict=True):
        assert a == pytest.approx(b, rel=factor * eps, abs=factor * eps, nan_ok=True)


def assert_like_torch(function, make, factor=8.0):
    """Value, layout, graph and first and second gradients of ``function(torch, *inputs)``, inputs made by ``make(torch)``."""
    results = []
    for torch in (refimpl, real_torch):
        torch.manual_seed(0)
        inputs = make(torch)
        for x in inputs:
            if x.is_floating_point():
                x.requires_grad_()
        y = function(torch, *inputs)
        wanted = [x for x in inputs if x.requires_grad]
        weights = torch.arange(1, y.numel() + 1, dtype=torch.float64).reshape(y.shape).to(y.dtype) / max(y.numel(), 1)
        grads = torch.autograd.grad((y * weights).sum(), wanted, create_graph=True)
        again = [g.pow(2).sum() for g in grads if g.requires_grad]
        second = torch.autograd.grad(sum(again[1:], again[0]), wanted, allow_unused=True) if again else []
        results.append((y, graph(y), [*grads, *(g + 0 for g in second if g is not None)]))
    (ours, our_graph, our_grads), (theirs, their_graph, their_grads) = results
    # torch rounds steps on the way to the input's dtype
    narrowest = max(real_torch.finfo(x.dtype).eps for x in (*wanted, theirs))
    assert_close(ours, theirs, factor, narrowest)
    assert our_graph == their_graph
    assert len(our_grads) == len(their_grads)
    for a, b in zip(our_grads, their_grads, strict=True):
        assert a.shape == b.shape and repr(a.dtype) == repr(b.dtype)
        eps = max(narrowest, refimpl.finfo(a.dtype).eps)
        scale = max([1.0, *map(abs, flat(b.tolist()))])
        for p, q in zip(flat(a.tolist()), flat(b.tolist()), strict=True):
            assert p == pytest.approx(q, rel=8 * factor * eps, abs=8 * factor * eps * scale, nan_ok=True)


# -- linear ----------------------------------------------------------------------------------------

BIASES = {(2, 4): [None, (3,), (), (1,), (1, 3), (2, 3)], (4,): [None, (3,), (), (1, 3)], (2, 5, 4): [None, (3,), (), (1, 3), (5, 3), (2, 5, 3)],
          (0, 4): [None, (3,)], (2, 0, 4): [None, (3,)], (2, 2, 5, 4): [None, (3,)]}  # fmt: skip


@pytest.mark.parametrize(("shape", "bias"), [(shape, bias) for shape, biases in BIASES.items() for bias in biases])
def test_linear(shape, bias):
    def make(torch):
        return tensors(torch, (shape, "float32"), ((3, 4), "float32"), *([(bias, "float32")] if bias is not None else []))

    assert_like_torch(lambda torch, *inputs: torch.nn.functional.linear(*inputs), make)


def test_linear_of_other_layouts():
    def transposed(torch, x, w, b):
        return torch.nn.functional.linear(x.transpose(1, 2), w, b)

    def sliced(torch, x, w, b):
        return torch.nn.functional.linear(x[:, ::2].reshape(-1)[:4], w, b)

    assert_like_torch(transposed, lambda torch: tensors(torch, ((5, 4, 2), "float64"), ((3, 4), "float64"), ((3,), "float64")))
    assert_like_torch(sliced, lambda torch: tensors(torch, ((4, 4), "float64"), ((3, 4), "float64"), ((3,), "float64")))
    assert_like_torch(lambda torch, x, w: torch.nn.functional.linear(x, w), lambda torch: tensors(torch, ((2, 4), "float32"), ((4,), "float32")))


def test_errors_of_linear():
    def program(torch):
        linear, w, b = torch.nn.functional.linear, torch.ones(3, 4), torch.ones(3)
        return [
            lambda: linear(torch.ones(2, 5), w, b), lambda: linear(torch.ones(2, 5), w), lambda: linear(torch.ones(5), w),
            lambda: linear(torch.ones(5), w, b), lambda: linear(torch.ones(2, 2, 5), w, b), lambda: linear(torch.ones(2, 2, 5), w),
            lambda: linear(torch.ones(2, 4).double(), w, b), lambda: linear(torch.ones(2, 4).long(), w, b),
            lambda: linear(torch.ones(2, 4), w, torch.ones(4)), lambda: linear(torch.ones(4), torch.ones(4)),
            lambda: linear(torch.tensor(1.0), w), lambda: linear(torch.ones(2, 4), torch.ones(4), torch.tensor(1.0)),
            lambda: linear(torch.ones(2, 4), torch.ones(2, 3, 4)), lambda: linear("a", w), lambda: linear(torch.ones(2, 4), 3),
            lambda: linear(torch.ones(2, 4), w, 3), lambda: linear(torch.ones(4), w, torch.ones(2, 3)), lambda: linear(w),
        ]  # fmt: skip

    assert_same(program)


def test_a_convolution_names_the_first_padding_that_is_too_much():
    def program(torch):
        x, y = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2)
        return [lambda padding=padding: torch.conv2d(x, y, padding=padding) for padding in ((2**62, 2**63 - 1), (1, 2**62), (2**63 - 1, 2**62))]

    assert_same(program)


@pytest.mark.parametrize("call", [
    "torch.instance_norm(x, None, None, None, None, True, 0.1, 0.0, False)", "torch.batch_norm(x, None, None, None, None, True, 0.1, 0.0, False)",
    "torch.autograd.grad(torch.batch_norm(x, None, None, None, None, True, 0.1, 0.0, False), x, torch.ones(2, 2, 3))[0] + 0",
])  # fmt: skip
def test_equal_elements_of_a_batch_are_0_without_eps(call):
    assert_same_program(f"x = torch.zeros(2, 2, 3, requires_grad=True)\n{call}")


@pytest.mark.parametrize("dtype", ["float16", "int32", "bool", "complex64", "uint8"])
@pytest.mark.parametrize("size", ["size=(2, 2)", "scale_factor=1.4", "size=(2, 3)"])
def test_an_antialiased_image_that_keeps_its_size_is_copied(size, dtype):
    assert_same_program(f"x = torch.arange(4).reshape(1, 1, 2, 2).to(torch.{dtype})\n"
                        f"try:\n    y = F.interpolate(x, mode='bilinear', antialias=True, {size}).tolist()\n"
                        "except NotImplementedError:\n    y = 'refused'\ny")


# -- softmax ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 5), 1), ((3, 5), 0), ((2, 3, 4), -2), ((4,), 0), ((), 0), ((2, 0), 1), ((0, 2), 1)])
def test_softmax(name, shape, dim, dtype):
    factor = 8.0 if dtype in ("float32", "float64") else 2.0
    assert_like_torch(lambda torch, x: getattr(torch, name)(x, dim), lambda torch: tensors(torch, (shape, dtype)), factor)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_other_layouts_and_dtypes(name):
    def f(change, **options):
        return lambda torch, x: getattr(torch, name)(change(x), 1, **{k: getattr(torch, v) for k, v in options.items()})

    for change in (lambda x: x.t(), lambda x: x[:, ::2], lambda x: x[:, None].expand(6, 2, 6), lambda x: x[1:]):
        assert_like_torch(f(change), lambda torch: tensors(torch, ((6, 6), "float32")))
    for source, target in (("float32", "float64"), ("float16", "float32"), ("float32", "float32"), ("float64", "bfloat16")):
        assert_like_torch(f(lambda x: x, dtype=target), lambda torch, s=source: tensors(torch, ((3, 4), s)))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("values", [[math.inf, 1], [-math.inf, -math.inf], [math.nan, 1], [-math.inf, 1], [1e38, -1e38], [0.0, -0.0], [100, 0]])
def test_softmax_of_special_values(name, values):
    ours, theirs = (getattr(torch, name)(torch.tensor(values, dtype=torch.float32), 0).tolist() for torch in (refimpl, real_torch))
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-38, nan_ok=True)


def test_errors_and_warnings_of_softmax():
    def program(torch):
        F, x = torch.nn.functional, torch.zeros(2, 3)
        calls = []
        for f in (torch.softmax, torch.log_softmax):
            calls += [
                lambda f=f: f(torch.arange(3), 0), lambda f=f: f(torch.ones(2, 2).long(), 0), lambda f=f: f(torch.ones(2, 2) > 0, 1),
                lambda f=f: f(torch.tensor([1j, 2]), 0), lambda f=f: f(torch.arange(3), 0, dtype=torch.float32),
                lambda f=f: f(x, 0, dtype=torch.int64), lambda f=f: f(torch.tensor(3.0), 1), lambda f=f: f(x, 2), lambda f=f: f(x),
                lambda f=f: f(x, None), lambda f=f: f(x, 1.0), lambda f=f: f("a", 0), lambda f=f: f(x, 0, torch.float64),
            ]  # fmt: skip
        return [*calls, lambda: F.softmax(x), lambda: F.log_softmax(x), lambda: F.softmax(x[0]), lambda: torch.nn.Softmax()(x),
                lambda: torch.nn.LogSoftmax()(x[None]), lambda: F.softmax(x, 1), lambda: x.softmax(dim=-1), lambda: x.log_softmax(1)]  # fmt: skip

    assert_same(program)


# -- regression losses -----------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float64", "float64"), ("float32", "float64"), ("bfloat16", "float32")])
@pytest.mark.parametrize("shape", [(3, 4), (), (0,)])
def test_regression_losses(name, reduction, dtypes, shape):
    assert_like_torch(lambda torch, a, b: getattr(torch.nn.functional, name)(a, b, reduction=reduction),
                      lambda torch: tensors(torch, (shape, dtypes[0]), (shape, dtypes[1])))  # fmt: skip


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_regression_losses_broadcast(name):
    for shapes in (((3, 4), (4,)), ((3, 1), (1, 4)), ((2,), ())):
        assert_like_torch(lambda torch, a, b: getattr(torch.nn.functional, name)(a, b),
                          lambda torch, shapes=shapes: tensors(torch, *((s, "float32") for s in shapes)))  # fmt: skip


def test_a_mean_is_rounded_once():
    # each square rounds to 1 in float32, their exact mean does not
    a = [1.0 + 2**-13, 1.0 - 2**-13]
    loss = refimpl.nn.functional.mse_loss(refimpl.tensor(a), refimpl.zeros(2))
    assert loss.item() == 1.0
    loss = refimpl.nn.functional.mse_loss(refimpl.tensor(a + [2.0**12]), refimpl.zeros(3), reduction="sum")
    assert loss.item() == refimpl.tensor(2.0**24 + 2 + 2**-25).item()


def test_errors_and_warnings_of_regression_losses():
    def program(torch):
        F, nn = torch.nn.functional, torch.nn
        a, t = torch.ones(3, 2), torch.zeros(3, 2)
        calls = []
        for f in (F.mse_loss, F.l1_loss):
            calls += [
                lambda f=f: f(a, t, reduction="foo"), lambda f=f: f(a, torch.zeros(2)),
                lambda f=f: f(a.long(), t.long()), lambda f=f: f(a.long(), t), lambda f=f: f(a, t.double()), lambda f=f: f(a > 0, t > 0),
                lambda f=f: f(torch.tensor([1 + 1j]), torch.tensor([1j])), lambda f=f: f(a, t, True), lambda f=f: f(a, t, size_average=False),
                lambda f=f: f(a, t, reduce=False), lambda f=f: f(a, 3), lambda f=f: f(3, a), lambda f=f: f(a, t, weight=a),
                lambda f=f: f(a, t, weight=a, reduction="none"), lambda f=f: f(a, t, weight=a[0]),
                lambda f=f: f(a, t, weight=a, reduction="foo"), lambda f=f: f(a, t, reduction="elementwise_mean"),
                lambda f=f: f(torch.zeros(0), torch.zeros(0)), lambda f=f: f(torch.zeros(0), torch.zeros(0), reduction="sum"),
            ]  # fmt: skip
        return [*calls, lambda: nn.MSELoss()(a, t), lambda: nn.L1Loss(reduction="none")(a, t), lambda: nn.MSELoss(reduce=False)(a, t),
                lambda: nn.MSELoss(size_average=False).reduction]  # fmt: skip

    assert_same(program)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_regression_losses_refuse_shapes_that_do_not_broadcast(name):
    """Whether a call that is refused warns before is not specified."""
    said = []
    for torch in (refimpl, real_torch):
        with warnings.catch_warnings(), pytest.raises(RuntimeError) as error:
            warnings.simplefilter("ignore")
            getattr(torch.nn.functional, name)(torch.ones(3, 2), torch.zeros(4))
        said.append(str(error.value))
    assert said[0] == said[1]


# -- classification losses -------------------------------------------------------------------------

SHAPES = [((5,), ()), ((3, 5), (3,)), ((2, 5, 3), (2, 3)), ((2, 5, 3, 2), (2, 3, 2)), ((2, 4, 3, 2, 2), (2, 3, 2, 2)),
          ((1, 1), (1,))]  # fmt: skip
OPTIONS = [{}, {"ignore_index": 1}, {"weight": True}, {"weight": True, "ignore_index": 0}]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("shape", "target"), SHAPES)
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
def test_losses_of_class_indices(name, shape, target, options, reduction):
    classes = shape[0] if len(shape) == 1 else shape[1]

    def f(torch, x, t, w):
        given = {**options, "weight": w.detach().abs()} if "weight" in options else options
        return getattr(torch.nn.functional, name)(x, t, reduction=reduction, **given) + 0 * w.sum()

    assert_like_torch(f, lambda torch: tensors(torch, (shape, "float32"), (target, "int64", classes), ((classes,), "float32")), 16.0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{"label_smoothing": 0.1}, {"label_smoothing": 0.3, "weight": True}, {"label_smoothing": 1.0, "ignore_index": 1},
                                     {"label_smoothing": 0.5, "weight": True, "ignore_index": 0}], ids=str)  # fmt: skip
@pytest.mark.parametrize(("shape", "target"), SHAPES[:-1])
def test_label_smoothing(shape, target, options, reduction):
    test_losses_of_class_indices("cross_entropy", shape, target, options, reduction)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float64", "float64"), ("float32", "float64")])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 4, 3), (0, 4)])
def test_class_probabilities(shape, dtypes, weighted, smoothing, reduction):
    classes = shape[0] if len(shape) == 1 else shape[1]

    def f(torch, x, p, w):
        weight = w.detach().abs() if weighted else None
        return torch.nn.functional.cross_entropy(x, p, weight=weight, label_smoothing=smoothing, reduction=reduction)

    def make(torch):
        x, p, w = tensors(torch, (shape, dtypes[0]), (shape, dtypes[1]), ((classes,), dtypes[0]))
        return x, p.softmax(0 if len(shape) == 1 else 1).detach(), w.detach()

    results = []
    for torch in (refimpl, real_torch):
        x, p, w = make(torch)
        x.requires_grad_()
        p.requires_grad_()
        y = f(torch, x, p, w)
        results.append((y, graph(y), torch.autograd.grad(y.sum(), (x, p))))
    (ours, our_graph, our_grads), (theirs, their_graph, their_grads) = results
    # torch rounds the log-probabilities to the input's dtype on the way
    assert_close(ours, theirs, 16.0, refimpl.finfo(getattr(refimpl, dtypes[0])).eps)
    assert our_graph == their_graph
    for a, b in zip(our_grads, their_grads, strict=True):
        assert flat(a.tolist()) == pytest.approx(flat(b.tolist()), rel=1e-5, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_cross_entropy_in_other_dtypes(dtype):
    assert_like_torch(lambda torch, x, t: torch.nn.functional.cross_entropy(x, t),
                      lambda torch: tensors(torch, ((3, 4), dtype), ((3,), "int64", 4)), 4.0)  # fmt: skip


def test_cross_entropy_is_rounded_once():
    """Also where the log-probability in float32, which is what the graph has, would be zero."""
    x = refimpl.tensor([[20.0, 0.0]], requires_grad=True)
    loss = refimpl.nn.functional.cross_entropy(x, refimpl.tensor([0]))
    assert loss.item() == pytest.approx(math.exp(-20), rel=1e-6)
    loss.backward()
    assert x.grad.tolist()[0][1] == pytest.approx(math.exp(-20), rel=1e-5)


def test_errors_of_classification_losses():
    def program(torch):
        F = torch.nn.functional
        ce, nll = F.cross_entropy, F.nll_loss
        x, t, w = torch.arange(15.0).reshape(3, 5) / 4, torch.tensor([1, 0, 4]), torch.ones(5)
        x3, x4, x5 = torch.zeros(2, 5, 3), torch.zeros(2, 5, 3, 2), torch.zeros(2, 5, 3, 2, 2)

        def zeros(*shape):
            return torch.zeros(shape, dtype=torch.int64)

        return [
            lambda: ce(x, t[:2]), lambda: ce(x, torch.tensor([1, 0, 5])), lambda: ce(x, torch.tensor([1, 0, -1])),
            lambda: ce(x, torch.tensor([1, 0, -100])), lambda: ce(x, torch.tensor([-100, -100, -100])), lambda: ce(x, torch.tensor([1.0, 0, 2])),
            lambda: ce(x, t.int()), lambda: ce(x, t.to(torch.uint8)), lambda: ce(x, t > 0), lambda: ce(x, t, weight=torch.ones(4)),
            lambda: ce(x, t, weight=w.double()), lambda: ce(x, t, label_smoothing=1.5), lambda: ce(x, t, label_smoothing=-0.5),
            lambda: ce(x, t, reduction="foo"), lambda: ce(x, t[None]), lambda: ce(x[0], t), lambda: ce(torch.tensor(1.0), torch.tensor(0)),
            lambda: ce(torch.tensor(1.0), torch.tensor(1.0)), lambda: ce(x3, t), lambda: ce(x3, zeros(2, 2)), lambda: ce(x4, zeros(2, 3)),
            lambda: ce(x4, zeros(2, 2, 2)), lambda: ce(x5, zeros(2, 3, 2)), lambda: ce(x5, zeros(3, 3, 2, 2)), lambda: ce(x.long(), t),
            lambda: ce(x.to(torch.complex64), t), lambda: ce(torch.zeros(0, 5), zeros(0)), lambda: ce(torch.zeros(0, 5), zeros(0), reduction="sum"),
            lambda: ce(torch.zeros(0, 5), torch.zeros(0, 5)), lambda: ce(x, x, ignore_index=2), lambda: ce(x, x[:, :3]), lambda: ce(x, x.long()),
            lambda: ce(x, x, weight=torch.ones(4)), lambda: ce(x, t, torch.zeros(5)), lambda: ce(x, None), lambda: ce(None, t),
            lambda: ce(x, t, size_average=False), lambda: ce(torch.zeros(3), torch.tensor([1]), label_smoothing=0.1),
            lambda: nll(x, t[:2]), lambda: nll(x, torch.tensor([1, 0, 5])), lambda: nll(x, torch.tensor([1.0, 0, 5])), lambda: nll(x, t.int()),
            lambda: nll(x, t, reduction="foo"), lambda: nll(x[0], t), lambda: nll(x[0], t[0]), lambda: nll(x[0], t[:1]),
            lambda: nll(x, t[:, None]), lambda: nll(torch.tensor(1.0), torch.tensor(0)), lambda: nll(x.long(), t), lambda: nll(x, t, w.double()),
            lambda: nll(x, t, w[:3]), lambda: nll(x, t, w[:, None]), lambda: nll(x[0], torch.tensor(-100)),
            lambda: nll(x[0], torch.tensor(-100), reduction="none"), lambda: nll(x3, t), lambda: nll(x4, zeros(2, 2, 2)),
            lambda: nll(x5, zeros(2, 3, 3, 2)), lambda: nll(x4, zeros(2, 3, 2) + 7), lambda: nll(x4.long(), zeros(2, 3, 2)),
            lambda: nll(x4, torch.zeros(2, 3, 2)), lambda: nll(x4, zeros(2, 3, 2).to(torch.uint8)), lambda: nll(x4, zeros(2, 3, 2), torch.ones(4)),
            lambda: nll(x4, zeros(2, 3, 2), w.double()), lambda: nll(torch.zeros(0, 3, 2), zeros(0, 2)), lambda: nll(x, None),
            lambda: nll(torch.zeros(0, 3, 2), zeros(0, 2), reduction="none"), lambda: nll(torch.zeros(0, 3, 2, 2), zeros(0, 2, 2), reduction="sum"),
            lambda: nll(torch.tensor([[math.inf, 1.0]]), torch.tensor([0]), ignore_index=0, reduction="sum"),
            lambda: nll(torch.tensor([[math.inf, 1.0]]), torch.tensor([0]), torch.zeros(2), reduction="sum"),
            lambda: torch.nn.CrossEntropyLoss(weight=w)(x, t), lambda: torch.nn.NLLLoss(ignore_index=4)(x, t),
            lambda: torch.nn.CrossEntropyLoss(weight=w).state_dict(),
        ]  # fmt: skip

    assert_same(program)


# -- attention -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool"])
def test_attention_without_queries_or_elements_of_values_looks_at_no_other_shape(dtype):
    def program(torch):
        def attention(query, key, value, grouped=False, mask=None):
            q, k, v = (torch.zeros(shape, dtype=getattr(torch, dtype)) for shape in (query, key, value))
            if q.is_floating_point():
                q.requires_grad_()
            mask = None if mask is None else torch.ones(mask, dtype=torch.bool)
            result = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, enable_gqa=grouped)
            if not result.requires_grad:
                return result
            return result.shape, result.stride(), result.grad_fn.name(), torch.autograd.grad(result.sum(), q)

        return [
            lambda: attention((2, 4, 1, 1), (2, 2, 1, 1), (0, 1, 1, 1, 1), True, (1, 1)), lambda: attention((2, 1), (3, 5), (0, 7, 1)),
            lambda: attention((0, 5), (2, 3), (6, 7)), lambda: attention((2, 3, 2, 5), (2, 3, 2, 5), (2, 3, 2, 0), mask=(9, 9)),
        ]  # fmt: skip

    assert_same(program)


def test_a_mask_that_does_not_fit_grouped_heads_is_refused():
    def program(torch):
        q, k, mask = torch.zeros(2, 4, 1, 1), torch.zeros(2, 2, 1, 1), torch.ones(1, 3, dtype=torch.bool)
        return [lambda: torch.nn.functional.scaled_dot_product_attention(q, k, k, mask, enable_gqa=True)]

    assert_same(program)


@pytest.mark.parametrize("name", ["l1_loss", "kl_div", "binary_cross_entropy", "poisson_nll_loss", "multilabel_soft_margin_loss"])
def test_a_flag_that_is_no_single_truth_value_is_declared(name):
    x, flag = refimpl.tensor([0.5]), refimpl.ones(2)
    with pytest.raises((RuntimeError, AttributeError)) as caught:
        getattr(refimpl.nn.functional, name)(x, x, size_average=flag, reduce=False)
    assert (RuntimeError, "Boolean value of Tensor with more than one value is ambiguous") in [found[1:] for found in violations_of(caught.value)]
