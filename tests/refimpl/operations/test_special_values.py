"""Values of the special functions beside mpmath's, over the whole domain: extremes, poles, zeros, negative and tiny arguments."""

from __future__ import annotations

import math
import random

import mpmath
import pytest

import refimpl
from refimpl import inf, nan, special, tensor

mp = mpmath.mp
TINY = (5e-324, 3e-308, 1e-300, 1e-20, 1e-8, 1e-3)
SEED = 20240601


@pytest.fixture(autouse=True)
def _precision():
    before = mp.prec
    mp.prec = 180
    yield
    mp.prec = before


def spread(low, high, count=12):
    """Numbers of an interval, the same ones in each run."""
    generator = random.Random(f"{SEED} {low} {high}")
    return [generator.uniform(low, high) for _ in range(count)]


def magnitudes(low, high, count=8):
    """Numbers of all magnitudes between two powers of ten."""
    return [10.0**x for x in spread(low, high, count)]


def both_signs(numbers):
    return [sign * x for x in numbers for sign in (1.0, -1.0)]


def beside(numbers):
    """Each number with the next one: of a zero that is no float the two floats around it, or nearly."""
    return [float(y) for x in numbers for y in (x, math.nextafter(float(x), inf))]


def ulps(value, exact):
    """The distance in units in the last place of the exact value; 0 if it is that, rounded to float64."""
    nearest = float(exact)
    if value == nearest or (value != value and nearest != nearest):
        return 0.0
    if not (math.isfinite(value) and math.isfinite(nearest)):
        return inf
    return float(abs(mpmath.mpf(value) - exact) / mpmath.mpf(math.ulp(nearest)))


def ndtr(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def log_ndtr(x):
    return mpmath.log1p(-ndtr(-x)) if x > 0 else mpmath.log(ndtr(x))


def zeros_of(function, *numbers):
    return beside([function(n) for n in numbers])


OSCILLATING = [*spread(0, 2, 6), *spread(0, 45, 20), *magnitudes(1.5, 8, 6), *TINY, 0.5, math.nextafter(0.5, 0), 40.0,
               math.nextafter(40.0, 0), 1e15, 1e22]  # fmt: skip
EXPONENTIAL = [*spread(0, 2, 6), *spread(0, 45), *spread(45, 700, 6), *TINY[::2], 0.5, 40.0, math.nextafter(40.0, 0)]
# Of each function its exact values, arguments, and how many ulps it may be off.
UNARY = {
    "bessel_j0": (lambda x: mpmath.besselj(0, x), both_signs(OSCILLATING) + zeros_of(lambda n: mpmath.besseljzero(0, n), 1, 2, 12, 13, 300), 4),
    "bessel_j1": (lambda x: mpmath.besselj(1, x), both_signs(OSCILLATING) + zeros_of(lambda n: mpmath.besseljzero(1, n), 1, 2, 12, 13, 300), 4),
    "bessel_y0": (lambda x: mpmath.bessely(0, x), OSCILLATING + zeros_of(lambda n: mpmath.besselyzero(0, n), 1, 2, 13, 14, 300), 4),
    "bessel_y1": (lambda x: mpmath.bessely(1, x), OSCILLATING + zeros_of(lambda n: mpmath.besselyzero(1, n), 1, 2, 13, 14, 300), 4),
    "spherical_bessel_j0": (lambda x: mpmath.sin(x) / x, both_signs(OSCILLATING), 2),
    "airy_ai": (mpmath.airyai, [*spread(-30, 30, 40), *spread(-900, -30), *spread(30, 107), *both_signs(TINY), -1e4, 103.9, 105.0, 108.0,
                                *zeros_of(mpmath.airyaizero, 1, 2, 37, 38, 300)], 4),  # fmt: skip
    "i0": (lambda x: mpmath.besseli(0, x), both_signs([*EXPONENTIAL, 709.9, 713.9, 714.1]), 4),
    "i1": (lambda x: mpmath.besseli(1, x), both_signs([*EXPONENTIAL, 709.9, 713.9, 714.1]), 4),
    "i0e": (lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)), both_signs([*EXPONENTIAL, *magnitudes(3, 6)]), 3),
    "i1e": (lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), both_signs([*EXPONENTIAL, *magnitudes(3, 6)]), 3),
    "modified_bessel_k0": (lambda x: mpmath.besselk(0, x), [*EXPONENTIAL, 705.0, 740.0, 745.0], 3),
    "modified_bessel_k1": (lambda x: mpmath.besselk(1, x), [*EXPONENTIAL, 705.0, 740.0, 745.0], 3),
    "scaled_modified_bessel_k0": (lambda x: mpmath.besselk(0, x) * mpmath.exp(x), [*EXPONENTIAL, *magnitudes(3, 6)], 3),
    "scaled_modified_bessel_k1": (lambda x: mpmath.besselk(1, x) * mpmath.exp(x), [*EXPONENTIAL, *magnitudes(3, 6)], 3),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), [*spread(-26.6, 12, 40), *both_signs(TINY), *spread(12, 300), -26.62, 10.0, 1e3], 4),
    "ndtr": (ndtr, [*spread(-38.4, 9, 40), *both_signs(TINY), *spread(-2, 2)], 4),
    "log_ndtr": (log_ndtr, [*spread(-60, 38, 40), *both_signs(TINY), *spread(-2, 2), -1e3, -1e5, -1.0], 4),
    "entr": (lambda x: -x * mpmath.log(x), [*spread(0, 3, 20), *TINY, *magnitudes(-10, 300), math.nextafter(1.0, 0)], 2),
}


