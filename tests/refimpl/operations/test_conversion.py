"""Casts, copies and moves, writes of whole tensors, and tensors given another geometry or storage in place, as torch's."""

from __future__ import annotations

import pytest
from layouts import LAYOUTS, WRITABLE, assert_same_on, lines

CASTS = """
x.to(torch.float64)
x.to(torch.int64)
x.to(torch.float32)
x.to(torch.float32, True)
x.to(torch.float64, False, True)
x.to(torch.float32, False, True)
x.to("cpu")
x.to("cpu", torch.int32)
x.to("cpu", torch.float32, False, True)
x.to(torch.device("cpu"))
x.to(None)
x.to(None, torch.int32)
x.to(None, None)
x.to(None, None, False, True)
x.to(x)
x.to(torch.zeros(1, dtype=torch.int16))
x.to(torch.zeros(1, dtype=torch.int16), False, True)
x.to(dtype=torch.int8)
x.to(device="cpu")
x.to(device="cpu", dtype=torch.float16)
x.to(other=torch.zeros(1).double())
x.to(copy=True)
x.to(torch.float64, copy=True)
x.to(torch.float32, non_blocking=True)
x.to(memory_format=torch.channels_last)
x.to(torch.float64, memory_format=torch.channels_last)
x.to(memory_format=torch.contiguous_format)
x.to(torch.float64, memory_format=torch.contiguous_format)
x.to(torch.float64, memory_format=torch.preserve_format)
x.to(memory_format=torch.channels_last_3d)
x.to(torch.float32, torch.float64)
x.to(dtype=torch.float64, device=None)
x.to(dtype=None)
x.to(device=None)
x.to(torch.float32, "cpu")
x.to("cpu", "cpu")
x.to(x, torch.float32)
x.to(x, dtype=torch.float32)
x.to()
x.to(torch.float32, False, True, 1)
x.to(float)
x.to(int)
x.to(dtype=float)
x.to(copy=1)
x.clone(memory_format=torch.contiguous_format)
x.clone(memory_format=torch.channels_last)
x.clone(memory_format=torch.channels_last_3d)
x.clone(memory_format=torch.preserve_format)
x.clone(torch.preserve_format)
x.clone(memory_format=None)
torch.clone(x)
torch.clone(input=x)
torch.clone(2)
x.contiguous(memory_format=torch.channels_last)
x.contiguous(memory_format=torch.channels_last_3d)
x.contiguous(memory_format=torch.preserve_format)
x.contiguous(torch.channels_last)
x.contiguous(memory_format=1)
x.contiguous()
x.float()
x.double()
x.int()
x.bool()
x.half()
x.bfloat16()
x.cfloat()
x.cdouble()
x.char()
x.byte()
x.short()
x.long()
x.double(memory_format=torch.channels_last)
x.float(memory_format=torch.contiguous_format)
x.type(torch.int32)
x.type("torch.FooTensor")
x.type(int)
x.type(dtype=torch.int8)
x.type_as(torch.zeros(1).double())
x.type_as(1)
x.cpu()
x.cpu(memory_format=torch.channels_last)
x.data_ptr()==x.cpu().data_ptr()
"""

WRITES = """
y=x.clone(); y.copy_(torch.ones(())); y
y=x.clone(); y.copy_(torch.ones(3)); y
y=x.clone(); y.copy_(torch.ones(2, 3)); y
y=x.clone(); y.copy_(torch.ones(1, 1, 1)); y
y=x.clone(); y.copy_(3)
y=x.clone(); y.copy_([3])
y=x.clone(); y.copy_(x.int()); y
y=x.clone(); y.copy_(x+1, True); y
y=x.clone(); y.copy_(x*(1+2j)); y
y=x.int(); y.copy_(x*1.7-2); y
x.copy_(x); x
x.copy_(torch.ones(()))
x.fill_(2)
x.fill_(2.5)
x.fill_(True)
x.fill_(1j)
x.fill_(1e300)
x.fill_(torch.tensor(7))
x.fill_(torch.tensor([7]))
x.fill_(torch.tensor([[7, 2]]))
x.fill_("a")
x.fill_(None)
x.fill_(value=2)
torch.fill(x, 2)
torch.fill(x, torch.tensor(2.))
torch.fill_(x, 3)
torch.zero_(x)
x.zero_()
x.fill_(x.reshape(-1)[0] if x.numel() else 0)
x.mul_(2)
x.add_(1)
x.neg_()
"""

