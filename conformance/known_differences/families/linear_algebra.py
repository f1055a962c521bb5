"""Known differences of linear algebra."""

from __future__ import annotations

import math

from ...accuracy.number_formats import FORMATS, REAL, is_float
from ...cases.case import Case, iterate_tensors
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, differentiated, finite, magnitude, numbers, size

_SOLVERS = (
    "inverse", "cholesky_inverse", "cholesky_solve", "geqrf", "orgqr", "ormqr", "lu_solve", "lu_unpack", "linalg.inv", "linalg.inv_ex",
    "linalg.solve",
    "linalg.solve_ex", "linalg.solve_triangular", "linalg.lu", "linalg.lu_factor", "linalg.lu_factor_ex", "linalg.lu_solve", "linalg.cholesky",
    "linalg.cholesky_ex", "linalg.qr", "linalg.householder_product", "qr", "triangular_solve",
    "linalg.eigh", "linalg.eigvalsh", "linalg.eig", "linalg.eigvals", "linalg.svd", "linalg.svdvals", "svd", "linalg.pinv", "linalg.cond",
    "linalg.matrix_norm", "linalg.norm", "nuclear_norm", "matrix_power", "linalg.matrix_power",
)  # fmt: skip


def _output_over_an_input(case: Case, deviation: Deviation) -> bool:
    """A tensor given as ``out=`` lies in the memory of an input."""
    outs = {spec.buffer for spec in iterate_tensors(case.kwargs.get("out"))}
    inputs = {spec.buffer for spec in iterate_tensors((case.args, [value for name, value in case.kwargs.items() if name != "out"]))}
    return bool(outs & inputs)


def _powers_out_of_range(case: Case, deviation: Deviation) -> bool:
    """An element whose power of the norm's order overflows, or is no normal number; and refimpl knows the result, which is finite."""
    named = arguments(case)
    order = named["p"] if "p" in named else 2 if named.get("ord", "fro") == "fro" else math.inf
    if not isinstance(order, (int, float)) or not 0 < order < math.inf or not finite(deviation.got):
        return False
    low, high = (math.exp(math.log(bound) / order) for bound in (2.0 ** FORMATS["float64"].emin, FORMATS["float64"].largest))
    sizes = [magnitude(v) for spec in case.tensors() if spec.dtype in ("float64", "complex128") for v in numbers(case, spec)]
    return any(0 < x < low or high / max(len(sizes), 1) < x < math.inf for x in sizes)


# the largest 1-norm for which torch takes its polynomial of degree 8
_TAKEN_UP_TO = {"float32": 0.58006, "complex64": 0.58006, "float64": 0.049913, "complex128": 0.049913}
_LACKING = {5: 0.0977, 6: 0.2418, 7: 0.3334, 8: 0.3334}  # the part of each coefficient 1 / k! that this has not


def _lacked(norm: float) -> float:
    """What the polynomial lacks of the series, at most: so much of four coefficients, and all that follow."""
    return math.fsum([part * norm**k / math.factorial(k) for k, part in _LACKING.items()]) + norm**9 / math.factorial(9) * math.exp(norm)


def _of_degree_8(case: Case, deviation: Deviation) -> bool:
    """As far off as the polynomial is at the largest norm for which it is taken. A gradient is a block of the exponential of a larger matrix, the
    cotangent among its elements, of which that holds, too."""
    spec = case.tensors()[0]
    limit = _TAKEN_UP_TO.get(spec.dtype, 0.0)
    if len(spec.shape) < 2 or not finite(deviation.expected) or not finite(deviation.got):
        return False
    if deviation.property == "values":
        n, values = spec.shape[-1], list(map(magnitude, numbers(case, spec)))
        norms = [max(map(math.fsum, zip(*[iter(values[at : at + n * n])] * n)), default=0.0) for at in range(0, len(values), n * n or 1)]
        limit = max([norm for norm in norms if norm <= limit], default=0.0)
    return magnitude(complex_number(deviation.expected) - complex_number(deviation.got)) <= _lacked(limit)


