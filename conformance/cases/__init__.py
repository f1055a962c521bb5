"""Cases: calls of operations as plain data. What a backend's author imports from here keeps its path."""

from .case import (
    COMPLEX,
    DTYPES,
    EVERY_INTEGER,
    FLOATS,
    INTEGERS,
    ITEMSIZE,
    ArraySpec,
    Case,
    Constant,
    Device,
    DType,
    GeneratorSpec,
    Slice,
    TensorSpec,
    canonical,
    contiguous_strides,
    element_offsets,
    elements,
    iterate_tensors,
    map_values,
)

__all__ = [
    "ArraySpec", "COMPLEX", "DTYPES", "FLOATS", "INTEGERS", "ITEMSIZE", "Case", "Constant", "DType", "Device", "GeneratorSpec", "Slice", "TensorSpec",
    "canonical", "contiguous_strides", "element_offsets", "elements", "iterate_tensors", "map_values",
]  # fmt: skip
