"""Floats of 8 bits and complex32 on the devices of gpu_backend against refimpl's own kernels: bit patterns, numbers around the bounds of rounding."""

from __future__ import annotations

from array import array
from math import inf, nan, nextafter

import pytest

import gpu_backend
from refimpl.cpu import CPU
from refimpl.foundation import dtypes
from refimpl.foundation.dtypes import complex32, float16, float32, float64, int8, int64
from refimpl.foundation.eight_bits import ROUNDINGS
from refimpl.foundation.kernels import View, find_kernels

DEVICES = [name.split(":")[0] for name in gpu_backend.register() if name.endswith(":0")]
OTHERS = (dtypes.bool_, float16, dtypes.bfloat16, float32, float64, dtypes.complex64)


def copied(kernels, octets, source, target):
    """The elements with these bytes, cast to another dtype on a device."""
    count = len(octets) // source.itemsize
    out = View(kernels.allocate(count * target.itemsize), 0, (count,), (1,), target)
    kernels.copy(out, View(kernels.from_bytes(octets), 0, (count,), (1,), source))
    return repr(kernels.tolist(out))


@pytest.mark.parametrize("d", dtypes.float8, ids=lambda d: d.name)
@pytest.mark.parametrize("device", DEVICES)
def test_every_bit_pattern_is_the_same_number(device, d):
    octets = bytes(range(256))
    for target in (*OTHERS, *dtypes.float8):
        assert copied(find_kernels(device, 0), octets, d, target) == copied(CPU, octets, d, target), target


@pytest.mark.parametrize("d", dtypes.float8, ids=lambda d: d.name)
@pytest.mark.parametrize("device", DEVICES)
def test_every_number_is_rounded_to_the_same_one(device, d):
    around = [y for x in ROUNDINGS[d].bounds for y in (x, nextafter(x, inf), nextafter(x, -inf), x * (1 + 2**-30))]
    numbers = array("d", [0.0, -0.0, nan, inf, -inf, 1e300, -1e300, 5e-324, *around])
    integers = array("q", [0, 1, 17, 19, 449, -465, 61440, 2**31, -(2**63), 2**63 - 1])
    for octets, source in (
        (numbers.tobytes(), float64),
        (array("f", [x for x in numbers if abs(x) < 1e38]).tobytes(), float32),
        (array("H", range(65536)).tobytes(), float16),
        (array("H", range(65536)).tobytes(), dtypes.bfloat16),
        (integers.tobytes(), int64),
        (bytes(range(256)), int8),
    ):
        assert copied(find_kernels(device, 0), octets, source, d) == copied(CPU, octets, source, d), source


@pytest.mark.parametrize("device", DEVICES)
def test_complex32_is_cast_alike(device):
    halves = array("H", [*range(0, 65536, 7), *range(0, 65536, 7)]).tobytes()
    for target in (*OTHERS, dtypes.complex128):
        assert copied(find_kernels(device, 0), halves, complex32, target) == copied(CPU, halves, complex32, target), target
    numbers = array("d", [0.0, -0.0, nan, inf, -inf, 65519.9, 65520.0, 1 + 2**-11, 1 + 2**-11 + 2**-40, 2**-25, 1e-9, -2.5]).tobytes()
    for source in (float64, dtypes.complex128):
        assert copied(find_kernels(device, 0), numbers, source, complex32) == copied(CPU, numbers, source, complex32), source
