"""The tutorials' rows C (creation), D (dtype inference): each runs on refimpl and on torch."""

from __future__ import annotations

import pytest
from libtorch_text import libtorch_text, words


def assert_prints(tensor, text):
    """The tensor is what a tutorial printed, but for the spacing that its text lost."""
    assert words(libtorch_text(tensor)) == words(text)


def test_C01_doubles_give_a_float_vector(torch):
    t = torch.tensor([1.0, 2.0])
    assert (t.shape, t.dtype, t.tolist()) == ((2,), torch.float32, [1.0, 2.0])
    assert_prints(t, "1\n2\n[ CPUFloatType{2} ]")


def test_C02_logicals_give_a_bool_vector(torch):
    t = torch.tensor([True, False])
    assert t.dtype is torch.bool
    assert repr(t) == "tensor([ True, False])"
    assert_prints(t, "1\n0\n[ CPUBoolType{2} ]")


def test_C03_rows_give_a_matrix(torch):
    t = torch.tensor([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0], [4.0, 5.0, 6.0]])
    assert_prints(t, "1  2  0\n3  0  0\n4  5  6\n[ CPUFloatType{3,3} ]")


def test_C04_integers_by_row(torch):
    assert_prints(torch.arange(1, 10).reshape(3, 3), "1  2  3\n4  5  6\n7  8  9\n[ CPULongType{3,3} ]")


def test_C05_integers_by_column(torch):
    t = torch.arange(1, 10).reshape(3, 3).t().contiguous()
    assert t.tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert t.stride() == (3, 1)


def test_C06_randn_replays_the_printed_numbers(torch):
    torch.manual_seed(199746186)
    assert_prints(
        torch.randn(3, 3),
        "-2.1563  1.7085  0.5245\n0.8955 -0.6854  0.2418\n0.4193 -0.7742 -1.0399\n[ CPUFloatType{3,3} ]",
    )


def test_C07_zeros_in_three_dimensions(torch):
    t = torch.zeros(4, 2, 2)
    assert t.shape == (4, 2, 2)
    blocks = "\n".join(f"({k},.,.) =\n0 0\n0 0\n" for k in (1, 2, 3, 4))
    assert_prints(t, blocks + "[ CPUFloatType{4,2,2} ]")


@pytest.mark.parametrize("size", [(2, 2), (2, 2, 2)])
def test_C08_ones_take_the_size_as_one_argument(torch, size):
    for t in (torch.ones(size), torch.ones(list(size)), torch.ones(*size), torch.ones(size=size)):
        assert (t.shape, t.dtype) == (size, torch.float32)
        assert bool((t == 1).all())


def test_C09_randn_takes_the_size_as_one_argument(torch):
    assert torch.randn((3, 5)).shape == (3, 5)
    t = torch.randn((5,))
    assert (t.shape, t.dtype) == ((5,), torch.float32)


def test_C10_randn_replays_the_24_printed_numbers(torch):
    torch.manual_seed(2235106305)
    assert_prints(
        torch.randn(2, 3, 4),
        """(1,.,.) =
        0.6930 1.0607 1.5802 0.0529
        1.6168 0.3958 -0.4885 1.5357
        1.2671 0.8729 0.1229 0.9226

        (2,.,.) =
        -0.3704 0.5151 1.3497 0.5579
        0.5856 0.2416 -1.0963 2.0886
        0.5494 0.1053 -0.0875 -0.3887
        [ CPUFloatType{2,3,4} ]""",
    )


def test_C11_randint_draws_next_from_the_same_stream(torch):
    text = "(1,.,.) =\n2 -2\n-5  4\n\n(2,.,.) =\n0  4\n-3 -1\n[ CPUFloatType{2,2,2} ]"
    torch.manual_seed(199746186)
    torch.randn(3, 3)
    assert_prints(torch.randint(-7, 7, (2, 2, 2), dtype=torch.float32), text)

    torch.manual_seed(199746186)
    torch.randn(3, 3)
    t = torch.randint(-7, 7, (2, 2, 2))
    assert t.dtype is torch.int64
    assert_prints(t, text.replace("Float", "Long"))


def test_C12_randint_stays_below_high(torch):
    t = torch.randint(3, 7, (3, 3, 3), dtype=torch.float32)
    assert t.shape == (3, 3, 3)
    assert set(t.reshape(-1).tolist()) == {3.0, 4.0, 5.0, 6.0}
    named = torch.randint(low=3, high=7, size=(3, 3, 3))
    assert set(named.reshape(-1).tolist()) <= {3, 4, 5, 6}


def test_C13_arange_is_half_open(torch):
    assert torch.arange(1, 9).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert torch.arange(3).tolist() == [0, 1, 2]
    t = torch.arange(1.0, 2.0, 0.25)
    assert (t.dtype, t.tolist()) == (torch.float32, [1.0, 1.25, 1.5, 1.75])


def test_C14_eye(torch):
    t = torch.eye(2, 3)
    assert (t.dtype, t.tolist()) == (torch.float32, [[1, 0, 0], [0, 1, 0]])


def test_C15_logspace_needs_steps(torch):
    assert torch.logspace(0, 3, 4).tolist() == [1.0, 10.0, 100.0, 1000.0]
    with pytest.raises(TypeError):
        torch.logspace(0, 3)


def test_C16_integer_range(torch):
    t = torch.arange(1, 11)
    assert (t.dtype, t.shape) == (torch.int64, (10,))


def test_C17_a_number_gives_no_dimension(torch):
    assert torch.tensor([2.0]).shape == (1,)
    assert torch.tensor(2.0).shape == ()


def test_C18_requires_grad_at_creation(torch):
    t = torch.randn(5, 3, requires_grad=True)
    assert t.requires_grad and t.is_leaf
    assert t.grad is None and t.grad_fn is None
    assert torch.randn(2).requires_grad is False


def test_C19_device_at_creation(torch):
    assert torch.randn(3, 2, device=torch.device("cpu")).device == torch.device("cpu")
    assert torch.randn(3, 2, device="cpu").device.type == "cpu"


def test_D01_floats_give_the_default_dtype(torch):
    assert torch.tensor([3.0, 5.0, 7.0]).dtype is torch.float32
    assert torch.tensor([3, 5, 7]).dtype is torch.int64


def test_D02_integers_give_int64(torch):
    assert torch.tensor([1]).dtype is torch.int64


def test_D03_logicals_give_bool(torch):
    assert torch.tensor([True, False]).dtype is torch.bool


def test_D04_an_explicit_dtype_wins(torch):
    t = torch.tensor(2.0, dtype=torch.float64)
    assert (t.dtype, t.item()) == (torch.float64, 2.0)


def test_D05_other_values(torch):
    assert torch.tensor([1 + 2j]).dtype is torch.complex64
    assert torch.tensor([]).dtype is torch.float32
    assert torch.tensor([1, 2.5]).dtype is torch.float32
    assert torch.tensor([True, 2]).dtype is torch.int64
    with pytest.raises(RuntimeError, match="^Could not infer dtype of NoneType$"):
        torch.tensor(None)
    half = torch.ones(2, dtype=torch.float16, requires_grad=True)
    with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended to use"):
        copy = torch.tensor(half)
    assert (copy.dtype, copy.requires_grad) == (torch.float16, False)
    assert copy.data_ptr() != half.data_ptr()


def test_D06_a_number_does_not_promote_a_float_tensor(torch):
    t = torch.ones(2)
    for result in (t + 22, t * 0.2, 1e-4 * t, t - 3):
        assert result.dtype is torch.float32
