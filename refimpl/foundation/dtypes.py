"""Data types: the dtypes, their limits, and the default dtype.

A :class:`dtype` is an immutable constant, compared by identity, whose ``repr`` is torch's
(``torch.float32``), so that a program that prints a dtype prints what torch prints.

Twelve of them are what operations compute in, all unless their page says otherwise (:data:`all_dtypes`). The others have limited support
(``limited``): tensors hold them, copy them, and cast to and from them, and a page names those of them that it supports beyond that.
"""

from __future__ import annotations

from typing import Any

from ..signatures.matching import Door
from ..signatures.types import enter, python_dtypes

__all__ = ["dtype", "finfo", "iinfo", "get_default_dtype", "set_default_dtype", "all_dtypes", "stored_dtypes"]


@enter("dtype")
class dtype:
    """The type of a tensor's elements.

    >>> float32.itemsize, float32.is_floating_point, complex64.to_real()
    (4, True, torch.float32)

    ``category`` orders the dtypes for promotion: 0 bool, 1 integer, 2 floating point, 3 complex.
    ``type_name`` is the name that torch's error messages use ("Float" for float32). ``limited``: few operations support it.
    """

    __slots__ = ("name", "itemsize", "category", "is_signed", "type_name", "is_floating_point", "is_complex", "real", "limited")

    name: str
    itemsize: int
    category: int
    is_signed: bool
    type_name: str
    is_floating_point: bool
    is_complex: bool
    real: dtype
    limited: bool

    def __init__(self, name: str, itemsize: int, category: int, type_name: str, is_signed: bool = True, real: dtype | None = None,
                 limited: bool = False) -> None:
        self.name = name
        self.itemsize = itemsize
        self.category = category
        self.type_name = type_name
        self.is_signed = is_signed
        self.is_floating_point = category == 2
        self.is_complex = category == 3
        self.real = self if real is None else real
        self.limited = limited

    __module__ = "refimpl"  # where pickle finds the constants

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name

    def to_real(self) -> dtype:
        """The dtype of the real part: float16 for complex32, float32 for complex64, float64 for complex128, else itself."""
        return self.real

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this dtype's precision; complex64 for bfloat16. RuntimeError for integers, bool and floats of 8 bits."""
        if self.category < 2 or self.itemsize == 1:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.type_name}")
        return {float64: complex128, float16: complex32}.get(self.real, complex64)

    def to_computed_complex(self) -> dtype:
        """The complex dtype of a computation that begins with this real one: :meth:`to_complex`, but complex64 for float16, as few operations
        compute in complex32."""
        return complex64 if self is float16 else self.to_complex()


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

uint16 = dtype("uint16", 2, 1, "UInt16", is_signed=False, limited=True)
uint32 = dtype("uint32", 4, 1, "UInt32", is_signed=False, limited=True)
uint64 = dtype("uint64", 8, 1, "UInt64", is_signed=False, limited=True)
float8_e4m3fn = dtype("float8_e4m3fn", 1, 2, "Float8_e4m3fn", limited=True)
float8_e5m2 = dtype("float8_e5m2", 1, 2, "Float8_e5m2", limited=True)
float8_e4m3fnuz = dtype("float8_e4m3fnuz", 1, 2, "Float8_e4m3fnuz", limited=True)
float8_e5m2fnuz = dtype("float8_e5m2fnuz", 1, 2, "Float8_e5m2fnuz", limited=True)
complex32 = dtype("complex32", 4, 3, "ComplexHalf", real=float16, limited=True)


def _no_more(cls: Any, *args: Any, **kwargs: Any) -> Any:
    raise TypeError("cannot create 'torch.dtype' instances")


def _not_writable(self: dtype, name: str, value: Any) -> None:
    raise AttributeError(f"attribute '{name}' of 'torch.dtype' objects is not writable")


# From here on, there are these dtypes and no others.
dtype.__new__ = _no_more  # type: ignore[assignment]
dtype.__setattr__ = _not_writable  # type: ignore[assignment]

all_dtypes = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
wide_unsigned = (uint16, uint32, uint64)
float8 = (float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz)
without_infinities = (float8_e4m3fn, float8_e4m3fnuz, float8_e5m2fnuz)
narrow_floats = (float16, bfloat16, *float8)
stored_dtypes = (*all_dtypes, *wide_unsigned, *float8, complex32)  # what the elements of a tensor can be


class Limited:
    """Whether there has been any tensor of a dtype of limited support, so that calls in a program without them need not look."""

    met = False


