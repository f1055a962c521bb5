"""The names of element types in C++, which some of torch's messages print."""

from __future__ import annotations

from .dtypes import dtype

_c_names = {
    "bool": "bool", "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t",
    "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
    **{f"float8_{form}": f"c10::Float8_{form}" for form in ("e4m3fn", "e5m2", "e4m3fnuz", "e5m2fnuz")},
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex32": "c10::complex<c10::Half>", "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip
_spelled = {
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int64": "long int", "uint16": "short unsigned int",
    "uint32": "unsigned int", "uint64": "long unsigned int",
}  # fmt: skip


def c_name(d: dtype) -> str:
    """The name of the element type in C++."""
    return _c_names[d.name]


def spelled_c_name(d: dtype) -> str:
    """:func:`c_name` with the integer types spelled out."""
    return _spelled.get(d.name) or c_name(d)
