"""How much a result depends on its inputs: the condition at the input of a case.

For result element ``f_i`` the condition is ``sum over all input elements x_j of |x_j * df_i/dx_j|``: by so much of its own unit the result moves,
to first order, when every input moves by a relative ``u``. An evaluation that is backward stable computes the exact result of inputs that are a few
roundings away, and so is off by a few ``u`` times the condition; no evaluation in the same precision can promise less, since its inputs have
been rounded themselves. The derivative is refimpl's, in float64. An integer operand of a call on integers alone is converted before anything is
computed: its condition is that of the converted number.
"""

from __future__ import annotations

import math
import random
import warnings
from dataclasses import replace
from typing import Any, Sequence

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ..backends.base import Backend, Unsupported
from ..cases.case import EVERY_INTEGER, ITEMSIZE, Case, TensorSpec, contiguous_strides, map_values, separated
from ..catalogue.entries import parameters
from .widening import widen

_POWERS = ("pow", "float_power", "__pow__")
_LARGEST = 256  # elements of a result whose Jacobian is formed, row by row
_SAMPLES = 12  # of movements, where that is all there is
_SURE = 4.0  # the largest of so few may be this much smaller than the condition


def condition(backend: Backend, case: Case, number: int, fixed: tuple[str, ...] = ()) -> list[float] | None:
    """The condition of each real component of result ``number``, by the derivative that ``backend`` has; None where it is asked for one and has none.
    The parameters that are ``fixed`` (the degree of a polynomial) are no numbers that have been rounded.

    The derivative says nothing where it has a pole (a standard deviation of 0), and too little where it is 0 (a variance of 0): the movement
    itself is measured, too, for inputs moved up or down by one rounding, and the larger of the two counts. Of a large result, and of an operation
    that records no derivative, only that is measured.
    """
    wide = widen(replace(with_float_operand(case), grad=1))
    if wide is None or not any(is_float(spec.dtype) for spec in wide.tensors()):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wide = _differentiable(wide, fixed)
            output, leaves = _call(backend, wide, number)
            sums = _jacobian_sums(backend, output, leaves)
            reading = backend.read(output)
            here = decode(reading.data, reading.dtype)
            u = max([FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if is_float(spec.dtype)], default=0.0)
            step = max(u, 2.0**-44)  # smaller steps drown in float64
            samples = [_allowed_movement(backend, wide, number, here, step, seed) for seed in range(_SAMPLES if sums is None else 2)]
            moved = [max(each) for each in zip(*samples, strict=True)]
            if sums is None:  # it is measured alone
                return [_SURE * size for size in moved]
        return [second if pole else max(first, second) for (first, pole), second in zip(sums, moved, strict=True)]
    except (Unsupported, ArithmeticError, RuntimeError, TypeError, ValueError, NotImplementedError):
        return None  # no derivative here: the contract's own bound has to do


def with_float_operand(case: Case) -> Case:
    """The call with its first operand in float64 if it is an integer one and no other is of floating point: what the operation converts it to."""
    specs = [spec for spec in case.tensors() if spec is not case.kwargs.get("out")]
    if not specs or any(is_float(spec.dtype) for spec in specs) or specs[0].dtype not in EVERY_INTEGER:
        return case
    first = specs[0]
    changed = replace(first, dtype="float64", buffer=len(case.buffers))
    converted = _in_float64(case, first)

    def leaf(value: Any) -> Any:
        return changed if value is first else value

    args, kwargs = map_values(case.args, leaf), {name: map_values(value, leaf) for name, value in case.kwargs.items()}
    return replace(case, buffers=(*case.buffers, converted), args=args, kwargs=kwargs)


def _in_float64(case: Case, spec: TensorSpec) -> bytes:
    """The storage of an integer tensor with its numbers in float64."""
    data = case.buffers[spec.buffer]
    usable = len(data) // ITEMSIZE[spec.dtype] * ITEMSIZE[spec.dtype]
    return encode([float(value) for value in decode(data[:usable], spec.dtype)], "float64")


