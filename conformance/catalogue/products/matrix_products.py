"""Products of matrices and vectors."""

from __future__ import annotations

from math import prod
from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..rows import Arguments, Draw, define

FAMILY = "products"


def inner_terms(case: Case) -> int:
    """The longest inner dimension that the call can have, and one for an added term."""
    sizes = [max(spec.shape, default=1) for spec in case.tensors()]
    return max(sizes, default=1) + 1


def _second(pen: Pen) -> str:
    return pen.dtype if not pen.misbehave(3) else pen.other_dtype()


def _size(pen: Pen) -> int:
    size = pen.length((2, 3, 1, 4, 5, 0, 17, 2))
    if size == 0:
        pen.labels.add("empty")
    return size


def _bad(pen: Pen, size: int) -> int:
    return size + 1 if pen.misbehave(3) else size


def _rank(pen: Pen, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape, 2) if pen.misbehave(4) else shape


def mm(pen: Pen) -> Arguments:
    n, k, m = _size(pen), _size(pen), _size(pen)
    return (pen.tensor(_rank(pen, (n, k))), pen.tensor((_bad(pen, k), m), _second(pen))), {}


def bmm(pen: Pen) -> Arguments:
    b, n, k, m = pen.length(range(4)), _size(pen), _size(pen), _size(pen)
    return (pen.tensor(_rank(pen, (b, n, k))), pen.tensor((_bad(pen, b), k, m), _second(pen))), {}


def mv(pen: Pen) -> Arguments:
    n, k = _size(pen), _size(pen)
    return (pen.tensor(_rank(pen, (n, k))), pen.tensor((_bad(pen, k),), _second(pen))), {}


def dot(pen: Pen) -> Arguments:
    n = _size(pen)
    return (pen.tensor(_rank(pen, (n,))), pen.tensor((_bad(pen, n),), _second(pen))), {}


def outer(pen: Pen) -> Arguments:
    return (pen.tensor(_rank(pen, (_size(pen),))), pen.tensor((_size(pen),), pen.other_dtype())), {}


def matmul(pen: Pen) -> Arguments:
    """Vectors, matrices and broadcast batches, in all nine combinations."""
    n, k, m = _size(pen), _size(pen), _size(pen)
    left, right = pen.integer(0, 2), pen.integer(0, 2)
    batch_a: tuple[int, ...] = ()
    batch_b: tuple[int, ...] = ()
    if left == 2 or right == 2:
        batch_a, batch_b = pen.broadcastable(2, pen.shape(0, 2, 6))
    a = ((k,), (n, k), (*batch_a, n, k))[left]
    b = ((_bad(pen, k),), (_bad(pen, k), m), (*batch_b, k, m))[right]
    if pen.misbehave(5):
        a = ()
    return (pen.tensor(a), pen.tensor(b, _second(pen))), {}


def _scales(pen: Pen) -> dict[str, Any]:
    values = (2, 0, -1, 0.5, 1.5) if pen.dtype in ("float32", "float64", "float16", "bfloat16", "complex64", "complex128") else (2, 0, -1)
    return pen.maybe("beta", lambda: pen.choice(values), 3) | pen.maybe("alpha", lambda: pen.choice(values), 3)


def _added(pen: Pen, shape: tuple[int, ...]) -> TensorSpec:
    if pen.form != "inplace" and pen.chance(2):
        narrow = tuple([1 if pen.chance(2) else size for size in shape])[pen.integer(0, len(shape)) if pen.chance(3) else 0 :]
        if narrow != shape:
            pen.labels.add("broadcast")
        shape = narrow
    if pen.misbehave(4):
        shape = (*shape, 3)
    return pen.tensor(shape)


def addmm(pen: Pen) -> Arguments:
    n, k, m = _size(pen), _size(pen), _size(pen)
    return (_added(pen, (n, m)), pen.tensor((n, k), _second(pen)), pen.tensor((_bad(pen, k), m))), _scales(pen)


def addmv(pen: Pen) -> Arguments:
    n, k = _size(pen), _size(pen)
    return (_added(pen, (n,)), pen.tensor((n, k), _second(pen)), pen.tensor((_bad(pen, k),))), _scales(pen)


