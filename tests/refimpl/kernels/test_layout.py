"""What tensors say of themselves, and the strides of results: drawn layouts beside torch, and the pure functions of ``layout``."""

from __future__ import annotations

import random
from math import prod

import pytest
from layouts import LAYOUTS, assert_same_on, lines

from refimpl.foundation.layout import may_overlap, view_strides

QUESTIONS = """
x.size(0)
x.size(-1)
x.size(9)
x.size(1.0)
x.size(dim=0)
x.size(None)
x.stride(0)
x.stride(9)
x.stride(dim=-1)
x.stride("a")
x.size()
x.stride()
x.shape
x.dim()
x.numel()
x.ndim
x.nelement()
x.element_size()
x.itemsize
x.nbytes
x.is_contiguous()
x.is_contiguous(memory_format=torch.channels_last)
x.is_contiguous(memory_format=torch.channels_last_3d)
x.is_contiguous(memory_format=torch.preserve_format)
x.is_contiguous(torch.channels_last)
x.is_contiguous(memory_format=3)
x.storage_offset()
x.is_set_to(x.detach())
x.is_set_to(2)
x.is_signed()
x.is_floating_point()
x.is_complex()
x.is_conj()
x.is_neg()
x.is_sparse
x.is_quantized
x.is_nested
x.layout
x.device
x.is_cuda
x.get_device()
x.item()
x.tolist()
len(x)
bool(x)
int(x)
float(x)
complex(x)
[x][0].__index__()
list(x)
1 in x
None in x
list(reversed(x))
x.size().numel()
x.shape[0]
x.shape[1:]
x.shape+(1,)
x.shape*2
x.is_same_size(x)
x.is_nonzero()
x.has_names()
x.names
x.conj().is_conj()
x.resolve_conj()
x.resolve_neg()
x.is_inference()
x.is_leaf
x.output_nr
x.retains_grad
x._version
x.grad
x.grad_fn
x.requires_grad
x.data
x.type()
x.is_shared()
x.is_pinned()
x.new_tensor([1, 2])
"""


@pytest.mark.parametrize("program", lines(QUESTIONS))
def test_questions_agree(program):
    assert_same_on(LAYOUTS, program)


def drawn(generator):
    """A tensor of 1 to 7 dimensions that was permuted, cut, stretched or expanded."""
    ndim = generator.randint(1, 5)
    sizes = [generator.choice((1, 1, 2, 3, 4)) for _ in range(ndim)]
    order = generator.sample(range(ndim), ndim)
    cuts = ", ".join(generator.choice((":", ":", "1:", "::2", "None")) for _ in sizes)
    made = f"torch.arange({prod(sizes)}.).view({', '.join(map(str, sizes))}).permute({', '.join(map(str, order))})[{cuts}]"
    if generator.random() < 0.3:
        made = f"({made}).unsqueeze({generator.randint(0, 1)})"
    if generator.random() < 0.3:
        made = f"(lambda t: t.expand(2, *t.shape))({made})"
    return made


RESULTS = """
x + 1
x * x
torch.add(x, x[:1])
torch.where(x > 1, x, x[..., :1])
x.clone()
x.contiguous()
x.double()
torch.empty_like(x).stride()
x.reshape(-1)
x.view(-1)
x.squeeze()
x.flip(0)
x.sort(0)[0]
x.cumsum(0)
x.sum(0)
torch.cat([x, x])
torch.stack([x, x], -1)
x.repeat(*([2] * x.dim()))
x[[0]]
x[..., [0, 0]]
x[:, [0]]
x[:, None, [0]]
x[[0], ..., [0]]
x[[[0]], ...]
x[x > 2]
x.roll(1, 0)
x.tril()
x.masked_fill(x > 1, 0)
x.index_select(-1, torch.tensor([0, 0]))
x.gather(0, torch.zeros_like(x).long())
x.scatter(0, torch.zeros_like(x).long(), 1.)
x.select_scatter(x[0] * 2, 0, -1)
x.nonzero()
x.topk(1)
x.rot90()
x.to(memory_format=torch.channels_last)
x.clone(memory_format=torch.channels_last)
x.is_contiguous(memory_format=torch.channels_last)
torch.add(x, 1, out=torch.empty(0))
torch.cat([x, x], out=torch.empty(0))
"""


@pytest.mark.parametrize("seed", range(40))
def test_strides_of_results_agree_on_drawn_layouts(seed):
    generator = random.Random(seed)
    for program in lines(RESULTS):
        assert_same_on({f"drawn from seed {seed}": drawn(generator)}, program)


def test_view_strides_exist_exactly_where_reading_in_order_is_one_strided_walk():
    """Against the elements' places themselves: a reshape is a view if some strides give the same places in the same order."""
    generator = random.Random(5)
    for _ in range(300):
        shape = tuple(generator.choice((1, 2, 3, 4)) for _ in range(generator.randint(1, 4)))
        strides = tuple(generator.choice((0, 1, 2, 3, 4, 6, 12)) for _ in shape)
        factors = list(shape)
        generator.shuffle(factors)
        new = tuple(factors) if generator.random() < 0.5 else (prod(shape),)
        found = view_strides(shape, strides, new)
        if found is not None:
            assert places(new, found) == places(shape, strides), (shape, strides, new)


def places(shape, strides):
    """Where the elements lie, in row-major order."""
    found = [0]
    for size, stride in zip(shape, strides, strict=True):
        found = [place + i * stride for place in found for i in range(size)]
    return found


def test_elements_that_cannot_overlap_are_told_apart():
    generator = random.Random(6)
    for _ in range(300):
        shape = tuple(generator.choice((1, 2, 3)) for _ in range(generator.randint(0, 4)))
        strides = tuple(generator.choice((0, 1, 2, 3, 5, 8)) for _ in shape)
        listed = places(shape, strides)
        if len(set(listed)) < len(listed):
            assert may_overlap(shape, strides), (shape, strides)


TWO_OPERANDS = """
torch.pow(2, y)
2. ** y
torch.float_power(2, y)
torch.ldexp(x.expand(4, 2), y)
torch.nextafter(x, y)
torch.complex(x, y.to(x.dtype))
torch.polar(x, y.to(x.dtype))
torch.div(y, 2, rounding_mode="trunc")
torch.div(y, 2, rounding_mode="trunc", out=y.new_empty(0))
torch.deg2rad(y)
"""
PLACES = {"contiguous": "torch.ones(4, 2)", "transposed": "torch.ones(2, 4).t()", "sliced": "torch.ones(4, 4)[:, ::2]", "column": "torch.ones(4, 1)",
          "expanded rows": "torch.ones(1, 2).expand(4, 2)", "expanded columns": "torch.ones(4, 1).expand(4, 2)", "0-d": "torch.ones(())",
          "one column, strangely": "torch.ones(30).as_strided((4, 1), (1, 9))"}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("program", lines(TWO_OPERANDS))
def test_the_operand_that_decides_is_torchs(program, dtype):
    """Strides of results of operations that cast, copy or prepare an operand before they look at its layout."""
    for other in PLACES.values():
        y = other if dtype == "float32" else f"torch.zeros_like({other}, dtype=torch.{dtype})"
        assert_same_on(PLACES, f"y = {y}; ({program}).stride()")