def _differentiable(case: Case, fixed: tuple[str, ...]) -> Case:
    """The call with no result written into an argument, on float64 tensors that require grad, but those that are fixed."""
    constant: list[Any] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, TensorSpec) and is_float(value.dtype):
            return replace(value, requires_grad=not any(value is each for each in constant))
        return value

    case = separated(case)  # elements that share memory would move together
    if case.form == "operator" and case.operation.startswith("__i"):
        case = replace(case, operation=f"__{case.operation[3:]}")
    named = dict(zip(parameters(case.operation), case.args)) | case.kwargs
    constant += [named[name] for name in fixed if name in named]
    form = "method" if case.form == "inplace" else case.form  # widen() has made a function of out=
    case = replace(case, form=form, args=map_values(case.args, leaf), kwargs=map_values(case.kwargs, leaf))
    return _number_to_tensor(case) if case.operation in _POWERS else case


def _number_to_tensor(case: Case) -> Case:
    """A power whose exponent (or base) is a number, or a tensor of integers, which is an input as well: with a tensor of floats in its place, of a
    number an element for each of the other's."""
    buffers, shape = list(case.buffers), case.tensors()[0].shape

    def tensor(value: Any) -> Any:
        if isinstance(value, TensorSpec) and not is_float(value.dtype):
            buffers.append(_in_float64(case, value))
            return replace(value, dtype="float64", buffer=len(buffers) - 1, requires_grad=True)
        if not isinstance(value, (int, float, complex)) or isinstance(value, bool):
            return value
        dtype = "complex128" if isinstance(value, complex) else "float64"
        buffers.append(encode([value if isinstance(value, complex) else float(value)] * math.prod(shape), dtype))
        return TensorSpec(len(buffers) - 1, dtype, shape, contiguous_strides(shape), 0, True)

    args = tuple(map(tensor, case.args))
    kwargs = {name: tensor(value) for name, value in case.kwargs.items()}
    return replace(case, form="function", operation="pow", args=args, kwargs=kwargs, buffers=tuple(buffers))


def _call(backend: Backend, case: Case, number: int) -> tuple[Any, list[Any]]:
    """One of the results, and the tensors that require grad."""
    leaves: list[Any] = []

    def build(value: Any) -> Any:
        if not isinstance(value, TensorSpec):
            return backend.literal(value)
        tensor = backend.make_tensor(backend.make_storage(case.buffers[value.buffer]), value)
        if value.requires_grad:
            leaves.append(tensor)
        return tensor

    result = backend.call(case.operation, case.form, map_values(case.args, build), map_values(case.kwargs, build))
    results = [result] if backend.is_tensor(result) else [item for item in result if backend.is_tensor(item)]
    if number >= len(results):  # an argument that is brought up to date: nothing is known of its condition
        raise Unsupported("the condition of what is no result")
    return results[number], leaves


def _jacobian_sums(backend: Backend, output: Any, leaves: list[Any]) -> list[tuple[float, bool]] | None:
    """``sum(|x_j * df_i/dx_j|)`` for each component of one result, and whether a derivative is infinite: a vector-Jacobian product for each."""
    reading = backend.read(output)
    components = len(decode(reading.data, reading.dtype))
    if not backend.requires_grad(output):
        return None
    sizes = [_moduli(backend.read(leaf).data, backend.read(leaf).dtype) for leaf in leaves]
    diagonal = _diagonal_sums(backend, output, leaves, sizes)
    if diagonal is not None or components > _LARGEST:
        return diagonal
    sums = []
    for component in range(components):
        rows = backend.gradients([output], leaves, [_one_hot(backend, reading.dtype, reading.shape, component)], True)
        products, derivatives = [], []
        for xs, row in zip(sizes, rows, strict=True):
            if row is not None:
                read = backend.read(row)
                moduli = _moduli(read.data, read.dtype)
                products += [x * d for x, d in zip(xs, moduli, strict=True) if x and d]
                derivatives += moduli
        # NaN among numbers is an infinite derivative of another element, times the 0 of the cotangent
        numbers = [p for p in products if p == p]
        pole = math.inf in derivatives or bool(products) and not numbers
        sums.append((sum(numbers), pole))
    return sums


