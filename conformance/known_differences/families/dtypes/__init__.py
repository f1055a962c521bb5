"""The known differences of dtypes that few operations support, a file for each kind."""

from __future__ import annotations

from ...entry import KnownDifference
from .eight_bits import ENTRIES as _EIGHT_BITS
from .half_complex import ENTRIES as _HALF_COMPLEX

ENTRIES: list[KnownDifference] = [*_EIGHT_BITS, *_HALF_COMPLEX]
