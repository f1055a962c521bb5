"""Known differences in the sign of a zero."""

from __future__ import annotations

from ..cases.case import Case
from ..cases.deviation import Deviation
from .entry import KnownDifference, complex_number, operands_at


def _at_a_zero(case: Case, deviation: Deviation) -> bool:
    """Both results are zero, and so is the end."""
    if complex_number(deviation.expected) != 0 or complex_number(deviation.got) != 0:
        return False
    operands = operands_at(case, int(deviation.details.get("element", 0)))
    return len(operands) > 1 and operands[1] == 0


ZEROS: list[KnownDifference] = [
    KnownDifference(
        "end-at-a-zero", ("lerp",), ("values",), "the end is zero, and so is the result",
        "torch takes one formula for several elements at once and another for one: the sign of the zero differs",
        "import torch\n\nx = torch.full((16,), -0.0, dtype=torch.float64)\nweight = torch.ones(16, dtype=torch.float64)\n"
        "assert not torch.lerp(x, x, weight)[0].signbit() and torch.lerp(x[:1], x[:1], weight[:1]).signbit()\n", _at_a_zero, open=True,
    ),
]  # fmt: skip
