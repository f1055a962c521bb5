"""``assert_close``: values that are close to each other, or an AssertionError that says how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..foundation import dtypes
from ..foundation.paths import shown
from ..foundation.promotion import promote_types
from ..operations.operation import operations
from ..tensor import Tensor

__all__ = ["assert_close"]

_TOLERANCES = {
    dtypes.float16: (0.001, 1e-5), dtypes.bfloat16: (0.016, 1e-5), dtypes.float32: (1.3e-6, 1e-5), dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5), dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip
_OF_NUMBERS: dict[type, dtypes.dtype] = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}


def assert_close(actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None,
                 equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
                 msg: str | Callable[[str], str] | None = None) -> None:
    """AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` for each element; for sequences and mappings, for each item.

    The tolerances are those of the dtype unless both are given (ValueError for one alone): 1e-3 and 1e-5 in float16, 0.016 and 1e-5 in bfloat16,
    1.3e-6 and 1e-5 in float32, 1e-7 and 1e-7 in float64, of two dtypes the larger ones, 0 for integers. Shapes, dtypes, devices and, if asked for,
    strides must be the same. NaN is equal to NaN with ``equal_nan`` only. ``msg`` replaces the text, or is a function of it. TypeError for values of
    other types.
    """
    if (rtol is None) != (atol is None):
        raise ValueError("Both 'rtol' and 'atol' must be either specified or omitted, but got no "
                         f"{', '.join(name for name, value in (('rtol', rtol), ('atol', atol)) if value is None)}.")
    checks = {"device": check_device, "dtype": check_dtype, "layout": check_layout, "stride()": check_stride}
    for place, ours, theirs in _pairs(actual, expected, (), allow_subclasses):
        said = _difference(ours, theirs, rtol, atol, equal_nan, checks)
        if said:
            text = said + (f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in place)}" if place else "")
            raise AssertionError(text if msg is None else msg(text) if callable(msg) else msg)


# -- what is compared with what --------------------------------------------------------------------


def _pairs(actual: Any, expected: Any, place: tuple[Any, ...], subclasses: bool) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """The pairs of values, with their places; AssertionError for sequences and mappings of different lengths and keys."""
    at = f"\n\nThe failure occurred for item {''.join(f'[{key!r}]' for key in place)}" if place else ""
    both = (actual, expected)
    if all(isinstance(each, Sequence) and not isinstance(each, (str, bytes)) for each in both):
        if len(actual) != len(expected):
            raise AssertionError(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}{at}")
        for i, (ours, theirs) in enumerate(zip(actual, expected)):
            yield from _pairs(ours, theirs, (*place, i), subclasses)
    elif all(isinstance(each, Mapping) for each in both):
        missing, more = sorted(set(expected) - set(actual), key=str), sorted(set(actual) - set(expected), key=str)
        if missing or more:
            lines = ["The keys of the mappings do not match:"] + [f"Missing keys in the actual mapping: {missing}"] * bool(missing)
            raise AssertionError("\n".join(lines + [f"Additional keys in the actual mapping: {more}"] * bool(more)) + at)
        for key in sorted(actual, key=str):
            yield from _pairs(actual[key], expected[key], (*place, key), subclasses)
    else:
        same_kind = subclasses and (isinstance(expected, type(actual)) or isinstance(actual, type(expected))) or type(actual) is type(expected)
        numbers = all(isinstance(each, (bool, int, float, complex)) for each in both)
        if not (numbers or any(each is None for each in both) or all(isinstance(each, Tensor) for each in both) and same_kind):
            raise TypeError(f"No comparison pair was able to handle inputs of type {_kind(actual)} and {_kind(expected)}.")
        yield place, actual, expected


def _kind(value: Any) -> str:
    return f"<class '{shown(__name__.partition('.')[0])}.Tensor'>" if type(value) is Tensor else str(type(value))


def _difference(actual: Any, expected: Any, rtol: float | None, atol: float | None, equal_nan: bool, checks: dict[str, bool]) -> str:
    """What is wrong with a pair; nothing if it is close."""
    if actual is None or expected is None:
        return "" if actual is expected else f"None mismatch: {actual} is not {expected}"
    if isinstance(actual, Tensor):
        return _tensors(actual, expected, rtol, atol, equal_nan, checks)
    if isinstance(actual, bool) and isinstance(expected, bool):
        return "" if actual is expected else f"Booleans mismatch: {actual} is not {expected}"
    if checks["dtype"] and type(actual) is not type(expected):
        return f"The (d)types do not match: {type(actual)} != {type(expected)}."
    rtol, atol = _tolerances(rtol, atol, *(_OF_NUMBERS[type(each)] for each in (actual, expected)))
    return _numbers(actual, expected, rtol, atol, equal_nan)


def _tolerances(rtol: float | None, atol: float | None, *kinds: Any) -> tuple[float, float]:
    known = [_TOLERANCES.get(d, (0.0, 0.0)) for d in kinds]
    return (max(r for r, _ in known) if rtol is None else rtol, max(a for _, a in known) if atol is None else atol)


# -- numbers ---------------------------------------------------------------------------------------


def _numbers(actual: Any, expected: Any, rtol: float, atol: float, equal_nan: bool) -> str:
    distance = abs(actual - expected)
    if equal_nan and actual != actual and expected != expected or actual == expected:
        return ""
    if _finite(actual) and _finite(expected) and distance <= atol + rtol * abs(expected):
        return ""
    relative = math.inf if expected == 0 else distance / abs(expected)
    return _said("Scalars", [f"Expected {expected} but got {actual}."], distance, relative, rtol, atol, "Absolute", "Relative", "", "")


def _finite(value: Any) -> bool:
    return math.isfinite(abs(value))


def _said(kind: str, first: list[str], distance: Any, relative: Any, rtol: float, atol: float, absolute_name: str, relative_name: str,
          absolute_at: str, relative_at: str) -> str:
    equal = rtol == 0 and atol == 0
    lines = [f"{kind} are not {'equal' if equal else 'close'}!\n", *first]
    lines.append(f"{absolute_name} difference: {distance}{absolute_at}" + ("" if equal else f" (up to {atol} allowed)"))
    lines.append(f"{relative_name} difference: {relative}{relative_at}" + ("" if equal else f" (up to {rtol} allowed)"))
    return "\n".join(lines)


# -- tensors ---------------------------------------------------------------------------------------


def _attribute(tensor: Any, name: str) -> Any:
    return tensor.stride() if name == "stride()" else getattr(tensor, name)


def _tensors(actual: Any, expected: Any, rtol: float | None, atol: float | None, equal_nan: bool, checks: dict[str, bool]) -> str:
    for name in ("shape", *(name for name in ("layout", "device", "dtype", "stride()") if checks[name])):
        ours, theirs = _attribute(actual, name), _attribute(expected, name)
        if ours != theirs:
            return f"The values for attribute '{name}' do not match: {ours} != {theirs}."
    rtol, atol = _tolerances(rtol, atol, actual.dtype, expected.dtype)
    actual, expected = actual.detach().cpu(), expected.detach().cpu()
    common = promote_types(actual.dtype, expected.dtype)
    actual, expected = actual.to(common), expected.to(common)
    if not actual.dtype.is_floating_point and not actual.dtype.is_complex:
        actual, expected = actual.to(dtypes.int64), expected.to(dtypes.int64)
    close = operations["isclose"].function(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if close.all():
        return ""
    if actual.dim() == 0:
        return _numbers(actual.item(), expected.item(), rtol, atol, equal_nan)
    wrong = int((~close).sum().item())
    total = actual.numel()
    distances = (actual - expected).abs().masked_fill(close, 0)
    ratios = (distances / expected.abs()).masked_fill(close, 0)
    first = [f"Mismatched elements: {wrong} / {total} ({wrong / total:.1%})"]
    (far, far_at), (most, most_at) = _largest(distances), _largest(ratios)
    return _said("Tensor-likes", first, far, most, rtol, atol, "Greatest absolute", "Greatest relative", f" at index {far_at}",
                 f" at index {most_at}")


def _largest(values: Any) -> tuple[Any, tuple[int, ...]]:
    """The largest element and its index."""
    flat = int(values.argmax().item())
    index = []
    for size in reversed(values.shape):
        flat, i = divmod(flat, size)
        index.append(i)
    at = tuple(reversed(index))
    return values[at].item(), at
