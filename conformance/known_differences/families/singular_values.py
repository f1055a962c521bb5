"""Known differences of what is made of singular values and vectors."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.number_formats import FORMATS, REAL
from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, magnitude, numbers, size

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
    sizes = torch.linalg.svdvals(_as_tensor(values, is_complex, shape).movedim(tuple(dims), (-2, -1)))
    return sizes.max().item(), sizes.min().item()


def _as_tensor(values: Any, is_complex: bool, shape: tuple[int, ...]) -> Any:
    """Numbers as a tensor of torch, in double precision."""
    import torch

    return torch.tensor(values, dtype=torch.complex128 if is_complex else torch.float64).reshape(shape)


def _rank_of_a_rounding(case: Case, deviation: Deviation) -> bool:
    """A rank that counts singular values which are nearer to the tolerance than they may be off: n roundings of the largest one, half of the default
    tolerance, which is to be above all errors (E. Anderson et al., LAPACK Users' Guide, 1999, section 4.9)."""
    import torch

    def value(given: Any) -> Any:
        return _as_tensor(numbers(case, given), False, given.shape) if isinstance(given, TensorSpec) else given

    given = arguments(case)
    spec = given["input"]
    if not all(math.isfinite(magnitude(number)) for number in numbers(case, spec)) or "element" not in deviation.details or not spec.numel:
        return False
    matrices, dtype, n = _as_tensor(numbers(case, spec), spec.dtype in REAL, spec.shape), REAL.get(spec.dtype, spec.dtype), max(spec.shape[-2:])
    sizes = torch.linalg.eigvalsh(matrices).abs() if given.get("hermitian") else torch.linalg.svdvals(matrices)
    u, largest = FORMATS[dtype].unit_roundoff, sizes.amax(-1)
    tol, atol, rtol = (value(given.get(name)) for name in ("tol", "atol", "rtol"))
    if tol is not None:
        atol, rtol = tol, 0.0
    absolute = torch.as_tensor(0.0 if atol is None else atol, dtype=torch.float64)
    relative = torch.where(absolute > 0.0, 0.0, 2 * u * n) if rtol is None else torch.as_tensor(rtol, dtype=torch.float64)
    bound = torch.maximum(absolute, relative * largest).unsqueeze(-1)
    off = (n * u * largest).unsqueeze(-1)
    fewest, most = ((sizes > bound + error).sum(-1).reshape(-1)[int(deviation.details["element"])] for error in (off, -off))
    return bool(fewest <= size(deviation.got) <= most)


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
        "rank-of-a-rounding", ("linalg.matrix_rank",), ("values", "layout"), "singular values that are as near to the tolerance as they may be off, "
        "such as those of a singular matrix where it is 0 or negative",
        "whether a singular value is beyond the tolerance is then decided by its rounding errors: of one that is 0 any number of that size may come",
        "import torch\n\nx = torch.tensor([[1.0, 2.0], [2.0, 4.0]])\n"
        "assert max(torch.linalg.matrix_rank(x * k, tol=-1.0) for k in range(1, 10)) == 2  # exactly 1\n",
        _rank_of_a_rounding, open=True,
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
