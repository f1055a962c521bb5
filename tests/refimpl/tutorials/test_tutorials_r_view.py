"""The rows of R alone: what it prints (P01, P16), where R and Python differ (R01 to R28), and the rules of its subscripts (X01 to X15).

``refimpl.rstyle`` is the view; what it must give is what the rows say, and R's documentation behind them.
"""

from __future__ import annotations

import math

import pytest

import refimpl
from refimpl import rstyle as r


@pytest.fixture
def x():
    return r.torch_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def values(t):
    return t.tensor.tolist()


# -- creation ------------------------------------------------------------------------------------------


def test_C01_C03_C05_C17_values_of_r():
    assert r.torch_tensor(r.matrix(range(1, 10), ncol=3, byrow=True)).tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert r.torch_tensor(r.matrix(range(1, 10), ncol=3)).tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert r.torch_tensor(2.0).size() == [1]


def test_C08_one_size():
    assert r.torch_ones(2, 2).size() == r.torch_ones([2, 2]).size() == r.torch_ones(size=[2, 2]).size() == [2, 2]
    with pytest.raises(ValueError, match=r"^You should specify a single size argument\.$"):
        r.torch_ones([2, 2], 2)


def test_D05_values_of_other_types():
    assert r.torch_tensor([1 + 2j]).dtype is refimpl.complex64
    assert r.torch_tensor(b"ab").dtype is refimpl.uint8
    assert (r.torch_tensor(None).dtype, r.torch_tensor(None).size()) == (refimpl.bool, [0])


# -- printing --------------------------------------------------------------------------------------


def test_P01_the_header_line():
    assert repr(r.torch_tensor([1.0, 2.0])) == "torch_tensor\n 1\n 2\n[ CPUFloatType{2} ]"


def test_P10_P12_P13_P14_P15_what_r_prints_of_the_rest():
    layer = r.nn_linear(3, 1)
    assert repr(layer.weight.grad) == "torch_tensor\n[ Tensor (undefined) ]"
    t = r.torch_ones(2, 3)
    assert [r.text(each) for each in (t.dtype, t.device, t.size(), t[1, 1].size())] == [
        "torch_Float", "torch_device(type='cpu')", "[1] 2 3", "integer(0)",
    ]  # fmt: skip


def test_V09_V10_V11_host_arrays():
    t = r.torch_tensor(r.matrix(range(1, 10), ncol=3, byrow=True))
    assert r.text(r.as_array(t)).split("\n")[1] == "[1,]    1    2    3"
    assert [r.class_of(r.as_array(r.torch_ones([2] * n))) for n in (1, 2, 3)] == [["numeric"], ["matrix", "array"], ["array"]]
    assert r.as_integer(r.torch_tensor(2.9)) == 2


def test_P16_what_autograd_knows_and_what_is_left_out():
    leaf = r.torch_ones(1, requires_grad=True)
    assert repr(leaf).endswith("[ CPUFloatType{1} ][ requires_grad = TRUE ]")
    assert repr(leaf.log()).endswith("[ CPUFloatType{1} ][ grad_fn = <LogBackward0> ]")
    lines = repr(r.torch_arange(1, 100)).split("\n")
    assert lines[:2] == ["torch_tensor", "   1"] and lines[30] == "  30"
    assert lines[31:] == ["... [the output was truncated (use n=-1 to disable)]", "[ CPULongType{100} ]"]
    assert "truncated" not in r.text(r.torch_arange(1, 29))


# -- R and Python ------------------------------------------------------------------------------------


