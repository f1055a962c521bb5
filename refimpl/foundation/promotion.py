"""Type promotion: which dtype an operation on several operands is evaluated in.

torch ranks operands in three levels: tensors with dimensions, 0-d tensors, and Python numbers. Within a level the dtypes promote by the table
below. A lower level matters only if its category (bool < integer < floating point < complex) is higher than that of
the levels above: then its dtype joins; otherwise it is ignored.

>>> from refimpl import tensor, float64
>>> (tensor([1, 2]) + 0.5).dtype                             # a Python float raises integers to the default dtype
torch.float32
>>> (tensor([1.0]) + tensor(2.0, dtype=float64)).dtype       # a 0-d tensor of the same category does not count
torch.float32
"""

from __future__ import annotations

from typing import Any, Iterable

from .dtypes import (
    all_dtypes,
    bfloat16,
    bool_,
    complex32,
    complex64,
    complex128,
    default_complex,
    dtype,
    float8,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    uint8,
    wide_unsigned,
)  # fmt: skip

# The upper triangle of torch's promotion table, in the order b8 u1 i1 i2 i4 i8 f2 bf f4 f8 c4 c8.
_order = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
_names = {
    "b8": bool_, "u1": uint8, "i1": int8, "i2": int16, "i4": int32, "i8": int64,
    "f2": float16, "bf": bfloat16, "f4": float32, "f8": float64, "c4": complex64, "c8": complex128,
}  # fmt: skip
_rows = """
    b8 u1 i1 i2 i4 i8 f2 bf f4 f8 c4 c8
       u1 i2 i2 i4 i8 f2 bf f4 f8 c4 c8
          i1 i2 i4 i8 f2 bf f4 f8 c4 c8
             i2 i4 i8 f2 bf f4 f8 c4 c8
                i4 i8 f2 bf f4 f8 c4 c8
                   i8 f2 bf f4 f8 c4 c8
                      f2 f4 f4 f8 c4 c8
                         bf f4 f8 c4 c8
                            f4 f8 c4 c8
                               f8 c8 c8
                                  c4 c8
                                     c8
"""


class _Table(dict[tuple[dtype, dtype], dtype]):
    """The common dtype of each pair. The dtypes of limited support have one with few others."""

    def __missing__(self, pair: tuple[dtype, dtype]) -> dtype:
        first, second = pair
        if first in float8 or second in float8:
            raise RuntimeError(f"Promotion for Float8 Types is not supported, attempted to promote {first.type_name} and {second.type_name}")
        raise RuntimeError("Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
                           f"{first.type_name} and {second.type_name}")


_table = _Table()
for _i, _row in enumerate(_rows.strip().splitlines()):
    for _j, _name in enumerate(_row.split()):
        _a, _b = _order[_i], _order[_i + _j]
        _table[_a, _b] = _table[_b, _a] = _names[_name]
for _a in wide_unsigned:
    _table[_a, _a] = _a
    for _b in (float16, bfloat16, float32, float64):
        _table[_a, _b] = _table[_b, _a] = _b
for _a in float8:
    _table[_a, _a] = _a
for _b in all_dtypes:
    _table[complex32, _b] = _table[_b, complex32] = complex32 if _b.category < 2 or _b is float16 else _b.to_complex() if _b.category == 2 else _b
_table[complex32, complex32] = complex32


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype to which both can be promoted (the table alone, no ranks).

    RuntimeError for uint16, uint32 and uint64 beside all but themselves and the real floating point dtypes, and for the floats of 8 bits beside all
    but themselves.
    """
    return _table[type1, type2]


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of dtype ``from_`` may be stored in ``to``: never in a lower category (bool < integer < floating point < complex)."""
    return from_.category <= to.category


def number_dtype(value: Any) -> dtype:
    """The dtype that a Python number stands for: bool, int64, the default dtype, or its complex dtype."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 64:
            raise OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")
        return int64
    if isinstance(value, float):
        return get_default_dtype()
    if isinstance(value, complex):
        return default_complex()
    raise TypeError(f"expected a number, got {type(value).__name__}")


def promote(dimensioned: Iterable[dtype], zero_dim: Iterable[dtype], numbers: Iterable[dtype]) -> dtype:
    """torch's rule over the three levels (see the module's first paragraphs)."""
    result: dtype | None = None
    for level in (dimensioned, zero_dim, numbers):
        joined: dtype | None = None
        for d in level:
            joined = d if joined is None else _table[joined, d]
        if joined is None:
            continue
        if result is None:
            result = joined
        elif joined.category > result.category:
            # a complex number or 0-d tensor turns floats complex without changing their precision
            if result.category == 2:
                result = result.to_complex() if joined is complex32 else result.to_computed_complex()
            else:
                result = joined if joined.category == 3 else _table[result, joined]
    if result is None:
        raise ValueError("promotion needs at least one operand")
    return result


__all__ = ["promote_types", "can_cast", "number_dtype", "promote", "all_dtypes"]
