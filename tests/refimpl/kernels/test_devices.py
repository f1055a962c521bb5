"""Devices beside torch on a machine without a GPU: the object, its errors, the default device; and the functions about tensors."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch as real_torch
from places import LINES
from snippets import assert_agree, lines, outcome

import refimpl
from refimpl.foundation import kernels as backend

WITHOUT_GPU = not (real_torch.cuda.is_available() or refimpl.cuda.is_available())
DEVICE_LINES = lines((LINES / "devices.txt").read_text(encoding="utf-8"))
ANSWERS = lines((LINES / "without_gpu.txt").read_text(encoding="utf-8"))
FUNCTIONS = lines((LINES / "functions.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", [line for line in DEVICE_LINES if WITHOUT_GPU or "cuda" not in line and "(0)" not in line])
def test_says_what_torch_says(line):
    try:
        assert_agree(line, "import copy, pickle")
    finally:
        for library in (refimpl, real_torch):
            library.set_default_device(None)


@pytest.mark.parametrize(("line", "answer"), list(zip(ANSWERS[::2], ANSWERS[1::2], strict=True)) if WITHOUT_GPU else [])
def test_what_is_asked_of_a_gpu_is_answered_as_by_a_torch_without_gpus(line, answer):
    """The answers are recorded, since a torch that is built for GPUs speaks of drivers instead; one that is not must give them, too."""
    assert outcome(refimpl, line) == answer
    if not real_torch.backends.cuda.is_built():
        assert outcome(real_torch, line) == answer


@pytest.mark.parametrize("line", FUNCTIONS)
def test_functions_about_tensors_say_what_torch_says(line):
    assert_agree(line, "import numpy as np\nx = torch.ones(2)")


def test_a_device_is_the_same_however_it_is_copied():
    for text in ("cpu", "cpu:0", "cuda", "cuda:3"):
        d = refimpl.device(text)
        for other in (copy.copy(d), copy.deepcopy(d), pickle.loads(pickle.dumps(d)), refimpl.device(d), refimpl.device(str(d))):
            assert other == d and hash(other) == hash(d) and repr(other) == repr(d)


class Elsewhere(type(backend.find_kernels("cpu", None))):
    """The host's kernels under another name."""

    device_type = "elsewhere"
    device_index = 0


@pytest.fixture
def elsewhere():
    kernels = Elsewhere()
    backend.register_device(kernels)
    yield "elsewhere"
    del backend._Devices.kernels["elsewhere", 0], backend._Devices.counts["elsewhere"]


def test_creation_functions_use_the_default_device(elsewhere):
    makers = [
        lambda: refimpl.zeros(2),
        lambda: refimpl.tensor([1, 2]),
        lambda: refimpl.arange(3),
        lambda: refimpl.rand(2),
        lambda: refimpl.eye(2),
        lambda: refimpl.full((2,), 1),
        lambda: refimpl.linspace(0, 1, 3),
        lambda: refimpl.empty_strided((2,), (1,)),
        lambda: refimpl.randperm(3),
        lambda: refimpl.as_tensor([1.0]),
        lambda: refimpl.randint(3, (2,)),
        lambda: refimpl.tril_indices(2, 2),
        lambda: refimpl.normal(0.0, 1.0, (2,)),
    ]
    on_host = refimpl.ones(2)
    with refimpl.device(elsewhere) as entered:
        assert entered == refimpl.get_default_device() == refimpl.device(elsewhere)
        assert {make().device.type for make in makers} == {elsewhere}
        assert refimpl.zeros(2, device="cpu").device.type == "cpu"
        assert refimpl.zeros_like(on_host).device.type == on_host.new_zeros(2).device.type == "cpu"
        with refimpl.device("cpu"):
            assert refimpl.zeros(2).device.type == "cpu"
        assert refimpl.zeros(2).device.type == elsewhere
    assert {make().device.type for make in makers} == {"cpu"}


def test_the_default_device_is_left_when_the_block_raises(elsewhere):
    with pytest.raises(ValueError), refimpl.device(elsewhere):
        raise ValueError
    assert refimpl.get_default_device() == refimpl.device("cpu")


