"""Known differences of recurrent networks."""

from __future__ import annotations

from ...accuracy.number_formats import FORMATS, is_float
from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number, dtype_of, finite, numbers, size

_MANY = 64.0  # roundings on the way


def _narrower_gates(case: Case, deviation: Deviation) -> bool:
    """A result, or a gradient, that is off by roundings of the gates, whose dtype is narrower than its own."""
    specs = case.tensors()
    dtype = dtype_of(deviation)
    if len(specs) < 3 or not all(is_float(spec.dtype) for spec in specs) or not is_float(dtype):
        return False
    gates, state = specs[0].dtype, specs[2]
    if state.dtype == gates or not finite(deviation.expected) or not finite(deviation.got):
        return False
    largest = max([1.0, size(deviation.expected), *[abs(value) for value in numbers(case, state)]])
    away = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return away <= _MANY * FORMATS[gates].unit_roundoff * largest


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "lstm-gates-of-a-narrower-dtype", ("lstm_cell",), ("values", "gradients"), "a state c of another dtype than the input",
        "the gates are evaluated, and rounded, in the input's dtype, and the result has the wider one: how they have been rounded shows in it",
        "import torch\n\nx, w = torch.ones(1, 1), torch.ones(4, 1)\nc = torch.ones(1, 1, dtype=torch.float64)\n"
        "narrow = torch.lstm_cell(x, (x, c), w, w)[1]\nwide = torch.lstm_cell(x.double(), (c, c), w.double(), w.double())[1]\n"
        "assert narrow.dtype == torch.float64 and 0 < (narrow - wide).abs() < 1e-6\n",
        _narrower_gates,
        open=True,
    ),
]
