"""In place and ``out=``: what torch finds wrong first, in which words, and the layout of an output that takes the result's shape."""

from __future__ import annotations

import pytest
from side_by_side import assert_same_program

PROGRAMS = """
# a pointwise operation looks for overlap before it broadcasts
torch.zeros(1).expand(2).add_(torch.zeros(3))
torch.zeros(1).expand(2).sub_(torch.zeros(2), alpha=1j)
torch.zeros(1).expand(2).copysign_(torch.zeros(3))
torch.zeros(1).expand(2).addcmul_(torch.zeros(3), torch.zeros(3))
torch.add(torch.zeros(4), torch.zeros(3), out=torch.zeros(1).expand(2))
torch.lerp(torch.zeros(3), torch.zeros(3), torch.zeros(4), out=torch.zeros(1).expand(2))
# a shape that grows: pointwise, and operations that set their output
torch.zeros(1).heaviside_(torch.zeros(2))
torch.zeros(1).lerp_(torch.zeros(2), 0.5)
torch.zeros(1).remainder_(torch.zeros(2))
torch.zeros(1, 2).addmm_(torch.zeros(3, 4), torch.zeros(4, 2))
torch.zeros(1).addmv_(torch.zeros(3, 4), torch.zeros(4))
torch.zeros(1).add_(torch.zeros(2), alpha=1j)
# an output that will be resized lies over its input
x = torch.ones(1, 3, 2, dtype=torch.complex64); torch.abs(x.view(-1), out=x)
x = torch.ones(1, 3, 2); torch.exp(x.view(-1), out=x)
# a mask is what is written
x = torch.ones(3, dtype=torch.bool); x.masked_scatter_(x, torch.zeros(3, dtype=torch.bool))
s = torch.ones(4, dtype=torch.bool); s[:3].masked_scatter_(s[1:], torch.zeros(3, dtype=torch.bool))
# dtypes
torch.zeros(2, dtype=torch.int8).clamp_(0.5)
torch.zeros(2, dtype=torch.uint8).clamp_(0.5, 1.5)
torch.zeros(2, dtype=torch.int16).clamp_min_(0.5)
torch.zeros(2, dtype=torch.bool).clamp_max_(1)
torch.zeros(2, dtype=torch.int8).clamp_(torch.zeros(2))
torch.zeros(2, dtype=torch.int8).clamp_max_(1j)
torch.zeros(2, dtype=torch.bool).clamp_(True)
torch.zeros(2, dtype=torch.bool).clamp_(torch.zeros(2).bool(), torch.zeros(2).bool())
torch.zeros(1, dtype=torch.int16).ldexp_(torch.ones(3))
torch.ldexp(torch.ones(2), torch.ones(3), out=torch.ones(2, dtype=torch.int16))
torch.zeros(1).heaviside_(torch.zeros(2).double())
torch.heaviside(torch.zeros(2), torch.zeros(3), out=torch.zeros(2, dtype=torch.int16))
torch.lerp(torch.zeros(2), torch.zeros(2), torch.zeros(2), out=torch.zeros(2).double())
torch.lerp(torch.zeros(2), torch.zeros(2), torch.tensor(0.5), out=torch.zeros(2).double())
# ldexp in place may overlap exponents of which it makes powers before it writes, but not integers, beside which it is read
s = torch.ones(9); s.as_strided((2, 3), (3, 1)).ldexp_(s.as_strided((2, 3), (1, 2), 1))
s = torch.ones(9); torch.ldexp(torch.ones(2, 3), s.as_strided((2, 3), (1, 2), 1), out=s.as_strided((2, 3), (3, 1)))
s = torch.ones(9); torch.ldexp(s.as_strided((2, 3), (1, 2), 1), torch.ones(2, 3), out=s.as_strided((2, 3), (3, 1)))
s = torch.ones(9); s.as_strided((2, 3), (3, 1)).ldexp_(s.view(torch.int32).as_strided((2, 3), (1, 2), 1))
x = torch.ones(3); torch.ldexp(torch.ones(2, 3), x, out=x)
x = torch.ones(3); torch.ldexp(x, torch.ones(2, 3), out=x)
# running sums in place keep the dtype
torch.ones(2, dtype=torch.int8).cumsum_(0)
torch.ones(2, dtype=torch.bool).cumsum_(0)
torch.ones(1, dtype=torch.bool).expand(2).cumsum_(0)
torch.ones(1, dtype=torch.int8).expand(2).cumsum_(0)
torch.ones(2, dtype=torch.int8).cumsum_(0, dtype=torch.int64)
torch.cumsum(torch.ones(1), 0, out=torch.zeros(1, dtype=torch.bool))
# nothing to do, so that nothing is refused
torch.zeros(1, 1).expand(2, 1).nan_to_num_()
torch.zeros(1).expand(2).conj_physical_()
# the layout of an output that takes the result's shape
x = torch.zeros(400).as_strided((5, 2), (2, 30)); torch.conj_physical(x, out=torch.empty(0))
x = torch.zeros(400, dtype=torch.complex64).as_strided((5, 2), (2, 30)); torch.abs(x, out=torch.empty(0))
x = torch.zeros(400, dtype=torch.complex64).as_strided((5, 2), (2, 30)); (x.abs(), x.angle())
x = torch.ones(400).as_strided((1, 3), (1, 1)); (torch.polygamma(1, x), torch.polygamma(1, x, out=torch.empty(0)))
# what does not fit the signature comes before all of that, under the name that was called
torch.dot(torch.zeros(2), out=torch.zeros(2).int())
torch.amax(torch.zeros(2), unknown=1, out=torch.zeros(2).int())
torch.nonzero(torch.zeros(2), as_tuple=True, out=(torch.zeros(2).long(),))
torch.neg(torch.zeros(2), out=(torch.zeros(2),))
torch.select_scatter(torch.zeros(3, 4), 3, 0, 0, out=torch.zeros(1))
torch.arccos(torch.zeros(2), unknown=1)
torch.zeros(2).arctan2_()
torch.zeros(2, 3).swapaxes_(0)
"""


@pytest.mark.parametrize("line", [line for line in PROGRAMS.strip().split("\n") if not line.startswith("#")])
def test_as_in_torch(line):
    assert_same_program("\n".join(line.split("; ")))
