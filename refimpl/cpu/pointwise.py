"""Pointwise kernels: ``map``, ``fill``, ``copy`` and ``tolist``.

One element's rule is a scalar function (see :mod:`refimpl.foundation.scalars`). Here it is mapped over whole buffers:
``array(code, map(function, a, b))`` is one loop in C, and everything else serves to bring the operands into that form.
"""

from __future__ import annotations

from array import array
from builtins import map as each
from itertools import chain, cycle, islice, repeat
from math import prod
from operator import truth
from typing import Any, Callable, Iterator, Sequence

from ..foundation.dtypes import bool_, dtype, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64
from ..foundation.kernels import Number, View
from ..foundation.scalars import ScalarFunction, functions
from .buffers import collapse, decode, is_row_major, memory_order, raw, read, typed, write
from .encode import convert, encode, wrap

__all__ = ["map", "fill", "copy", "tolist"]

# The dtypes whose elements are numbers as they lie in an array (bool is, too, but its results may need to be made 0 or 1).
_NATIVE = {
    float32: "f", float64: "d", uint8: "B", int8: "b", int16: "h", int32: "i", int64: "q", uint16: "H", uint32: "I", uint64: "Q",
}  # fmt: skip

_LIKE_ARRAY = {**_NATIVE, bool_: "B"}

_RAISES = (OverflowError, ValueError, ZeroDivisionError)


def map(name: str, out: View, inputs: Sequence[View | Number], dtype: dtype) -> None:
    """``out[i] = f(inputs[0][i], inputs[1][i], ...)``, evaluated in ``dtype`` (see :class:`~refimpl.foundation.kernels.Kernels`)."""
    function = functions[name]
    result = out.dtype
    code = _LIKE_ARRAY.get(dtype)
    if code is not None and (result is dtype or result is bool_):
        # The usual case: the result fills its storage, and the operands lie in memory like it, are single elements, or repeat what lies in memory
        # like the end of it. Then the buffers need no reordering, whatever the strides are.
        storage = out.storage
        shape = out.shape
        strides = out.strides
        count = prod(shape)
        if storage.nbytes == count * result.itemsize:
            operands: list[Any] = []
            sequences = 0
            own = function.own_dtype
            for place, x in enumerate(inputs):
                if type(x) is not View:
                    operands.append(repeat(x))
                    continue
                data = x.storage.data
                if x.dtype is not dtype and place not in own or type(data) is not array or data.typecode != _LIKE_ARRAY.get(x.dtype):
                    break
                if dtype is bool_ and max(data, default=0) > 1:  # written as another dtype
                    break
                if x.strides == strides and x.shape == shape:
                    operands.append(data if len(data) == count else data[x.offset : x.offset + count])
                    sequences += 1
                elif count and not any(x.strides):
                    operands.append(repeat(data[x.offset]))
                elif count and not x.strides[0] and is_row_major(shape, strides) and (row := _row(x, strides)):
                    operands.append(cycle(data[x.offset : x.offset + row]))
                else:
                    break
            else:
                category = dtype.category
                if category == 2:
                    fast = function.fast or function.real
                elif category == 1:
                    fast = function.fast_integer or function.integer or function.real
                else:
                    fast = function.boolean
                if sequences and fast is not None:
                    try:
                        values = array(code if result is dtype else "B", each(fast, *operands))
                    except _RAISES:
                        pass
                    else:
                        if storage.data is None:
                            storage.data = values
                        else:
                            typed(storage, result)[:] = values
                        return
    _map_any(function, out, inputs, dtype)


def _row(view: View, strides: Sequence[int]) -> int:
    """How many elements an operand repeats along the first dimensions, if the others have these strides (not all of its own are 0); else 0."""
    first = next(d for d, step in enumerate(view.strides) if step)
    return prod(view.shape[first:]) if view.strides[first:] == strides[first:] else 0


def _map_any(function: ScalarFunction, out: View, inputs: Sequence[View | Number], dtype: dtype) -> None:
    """:func:`map` for operands of any dtype and layout."""
    count = prod(out.shape)
    if count == 0:
        return
    if not is_row_major(out.shape, out.strides):
        # Go through the elements in the order in which the result lies in memory.
        order = memory_order(out.shape, out.strides)
        out = _permuted(out, order)
        inputs = [_permuted(x, order) if type(x) is View else x for x in inputs]
    result = out.dtype
    if result is dtype or result.category == 0 or (
        dtype.category >= 2 and result.category >= 2 and result.real.itemsize <= dtype.real.itemsize
    ):
        write(out, _evaluate(function, inputs, count, dtype, result))
    else:
        # The value must be rounded to the compute dtype before it is cast.
        values = decode(_evaluate(function, inputs, count, dtype, dtype), dtype)
        write(out, encode(result, convert(values, dtype, result)))


def _permuted(view: View, order: list[int]) -> View:
    shape, strides = view.shape, view.strides
    return View(
        view.storage, view.offset, tuple([shape[d] for d in order]), tuple([strides[d] for d in order]), view.dtype
    )


