"""The tutorials' rows O (operations and their in-place forms) and B (broadcasting): each runs on refimpl and on torch."""

from __future__ import annotations

import math

import numpy
import pytest


@pytest.fixture
def t1(torch):
    return torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


DOUBLED = [[2.0, 4.0], [6.0, 8.0], [10.0, 12.0]]


def test_O01_clone(torch, t1):
    t2 = t1.clone()
    assert torch.equal(t1, t2)
    assert t1.untyped_storage().data_ptr() != t2.untyped_storage().data_ptr()


def test_O02_add(t1):
    assert t1.add(t1.clone()).tolist() == DOUBLED


def test_O03_the_operand_is_not_modified(t1):
    t1.add(t1.clone())
    assert t1.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_O04_an_underscore_writes_in_place_and_returns_self(t1):
    address = t1.data_ptr()
    assert t1.add_(t1) is t1
    assert t1.tolist() == DOUBLED and t1.data_ptr() == address
    t1.add_(t1)  # the tutorial's printed result is that of two calls
    assert t1.tolist() == [[4.0, 8.0], [12.0, 16.0], [20.0, 24.0]]


def test_O05_a_result_in_a_new_variable(t1):
    t1.add_(t1)
    t3 = t1.add(t1)
    assert t3.tolist() == [[4.0, 8.0], [12.0, 16.0], [20.0, 24.0]]
    assert t1.tolist() == DOUBLED


def test_O06_operators(torch):
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([[3.0], [4.0]])
    assert (x * 2 - y).tolist() == [[-1.0, 1.0], [-2.0, 0.0]]
    assert (1 + x).tolist() == [2.0, 3.0]
    assert (1 - x).tolist() == [0.0, -1.0]


def test_O07_matrix_multiplication(torch):
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    w = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert torch.mm(x, w).tolist() == x.mm(w).tolist() == [[4.0, 5.0], [10.0, 11.0]]
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)$"):
        x.mm(x)
    with pytest.raises(RuntimeError, match="^self must be a matrix$"):
        torch.ones(3).mm(w)


def test_O08_clamp_from_below(torch):
    result = torch.tensor([-1.0, 0.0, 2.0, math.nan]).clamp(min=0)
    assert result[:3].tolist() == [0.0, 0.0, 2.0]
    assert math.isnan(result[3].item())


def test_O09_power(torch):
    assert torch.tensor([-3.0, 0.5]).pow(2).tolist() == [9.0, 0.25]


def test_O10_the_full_sum_has_no_dimension(t1):
    assert t1.sum().shape == () and t1.sum().item() == 21.0


def test_O11_sum_over_the_first_dimension(torch):
    grad_h = torch.ones(100, 32)
    assert grad_h.sum(dim=0).shape == (32,)
    assert grad_h.sum(dim=0).tolist() == [100.0] * 32
    assert grad_h.sum(dim=1).shape == (100,)


def test_O12_mm_takes_transposed_operands(torch):
    h, g, w2 = torch.randn(4, 3), torch.randn(4, 2), torch.randn(3, 2)
    assert torch.allclose(h.t().mm(g), h.t().contiguous().mm(g))
    assert torch.allclose(g.mm(w2.t()), g.mm(w2.t().contiguous()))
    assert h.t().mm(g).is_contiguous()


def test_O13_in_place_subtraction_and_zero(torch):
    w, grad = torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])
    address, same = w.data_ptr(), grad.data_ptr()
    assert w.sub_(0.1 * grad) is w and grad.zero_() is grad
    assert (w.tolist(), grad.tolist()) == ([0.0, 0.0], [0.0, 0.0])
    assert (w.data_ptr(), grad.data_ptr()) == (address, same)


def test_O14_in_place_must_not_grow_the_target(torch):
    text = r"^output with shape \[1, 5\] doesn't match the broadcast shape \[3, 5\]$"
    with pytest.raises(RuntimeError, match=text):
        torch.zeros(1, 5).add_(torch.zeros(3, 5))


def test_O15_the_gradient_of_the_mean(torch):
    x = torch.tensor([1.0, 2.0, 3.0, 6.0], requires_grad=True)
    mean = x.mean()
    assert mean.item() == 3.0
    mean.backward()
    assert x.grad.tolist() == [0.25] * 4


# -- B: broadcasting -----------------------------------------------------------------------------


def test_B01_tensor_plus_number(torch):
    t = torch.randn(3, 5)
    result = t + 22
    assert (result.shape, result.dtype) == ((3, 5), torch.float32)
    assert torch.allclose(result - 22, t, atol=2e-6)


def test_B02_tensor_plus_one_element(torch):
    t = torch.randn(3, 5)
    assert torch.equal(t + torch.tensor([22.0]), t + 22)


def test_B03_incompatible_sizes(torch):
    def text(a, b, dim):
        return (
            rf"^The size of tensor a \({a}\) must match the size of tensor b \({b}\) "
            rf"at non-singleton dimension {dim}$"
        )

    with pytest.raises(RuntimeError, match=text(3, 5, 0)):
        torch.randn(3, 5) + torch.randn(5, 5)
    with pytest.raises(RuntimeError, match=text(2, 5, 1)):  # what the tutorial prints belongs to these sizes
        torch.randn(3, 2) + torch.randn(5, 5)


def test_B04_shapes_align_from_the_right(torch):
    assert tuple(torch.broadcast_shapes((8, 1, 6, 1), (7, 1, 5))) == (8, 7, 6, 5)
    assert (torch.zeros(8, 1, 6, 1) + torch.zeros(7, 1, 5)).shape == (8, 7, 6, 5)


def test_B05_the_rightmost_mismatch_is_reported(torch):
    with pytest.raises(RuntimeError, match=r"tensor a \(3\) .* tensor b \(4\) at non-singleton dimension 2"):
        torch.zeros(2, 5, 3) + torch.zeros(3, 6, 4)


def test_B06_missing_leading_axes_count_as_one(torch):
    t, row = torch.randn(3, 5), torch.randn(5)
    assert torch.equal(t + row, t + row.unsqueeze(0))


@pytest.mark.parametrize("a, b", [((8, 1, 6, 1), (7, 1, 5)), ((1, 5), (3, 1)), ((), (2, 3)), ((0, 1), (4,)), ((3, 5), (5,))])
def test_B07_shapes_broadcast_as_numpys(torch, a, b):
    assert (torch.zeros(a) + torch.zeros(b)).shape == numpy.broadcast_shapes(a, b)


def test_B12_an_outer_product(torch):
    column, row = torch.tensor([0.0, 10.0, 20.0, 30.0]), torch.tensor([1.0, 2.0, 3.0])
    expected = [[0, 0, 0], [10, 20, 30], [20, 40, 60], [30, 60, 90]]
    assert (column.view(4, 1) * row).tolist() == expected


def test_B13_expansion_is_virtual(torch):
    x = torch.zeros(1, 5)
    y = x.expand(3, 5)
    assert y.stride() == (0, 1)
    assert y.data_ptr() == x.data_ptr()
