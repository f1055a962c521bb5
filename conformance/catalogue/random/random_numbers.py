"""Random numbers: torch's CPU generator, number by number, and its state afterwards."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import ulps
from ...cases.case import EVERY_INTEGER, FLOATS, Case, Constant, DType, GeneratorSpec, first_dtype
from ...drawing.pen import ALL, Pen
from ...drawing.values import VALUE_CLASSES
from ..creation.factories import MEMORY_OF_LIKE, ONE_STRIDE, factory, sizes
from ..derivatives import nowhere
from ..rows import Arguments, define

FAMILY = "random"
FLOATING = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128")


def _generator(pen: Pen) -> dict[str, Any]:
    return pen.maybe("generator", lambda: GeneratorSpec(pen.choice((0, 7, 123))), 5)


def _many(pen: Pen) -> tuple[Any, ...]:
    """Sizes below and above 16 elements: from 16 on, randn fills blocks."""
    if not pen.invalid and pen.chance(2):
        return (pen.length((16, 17, 20, 31, 32, 15, 40)),)
    return sizes(pen)


def uniform(pen: Pen) -> Arguments:
    return _many(pen), factory(pen) | _generator(pen)


def like(pen: Pen) -> Arguments:
    shape = (pen.length((16, 20, 5)),) if pen.chance(2) else None
    return (pen.tensor(shape, dtype=pen.dtype),), _options_of_like(pen)


def _options_of_like(pen: Pen) -> dict[str, Any]:
    formats = ("contiguous_format", "preserve_format")
    return factory(pen, one_in=2) | pen.maybe("memory_format", lambda: Constant(pen.choice(formats)), 3) | _generator(pen)


def randint(pen: Pen) -> Arguments:
    low, high = pen.choice(((0, 10), (-7, 7), (3, 7), (0, 2**31), (0, 2**40), (-128, 127), (0, 1), (5, 5 if pen.invalid else 6)))
    shape = pen.shape(0, 3)
    kwargs = factory(pen) | _generator(pen)
    if pen.chance(2) and low == 0:
        return (high, shape), kwargs
    if pen.chance(5):
        return (), {"low": low, "high": high, "size": shape, **kwargs}
    return (low, high, shape), kwargs


def randint_like(pen: Pen) -> Arguments:
    return (pen.tensor(dtype=pen.dtype), *pen.choice(((10,), (-7, 7), (3, 7)))), _options_of_like(pen)


def randperm(pen: Pen) -> Arguments:
    n = pen.length(range(13)) if not pen.misbehave(2) else -1
    return (n,), factory(pen) | _generator(pen)


def long_permutation(pen: Pen) -> Arguments:
    """Of more numbers than some dtypes have."""
    return (pen.choice((300, 3000, 40000)),), {"dtype": DType(pen.choice(("uint8", "int8", "float16", "int16")))}


def normal(pen: Pen) -> Arguments:
    kind = pen.integer(0, 3)
    if kind == 0:
        size = (pen.length((3, 16, 20, 0)),)
        return (pen.choice((0.0, 1.5, -2)), pen.choice((1.0, 0.5, 0, -1.0 if pen.invalid else 2)), size), factory(pen) | _generator(pen)
    deviations = (0.5, 1.0, 2.0, 0.0)
    a, b = pen.broadcastable(2, pen.shape(0, 2))
    if kind == 1:
        return (pen.tensor(a, mode="ordinary"), pen.choice(deviations)), _generator(pen)
    if kind == 2:
        return (pen.choice((0.0, 1.5)), pen.tensor(b, values=deviations)), _generator(pen)
    return (pen.tensor(a, mode="ordinary"), pen.tensor(b, values=deviations)), _generator(pen)


def bernoulli(pen: Pen) -> Arguments:
    probabilities = (0.5, 0.0, 1.0, 0.25, 0.75, 1.5 if pen.invalid else 0.1)
    if pen.chance(4) or pen.force in VALUE_CLASSES:
        return (pen.tensor(mode="ordinary"), pen.choice((0.5, 0.2))), _generator(pen)
    return (pen.tensor(values=probabilities),), _generator(pen)


def in_place(kind: str) -> Any:
    """uniform_, normal_, random_, bernoulli_, exponential_."""

    def draw(pen: Pen) -> Arguments:
        shape = (pen.length((16, 20, 17)),) if pen.chance(3) else None
        tensor = pen.tensor(shape, mode="ordinary")
        args: tuple[Any, ...] = ()
        if kind == "uniform":
            args = pen.choice(((), (-1.0, 2.0), (0, 10), (2.0, 1.0) if pen.invalid else (0.0, 0.5)))
        elif kind == "normal":
            args = pen.choice(((), (1.0, 2.0), (0.0, -1.0) if pen.invalid else (-3.0, 0.5)))
        elif kind == "random":
            far = ((-5, 2**40), (0, 2**62), (-(2**62), 2**62)) if pen.dtype == "int64" else ()
            args = pen.choice(((), (10,), (2, 9), (5, 5) if pen.invalid else (0, 100), *far))
        elif kind == "bernoulli":
            if pen.chance(3):
                dtype = pen.dtype if pen.dtype in FLOATS and pen.chance(2) else "float32"
                return (tensor, pen.tensor(tensor.shape, dtype, values=(0.0, 0.5, 1.0, 0.25))), _generator(pen)
            args = pen.choice(((), (0.3,), (2.0,) if pen.invalid else (0.9,)))
        elif kind == "exponential":
            args = pen.choice(((), (2.0,), (0.0,) if pen.invalid else (0.5,)))
        elif kind == "geometric":
            args = pen.choice(((0.5,), (0.1,), (1.0,) if pen.invalid else (0.9,)))
        elif kind == "cauchy":
            args = pen.choice(((), (1.0, 2.0), (0.0, -1.0) if pen.invalid else (-3.0, 0.5)))
        elif kind == "log_normal":
            args = pen.choice(((), (0.0, 0.5), (0.0, -1.0) if pen.invalid else (-1.0, 0.25)))
        return (tensor, *args), _generator(pen)

    return draw


def uniform_beyond(pen: Pen) -> Arguments:
    """Bounds near the largest numbers of the dtype, and beyond them."""
    largest = {"float16": 65504.0, "float64": 1.7976931348623157e308, "complex128": 1.7976931348623157e308}.get(pen.dtype, 3.38e38)
    low, high = pen.choice(((-1.5, -0.9), (0.9, 1.5), (-0.9, 0.9)))
    bounds = [max(min(bound * largest, 1.7e308), -1.7e308) for bound in (low, high)]
    return (pen.tensor(mode="ordinary"), *bounds), _generator(pen)


def random_from(pen: Pen) -> Arguments:
    """From a number on: of 64 bits, in the range of the dtype or beyond, to its largest number."""
    start = pen.choice((-(2**63), -(2**63), 0, 3, 2**31, 2**40, 2**62, 2**63 - 1, -200, -(2**40)))
    return (pen.tensor(mode="ordinary"), start, None), _generator(pen)


def never_ends(case: Case) -> bool:
    """torch.zeros(2).random_(2**63 - 1, None) does not return: the next float is 2**63, the range up to it has no numbers."""
    return first_dtype(case) not in EVERY_INTEGER and 2**63 - 1 in case.args[1:2]


def multinomial(pen: Pen) -> Arguments:
    vector = pen.force not in ("overlapping", "permuted") and not pen.chance(3)
    shape = (pen.length((5, 20)),) if vector else (0 if pen.force == "empty" or pen.chance(4) else 3, pen.length((4,)))
    if 0 in shape:
        pen.labels.add("empty")
    weights = (0.5, 1.0, 0.25, 3.0, 0.0 if pen.invalid else 2.0)
    count = pen.choice((1, 2, 4, 30 if pen.invalid else 3))
    weighted = pen.tensor(shape, values=weights)
    return (weighted, count, *((pen.chance(2),) if count > 1 or pen.chance(2) else ())), _generator(pen)


def poisson(pen: Pen) -> Arguments:
    return (pen.tensor(values=(0.0, 0.5, 3.0, 9.5, 10.0, 50.0, -1.0 if pen.invalid else 1.0)),), _generator(pen)


OPTIONS: dict[str, Any] = {"random": True, "layout_independent": False, "contract": ulps(1)}
_NO_GRADIENT = {"not requires_grad": "a dtype that has no gradients has no uniform numbers either"}
define("rand", FAMILY, uniform, forms="function out", dtypes=FLOATING, **OPTIONS, draws_tensors=False, never_alone=_NO_GRADIENT)
define("randn", FAMILY, uniform, forms="function out", dtypes=FLOATING, **OPTIONS, draws_tensors=False)
define("rand_like", FAMILY, like, forms="function", dtypes=FLOATING, **OPTIONS, never_alone={**MEMORY_OF_LIKE, **_NO_GRADIENT})
define("randn_like", FAMILY, like, forms="function", dtypes=FLOATING, **OPTIONS, never_alone=MEMORY_OF_LIKE)
define("randint", FAMILY, randint, forms="function out", **OPTIONS, draws_tensors=False)
define("randint_like", FAMILY, randint_like, forms="function", **OPTIONS, draws_tensors=False, never_alone=MEMORY_OF_LIKE)
define("randperm", FAMILY, randperm, forms="function out", dtypes=ALL, **OPTIONS, draws_tensors=False, violating=(long_permutation,),
    never_alone=ONE_STRIDE)  # fmt: skip
define("normal", FAMILY, normal, forms="function out", dtypes=FLOATING, derivative=nowhere, **OPTIONS, draws_tensors=False)
define("bernoulli", FAMILY, bernoulli, forms="function method", dtypes=FLOATING, **OPTIONS)
define("uniform_", FAMILY, in_place("uniform"), forms="method", dtypes=FLOATING, **OPTIONS, violating=(uniform_beyond,))
define("normal_", FAMILY, in_place("normal"), forms="method", dtypes=FLOATING, **OPTIONS)
define("exponential_", FAMILY, in_place("exponential"), forms="method", dtypes=FLOATING, **OPTIONS)
define("random_", FAMILY, in_place("random"), forms="method", **OPTIONS, violating=(random_from,), fatal=never_ends)
define("bernoulli_", FAMILY, in_place("bernoulli"), forms="method", **OPTIONS, never_alone=dict.fromkeys(
    ("wanted != -1", "wanted >= 0"), "the sizes of a tensor are not negative"))  # fmt: skip
define("geometric_", FAMILY, in_place("geometric"), forms="method", **OPTIONS)
define("cauchy_", FAMILY, in_place("cauchy"), forms="method", dtypes=FLOATING, **OPTIONS)
define("log_normal_", FAMILY, in_place("log_normal"), forms="method", dtypes=FLOATING, **OPTIONS)
define("multinomial", FAMILY, multinomial, forms="function method", dtypes=FLOATING, **OPTIONS)
define("poisson", FAMILY, poisson, forms="function", dtypes=FLOATING, **OPTIONS)
