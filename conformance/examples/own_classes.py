"""Input classes that an operation's row has for itself: each is forced in every run, and once more with gradients."""

from __future__ import annotations

import zlib

from ..cases.case import COMPLEX, FLOATS
from ..catalogue.entries import Entry


def forced_own_classes(entry: Entry) -> list[tuple[str, int, int, str]]:
    """A dtype, the order of gradients, how many examples, and the class; classes and dtypes meet in turn."""
    start = zlib.crc32(entry.operation.name.encode())
    dtypes = entry.operation.dtypes
    floats = [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]
    result = []
    for number, name in enumerate(entry.operation.classes):
        result.append((dtypes[(start + number) % len(dtypes)], 0, 1, name))
        if entry.differentiable:
            result.append((floats[(start + number) % len(floats)], 1, 1, name))
    return result
