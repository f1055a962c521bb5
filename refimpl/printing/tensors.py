"""The text of a tensor: ``repr(tensor)``, and the options that govern it.

All elements of a tensor are printed in one format, which :class:`Format` chooses from the elements that are shown; of a
complex tensor, the real and the imaginary parts have a format each. A tensor of more than ``threshold`` elements shows the
first and the last ``edgeitems`` along each dimension.
"""

from __future__ import annotations

import math
from typing import Any

from ..autograd.modes import modes
from ..foundation.dtypes import bool_, complex64, complex128, float64, get_default_dtype, int64
from ..foundation.kernels import View
from ..foundation.lazy_views import materialised
from ..foundation.paths import is_own

__all__ = ["set_printoptions", "get_printoptions", "printoptions"]

_PROFILES: dict[str | None, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


class _Options:
    """The options in force."""

    precision = 4
    threshold: float = 1000
    edgeitems = 3
    linewidth = 80
    sci_mode: bool | None = None


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print; an option left out keeps its value, except ``sci_mode``, which returns to None (automatic).

    ``precision``: digits after the point; ``threshold``: the number of elements above which only the ``edgeitems`` first
    and last of each dimension are shown; ``linewidth``: where lines break; ``profile``: "default", "short" or "full".
    """
    options: dict[str, Any] = dict(_PROFILES[profile]) if profile in _PROFILES else {}
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    options.update((name, value) for name, value in given.items() if value is not None)
    for name, value in options.items():
        setattr(_Options, name, value)
    _Options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments of :func:`set_printoptions`."""
    return {name: getattr(_Options, name) for name in ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")}


class printoptions:
    """Options for the time of a ``with`` block; the arguments are those of :func:`set_printoptions`.

    >>> with printoptions(precision=2):
    ...     print(tensor([0.12345]))
    tensor([0.12])
    """

    def __init__(self, **options: Any) -> None:
        self._options = options

    def __enter__(self) -> None:
        self._before = get_printoptions()
        set_printoptions(**self._options)

    def __exit__(self, *exception: object) -> None:
        set_printoptions(**self._before)


# -- one element -----------------------------------------------------------------------------------
class Format:
    """The common format of some elements: a width, and one of four styles.

    - Integers and bools: as Python prints them.
    - Floats, of which those that are finite and not zero decide. *Scientific* if their magnitudes span a factor of more
      than 1000, or lie above 1e8 or below 1e-4, or if ``sci_mode`` says so; else *whole*, with a bare point behind, if all
      of them are integers; else *fixed*, with ``precision`` decimals.

    The width, too, is that of the deciding elements: a NaN between zeros stands out.
    """

    def __init__(self, values: list[Any], is_floating_point: bool) -> None:
        self.style = "" if not is_floating_point else ".0f"
        self.width = 1
        self.whole = is_floating_point
        if is_floating_point:
            values = [v for v in values if v and math.isfinite(v)]
            if values:
                self._choose_style(values)
        if values:
            # A NaN or an infinity among integers has no point behind
            self.width = max(self.width, *(len(format(v, self.style)) for v in values)) + self.whole

    def _choose_style(self, values: list[float]) -> None:
        magnitudes = [abs(v) for v in values]
        least, greatest = min(magnitudes), max(magnitudes)
        scientific = _Options.sci_mode
        if scientific is None:
            scientific = greatest / least > 1000.0 or greatest > 1.0e8 or least < 1.0e-4
        self.whole = not scientific and all(v.is_integer() for v in values)
        if not self.whole:
            self.style = f".{_Options.precision}{'e' if scientific else 'f'}"

    def __call__(self, value: Any) -> str:
        text = format(value, self.style)
        if self.whole and math.isfinite(value):
            text += "."
        return text.rjust(self.width)


class ComplexFormat:
    """``real+imagj``: the real part padded to its width, the imaginary part with its sign and not padded."""

    def __init__(self, values: list[complex]) -> None:
        self.real = Format([v.real for v in values], True)
        self.imag = Format([v.imag for v in values], True)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: complex) -> str:
        imag = self.imag(value.imag).lstrip()
        return f"{self.real(value.real)}{'' if imag[0] in '+-' else '+'}{imag}j"


# -- the elements ----------------------------------------------------------------------------------
def _values(view: View) -> list[Any]:
    """The elements in row-major order: all of this module's access to data."""
    return view.storage.kernels.tolist(view)


def _nested(values: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """A flat list as lists of lists."""
    for size in reversed(shape[1:]):
        values = [values[i : i + size] for i in range(0, len(values), size)]
    return values


def _part(view: View, start: int, stop: int) -> View:
    """view[start:stop]"""
    offset = view.offset + start * view.strides[0]
    return View(view.storage, offset, (stop - start, *view.shape[1:]), view.strides, view.dtype)


def _edges(view: View, edgeitems: int) -> list[Any]:
    """The elements that a summary shows, as nested lists; an Ellipsis stands for those left out."""
    size = view.shape[0]
    if size > 2 * edgeitems:
        return [*_edges(_part(view, 0, edgeitems), edgeitems), ..., *_edges(_part(view, size - edgeitems, size), edgeitems)]
    if len(view.shape) == 1:
        return _values(view)
    rows = (View(view.storage, view.offset + i * view.strides[0], view.shape[1:], view.strides[1:], view.dtype) for i in range(size))
    return [_edges(row, edgeitems) for row in rows]


def _flat(nested: list[Any], rank: int) -> list[Any]:
    for _ in range(rank - 1):
        nested = [item for row in nested if row is not ... for item in row]
    return [item for item in nested if item is not ...]


def _lines(nested: list[Any], rank: int, indent: int, element: Format | ComplexFormat) -> str:
    """Nested lists as text: vectors broken into lines, and between blocks of rank r, r - 1 blank lines."""
    if rank > 1:
        items = ["..." if row is ... else _lines(row, rank - 1, indent + 1, element) for row in nested]
        separator = "," + "\n" * (rank - 1)
        return "[" + (separator + " " * (indent + 1)).join(items) + "]"
    if nested == [...]:
        return "[...]"
    items = [" ..." if item is ... else element(item) for item in nested]
    per_line = max(1, math.floor((_Options.linewidth - indent) / (element.width + 2)))
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _contents(view: View, indent: int) -> str:
    """The elements of a tensor that has some, in brackets; of a 0-d tensor, the bare element."""
    rank = len(view.shape)
    if rank and view.numel > _Options.threshold:
        nested = _edges(view, _Options.edgeitems)
        shown = _flat(nested, rank)
    else:
        shown = _values(view)
        nested = _nested(shown, view.shape)
    element = ComplexFormat(shown) if view.dtype.is_complex else Format(shown, view.dtype.is_floating_point)
    return _lines(nested, rank, indent, element) if rank else element(shown[0])


# -- the tensor ------------------------------------------------------------------------------------
def tensor_str(t: Any) -> str:
    """``repr(t)``.

    Behind the elements stand, where they are not what the reader would assume: the device, the size (of an empty tensor that
    is not 1-d, or has no elements to show), the dtype, ``grad_fn`` or ``requires_grad``, and the tangent of a dual tensor.
    """
    kind, is_parameter = _kind(t)
    prefix = f"{kind}("
    view = materialised(t._view)
    default = get_default_dtype()
    suffixes = []
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    if t.is_meta:
        contents = "..."
        suffixes.append(f"size={tuple(view.shape)}")
        inferred = view.dtype is default
    elif view.numel == 0:
        contents = "[]"
        if len(view.shape) != 1:
            suffixes.append(f"size={tuple(view.shape)}")
        inferred = view.dtype is default
    else:
        contents = _contents(view, len(prefix))
        if not _Options.edgeitems:
            suffixes.append(f"size={tuple(view.shape)}")
        inferred = view.dtype in (default, complex128 if default is float64 else complex64, int64, bool_)
    if not inferred:
        suffixes.append(f"dtype={view.dtype}")
    try:
        node = t.grad_fn
        node_name = None if node is None else node.name().rpartition("::")[2]
    except RuntimeError:  # a view made and then written in no_grad mode has no graph
        node_name = "Invalid"
    if node_name is not None:
        suffixes.append(f"grad_fn=<{node_name}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    tangent = None if modes.dual is None else modes.dual.tangent_of(t)
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    text = _with_suffixes(prefix + contents, suffixes, len(prefix))
    return f"Parameter({text})" if is_parameter else text


def _kind(t: Any) -> tuple[str, bool]:
    """The word before the bracket, and whether the text of a subclass of Parameter goes into another bracket.

    A Parameter itself prints as a tensor (what it prints before that is its own affair), a subclass under its own name.
    """
    library = [c.__name__ for c in type(t).__mro__ if is_own(c)]
    name = type(t).__name__
    if library and is_own(type(t)) and name in ("Tensor", "Parameter"):
        return "tensor", False
    return name, "Parameter" in library


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Each suffix behind a comma, on a new line where the line would become too long."""
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > _Options.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"
