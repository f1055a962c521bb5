"""The tutorials' rows I (indexing) and S (shapes, views, strides, storage): each runs on refimpl and on torch."""

from __future__ import annotations

import re

import pytest


def shares_storage(a, b):
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


@pytest.fixture
def t(torch):
    return torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def cube(torch):
    return torch.tensor([[[2.0, -2.0], [-5.0, 4.0]], [[0.0, 4.0], [-3.0, -1.0]]])


def test_I01_a_single_value(t):
    assert t[0, 0].shape == () and t[0, 0].item() == 1.0


def test_I02_a_whole_row(t):
    assert t[0, :].shape == (3,) and t[0, :].tolist() == [1.0, 2.0, 3.0]


def test_I03_part_of_a_row(t):
    assert t[0, 0:2].tolist() == [1.0, 2.0]


def test_I04_size(t):
    assert tuple(t.size()) == (2, 3)
    assert t.size(1) == 3 and t.size(-2) == 2


def test_I05_an_integer_drops_its_dimension(t):
    assert t[0, 0:2].size() == (2,)
    assert t[0, 0].size() == ()


def test_I06_a_slice_of_one_keeps_it(t):
    assert t[0:1, 0:2].size() == (1, 2)


def test_I07_a_single_element_keeps_both(t):
    assert t[0:1, 0:1].size() == (1, 1)


def test_I08_negative_indices_count_from_the_end(t):
    assert t[0, -1].item() == 3.0 and t[0, -1].shape == ()


def test_I09_negative_ranges(t):
    assert t[:, -2:].tolist() == [[2.0, 3.0], [5.0, 6.0]]
    assert t[:, -2:-1].tolist() == [[2.0], [5.0]]


def test_I10_a_step(torch):
    x = torch.arange(1, 11)
    y = x[1:10:2]
    assert (y.dtype, y.tolist()) == (torch.int64, [2, 4, 6, 8, 10])
    assert (y.stride(), y.storage_offset()) == ((2,), 1)
    assert shares_storage(x, y)


def test_I11_an_ellipsis_then_an_index(cube):
    y = cube[..., 0]
    assert y.tolist() == [[2.0, -5.0], [0.0, -3.0]]
    assert y.stride() == (4, 2) and not y.is_contiguous()


def test_I12_an_index_then_an_ellipsis(cube):
    y = cube[1, ...]
    assert y.tolist() == [[0.0, 4.0], [-3.0, -1.0]]
    assert y.is_contiguous() and y.storage_offset() == 4


def test_I13_none_inserts_an_axis(torch):
    x = torch.randn(100, 3)
    y = x[:, 0, None]
    assert y.shape == (100, 1)
    assert torch.equal(y, x[:, 0:1])


def test_I14_a_column_kept_as_matrix(torch):
    x = torch.randn(100, 3)
    assert x[:, 0:1].shape == (100, 1)
    assert x[:, 0:1].stride() == (3, 1)


def test_I15_a_comparison_gives_a_mask(torch):
    h = torch.tensor([[-1.0, 0.0], [2.0, float("nan")]])
    mask = h < 0
    assert (mask.dtype, mask.tolist()) == (torch.bool, [[True, False], [False, False]])


def test_I16_assignment_through_a_mask(torch):
    h = torch.tensor([[-1.0, 0.0], [2.0, -3.0]])
    original = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    grad_h = original.clone()
    grad_h[h < 0] = 0
    assert grad_h.tolist() == [[0.0, 2.0], [3.0, 0.0]]
    assert original.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_I17_indexing_returns_views_but_masks_and_vectors_copy(torch, t):
    for y in (t[0], t[0, 1], t[:, 1:], t[..., 0], t[None], t[::2]):
        assert shares_storage(t, y)
    for y in (t[t > 2], t[[0, 1]], t[torch.tensor([1])], t[:, [0]]):
        assert not shares_storage(t, y)
    t[0][1] = 9.0
    assert t[0, 1].item() == 9.0


def test_I18_the_errors_of_the_same_forms(torch, t):
    with pytest.raises(IndexError, match="^index 5 is out of bounds for dimension 1 with size 3$"):
        t[0, 5]
    with pytest.raises(IndexError, match="^too many indices for tensor of dimension 2$"):
        t[0, 0, 0]
    with pytest.raises(ValueError, match="^step must be greater than zero$"):
        torch.arange(3)[::-1]


def test_I19_a_mask_of_the_wrong_shape(torch):
    text = "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 2] at index 0"
    with pytest.raises(IndexError, match=f"^{re.escape(text)}$"):
        torch.ones(2, 2)[torch.tensor([True, False, True])]


# -- S: shapes, views, strides, storage ----------------------------------------------------------


