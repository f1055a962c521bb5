"""Known differences in gradients: formulas of torch's that are wrong, or missing, in a corner."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from ..accuracy.number_formats import decode, encode
from ..cases.case import Case, leaves_of
from ..cases.deviation import Deviation
from .entry import (
    ANY,
    KnownDifference,
    arguments,
    complex_number,
    differentiated,
    finite,
    in_a_cotangent,
    is_pole,
    numbers,
    polygamma_order,
    size,
)


def _trigamma_gradient(case: Case, deviation: Deviation) -> bool:
    """Nine digits, in the order of differentiation in which the trigamma function appears; large instead of infinite at a pole."""
    found = differentiated(case, deviation)
    if found is None:
        return False
    first = {"digamma": 0, "lgamma": 1}.get(case.operation, polygamma_order(case) if case.operation == "polygamma" else None)
    expected = {0: ("first", "second"), 1: ("second",)}.get(first, ()) if isinstance(first, int) else ()
    a, b = size(deviation.expected), size(deviation.got)
    nine_digits = found[1].dtype == "float64" and abs(a - b) <= 1e-8 * b < math.inf
    return found[0] in expected and (nine_digits or is_pole(found[2]) and math.isinf(b) and not a < 9.0)


def _smaller_index(case: Case, deviation: Deviation) -> bool:
    return "returned an invalid gradient at index" in deviation.expected and deviation.got == "None"


def _negative_index(case: Case, deviation: Deviation) -> bool:
    refused = "index out of range in self" in deviation.expected or "out of DATA bounds, id=-" in deviation.expected
    return refused and deviation.got == "None"


def _negative_start(case: Case, deviation: Deviation) -> bool:
    start = case.args[2] if len(case.args) > 2 else case.kwargs.get("start")
    return isinstance(start, int) and start < 0


def _in_place_of_inverse(case: Case, deviation: Deviation) -> bool:
    return case.form == "inplace" and "the derivative for 'inplace version of" in deviation.expected and deviation.got == "None"


def _rounded_exponent(case: Case, deviation: Deviation) -> bool:
    """The sign alone differs: of a negative base in float32, whose exponent less 1 (or 2) has more digits than float32."""
    found = differentiated(case, deviation)
    if found is None or found[1].dtype != "float32" or not found[2] < 0.0:
        return False
    exponents = [float(value) for value in (*case.args, *case.kwargs.values()) if isinstance(value, (int, float))]
    rounded = any(decode(encode([e - k], "float32"), "float32")[0] != e - k for e in exponents for k in (1, 2))
    return rounded and size(deviation.expected) == size(deviation.got)


def _mask_too_small(case: Case, deviation: Deviation) -> bool:
    return "doesn't match the broadcast shape" in deviation.expected and deviation.got == "None"


def _on_the_cut(case: Case, deviation: Deviation) -> bool:
    """The element lies on the lower side of the branch cut; the gradients are of the same size, or zero and a rounding of it."""
    found = differentiated(case, deviation)
    if found is None or not isinstance(found[2], complex):
        return False
    z, a, b = found[2], size(deviation.expected), size(deviation.got)
    below = z.real <= 1.0 and z.imag == 0.0 and math.copysign(1.0, z.imag) < 0.0
    return below and (abs(a - b) <= 1e-5 * max(a, b) or max(a, b) <= 1e-14)


def _beside_what_is_not_finite(case: Case, deviation: Deviation) -> bool:
    """torch's gradient is not finite, and either a factor is neither, or the product of the others is."""
    factors = [value for spec, _ in leaves_of(case) for value in numbers(case, spec)]
    return not finite(deviation.expected) and (finite(deviation.got) or not all(math.isfinite(abs(value)) for value in factors))


def _factor_not_finite(case: Case, deviation: Deviation) -> bool:
    return not all(math.isfinite(abs(value)) for spec, _ in leaves_of(case) for value in numbers(case, spec))


def _at_nan(case: Case, deviation: Deviation) -> bool:
    """The element is NaN, or, in place, the result of which the gradient is made: infinity times a scale of 0."""
    found = differentiated(case, deviation)
    if found is None or found[0] != "first":
        return False
    given = arguments(case)
    scaled_away = case.target is not None and math.isinf(found[2]) and 0 in (given.get("scale"), given.get("input_scale"))
    return (scaled_away or math.isnan(found[2])) and (deviation.expected == "nan" or size(deviation.expected) == 0.0)


