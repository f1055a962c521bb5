"""The known differences of views, of their copies, and of sequences of elements: a file each, which is found by itself."""

from __future__ import annotations

from ...entry import KnownDifference
from .activations import ENTRIES as _ACTIVATIONS
from .attention import ENTRIES as _ATTENTION
from .normalisation import ENTRIES as _NORMALISATION

ENTRIES: list[KnownDifference] = [*_ACTIVATIONS, *_ATTENTION, *_NORMALISATION]
