"""Raw bytes of many elements at once: what :mod:`.number_formats` does one number after the other, for large tensors.

torch's CPU is here only for its loops; nothing of what is judged is computed.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch

from .number_formats import FORMATS, REAL

LONG = 4096  # bytes from which on this is faster


def components(data: bytes, dtype: str) -> torch.Tensor:
    """The elements as a flat tensor of their dtype; of complex numbers the parts in turn."""
    real = getattr(torch, REAL.get(dtype, dtype))
    return torch.frombuffer(bytearray(data), dtype=real) if data else torch.empty(0, dtype=real)


def to_bytes(numbers: torch.Tensor) -> bytes:
    numbers = numbers.contiguous()
    size = numbers.numel() * numbers.element_size()
    return ctypes.string_at(numbers.data_ptr(), size) if size else b""


def convert(data: bytes, source: str, target: str) -> bytes:
    """Elements of one dtype as those of a wider one, both real or both complex."""
    return to_bytes(components(data, source).to(getattr(torch, REAL.get(target, target))))


def absolute(data: bytes, dtype: str) -> bytes:
    """The absolute value of each number, of a complex one the sum of those of both parts; the least integer becomes the largest."""
    numbers = components(data, dtype)
    if dtype.startswith("complex"):
        sums = numbers.abs().reshape(-1, 2).sum(1)
        return to_bytes(torch.stack([sums, torch.zeros_like(sums)], 1).flatten())
    if not dtype.startswith("int"):
        return to_bytes(numbers.abs() if numbers.is_floating_point() else numbers)
    info = torch.iinfo(numbers.dtype)
    return to_bytes(numbers.clamp(min=info.min + 1).abs())


def nudged(data: bytes, dtype: str, step: float, seed: int) -> bytes:
    """Each element moved up or down by a relative ``step``, at random."""
    numbers = components(data, dtype)
    signs = torch.randint(0, 2, numbers.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return to_bytes(numbers * (1.0 + step * signs.to(numbers.dtype)))


def ordinals(numbers: torch.Tensor) -> torch.Tensor:
    """As :func:`.number_formats.ordinal`."""
    integer = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[numbers.element_size()]
    bits = numbers.view(integer).to(torch.int64)
    lowest = {1: 0x7F, 2: 0x7FFF, 4: 0x7FFFFFFF, 8: 0x7FFFFFFFFFFFFFFF}[numbers.element_size()]
    return torch.where(bits >= 0, bits, -(bits & lowest))


def distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """As :func:`.number_formats.ulp_distance`, for each component; beyond 2**52 steps to twelve digits."""
    steps = (ordinals(a).double() - ordinals(b).double()).abs()
    near = (ordinals(a) - ordinals(b)).abs()
    steps = torch.where(steps < 2.0**52, near.double(), steps)
    either, both = a.isnan() | b.isnan(), a.isnan() & b.isnan()
    steps = torch.where(either, torch.inf, steps)
    return torch.where(both, 0.0, steps)


def ulp(numbers: torch.Tensor, dtype: str) -> torch.Tensor:
    """As :meth:`.number_formats.Format.ulp`, for each of these float64 numbers."""
    form = FORMATS[dtype]
    exponents = torch.frexp(numbers.abs())[1].to(torch.int64) - 1
    exponents = torch.where(numbers == 0, form.emin, exponents).clamp(form.emin, form.emax)
    exponents = torch.where(numbers.isfinite(), exponents, form.emax)
    two = torch.tensor(2.0, dtype=torch.float64)
    return torch.pow(two, (exponents - form.precision + 1).double()).clamp(min=5e-324)


def far_apart(a: bytes, b: bytes, dtype: str, steps: float) -> list[int]:
    """The components that are more than so many representable steps apart."""
    found: Any = torch.nonzero(distances(components(a, dtype), components(b, dtype)) > steps).flatten().tolist()
    return found  # type: ignore[no-any-return]