def test_R01_arange_is_closed_and_starts_at_1():
    assert values(r.torch_arange(1, 9)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert values(r.torch_arange(3)) == [1, 2, 3]
    assert r.torch_arange(1, 9).dtype is refimpl.int64 and r.torch_arange(1.0, 9.0).dtype is refimpl.float32
    assert r.torch_arange(0.0, 1.0, 0.1).size() == [11]  # 10 steps of 0.1 are not 1 exactly
    assert values(r.torch_arange(0.0, 1.0, 0.4)) == values(r.torch_tensor([0.0, 0.4, 0.8]))
    assert values(r.torch_arange(3, 1, -1)) == [3, 2, 1]
    with pytest.raises(RuntimeError, match="upper bound and lower bound inconsistent with step sign"):
        r.torch_arange(3, 1)


def test_R02_numbers_keep_their_type():
    assert r.torch_tensor([3.0]).dtype is refimpl.float32
    assert r.torch_tensor([3]).dtype is refimpl.int64


def test_R03_a_number_is_a_vector():
    assert r.torch_tensor(2.0).size() == [1]
    assert r.torch_scalar_tensor(2.0).size() == []


def test_R04_randint_gives_floats():
    assert r.torch_randint(-7, 7, [2, 2]).dtype is refimpl.float32
    assert r.torch_randint(-7, 7, [2, 2], dtype=r.torch_long()).dtype is refimpl.int64


def test_R05_dimensions_count_from_1(x):
    assert values(x.sum(dim=1)) == values(x.sum(1)) == [5.0, 7.0, 9.0]
    assert values(x.sum(dim=-1)) == [6.0, 15.0]
    assert x.unsqueeze(1).size() == [1, 2, 3] and x.unsqueeze(3).size() == [2, 3, 1]
    assert x.transpose(1, 2).size() == [3, 2]
    assert x.permute([2, 1]).size() == x.permute(2, 1).size() == [3, 2]
    assert r.torch_cat([x, x], dim=2).size() == [2, 6]
    assert r.torch_stack([x, x], 3).size() == [2, 3, 2]
    assert x.size(1) == 2 and x.stride(1) == 3
    assert x.flatten(start_dim=1, end_dim=2).size() == [6]
    assert r.torch_movedim(r.torch_ones(2, 3, 4), 1, 3).size() == [3, 4, 2]
    assert x.max(r.torch_ones(1)).size() == [2, 3]  # of two tensors: no dimension
    for dims in (0, [0, 1]):
        with pytest.raises(IndexError, match="^Indexing starts at 1 but found a 0.$"):
            x.sum(dim=dims)


def test_R06_positions_that_come_out_count_from_1(x):
    assert values(x.argmax()) == 6 and values(x.argmin(dim=1)) == [1, 1, 1]
    assert values(x.max(dim=2)[1]) == [3, 3] and values(x.max(dim=2)[0]) == [3.0, 6.0]
    assert values(x.sort(2, True)[1]) == [[3, 2, 1]] * 2 == values(x.argsort(dim=2, descending=True))
    assert values(x.topk(1)[1]) == [[3], [3]]
    assert values((x > 4).nonzero()) == [[2, 2], [2, 3]]
    assert [values(each) for each in r.torch_where(x > 4)] == [[2, 2], [2, 3]]
    assert values(r.torch_multinomial(r.torch_tensor([0.0, 1.0]), 1)) == [2]
    assert values(r.torch_tril_indices(2, 2)) == [[1, 2, 2], [1, 1, 2]]
    pooled, where = r.nnf_max_pool1d_with_indices(r.torch_tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    assert (values(pooled), values(where)) == ([[3.0, 2.0]], [[2, 3]])


def test_R07_some_positions_stay_as_they_are(x):
    assert sorted(values(r.torch_randperm(3))) == [0, 1, 2]
    assert values(x.median(dim=2)[1]) == [1, 1]
    assert values(x.cummax(2)[1]) == [[0, 1, 2]] * 2
    assert values(r.torch_searchsorted(r.torch_tensor([1.0, 2.0]), r.torch_tensor([2.0]))) == [1]


def test_R08_positions_that_go_in_count_from_1(x):
    assert values(x.index_select(2, r.torch_tensor([1, 3]))) == [[1.0, 3.0], [4.0, 6.0]]
    assert values(x.gather(2, r.torch_tensor([[1], [2]]))) == [[1.0], [5.0]]
    assert values(r.torch_take(x, r.torch_tensor([1, 6]))) == [1.0, 6.0]
    assert values(x.select(1, 2)) == [4.0, 5.0, 6.0]
    assert values(r.nnf_one_hot(r.torch_tensor([1, 3]))) == [[1, 0, 0], [0, 0, 1]]
    assert values(r.torch_bincount(r.torch_tensor([1, 2, 2]))) == [1, 2]
    picked = r.nnf_cross_entropy(r.torch_tensor([[0.0, 1000.0]]), r.torch_tensor([2]))
    assert values(picked) == 0.0
    assert values(r.nnf_embedding(r.torch_tensor([2]), x)) == [[4.0, 5.0, 6.0]]
    with pytest.raises(IndexError, match="^Indexing starts at 1 but found a 0.$"):
        x.index_select(2, r.torch_tensor([0]))


def test_R09_narrow_starts_at_1(x):
    assert values(x.narrow(2, 2, 2)) == values(r.torch_narrow(x, 2, 2, 2)) == [[2.0, 3.0], [5.0, 6.0]]
    assert values(x.narrow_copy(2, 2, 2)) == [[2.0, 3.0], [5.0, 6.0]]
    assert values(r.torch_narrow_copy(x, 2, 1, 2)) == [[2.0, 3.0], [5.0, 6.0]]


def test_R10_sizes_are_no_positions(x):
    assert x.view([3, 2]).size() == x.reshape(3, 2).size() == [3, 2]
    assert r.torch_ones(1, 3).expand([2, 3]).size() == [2, 3]
    assert x.repeat([1, 2]).size() == [2, 6]


def test_R11_ranges_include_their_end(x):
    assert values(x[:, -2:-1]) == [[2.0, 3.0], [5.0, 6.0]]
    v = r.torch_arange(5)
    assert values(v[3:1]) == []
    assert values(v[range(3, 0, -1)]) == [3, 2, 1]


def test_R12_several_vectors_span_an_outer_product():
    m = r.torch_tensor(r.matrix(range(1, 10), ncol=3, byrow=True))
    assert values(m[[2, 3], [1, 2]]) == [[4, 5], [7, 8]]


def test_R13_assignment_writes_through_every_alias(x):
    column = x[:, 1]
    x[:, 1] = 9.0
    assert values(column) == [9.0, 9.0]
    x[[1, 2], 2] = [7.0, 8.0]
    assert values(x) == [[9.0, 7.0, 3.0], [9.0, 8.0, 6.0]]
    with pytest.raises(IndexError, match="^Only one tensor is allowed in the index$"):
        x[[1, 2], [1, 2]] = 0.0


def test_R14_remainder_and_integer_division_truncate():
    a = r.torch_tensor([-7, 7])
    assert values(a % 3) == [-1, 1] and values(a // 2) == [-3, 3]


def test_R15_a_number_on_the_left_is_a_tensor():
    assert (2.0 * r.torch_scalar_tensor(3.0)).size() == [1]
    assert (r.torch_scalar_tensor(3.0) * 2.0).size() == []
    half = r.torch_ones(2, dtype=r.torch_half())
    assert (2.0 * half).dtype is refimpl.float32 and (half * 2.0).dtype is refimpl.float16


def test_R16_the_negative_of_0_is_0():
    assert math.copysign(1, values(-r.torch_tensor([0.0]))[0]) == 1
    assert values(-r.torch_tensor([1.5])) == [-1.5]


def test_R17_zero_grad_fills_with_0():
    layer = r.nn_linear(3, 1)
    layer(r.torch_ones(2, 3)).sum().backward()
    layer.zero_grad()
    assert values(layer.weight.grad) == [[0.0, 0.0, 0.0]]


def test_R18_an_undefined_gradient_is_an_object():
    assert repr(r.nn_linear(3, 1).weight.grad) == r.text(r.torch_ones(1).grad) == "torch_tensor\n[ Tensor (undefined) ]"


def test_R19_a_move_replaces_the_parameters_and_takes_the_gradients_along():
    layer = r.nn_linear(3, 1)
    layer(r.torch_ones(2, 3)).sum().backward()
    before = layer.weight
    assert layer.to(refimpl.float64) is layer
    assert layer.weight.dtype is layer.weight.grad.dtype is refimpl.float64
    assert before.dtype is refimpl.float32 and before.tensor is not layer.weight.tensor
    assert values(layer.bias.grad) == [2.0]


def test_R20_children_come_before_own_parameters():
    class Scaled(refimpl.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = refimpl.nn.Parameter(refimpl.ones(1))
            self.layer = refimpl.nn.Linear(2, 1)

    from refimpl.rstyle.modules import RModule

    assert list(RModule(Scaled()).parameters) == ["layer.weight", "layer.bias", "scale"]


def test_R21_a_sequence_counts_from_1_but_names_from_0():
    model = r.nn_sequential(r.nn_linear(3, 16), r.nn_relu(), r.nn_linear(16, 1))
    assert list(model.parameters) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert model[[1]].bias.tensor is model[1].bias.tensor is model.parameters["0.bias"].tensor
    for position in (0, 4):
        with pytest.raises(IndexError, match="^subscript out of bounds$"):
            model[[position]]


def test_R22_errors_of_dimensions_count_from_1():
    with pytest.raises(IndexError, match=r"^Dimension out of range \(expected to be in range of \[-1, 1\], but got 2\)$"):
        r.torch_ones(2).sum(dim=2)


def test_R23_host_arrays_are_column_major(x):
    assert r.as_numeric(r.torch_tensor([[1, 2], [3, 4]])) == [1.0, 3.0, 2.0, 4.0]
    assert r.as_matrix(r.torch_tensor([1, 2])) == [[1], [2]]
    assert len(r.as_matrix(r.torch_ones(2, 2, 2))) == 8
    assert r.matrix(range(1, 10), ncol=3) == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert r.torch_tensor(r.matrix(range(1, 10), ncol=3)).stride() == [3, 1]


def test_R24_steps_has_a_default():
    assert r.torch_linspace(0, 1).size() == r.torch_logspace(0, 1).size() == [100]
    assert r.torch_linspace(0, 1, 3).size() == [3]


def test_R25_length_and_dim(x):
    assert r.length(x) == len(x) == 6 and r.dim(x) == [2, 3]


def test_R26_a_tensor_of_a_tensor_is_a_detached_copy(recwarn):
    a = r.torch_ones(2, requires_grad=True)
    b = r.torch_tensor(a)
    assert not b.requires_grad and b.tensor.data_ptr() != a.tensor.data_ptr()
    assert recwarn.list == []


def test_R27_bare_operators_are_logical():
    a, b = r.torch_tensor([0, 2]), r.torch_tensor([1, 1])
    assert values(a & b) == [False, True] and values(a | b) == [True, True] and values(~a) == [True, False]


def test_R28_modules_and_tensors_draw_from_separate_streams_in_2020():
    """The parameters of T3 follow each other as if nothing had been drawn in between, though the text draws ten rows of data."""
    r.torch_manual_seed(10403)
    first, second = r.nn_linear(3, 1), r.nn_linear(3, 16)
    assert [f"{v:.4f}" for v in values(first.weight)[0]] == ["-0.0385", "0.1412", "-0.5436"]
    assert [f"{v:.4f}" for v in values(second.weight)[0]] == ["-0.1968", "-0.1127", "-0.0504"]


# -- subscripts --------------------------------------------------------------------------------------


def test_X01_a_range_kept_in_a_variable_is_a_vector():
    v = r.torch_arange(5)
    i = range(2, 5)
    assert values(v[i]) == values(v[2:4]) == [2, 3, 4]
    assert v[2:4].tensor.untyped_storage().data_ptr() == v.tensor.untyped_storage().data_ptr() != v[i].tensor.untyped_storage().data_ptr()


def test_X02_ranges():
    v = r.torch_arange(10)
    assert values(v[2:10:2]) == [2, 4, 6, 8, 10]
    assert values(v[0:2]) == [1, 2] and values(v[1:0]) == []
    assert values(v[3:math.inf]) == values(v[3:-1]) == values(v[3:20]) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert values(v[-3:-2]) == [8, 9] and values(v[-2:10]) == [9, 10]
    with pytest.raises(ValueError, match="^step must be greater than zero$"):
        v[1:3:-1]


def test_X03_N_is_the_end_of_a_range():
    v = r.torch_arange(3)
    assert values(v[2 : r.N]) == [2, 3]
    with pytest.raises(IndexError, match="out of bounds"):
        v[r.N]


def test_X04_missing_arguments(x):
    assert values(x[1]) == values(x[1,]) == values(x[1, :]) == [1.0, 2.0, 3.0]
    with pytest.raises(IndexError, match="^too many indices for tensor of dimension 2$"):
        x[1, 1, 1]


def test_X05_one_number(x):
    assert values(x[1, 2]) == values(x[[1], [2]]) == values(x[1.9, 2.2]) == 2.0
    assert values(x[-1, -1]) == 6.0
    with pytest.raises(IndexError, match="^Indexing in R is 1-based and found a 0.$"):
        x[0, 1]
    assert x[1, 1:2, r.drop(False)].size() == [1, 2]


def test_X06_drop_is_for_numbers_alone(x):
    assert x[1:1, 1, r.drop(False)].size() == [1, 1]
    assert x[1:1, 1].size() == [1]
    assert x[r.torch_scalar_tensor(1), :, r.drop(False)].size() == [3]
    x[1, 1, r.drop(False)] = 9.0
    assert values(x[1, 1]) == 9.0


def test_X07_new_axes_and_the_rest(x):
    assert x[:, 1, None].size() == x[:, 1, r.newaxis].size() == [2, 1]
    assert values(x[..., 1]) == [1.0, 4.0] and values(x[2, ...]) == [4.0, 5.0, 6.0]


def test_X08_vectors_of_numbers():
    v = r.torch_tensor([10.0, 20.0, 30.0])
    assert values(v[[3, 1]]) == [30.0, 10.0] and values(v[[-1, 1]]) == [30.0, 10.0]
    with pytest.raises(IndexError, match="^Indexing in R is 1-based and found a 0.$"):
        v[[1, 0]]
    with pytest.raises(IndexError, match="^Unsupported index.$"):
        v[[]]


def test_X09_vectors_of_logicals():
    v = r.torch_tensor([10.0, 20.0, 30.0])
    assert values(v[[True, False, True]]) == [10.0, 30.0]
    assert values(r.torch_tensor([5.0])[True]) == [5.0]
    with pytest.raises(IndexError, match="does not match"):
        v[[True, False]]


def test_X10_matrices_are_tensors_of_indices():
    v = r.torch_tensor(r.matrix(range(1, 17), ncol=4, byrow=True))
    assert v[r.matrix([1, 2, 3, 4], ncol=2)].size() == [2, 2, 4]
    mask = [[c == 1 for c in range(4)] for _ in range(4)]
    assert values(v[mask]) == [2, 6, 10, 14]


def test_X11_tensors(x):
    assert values(x[x > 2]) == [3.0, 4.0, 5.0, 6.0]
    assert values(x[:, r.torch_tensor([3, -3])]) == [[3.0, 1.0], [6.0, 4.0]]
    assert x[r.torch_scalar_tensor(2)].size() == [3]
    with pytest.raises(IndexError, match="^Indexing starts at 1 but found a 0.$"):
        x[r.torch_tensor([0])]
    with pytest.raises(TypeError, match="^Only long and boolean tensors are supported.$"):
        x[r.torch_tensor([1.0])]


def test_X12_vectors_one_after_another(x):
    assert values(x[[1, 2], [1, 3]]) == [[1.0, 3.0], [4.0, 6.0]]
    assert values(x[[True, False], [3, 1]]) == [[3.0, 1.0]]
    with pytest.raises(IndexError, match="too many indices"):
        x[x > 2, 1]


def test_X13_assignment(x):
    x[1, 2:3] = r.torch_tensor([7.0, 8.0])
    x[2, 1] = 0
    x[..., 3] = [5.0]
    assert values(x) == [[1.0, 7.0, 5.0], [0.0, 5.0, 5.0]]
    with pytest.raises(TypeError, match=r"^rhs must be a torch_tensor or scalar value\.$"):
        x[1, 1] = "a"


def test_X14_a_new_axis_behind_a_vector_behind_the_rest_is_miscounted():
    with pytest.raises(IndexError, match="too many indices"):
        r.torch_arange(3)[..., [1, 2], None]
    assert r.torch_arange(3)[[1, 2], None].size() == [2, 1]


def test_X15_an_error_in_rs_numbers():
    with pytest.raises(IndexError, match="^index 1 is out of bounds for dimension 1 with size 0$"):
        r.torch_empty(0)[1]
    with pytest.raises(IndexError, match="^index 5 is out of bounds for dimension 1 with size 3$"):
        r.torch_ones(2, 3)[1, 6]