def test_a_device_decorates_a_function(elsewhere):
    @refimpl.device(elsewhere)
    def make(size):
        return refimpl.zeros(size)

    assert make(2).device.type == elsewhere and make.__name__ == "make"
    assert refimpl.zeros(2).device.type == "cpu"


def test_set_default_device(elsewhere):
    refimpl.set_default_device(elsewhere)
    try:
        assert refimpl.zeros(2).device.type == elsewhere
    finally:
        refimpl.set_default_device(None)
    assert refimpl.zeros(2).device.type == "cpu"


def test_the_same_numbers_on_another_device(elsewhere):
    for make in (lambda **k: refimpl.rand(20, **k), lambda **k: refimpl.tensor([[1, 2], [3, 4]], **k), lambda **k: refimpl.arange(0, 1, 0.1, **k)):
        refimpl.manual_seed(0)
        here = make()
        refimpl.manual_seed(0)
        assert make(device=elsewhere).cpu().tolist() == here.tolist()


def test_a_number_of_a_device_that_is_not_there(elsewhere):
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        refimpl.zeros(2, device="elsewhere:7")


def test_a_device_without_kernels_is_named_in_the_error():
    with pytest.raises(NotImplementedError, match="vulkan"):
        refimpl.zeros(2, device="vulkan")


@pytest.mark.parametrize("call", [
    "ours @ x.new_ones(3, 3)", "x @ ours.new_ones(3, 3)", "torch.cat([ours, x])", "F.linear(x, ours.new_ones(3, 3))", "ours.add_(x)", "ours + x",
    "ours.gather(0, torch.tensor([1]))", "F.embedding(torch.tensor([1]), ours.new_ones(3, 2))", "torch.where(x > 0, ours, ours)",
    "F.cross_entropy(ours.new_ones(2, 3), torch.tensor([0, 1]))", "ours.index_add(0, torch.tensor([1]), x[:1])", "torch.isin(ours, x)",
    "torch.einsum('i,i', ours, x)", "torch.linalg.solve(ours.new_ones(3, 3), x)", "x[ours > 0]", "ours.set_(x)",
])  # fmt: skip
def test_tensors_of_a_call_lie_on_one_device(elsewhere, call):
    x = refimpl.ones(3)
    names = {"torch": refimpl, "F": refimpl.nn.functional, "x": x, "ours": x.to(elsewhere)}
    with pytest.raises(RuntimeError, match="on the same device"):
        eval(call, names)


def test_an_output_lies_where_the_result_does(elsewhere):
    x = refimpl.ones(3)
    with pytest.raises(RuntimeError, match="Expected out tensor to have device elsewhere:0, but got cpu instead"):
        refimpl.add(x.to(elsewhere), 1, out=x)


def test_what_counts_as_a_number_an_index_or_a_shape_may_lie_on_the_host(elsewhere):
    x = refimpl.tensor([1.0, 2.0, 3.0])
    ours = x.to(elsewhere)
    for result, expected in (
        (ours + refimpl.tensor(2.0), x + 2), (refimpl.tensor(2.0) - ours, 2 - x), (ours[refimpl.tensor([2, 0])], x[[2, 0]]),
        (ours[refimpl.tensor([True, False, True])], x[[0, 2]]), (ours.clone().copy_(-x), -x), (ours.clamp(min=refimpl.tensor(2.0)), x.clamp(min=2)),
        (ours[:1].expand_as(x), x[:1].expand(3)), (ours.view_as(refimpl.ones(3, 1)), x.view(3, 1)),
        (ours.tensor_split(refimpl.tensor([1]))[1], x[1:]),
    ):  # fmt: skip
        assert result.device.type == "elsewhere" and result.tolist() == expected.tolist()
    assert ours.type_as(x).device.type == x.to(ours).cpu().device.type == "cpu"
    ours[refimpl.tensor([0])] = 5.0
    ours[1:] = refimpl.zeros(2)
    assert ours.tolist() == [5.0, 0.0, 0.0]