def _diagonal_sums(backend: Backend, output: Any, leaves: list[Any], sizes: list[list[float]]) -> list[tuple[float, bool]] | None:
    """The same where each component depends on the elements at its own place only, by two products for all of them; None if it does not: then
    cotangents of mixed signs (the Thue-Morse sequence, which has no period) give other gradients than ones do."""
    reading = backend.read(output)
    if any(backend.read(leaf).shape != reading.shape for leaf in leaves):
        return None
    count, parts = math.prod(reading.shape), (1.0, 1j) if reading.dtype in REAL else (1.0,)
    found: list[list[list[float]]] = []  # of each part and each leaf the moduli
    for part in parts:
        both = []
        for signs in ((1.0, 1.0), (1.0, -1.0)):
            cotangent = _tensor(backend, reading.dtype, reading.shape, [part * signs[i.bit_count() % 2] for i in range(count)])
            rows = [backend.read(row) for row in backend.gradients([output], leaves, [cotangent], True) if row is not None]
            both.append([_moduli(row.data, row.dtype) for row in rows])
        if len(both[0]) < len(leaves) or not all(x == y or x != x and y != y for a, b in zip(*both) for x, y in zip(a, b, strict=True)):
            return None
        found.append(both[0])
    sums = []
    for i in range(count):
        for moduli in found:
            derivatives = [row[i] for row in moduli]
            products = [xs[i] * d for xs, d in zip(sizes, derivatives, strict=True) if xs[i] and d]
            numbers = [p for p in products if p == p]
            sums.append((sum(numbers), math.inf in derivatives or bool(products) and not numbers))
    return sums


def _allowed_movement(backend: Backend, case: Case, number: int, here: Sequence[float], step: float, seed: int) -> list[float]:
    """:func:`_movement` up or down; of a call that is refused for a number beyond the end of a range (a probability above 1), down or not at all."""
    try:
        return _movement(backend, case, number, here, step, seed, (-1.0, 1.0))
    except (IndexError, RuntimeError, ValueError):
        return _movement(backend, case, number, here, step, seed, (-1.0, 0.0))


def _movement(
    backend: Backend, case: Case, number: int, here: Sequence[float], step: float, seed: int, ways: tuple[float, float]
) -> list[float]:
    """How far each component moves from ``here``, in units of ``step``, when every input moves by a relative ``step``, in one of two ``ways`` at
    random: what alternates is the same in every row of an even length."""
    choose = random.Random(seed).choice
    dtypes = {spec.buffer: spec.dtype for spec in case.tensors() if spec.requires_grad}
    moved = list(case.buffers)
    for buffer, dtype in dtypes.items():
        parts, numbers = 2 if dtype in REAL else 1, decode(moved[buffer], dtype)
        signs = [choose(ways) for _ in range(len(numbers) // parts)]
        values: list[Any] = [value * (1.0 + signs[i // parts] * step) for i, value in enumerate(numbers)]
        if dtype in REAL:
            values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
        moved[buffer] = encode(values, dtype)
    there = backend.read(_call(backend, replace(case, buffers=tuple(moved)), number)[0])
    return [abs(b - a) / step if math.isfinite(b - a) else 0.0 for a, b in zip(here, decode(there.data, there.dtype), strict=True)]


def _one_hot(backend: Backend, dtype: str, shape: tuple[int, ...], component: int) -> Any:
    """The cotangent that picks one real component: an element, or its real or imaginary part."""
    values: list[Any] = [0.0] * math.prod(shape)
    place, part = divmod(component, 2) if dtype in REAL else (component, 0)
    values[place] = 1j if part else 1.0
    return _tensor(backend, dtype, shape, values)


def _tensor(backend: Backend, dtype: str, shape: tuple[int, ...], values: list[Any]) -> Any:
    numbers = [complex(value) for value in values] if dtype in REAL else values
    return backend.make_tensor(backend.make_storage(encode(numbers, dtype)), TensorSpec(0, dtype, shape, contiguous_strides(shape)))


def _moduli(data: bytes, dtype: str) -> list[float]:
    values = decode(data, dtype)
    return [math.hypot(*pair) for pair in zip(values[::2], values[1::2], strict=True)] if dtype in REAL else [abs(value) for value in values]
