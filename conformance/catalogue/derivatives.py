"""Where the gradient that torch defines is the derivative: predicates on cases, for rows whose operations define another one somewhere.

Everywhere else the derivative decides whether a formula is right; here torch alone does.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from ..accuracy.number_formats import decode
from ..cases.case import COMPLEX, INTEGERS, ITEMSIZE, Case, TensorSpec, element_offsets, elements


def numbers_of(case: Case, value: Any) -> tuple[Any, ...]:
    return decode(b"".join(elements(case, value)), value.dtype) if isinstance(value, TensorSpec) else (value,)


def _apart(spec: TensorSpec) -> bool:
    offsets = element_offsets(spec.shape, spec.strides, spec.offset)
    return len(set(offsets)) == len(offsets)


def nowhere(case: Case) -> bool:
    """What is drawn at random has gradient zero, although it moves with its parameters; a copy that is a leaf has none; of several results only the
    first may have one."""
    return False


def real_operands(case: Case) -> bool:
    """Where no operand is complex: torch has a formula for real numbers, which it applies to complex ones as it is."""
    return all(spec.dtype not in COMPLEX for spec in case.tensors())


def rows_count_alike(case: Case) -> bool:
    """Where no row is a padding, and no gradient is scaled by frequencies."""
    padding = case.kwargs.get("padding_idx", case.args[2] if len(case.args) > 2 else None)
    return padding in (None, -1) and not any(value is True for value in (*case.args, case.kwargs.get("scale_grad_by_freq")))


def off_zero(case: Case) -> bool:
    """Where no element of the first operand is 0: of second order torch takes the other side of the kink."""
    return 0 not in numbers_of(case, case.args[0])


def probabilities_inside(case: Case) -> bool:
    """Where no element of the first operand is 0 or 1: the logarithm is cut there, and torch's gradient is that of another function."""
    return not {0, 1} & set(numbers_of(case, case.args[0]))


def refused(case: Case) -> bool:
    """torch has no formula: a gradient is asked for in vain."""
    return False


def of_logits(case: Case) -> bool:
    """The gradient that torch has is the one in logits of which the operand is the log-softmax."""
    return False


def apart_in_memory(case: Case) -> bool:
    """Where no two elements of the input share memory: the copy into which the source is written keeps the input's strides."""
    return _apart(case.args[0])


def whole_storage(case: Case) -> bool:
    """Where the input has every element of its storage once: what a view of the storage shows of other elements has gradient zero."""
    spec = case.args[0]
    return spec.numel * ITEMSIZE[spec.dtype] == len(case.buffers[spec.buffer]) and _apart(spec)


def places_of_a_view_distinct(case: Case) -> bool:
    """Where a view of the storage, of a size and strides that are given, has every place once, and the input has: torch gives every source the whole
    gradient of its place."""
    size, stride = (case.kwargs.get(name, case.args[k] if len(case.args) > k else ()) for name, k in (("size", 2), ("stride", 3)))
    places = element_offsets(tuple(size), tuple(stride), 0)
    return len(set(places)) == len(places) and _apart(case.args[0])


def matrices_of_one_number(case: Case) -> bool:
    """Where matrices have one real element: of larger ones only a triangle is read, and torch's gradient is that of the whole, as if the matrix were
    Hermitian, or of complex diagonals, whose imaginary parts are not read either."""
    return all(spec.dtype not in COMPLEX and spec.shape[-2:-1] in ((), (1,)) for spec in case.tensors())


def whole_matrices(case: Case) -> bool:
    """Where a matrix is not said to be Hermitian, of which one triangle alone is read."""
    return not case.kwargs.get("hermitian") or matrices_of_one_number(case)


def without_singular_values(case: Case) -> bool:
    """Where no singular values are returned, which torch does not differentiate there."""
    return case.kwargs.get("driver") not in ("gelsd", "gelss")


def magnitudes_positive(case: Case) -> bool:
    """Where magnitudes are not negative: torch takes the angle of the result for the one that was given."""
    return all(number > 0 for number in numbers_of(case, case.args[0]))


def off_the_axes(case: Case) -> bool:
    """Where no complex operand has a part that is zero: there lie the branch cuts, and on a cut the gradient is that of one side."""
    return all(0 not in numbers_of(case, spec) for spec in case.tensors() if spec.dtype in COMPLEX)


def operands_differ(case: Case) -> bool:
    """Where no element of one operand is one of the other: at equal ones the result is constant, and jumps to both sides."""
    return not set(numbers_of(case, case.args[0])) & set(numbers_of(case, (*case.args[1:], *case.kwargs.values())[0]))


def exponents_not_zero(case: Case) -> bool:
    """Where no exponent is 0: the gradient of the base is defined as 0 there, however it changes with the exponent."""
    exponent = case.kwargs.get("exponent", case.args[-1])
    return all(number != 0 for number in numbers_of(case, exponent))


def places_distinct(case: Case) -> bool:
    """Where no place is written twice, or what is written is added: torch gives every source the whole gradient of its place."""
    if case.kwargs.get("accumulate") or case.kwargs.get("reduce") or len(case.args) > 3 and case.args[3] is True:
        return True
    indices = [spec for spec in case.tensors() if spec.dtype in INTEGERS]
    if not isinstance(case.args[1], int):  # indices of several dimensions, or masks
        return all(spec.numel < 2 for spec in indices)
    return all(len(set(places)) == len(places) for places in (_places(case, index) for index in indices))


def _places(case: Case, index: TensorSpec) -> list[Any]:
    """Where an index along a dimension leads to."""
    shape = case.args[0].shape or (1,)
    dim = case.args[1] % len(shape)
    numbers = [number % max(shape[dim], 1) for number in numbers_of(case, index)]
    if len(index.shape) != len(shape):
        return numbers
    return [(*place[:dim], number, *place[dim + 1 :]) for place, number in zip(product(*map(range, index.shape)), numbers, strict=True)]
