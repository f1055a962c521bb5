"""The known differences of views, of their copies, and of sequences of elements, a file for each kind of operation."""

from __future__ import annotations

from ...entry import KnownDifference
from .finite_differences import ENTRIES as _FINITE_DIFFERENCES
from .replaced_views import ENTRIES as _REPLACED_VIEWS
from .segments import ENTRIES as _SEGMENTS

ENTRIES: list[KnownDifference] = [*_FINITE_DIFFERENCES, *_REPLACED_VIEWS, *_SEGMENTS]
