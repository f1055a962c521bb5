"""Views on the CPU device made from torch tensors and back, and exact rounding, for the tests of the kernels."""

from __future__ import annotations

import ctypes
import math
import random
from fractions import Fraction
from typing import Any, Sequence

import torch

from refimpl.cpu import CPU
from refimpl.foundation import dtypes
from refimpl.foundation.kernels import View

INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
COMPLEX = [torch.complex64, torch.complex128]
REAL = [torch.bool, *INTEGERS, *FLOATS]
ALL = [*REAL, *COMPLEX]

_DTYPES = {getattr(torch, d.name): d for d in dtypes.all_dtypes}


def storage_bytes(tensor: torch.Tensor) -> bytes:
    """The bytes of a tensor's whole storage."""
    storage = tensor.untyped_storage()
    return ctypes.string_at(storage.data_ptr(), storage.nbytes())


def as_view(tensor: torch.Tensor) -> View:
    """The same bytes, offset, shape and strides on our side."""
    storage = CPU.from_bytes(storage_bytes(tensor))
    return View(storage, tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride()), _DTYPES[tensor.dtype])


def as_tensor(view: View) -> torch.Tensor:
    """The elements of a view as a contiguous tensor."""
    dtype = next(theirs for theirs, ours in _DTYPES.items() if ours is view.dtype)
    data = bytearray(CPU.to_bytes(view))
    flat = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
    return flat.reshape(view.shape)


def new_view(shape: Sequence[int], dtype: torch.dtype) -> View:
    """A fresh contiguous view."""
    ours = _DTYPES[dtype]
    strides = [math.prod(size or 1 for size in shape[d + 1 :]) for d in range(len(shape))]
    return View(CPU.allocate(math.prod(shape) * ours.itemsize), 0, tuple(shape), tuple(strides), ours)


def same(ours: View, theirs: torch.Tensor) -> bool:
    """Whether shape, dtype and all elements are equal bit for bit (any NaN equals any NaN)."""
    mine = as_tensor(ours)
    theirs = theirs.contiguous()
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return False
    if mine.is_complex():
        mine, theirs = torch.view_as_real(mine), torch.view_as_real(theirs)
    equal = torch.eq(mine, theirs) & (torch.signbit(mine) == torch.signbit(theirs))
    return bool((equal | (mine.isnan() & theirs.isnan())).all())


def same_bits(ours: View, theirs: torch.Tensor) -> bool:
    return CPU.to_bytes(ours) == storage_bytes(theirs.clone(memory_format=torch.contiguous_format))


SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 65504.0, 2.0**-24, 3.4028234663852886e38, 1e-45, 0.5, 1.5, 2049.0]


def random_tensor(rng: random.Random, dtype: torch.dtype, shape: Sequence[int], special: float = 0.0) -> torch.Tensor:
    """A contiguous tensor of numbers of mixed magnitude; a share ``special`` of them are signed zeros, infinities, NaN, extremes."""
    count = math.prod(shape)
    if dtype is torch.bool:
        values: list[Any] = [rng.random() < 0.5 for _ in range(count)]
    elif dtype in INTEGERS:
        info = torch.iinfo(dtype)
        values = [rng.choice([info.min, info.max, 0, 1]) if rng.random() < special else rng.randint(max(info.min, -50), 50)
                  if info.min else rng.randint(0, 50) for _ in range(count)]
    else:
        def number() -> float:
            if rng.random() < special:
                return rng.choice(SPECIAL)
            return rng.choice([rng.gauss(0, 1), rng.gauss(0, 1) * 2.0 ** rng.randint(-12, 10), float(rng.randint(-4, 4))])

        values = [complex(number(), number()) if dtype in COMPLEX else number() for _ in range(count)]
    return torch.tensor(values, dtype=dtype).reshape(tuple(shape))


def in_layout(rng: random.Random, tensor: torch.Tensor, layout: str) -> torch.Tensor:
    """The same elements in another layout: permuted, or every second element of something larger, or expanded."""
    if layout == "permuted" and tensor.dim() > 1:
        order = list(range(tensor.dim()))
        rng.shuffle(order)
        back = [order.index(d) for d in range(tensor.dim())]
        return tensor.permute(order).contiguous().permute(back)
    if layout == "sliced":
        large = torch.ones([2 * size + 1 for size in tensor.shape], dtype=tensor.dtype)
        part = large[tuple(slice(1, None, 2) for _ in tensor.shape)]
        return part.copy_(tensor)
    if layout == "expanded" and tensor.dim() and tensor.numel():
        return tensor[:1].expand(tensor.shape)
    return tensor


LAYOUTS = ["contiguous", "permuted", "sliced", "expanded"]
SHAPES = [(), (1,), (5,), (40,), (3, 4), (2, 40), (40, 3), (2, 3, 4), (0,), (3, 0), (0, 3), (2, 0, 3), (1, 1), (9, 17, 2), (2, 1, 3, 2)]

_FORMATS = {torch.float16: (11, -24, 15), torch.bfloat16: (8, -133, 127), torch.float32: (24, -149, 127), torch.float64: (53, -1074, 1023)}


def rounded(dtype: torch.dtype, x: Fraction) -> float:
    """An exact number rounded once to nearest, ties to even."""
    digits, least, largest_exponent = _FORMATS[dtype]
    if x == 0:
        return 0.0
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length()
    if Fraction(2) ** exponent > abs(x):
        exponent -= 1
    unit = Fraction(2) ** max(exponent - digits + 1, least)
    nearest = round(x / unit) * unit  # Fraction's round takes ties to even
    if abs(nearest) >= Fraction(2) ** (largest_exponent + 1):
        return math.copysign(math.inf, x)
    return float(nearest) if nearest else math.copysign(0.0, x)