@pytest.fixture
def t1(torch):
    return torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def test_S01_unsqueeze_in_front(torch):
    y = torch.zeros(3, 3, 3).unsqueeze(0)
    assert (y.size(), y.stride()) == ((1, 3, 3, 3), (27, 9, 3, 1))


def test_S02_unsqueeze_in_the_middle(torch):
    y = torch.zeros(3, 3, 3).unsqueeze(1)
    assert (y.size(), y.stride()) == ((3, 1, 3, 3), (9, 9, 3, 1))


def test_S03_squeeze(torch):
    x = torch.zeros(3, 1, 3, 3)
    assert x.squeeze().size() == (3, 3, 3)
    assert x.squeeze(1).size() == (3, 3, 3)
    assert x.squeeze(0).size() == (3, 1, 3, 3)


def test_S04_unsqueeze_written_as_a_view(torch):
    x = torch.zeros(3, 3, 3)
    y = x.view(1, 3, 3, 3)
    assert y.size() == x.unsqueeze(0).size()
    assert shares_storage(x, y)


def test_S05_a_view_keeps_the_row_major_order(t1):
    assert t1.view(2, 3).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert t1.view((2, 3)).tolist() == t1.view(2, 3).tolist()


def test_S06_a_view_infers_one_dimension(t1):
    y = t1.view(-1, 6)
    assert (y.size(), y.tolist()) == ((1, 6), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])


def test_S07_a_view_never_drops_dimensions(t1):
    assert t1.view(-1, 6).dim() == 2


def test_S08_a_view_needs_the_same_number_of_elements(t1):
    with pytest.raises(RuntimeError, match=r"^shape '\[4\]' is invalid for input of size 6$"):
        t1.view(4)
    with pytest.raises(RuntimeError, match="^only one dimension can be inferred$"):
        t1.view(-1, -1)


def test_S09_a_view_shares_storage(t1):
    y = t1.view(2, 3)
    assert shares_storage(t1, y)
    assert t1.data_ptr() == y.data_ptr()
    y[0, 0] = 100.0
    assert t1[0, 0].item() == 100.0


def test_S10_squeeze_shares_storage(torch):
    x = torch.zeros(3, 1, 3)
    assert shares_storage(x, x.squeeze())


def test_S11_the_stride_of_a_contiguous_matrix(t1):
    assert t1.stride() == (2, 1)


def test_S12_the_stride_of_its_view(t1):
    assert t1.view(2, 3).stride() == (3, 1)


def test_S13_a_transpose_swaps_the_strides(t1):
    y = t1.t()
    assert y.tolist() == [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]
    assert y.stride() == (1, 2)
    assert shares_storage(t1, y)


def test_S14_transpose_and_its_limits(torch, t1):
    assert t1.transpose(0, 1).stride() == t1.t().stride()
    assert torch.equal(t1.transpose(0, 1), t1.t())
    with pytest.raises(RuntimeError, match=re.escape("t() expects a tensor with <= 2 dimensions, but self is 3D")):
        torch.zeros(2, 2, 2).t()


def test_S15_contiguity(t1):
    assert t1.is_contiguous() and t1.view(2, 3).is_contiguous()
    assert not t1.t().is_contiguous()


def test_S16_a_view_across_an_incompatible_layout_is_an_error(t1):
    text = (
        "view size is not compatible with input tensor's size and stride (at least one dimension spans "
        "across two contiguous subspaces). Use .reshape(...) instead."
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(text)}$"):
        t1.t().view(6)


def test_S17_contiguous_then_view(t1):
    assert t1.t().contiguous().view(6).tolist() == [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]


def test_S18_contiguous_copies_only_if_needed(t1):
    assert t1.contiguous() is t1
    assert not shares_storage(t1, t1.t().contiguous())


def test_S19_reshape_copies_when_a_view_is_impossible(t1):
    y = t1.t().reshape(6)
    assert y.tolist() == [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]
    assert not shares_storage(t1, y)


def test_S20_reshape_views_when_possible(t1):
    assert shares_storage(t1, t1.reshape(6))


def test_S21_a_view_of_a_transpose_can_succeed(t1):
    assert t1.t().view(2, 3, 1).stride() == (1, 2, 2)


def test_S22_repeat_copies(torch):
    x = torch.tensor([10.0])
    y = x.repeat(10)
    assert y.tolist() == [10.0] * 10
    assert not shares_storage(x, y)


def test_S23_a_vector_as_a_column(torch):
    v = torch.tensor([10.0]).repeat(10)
    y = v.unsqueeze(0).t()
    assert (v.unsqueeze(0).shape, y.shape, y.stride()) == ((1, 10), (10, 1), (1, 10))