# torch's other names for the same constants
aliases = {
    "bool": bool_,
    "short": int16,
    "int": int32,
    "long": int64,
    "half": float16,
    "float": float32,
    "double": float64,
    "chalf": complex32,
    "cfloat": complex64,
    "cdouble": complex128,
}


# Python's types, which stand for the dtypes of their numbers
of_python: dict[Any, dtype] = {bool: bool_, int: int64, float: float64, complex: complex128}
python_dtypes.update(of_python)


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
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    if d.limited:
        raise TypeError(f"couldn't find storage object {d.type_name}Storage")
    _Default.dtype = d


def default_complex() -> dtype:
    """The complex dtype that goes with the default dtype (complex64 for float16 and bfloat16 too)."""
    return _Default.dtype.to_computed_complex()


_ranges: dict[dtype, tuple[Any, Any]] = {}


def range_of(d: dtype) -> tuple[Any, Any]:
    """The least and the largest finite number of a dtype (0 and 1 for bool; of a complex dtype, those of its parts)."""
    if d not in _ranges:
        info: Any = finfo(d) if d.category > 1 else iinfo(d) if d.category else None
        _ranges[d] = (info.min, info.max) if info else (0, 1)
    return _ranges[d]


class _Info:
    """What the limits of dtypes have in common: they compare equal if they are equal, and can be neither written, hashed nor pickled."""

    __slots__ = ("_values",)
    _values: dict[str, Any]
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name == "_values" or name not in self._values:
            raise AttributeError(f"'torch.{type(self).__name__}' object has no attribute '{name}'")
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.{type(self).__name__}' objects is not writable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values == other._values

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle 'torch.{type(self).__name__}' object")

    def __repr__(self) -> str:
        shown = (f"{name}={value:g}" for name, value in self._values.items() if name not in ("bits", "dtype"))
        return f"{type(self).__name__}({', '.join(shown)}, dtype={self._values['dtype']})"


_finfo = Door("finfo", False, ("type",), (), {})
_iinfo = Door("iinfo", False, ("type",), (), {})


class finfo(_Info):
    """The limits of a floating point dtype (the default one unless given), as Python floats; of a complex dtype, those of its parts.

    ``eps`` is the gap between 1 and the next larger number (twice the unit roundoff), ``tiny`` =
    ``smallest_normal`` the least positive normal number, ``resolution`` = 10**-precision.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    >>> finfo(float16)
    finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, smallest_normal=6.10352e-05, tiny=6.10352e-05, dtype=float16)
    """

    __slots__ = ()
    resolution: float
    min: float
    max: float
    eps: float
    smallest_normal: float
    tiny: float
    bits: int
    dtype: str

    # (significand bits without the hidden one, least exponent of a normal number, largest number, decimal digits)
    _formats = {
        "float8_e4m3fn": (3, -6, 448.0, 0),
        "float8_e5m2": (2, -14, 57344.0, 0),
        "float8_e4m3fnuz": (3, -7, 240.0, 0),
        "float8_e5m2fnuz": (2, -15, 57344.0, 0),
        "float16": (10, -14, 65504.0, 3),
        "bfloat16": (7, -126, (2.0 - 2.0**-7) * 2.0**127, 2),
        "float32": (23, -126, (2.0 - 2.0**-23) * 2.0**127, 6),
        "float64": (52, -1022, (2.0 - 2.0**-52) * 2.0**1023, 15),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        (d,) = _finfo.parse(args, kwargs)[0] or (get_default_dtype(),)
        if d.category < 2:
            raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
        fraction, exponent, largest, digits = self._formats[d.real.name]
        tiny = 2.0**exponent
        values = {"resolution": float(f"1e-{digits}"), "min": -largest, "max": largest, "eps": 2.0**-fraction, "smallest_normal": tiny, "tiny": tiny}
        object.__setattr__(self, "_values", {**values, "bits": 8 * d.real.itemsize, "dtype": d.real.name})


class iinfo(_Info):
    """The limits of an integer dtype.

    >>> iinfo(int8).max
    127
    >>> iinfo(int64)
    iinfo(min=-9.22337e+18, max=9.22337e+18, dtype=int64)
    """

    __slots__ = ()
    min: int
    max: int
    bits: int
    dtype: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        (d,) = _iinfo.parse(args, kwargs)[0]
        if d.category > 1:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if d is bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        bits = 8 * d.itemsize
        low = -(1 << (bits - 1)) if d.is_signed else 0
        object.__setattr__(self, "_values", {"min": low, "max": low + (1 << bits) - 1, "bits": bits, "dtype": d.name})
