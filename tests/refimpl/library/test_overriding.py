"""Classes with ``__torch_function__``, subclasses of Tensor, and modes: refimpl asks whom torch asks.

The programs are in ``tests/support/lines/programs_overriding.txt``; whatever they print or raise is compared to the letter.
"""

from __future__ import annotations

import pytest
from printed import assert_prints_the_same, programs

import refimpl


@pytest.mark.parametrize("program", programs("programs_overriding.txt"))
def test_what_a_program_prints_or_raises(program):
    assert_prints_the_same(program)


def test_a_class_that_wants_to_see_kernels_is_refused():
    with pytest.raises(NotImplementedError, match="__torch_dispatch__ would never be called"):
        type("Logged", (refimpl.Tensor,), {"__torch_dispatch__": classmethod(lambda cls, func, types, args=(), kwargs=None: None)})
