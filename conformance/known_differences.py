"""Known differences: where torch itself is outside its contract, or does what nobody can copy.

This list is the only place where a difference between refimpl and torch is excused. Each entry names the operations and the
condition, gives the reason, and an example that anyone can run. The report shows them as findings about torch, not as
failures. ``python -m conformance.known_differences`` prints docs/known-differences.md, which is generated from this list.

Differences in float16, bfloat16, float32 and complex64 values need no entry: there the judge asks torch in a wider dtype.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

from .cases import Case
from .comparators import Deviation


@dataclass(frozen=True)
class KnownDifference:
    """``applies(case, deviation)`` decides; ``properties`` are the ones that may deviate. ``avoided``: the suite does not draw
    the case at all, since it would end the process."""

    identifier: str
    operations: tuple[str, ...]
    properties: tuple[str, ...]
    condition: str
    reason: str
    example: str
    applies: Callable[[Case, Deviation], bool] = lambda case, deviation: False
    avoided: bool = False


def _number(text: str) -> float:
    try:
        return abs(complex(text.replace("(", "").replace(")", "")))
    except ValueError:
        return math.nan


def _underflow(case: Case, deviation: Deviation) -> bool:
    """torch says zero, the exact result is far below the square root of the smallest number."""
    return _number(deviation.expected) == 0.0 and _number(deviation.got) < 1e-150


def _overflow(case: Case, deviation: Deviation) -> bool:
    """torch's intermediate squares overflow."""
    return not math.isfinite(_number(deviation.expected)) and _number(deviation.got) > 1e150


def _float64_tail(case: Case, deviation: Deviation) -> bool:
    """float64 values close to a zero of the function: a few dozen ulps, nothing more."""
    ulps: Any = deviation.details.get("ulps")
    dtype = deviation.details.get("dtype")
    return dtype in ("float64", "complex128") and ulps is not None and ulps <= 256


def _polygamma(case: Case, deviation: Deviation) -> bool:
    """torch's trigamma is good to nine digits."""
    a, b = _number(deviation.expected), _number(deviation.got)
    return abs(a - b) <= 1e-8 * max(a, b)


def _complex(case: Case, deviation: Deviation) -> bool:
    """complex128: a few dozen ulps, or not finite where the exact result is."""
    ulps: Any = deviation.details.get("ulps")
    if deviation.details.get("dtype") not in ("complex128", "complex64"):
        return False
    return (ulps is not None and ulps <= 256) or (not math.isfinite(_number(deviation.expected)) and math.isfinite(_number(deviation.got)))


def _addresses_nothing(case: Case, deviation: Deviation) -> bool:
    """The strides differ only where a dimension has one element or the tensor none."""
    shape = deviation.details.get("shape", ())
    expected, got = deviation.details.get("strides", ((), ()))
    return 0 in shape or all(a == b for size, a, b in zip(shape, expected, got) if size > 1)


_COMPLEX_FUNCTIONS = tuple(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid pow float_power sqrt rsqrt "
    "reciprocal div true_divide ldexp sgn abs angle __pow__ __truediv__ __itruediv__ __ipow__".split()
)

ANY = ("any operation",)

KNOWN: list[KnownDifference] = [
    KnownDifference(
        "strides-that-address-nothing", ANY, ("strides",), "a dimension of size 1, or a tensor without elements",
        "such strides reach no element; which numbers stand there follows from how torch happens to implement an operation (the same "
        "function of floats and of integers may differ)",
        "import torch\nx = torch.zeros(4).as_strided((1, 4), (1, 1))\nprint(x.isfinite().stride(), x.int().isfinite().stride())  # (4, 1) (1, 1)\n",
        _addresses_nothing,
    ),
    KnownDifference(
        "lcm-crash", ("lcm",), (), "int32 or int64, the smallest integer and a negative number",
        "the vectorised quotient overflows and the process ends with a floating point exception (SIGFPE)",
        "import torch\ntorch.lcm(torch.tensor([-2**63]), torch.tensor([-127]))  # ends the process\n", avoided=True,
    ),
    KnownDifference(
        "range-crash", ("range",), (), "an integer dtype and a step between -1 and 1",
        "the step is converted to the integer 0 and divided by: the process ends with a floating point exception (SIGFPE)",
        "import torch\ntorch.range(0.5, 7.75, 0.5, dtype=torch.uint8)  # ends the process\n", avoided=True,
    ),
    KnownDifference(
        "underflow-of-squares", ("std", "std_mean", "var", "var_mean", "norm", "linalg.vector_norm", "dist"), ("values",),
        "float64, deviations or elements below 1e-154", "squares underflow to zero on the way to a representable result",
        "import torch\nprint(torch.tensor([0., 1e-200], dtype=torch.float64).std())  # 0, exactly 7.07e-201\n", _underflow,
    ),
    KnownDifference(
        "overflow-of-squares", ("std", "std_mean", "norm", "linalg.vector_norm", "dist"), ("values",),
        "float64, deviations or elements above 1e154", "squares overflow on the way to a representable result",
        "import torch\nprint(torch.tensor([1e200, 1e200], dtype=torch.float64).norm())  # inf, exactly 1.41e200\n", _overflow,
    ),
    KnownDifference(
        "float64-near-zeros", ("digamma", "lgamma", "erfinv", "sinc", "logaddexp2", "logaddexp", "log_softmax", "polygamma"), ("values",),
        "float64, next to a zero of the function",
        "the absolute error is a rounding of the terms that cancel there; torch's own algorithm is off by dozens of ulps of the result",
        "import torch\nx = torch.tensor([1.46163214496836], dtype=torch.float64)\nprint(torch.digamma(x).item())\n", _float64_tail,
    ),
    KnownDifference(
        "trigamma", ("digamma", "lgamma", "polygamma"), ("gradients", "values"), "float64 gradients",
        "torch evaluates the trigamma function to nine digits only: trigamma(1) is pi**2 / 6 = 1.6449340668482264",
        "import torch\nx = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)\ntorch.digamma(x).backward()\nprint(x.grad.item())\n",
        _polygamma,
    ),
    KnownDifference(
        "complex-functions", _COMPLEX_FUNCTIONS, ("values",), "complex dtypes",
        "torch's complex functions are composites of real ones without the care that overflow and cancellation in a part need",
        "import torch\nprint(torch.sigmoid(torch.tensor([1e308 + 1e308j], dtype=torch.complex128)))  # nan+nanj, exactly 1\n", _complex,
    ),
]  # fmt: skip


def match(case: Case, deviation: Deviation, backend: str) -> str | None:
    """The identifier of the known difference that explains this deviation, if one does."""
    for known in KNOWN:
        concerned = known.operations == ANY or case.operation in known.operations
        if concerned and deviation.property in known.properties and known.applies(case, deviation):
            return known.identifier
    return None


def page() -> str:
    """docs/known-differences.md."""
    parts = [
        "# Known differences between torch and its specification\n",
        "Generated from `conformance/known_differences.py` by `python -m conformance.known_differences`. Each entry is a case where torch "
        "itself is outside its contract, or does what nobody should copy. The conformance report lists those that occurred as findings.\n",
    ]
    for known in KNOWN:
        parts.append(f"## {known.identifier}\n")
        names = "any" if known.operations == ANY else ", ".join(f"`{name}`" for name in known.operations)
        parts.append(f"Operations: {names}. Condition: {known.condition}.\n")
        drawn = " The suite does not draw this case." if known.avoided else ""
        parts.append(f"{known.reason[0].upper()}{known.reason[1:]}.{drawn}\n")
        parts.append(f"```python\n{known.example}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