@pytest.mark.parametrize("name", UNARY)
def test_values_in_float64(name):
    exact, arguments, allowed = UNARY[name]
    function = refimpl.i0 if name == "i0" else getattr(special, name)
    results = function(tensor(arguments, dtype=refimpl.float64)).tolist()
    errors = [(ulps(value, exact(mpmath.mpf(x))), x, value) for x, value in zip(arguments, results, strict=True)]
    assert max(errors) < (allowed,), f"seed {SEED}"


@pytest.mark.parametrize("name", UNARY)
def test_values_in_float32_are_the_exact_ones_rounded(name):
    exact, arguments, _ = UNARY[name]
    function = refimpl.i0 if name == "i0" else getattr(special, name)
    arguments = [x for x in tensor(arguments).tolist() if x and abs(x) < 1e5][::2]
    results = function(tensor(arguments))
    assert results.tolist() == tensor([float(exact(mpmath.mpf(x))) for x in arguments]).tolist(), f"seed {SEED}"


# -- the inverse of the normal distribution function -----------------------------------------------------------


def quantile(p, start):
    """Newton's iteration on the logarithm of the distribution function."""
    x = mpmath.mpf(start)
    for _ in range(3):
        x -= (mpmath.log(ndtr(x)) - mpmath.log(p)) * ndtr(x) / mpmath.npdf(x)
    return x


def test_ndtri():
    probabilities = [*spread(0, 1, 30), *magnitudes(-320, -1, 20), 5e-324, 0.25, 0.75, *[0.5 + d for d in both_signs(magnitudes(-15, -1))],
                     *[1 - p for p in magnitudes(-15, -1)]]  # fmt: skip
    results = special.ndtri(tensor(probabilities, dtype=refimpl.float64)).tolist()
    errors = [(ulps(x, quantile(mpmath.mpf(p), x)), p) for p, x in zip(probabilities, results, strict=True)]
    assert max(errors) < (3,), f"seed {SEED}"


# -- two arguments ---------------------------------------------------------------------------------------------


