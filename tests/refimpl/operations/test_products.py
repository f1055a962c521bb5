"""Products of vectors and matrices beside torch: shapes, strides, dtypes, graphs and errors.

Values are small whole numbers, of which torch's products are exact, too.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
import torch as real_torch
from side_by_side import assert_same_program, graph, outcome_of

import refimpl

DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split()
SHAPES = ["()", "(3,)", "(0,)", "(1,)", "(2, 3)", "(3, 2)", "(0, 3)", "(3, 0)", "(3, 3)", "(1, 3)", "(2, 2, 3)", "(2, 3, 2)", "(0, 2, 3)",
          "(2, 0, 3)", "(1, 3, 3)", "(3, 3, 0)",
          "(2, 1, 2, 3)", "(1, 2, 3, 2)", "(3, 2, 3, 4)"]  # fmt: skip


def differences(programs):
    """The programs of which the two libraries say different things, with what they say."""
    pairs = [(program, outcome_of(refimpl, program), outcome_of(real_torch, program)) for program in programs]
    return [pair for pair in pairs if pair[1] != pair[2]]


def counted(name, shape, dtype="float32", start=-3):
    return f"{name} = torch.arange(1. * torch.Size({shape}).numel()).add({start}).view({shape}).to(torch.{dtype})"


@pytest.mark.parametrize("first", SHAPES)
def test_matmul_of_all_ranks(first):
    assert not differences([f"{counted('a', first)}\n{counted('b', second)}\na @ b" for second in SHAPES])


CALLS = """
a.mm(b); a.mv(b[:, 0]); a[0].dot(b[:, 1]); a[0].vdot(b[:, 1]); torch.outer(a[0], b[0]); a[None].bmm(b[None]); a.t()[:2].addmm(a, b)
torch.addmm(a[0, :2], a, b, beta=2, alpha=3); torch.addmm(a[0, :2], a, b, beta=0); torch.addmm(a[0, :1], a, b, alpha=0)
torch.addmv(a[:, 0], a, b[:, 0])
torch.addmv(a[:, 0], a, b[:, 0], beta=2, alpha=-1); torch.baddbmm(a[None, :, :2], a[None], b[None])
torch.baddbmm(a[None, :, :2], a[None], b[None], beta=3, alpha=2)
torch.baddbmm(a[0, 0], a[None], b[None], beta=0); a.clone()[:, :2].addmm_(a, b); torch.addmm(a[:, :2], a, b, beta=0.5, alpha=1.5)
torch.addmv(a[:, 0], a, b[:, 0], beta=0.5, alpha=1.5); torch.addmm(a[:, :2], a, b, beta=True, alpha=True)
torch.addmm(a[:, :2], a, b, beta=1j)
torch.addmm(a[0, :2], a, b, beta=nan); a[0] @ b; a @ b[:, 0]; a[0] @ b[:, 0]; a[None] @ b[:, 0]; a[0] @ b[None]
a.clone()[:, 0].addmv_(a, b[:, 0])
""".replace("\n", ";").split(";")
CALLS = [call.strip() for call in CALLS if call.strip()]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype):
    assert not differences([f"{counted('a', '(2, 3)', dtype)}\n{counted('b', '(3, 2)', dtype)}\n{call}" for call in CALLS])


MIXED = """
a.mm(b); b.mm(a); a.mv(b[:, 0]); b.mv(a[0]); a[0].dot(b[:, 1]); b[:, 0].dot(a[0]); a[0].vdot(b[:, 1]); torch.outer(a[0], b[0])
a[None].bmm(b[None])
torch.addmm(a[:, :2], a, b); torch.addmm(a[:, :2], b, a.t()); torch.addmm(b[:2], a, a.t()); torch.addmm(b[:2], a, b)
torch.addmm(b[:2], b, a.t())
torch.addmm(a[:, :2], b[:2], a); torch.addmm(a[:, :2], b[:2], b[:2]); torch.addmv(a[:, 0], a, b[:, 0]); torch.addmv(a[:, 0], b, a[0])
torch.addmv(b[:, 0], b, a[0])
torch.addmv(b[:2, 0], a, a[0]); torch.baddbmm(a[None, :, :2], a[None], b[None]); torch.baddbmm(b[None, :2], a[None], a.t()[None])
torch.baddbmm(b[None, :2], a[None], b[None]); a @ b; a[0] @ b; a @ b[:, 0]; a[0] @ b[:, 0]; a[None] @ b; a @ b[None]
""".replace("\n", ";").split(";")


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "float16", "complex64"])
def test_operands_of_two_dtypes(dtype):
    assert not differences([f"{counted('a', '(2, 3)')}\n{counted('b', '(3, 2)', dtype)}\n{call.strip()}" for call in MIXED if call.strip()])


@pytest.mark.parametrize("call", """
z(2, 3).mm(z(2, 3)); z(2).mm(z(2, 3)); z(2, 3).mm(z(3)); z(2, 3).mv(z(2)); z(2, 3).mv(z(2, 3)); z(2).mv(z(2)); z(2).dot(z(3))
z(2, 2).dot(z(2)); z(2).outer(z(2, 2))
z(2, 3, 4).bmm(z(2, 3, 4)); z(2, 3, 4).bmm(z(3, 4, 5)); z(2, 3).bmm(z(2, 3, 4)); z(3).addmm(z(2, 3), z(3, 2))
z(2, 2).addmm(z(2, 3), z(2, 2)); z(2).addmm(z(2), z(2, 2))
z(2, 2, 2).addmm(z(2, 2), z(2, 2)); z(3, 3).addmm(z(2, 2), z(2, 2)); z(2).addmm_(z(2, 2), z(2, 2)); z(1).addmv_(z(2, 2), z(2))
z(()).addmv(z(2, 3), z(3)); z(3).addmv(z(2, 3), z(3))
z(1, 1).addmv(z(2, 3), z(3)); z(3).baddbmm(z(2, 2, 2), z(2, 2, 2)); z(2).baddbmm(z(2, 2, 2), z(2, 3, 2))
z(3).baddbmm(z(2, 2), z(2, 2, 2)); z(3).baddbmm(z(2, 2, 2), z(2, 2))
z(2, 2, 2, 2).baddbmm(z(2, 2, 2), z(2, 2, 2)); z(1, 2, 2).baddbmm_(z(2, 2, 2), z(2, 2, 2)); z(2, 0).mm(z(0, 3)); z(0, 3).mm(z(3, 2))
z(0).dot(z(0)); z(2, 0).mv(z(0))
z(2, 0, 3).bmm(z(2, 3, 0)); torch.addmm(z(2), z(2, 0), z(0, 2), beta=3); torch.ones(2).addmm(z(2, 0), z(0, 2), beta=3); z(2, 2) @ 2.
torch.matmul(z(2), 2); torch.mm(z(2, 2), 2)
torch.mm(z(2, 2), z(2, 2), out=z(0).double()); torch.bmm(z(1, 2, 2), z(1, 2, 2), out=z(0).double())
torch.mv(z(2, 2), z(2), out=z(0).double())
torch.dot(z(2), z(2), out=z(0).double()); torch.matmul(z(2, 2), z(2, 2), out=z(0).double())
torch.addmm(z(2), z(2, 2), z(2, 2), out=z(0).double())
torch.outer(z(2), z(2), out=z(0).double()); torch.mm(z(2, 2), z(2, 2), out=z(2, 2).t()); torch.matmul(z(2, 2, 2), z(2), out=z(0))
(z(2, 2) > 0).mm(z(2, 2) > 0)
z(2, 3).addmm_(z(2, 2), z(2, 2)); z(0, 2, 3).addmm_(z(0, 2), z(2, 2)); z(2, 3).addmm_(z(2, 2), z(2, 2).int()); z(()).addmv(z(2, 2), z(3))
torch.mm(z(2, 2), z(2, 2).int(), out=z(0).double()); torch.addmm(z(2, 3, 3), z(2, 2), z(2, 2), out=z(3).int())
z(2, 1, 2).short().baddbmm(z(2, 2, 2).byte(), z(2, 3, 2).short()); z(2, 1, 2).short().baddbmm(z(2, 2).byte(), z(2, 3, 2).short())
torch.matmul(z(2), z(2, 3), out=z(0))
""".replace("\n", ";").split(";"))  # fmt: skip
def test_errors_empty_operands_and_out(call):
    if call.strip():
        assert_same_program("z = torch.zeros\n" + call.strip())


@pytest.mark.parametrize("call", ["y.t().mm(y)", "y.t() @ y", "(z.permute(1, 0, 2) @ y[:, :2])", "z @ y", "y[:2, :2] @ z.mT",
                                  "z.mT.bmm(z)", "y[0, :3] @ y", "z.expand(2, 2, 3, 4) @ z.mT", "y[::2] @ y.t()",
                                  "y.t().contiguous().t().mv(y[0])", "torch.addmm(y[:, :1], y, y.t())", "y[:, 0].dot(y[:, 1])",
                                  "y.expand(2, 3, 4).mT.bmm(z)"])  # fmt: skip
def test_strided_operands(call):
    assert_same_program(f"y = torch.arange(12.).view(3, 4) % 5\nz = torch.arange(24.).view(2, 3, 4) % 7\n{call}")


RANKS = [(3,), (2, 3), (3, 2), (3, 3), (2, 2, 3), (2, 3, 2), (1, 3, 3), (2, 1, 3, 3), (4, 2, 3, 3)]


@pytest.mark.parametrize("tracked", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("first, second", [(a, b) for a, b in itertools.product(RANKS, RANKS) if a[-1] == (b[-2] if len(b) > 1 else b[0])])
def test_graph_of_matmul(first, second, tracked):
    def recorded(library):
        try:
            result = library.ones(first, requires_grad=tracked[0]) @ library.ones(second, requires_grad=tracked[1])
        except RuntimeError as error:
            return str(error)
        # torch has one node for the view of what is contiguous, another for other views
        return str(graph(result)).replace("ReshapeAliasBackward0", "ViewBackward0")

    assert recorded(refimpl) == recorded(real_torch)


@pytest.mark.parametrize("expression", ["x.mm(y)", "x.mv(v)", "v.dot(v)", "v.vdot(v)", "w.outer(v)", "x.addmm(x, y @ x)",
                                        "torch.addmm(v, x, y @ x, beta=2, alpha=3)", "torch.addmv(w, x, v)",
                                        "torch.baddbmm(w[0], b, b.mT)", "x.addmm(x.detach(), y @ x)", "b.bmm(b.mT)", "F.linear(x, x, w)",
                                        "F.linear(b, x)"])  # fmt: skip
def test_graph_of_the_others(expression):
    shapes = {"x": (2, 3), "y": (3, 2), "v": (3,), "w": (2,), "b": (2, 2, 3)}
    ours, theirs = (
        graph(eval(expression, {"torch": lib, "F": lib.nn.functional, **{name: lib.ones(shape, requires_grad=True) for name,
            shape in shapes.items()}}))
        for lib in (refimpl, real_torch)
    )
    assert ours == theirs


# -- exactness, which torch does not promise ---------------------------------------------------------


def exact(row, column, start=Fraction(0)):
    return sum((Fraction(a) * Fraction(b) for a, b in zip(row, column)), start)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_products_are_rounded_once(dtype):
    refimpl.manual_seed(1)
    d = getattr(refimpl, dtype)
    a, b, c = refimpl.randn(4, 50, dtype=d), refimpl.randn(50, 3, dtype=d), refimpl.randn(3, dtype=d)
    a[0, :2], b[:2, 0] = refimpl.tensor([300.0, -300.0], dtype=d), refimpl.tensor([200.0, 200.0], dtype=d)
    rows, columns, added = a.tolist(), b.t().tolist(), c.tolist()
    products = [[float(exact(row, column)) for column in columns] for row in rows]
    assert a.mm(b).tolist() == refimpl.tensor(products, dtype=d).tolist()
    assert a.mv(b[:, 1]).tolist() == refimpl.tensor([row[1] for row in products], dtype=d).tolist()
    sums = [[float(exact(row, column) * 3 + Fraction(start) / 2) for column, start in zip(columns, added)] for row in rows]
    assert c.addmm(a, b, beta=0.5, alpha=3).tolist() == refimpl.tensor(sums, dtype=d).tolist()
    plain = [[float(exact(row, column, Fraction(start))) for column, start in zip(columns, added)] for row in rows]
    assert c.addmm(a, b).tolist() == refimpl.tensor(plain, dtype=d).tolist()


@pytest.mark.parametrize("sizes", [(1, 20, 1, 19), (1, 20, 1, 20), (2, 4, 20, 5), (2, 4, 19, 5)])
@pytest.mark.parametrize("call", ["x.bmm(y)", "z.baddbmm(x, y)", "z.baddbmm(x, y, beta=0)", "torch.nn.functional.linear(x, y[0].t())",
                                  "torch.matmul(x, y)", "x[0].mm(y[0])", "x[0].mv(y[0, :, 0])", "x[0, 0].dot(y[0, :, 0])"])  # fmt: skip
def test_there_is_no_product_of_bool(sizes, call):
    n, rows, inner, columns = sizes
    assert_same_program(f"x = torch.ones({n}, {rows}, {inner}, dtype=torch.bool)\ny = torch.ones({n}, {inner}, {columns}, dtype=torch.bool)\n"
                        f"z = torch.ones(1, 1, 1, dtype=torch.bool)\n{call}")


@pytest.mark.parametrize("layout", ["", ".mT.contiguous().mT"])
@pytest.mark.parametrize("k", [0, 4])
def test_the_output_of_a_vector_times_a_batch_is_checked_as_what_torch_makes_of_it(layout, k):
    assert_same_program(f"x = torch.ones({k}, dtype=torch.int32)\ny = torch.ones(2, {k}, 3, dtype=torch.int32){layout}\n"
                        "torch.matmul(x, y, out=torch.ones(2, 3, dtype=torch.complex64))")


@pytest.mark.parametrize("call", ["torch.cdist(x, [])", "torch.cdist(None, x)", "torch.cdist(1.5, x, compute_mode='none')"])
def test_distances_are_of_tensors(call):
    assert_same_program(f"x = torch.ones(2, 2)\n{call}")


@pytest.mark.parametrize("driver", ["gelss", "gelsd"])
@pytest.mark.parametrize("rcond", [-1.0, -0.08, 0.0, 0.5])
@pytest.mark.parametrize("least", [0.0, 1e-16, 1.5e-16, 2e-16, 3e-16, 0.25])
def test_least_squares_take_another_cutoff_for_one_that_is_none(driver, rcond, least):
    """Diagonal matrices, whose singular values come out without a rounding."""
    found = []
    for library in (refimpl, real_torch):
        matrix, right = (library.tensor(values, dtype=library.float64) for values in ([[1.0, 0.0], [0.0, least]], [[1.0], [2.0]]))
        result = library.linalg.lstsq(matrix, right, rcond=rcond, driver=driver)
        found.append((result.rank.item(), result.solution.flatten().tolist()))
    assert found[0][0] == found[1][0]
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-14)
