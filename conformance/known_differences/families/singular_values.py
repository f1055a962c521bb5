"""Known differences of what is made of singular values and vectors."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.number_formats import REAL
from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number, magnitude, numbers

_STOPS = 2.0**7 * 2.0**-52  # where LAPACK's iteration takes a number beside the diagonal for 0: about 100 epsilons of float64


def _unconverged(case: Case, deviation: Deviation) -> bool:
    """float64 or complex128, and a difference that singular vectors explain which are off by what the iteration leaves."""
    spec = case.tensors()[0]
    dims = next((value for value in (*case.args[1:], case.kwargs.get("dim")) if isinstance(value, (tuple, list)) and len(value) == 2), (-2, -1))
    if spec.dtype not in ("float64", "complex128") or len(spec.shape) < 2 or not spec.numel or "element" not in deviation.details:
        return False
    largest, least = _extreme_singular_values(numbers(case, spec), spec.dtype in REAL, spec.shape, dims)
    if not least > 0.0:
        return False
    a, b = complex_number(deviation.expected), complex_number(deviation.got)
    return magnitude(a - b) <= _STOPS * (largest / least) ** 2 * max(1.0, 1.0 / least) ** 2 * max(1.0, magnitude(a))


def _extreme_singular_values(values: Any, is_complex: bool, shape: tuple[int, ...], dims: Any) -> tuple[float, float]:
    """The largest and the least one of all matrices."""
    import torch

    if not all(math.isfinite(magnitude(value)) for value in values):
        return math.nan, math.nan
    matrices = torch.tensor(values, dtype=torch.complex128 if is_complex else torch.float64).reshape(shape).movedim(tuple(dims), (-2, -1))
    sizes = torch.linalg.svdvals(matrices)
    return sizes.max().item(), sizes.min().item()


def _infinite(case: Case, deviation: Deviation) -> bool:
    """An element is infinite, and torch says that its iteration has not converged."""
    spec = case.tensors()[0]
    said = "failed to converge" in deviation.expected and (deviation.got == "a result" or "failed to converge" in deviation.got)
    return said and any(math.isinf(part) for value in numbers(case, spec) for part in (complex(value).real, complex(value).imag))


_DECOMPOSED = (
    "linalg.svd", "linalg.svdvals", "svd", "linalg.pinv", "pinverse", "linalg.matrix_rank", "linalg.matrix_norm", "linalg.norm", "nuclear_norm",
    "linalg.cond",
)  # fmt: skip

ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "singular-values-of-infinities", _DECOMPOSED, ("errors",), "an infinite element",
        "LAPACK divides infinities by infinities; what comes of the NaN is a result of NaN, an iteration that does not converge, or the word that "
        "the matrix, or another one of the batch, is not finite, by dtype and place. refimpl has NaN, and an error for a NaN that is given",
        "import torch\n\nassert torch.linalg.svdvals(torch.full((2, 2), torch.inf)).isnan().all()\n"
        "try:\n    torch.linalg.svdvals(torch.tensor([[complex(0.0, torch.inf), 1.0], [1.0, 1.0]]))\nexcept RuntimeError as error:\n"
        "    assert 'failed to converge' in str(error)\n", _infinite, open=True,
    ),
    KnownDifference(
        "singular-vectors-of-an-early-end", ("linalg.pinv", "pinverse", "nuclear_norm", "linalg.matrix_norm", "linalg.norm", "linalg.cond"),
        ("values", "gradients", "layout"), "float64 and complex128, singular values that are not far apart",
        "LAPACK's iteration (bdsqr) ends where what is left beside the diagonal is below about 100 epsilons, and so the vectors of close singular "
        "values, and what is made of them, are off by as much",
        "import torch\n\nx = torch.tensor([[0.0, 2.0, 1.0], [-1.0, -1.0, 3.0], [-2.0, 0.0, 0.0]], dtype=torch.float64)\n"
        "error = (torch.pinverse(x) - torch.linalg.inv(x)).abs().max()\nassert error < 1e-13  # with MKL 40 roundings, of numbers below 0.5\n",
        _unconverged,
    ),
]  # fmt: skip
