"""Known differences between torch's own loops: what a result is depends on whether a vector register is filled."""

from __future__ import annotations

import math

from ..accuracy.number_formats import round_to
from ..cases.case import Case
from ..cases.deviation import Deviation
from .entry import KnownDifference, complex_number, dtype_of, finite, operands_at


def _truncated_half(case: Case, deviation: Deviation) -> bool:
    """One result is the truncated quotient, the other truncates the quotient that is rounded to 16 bits."""
    dtype = dtype_of(deviation)
    if dtype not in ("float16", "bfloat16") or case.kwargs.get("rounding_mode") != "trunc" or not finite(deviation.expected):
        return False
    numbers = [operand for operand in operands_at(case, int(deviation.details.get("element", 0))) if not isinstance(operand, complex)]
    numbers += [value for value in (*case.args, case.kwargs.get("other")) if isinstance(value, (int, float))]
    if len(numbers) != 2 or not numbers[1]:
        return False
    quotient = numbers[0] / numbers[1]
    both = {round_to(float(math.trunc(quotient)), dtype), float(math.trunc(round_to(quotient, dtype)))} if math.isfinite(quotient) else set()
    return {complex_number(deviation.expected).real, complex_number(deviation.got).real} <= both


LOOPS: list[KnownDifference] = [
    KnownDifference(
        "truncated-half", ("div", "divide"), ("values",),
        'float16 and bfloat16, rounding_mode="trunc", a quotient that 16 bits round up to an integer',
        "torch truncates the exact quotient where the divisor is one number, and the quotient that has been rounded to 16 bits where a vector "
        "register is filled from both operands",
        "import torch\n\na, b = torch.tensor([-2.751953125], dtype=torch.float16), torch.tensor([0.458740234375], dtype=torch.float16)  # -5.9989\n"
        'alone, many = torch.div(a, b[0], rounding_mode="trunc"), torch.div(a.repeat(64), b.repeat(64), rounding_mode="trunc")\n'
        "assert alone[0] == -5 and many[0] == -6\n", _truncated_half, open=True,
    ),
]  # fmt: skip
