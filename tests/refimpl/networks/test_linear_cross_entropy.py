"""The cross entropy of a linear layer in chunks, which no row of the suite can ask for: options are no tensors."""

import dataclasses
import warnings

import pytest
import torch

import refimpl

LIBRARIES = [refimpl, torch]
X = [[0.5, -1.0, 0.25], [1.5, 0.0, -0.5], [-0.75, 2.0, 1.0], [0.125, 0.5, -2.0]]
W = [[1.0, 0.5, -0.25], [-1.0, 0.75, 0.5], [0.0, -0.5, 1.0], [0.25, 0.25, -1.5], [2.0, -1.0, 0.5]]
Y = [1, 0, 4, 2]
REDUCTIONS = ["mean", "sum", "none"]
DTYPES = ["float32", "float64", "float16", "bfloat16"]


def operands(library, dtype="float32", grad=False):
    d = getattr(library, dtype)
    x, w, b = (library.tensor(values, dtype=d, requires_grad=grad) for values in (X, W, [0.5, 0.0, -0.5, 1.0, 0.25]))
    return x, w, library.tensor(Y), b, library.tensor([1.0, 0.5, 2.0, 0.25, 1.5], dtype=d)


def loss(library, options=None, dtype="float32", grad=False, **kwargs):
    x, w, y, b, weight = operands(library, dtype, grad)
    chosen = library.nn.LinearCrossEntropyOptions(**(options or {}))
    return library.nn.functional.linear_cross_entropy(x, w, y, linear_bias=b, weight=weight, options=chosen, **kwargs), (x, w, b)


