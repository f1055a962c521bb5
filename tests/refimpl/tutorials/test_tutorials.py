"""The rows of the source tutorials are all tested: a row is a test whose name carries the row's id.

The ids are those of docs/tutorial-rows.md: creation C, dtypes D, printing P, devices V, indexing I, shapes S, operations O, broadcasting B,
network N, autograd A, modules M, announced Z; of R alone: differences R, subscripts X.
"""

from __future__ import annotations

import re
from pathlib import Path

from places import ROOT

TABLE = ROOT / "docs" / "tutorial-rows.md"
ROWS = re.findall(r"^\| ([A-Z]\d\d) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)


def rows_with_a_test():
    for path in Path(__file__).parent.glob("test_tutorials_*.py"):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            span = re.match(r"test_([A-Z])(\d\d)_to_\1(\d\d)_", name)
            if span:
                letter, first, last = span.groups()
                yield from (f"{letter}{i:02d}" for i in range(int(first), int(last) + 1))
            else:
                yield from re.findall(r"(?<=_)[A-Z]\d\d(?=_)", name)


def test_a_row_stands_in_the_table_once():
    assert len(ROWS) == len(set(ROWS)) > 200


def test_every_row_has_a_test():
    assert set(rows_with_a_test()) == set(ROWS)