def addr(pen: Pen) -> Arguments:
    n, m = _size(pen), _size(pen)
    added = _added(pen, (n, m))
    vectors = [pen.tensor(_rank(pen, (size,)), pen.other_dtype()) for size in (n, m)]
    scales = _scales(pen)
    if pen.misbehave(2):
        scales |= {pen.choice(("beta", "alpha")): pen.choice((0.5, True, False, 300, 1e60, 1j))}
    return (added, *vectors), scales


def baddbmm(pen: Pen) -> Arguments:
    b, n, k, m = pen.length(range(1, 4)), _size(pen), _size(pen), _size(pen)
    return (_added(pen, (b, n, m)), pen.tensor((b, n, k), _second(pen)), pen.tensor((b, _bad(pen, k), m))), _scales(pen)


def addbmm(pen: Pen) -> Arguments:
    b, n, k, m = pen.length(range(4)), _size(pen), _size(pen), _size(pen)
    added, first = _added(pen, (n, m)), pen.tensor(_rank(pen, (b, n, k)))
    return (added, first, pen.tensor((_bad(pen, b), _bad(pen, k), m), _second(pen))), _scales(pen)


def before_alpha(case: Case, number: int) -> Any:
    """The sum of the products, which ``alpha`` multiplies when they have been added up: larger than the result if it is below 1."""
    alpha = abs(case.kwargs.get("alpha", 1))
    return (lambda result, n: result / alpha) if 0 < alpha < 1 else None


def without_terms(batch: tuple[int, ...], added: tuple[int, ...] = ()) -> Draw:
    """A product without terms, beside which integers are multiplied by a number with a fraction: which is all that is wrong."""

    def draw(pen: Pen) -> Arguments:
        n, m = pen.length(range(1, 4)), pen.length(range(1, 4))
        tensors = [pen.tensor(shape, "int64") for shape in ((*added, n, m), (*batch, n, 0), (*batch, 0, m))]
        return tuple(tensors), {"beta": pen.choice((0.5, 1.5))}

    return draw


def batched_terms(case: Case) -> int:
    """As many as a matrix of the batch has columns, for each matrix, and one for the added term."""
    shape = max((spec.shape for spec in case.tensors()), key=len)
    return prod(shape[:1]) * max(shape[1:], default=1) + 1


def linear(pen: Pen) -> Arguments:
    features, outputs = _size(pen), _size(pen)
    batch = pen.shape(0, 3, 6)
    args: tuple[Any, ...] = (pen.tensor((*batch, features)), pen.tensor((outputs, _bad(pen, features)), _second(pen)))
    if pen.chance(2):
        args = (*args, pen.tensor((outputs if not pen.misbehave(3) else outputs + 1,)))
    return args, {}


def kron(pen: Pen) -> Arguments:
    """Two tensors of any ranks, the same or not."""
    return (pen.tensor(pen.shape(0, 4, 12)), pen.tensor(pen.shape(0, 4, 8), pen.other_dtype())), {}


def operator_matmul(pen: Pen) -> Arguments:
    return matmul(pen)


OPTIONS: dict[str, Any] = {"differentiable": True, "contract": accumulated(1), "terms": inner_terms, "complex_arithmetic": True}
define("mm", FAMILY, mm, **OPTIONS)
define("bmm", FAMILY, bmm, **OPTIONS)
define("mv", FAMILY, mv, **OPTIONS)
define("dot vdot", FAMILY, dot, **OPTIONS)
define("outer", FAMILY, outer, **OPTIONS)
define("matmul", FAMILY, matmul, weight=2.0, **OPTIONS)
SCALED = OPTIONS | {"partial": before_alpha}
define("addmm", FAMILY, addmm, **SCALED, violating=(without_terms(()),))
define("addmv", FAMILY, addmv, **SCALED)
define("addr", FAMILY, addr, **SCALED | {"terms": lambda case: 2})
define("baddbmm", FAMILY, baddbmm, **SCALED, violating=(without_terms((2,), (2,)),), never_alone={
    "dimension(0, batch)": "what has no dimensions does not have three either"})  # fmt: skip
define("addbmm", FAMILY, addbmm, **SCALED | {"terms": batched_terms}, violating=(without_terms((2,)),))
define("linear", FAMILY, linear, forms="function", **OPTIONS)
define("kron", FAMILY, kron, differentiable=True, complex_arithmetic=True)
define("__matmul__", "operators", operator_matmul, forms="operator", **OPTIONS)
