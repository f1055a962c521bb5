"""What R prints: of tensors libtorch's text below the line ``torch_tensor``, of its own vectors, matrices and numbers seven significant digits.

R's values are Python's: a number, a list (a vector), a list of lists (a matrix or an array).
"""

from __future__ import annotations

import math
from typing import Any

from ..foundation.devices import device as device_class
from ..foundation.dtypes import dtype as dtype_class
from ..printing.in_cpp import cpp_str
from ..tensor import Tensor

__all__ = ["DIGITS", "LINE_WIDTH", "array_text", "cat", "common_texts", "matrix_text", "number_text", "show", "tensor_text", "text", "vector_text"]

LINE_WIDTH = 80
DIGITS = 7  # R's option ``digits``


def tensor_text(t: Tensor, n: int = 30) -> str:
    """A tensor: libtorch's text, of which the first ``n`` lines are shown (all, if it is below 1), and what autograd knows of it."""
    lines = cpp_str(t).split("\n")
    if 1 < n < len(lines):
        lines = [*lines[:n], "... [the output was truncated (use n=-1 to disable)]", lines[-1]]
    tail = ""
    if t.grad_fn is not None:
        tail = f"[ grad_fn = <{t.grad_fn.name()}> ]"
    elif t.requires_grad:
        tail = "[ requires_grad = TRUE ]"
    return "torch_tensor\n" + "\n".join(lines) + tail


def number_text(value: Any, digits: int = DIGITS) -> str:
    """A number as ``cat`` writes it: the fewest digits, at most seven, that give its first seven; scientific only if that is shorter.

    >>> [number_text(v) for v in (318.4779, 142.7080001, 30390018.0, 0.0001272913, 1e5, 2.0)]
    ['318.4779', '142.708', '30390018', '0.0001272913', '1e+05', '2']
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, complex):
        imaginary = number_text(value.imag, digits)
        return f"{number_text(value.real, digits)}{'' if imaginary[0] == '-' else '+'}{imaginary}i"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    significant, exponent = _significant(value, digits)
    decimals = max(0, significant - 1 - exponent)
    fixed, scientific = f"{value:.{decimals}f}", f"{value:.{significant - 1}e}"
    return fixed if len(fixed) <= len(scientific) else scientific


def _significant(value: float, digits: int) -> tuple[int, int]:
    """How many of the first ``digits`` significant digits are needed, and the exponent of the first."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return len(mantissa.lstrip("-").replace(".", "").rstrip("0")) or 1, int(exponent)


def common_texts(values: list[Any]) -> list[str]:
    """The elements of a vector in one format: as many decimals as the one that needs most."""
    finite = [v for v in values if isinstance(v, float) and math.isfinite(v)]
    if not finite:
        return [f'"{v}"' if isinstance(v, str) else number_text(v) for v in values]
    needs = [_significant(v, DIGITS) for v in finite]
    decimals = max(max(0, significant - 1 - exponent) for significant, exponent in needs)
    mantissa = max(significant for significant, _ in needs) - 1
    fixed = [f"{v:.{decimals}f}" if v in finite else number_text(v) for v in values]
    scientific = [f"{v:.{mantissa}e}" if v in finite else number_text(v) for v in values]
    return fixed if max(map(len, fixed)) <= max(map(len, scientific)) else scientific


def vector_text(values: list[Any]) -> str:
    """A vector, with the position of each line's first element before it: ``[1] 2 3``.

    >>> print(vector_text([2, 3]))
    [1] 2 3
    >>> print(vector_text([]))
    integer(0)
    """
    if not values:
        return "integer(0)"
    texts = common_texts(values)
    width = max(map(len, texts))
    texts = [t.ljust(width) if isinstance(v, str) else t.rjust(width) for t, v in zip(texts, values)]
    label = len(str(len(values))) + 2
    each_line = max(1, (LINE_WIDTH - label) // (width + 1))
    return "\n".join(f"[{i + 1}]".rjust(label) + " " + " ".join(texts[i : i + each_line]) for i in range(0, len(texts), each_line))


def matrix_text(rows: list[list[Any]]) -> str:
    """A matrix with its headings ``[1,]`` and ``[,1]``; each column has a format of its own."""
    columns = list(zip(*rows))
    label = len(f"[{len(rows)},]")
    lines = [[""] + [f"[{i + 1},]" for i in range(len(rows))]]
    for j, column in enumerate(columns):
        texts = [f"[,{j + 1}]", *common_texts(list(column))]
        width = max(map(len, texts))
        lines.append([t.rjust(width) for t in texts])
    return "\n".join(" ".join([parts[0].ljust(label), *parts[1:]]) for parts in zip(*lines))


def array_text(values: Any, where: str = "") -> str:
    """An array of three dimensions or more: a matrix for each of the last indices, headed ``, , 1``. The first two are rows and columns."""
    if not isinstance(values[0][0], list):
        return f"{where}\n\n{matrix_text(values)}\n" if where else matrix_text(values)
    depth, probe = 0, values
    while isinstance(probe, list):
        depth, probe = depth + 1, probe[0]
    sizes, probe = [], values
    for _ in range(depth):
        sizes.append(len(probe))
        probe = probe[0]
    parts = []
    for flat in range(math.prod(sizes[2:])):
        index = []
        for size in sizes[2:]:
            index.append(flat % size)
            flat //= size
        matrix = [[_at(values[i][j], index) for j in range(sizes[1])] for i in range(sizes[0])]
        parts.append(f", , {', '.join(str(i + 1) for i in index)}\n\n{matrix_text(matrix)}\n")
    return "\n".join(parts)


def _at(values: Any, index: list[int]) -> Any:
    for i in index:
        values = values[i]
    return values


def text(value: Any) -> str:
    """What R prints of a value when its name is typed: of tensors, dtypes, devices, sizes, vectors, matrices, arrays, named lists."""
    value = getattr(value, "tensor", value)
    if isinstance(value, Tensor):
        return tensor_text(value)
    if isinstance(value, dtype_class):
        return f"torch_{value.type_name}"
    if isinstance(value, device_class):
        index = "" if value.index is None else f", index={value.index}"
        return f"torch_device(type='{value.type}'{index})"
    if isinstance(value, dict):
        return "\n\n".join(f"${name if name.isidentifier() else f'`{name}`'}\n{text(each)}" for name, each in value.items()) + "\n"
    if isinstance(value, (list, tuple)):
        values = list(value)
        if any(hasattr(each, "tensor") for each in values):
            return "\n\n".join(f"[[{i + 1}]]\n{text(each)}" for i, each in enumerate(values)) + "\n"
        if values and isinstance(values[0], list):
            return array_text(values)
        return vector_text(values)
    if isinstance(value, (bool, int, float, complex, str)):
        return vector_text([value])
    return repr(value)


def show(*values: Any) -> None:
    """Print values as R does when their names are typed, one after another."""
    for value in values:
        print(text(value))


def cat(*values: Any) -> None:
    """Print values in one line, a blank between them, as R's ``cat(..., "\\n")`` does."""
    print(*(number_text(v) if isinstance(v, (bool, int, float, complex)) else str(v) for v in values))
