"""Known differences in the values of quotients and divisors."""

from __future__ import annotations

from ..cases.case import EVERY_INTEGER, ITEMSIZE, Case
from ..cases.deviation import Deviation
from .entry import KnownDifference, dtype_of, numbers, size


def _truncated_after_rounding(case: Case, deviation: Deviation) -> bool:
    a, b = size(deviation.expected), size(deviation.got)
    sixteen_bits = dtype_of(deviation) in ("float16", "bfloat16")
    return sixteen_bits and case.kwargs.get("rounding_mode", case.args[-1]) == "trunc" and abs(a - b) <= max(1.0, max(a, b) * 2.0**-7)


def _smallest_integer(case: Case, deviation: Deviation) -> bool:
    smallest = any(spec.dtype in EVERY_INTEGER and -(2 ** (8 * ITEMSIZE[spec.dtype] - 1)) in numbers(case, spec) for spec in case.tensors())
    return smallest and deviation.expected == f"-{deviation.got}"


QUOTIENTS: list[KnownDifference] = [
    KnownDifference(
        "truncated-quotients-of-16-bits", ("div", "divide"), ("values",),
        'float16 and bfloat16, rounding_mode="trunc", a quotient next to an integer',
        "torch rounds the quotient to 16 bits before it cuts it off where it takes several elements at once, and does not for a divisor of one "
        "element or for the rest of a tensor; refimpl rounds it",
        "import torch\n\nx, y = torch.full((8,), 1.005859375).half(), torch.full((8,), -0.0034580230712890625).half()\n"
        "assert torch.div(x, y, rounding_mode='trunc')[0] == -291 and torch.div(x, y[:1], rounding_mode='trunc')[0] == -290\n",
        _truncated_after_rounding,
    ),
    KnownDifference(
        "gcd-of-the-smallest-integer", ("gcd",), ("values",), "the smallest integer of a dtype",
        "it has no absolute value in its dtype, and torch goes on with a negative number: the divisor may be negative",
        "import torch\n\nx = torch.tensor([-128], dtype=torch.int8)\nassert torch.gcd(x, torch.tensor([6], dtype=torch.int8)) == -2\n",
        _smallest_integer,
    ),
]
