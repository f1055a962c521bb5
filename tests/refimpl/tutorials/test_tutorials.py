"""The rows of the source tutorials are all tested: a row is a test whose name carries the row's id.

The ids are those of the table that the tutorials were broken into (creation C, dtypes D, printing P, devices V, indexing I,
shapes S, operations O, broadcasting B, network N, autograd A, modules M, announced Z). Left out are the rows of R alone.
"""

from __future__ import annotations

import re
from pathlib import Path

ONLY_IN_R = {"P01", "P16"}
UNUSED = {"A10", "M04", "M07", "M14", "B08", "B09", "B10", "B11"}
LAST = {"C": 19, "D": 6, "P": 16, "V": 13, "I": 19, "S": 23, "O": 15, "B": 13, "N": 19, "A": 22, "M": 18, "Z": 7}
ROWS = {f"{letter}{i:02d}" for letter, last in LAST.items() for i in range(1, last + 1)} - ONLY_IN_R - UNUSED


def rows_with_a_test():
    for path in Path(__file__).parent.glob("test_tutorials_*.py"):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            span = re.match(r"test_([A-Z])(\d\d)_to_\1(\d\d)_", name)
            if span:
                letter, first, last = span.groups()
                yield from (f"{letter}{i:02d}" for i in range(int(first), int(last) + 1))
            else:
                yield from re.findall(r"(?<=_)[A-Z]\d\d(?=_)", name)


def test_every_row_has_a_test():
    assert set(rows_with_a_test()) == ROWS