def _polygamma_at_infinity(case: Case, deviation: Deviation) -> bool:
    found = differentiated(case, deviation)
    if found is None or not math.isinf(found[2]):
        return False
    return deviation.got == "nan" if found[2] < 0 else deviation.expected == "nan" and size(deviation.got) == 0.0


def _product_rule(case: Case, deviation: Deviation) -> bool:
    """The gradients agree to eleven digits, or are roundings of zero."""
    found = differentiated(case, deviation)
    a, b = complex_number(deviation.expected), complex_number(deviation.got)
    close = abs(a - b) <= 1e-11 * abs(b) < math.inf or max(abs(a), abs(b)) <= 1e-12
    if found is None or found[1].dtype not in ("float64", "complex128"):
        return False
    return close and (found[0] == "second" or any(v == 0 for v in numbers(case, found[1])))


def _at_negative_zero(case: Case, deviation: Deviation) -> bool:
    found = differentiated(case, deviation)
    zero = found is not None and found[2] == 0.0 and math.copysign(1.0, found[2]) < 0.0
    return zero and {deviation.expected, deviation.got} == {"inf", "-inf"}


def _mode_given(case: Case, deviation: Deviation) -> bool:
    return deviation.rule == "name of grad_fn" and case.kwargs.get("rounding_mode", "") is None


def _no_dims(case: Case, deviation: Deviation) -> bool:
    return any(isinstance(value, (tuple, list)) and not value for value in (*case.args[1:], case.kwargs.get("dim")))


def _of_equal_elements(case: Case, deviation: Deviation) -> bool:
    """float64 or complex128, and the elements that are reduced together with the one in question are all equal."""
    found = differentiated(case, deviation)
    if found is None or found[1].dtype not in ("float64", "complex128"):
        return False
    spec, dim = found[1], arguments(case).get("dim")
    rank = len(spec.shape)
    dims = (dim,) if isinstance(dim, int) and not isinstance(dim, bool) else dim if isinstance(dim, (tuple, list)) and dim else range(rank)
    kept = set(range(rank)).difference(d % rank for d in dims)
    lines: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(product(*map(range, spec.shape)), numbers(case, spec), strict=True):
        lines.setdefault(tuple([place[d] for d in kept]), []).append(value)
    return any(set(line) == {found[2]} for line in lines.values())


def _power_with_a_bool(case: Case, deviation: Deviation) -> bool:
    given = [value for value in (*case.args, *case.kwargs.values()) if isinstance(value, bool)]
    return bool(given) and ("INTERNAL ASSERT FAILED" in deviation.expected or deviation.expected == "nan" and size(deviation.got) == 0.0)


def _name_of_in_place_form(case: Case, deviation: Deviation) -> bool:
    return deviation.expected.replace("_ is not implemented", " is not implemented") == deviation.got


def _scalar_filled_often(case: Case, deviation: Deviation) -> bool:
    return "Index to scalar can have only 1 value" in deviation.expected and deviation.got == "None"


def _of_nothing(case: Case, deviation: Deviation) -> bool:
    """A sum over no elements, where torch has 0 / 0, or refuses."""
    empty = any(not spec.numel for spec in case.tensors())
    refused = "cannot reshape tensor of 0 elements" in deviation.expected and deviation.got == "None"
    return empty and (refused or in_a_cotangent(case, deviation) and complex_number(deviation.got) == 0.0 and not finite(deviation.expected))


def _masked_afterwards(case: Case, deviation: Deviation) -> bool:
    """The derivative at 0, of which torch computes 0 / 0 and leaves it out only then."""
    found = differentiated(case, deviation)
    at_zero = found is not None and found[2] * found[2] == 0.0
    return at_zero and in_a_cotangent(case, deviation) and complex_number(deviation.got) == 0.0 and not finite(deviation.expected)


def _forgotten_frequencies(case: Case, deviation: Deviation) -> bool:
    return bool(arguments(case).get("scale_grad_by_freq")) and in_a_cotangent(case, deviation)


_EPS = 1e-12  # that torch adds
_HEAVIEST = 8.0  # what the weights of a cotangent, and of the elements, may come to


