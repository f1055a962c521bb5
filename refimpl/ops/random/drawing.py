"""What the operations that draw random numbers share: filling a tensor, and what they ask of the parameters of a distribution.

The numbers of a stream go to the elements in the order in which these lie in memory.
"""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.c_names import c_name, spelled_c_name
from ...foundation.devices import kernels_for
from ...foundation.dtypes import bfloat16, float16, float32, float64, range_of
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...foundation.layout import contiguous_strides
from ...operations.sharing import refuse_overlap
from ...operations.writing import resize_output
from ...random import Generator, default_generator
from ...random.streams import sample, stream_rule
from ...tensor import Tensor, allocate
from ..creation.conversion import transfer
from ..creation.fresh import from_numbers, warn

# -- constraints -----------------------------------------------------------------------------------

WHOLE_BITS = {float16: 11, bfloat16: 8, float32: 24, float64: 53}  # every integer of so many bits is a number of the dtype


def uniform_dtype(require: Any, d: dtype_class) -> None:
    """A dtype that can hold uniform numbers."""
    require(d.category > 1, NotImplementedError, "\"uniform_\" not implemented for '{}'", d.type_name)


def uniform_bounds(require: Any, start: Any, end: Any, d: dtype_class, count: int) -> None:
    """Bounds of uniform numbers of dtype ``d``: in its range and in order. (Without elements nobody looks at those of complex numbers.)"""
    uniform_dtype(require, d)
    low, high, limit = float(start), float(end), range_of(d)[1]
    if d.is_complex and not count:
        return
    require(-limit <= low <= limit, RuntimeError, "from is out of bounds for {}", c_name(d.real))
    require(-limit <= high <= limit, RuntimeError, "to is out of bounds for {}", c_name(d.real))
    require(low <= high, RuntimeError, "uniform_ expects to return a [from, to) range, but found from={:g} > to={:g}", low, high)
    require(high - low <= limit, RuntimeError, "uniform_ expects to-from <= std::numeric_limits<{}>::max(), but found to={:g} and "
            "from={:g} which result in to-from to exceed the limit", d.real.type_name, high, low)  # fmt: skip


def normal_parameters(require: Any, std: Any, d: dtype_class, count: int) -> None:
    """A standard deviation that is not negative, and a dtype that can hold normal numbers if there are any."""
    require(float(std) >= 0, RuntimeError, "normal expects std >= 0.0, but found std {:g}", float(std))
    normal_dtype(require, d, count)


def normal_dtype(require: Any, d: dtype_class, count: int) -> None:
    """A dtype that can hold normal numbers, if there are any."""
    require(d.category > 1 or not count, NotImplementedError, "\"normal_\" not implemented for '{}'", d.type_name)


def integer_bounds(require: Any, low: int, high: int, d: dtype_class) -> None:
    """Bounds of integers of dtype ``d``: in order, and numbers of the dtype."""
    require(low < high, RuntimeError, "random_ expects 'from' to be less than 'to', but got from={} >= to={}", low, high)
    require(not d.is_complex, RuntimeError, "check_random_bounds handles only integral, floating-point and boolean types",
            also=((RuntimeError, "random_from_to_impl handles only integral, floating-point and boolean types"),))  # fmt: skip
    least, most = range_of(d)
    require(least <= low <= most, RuntimeError, "from is out of bounds for {}", spelled_c_name(d))
    require(least <= high - 1 <= most, RuntimeError, "to - 1 is out of bounds for {}", spelled_c_name(d))


# -- filling ---------------------------------------------------------------------------------------


def generator_of(generator: Any) -> Generator:
    """The generator to draw from."""
    return default_generator if generator is None else generator


def draw(out: Tensor, name: str, generator: Any, *parameters: Any) -> Tensor:
    """Fill ``out`` from the distribution ``name``, in the order of the stream: that of its elements in memory."""
    refuse_overlap(out)
    if out._view.numel:
        name, (view,) = stream_rule(name, out._view)
        view.storage.kernels.random(name, view, generator_of(generator), *parameters)
    return out


def draw_integers(out: Tensor, low: int, high: int, generator: Any) -> Tensor:
    """Fill ``out`` with integers in [low, high). A warning if a floating point dtype lacks integers near a bound."""
    warn_of_gaps("from", low, out._view.dtype)
    warn_of_gaps("to - 1", high - 1, out._view.dtype)
    return draw(out, "randint", generator, low, high)


def warn_of_gaps(name: str, bound: int, d: dtype_class) -> None:
    """A warning if a floating point dtype lacks integers near a bound."""
    if d.is_floating_point and abs(bound) > 1 << WHOLE_BITS[d]:
        bits = WHOLE_BITS[d]
        warn(f"{name} is out of bounds [-(2^{bits}), 2^{bits}]. Due to precision limitations {c_name(d)} can support discrete uniform "
             "distribution only within this range. This warning will become an error in version 1.7 release, please fix the code in advance")


def draw_each(out: Tensor, name: str, parameters: Tensor, generator: Any, *more: Any) -> Tensor:
    """Fill ``out`` from the distribution ``name``, each element with a parameter of its own, on the host."""
    if out.is_meta:
        return out
    name, (target, view) = stream_rule(name, out._view, parameters._view)
    values = sample(name, view.numel, out.dtype, generator_of(generator), view.storage.kernels.tolist(view), *more)
    store_drawn(target, values)
    return out


def store_drawn(target: View, values: Any) -> None:
    """Put numbers into a view in the order of the stream."""
    source = from_numbers(list(values), target.shape, target.dtype, "cpu", False)
    transfer(source._view, target)


def drawn_in(out: Tensor | None, size: Sequence[int], d: dtype_class, device: Any) -> Tensor:
    """The tensor to draw in: a fresh one, or the output that was given, which takes the size."""
    size = tuple(size)
    if out is None:
        return allocate(size, d, kernels_for(device))
    if out._view.shape != size:
        resize_output(out, size, contiguous_strides(size), None)
    return out
