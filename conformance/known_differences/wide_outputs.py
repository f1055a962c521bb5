"""Known differences in what is written into an output of more digits than the result has."""

from __future__ import annotations

from ..accuracy.number_formats import FORMATS, REAL, is_float
from ..cases.case import Case, TensorSpec
from ..cases.deviation import Deviation
from .entry import KnownDifference, complex_number, finite


def _more_digits(case: Case, deviation: Deviation) -> bool:
    """The output has more digits than the result, and the numbers agree to a few roundings of the result and of the sum."""
    input, out = case.tensors()[0], case.kwargs.get("out")
    if not isinstance(out, TensorSpec) or not (finite(deviation.expected) and finite(deviation.got)):
        return False
    unit = FORMATS[REAL.get(input.dtype, input.dtype) if is_float(input.dtype) else "float32"].unit_roundoff
    a, b = complex_number(deviation.expected), complex_number(deviation.got)
    return FORMATS[REAL.get(out.dtype, out.dtype)].unit_roundoff < unit and abs(a - b) <= 4 * unit * (1 + abs(b))


WIDE_OUTPUTS: list[KnownDifference] = [
    KnownDifference(
        "logsumexp-into-more-digits", ("logsumexp",), ("values",), "an output of more digits than the result",
        "torch rounds the exponentials to the input's dtype and the sum to the output's: more digits are written than the result has, and they are "
        "those of no rounding of it",
        "import torch\n\nx = torch.tensor([0.1, 0.2, 0.3])\nwritten = torch.logsumexp(x, 0, out=torch.empty((), dtype=torch.float64))\n"
        "assert written != torch.logsumexp(x, 0).double() and written != torch.logsumexp(x.double(), 0)\n", _more_digits,
    ),
]  # fmt: skip
