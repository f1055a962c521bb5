"""The tutorials' rows P (printing) and V (devices, conversion to Python): each runs on refimpl and on torch.

P01 (the R header) and P16 (later additions of R) belong to R alone. The rows that need a GPU run on it where one is
live, and otherwise hold the error of a build without one.
"""

from __future__ import annotations

import math

import numpy
import pytest
import torch as real_torch
from libtorch_text import libtorch_text, words
from without_gpu import no_gpu_error

PRINTED = {
    "P02": lambda torch: torch.arange(5, dtype=torch.int8),
    "P03": lambda torch: torch.tensor([[1.0, 2.0], [3.0, 4.0]])[0, 0],
    "P03 fraction": lambda torch: torch.tensor(0.1),
    "P03 nan": lambda torch: torch.tensor(math.nan),
    "P04 integral": lambda torch: torch.tensor([[1.0, 20.0], [300.0, 4.0]]),
    "P04 vector": lambda torch: torch.tensor([0.5, -2.0]),
    "P05": lambda torch: torch.zeros(4, 2, 2),
    "P05 4-d": lambda torch: torch.randn(2, 2, 3, 2),
    "P05 empty": lambda torch: torch.zeros(0, 2, 2),
    "P06": lambda torch: torch.tensor([22.0, 23.0]),
    "P06 one fraction": lambda torch: torch.tensor([22.0, 23.5]),
    "P07": lambda torch: torch.tensor([-0.0385, 23.1097, 0.0]),
    "P08": lambda torch: torch.randn(1, 16),
    "P08 wide": lambda torch: torch.randn(3, 40) * 100,
    "P08 3-d": lambda torch: torch.randn(2, 2, 30),
    "P09 scientific": lambda torch: torch.tensor([1e-5, 1.0]),
    "P09 three digits": lambda torch: torch.tensor([1e-120, 1.5], dtype=torch.float64),
    "P09 scaled up": lambda torch: torch.tensor([[123456.5, 1e5]]),
    "P09 scaled down": lambda torch: torch.tensor([0.01, 0.02]),
    "P09 words": lambda torch: torch.tensor([math.nan, 1.5, math.inf, -math.inf]),
    "P09 large integers": lambda torch: torch.tensor([1e10, 2.0]),
}


@pytest.mark.parametrize("row", PRINTED)
def test_P02_to_P09_as_libtorch_prints_it(torch, row):
    expected = libtorch_text(PRINTED[row](real_torch))
    real_torch.manual_seed(0)
    assert libtorch_text(PRINTED[row](torch)).rstrip() == expected.rstrip()


@pytest.mark.parametrize("row", PRINTED)
def test_P02_to_P09_as_python_prints_it(torch, row):
    expected = repr(PRINTED[row](real_torch))
    real_torch.manual_seed(0)
    assert repr(PRINTED[row](torch)) == expected


def test_P10_an_undefined_gradient_is_none(torch):
    layer = torch.nn.Linear(3, 1)
    assert layer.weight.grad is None


def test_P11_a_cuda_tensor(torch):
    t = torch.tensor([1.0, 2.0])
    if torch.cuda.is_available():
        assert words(libtorch_text(t.cuda())) == words("1\n2\n[ CUDAFloatType{2} ]")
        assert repr(t.cuda()) == "tensor([1., 2.], device='cuda:0')"
    else:
        with no_gpu_error(torch):
            t.cuda()


def test_P12_a_dtype_prints_its_name(torch):
    assert repr(torch.tensor([3.0]).dtype) == "torch.float32"
    assert repr(torch.tensor([3]).dtype) == "torch.int64"
    assert str(torch.double) == "torch.float64"


def test_P13_a_device_prints_its_type_and_index(torch):
    assert repr(torch.ones(1).device) == "device(type='cpu')"
    assert repr(torch.device("cuda", 0)) == "device(type='cuda', index=0)"
    assert str(torch.device("cuda:0")) == "cuda:0"


def test_P14_size_and_stride(torch):
    t = torch.zeros(2, 3)
    assert repr(t.size()) == "torch.Size([2, 3])"
    assert isinstance(t.size(), tuple)
    assert type(t.stride()) is tuple and t.stride() == (3, 1)