def _evaluate(function: ScalarFunction, inputs: Sequence[View | Number], count: int, dtype: dtype, result: dtype) -> array:
    """The bit patterns of all results in row-major order, rounded from ``dtype`` to ``result`` at once."""
    fast, exact = _rules(function, dtype)
    operands = [_stream(x, dtype) if type(x) is View else repeat(_constant(x, dtype)) for x in inputs]
    constant = all(type(x) is repeat for x in operands)
    length = 1 if constant else count
    if all(type(x) is repeat or type(x) is cycle for x in operands):
        operands[0] = islice(operands[0], length)  # the others have no end
    mapped = each(fast, *operands)
    code = "B" if result.category == 0 else _NATIVE.get(result)
    values: Any = [] if code is None else array(code)
    try:
        values.extend(mapped)
    except _RAISES:
        _resume(values, code, mapped, exact, inputs, length, dtype)
    bits = encode(result, values) if code is None else values
    return bits * count if constant else bits


def _resume(values: Any, code: str | None, mapped: Iterator[Any], exact: Callable[..., Any], inputs: Sequence[View | Number],
            count: int, dtype: dtype) -> None:
    """Where the quick function raised, evaluate that element by the exact one and go on behind it.

    ``values`` holds what came before, and ``mapped`` has consumed the operands of the element. Integers are wrapped here:
    a result too large for the array is what raised.
    """
    operands = [_elements(x, dtype, count) if type(x) is View else [_constant(x, dtype)] * count for x in inputs]

    def store(results: list[Any]) -> None:
        values.extend(wrap(code, results) if dtype.category == 1 else results)

    failures = 0
    while True:
        i = len(values)
        failures += 1
        if failures > 16 + i // 16:
            store(list(each(exact, *[x[i:] for x in operands])))
            return
        store([exact(*[x[i] for x in operands])])
        try:
            values.extend(mapped)
            return
        except _RAISES:
            continue


def _rules(function: ScalarFunction, dtype: dtype) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The quick function of a category, and the one that decides where that raises."""
    category = dtype.category
    fast: Callable[..., Any] | None = None
    if category == 2:
        fast, exact = function.fast, function.real
    elif category == 1:
        fast, exact = function.fast_integer, function.integer or function.real
    elif category == 3:
        exact = function.complex
    else:
        exact = function.boolean
        integer = function.integer or function.fast_integer or function.real
        if exact is None and integer is not None:
            exact = _truth_of(integer)
    fast = fast or exact
    if fast is None:
        raise RuntimeError(f"\"{function.name}\" not implemented for '{dtype.type_name}'")
    return fast, exact or fast


def _truth_of(integer: Callable[..., Any]) -> Callable[..., bool]:
    return lambda *operands: truth(integer(*operands))


# -- operands ----------------------------------------------------------------------------------------------------


def _elements(view: View, dtype: dtype, count: int) -> Any:
    """``count`` elements cast to the compute dtype, as a sequence."""
    values = read(view)
    if len(values) != count:
        values = values[:count]
    return values if view.dtype is dtype else _cast(values, view.dtype, dtype)


def _stream(view: View, dtype: dtype) -> Any:
    """The same as an iterable. A broadcast view is read and cast before it is repeated."""
    if not any(view.strides):
        single = View(view.storage, view.offset, (), (), view.dtype)
        return repeat(_elements(single, dtype, 1)[0]) if prod(view.shape) > 1 else _elements(single, dtype, 1)
    if 0 in view.strides:
        sizes, steps = collapse(view.shape, view.strides)
        if steps.count(0) == 1:
            if steps[0] == 0:
                return cycle(_elements(_strided(view, sizes[1:], steps[1:]), dtype, prod(sizes[1:])))
            if steps[-1] == 0 and sizes[-1] >= 4:
                values = _elements(_strided(view, sizes[:-1], steps[:-1]), dtype, prod(sizes[:-1]))
                return chain.from_iterable(each(repeat, values, repeat(sizes[-1])))
    return _elements(view, dtype, prod(view.shape))


def _strided(view: View, sizes: list[int], steps: list[int]) -> View:
    return View(view.storage, view.offset, tuple(sizes), tuple(steps), view.dtype)


def _cast(values: Sequence[Number], source: dtype, target: dtype) -> Sequence[Number]:
    """Numbers of one dtype as numbers of another, rounded to it."""
    if source.category == 0 and target.category == 1:
        return values
    return decode(encode(target, convert(values, source, target)), target)


def _constant(value: Any, dtype: dtype) -> Number:
    # An int has no -0.0: 0 * -1 is 0, but 0.0 * -1.0 is -0.0.
    return float(value) if dtype.category == 2 and type(value) is not float else value


# -- data movement -----------------------------------------------------------------------------------------------


def fill(out: View, value: Number) -> None:
    """Set every element to ``value``, which lies in the range of the dtype already."""
    count = prod(out.shape)
    if count:
        write(out, encode(out.dtype, (value,)) * count)


def copy(out: View, source: View) -> None:
    """``out[i] = cast(source[i])``. The two may overlap: all elements are read before the first is written."""
    if out.dtype is source.dtype:
        write(out, raw(source))
        return
    values = convert(read(source), source.dtype, out.dtype)
    write(out, encode(out.dtype, values))


def tolist(view: View) -> list[Number]:
    """The elements in row-major order as Python numbers."""
    values = read(view)
    if view.dtype is bool_:
        return list(each(truth, values))
    return values if type(values) is list else list(values)
