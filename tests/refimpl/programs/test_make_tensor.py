"""torch.testing.make_tensor: torch's numbers for a seed, and torch's refusals."""

from __future__ import annotations

import pytest
from outcomes import same

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32", "float64", "complex64",
          "complex128", "float8_e4m3fn", "float8_e5m2")  # fmt: skip
OPTIONS = [
    {}, {"low": 0}, {"low": -2.5, "high": 3.5}, {"high": 1}, {"low": 1, "high": 1}, {"low": 5, "high": 2}, {"low": float("nan")},
    {"noncontiguous": True}, {"exclude_zero": True}, {"requires_grad": True}, {"memory_format": "channels_last"},
    {"memory_format": "contiguous_format", "noncontiguous": True}, {"low": float("-inf"), "high": float("inf")},
    {"low": -(10**40), "high": -(10**39)},    {"low": 0, "high": 2, "exclude_zero": True}, {"low": 300, "high": 400},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_and_refusals_are_torchs(dtype, options):
    def run(torch, shape):
        torch.manual_seed(1234)
        given = {key: getattr(torch, value) if key == "memory_format" else value for key, value in options.items()}
        return torch.testing.make_tensor(*shape, dtype=getattr(torch, dtype), device="cpu", **given)

    kernel_refuses = dtype in ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2") and "exclude_zero" in options
    shapes = [(7,)] if kernel_refuses else [((2, 1, 2, 3),)] if "memory_format" in options else [(7,), ((2, 3),), ([],), (0, 2)]
    for shape in shapes:
        same(lambda torch, shape=shape: run(torch, shape))