def test_zeta():
    generator = random.Random(SEED)
    pairs = [(generator.uniform(1, 5), generator.uniform(0, 5)) for _ in range(20)]
    pairs += [(generator.uniform(1, 12), 10 ** generator.uniform(-3, 4)) for _ in range(20)] + [(1 + 1e-9, 3.5), (2.0, 1.0), (40.0, 0.5), (1e3, 1.0),
              (27.704946338211887, 249594565013.0), (3.0, 5e107)]
    mp.prec = 600
    s, q = (tensor(numbers, dtype=refimpl.float64) for numbers in zip(*pairs, strict=True))
    results = special.zeta(s, q).tolist()
    errors = [(ulps(value, mpmath.zeta(*map(mpmath.mpf, pair))), pair) for pair, value in zip(pairs, results, strict=True)]
    assert max(errors) < (4,), f"seed {SEED}"


@pytest.mark.parametrize(("s", "q"), [(2.0, -3.5), (3.0, -3.25), (2.0, -200.5), (3.0, -2000.25), (5.0, -1000.125), (40.0, -0.5), (3.0, -1.5)])
def test_zeta_left_of_zero_is_the_sum_of_its_terms(s, q):
    steps = -math.floor(q)
    terms = [mpmath.zeta(s, mpmath.mpf(q) + steps), *[(mpmath.mpf(q) + k) ** -int(s) for k in range(steps)]]
    value = special.zeta(s, tensor(q, dtype=refimpl.float64)).item()
    assert abs(value - mpmath.fsum(terms)) < 2.0**-51 * max(map(abs, terms))


def incomplete_gamma(a, x):
    """The lower function by its series, the upper one by what is left."""
    lower = mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a + 1)) * mpmath.hyp1f1(1, a + 1, x)
    return lower, 1 - lower


def test_incomplete_gamma_functions():
    generator = random.Random(SEED)
    pairs = [(generator.uniform(0, 5), generator.uniform(0, 8)) for _ in range(15)]
    pairs += [(generator.uniform(0, 60), generator.uniform(0, 90)) for _ in range(15)]
    for _ in range(20):
        a = 10 ** generator.uniform(0.5, 5)
        pairs.append((a, abs(a * (1 + 3 * generator.gauss(0, 1) / math.sqrt(a)))))
    pairs += [(10 ** generator.uniform(-12, 1), 10 ** generator.uniform(-12, 1)) for _ in range(15)]
    mp.prec = 400
    a, x = (tensor(numbers, dtype=refimpl.float64) for numbers in zip(*pairs, strict=True))
    for lower, upper, pair in zip(refimpl.igamma(a, x).tolist(), refimpl.igammac(a, x).tolist(), pairs, strict=True):
        exact = incomplete_gamma(*map(mpmath.mpf, pair))
        for value, wanted in zip((lower, upper), exact, strict=True):
            size = abs(math.log(float(wanted))) if wanted > 1e-300 else 745.0  # the exponent is rounded once
            assert ulps(value, wanted) < 8 + 4 * size, (pair, value, float(wanted), SEED)


def test_incomplete_gamma_functions_of_large_numbers():
    """Beside the expansion of Temme evaluated by mpmath there is the normal distribution, to which the gamma distribution tends."""
    for a in (1e12, 1e18, 1e100, 1e300):
        assert refimpl.igamma(*(tensor(v, dtype=refimpl.float64) for v in (a, a))).item() == pytest.approx(0.5, abs=0.2 / math.sqrt(a) + 1e-16)
    a, x = (tensor(v, dtype=refimpl.float64) for v in (76261698.90357436, 76216909.73196183))
    assert refimpl.igamma(a, x).item() == pytest.approx(1.4501444534201561e-7, rel=1e-14)  # its series of 70,000 terms, in 150 bits


def test_mvlgamma():
    for p in (1, 2, 5):
        arguments = [0.5 * (p - 1) + x for x in (1e-6, 0.3, 1.0, 7.25, 300.5)]
        results = refimpl.mvlgamma(tensor(arguments, dtype=refimpl.float64), p).tolist()
        for a, value in zip(arguments, results, strict=True):
            terms = [mpmath.loggamma(mpmath.mpf(a) - mpmath.mpf(j) / 2) for j in range(p)]
            exact = mpmath.fsum(terms) + mpmath.log(mpmath.pi) * p * (p - 1) / 4
            size = float(max(map(abs, terms))) + 1.0
            assert abs(value - exact) < 2.0**-52 * p * size, (a, p, value, float(exact))


