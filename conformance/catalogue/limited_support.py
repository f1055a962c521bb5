"""The rows that draw dtypes of limited support too: what moves, makes and compares elements, and what casts them before it computes.

Each of these rows draws one dtype of a group, not all of them: what is special about one of a group shows in casts, which are tested bit by bit.
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from ..cases.case import FLOAT8, HALF_COMPLEX, UNSIGNED
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
_HALF_COMPLEX = """
    clone copy_ contiguous to type_as chalf cfloat cdouble half float bool
    view reshape transpose permute select narrow diagonal unbind split flatten as_strided real imag view_as_real conj resolve_conj conj_physical
    __getitem__ index_select masked_select index_copy index_fill masked_fill cat stack roll repeat tile where eq ne fill_ zero_
    zeros_like empty_like full_like new_zeros select_copy slice_scatter diag_embed tril triu nonzero count_nonzero
    add sub mul neg abs any all isnan isinf isfinite isreal
    tolist item __repr__ numel element_size
"""
_FLOAT8 = """
    clone copy_ contiguous to type_as float double half bfloat16 bool
    view reshape transpose permute squeeze unsqueeze expand select narrow diagonal unfold unbind split chunk movedim flatten as_strided
    __getitem__ index_select masked_select cat stack roll repeat tile repeat_interleave where eq ne fill_ zero_
    zeros_like ones_like empty_like full_like new_zeros new_full
    select_copy transpose_copy slice_scatter diag_embed diagflat meshgrid constant_pad_nd embedding
    mul abs mm addmm any all isnan isreal float_power
    tolist item __repr__ numel element_size
"""


def extend() -> None:
    """Add a dtype to each of these rows."""
    for names, group in ((_UNSIGNED, UNSIGNED), (_FLOAT8, FLOAT8), (_HALF_COMPLEX, HALF_COMPLEX)):
        for name in names.split():
            row = TABLE[name]
            TABLE[name] = replace(row, limited=(*row.limited, group[crc32(name.encode()) % len(group)]))