def _columns_overflow(case: Case, deviation: Deviation) -> bool:
    """A sum of as many absolute values as a column has is beyond the largest number."""
    spec = case.tensors()[0]
    return max(map(magnitude, numbers(case, spec)), default=0.0) >= FORMATS[spec.dtype].largest / max(spec.shape[-1], 1)


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


def _no_cutoff(case: Case, deviation: Deviation) -> bool:
    rcond = case.kwargs.get("rcond", case.args[2] if len(case.args) > 2 else None)
    return isinstance(rcond, (int, float)) and not rcond < 1


def _first_column_of_zeros(case: Case, deviation: Deviation) -> bool:
    """The usual driver, and a matrix that begins with a column of zeros."""
    spec = case.tensors()[0]
    if case.kwargs.get("driver", "gelsy") != "gelsy" or len(spec.shape) < 2 or not spec.numel:
        return False
    m, n = spec.shape[-2:]
    values = numbers(case, spec)
    return any(not any(values[start : start + m * n : n]) for start in range(0, len(values), m * n))


def _beside_the_cutoff(case: Case, deviation: Deviation) -> bool:
    """A matrix of which a singular value is nearer to the cutoff than both may be off; with the usual driver, one whose least is not above it."""
    import torch

    spec, given = case.tensors()[0], arguments(case)
    rcond, driver = given.get("rcond"), given.get("driver") or "gelsy"
    if driver == "gels" or len(spec.shape) < 2 or not spec.numel:
        return False
    if _first_column_of_zeros(case, deviation) and size(deviation.got) == 0:
        return True
    u = FORMATS[spec.dtype].unit_roundoff
    cutoff = 2 * u * max(spec.shape[-2:]) if rcond is None else max(rcond, 0.0)
    matrices = torch.tensor(numbers(case, spec), dtype=torch.complex128 if spec.dtype in REAL else torch.float64).reshape(spec.shape)
    sizes = torch.linalg.svdvals(matrices)
    above = sizes - cutoff * sizes[..., :1]
    found = (above if driver == "gelsy" else above.abs()) <= 2 * u * sum(spec.shape[-2:]) * sizes[..., :1]
    ranks = deviation.property == "values" and deviation.details.get("output") == 2
    return bool(found.any()) and (not ranks or 0 <= size(deviation.got) <= min(spec.shape[-2:]))


def _of_a_singular_matrix(case: Case, deviation: Deviation) -> bool:
    """Both numbers are beyond what a matrix of full rank has."""
    least = 2.0**45 if case.tensors()[0].dtype in ("float64", "complex128") else 2.0**18
    return size(deviation.expected) > least and size(deviation.got) > least


def _undone(case: Case, deviation: Deviation) -> bool:
    wide = case.tensors()[0].dtype in ("float64", "complex128") and finite(deviation.expected) and finite(deviation.got)
    return wide and magnitude(complex_number(deviation.expected) - complex_number(deviation.got)) <= 2.0**-40 * max(1.0, size(deviation.expected))


def _impossible_pivots(case: Case, deviation: Deviation) -> bool:
    """A pivot is a row before its own place, which no decomposition gives."""
    pivots = case.tensors()[1]
    n = pivots.shape[-1] if pivots.shape else 0
    values = numbers(case, pivots)
    return any(abs(pivot) < place % n + 1 for place, pivot in enumerate(values)) if n else False


def _never_converges(case: Case, deviation: Deviation) -> bool:
    """A matrix has an element that is not finite."""
    failed = "algorithm failed to converge because the input matrix is ill-conditioned" in deviation.expected and deviation.got == "a result"
    return failed and not all(math.isfinite(magnitude(value)) for value in numbers(case, case.tensors()[0]))


def _divided_powers(case: Case, deviation: Deviation) -> bool:
    """The second order in float64: what is left of sums that cancel is divided by the element."""
    found = differentiated(case, deviation)
    if found is None or found[0] != "second" or found[1].dtype != "float64":
        return False
    a, b, x = complex_number(deviation.expected), complex_number(deviation.got), magnitude(found[2])
    return bool(x) and magnitude(a - b) * min(x, 1.0) <= 2.0**-46 * max(magnitude(b), 1.0) < math.inf