@pytest.mark.parametrize(("n", "x"), [(27, 2.5e11), (100, 2000.0), (200, 1000.0), (170, 80.0), (15, 9275051526946000.0), (4, -0.5), (40, -0.7)])
def test_polygamma_where_zeta_or_the_factorial_is_no_normal_number(n, x):
    value = refimpl.polygamma(n, tensor(x, dtype=refimpl.float64)).item()
    exact = mpmath.psi(n, mpmath.mpf(x))
    condition = abs(x * mpmath.psi(n + 1, mpmath.mpf(x)) / exact)
    assert abs(value / exact - 1) < 4 * 2.0**-53 * (1 + condition)


@pytest.mark.parametrize(("n", "x", "value"), [
    (200, 2.0, -inf), (200, -0.5, -inf), (1000, 30000.0, -0.0), (2**40 + 1, 7.0, inf), (2**40, 1e300, -0.0),
])  # fmt: skip
def test_polygamma_beyond_the_range_of_floats(n, x, value):
    found = refimpl.polygamma(n, tensor(x, dtype=refimpl.float64)).item()
    assert found == value and math.copysign(1.0, found) == math.copysign(1.0, value)


# -- orthogonal polynomials -----------------------------------------------------------------------------------


def by_recurrence(first, following):
    def evaluate(n, x):
        before, here = mpmath.mpf(1), first(x)
        for k in range(1, n):
            before, here = here, following(x, k, here, before)
        return here if n else before

    return evaluate


def chebyshev(first):
    return by_recurrence(first, lambda x, k, here, before: 2 * x * here - before)


def shifted(evaluate):
    return lambda n, x: evaluate(n, 2 * x - 1)


