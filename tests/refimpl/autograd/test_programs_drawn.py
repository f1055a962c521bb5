"""What random programs (:mod:`conformance.programs`) found, as small programs: refimpl says what torch says.

The programs are in ``tests/support/lines/programs_drawn.txt``; whatever they print or raise is compared to the letter.
"""

from __future__ import annotations

import pytest
from printed import assert_prints_the_same, programs


@pytest.mark.parametrize("program", programs("programs_drawn.txt"))
def test_what_a_program_prints_or_raises(program):
    assert_prints_the_same(program)
