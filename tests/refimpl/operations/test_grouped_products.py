"""Products of groups of matrices beside torch. Values are small whole numbers, of which torch's sums are exact, too."""

from __future__ import annotations

import pytest
from side_by_side import assert_same_program

RANKS = {
    "both": ("(2, {m}, {k})", "(2, {k}, {n})", None),
    "rows": ("({m}, {k})", "(2, {k}, {n})", "[{m} // 2, {m}]"),
    "columns": ("(2, {m}, {k})", "({k}, {n})", "[{n} // 2, {n}]"),
    "terms": ("({m}, {k})", "({k}, {n})", "[3, 3, {k}]"),
}


def operands(ranks, m=8, k=8, n=8, dtype="float32", layouts=("rows", "rows")):
    left, right, ends = (text and text.format(m=m, k=k, n=n) for text in RANKS[ranks])
    lines = []
    for name, shape, layout, shift in zip("ab", (left, right), layouts, (7, 3)):
        turned = f"(lambda s: (*s[:-2], s[-1], s[-2]))({shape})" if layout == "columns" else shape
        numbers = f"((torch.arange(1. * torch.Size({shape}).numel()) * {shift}) % 11 - 5).to(torch.{dtype}).reshape({turned})"
        lines.append(f"{name} = {numbers}{'.mT' if layout == 'columns' else ''}.requires_grad_()")
    lines.append("offs = None" if ends is None else f"offs = torch.tensor({ends}, dtype=torch.int32)")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("layouts", [("rows", "rows"), ("rows", "columns"), ("columns", "rows"), ("columns", "columns")])
@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_values_layouts_and_gradients(dtype, ranks, layouts):
    program = operands(ranks, dtype=dtype, layouts=layouts) + "y = F.grouped_mm(a, b, offs=offs)\n"
    assert_same_program(program + "y, y.stride(), y.untyped_storage().nbytes(), y.grad_fn.name()")
    assert_same_program(program + "g = torch.autograd.grad(y, (a, b), torch.ones_like(y).cumsum(-1))\n(g, [t.stride() for t in g])")


@pytest.mark.parametrize("ranks", RANKS)
def test_rows_of_results_are_aligned(ranks):
    columns = ("rows", "columns") if ranks != "columns" else ("rows", "rows")
    for n in (1, 4, 5, 9) if ranks != "columns" else (4, 12):
        assert_same_program(operands(ranks, n=n, layouts=columns) + "y = F.grouped_mm(a, b, offs=offs)\n(y, y.stride())")


def test_second_derivatives():
    assert_same_program(operands("both") + """
y = F.grouped_mm(a, b)
first = torch.autograd.grad(y, (a, b), torch.ones(2, 8, 8), create_graph=True)
torch.autograd.grad(first, (a, b), (torch.ones(2, 8, 8), torch.ones(2, 8, 8)))""")  # fmt: skip


REFUSED = """
a.double(), b; a, b.int(); a + 0j, b + 0j; a[0, 0], b; a, b[None]; a[0], b; a, b, ends(4, 8); a[0], b, ends(4, 8)[None]; a[0], b, ends(4, 8).float()
a[0], b, ends(2, 4, 8); a, b[:, :4]; a[:1], b; a[..., ::2], b[:, :4]; a[..., :4].contiguous()[..., :3], b[:, :3]; a[:, :, :3].contiguous(), b[:, :3]
a[:, :1].expand(2, 8, 8), b; a, b.half(); a[0].half(), b, ends(4, 8); a[0], b[0, :4], ends(4, 8)
"""


@pytest.mark.parametrize("given", [given for line in REFUSED.strip().splitlines() for given in line.split("; ")])
def test_what_is_refused(given):
    arguments, _, ends = given.partition(", ends")
    offs = f", offs=ends{ends}" if ends else ""
    assert_same_program(operands("both") + f"ends = lambda *numbers: torch.tensor(numbers, dtype=torch.int32)\nF.grouped_mm({arguments}{offs})")


@pytest.mark.parametrize("keywords", ["bias=torch.ones(8)", "out_dtype=torch.float64", "offs=[8]", "out_dtype=torch.float32", "offs=None"])
def test_keywords(keywords):
    assert_same_program(operands("both") + f"F.grouped_mm(a, b, {keywords})")
