"""The text of a tensor as libtorch's C++ stream operator prints it: the format of torch for R and of TorchScript's ``print``.

A tensor is printed as a list of matrices, each in a format of its own, over the footer ``[ CPUFloatType{2,3} ]``. The
elements are printed as doubles; of complex numbers, only the real part is printed.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from ..foundation.kernels import View
from ..foundation.lazy_views import materialised

LINE_WIDTH = 80


class Format:
    """The format of the elements of one matrix: their width, their scale, and the style of a Python format.

    ``low`` and ``high`` are the decimal digits before the point of the least and of the greatest finite magnitude (1 for a
    zero). Integers of up to nine digits have six significant ones. Other numbers have four decimals, and are scientific where they
    span more than four powers of ten, and else divided by a common scale where ``high`` is not in 0..5.
    """

    def __init__(self, values: list[float]) -> None:
        finite = [v for v in values if math.isfinite(v)]
        magnitudes = [abs(v) for v in finite] or [1.0]
        low, high = _digits(min(magnitudes)), _digits(max(magnitudes))
        self.scale = 1.0
        if all(v.is_integer() for v in finite):
            self.style, self.width = ("g", high + 1) if high <= 9 else (".4e", 11)
        elif high - low > 4:
            self.style, self.width = ".4e", 12 if abs(high) > 99 or abs(low) > 99 else 11
        elif 0 <= high <= 5:
            self.style, self.width = ".4f", max(high, 1) + 6
        else:
            self.style, self.width = ".4f", 7
            self.scale = 10.0 ** (high - 1)

    def __call__(self, value: float) -> str:
        shown = value / self.scale
        return (format(shown, self.style) if shown == shown else _nan(value)).rjust(self.width)


def _digits(magnitude: float) -> int:
    return math.floor(math.log10(magnitude)) + 1 if magnitude else 1


def _nan(value: float) -> str:
    """C++ shows the sign of a NaN, where Python leaves it out."""
    return "-nan" if math.copysign(1.0, value) < 0 else "nan"


def _shortest(value: float) -> str:
    """The fewest digits that read back as the same double, without a bare point."""
    return repr(value).removesuffix(".0") if value == value else _nan(value)


def _values(view: View) -> list[float]:
    values: list[Any] = view.storage.kernels.tolist(view)
    return [v.real for v in values] if view.dtype.is_complex else [float(v) for v in values]


def _vector(values: list[float]) -> str:
    """One element a line."""
    element = Format(values)
    heading = "" if element.scale == 1 else f"{_shortest(element.scale)} *\n"
    return heading + "".join(element(v) + "\n" for v in values)


def _matrix(values: list[float], columns: int, indent: str = "") -> str:
    """Rows of elements, in groups of columns where the rows are too long for a line.

    The indent stands before every row but the first, and the rows behind a scale have another blank: both are libtorch's.
    """
    element = Format(values)
    rows = [values[i : i + columns] for i in range(0, len(values), columns)]
    group = (LINE_WIDTH - len(indent)) // (element.width + 1)
    texts = []
    for first in range(0, columns, group):
        last = min(first + group, columns)
        text = "" if columns <= group else f"Columns {first + 1} to {last}{indent}"
        separator = "\n" + indent
        if element.scale != 1:
            text += f"{_shortest(element.scale)} *\n{indent}"
            separator += " "
        texts.append(text + separator.join(" ".join(map(element, row[first:last])) for row in rows) + "\n")
    return "\n".join(texts)


def _blocks(view: View) -> str:
    """The matrices of a tensor with three dimensions or more, the first index varying fastest."""
    *outer, rows, columns = view.shape
    texts = []
    for reversed_index in product(*map(range, reversed(outer))):
        index = reversed_index[::-1]
        offset = view.offset + sum(i * stride for i, stride in zip(index, view.strides))
        matrix = View(view.storage, offset, (rows, columns), view.strides[-2:], view.dtype)
        label = ",".join(str(i + 1) for i in index)
        texts.append(f"({label},.,.) = \n{_matrix(_values(matrix), columns, ' ')}")
    return "\n".join(texts)


def cpp_str(t: Any) -> str:
    """The text that torch's C++ stream operator prints for ``t``, without a line break at its end.

    >>> print(cpp_str(tensor([[1., 2.5], [-3., 4.]])))
     1.0000  2.5000
    -3.0000  4.0000
    [ CPUFloatType{2,2} ]
    """
    view = materialised(t._view)
    rank = len(view.shape)
    if view.numel == 0:
        text = ""
    elif rank == 0:
        text = _shortest(_values(view)[0]) + "\n"
    elif rank == 1:
        text = _vector(_values(view))
    elif rank == 2:
        text = _matrix(_values(view), view.shape[1])
    else:
        text = _blocks(view)
    sizes = ",".join(map(str, view.shape))
    return f"{text}[ {t.device.type.upper()}{view.dtype.type_name}Type{{{sizes}}} ]"
