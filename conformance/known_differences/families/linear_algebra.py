"""Known differences of linear algebra."""

from __future__ import annotations

from ...cases.case import Case, iterate_tensors
from ...cases.deviation import Deviation
from ..entry import KnownDifference, numbers

_SOLVERS = (
    "inverse", "cholesky_inverse", "cholesky_solve", "geqrf", "orgqr", "ormqr", "lu_solve", "lu_unpack", "linalg.inv", "linalg.inv_ex",
    "linalg.solve",
    "linalg.solve_ex", "linalg.solve_triangular", "linalg.lu", "linalg.lu_factor", "linalg.lu_factor_ex", "linalg.lu_solve", "linalg.cholesky",
    "linalg.cholesky_ex", "linalg.qr", "linalg.householder_product",
)  # fmt: skip


def _output_over_an_input(case: Case, deviation: Deviation) -> bool:
    """A tensor given as ``out=`` lies in the memory of an input."""
    outs = {spec.buffer for spec in iterate_tensors(case.kwargs.get("out"))}
    inputs = {spec.buffer for spec in iterate_tensors((case.args, [value for name, value in case.kwargs.items() if name != "out"]))}
    return bool(outs & inputs)


def _singular(case: Case, deviation: Deviation) -> bool:
    """A matrix has a row or a column of zeros."""
    spec = next(iterate_tensors((case.args, tuple(case.kwargs.values()))))
    if len(spec.shape) < 2 or spec.shape[-1] < 2:
        return False
    m, n = spec.shape[-2:]
    values = numbers(case, spec)
    for start in range(0, len(values), m * n):
        rows = [values[start + i * n : start + (i + 1) * n] for i in range(m)]
        if any(not any(line) for line in (*rows, *zip(*rows))):
            return True
    return False


def _pivots_of_another_shape(case: Case, deviation: Deviation) -> bool:
    """There are more or fewer pivots than the matrices have."""
    data, pivots = case.tensors()[:2]
    return pivots.shape != (*data.shape[:-2], *sorted(data.shape[-2:])[:1])


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "linear-algebra-over-its-input", _SOLVERS, ("errors", "values", "purity"), "an output that lies in the memory of an input",
        "torch's linear algebra works in the output itself if that lies in memory as its algorithms need it, and then refuses one that overlaps "
        "what it "
        "copies from, or overwrites what it has still to read; an output in any other layout is written when everything has been computed, which "
        "is what "
        "refimpl does",
        "import torch\n\ns = torch.eye(4).flatten()\nx = s.as_strided((2, 2), (2, 1))\ny = torch.eye(2)\n"
        "torch.linalg.solve(y, x, out=s.as_strided((2, 2), (2, 1)))\ntry:\n    torch.linalg.solve(y, x, out=s.as_strided((2, 2), (1, 2)))\n"
        "except RuntimeError as error:\n    assert 'single memory location' in str(error)\nelse:\n    raise AssertionError\n",
        _output_over_an_input, open=True,
    ),
    KnownDifference(
        "lu-unpack-pivots", ("lu_unpack",), ("errors", "values", "shape", "strides", "layout", "gradients"), "not as many pivots as the matrices "
                                             "have",
        "torch does not compare the shapes, and reads pivots, or writes into P, where there are none",
        "import torch\n\np = torch.tensor([[1, 2], [2, 2]], dtype=torch.int32)\n"
        "assert torch.lu_unpack(torch.eye(2), p).P.tolist() == [[1, 1], [0, 0]]  # no permutation\n",
        _pivots_of_another_shape, open=True,
    ),
    KnownDifference(
        "determinant-of-singular-gradient", ("linalg.det", "det"), ("gradients",), "a singular matrix",
        "the gradient is the matrix of cofactors; torch multiplies the inverse of a neighbouring matrix by the determinant, which is 0, unless a "
        "graph of "
        "the gradient is asked for",
        "import torch\n\nx = torch.tensor([[1., 2.], [2., 4.]], requires_grad=True)\ntorch.linalg.det(x).backward()\n"
        "assert not x.grad.any()  # it is [[4, -2], [-2, 1]]\n",
        _singular,
    ),
]
