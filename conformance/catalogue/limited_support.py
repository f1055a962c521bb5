"""The rows that draw dtypes of limited support too: what moves, makes and compares elements, and what casts them before it computes.

Each of these rows draws one dtype of a group, not all of them: what is special about one of a group shows in casts, which are tested bit by bit.
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from ..cases.case import UNSIGNED
from .rows import TABLE

_UNSIGNED = """
    clone copy_ contiguous to type_as float double half bool int long
    view reshape transpose permute squeeze unsqueeze expand select narrow diagonal unfold unbind split chunk movedim flatten as_strided
    __getitem__ cat stack roll repeat tile where eq ne fill_ zero_ equal
    zeros_like ones_like empty_like full_like new_zeros new_full
    select_copy transpose_copy slice_scatter diag_embed meshgrid
    bitwise_and bitwise_or bitwise_xor mul true_divide exp sqrt sum prod mean any all cumsum isnan signbit floor
    tolist item __repr__ numel element_size
"""


def extend() -> None:
    """Add a dtype to each of these rows."""
    for name in _UNSIGNED.split():
        TABLE[name] = replace(TABLE[name], limited=(UNSIGNED[crc32(name.encode()) % len(UNSIGNED)],))
