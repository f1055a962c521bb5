"""``testing.assert_close`` accepts what torch's accepts, and says what it says."""

from __future__ import annotations

from side_by_side import assert_same

ONE = [
    "T([1., 2., 3.]), T([1., 2.5, 3.])", "T(1.), T(2.)", "T([1, 2]), T([1, 3])", "T([1.]), T([1])", "T([1.]), T([1., 2.])",
    "T([1.]), T([1.], dtype=torch.float64)", "T([1.]), T([1.], dtype=torch.float64), check_dtype=False", "1., 2.", "1, 2", "1, 1.", "True, False",
    "None, None", "None, 1", "[1., 2.], [1., 3.]", "[1.], [1., 2.]", "{'a': 1.}, {'a': 2.}", "{'a': 1.}, {'b': 1.}", "'a', 'a'",
    "1, 1.0, check_dtype=False",
    "T([nan]), T([nan])", "T([nan]), T([nan]), equal_nan=True", "T([1.]), T([2.]), rtol=1", "T([1.]), T([2.]), rtol=0, atol=0.5",
    "T([1.]), T([2.]), msg='said'", "T([1.]), T([2.]), msg=lambda m: 'x' + m", "[T([1.]), T([2.])], [T([1.]), T([3.])]",
    "torch.ones(2, 3), torch.ones(3, 2).t(), check_stride=True", "T([1 + 1j]), T([2 + 1j])", "T([True]), T([False])",
    "T([True, True]), T([False, True])",
    "1.5, 'a'", "T([1.]), 1.", "[1, [2]], [1, [3]]", "(1,), [1]", "T([]), T([])", "torch.ones(2, 3), torch.zeros(2, 3)", "T([inf]), T([1.])",
    "T([1.], dtype=torch.float16), T([1.1], dtype=torch.float16)", "1 + 1j, 2 + 1j", "T([1.], requires_grad=True), T([1.])", "[], []",
    "T([1, 2], dtype=torch.uint8), T([255, 2], dtype=torch.uint8)", "{'a': [1]}, {'a': [2]}", "T([1.0000001]), T([1.])", "T([inf]), T([inf])",
    "1.00000001, 1.0", "inf, inf", "nan, nan", "nan, nan, equal_nan=True", "torch.nn.Parameter(torch.ones(1)), torch.ones(1)",
    "torch.nn.Parameter(torch.ones(1)), torch.ones(1), allow_subclasses=False", "T([1.], dtype=torch.bfloat16), T([1.01], dtype=torch.bfloat16)",
    "T([[1., 2.], [3., 4.]]), T([[1., 2.], [3., 8.]])", "[1, {'b': T([1.])}], [1, {'b': T([2.])}]", "T(3), T(4)",
]  # fmt: skip


def test_values_are_compared_as_torch_compares_them():
    def program(torch):
        names = {"torch": torch, "T": torch.tensor, "nan": float("nan"), "inf": float("inf"), "close": torch.testing.assert_close}
        return [lambda text=text: eval(f"close({text})", names) for text in ONE]

    assert_same(program)