def _with_eps_added(case: Case, deviation: Deviation) -> bool:
    """Both are sums over the elements of (x - y) / (x * (1 - x)); torch's has an eps beside both factors."""
    if not in_a_cotangent(case, deviation):
        return False
    moved = 0.0
    for x in numbers(case, case.tensors()[0]):
        for factor in (x, 1.0 - x):
            moved += _EPS / max(factor, _EPS) / max(x * (1.0 - x), _EPS) if 0.0 <= x <= 1.0 else 0.0
    return abs(complex_number(deviation.expected) - complex_number(deviation.got)) <= _HEAVIEST * moved


def _rounded_triangle(case: Case, deviation: Deviation) -> bool:
    """The element is 0, and torch has a rounding error of it."""
    return in_a_cotangent(case, deviation) and complex_number(deviation.got) == 0.0 and size(deviation.expected) <= 2.0**-40


GRADIENTS: list[KnownDifference] = [
    KnownDifference(
        "gradient-of-a-filled-scalar", ("index_fill",), ("gradients",), "a 0-d tensor, an index of 0 and -1, a value that requires grad",
        "the formula reads the gradient by index_select, which takes one index of a 0-d tensor; the function itself takes any number",
        "import torch\n\nv = torch.tensor(1.0, requires_grad=True)\ntry:\n    torch.zeros(()).index_fill(0, torch.tensor([0, -1]), v).backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Index to scalar' in str(error)\n",
        _scalar_filled_often,
    ),
    KnownDifference(
        "gradients-with-trigamma", ("digamma", "lgamma", "polygamma"), ("gradients",), "float64, and every dtype at the poles",
        "torch evaluates the trigamma function, the derivative of digamma, to nine digits only: at 1 it is pi**2 / 6 = 1.6449340668482264. "
        "At the poles, where it is infinite, torch has numbers above 9",
        "import torch\n\nx = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)\ntorch.digamma(x).backward()\n"
        "assert 1e-12 < abs(x.grad.item() - 1.6449340668482264) < 1e-8\n", _trigamma_gradient,
    ),
    KnownDifference(
        "gradient-of-larger-source", ("scatter", "scatter_add"), ("gradients",), "a source that is larger than the index",
        "torch gives the source a gradient of the index's shape, which its engine then refuses; elements that were not read have gradient 0",
        "import torch\n\ns = torch.ones(2, requires_grad=True)\ntry:\n    torch.zeros(1).scatter_add(0, torch.tensor([0]), s).sum().backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'invalid gradient at index 1' in str(error)\n",
        _smaller_index,
    ),
    KnownDifference(
        "gradient-of-index-fill", ("index_fill",), ("gradients",), "a negative index, gradient for the value",
        "torch's formula reads the gradient at the index, with a function that refuses negative ones",
        "import torch\n\nv = torch.tensor(1.0, requires_grad=True)\ntry:\n    torch.zeros(2).index_fill(0, torch.tensor([-1]), v).sum().backward()\n"
        "    raise SystemExit(1)\nexcept IndexError as error:\n    assert str(error) == 'index out of range in self'\n", _negative_index,
    ),
    KnownDifference(
        "gradient-of-narrow-copy", ("narrow_copy",), ("gradients",), "a negative start",
        "torch's formula takes the end, start + length, as it stands: with start -2 and length 2 that is 0, an empty slice",
        "import torch\n\nx = torch.zeros(3, requires_grad=True)\ntry:\n    x.narrow_copy(0, -2, 2).sum().backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'must match' in str(error)\n", _negative_start,
    ),
    KnownDifference(
        "in-place-inverse-hyperbolic", ("asinh", "acosh", "atanh"), ("gradients",), "the in-place form",
        "torch records the call and refuses only when the gradient is asked for; the function itself has the gradient",
        "import torch\n\nx = torch.zeros(1, requires_grad=True)\ntry:\n    x.clone().asinh_().sum().backward()\n    raise SystemExit(1)\n"
        "except NotImplementedError as error:\n    assert \"the derivative for 'inplace version of asinh'\" in str(error)\n", _in_place_of_inverse,
    ),
    KnownDifference(
        "acosh-on-the-branch-cut", ("acosh",), ("gradients",), "complex numbers with real part at most 1 and imaginary part -0",
        "torch subtracts 1 as the sum with -1 * 1, which makes the imaginary part -0 a 0: on the branch cut the gradient has the sign of the "
        "other side",
        "import torch\n\ngradients = []\nfor zero in (0.0, -0.0):\n    x = torch.tensor([complex(0.125, zero)], requires_grad=True)\n"
        "    torch.acosh(x).real.sum().backward()\n    gradients.append(x.grad.item())\n"
        "assert abs(gradients[0] - gradients[1]) < 1e-6  # of the two sides one is the conjugate of the other\n", _on_the_cut,
    ),
    KnownDifference(
        "gradients-of-products", ("prod", "cumprod"), ("gradients",), "float64 and complex128: the second order, and the first with a zero factor",
        "torch divides the product, or sums of running products, by the factor, and differentiates that: large terms cancel. refimpl multiplies "
        "the other factors",
        "import torch\n\nx = torch.tensor([9.7, 5.0, -2.0, 3.0, -7.3, 0.0], dtype=torch.float64, requires_grad=True)\n"
        "g, = torch.autograd.grad(x.cumprod(0).sum(), x, create_graph=True)\nh, = torch.autograd.grad(g.sum(), x)\n"
        "assert 5e-14 < abs(h[5].item() - -1.1899999999999908) < 1e-11\n", _product_rule,
    ),
    KnownDifference(
        "gradients-of-products-that-are-not-finite", ("prod",), ("gradients",), "a factor that is not finite, or a product that overflows",
        "torch divides the product by the factor, so that NaN comes of a factor that the gradient has not; and of two zeros beside one "
        "it says 0 or NaN, as the gradient is to be differentiated again or not. refimpl multiplies the other factors",
        "import torch\n\nx = torch.tensor([torch.nan, 2.0, 3.0], requires_grad=True)\nx.prod().backward()\nassert x.grad[0].isnan()  # 2 * 3\n"
        "x, gradients = torch.tensor([0.0, 0.0, torch.nan], requires_grad=True), []\n"
        "for again in (False, True):\n    gradients += torch.autograd.grad(x.prod(), x, create_graph=again)\n"
        "assert gradients[0].eq(0).all() and gradients[1][0].isnan()\n", _beside_what_is_not_finite,
    ),
    KnownDifference(
        "gradients-of-running-products-that-are-not-finite", ("cumprod",), ("gradients",), "a factor that is not finite",
        "torch divides sums of running products by the factor, and leaves out what follows a zero: NaN comes of a factor that the gradient has not, "
        "and none of one that it has. refimpl multiplies the other factors",
        "import torch\n\nx = torch.tensor([float('inf'), 2.0, 0.0, 3.0], requires_grad=True)\nx.cumprod(0)[3].backward()\n"
        "assert x.grad[3] == 0  # inf * 2 * 0\nx = torch.tensor([2.0, float('inf')], requires_grad=True)\nx.cumprod(0).sum().backward()\n"
        "assert x.grad[1].isnan()  # 2\n", _factor_not_finite,
    ),
    KnownDifference(
        "gradient-at-nan-by-place",
        ("hardtanh", "relu6", "hardswish", "hardshrink", "softshrink", "logit", "elu", "elu_", "selu", "nn.functional.selu", "celu",
         "nn.functional.celu"), ("gradients",), "NaN; for elu in place also an infinity that a scale of 0 makes NaN",
        "torch's gradient at NaN is that of the piece above the last limit where the element fills no vector register, and that of another piece (0, "
        "NaN) where it does. refimpl's is the same everywhere",
        "import torch\n\ngradients = set()\nfor n in (1, 64):\n    x = torch.full((n,), float('nan'), requires_grad=True)\n"
        "    torch.nn.functional.hardtanh(x).sum().backward()\n    gradients.add(x.grad[0].item())\nassert gradients == {0.0, 1.0}\n",
        _at_nan,
    ),
    KnownDifference(
        "polygamma-gradient-at-infinity", ("polygamma",), ("gradients",), "infinite elements",
        "torch multiplies infinities by zeros on the way, as in polygamma itself: polygamma(2, x) tends to 0 for large x, and has no limit for large "
        "negative x",
        "import torch\n\nx = torch.tensor(float('inf'), requires_grad=True)\ntorch.polygamma(1, x).backward()\nassert x.grad.isnan()  # exactly 0\n",
        _polygamma_at_infinity,
    ),
    KnownDifference(
        "logit-gradient-at-negative-zero", ("logit",), ("gradients",), "-0",
        "torch's gradient at -0 is inf or -inf by the place of the element in its vector register. refimpl's is inf; the result is open",
        "import torch\n\ngradients = set()\nfor n in (1, 16):\n    x = torch.full((n,), -0.0, dtype=torch.float64, requires_grad=True)\n"
        "    torch.logit(x).sum().backward()\n    gradients.add(x.grad[0].item())\nassert gradients == {float('inf'), float('-inf')}\n",
        _at_negative_zero, open=True,
    ),
    KnownDifference(
        "rounding-mode-none", ("div", "divide"), ("gradients",), "rounding_mode=None is written out",
        "torch has a form of its own with another name in the graph; values and gradients are the same",
        "import torch\n\nx = torch.ones(1, requires_grad=True)\n"
        "assert x.div(2).grad_fn.name() == 'DivBackward0' and x.div(2, rounding_mode=None).grad_fn.name() == 'DivBackward2'\n", _mode_given,
    ),
    KnownDifference(
        "variance-over-no-dimensions", ("var", "std", "var_mean", "std_mean"), ("gradients",), "dim = (), which reduces all dimensions",
        "torch's formula takes the number of elements for 1",
        "import torch\n\nx = torch.tensor([1.0, 2.0], requires_grad=True)\nx.var(()).backward()\nassert x.grad.isinf().all()  # exactly -1 and 1\n",
        _no_dims,
    ),
    KnownDifference(
        "deviation-of-equal-elements", ("std", "std_mean"), ("gradients",), "float64 and complex128, elements that are all equal",
        "the deviation is 0, and its gradient 0, too; torch rounds the mean, so that a few roundings are left of the distances from it and of the "
        "deviation, and their quotient is a number of the size of 1",
        "import torch\n\nx = torch.full((11,), -0.037139197630189226, dtype=torch.float64, requires_grad=True)\nx.std().backward()\n"
        "assert x.grad.abs().max() < 1  # exactly 0; on some machines it is 0.095\n", _of_equal_elements,
    ),
    KnownDifference(
        "powers-with-a-bool", ("pow", "__pow__", "float_power"), ("gradients",), "a bool as base or exponent",
        "torch fails an assertion of its own for the base, and does not see that the exponent False is zero: the gradient at 0 is NaN",
        "import torch\n\nx = torch.zeros(1, requires_grad=True)\n(x**False).backward()\nassert x.grad.isnan()  # x**0 has gradient 0\n"
        "try:\n    torch.pow(True, x).backward()\n    raise SystemExit(1)\nexcept RuntimeError as e:\n    assert 'INTERNAL ASSERT' in str(e)\n",
        _power_with_a_bool,
    ),
    KnownDifference(
        "powers-to-numbers-of-many-digits", ("pow", "__pow__", "__ipow__"), ("gradients",),
        "float32, a negative base, a number as exponent from 2**24 on",
        "of several elements at once torch rounds the exponent, less 1, to float32, and of single ones it does not: the exponent is even, or odd",
        "import torch\n\nx = torch.full((70,), -1.0, requires_grad=True)\n(x**16777218.0).sum().backward()\n"
        "assert x.grad.sign().unique().tolist() == [-1, 1]  # the elements are all the same\n", _rounded_exponent,
    ),
    KnownDifference(
        "clamp-between-tensors-of-two-shapes", ("clamp", "clip"), ("gradients",), "two tensor bounds, of which ``max`` broadcasts ``min``",
        "torch writes what it finds about both bounds into a mask of the lower one's shape, which is too small",
        "import torch\n\nx, high = torch.zeros(1, requires_grad=True), torch.ones(2, 1)\ntry:\n    x.clamp(torch.zeros(1), high).sum().backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert \"doesn't match the broadcast shape\" in str(error)\n", _mask_too_small,
    ),
    KnownDifference(
        "floor-divide-in-place", ("floor_divide", "__ifloordiv__", "heaviside"), ("gradients",), "the in-place form",
        "there is no gradient in either form; torch's message names the one that was called",
        "import torch\n\nx = torch.ones(1, requires_grad=True)\ntry:\n    x.clone().floor_divide_(x).sum().backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'aten::floor_divide_ is not implemented' in str(error)\n", _name_of_in_place_form,
    ),
    KnownDifference(
        "derivatives-of-nothing", ANY, ("gradients",),
        "the second order in the cotangent, of a call without elements",
        "it is a sum over nothing, which is 0; torch divides 0 by the norm or the number of elements that are the median, and of an embedding "
        "without indices it cannot find the shape",
        "import torch\n\nx, w = torch.zeros(0, requires_grad=True), torch.ones((), requires_grad=True)\n"
        "g, = torch.autograd.grad(x.norm(3), x, w, create_graph=True)\n"
        "assert torch.autograd.grad(g.sum(), w)[0].isnan()\n", _of_nothing,
    ),
    KnownDifference(
        "sinc-twice-at-zero", ("sinc",), ("gradients",), "the second order in the cotangent, where the square of an element is 0",
        "the derivative there is 0; torch multiplies by 0 / 0 and puts the 0 in afterwards, through which a gradient of NaN comes back",
        "import torch\n\nx, w = torch.zeros(1, requires_grad=True), torch.ones(1, requires_grad=True)\n"
        "g, = torch.autograd.grad(x.sinc(), x, w, create_graph=True)\n"
        "assert g == 0 and torch.autograd.grad(g, w)[0].isnan()\n", _masked_afterwards,
    ),
    KnownDifference(
        "frequencies-forgotten-twice", ("embedding", "nn.functional.embedding"), ("gradients",),
        "the second order in the cotangent, scale_grad_by_freq",
        "the gradient is divided by how often a row is looked up; torch's derivative of that is not",
        "import torch\n\nx, w = torch.zeros(1, 1, requires_grad=True), torch.ones(2, 1, requires_grad=True)\n"
        "y = torch.nn.functional.embedding(torch.tensor([0, 0]), x, scale_grad_by_freq=True)\n"
        "g, = torch.autograd.grad(y, x, w, create_graph=True)\n"
        "assert g == 1 and torch.autograd.grad(g, w)[0].tolist() == [[1], [1]]  # of (w[0] + w[1]) / 2\n", _forgotten_frequencies,
    ),
    KnownDifference(
        "cross-entropy-twice", ("binary_cross_entropy",), ("gradients",), "the second order in the cotangent",
        "torch divides by (x + eps) * (1 - x + eps), with eps = 1e-12, where the gradient itself is divided by x * (1 - x)",
        "import torch\n\nx = torch.tensor(0.875, dtype=torch.float64, requires_grad=True)\nw = torch.ones_like(x, requires_grad=True)\n"
        "loss = torch.nn.functional.binary_cross_entropy(x, torch.zeros_like(x))\n"
        "g, = torch.autograd.grad(loss, x, w, create_graph=True)\n"
        "assert g == 8 and torch.autograd.grad(g, w)[0] != 8\n", _with_eps_added,
    ),
    KnownDifference(
        "triangles-with-rounding-errors", ("qr", "linalg.qr"), ("gradients",), "the second order in the cotangent of R",
        "below its diagonal R is 0, whatever the input is; torch's derivative has rounding errors there",
        "import torch\n\ntorch.manual_seed(0)\nx = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)\n"
        "q, r = torch.linalg.qr(x)\nw = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)\n"
        "g, = torch.autograd.grad(r, x, w, create_graph=True)\nh, = torch.autograd.grad(g, w, torch.randn(4, 4, dtype=torch.float64))\n"
        "assert h.tril(-1).abs().max() < 1e-12\n", _rounded_triangle,
    ),
    KnownDifference(
        "memory-beside-an-expanded-input", ("as_strided", "as_strided_copy"), ("gradients",),
        "the second order in the cotangent, where the result reads what is no element of an expanded input",
        "nothing of it depends on the input, so the derivative is 0; torch divides by the number of elements of the input that lie there, which is 0",
        "import torch\n\nx, w = torch.zeros(2).as_strided((4,), (0,)).requires_grad_(), torch.ones(2, requires_grad=True)\n"
        "g, = torch.autograd.grad(torch.as_strided_copy(x, (2,), (1,)), x, w, create_graph=True)\n"
        "assert torch.autograd.grad(g.sum(), w)[0].isnan().tolist() == [False, True]\n",
        lambda case, deviation: in_a_cotangent(case, deviation) and complex_number(deviation.got) == 0.0 and not finite(deviation.expected),
    ),
]  # fmt: skip