STORAGES = """
x.resize_(2, 2); (x.shape, x.stride(), x.storage_offset())
x.resize_(1, 2, 3, 2, memory_format=torch.channels_last); (x.shape, x.stride())
x.resize_as_(torch.zeros(2, 1)); (x.shape, x.stride())
x.resize_as_(torch.zeros(3, 2).t()); (x.shape, x.stride())
x.set_(torch.arange(4.))
x.set_(torch.arange(8.)[2:].view(2, 3).t()); x
x.set_(torch.arange(4)); x
x.set_()
x.set_(torch.arange(4.), 1, (2,), (1,)); x
x.set_(torch.arange(4.), -1, (4,), (1,)); x
x.set_(torch.arange(4.), 0, (4,), (-1,)); x
x.set_(torch.arange(4.), 0, (4,), (1, 1)); x
x.set_(2)
x.set_(source=torch.arange(3.)); x
"""

IN_PLACE_GEOMETRY = """
y=x.detach(); y.t_() if y.dim()<=2 else y; (y, x.shape)
x.t_()
x.transpose_(0, 1); x
x.transpose_(0, -1); x
x.swapaxes_(0, 1); x
x.swapdims_(0, -1); x
x.squeeze_(); x
x.squeeze_(0); x
x.squeeze_((0, -1)); x
x.squeeze_(9); x
x.unsqueeze_(0); x
x.unsqueeze_(-1); x
x.unsqueeze_(9); x
x.as_strided_((1,), (1,)); x
x.as_strided_((1,), (1,), 0); x
x.as_strided_((100,), (1,), 0); x
x.detach_()
x.transpose_(0, 9)
x.data.t_() if x.dim()<3 else 0; x.shape
x.unsqueeze_(0)._version
x.requires_grad_(True)
x.requires_grad_(False)
x.requires_grad_(requires_grad=True)
torch.t(x)
x.tolist()
x.element_size()
"""


@pytest.mark.parametrize("program", lines(CASTS))
def test_casts_and_copies_agree(program):
    assert_same_on(LAYOUTS, program)


@pytest.mark.parametrize("program", lines(WRITES))
def test_writes_agree(program):
    assert_same_on(WRITABLE, program)


@pytest.mark.parametrize("program", lines(STORAGES))
def test_tensors_with_another_storage_agree(program):
    assert_same_on(WRITABLE, program)


@pytest.mark.parametrize("program", lines(IN_PLACE_GEOMETRY))
def test_geometry_changed_in_place_agrees(program):
    assert_same_on(WRITABLE, program)


EXPANDED = """
x.fill_(2); x
x.zero_(); x
x.fill_(torch.tensor(2.))
x.copy_(x); x
x.copy_(torch.ones(2, 3))
x[0] = 1
x.add_(1)
"""


@pytest.mark.parametrize("program", lines(EXPANDED))
def test_writes_to_expanded_tensors_agree(program):
    """A number may be written to all elements of an expanded tensor, nothing else."""
    if "] =" in program:
        program = program.replace("x[0] = 1", "x.__setitem__(0, 1)")
    assert_same_on({"": LAYOUTS["expanded"]}, program)


SPECIALS = [
    "torch.tensor([0., -0., 1.5, -1.5, 2.5, 127.4, 65504., 65520., 1e-8, 6e-8, 3e38])",
    "torch.tensor([0.1, 1/3, 1e-300, 1e300, 16777217., 2049., 2051., 257., 259., 65520., 5e-324], dtype=torch.float64)",
    "torch.tensor([nan, inf, -inf])",
    "torch.tensor([0, -1, 127, 128, 255, 256, 32768, 65536, 2**31, 2**53+1, -2**63, 2**63-1])",
    "torch.tensor([0, 255, 128], dtype=torch.uint8)",
    "torch.tensor([-128, 127, -1], dtype=torch.int8)",
    "torch.tensor([True, False])",
    "torch.tensor([1.5+2j, 0j, 1j, -1-1j, complex(1, inf)])",
    "torch.tensor([5.96e-8, 65504., 1e-7, -2.5], dtype=torch.float16)",
    "torch.tensor([3e38, 1e-40, -2.5], dtype=torch.bfloat16)",
]
DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split()


@pytest.mark.parametrize("made", SPECIALS)
@pytest.mark.parametrize("d", DTYPES)
def test_casts_of_special_values_agree(made, d):
    assert_same_on({"": made}, f"x.to(torch.{d})")
    assert_same_on({"": made}, f"torch.empty(x.shape, dtype=torch.{d}).copy_(x)")


NUMBERS = (
    "7 -1 300 -300 2.5 -1.7 True 1j 1e300 65519. 65520. 2**40 2**63 2**70 -2**70 nan inf -inf "
    "torch.tensor(300) torch.tensor(-1.5) torch.tensor(nan)"
)


@pytest.mark.parametrize("d", DTYPES)
@pytest.mark.parametrize("value", NUMBERS.split())
def test_numbers_that_are_filled_in_agree(d, value):
    """A number must fit the dtype; a fraction is cut off; a tensor is cast. What is too large for 16 bits becomes infinite."""
    assert_same_on({"": f"torch.zeros(2, dtype=torch.{d})"}, f"x.fill_({value})")