KINDS = {"t": chebyshev(lambda x: x), "u": chebyshev(lambda x: 2 * x), "v": chebyshev(lambda x: 2 * x - 1), "w": chebyshev(lambda x: 2 * x + 1)}
POLYNOMIALS = {
    **{f"chebyshev_polynomial_{kind}": evaluate for kind, evaluate in KINDS.items()},
    **{f"shifted_chebyshev_polynomial_{kind}": shifted(evaluate) for kind, evaluate in KINDS.items()},
    "hermite_polynomial_h": by_recurrence(lambda x: 2 * x, lambda x, k, here, before: 2 * x * here - 2 * k * before),
    "hermite_polynomial_he": by_recurrence(lambda x: x, lambda x, k, here, before: x * here - k * before),
    "laguerre_polynomial_l": by_recurrence(lambda x: 1 - x, lambda x, k, here, before: ((2 * k + 1 - x) * here - k * before) / (k + 1)),
    "legendre_polynomial_p": by_recurrence(lambda x: x, lambda x, k, here, before: ((2 * k + 1) * x * here - k * before) / (k + 1)),
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials_are_correctly_rounded(name):
    mp.prec = 1200
    generator = random.Random(SEED)
    pairs = [(generator.uniform(-1.1, 1.1), generator.randint(0, 60)) for _ in range(25)]
    pairs += [(generator.uniform(-20, 20), generator.randint(0, 30)) for _ in range(15)]
    pairs += [(0.3, 400), (-0.999, 250), (1e-300, 5), (1e300, 3), (2.0, 500), (0.5, 5), (-0.5, 5), (math.cos(math.pi / 14), 7), (1.0, 33), (-1.0, 33)]
    x = tensor([pair[0] for pair in pairs], dtype=refimpl.float64)
    results = getattr(special, name)(x, tensor([pair[1] for pair in pairs])).tolist()
    for (x, n), value in zip(pairs, results, strict=True):
        assert value == float(POLYNOMIALS[name](n, mpmath.mpf(x))), (x, n, SEED)


@pytest.mark.parametrize("degree", [10**6, 10**12, 2**62])
def test_chebyshev_polynomials_of_huge_degree_are_cosines_of_so_many_angles(degree):
    mp.prec = 400
    for x in (0.3, -0.999999, 1.0 - 2.0**-53, 1e-200):
        angle = mpmath.acos(mpmath.mpf(x))
        found = [getattr(special, f"chebyshev_polynomial_{kind}")(tensor(x, dtype=refimpl.float64), degree).item() for kind in "tuvw"]
        half = (degree + mpmath.mpf(1) / 2) * angle
        exact = (mpmath.cos(degree * angle), mpmath.sin((degree + 1) * angle) / mpmath.sin(angle), mpmath.cos(half) / mpmath.cos(angle / 2),
                 mpmath.sin(half) / mpmath.sin(angle / 2))  # fmt: skip
        assert found == [float(value) for value in exact]


# -- where there is no number ----------------------------------------------------------------------------------

LIMITS = {
    "bessel_j0": {0.0: 1.0, inf: 0.0, -inf: 0.0}, "bessel_j1": {0.0: 0.0, inf: 0.0, -inf: 0.0},
    "bessel_y0": {0.0: -inf, inf: 0.0, -1.0: nan, -inf: nan}, "bessel_y1": {0.0: -inf, inf: 0.0, -1.0: nan, 5e-324: -inf},
    "airy_ai": {inf: 0.0, -inf: 0.0}, "i0e": {inf: 0.0, -inf: 0.0}, "i1": {inf: inf, -inf: -inf}, "i1e": {inf: 0.0, -inf: 0.0},
    "modified_bessel_k0": {0.0: inf, inf: 0.0, -1.0: nan}, "modified_bessel_k1": {0.0: inf, inf: 0.0, -1.0: nan, 5e-324: inf},
    "spherical_bessel_j0": {0.0: 1.0, inf: 0.0, -inf: 0.0}, "erfcx": {inf: 0.0, -inf: inf, -27.0: inf}, "ndtr": {inf: 1.0, -inf: 0.0},
    "log_ndtr": {inf: 0.0, -inf: -inf}, "ndtri": {0.0: -inf, 1.0: inf, -0.1: nan, 1.1: nan, 0.5: 0.0}, "entr": {0.0: 0.0, -1.0: -inf, inf: -inf},
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_values_at_poles_and_infinities(name):
    arguments = [*LIMITS[name], nan]
    results = getattr(special, name)(tensor(arguments, dtype=refimpl.float64)).tolist()
    assert [repr(abs(x) if x == 0 else x) for x in results] == [repr(x) for x in (*LIMITS[name].values(), nan)]


def test_functions_without_a_derivative_give_results_that_require_no_grad():
    x = tensor([0.5], requires_grad=True)
    assert not special.bessel_j0(x).requires_grad and not special.legendre_polynomial_p(x, 3).requires_grad and special.i1(x).requires_grad


@pytest.mark.parametrize("ends", [(-5e-324, 0.0), (0.0, 5e-324), (0.0, -5e-324), (-1e-323, 0.0), (1.5e-323, 5e-324), (-5e-324, -0.0)])
@pytest.mark.parametrize("weight", [0.25, 0.5, 0.6, 0.9])
def test_interpolation_between_subnormal_numbers_is_rounded_once(ends, weight):
    start, end = (tensor([number] * 3, dtype=refimpl.float64) for number in ends)
    exact = mpmath.mpf(ends[0]) * (1 - mpmath.mpf(weight)) + mpmath.mpf(ends[1]) * mpmath.mpf(weight)
    ulps = mpmath.nint(exact * mpmath.mpf(2) ** 1074)
    expected = math.copysign(float(ulps) * 2.0**-1074, exact)
    assert repr(refimpl.lerp(start, end, weight).tolist()) == repr([expected] * 3)
