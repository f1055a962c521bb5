"""Hooks for what the graph saves, its edges, hooks of several gradients, and several cotangents at once: refimpl does what torch does.

The programs are in ``tests/support/lines/programs_graph.txt``; whatever they print or raise is compared to the letter.
"""

from __future__ import annotations

import pytest
from printed import assert_prints_the_same, programs


@pytest.mark.parametrize("program", programs("programs_graph.txt"))
def test_what_a_program_prints_or_raises(program):
    assert_prints_the_same(program)
