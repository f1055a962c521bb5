"""The known differences of what networks are built from, a file for each kind of operation."""

from __future__ import annotations

from ...entry import KnownDifference
from .activations import ENTRIES as _ACTIVATIONS
from .affine_grids import ENTRIES as _AFFINE_GRIDS
from .attention import ENTRIES as _ATTENTION
from .interpolation import ENTRIES as _INTERPOLATION
from .normalisation import ENTRIES as _NORMALISATION
from .recurrent import ENTRIES as _RECURRENT
from .sampling import ENTRIES as _SAMPLING

ENTRIES: list[KnownDifference] = [*_ACTIVATIONS, *_AFFINE_GRIDS, *_ATTENTION, *_INTERPOLATION, *_NORMALISATION, *_RECURRENT, *_SAMPLING]
