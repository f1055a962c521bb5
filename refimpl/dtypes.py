"""Data types: the twelve dtypes, their limits, and the default dtype.

A :class:`dtype` is an immutable constant, compared by identity, whose ``repr`` is torch's
(``torch.float32``), so that a program that prints a dtype prints what torch prints.
"""

from __future__ import annotations

__all__ = ["dtype", "finfo", "iinfo", "get_default_dtype", "set_default_dtype", "all_dtypes"]


class dtype:
    """The type of a tensor's elements.

    ``category`` orders the dtypes for promotion: 0 bool, 1 integer, 2 floating point, 3 complex.
    ``type_name`` is the name that torch's error messages use ("Float" for float32).
    ``compute`` names the precision in which torch evaluates one element: the dtype itself, except
    that the 16-bit floats are evaluated in float32.
    """

    __slots__ = ("name", "itemsize", "category", "is_signed", "type_name", "is_floating_point", "is_complex", "real")

    name: str
    itemsize: int
    category: int
    is_signed: bool
    type_name: str
    is_floating_point: bool
    is_complex: bool
    real: "dtype"

    def __init__(self, name: str, itemsize: int, category: int, type_name: str, is_signed: bool = True, real: dtype | None = None) -> None:
        self.name = name
        self.itemsize = itemsize
        self.category = category
        self.type_name = type_name
        self.is_signed = is_signed
        self.is_floating_point = category == 2
        self.is_complex = category == 3
        self.real = self if real is None else real

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name

    def to_real(self) -> dtype:
        """The dtype of the real part: float32 for complex64, float64 for complex128, else itself."""
        return self.real

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this dtype's precision."""
        return {"float32": complex64, "float64": complex128, "complex64": complex64, "complex128": complex128}.get(
            self.name, complex64
        )


bool_ = dtype("bool", 1, 0, "Bool", is_signed=False)
uint8 = dtype("uint8", 1, 1, "Byte", is_signed=False)
int8 = dtype("int8", 1, 1, "Char")
int16 = dtype("int16", 2, 1, "Short")
int32 = dtype("int32", 4, 1, "Int")
int64 = dtype("int64", 8, 1, "Long")
float16 = dtype("float16", 2, 2, "Half")
bfloat16 = dtype("bfloat16", 2, 2, "BFloat16")
float32 = dtype("float32", 4, 2, "Float")
float64 = dtype("float64", 8, 2, "Double")
complex64 = dtype("complex64", 8, 3, "ComplexFloat", real=float32)
complex128 = dtype("complex128", 16, 3, "ComplexDouble", real=float64)

all_dtypes = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)

# torch's other names for the same constants
aliases = {
    "bool": bool_,
    "short": int16,
    "int": int32,
    "long": int64,
    "half": float16,
    "float": float32,
    "double": float64,
    "cfloat": complex64,
    "cdouble": complex128,
}


class _Default:
    """The default floating point dtype: one of the four pieces of global state."""

    dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of ``tensor(1.5)``: float32, unless :func:`set_default_dtype` changed it.

    >>> get_default_dtype()
    torch.float32
    """
    return _Default.dtype


def set_default_dtype(d: dtype) -> None:
    """Make ``d`` the dtype of tensors created from Python floats; complex numbers get the complex dtype of its precision."""
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object")
    if not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    _Default.dtype = d


def default_complex() -> dtype:
    """The complex dtype that goes with the default dtype (complex64 for float16 and bfloat16 too)."""
    return _Default.dtype.to_complex()


class finfo:
    """The limits of a floating point dtype, as Python floats; of a complex dtype, those of its parts.

    ``eps`` is the gap between 1 and the next larger number (twice the unit roundoff), ``tiny`` =
    ``smallest_normal`` the least positive normal number, ``resolution`` = 10**-precision.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """

    # (bits, significand bits without the hidden one, largest exponent, decimal digits)
    _formats = {
        "float16": (16, 10, 15, 3),
        "bfloat16": (16, 7, 127, 2),
        "float32": (32, 23, 127, 6),
        "float64": (64, 52, 1023, 15),
    }

    def __init__(self, type: dtype | None = None) -> None:
        d = get_default_dtype() if type is None else type
        if not isinstance(d, dtype):
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.{d}'")
        if d.category < 2:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{d}'")
        bits, fraction, exponent, digits = self._formats[d.real.name]
        self.dtype = d.real.name
        self.bits = bits
        self.eps = 2.0**-fraction
        self.max = (2.0 - self.eps) * 2.0**exponent
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - exponent)
        self.resolution = float(f"1e-{digits}")

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer dtype.

    >>> iinfo(int8).max
    127
    """

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype) or type.category != 1:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'")
        self.dtype = type.name
        self.bits = 8 * type.itemsize
        self.min = -(1 << (self.bits - 1)) if type.is_signed else 0
        self.max = (1 << (self.bits - 1)) - 1 if type.is_signed else (1 << self.bits) - 1

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
