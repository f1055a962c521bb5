"""Known differences of complex32."""

from __future__ import annotations

import math

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, dtype_of, numbers


def _infinite_parts(case: Case, deviation: Deviation) -> bool:
    values = [v for spec in case.tensors() if spec.dtype == "complex32" for v in numbers(case, spec)]
    values += [v for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float, complex))]
    return dtype_of(deviation) == "complex32" and any(not math.isfinite(part) for v in map(complex, values) for part in (v.real, v.imag))


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "sums-of-infinite-complex-halves", ("add", "sub", "rsub", "__add__", "__sub__", "__iadd__", "__isub__"), ("values",),
        "complex32, a part that is infinite or NaN",
        "torch multiplies by alpha = 1 as a complex number, and 0 times an infinite part is NaN; in complex64 it adds the parts",
        "import torch\n\nx = torch.tensor([complex(float('inf'), 1)]).to(torch.complex32)\n"
        "assert (x.new_zeros(1) - x).imag.isnan().all()  # exactly -1\n",
        _infinite_parts,
    ),
]