def _overflowing_powers(case: Case, deviation: Deviation) -> bool:
    """A power of the largest sum of a row is beyond the dtype, and torch's gradient is not finite."""
    spec, n = case.tensors()[0], next((abs(value) for value in (*case.args[1:], case.kwargs.get("n")) if isinstance(value, int)), 0)
    values = numbers(case, spec)
    rows = [sum(map(magnitude, values[start : start + spec.shape[-1]])) for start in range(0, len(values), max(spec.shape[-1], 1))]
    most = FORMATS[REAL.get(spec.dtype, spec.dtype)].largest if is_float(spec.dtype) or spec.dtype in REAL else math.inf
    beyond = n * math.log(max([1.0, *filter(math.isfinite, rows)])) > math.log(most)
    return beyond and not finite(deviation.expected)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "gradients-of-overflowing-powers", ("matrix_power", "linalg.matrix_power"), ("gradients",), "powers whose products overflow",
        "torch rounds every product to the dtype: where one is infinite, sums of it and others are infinite, or NaN. refimpl rounds what comes last",
        "import torch\n\nx = torch.tensor([[20.0, -20.0], [20.0, 20.0]], dtype=torch.float16, requires_grad=True)\n"
        "torch.matrix_power(x, 5).sum().backward()\nassert not x.grad.isfinite().all()\n", _overflowing_powers,
    ),
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
        "eigenvalues-of-what-is-not-finite", ("linalg.eigh", "linalg.eigvalsh"), ("errors",), "a matrix with an infinite element, or NaN",
        "whether torch's iteration ends depends on where such an element stands: it gives NaN, or any numbers, or the error of an algorithm "
        "that did not converge. refimpl gives NaN",
        "import torch\n\nnan = float('nan')\nassert torch.linalg.eigvalsh(torch.tensor([[1.0, 0.0], [nan, 1.0]])).isnan().all()\n"
        "try:\n    torch.linalg.eigvalsh(torch.tensor([[1.0, 0.0, 0.0], [nan, 1.0, 0.0], [0.0, 1.0, 1.0]]))\n    raise SystemExit(1)\n"
        "except torch.linalg.LinAlgError as error:\n    assert 'failed to converge' in str(error)\n",
        _never_converges, open=True,
    ),
    KnownDifference(
        "condition-of-nothing", ("linalg.cond",), ("errors",), "matrices without elements that are not square, a number as the order",
        "torch returns zeros before it looks at the shape",
        "import torch\n\nassert torch.linalg.cond(torch.ones(3, 0), 1) == 0\n"
        "try:\n    torch.linalg.cond(torch.ones(3, 0), 'fro')\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'square' in str(error)\n",
        lambda case, deviation: not case.tensors()[0].numel and deviation.expected == "a result" and "square matrices" in deviation.got,
    ),
    KnownDifference(
        "reflections-taken-back", ("linalg.householder_product", "orgqr", "ormqr"), ("gradients",), "float64 and complex128",
        "torch finds the product without each reflection in turn by undoing it, and keeps the errors of all that were undone before",
        "import torch\n\nx = torch.tensor([[1.0, 0.0], [3.0, 1.0]], dtype=torch.float64)\ntau = torch.tensor([1.9, 0.7], dtype=torch.float64)\n"
        "assert torch.autograd.gradcheck(torch.linalg.householder_product, (x.requires_grad_(), tau.requires_grad_()))  # but for last bits\n",
        _undone,
    ),
    KnownDifference(
        "lu-unpack-pivots", ("lu_unpack",), ("errors", "values", "shape", "strides", "layout", "gradients"), "not as many pivots as the matrices "
                                             "have",
        "torch does not compare the shapes, and reads pivots, or writes into P, where there are none",
        "import torch\n\np, words = torch.tensor([[1, 2], [2, 2]], dtype=torch.int32), ''\ntry:\n    torch.lu_unpack(torch.eye(2), p)\n"
        "except RuntimeError as error:\n    words = str(error)  # now and then, of an index that it found beside the matrix\n"
        "assert 'shape' not in words\n",
        _pivots_of_another_shape, open=True,
    ),
    KnownDifference(
        "condition-of-a-singular-matrix", ("linalg.cond",), ("values",), "a matrix whose smallest singular value is 0 but for roundings",
        "what stands in the place of 0 is 0 or a rounding, by the order of the operations: the condition number is infinite, or any large number",
        "import torch\n\nx = torch.tensor([[1.0, 2.0], [2.0, 4.0]])\nassert torch.linalg.cond(x) > 1e6\n", _of_a_singular_matrix, open=True,
    ),
    KnownDifference(
        "condition-number-gradient", ("linalg.cond",), ("gradients",), "an order that asks for the inverse",
        "torch overwrites the inverse that the gradient needs, and refuses to differentiate",
        "import torch\n\nx = torch.eye(2, requires_grad=True)\ntry:\n    torch.linalg.cond(x, 'fro').backward()\n"
        "except RuntimeError as error:\n    assert 'modified by an inplace operation' in str(error)\nelse:\n    raise AssertionError\n",
        lambda case, deviation: "modified by an inplace operation" in deviation.expected,
    ),
    KnownDifference(
        "exponentials-of-huge-matrices", ("matrix_exp", "linalg.matrix_exp"), ("values", "gradients"), "columns whose sum overflows",
        "torch scales the matrix down by its norm, which is infinite, to a matrix of zeros",
        "import torch\n\nx = torch.full((2, 2), 1e308, dtype=torch.float64)\nassert (torch.matrix_exp(x) == torch.eye(2)).all()  # not infinite\n",
        _columns_overflow,
    ),
    KnownDifference(
        "exponentials-by-degree-8", ("matrix_exp", "linalg.matrix_exp"), ("values", "gradients"),
        "a matrix, or of a gradient one with the cotangent beside it, of a 1-norm up to 0.58, in float64 up to 0.05",
        "torch's polynomial of degree 8 has wrong coefficients: a tenth of that of A**5 is missing, a third of that of A**8",
        "import torch\n\nx = torch.diag(torch.full((5,), 0.04, dtype=torch.float64), 1)\n"
        "assert abs(torch.matrix_exp(x)[0, 5] * 120 / 0.04**5 - 0.9023) < 1e-3  # it is 1\n", _of_degree_8,
    ),
    KnownDifference(
        "matrix-exp-of-strided-batches", ("matrix_exp", "linalg.matrix_exp"), ("errors",), "a batch of several dimensions that is not contiguous",
        "torch views the batch as one dimension, which not every layout permits",
        "import torch\n\nx = torch.zeros(2, 2, 2, 2).transpose(0, 1)\ntry:\n    torch.matrix_exp(x)\n"
        "except RuntimeError as error:\n    assert 'view size' in str(error)\nelse:\n    raise AssertionError\n",
        lambda case, deviation: "view size is not compatible" in deviation.expected,
    ),
    KnownDifference(
        "ldl-solve-pivots", ("linalg.ldl_solve",), ("values",), "pivots that no decomposition gives",
        "a pivot is never a row before its own place; what comes of one that is depends on the order in which LAPACK exchanges rows",
        "import torch\n\nx, p = torch.eye(3), torch.tensor([2, 2, 2], dtype=torch.int32)\n"
        "assert torch.linalg.ldl_solve(x, p, torch.ones(3, 1)).shape == (3, 1)  # nobody can say what it should be\n",
        _impossible_pivots, open=True,
    ),
    KnownDifference(
        "least-squares-without-pivots", ("linalg.lstsq",), ("values", "gradients"), "driver gelsy, and a matrix that begins with a column of zeros",
        "LAPACK's gelsy exchanges columns, unless an array says of one to leave it where it is; torch hands over memory that nothing has been "
        "written to: where that is not 0 the rank is that of the first columns, and the solution is wrong",
        "import torch\n\nassert torch.linalg.lstsq(torch.tensor([[0., 1.]]), torch.ones(1, 1)).rank == 0  # it is 1\n",
        _first_column_of_zeros, unwritten=True,
    ),
    KnownDifference(
        "least-squares-by-columns-of-nobody", ("linalg.lstsq",), ("values", "gradients"),
        "driver gelsy, and a matrix that is not of full rank at this rcond: its least singular value is no more than rcond times the largest one; of "
        "the others one is as near to that as they are off; or a first column of zeros, and a result that is 0",
        "the same, where each order of the columns has a rank of its own, or leaves something else of the matrix: nobody can say which is found. (Of "
        "a matrix of full rank none of the first columns are dropped in any order, for their singular values lie between its own.) "
        "gelss and gelsd find a rank by singular values that are rounded",
        "import torch\n\nranks = set()\nfor held in (0, 7) * 50:\n    torch.full((2,), held, dtype=torch.int32)  # what the memory held\n"
        "    ranks.add(torch.linalg.lstsq(torch.tensor([[0., 1.]]), torch.ones(1, 1)).rank.item())\nassert ranks <= {0, 1}\n",
        _beside_the_cutoff, open=True,
    ),
    KnownDifference(
        "least-squares-beyond-every-cutoff", ("linalg.lstsq",), ("values",), "an rcond that is NaN, or 1 and more",
        "LAPACK's drivers disagree: gelss drops all singular values, gelsd takes a number for rcond that it likes better, gelsy keeps one column",
        "import torch\n\nx, y, inf = torch.tensor([[2., 1.], [1., 3.]]), torch.tensor([[1.], [2.]]), float('inf')\n"
        "found = [torch.linalg.lstsq(x, y, inf, driver=driver).rank.item() for driver in ('gelss', 'gelsy', 'gelsd')]\nassert found == [0, 1, 2]\n",
        _no_cutoff,
    ),
    KnownDifference(
        "pivots-of-nobody", ("linalg.lstsq",), ("determinism",), "driver gelsy",
        "torch hands LAPACK an array for the exchange of columns that nothing has been written to: which may be exchanged depends on what the "
        "memory held, and with it how the solution is rounded",
        "import torch\n\nx, y, found = torch.tensor([[0.15, -0.88, -0.75], [1.12, 0.04, 0.16]]), torch.tensor([[-1.16], [-1.72]]), []\n"
        "for held in (0, 1, 7) * 20:\n    torch.full((3,), held, dtype=torch.int32)\n    found.append(torch.linalg.lstsq(x, y).solution)\n"
        "assert all(torch.allclose(one, found[0]) for one in found)  # but not always the same bits\n",
        lambda case, deviation: case.kwargs.get("driver") in (None, "gelsy"), open=True,
    ),
    KnownDifference(
        "powers-in-norms", ("renorm", "linalg.matrix_norm"), ("values", "gradients"),
        "float64, an element of which the power that the norm adds up overflows, or vanishes",
        "torch adds up powers as they are, and has a norm of 0 or of inf; the exact norm does neither on the way",
        "import torch\n\nx = torch.tensor([[1e-308, 2e-308]], dtype=torch.float64)\n"
        "assert torch.renorm(x, 2, 0, 0.0).equal(x)  # though its norm is greater than 0\n", _powers_out_of_range,
    ),
    KnownDifference(
        "gradients-of-vandermonde-matrices", ("linalg.vander",), ("gradients",), "float64, the second order",
        "torch divides sums of running products by the element, and differentiates that: large terms cancel, and what is left is divided by the "
        "element once more. refimpl multiplies the other factors",
        "import torch\n\nx = torch.tensor([1e-6], dtype=torch.float64, requires_grad=True)\n"
        "g, = torch.autograd.grad((torch.linalg.vander(x, N=3) * torch.tensor([0., .3, .7], dtype=torch.float64)).sum(), x, create_graph=True)\n"
        "h, = torch.autograd.grad(g.sum(), x)\nassert 1e-13 < abs(h.item() - 1.4) < 1e-9  # twice 0.7\n",
        _divided_powers,
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