def test_P15_the_size_of_a_0d_tensor(torch):
    assert repr(torch.zeros(2, 3)[0, 0].size()) == "torch.Size([])"


# -- V: devices and conversion -------------------------------------------------------------------


def test_V01_the_default_device_is_the_cpu(torch):
    assert torch.ones(2).device == torch.device("cpu")
    assert torch.ones(2).device.index is None


def test_V02_a_tensor_made_on_the_gpu(torch):
    if torch.cuda.is_available():
        device = torch.tensor(2.0, device="cuda").device
        assert (device.type, device.index) == ("cuda", 0)
    else:
        with no_gpu_error(torch):
            torch.tensor(2.0, device="cuda")


def test_V03_a_device_without_an_index(torch):
    assert torch.device("cuda").index is None
    assert torch.device("cuda") != torch.device("cuda:0")
    assert torch.device("cuda", 0) == torch.device("cuda:0")


def test_V04_the_visibility_checks_work_without_a_gpu(torch):
    count = torch.cuda.device_count()
    assert type(count) is int
    assert torch.cuda.is_available() is (count > 0)


def test_V05_ones_on_a_device(torch):
    if torch.cuda.is_available():
        t = torch.ones(2, 2, device=torch.device("cuda"))
        assert t.is_cuda and t.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    else:
        with no_gpu_error(torch):
            torch.ones(2, 2, device=torch.device("cuda"))


def test_V06_to_the_gpu(torch):
    t = torch.ones(2)
    if torch.cuda.is_available():
        moved = t.cuda()
        assert repr(moved.device) == "device(type='cuda', index=0)"
        assert t.device.type == "cpu"
        assert moved.cuda() is moved
    else:
        with no_gpu_error(torch):
            t.cuda()
        with no_gpu_error(torch):
            t.to("cuda")


def test_V07_to_the_cpu(torch):
    t = torch.ones(2)
    assert t.cpu() is t
    if torch.cuda.is_available():
        assert repr(t.cuda().cpu().device) == "device(type='cpu')"


def test_V08_one_program_for_both_devices(torch):
    device = torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
    x = torch.randn(4, 3, device=device)
    w = torch.randn(3, 2, device=device, requires_grad=True)
    x.mm(w).clamp(min=0).sum().backward()
    assert w.grad.device == x.device


def test_V09_to_a_host_array(torch):
    t = torch.arange(1, 10).reshape(3, 3)
    assert t.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    array = t.numpy()
    assert array.dtype == numpy.int64
    assert array.tolist() == t.tolist()
    array[0, 0] = 100
    assert t[0, 0] == 100


def test_V10_the_rank_of_the_host_array(torch):
    assert torch.tensor([1.0, 2.0, 3.0]).numpy().ndim == 1
    assert torch.ones(2, 2).numpy().ndim == 2
    assert torch.ones(2, 2, 2).numpy().ndim == 3


def test_V11_to_python_numbers(torch):
    assert int(torch.tensor([2.9])) == 2
    assert torch.tensor([[1, 2], [3, 4]]).reshape(-1).tolist() == [1, 2, 3, 4]


def test_V12_the_gpu_needs_the_cpu_first(torch):
    assert int(torch.tensor(2.0).cpu()) == 2
    if torch.cuda.is_available():
        t = torch.tensor([2.0], device="cuda")
        assert t.item() == 2.0 and t.tolist() == [2.0]
        with pytest.raises(TypeError, match=r"can't convert cuda:0 device type tensor to numpy\. Use Tensor\.cpu\(\)"):
            t.numpy()


def test_V13_one_element_to_a_number(torch):
    loss = torch.tensor([[1.5]])
    assert float(loss) == 1.5 and loss.item() == 1.5
    with pytest.raises(RuntimeError, match="^a Tensor with 2 elements cannot be converted to Scalar$"):
        torch.ones(2).item()
    with pytest.raises(ValueError, match="^only one element tensors can be converted to Python scalars$"):
        float(torch.ones(2))
