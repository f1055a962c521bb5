"""Known differences of the floats of 8 bits."""

from __future__ import annotations

from ....cases.case import FLOAT8, Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, dtype_of


def _scaled(case: Case, deviation: Deviation) -> bool:
    refused = "mul_cpu_reduced_float" in deviation.expected and deviation.got == "a result"
    tensors = case.tensors()
    return refused and tensors[0].dtype in FLOAT8 and (len(tensors) < 2 or any(spec.numel == 1 for spec in tensors))


def _negative_zero(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) in FLOAT8 and deviation.expected == "-0.0" and deviation.got == "0.0"


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "floats-of-8-bits-times-a-number", ("mul", "__mul__", "__imul__"), ("errors",),
        "tensors of floats of 8 bits, one of them of a single element, or one of them and a number",
        "torch multiplies two tensors of such floats, but has a loop of its own for an operand of one element, which leaves these dtypes out",
        "import torch\n\nx = torch.ones(2, dtype=torch.float8_e5m2)\nassert (x * x).tolist() == [1.0, 1.0]\n"
        "try:\n    x * 2\n    raise SystemExit(1)\nexcept NotImplementedError as error:\n    assert 'mul_cpu_reduced_float' in str(error)\n",
        _scaled,
    ),
    KnownDifference(
        "absolute-negative-zero-of-8-bits", ("abs", "abs_", "__abs__"), ("values",), "-0.0 in float8_e4m3fn or float8_e5m2, dozens of elements",
        "torch's vectorized loop changes the sign of what is less than 0, which -0.0 is not; for few elements, and in all other dtypes, the sign "
        "bit is cleared",
        "import torch\n\nx = torch.full((256,), -0.0).to(torch.float8_e5m2)\nassert x[:1].abs().view(torch.uint8).tolist() == [0]\n"
        "assert (x.abs().view(torch.uint8) == 0x80).any()\n",
        _negative_zero,
    ),
]