def refused(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (it is what is compared)
            return type(error), str(error)


@pytest.mark.parametrize("ignored", [None, 4, 0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_losses_and_gradients_in_chunks_are_those_without(dtype, reduction, ignored):
    u = torch.finfo(getattr(torch, dtype)).eps
    found = []
    for library in LIBRARIES:
        value, leaves = loss(library, dtype=dtype, grad=True, reduction=reduction, ignore_index=ignored)
        value.sum().backward()
        found.append([value.dtype, *(torch.tensor(each.tolist(), dtype=torch.float64) for each in (value, *(leaf.grad for leaf in leaves)))])
    assert str(found[0][0]) == str(found[1][0])
    x, w, y, b, weight = operands(torch, "float64", True)
    plain = torch.nn.functional.linear_cross_entropy(x, w, y, linear_bias=b, weight=weight, reduction=reduction, ignore_index=ignored)
    plain.sum().backward()
    for ours, theirs, exact in zip(found[0][1:], found[1][1:], (plain, x.grad, w.grad, b.grad)):
        assert torch.allclose(ours, exact.detach(), rtol=u, atol=4 * u)  # sums of terms below 4, rounded once
        assert torch.allclose(theirs, exact.detach(), rtol=16 * u, atol=32 * u)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_no_samples_and_none_that_counts(reduction):
    found = []
    for library in LIBRARIES:
        options, function = library.nn.LinearCrossEntropyOptions(), library.nn.functional.linear_cross_entropy
        x, w, y, _, _ = operands(library)
        values = [function(x[:0], w, y[:0], reduction=reduction, options=options), function(x, w, y * 0 + 3, reduction=reduction, ignore_index=3,
                                                                                            options=options)]
        found.append([repr(v.tolist()) for v in values])
    assert found[0] == found[1]


@pytest.mark.parametrize("retained", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_second_backward_pass(reduction, retained):
    def twice(library):
        value, (x, _, _) = loss(library, {"allow_retain_graph": retained}, grad=True, reduction=reduction)
        total = value.sum()
        total.backward(retain_graph=True)
        once = x.grad.clone()
        total.backward()
        return (x.grad == 2 * once).all().item()

    ours, theirs = (refused(twice, library) for library in LIBRARIES)
    assert ours == theirs
    assert (ours is True) == (retained or reduction == "none")


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_are_no_part_of_the_graph(reduction):
    for library in LIBRARIES:
        value, (x, _, _) = loss(library, grad=True, reduction=reduction)
        (grad,) = library.autograd.grad(value.sum(), x, create_graph=True)
        assert not grad.requires_grad


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nodes_are_named_as_torchs(reduction):
    ours, theirs = (loss(library, grad=True, reduction=reduction)[0] for library in LIBRARIES)
    assert type(ours.grad_fn).__name__ == type(theirs.grad_fn).__name__


@pytest.mark.parametrize("kwargs", [
    {}, {"acc_policy": "x"}, {"chunking_method": "y"}, {"chunking_method": "aspect_ratio:0"}, {"chunking_method": "aspect_ratio:"},
    {"chunking_method": "aspect_ratio:3"}, {"chunking_method": None}, {"batch_chunk_size": 0}, {"batch_chunk_size": 2.0}, {"batch_chunk_size": True},
    {"acc_policy": "balanced", "allow_retain_graph": True}, {"chunking_method": 3},
])  # fmt: skip
def test_options_are_checked_and_printed_as_torchs(kwargs):
    ours, theirs = (refused(library.nn.LinearCrossEntropyOptions, **kwargs) for library in LIBRARIES)
    assert str(ours) == str(theirs)


def test_options_are_values():
    first, second = refimpl.nn.LinearCrossEntropyOptions(), refimpl.nn.LinearCrossEntropyOptions()
    assert first == second and hash(first) == hash(second) and first != refimpl.nn.LinearCrossEntropyOptions(True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.acc_policy = "compact"
    for accumulator in ("int64", "complex64"):
        said = [refused(library.nn.LinearCrossEntropyOptions, acc_dtype=getattr(library, accumulator)) for library in LIBRARIES]
        assert said[0] == said[1] and said[0][0] is ValueError


@pytest.mark.parametrize("samples", [0, 1, 4, 9])
@pytest.mark.parametrize("features, classes", [(3, 5), (5, 3), (0, 2), (2, 0)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kwargs", [{}, {"chunking_method": "aspect_ratio"}, {"batch_chunk_size": 2},
                                    {"batch_chunk_size": 2, "acc_policy": "compact"},
                                    {"batch_chunk_size": 2, "chunking_method": "aspect_ratio:2"}, {"chunking_method": None}])  # fmt: skip
def test_chunks_have_torchs_size(kwargs, dtype, features, classes, samples):
    ours, theirs = (refused(library.nn.LinearCrossEntropyOptions(**kwargs)._adjust, samples, features, classes, getattr(library, dtype),
                            library.device("cpu")) for library in LIBRARIES)  # fmt: skip
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("dtype, accumulator", [("float64", "float32"), ("float32", "float64"), ("float16", "float16"), ("bfloat16", "float32"),
                                                ("float16", "bfloat16")])  # fmt: skip
def test_dtypes_in_which_sums_are_formed(dtype, accumulator):
    ours, theirs = (refused(lambda library=library: str(loss(library, {"acc_dtype": getattr(library, accumulator)}, dtype)[0].dtype))
                    for library in LIBRARIES)  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wrong", [7, -1])
def test_a_target_that_is_no_class_is_refused(wrong, weighted):
    said = []
    for library in LIBRARIES:
        x, w, y, _, weight = operands(library)
        said.append(refused(library.nn.functional.linear_cross_entropy, x, w, library.tensor([1, 0, wrong, 2]), weight=weight if weighted else None,
                            options=library.nn.LinearCrossEntropyOptions()))  # fmt: skip
    assert said[0] == said[1]
    assert said[0][0] is (IndexError if weighted else RuntimeError)


def _left_out(library, case):
    x, w, y, _, _ = operands(library)
    kwargs = {"options": library.nn.LinearCrossEntropyOptions()}
    if case == "smoothing":
        kwargs["label_smoothing"] = 0.25
    elif case == "probabilities":
        y = library.softmax(x @ w.t(), 1)
    elif case == "uint8":
        y = y.to(library.uint8)
    else:
        w, y = w.reshape(5, 1, 3).expand(5, 2, 3), library.stack([y, y], 1)
        kwargs["linear_bias"] = library.zeros(5, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = library.nn.functional.linear_cross_entropy(x, w, y, **kwargs)
    return value.item(), [(w.category, str(w.message), w.filename) for w in caught]


@pytest.mark.parametrize("case", ["smoothing", "probabilities", "uint8", "dimensions"])
def test_options_are_left_out_with_a_warning(case):
    (ours, said), (theirs, words) = (_left_out(library, case) for library in LIBRARIES)
    assert said == words and len(said) == 1
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("kwargs", [{}, {"bias": True}, {"out_features": (2,), "bias": True}, {"reduction": "sum", "ignore_index": 1},
                                    {"label_smoothing": 0.1}])  # fmt: skip
def test_the_module_is_torchs(kwargs):
    found = []
    for library in LIBRARIES:
        library.manual_seed(3)
        module = library.nn.LinearCrossEntropyLoss(3, 5, **kwargs)
        x, _, y, _, _ = operands(library)
        if module.out_features:
            y = library.stack([y, y], 1)
        found.append((repr(module), {name: value.tolist() for name, value in module.state_dict().items()}, module(x, y).item()))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] == pytest.approx(found[1][2], rel=1e-5)


def test_the_module_weighs_classes_and_takes_options():
    found = []
    for library in LIBRARIES:
        library.manual_seed(3)
        x, _, y, _, weight = operands(library)
        module = library.nn.LinearCrossEntropyLoss(3, 5, weight=weight, options=library.nn.LinearCrossEntropyOptions(batch_chunk_size=2))
        value = module(x, y)
        value.backward()
        found.append((repr(module), list(module.state_dict()), value.item(), module.linear.weight.grad.flatten().tolist()))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] == pytest.approx(found[1][2], rel=1e-5)
    assert found[0][3] == pytest.approx(found[1][3], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("kwargs", [{"weight": [1.0]}, {"label_smoothing": 1.5}, {"label_smoothing": -0.5}])
def test_the_module_refuses(kwargs):
    said = [refused(library.nn.LinearCrossEntropyLoss, 3, 5, **{name: library.tensor(value) if name == "weight" else value
                                                                for name, value in kwargs.items()}) for library in LIBRARIES]  # fmt: skip
    assert said[0] == said[1] and said[0][0] is RuntimeError
