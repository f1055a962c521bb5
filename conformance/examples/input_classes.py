"""No empty promises: which input classes must have been drawn for an operation, and whether they were."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any, Sequence

from ..backends import Backend
from ..cases.case import COMPLEX, FLOATS
from ..catalogue.entries import Entry
from ..catalogue.rows import Operation
from ..drawing.large_pen import CLASSES as LARGE_CLASSES
from ..drawing.large_pen import GRADIENTS, LARGE
from ..drawing.pen import INVALID, WIDER
from ..drawing.random_pen import RandomPen
from . import critical
from .applicable_relations import relations_of
from .arranged import arrangement_of, required_arrangements
from .large import can_be_large, gradient_dtypes
from .lone import lone_value_of, required_lone_values
from .relations import RELATIONS

CLASSES = (
    "0-d", "empty", "broadcast", "permuted", "sliced", "expanded", "overlapping", "nan", "inf", "negative zero", "subnormal",
    "extreme", INVALID, "scalar operand",
)  # fmt: skip

_TRIES = 60


@cache
def applies(operation: Operation, name: str) -> bool:
    """Whether an input class can occur for an operation at all: whether its row draws the class when it is forced.

    A unary function has no second operand to broadcast with, a matrix is never 0-d, and the row of either never draws such a thing. So nothing has
    to be listed, and nothing can be forgotten; that a row draws whatever the operation takes is for its reader to see.
    """
    if name == INVALID:
        return True
    dtype = "float32" if "float32" in operation.dtypes else operation.dtypes[0]
    for attempt in range(_TRIES):
        pen = RandomPen(f"{operation.name} {name} {attempt}", dtype, operation.forms[attempt % len(operation.forms)], name)
        try:
            operation.draw(pen)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            return True
        if name in pen.labels:
            return True
    return False


def required(entry: Entry, backend: Backend) -> tuple[str, ...]:
    """The input classes that apply to this operation on this backend."""
    classes = [name for name in CLASSES if applies(entry.operation, name)]
    if not any(dtype in backend.capabilities.dtypes for dtype in ("float32", "float64", "float16", "bfloat16")):
        classes = [name for name in classes if name not in ("nan", "inf", "negative zero", "subnormal", "extreme")]
    if applies(entry.operation, WIDER):
        classes.append(WIDER)
    dtypes = [dtype for dtype in (*entry.operation.dtypes, *entry.operation.limited)
              if dtype in backend.capabilities.dtypes and dtype != "bool"]  # fmt: skip
    if not entry.operation.draws_tensors:
        dtypes = []
    classes += dtypes
    classes += critical.labels(entry, backend)
    if entry.differentiable and backend.capabilities.autograd:
        classes.append("grad")
    classes += entry.operation.classes
    classes += required_arrangements(entry, backend)
    classes += required_lone_values(entry, backend)
    classes += [name for name in relations_of(entry) if backend.capabilities.autograd or not RELATIONS[name].grad]
    classes += [name for name in (LARGE, GRADIENTS) if name in large_classes(entry, backend)]
    classes += entry.operation.classes_of_each_dtype
    return tuple(classes)


# Which class is forced for which dtype: values in turn over the float dtypes, layouts over all of them. Signed zeros and subnormal
# numbers are for the real ones, which most operations have and which keep them.
REAL_VALUES_IN_TURN = (("nan", "negative zero", "subnormal", "inf"), ("nan", "negative zero", "subnormal", "extreme"))
COMPLEX_VALUES_IN_TURN = (("extreme", "nan"), ("inf", "nan"))
LAYOUTS_IN_TURN = (
    "empty", "expanded", "permuted", "0-d", "broadcast", INVALID, "sliced", "overlapping", "scalar operand", "empty", "expanded", INVALID,
)  # fmt: skip


def forced(entry: Entry, count: int) -> list[tuple[str, dict[str, int]]]:
    """For each dtype of an operation, how many of its ``count`` examples have which class forced.

    Chance alone leaves some class out of some operation in every run. Where the turns begin differs from operation to operation, so that
    dtypes and classes meet in all combinations.
    """
    name = entry.operation.name
    layouts = [layout for layout in LAYOUTS_IN_TURN if applies(entry.operation, layout)]
    start = zlib.crc32(name.encode())
    share = round(count * 2 / 7)
    values = {FLOATS: iter(_rotated(REAL_VALUES_IN_TURN[start % 2], start)), COMPLEX: iter(COMPLEX_VALUES_IN_TURN[start % 2])}
    result = []
    for number, dtype in enumerate(entry.operation.dtypes):
        shares = {layouts[(start + number) % len(layouts)]: share}
        for kind, turns in values.items():
            if dtype in kind:
                shares = {next(turns): share, **{layout: max(share // 2, 1) for layout in shares}}
        result.append((dtype, shares if count >= 4 else {}))
    return result


def forced_own_classes(entry: Entry) -> list[tuple[str, int, int, str]]:
    """Of the classes that an operation's row has for itself a dtype, the order of gradients, how many examples, and the class: each once, and once
    more with gradients. Classes and dtypes meet in turn."""
    start = zlib.crc32(entry.operation.name.encode())
    dtypes = entry.operation.dtypes
    floats = [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]
    result = []
    for number, name in enumerate(entry.operation.classes):
        result.append((dtypes[(start + number) % len(dtypes)], 0, 1, name))
        if entry.differentiable:
            result.append((floats[(start + number) % len(floats)], 1, 1, name))
    return result


def forced_in_each_dtype(entry: Entry) -> list[tuple[str, int, int, str]]:
    """The same of the classes that are forced in every dtype."""
    wide = [dtype for dtype in ("float32", "float64") if dtype in entry.operation.dtypes and entry.differentiable]
    return [(dtype, grad, 1, name) for name in entry.operation.classes_of_each_dtype
            for dtype, grad in [*[(dtype, 0) for dtype in entry.operation.dtypes], *[(dtype, 1) for dtype in wide]]]  # fmt: skip


def _rotated(items: Sequence[str], start: int) -> list[str]:
    return [items[(start + number) % len(items)] for number in range(len(items))]


def never_drawn(entry: Entry, backend: Backend, result: dict[str, Any]) -> list[str]:
    """What applies and was never drawn; nothing for an operation that the backend does not support at all.

    A class that came up only in examples that the backend does not support is unsupported, not forgotten."""
    if result["examples"] == 0:
        return []
    drawn = {**result["classes"], **result.get("unsupported_classes", {})}
    return [name for name in required(entry, backend) if not drawn.get(name)]


def without_result(entry: Entry, backend: Backend, returned: set[str]) -> list[str]:
    """What applies and came up only in calls that raised, if at all: it is drawn again, though some operations always raise there."""
    forced_once = (INVALID, "grad", LARGE, GRADIENTS, *RELATIONS, *entry.operation.classes, *entry.operation.classes_of_each_dtype)
    once = [
        name for name in required(entry, backend)
        if name not in forced_once and not critical.is_forced(name) and arrangement_of(name) is None and lone_value_of(name) is None
    ]  # fmt: skip
    return [name for name in once if name not in returned]


def large_classes(entry: Entry, backend: Backend) -> tuple[str, ...]:
    """The classes of large inputs that must come up in every run: what is large at all, and with gradients."""
    if not can_be_large(entry.operation.name):
        return ()
    gradients = gradient_dtypes(entry) and backend.capabilities.autograd
    return (LARGE, GRADIENTS) if gradients else (LARGE,)


def rotated_out(entry: Entry, result: dict[str, Any]) -> list[str]:
    """The classes of large inputs that were not drawn this time: they come up in turn, from operation to operation and from seed to seed."""
    if not result["examples"] or not can_be_large(entry.operation.name):
        return []
    classes = [name for name in LARGE_CLASSES if name != "large broadcast" or applies(entry.operation, "broadcast")]
    return [name for name in classes if not result["classes"].get(name)]


def compared_nothing(entry: Entry, result: dict[str, Any]) -> bool:
    """Whether a run of examples never compared an element of an operation that returns tensors with values."""
    return bool(result["examples"] and entry.operation.values and result["checks"].get("values") and not result["compared"])
